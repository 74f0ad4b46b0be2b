//! A thousand small scenarios, each on a copy of its own: whether the last cost more than the first.

use polyspec::internal::Event;

use crate::measure::{Measured, median};
use crate::suite::{ONE_PEER, Run, Suite};
use crate::table::{Table, Target};

const SCENARIOS: usize = 1000;

/// How many at either end are compared.
const QUARTER: usize = 250;

/// Runs the benchmark.
pub fn run(repetitions: usize, table: &mut Table) -> Measured<()> {
    let mut suite = Suite::new(ONE_PEER)?;
    for number in 0..SCENARIOS {
        suite.write(&format!("scenarios/s{number:04}.yaml"), &scenario(number))?;
    }
    let mut seen = vec![];
    for _ in 0..repetitions {
        // Servers of its own each time: what an earlier run left in them must not count.
        suite.up()?;
        seen.push(quarters(&suite.run(&["--jobs", "1"])?.passed()?)?);
        suite.down()?;
    }
    let of = |at: usize| median(&seen.iter().map(|quarters| quarters[at]).collect::<Vec<f64>>());
    let ratio = median(&seen.iter().map(|[first, last]| last / first).collect::<Vec<f64>>());
    let sides = format!("{:.1} : {:.1} ms each", of(1), of(0));
    table.add("many: last 250 of 1000 scenarios, first 250", sides, ratio, "x", Target::AtMost(1.1));
    Ok(())
}

fn scenario(number: usize) -> String {
    format!(
        "scenario: Number {number}\nrequirements: [B1]\nsteps:\n  - sql: CREATE TABLE t (n int)\n  \
         - sql: INSERT INTO t VALUES ({number})\n    expect: {{ affected: 1 }}\n  \
         - sql: SELECT n FROM t\n    expect: {{ value: {number} }}\n"
    )
}

/// Milliseconds for each of the first and each of the last scenarios.
fn quarters(run: &Run) -> Measured<[f64; 2]> {
    let ends: Vec<u64> = run.events.iter().filter_map(|event| finished(&event.event).then_some(event.at_ms)).collect();
    let begun = run.events.iter().find(|event| matches!(event.event, Event::ScenarioStarted { .. }));
    let begun = begun.ok_or("no scenario was started")?.at_ms;
    if ends.len() != SCENARIOS {
        return Err(format!("{} of {SCENARIOS} scenarios ended", ends.len()).into());
    }
    let first = ends[QUARTER - 1] - begun;
    let last = ends[SCENARIOS - 1] - ends[SCENARIOS - 1 - QUARTER];
    Ok([first, last].map(|elapsed| elapsed as f64 / QUARTER as f64))
}

fn finished(event: &Event) -> bool {
    matches!(event, Event::ScenarioFinished { .. })
}
