//! How many rows a second `polyspec generate` puts into the reference system on one node, how much memory it takes over
//! millions, and how that compares with a loop in Python that makes the same tables with Faker and inserts row by row with
//! psycopg.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use polyspec::internal::NodeDescription;

use crate::measure::{Measured, go_on, median, peak_memory, runtime};
use crate::peer::fresh_database;
use crate::suite::{ONE_PEER, POLYSPEC, Suite, node, told};
use crate::table::{Table, Target};

/// Rows in each of the six tables.
const ROWS: u64 = 100_000;

/// Rows in each table that Python makes: its rate does not depend on how many.
const PYTHON_ROWS: u64 = 500;

/// The tables of the reference system.
const TABLES: u64 = 6;

/// Millions of rows over which memory is measured, in files: no server stands beside.
const MILLIONS: [u64; 2] = [1, 5];

/// The packages of the peer.
const PACKAGES: [&str; 2] = ["Faker==37.1.0", "psycopg[binary]==3.2.6"];

/// Runs the benchmark.
pub fn run(repetitions: usize, table: &mut Table) -> Measured<()> {
    let mut suite = Suite::new(ONE_PEER)?;
    let cluster = suite.up()?;
    let solo = node(&cluster, "pg.solo")?;
    let mut rates = vec![];
    for _ in 0..repetitions {
        rates.push(rate(&suite, solo)?);
    }
    let ours = median(&rates);
    let what = format!("{} rows over six tables", ROWS * TABLES);
    table.add("generate: rows a second into one node", what, ours, "/s", Target::AtLeast(100_000.0));
    let theirs = python(solo)?;
    let sides = format!("{ours:.0}/s, Faker and psycopg {theirs:.0}/s");
    table.add("generate: against Python, row by row", sides, ours / theirs, "times", Target::None);
    let peaks = MILLIONS.map(|millions| peak(&suite, millions));
    for (millions, peak) in MILLIONS.into_iter().zip(peaks) {
        let peak = peak?;
        table.add(
            format!("generate: memory, {millions} million rows"),
            "one table, CSV",
            peak,
            "MiB",
            Target::AtMost(100.0),
        );
    }
    Ok(())
}

/// The reference system of this repository.
fn reference() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/ecommerce")
}

/// Rows a second of a whole `polyspec generate`, its start counted.
fn rate(suite: &Suite, solo: &NodeDescription) -> Measured<f64> {
    go_on()?;
    let (database, url) = built(solo)?;
    let mut line = suite.command("generate");
    line.args(["--rows", &ROWS.to_string(), "--seed", "7", "--database", &database]).arg("--system").arg(reference());
    line.arg("--pg-url").arg(format!("solo={url}"));
    let begun = Instant::now();
    let done = line.output()?;
    let elapsed = begun.elapsed();
    go_on()?;
    if !done.status.success() {
        return Err(told("polyspec generate", &done).into());
    }
    Ok(per_second(ROWS * TABLES, elapsed))
}

fn per_second(rows: u64, elapsed: Duration) -> f64 {
    rows as f64 / elapsed.as_secs_f64()
}

/// A new database with the tables of the reference system; its name, and its URL as the role of scenarios.
fn built(solo: &NodeDescription) -> Measured<(String, String)> {
    let database = "generated".to_string();
    let app = solo.app_url.clone().ok_or("the node has no role of scenarios")?;
    let (base, _) = app.rsplit_once('/').ok_or("the URL of the node has no database")?;
    let url = format!("{base}/{database}");
    let files = ["customer", "customer_region", "customer_replication", "products", "orders", "shipments", "indexes"];
    runtime()?.block_on(async {
        fresh_database(solo, &database).await?;
        let client = crate::peer::connect(&app, Some(&database)).await?;
        for file in files {
            let sql = std::fs::read_to_string(reference().join("sql").join(file).with_extension("sql"))?;
            client.batch_execute(&sql).await?;
        }
        Measured::Ok((database.clone(), url.clone()))
    })
}

/// Rows a second of the loop in Python.
fn python(solo: &NodeDescription) -> Measured<f64> {
    let python = environment()?;
    let (_, url) = built(solo)?;
    go_on()?;
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/ratios/generate.py");
    let begun = Instant::now();
    let done = Command::new(python).arg(script).arg(url).arg(PYTHON_ROWS.to_string()).output()?;
    let elapsed = begun.elapsed();
    if !done.status.success() {
        return Err(told("the loop in Python", &done).into());
    }
    // The loop says how long it took without Python's own start and imports.
    let seconds = String::from_utf8_lossy(&done.stdout).trim().parse().unwrap_or(elapsed.as_secs_f64());
    Ok(per_second(PYTHON_ROWS * TABLES, Duration::from_secs_f64(seconds)))
}

/// The Python of `bench-tools` beside the builds of this project, with the packages; made there when it is not.
fn environment() -> Measured<PathBuf> {
    let target = Path::new(POLYSPEC).parent().and_then(Path::parent).ok_or("the target folder is not known")?;
    let root = target.join("bench-tools").join("python");
    let python = root.join("bin").join("python");
    if !root.join("installed").exists() {
        println!("installing {} into {}", PACKAGES.join(" and "), root.display());
        succeed(Command::new("python3").args(["-m", "venv"]).arg(&root))?;
        succeed(Command::new(&python).args(["-m", "pip", "install", "--quiet"]).args(PACKAGES))?;
        std::fs::write(root.join("installed"), "")?;
    }
    Ok(python)
}

fn succeed(command: &mut Command) -> Measured<()> {
    if command.status()?.success() { Ok(()) } else { Err(format!("{command:?} failed").into()) }
}

/// The most memory of a `polyspec generate` that writes one table of so many million rows.
fn peak(suite: &Suite, millions: u64) -> Measured<f64> {
    go_on()?;
    let folder = suite.path().join("generated");
    let mut line = suite.command("generate");
    line.args(["--rows", &(millions * 1_000_000).to_string(), "--seed", "7", "--table", "orders"]);
    line.arg("--system").arg(reference()).arg("--out").arg(&folder);
    let mut child: Child = line.stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
    let (status, peak) = peak_memory(&mut child)?;
    go_on()?;
    std::fs::remove_dir_all(&folder)?;
    if status.success() { Ok(peak) } else { Err(format!("polyspec generate ended with {status}").into()) }
}
