//! A cluster: all its nodes, from its start to its end.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use futures::future::{join_all, try_join, try_join_all};

use super::account::Account;
use super::builds::Builds;
use super::describe::{
    ClusterDescription, Credentials, HOST, MemberAddress, NodeDescription, member_url, pg_url, replica_set_url,
};
use super::links::{Callers, Links};
use super::node::{Node, NodeState};
use super::options::Options;
use super::progress::{OnProgress, Progress};
use super::run_folder::{RunFolder, random_word};
use super::server::{Ground, Server, mongo, postgres};
use super::watchdog::Watchdog;
use super::{ClusterError, MongoBootstrap, teardown};
use crate::model::{Engine, NodeFault, NodeName, Topology};

/// The superuser of PostgreSQL and root of MongoDB.
const ADMIN: &str = "polyspec";
/// The role as which systems under test are used.
const APP: &str = "app";
const LONGEST_NAME: usize = 32;

/// Servers that polyspec started and owns. They end with it: by [`Cluster::shutdown`], when it is dropped, and when the
/// process dies.
pub struct Cluster {
    ground: Arc<Ground>,
    nodes: Vec<Arc<Node>>,
    admin: Credentials,
    app: Credentials,
    replica_set: Option<String>,
    links: Links,
    /// `None` once the cluster is shut down.
    watchdog: Mutex<Option<Watchdog>>,
}

impl Cluster {
    /// Starts the wanted nodes of the topology side by side, and returns once all accept connections, the roles exist, and
    /// the replica set has a primary. A replica set is started whole when one of its members is wanted: a part of it could
    /// not elect. Before that, what earlier polyspecs of this user left behind is removed.
    ///
    /// # Errors
    /// Everything that [`ClusterError`] knows; nothing is left running then.
    pub async fn start(
        options: Options,
        wanted: Vec<NodeName>,
        topology: &Topology,
        progress: OnProgress<'_>,
        bootstrap: Arc<dyn MongoBootstrap>,
    ) -> Result<Self, ClusterError> {
        options.check()?;
        let names = choose(&wanted, topology)?;
        let account = Account::for_servers()?;
        let builds = Builds::locate(&options, &names, topology, progress).await?;
        let run = RunFolder::create(&options.run_dir)?;
        let watchdog = Watchdog::start(&run.path)?;
        let ground = Arc::new(Ground { run, account, options, bootstrap });
        let mut cluster = Self {
            ground,
            nodes: vec![],
            admin: Credentials::random(ADMIN),
            app: Credentials::random(APP),
            replica_set: None,
            links: Links::default(),
            watchdog: Mutex::new(Some(watchdog)),
        };
        match cluster.start_nodes(names, builds, topology, progress).await {
            Ok(()) => Ok(cluster),
            Err(error) => {
                cluster.shutdown().await;
                Err(error)
            }
        }
    }

    /// Injects a fault and returns once it is true: stopped, killed or paused processes are so, and a node that was started
    /// accepts connections on the port that it had. A server that does not stop within [`Options::stop_grace`] is killed.
    ///
    /// # Errors
    /// The node is unknown, is in no state for it, or does not come into the state that was asked for.
    pub async fn inject(&self, node: &NodeName, fault: NodeFault) -> Result<(), ClusterError> {
        let node = self.node(node)?;
        tracing::debug!(node = %node.server.node, ?fault, "a fault");
        match fault {
            NodeFault::Stop => node.stop().await,
            NodeFault::Start => node.start().await,
            NodeFault::Kill => node.kill().await,
            NodeFault::Pause => node.pause().await,
            NodeFault::Resume => node.resume().await,
        }
    }

    /// Cuts the nodes of each group off from those of every other group: open connections between them are reset, new ones
    /// refused. Everybody else reaches all of them. One group is cut off from every other node of its engine.
    ///
    /// # Errors
    /// A node is unknown, or the cluster was started without [`Options::forwards`].
    pub async fn cut(&self, groups: &[Vec<NodeName>]) -> Result<(), ClusterError> {
        if !self.ground.options.forwards {
            return Err(ClusterError::NoForwarders);
        }
        for node in groups.iter().flatten() {
            self.node(node)?;
        }
        let mut groups = groups.to_vec();
        if let [group] = groups.as_slice() {
            let engines: Vec<Engine> = group.iter().map(|node| node.engine).collect();
            let other = |node: &NodeName| engines.contains(&node.engine) && !group.contains(node);
            groups.push(self.nodes().into_iter().filter(other).collect());
        }
        tracing::debug!(groups = ?groups.iter().map(|group| shown(group)).collect::<Vec<_>>(), "links are cut");
        self.links.cut(&groups).await;
        Ok(())
    }

    /// Ends every cut that one of the nodes is part of; without nodes, all.
    ///
    /// # Errors
    /// A node is unknown.
    pub fn heal(&self, nodes: &[NodeName]) -> Result<(), ClusterError> {
        nodes.iter().try_for_each(|node| self.node(node).map(drop))?;
        tracing::debug!(nodes = ?shown(nodes), "links are healed");
        self.links.heal(nodes);
        Ok(())
    }

