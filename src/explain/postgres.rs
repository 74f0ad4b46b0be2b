//! PostgreSQL's `EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON)` → a plan tree. The keys are those of the manual's page on EXPLAIN
//! and of `src/backend/commands/explain.c`; the fixtures come from 18.4.

use serde_json::{Map, Value};

use super::{Plan, PlanNode};

/// Keys whose values say what a node does, in the order in which they are shown. Costs, times, counts and memory are not
/// among them; `Subplans Removed` is, because it says what was pruned when the executor began, whatever rows there are.
const CONDITIONS: [&str; 30] = [
    "Operation",
    "Target Tables",
    "Conflict Resolution",
    "Conflict Arbiter Indexes",
    "Subplan Name",
    "CTE Name",
    "Function Name",
    "Table Function Name",
    "Strategy",
    "Partial Mode",
    "Command",
    "Join Type",
    "Scan Direction",
    "Subplans Removed",
    "Group Key",
    "Grouping Sets",
    "Sort Key",
    "Presorted Key",
    "Cache Key",
    "Index Cond",
    "Recheck Cond",
    "TID Cond",
    "Order By",
    "Hash Cond",
    "Merge Cond",
    "Join Filter",
    "One-Time Filter",
    "Conflict Filter",
    "Run Condition",
    "Filter",
];

/// Values that say nothing, because they are what a node does when nobody asks for anything else.
const DEFAULTS: [(&str, &str); 5] = [
    ("Strategy", "Plain"),
    ("Partial Mode", "Simple"),
    ("Join Type", "Inner"),
    ("Scan Direction", "Forward"),
    ("Subplans Removed", "0"),
];

/// Reads the text of `EXPLAIN (ANALYZE, BUFFERS, VERBOSE false, FORMAT JSON)`.
///
/// PostgreSQL up to 18.4 writes text that is not JSON for a MERGE or an INSERT … ON CONFLICT into a partitioned table: the
/// counters of tuples stand inside the list `Target Tables`. They are taken out before the text is read.
///
/// # Errors
/// When the text is not JSON, or not a plan; the sentence says what was found.
pub fn from_postgres_text(text: &str) -> Result<Plan, String> {
    let json = serde_json::from_str(text)
        .or_else(|error| serde_json::from_str(&without_misplaced_counters(text)).map_err(|_| error))
        .map_err(|error| format!("EXPLAIN returned text that is not JSON: {error}"))?;
    from_postgres(&json)
}

fn without_misplaced_counters(text: &str) -> String {
    let is_counter = |line: &str| {
        let line = line.trim_start();
        line.starts_with("\"Tuples ") || line.starts_with("\"Conflicting Tuples\"")
    };
    let kept: Vec<&str> = text.lines().filter(|line| !is_counter(line)).collect();
    let mut mended = String::with_capacity(text.len());
    for (index, line) in kept.iter().enumerate() {
        let closes = kept.get(index + 1).is_some_and(|next| next.trim_start().starts_with([']', '}']));
        mended.push_str(if closes { line.trim_end().trim_end_matches(',') } else { line });
        mended.push('\n');
    }
    mended
}

/// Reads the output of `EXPLAIN (ANALYZE, BUFFERS, VERBOSE false, FORMAT JSON)`. A statement that a rule rewrote into
/// several has several plans: they become children of a node `Multiple Queries`.
///
/// # Errors
/// When the JSON is not a plan; the sentence says what was found.
pub fn from_postgres(json: &Value) -> Result<Plan, String> {
    let entries = json.as_array().map_or(std::slice::from_ref(json), Vec::as_slice);
    let roots: Vec<&Map<String, Value>> =
        entries.iter().filter_map(|entry| entry.get("Plan").and_then(Value::as_object)).collect();
    if roots.is_empty() {
        return Err("EXPLAIN returned no plan: a statement that only defines something has none".into());
    }
    let mut children: Vec<PlanNode> = roots.iter().map(|root| node(root)).collect();
    let root = if children.len() == 1 {
        children.remove(0)
    } else {
        PlanNode { kind: "Multiple Queries".into(), executed: true, children, ..PlanNode::default() }
    };
    let returned = roots.iter().map(|root| number(root, "Actual Rows") * loops(root)).sum::<f64>();
    let examined = roots.iter().map(|root| examined(root)).sum::<f64>();
    Ok(Plan { root, returned: whole(returned), examined: whole(examined), keys_examined: 0, buffers: buffers(&roots) })
}

