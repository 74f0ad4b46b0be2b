//! Ways between nodes that can be closed. A way is a port of ours (a door) behind which a node stands: what comes in is passed
//! on, unless the node that calls is cut off from the node behind the door. Then open connections are reset and new ones
//! are, too, as soon as it is known who calls.
//!
//! Who calls: a door between two PostgreSQL peers has one caller. All members of a replica set use one address for a member,
//! so there the caller is who it says it is: with `enableTestCommands` a member puts `hostInfo`, its host and port, into the
//! first message of every connection (MongoDB's own mongobridge lives by it; src/mongo/client/async_client.cpp). Whoever says
//! nothing, such as a driver, is nobody's member and is always passed.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::net::Ipv4Addr;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::io::copy_bidirectional_with_sizes;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{AbortHandle, JoinSet};

use super::ClusterError;
use super::hello;
use super::ports::Port;
use crate::model::NodeName;

/// How often it is looked whether connections that were cut are gone.
const LOOK_EVERY: Duration = Duration::from_millis(1);
/// How much is passed at once.
const BUFFER: usize = 64 * 1024;

/// Pairs of nodes that are cut off from one another, each in both orders.
type Cuts = BTreeSet<(NodeName, NodeName)>;

/// All doors of a cluster.
#[derive(Default)]
pub(crate) struct Links {
    state: Arc<State>,
    doors: Mutex<Vec<Door>>,
}

/// What the doors share.
#[derive(Default)]
struct State {
    cuts: watch::Sender<Cuts>,
    /// Connections between nodes that are open now, with how many there are of each.
    open: Mutex<BTreeMap<(NodeName, NodeName), usize>>,
}

struct Door {
    caller: Option<NodeName>,
    callee: NodeName,
    port: Port,
    work: AbortHandle,
}

impl Drop for Door {
    fn drop(&mut self) {
        self.work.abort();
    }
}

/// Who comes through a door.
pub(crate) enum Callers {
    /// This node alone.
    Only(NodeName),
    /// Members of a replica set, by the port that each really listens on, and everybody else.
    Members(BTreeMap<u16, NodeName>),
}

impl Links {
    /// Opens a door to `callee`, which listens on `target`; returns the door's port.
    pub(crate) async fn open(
        &self,
        run_dir: &Path,
        (callee, target): (&NodeName, u16),
        callers: Callers,
    ) -> Result<u16, ClusterError> {
        let (port, listener) = listen(run_dir).await?;
        let number = port.number;
        let caller = match &callers {
            Callers::Only(node) => Some(node.clone()),
            Callers::Members(_) => None,
        };
        let way = Way { callee: callee.clone(), target, callers, state: self.state.clone() };
        let work = tokio::spawn(serve(listener, Arc::new(way))).abort_handle();
        self.doors().push(Door { caller, callee: callee.clone(), port, work });
        Ok(number)
    }

    /// The port of the door to a member of a replica set.
    pub(crate) fn member(&self, callee: &NodeName) -> Option<u16> {
        let doors = self.doors();
        doors.iter().find(|door| door.caller.is_none() && door.callee == *callee).map(|door| door.port.number)
    }

    /// The ports of the doors to a peer, by who comes through each.
    pub(crate) fn routes(&self, callee: &NodeName) -> BTreeMap<String, u16> {
        let doors = self.doors();
        let to = doors.iter().filter(|door| door.callee == *callee);
        to.filter_map(|door| Some((door.caller.as_ref()?.to_string(), door.port.number))).collect()
    }

