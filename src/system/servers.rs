//! The live servers of a run.

use super::Copy;
use crate::backend::mongo::MongoSet;
use crate::backend::pg::PgNode;
use crate::model::{Engine, NodeName, NodeSelector};

/// The servers that a run may use.
#[derive(Clone, Debug, Default)]
pub struct Servers {
    /// PostgreSQL peers in the order of the topology.
    pub pg: Vec<PgNode>,
    /// The MongoDB replica set.
    pub mongo: Option<MongoSet>,
    /// Whether templates may stay for the next run: only on a cluster that polyspec keeps running.
    pub keeps_templates: bool,
}

impl Servers {
    /// The peer of this name.
    pub fn peer(&self, name: &NodeName) -> Option<&PgNode> {
        self.pg.iter().find(|node| node.name == *name)
    }

    /// The same servers for a copy: its peers are used by its own role.
    pub fn for_copy(&self, copy: &Copy) -> Self {
        let own = |node: &PgNode| copy.peers.get(&node.name).unwrap_or(node).clone();
        Self { pg: self.pg.iter().map(own).collect(), ..self.clone() }
    }

    /// The peers, in order, whose names `choose` takes out of all names.
    pub fn having(&self, choose: impl FnOnce(&[NodeName]) -> Vec<NodeName>) -> Vec<PgNode> {
        let names: Vec<NodeName> = self.pg.iter().map(|node| node.name.clone()).collect();
        let chosen = choose(&names);
        self.pg.iter().filter(|node| chosen.contains(&node.name)).cloned().collect()
    }

    /// The PostgreSQL peers that a selector means. `pg` is the topology's first peer.
    pub fn peers(&self, selector: &NodeSelector) -> Vec<&PgNode> {
        match selector {
            NodeSelector::Any(Engine::Pg) => self.pg.first().into_iter().collect(),
            NodeSelector::All(Engine::Pg) => self.pg.iter().collect(),
            NodeSelector::Named(name) => self.peer(name).into_iter().collect(),
            _ => vec![],
        }
    }
}
