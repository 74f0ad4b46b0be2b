//! MongoDB's `{explain: …, verbosity: "executionStats"}` → a plan tree. The stages are those of the manual's page "Explain
//! Results"; the fixtures come from 6.0.5. A reply has one of three shapes: the classic engine (`winningPlan` is the tree), the
//! slot-based engine (`winningPlan.queryPlan` is the tree), and a pipeline whose stages run after a cursor (`stages`).

use bson::{Bson, Document};

use super::{Plan, PlanNode};

/// Fields of a stage that say what it does, in the order in which they are shown.
const CONDITIONS: [&str; 10] = [
    "direction",
    "indexBounds",
    "filter",
    "sortPattern",
    "transformBy",
    "limitAmount",
    "skipAmount",
    "strategy",
    "localField",
    "foreignField",
];

/// A reply, or the inside of `$cursor`: `queryPlanner` with `executionStats` beside it.
pub(super) fn cursor(reply: &Document) -> Result<Plan, String> {
    let planner = reply.get_document("queryPlanner").map_err(|_| "explain returned no `queryPlanner`".to_string())?;
    let winning = planner
        .get_document("winningPlan")
        .map_err(|_| "explain returned no `queryPlanner.winningPlan`".to_string())?;
    let statistics = reply.get_document("executionStats").map_err(|_| {
        "explain returned no `executionStats`: it must be asked with `verbosity: \"executionStats\"`".to_string()
    })?;
    let collection = collection(planner.get_str("namespace").unwrap_or_default());
    Ok(Plan {
        root: stage(winning.get_document("queryPlan").unwrap_or(winning), collection),
        returned: count(statistics, "nReturned"),
        examined: count(statistics, "totalDocsExamined"),
        keys_examined: count(statistics, "totalKeysExamined"),
        buffers: None,
    })
}

/// The collection of a namespace `database.collection`; a database's name holds no dot.
fn collection(namespace: &str) -> &str {
    namespace.split_once('.').map_or(namespace, |(_, collection)| collection)
}

fn stage(plan: &Document, namespace: &str) -> PlanNode {
    let kind = plan.get_str("stage").unwrap_or_default().to_string();
    let mut children: Vec<PlanNode> = inputs(plan).map(|input| stage(input, namespace)).collect();
    let foreign = plan.get_str("foreignCollection").ok().map(collection);
    let strategy = plan.get_str("strategy").unwrap_or_default();
    if let (Some(foreign), "NestedLoopJoin" | "HashJoin") = (foreign, strategy) {
        children.push(full_scan(foreign));
    }
    let reads = children.is_empty() && kind != "EOF";
    let joins = foreign.filter(|_| strategy != "NonExistentForeignCollection");
    PlanNode {
        relation: joins.or(reads.then_some(namespace)).map(str::to_string),
        index: index(plan, &kind),
        conditions: CONDITIONS.iter().filter_map(|key| condition(plan, key)).collect(),
        executed: true,
        children,
        kind,
    }
}

/// A lookup that has no index reads the whole foreign collection, which the reply says only by its strategy.
pub(super) fn full_scan(collection: &str) -> PlanNode {
    PlanNode { kind: "COLLSCAN".into(), relation: Some(collection.to_string()), executed: true, ..PlanNode::default() }
}

fn inputs(plan: &Document) -> impl Iterator<Item = &Document> {
    let one = ["inputStage", "outerStage", "innerStage", "thenStage", "elseStage"];
    let single = one.into_iter().filter_map(|key| plan.get_document(key).ok());
    let several = plan.get_array("inputStages").into_iter().flatten().filter_map(Bson::as_document);
    single.chain(several)
}

fn index(plan: &Document, kind: &str) -> Option<String> {
    let by_id = matches!(kind, "IDHACK" | "EXPRESS_IXSCAN").then_some("_id_");
    plan.get_str("indexName").ok().or(by_id).map(str::to_string)
}

fn condition(plan: &Document, key: &str) -> Option<(String, String)> {
    let value = plan.get(key)?;
    let shown = match (key, value) {
        ("direction", Bson::String(direction)) if direction == "forward" => return None,
        ("indexBounds", Bson::Document(bounds)) => bounds_text(bounds).unwrap_or_else(|| show(value)),
        _ => show(value),
    };
    Some((key.to_string(), shown))
}

/// `{a: ["[1, 1]"], b: ["[MinKey, MaxKey]"]}` as `a: [1, 1], b: [MinKey, MaxKey]`; `None` for other forms of bounds.
fn bounds_text(bounds: &Document) -> Option<String> {
    let field = |(name, value): (&String, &Bson)| {
        let intervals: Option<Vec<&str>> = value.as_array()?.iter().map(Bson::as_str).collect();
        Some(format!("{name}: {}", intervals?.join(" or ")))
    };
    Some(bounds.iter().map(field).collect::<Option<Vec<_>>>()?.join(", "))
}

/// A value as one line.
pub(super) fn show(value: &Bson) -> String {
    match value {
        Bson::String(text) => text.clone(),
        other => other.clone().into_relaxed_extjson().to_string(),
    }
}

