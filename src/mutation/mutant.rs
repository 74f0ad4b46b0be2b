//! A mutant: a system with one fault, and which runs can notice it.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::engine::{Job, SystemUnderTest};
use crate::model::{Engine, NodeName};

/// A system with one fault.
#[derive(Clone, Debug)]
pub struct Mutant {
    /// Its name: the folder of one that was written, the fault of one that was generated.
    pub name: String,
    /// What is different, in words or statements.
    pub change: String,
    /// Ids of the requirements that it must not meet; none of one that was generated.
    pub breaks: BTreeSet<String>,
    /// The system.
    pub system: Arc<SystemUnderTest>,
    /// The name of the file in memory that holds the change, by which a refusal of it is told from every other error.
    pub source: Option<String>,
    /// What can notice it.
    pub noticed: Noticed,
    /// What tells the likely ones among them.
    pub hints: Hints,
}

/// Which runs can notice a mutant.
#[derive(Clone, Debug)]
pub enum Noticed {
    /// Those that cite a requirement which it breaks.
    ByRequirement,
    /// Those that speak to one of these peers.
    OnPeers(Vec<NodeName>),
    /// Those that speak to the replica set.
    OnMongo,
    /// Those that speak to several peers, which are linked.
    OnLinks,
    /// Those whose steps use one of these named lists of the system.
    InLists(BTreeSet<String>),
}

/// What a scenario that notices a mutant is likely to mention, and what mutants have in common.
#[derive(Clone, Debug, Default)]
pub struct Hints {
    /// The table, the collection or the publication, without quotes; empty when there is no one thing.
    pub object: String,
    /// Names: columns, fields, the constraint, the index.
    pub words: Vec<String>,
    /// What killed another mutant of the same topic is likely to kill this one.
    pub topics: Vec<String>,
}

impl Mutant {
    /// Whether a run can notice it, on a topology of these peers.
    pub fn is_noticed_by(&self, job: &Job, peers: &[NodeName]) -> bool {
        match &self.noticed {
            Noticed::ByRequirement => job.scenario.requirements.iter().any(|id| self.breaks.contains(&id.value)),
            Noticed::OnPeers(changed) => job.peers(peers).iter().any(|peer| changed.contains(peer)),
            Noticed::OnMongo => job.footprint.uses(Engine::Mongo),
            Noticed::OnLinks => job.footprint.peers(peers).len() > 1,
            Noticed::InLists(lists) => !job.footprint.lists.is_disjoint(lists),
        }
    }
}
