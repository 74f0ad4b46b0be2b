//! What all databases of a server share, as one list, and the statements that make one list into another again.

use super::PgNode;
use crate::backend::BackendError;
use crate::variables::{quote_identifier, quote_literal};

/// Kind, name, and everything else about it, of all that databases share but polyspec's own.
const LIST: &str = "
    SELECT 'database', datname::text, '', '' FROM pg_database WHERE NOT starts_with(datname, 'polyspec')
    UNION ALL SELECT 'role', rolname::text, concat_ws(' ', 'WITH',
        CASE WHEN rolsuper THEN 'SUPERUSER' ELSE 'NOSUPERUSER' END,
        CASE WHEN rolinherit THEN 'INHERIT' ELSE 'NOINHERIT' END,
        CASE WHEN rolcreaterole THEN 'CREATEROLE' ELSE 'NOCREATEROLE' END,
        CASE WHEN rolcreatedb THEN 'CREATEDB' ELSE 'NOCREATEDB' END,
        CASE WHEN rolcanlogin THEN 'LOGIN' ELSE 'NOLOGIN' END,
        CASE WHEN rolreplication THEN 'REPLICATION' ELSE 'NOREPLICATION' END,
        CASE WHEN rolbypassrls THEN 'BYPASSRLS' ELSE 'NOBYPASSRLS' END,
        'CONNECTION LIMIT', rolconnlimit,
        'PASSWORD', coalesce(quote_literal(rolpassword), 'NULL'),
        'VALID UNTIL', coalesce(quote_literal(rolvaliduntil), quote_literal('infinity'))), ''
      FROM pg_authid WHERE NOT starts_with(rolname, 'pg_') AND NOT starts_with(rolname, 'polyspec_')
    UNION ALL SELECT 'member', r.rolname || ' ' || m.rolname, quote_ident(r.rolname), quote_ident(m.rolname)
      FROM pg_auth_members a JOIN pg_authid r ON r.oid = a.roleid JOIN pg_authid m ON m.oid = a.member
      WHERE NOT starts_with(m.rolname, 'polyspec_')
    UNION ALL SELECT 'setting', coalesce(r.rolname, '') || ' ' || split_part(c, '=', 1), coalesce(quote_ident(r.rolname), 'ALL'),
        substr(c, strpos(c, '=') + 1)
      FROM pg_db_role_setting s LEFT JOIN pg_authid r ON r.oid = s.setrole, unnest(setconfig) AS c
      WHERE setdatabase = 0 AND NOT starts_with(coalesce(r.rolname, ''), 'polyspec_')
    UNION ALL SELECT 'tablespace', spcname::text, '', '' FROM pg_tablespace
    UNION ALL SELECT 'system', name, coalesce(setting, ''), '' FROM pg_file_settings WHERE sourcefile LIKE '%postgresql.auto.conf'
    UNION ALL SELECT 'prepared', gid, database::text, '' FROM pg_prepared_xacts WHERE NOT starts_with(database, 'polyspec')
    UNION ALL SELECT 'slot', slot_name::text, '', '' FROM pg_replication_slots
      WHERE NOT starts_with(coalesce(database, ''), 'polyspec')
    UNION ALL SELECT 'origin', roname, '', '' FROM pg_replication_origin WHERE NOT starts_with(roname, 'pg_')
    ORDER BY 1, 2";

/// One thing that databases share.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SharedThing {
    kind: String,
    name: String,
    /// What differs when it was altered: attributes of a role, the value of a setting.
    about: String,
    more: String,
}

/// Everything that the databases of a server share, without what is polyspec's own. Holds verifiers of passwords.
pub type SharedThings = Vec<SharedThing>;

/// Lists it; only the administrator of polyspec's own servers may.
///
/// # Errors
/// The server is not reached or refuses.
pub async fn shared_things(node: &PgNode) -> Result<SharedThings, BackendError> {
    let rows = node.admin().await?.rows("listing what databases share", LIST, &[]).await?;
    let text = |row: &tokio_postgres::Row, at: usize| row.try_get::<_, String>(at).unwrap_or_default();
    let thing = |row| SharedThing { kind: text(row, 0), name: text(row, 1), about: text(row, 2), more: text(row, 3) };
    Ok(rows.iter().map(thing).collect())
}

/// What was left, in words; empty when both are the same.
pub fn left_behind(before: &[SharedThing], after: &[SharedThing]) -> Vec<String> {
    let told = |thing: &SharedThing| format!("{} {}", thing.kind, thing.name.trim());
    let new = after.iter().filter(|thing| !before.contains(thing)).map(told);
    let gone = before.iter().filter(|thing| !after.iter().any(|other| other.is_same(thing)));
    new.chain(gone.map(|thing| format!("{} (removed)", told(thing)))).collect()
}

/// Undoes what made `before` into `after`, as far as statements can; whether they could, a new list says.
pub async fn restore_shared(node: &PgNode, before: &[SharedThing], after: &[SharedThing]) -> Result<(), BackendError> {
    for (gid, database) in prepared(before, after) {
        let rollback = format!("ROLLBACK PREPARED {}", quote_literal(gid));
        node.enter(database).await?.run("rolling back a prepared transaction", &rollback).await?;
    }
    let client = node.admin().await?;
    for statement in statements(before, after) {
        client.run("undoing what a scenario has changed", &statement).await?;
    }
    Ok(())
}

impl SharedThing {
    fn is_same(&self, other: &Self) -> bool {
        self.kind == other.kind && self.name == other.name
    }
}

