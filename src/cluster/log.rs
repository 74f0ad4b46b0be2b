//! The end of a server's log.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

/// How many lines an error shows.
pub(crate) const TAIL_LINES: usize = 20;
/// No more of a log than this is read: a log can be large.
const TAIL_BYTES: u64 = 64 * 1024;

/// The last `lines` lines of the file, what lies before the byte `since` left out. A file that cannot be read has none.
pub(crate) fn tail_since(path: &Path, since: u64, lines: usize) -> Vec<String> {
    let text = read_end(path, since).unwrap_or_default();
    let all: Vec<&str> = text.lines().collect();
    all[all.len().saturating_sub(lines)..].iter().map(|line| line.to_string()).collect()
}

/// The last `lines` lines of the file.
pub(crate) fn tail(path: &Path, lines: usize) -> Vec<String> {
    tail_since(path, 0, lines)
}

/// The length of the file, 0 if it is not there.
pub(crate) fn length(path: &Path) -> u64 {
    std::fs::metadata(path).map_or(0, |meta| meta.len())
}

fn read_end(path: &Path, since: u64) -> std::io::Result<String> {
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(since.max(length.saturating_sub(TAIL_BYTES))))?;
    let mut bytes = Vec::new();
    file.take(TAIL_BYTES).read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
