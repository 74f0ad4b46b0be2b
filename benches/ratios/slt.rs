//! Records of `.slt` per second, by `polyspec run` and by the command line of sqllogictest: the same files, the same server,
//! an empty database each, whole processes timed.

use std::fmt::Write as _;
use std::path::Path;

use polyspec::internal::NodeDescription;

use crate::measure::{Measured, median, runtime};
use crate::peer;
use crate::suite::{ONE_PEER, Suite, node};
use crate::table::{Table, Target};

const RECORDS: usize = 5000;

const WHOLE: &str = "scenarios/whole/all.slt";
const HALVES: [&str; 2] = ["scenarios/half/one.slt", "scenarios/half/other.slt"];

/// Rows that a query returns.
const ROWS: usize = 10;

/// Runs the benchmark.
pub fn run(repetitions: usize, table: &mut Table) -> Measured<()> {
    let program = peer::sqllogictest()?;
    let mut suite = Suite::new(ONE_PEER)?;
    suite.write(WHOLE, &file("whole", RECORDS))?;
    for (path, name) in HALVES.into_iter().zip(["one", "other"]) {
        suite.write(path, &file(name, RECORDS / 2))?;
    }
    let cluster = suite.up()?;
    let bench = Bench { suite: &suite, program: &program, node: node(&cluster, "pg.solo")? };
    let mut seen: Vec<[f64; 5]> = vec![];
    // Once more than counted: the first finds cold caches on either side.
    for _ in 0..=repetitions {
        seen.push([
            bench.ours("whole", 1)?,
            bench.theirs(1, &[WHOLE])?,
            bench.ours("half", 1)?,
            bench.ours("half", 2)?,
            bench.theirs(2, &HALVES)?,
        ]);
    }
    let of = |at: usize| seen[1..].iter().map(|seconds| seconds[at]).collect::<Vec<f64>>();
    let rate = |at: usize| RECORDS as f64 / median(&of(at));
    let ratio = |ours: usize, theirs: usize| {
        let pairs: Vec<f64> = of(theirs).iter().zip(of(ours)).map(|(theirs, ours)| theirs / ours).collect();
        median(&pairs)
    };
    let sides = |ours: usize, theirs: usize, name: &str| format!("{:.0} : {:.0} {name}", rate(ours), rate(theirs));
    let (least, none) = (Target::AtLeast, Target::None);
    table.add("slt: records/s, sqllogictest, one file", sides(0, 1, "records/s"), ratio(0, 1), "x", least(1.0));
    table.add("slt: two files, 2 jobs, own 1 job", sides(3, 2, "records/s"), ratio(3, 2), "x", least(1.6));
    table.add("slt: two files, 2 jobs, sqllogictest -j 2", sides(3, 4, "records/s"), ratio(3, 4), "x", none);
    table.add("slt: two files, 2 jobs, sqllogictest one file", sides(3, 1, "records/s"), ratio(3, 1), "x", none);
    Ok(())
}

struct Bench<'a> {
    suite: &'a Suite,
    program: &'a Path,
    node: &'a NodeDescription,
}

impl Bench<'_> {
    fn ours(&self, folder: &str, jobs: usize) -> Measured<f64> {
        let run = self.suite.run(&["--jobs", &jobs.to_string(), &format!("{folder}/*")])?.passed()?;
        Ok(run.elapsed.as_secs_f64())
    }

    fn theirs(&self, jobs: usize, files: &[&str]) -> Measured<f64> {
        runtime()?.block_on(peer::fresh_database(self.node, "peer"))?;
        let elapsed = peer::run_sqllogictest(self.program, self.node, "peer", jobs, self.suite.path(), files)?;
        Ok(elapsed.as_secs_f64())
    }
}

/// Half inserts, half queries over what was inserted, in each of the sort modes. The first record makes the table.
fn file(name: &str, records: usize) -> String {
    let mut text = format!("# scenario: Records of {name}\n# requirements: B1\n# timeout: 600s\n\n");
    let _ = write!(text, "statement ok\nCREATE TABLE {name} (id int PRIMARY KEY, name text, price numeric(10, 2))\n\n");
    for record in 1..records {
        let (id, mode) = (record.div_ceil(2), record / 2 % 3);
        let _ = match record % 2 {
            1 => write!(text, "statement count 1\nINSERT INTO {name} VALUES ({id}, 'item-{id}', {id}.25)\n\n"),
            _ => write!(text, "{}\n\n", query(name, id, mode)),
        };
    }
    text
}

fn query(name: &str, last: usize, mode: usize) -> String {
    let first = last.saturating_sub(ROWS) + 1;
    let sql = format!("SELECT id, name, price FROM {name} WHERE id BETWEEN {first} AND {last}");
    let row = |id: usize| [id.to_string(), format!("item-{id}"), format!("{id}.25")];
    let mut rows: Vec<[String; 3]> = (first..=last).map(row).collect();
    match mode {
        0 => format!("query ITR\n{sql} ORDER BY id\n----\n{}", joined(&rows)),
        1 => {
            rows.sort();
            format!("query ITR rowsort\n{sql}\n----\n{}", joined(&rows))
        }
        _ => {
            let mut values = rows.concat();
            values.sort();
            format!("query ITR valuesort\n{sql}\n----\n{}", values.join("\n"))
        }
    }
}

fn joined(rows: &[[String; 3]]) -> String {
    rows.iter().map(|row| row.join(" ")).collect::<Vec<_>>().join("\n")
}
