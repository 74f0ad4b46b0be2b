//! What all databases of a replica set share: users, roles, parameters, defaults, locks; and how it becomes again what it was.

use std::collections::{BTreeMap, BTreeSet};

use bson::{Bson, Document, doc};
use futures::TryStreamExt;

use super::{MongoClients, Target, error};
use crate::backend::BackendError;

/// What polyspec does here.
const LISTING: &str = "listing what databases share";
const UNDOING: &str = "undoing what a scenario has changed";

/// What polyspec's own databases begin with.
const OWN: &str = "polyspec";

/// What the ids of polyspec's own users and roles begin with: they are known in `admin`.
const OWN_ACCOUNTS: &str = "admin.polyspec";

/// Databases of the server itself.
const SYSTEM: [&str; 3] = ["admin", "config", "local"];

/// How deep a lock by `fsync` may be nested.
const DEEPEST_LOCK: usize = 20;

/// Users and roles by their `_id`, as documents of `admin`.
type Accounts = BTreeMap<String, Document>;

/// What the databases of a replica set share, without what is polyspec's own. Holds verifiers of passwords.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SharedState {
    databases: BTreeSet<String>,
    users: Accounts,
    roles: Accounts,
    /// `defaultReadConcern` and `defaultWriteConcern`.
    concerns: Document,
    /// Each member's own.
    members: Vec<MemberState>,
}

#[derive(Clone, Debug, Default, PartialEq)]
struct MemberState {
    /// Parameters that can be set while it runs.
    parameters: Document,
    /// Level, `slowms` and `sampleRate` of its profiler.
    profiler: Document,
    locked: bool,
}

/// Lists it; only `root` of polyspec's own servers may.
///
/// # Errors
/// A member is not reached or refuses.
pub async fn shared_state(clients: &MongoClients) -> Result<SharedState, BackendError> {
    let clients = clients.admin();
    let mut databases: BTreeSet<String> = super::databases(clients, "").await?.into_iter().collect();
    databases.retain(|name| !name.starts_with(OWN) && !SYSTEM.contains(&name.as_str()));
    let mut concerns = on(clients, &Target::Primary, LISTING, doc! { "getDefaultRWConcern": 1 }).await?;
    concerns = kept(&concerns, &["defaultReadConcern", "defaultWriteConcern"]);
    let mut members = vec![];
    for at in 0..clients.set.members.len() {
        members.push(member(clients, &Target::Member(at)).await?);
    }
    let (users, roles) = (accounts(clients, "system.users").await?, accounts(clients, "system.roles").await?);
    Ok(SharedState { databases, users, roles, concerns, members })
}

async fn member(clients: &MongoClients, target: &Target) -> Result<MemberState, BackendError> {
    let all = doc! { "getParameter": { "showDetails": true, "allParameters": true } };
    let all = on(clients, target, LISTING, all).await?;
    let value = |(name, detail): (&String, &Bson)| {
        let detail = detail.as_document().filter(|detail| detail.get_bool("settableAtRuntime").unwrap_or_default())?;
        Some((name.clone(), detail.get("value")?.clone()))
    };
    let parameters = all.iter().filter_map(value).collect();
    let profiler = on(clients, target, LISTING, doc! { "profile": -1 }).await?;
    let locked = on(clients, target, LISTING, doc! { "currentOp": 1, "$all": false }).await?;
    Ok(MemberState {
        parameters,
        profiler: kept(&profiler, &["was", "slowms", "sampleRate"]),
        locked: locked.get_bool("fsyncLock").unwrap_or_default(),
    })
}

fn kept(document: &Document, keys: &[&str]) -> Document {
    keys.iter().filter_map(|key| Some((key.to_string(), document.get(key)?.clone()))).collect()
}

async fn accounts(clients: &MongoClients, collection: &str) -> Result<Accounts, BackendError> {
    let found = async {
        let database = client(clients).await?.database("admin");
        let cursor = database.run_cursor_command(doc! { "find": collection }).await.map_err(|error| refused(&error))?;
        cursor.try_collect::<Vec<Document>>().await.map_err(|error| refused(&error))
    };
    let id = |document: Document| Some((document.get_str("_id").ok()?.to_string(), document));
    let others = |(id, _): &(String, Document)| !id.starts_with(OWN_ACCOUNTS);
    Ok(found.await?.into_iter().filter_map(id).filter(others).collect())
}

