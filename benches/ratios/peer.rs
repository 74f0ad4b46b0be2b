//! The peers: the command line of sqllogictest, and plain connections of tokio-postgres to the same server.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use polyspec::internal::NodeDescription;
use tokio_postgres::{Client, NoTls};

use crate::measure::{Measured, go_on};
use crate::suite::{POLYSPEC, told};

/// The version that is compared with.
const VERSION: &str = "0.29.1";

/// The command line of sqllogictest, from `bench-tools` beside the builds of this project; installed there when it is not.
pub fn sqllogictest() -> Measured<PathBuf> {
    let target = Path::new(POLYSPEC).parent().and_then(Path::parent).ok_or("the target folder is not known")?;
    let root = target.join("bench-tools");
    let program = root.join("bin").join("sqllogictest");
    if !program.exists() {
        println!("installing sqllogictest-bin {VERSION} into {}", root.display());
        let mut install = Command::new(std::env::var_os("CARGO").unwrap_or("cargo".into()));
        install.args(["install", "sqllogictest-bin", "--locked", "--version", VERSION, "--root"]).arg(&root);
        if !install.status()?.success() {
            return Err("sqllogictest-bin could not be installed".into());
        }
    }
    Ok(program)
}

/// Runs files with sqllogictest in `database` as the administrator, and returns how long the process lived. With more than
/// one job it makes and drops a database for each file itself, and names it after the path: that is why paths are relative
/// to `folder`, whose own name may hold capitals.
pub fn run_sqllogictest(
    program: &Path,
    node: &NodeDescription,
    database: &str,
    jobs: usize,
    folder: &Path,
    files: &[&str],
) -> Measured<Duration> {
    go_on()?;
    let config: tokio_postgres::Config = node.admin_url.parse()?;
    let password = String::from_utf8_lossy(config.get_password().unwrap_or_default()).into_owned();
    let mut line = Command::new(program);
    line.args(["--engine", "postgres", "--color", "never", "--host", &node.host, "--port", &node.port.to_string()]);
    line.args(["--user", config.get_user().unwrap_or_default(), "--pass", &password, "--db", database]);
    if jobs > 1 {
        line.args(["--jobs", &jobs.to_string()]);
    }
    line.args(files).current_dir(folder).stdin(Stdio::null());
    let begun = Instant::now();
    let done = line.output()?;
    let elapsed = begun.elapsed();
    go_on()?;
    if done.status.success() { Ok(elapsed) } else { Err(told("sqllogictest", &done).into()) }
}

/// An ordinary connection, as polyspec's own role for scenarios or as the administrator.
pub async fn connect(url: &str, database: Option<&str>) -> Measured<Client> {
    let mut config: tokio_postgres::Config = url.parse()?;
    if let Some(database) = database {
        config.dbname(database);
    }
    let (client, connection) = config.connect(NoTls).await?;
    tokio::spawn(connection);
    Ok(client)
}

/// Makes a database empty and new, owned by the role of scenarios.
pub async fn fresh_database(node: &NodeDescription, database: &str) -> Measured<()> {
    let admin = connect(&node.admin_url, None).await?;
    admin.batch_execute(&format!("DROP DATABASE IF EXISTS {database} WITH (FORCE)")).await?;
    let app: tokio_postgres::Config = node.app_url.as_deref().unwrap_or(&node.admin_url).parse()?;
    let owner = app.get_user().unwrap_or_default();
    admin.batch_execute(&format!("CREATE DATABASE {database} OWNER {owner} TEMPLATE template0")).await?;
    Ok(())
}
