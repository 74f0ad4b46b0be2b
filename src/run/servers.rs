//! The servers of a run: those that were named, those that `polyspec up` keeps, or a cluster of its own.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use super::control::Control;
use super::endpoints::MONGO;
use super::{Bootstrap, Request};
use crate::backend::mongo::{MongoClients, MongoSet};
use crate::backend::pg::PgNode;
use crate::cluster::control::Client;
use crate::cluster::{Cluster, ClusterDescription, Options, Progress, state};
use crate::engine::{Call, Interrupt, Job, Reporting};
use crate::event::Event;
use crate::model::{Engine, NodeName, Topology};
use crate::suite::Suite;
use crate::system::Servers;

/// What servers are asked for.
pub struct Wanted<'a> {
    /// The suite.
    pub suite: &'a Suite,
    /// The request.
    pub request: &'a Request,
    /// The jobs that will run on them.
    pub jobs: &'a [Job],
    /// Whether all nodes of the topology are wanted, whatever the jobs speak to; of somebody else's, those that were named.
    pub all: bool,
}

/// The servers of a run and the hold that polyspec has on them.
pub struct Obtained {
    /// How they are reached.
    pub servers: Servers,
    /// How faults reach them; `None` for servers of somebody else's.
    pub control: Option<Control>,
    /// Whether links between the nodes can be cut.
    pub can_cut: bool,
    /// The folder of a cluster that several runs may use at the same time.
    pub(super) shared_folder: Option<PathBuf>,
    urls: BTreeMap<String, String>,
    /// The peers as scenarios reach them: by a role that is no superuser.
    app_urls: BTreeMap<String, String>,
}

/// Obtains the servers that the jobs need and tells of it.
///
/// # Errors
/// A sentence: a server did not start, a URL cannot be used.
pub async fn obtain(wanted: &Wanted<'_>, reporting: &Reporting) -> Result<Obtained, String> {
    let begun = Instant::now();
    let endpoints = &wanted.request.endpoints;
    let nodes = wanted.nodes();
    let own: Vec<NodeName> = nodes.iter().filter(|node| !is_covered(endpoints, node)).cloned().collect();
    let mut obtained = Obtained {
        servers: Servers::default(),
        control: None,
        can_cut: false,
        shared_folder: None,
        urls: BTreeMap::new(),
        app_urls: BTreeMap::new(),
    };
    obtained.take_endpoints(endpoints, &nodes)?;
    obtained.reach().await?;
    if !own.is_empty() {
        obtained.take_own(wanted, own, reporting).await?;
    }
    let nodes = obtained.names();
    let owned = obtained.control.is_some();
    let elapsed_ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
    reporting.send(Event::ServersReady { nodes, owned, elapsed_ms });
    Ok(obtained)
}

impl Wanted<'_> {
    fn topology(&self) -> &Topology {
        &self.suite.settings().topology
    }

    /// The nodes that the jobs speak to; with replication, all peers; of a replica set, all members.
    fn nodes(&self) -> Vec<NodeName> {
        let all = super::endpoints::nodes(self.topology(), &self.request.endpoints);
        if self.all {
            let given = &self.request.endpoints;
            return all.into_iter().filter(|node| given.is_empty() || is_covered(given, node)).collect();
        }
        let of = |engine: Engine| all.iter().filter(move |node| node.engine == engine);
        let mut needed = BTreeSet::new();
        for job in self.jobs {
            if job.footprint.runs && !self.request.allow_run {
                continue;
            }
            needed.extend(job.peers(&of(Engine::Pg).cloned().collect::<Vec<_>>()));
            if job.footprint.uses(Engine::Mongo) {
                needed.extend(of(Engine::Mongo).cloned());
            }
        }
        all.into_iter().filter(|node| needed.contains(node)).collect()
    }
}

impl Wanted<'_> {
    /// Whether one of the jobs cuts links.
    fn cuts(&self) -> bool {
        self.jobs.iter().any(|job| job.footprint.cuts)
    }
}

/// Any endpoint of PostgreSQL stands for all of PostgreSQL: a mesh that is half somebody else's cannot be made.
fn is_covered(endpoints: &BTreeMap<String, String>, node: &NodeName) -> bool {
    endpoints.keys().any(|name| name.split('.').next() == Some(node.engine.as_str()))
}

impl Obtained {
    fn take_endpoints(&mut self, endpoints: &BTreeMap<String, String>, nodes: &[NodeName]) -> Result<(), String> {
        for node in nodes.iter().filter(|node| node.engine == Engine::Pg) {
            if let Some(url) = endpoints.get(&node.to_string()) {
                let node = PgNode::new(node.clone(), url, url, false).map_err(|error| error.to_string())?;
                self.urls.insert(node.name.to_string(), url.clone());
                self.app_urls.insert(node.name.to_string(), url.clone());
                self.servers.pg.push(node);
            }
        }
        if let Some(url) = endpoints.get(MONGO).filter(|_| nodes.iter().any(|node| node.engine == Engine::Mongo)) {
            let members = crate::backend::mongo::members(url, nodes).map_err(|error| error.to_string())?;
            self.urls.insert(MONGO.into(), url.clone());
            self.servers.mongo = Some(MongoSet { url: url.clone(), members, owned: false });
        }
        Ok(())
    }

