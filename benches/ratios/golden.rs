//! How much memory polyspec takes over a golden of a million rows.

use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::Path;
use std::process::{ExitStatus, Stdio};

use crate::measure::{Measured, go_on, peak_memory};
use crate::suite::{ONE_PEER, Suite};
use crate::table::{Table, Target};

const ROWS: usize = 1_000_000;

/// MiB that polyspec may have resident.
const LIMIT: Target = Target::AtMost(100.0);

/// Runs the benchmark, once: the figure does not depend on the machine's load.
pub fn run(table: &mut Table) -> Measured<()> {
    let mut suite = Suite::new(ONE_PEER)?;
    suite.write("scenarios/million.yaml", &scenario())?;
    suite.up()?;
    let golden = suite.path().join("golden/million.golden");
    let pending = suite.path().join("golden/million.golden.pending");

    let recorded = peak(&suite, "run", Expected::Mismatch)?;
    table.add("golden: a million rows, recorded", size(&pending)?, recorded, "MiB", LIMIT);
    let accepted = peak(&suite, "bless", Expected::Success)?;
    table.add("golden: accepted after two runs", size(&golden)?, accepted, "MiB", LIMIT);
    let equal = peak(&suite, "run", Expected::Success)?;
    table.add("golden: compared, equal", size(&golden)?, equal, "MiB", LIMIT);
    change_the_middle(&golden)?;
    let differing = peak(&suite, "run", Expected::Mismatch)?;
    table.add("golden: compared, a row in the middle differs", size(&pending)?, differing, "MiB", LIMIT);
    Ok(())
}

fn scenario() -> String {
    format!(
        "scenario: A million rows\nrequirements: [B1]\nsteps:\n  \
         - sql: SELECT g, md5(g::text) FROM generate_series(1, {ROWS}) g\n    golden: rows\n"
    )
}

#[derive(Clone, Copy)]
enum Expected {
    Success,
    Mismatch,
}

impl Expected {
    fn is(self, status: ExitStatus) -> bool {
        let code = match self {
            Expected::Success => polyspec::internal::Exit::Pass,
            Expected::Mismatch => polyspec::internal::Exit::Fail,
        };
        status.code() == Some(code as i32)
    }
}

fn peak(suite: &Suite, command: &str, expected: Expected) -> Measured<f64> {
    go_on()?;
    let mut line = suite.command(command);
    let mut child = line.stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
    let (status, peak) = peak_memory(&mut child)?;
    go_on()?;
    if expected.is(status) { Ok(peak) } else { Err(format!("polyspec {command} ended with {status}").into()) }
}

fn size(path: &Path) -> Measured<String> {
    let bytes = std::fs::metadata(path).map_err(|error| format!("{}: {error}", path.display()))?.len();
    Ok(format!("{ROWS} rows, {:.0} MB", bytes as f64 / 1e6))
}

fn change_the_middle(golden: &Path) -> Measured<()> {
    let changed = golden.with_extension("changed");
    let mut out = BufWriter::new(std::fs::File::create(&changed)?);
    for (number, line) in BufReader::new(std::fs::File::open(golden)?).lines().enumerate() {
        let line = line?;
        match number {
            n if n == ROWS / 2 => writeln!(out, "{line} changed")?,
            _ => writeln!(out, "{line}")?,
        }
    }
    out.flush()?;
    Ok(std::fs::rename(changed, golden)?)
}
