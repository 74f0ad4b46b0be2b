//! The first words to fresh members: a replica set is initiated, a primary awaited, the first user made. All of it as the
//! user `__system`, whose password is the members' key: no one without the key is let in at any moment.

use std::time::Duration;

use bson::{Document, doc};
use futures::future::join_all;
use mongodb::Client;
use mongodb::options::{AuthMechanism, ClientOptions, Credential, ServerAddress};

/// How often members are asked while they elect.
const INTERVAL: Duration = Duration::from_millis(20);

/// How long one attempt to reach a member may take.
const REACH: Duration = Duration::from_secs(5);

/// A member's address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// The host.
    pub host: String,
    /// The port.
    pub port: u16,
}

/// What a fresh replica set is to be.
pub struct NewSet<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its members.
    pub members: &'a [Address],
    /// `electionTimeoutMillis`.
    pub election_timeout_ms: u64,
    /// `heartbeatIntervalMillis`.
    pub heartbeat_interval_ms: u64,
    /// The user to be made, with the role `root`.
    pub user: &'a str,
    /// Its password.
    pub password: &'a str,
    /// The key by which the members know one another.
    pub key: &'a str,
}

/// Initiates the set through its first member, makes the user, and returns once every other member is a secondary. The
/// members run without the localhost exception (`enableLocalhostAuthBypass`), in which any local client could be the first
/// to make a user.
pub async fn initiate(set: &NewSet<'_>) -> Result<(), String> {
    let members: Vec<Document> = set
        .members
        .iter()
        .enumerate()
        .map(|(id, member)| doc! { "_id": id as i32, "host": format!("{}:{}", member.host, member.port) })
        .collect();
    let settings = doc! {
        "electionTimeoutMillis": set.election_timeout_ms as i64,
        "heartbeatIntervalMillis": set.heartbeat_interval_ms as i64,
    };
    let config = doc! { "_id": set.name, "members": members, "settings": settings };
    let clients =
        set.members.iter().map(|member| direct(member, Some(system(set.key)))).collect::<Result<Vec<_>, _>>()?;
    let user = doc! { "createUser": set.user, "pwd": set.password, "roles": ["root"] };
    let done = initiated(&clients, doc! { "replSetInitiate": config }, user).await;
    join_all(clients.into_iter().map(close)).await;
    done
}

async fn initiated(clients: &[Client], initiate: Document, user: Document) -> Result<(), String> {
    let first = clients.first().ok_or("a replica set has at least one member")?;
    admin(first, initiate).await?;
    admin(primary(clients).await, user).await?;
    for client in clients {
        while !settled(&hello(client).await.unwrap_or_default()) {
            tokio::time::sleep(INTERVAL).await;
        }
    }
    Ok(())
}

/// The driver's tasks must not outlive the runtime that they run on: they panic when it ends under them.
async fn close(client: Client) {
    client.shutdown().immediate(true).await;
}

/// Sends `ping` over a direct connection, without a user.
pub async fn ping(member: &Address) -> Result<(), String> {
    let client = direct(member, None)?;
    let answer = admin(&client, doc! { "ping": 1 }).await;
    close(client).await;
    answer.map(drop)
}

async fn primary(clients: &[Client]) -> &Client {
    loop {
        for client in clients {
            if hello(client).await.is_ok_and(|hello| hello.get_bool("isWritablePrimary").unwrap_or_default()) {
                return client;
            }
        }
        tokio::time::sleep(INTERVAL).await;
    }
}

fn settled(hello: &Document) -> bool {
    ["isWritablePrimary", "secondary"].iter().any(|role| hello.get_bool(role).unwrap_or_default())
}

async fn hello(client: &Client) -> Result<Document, String> {
    admin(client, doc! { "hello": 1 }).await
}

async fn admin(client: &Client, command: Document) -> Result<Document, String> {
    let reply = client.database("admin").run_command(command).await;
    reply.map_err(|error| match super::error::of_command("the member", &error) {
        Ok(refused) => format!("{} {}", refused.name.unwrap_or_default(), refused.message),
        Err(lost) => lost.to_string(),
    })
}

/// As whom members speak to one another: the user that every member with a key file has, whose password is the key (manual,
/// "Internal/Membership Authentication"; src/mongo/db/auth/sasl_command_constants.h).
fn system(key: &str) -> Credential {
    Credential::builder()
        .username("__system".to_string())
        .password(key.to_string())
        .source("local".to_string())
        .mechanism(AuthMechanism::ScramSha256)
        .build()
}

fn direct(member: &Address, credential: Option<Credential>) -> Result<Client, String> {
    let address = ServerAddress::Tcp { host: member.host.clone(), port: Some(member.port) };
    let mut options = ClientOptions::builder()
        .hosts(vec![address])
        .direct_connection(true)
        .connect_timeout(REACH)
        .server_selection_timeout(REACH)
        .heartbeat_freq(Duration::from_millis(500))
        .build();
    options.credential = credential;
    Client::with_options(options).map_err(|error| error.to_string())
}
