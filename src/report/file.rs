//! Writes a report's file at once or not at all; what is no regular file, a device or a pipe, is written through.

use std::fs::{File, OpenOptions, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// How many links are followed, as path_resolution(7) has it.
const MOST_LINKS: usize = 40;

/// What a report's path leads to.
#[derive(Debug, PartialEq, Eq)]
enum Destination {
    /// A regular file, or nothing yet, at the end of all links.
    Regular(PathBuf),
    /// A device, a FIFO, or an open file of a process (`/dev/stdout`): never replaced, only written to.
    Through(PathBuf),
}

/// Puts `bytes` into `path`: into a neighbour first, which then takes the name, so that a reader never sees half a report.
/// Links are followed and stay; what is no regular file is written to. Folders on the way are made.
pub fn write_atomically(path: &Path, bytes: &[u8]) -> io::Result<()> {
    match destination(path)? {
        Destination::Regular(path) => replace(&path, bytes),
        Destination::Through(path) => through(&path)?.write_all(bytes),
    }
}

/// Opens `path` for a report that is written bit by bit: a regular file is emptied. Folders on the way are made.
pub(super) fn create(path: &Path) -> io::Result<File> {
    match destination(path)? {
        Destination::Regular(path) => {
            std::fs::create_dir_all(folder_of(&path))?;
            File::create(path)
        }
        Destination::Through(path) => through(&path),
    }
}

fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = folder_of(path);
    std::fs::create_dir_all(folder)?;
    let mut file = tempfile::Builder::new().prefix(".polyspec-").permissions(readable()).tempfile_in(folder)?;
    file.write_all(bytes)?;
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}

/// A shell's `>out.txt` behind `/dev/stdout` keeps what was written before.
fn through(path: &Path) -> io::Result<File> {
    OpenOptions::new().append(true).open(path)
}

/// Follows the links one by one: the last one may lead to a file that is not there yet, and one of `/proc/self/fd` to
/// something that has no path.
fn destination(path: &Path) -> io::Result<Destination> {
    let mut path = path.to_path_buf();
    for _ in 0..MOST_LINKS {
        let folder = folder_of(&path).to_path_buf();
        let place = std::fs::canonicalize(&folder).unwrap_or_else(|_| folder.clone());
        if place.starts_with("/proc") {
            return Ok(Destination::Through(path));
        }
        match std::fs::symlink_metadata(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Destination::Regular(path)),
            Err(error) => return Err(error),
            Ok(meta) if meta.is_symlink() => path = place.join(std::fs::read_link(&path)?),
            Ok(meta) if meta.is_file() || meta.is_dir() => return Ok(Destination::Regular(path)),
            Ok(_) => return Ok(Destination::Through(path)),
        }
    }
    Err(io::Error::other("too many symbolic links"))
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// A temporary file is its owner's alone; a report is for others to read, a CI server say. The process's umask still applies.
fn readable() -> Permissions {
    Permissions::from_mode(0o666)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn a_link_stays_and_its_target_is_replaced() {
        let folder = tempfile::tempdir().expect("a folder");
        let at = |name: &str| folder.path().join(name);
        symlink("real.xml", at("link.xml")).expect("a link");
        for text in ["first", "second"] {
            write_atomically(&at("link.xml"), text.as_bytes()).expect("written");
            assert_eq!(std::fs::read_to_string(at("real.xml")).expect("there"), text);
        }
        assert!(std::fs::symlink_metadata(at("link.xml")).expect("there").is_symlink());
    }

    #[test]
    fn a_circle_of_links_is_an_error() {
        let folder = tempfile::tempdir().expect("a folder");
        symlink("b", folder.path().join("a")).expect("a link");
        symlink("a", folder.path().join("b")).expect("a link");
        assert!(write_atomically(&folder.path().join("a"), b"x").is_err());
    }

    #[test]
    fn devices_and_open_files_are_written_through() {
        let through = |path: &str| destination(Path::new(path)).expect("known") == Destination::Through(path.into());
        assert!(through("/dev/null") && through("/dev/full") && through("/proc/self/fd/1"));
        assert!(matches!(destination(Path::new("/dev/stdout")), Ok(Destination::Through(_))));
        assert!(write_atomically(Path::new("/dev/full"), b"x").is_err(), "the device says that it is full");
    }
}
