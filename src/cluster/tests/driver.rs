//! [`MongoBootstrap`] with the real driver, as `backend` will have it.

use std::time::Duration;

use bson::doc;
use futures::future::BoxFuture;
use mongodb::Client;
use mongodb::options::ClientOptions;

use super::super::{Credentials, ELECTION_TIMEOUT_MS, HEARTBEAT_INTERVAL_MS, MemberAddress, MongoBootstrap};

const LOOK_EVERY: Duration = Duration::from_millis(10);

pub struct Driver;

impl MongoBootstrap for Driver {
    fn initiate<'a>(
        &'a self,
        first: &'a MemberAddress,
        all: &'a [MemberAddress],
        replica_set: &'a str,
        admin: &'a Credentials,
        key: &'a str,
    ) -> BoxFuture<'a, Result<(), String>> {
        Box::pin(
            async move { initiate(first, all, replica_set, (admin, key)).await.map_err(|error| error.to_string()) },
        )
    }

    fn ping<'a>(&'a self, member: &'a MemberAddress) -> BoxFuture<'a, Result<(), String>> {
        Box::pin(async move {
            let client = direct(member, None).await.map_err(|error| error.to_string())?;
            let answer = client.database("admin").run_command(doc! { "ping": 1 }).await;
            client.shutdown().immediate(true).await;
            answer.map(drop).map_err(|error| error.to_string())
        })
    }
}

async fn initiate(
    first: &MemberAddress,
    all: &[MemberAddress],
    replica_set: &str,
    (admin, key): (&Credentials, &str),
) -> mongodb::error::Result<()> {
    let client = system(first, key).await?;
    let members: Vec<_> = (0i32..)
        .zip(all)
        .map(|(id, member)| {
            let priority = if member == first { 2 } else { 1 };
            doc! { "_id": id, "host": format!("{}:{}", member.host, member.port), "priority": priority }
        })
        .collect();
    let settings = doc! {
        "electionTimeoutMillis": ELECTION_TIMEOUT_MS as i64, "heartbeatIntervalMillis": HEARTBEAT_INTERVAL_MS as i64,
    };
    let config = doc! { "_id": replica_set, "members": members, "settings": settings };
    client.database("admin").run_command(doc! { "replSetInitiate": config }).await?;
    while !is_primary(&client).await? {
        tokio::time::sleep(LOOK_EVERY).await;
    }
    let create = doc! { "createUser": &admin.user, "pwd": &admin.password, "roles": ["root"] };
    client.database("admin").run_command(create).await?;
    client.shutdown().immediate(true).await;
    let client = direct(first, Some(admin)).await?;
    while !is_settled(&client, all.len()).await? {
        tokio::time::sleep(LOOK_EVERY).await;
    }
    client.shutdown().immediate(true).await;
    Ok(())
}

async fn is_primary(client: &Client) -> mongodb::error::Result<bool> {
    let hello = client.database("admin").run_command(doc! { "hello": 1 }).await?;
    Ok(hello.get_bool("isWritablePrimary").unwrap_or(false))
}

/// Whether all members are primary (1) or secondary (2).
async fn is_settled(client: &Client, members: usize) -> mongodb::error::Result<bool> {
    let status = client.database("admin").run_command(doc! { "replSetGetStatus": 1 }).await?;
    let states = status.get_array("members").into_iter().flatten().filter_map(|member| member.as_document());
    let settled = |member: &&bson::Document| member.get_i32("state").is_ok_and(|state| state == 1 || state == 2);
    Ok(states.filter(settled).count() == members)
}

/// A client of this member alone, as the user that members are to one another.
async fn system(member: &MemberAddress, key: &str) -> mongodb::error::Result<Client> {
    let url = format!(
        "mongodb://__system:{key}@{}:{}/?directConnection=true&authSource=local&authMechanism=SCRAM-SHA-256",
        member.host, member.port
    );
    Client::with_options(ClientOptions::parse(url).await?)
}

/// A client of this member alone.
pub async fn direct(member: &MemberAddress, admin: Option<&Credentials>) -> mongodb::error::Result<Client> {
    let url = match admin {
        Some(admin) => super::super::describe::member_url(admin, member.port),
        None => format!("mongodb://{}:{}/?directConnection=true", member.host, member.port),
    };
    let mut options = ClientOptions::parse(url).await?;
    options.server_selection_timeout = Some(Duration::from_secs(2));
    options.connect_timeout = Some(Duration::from_secs(1));
    Client::with_options(options)
}
