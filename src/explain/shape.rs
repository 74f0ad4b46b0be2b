//! The shape of a plan as lines for a golden: what does not change when the data grows or the machine is slower.

use super::{Plan, PlanNode};

/// Node kinds, relations, indexes and conditions, a tree by indentation; no costs, times or counts.
///
/// ```text
/// Nested Loop
///   Join Type: Left
///   Seq Scan on customers
///     Filter: (customer_region = 'APJ'::text)
///   Index Scan using orders_customer on orders (never executed)
/// ```
pub fn shape(plan: &Plan) -> Vec<String> {
    let mut lines = Vec::new();
    let mut open = vec![(0, &plan.root)];
    while let Some((depth, node)) = open.pop() {
        lines.push(format!("{}{}", "  ".repeat(depth), title(node)));
        let conditions = node.conditions.iter().map(|(name, value)| format!("{name}: {}", one_line(value)));
        lines.extend(conditions.map(|line| format!("{}{line}", "  ".repeat(depth + 1))));
        open.extend(node.children.iter().rev().map(|child| (depth + 1, child)));
    }
    lines
}

fn title(node: &PlanNode) -> String {
    let index = node.index.as_ref().map(|index| format!(" using {}", one_line(index)));
    let relation = node.relation.as_ref().map(|relation| format!(" on {}", one_line(relation)));
    let executed = if node.executed { "" } else { " (never executed)" };
    format!("{}{}{}{executed}", node.kind, index.unwrap_or_default(), relation.unwrap_or_default())
}

fn one_line(text: &str) -> String {
    text.replace('\\', "\\\\").replace('\n', "\\n").replace('\r', "\\r")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tree_is_shown_by_indentation_and_a_name_never_breaks_a_line() {
        let leaf = PlanNode {
            kind: "Index Scan".into(),
            relation: Some("odd\nname".into()),
            index: Some("i".into()),
            conditions: vec![("Index Cond".into(), "(a = 1)".into())],
            executed: false,
            children: vec![],
        };
        let root = PlanNode { kind: "Limit".into(), executed: true, children: vec![leaf], ..PlanNode::default() };
        let lines = shape(&Plan { root, returned: 7, examined: 9, ..Plan::default() });
        assert_eq!(lines, ["Limit", "  Index Scan using i on odd\\nname (never executed)", "    Index Cond: (a = 1)"]);
    }
}
