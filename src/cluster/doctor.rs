//! Looks whether this machine can run the servers, and says how to mend what is missing. Starts and changes nothing.

use serde::Serialize;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use nix::sys::statvfs::statvfs;
use nix::unistd::{AccessFlags, Uid, access};

use super::account::Account;
use super::build::{self, Pin, cache, pip};
use super::{ClusterError, Options, run_folder};
use crate::model::Engine;

/// Free space that one cluster and its builds need at ease, in bytes.
const SPACE_AT_EASE: u64 = 2 * 1024 * 1024 * 1024;

/// Whether something is as it should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FindingStatus {
    /// It is.
    Ok,
    /// It is not there, and without it some servers cannot be run.
    Missing,
    /// It could be better.
    Warning,
}

impl FindingStatus {
    /// The word that people see.
    pub fn word(self) -> &'static str {
        match self {
            FindingStatus::Ok => "ok",
            FindingStatus::Missing => "missing",
            FindingStatus::Warning => "warning",
        }
    }
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What: `pip`.
    pub what: String,
    /// Whether it is as it should be.
    pub status: FindingStatus,
    /// What was found, in a sentence.
    pub detail: String,
    /// How to mend it.
    pub fix: Option<String>,
}

impl Finding {
    fn ok(what: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { what: what.into(), status: FindingStatus::Ok, detail: detail.into(), fix: None }
    }

    fn bad(status: FindingStatus, what: impl Into<String>, detail: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { what: what.into(), status, detail: detail.into(), fix: Some(fix.into()) }
    }
}

/// Looks at everything. Takes about a second, because programs are asked for their versions.
pub fn examine(options: &Options) -> Vec<Finding> {
    let mut findings = vec![platform(), user(), pip()];
    for engine in [Engine::Pg, Engine::Mongo] {
        findings.extend(named(engine, options));
        findings.extend(Pin::majors(engine).into_iter().rev().filter_map(|major| cached(engine, major, options)));
        findings.extend(on_path(engine, options));
    }
    findings.push(folder("cache folder", &options.cache, "POLYSPEC_CACHE"));
    findings.push(folder("run folder", &options.run_dir, "POLYSPEC_RUN_DIR"));
    findings.extend(owned_by_us(&options.run_dir));
    findings.push(space("space for builds", &options.cache));
    findings.push(space("space for data", &options.run_dir));
    findings.extend(memory_disk(options));
    findings
}

fn platform() -> Finding {
    let here = format!("{} {}", std::env::consts::OS, std::env::consts::ARCH);
    let missing: Vec<&str> = [Engine::Pg, Engine::Mongo]
        .into_iter()
        .filter(|engine| Pin::majors(*engine).is_empty())
        .map(build::product)
        .collect();
    if missing.is_empty() {
        return Finding::ok("platform", here);
    }
    let detail = format!("{here}: no build of {} can be fetched", missing.join(" nor of "));
    let fix = "install the server and put it on PATH, or name it with POLYSPEC_PG_BIN or POLYSPEC_MONGOD";
    Finding::bad(FindingStatus::Warning, "platform", detail, fix)
}

fn user() -> Finding {
    match (Uid::effective().is_root(), Account::for_servers()) {
        (true, Ok(Some(account))) => Finding::ok("user", format!("root; servers run as nobody ({})", account.uid)),
        (_, Ok(_)) => Finding::ok("user", format!("uid {}; servers run as the same user", Uid::effective())),
        (_, Err(error)) => {
            Finding::bad(FindingStatus::Missing, "user", error.to_string(), "run polyspec as another user")
        }
    }
}

fn pip() -> Finding {
    match pip::find_pip() {
        Ok(call) => Finding::ok("pip", format!("`{}`: {}", call.join(" "), pip::version(call).unwrap_or_default())),
        Err(error) => Finding::bad(
            FindingStatus::Warning,
            "pip",
            error.to_string(),
            "needed only to fetch builds: `apt-get install python3-pip`",
        ),
    }
}

/// A program that the environment names.
fn named(engine: Engine, options: &Options) -> Option<Finding> {
    let (variable, program) = match engine {
        Engine::Pg => ("POLYSPEC_PG_BIN", options.pg_bin.as_ref().map(|folder| folder.join("postgres"))),
        Engine::Mongo => ("POLYSPEC_MONGOD", options.mongod.clone()),
    };
    let program = program?;
    Some(match build::inspect(engine, &program) {
        Ok(build) => {
            Finding::ok(variable, format!("{} is {} {}", program.display(), build::product(engine), build.version))
        }
        Err(cause) => {
            let fix = format!("let {variable} name another one, or unset it");
            Finding::bad(FindingStatus::Missing, variable, format!("{}: {cause}", program.display()), fix)
        }
    })
}

/// A build in the cache; it is run, which shows missing libraries.
fn cached(engine: Engine, major: u32, options: &Options) -> Option<Finding> {
    let pin = Pin::find(engine, major)?;
    let what = format!("{} {}", build::product(engine), pin.version);
    let place = cache::folder(&options.cache, pin);
    Some(match cache::condition(&options.cache, pin) {
        cache::Condition::Absent => Finding::bad(
            FindingStatus::Warning,
            what,
            format!("not in the cache ({})", place.display()),
            format!("it is fetched when it is needed ({} MB)", pin.size / 1_000_000),
        ),
        cache::Condition::Damaged(why) => Finding::bad(
            FindingStatus::Warning,
            what,
            format!("{}: {why}", place.display()),
            "it is made again when it is needed",
        ),
        cache::Condition::Whole => runs(what, pin, &place),
    })
}

