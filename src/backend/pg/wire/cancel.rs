//! Cancelling a statement from another connection (manual, 54.2.8).

use bytes::BytesMut;
use postgres_protocol::message::frontend;

use super::socket::Socket;
use super::{Address, Loss};

/// What a backend gave its client to have its statement cancelled.
#[derive(Clone, Copy, Debug)]
pub(in crate::backend::pg) struct CancelKey {
    /// The process id of the backend.
    pub(super) process: i32,
    pub(super) secret: i32,
}

impl CancelKey {
    /// Asks the server to cancel what the backend is at. The server answers by closing the connection.
    pub(in crate::backend::pg) async fn cancel(self, address: &Address) -> Result<(), Loss> {
        let mut socket = Socket::open(address).await?;
        let (mut output, mut input) = (BytesMut::new(), BytesMut::new());
        frontend::cancel_request(self.process, self.secret, &mut output);
        while !output.is_empty() {
            socket.write_some(&mut output, &mut input).await?;
        }
        while socket.read_some(&mut input).await? > 0 {}
        Ok(())
    }
}
