//! The users as which scenarios and builds speak to polyspec's own replica set: each may do to one database what it likes, to
//! its neighbours' nothing, and nothing to the servers that outlasts or disturbs. What else is tried the server refuses
//! (Unauthorized, 13). The administrator is `root`, and is used by polyspec alone.

use std::collections::BTreeSet;
use std::fmt;

use bson::{Bson, Document, doc};
use mongodb::Client;
use mongodb::options::{AuthMechanism, Credential};
use rand::Rng;
use rand::distr::Alphanumeric;

use super::limit::{ASK_LIMIT, own};
use super::{MongoClients, Target};
use crate::backend::BackendError;

/// What every scenario may ask of the servers.
const SCENARIO: &str = "polyspec_scenario";

/// Commands that need a right on the servers (manual, "Privilege Actions"), and a stage that does.
const BY_COMMAND: [(&str, &str); 12] = [
    ("$changeStream", "changeStream"),
    ("fsync", "fsync"),
    ("fsyncUnlock", "unlock"),
    ("killAllSessions", "killAnySession"),
    ("killAllSessionsByPattern", "killAnySession"),
    ("profile", "enableProfiler"),
    ("replSetFreeze", "replSetStateChange"),
    ("replSetMaintenance", "replSetStateChange"),
    ("replSetStepDown", "replSetStateChange"),
    ("replSetStepUp", "replSetStateChange"),
    ("setDefaultRWConcern", "setDefaultRWConcern"),
    ("setParameter", "setParameter"),
];

/// What a user may do in its database (manual, "Built-In Roles"). None of them reaches into another one.
const IN_DATABASE: [&str; 3] = ["readWrite", "dbAdmin", "userAdmin"];

/// What a user may do in another database that it makes.
const ELSEWHERE: [&str; 2] = ["readWrite", "dbAdmin"];

/// Databases of the server itself.
const SYSTEM: [&str; 3] = ["admin", "config", "local"];

/// What the names of polyspec's own databases begin with.
const OWN: &str = "polyspec";

/// Codes of errors, which have no names: a role, a user is there already.
const ROLE_EXISTS: i32 = 51002;
const USER_EXISTS: i32 = 51003;

/// How many milliseconds a member may take to have what the others have; one that is down is not waited for any longer.
const EVERYWHERE_MS: i32 = 3000;

/// What polyspec does here.
const ADMITTING: &str = "giving a scenario its rights";

/// A user of scenarios.
#[derive(Clone, PartialEq, Eq)]
pub struct MongoUser {
    /// Its name; it is known in `admin`.
    pub name: String,
    /// Its password: letters and digits that nobody can guess.
    pub password: String,
}

impl MongoUser {
    /// A user with a password of its own; not made on any server yet.
    pub(super) fn new(name: String) -> Self {
        let password = rand::rng().sample_iter(Alphanumeric).take(32).map(char::from).collect();
        Self { name, password }
    }

    pub(super) fn credential(&self) -> Credential {
        Credential::builder()
            .username(self.name.clone())
            .password(self.password.clone())
            .source("admin".to_string())
            .mechanism(AuthMechanism::ScramSha256)
            .build()
    }
}

impl fmt::Debug for MongoUser {
    /// Without the password: it must not get into a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MongoUser({})", self.name)
    }
}

/// What a user has at this moment.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Rights {
    made: bool,
    database: String,
    /// Other databases, that it makes.
    others: BTreeSet<String>,
}

/// Lets the clients' user into `database` and out of every other one, with what these `commands` need beside. The user is made when it is first let in anywhere. On someone else's servers
/// there is no such user.
///
/// # Errors
/// The set is not reached or refuses.
pub async fn admit(clients: &MongoClients, database: &str, commands: &BTreeSet<String>) -> Result<(), BackendError> {
    let Some(user) = &clients.user else { return Ok(()) };
    let mut rights = clients.rights.lock().await;
    let admin = clients.admin();
    let client = admin.client(&Target::Primary).await?;
    let admitted = async {
        admin.roles.get_or_try_init(|| make_roles(client)).await?;
        set(client, user, rights.made, roles(database, commands)).await
    };
    own(admin, ASK_LIMIT, ADMITTING, admitted).await?;
    *rights = Rights { made: true, database: database.into(), others: BTreeSet::new() };
    Ok(())
}

