//! Differences of long lists that differ in the ways that cost most: the slowest, and how its time grows with the rows.

use std::hint::black_box;
use std::time::Instant;

use polyspec::internal::diff_rows;

use crate::measure::{Measured, go_on, median};
use crate::table::{Table, Target};

const ROWS: usize = 100_000;
const FEW_ROWS: usize = 10_000;

/// The number of the row that stands at a place in the second list, or of one that the first list does not have.
type Place = fn(usize, usize) -> usize;

/// How the second list differs from the first, which counts up.
const CASES: [(&str, Place); 6] = [
    ("nothing in common", |at, rows| rows + at),
    ("every other row changed", |at, rows| if at % 2 == 1 { rows + at } else { at }),
    ("neighbours swapped", |at, _| at ^ 1),
    ("reversed", |at, rows| rows - 1 - at),
    ("every other row missing", |at, rows| if at * 2 < rows { at * 2 } else { rows + at }),
    ("shuffled", |at, rows| at * 7919 % rows),
];

/// Runs the benchmark.
pub fn run(repetitions: usize, table: &mut Table) -> Measured<()> {
    let mut slowest = ("", 0.0, 0.0);
    for (name, place) in CASES {
        let [few, many] = [FEW_ROWS, ROWS].map(|rows| elapsed(rows, place, repetitions));
        let (few, many) = (few?, many?);
        if many > slowest.1 {
            slowest = (name, many, few);
        }
    }
    let (name, many, few) = slowest;
    table.add(format!("diff: {ROWS} rows, {name}"), "the slowest of six cases", many, "s", Target::AtMost(2.0));
    let sides = format!("{many:.3} : {few:.3} s");
    table.add("diff: the same, for ten times the rows", sides, many / few, "x", Target::AtMost(30.0));
    Ok(())
}

/// Seconds, the median.
fn elapsed(rows: usize, place: Place, repetitions: usize) -> Measured<f64> {
    let expected: Vec<Vec<String>> = (0..rows).map(row).collect();
    let actual: Vec<Vec<String>> = (0..rows).map(|at| row(place(at, rows))).collect();
    let mut seen = vec![];
    for _ in 0..repetitions {
        go_on()?;
        let begun = Instant::now();
        black_box(diff_rows(None, black_box(&expected), black_box(&actual)));
        seen.push(begun.elapsed().as_secs_f64());
    }
    Ok(median(&seen))
}

fn row(number: usize) -> Vec<String> {
    vec![number.to_string(), format!("name {number}"), (number % 10).to_string()]
}