fn node(plan: &Map<String, Value>) -> PlanNode {
    let kind = text(plan, "Node Type").unwrap_or_default();
    let writes = kind == "ModifyTable";
    let mut conditions: Vec<(String, String)> = CONDITIONS.iter().filter_map(|key| condition(plan, key)).collect();
    if writes && !plan.contains_key("Target Tables") {
        let target = text(plan, "Relation Name").unwrap_or_default();
        conditions.insert(1.min(conditions.len()), ("Target Tables".into(), target));
    }
    PlanNode {
        relation: if writes { None } else { text(plan, "Relation Name") },
        index: text(plan, "Index Name"),
        conditions,
        executed: plan.get("Actual Loops").is_none() || loops(plan) > 0.0,
        children: children(plan).map(node).collect(),
        kind,
    }
}

fn children(plan: &Map<String, Value>) -> impl Iterator<Item = &Map<String, Value>> {
    plan.get("Plans").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_object)
}

fn condition(plan: &Map<String, Value>, key: &str) -> Option<(String, String)> {
    let value = show(plan.get(key)?);
    (!DEFAULTS.contains(&(key, &value))).then(|| (key.to_string(), value))
}

fn show(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(show).collect::<Vec<_>>().join(", "),
        Value::Object(fields) => match fields.get("Relation Name") {
            Some(relation) => show(relation),
            None => fields.values().map(show).collect::<Vec<_>>().join(", "),
        },
        other => other.to_string(),
    }
}

/// Rows that the scans of tables below `plan` looked at. Counts in EXPLAIN are averages over the loops.
fn examined(plan: &Map<String, Value>) -> f64 {
    let is_table_scan =
        plan.contains_key("Relation Name") && text(plan, "Node Type").is_some_and(|k| k.ends_with("Scan"));
    let seen = ["Actual Rows", "Rows Removed by Filter", "Rows Removed by Index Recheck"];
    let own = if is_table_scan { seen.iter().map(|key| number(plan, key)).sum::<f64>() * loops(plan) } else { 0.0 };
    own + children(plan).map(examined).sum::<f64>()
}

fn loops(plan: &Map<String, Value>) -> f64 {
    number(plan, "Actual Loops")
}

fn number(plan: &Map<String, Value>, key: &str) -> f64 {
    plan.get(key).and_then(Value::as_f64).unwrap_or(0.0)
}

fn text(plan: &Map<String, Value>, key: &str) -> Option<String> {
    plan.get(key).and_then(Value::as_str).map(str::to_string)
}

/// The buffers of a root include those of all nodes below it (manual, EXPLAIN, `BUFFERS`).
fn buffers(roots: &[&Map<String, Value>]) -> Option<u64> {
    let counted = roots.iter().any(|root| root.contains_key("Shared Hit Blocks"));
    let sum = roots.iter().map(|root| number(root, "Shared Hit Blocks") + number(root, "Shared Read Blocks")).sum();
    counted.then(|| whole(sum))
}