/// A count, whatever number type the server chose.
pub(super) fn count(document: &Document, key: &str) -> u64 {
    match document.get(key) {
        Some(Bson::Int32(count)) => u64::try_from(*count).unwrap_or(0),
        Some(Bson::Int64(count)) => u64::try_from(*count).unwrap_or(0),
        Some(Bson::Double(count)) => count.round() as u64,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::explain::{from_mongo, shape};

    fn plan(json: &str) -> Plan {
        let json: serde_json::Value = serde_json::from_str(json).unwrap();
        from_mongo(bson::Bson::try_from(json).unwrap().as_document().unwrap()).unwrap()
    }

    fn relations(plan: &Plan) -> Vec<&str> {
        plan.root.relations().into_iter().collect()
    }

    fn indexes(plan: &Plan) -> Vec<&str> {
        plan.root.indexes().into_iter().collect()
    }

    #[test]
    fn an_index_scan_names_index_bounds_and_collection_without_its_database() {
        let plan = plan(include_str!("fixtures/mongo_index_scan.json"));
        assert_eq!(
            shape(&plan),
            [
                "FETCH",
                "  IXSCAN using customer_region_1 on customers",
                "    indexBounds: customer_region: [\"APJ\", \"APJ\"]",
            ]
        );
        assert_eq!((plan.returned, plan.examined, plan.keys_examined, plan.buffers), (10, 10, 10, None));
    }

    #[test]
    fn a_collection_scan_keeps_its_filter() {
        let plan = plan(include_str!("fixtures/mongo_collection_scan.json"));
        assert_eq!(shape(&plan)[0], "COLLSCAN on customers");
        assert_eq!((plan.returned, plan.examined), (1, 30));
        assert!(shape(&plan)[1].starts_with("  filter: {"));
    }

    #[test]
    fn a_read_by_identity_uses_the_index_on_it() {
        assert_eq!(indexes(&plan(include_str!("fixtures/mongo_id_hack.json"))), ["_id_"]);
    }

    #[test]
    fn count_and_distinct_scans_and_covered_projections_read_the_collection_through_the_index_alone() {
        for (json, kind) in [
            (include_str!("fixtures/mongo_count_scan.json"), "COUNT_SCAN"),
            (include_str!("fixtures/mongo_distinct_scan.json"), "DISTINCT_SCAN"),
            (include_str!("fixtures/mongo_covered.json"), "PROJECTION_COVERED"),
        ] {
            let plan = plan(json);
            assert!(plan.root.walk().any(|node| node.kind == kind), "{kind}");
            assert_eq!((relations(&plan), indexes(&plan)), (vec!["customers"], vec!["customer_region_1"]), "{kind}");
            assert_eq!(plan.examined, 0, "{kind}");
        }
    }

    #[test]
    fn a_count_without_a_filter_still_reads_its_collection() {
        assert_eq!(relations(&plan(include_str!("fixtures/mongo_fast_count.json"))), ["customers"]);
    }

    #[test]
    fn every_branch_of_or_is_there() {
        let plan = plan(include_str!("fixtures/mongo_or.json"));
        assert_eq!(indexes(&plan), ["customer_id_1", "total_1"]);
        assert!(plan.root.walk().any(|node| node.kind == "OR"));
    }

    #[test]
    fn a_collection_that_does_not_exist_is_not_read() {
        let plan = plan(include_str!("fixtures/mongo_eof.json"));
        assert_eq!((plan.root.kind.as_str(), relations(&plan).len()), ("EOF", 0));
    }

    #[test]
    fn the_slot_based_engine_shows_its_query_plan() {
        let group = plan(include_str!("fixtures/mongo_pushed_down_group.json"));
        assert_eq!(group.root.kind, "GROUP");
        assert_eq!(indexes(&group), ["customer_id_1"]);
        let lookup = plan(include_str!("fixtures/mongo_pushed_down_lookup.json"));
        assert_eq!(relations(&lookup), ["customers", "orders"]);
        assert_eq!(indexes(&lookup), ["customer_id_1", "customer_region_1"]);
        assert_eq!(lookup.examined, 110);
    }

    #[test]
    fn a_lookup_without_an_index_is_a_scan_of_the_foreign_collection() {
        let json = include_str!("fixtures/mongo_pushed_down_lookup.json")
            .replace("IndexedLoopJoin", "NestedLoopJoin")
            .replace("\"indexName\": \"customer_id_1\",", "");
        let plan = plan(&json);
        let scan = plan.root.walk().find(|node| node.kind == "COLLSCAN").unwrap();
        assert_eq!(scan.relation.as_deref(), Some("orders"));
    }

    #[test]
    fn writes_show_what_they_read() {
        let update = plan(include_str!("fixtures/mongo_update.json"));
        assert_eq!((update.root.kind.as_str(), relations(&update)), ("UPDATE", vec!["customers"]));
        assert_eq!(plan(include_str!("fixtures/mongo_delete.json")).root.kind, "DELETE");
    }

    #[test]
    fn a_rejected_plan_is_not_part_of_the_plan() {
        let plan = plan(include_str!("fixtures/mongo_and_sorted.json"));
        assert_eq!(indexes(&plan).len(), 1);
        let sorted = shape(&self::plan(include_str!("fixtures/mongo_sort_limit.json")));
        assert!(sorted.iter().any(|line| line.trim().starts_with("sortPattern:")), "{sorted:#?}");
    }

    #[test]
    fn a_reply_without_statistics_says_how_to_ask_for_them() {
        let reply = bson::doc! { "queryPlanner": { "namespace": "a.b", "winningPlan": { "stage": "EOF" } } };
        assert!(from_mongo(&reply).unwrap_err().contains("executionStats"));
        assert!(from_mongo(&bson::doc! {}).unwrap_err().contains("queryPlanner"));
    }
}
