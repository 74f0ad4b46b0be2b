//! `polyspec bless` and `polyspec review`: what is pending becomes golden only after two runs that agree.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{self, BufRead, BufReader, Write};
use std::path::{Path, PathBuf};

use super::Context;
use super::args;
use super::reporters::{Reporters, print, refuse};
use super::run::{carry_out, explain, request};
use super::say::say;
use crate::engine::Job;
use crate::exit::Exit;
use crate::judge::{diff_lines, differs_between_runs};
use crate::model::{Body, SltScript};
use crate::report::{Look, render_diff};
use crate::run::{Prepared, Request, SharedSuite, prepare, quoted};
use crate::source::{Diagnostic, visible};
use crate::suite::{Pending, Selection, Spool};

/// Lines that differ between two runs, as many as a person wants to see.
const SHOWN: usize = 5;

/// What two passes left beside a golden: copies that stay on the disk, since a golden may be longer than memory is large.
struct Candidate {
    pending: Pending,
    texts: [Left; 2],
}

/// What one pass left.
enum Left {
    Nothing,
    Text(BufReader<File>),
    Unreadable(io::Error),
}

/// What was run.
struct Blessed {
    suite: SharedSuite,
    jobs: Vec<Job>,
    candidates: Vec<Candidate>,
    /// The beginning of the command that accepts.
    bless: String,
}

/// Accepts everything that is pending among the named.
pub(super) fn bless(args: &args::Bless, context: &Context) -> Exit {
    decide(args, context, |_, _| Answer::Accept)
}

/// Asks about each.
pub(super) fn review(args: &args::Bless, context: &Context) -> Exit {
    let look = Look { color: context.color, ..Look::plain(context.width) };
    decide(args, context, move |suite, candidate| ask(suite, candidate, &look))
}

enum Answer {
    Accept,
    Reject,
    Skip,
}

fn decide(args: &args::Bless, context: &Context, answer: impl Fn(&SharedSuite, &Candidate) -> Answer) -> Exit {
    if context.ci {
        let diagnostic = Diagnostic::nowhere("nothing is accepted in CI");
        return refuse(&[diagnostic.help("Run this on your own machine, and commit what you accept.")], context);
    }
    let base = request(&args.suite, &args.servers, context);
    // What is pending may be of a hidden scenario.
    let selection = Selection { names: args.names.clone(), hidden: true, ..Selection::default() };
    let (allow_run, allow_cluster_changes) = (args.permit.allow_run, args.permit.allow_cluster_changes);
    let mut prepared = match prepare(Request { selection, allow_run, allow_cluster_changes, ..base }) {
        Ok(prepared) => prepared,
        Err(errors) => return refuse(&errors, context),
    };
    if args.names.is_empty() {
        keep_pending_jobs(&mut prepared);
    }
    if prepared.jobs.is_empty() {
        say!("nothing is pending");
        return Exit::Pass;
    }
    match twice(prepared, context) {
        Ok(blessed) => settle(blessed, context, answer),
        Err(exit) => exit,
    }
}

/// Without names, what has a pending neighbour is run.
fn keep_pending_jobs(prepared: &mut Prepared) {
    let pending: BTreeSet<PathBuf> = all_pending(&prepared.suite).into_iter().map(|pending| pending.golden).collect();
    let suite = prepared.suite.clone();
    prepared.jobs.retain(|job| files(&suite, job).iter().any(|file| pending.contains(file)));
}

/// What a job may leave a pending neighbour of: its golden, or the `.slt` file itself and those that it includes.
fn files(suite: &SharedSuite, job: &Job) -> BTreeSet<PathBuf> {
    match &job.scenario.body {
        Body::Steps { .. } => {
            let case = job.case().map(|case| case.name.as_str());
            [suite.goldens().path(&job.scenario.path, case)].into()
        }
        Body::Slt(script) => scripts(suite, script),
    }
}

fn scripts(suite: &SharedSuite, script: &SltScript) -> BTreeSet<PathBuf> {
    script.records.iter().map(|record| suite.shown_file(record.span.file.name())).collect()
}

fn all_pending(suite: &SharedSuite) -> Vec<Pending> {
    suite.goldens().pending().unwrap_or_default().into_iter().chain(suite.rewritten()).collect()
}

