//! A scripted server: it speaks the beginning of the protocol by itself and then says, word for word, what a test tells it.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::backend::pg::PgNode;
use crate::model::{Engine, NodeName};

/// What a request to cancel begins with (manual, 54.7, CancelRequest).
const CANCEL: [u8; 4] = 80_877_102_u32.to_be_bytes();

/// What the server does next on a connection.
#[derive(Clone, Debug)]
pub(super) enum Act {
    /// Waits for a statement and sends these bytes.
    Answer(Vec<u8>),
    /// Sends these bytes unasked.
    Say(Vec<u8>),
    /// Closes the connection.
    Close,
    /// Waits for a statement and never answers.
    Hang,
    /// Refuses the connection with these bytes, instead of its beginning.
    Turn(Vec<u8>),
}

/// Everything that clients have sent: bodies of messages, as text as far as they are some.
#[derive(Clone, Debug, Default)]
pub(super) struct Heard(Arc<Mutex<String>>);

impl Heard {
    /// Whether this was sent.
    pub(super) fn has(&self, text: &str) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).contains(text)
    }

    fn hear(&self, bytes: &[u8]) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push_str(&String::from_utf8_lossy(bytes));
    }
}

/// A node whose first connection follows the first script, and so on; further connections are closed at once. Requests to
/// cancel count as connections.
pub(super) async fn node(scripts: Vec<Vec<Act>>) -> PgNode {
    listening(scripts).await.0
}

/// The same, and what it hears.
pub(super) async fn listening(scripts: Vec<Vec<Act>>) -> (PgNode, Heard) {
    let heard = Heard::default();
    let hears = heard.clone();
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    tokio::spawn(async move {
        let mut scripts: VecDeque<Vec<Act>> = scripts.into();
        while let Ok((stream, _)) = listener.accept().await {
            if let Some(script) = scripts.pop_front() {
                tokio::spawn(follow(stream, script, hears.clone()));
            }
        }
    });
    let url = format!("postgresql://app@127.0.0.1:{port}/postgres");
    let node = PgNode::new(NodeName { engine: Engine::Pg, name: "a".into() }, &url, &url, true).expect("a node");
    (node, heard)
}

async fn follow(mut stream: TcpStream, script: Vec<Act>, heard: Heard) {
    let length = stream.read_i32().await.unwrap_or(4);
    let mut packet = vec![0; usize::try_from(length).unwrap_or(4) - 4];
    if stream.read_exact(&mut packet).await.is_err() || packet.starts_with(&CANCEL) {
        return;
    }
    if let Some(Act::Turn(bytes)) = script.first() {
        let _ = stream.write_all(bytes).await;
        return;
    }
    let hello = [message(b'R', &[0, 0, 0, 0]), message(b'K', &[0, 0, 0, 7, 0, 0, 0, 9]), ready(b'I')].concat();
    let _ = stream.write_all(&hello).await;
    for act in script {
        match act {
            Act::Answer(bytes) => {
                asked(&mut stream, &heard).await;
                let _ = stream.write_all(&bytes).await;
            }
            Act::Say(bytes) => {
                let _ = stream.write_all(&bytes).await;
            }
            Act::Close | Act::Turn(_) => return,
            Act::Hang => {
                asked(&mut stream, &heard).await;
                std::future::pending::<()>().await;
            }
        }
    }
    until_goodbye(&mut stream).await;
    heard.hear(b"(end)");
}

/// Reads messages up to a Terminate, or the end.
async fn until_goodbye(stream: &mut TcpStream) {
    while let Ok(tag) = stream.read_u8().await
        && tag != b'X'
    {
        let length = stream.read_i32().await.unwrap_or(4);
        let mut body = vec![0; usize::try_from(length).unwrap_or(4) - 4];
        let _ = stream.read_exact(&mut body).await;
    }
}

/// Reads messages up to a query or a Sync.
async fn asked(stream: &mut TcpStream, heard: &Heard) {
    loop {
        let Ok(tag) = stream.read_u8().await else { return };
        let length = stream.read_i32().await.unwrap_or(4);
        let mut body = vec![0; usize::try_from(length).unwrap_or(4) - 4];
        let _ = stream.read_exact(&mut body).await;
        heard.hear(&body);
        if matches!(tag, b'Q' | b'S') {
            return;
        }
    }
}

/// A message of the server.
pub(super) fn message(tag: u8, body: &[u8]) -> Vec<u8> {
    let length = i32::try_from(body.len() + 4).expect("a short message");
    [&[tag], length.to_be_bytes().as_slice(), body].concat()
}

/// Ready for the next, with the state of the transaction: `I`, `T`, `E`.
pub(super) fn ready(status: u8) -> Vec<u8> {
    message(b'Z', &[status])
}

/// An error or a notice.
pub(super) fn said(tag: u8, severity: &str, sqlstate: &str, text: &str) -> Vec<u8> {
    message(tag, format!("S{severity}\0V{severity}\0C{sqlstate}\0M{text}\0\0").as_bytes())
}

/// A setting that is reported.
pub(super) fn setting(name: &str, value: &str) -> Vec<u8> {
    message(b'S', format!("{name}\0{value}\0").as_bytes())
}

/// What comes before a result in the extended protocol: parsed and bound.
pub(super) fn bound() -> Vec<u8> {
    [message(b'1', &[]), message(b'2', &[])].concat()
}

/// The description of a statement that takes one parameter of a type and returns nothing.
pub(super) fn takes(oid: u32) -> Vec<u8> {
    let parameters = [b"\0\x01".as_slice(), &oid.to_be_bytes()].concat();
    [message(b'1', &[]), message(b't', &parameters), message(b'n', &[]), ready(b'I')].concat()
}

/// The header of a COPY to the client: its form, 0 for text and 1 for binary, and no columns.
pub(super) fn copies(format: u8) -> Vec<u8> {
    message(b'H', &[format, 0, 0])
}

/// A result of one column of a type, and its rows.
pub(super) fn result(oid: u32, rows: &[&str], status: u8) -> Vec<u8> {
    let cells: Vec<&[u8]> = rows.iter().map(|text| text.as_bytes()).collect();
    result_of(oid, &cells, &[], status)
}

/// The same of cells in any form, with what is said between them and the end.
pub(super) fn result_of(oid: u32, rows: &[&[u8]], beside: &[u8], status: u8) -> Vec<u8> {
    let mut field = b"\0\x01c\0\0\0\0\0\0\0".to_vec();
    field.extend(oid.to_be_bytes());
    field.extend([0, 4, 0xff, 0xff, 0xff, 0xff, 0, 0]);
    let row = |cell: &&[u8]| {
        let length = i32::try_from(cell.len()).expect("a short cell").to_be_bytes();
        message(b'D', &[b"\0\x01".as_slice(), &length, cell].concat())
    };
    let rows: Vec<u8> = rows.iter().flat_map(row).collect();
    [message(b'T', &field), rows, message(b'C', b"SELECT 1\0"), beside.to_vec(), ready(status)].concat()
}
