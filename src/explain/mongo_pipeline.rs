//! The stages of an aggregation that run after its cursor: each is the parent of the one before it.

use bson::{Bson, Document};

use super::mongo::{count, cursor, full_scan, show};
use super::{Plan, PlanNode};

/// Reads `stages` of a reply of `explain`.
///
/// # Errors
/// When a `$cursor` is not a plan.
pub(super) fn pipeline(stages: &[Bson]) -> Result<Plan, String> {
    let mut plan: Option<Plan> = None;
    for stage in stages.iter().filter_map(Bson::as_document) {
        plan = Some(after(plan, stage)?);
    }
    plan.ok_or_else(|| "explain returned a pipeline without stages".to_string())
}

fn after(input: Option<Plan>, stage: &Document) -> Result<Plan, String> {
    let Some((name, spec)) = stage.iter().find(|(name, _)| name.starts_with('$')) else {
        return Err("explain returned a stage without a name".to_string());
    };
    if let ("$cursor", Bson::Document(inside)) = (name.as_str(), spec) {
        return cursor(inside);
    }
    let mut plan = input.unwrap_or_default();
    let mut node = PlanNode { kind: name.clone(), executed: true, ..PlanNode::default() };
    if !plan.root.kind.is_empty() {
        node.children.push(plan.root);
    }
    plan.root = PlanNode::default();
    fill(&mut node, &mut plan, stage, spec)?;
    plan.returned = count(stage, "nReturned");
    plan.examined += count(stage, "totalDocsExamined");
    plan.keys_examined += count(stage, "totalKeysExamined");
    plan.root = node;
    Ok(plan)
}

fn fill(node: &mut PlanNode, plan: &mut Plan, stage: &Document, spec: &Bson) -> Result<(), String> {
    match (node.kind.as_str(), spec) {
        ("$lookup" | "$graphLookup", Bson::Document(join)) => lookup(node, stage, join),
        ("$unionWith", Bson::Document(union)) => return union_with(node, plan, union),
        ("$facet", Bson::Document(facets)) => return facet(node, plan, facets),
        _ => {}
    }
    node.conditions.push(("spec".into(), show(spec)));
    Ok(())
}

fn lookup(node: &mut PlanNode, stage: &Document, join: &Document) {
    let Ok(from) = join.get_str("from") else { return };
    node.relation = Some(from.to_string());
    if count(stage, "collectionScans") > 0 {
        node.children.push(full_scan(from));
    }
    for index in stage.get_array("indexesUsed").into_iter().flatten().filter_map(Bson::as_str) {
        let (relation, index) = (Some(from.to_string()), Some(index.to_string()));
        node.children.push(PlanNode { kind: "IXSCAN".into(), relation, index, executed: true, ..PlanNode::default() });
    }
}

/// The other collection has a plan of its own, with counts of its own.
fn union_with(node: &mut PlanNode, plan: &mut Plan, union: &Document) -> Result<(), String> {
    let Ok(stages) = union.get_array("pipeline") else {
        node.relation = union.get_str("coll").ok().map(str::to_string);
        return Ok(());
    };
    add(node, plan, stages)
}

fn facet(node: &mut PlanNode, plan: &mut Plan, facets: &Document) -> Result<(), String> {
    facets.iter().filter_map(|(_, stages)| stages.as_array()).try_for_each(|stages| add(node, plan, stages))
}

fn add(node: &mut PlanNode, plan: &mut Plan, stages: &[Bson]) -> Result<(), String> {
    let other = pipeline(stages)?;
    plan.examined += other.examined;
    plan.keys_examined += other.keys_examined;
    node.children.push(other.root);
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::explain::{Plan, from_mongo, shape};

    fn plan(json: &str) -> Plan {
        let json: serde_json::Value = serde_json::from_str(json).unwrap();
        from_mongo(bson::Bson::try_from(json).unwrap().as_document().unwrap()).unwrap()
    }

    fn relations(plan: &Plan) -> Vec<&str> {
        plan.root.relations().into_iter().collect()
    }

    #[test]
    fn stages_after_the_cursor_are_its_parents() {
        let plan = plan(include_str!("fixtures/mongo_stages_lookup.json"));
        let kinds: Vec<&str> = plan.root.walk().map(|node| node.kind.as_str()).collect();
        assert_eq!(kinds, ["$limit", "$lookup", "$_internalInhibitOptimization", "FETCH", "IXSCAN", "IXSCAN"]);
        assert_eq!(relations(&plan), ["customers", "orders"]);
        assert!(plan.root.indexes().contains("customer_id_1"));
        assert_eq!((plan.returned, plan.examined, plan.keys_examined), (7, 20, 20));
    }

    #[test]
    fn a_lookup_that_scanned_the_other_collection_is_a_collection_scan() {
        let json = include_str!("fixtures/mongo_stages_lookup.json")
            .replace("\"collectionScans\": 0", "\"collectionScans\": 10");
        assert!(plan(&json).root.walk().any(|node| node.kind == "COLLSCAN"));
    }

    #[test]
    fn a_facet_has_a_child_for_its_input_and_for_each_of_its_pipelines_and_shows_no_counts() {
        let plan = plan(include_str!("fixtures/mongo_facet.json"));
        assert_eq!((plan.root.kind.as_str(), plan.root.children.len()), ("$facet", 3));
        assert_eq!((plan.returned, plan.examined), (1, 10));
        assert!(!shape(&plan).iter().any(|line| line.contains("nReturned")), "{:#?}", shape(&plan));
    }

    #[test]
    fn a_union_reads_both_collections_and_counts_both() {
        let plan = plan(include_str!("fixtures/mongo_union_with.json"));
        assert_eq!(relations(&plan), ["customers", "orders"]);
        assert_eq!((plan.returned, plan.examined), (20, 20));
    }

    #[test]
    fn a_graph_lookup_reads_the_collection_that_it_walks() {
        assert_eq!(relations(&plan(include_str!("fixtures/mongo_graph_lookup.json"))), ["customers", "orders"]);
    }

    #[test]
    fn a_stage_that_writes_does_not_read() {
        let plan = plan(include_str!("fixtures/mongo_merge_stage.json"));
        assert_eq!((plan.root.kind.as_str(), relations(&plan)), ("$out", vec!["orders"]));
    }

    #[test]
    fn a_pipeline_over_nothing_reads_nothing() {
        assert!(relations(&plan(include_str!("fixtures/mongo_stages_eof.json"))).is_empty());
    }

    #[test]
    fn a_pipeline_without_stages_is_refused() {
        assert!(from_mongo(&bson::doc! { "stages": [] }).is_err());
        assert!(from_mongo(&bson::doc! { "stages": [{ "n": 1 }] }).is_err());
    }
}