/// Runs everything twice on the same servers and reads what each pass left.
fn twice(prepared: Prepared, context: &Context) -> Result<Blessed, Exit> {
    let suite = prepared.suite.clone();
    let jobs = prepared.jobs.clone();
    let bless = prepared.request.command("bless");
    let wanted: BTreeSet<PathBuf> = jobs.iter().flat_map(|job| files(&suite, job)).collect();
    // What an earlier run left must not be taken for what these two leave.
    for stale in all_pending(&suite).into_iter().filter(|pending| wanted.contains(&pending.golden)) {
        let _ = stale.reject();
    }
    let mut candidates: BTreeMap<PathBuf, Candidate> = BTreeMap::new();
    let mut reporters = Reporters::for_blessing(context).map_err(|error| refuse(&[error], context))?;
    let ran = carry_out(prepared, 2, &mut reporters, |pass| {
        for pending in all_pending(&suite).into_iter().filter(|pending| wanted.contains(&pending.golden)) {
            let left = copied(&pending, pass == 0).map_or_else(Left::Unreadable, Left::Text);
            let candidate = candidates
                .entry(pending.golden.clone())
                .or_insert_with(|| Candidate { pending, texts: [Left::Nothing, Left::Nothing] });
            candidate.texts[pass] = left;
        }
    });
    match ran {
        Ok(_) => Ok(Blessed { suite, jobs, candidates: candidates.into_values().collect(), bless }),
        Err(error) => Err(explain(error, context)),
    }
}

/// A copy that the next pass does not overwrite. What the first pass left goes away, so that it cannot be taken for what the
/// second leaves.
fn copied(pending: &Pending, first: bool) -> io::Result<BufReader<File>> {
    let mut spool = Spool::new()?;
    io::copy(&mut File::open(&pending.pending)?, &mut spool)?;
    if first {
        pending.reject()?;
    }
    spool.into_reader()
}

fn settle(
    Blessed { suite, jobs, candidates, bless }: Blessed,
    context: &Context,
    answer: impl Fn(&SharedSuite, &Candidate) -> Answer,
) -> Exit {
    if candidates.is_empty() {
        say!("\nnothing to accept: what failed above did not fail for a golden, or nothing differs");
        return Exit::Fail;
    }
    let mut exit = Exit::Pass;
    for mut candidate in candidates {
        let shown = suite.display(&candidate.pending.golden);
        let golden = &candidate.pending.golden;
        let refusal = todo(&suite, &jobs, golden, &shown)
            .or_else(|| includers(&suite, &jobs, golden, &shown, &bless))
            .or_else(|| refusal(&shown, &mut candidate.texts));
        if let Some(refusal) = refusal {
            print(&[refusal], context);
            exit = Exit::Fail;
            continue;
        }
        let done = match answer(&suite, &candidate) {
            Answer::Accept => candidate.pending.accept().map(|()| "accepted"),
            Answer::Reject => candidate.pending.reject().map(|()| "rejected"),
            Answer::Skip => Ok("left pending"),
        };
        match done {
            Ok(word) => say!("{word} {shown}"),
            Err(error) => {
                print(&[Diagnostic::nowhere(format!("`{shown}` cannot be changed: {error}"))], context);
                exit = Exit::Machinery;
            }
        }
    }
    exit
}

/// A scenario that is expected to fail must not begin to pass unnoticed.
fn todo(suite: &SharedSuite, jobs: &[Job], golden: &Path, shown: &str) -> Option<Diagnostic> {
    let job = jobs.iter().find(|job| job.scenario.todo.is_some() && files(suite, job).contains(golden))?;
    let message = format!("`{shown}` is not accepted: `{}` has a `todo` and would pass unexpectedly", job.name);
    Some(Diagnostic::nowhere(message).help("Remove the `todo` first."))
}

/// A `.slt` file that other scenarios include too must hold for them as well, so they have to be run.
fn includers(suite: &SharedSuite, jobs: &[Job], golden: &Path, shown: &str, bless: &str) -> Option<Diagnostic> {
    let is_script = |job: &&Job| matches!(job.scenario.body, Body::Slt(_)) && files(suite, job).contains(golden);
    let ours: BTreeSet<&str> = jobs.iter().filter(is_script).map(|job| job.scenario.path.as_str()).collect();
    if ours.is_empty() {
        return None;
    }
    let all = suite.load(&Selection { hidden: true, ..Selection::default() }).map_or(vec![], |loaded| loaded.runs);
    let includes = |run: &&crate::suite::Run| {
        let Body::Slt(script) = &run.scenario.body else { return false };
        !ours.contains(run.scenario.path.as_str()) && scripts(suite, script).contains(golden)
    };
    let others: Vec<String> = all.iter().filter(includes).map(|run| quoted(&run.scenario.path)).collect();
    let names: Vec<String> = ours.iter().map(|name| quoted(name)).chain(others.iter().cloned()).collect();
    let message = format!("`{shown}` is not accepted: {} includes it too", others.first()?);
    Some(Diagnostic::nowhere(message).help(format!("Run all that include it: {bless} {}", names.join(" "))))
}

