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

/// A row whose header has been read. It may be given up at any time: what is left of it is known.
pub(super) struct RowReader<'a> {
    pub(super) socket: &'a mut Socket,
    pub(super) input: &'a mut BytesMut,
    /// How many bytes of it were not read yet.
    pub(super) left: &'a mut usize,
}

/// The cells of a row in text form; `None` is NULL.
#[derive(Debug, Default)]
pub(super) struct Cells {
    pub(super) texts: Vec<Option<String>>,
    /// Whether all of them were in UTF-8.
    pub(super) utf8: bool,
}

impl RowReader<'_> {
    /// The cells. Those at a place in `binary` come in binary form and are floating point, or arrays of it.
    pub(super) async fn cells(mut self, binary: &[bool]) -> Result<Cells, Loss> {
        let count = usize::try_from(self.take(2).await?.get_i16()).unwrap_or_default();
        let mut cells = Cells { texts: Vec::with_capacity(count), utf8: true };
        for at in 0..count {
            let cell = self.cell(binary.get(at) == Some(&true), &mut cells.utf8).await?;
            cells.texts.push(cell);
        }
        Ok(cells)
    }

    /// Passes over the row.
    pub(super) async fn skip(self) -> Result<(), Loss> {
        while *self.left > 0 {
            if self.input.is_empty() && self.socket.read_some(self.input).await? == 0 {
                return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
            }
            let here = self.input.len().min(*self.left);
            self.input.advance(here);
            *self.left -= here;
        }
        Ok(())
    }

    async fn cell(&mut self, binary: bool, utf8: &mut bool) -> Result<Option<String>, Loss> {
        let Ok(length) = usize::try_from(self.take(4).await?.get_i32()) else { return Ok(None) };
        if length > LONGEST {
            return self.long_cell(length).await.map(Some);
        }
        let bytes = self.take(length).await?;
        if binary {
            return float::text(&bytes)
                .map(Some)
                .ok_or_else(|| Loss::Protocol("a float in a form that is not known".into()));
        }
        Ok(Some(String::from_utf8(Vec::from(bytes)).unwrap_or_else(|invalid| {
            *utf8 = false;
            String::from_utf8_lossy(invalid.as_bytes()).into_owned()
        })))
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
            left -= here;
            *self.left = self.left.saturating_sub(here);
        }
        let digest: String = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        let beginning = String::from_utf8_lossy(&beginning);
        let beginning = beginning.trim_end_matches(char::REPLACEMENT_CHARACTER);
        Ok(format!("{beginning}… ({length} bytes in all, SHA-256 {digest})"))
    }

    async fn take(&mut self, length: usize) -> Result<BytesMut, Loss> {
        if length > *self.left {
            return Err(Loss::Protocol("a row is shorter than its cells".into()));
        }
        self.fill(length).await?;
        *self.left -= length;
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