    /// Asks every server of somebody else's something: what cannot be reached is said once, before any scenario needs it.
    async fn reach(&self) -> Result<(), String> {
        for node in &self.servers.pg {
            node.version().await.map_err(|error| error.to_string())?;
        }
        let Some(set) = self.servers.mongo.clone() else { return Ok(()) };
        let clients = MongoClients::new(set, "polyspec");
        let answer = clients.version().await;
        clients.close().await;
        answer.map(drop).map_err(|error| error.to_string())
    }

    async fn take_own(
        &mut self,
        wanted: &Wanted<'_>,
        nodes: Vec<NodeName>,
        reporting: &Reporting,
    ) -> Result<(), String> {
        let options = &wanted.request.cluster;
        let root = &wanted.suite.settings().root;
        if let Some(up) = state::read(&options.state_dir, root) {
            let running: Vec<&str> = up.cluster.nodes.iter().map(|node| node.name.as_str()).collect();
            if nodes.iter().all(|node| running.contains(&node.to_string().as_str())) {
                reporting.send(Event::ServerNotice { message: "using the cluster that `polyspec up` keeps".into() });
                self.take_cluster(&up.cluster, &nodes)?;
                self.servers.keeps_templates = true;
                self.shared_folder = Some(up.cluster.folder.clone());
                let control = Control::Up(Client::new(&up.socket));
                // A run that was killed amid a fault may have left nodes down or cut off.
                let healed = if self.can_cut { control.heal(&[]).await } else { Ok(()) };
                let done = control.bring_back(nodes).await;
                self.control = Some(control);
                return healed.and(done);
            }
            let message =
                "the cluster that `polyspec up` keeps lacks nodes that this run needs: starting another".into();
            reporting.send(Event::ServerNotice { message });
        }
        let told = |progress: Progress| reporting.send(event_of(progress));
        let topology = wanted.topology();
        let options = Options { forwards: wanted.cuts(), ..options.clone() };
        let cluster = Cluster::start(options, nodes.clone(), topology, &told, Arc::new(Bootstrap)).await;
        let cluster = cluster.map_err(|error| error.to_string())?;
        self.take_cluster(&cluster.describe(), &nodes)?;
        self.control = Some(Control::Own(Box::new(cluster)));
        Ok(())
    }

    fn take_cluster(&mut self, cluster: &ClusterDescription, nodes: &[NodeName]) -> Result<(), String> {
        self.can_cut = cluster.forwards;
        let mut members = vec![];
        for node in nodes {
            let Some(found) = cluster.nodes.iter().find(|found| found.name == node.to_string()) else { continue };
            self.urls.insert(found.name.clone(), found.admin_url.clone());
            match (node.engine, &found.app_url) {
                (Engine::Pg, Some(app)) => {
                    self.app_urls.insert(found.name.clone(), app.clone());
                    let peer = PgNode::new(node.clone(), &found.admin_url, app, true);
                    self.servers.pg.push(peer.map_err(|error| error.to_string())?.with_routes(found.routes.clone()));
                }
                _ => members.push((node.clone(), found.admin_url.clone())),
            }
        }
        if let (Some(url), false) = (&cluster.replica_set_url, members.is_empty()) {
            self.urls.insert(MONGO.into(), url.clone());
            self.servers.mongo = Some(MongoSet { url: url.clone(), members, owned: true });
        }
        Ok(())
    }

    fn names(&self) -> Vec<String> {
        let pg = self.servers.pg.iter().map(|node| node.name.to_string());
        let mongo = self.servers.mongo.iter().flat_map(|set| set.members.iter().map(|(name, _)| name.to_string()));
        pg.chain(mongo).collect()
    }

    /// How a person connects to a copy, a line a node.
    pub fn how_to_connect(&self, database: &str, peers: &[NodeName], mongo: bool) -> Vec<String> {
        let peer = |node: &NodeName| {
            let url = self.urls.get(&node.to_string())?;
            Some(format!("{node}: psql '{}'", on_database(url, database)))
        };
        let mut lines: Vec<String> = peers.iter().filter_map(peer).collect();
        if let Some(url) = self.urls.get(MONGO).filter(|_| mongo) {
            lines.push(format!("mongo: mongosh '{}'", on_database(url, database)));
        }
        lines
    }

