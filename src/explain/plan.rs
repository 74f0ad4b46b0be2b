//! The plan tree that both engines' EXPLAIN is read into.

use std::collections::BTreeSet;

/// A plan of either engine, with what its execution counted.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Plan {
    /// The root.
    pub root: PlanNode,
    /// Rows or documents that the plan returned.
    pub returned: u64,
    /// Rows or documents that its scans looked at (PostgreSQL: rows returned and removed by filters, summed over scans and
    /// loops; MongoDB: `totalDocsExamined`).
    pub examined: u64,
    /// Index keys looked at (MongoDB: `totalKeysExamined`; PostgreSQL: 0).
    pub keys_examined: u64,
    /// Shared buffers hit and read (PostgreSQL only).
    pub buffers: Option<u64>,
}

/// A node of a plan.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PlanNode {
    /// The node type (`Index Scan`) or the stage (`IXSCAN`).
    pub kind: String,
    /// The table (not its alias) or the collection, when the node reads one.
    pub relation: Option<String>,
    /// The index, when the node uses one.
    pub index: Option<String>,
    /// Conditions by their names in EXPLAIN (`Index Cond`, `Filter`, `indexBounds`), in order.
    pub conditions: Vec<(String, String)>,
    /// `false` when the executor never ran the node (PostgreSQL: `Actual Loops` is 0).
    pub executed: bool,
    /// The nodes that feed it.
    pub children: Vec<PlanNode>,
}

impl PlanNode {
    /// The node and all below it, parents first.
    pub fn walk(&self) -> impl Iterator<Item = &PlanNode> {
        let mut stack = vec![self];
        std::iter::from_fn(move || {
            let node = stack.pop()?;
            stack.extend(node.children.iter().rev());
            Some(node)
        })
    }

    /// Tables or collections that the plan reads and the executor reached.
    pub fn relations(&self) -> BTreeSet<&str> {
        self.walk().filter(|node| node.executed).filter_map(|node| node.relation.as_deref()).collect()
    }

    /// Indexes that the plan uses.
    pub fn indexes(&self) -> BTreeSet<&str> {
        self.walk().filter(|node| node.executed).filter_map(|node| node.index.as_deref()).collect()
    }
}
