//! The room as a whole, with real servers. One cluster is shared; each test that harms a node has that node to itself.

mod driver;
mod faults;
mod life;
mod up;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, OnceLock};

use super::{Cluster, NodeDescription, Options, Progress};
use crate::model::{Engine, MongoTopology, NodeName, PgTopology, Topology};
use driver::Driver;

/// Three peers and three members.
fn topology() -> Topology {
    let names = |names: [&str; 3]| names.map(String::from).to_vec();
    let settings = [("work_mem".to_string(), "5MB".to_string())].into();
    let durable = vec!["apj".into()];
    Topology {
        pg: Some(PgTopology { version: 18, peers: names(["apj", "emea", "latam"]), settings, durable }),
        mongo: Some(MongoTopology { version: 6, members: names(["m1", "m2", "m3"]), replica_set: "rs0".into() }),
    }
}

fn pg(name: &str) -> NodeName {
    NodeName::new(Engine::Pg, name)
}

fn mongo(name: &str) -> NodeName {
    NodeName::new(Engine::Mongo, name)
}

/// A folder for run folders that no other test uses.
fn options(run_dir: &Path) -> Options {
    Options {
        run_dir: run_dir.into(),
        state_dir: run_dir.join("up"),
        ..Options::from_environment(|name| std::env::var_os(name))
    }
}

/// A folder through which root's servers, which run as another account, can pass.
fn scratch() -> tempfile::TempDir {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::Builder::new().prefix("polyspec-test-").tempdir().expect("a folder");
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o711)).expect("open to pass");
    folder
}

async fn start(run_dir: &Path, wanted: Vec<NodeName>, topology: &Topology) -> Cluster {
    let begun = std::time::Instant::now();
    let said = |progress| {
        if let Progress::Notice(line) = progress {
            println!("{:5} ms  {line}", begun.elapsed().as_millis());
        }
    };
    let cluster = Cluster::start(options(run_dir), wanted, topology, &said, Arc::new(Driver)).await;
    println!("started in {} ms", begun.elapsed().as_millis());
    cluster.unwrap_or_else(|error| panic!("{error}"))
}

/// The cluster that tests share. It is never dropped: that it ends with the process is the watchdog's work.
fn shared() -> &'static Cluster {
    static SHARED: OnceLock<Cluster> = OnceLock::new();
    SHARED.get_or_init(|| {
        let run_dir = std::env::temp_dir().join(format!("polyspec-test-{}", nix::unistd::Uid::effective()));
        let topology = topology();
        block_on(start(&run_dir, topology.nodes(), &topology))
    })
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Runtime::new().expect("a runtime").block_on(future)
}

fn described(cluster: &Cluster, node: &NodeName) -> NodeDescription {
    let all = cluster.describe().nodes;
    all.into_iter().find(|other| other.name == node.to_string()).expect("a node of the cluster")
}

/// Runs SQL through `psql` of the build that serves the node: its answer, or its complaint.
fn psql(url: &str, sql: &str) -> Result<String, String> {
    let output =
        Command::new(psql_program()).args(["-X", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-c", sql, url]).output();
    let output = output.expect("psql runs");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_string();
    if output.status.success() { Ok(text(&output.stdout)) } else { Err(text(&output.stderr)) }
}

fn psql_program() -> PathBuf {
    let pin = super::build::Pin::find(Engine::Pg, 18).expect("a pin");
    super::build::cache::folder(&super::default_cache(&std::env::temp_dir()), pin).join(pin.programs).join("psql")
}