/// What was left, in words; empty when both are the same.
pub fn differences(before: &SharedState, after: &SharedState) -> Vec<String> {
    let mut found = vec![];
    let of = |kind: &str, old: &BTreeSet<&String>, new: &BTreeSet<&String>, found: &mut Vec<String>| {
        found.extend(new.difference(old).map(|name| format!("{kind} {name}")));
        found.extend(old.difference(new).map(|name| format!("{kind} {name} (removed)")));
    };
    of("database", &before.databases.iter().collect(), &after.databases.iter().collect(), &mut found);
    for (kind, old, new) in [("user", &before.users, &after.users), ("role", &before.roles, &after.roles)] {
        of(kind, &old.keys().collect(), &new.keys().collect(), &mut found);
        let changed = |(name, account): &(&String, &Document)| old.get(*name).is_some_and(|old| old != *account);
        found.extend(new.iter().filter(changed).map(|(name, _)| format!("{kind} {name} (changed)")));
    }
    if before.concerns != after.concerns {
        found.push("the default concerns".into());
    }
    for (old, new) in before.members.iter().zip(&after.members) {
        found.extend(new.changed(old).map(|(name, _)| format!("parameter {name}")));
        found.extend((old.profiler != new.profiler).then(|| "the profiler".to_string()));
        found.extend((!old.locked && new.locked).then(|| "a lock by `fsync`".to_string()));
    }
    found.dedup();
    found
}

impl MemberState {
    /// Parameters that differ, with what they were before.
    fn changed<'a>(&'a self, before: &'a Self) -> impl Iterator<Item = (&'a String, &'a Bson)> {
        before.parameters.iter().filter(|(name, value)| self.parameters.get(name) != Some(value))
    }
}

/// Ends locks by `fsync`: nothing can be written before.
///
/// # Errors
/// A member is not reached or refuses.
pub async fn unlock(clients: &MongoClients) -> Result<(), BackendError> {
    let clients = clients.admin();
    for at in 0..clients.set.members.len() {
        let target = Target::Member(at);
        for _ in 0..DEEPEST_LOCK {
            let state = on(clients, &target, LISTING, doc! { "currentOp": 1, "$all": false }).await?;
            if !state.get_bool("fsyncLock").unwrap_or_default() {
                break;
            }
            on(clients, &target, UNDOING, doc! { "fsyncUnlock": 1 }).await?;
        }
    }
    Ok(())
}

/// Undoes what made `before` into `after`, as far as commands can; whether they could, a new list says.
///
/// # Errors
/// The set is not reached or refuses.
pub async fn restore_state(
    clients: &MongoClients,
    before: &SharedState,
    after: &SharedState,
) -> Result<(), BackendError> {
    let clients = clients.admin();
    for (at, (old, new)) in before.members.iter().zip(&after.members).enumerate() {
        let target = Target::Member(at);
        for (name, value) in new.changed(old) {
            on(clients, &target, UNDOING, doc! { "setParameter": 1, name: value.clone() }).await?;
        }
        if old.profiler != new.profiler {
            let mut profile = doc! { "profile": old.profiler.get("was").cloned().unwrap_or(Bson::Int32(0)) };
            profile.extend(kept(&old.profiler, &["slowms", "sampleRate"]));
            on(clients, &target, UNDOING, profile).await?;
        }
    }
    for database in after.databases.difference(&before.databases) {
        super::drop_database(clients, database).await?;
    }
    if before.concerns != after.concerns {
        let mut concerns = doc! { "setDefaultRWConcern": 1 };
        concerns.extend(before.concerns.clone());
        on(clients, &Target::Primary, UNDOING, concerns).await?;
    }
    restore_users(clients, &before.users, &after.users).await?;
    for (database, command) in role_commands(&before.roles, &after.roles) {
        on_database(clients, &Target::Primary, &database, UNDOING, command).await?;
    }
    Ok(())
}

