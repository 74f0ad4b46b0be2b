//! PostgreSQL: data folders, configuration, roles, readiness. All of it without a driver.

use std::ffi::OsString;
use std::fs::{File, OpenOptions, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use futures::future::try_join_all;

use super::{Ground, Server};
use crate::cluster::account::{Account, give};
use crate::cluster::describe::Credentials;
use crate::cluster::{ClusterError, log};
use crate::model::{PgSettingRule, PgTopology, pg_setting_rule, pg_setting_value_fault};

/// Passwords always, from this machine only.
const HBA: &str = "host all all 127.0.0.1/32 scram-sha-256\nhost replication all 127.0.0.1/32 scram-sha-256\n";

/// In the data folder, for the programs that prepare it, too: killed ones would leave files in `/dev/shm` that no one could
/// tell from other servers'.
const DYNAMIC_SHARED_MEMORY: &str = "dynamic_shared_memory_type=mmap";

/// Throwaway data, quick replication, and room for a mesh of subscriptions in many databases at once. Dynamic shared
/// memory lies in the data folder: `/dev/shm` is small in containers, and a killed server would leave files there.
const SETTINGS: &[(&str, &str)] = &[
    ("wal_level", "logical"),
    ("shared_buffers", "32MB"),
    ("max_connections", "300"),
    ("max_replication_slots", "100"),
    ("max_wal_senders", "100"),
    ("max_prepared_transactions", "20"),
    ("max_logical_replication_workers", "100"),
    ("max_worker_processes", "130"),
    ("wal_retrieve_retry_interval", "100ms"),
    // Soon enough for `blocks` to wait until a step that waits has looked for a deadlock.
    ("deadlock_timeout", "10ms"),
    ("wal_writer_delay", "10ms"),
    ("min_wal_size", "32MB"),
    ("max_wal_size", "1GB"),
    ("dynamic_shared_memory_type", "mmap"),
    ("autovacuum", "on"),
    ("password_encryption", "scram-sha-256"),
    ("timezone", "UTC"),
    ("log_timezone", "UTC"),
];
/// Nothing survives a crash of the machine; but what was acknowledged survives a killed server, so that a scenario which
/// kills one sees what the system does and not what we configured: at a commit the log is written, only not synced (manual,
/// 19.5: `fsync`, `synchronous_commit`). That costs one system call.
const THROWAWAY: &[(&str, &str)] = &[("fsync", "off"), ("synchronous_commit", "on"), ("full_page_writes", "off")];
/// What a durable peer writes reaches the disk before it is acknowledged. What `initdb --no-sync` wrote before that need
/// not: after a crash of the machine the whole cluster is swept away.
const DURABLE: &[(&str, &str)] = &[("fsync", "on"), ("synchronous_commit", "on"), ("full_page_writes", "on")];

/// Makes the data folders of all peers: `initdb` for the first, roles, and copies of it for the others, because a copy
/// takes a tenth of the time. (All peers then have one system identifier, which logical replication does not look at.)
pub(crate) async fn prepare(
    ground: &Ground,
    peers: &[&Server],
    topology: &PgTopology,
    (admin, app): (&Credentials, &Credentials),
) -> Result<(), ClusterError> {
    let Some((first, others)) = peers.split_first() else { return Ok(()) };
    initdb(ground, first, admin).await?;
    make_roles(ground, first, admin, app).await?;
    try_join_all(others.iter().map(|peer| copy(ground, first, peer))).await?;
    for peer in peers {
        configure(peer, topology)?;
    }
    Ok(())
}

/// Segments of the write-ahead log are small, because the first one is written whole and copied: with 16 MB it would be the
/// greater part of a new data folder. The collation is by code point and the same on every machine: the builtin provider's C.UTF-8 where there is one (17 and
/// later), else C.
async fn initdb(ground: &Ground, peer: &Server, admin: &Credentials) -> Result<(), ClusterError> {
    let password = secret_file(ground, peer, "password", &admin.password)?;
    let mut args = words(&["--no-sync", "--no-instructions", "-A", "scram-sha-256", "-E", "UTF8", "--locale=C"]);
    args.extend(words(&["-c", DYNAMIC_SHARED_MEMORY]));
    if peer.build.version.major() >= 17 {
        args.extend(words(&["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]));
    }
    args.extend(words(&["--wal-segsize=1", "-U", &admin.user, "--pwfile"]));
    args.extend([password.clone().into(), "-D".into(), peer.data().into()]);
    let done = run_to_end(ground, peer, "initdb", args, None).await;
    remove(&password);
    done
}

/// Makes the roles, in single-user mode (manual, `postgres`, "Options for single-user mode"): no server runs yet, and no driver
/// is at hand. One line is one command. `app` is for people and for systems that stay; what scenarios run as is made with each
/// of their databases and is a member of `polyspec_roles` (`backend`, `pg::Role`). Passwords are hashed once instead of 4096
/// times (manual, `scram_iterations`): they are random, nobody can guess them, and every connection has to hash them again.
async fn make_roles(
    ground: &Ground,
    peer: &Server,
    admin: &Credentials,
    app: &Credentials,
) -> Result<(), ClusterError> {
    let sql = format!(
        "SET scram_iterations = 1\n\
         ALTER ROLE {admin} PASSWORD '{admin_password}'\n\
         CREATE ROLE {user} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD '{password}'\n\
         GRANT pg_monitor TO {user}\n\
         CREATE ROLE polyspec_roles NOLOGIN\n\
         GRANT pg_monitor TO polyspec_roles\n\
         REVOKE ALL ON DATABASE postgres, template1 FROM PUBLIC\n\
         GRANT CONNECT ON DATABASE postgres TO {user}\n",
        admin = admin.user,
        admin_password = admin.password,
        user = app.user,
        password = app.password,
    );
    let path = secret_file(ground, peer, "roles.sql", &sql)?;
    let input = File::open(&path).map_err(|error| unwritable(&path, error))?;
    let mut args = words(&["--single", "-D"]);
    args.push(peer.data().into());
    // Without `-j`, a line is a command; `exit_on_error` turns a wrong one into a failure of the program.
    args.extend(words(&["-c", DYNAMIC_SHARED_MEMORY]));
    args.extend(words(&["-c", "exit_on_error=on", "-c", "log_min_messages=warning", "postgres"]));
    let done = run_to_end(ground, peer, "postgres", args, Some(input)).await;
    remove(&path);
    done
}

async fn run_to_end(
    ground: &Ground,
    peer: &Server,
    program: &str,
    args: Vec<OsString>,
    input: Option<File>,
) -> Result<(), ClusterError> {
    let since = log::length(&peer.log);
    let process = peer.run(ground, &peer.build.program(program), args, input)?;
    let ended = process.end().await;
    ground.run.forget(process.pid());
    match ended {
        Some(ended) if ended.0.success() => Ok(()),
        Some(ended) => Err(failed(peer, &format!("{program}: {}", ended.sentence()), since)),
        None => Err(failed(peer, &format!("{program}: its end was not noticed"), since)),
    }
}

fn failed(peer: &Server, cause: &str, since: u64) -> ClusterError {
    let log = log::tail_since(&peer.log, since, log::TAIL_LINES);
    let missing = crate::cluster::build::missing_library(&peer.build.server(), &log.join("\n"));
    missing.unwrap_or_else(|| ClusterError::StartFailed { node: peer.node.clone(), cause: cause.into(), log })
}

async fn copy(ground: &Ground, from: &Server, to: &Server) -> Result<(), ClusterError> {
    let (from, to, account) = (from.data(), to.data(), ground.account.clone());
    let place = to.clone();
    let copied = tokio::task::spawn_blocking(move || copy_tree(&from, &to, account.as_ref())).await;
    copied
        .unwrap_or_else(|error| Err(io::Error::other(error)))
        .map_err(|error| ClusterError::folder(&place, error, "free some space and try again"))
}

/// Copies what is in a folder into another one that exists.
fn copy_tree(from: &Path, to: &Path, account: Option<&Account>) -> io::Result<()> {
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            std::fs::DirBuilder::new().mode(0o700).create(&target)?;
            copy_tree(&entry.path(), &target, account)?;
        } else {
            std::fs::copy(entry.path(), &target)?;
        }
        give(&target, account)?;
    }
    Ok(())
}

/// Writes the settings and who may connect. A later line of `postgresql.conf` wins over an earlier one.
fn configure(peer: &Server, topology: &PgTopology) -> Result<(), ClusterError> {
    let text = settings(peer.build.version.major(), topology.durable.contains(&peer.node.name), topology)?;
    let (conf, hba) = (peer.data().join("postgresql.conf"), peer.data().join("pg_hba.conf"));
    let append = || OpenOptions::new().append(true).open(&conf)?.write_all(text.as_bytes());
    append().map_err(|error| unwritable(&conf, error))?;
    std::fs::write(&hba, HBA).map_err(|error| unwritable(&hba, error))
}

fn settings(major: u32, durable: bool, topology: &PgTopology) -> Result<String, ClusterError> {
    let mut text = String::from("\n# polyspec\n");
    let origins = ("max_active_replication_origins", "50");
    let by_version = (major >= 18).then_some(&origins);
    let own = SETTINGS.iter().chain(if durable { DURABLE } else { THROWAWAY }).chain(by_version);
    for (name, value) in own {
        text.push_str(&setting(name, value)?);
    }
    for (name, value) in &topology.settings {
        match pg_setting_rule(name) {
            PgSettingRule::Allowed => text.push_str(&setting(name, value)?),
            PgSettingRule::Refused(why) => return Err(bad_setting(name, &format!("a suite cannot set it: it {why}"))),
            PgSettingRule::Unknown => return Err(bad_setting(name, "PostgreSQL has no such setting")),
        }
    }
    Ok(text)
}

/// A line of `postgresql.conf` (manual, "Parameter Interaction via the Configuration File").
fn setting(name: &str, value: &str) -> Result<String, ClusterError> {
    if let Some(fault) = pg_setting_value_fault(value) {
        return Err(bad_setting(name, &format!("its value {fault}")));
    }
    Ok(format!("{name} = '{}'\n", value.replace('\\', "\\\\").replace('\'', "''")))
}

fn bad_setting(name: &str, cause: &str) -> ClusterError {
    ClusterError::BadSetting { name: name.into(), cause: cause.into() }
}

/// What polyspec relies on stands on the command line, where it wins over every file and over ALTER SYSTEM.
pub(crate) fn arguments(server: &Server, port: u16) -> Vec<OsString> {
    let mut args = vec!["-D".into(), server.data().into(), "-p".into(), port.to_string().into()];
    args.extend(words(&["-h", "127.0.0.1", "-k", "", "-c", "logging_collector=off", "-c", "log_destination=stderr"]));
    args.extend(words(&["-c", &format!("cluster_name={}", server.mark)]));
    args
}

/// The marks that every process of this server has in its arguments or its title, and no process of another one.
pub(crate) fn marks(server: &Server) -> [String; 2] {
    [format!("{}/", server.mark), format!("{}:", server.mark)]
}

/// `pg_ctl` finds it out in the same way: line 1 of `postmaster.pid` is the process, line 8 its state
/// (src/include/utils/pidfile.h).
pub(crate) fn is_ready(data: &Path, pid: i32) -> bool {
    let text = std::fs::read_to_string(data.join("postmaster.pid")).unwrap_or_default();
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    lines.first() == Some(&pid.to_string().as_str()) && lines.get(7) == Some(&"ready")
}

/// Whether the end of a log says that the port was taken by somebody else.
pub(crate) fn port_was_taken(log: &[String]) -> bool {
    log.iter().any(|line| line.contains("Address already in use"))
}

/// A file in the node's folder that only the servers' account may read.
fn secret_file(ground: &Ground, peer: &Server, name: &str, text: &str) -> Result<PathBuf, ClusterError> {
    let path = peer.folder.join(name);
    let write = || {
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?;
        file.write_all(text.as_bytes())?;
        file.set_permissions(Permissions::from_mode(0o600))?;
        give(&path, ground.account.as_ref())
    };
    write().map_err(|error| unwritable(&path, error))?;
    Ok(path)
}

fn remove(path: &Path) {
    if let Err(error) = std::fs::remove_file(path) {
        tracing::warn!("{}: {error}", path.display());
    }
}

fn unwritable(path: &Path, error: io::Error) -> ClusterError {
    ClusterError::folder(path, error, "free some space and try again")
}

fn words(words: &[&str]) -> Vec<OsString> {
    words.iter().map(OsString::from).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn topology(settings: &[(&str, &str)]) -> PgTopology {
        let settings: BTreeMap<_, _> =
            settings.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect();
        PgTopology { version: 18, peers: vec!["apj".into()], settings, durable: vec![] }
    }

    #[test]
    fn settings_of_the_topology_come_last_and_are_quoted() {
        let text = settings(18, false, &topology(&[("search_path", r"o'brien\x")])).expect("settings");
        assert!(text.ends_with("search_path = 'o''brien\\\\x'\n"), "{text}");
        assert!(text.contains("fsync = 'off'") && text.contains("max_active_replication_origins = '50'"));
    }

    #[test]
    fn a_durable_peer_syncs_and_an_old_server_gets_no_new_setting() {
        let text = settings(16, true, &topology(&[])).expect("settings");
        assert!(text.contains("fsync = 'on'") && !text.contains("max_active_replication_origins"), "{text}");
    }

    #[test]
    fn a_setting_cannot_smuggle_in_another_one() {
        for (name, value) in
            [("a\nport", "1"), ("work_mem", "1MB'\nfsync = 'on"), ("port", "1"), ("Include", "/etc/passwd")]
        {
            assert!(settings(18, false, &topology(&[(name, value)])).is_err(), "{name:?}");
        }
    }
}
