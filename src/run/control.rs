//! The hold that polyspec has on servers of its own: faults, and what brings nodes back.

use crate::cluster::Cluster;
use crate::cluster::control::Client;
use crate::model::{Engine, NodeFault, NodeName};

/// How faults reach the nodes.
pub enum Control {
    /// The cluster lives in this process.
    Own(Box<Cluster>),
    /// `polyspec up` keeps it.
    Up(Client),
}

impl Control {
    /// Injects a fault and returns when it is true.
    pub async fn inject(&self, node: &NodeName, fault: NodeFault) -> Result<(), String> {
        let done = match self {
            Control::Own(cluster) => cluster.inject(node, fault).await,
            Control::Up(client) => client.inject(node, fault).await,
        };
        done.map_err(|error| error.to_string())
    }

    /// Cuts groups of nodes off from one another and returns when it is true.
    pub async fn cut(&self, groups: &[Vec<NodeName>]) -> Result<(), String> {
        let done = match self {
            Control::Own(cluster) => cluster.cut(groups).await,
            Control::Up(client) => client.cut(groups).await,
        };
        done.map_err(|error| error.to_string())
    }

    /// Ends every cut that one of the nodes is part of; without nodes, all.
    pub async fn heal(&self, nodes: &[NodeName]) -> Result<(), String> {
        let done = match self {
            Control::Own(cluster) => cluster.heal(nodes),
            Control::Up(client) => client.heal(nodes).await,
        };
        done.map_err(|error| error.to_string())
    }

    /// Nodes of an engine that have ended by themselves or were stopped by somebody else, each with what it does in words.
    pub async fn unwell(&self, engine: Engine) -> Vec<(NodeName, String)> {
        let states: Vec<(String, String)> = match self {
            Control::Own(cluster) => {
                let state = |node: &NodeName| cluster.state(node).map_or("unknown", |state| state.as_str()).to_string();
                cluster.nodes().iter().map(|node| (node.to_string(), state(node))).collect()
            }
            Control::Up(client) => client.status().await.map(|status| status.states).unwrap_or_default(),
        };
        let unwell = |(name, state): (String, String)| {
            let name = name.strip_prefix(engine.as_str())?.strip_prefix('.')?.to_string();
            let does = match state.as_str() {
                "crashed" => "has ended",
                "frozen" => "has processes that are stopped (SIGSTOP)",
                _ => return None,
            };
            Some((NodeName::new(engine, name), does.to_string()))
        };
        states.into_iter().filter_map(unwell).collect()
    }

    /// Kills every node of an engine and starts it again.
    pub async fn restart_all(&self, engine: Engine) -> Result<(), String> {
        let nodes: Vec<NodeName> = match self {
            Control::Own(cluster) => cluster.nodes(),
            Control::Up(client) => client.status().await.map_err(|error| error.to_string())?.nodes(),
        };
        let nodes: Vec<NodeName> = nodes.into_iter().filter(|node| node.engine == engine).collect();
        for node in &nodes {
            self.inject(node, NodeFault::Kill).await?;
        }
        self.bring_back(nodes).await
    }

    /// Brings nodes back, whatever was done to them; those that run stay as they are. The first of them that does not come
    /// back is the error.
    pub async fn bring_back(&self, nodes: Vec<NodeName>) -> Result<(), String> {
        let mut done = Ok(());
        for node in nodes {
            // Only a paused node can be resumed; whether it is there now, the start will say.
            let _ = self.inject(&node, NodeFault::Resume).await;
            done = done.and(self.inject(&node, NodeFault::Start).await);
        }
        done
    }
}
