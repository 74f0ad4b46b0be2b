//! A PostgreSQL server and the two roles that polyspec has on it.

use std::collections::BTreeMap;
use std::str::FromStr;
use std::sync::{Arc, OnceLock, PoisonError};
use std::time::Duration;

use tokio_postgres::{Client, Config, NoTls};

use super::admin::{AdminConnection, Idle};
use super::error;
use super::guard::guard;
use super::role::Role;
use super::wire::{Loss, Wire};
use crate::backend::BackendError;
use crate::model::NodeName;

/// How long a connection may take to be made.
const CONNECT_LIMIT: Duration = Duration::from_secs(5);

/// SQLSTATE of a server that is starting up, recovering or shutting down.
const CANNOT_CONNECT_NOW: &str = "57P03";

/// How long such a server is left alone.
const AGAIN: Duration = Duration::from_millis(20);

/// SQLSTATE too_many_connections: of the server, the database or the role.
const TOO_MANY_CONNECTIONS: &str = "53300";

/// A server with the role of scenarios and the role that makes copies, links peers and cancels statements. On a server of
/// somebody else's both are the role of the URL that was given.
#[derive(Clone, Debug)]
pub struct PgNode {
    /// Its name in the topology.
    pub name: NodeName,
    admin: Arc<Config>,
    app: Arc<Config>,
    /// The role of one database, that scenarios have there instead of `app`.
    role: Option<Role>,
    idle: Idle,
    /// The server's version, once it is known.
    version: Arc<OnceLock<(u32, u32)>>,
    /// Ports by which other peers reach this one so that the link can be cut, by their names.
    routes: BTreeMap<String, u16>,
    /// Whether polyspec started it.
    pub owned: bool,
}

impl PgNode {
    /// The node at two URLs of the same server. Errors name what is wrong with the URL, never the URL: it may hold a
    /// password.
    pub fn new(name: NodeName, admin_url: &str, app_url: &str, owned: bool) -> Result<Self, BackendError> {
        let config = |url: &str| -> Result<Arc<Config>, BackendError> {
            let mut config = Config::from_str(url)
                .map_err(|error| BackendError::Other(format!("the URL of {name} cannot be used: {error}")))?;
            config.connect_timeout(CONNECT_LIMIT).keepalives(false);
            Ok(Arc::new(config))
        };
        Ok(Self {
            admin: config(admin_url)?,
            app: config(app_url)?,
            role: None,
            idle: Arc::default(),
            version: Arc::default(),
            routes: BTreeMap::new(),
            name,
            owned,
        })
    }

    /// The same node, with ports by which other peers reach it so that the link can be cut.
    pub fn with_routes(mut self, routes: BTreeMap<String, u16>) -> Self {
        self.routes = routes;
        self
    }

    /// The same node for the database whose role this is. On someone else's servers no roles are made, and nothing changes.
    pub fn with_role(&self, role: &Role) -> Self {
        Self { role: self.owned.then(|| role.clone()), ..self.clone() }
    }

    /// The role of the one database that this node stands for.
    pub fn role(&self) -> Option<&Role> {
        self.role.as_ref()
    }

    /// The role that scenarios and builds run as.
    pub fn app_role(&self) -> &str {
        match &self.role {
            Some(role) => &role.name,
            None => self.app.get_user().unwrap_or_default(),
        }
    }

    /// The administrator's role.
    pub(super) fn admin_role(&self) -> &str {
        self.admin.get_user().unwrap_or_default()
    }

    /// A connection string for a subscriber on another peer (libpq's keyword form), to `database` as the administrator;
    /// with `by`, over that subscriber's own way here, if there is one.
    pub(super) fn conninfo(&self, database: &str, by: Option<&NodeName>) -> String {
        let quote = |value: &str| format!("'{}'", value.replace('\\', "\\\\").replace('\'', "\\'"));
        let host = match self.admin.get_hosts().first() {
            Some(tokio_postgres::config::Host::Tcp(host)) => host.clone(),
            Some(tokio_postgres::config::Host::Unix(path)) => path.display().to_string(),
            None => "127.0.0.1".into(),
        };
        let route = by.and_then(|subscriber| self.routes.get(&subscriber.to_string()));
        let port = route.or(self.admin.get_ports().first()).copied().unwrap_or(5432);
        let password = String::from_utf8_lossy(self.admin.get_password().unwrap_or_default()).into_owned();
        let user = self.admin.get_user().unwrap_or_default();
        format!(
            "host={} port={port} user={} password={} dbname={}",
            quote(&host),
            quote(user),
            quote(&password),
            quote(database)
        )
    }

    /// A connection of the administrator's, one that is idle or a new one.
    pub(super) async fn admin(&self) -> Result<AdminConnection, BackendError> {
        let idle = || self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let kept = std::iter::from_fn(idle).find(|client| !client.is_closed());
        let client = match kept {
            Some(client) => client,
            None => self.connect(self.admin_config()).await?,
        };
        Ok(AdminConnection::new(self.name.to_string(), client, Some(self.idle.clone())))
    }

