//! The tool, end to end: every test runs the real program on real servers. Most of them share one cluster that `polyspec
//! up` started; it is started with the first test that wants it, and taken down after the last one, however this process
//! ends (`world::Guard`).

#![expect(clippy::expect_used, reason = "a test that cannot go on panics")]

mod attacks;
mod book;
mod children;
mod conformance;
mod differential;
mod exit_codes;
mod faults;
mod files;
mod goldens;
mod grade;
mod interruption;
mod isolation;
mod kit;
mod large;
mod mutants;
mod other_user;
mod outputs;
#[allow(dead_code, reason = "the languages of blocks, prose and folders are read by tests/book")]
#[path = "../book/pages.rs"]
mod pages;
mod plain_text;
mod programs;
mod redact;
mod reports;
mod servers;
mod sessions;
#[path = "../../src/snapshot.rs"]
mod snapshot;
mod suite;
mod world;

use std::process::ExitCode;

/// A list of trials whose names are those of the functions, read as sentences.
macro_rules! trials {
    ($($test:ident),* $(,)?) => {
        vec![$({
            let name = format!("{}::{}", module_path!().rsplit("::").next().unwrap_or_default(), stringify!($test));
            libtest_mimic::Trial::test(name, || { $test(); Ok(()) })
        }),*]
    };
}
pub(crate) use trials;

fn main() -> ExitCode {
    if let Some(folder) = std::env::var_os(conformance::FOLDER) {
        return match std::env::var_os(conformance::ALLOW_RUN) {
            Some(_) => polyspec::Conformance::new(folder).allow_run(true).run(),
            None => polyspec::conformance(folder),
        };
    }
    let arguments = libtest_mimic::Arguments::from_args();
    let trials = [
        attacks::trials(),
        book::trials(),
        conformance::trials(),
        differential::trials(),
        exit_codes::trials(),
        faults::trials(),
        files::trials(),
        goldens::trials(),
        grade::trials(),
        interruption::trials(),
        large::trials(),
        isolation::trials(),
        kit::trials(),
        mutants::trials(),
        other_user::trials(),
        outputs::trials(),
        plain_text::trials(),
        programs::trials(),
        reports::trials(),
        sessions::trials(),
    ];
    let conclusion = libtest_mimic::run(&arguments, trials.into_iter().flatten().collect());
    world::take_down();
    conclusion.exit_code()
}
