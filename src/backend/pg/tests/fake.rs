//! A scripted server: it speaks the beginning of the protocol by itself and then says, word for word, what a test tells it.

use std::collections::VecDeque;

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

/// A node whose first connection follows the first script, and so on; further connections are closed at once. Requests to
/// cancel count as connections.
pub(super) async fn node(scripts: Vec<Vec<Act>>) -> PgNode {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    tokio::spawn(async move {
        let mut scripts: VecDeque<Vec<Act>> = scripts.into();
        while let Ok((stream, _)) = listener.accept().await {
            if let Some(script) = scripts.pop_front() {
                tokio::spawn(follow(stream, script));
            }
        }
    });
    let url = format!("postgresql://app@127.0.0.1:{port}/postgres");
    PgNode::new(NodeName { engine: Engine::Pg, name: "a".into() }, &url, &url, true).expect("a node")
}

async fn follow(mut stream: TcpStream, script: Vec<Act>) {
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
                asked(&mut stream).await;
                let _ = stream.write_all(&bytes).await;
            }
            Act::Say(bytes) => {
                let _ = stream.write_all(&bytes).await;
            }
            Act::Close | Act::Turn(_) => return,
            Act::Hang => {
                asked(&mut stream).await;
                std::future::pending::<()>().await;
            }
        }
    }
    // The client ends the connection.
    let mut rest = vec![];
    let _ = stream.read_to_end(&mut rest).await;
}

/// Reads messages up to a query or a Sync.
async fn asked(stream: &mut TcpStream) {
    loop {
        let Ok(tag) = stream.read_u8().await else { return };
        let length = stream.read_i32().await.unwrap_or(4);
        let mut body = vec![0; usize::try_from(length).unwrap_or(4) - 4];
        let _ = stream.read_exact(&mut body).await;
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

/// A result of one column of a type, and its rows.
pub(super) fn result(oid: u32, rows: &[&str], status: u8) -> Vec<u8> {
    let mut field = b"\0\x01c\0\0\0\0\0\0\0".to_vec();
    field.extend(oid.to_be_bytes());
    field.extend([0, 4, 0xff, 0xff, 0xff, 0xff, 0, 0]);
    let row = |text: &&str| {
        let length = i32::try_from(text.len()).expect("a short cell").to_be_bytes();
        message(b'D', &[b"\0\x01".as_slice(), &length, text.as_bytes()].concat())
    };
    let rows: Vec<u8> = rows.iter().flat_map(row).collect();
    [message(b'T', &field), rows, message(b'C', b"SELECT 1\0"), ready(status)].concat()
}
