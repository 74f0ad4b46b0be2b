//! Databases that polyspec makes and drops: templates that hold a built system, and the copies that scenarios get.

use super::PgNode;
use crate::backend::BackendError;
use crate::variables::{quote_identifier, quote_literal};

/// Makes an empty database that belongs to the role of scenarios, its `public` schema too.
pub async fn create_database(node: &PgNode, database: &str) -> Result<(), BackendError> {
    let client = node.admin().await?;
    let role = quote_identifier(node.app_role());
    let name = quote_identifier(database);
    let make = format!("CREATE DATABASE {name} OWNER {role} TEMPLATE template0{}", strategy(node));
    client.run("making a database", &make).await
}

/// On polyspec's own servers databases are copied file by file: they sync nothing and are small, so that the two
/// checkpoints of that cost less than writing every page through the write-ahead log, which other sessions wait for, too
/// (manual, CREATE DATABASE, `STRATEGY`; 15 and later). How somebody else's server copies is its own business.
fn strategy(node: &PgNode) -> &'static str {
    if node.owned { " STRATEGY file_copy" } else { "" }
}

/// Closes a built database to connections, so that it can be copied at any time.
pub async fn freeze_database(node: &PgNode, database: &str) -> Result<(), BackendError> {
    let client = node.admin().await?;
    let freeze = format!("ALTER DATABASE {} ALLOW_CONNECTIONS false", quote_identifier(database));
    client.run("freezing a built system", &freeze).await
}

/// Whether a database is there and closed to connections.
pub async fn is_frozen(node: &PgNode, database: &str) -> Result<bool, BackendError> {
    let client = node.admin().await?;
    let select = format!("SELECT NOT datallowconn FROM pg_database WHERE datname = {}", quote_literal(database));
    Ok(client.scalar("looking for a built system", &select).await? == "t")
}

/// Copies a frozen database (manual, 22.3: template databases).
pub async fn copy_database(node: &PgNode, template: &str, database: &str) -> Result<(), BackendError> {
    let client = node.admin().await?;
    let copy = format!(
        "CREATE DATABASE {} TEMPLATE {} OWNER {}{}",
        quote_identifier(database),
        quote_identifier(template),
        quote_identifier(node.app_role()),
        strategy(node)
    );
    client.run("copying a built system", &copy).await
}

/// Drops a database that polyspec made, whoever is still connected to it.
pub async fn drop_database(node: &PgNode, database: &str) -> Result<(), BackendError> {
    let client = node.admin().await?;
    let drop = format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", quote_identifier(database));
    client.run("dropping a copy", &drop).await
}

/// Databases whose names begin with `prefix`.
pub async fn orphaned_databases(node: &PgNode, prefix: &str) -> Result<Vec<String>, BackendError> {
    let client = node.admin().await?;
    let select = format!("SELECT datname FROM pg_database WHERE starts_with(datname, {})", quote_literal(prefix));
    client.column("listing databases", &select).await
}
