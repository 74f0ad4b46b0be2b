//! The book's examples: each block of commands is run in a copy of the suite that its comment names, and prints what the
//! page says. `POLYSPEC_BOOK=bless` rewrites the pages; read the difference before you keep it.

use std::path::Path;

use libtest_mimic::{Failed, Trial};
use polyspec::internal::diff_lines;
use polyspec::internal::{Look, render_diff};
use regex::Regex;

use crate::children::finish;
use crate::pages::{Block, Page, blesses, book, root};
use crate::redact::redact;
use crate::suite::Suite;

/// One trial a block of commands.
pub fn trials() -> Vec<Trial> {
    let of_page = |page: Page| {
        let blocks = page.blocks().into_iter().enumerate();
        let run = blocks.filter_map(|(number, block)| Some((number, suite_of(&block)?)));
        let path = page.path.display().to_string();
        run.map(move |(number, suite)| trial(path.clone(), number, suite)).collect::<Vec<_>>()
    };
    book().into_iter().flat_map(of_page).collect()
}

/// The suite in which a block's commands are run.
fn suite_of(block: &Block) -> Option<String> {
    Some(block.marker.as_deref()?.strip_prefix("run in ")?.to_string())
}

fn trial(page: String, number: usize, suite: String) -> Trial {
    let name = format!("book::{}: {suite}", page.trim_start_matches("docs/"));
    Trial::test(name, move || check(&page, number, &suite))
}

/// Runs the commands of a block and compares what they print with what the page says.
fn check(path: &str, number: usize, suite: &str) -> Result<(), Failed> {
    let block = Page::read(path).blocks().remove(number);
    let printed = run(&block, suite);
    let (expected, actual) = (stable(&block.text), stable(&printed));
    if expected == actual {
        return Ok(());
    }
    if blesses() {
        Page::read(path).rewrite(&block, printed);
        return Ok(());
    }
    let diff = render_diff(&diff_lines(&expected, &actual), &Look::plain(120));
    Err(format!("it prints something else (POLYSPEC_BOOK=bless accepts, with --test-threads 1):\n{diff}").into())
}

/// The commands of a block, each followed by what it prints: first what is for people, then what is for programs.
fn run(block: &Block, suite: &str) -> Vec<String> {
    let copy = copy_of(&root().join("docs").join(suite));
    let mut lines = vec![];
    for command in block.text.iter().filter(|line| line.starts_with("$ polyspec ")) {
        let arguments: Vec<&str> = command.split(' ').skip(2).collect();
        let mut program = copy.command(&arguments);
        program.env("COLUMNS", "120");
        let ended = finish(program);
        let printed = format!("{}{}", ended.stderr, ended.stdout);
        lines.push(command.clone());
        lines.extend(printed.lines().map(str::to_string));
    }
    lines
}

/// A copy of a suite of the examples, on servers of its own.
fn copy_of(folder: &Path) -> Suite {
    let suite = Suite::owning();
    copy_into(&suite, folder, Path::new(""));
    suite
}

fn copy_into(suite: &Suite, folder: &Path, below: &Path) {
    for entry in std::fs::read_dir(folder.join(below)).expect("a folder of the example") {
        let path = below.join(entry.expect("an entry").file_name());
        if folder.join(&path).is_dir() {
            copy_into(suite, folder, &path);
        } else {
            let text = std::fs::read_to_string(folder.join(&path)).expect("a file of the example");
            suite.write(path.to_str().expect("a plain path"), &text);
        }
    }
}

/// Without what differs from run to run: times, seeds, workers, and the order in which mutants end.
fn stable(lines: &[String]) -> Vec<String> {
    let workers = Regex::new(r"\b\d+ workers?\b").expect("a pattern");
    let redacted = redact(&lines.join("\n"));
    let mut lines: Vec<String> =
        workers.replace_all(&redacted, "<n> workers").lines().map(str::trim_end).map(str::to_string).collect();
    lines.chunk_by_mut(|a, b| is_mutant(a) && is_mutant(b)).for_each(|run| run.sort());
    lines
}

fn is_mutant(line: &str) -> bool {
    line.starts_with("killed ")
}
