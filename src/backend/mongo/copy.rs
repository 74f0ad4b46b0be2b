//! Copies of databases. MongoDB has no template databases: collections are made again with their options and indexes, and
//! `$out` or `$merge` copies their documents on the server.

use bson::{Document, doc};
use futures::TryStreamExt;
use futures::future::try_join_all;
use mongodb::{Client, Database};

use super::limit::{ASK_LIMIT, COPY_LIMIT, DROP_LIMIT, own, within};
use super::user::everywhere;
use super::{MongoClients, Target};
use crate::backend::BackendError;

/// Options that a collection made by `$out` can be given afterwards with collMod.
const LATER_OPTIONS: [&str; 3] = ["validator", "validationLevel", "validationAction"];

/// Copies every collection and view of `template` into `database`, and waits until the members have them.
pub async fn copy_database(clients: &MongoClients, template: &str, database: &str) -> Result<(), BackendError> {
    let clients = clients.admin();
    let primary = Target::Primary;
    let client = within(clients, &primary, ASK_LIMIT, clients.client(&primary)).await?;
    let copied = async {
        let found = list(&client.database(template), doc! { "listCollections": 1 }).await?;
        let (views, collections): (Vec<_>, Vec<_>) =
            found.into_iter().partition(|entry| entry.get_str("type").is_ok_and(|kind| kind == "view"));
        try_join_all(collections.iter().map(|entry| copy_collection(client, template, database, entry))).await?;
        for view in &views {
            create(&client.database(database), view).await?;
        }
        everywhere(clients, client, database).await
    };
    own(clients, COPY_LIMIT, "copying a built system", copied).await
}

async fn copy_collection(
    client: &Client,
    template: &str,
    database: &str,
    entry: &Document,
) -> mongodb::error::Result<()> {
    let name = entry.get_str("name").unwrap_or_default();
    if name.starts_with("system.") {
        return Ok(());
    }
    let (from, to) = (client.database(template), client.database(database));
    let options = entry.get_document("options").cloned().unwrap_or_default();
    let filled = !list(&from, doc! { "find": name, "limit": 1 }).await?.is_empty();
    let later = options.keys().all(|key| LATER_OPTIONS.contains(&key.as_str()));
    if filled && later {
        let out = doc! { "$out": { "db": database, "coll": name } };
        list(&from, doc! { "aggregate": name, "pipeline": [out], "cursor": {}, "writeConcern": { "w": 1 } }).await?;
        if !options.is_empty() {
            let mut modify = doc! { "collMod": name };
            modify.extend(options);
            to.run_command(modify).await?;
        }
    } else {
        create(&to, entry).await?;
    }
    if filled && !later {
        let merge = doc! { "$merge": { "into": { "db": database, "coll": name } } };
        let copy = doc! { "aggregate": name, "pipeline": [merge], "cursor": {}, "bypassDocumentValidation": true };
        list(&from, copy).await?;
    }
    copy_indexes(&from, &to, name).await
}

async fn copy_indexes(from: &Database, to: &Database, name: &str) -> mongodb::error::Result<()> {
    let mut indexes = list(from, doc! { "listIndexes": name }).await?;
    indexes.retain(|index| index.get_str("name").is_ok_and(|name| name != "_id_"));
    if indexes.is_empty() {
        return Ok(());
    }
    let create = doc! { "createIndexes": name, "indexes": indexes, "writeConcern": { "w": 1 } };
    to.run_command(create).await.map(drop)
}

async fn create(to: &Database, entry: &Document) -> mongodb::error::Result<()> {
    let mut create = doc! { "create": entry.get_str("name").unwrap_or_default() };
    create.extend(entry.get_document("options").cloned().unwrap_or_default());
    create.insert("writeConcern", doc! { "w": 1 });
    to.run_command(create).await.map(drop)
}

async fn list(database: &Database, command: Document) -> mongodb::error::Result<Vec<Document>> {
    database.run_cursor_command(command).await?.try_collect().await
}

/// Drops a database that polyspec made.
pub async fn drop_database(clients: &MongoClients, database: &str) -> Result<(), BackendError> {
    let clients = clients.admin();
    let database = clients.client(&Target::Primary).await?.database(database);
    let drop = async { database.run_command(doc! { "dropDatabase": 1, "writeConcern": { "w": 1 } }).await.map(drop) };
    own(clients, DROP_LIMIT, "dropping a copy", drop).await
}

/// Databases whose names begin with `prefix`.
pub async fn databases(clients: &MongoClients, prefix: &str) -> Result<Vec<String>, BackendError> {
    let clients = clients.admin();
    let client = clients.client(&Target::Primary).await?;
    let names = async { client.list_database_names().await };
    let mut names = own(clients, ASK_LIMIT, "listing databases", names).await?;
    names.retain(|name| name.starts_with(prefix));
    Ok(names)
}

/// Makes a database with one collection, whose being there is a mark.
pub async fn mark(clients: &MongoClients, database: &str) -> Result<(), BackendError> {
    let clients = clients.admin();
    let database = clients.client(&Target::Primary).await?.database(database);
    let mark = async { database.run_command(doc! { "create": "ready" }).await.map(drop) };
    own(clients, ASK_LIMIT, "marking a built system", mark).await
}