/// Why a candidate cannot become golden: two runs in a row did not give the same.
fn refusal(shown: &str, texts: &mut [Left; 2]) -> Option<Diagnostic> {
    let unreadable = |error: &io::Error| {
        Diagnostic::nowhere(format!("`{shown}` is not accepted: what is pending for it cannot be kept: {error}"))
    };
    let (first, second) = match texts {
        [Left::Text(first), Left::Text(second)] => (first, second),
        [Left::Unreadable(error), _] | [_, Left::Unreadable(error)] => return Some(unreadable(error)),
        [first, _] => {
            let (left, not) = if matches!(first, Left::Text(_)) { ("first", "second") } else { ("second", "first") };
            let message = format!("`{shown}` is not accepted: only the {left} of two runs left something pending");
            return Some(Diagnostic::nowhere(message).help(format!("See above how the {not} one ended.")));
        }
    };
    let differing = match differs_between_runs(first, second, SHOWN) {
        Ok(differing) if differing.is_empty() => return None,
        Ok(differing) => differing,
        Err(error) => return Some(unreadable(&error)),
    };
    let mut diagnostic = Diagnostic::nowhere(format!("`{shown}` is not deterministic: two runs in a row differ"));
    for (line, first, second) in &differing {
        diagnostic = diagnostic.help(format!("line {line}: `{first}`, then `{second}`"));
    }
    Some(diagnostic.help(match shown.ends_with(".golden") {
        true => "Give the query an order, or name what changes under `redact` in `polyspec.yaml`.",
        false => "Give the query an order (`ORDER BY`, `rowsort`), or write `<slt:ignore>` for what changes.",
    }))
}

fn ask(suite: &SharedSuite, candidate: &Candidate, look: &Look) -> Answer {
    let old = std::fs::read_to_string(&candidate.pending.golden).unwrap_or_default();
    let new = std::fs::read_to_string(&candidate.pending.pending).unwrap_or_default();
    say!("\n{}", title(suite, &candidate.pending.golden));
    say!("{}", render_diff(&diff_lines(&lines(&old), &lines(&new)), look));
    let stdin = std::io::stdin();
    loop {
        let mut out = std::io::stdout().lock();
        let _ = out.write_all(b"accept, reject or skip? [a/r/s] ").and_then(|()| out.flush());
        drop(out);
        let mut line = String::new();
        match stdin.lock().read_line(&mut line) {
            Ok(0) | Err(_) => return Answer::Skip,
            Ok(_) => {}
        }
        match line.trim() {
            "a" | "accept" => return Answer::Accept,
            "r" | "reject" => return Answer::Reject,
            "s" | "skip" | "" => return Answer::Skip,
            _ => {}
        }
    }
}

fn title(suite: &SharedSuite, golden: &Path) -> String {
    let state = if golden.exists() { "differs" } else { "is new" };
    format!("{} {state}", visible(&suite.display(golden)))
}

fn lines(text: &str) -> Vec<String> {
    text.lines().map(str::to_string).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn left(text: &str) -> Left {
        let folder = tempfile::tempdir().unwrap();
        let [golden, pending] = ["a.golden", "a.golden.pending"].map(|name| folder.path().join(name));
        let pending = Pending { golden, pending };
        std::fs::write(&pending.pending, text).unwrap();
        let left = copied(&pending, true).map_or_else(Left::Unreadable, Left::Text);
        assert!(!pending.pending.exists(), "the second pass could leave nothing and find this");
        left
    }

    fn said(mut texts: [Left; 2]) -> Option<String> {
        refusal("a.golden", &mut texts).map(|diagnostic| diagnostic.message)
    }

    #[test]
    fn both_runs_must_leave_the_same() {
        assert_eq!(said([left("1\n"), left("1\n")]), None);
        let one = |which: &str| {
            Some(format!("`a.golden` is not accepted: only the {which} of two runs left something pending"))
        };
        assert_eq!(said([left("1\n"), Left::Nothing]), one("first"));
        assert_eq!(said([Left::Nothing, left("1\n")]), one("second"));
        assert!(said([left("1\n"), left("2\n")]).unwrap().contains("is not deterministic"));
        let full = Left::Unreadable(io::Error::other("no space left"));
        assert!(said([left("1\n"), full]).unwrap().contains("no space left"));
    }
}
