//! What of a scenario reaches beyond its own databases, as its text shows: it changes something that every database of the
//! servers sees.

use crate::language::sql::{OWN, reaches_beyond};
use crate::model::{Action, Engine, SqlSource, Step, Template, TemplatePart, Value, ValueKind};

/// Commands of MongoDB that change something of the whole deployment, or of users and roles, which outlive their database.
const DEPLOYMENT: [&str; 39] = [
    "addShard",
    "applyOps",
    "createRole",
    "createUser",
    "dropAllRolesFromDatabase",
    "dropAllUsersFromDatabase",
    "dropRole",
    "dropUser",
    "enableSharding",
    "fsync",
    "fsyncUnlock",
    "grantPrivilegesToRole",
    "grantRolesToRole",
    "grantRolesToUser",
    "killAllSessions",
    "killAllSessionsByPattern",
    "logRotate",
    "planCacheClearFilters",
    "planCacheSetFilter",
    "profile",
    "removeQuerySettings",
    "replSetFreeze",
    "replSetInitiate",
    "replSetMaintenance",
    "replSetReconfig",
    "revokePrivilegesFromRole",
    "revokeRolesFromRole",
    "revokeRolesFromUser",
    "rotateCertificates",
    "setAuditConfig",
    "setClusterParameter",
    "setDefaultRWConcern",
    "setFeatureCompatibilityVersion",
    "setIndexCommitQuorum",
    "setParameter",
    "setQuerySettings",
    "setUserWriteBlockMode",
    "shutdown",
    "updateUser",
];

/// Commands that write where `$db` says.
const WRITES: [&str; 13] = [
    "aggregate",
    "bulkWrite",
    "collMod",
    "create",
    "createIndexes",
    "delete",
    "drop",
    "dropDatabase",
    "dropIndexes",
    "findAndModify",
    "insert",
    "mapReduce",
    "update",
];

/// Stages that write.
const INTO: [&str; 2] = ["$out", "$merge"];

/// What a step changes beyond its databases, in its own words.
pub(super) fn of_step(step: &Step) -> Option<(Engine, String)> {
    match &step.action {
        Action::Sql { source: SqlSource::Text(text), .. } => of_sql(&filled(text)),
        Action::Mongo(command) => of_command(command),
        _ => None,
    }
}

/// The same for the text of a record or a file.
pub(super) fn of_sql(text: &str) -> Option<(Engine, String)> {
    reaches_beyond(text).map(|what| (Engine::Pg, what))
}

/// The same for a record that is a command document.
pub(super) fn of_json(text: &str) -> Option<(Engine, String)> {
    let command: serde_json::Value = serde_json::from_str(text).ok()?;
    let entries = command.as_object()?;
    let name = name_among(entries)?;
    let told = |name: &str| (Engine::Mongo, name.to_string());
    if DEPLOYMENT.contains(&name.as_str()) {
        return Some(told(name));
    }
    (entries.contains_key("$db") && WRITES.contains(&name.as_str())).then(|| told(name))
}

/// The name of the command in such a record.
pub(super) fn name_in_json(text: &str) -> Option<String> {
    let command: serde_json::Value = serde_json::from_str(text).ok()?;
    name_among(command.as_object()?).cloned()
}

fn name_among(entries: &serde_json::Map<String, serde_json::Value>) -> Option<&String> {
    entries.keys().find(|name| *name != "$db")
}

/// The text as SQL: the scenario's own database has a name, everything else is a literal.
fn filled(template: &Template) -> String {
    let part = |part: &TemplatePart| match part {
        TemplatePart::Literal(text) => text.clone(),
        TemplatePart::Variable { name, identifier: true, .. } if name == "database" => OWN.into(),
        TemplatePart::Variable { identifier: true, .. } => "\"x\"".into(),
        TemplatePart::Variable { .. } => "'x'".into(),
    };
    template.parts.iter().map(part).collect()
}

fn of_command(command: &Value) -> Option<(Engine, String)> {
    let ValueKind::Mapping(entries) = &command.kind else { return None };
    let name = &entries.iter().find(|(name, _)| name.value != "$db")?.0.value;
    let elsewhere = entries.iter().any(|(key, value)| key.value == "$db" && !is_own(value));
    if DEPLOYMENT.contains(&name.as_str()) && !only_asks(name, entries) {
        return Some((Engine::Mongo, name.clone()));
    }
    if elsewhere && WRITES.contains(&name.as_str()) && !only_reads(name, command) {
        return Some((Engine::Mongo, format!("{name} with $db")));
    }
    let into = match name.as_str() {
        "aggregate" => writes_elsewhere(command),
        "mapReduce" => entries.iter().any(|(key, value)| key.value == "out" && names_database(value)),
        "renameCollection" => entries.iter().any(|(key, value)| key.value == "to" && !begins_with_own(value)),
        _ => false,
    };
    into.then(|| (Engine::Mongo, format!("{name} into another database")))
}

