//! MongoDB: key file, arguments, readiness. What needs a driver is done by whoever implements [`MongoBootstrap`].

use std::ffi::OsString;
use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use futures::future::BoxFuture;

use super::{Ground, Server};
use crate::cluster::ClusterError;
use crate::cluster::account::give;
use crate::cluster::describe::{Credentials, MemberAddress};

/// `settings.electionTimeoutMillis` of the replica set: a scenario that kills the primary should not wait ten seconds.
pub const ELECTION_TIMEOUT_MS: u64 = 1000;
/// `settings.heartbeatIntervalMillis` of the replica set.
pub const HEARTBEAT_INTERVAL_MS: u64 = 200;

/// How long one question whether a member answers may take.
const PING_TIMEOUT: Duration = Duration::from_secs(2);
const KEY_FILE: &str = "key";
/// The journal in small files made when they are needed: by default 300 MB a member are written ahead (WiredTiger,
/// `wiredtiger_open`, `log`).
const JOURNAL: &str = "log=(prealloc=false,file_max=16MB)";
/// Seconds between checkpoints, 60 by default. A dropped collection keeps its files until a checkpoint no longer knows it, and
/// a member that was killed opens all of them again: each scenario drops what it had.
const CHECKPOINT_EVERY: &str = "5";
/// Milliseconds between writes of the journal, 100 by default: a set of one member acknowledges to a majority, and has dropped
/// a database, once its journal is written, and nobody asks for that earlier.
const JOURNAL_EVERY_MS: &str = "10";
/// A member that has lost whom it replicates from asks again after this many milliseconds instead of a second; without one no
/// majority acknowledges anything. MongoDB's own tests of replica sets set this fail point too.
const SOURCE_RETRY: &str = r#"failpoint.forceBgSyncSyncSourceRetryWaitMS={"mode":"alwaysOn","data":{"sleepMS":50}}"#;

/// What of setting up a replica set needs a driver.
pub trait MongoBootstrap: Send + Sync {
    /// On `first`, over a direct connection: `replSetInitiate` with all members, [`ELECTION_TIMEOUT_MS`] and
    /// [`HEARTBEAT_INTERVAL_MS`]; once a primary is there, `createUser` of `admin` with the role `root` on `admin` (the primary may
    /// be another member); then waits until the other members are secondaries. There is no localhost exception: all of it is
    /// done as `__system` on `local`, whose password is `key`. The error is a sentence.
    fn initiate<'a>(
        &'a self,
        first: &'a MemberAddress,
        all: &'a [MemberAddress],
        replica_set: &'a str,
        admin: &'a Credentials,
        key: &'a str,
    ) -> BoxFuture<'a, Result<(), String>>;

    /// Sends `ping` over a direct connection without a user; a member that is starting refuses the connection.
    fn ping<'a>(&'a self, member: &'a MemberAddress) -> BoxFuture<'a, Result<(), String>>;
}

/// Writes the key by which members know one another; it also switches authentication on (manual of MongoDB, "Internal/
/// Membership Authentication").
pub(crate) fn prepare(ground: &Ground, member: &Server, key: &str) -> Result<(), ClusterError> {
    let path = member.folder.join(KEY_FILE);
    let write = || {
        std::fs::write(&path, key)?;
        std::fs::set_permissions(&path, Permissions::from_mode(0o400))?;
        give(&path, ground.account.as_ref())
    };
    write().map_err(|error| ClusterError::folder(&path, error, "free some space and try again"))
}

/// Small, quick to start, and with test commands, which scenarios need for failpoints. An orderly stop waits 15 s for
/// clients by default (`shutdownTimeoutMillisForSignaledShutdown`); passwords are random, so fewer rounds of hashing do.
pub(crate) fn arguments(server: &Server, port: u16) -> Vec<OsString> {
    let mut args: Vec<OsString> = vec!["--dbpath".into(), server.data().into()];
    args.extend(["--keyFile".into(), server.folder.join(KEY_FILE).into()]);
    args.extend(["--replSet".into(), server.replica_set.clone().unwrap_or_default().into()]);
    args.extend(["--port".into(), port.to_string().into()]);
    args.extend(["--bind_ip", "127.0.0.1", "--nounixsocket", "--oplogSize", "64"].map(Into::into));
    args.extend(["--wiredTigerCacheSizeGB", "0.25"].map(Into::into));
    args.extend(["--wiredTigerEngineConfigString", JOURNAL, "--syncdelay", CHECKPOINT_EVERY].map(Into::into));
    args.extend(["--journalCommitInterval", JOURNAL_EVERY_MS].map(Into::into));
    for parameter in [
        "enableTestCommands=1",
        // Else any local client could make itself root until the first user exists (manual, "Localhost Exception").
        "enableLocalhostAuthBypass=false",
        "diagnosticDataCollectionEnabled=false",
        "shutdownTimeoutMillisForSignaledShutdown=300",
        "scramIterationCount=5000",
        "scramSHA256IterationCount=5000",
        // How long the past can be read (`atClusterTime`), and so how long dropped collections stay; 300 by default.
        "minSnapshotHistoryWindowInSeconds=10",
        SOURCE_RETRY,
    ] {
        args.extend(["--setParameter", parameter].map(Into::into));
    }
    args
}

/// Accepts connections and answers.
pub(crate) async fn is_ready(bootstrap: &dyn MongoBootstrap, name: &str, port: u16) -> bool {
    let member = MemberAddress::local(name, port);
    if tokio::net::TcpStream::connect((member.host.as_str(), port)).await.is_err() {
        return false;
    }
    tokio::time::timeout(PING_TIMEOUT, bootstrap.ping(&member)).await.is_ok_and(|answer| answer.is_ok())
}