    /// What a program finds in its environment of a copy: the name of its database, and the URLs that lead to it.
    pub fn environment(&self, call: &Call) -> Vec<(String, String)> {
        let database = &call.database;
        let mut environment = vec![("POLYSPEC_DATABASE".to_string(), database.clone())];
        for node in &call.peers {
            if let Some(url) = self.app_urls.get(&node.to_string()) {
                let name = format!("POLYSPEC_PG_{}_URL", node.name.to_uppercase());
                let role = call.role.as_ref().map(|role| (role.name.as_str(), role.password.as_str()));
                environment.push((name, spoken_as(&on_database(url, database), role)));
            }
        }
        if let Some(url) = self.urls.get(MONGO).filter(|_| call.mongo) {
            let user = call.user.as_ref().map(|user| (user.name.as_str(), user.password.as_str()));
            environment.push(("POLYSPEC_MONGO_URL".into(), spoken_as(&on_database(url, database), user)));
        }
        environment
    }

    /// Passwords and ports, with the names that stand for them.
    pub fn redactions(&self) -> Vec<(String, String)> {
        let mut redactions = vec![];
        for (name, url) in self.urls.iter().chain(&self.app_urls) {
            let Some((credentials, rest)) = url.split_once("://").and_then(|(_, rest)| rest.rsplit_once('@')) else {
                continue;
            };
            if let Some((_, password)) = credentials.split_once(':') {
                redactions.push((password.to_string(), "password".to_string()));
            }
            let hosts = rest.split(['/', '?']).next().unwrap_or_default();
            if name != MONGO {
                redactions.push((hosts.to_string(), format!("address of {name}")));
            }
        }
        redactions
    }

    /// Waits until somebody presses Ctrl-C, so that copies which were kept can be looked at.
    pub async fn stay(&self, interrupt: &Interrupt) {
        if matches!(self.control, Some(Control::Own(_))) {
            interrupt.wait().await;
        }
    }

    /// What a person has to know while copies are kept.
    pub fn stay_notice(&self) -> String {
        match self.control {
            Some(Control::Own(_)) => "copies of failed scenarios are kept until you press Ctrl-C".into(),
            _ => "copies of failed scenarios stay on the servers: drop them when you are done".into(),
        }
    }

    /// Gives the servers back: a cluster of this run's own is taken down.
    pub async fn release(self) {
        if let Some(Control::Own(cluster)) = self.control {
            cluster.shutdown().await;
        }
    }
}

/// The URL with the name and the password of another role or user, which need no escapes.
fn spoken_as(url: &str, other: Option<(&str, &str)>) -> String {
    match (other, url.split_once("://").and_then(|(scheme, rest)| Some((scheme, rest.rsplit_once('@')?.1)))) {
        (Some((name, password)), Some((scheme, place))) => format!("{scheme}://{name}:{password}@{place}"),
        _ => url.to_string(),
    }
}

/// A URL with another database. A user of MongoDB is looked up in the database of the URL unless it says where else.
fn on_database(url: &str, database: &str) -> String {
    let (base, options) = url.split_once('?').unwrap_or((url, ""));
    let scheme = base.find("://").map_or(0, |at| at + 3);
    let (hosts, old) = base[scheme..].split_once('/').unwrap_or((&base[scheme..], ""));
    let mut options: Vec<String> = options.split('&').filter(|option| !option.is_empty()).map(str::to_string).collect();
    let says = options.iter().any(|option| option.to_ascii_lowercase().starts_with("authsource="));
    if base.starts_with("mongodb") && hosts.contains('@') && !says {
        options.push(format!("authSource={}", if old.is_empty() { "admin" } else { old }));
    }
    let options = if options.is_empty() { String::new() } else { format!("?{}", options.join("&")) };
    format!("{}{hosts}/{database}{options}", &base[..scheme])
}

fn event_of(progress: Progress) -> Event {
    match progress {
        Progress::Notice(message) => Event::ServerNotice { message },
        Progress::Download { name, done, total } => Event::Download { name, done, total: Some(total) },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_is_reached_by_the_url_of_its_node_with_the_database_put_in() {
        assert_eq!(on_database("postgresql://u:p@h:1/postgres", "c"), "postgresql://u:p@h:1/c");
        assert_eq!(on_database("mongodb://h:1,h:2/?replicaSet=r", "c"), "mongodb://h:1,h:2/c?replicaSet=r");
        assert_eq!(on_database("postgresql://h", "c"), "postgresql://h/c");
    }

    #[test]
    fn a_user_of_mongodb_stays_one_of_the_database_that_knows_it() {
        assert_eq!(on_database("mongodb://u:p@h/", "c"), "mongodb://u:p@h/c?authSource=admin");
        assert_eq!(on_database("mongodb://u:p@h/shop?w=1", "c"), "mongodb://u:p@h/c?w=1&authSource=shop");
        assert_eq!(on_database("mongodb://u:p@h/shop?authSource=x", "c"), "mongodb://u:p@h/c?authSource=x");
    }
}
