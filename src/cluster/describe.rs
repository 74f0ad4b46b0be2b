//! A running cluster in words: what a person, another process or the backend needs to reach it.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::run_folder::random_word;

/// The host of every node.
pub(crate) const HOST: &str = "127.0.0.1";

/// A user and its password.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    /// The user or role.
    pub user: String,
    /// The password: letters and digits only, so that it needs no quoting in a URL or in SQL.
    pub password: String,
}

impl Credentials {
    /// With a password that nobody can guess.
    pub(crate) fn random(user: &str) -> Self {
        Self { user: user.into(), password: random_word(32) }
    }
}

impl fmt::Debug for Credentials {
    /// Without the password: it must not get into a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Credentials({})", self.user)
    }
}

/// A member of a replica set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemberAddress {
    /// Its name in the topology, `m1`.
    pub name: String,
    /// Its host.
    pub host: String,
    /// Its port.
    pub port: u16,
}

impl MemberAddress {
    /// A member on this machine.
    pub(crate) fn local(name: &str, port: u16) -> Self {
        Self { name: name.into(), host: HOST.into(), port }
    }
}

/// A running cluster.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClusterDescription {
    /// Its nodes, PostgreSQL first, in the topology's order.
    pub nodes: Vec<NodeDescription>,
    /// The URL of the whole replica set, with its user `polyspec` of the role `root`. Holds a password.
    pub replica_set_url: Option<String>,
    /// The run folder, which holds the logs.
    pub folder: PathBuf,
    /// Whether links between nodes can be cut.
    #[serde(default)]
    pub forwards: bool,
}

/// A node of a running cluster.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeDescription {
    /// `pg.apj`.
    pub name: String,
    /// The host.
    pub host: String,
    /// The port; the same as long as the cluster lives.
    pub port: u16,
    /// The URL as superuser or root, to the database `postgres` or directly to this member. Holds a password.
    pub admin_url: String,
    /// The URL as the role `app`; PostgreSQL only. Holds a password.
    pub app_url: Option<String>,
    /// Ports by which other peers reach this one so that the link can be cut, by their names; PostgreSQL only.
    #[serde(default)]
    pub routes: BTreeMap<String, u16>,
    /// The main process, when it runs.
    pub pid: Option<i32>,
    /// The server's version, `18.4`.
    pub version: String,
    /// Its log.
    pub log: PathBuf,
}

/// The URL of a database for a role.
pub(crate) fn pg_url(role: &Credentials, port: u16) -> String {
    format!("postgresql://{}:{}@{HOST}:{port}/postgres", role.user, role.password)
}

/// The URL of one member, and of no other.
pub(crate) fn member_url(user: &Credentials, port: u16) -> String {
    format!("mongodb://{}:{}@{HOST}:{port}/?directConnection=true&authSource=admin", user.user, user.password)
}

/// The URL of a replica set.
pub(crate) fn replica_set_url(user: &Credentials, ports: &[u16], replica_set: &str) -> String {
    let members: Vec<String> = ports.iter().map(|port| format!("{HOST}:{port}")).collect();
    let members = members.join(",");
    format!("mongodb://{}:{}@{members}/?replicaSet={replica_set}&authSource=admin", user.user, user.password)
}
