//! The first message of a connection to mongod, and who sent it (MongoDB wire protocol, "Standard Message Header", OP_MSG,
//! OP_QUERY).

use std::io;

use bson::RawDocument;
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;

/// A greeting is a few hundred bytes; what is longer is none.
const LONGEST: usize = 64 * 1024;
const HEADER: usize = 16;
const OP_QUERY: i32 = 2004;
const OP_MSG: i32 = 2013;

/// Reads the first message: its bytes, and the port that a member of a replica set says it listens on.
pub(crate) async fn read(stream: &mut TcpStream) -> io::Result<(Vec<u8>, Option<u16>)> {
    let mut message = vec![0; HEADER];
    stream.read_exact(&mut message).await?;
    let length = usize::try_from(number(&message, 0).unwrap_or_default()).unwrap_or_default();
    if !(HEADER..=LONGEST).contains(&length) {
        return Ok((message, None));
    }
    message.resize(length, 0);
    stream.read_exact(&mut message[HEADER..]).await?;
    let port = member(&message);
    Ok((message, port))
}

fn number(message: &[u8], at: usize) -> Option<i32> {
    Some(i32::from_le_bytes(message.get(at..at + 4)?.try_into().ok()?))
}

/// The port in `hostInfo`, `host:port`.
fn member(message: &[u8]) -> Option<u16> {
    let document = RawDocument::from_bytes(document(message)?).ok()?;
    document.get_str("hostInfo").ok()?.rsplit(':').next()?.parse().ok()
}

/// The bytes of the command.
fn document(message: &[u8]) -> Option<&[u8]> {
    let at = match number(message, 12)? {
        // Flags, then a section of kind 0.
        OP_MSG if message.get(HEADER + 4) == Some(&0) => HEADER + 5,
        // Flags, the collection's name with its zero, two numbers.
        OP_QUERY => {
            let name = HEADER + 4;
            name + message.get(name..)?.iter().position(|byte| *byte == 0)? + 1 + 8
        }
        _ => return None,
    };
    let length = usize::try_from(number(message, at)?).ok()?;
    message.get(at..at.checked_add(length)?)
}

#[cfg(test)]
mod tests {
    use bson::{Document, doc};

    use super::*;

    fn message(operation: i32, before: &[u8], document: &Document) -> Vec<u8> {
        let body = document.to_vec().unwrap();
        let length = (HEADER + before.len() + body.len()) as i32;
        let numbers = [length, 1, 0, operation].map(i32::to_le_bytes).concat();
        [numbers.as_slice(), before, &body].concat()
    }

    #[test]
    fn a_member_says_its_port_in_either_form_of_a_message() {
        let hello = doc! { "hello": 1, "hostInfo": "box:27018" };
        assert_eq!(member(&message(OP_MSG, &[0; 5], &hello)), Some(27018));
        let query = [&[0; 4][..], b"admin.$cmd\0", &[0; 8]].concat();
        assert_eq!(member(&message(OP_QUERY, &query, &hello)), Some(27018));
    }

    #[test]
    fn a_driver_is_nobodys_member_and_nonsense_is_neither() {
        assert_eq!(member(&message(OP_MSG, &[0; 5], &doc! { "hello": 1 })), None);
        let mut broken = message(OP_MSG, &[0; 5], &doc! { "hostInfo": "box:1" });
        broken[HEADER + 5] = 0xff;
        assert_eq!(member(&broken), None);
        assert_eq!(member(&broken[..HEADER]), None);
        assert_eq!(member(b""), None);
    }
}
