//! Lets another polyspec process inject faults into the cluster of `up`, and take it down: one line of JSON for each
//! request and each answer, over a socket that only this user can reach.

use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::Notify;

use super::{Cluster, ClusterDescription, ClusterError, NodeState};
use crate::model::{Engine, NodeFault, NodeName};

/// No request and no answer is longer.
const LONGEST_LINE: u64 = 1024 * 1024;

/// What is asked.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "request", rename_all = "snake_case")]
enum Request {
    Inject { node: String, fault: NodeFault },
    Cut { groups: Vec<Vec<String>> },
    Heal { nodes: Vec<String> },
    Status,
    Shutdown,
}

impl Request {
    /// How long an answer may take: a start is given up after a minute, and whoever asks how it is does not want to wait.
    fn limit(&self) -> Duration {
        match self {
            Request::Status | Request::Heal { .. } => Duration::from_secs(5),
            Request::Shutdown => Duration::from_secs(15),
            _ => Duration::from_secs(90),
        }
    }
}

/// What is answered.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "answer", rename_all = "snake_case")]
enum Answer {
    Done,
    Status(Status),
    Failed { cause: String },
}

/// How the cluster of `up` is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// The cluster. Holds passwords.
    pub cluster: ClusterDescription,
    /// For each node its name, and `running`, `stopped`, `paused` or `crashed`.
    pub states: Vec<(String, String)>,
}

impl Status {
    /// The names of the nodes.
    pub fn nodes(&self) -> Vec<NodeName> {
        self.states.iter().map(|(node, _)| name(node)).collect()
    }
}

/// What is done once the cluster is down and before the asker hears so.
type Forget = Arc<dyn Fn() + Send + Sync>;

/// Serves requests until one asks for a shutdown. Once the cluster is down `forget` is called, and only then the asker hears
/// so: who asks next must find nothing of a cluster that is no more, and what is put in its place must not be removed.
pub async fn serve(cluster: Arc<Cluster>, listener: UnixListener, forget: impl Fn() + Send + Sync + 'static) {
    let over = Arc::new(Notify::new());
    let forget: Forget = Arc::new(forget);
    loop {
        tokio::select! {
            accepted = listener.accept() => if let Ok((stream, _)) = accepted {
                tokio::spawn(converse(cluster.clone(), stream, over.clone(), forget.clone()));
            },
            () = over.notified() => break,
        }
    }
}

/// The socket for [`serve`]. One that nobody answers any more is replaced.
///
/// # Errors
/// The socket cannot be made: its folder is missing, its path is too long, or another process serves it.
pub async fn listen(socket: &Path) -> Result<UnixListener, ClusterError> {
    if UnixStream::connect(socket).await.is_ok() {
        return Err(ClusterError::folder(socket, "another polyspec serves it", "use that one, or `polyspec down`"));
    }
    let _ = std::fs::remove_file(socket);
    let bind = || {
        let listener = UnixListener::bind(socket)?;
        std::fs::set_permissions(socket, std::fs::Permissions::from_mode(0o600))?;
        Ok(listener)
    };
    bind().map_err(|error: io::Error| {
        ClusterError::folder(socket, error, "set POLYSPEC_RUN_DIR to a folder with a short path")
    })
}

async fn converse(cluster: Arc<Cluster>, stream: UnixStream, over: Arc<Notify>, forget: Forget) {
    let (read, mut write) = stream.into_split();
    let mut lines = BufReader::new(read.take(LONGEST_LINE)).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        let request = serde_json::from_str(&line);
        let last = matches!(request, Ok(Request::Shutdown));
        let answer = match request {
            Ok(request) => answer(&cluster, request).await,
            Err(error) => Answer::Failed { cause: format!("not a request: {error}") },
        };
        if last {
            forget();
        }
        let sent = send(&mut write, &answer).await;
        if last {
            over.notify_one();
        }
        if last || sent.is_err() {
            return;
        }
    }
}