/// Roles have no secrets, and their collection cannot be written to.
fn role_commands(before: &Accounts, after: &Accounts) -> Vec<(String, Document)> {
    let command = |verb: &str, role: &Document, keys: &[&str]| {
        let mut command = doc! { verb: role.get_str("role").unwrap_or_default() };
        command.extend(kept(role, keys));
        (role.get_str("db").unwrap_or_default().to_string(), command)
    };
    let rights = &["privileges", "roles"];
    let new = after.iter().filter(|(id, _)| !before.contains_key(*id)).map(|(_, role)| command("dropRole", role, &[]));
    let old = before.iter().filter_map(|(id, role)| match after.get(id) {
        None => Some(command("createRole", role, rights)),
        Some(changed) if changed != role => Some(command("updateRole", role, rights)),
        Some(_) => None,
    });
    new.chain(old).collect()
}

/// As documents: only so a password that nobody knows can be what it was.
async fn restore_users(clients: &MongoClients, before: &Accounts, after: &Accounts) -> Result<(), BackendError> {
    let collection = "system.users";
    let new = after.keys().filter(|id| !before.contains_key(*id));
    let deletes: Vec<Document> = new.map(|id| doc! { "q": { "_id": id }, "limit": 1 }).collect();
    let old = before.iter().filter(|(id, account)| after.get(*id) != Some(account));
    let updates: Vec<Document> =
        old.map(|(id, account)| doc! { "q": { "_id": id }, "u": account, "upsert": true }).collect();
    if !deletes.is_empty() {
        on(clients, &Target::Primary, UNDOING, doc! { "delete": collection, "deletes": deletes }).await?;
    }
    if !updates.is_empty() {
        on(clients, &Target::Primary, UNDOING, doc! { "update": collection, "updates": updates }).await?;
    }
    Ok(())
}

async fn client(clients: &MongoClients) -> Result<&mongodb::Client, BackendError> {
    clients.client(&Target::Primary).await
}

fn refused(error: &mongodb::error::Error) -> BackendError {
    error::of_own("mongo", LISTING, error)
}

/// Runs a command in `admin`.
async fn on(clients: &MongoClients, target: &Target, doing: &str, command: Document) -> Result<Document, BackendError> {
    on_database(clients, target, "admin", doing, command).await
}

async fn on_database(
    clients: &MongoClients,
    target: &Target,
    database: &str,
    doing: &str,
    command: Document,
) -> Result<Document, BackendError> {
    let database = clients.client(target).await?.database(database);
    let mut action = database.run_command(command);
    if let Some(criteria) = target.criteria() {
        action = action.selection_criteria(criteria);
    }
    action.await.map_err(|error| error::of_own(&clients.name(target), doing, &error))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(change: impl FnOnce(&mut SharedState)) -> SharedState {
        let member = MemberState { parameters: doc! { "ttl": true }, ..MemberState::default() };
        let mut state = SharedState { members: vec![member], ..SharedState::default() };
        change(&mut state);
        state
    }

    #[test]
    fn every_kind_of_difference_is_told_in_words() {
        let before = state(|_| ());
        assert!(differences(&before, &before).is_empty());
        let user = || ("admin.u".to_string(), doc! { "_id": "admin.u" });
        let after = state(|state| {
            state.databases.insert("warehouse".into());
            state.users.extend([user()]);
            state.concerns = doc! { "defaultWriteConcern": { "w": 1 } };
            state.members[0].parameters = doc! { "ttl": false };
            state.members[0].profiler = doc! { "slowms": 1 };
            state.members[0].locked = true;
        });
        let told = [
            "database warehouse",
            "user admin.u",
            "the default concerns",
            "parameter ttl",
            "the profiler",
            "a lock by `fsync`",
        ];
        assert_eq!(differences(&before, &after), told);
        let role = doc! { "_id": "a.r", "role": "r", "db": "a", "privileges": [], "roles": [] };
        let roles: Accounts = [("a.r".to_string(), role)].into();
        let none = Accounts::new();
        assert_eq!(role_commands(&none, &roles), [("a".to_string(), doc! { "dropRole": "r" })]);
        let again = doc! { "createRole": "r", "privileges": [], "roles": [] };
        assert_eq!(role_commands(&roles, &none), [("a".to_string(), again)]);
        assert!(role_commands(&roles, &roles).is_empty());
        let removed = state(|state| state.users.clear());
        assert_eq!(differences(&state(|state| state.users.extend([user()])), &removed), ["user admin.u (removed)"]);
    }
}
