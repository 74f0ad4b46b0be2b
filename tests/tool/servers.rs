//! Looks at the shared servers directly, by a driver, past the program under test.

use std::collections::BTreeSet;
use std::time::Duration;

use bson::doc;
use futures::TryStreamExt;
use tokio_postgres::NoTls;

use crate::children::eventually;
use crate::world::world;

/// How long something that a server does on its own may take.
const SOON: Duration = Duration::from_secs(20);

/// Runs a future to its end.
pub fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime").block_on(future)
}

/// The URL of a node's superuser.
pub fn url(node: &str) -> String {
    let nodes = &world().cluster().nodes;
    nodes.iter().find(|found| found.name == node).map(|found| found.admin_url.clone()).expect("a node")
}

/// The URL of the replica set.
pub fn mongo_url() -> String {
    world().cluster().replica_set_url.clone().expect("a replica set")
}

/// The first column of what SQL returns, as text.
pub fn sql(url: &str, text: &str) -> Vec<String> {
    block_on(async {
        let (client, connection) = tokio_postgres::connect(url, NoTls).await.expect("a connection");
        tokio::spawn(connection);
        let messages = client.simple_query(text).await.unwrap_or_else(|error| panic!("{text}: {error:?}"));
        let cells = messages.iter().filter_map(|message| match message {
            tokio_postgres::SimpleQueryMessage::Row(row) => Some(row.get(0).unwrap_or("NULL").to_string()),
            _ => None,
        });
        cells.collect()
    })
}

/// The first column of what SQL returns on a node of the shared cluster.
pub fn sql_on(node: &str, text: &str) -> Vec<String> {
    sql(&url(node), text)
}

/// A client of the replica set.
pub async fn mongo() -> mongodb::Client {
    mongodb::Client::with_uri_str(mongo_url()).await.expect("a client")
}

/// Every database of polyspec's on the shared cluster that is no template, as `node: name`.
pub fn copies() -> BTreeSet<String> {
    let is_copy = |name: &String| name.starts_with("polyspec_") && !name.starts_with("polyspec_t_");
    let mut found = BTreeSet::new();
    for node in ["pg.a", "pg.b"] {
        let names = sql_on(node, "SELECT datname FROM pg_database");
        found.extend(names.into_iter().filter(is_copy).map(|name| format!("{node}: {name}")));
    }
    let names = block_on(async { mongo().await.list_database_names().await.expect("names of databases") });
    found.extend(names.into_iter().filter(is_copy).map(|name| format!("mongo: {name}")));
    found
}

/// The ids of all users and roles of the replica set, but the roles of polyspec's own.
pub fn accounts() -> Vec<String> {
    block_on(async {
        let admin = mongo().await.database("admin");
        let mut found = vec![];
        for collection in ["system.users", "system.roles"] {
            let cursor = admin.collection::<bson::Document>(collection).find(doc! {}).await.expect("accounts");
            let accounts: Vec<bson::Document> = cursor.try_collect().await.expect("accounts");
            found.extend(accounts.iter().filter_map(|account| account.get_str("_id").ok()).map(str::to_string));
        }
        found.retain(|id| !id.starts_with("admin.polyspec_scenario"));
        found.sort();
        found
    })
}

/// Waits until a scenario has set `cursorTimeoutMillis` to 4711, drops a database, and sets it to 4712.
pub async fn answer_4711_by_dropping(database: &str) {
    let client = mongo().await;
    let admin = client.database("admin");
    loop {
        let found = admin.run_command(doc! { "getParameter": 1, "cursorTimeoutMillis": 1 }).await.expect("a parameter");
        if number(&found, "cursorTimeoutMillis") == 4711 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    client.database(database).drop().await.expect("dropped");
    admin.run_command(doc! { "setParameter": 1, "cursorTimeoutMillis": 4712 }).await.expect("set");
}

fn number(document: &bson::Document, key: &str) -> i64 {
    document.get_i64(key).or_else(|_| document.get_i32(key).map(i64::from)).unwrap_or_default()
}

/// Asserts that no copy remains.
#[track_caller]
pub fn assert_no_copies() {
    let left = copies();
    assert!(left.is_empty(), "these were left on the servers: {left:?}");
}

/// Whether a scenario's `pg_sleep(300)` runs on a node.
pub fn is_asleep(node: &str) -> bool {
    let query = "SELECT 1 FROM pg_stat_activity WHERE query LIKE '%pg_sleep(300)%' AND pid <> pg_backend_pid()";
    !sql_on(node, query).is_empty()
}

/// Asserts that soon no statement of a copy runs any more.
#[track_caller]
pub fn assert_nothing_runs() {
    let query = "SELECT query FROM pg_stat_activity WHERE datname LIKE 'polyspec\\_%' AND state <> 'idle'";
    let idle = || ["pg.a", "pg.b"].iter().all(|node| sql_on(node, query).is_empty());
    assert!(eventually(SOON, idle), "still running: {:?}", sql_on("pg.a", query));
}

/// How many operations on copies the members of the replica set have at work.
pub fn operations_on_copies() -> usize {
    let pipeline = [
        doc! { "$currentOp": { "allUsers": true, "localOps": true } },
        doc! { "$match": { "active": true, "ns": { "$regex": "^polyspec_" } } },
    ];
    let members = world().cluster().nodes.iter().filter(|node| node.name.starts_with("mongo."));
    let on = |url: &str| {
        block_on(async {
            let member = mongodb::Client::with_uri_str(url).await.expect("a client");
            let found = member.database("admin").aggregate(pipeline.clone()).await.expect("operations");
            found.try_collect::<Vec<_>>().await.expect("operations").len()
        })
    };
    members.map(|node| on(&node.admin_url)).sum()
}

/// The document of a collection, by a client of its own.
pub fn documents(database: &str, collection: &str) -> Vec<bson::Document> {
    block_on(async {
        let collection = mongo().await.database(database).collection::<bson::Document>(collection);
        collection.find(doc! {}).await.expect("found").try_collect().await.expect("documents")
    })
}

/// Makes a database that is no scenario's, so that it outlives what scenarios do to it.
pub fn make_database(database: &str) {
    block_on(async {
        let made = mongo().await.database(database).create_collection("made").await;
        made.expect("a collection");
    })
}

/// Drops every copy, for tests that leave some on purpose.
#[track_caller]
pub fn drop_copies() {
    for copy in copies() {
        let (node, database) = copy.split_once(": ").expect("a node and a name");
        match node {
            "mongo" => block_on(async { mongo().await.database(database).drop().await }).expect("gone"),
            node => drop(sql_on(node, &format!("DROP DATABASE {database} WITH (FORCE)"))),
        }
    }
    assert_no_copies();
}

/// Whether a scenario's search of `kept` runs.
pub fn looks_for_kept() -> bool {
    block_on(async {
        let admin = mongo().await.database("admin");
        let pipeline = [
            doc! { "$currentOp": { "allUsers": true } },
            doc! { "$match": { "command.find": "kept", "active": true } },
        ];
        let found = admin.aggregate(pipeline).await.expect("operations");
        !found.try_collect::<Vec<_>>().await.expect("operations").is_empty()
    })
}
