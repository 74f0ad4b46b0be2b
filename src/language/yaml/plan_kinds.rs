//! Kinds of nodes and stages that a plan can have. One that does not exist would never be in a plan: `forbid` could not fail.

use crate::language::sink::Sink;
use crate::language::suggest::nearest;
use crate::model::{Engine, PlanExpectation};
use crate::source::{Diagnostic, Spanned};

/// Of PostgreSQL 16 to 18: the names that EXPLAIN gives (`ExplainNode` in src/backend/commands/explain.c) in either of its forms.
const POSTGRESQL: &[&str] = &[
    "Aggregate",
    "Append",
    "Bitmap Heap Scan",
    "Bitmap Index Scan",
    "BitmapAnd",
    "BitmapOr",
    "CTE Scan",
    "Custom Scan",
    "Delete",
    "Foreign Scan",
    "Function Scan",
    "Gather",
    "Gather Merge",
    "Group",
    "GroupAggregate",
    "Hash",
    "Hash Join",
    "HashAggregate",
    "HashSetOp",
    "Incremental Sort",
    "Index Only Scan",
    "Index Scan",
    "Insert",
    "Limit",
    "LockRows",
    "Materialize",
    "Memoize",
    "Merge",
    "Merge Append",
    "Merge Join",
    "MixedAggregate",
    "ModifyTable",
    "Multiple Queries",
    "Named Tuplestore Scan",
    "Nested Loop",
    "ProjectSet",
    "Recursive Union",
    "Result",
    "Sample Scan",
    "Seq Scan",
    "SetOp",
    "Sort",
    "Subquery Scan",
    "Table Function Scan",
    "Tid Range Scan",
    "Tid Scan",
    "Unique",
    "Update",
    "Values Scan",
    "WindowAgg",
    "WorkTable Scan",
];

/// Of MongoDB 6 to 8: stages of a query plan (`stageTypeToString` in its sources, and those of the slot-based engine), and stages of a
/// pipeline.
const MONGODB: &[&str] = &[
    "AND_HASH",
    "AND_SORTED",
    "BATCHED_DELETE",
    "CACHED_PLAN",
    "CLUSTERED_IXSCAN",
    "COLLSCAN",
    "COLUMN_SCAN",
    "COUNT",
    "COUNT_SCAN",
    "DELETE",
    "DISTINCT_SCAN",
    "EOF",
    "EQ_LOOKUP",
    "EQ_LOOKUP_UNWIND",
    "EXPRESS_CLUSTERED_IXSCAN",
    "EXPRESS_DELETE",
    "EXPRESS_IXSCAN",
    "EXPRESS_UPDATE",
    "FETCH",
    "GEO_NEAR_2D",
    "GEO_NEAR_2DSPHERE",
    "GROUP",
    "IDHACK",
    "IXSCAN",
    "LIMIT",
    "MATCH",
    "MULTI_ITERATOR",
    "MULTI_PLAN",
    "OR",
    "PROJECTION_COVERED",
    "PROJECTION_DEFAULT",
    "PROJECTION_SIMPLE",
    "QUEUED_DATA",
    "RECORD_STORE_FAST_COUNT",
    "REPLACE_ROOT",
    "RETURN_KEY",
    "SAMPLE_FROM_TIMESERIES_BUCKET",
    "SEARCH",
    "SENTINEL",
    "SHARDING_FILTER",
    "SHARD_MERGE",
    "SHARD_MERGE_SORT",
    "SINGLE_SHARD",
    "SKIP",
    "SORT",
    "SORT_KEY_GENERATOR",
    "SORT_MERGE",
    "SPOOL",
    "SUBPLAN",
    "TEXT",
    "TEXT_MATCH",
    "TEXT_OR",
    "TRIAL",
    "TS_MODIFY",
    "UNPACK_SAMPLED_TS_BUCKET",
    "UNPACK_TS_BUCKET",
    "UNWIND",
    "UPDATE",
    "UPSERT",
    "VIRTUAL_SCAN",
    "WINDOW",
    "$addFields",
    "$bucket",
    "$bucketAuto",
    "$changeStream",
    "$collStats",
    "$count",
    "$currentOp",
    "$densify",
    "$documents",
    "$facet",
    "$fill",
    "$geoNear",
    "$graphLookup",
    "$group",
    "$indexStats",
    "$limit",
    "$listSessions",
    "$lookup",
    "$match",
    "$merge",
    "$out",
    "$planCacheStats",
    "$project",
    "$redact",
    "$replaceRoot",
    "$replaceWith",
    "$sample",
    "$search",
    "$set",
    "$setWindowFields",
    "$skip",
    "$sort",
    "$sortByCount",
    "$unionWith",
    "$unset",
    "$unwind",
];

/// What internal stages of a pipeline begin with; they differ from version to version.
const INTERNAL: &str = "$_internal";

/// Says which kinds do not exist in plans of the engine; of either, when it is not known.
pub(crate) fn check(plan: &PlanExpectation, engine: Option<Engine>, sink: &mut Sink) {
    let known: Vec<&str> = match engine {
        Some(Engine::Pg) => POSTGRESQL.to_vec(),
        Some(Engine::Mongo) => MONGODB.to_vec(),
        None => [POSTGRESQL, MONGODB].concat(),
    };
    let kinds = [&plan.forbid, &plan.require].into_iter().flatten().flat_map(|kinds| &kinds.value);
    let internal = |kind: &str| engine != Some(Engine::Pg) && kind.starts_with(INTERNAL);
    for kind in kinds.filter(|kind| !internal(kind) && !known.iter().any(|known| plain(known) == plain(kind))) {
        sink.push(unknown(kind, engine, &known));
    }
}

fn unknown(kind: &Spanned<String>, engine: Option<Engine>, known: &[&str]) -> Diagnostic {
    let (whose, example) = match engine {
        Some(Engine::Pg) => {
            ("PostgreSQL", "kinds are those of EXPLAIN: `Seq Scan`, `Index Only Scan`, `Sort`, `HashAggregate`")
        }
        Some(Engine::Mongo) => ("MongoDB", "kinds are stages of explain: `COLLSCAN`, `IXSCAN`, `SORT`, `$lookup`"),
        None => ("either engine", "kinds are those of EXPLAIN, `Seq Scan`, or stages of MongoDB, `COLLSCAN`"),
    };
    let error = Diagnostic::error(&kind.span, format!("no plan of {whose} has a `{}`", kind.value));
    match nearest(kind, known.iter().copied()) {
        Some(near) => error.help(format!("did you mean `{near}`?")),
        None => error.help(example),
    }
}

/// As kinds are compared: without blanks and case.
fn plain(kind: &str) -> String {
    kind.chars().filter(|c| c.is_alphanumeric() || *c == '$').collect::<String>().to_lowercase()
}
