//! A connection in PostgreSQL's own protocol (manual, chapter 54), message by message. A driver hides what a verdict needs:
//! the types of every result of a text of several statements, notices and notifications, whether a transaction is open or
//! has failed, the last words of a server that closes a connection, and rows of COPY. The encoding of the messages is that
//! of the crate `postgres-protocol`.

mod cancel;
mod collect;
mod encoding;
mod exchange;
mod float;
mod loss;
mod row;
mod socket;
mod startup;

pub(super) use cancel::CancelKey;
pub(super) use collect::{Collected, Collector, Described};
pub(super) use exchange::{Exchange, Stdin};
pub(super) use loss::Loss;
pub(super) use socket::Address;

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::{Buf, BytesMut};
use postgres_protocol::message::backend::{self, Message};
use postgres_protocol::message::frontend;

use self::row::RowReader;
use self::socket::Socket;
use super::error::refusal_of;
use crate::observation::{Notice, Notification};

/// What the server said about the transaction when it was last ready (manual, 54.7, ReadyForQuery).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Status {
    /// No transaction is open.
    Idle,
    /// A transaction is open.
    Open,
    /// A transaction is open in which a statement has failed.
    Failed,
}

/// An open connection.
pub(super) struct Wire {
    socket: Socket,
    address: Address,
    input: BytesMut,
    output: BytesMut,
    /// How much of the row at hand has not been read: its reader may have been given up amid it.
    row: usize,
    status: Status,
    key: CancelKey,
    /// Settings that the server reports whenever they change (`DateStyle`, `IntervalStyle`, `TimeZone`, …).
    parameters: BTreeMap<String, String>,
    /// What was said and notified since it was last taken.
    said: Vec<Notice>,
    notified: Vec<Notification>,
}

impl Drop for Wire {
    /// Says goodbye (manual, 54.2.9): a server whose client is merely gone notes that in its log. Nobody waits for it.
    fn drop(&mut self) {
        let mut goodbye = BytesMut::new();
        frontend::terminate(&mut goodbye);
        self.socket.write_now(&goodbye);
    }
}

/// What came next from the server.
enum Next {
    Message(Message),
    /// The beginning of a row, whose cells are read one by one.
    Row(usize),
}

impl Wire {
    /// The transaction's state when the server was last ready.
    pub(super) fn status(&self) -> Status {
        self.status
    }

    /// How to have a statement cancelled from another connection.
    pub(super) fn cancel_key(&self) -> (Address, CancelKey) {
        (self.address.clone(), self.key)
    }

    /// The process id of the server's backend.
    pub(super) fn pid(&self) -> i32 {
        self.key.process
    }

    /// A setting as the server has reported it last.
    pub(super) fn setting(&self, name: &str) -> Option<&str> {
        self.parameters.get(name).map(String::as_str)
    }

    /// Notices of the last exchange.
    pub(super) fn take_notices(&mut self) -> Vec<Notice> {
        std::mem::take(&mut self.said)
    }

    /// Notifications that have come since this was last asked.
    pub(super) fn take_notifications(&mut self) -> Vec<Notification> {
        std::mem::take(&mut self.notified)
    }

    /// Reads what the server has sent unasked, without waiting: last words and an end are seen before a statement is sent
    /// that would never be run.
    pub(super) fn look(&mut self) -> Result<(), Loss> {
        let ended = self.socket.read_available(&mut self.input)?;
        while let Some(message) = self.buffered()? {
            if let Message::ErrorResponse(body) = message {
                return Err(Loss::Told(Box::new(refusal_of(&mut body.fields())?)));
            }
        }
        if ended { Err(Loss::Silent("the server closed the connection".into())) } else { Ok(()) }
    }

    /// Sends what was put into the output. What the server sends meanwhile is read, so that neither side waits for the
    /// other with full buffers.
    async fn flush(&mut self) -> Result<(), Loss> {
        while self.output.has_remaining() {
            self.socket.write_some(&mut self.output, &mut self.input).await?;
        }
        Ok(())
    }

    /// The next message that belongs to an exchange; what may come at any time is kept aside.
    async fn next(&mut self) -> Result<Next, Loss> {
        if self.row > 0 {
            self.row().skip().await?;
        }
        loop {
            if let Some(length) = self.row_ahead() {
                return Ok(Next::Row(length));
            }
            if let Some(message) = self.buffered()? {
                return Ok(Next::Message(message));
            }
            // A row behind messages that were kept aside.
            if !self.is_row_next() && self.socket.read_some(&mut self.input).await? == 0 {
                return Err(Loss::Silent("the server closed the connection".into()));
            }
        }
    }

    fn is_row_next(&self) -> bool {
        let header = backend::Header::parse(&self.input).ok().flatten();
        header.is_some_and(|header| header.tag() == backend::DATA_ROW_TAG)
    }

    /// The length of the row that is next, when it is one.
    fn row_ahead(&mut self) -> Option<usize> {
        let header = backend::Header::parse(&self.input).ok().flatten()?;
        if !self.is_row_next() {
            return None;
        }
        self.input.advance(5);
        self.row = usize::try_from(header.len()).unwrap_or_default().saturating_sub(4);
        Some(self.row)
    }

    /// The next whole message of an exchange among what was read, up to a row.
    fn buffered(&mut self) -> Result<Option<Message>, Loss> {
        while self.row == 0
            && !self.is_row_next()
            && let Some(message) = Message::parse(&mut self.input)?
        {
            match message {
                Message::NoticeResponse(body) => self.said.push(super::error::notice_of(&mut body.fields())?),
                Message::NotificationResponse(body) => self
                    .notified
                    .push(Notification { channel: body.channel()?.to_string(), payload: body.message()?.to_string() }),
                Message::ParameterStatus(body) => {
                    self.parameters.insert(body.name()?.to_string(), body.value()?.to_string());
                }
                other => return Ok(Some(other)),
            }
        }
        Ok(None)
    }

    /// Reads the row at hand.
    fn row(&mut self) -> RowReader<'_> {
        RowReader { socket: &mut self.socket, input: &mut self.input, left: &mut self.row }
    }

    /// Says goodbye and waits until the server has ended the session, but no longer than `limit`: what is asked of the server
    /// after that does not see it. (A backend leaves its socket to be closed by the end of its process.)
    pub(super) async fn close(mut self, limit: Duration) {
        frontend::terminate(&mut self.output);
        let ended = async {
            while self.flush().await.is_ok() && self.socket.read_some(&mut self.input).await.is_ok_and(|read| read > 0)
            {
            }
        };
        if tokio::time::timeout(limit, ended).await.is_err() {
            tracing::debug!("a server did not end a session in time");
        }
    }
}