    /// Cuts the nodes of each group off from those of every other group; returns once no connection between them is left.
    pub(crate) async fn cut(&self, groups: &[Vec<NodeName>]) {
        self.state.cuts.send_modify(|cuts| cuts.extend(pairs(groups)));
        while self.state.crossed() {
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    /// Ends every cut that one of the nodes is part of; without nodes, all.
    pub(crate) fn heal(&self, nodes: &[NodeName]) {
        let healed = |(from, to): &(NodeName, NodeName)| nodes.is_empty() || nodes.contains(from) || nodes.contains(to);
        self.state.cuts.send_modify(|cuts| cuts.retain(|pair| !healed(pair)));
    }

    /// Closes all doors.
    pub(crate) fn close(&self) {
        self.doors().clear();
    }

    fn doors(&self) -> MutexGuard<'_, Vec<Door>> {
        self.doors.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Every ordered pair of nodes of different groups.
fn pairs(groups: &[Vec<NodeName>]) -> Cuts {
    let grouped: Vec<(usize, &NodeName)> =
        groups.iter().enumerate().flat_map(|(at, group)| group.iter().map(move |node| (at, node))).collect();
    let across = |(at, from): &(usize, &NodeName)| {
        let (at, from) = (*at, (*from).clone());
        let others = grouped.iter().filter(move |(other, _)| *other != at);
        others.map(move |(_, to)| (from.clone(), (*to).clone())).collect::<Vec<_>>()
    };
    grouped.iter().flat_map(across).collect()
}

/// A door that listens: from the moment that it listens nobody else can have its port.
async fn listen(run_dir: &Path) -> Result<(Port, TcpListener), ClusterError> {
    loop {
        let port = Port::free(run_dir)?;
        if let Ok(listener) = TcpListener::bind((Ipv4Addr::LOCALHOST, port.number)).await {
            return Ok((port, listener));
        }
    }
}

impl State {
    /// Whether a connection between nodes that are cut off from one another is open.
    fn crossed(&self) -> bool {
        let cuts = self.cuts.borrow();
        self.open.lock().unwrap_or_else(PoisonError::into_inner).keys().any(|pair| cuts.contains(pair))
    }

    fn count(&self, pair: &(NodeName, NodeName), opens: bool) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let count = open.get(pair).copied().unwrap_or_default();
        match if opens { count + 1 } else { count.saturating_sub(1) } {
            0 => open.remove(pair),
            count => open.insert(pair.clone(), count),
        };
    }
}

/// A connection between two nodes, counted as long as this is there.
struct Counted<'a>(&'a State, (NodeName, NodeName));

impl<'a> Counted<'a> {
    fn new(state: &'a State, pair: (NodeName, NodeName)) -> Self {
        state.count(&pair, true);
        Self(state, pair)
    }
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.0.count(&self.1, false);
    }
}

struct Way {
    callee: NodeName,
    target: u16,
    callers: Callers,
    state: Arc<State>,
}

/// Takes every call; the calls end with the task.
async fn serve(listener: TcpListener, way: Arc<Way>) {
    let mut calls = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    let way = way.clone();
                    calls.spawn(async move { way.take(stream).await });
                }
                // Out of descriptors, say: the calls that end free some.
                Err(error) => {
                    tracing::debug!(%error, "a call could not be taken");
                    tokio::time::sleep(LOOK_EVERY).await;
                }
            },
            Some(_) = calls.join_next() => {}
        }
    }
}

impl Way {
    async fn take(&self, mut client: TcpStream) {
        if let Err(error) = self.pass(&mut client).await {
            tracing::debug!(%error, "a passed connection ended");
            let _ = client.set_zero_linger();
        }
    }

    /// Passes a connection on until one side ends it or a cut does.
    async fn pass(&self, client: &mut TcpStream) -> io::Result<()> {
        client.set_nodelay(true)?;
        let (caller, first) = match &self.callers {
            Callers::Only(node) => (Some(node.clone()), vec![]),
            Callers::Members(members) => {
                let (first, port) = hello::read(client).await?;
                (port.and_then(|port| members.get(&port).cloned()), first)
            }
        };
        let Some(caller) = caller else { return self.forward(client, &first).await };
        let pair = (caller, self.callee.clone());
        let _counted = Counted::new(&self.state, pair.clone());
        let mut cuts = self.state.cuts.subscribe();
        tokio::select! {
            biased;
            _ = cuts.wait_for(|cuts| cuts.contains(&pair)) => Err(io::ErrorKind::ConnectionReset.into()),
            done = self.forward(client, &first) => done,
        }
    }