    /// Closes the idle connections, for a server that was stopped and started.
    pub fn forget(&self) {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// How the administrator connects to its own database.
    fn admin_config(&self) -> Config {
        let mut config = Config::clone(&self.admin);
        if self.owned {
            guard(&mut config, None);
        }
        config
    }

    /// Connects as the administrator to a database that others own, in which nothing of theirs is reached. On someone else's
    /// servers the administrator is the role that scenarios have, and needs no guard.
    pub(super) async fn enter(&self, database: &str) -> Result<AdminConnection, BackendError> {
        let mut config = Config::clone(&self.admin);
        config.dbname(database);
        if self.owned {
            guard(&mut config, Some(self.version().await?.0));
        }
        Ok(AdminConnection::new(self.name.to_string(), self.connect(config).await?, None))
    }

    /// How the role of scenarios connects beside its sessions, for what changes nothing.
    fn beside_config(&self, database: &str) -> Config {
        let mut app = self.app_config(database, "polyspec");
        app.options("-c default_transaction_read_only=on");
        app
    }

    /// Connects as the role of scenarios beside its sessions, for what changes nothing.
    pub(super) async fn open_beside(&self, database: &str) -> Result<Wire, BackendError> {
        match self.reach(&self.beside_config(database)).await {
            Err(Loss::Told(error)) if error.sqlstate.as_deref() == Some(TOO_MANY_CONNECTIONS) => {
                Err(BackendError::Other(format!(
                    "{}: values of some types are compared by the server, over one more connection, and there is none left \
                     ({TOO_MANY_CONNECTIONS} {}): allow one more (CONNECTION LIMIT), or cast the values to text",
                    self.name, error.message
                )))
            }
            reached => reached.map_err(|loss| self.unreachable(loss)),
        }
    }

    /// The same with the driver, for a few questions with a limit each.
    pub(super) async fn look(&self, database: &str) -> Result<AdminConnection, BackendError> {
        let client = self.connect(self.beside_config(database)).await?;
        Ok(AdminConnection::new(self.name.to_string(), client, None))
    }

    /// Returns once the server answers somebody who connects anew: with whether it had to recover first.
    pub async fn answers(&self) -> Result<bool, BackendError> {
        let mut waited = false;
        let client = self.connect_when_ready(self.admin_config(), &mut waited).await?;
        AdminConnection::new(self.name.to_string(), client, None).run("asking whether it answers", "SELECT 1").await?;
        Ok(waited)
    }

    /// How the role of scenarios connects to a database.
    pub(super) fn app_config(&self, database: &str, name: &str) -> Config {
        let mut app = Config::clone(&self.app);
        app.dbname(database).application_name(name);
        if let Some(role) = &self.role {
            app.user(&role.name).password(&role.password);
        }
        app
    }

    /// Opens a connection in the protocol itself. A server that is starting up, or recovers from a crash, is waited for.
    pub(super) async fn open(&self, config: &Config) -> Result<Wire, BackendError> {
        self.reach(config).await.map_err(|loss| self.unreachable(loss))
    }

    async fn reach(&self, config: &Config) -> Result<Wire, Loss> {
        let attempt = async {
            loop {
                match Wire::connect(config).await {
                    Err(Loss::Told(error)) if error.sqlstate.as_deref() == Some(CANNOT_CONNECT_NOW) => {
                        tokio::time::sleep(AGAIN).await;
                    }
                    done => return done,
                }
            }
        };
        let late = |_| Loss::Silent(format!("no connection within {CONNECT_LIMIT:?}"));
        self.tell_of_connection(config);
        tokio::time::timeout(CONNECT_LIMIT, attempt).await.map_err(late)?
    }

    fn tell_of_connection(&self, config: &Config) {
        let (database, role) = (config.get_dbname(), config.get_user());
        tracing::debug!(node = %self.name, database, role, "connects");
    }

    fn unreachable(&self, loss: Loss) -> BackendError {
        let cause = match loss {
            Loss::Told(error) => format!("{} {}", error.sqlstate.unwrap_or_default(), error.message),
            Loss::Silent(cause) | Loss::Protocol(cause) | Loss::Unsent(cause) | Loss::Unusable(cause) => cause,
        };
        BackendError::Unreachable { node: self.name.to_string(), cause }
    }

    async fn connect(&self, config: Config) -> Result<Client, BackendError> {
        self.connect_when_ready(config, &mut false).await
    }

    /// A server that is starting up, or recovers from a crash, is waited for; `waited` says whether it was.
    async fn connect_when_ready(&self, mut config: Config, waited: &mut bool) -> Result<Client, BackendError> {
        config.application_name("polyspec");
        let node = self.name.to_string();
        self.tell_of_connection(&config);
        let attempt = async {
            loop {
                match config.connect(NoTls).await {
                    Err(error) if error.code().is_some_and(|code| code.code() == CANNOT_CONNECT_NOW) => {
                        *waited = true;
                        tokio::time::sleep(AGAIN).await;
                    }
                    done => return done,
                }
            }
        };
        let cause = || format!("no connection within {CONNECT_LIMIT:?}");
        let (client, connection) = tokio::time::timeout(CONNECT_LIMIT, attempt)
            .await
            .map_err(|_| BackendError::Unreachable { node: node.clone(), cause: cause() })?
            .map_err(|error| error::of_connect(&node, &error))?;
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection ended");
            }
        });
        Ok(client)
    }

    /// The server's version, major and minor.
    pub async fn version(&self) -> Result<(u32, u32), BackendError> {
        if let Some(version) = self.version.get() {
            return Ok(*version);
        }
        let client = self.admin().await?;
        let number = client.scalar("asking for its version", "SHOW server_version_num").await?;
        let number: u32 = number.parse().unwrap_or_default();
        Ok(*self.version.get_or_init(|| (number / 10_000, number % 10_000)))
    }
}
