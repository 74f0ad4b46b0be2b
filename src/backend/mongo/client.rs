//! Clients of a replica set: one that follows the set, and one for each member by itself.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bson::Document;
use mongodb::options::{ClientOptions, ReadPreference, SelectionCriteria, ServerAddress};
use mongodb::{Client, ClientSession};
use tokio::sync::OnceCell;

use super::error;
use super::limit::{ASK_LIMIT, KILL_GRACE, own};
use super::user::{MongoUser, Rights};
use crate::backend::BackendError;
use crate::model::{Engine, NodeName, NodeSelector};

/// The command that sets a fail point, which is everybody's until it is turned off.
pub const CONFIGURE_FAIL_POINT: &str = "configureFailPoint";

/// How long the driver looks for a server that fits.
const SELECTION_LIMIT: Duration = Duration::from_secs(8);

/// How often the driver looks at each member. Codes 91 and 11600 make it wait for the next look.
const HEARTBEAT: Duration = Duration::from_millis(500);

/// A replica set and how it is reached.
#[derive(Clone, Debug)]
pub struct MongoSet {
    /// The URL of the set.
    pub url: String,
    /// The members and the URL of each by itself (`directConnection=true`).
    pub members: Vec<(NodeName, String)>,
    /// Whether polyspec started it.
    pub owned: bool,
}

impl MongoSet {
    /// The targets of a selector.
    pub fn targets(&self, selector: &NodeSelector) -> Vec<Target> {
        match selector {
            NodeSelector::Any(_) | NodeSelector::Primary => vec![Target::Primary],
            NodeSelector::Secondary => vec![Target::Secondary],
            NodeSelector::All(_) => (0..self.members.len()).map(Target::Member).collect(),
            NodeSelector::Named(node) => {
                self.members.iter().position(|(name, _)| name == node).map(Target::Member).into_iter().collect()
            }
        }
    }

    /// What a target is called in reports.
    pub fn name(&self, target: &Target) -> String {
        match target {
            Target::Primary => Engine::Mongo.to_string(),
            Target::Secondary => NodeSelector::Secondary.to_string(),
            Target::Member(at) => self.members[*at].0.to_string(),
        }
    }
}

/// Where a command goes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Target {
    /// The set's primary, by the driver's routing.
    Primary,
    /// A secondary, by the driver's routing.
    Secondary,
    /// The member at this index, whatever it is.
    Member(usize),
}

/// The clients of one worker. Each worker has its own `app_name`, so that a fail point can be meant for it alone.
pub struct MongoClients {
    /// The set.
    pub set: MongoSet,
    /// What the server knows this worker by.
    pub app_name: String,
    client: OnceCell<Client>,
    direct: Vec<OnceCell<Client>>,
    fail_points: Mutex<BTreeSet<String>>,
    /// As whom they speak, instead of the user of the URL.
    pub(super) user: Option<MongoUser>,
    /// What that user has.
    pub(super) rights: tokio::sync::Mutex<Rights>,
    /// Done once the roles of scenarios are there.
    pub(super) roles: OnceCell<()>,
    /// The administrator's, if these are not.
    admin: Option<Arc<Self>>,
}

impl MongoClients {
    /// Clients of the user that the URL names, the administrator of polyspec's own set. They connect when they are first
    /// needed.
    pub fn new(set: MongoSet, app_name: impl Into<String>) -> Self {
        let direct = set.members.iter().map(|_| OnceCell::new()).collect();
        Self {
            set,
            app_name: app_name.into(),
            client: OnceCell::new(),
            direct,
            fail_points: Mutex::default(),
            user: None,
            rights: tokio::sync::Mutex::default(),
            roles: OnceCell::new(),
            admin: None,
        }
    }

    /// Clients for scenarios: on polyspec's own set they speak as a user of this name, which has the rights that it is
    /// given; on someone else's as the user of the URL.
    pub fn for_scenarios(admin: &Arc<Self>, app_name: impl Into<String>, user: impl Into<String>) -> Self {
        let user = admin.set.owned.then(|| MongoUser::new(user.into()));
        Self { user, admin: Some(admin.clone()), ..Self::new(admin.set.clone(), app_name) }
    }

    /// The clients of the administrator.
    pub fn admin(&self) -> &Self {
        self.admin.as_deref().unwrap_or(self)
    }

    /// The user that these clients speak as, if it is one of their own.
    pub fn user(&self) -> Option<&MongoUser> {
        self.user.as_ref()
    }

    /// What a target is called in reports.
    pub fn name(&self, target: &Target) -> String {
        self.set.name(target)
    }

    /// The client for a target.
    pub(super) async fn client(&self, target: &Target) -> Result<&Client, BackendError> {
        let (cell, url) = match target {
            Target::Primary | Target::Secondary => (&self.client, &self.set.url),
            Target::Member(at) => (&self.direct[*at], &self.set.members[*at].1),
        };
        cell.get_or_try_init(|| connect(url, &self.app_name, self.user.as_ref())).await
    }

    /// A session of the target's client.
    pub(super) async fn start_session(&self, target: &Target, causal: bool) -> Result<ClientSession, BackendError> {
        let session = self.client(target).await?.start_session().causal_consistency(causal);
        session.await.map_err(|error| error::of_own(&self.name(target), "starting a session", &error))
    }