    /// How a node is. One that ended by itself has [`NodeState::Crashed`].
    pub fn state(&self, node: &NodeName) -> Result<NodeState, ClusterError> {
        Ok(self.node(node)?.state())
    }

    /// The nodes, PostgreSQL first, in the topology's order.
    pub fn nodes(&self) -> Vec<NodeName> {
        self.nodes.iter().map(|node| node.server.node.clone()).collect()
    }

    /// Everything that is needed to reach the nodes. Holds passwords.
    pub fn describe(&self) -> ClusterDescription {
        let ports = self.members().iter().map(|member| member.port).collect::<Vec<_>>();
        let replica_set_url = self.replica_set.as_ref().map(|name| replica_set_url(&self.admin, &ports, name));
        let nodes = self.nodes.iter().map(|node| self.describe_node(node)).collect();
        let forwards = self.ground.options.forwards;
        ClusterDescription { nodes, replica_set_url, folder: self.ground.run.path.clone(), forwards }
    }

    /// Ends all nodes at once and removes their data. Returns within a second: what does not go is killed. A second call
    /// does nothing.
    pub async fn shutdown(&self) {
        let watchdog = self.watchdog.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(mut watchdog) = watchdog else { return };
        self.links.close();
        join_all(self.nodes.iter().map(|node| node.end_quickly())).await;
        let run = self.ground.run.path.clone();
        let removed = tokio::task::spawn_blocking(move || clean_up(&run, &mut watchdog)).await;
        if removed.is_err() {
            tracing::warn!("{}: could not be cleaned up", self.ground.run.path.display());
        }
    }

    async fn start_nodes(
        &mut self,
        names: Vec<NodeName>,
        builds: Builds,
        topology: &Topology,
        progress: OnProgress<'_>,
    ) -> Result<(), ClusterError> {
        let replica_set = topology.mongo.as_ref().map(|mongo| mongo.replica_set.clone());
        for name in names {
            let set = replica_set.clone().filter(|_| name.engine == Engine::Mongo);
            self.replica_set = self.replica_set.take().or_else(|| set.clone());
            let build = builds.of(name.engine)?;
            let server = Server::new(&self.ground, name, build, set)?;
            self.nodes.push(Arc::new(Node::new(self.ground.clone(), server)?));
        }
        try_join(self.start_postgres(topology, progress), self.start_mongo(progress)).await?;
        Ok(())
    }

    async fn start_postgres(&self, topology: &Topology, progress: OnProgress<'_>) -> Result<(), ClusterError> {
        let Some(topology) = &topology.pg else { return Ok(()) };
        let peers = self.of(Engine::Pg);
        let servers: Vec<&Server> = peers.iter().map(|peer| &peer.server).collect();
        postgres::prepare(&self.ground, &servers, topology, (&self.admin, &self.app)).await?;
        try_join_all(peers.iter().map(|peer| start_and_tell(peer, progress))).await?;
        self.open_links_between(&peers).await
    }

    /// A way from every peer to every other one, for subscriptions that a scenario cuts.
    async fn open_links_between(&self, peers: &[&Node]) -> Result<(), ClusterError> {
        let options = &self.ground.options;
        for to in peers.iter().filter(|_| options.forwards) {
            for from in peers.iter().filter(|from| from.server.node != to.server.node) {
                let callers = Callers::Only(from.server.node.clone());
                self.links.open(&options.run_dir, (&to.server.node, to.port()), callers).await?;
            }
        }
        Ok(())
    }

    /// A way to every member, which is then its address in the replica set's configuration.
    async fn open_links_to(&self, members: &[&Node]) -> Result<(), ClusterError> {
        let options = &self.ground.options;
        let by_port = || members.iter().map(|member| (member.port(), member.server.node.clone())).collect();
        for member in members.iter().filter(|_| options.forwards) {
            let to = (&member.server.node, member.port());
            self.links.open(&options.run_dir, to, Callers::Members(by_port())).await?;
        }
        Ok(())
    }

    async fn start_mongo(&self, progress: OnProgress<'_>) -> Result<(), ClusterError> {
        let members = self.of(Engine::Mongo);
        let (Some(first), Some(replica_set)) = (members.first(), &self.replica_set) else { return Ok(()) };
        // A key is 6 to 1024 characters of the base64 set.
        let key = random_word(64);
        for member in &members {
            mongo::prepare(&self.ground, &member.server, &key)?;
        }
        try_join_all(members.iter().map(|member| start_and_tell(member, progress))).await?;
        self.open_links_to(&members).await?;
        self.initiate(first, (replica_set, &key), progress).await
    }

