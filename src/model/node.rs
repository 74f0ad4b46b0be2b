//! Names of servers, the selectors that scenarios use for them, and what can be done to a server's processes.

use std::fmt;

use serde::{Deserialize, Serialize};

/// One of the two engines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Engine {
    /// PostgreSQL.
    Pg,
    /// MongoDB.
    Mongo,
}

impl Engine {
    /// `pg` or `mongo`, as written in scenarios.
    pub fn as_str(self) -> &'static str {
        match self {
            Engine::Pg => "pg",
            Engine::Mongo => "mongo",
        }
    }
}

impl fmt::Display for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A server of the topology: `pg.apj`, `mongo.m1`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeName {
    /// The engine.
    pub engine: Engine,
    /// The name after the dot.
    pub name: String,
}

impl NodeName {
    /// The node `name` of `engine`.
    pub fn new(engine: Engine, name: impl Into<String>) -> Self {
        Self { engine, name: name.into() }
    }
}

impl fmt::Display for NodeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.engine, self.name)
    }
}

/// What a step's `on` says: which node, or which nodes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NodeSelector {
    /// `pg`: any peer (the topology's first). `mongo`: the replica set, by its driver's own routing to the primary.
    Any(Engine),
    /// `pg.*`, `mongo.*`: every node, each by itself.
    All(Engine),
    /// `mongo.primary`: whoever is primary when the step runs.
    Primary,
    /// `mongo.secondary`: a secondary.
    Secondary,
    /// `pg.apj`, `mongo.m1`: this node.
    Named(NodeName),
}

impl NodeSelector {
    /// The engine that the selector speaks of.
    pub fn engine(&self) -> Engine {
        match self {
            NodeSelector::Any(engine) | NodeSelector::All(engine) => *engine,
            NodeSelector::Primary | NodeSelector::Secondary => Engine::Mongo,
            NodeSelector::Named(node) => node.engine,
        }
    }
}

impl fmt::Display for NodeSelector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NodeSelector::Any(engine) => write!(f, "{engine}"),
            NodeSelector::All(engine) => write!(f, "{engine}.*"),
            NodeSelector::Primary => f.write_str("mongo.primary"),
            NodeSelector::Secondary => f.write_str("mongo.secondary"),
            NodeSelector::Named(node) => write!(f, "{node}"),
        }
    }
}

/// A fault on one node, and what undoes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NodeFault {
    /// An orderly shutdown; nothing happens if the node does not run.
    Stop,
    /// Start again after a stop or a kill.
    Start,
    /// SIGKILL of all its processes.
    Kill,
    /// SIGSTOP of all its processes; its sockets stay open.
    Pause,
    /// SIGCONT after a pause.
    Resume,
}