fn runs(what: String, pin: &Pin, place: &Path) -> Finding {
    let server = place.join(pin.programs).join(if pin.engine == Engine::Pg { "postgres" } else { "mongod" });
    let Err(cause) = build::inspect(pin.engine, &server) else {
        return reachable(what, &server);
    };
    let fix = match build::missing_library(&server, &cause) {
        Some(ClusterError::MissingLibrary { fix, .. }) => fix,
        _ => format!("remove {} and start again", place.display()),
    };
    Finding::bad(FindingStatus::Missing, what, format!("{}: {cause}", server.display()), fix)
}

/// As root, servers run as another account, which must get at the program.
fn reachable(what: String, program: &Path) -> Finding {
    let closed = |folder: &&Path| std::fs::metadata(folder).is_ok_and(|meta| meta.permissions().mode() & 0o001 == 0);
    match program.ancestors().skip(1).find(closed).filter(|_| Uid::effective().is_root()) {
        Some(folder) => Finding::bad(
            FindingStatus::Missing,
            what,
            format!("the servers' account cannot enter {}", folder.display()),
            format!("`chmod o+x {}`, or use another cache folder", folder.display()),
        ),
        None => Finding::ok(what, format!("in the cache, and runs: {}", program.display())),
    }
}

/// Programs on `PATH`, and whether they would be used.
fn on_path(engine: Engine, options: &Options) -> Vec<Finding> {
    let majors = Pin::majors(engine);
    let what = || format!("{} on PATH", build::product(engine));
    let finding = |(program, found): (PathBuf, Result<build::Build, String>)| match found {
        Ok(build) if build.version.major() < build::oldest(engine) => Finding::bad(
            FindingStatus::Warning,
            what(),
            format!("{} is {}: too old, not used", program.display(), build.version),
            format!("{} or later would be used", build::oldest(engine)),
        ),
        Ok(build) if majors.contains(&build.version.major()) => Finding::ok(
            what(),
            format!("{} is {}: used when the cache has no build of that version", program.display(), build.version),
        ),
        Ok(build) => Finding::ok(
            what(),
            format!(
                "{} is {}: used when the topology says version {}",
                program.display(),
                build.version,
                build.version.major()
            ),
        ),
        Err(cause) => Finding::bad(
            FindingStatus::Warning,
            what(),
            format!("{}: {cause}", program.display()),
            "it is not used: nothing to do",
        ),
    };
    build::look_on_path(engine, options).into_iter().map(finding).collect()
}

/// Whether the folder, or the nearest one above it that exists, can be written.
fn folder(what: &str, path: &Path, variable: &str) -> Finding {
    let there = nearest(path);
    if access(&there, AccessFlags::W_OK | AccessFlags::X_OK).is_ok() {
        return Finding::ok(what, format!("{} can be written", path.display()));
    }
    let detail = format!("{} cannot be written", there.display());
    let fix = format!("make it writable, or name another one with {variable}");
    Finding::bad(FindingStatus::Missing, what, detail, fix)
}

/// A run folder that is there must be ours.
fn owned_by_us(run_dir: &Path) -> Option<Finding> {
    let error = run_dir.exists().then(|| run_folder::prepare(run_dir).err())??;
    let ClusterError::Folder { cause, fix, .. } = error else { return None };
    Some(Finding::bad(FindingStatus::Missing, "run folder", format!("{}: {cause}", run_dir.display()), fix))
}

fn space(what: &str, path: &Path) -> Finding {
    let there = nearest(path);
    let Some(free) = free_space(&there) else {
        return Finding::bad(FindingStatus::Warning, what, format!("{}: not known", there.display()), "look with `df`");
    };
    let detail = format!("{} MB free in {}", free / (1024 * 1024), there.display());
    if free >= SPACE_AT_EASE {
        return Finding::ok(what, detail);
    }
    let fix = format!("free some: {} MB are enough for most suites", SPACE_AT_EASE / (1024 * 1024));
    Finding::bad(FindingStatus::Warning, what, detail, fix)
}

/// Servers do not need `/dev/shm`; data in it make them quicker.
fn memory_disk(options: &Options) -> Option<Finding> {
    let place = Path::new("/dev/shm");
    let free = free_space(place).filter(|_| place.is_dir() && !options.run_dir.starts_with(place))?;
    let roomy = free >= SPACE_AT_EASE && access(place, AccessFlags::W_OK).is_ok();
    let detail = format!("{} MB free", free / (1024 * 1024));
    Some(match roomy {
        true => Finding::ok(
            "/dev/shm",
            format!("{detail}; POLYSPEC_RUN_DIR=/dev/shm makes servers quicker where the disk is slow"),
        ),
        false => Finding::ok("/dev/shm", format!("{detail}; not needed")),
    })
}

fn free_space(path: &Path) -> Option<u64> {
    let about = statvfs(path).ok()?;
    Some(about.blocks_available() as u64 * about.fragment_size() as u64)
}

fn nearest(path: &Path) -> PathBuf {
    path.ancestors().find(|path| path.exists()).unwrap_or(Path::new("/")).to_path_buf()
}