fn prepared<'a>(before: &[SharedThing], after: &'a [SharedThing]) -> Vec<(&'a str, &'a str)> {
    let new = after.iter().filter(|thing| thing.kind == "prepared" && !before.contains(thing));
    new.map(|thing| (thing.name.as_str(), thing.about.as_str())).collect()
}

/// One statement each, in an order in which they can be run: databases first, since roles own them; roles last.
fn statements(before: &[SharedThing], after: &[SharedThing]) -> Vec<String> {
    let mut found: Vec<(u8, String)> = vec![];
    for thing in after.iter().filter(|thing| !before.contains(thing)) {
        let old = before.iter().find(|old| old.is_same(thing));
        found.extend(undone(thing, old));
    }
    for thing in before.iter().filter(|thing| !after.iter().any(|other| other.is_same(thing))) {
        found.extend(made_again(thing));
    }
    if found.iter().any(|(_, statement)| statement.starts_with("ALTER SYSTEM")) {
        found.push((9, "SELECT pg_reload_conf()".into()));
    }
    found.sort_by_key(|(order, _)| *order);
    found.into_iter().map(|(_, statement)| statement).collect()
}

fn undone(new: &SharedThing, old: Option<&SharedThing>) -> Option<(u8, String)> {
    let name = quote_identifier(&new.name);
    Some(match (new.kind.as_str(), old) {
        ("database", _) => (1, format!("DROP DATABASE {name} WITH (FORCE)")),
        ("slot", _) => (0, format!("SELECT pg_drop_replication_slot({})", quote_literal(&new.name))),
        ("origin", _) => (0, format!("SELECT pg_replication_origin_drop({})", quote_literal(&new.name))),
        ("system", None) => (2, format!("ALTER SYSTEM RESET {name}")),
        ("system", Some(old)) => (2, set_system(old)),
        ("setting", None) => (3, format!("ALTER ROLE {} RESET {}", new.about, quote_identifier(setting(new)))),
        ("setting", Some(old)) => (3, set_for_role(old)),
        ("member", _) => (4, format!("REVOKE {} FROM {}", new.about, new.more)),
        ("tablespace", _) => (5, format!("DROP TABLESPACE {name}")),
        ("role", Some(old)) => (6, format!("ALTER ROLE {name} {}", old.about)),
        ("role", None) => (7, format!("DROP ROLE {name}")),
        _ => return None,
    })
}

/// What was dropped and holds no data.
fn made_again(old: &SharedThing) -> Option<(u8, String)> {
    Some(match old.kind.as_str() {
        "role" => (6, format!("CREATE ROLE {} {}", quote_identifier(&old.name), old.about)),
        "member" => (8, format!("GRANT {} TO {}", old.about, old.more)),
        "setting" => (8, set_for_role(old)),
        "system" => (2, set_system(old)),
        _ => return None,
    })
}

fn set_for_role(old: &SharedThing) -> String {
    format!("ALTER ROLE {} SET {} = {}", old.about, quote_identifier(setting(old)), quote_literal(&old.more))
}

fn set_system(old: &SharedThing) -> String {
    format!("ALTER SYSTEM SET {} = {}", quote_identifier(&old.name), quote_literal(&old.about))
}

/// The setting's name, behind that of the role.
fn setting(thing: &SharedThing) -> &str {
    thing.name.rsplit(' ').next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn thing(kind: &str, name: &str, about: &str, more: &str) -> SharedThing {
        SharedThing { kind: kind.into(), name: name.into(), about: about.into(), more: more.into() }
    }

    #[test]
    fn what_was_made_is_dropped_in_an_order_that_works() {
        let after = [
            thing("role", "r", "WITH NOSUPERUSER", ""),
            thing("database", "d", "", ""),
            thing("setting", "app work_mem", "app", "1MB"),
            thing("system", "work_mem", "1MB", ""),
            thing("slot", "s", "", ""),
            thing("member", "r app", "r", "app"),
        ];
        let expected = [
            "SELECT pg_drop_replication_slot('s')",
            "DROP DATABASE \"d\" WITH (FORCE)",
            "ALTER SYSTEM RESET \"work_mem\"",
            "ALTER ROLE app RESET \"work_mem\"",
            "REVOKE r FROM app",
            "DROP ROLE \"r\"",
            "SELECT pg_reload_conf()",
        ];
        assert_eq!(statements(&[], &after), expected);
        assert_eq!(left_behind(&[], &after)[0], "role r");
        assert!(statements(&after, &after).is_empty() && left_behind(&after, &after).is_empty());
    }

    #[test]
    fn what_was_altered_or_dropped_is_as_it_was() {
        let before = [
            thing("role", "app", "WITH NOSUPERUSER PASSWORD 'x'", ""),
            thing("setting", "app work_mem", "app", "4MB"),
            thing("database", "d", "", ""),
        ];
        let after =
            [thing("role", "app", "WITH SUPERUSER PASSWORD 'y'", ""), thing("setting", "app work_mem", "app", "1MB")];
        let expected = ["ALTER ROLE app SET \"work_mem\" = '4MB'", "ALTER ROLE \"app\" WITH NOSUPERUSER PASSWORD 'x'"];
        assert_eq!(statements(&before, &after), expected);
        assert!(left_behind(&before, &after).contains(&"database d (removed)".to_string()));
    }

    #[test]
    fn transactions_that_were_prepared_are_rolled_back_in_their_database() {
        assert_eq!(prepared(&[], &[thing("prepared", "one", "postgres", "")]), [("one", "postgres")]);
    }
}
