//! The live servers of a run.

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
