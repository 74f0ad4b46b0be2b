//! The socket below a connection: TCP or a Unix-domain socket.

use std::io;
use std::path::PathBuf;

use bytes::{Buf, BytesMut};
use tokio::io::Interest;
use tokio::net::{TcpStream, UnixStream};

/// How much is read at once.
const CHUNK: usize = 64 * 1024;

/// Where a server listens.
#[derive(Clone, Debug)]
pub(in crate::backend::pg) enum Address {
    /// A host, as a name or an IP address, and a port.
    Tcp(String, u16),
    /// The path of a socket (manual, 32.1.1: `host` that begins with a slash).
    Unix(PathBuf),
}

/// An open socket.
pub(super) enum Socket {
    Tcp(TcpStream),
    Unix(UnixStream),
}

impl Socket {
    /// Connects.
    pub(super) async fn open(address: &Address) -> io::Result<Self> {
        match address {
            Address::Tcp(host, port) => {
                let stream = TcpStream::connect((host.as_str(), *port)).await?;
                stream.set_nodelay(true)?;
                Ok(Socket::Tcp(stream))
            }
            Address::Unix(path) => Ok(Socket::Unix(UnixStream::connect(path).await?)),
        }
    }

    async fn ready(&self, interest: Interest) -> io::Result<tokio::io::Ready> {
        match self {
            Socket::Tcp(stream) => stream.ready(interest).await,
            Socket::Unix(stream) => stream.ready(interest).await,
        }
    }

    fn try_read(&self, input: &mut BytesMut) -> io::Result<usize> {
        input.reserve(CHUNK);
        match self {
            Socket::Tcp(stream) => stream.try_read_buf(input),
            Socket::Unix(stream) => stream.try_read_buf(input),
        }
    }

    fn try_write(&self, output: &[u8]) -> io::Result<usize> {
        match self {
            Socket::Tcp(stream) => stream.try_write(output),
            Socket::Unix(stream) => stream.try_write(output),
        }
    }

    /// Reads what there is, at least a byte; 0 is the end.
    pub(super) async fn read_some(&mut self, input: &mut BytesMut) -> io::Result<usize> {
        loop {
            self.ready(Interest::READABLE).await?;
            match self.try_read(input) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                read => return read,
            }
        }
    }

    /// Reads what there is without waiting; `true` at the end.
    pub(super) fn read_available(&mut self, input: &mut BytesMut) -> io::Result<bool> {
        loop {
            match self.try_read(input) {
                Ok(0) => return Ok(true),
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(false),
                // Last words may have been read before; they say more than the reset.
                Err(_) if !input.is_empty() => return Ok(true),
                Err(error) => return Err(error),
            }
        }
    }

    /// Writes what the socket takes at once, and forgets the rest.
    pub(super) fn write_now(&self, output: &[u8]) {
        let _ = self.try_write(output);
    }

    /// Writes a part of `output`; while the server takes nothing, what it sends goes to `input`.
    pub(super) async fn write_some(&mut self, output: &mut BytesMut, input: &mut BytesMut) -> io::Result<()> {
        let ready = self.ready(Interest::READABLE | Interest::WRITABLE).await?;
        if ready.is_writable() {
            match self.try_write(output) {
                Ok(written) => {
                    output.advance(written);
                    return Ok(());
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Err(error),
            }
        }
        if ready.is_readable() {
            match self.try_read(input) {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Err(error) if error.kind() != io::ErrorKind::WouldBlock => return Err(error),
                _ => {}
            }
        }
        Ok(())
    }
}
