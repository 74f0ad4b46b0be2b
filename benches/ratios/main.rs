//! Measures polyspec against its peers on the same servers and prints the ratios beside their targets: `cargo bench --bench
//! ratios`. A missed target is printed like a met one; only what cannot be measured is an error.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a benchmark prints what it has measured")]

mod diff;
mod generate;
mod golden;
mod many;
mod measure;
mod peer;
mod slt;
mod start;
mod step;
mod suite;
mod table;

use std::process::ExitCode;

use clap::{Parser, ValueEnum};

use measure::Measured;
use table::Table;

/// Ratios of polyspec against its peers, measured in one run on the same servers.
#[derive(Parser)]
#[command(name = "cargo bench --bench ratios --")]
struct Options {
    /// Which benchmarks; all when absent
    benchmarks: Vec<Benchmark>,
    /// How often each is measured; medians are printed
    #[arg(long, short, default_value_t = 3, value_parser = clap::value_parser!(u8).range(1..))]
    repetitions: u8,
    /// Handed over by `cargo bench`
    #[arg(long, hide = true)]
    bench: bool,
}

/// What is measured.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Benchmark {
    /// Records of `.slt` per second, against the command line of sqllogictest
    Slt,
    /// A step of YAML, against a bare loop over tokio-postgres
    Step,
    /// Memory over a golden of a million rows
    Golden,
    /// The slowest difference of a hundred thousand rows
    Diff,
    /// Generated rows a second, against a loop in Python
    Generate,
    /// The time until the first statement
    Start,
    /// A thousand small scenarios: the last against the first
    Many,
}

impl Benchmark {
    /// Measures it and adds it to the table.
    fn run(self, repetitions: usize, table: &mut Table) -> Measured<()> {
        match self {
            Benchmark::Slt => slt::run(repetitions, table),
            Benchmark::Step => step::run(repetitions, table),
            Benchmark::Golden => golden::run(table),
            Benchmark::Diff => diff::run(repetitions, table),
            Benchmark::Generate => generate::run(repetitions, table),
            Benchmark::Start => start::run(repetitions, table),
            Benchmark::Many => many::run(repetitions, table),
        }
    }
}

fn main() -> ExitCode {
    let options = Options::parse();
    if !options.bench {
        println!("nothing is timed outside of `cargo bench --bench ratios`");
        return ExitCode::SUCCESS;
    }
    measure::notice_interrupts();
    let chosen = if options.benchmarks.is_empty() { Benchmark::value_variants() } else { &options.benchmarks };
    let mut table = Table::default();
    let measured = chosen.iter().try_for_each(|each| each.run(options.repetitions.into(), &mut table));
    println!("{}", table.render(options.repetitions.into()));
    match measured {
        Ok(()) => ExitCode::SUCCESS,
        Err(cause) => {
            eprintln!("error: {cause}");
            ExitCode::FAILURE
        }
    }
}
