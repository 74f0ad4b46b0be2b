//! The cache, with a wheel made here and fetched from a folder.

use std::cell::Cell;
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::cache::{self, Condition};
use super::pins::Version;
use super::pip::Fetch;
use super::{Pin, missing_library};
use crate::cluster::ClusterError;
use crate::cluster::progress::ProgressSender;
use crate::model::Engine;

/// Hands out a wheel with one program, and counts how often.
struct Shelf {
    wheel: PathBuf,
    fetched: Cell<usize>,
}

impl Fetch for Shelf {
    fn fetch(&self, _: &Pin, folder: &Path, _: &ProgressSender) -> Result<PathBuf, ClusterError> {
        self.fetched.set(self.fetched.get() + 1);
        let copy = folder.join("server.whl");
        std::fs::copy(&self.wheel, &copy).expect("copied");
        Ok(copy)
    }
}

/// A shelf, a pin for what is on it, and an empty cache.
fn setup(folder: &Path) -> (Shelf, Pin, PathBuf) {
    let wheel = folder.join("on-the-shelf.whl");
    let mut zip = ZipWriter::new(File::create(&wheel).expect("made"));
    for (name, mode) in [("server/bin/postgres", 0o755), ("server/bin/notes", 0o644), ("server/lib/libpq.a", 0o644)] {
        zip.start_file(name, SimpleFileOptions::default().unix_permissions(mode)).expect("begun");
        zip.write_all(b"#!/bin/sh\necho 'postgres (PostgreSQL) 18.4'\n").expect("written");
    }
    zip.finish().expect("finished");
    let sha256 = cache::hash(&wheel).expect("hashed").leak();
    let pin = Pin {
        engine: Engine::Pg,
        version: Version::in_text("18.4").expect("a version"),
        platform: "test",
        package: "a-server",
        package_version: "1",
        python: "3",
        tag: "any",
        sha256,
        size: 1,
        wanted: &["server/"],
        programs: "server/bin",
    };
    (Shelf { wheel, fetched: Cell::new(0) }, pin, folder.join("cache"))
}

fn ensure(cache: &Path, pin: &Pin, shelf: &Shelf) -> Result<PathBuf, ClusterError> {
    cache::ensure(cache, pin, shelf, &ProgressSender::to_nobody())
}

#[test]
fn a_build_is_fetched_once_and_only_what_runs_is_unpacked() {
    let folder = tempfile::tempdir().expect("a folder");
    let (shelf, pin, cache) = setup(folder.path());
    assert_eq!(cache::condition(&cache, &pin), Condition::Absent);
    let build = ensure(&cache, &pin, &shelf).expect("made");
    ensure(&cache, &pin, &shelf).expect("there");
    assert_eq!((shelf.fetched.get(), cache::condition(&cache, &pin)), (1, Condition::Whole));
    assert!(super::run_version(&build.join("server/bin/postgres")).expect("runs").status.success());
    assert!(!build.join("server/lib/libpq.a").exists(), "what only compilers need is left out");
    let names: Vec<_> = std::fs::read_dir(&cache).expect("there").flatten().map(|entry| entry.file_name()).collect();
    assert_eq!(names.len(), 2, "the build and its lock, no work folder: {names:?}");
}

#[test]
fn a_damaged_build_is_noticed_and_made_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let (shelf, pin, cache) = setup(folder.path());
    let program = ensure(&cache, &pin, &shelf).expect("made").join("server/bin/postgres");
    let damages: [&dyn Fn(); 4] = [
        &|| File::options().write(true).open(&program).and_then(|file| file.set_len(5)).expect("truncated"),
        &|| {
            std::fs::write(&program, "#!/bin/sh\necho 'postgres (PostgreSQL) 18.5'\n")
                .expect("changed, of the same length")
        },
        &|| std::fs::remove_file(&program).expect("removed"),
        &|| std::fs::remove_file(cache.join("postgresql-18.4-test/polyspec-build.json")).expect("the marker removed"),
    ];
    for damage in damages {
        damage();
        assert!(matches!(cache::condition(&cache, &pin), Condition::Damaged(_)));
        ensure(&cache, &pin, &shelf).expect("made again");
        assert_eq!(cache::condition(&cache, &pin), Condition::Whole);
    }
    assert_eq!(shelf.fetched.get(), 5);
}

#[test]
fn a_file_with_another_hash_is_refused_and_nothing_of_it_is_kept() {
    let folder = tempfile::tempdir().expect("a folder");
    let (shelf, pin, cache) = setup(folder.path());
    File::options().append(true).open(&shelf.wheel).and_then(|mut file| file.write_all(b"!")).expect("tampered with");
    let error = ensure(&cache, &pin, &shelf).expect_err("refused");
    assert!(matches!(error, ClusterError::HashMismatch { .. }), "{error}");
    assert_eq!(cache::condition(&cache, &pin), Condition::Absent);
    assert_eq!(std::fs::read_dir(&cache).expect("there").count(), 1, "only the lock stays");
}

#[test]
fn two_at_once_make_one_build() {
    let folder = tempfile::tempdir().expect("a folder");
    let (shelf, pin, cache) = setup(folder.path());
    let fetched = std::thread::scope(|scope| {
        let make = || {
            let shelf = Shelf { wheel: shelf.wheel.clone(), fetched: Cell::new(0) };
            ensure(&cache, &pin, &shelf).expect("made");
            shelf.fetched.get()
        };
        let (one, two) = (scope.spawn(make), scope.spawn(make));
        one.join().expect("made") + two.join().expect("made")
    });
    assert_eq!(fetched, 1);
}

#[test]
fn a_missing_library_is_named_with_the_command_that_mends_it() {
    let printed = "mongod: error while loading shared libraries: libcurl.so.4: cannot open shared object file";
    let error = missing_library(Path::new("/x/mongod"), printed).expect("recognised").to_string();
    assert_eq!(
        error,
        "/x/mongod: the shared library libcurl.so.4 is not installed; install it: `apt-get install libcurl4`"
    );
    assert!(missing_library(Path::new("/x/mongod"), "out of memory").is_none());
}