/// Lets the clients' user into databases that a command in `database` names beside its own, if they are not there yet: what
/// it makes itself it may change.
pub(super) async fn admit_elsewhere(
    clients: &MongoClients,
    database: &str,
    command: &Document,
) -> Result<(), BackendError> {
    let Some(user) = &clients.user else { return Ok(()) };
    let named = databases_of(database, command);
    let mut rights = clients.rights.lock().await;
    let new: Vec<&String> = named.iter().filter(|name| !rights.has(name)).collect();
    if new.is_empty() {
        return Ok(());
    }
    let client = clients.admin().client(&Target::Primary).await?;
    let granted = async {
        let there = client.list_database_names().filter(doc! { "name": { "$in": &new } }).await?;
        let new: Vec<String> = new.into_iter().filter(|name| !there.contains(name)).cloned().collect();
        if !new.is_empty() {
            let roles: Vec<Bson> = new.iter().flat_map(|name| in_database(&ELSEWHERE, name)).collect();
            change(client, user, doc! { "$push": { "roles": { "$each": roles } } }).await?;
            everywhere(clients, client, database).await?;
        }
        Ok(new)
    };
    let granted = own(clients.admin(), ASK_LIMIT, ADMITTING, granted).await?;
    rights.others.extend(granted);
    Ok(())
}

impl Rights {
    fn has(&self, database: &str) -> bool {
        database == self.database || self.others.contains(database) || !may_be_given(database)
    }
}

fn may_be_given(database: &str) -> bool {
    !database.is_empty() && !SYSTEM.contains(&database) && !database.starts_with(OWN)
}

/// Waits until every member has what was written, so that each lets the user in; where one is down, until a majority has.
pub(super) async fn everywhere(clients: &MongoClients, client: &Client, database: &str) -> mongodb::error::Result<()> {
    let admin = client.database("admin");
    let note = |concern: Document| {
        admin.run_command(doc! { "appendOplogNote": 1, "data": { "polyspec": database }, "writeConcern": concern })
    };
    let members = i32::try_from(clients.set.members.len()).unwrap_or(1);
    if clients.set.owned
        && let Ok(reply) = note(doc! { "w": members, "wtimeout": EVERYWHERE_MS }).await
        && !reply.contains_key("writeConcernError")
    {
        return Ok(());
    }
    note(doc! { "w": "majority" }).await.map(drop)
}

/// The same for a copy that begins empty.
///
/// # Errors
/// The set is not reached or refuses.
pub async fn replicated(clients: &MongoClients, database: &str) -> Result<(), BackendError> {
    if clients.user.is_none() {
        return Ok(());
    }
    let client = clients.admin().client(&Target::Primary).await?;
    own(clients.admin(), ASK_LIMIT, ADMITTING, everywhere(clients, client, database)).await
}

/// Drops the clients' user.
///
/// # Errors
/// The set is not reached or refuses.
pub async fn drop_user(clients: &MongoClients) -> Result<(), BackendError> {
    match &clients.user {
        Some(user) => drop_users(clients, &user.name).await,
        None => Ok(()),
    }
}

/// Drops the users whose names begin with `prefix`.
///
/// # Errors
/// The set is not reached or refuses.
pub async fn drop_users(clients: &MongoClients, prefix: &str) -> Result<(), BackendError> {
    let admin = clients.admin();
    if !admin.set.owned {
        return Ok(());
    }
    let database = admin.client(&Target::Primary).await?.database("admin");
    let old = doc! { "q": { "_id": { "$regex": format!("^admin\\.{prefix}") } }, "limit": 0 };
    let dropped = async { database.run_command(doc! { "delete": "system.users", "deletes": [old] }).await.map(drop) };
    own(admin, ASK_LIMIT, "dropping users", dropped).await
}

/// Gives a user these roles and no others; makes it, if need be.
async fn set(client: &Client, user: &MongoUser, made: bool, roles: Vec<Bson>) -> mongodb::error::Result<()> {
    let given = doc! { "$set": { "roles": &roles } };
    if made && change(client, user, given.clone()).await? {
        return Ok(());
    }
    let create = doc! {
        "createUser": &user.name,
        "pwd": &user.password,
        "mechanisms": ["SCRAM-SHA-256"],
        "roles": roles,
    };
    match client.database("admin").run_command(create).await {
        Err(error) if code(&error) == Some(USER_EXISTS) => change(client, user, given).await.map(drop),
        done => done.map(drop),
    }
}

