//! Free ports, held so that no two polyspecs take one.

use std::fs::{File, OpenOptions};
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use rand::Rng;

use super::ClusterError;

/// Below the ports that systems hand out to outgoing connections (Linux from 32768, macOS from 49152), so that nobody
/// is given the port of a node while it is stopped.
const RANGE: (u16, u16) = (20_000, 32_000);

/// A port that is ours until this is dropped, whether a server listens there or not.
#[derive(Debug)]
pub(crate) struct Port {
    /// Its number.
    pub number: u16,
    path: PathBuf,
    _lock: File,
}

impl Port {
    /// A port on which nobody listens now, and which no other polyspec of this user holds. Somebody else can still take it
    /// before the server does: then the server says so and another port is taken.
    pub(crate) fn free(run_dir: &Path) -> Result<Self, ClusterError> {
        let folder = run_dir.join("ports");
        std::fs::create_dir_all(&folder)
            .map_err(|error| ClusterError::folder(&folder, error, "make the folder writable"))?;
        let count = RANGE.1 - RANGE.0;
        let first = rand::rng().random_range(0..count);
        let mut numbers = (0..count).map(|step| RANGE.0 + (first + step) % count);
        numbers.find_map(|number| Self::hold(&folder, number)).ok_or(ClusterError::NoPort { range: RANGE })
    }

    fn hold(folder: &Path, number: u16) -> Option<Self> {
        let path = folder.join(number.to_string());
        let lock = OpenOptions::new().create(true).truncate(false).write(true).open(&path).ok()?;
        lock.try_lock().ok()?;
        let held = Self { number, path, _lock: lock };
        (held.is_current() && is_free(number)).then_some(held)
    }

    /// Whether the locked file is still the one of that name: its last holder removes it.
    fn is_current(&self) -> bool {
        let (ours, named) = (self._lock.metadata(), std::fs::metadata(&self.path));
        matches!((ours, named), (Ok(ours), Ok(named)) if ours.ino() == named.ino())
    }
}

impl Drop for Port {
    fn drop(&mut self) {
        if self.is_current() {
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

/// Removes the files of ports that nobody holds any more.
pub(crate) fn sweep(run_dir: &Path) {
    for entry in std::fs::read_dir(run_dir.join("ports")).into_iter().flatten().flatten() {
        let Ok(lock) = OpenOptions::new().write(true).open(entry.path()) else { continue };
        if lock.try_lock().is_ok() {
            drop(Port { number: 0, path: entry.path(), _lock: lock });
        }
    }
}

fn is_free(number: u16) -> bool {
    TcpListener::bind((Ipv4Addr::LOCALHOST, number)).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_held_port_is_not_held_twice_and_its_file_goes_with_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let port = Port::free(folder.path()).expect("a port");
        assert!(Port::hold(&folder.path().join("ports"), port.number).is_none());
        sweep(folder.path());
        assert!(port.path.exists(), "a sweep leaves held ports alone");
        let path = port.path.clone();
        drop(port);
        assert!(!path.exists());
    }

    #[test]
    fn a_port_on_which_somebody_listens_is_not_taken() {
        let folder = tempfile::tempdir().expect("a folder");
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a listener");
        let number = listener.local_addr().expect("an address").port();
        assert!(Port::hold(folder.path(), number).is_none());
    }
}