/// Averages times loops is a whole number again, apart from the rounding of EXPLAIN.
fn whole(count: f64) -> u64 {
    count.round() as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::explain::shape;

    fn plan(text: &str) -> Plan {
        from_postgres_text(text).unwrap()
    }

    fn relations(plan: &Plan) -> Vec<&str> {
        plan.root.relations().into_iter().collect()
    }

    #[test]
    fn a_partition_that_was_pruned_at_plan_time_is_not_read() {
        let plan = plan(include_str!("fixtures/pg_pruned_at_plan_time.json"));
        assert_eq!(relations(&plan), ["products_101_to_250"]);
        assert_eq!((plan.returned, plan.examined), (81, 150));
        assert!(plan.buffers.unwrap() > 0);
    }

    #[test]
    fn a_partition_that_the_executor_never_reached_is_not_read() {
        let plan = plan(include_str!("fixtures/pg_never_executed.json"));
        assert_eq!(relations(&plan), ["products_101_to_250"]);
        assert_eq!(plan.root.children.len(), 4);
        assert_eq!(plan.examined, 150);
        assert!(shape(&plan).iter().any(|line| line == "  Seq Scan on products_10_to_100 (never executed)"));
    }

    #[test]
    fn partitions_pruned_when_the_executor_began_are_counted_in_the_shape() {
        let plan = plan(include_str!("fixtures/pg_subplans_removed.json"));
        assert_eq!(relations(&plan), ["products_10_to_100"]);
        assert_eq!(shape(&plan)[..2], ["Append", "  Subplans Removed: 2"]);
    }

    #[test]
    fn a_bitmap_scan_has_its_index_below_and_its_table_above_and_counts_each_row_once() {
        let plan = plan(include_str!("fixtures/pg_bitmap.json"));
        assert_eq!(relations(&plan), ["orders"]);
        assert_eq!(plan.root.indexes().into_iter().collect::<Vec<_>>(), ["orders_customer"]);
        assert_eq!((plan.returned, plan.examined), (66, 100));
    }

    #[test]
    fn an_inner_scan_is_counted_once_for_each_loop() {
        let plan = plan(include_str!("fixtures/pg_nested_loop.json"));
        assert_eq!(plan.examined, 30 + 10 * 100);
        assert_eq!(relations(&plan), ["customers", "orders"]);
    }

    #[test]
    fn a_cte_is_read_through_the_table_that_it_scans() {
        let plan = plan(include_str!("fixtures/pg_cte.json"));
        assert_eq!(relations(&plan), ["customers", "orders"]);
        let lines = shape(&plan);
        assert!(lines.iter().any(|line| line.trim() == "Subplan Name: CTE big"), "{lines:#?}");
        assert!(lines.iter().any(|line| line.trim() == "CTE Name: big"), "{lines:#?}");
    }

    #[test]
    fn merge_append_reads_the_partitions_that_it_reached() {
        let plan = plan(include_str!("fixtures/pg_merge_append.json"));
        assert!(plan.root.indexes().contains("products_10_to_100_product_price_idx"));
        assert_eq!(plan.returned, 5);
    }

    #[test]
    fn a_written_table_is_not_read_unless_it_is_scanned() {
        let insert = plan(include_str!("fixtures/pg_insert_select.json"));
        assert_eq!(relations(&insert), ["orders"]);
        assert_eq!(shape(&insert)[..3], ["ModifyTable", "  Operation: Insert", "  Target Tables: customers"]);
        let update = plan(include_str!("fixtures/pg_update_partitioned.json"));
        assert_eq!(relations(&update), ["products_10_to_100"]);
        assert_eq!(shape(&update)[2], "  Target Tables: products_10_to_100");
    }

    #[test]
    fn the_text_that_is_not_json_of_a_merge_into_a_partitioned_table_is_read() {
        let text = include_str!("fixtures/pg_merge_partitioned.txt");
        assert!(serde_json::from_str::<Value>(text).is_err(), "the fixture must show the server's defect");
        assert_eq!(shape(&plan(text))[1], "  Operation: Merge");
    }

    #[test]
    fn a_statement_that_a_rule_rewrote_has_all_its_plans() {
        let plan = plan(include_str!("fixtures/pg_rewritten_by_rule.json"));
        assert_eq!(plan.root.kind, "Multiple Queries");
        assert_eq!(relations(&plan), ["customers"]);
    }

    #[test]
    fn parallel_workers_are_loops_and_aggregates_keep_their_strategy() {
        let parallel = plan(include_str!("fixtures/pg_parallel.json"));
        assert_eq!(parallel.examined, 3000);
        let lines = shape(&plan(include_str!("fixtures/pg_hash_aggregate.json")));
        assert!(lines.iter().any(|line| line.trim() == "Strategy: Hashed"), "{lines:#?}");
        assert!(lines.iter().any(|line| line.trim() == "Join Type: Right"), "{lines:#?}");
    }

    #[test]
    fn a_function_is_no_relation() {
        let plan = plan(include_str!("fixtures/pg_function_scan.json"));
        assert!(relations(&plan).is_empty());
        assert_eq!(plan.examined, 0);
    }

    #[test]
    fn what_is_no_plan_is_refused() {
        assert!(from_postgres(&serde_json::json!(["Utility Statement"])).is_err());
        assert!(from_postgres(&serde_json::json!(null)).is_err());
        assert!(from_postgres_text("{").unwrap_err().contains("not JSON"));
    }
}