async fn answer(cluster: &Cluster, request: Request) -> Answer {
    let done = match request {
        Request::Status => return Answer::Status(status(cluster)),
        Request::Shutdown => {
            cluster.shutdown().await;
            Ok(())
        }
        Request::Inject { node, fault } => cluster.inject(&name(&node), fault).await,
        Request::Cut { groups } => cluster.cut(&groups.iter().map(|group| names(group)).collect::<Vec<_>>()).await,
        Request::Heal { nodes } => cluster.heal(&names(&nodes)),
    };
    done.map_or_else(|error| Answer::Failed { cause: error.to_string() }, |()| Answer::Done)
}

fn status(cluster: &Cluster) -> Status {
    let state = |node: &NodeName| cluster.state(node).as_ref().map_or("unknown", NodeState::as_str).to_string();
    let states = cluster.nodes().iter().map(|node| (node.to_string(), state(node))).collect();
    Status { cluster: cluster.describe(), states }
}

/// `pg.apj`. What names no node becomes one that the cluster does not know, and is answered so.
fn name(text: &str) -> NodeName {
    match text.split_once('.') {
        Some(("mongo", name)) => NodeName::new(Engine::Mongo, name),
        Some(("pg", name)) => NodeName::new(Engine::Pg, name),
        _ => NodeName::new(Engine::Pg, text),
    }
}

fn names(texts: &[String]) -> Vec<NodeName> {
    texts.iter().map(|text| name(text)).collect()
}

fn texts(names: &[NodeName]) -> Vec<String> {
    names.iter().map(NodeName::to_string).collect()
}

async fn send(write: &mut (impl AsyncWriteExt + Unpin), message: &impl Serialize) -> io::Result<()> {
    let mut line = serde_json::to_vec(message)?;
    line.push(b'\n');
    write.write_all(&line).await
}

/// Speaks to the cluster of `up`.
#[derive(Clone, Debug)]
pub struct Client {
    socket: PathBuf,
}

impl Client {
    /// A client of the socket that the state file names.
    pub fn new(socket: impl Into<PathBuf>) -> Self {
        Self { socket: socket.into() }
    }

    /// See [`Cluster::inject`].
    pub async fn inject(&self, node: &NodeName, fault: NodeFault) -> Result<(), ClusterError> {
        self.done(Request::Inject { node: node.to_string(), fault }).await
    }

    /// See [`Cluster::cut`].
    pub async fn cut(&self, groups: &[Vec<NodeName>]) -> Result<(), ClusterError> {
        self.done(Request::Cut { groups: groups.iter().map(|group| texts(group)).collect() }).await
    }

    /// See [`Cluster::heal`].
    pub async fn heal(&self, nodes: &[NodeName]) -> Result<(), ClusterError> {
        self.done(Request::Heal { nodes: texts(nodes) }).await
    }

    /// How it is.
    pub async fn status(&self) -> Result<Status, ClusterError> {
        match self.ask(Request::Status).await? {
            Answer::Status(status) => Ok(status),
            other => Err(unexpected(&other)),
        }
    }

    /// Takes it down; returns once it is.
    pub async fn shutdown(&self) -> Result<(), ClusterError> {
        self.done(Request::Shutdown).await
    }

    async fn done(&self, request: Request) -> Result<(), ClusterError> {
        match self.ask(request).await? {
            Answer::Done => Ok(()),
            Answer::Failed { cause } => Err(ClusterError::Control { cause }),
            other => Err(unexpected(&other)),
        }
    }

    async fn ask(&self, request: Request) -> Result<Answer, ClusterError> {
        let limit = request.limit();
        let exchange = async {
            let (read, mut write) = UnixStream::connect(&self.socket).await?.into_split();
            send(&mut write, &request).await?;
            let mut line = String::new();
            BufReader::new(read.take(LONGEST_LINE)).read_line(&mut line).await?;
            Ok(serde_json::from_str(&line)?)
        };
        let late = || io::Error::new(io::ErrorKind::TimedOut, format!("no answer within {limit:?}"));
        let answer = tokio::time::timeout(limit, exchange).await.unwrap_or_else(|_| Err(late()));
        answer.map_err(|error: io::Error| ClusterError::Control {
            cause: format!("{}: {error}; is it still up? `polyspec up` starts it again", self.socket.display()),
        })
    }
}

fn unexpected(answer: &Answer) -> ClusterError {
    ClusterError::Control { cause: format!("it gave an answer of another version of polyspec: {answer:?}") }
}
