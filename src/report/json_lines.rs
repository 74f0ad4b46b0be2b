//! The report for machines: one event a line as JSON, flushed line by line, so that it can be followed and replayed.

use std::io::{self, Write};
use std::path::Path;

use super::Reporter;
use crate::event::Stamped;

/// Events as JSON lines.
pub struct JsonLines {
    out: Box<dyn Write + Send>,
    error: Option<io::Error>,
}

impl JsonLines {
    /// Lines go into a new file at `path`, or through what is there and no regular file; folders on the way are made.
    ///
    /// # Errors
    /// The file cannot be made.
    pub fn new(path: &Path) -> io::Result<Self> {
        Ok(Self::to(Box::new(super::file::create(path)?)))
    }

    /// Lines go to `out`.
    pub fn to(out: Box<dyn Write + Send>) -> Self {
        Self { out, error: None }
    }

    fn write(&mut self, event: &Stamped) -> io::Result<()> {
        let mut line = serde_json::to_vec(event)?;
        line.push(b'\n');
        self.out.write_all(&line)?;
        self.out.flush()
    }
}

impl Reporter for JsonLines {
    fn event(&mut self, event: &Stamped) {
        if self.error.is_none() {
            self.error = self.write(event).err();
        }
    }

    fn finish(&mut self) -> io::Result<()> {
        self.error.take().map_or(Ok(()), Err)
    }
}