/// Changes the document of a user, and says whether there is one. The commands for that wait for a majority and its journals
/// every time, whatever is asked of them (up to 100 ms); of a plain write every session of the user hears as well.
async fn change(client: &Client, user: &MongoUser, change: Document) -> mongodb::error::Result<bool> {
    let update = doc! { "q": { "_id": format!("admin.{}", user.name) }, "u": change };
    let command = doc! { "update": "system.users", "updates": [update], "writeConcern": { "w": 1 } };
    let reply = client.database("admin").run_command(command).await?;
    Ok(reply.get_i32("n").unwrap_or_default() > 0)
}

fn code(error: &mongodb::error::Error) -> Option<i32> {
    match &*error.kind {
        mongodb::error::ErrorKind::Command(refused) => Some(refused.code),
        _ => None,
    }
}

fn roles(database: &str, commands: &BTreeSet<String>) -> Vec<Bson> {
    let needed = BY_COMMAND.iter().filter(|(command, _)| commands.contains(*command));
    let needed: BTreeSet<String> = needed.map(|(_, action)| role_for(action)).collect();
    let of_servers = [SCENARIO.to_string()].into_iter().chain(needed);
    let of_servers = of_servers.map(|role| doc! { "role": role, "db": "admin" }.into());
    in_database(&IN_DATABASE, database).chain(of_servers).collect()
}

fn in_database(roles: &'static [&str], database: &str) -> impl Iterator<Item = Bson> {
    let database = database.to_string();
    roles.iter().map(move |role| doc! { "role": *role, "db": &database }.into())
}

/// Makes the roles of scenarios. On a cluster that stays, they are as this version of polyspec has them.
async fn make_roles(client: &Client) -> mongodb::error::Result<()> {
    let admin = client.database("admin");
    let of_commands = of_commands().into_iter().map(|(name, privileges)| (name, privileges, vec![]));
    for (name, privileges, inherited) in [(SCENARIO.to_string(), of_all(), inherited())].into_iter().chain(of_commands)
    {
        let command = |verb: &str| {
            doc! { verb: &name, "privileges": privileges.clone(), "roles": inherited.clone() }
        };
        match admin.run_command(command("createRole")).await {
            Err(error) if code(&error) == Some(ROLE_EXISTS) => admin.run_command(command("updateRole")).await?,
            done => done?,
        };
    }
    Ok(())
}

/// To look at the servers' state.
fn of_all() -> Vec<Document> {
    let looks = [
        "connPoolStats",
        "getDefaultRWConcern",
        "getParameter",
        "hostInfo",
        "inprog",
        "replSetGetConfig",
        "replSetGetStatus",
        "serverStatus",
        "top",
    ];
    let find = |collection: &str| doc! { "resource": { "db": "admin", "collection": collection }, "actions": ["find"] };
    vec![
        doc! { "resource": { "cluster": true }, "actions": looks.to_vec() },
        find("system.version"),
        find("system.profile"),
    ]
}

/// To read the oplog and what the server notes of sessions and transactions.
fn inherited() -> Vec<Document> {
    vec![doc! { "role": "read", "db": "local" }, doc! { "role": "read", "db": "config" }]
}

/// What a command needs beside that, given to those that name it, which have the servers to themselves. All of it is undone
/// afterwards, or ends by itself; a change of the set's members, a shutdown, users in `admin`, operations of others are not
/// there.
fn of_commands() -> Vec<(String, Vec<Document>)> {
    let mut actions: Vec<&str> = BY_COMMAND.iter().map(|(_, action)| *action).collect();
    actions.sort_unstable();
    actions.dedup();
    let resource = |action: &str| match action {
        "enableProfiler" => doc! { "db": "admin", "collection": "" },
        // A change stream of the whole cluster (manual, "Change Streams", access control).
        "changeStream" => doc! { "db": "", "collection": "" },
        _ => doc! { "cluster": true },
    };
    let actions_of = |action: &str| match action {
        "changeStream" => vec!["changeStream".to_string(), "find".into()],
        _ => vec![action.to_string()],
    };
    let role =
        |action: &str| (role_for(action), vec![doc! { "resource": resource(action), "actions": actions_of(action) }]);
    actions.into_iter().map(role).collect()
}