    /// The address of the primary now, `host:port`.
    pub async fn primary(&self) -> Result<String, BackendError> {
        let admin = self.client(&Target::Primary).await?.database("admin");
        let hello = async { admin.run_command(bson::doc! { "hello": 1 }).await };
        let hello = own(self, ASK_LIMIT, "asking who is primary", hello).await?;
        Ok(hello.get_str("primary").unwrap_or_default().to_string())
    }

    /// The member that is primary now; `None` when it is none that the topology names.
    pub async fn primary_member(&self) -> Result<Option<NodeName>, BackendError> {
        let primary = self.primary().await?;
        for (name, url) in &self.set.members {
            let options = ClientOptions::parse(url).await.map_err(|error| error::of_url(&error))?;
            if options.hosts.iter().any(|host: &ServerAddress| host.to_string() == primary) {
                return Ok(Some(name.clone()));
            }
        }
        Ok(None)
    }

    /// Notes a command that may set a fail point.
    pub(super) fn note_fail_point(&self, command: &Document) {
        if let Some((key, bson::Bson::String(name))) = command.iter().next()
            && key == CONFIGURE_FAIL_POINT
        {
            self.fail_points.lock().unwrap_or_else(PoisonError::into_inner).insert(name.clone());
        }
    }

    /// Fail points that commands through these clients have named since the last time this was asked.
    pub fn take_fail_points(&self) -> BTreeSet<String> {
        std::mem::take(&mut self.fail_points.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Closes every connection. The driver's tasks must not outlive the runtime that they run on.
    pub async fn close(&self) {
        for cell in self.direct.iter().chain([&self.client]) {
            if let Some(client) = cell.get() {
                let shutdown = async { client.clone().shutdown().immediate(true).await };
                // What is not closed by then goes with the process.
                let _ = tokio::time::timeout(KILL_GRACE, shutdown).await;
            }
        }
    }

    /// The server's version, major and minor.
    pub async fn version(&self) -> Result<(u32, u32), BackendError> {
        let admin = self.client(&Target::Primary).await?.database("admin");
        let info = async { admin.run_command(bson::doc! { "buildInfo": 1 }).await };
        let info = own(self, ASK_LIMIT, "asking for its version", info).await?;
        let mut parts =
            info.get_str("version").unwrap_or_default().split('.').map(|part| part.parse().unwrap_or_default());
        Ok((parts.next().unwrap_or_default(), parts.next().unwrap_or_default()))
    }
}

impl Target {
    pub(super) fn criteria(&self) -> Option<SelectionCriteria> {
        match self {
            Target::Primary => None,
            Target::Secondary => {
                Some(SelectionCriteria::ReadPreference(ReadPreference::Secondary { options: Default::default() }))
            }
            Target::Member(_) => Some(SelectionCriteria::ReadPreference(ReadPreference::PrimaryPreferred {
                options: Default::default(),
            })),
        }
    }
}

async fn connect(url: &str, app_name: &str, user: Option<&MongoUser>) -> Result<Client, BackendError> {
    let mut options = ClientOptions::parse(url).await.map_err(|error| error::of_url(&error))?;
    if let Some(user) = user {
        options.credential = Some(user.credential());
    }
    let user = options.credential.as_ref().and_then(|credential| credential.username.as_deref());
    let hosts: Vec<String> = options.hosts.iter().map(ToString::to_string).collect();
    tracing::debug!(hosts = hosts.join(","), user, "connects");
    options.app_name = Some(app_name.to_string());
    options.heartbeat_freq = Some(HEARTBEAT);
    options.server_selection_timeout = Some(SELECTION_LIMIT);
    options.connect_timeout = Some(Duration::from_secs(3));
    Client::with_options(options).map_err(|error| error::of_url(&error))
}

/// The members of a replica set of somebody else's: each node of the topology gets the host at its place in the URL; nodes
/// for which the URL has no host are left out.
pub fn members(url: &str, nodes: &[NodeName]) -> Result<Vec<(NodeName, String)>, BackendError> {
    let bad = || {
        BackendError::Other(
            "the URL of mongo cannot be used: it has the form mongodb://user:password@host:port,…/?options".into(),
        )
    };
    let (scheme, rest) = url.split_once("://").ok_or_else(bad)?;
    let (credentials, rest) = rest.rsplit_once('@').map_or(("", rest), |(credentials, rest)| (credentials, rest));
    let (hosts, tail) = rest.split_once('/').unwrap_or((rest, ""));
    let options: Vec<&str> = tail.split_once('?').map_or(vec![], |(_, options)| options.split('&').collect());
    let kept = options.into_iter().filter(|option| !option.to_ascii_lowercase().starts_with("replicaset="));
    let options: Vec<&str> = kept.chain(["directConnection=true"]).collect();
    let at = if credentials.is_empty() { String::new() } else { format!("{credentials}@") };
    let direct = |host: &str| format!("{scheme}://{at}{host}/?{}", options.join("&"));
    let members = nodes.iter().filter(|node| node.engine == Engine::Mongo);
    Ok(members.cloned().zip(hosts.split(',').map(direct)).collect())
}
