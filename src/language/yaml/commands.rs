//! Commands of MongoDB that are written otherwise than the server takes them: a misspelled name or field, one value where a
//! list belongs. The server has the last word, so that these are warnings; where an error is expected, nothing is said.

use super::saved::command_name;
use crate::language::sink::Sink;
use crate::language::suggest::{enumerate, nearest};
use crate::model::{Value, ValueKind};
use crate::source::{Diagnostic, Spanned};

/// Names of commands that one writes in scenarios (manual, "Database Commands").
#[rustfmt::skip]
const NAMES: &[&str] = &[
    "abortTransaction", "aggregate", "buildInfo", "collMod", "collStats", "commitTransaction", "compact", "configureFailPoint",
    "connectionStatus", "convertToCapped", "count", "create", "createIndexes", "createRole", "createUser", "currentOp",
    "dataSize", "dbHash", "dbStats", "delete", "distinct", "drop", "dropDatabase", "dropIndexes", "dropRole", "dropUser",
    "endSessions", "explain", "find", "findAndModify", "fsync", "fsyncUnlock", "getDefaultRWConcern", "getMore", "getParameter",
    "grantRolesToUser", "hello", "hostInfo", "insert", "isMaster", "killAllSessions", "killCursors", "killOp", "killSessions",
    "listCollections", "listCommands", "listDatabases", "listIndexes", "mapReduce", "ping", "planCacheClear", "profile",
    "refreshSessions", "reIndex", "renameCollection", "replSetGetConfig", "replSetGetStatus", "replSetStepDown", "rolesInfo",
    "serverStatus", "setDefaultRWConcern", "setParameter", "startSession", "top", "update", "updateUser", "usersInfo", "validate",
    "whatsmyuri", "applyOps", "authenticate", "autoCompact", "buildinfo", "cloneCollectionAsCapped", "collstats", "dbhash",
    "dbstats", "dropAllRolesFromDatabase", "dropAllUsersFromDatabase", "features", "filemd5", "findandmodify", "getClusterParameter",
    "getCmdLineOpts", "getLog", "grantPrivilegesToRole", "grantRolesToRole", "invalidateUserCache", "ismaster",
    "killAllSessionsByPattern", "lockInfo", "logRotate", "logout", "mapreduce", "planCacheClearFilters", "planCacheListFilters",
    "planCacheSetFilter", "replSetAbortPrimaryCatchUp", "replSetFreeze", "replSetHeartbeat", "replSetInitiate",
    "replSetMaintenance", "replSetReconfig", "replSetResizeOplog", "replSetStepUp", "replSetSyncFrom", "replSetTest",
    "revokePrivilegesFromRole", "revokeRolesFromRole", "revokeRolesFromUser", "setClusterParameter",
    "setFeatureCompatibilityVersion", "setIndexCommitQuorum", "setUserWriteBlockMode", "shutdown", "sleep", "updateRole",
    "validateDBMetadata", "waitForFailPoint",
];

/// A command whose fields are known.
struct Known {
    name: &'static str,
    /// The field that must be a list.
    list: Option<&'static str>,
    /// The fields of its own.
    fields: &'static [&'static str],
}

#[rustfmt::skip]
const COMMANDS: &[Known] = &[
    Known { name: "find", list: None, fields: &[
        "filter", "sort", "projection", "hint", "skip", "limit", "batchSize", "singleBatch", "max", "min", "returnKey",
        "showRecordId", "tailable", "awaitData", "oplogReplay", "noCursorTimeout", "allowPartialResults", "collation",
        "allowDiskUse", "let",
    ] },
    Known { name: "insert", list: Some("documents"), fields: &["documents", "ordered", "bypassDocumentValidation"] },
    Known { name: "update", list: Some("updates"), fields: &["updates", "ordered", "bypassDocumentValidation", "let"] },
    Known { name: "delete", list: Some("deletes"), fields: &["deletes", "ordered", "let"] },
    Known { name: "aggregate", list: Some("pipeline"), fields: &[
        "pipeline", "explain", "allowDiskUse", "cursor", "bypassDocumentValidation", "collation", "hint", "let",
    ] },
    Known { name: "count", list: None, fields: &["query", "limit", "skip", "hint", "collation", "fields"] },
    Known { name: "distinct", list: None, fields: &["key", "query", "collation", "hint"] },
    Known { name: "findAndModify", list: None, fields: &[
        "query", "sort", "remove", "update", "new", "fields", "upsert", "bypassDocumentValidation", "collation",
        "arrayFilters", "hint", "let",
    ] },
    Known { name: "createIndexes", list: Some("indexes"), fields: &["indexes", "commitQuorum"] },
];