fn role_for(action: &str) -> String {
    format!("{SCENARIO}_{action}")
}

/// The databases that a command speaks to: the one that it is sent to, and those that it names in itself.
fn databases_of(database: &str, command: &Document) -> BTreeSet<String> {
    let mut found: BTreeSet<String> = [database.to_string()].into();
    match command.iter().next().map(|(name, value)| (name.as_str(), value)) {
        Some(("renameCollection", from)) => {
            let names = [Some(from), command.get("to")].into_iter().flatten().filter_map(Bson::as_str);
            found.extend(names.filter_map(|name| Some(name.split_once('.')?.0.to_string())));
        }
        Some(("mapReduce" | "mapreduce", _)) => found.extend(command.get("out").and_then(database_in)),
        Some(("aggregate", _)) => {
            for stage in command.get_array("pipeline").into_iter().flatten().filter_map(Bson::as_document) {
                found.extend(stage.get("$out").and_then(database_in));
                let into = stage.get_document("$merge").ok().and_then(|merge| merge.get("into"));
                found.extend(into.and_then(database_in));
            }
        }
        _ => {}
    }
    found
}

fn database_in(value: &Bson) -> Option<String> {
    value.as_document()?.get_str("db").ok().map(str::to_string)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn databases_are_found_wherever_a_command_names_one() {
        let found = |command: Document| databases_of("own", &command).into_iter().collect::<Vec<_>>();
        assert_eq!(found(doc! { "insert": "t", "documents": [{ "db": "x" }] }), ["own"]);
        assert_eq!(
            found(doc! { "aggregate": "t", "pipeline": [{ "$match": {} }, { "$out": { "db": "x", "coll": "c" } }] }),
            ["own", "x"]
        );
        let merge = doc! { "aggregate": "t", "pipeline": [{ "$merge": { "into": { "db": "x", "coll": "c" } } }] };
        assert_eq!(found(merge), ["own", "x"]);
        assert_eq!(found(doc! { "aggregate": "t", "pipeline": [{ "$merge": "c" }, { "$out": "c" }] }), ["own"]);
        assert_eq!(found(doc! { "mapReduce": "t", "out": { "replace": "c", "db": "x" } }), ["own", "x"]);
        assert_eq!(found(doc! { "renameCollection": "x.a", "to": "y.b.c" }), ["own", "x", "y"]);
    }

    #[test]
    fn nobody_is_let_into_a_neighbours_database_or_into_the_servers_own() {
        let rights = Rights { made: true, database: "polyspec_1_1".into(), others: ["warehouse".to_string()].into() };
        for given in ["polyspec_1_1", "warehouse", "polyspec_1_2", "polyspec_t_x", "admin", "config", "local", ""] {
            assert!(rights.has(given), "{given}: nothing is to be given");
        }
        assert!(!rights.has("elsewhere"));
    }

    #[test]
    fn who_names_a_command_has_what_it_needs_and_no_more() {
        let given = |commands: &[&str]| {
            let commands = commands.iter().map(|name| name.to_string()).collect();
            let roles = roles("own", &commands);
            let named = |role: &Bson| role.as_document()?.get_str("role").ok().map(str::to_string);
            roles.iter().filter_map(named).filter(|role| role.starts_with(OWN)).collect::<Vec<_>>()
        };
        assert_eq!(given(&["insert", "shutdown", "killOp"]), ["polyspec_scenario"]);
        let locks = ["polyspec_scenario", "polyspec_scenario_fsync", "polyspec_scenario_unlock"];
        assert_eq!(given(&["fsync", "fsyncUnlock"]), locks);
        let made: BTreeSet<String> = of_commands().into_iter().map(|(name, _)| name).collect();
        assert!(BY_COMMAND.iter().all(|(_, action)| made.contains(&role_for(action))));
    }

    #[test]
    fn a_user_has_a_password_of_its_own_that_is_never_printed() {
        let (one, two) = (MongoUser::new("polyspec_1_w1".into()), MongoUser::new("polyspec_1_w1".into()));
        assert_ne!(one.password, two.password);
        assert!(!format!("{one:?}").contains(&one.password));
    }
}