    async fn initiate(
        &self,
        first: &Node,
        (replica_set, key): (&str, &str),
        progress: OnProgress<'_>,
    ) -> Result<(), ClusterError> {
        let begun = Instant::now();
        let all = self.members();
        let initiated = self.ground.bootstrap.initiate(&all[0], &all, replica_set, &self.admin, key);
        let limit = self.ground.options.start_timeout;
        let result = match tokio::time::timeout(limit, initiated).await {
            Ok(result) => result,
            Err(_) => Err(format!("it took longer than {} s", limit.as_secs())),
        };
        result.map_err(|cause| {
            let log = first.log_tail(super::log::TAIL_LINES);
            ClusterError::Bootstrap { replica_set: replica_set.into(), cause, log }
        })?;
        progress(Progress::Notice(format!("{replica_set}: ready in {} ms", begun.elapsed().as_millis())));
        Ok(())
    }

    fn describe_node(&self, node: &Node) -> NodeDescription {
        let port = self.port(node);
        let (admin_url, app_url) = match node.server.node.engine {
            Engine::Pg => (pg_url(&self.admin, port), Some(pg_url(&self.app, port))),
            Engine::Mongo => (member_url(&self.admin, port), None),
        };
        NodeDescription {
            name: node.server.node.to_string(),
            host: HOST.into(),
            port,
            admin_url,
            app_url,
            routes: self.links.routes(&node.server.node),
            pid: node.pid(),
            version: node.server.build.version.to_string(),
            log: node.server.log.clone(),
        }
    }

    fn members(&self) -> Vec<MemberAddress> {
        let members = self.of(Engine::Mongo).into_iter();
        members.map(|node| MemberAddress::local(&node.server.node.name, self.port(node))).collect()
    }

    /// The port by which a node is reached: its own, or that of the way to it.
    fn port(&self, node: &Node) -> u16 {
        self.links.member(&node.server.node).unwrap_or_else(|| node.port())
    }

    fn of(&self, engine: Engine) -> Vec<&Node> {
        self.nodes.iter().map(Arc::as_ref).filter(|node| node.server.node.engine == engine).collect()
    }

    fn node(&self, name: &NodeName) -> Result<&Node, ClusterError> {
        let known = || self.nodes.iter().map(|node| node.server.node.to_string()).collect();
        let found = self.nodes.iter().find(|node| node.server.node == *name);
        found.map(Arc::as_ref).ok_or_else(|| ClusterError::UnknownNode { node: name.to_string(), known: known() })
    }
}

impl Drop for Cluster {
    /// For a cluster that nobody shut down, in a panic say. Blocks for a moment.
    fn drop(&mut self) {
        let watchdog = self.watchdog.get_mut().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(mut watchdog) = watchdog {
            clean_up(&self.ground.run.path, &mut watchdog);
        }
    }
}

fn clean_up(run: &Path, watchdog: &mut Watchdog) {
    if let Err(error) = teardown::destroy(run) {
        tracing::warn!("{}: could not be removed: {error}", run.display());
    }
    watchdog.dismiss();
}

async fn start_and_tell(node: &Node, progress: OnProgress<'_>) -> Result<(), ClusterError> {
    let begun = Instant::now();
    node.start_first().await?;
    let (name, port, took) = (&node.server.node, node.port(), begun.elapsed().as_millis());
    progress(Progress::Notice(format!("{name}: ready on {HOST}:{port} in {took} ms")));
    Ok(())
}

/// The wanted nodes in the topology's order, and with one member of the replica set all of them.
fn choose(wanted: &[NodeName], topology: &Topology) -> Result<Vec<NodeName>, ClusterError> {
    let all = topology.nodes();
    let known = || all.iter().map(NodeName::to_string).collect();
    if let Some(unknown) = wanted.iter().find(|name| !all.contains(name)) {
        return Err(ClusterError::UnknownNode { node: unknown.to_string(), known: known() });
    }
    if let Some(bad) = all.iter().find(|name| !is_good_name(&name.name)) {
        return Err(ClusterError::BadName { name: bad.name.clone() });
    }
    let any_member = wanted.iter().any(|name| name.engine == Engine::Mongo);
    let chosen = |name: &NodeName| wanted.contains(name) || (any_member && name.engine == Engine::Mongo);
    Ok(all.into_iter().filter(chosen).collect())
}

/// Names of nodes for a line about them.
fn shown(nodes: &[NodeName]) -> String {
    nodes.iter().map(NodeName::to_string).collect::<Vec<_>>().join(", ")
}

/// Names become names of folders and parts of process titles.
fn is_good_name(name: &str) -> bool {
    name.len() <= LONGEST_NAME
        && name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::MongoTopology;

    fn replica_set(members: &[&str]) -> Topology {
        let members = members.iter().map(|name| name.to_string()).collect();
        Topology { pg: None, mongo: Some(MongoTopology { version: 6, members, replica_set: "rs0".into() }) }
    }

    #[test]
    fn one_wanted_member_brings_the_whole_replica_set() {
        let wanted = [NodeName::new(Engine::Mongo, "m2")];
        let chosen = choose(&wanted, &replica_set(&["m1", "m2", "m3"])).expect("chosen");
        assert_eq!(chosen.len(), 3);
    }

    #[test]
    fn a_name_that_leads_out_of_the_run_folder_is_refused() {
        let error = choose(&[], &replica_set(&["../etc"])).expect_err("refused");
        assert!(matches!(error, ClusterError::BadName { .. }));
    }
}