/// Fields of every command that do not begin with `$`.
#[rustfmt::skip]
const OF_ALL: &[&str] = &[
    "readConcern", "writeConcern", "maxTimeMS", "comment", "lsid", "txnNumber", "autocommit", "startTransaction", "apiVersion",
    "apiStrict", "apiDeprecationErrors", "stmtId", "stmtIds", "collectionUUID", "encryptionInformation", "runtimeConstants",
    "legacyRuntimeConstants", "term", "fromMongos", "needsMerge", "isTimeseriesNamespace", "readOnce",
];

type Fields = [(Spanned<String>, Value)];

/// Whether the name of a command is known.
pub(crate) fn is_known(command: &Value) -> bool {
    command_name(command).is_some_and(|name| NAMES.contains(&name))
}

/// Says what the server would hardly take.
pub(crate) fn check(command: &Value, sink: &mut Sink) {
    let ValueKind::Mapping(fields) = &command.kind else { return };
    let Some((name, _)) = fields.iter().find(|(key, _)| !key.starts_with('$')) else { return };
    match COMMANDS.iter().find(|known| known.name == name.as_str()) {
        Some(known) => of_known(known, fields, name, sink),
        None if NAMES.contains(&name.as_str()) => {}
        None => unknown(fields, name).into_iter().for_each(|warning| sink.push(warning)),
    }
}

fn unknown(fields: &Fields, name: &Spanned<String>) -> Option<Diagnostic> {
    let warning =
        Diagnostic::error(&name.span, format!("no command of MongoDB is known as `{}`", name.value)).warning();
    let later = fields.iter().find(|(key, _)| NAMES.contains(&key.as_str()));
    match (later, nearest(name, NAMES.iter().copied())) {
        (Some((later, _)), _) => {
            Some(warning.help(format!("the first key names the command: write `{}` first", later.value)))
        }
        (None, Some(near)) => Some(warning.help(format!("did you mean `{near}`?"))),
        (None, None) => None,
    }
}

fn of_known(known: &Known, fields: &Fields, name: &Spanned<String>, sink: &mut Sink) {
    for (key, value) in fields.iter().filter(|(key, _)| key.value != name.value && !key.starts_with('$')) {
        if !known.fields.contains(&key.as_str()) && !OF_ALL.contains(&key.as_str()) {
            let warning =
                Diagnostic::error(&key.span, format!("`{}` has no field `{}`", name.value, key.value)).warning();
            sink.push(match nearest(key, known.fields.iter().copied()) {
                Some(near) => warning.help(format!("did you mean `{near}`?")),
                None => warning.help(format!("its fields are {}", enumerate(known.fields, "and"))),
            });
        }
        if known.list == Some(key.as_str()) && !matches!(value.kind, ValueKind::Sequence(_) | ValueKind::Text(_)) {
            let warning =
                Diagnostic::error(&value.span, format!("`{}` of `{}` is a list", key.value, name.value)).warning();
            sink.push(warning.help("put it in a list: `[ … ]`"));
        }
        if key.as_str() == "pipeline" {
            stages(value, sink);
        }
    }
}

fn stages(pipeline: &Value, sink: &mut Sink) {
    let ValueKind::Sequence(stages) = &pipeline.kind else { return };
    for stage in stages {
        let ValueKind::Mapping(fields) = &stage.kind else { continue };
        if let Some((key, _)) = fields.first().filter(|(key, _)| !key.starts_with('$')) {
            let warning = Diagnostic::error(&key.span, format!("`{}` is no stage of a pipeline", key.value)).warning();
            sink.push(warning.help(format!("write `${}`", key.value)));
        }
    }
}
