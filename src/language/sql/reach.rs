//! Whether SQL reaches beyond its own database: roles, databases, tablespaces, settings of the server, slots. Judged by the
//! words alone, those inside the bodies of functions and of DO included.

use super::scan::{Token, TokenKind, tokens};
use super::statements::statements;

/// Objects that all databases of a server share (manual, 52.1: shared catalogs).
const SHARED: [&str; 6] = ["role", "user", "group", "tablespace", "database", "subscription"];

/// Functions that change something of the server.
const FUNCTIONS: [&str; 13] = [
    "pg_create_logical_replication_slot",
    "pg_create_physical_replication_slot",
    "pg_copy_logical_replication_slot",
    "pg_copy_physical_replication_slot",
    "pg_drop_replication_slot",
    "pg_replication_origin_create",
    "pg_replication_origin_drop",
    "pg_reload_conf",
    "pg_rotate_logfile",
    "pg_promote",
    "pg_wal_replay_pause",
    "pg_create_restore_point",
    "pg_switch_wal",
];

/// How deep bodies are looked into: one that is made inside another one is as deep as anybody goes.
const DEEPEST: usize = 4;

/// The first thing in `text` that changes what other databases of the server see, in its own words: `CREATE ROLE`. A database
/// that is named by a variable (`MARK`) is the scenario's own.
pub fn reaches_beyond(text: &str) -> Option<String> {
    reaches(text, 0)
}

fn reaches(text: &str, depth: usize) -> Option<String> {
    statements(text).into_iter().find_map(|range| of_statement(&text[range], depth))
}

fn of_statement(text: &str, depth: usize) -> Option<String> {
    let tokens: Vec<Token> =
        tokens(text).into_iter().filter(|token| !matches!(token.kind, TokenKind::Space | TokenKind::Comment)).collect();
    let words: Vec<String> = tokens.iter().map(|token| word(text, token)).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let has_body = matches!(words.first(), Some(&"do" | &"create"));
    let inside = |token: &Token| match token.kind {
        TokenKind::DollarQuoted if has_body || depth > 0 => body(&text[token.range.clone()]),
        // EXECUTE 'ALTER ROLE …', and bodies in single quotes.
        TokenKind::Quoted if has_body || depth > 0 => Some(text[token.range.clone()].trim_matches('\'').to_string()),
        _ => None,
    };
    let at_any_place = (0..words.len()).find_map(|at| if depth > 0 || at == 0 { verb(&words[at..]) } else { None });
    let called = || words.windows(2).find(|pair| pair[1] == "(" && FUNCTIONS.contains(&pair[0]));
    at_any_place.or_else(|| called().map(|pair| pair[0].to_string())).or_else(|| {
        let bodies = tokens.iter().filter(|_| depth < DEEPEST).filter_map(inside);
        bodies.into_iter().find_map(|body| reaches(&body, depth + 1))
    })
}

/// What a command does that begins with these words.
fn verb(words: &[&str]) -> Option<String> {
    let found = match words {
        ["create", "user", "mapping", ..] | ["drop", "user", "mapping", ..] | ["alter", "user", "mapping", ..] => None,
        ["alter", "database", name, ..] if is_own(name) => None,
        ["alter", "system", ..] => Some("ALTER SYSTEM".to_string()),
        [verb @ ("create" | "alter" | "drop"), kind, ..] if SHARED.contains(kind) => Some(format!("{verb} {kind}")),
        ["comment", "on", kind, name, ..] if SHARED.contains(kind) && !is_own(name) => {
            Some(format!("comment on {kind}"))
        }
        ["reassign", "owned", ..] | ["drop", "owned", ..] => Some(format!("{} owned", words[0])),
        ["grant" | "revoke", rest @ ..] => granted(words[0], rest),
        _ => None,
    };
    found.map(|found| found.to_uppercase())
}

/// Membership in a role, and rights on what all databases share.
fn granted(verb: &str, rest: &[&str]) -> Option<String> {
    let end = rest.iter().position(|word| matches!(*word, "to" | "from")).unwrap_or(rest.len());
    match rest[..end].iter().position(|word| *word == "on") {
        None => Some(format!("{verb} of a role")),
        Some(on) => match rest[on + 1..end] {
            ["database", name] if is_own(name) => None,
            [kind @ ("database" | "tablespace" | "parameter"), ..] => Some(format!("{verb} on {kind}")),
            _ => None,
        },
    }
}

/// A variable that names the scenario's own database.
fn is_own(name: &str) -> bool {
    name == OWN
}

/// What stands for the scenario's own database where the text names it by its variable.
pub const OWN: &str = "polyspec_own_database";

fn word(text: &str, token: &Token) -> String {
    text[token.range.clone()].trim_matches('"').to_ascii_lowercase()
}

/// The text between dollar quotes.
fn body(quoted: &str) -> Option<String> {
    let delimiter = quoted[1..].find('$')? + 2;
    Some(quoted.get(delimiter..quoted.len().checked_sub(delimiter)?)?.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_other_databases_see_is_told() {
        for (text, told) in [
            ("CREATE ROLE a", "CREATE ROLE"),
            ("SELECT 1; /* x */ alter  user a SET work_mem = '1MB'", "ALTER USER"),
            ("DROP DATABASE IF EXISTS x", "DROP DATABASE"),
            ("ALTER DATABASE other SET work_mem = '1MB'", "ALTER DATABASE"),
            ("ALTER SYSTEM SET work_mem = '1MB'", "ALTER SYSTEM"),
            ("CREATE SUBSCRIPTION s CONNECTION 'x' PUBLICATION p", "CREATE SUBSCRIPTION"),
            ("GRANT a TO b", "GRANT OF A ROLE"),
            ("REVOKE CONNECT ON DATABASE x FROM PUBLIC", "REVOKE ON DATABASE"),
            ("SELECT pg_drop_replication_slot('x')", "pg_drop_replication_slot"),
            ("DO $$ BEGIN CREATE ROLE a; END $$", "CREATE ROLE"),
            ("DO $$ BEGIN IF true THEN ALTER ROLE a SET x = 1; END IF; END $$", "ALTER ROLE"),
            ("DO $x$ BEGIN EXECUTE 'CREATE DATABASE ' || 'b'; END $x$", "CREATE DATABASE"),
            ("CREATE FUNCTION f() RETURNS void LANGUAGE sql AS 'DROP TABLESPACE t'", "DROP TABLESPACE"),
        ] {
            assert_eq!(reaches_beyond(text).as_deref(), Some(told), "{text}");
        }
    }

    #[test]
    fn what_stays_in_its_database_is_not_told() {
        for text in [
            "SELECT 'CREATE ROLE a'",
            "INSERT INTO t VALUES ('alter system')",
            "GRANT SELECT ON t TO app",
            "CREATE TABLE role (user_name text)",
            "CREATE USER MAPPING FOR app SERVER s",
            "SELECT role FROM users; DROP TABLE database",
            "ALTER DATABASE polyspec_own_database SET work_mem = '1MB'",
            "BEGIN; PREPARE TRANSACTION 'x'",
            "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
            "",
        ] {
            assert_eq!(reaches_beyond(text), None, "{text}");
        }
    }
}
