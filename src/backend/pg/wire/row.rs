//! The cells of one row, read one by one: a cell may be larger than memory should hold, and is then kept by its beginning.

use std::io;

use bytes::{Buf, BytesMut};
use sha2::{Digest, Sha256};

use super::socket::Socket;
use super::{Loss, float};

/// The longest cell that is kept whole, in bytes. Of a longer one its beginning, its length and its SHA-256 are kept: no
/// author writes such a value, and equal ones are still equal.
const LONGEST: usize = 16 * 1024 * 1024;

/// How much of a longer cell is kept.
const BEGINNING: usize = 4 * 1024;

/// A row whose header has been read.
pub(super) struct RowReader<'a> {
    socket: &'a mut Socket,
    input: &'a mut BytesMut,
    left: usize,
}

impl<'a> RowReader<'a> {
    /// The row of `left` bytes that begins in `input`.
    pub(super) fn new(socket: &'a mut Socket, input: &'a mut BytesMut, left: usize) -> Self {
        Self { socket, input, left }
    }

    /// The cells in text form; `None` is NULL. Those at a place in `binary` come in binary form and are floating point.
    pub(super) async fn cells(mut self, binary: &[bool]) -> Result<Vec<Option<String>>, Loss> {
        let count = usize::try_from(self.take(2).await?.get_i16()).unwrap_or_default();
        let mut cells = Vec::with_capacity(count);
        for at in 0..count {
            cells.push(self.cell(binary.get(at) == Some(&true)).await?);
        }
        Ok(cells)
    }

    /// Passes over the row.
    pub(super) async fn skip(mut self) -> Result<(), Loss> {
        while self.left > 0 {
            self.fill(1).await?;
            let here = self.left.min(self.input.len());
            self.input.advance(here);
            self.left -= here;
        }
        Ok(())
    }

    async fn cell(&mut self, binary: bool) -> Result<Option<String>, Loss> {
        let Ok(length) = usize::try_from(self.take(4).await?.get_i32()) else { return Ok(None) };
        if length > LONGEST {
            return self.long_cell(length).await.map(Some);
        }
        let bytes = self.take(length).await?;
        if binary {
            return float::text(&bytes).map(Some).ok_or_else(|| Loss::Protocol("a float of another length".into()));
        }
        match String::from_utf8(Vec::from(bytes)) {
            Ok(text) => Ok(Some(text)),
            Err(_) => Err(Loss::Protocol("a value is not in UTF-8; was client_encoding changed?".into())),
        }
    }

    async fn long_cell(&mut self, length: usize) -> Result<String, Loss> {
        let mut hash = Sha256::new();
        let mut beginning = Vec::with_capacity(BEGINNING);
        let mut left = length;
        while left > 0 {
            self.fill(1).await?;
            let here = left.min(self.input.len());
            hash.update(&self.input[..here]);
            let kept = here.min(BEGINNING - beginning.len());
            beginning.extend_from_slice(&self.input[..kept]);
            self.input.advance(here);
            (left, self.left) = (left - here, self.left.saturating_sub(here));
        }
        let digest: String = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        let beginning = String::from_utf8_lossy(&beginning);
        let beginning = beginning.trim_end_matches(char::REPLACEMENT_CHARACTER);
        Ok(format!("{beginning}… ({length} bytes in all, SHA-256 {digest})"))
    }

    async fn take(&mut self, length: usize) -> Result<BytesMut, Loss> {
        if length > self.left {
            return Err(Loss::Protocol("a row is shorter than its cells".into()));
        }
        self.fill(length).await?;
        self.left -= length;
        Ok(self.input.split_to(length))
    }

    /// Reads until so many bytes are there.
    async fn fill(&mut self, length: usize) -> Result<(), Loss> {
        while self.input.len() < length {
            if self.socket.read_some(self.input).await? == 0 {
                return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
            }
        }
        Ok(())
    }
}