/// `profile: -1` asks for the level, `fsync` without `lock` flushes.
fn only_asks(name: &str, entries: &[(crate::source::Spanned<String>, Value)]) -> bool {
    let field = |wanted: &str| entries.iter().find(|(key, _)| key.value == wanted).map(|(_, value)| &value.kind);
    match name {
        "profile" => {
            matches!(field("profile"), Some(ValueKind::Number(level)) if level == "-1") && field("slowms").is_none()
        }
        "fsync" => field("lock").is_none(),
        _ => false,
    }
}

fn only_reads(name: &str, command: &Value) -> bool {
    name == "aggregate" && !mentions(command, &INTO)
}

fn is_own(value: &Value) -> bool {
    matches!(&value.kind, ValueKind::Text(text) if text.as_variable() == Some("database"))
}

/// `${database}.collection`.
fn begins_with_own(value: &Value) -> bool {
    let ValueKind::Text(text) = &value.kind else { return false };
    matches!(text.parts.first(), Some(TemplatePart::Variable { name, .. }) if name == "database")
}

pub(super) fn mentions(value: &Value, keys: &[&str]) -> bool {
    match &value.kind {
        ValueKind::Mapping(entries) => {
            entries.iter().any(|(key, value)| keys.contains(&key.as_str()) || mentions(value, keys))
        }
        ValueKind::Sequence(items) => items.iter().any(|item| mentions(item, keys)),
        _ => false,
    }
}

/// Whether a stage or an option writes into a database that it names (`$out: { db: … }`).
fn writes_elsewhere(value: &Value) -> bool {
    match &value.kind {
        ValueKind::Mapping(entries) => entries
            .iter()
            .any(|(key, value)| (INTO.contains(&key.as_str()) && names_database(value)) || writes_elsewhere(value)),
        ValueKind::Sequence(items) => items.iter().any(writes_elsewhere),
        _ => false,
    }
}

fn names_database(value: &Value) -> bool {
    let ValueKind::Mapping(entries) = &value.kind else { return false };
    entries.iter().any(|(key, value)| match key.as_str() {
        "db" => !is_own(value),
        "into" => names_database(value),
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use crate::engine::Footprint;
    use crate::model::Scenario;

    fn scenario(step: &str) -> Scenario {
        let text = format!("scenario: A\nrequirements: [R1]\nvars: {{ x: 1 }}\nsteps:\n  - {step}\n    golden: g\n");
        let none = |_: &str| Err(std::io::Error::other("no file"));
        let parsed = crate::language::scenario(&crate::source::SourceFile::new("a.yaml", &text), "a.yaml", &none);
        parsed.unwrap_or_else(|errors| panic!("{step}: {errors:?}")).value
    }

    #[test]
    fn what_reaches_beyond_a_scenarios_databases_is_seen_in_its_text() {
        for (step, told) in [
            ("mongo: { $db: warehouse, insert: t, documents: [{ a: 1 }] }", "insert with $db"),
            ("mongo: { setParameter: 1, ttlMonitorEnabled: false, $db: admin }", "setParameter"),
            ("mongo: { createUser: u, pwd: p, roles: [] }", "createUser"),
            ("mongo: { fsync: 1, lock: true, $db: admin }", "fsync"),
            (
                "mongo: { aggregate: t, pipeline: [{ $out: { db: other, coll: c } }], cursor: {} }",
                "aggregate into another database",
            ),
            (
                "mongo: { aggregate: t, pipeline: [{ $merge: { into: { db: other, coll: c } } }] }",
                "aggregate into another database",
            ),
            ("sql: CREATE ROLE a", "CREATE ROLE"),
            ("sql: 'ALTER ROLE CURRENT_USER SET work_mem = ${x}'", "ALTER ROLE"),
        ] {
            let footprint = Footprint::of(&scenario(step), None);
            assert_eq!(footprint.reaches.values().next().map(String::as_str), Some(told), "{step}");
        }
    }

    #[test]
    fn what_stays_in_a_scenarios_databases_is_not_taken_for_more() {
        for step in [
            "mongo: { $db: admin, replSetGetStatus: 1 }",
            "mongo: { $db: admin, aggregate: 1, pipeline: [{ $currentOp: {} }], cursor: {} }",
            "mongo: { $db: '${database}', insert: t, documents: [{ a: 1 }] }",
            "mongo: { aggregate: t, pipeline: [{ $out: c }], cursor: {} }",
            "mongo: { profile: -1 }",
            "mongo: { renameCollection: '${database}.a', to: '${database}.b', $db: admin }",
            "mongo: { insert: t, documents: [{ to: { db: x } }] }",
            "sql: 'ALTER DATABASE ${database:ident} SET work_mem = ''1MB'''",
            "sql: SELECT 1",
        ] {
            let footprint = Footprint::of(&scenario(step), None);
            assert!(footprint.reaches.is_empty(), "{step}: {:?}", footprint.reaches);
        }
    }
}
