//! Reads which collections a database has, with their options and indexes.

use bson::doc;
use futures::TryStreamExt;

use super::limit::{COPY_LIMIT, own};
use super::{MongoClients, Target};
use crate::backend::BackendError;
use crate::catalog::Collection;

/// The collections of `database`, by name; views and the server's own are left out.
///
/// # Errors
/// The set is not reached or refuses.
pub async fn catalog(clients: &MongoClients, database: &str) -> Result<Vec<Collection>, BackendError> {
    let clients = clients.admin();
    let database = clients.client(&Target::Primary).await?.database(database);
    let read = async {
        let list = |command| {
            let database = &database;
            async move { database.run_cursor_command(command).await?.try_collect::<Vec<_>>().await }
        };
        let mut collections = vec![];
        for entry in list(doc! { "listCollections": 1 }).await? {
            let name = entry.get_str("name").unwrap_or_default().to_string();
            if name.starts_with("system.") || !entry.get_str("type").is_ok_and(|kind| kind == "collection") {
                continue;
            }
            let mut indexes = list(doc! { "listIndexes": &name }).await?;
            indexes.retain(|index| index.get_str("name").is_ok_and(|name| name != "_id_"));
            let options = entry.get_document("options").cloned().unwrap_or_default();
            collections.push(Collection { name, options, indexes });
        }
        collections.sort_by(|a, b| a.name.cmp(&b.name));
        Ok::<_, mongodb::error::Error>(collections)
    };
    own(clients, COPY_LIMIT, "reading the catalog", read).await
}
