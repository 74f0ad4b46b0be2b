//! Databases that polyspec makes and drops: templates that hold a built system, and the copies that scenarios get.

use super::role::Owned;
use super::{PgNode, role};
use crate::backend::BackendError;
use crate::variables::{quote_identifier, quote_literal};

/// SQLSTATE object_in_use.
const OBJECT_IN_USE: &str = "55006";

/// Makes an empty database that belongs to the role of scenarios, its `public` schema too; the node's own role for it is
/// made first.
pub async fn create_database(node: &PgNode, database: &str) -> Result<(), BackendError> {
    let doing = "making a database";
    make(node, "template0", database, doing).await?;
    match node.role() {
        Some(_) => node.admin().await?.run(doing, &role::close(database)).await,
        None => Ok(()),
    }
}

async fn make(node: &PgNode, from: &str, database: &str, doing: &str) -> Result<(), BackendError> {
    if let Some(role) = node.role() {
        role::create(node, role).await?;
    }
    let client = node.admin().await?;
    let (owner, name, from) = (quote_identifier(node.app_role()), quote_identifier(database), quote_identifier(from));
    let make = format!("CREATE DATABASE {name} OWNER {owner} TEMPLATE {from}{}", strategy(node));
    client.run(doing, &make).await
}

/// On polyspec's own servers databases are copied file by file: they sync nothing and are small, so that the two
/// checkpoints of that cost less than writing every page through the write-ahead log, which other sessions wait for, too
/// (manual, CREATE DATABASE, `STRATEGY`; 15 and later). How somebody else's server copies is its own business.
fn strategy(node: &PgNode) -> &'static str {
    if node.owned { " STRATEGY file_copy" } else { "" }
}

/// Closes a built database to connections, so that it can be copied at any time. It then belongs to the administrator, what
/// is in it to a role as which no one can log in.
pub async fn freeze_database(node: &PgNode, database: &str) -> Result<(), BackendError> {
    let name = quote_identifier(database);
    if node.role().is_some() {
        for other in role::owned(node, database).await?.iter().filter(|owned| owned.database != database) {
            drop_owned(node, other).await?;
        }
        role::retire(node, database).await?;
        let give = format!("ALTER DATABASE {name} OWNER TO {}", quote_identifier(node.admin_role()));
        node.admin().await?.run("freezing a built system", &give).await?;
    }
    let freeze = format!("ALTER DATABASE {name} ALLOW_CONNECTIONS false");
    node.admin().await?.run("freezing a built system", &freeze).await
}

/// Whether a database is there and closed to connections.
pub async fn is_frozen(node: &PgNode, database: &str) -> Result<bool, BackendError> {
    let client = node.admin().await?;
    let select = format!("SELECT NOT datallowconn FROM pg_database WHERE datname = {}", quote_literal(database));
    Ok(client.scalar("looking for a built system", &select).await? == "t")
}

/// Copies a frozen database (manual, 22.3: template databases); all that the system owned in it belongs to the copy's role.
pub async fn copy_database(node: &PgNode, template: &str, database: &str) -> Result<(), BackendError> {
    make(node, template, database, "copying a built system").await?;
    match node.role() {
        Some(_) => role::hand_over(node, template, database).await,
        None => Ok(()),
    }
}

/// Drops a database, whoever is still connected to it.
pub async fn drop_database(node: &PgNode, database: &str) -> Result<(), BackendError> {
    let client = node.admin().await?;
    let drop = format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", quote_identifier(database));
    match client.run("dropping a copy", &drop).await {
        // It has prepared transactions, if nobody is connected to it any more.
        Err(BackendError::Refused { error, .. }) if error.sqlstate.as_deref() == Some(OBJECT_IN_USE) => {
            roll_back_prepared(node, database).await?;
            client.run("dropping a copy", &drop).await
        }
        done => done,
    }
}

/// A database with prepared transactions cannot be dropped, whatever is said (manual, DROP DATABASE), and only in the
/// database can they be ended (manual, ROLLBACK PREPARED).
async fn roll_back_prepared(node: &PgNode, database: &str) -> Result<(), BackendError> {
    let select = format!("SELECT gid FROM pg_prepared_xacts WHERE database = {}", quote_literal(database));
    let prepared = node.admin().await?.column("listing prepared transactions", &select).await?;
    if prepared.is_empty() {
        return Ok(());
    }
    let inside = node.enter(database).await?;
    for gid in prepared {
        let rollback = format!("ROLLBACK PREPARED {}", quote_literal(&gid));
        inside.run("rolling back a prepared transaction", &rollback).await?;
    }
    Ok(())
}

/// Drops a copy or a template with its role, and every database that its role has made.
pub async fn remove_database(node: &PgNode, database: &str) -> Result<(), BackendError> {
    if !node.owned {
        return drop_database(node, database).await;
    }
    for owned in role::owned(node, database).await? {
        drop_owned(node, &owned).await?;
    }
    role::drop(node, database).await
}

async fn drop_owned(node: &PgNode, owned: &Owned) -> Result<(), BackendError> {
    if !owned.prepared.is_empty() {
        let client = node.enter(&owned.database).await?;
        for transaction in &owned.prepared {
            let end = format!("ROLLBACK PREPARED {}", quote_literal(transaction));
            client.run("ending a prepared transaction", &end).await?;
        }
    }
    if owned.template {
        let unmark = format!("ALTER DATABASE {} IS_TEMPLATE false", quote_identifier(&owned.database));
        node.admin().await?.run("dropping a copy", &unmark).await?;
    }
    drop_database(node, &owned.database).await
}

/// Copies and templates whose names begin with `prefix` and of which a database or a role is there.
pub async fn leftovers(node: &PgNode, prefix: &str) -> Result<Vec<String>, BackendError> {
    let prefix = quote_literal(prefix);
    let select = format!(
        "SELECT datname::text FROM pg_database WHERE starts_with(datname, {prefix}) UNION \
         SELECT left(rolname, -{}) FROM pg_roles WHERE starts_with(rolname, {prefix}) AND right(rolname, {0}) = {}",
        role::SUFFIX.len(),
        quote_literal(role::SUFFIX)
    );
    node.admin().await?.column("listing databases", &select).await
}

/// Databases whose names begin with `prefix`.
pub async fn orphaned_databases(node: &PgNode, prefix: &str) -> Result<Vec<String>, BackendError> {
    let select = format!("SELECT datname FROM pg_database WHERE starts_with(datname, {})", quote_literal(prefix));
    node.admin().await?.column("listing databases", &select).await
}
