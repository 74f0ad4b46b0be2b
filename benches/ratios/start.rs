//! The time from exec to the first event of a scenario and to its first statement, with and without a cluster that runs.

use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use polyspec::internal::Event;

use crate::measure::{Measured, median};
use crate::suite::{Suite, node};
use crate::table::{Table, Target};

const TOPOLOGY: &str = "suite: Benchmarks\ntopology:\n  pg: { version: 18, peers: [apj, emea, latam] }\n  \
                        mongo: { version: 6, members: [m1, m2, m3] }\nsystem: ecommerce\n";

/// The server's clock, told by failing; the steps after it say which servers the scenario needs.
const FIRST: &str = "requirements: [B1]\nsteps:\n  - on: pg.apj\n    sql: SELECT extract(epoch FROM clock_timestamp())\n    \
                     expect: { value: the time }\n";

/// Seconds from exec to the event and to the statement.
type Seconds = [f64; 2];

/// Runs the benchmark.
pub fn run(repetitions: usize, table: &mut Table) -> Measured<()> {
    let mut suite = Suite::new(TOPOLOGY)?;
    copy_tree(&Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/ecommerce"), &suite.path().join("ecommerce"))?;
    let one = "  - on: pg.apj\n    sql: DELETE FROM orderitems\n";
    let all = "  - on: pg.emea\n    sql: DELETE FROM orderitems\n  - mongo: { ping: 1 }\n";
    suite.write("scenarios/one.yaml", &format!("scenario: One peer\n{FIRST}{one}"))?;
    suite.write("scenarios/all.yaml", &format!("scenario: Every server\n{FIRST}{all}"))?;
    for (name, what) in [("all", "three peers, replica set of three"), ("one", "one peer")] {
        let seen = repeat(repetitions, &suite, name)?;
        report(table, &format!("start: cold, {what}"), &seen, 4.0);
    }
    let cluster = suite.up()?;
    node(&cluster, "mongo.m1")?;
    for (name, what) in [("all", "three peers, replica set of three"), ("one", "one peer")] {
        // The first run builds the system, which the cluster then keeps.
        first(&suite, name)?;
        let seen = repeat(repetitions, &suite, name)?;
        report(table, &format!("start: running, {what}"), &seen, 0.3);
    }
    Ok(())
}

fn repeat(repetitions: usize, suite: &Suite, name: &str) -> Measured<Vec<Seconds>> {
    (0..repetitions).map(|_| first(suite, name)).collect()
}

fn report(table: &mut Table, what: &str, seen: &[Seconds], target: f64) {
    let [event, statement] = [0, 1].map(|at| median(&seen.iter().map(|seconds| seconds[at]).collect::<Vec<f64>>()));
    let sides = format!("first statement after {statement:.2} s");
    table.add(what, sides, event, "s", Target::AtMost(target));
}

fn first(suite: &Suite, name: &str) -> Measured<Seconds> {
    let exec = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs_f64();
    let run = suite.run(&["--exact", &format!("{name}.yaml")])?;
    let statement: f64 = run.told_value()?.parse()?;
    let mut begun = None;
    let mut started = None;
    for event in &run.events {
        match &event.event {
            Event::RunStarted { started, .. } => begun = Some(started.parse::<jiff::Timestamp>()?),
            Event::ScenarioStarted { .. } => started = started.or(Some(event.at_ms)),
            _ => {}
        }
    }
    let (begun, started) = begun.zip(started).ok_or("no scenario was started")?;
    let begun = begun.as_nanosecond() as f64 / 1e9;
    Ok([begun + started as f64 / 1e3 - exec, statement - exec])
}

fn copy_tree(from: &Path, to: &Path) -> Measured<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        match entry.file_type()?.is_dir() {
            true => copy_tree(&entry.path(), &target)?,
            false => drop(std::fs::copy(entry.path(), target)?),
        }
    }
    Ok(())
}