    async fn forward(&self, client: &mut TcpStream, first: &[u8]) -> io::Result<()> {
        use tokio::io::AsyncWriteExt;
        let mut server = TcpStream::connect((Ipv4Addr::LOCALHOST, self.target)).await?;
        server.set_nodelay(true)?;
        // Whatever ends this connection before its time is a reset to the server, too.
        let mut server = Reset::of(&mut server);
        server.stream.write_all(first).await?;
        let done = copy_bidirectional_with_sizes(client, server.stream, BUFFER, BUFFER).await;
        server.orderly = done.is_ok();
        done.map(drop)
    }
}

/// A connection that is reset when it is dropped before it has ended in an orderly way.
struct Reset<'a> {
    stream: &'a mut TcpStream,
    orderly: bool,
}

impl<'a> Reset<'a> {
    fn of(stream: &'a mut TcpStream) -> Self {
        Self { stream, orderly: false }
    }
}

impl Drop for Reset<'_> {
    fn drop(&mut self) {
        if !self.orderly {
            let _ = self.stream.set_zero_linger();
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;
    use crate::model::Engine;

    fn node(name: &str) -> NodeName {
        NodeName::new(Engine::Pg, name)
    }

    /// A server that gives back what it gets; its port.
    async fn echo() -> u16 {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                tokio::spawn(async move {
                    let (mut read, mut write) = stream.split();
                    tokio::io::copy(&mut read, &mut write).await
                });
            }
        });
        port
    }

    async fn says(stream: &mut TcpStream, text: &[u8]) -> io::Result<Vec<u8>> {
        stream.write_all(text).await?;
        let mut answer = vec![0; text.len()];
        stream.read_exact(&mut answer).await?;
        Ok(answer)
    }

    #[tokio::test]
    async fn a_cut_resets_what_is_open_and_refuses_what_is_new_until_it_heals() {
        let folder = tempfile::tempdir().unwrap();
        let links = Links::default();
        let (a, b) = (node("a"), node("b"));
        let door = links.open(folder.path(), (&b, echo().await), Callers::Only(a.clone())).await.unwrap();
        let call = || TcpStream::connect((Ipv4Addr::LOCALHOST, door));
        let mut stream = call().await.unwrap();
        assert_eq!(says(&mut stream, b"before").await.unwrap(), b"before");
        links.cut(&[vec![b.clone()], vec![a.clone(), node("c")]]).await;
        assert!(says(&mut stream, b"cut").await.is_err());
        assert!(says(&mut call().await.unwrap(), b"cut").await.is_err());
        links.heal(std::slice::from_ref(&b));
        assert_eq!(says(&mut call().await.unwrap(), b"after").await.unwrap(), b"after");
    }

    #[tokio::test]
    async fn a_cut_of_others_leaves_a_connection_alone() {
        let folder = tempfile::tempdir().unwrap();
        let links = Links::default();
        let door = links.open(folder.path(), (&node("b"), echo().await), Callers::Only(node("a"))).await.unwrap();
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, door)).await.unwrap();
        links.cut(&[vec![node("a"), node("b")], vec![node("c")]]).await;
        assert_eq!(says(&mut stream, b"still here").await.unwrap(), b"still here");
    }

    #[test]
    fn groups_are_cut_from_one_another_and_whole_within() {
        let cuts = pairs(&[vec![node("a")], vec![node("b"), node("c")]]);
        let expected = [("a", "b"), ("a", "c"), ("b", "a"), ("c", "a")];
        assert_eq!(cuts, expected.map(|(from, to)| (node(from), node(to))).into());
    }
}
