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
use crate::report::{Look, render_diff};
use crate::run::{Prepared, Request, SharedSuite, prepare};
use crate::source::{Diagnostic, visible};
use crate::suite::{Pending, Selection, Spool};

/// Lines that differ between two runs, as many as a person wants to see.
const SHOWN: usize = 5;

/// What two passes left beside a golden: copies that stay on the disk, since a golden may be longer than memory is large.
struct Candidate {
    pending: Pending,
    texts: [Option<BufReader<File>>; 2],
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
    let selection = Selection { names: args.names.clone(), ..Selection::default() };
    let mut prepared = match prepare(Request { selection, allow_run: args.permit.allow_run, ..base }) {
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
    let candidates = match twice(prepared, context) {
        Ok(candidates) => candidates,
        Err(exit) => return exit,
    };
    settle(candidates, context, answer)
}

/// Without names, what has a pending neighbour is run.
fn keep_pending_jobs(prepared: &mut Prepared) {
    let pending: BTreeSet<PathBuf> = all_pending(&prepared.suite).into_iter().map(|pending| pending.golden).collect();
    let suite = prepared.suite.clone();
    prepared.jobs.retain(|job| files(&suite, job).iter().any(|file| pending.contains(file)));
}

/// What a job may leave a pending neighbour of: its golden, and the file itself when that is `.slt`.
fn files(suite: &SharedSuite, job: &Job) -> [PathBuf; 2] {
    let case = job.case().map(|case| case.name.as_str());
    [suite.goldens().path(&job.scenario.path, case), suite.scenario_file(&job.scenario.path)]
}

fn all_pending(suite: &SharedSuite) -> Vec<Pending> {
    suite.goldens().pending().unwrap_or_default().into_iter().chain(suite.rewritten()).collect()
}

/// Runs everything twice on the same servers and reads what each pass left.
fn twice(prepared: Prepared, context: &Context) -> Result<(SharedSuite, Vec<Candidate>), Exit> {
    let suite = prepared.suite.clone();
    let wanted: BTreeSet<PathBuf> = prepared.jobs.iter().flat_map(|job| files(&suite, job)).collect();
    // What an earlier run left must not be taken for what these two leave.
    for stale in all_pending(&suite).into_iter().filter(|pending| wanted.contains(&pending.golden)) {
        let _ = std::fs::remove_file(stale.pending);
    }
    let mut candidates: BTreeMap<PathBuf, Candidate> = BTreeMap::new();
    let mut reporters = Reporters::for_blessing(context).map_err(|error| refuse(&[error], context))?;
    let ran = carry_out(prepared, 2, &mut reporters, |pass| {
        for pending in all_pending(&suite).into_iter().filter(|pending| wanted.contains(&pending.golden)) {
            let text = copied(&pending.pending).ok();
            let key = pending.golden.clone();
            let candidate = candidates.entry(key).or_insert_with(|| Candidate { pending, texts: [None, None] });
            candidate.texts[pass] = text;
        }
    });
    match ran {
        Ok(_) => Ok((suite, candidates.into_values().collect())),
        Err(error) => Err(explain(error, context)),
    }
}

/// A copy that the next pass does not overwrite.
fn copied(path: &Path) -> io::Result<BufReader<File>> {
    let mut spool = Spool::new()?;
    io::copy(&mut File::open(path)?, &mut spool)?;
    spool.into_reader()
}

fn settle(
    (suite, candidates): (SharedSuite, Vec<Candidate>),
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
        if let Some(refusal) = refusal(&shown, &mut candidate) {
            print(&[refusal], context);
            exit = Exit::Fail;
            continue;
        }
        let done = match answer(&suite, &candidate) {
            Answer::Accept => {
                std::fs::rename(&candidate.pending.pending, &candidate.pending.golden).map(|()| "accepted")
            }
            Answer::Reject => std::fs::remove_file(&candidate.pending.pending).map(|()| "rejected"),
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

/// Why a candidate cannot become golden: two runs in a row did not give the same.
fn refusal(shown: &str, candidate: &mut Candidate) -> Option<Diagnostic> {
    let [Some(first), Some(second)] = &mut candidate.texts else {
        return Some(Diagnostic::nowhere(format!(
            "`{shown}`: one of two runs differed from the golden, the other did not"
        )));
    };
    let differing = match differs_between_runs(first, second, SHOWN) {
        Ok(differing) if differing.is_empty() => return None,
        Ok(differing) => differing,
        Err(error) => {
            return Some(Diagnostic::nowhere(format!("what is pending for `{shown}` cannot be read: {error}")));
        }
    };
    let mut diagnostic = Diagnostic::nowhere(format!("`{shown}` is not deterministic: two runs in a row differ"));
    for (line, first, second) in &differing {
        diagnostic = diagnostic.help(format!("line {line}: `{first}`, then `{second}`"));
    }
    Some(diagnostic.help("Give the query an order, or name what changes under `redact` in `polyspec.yaml`."))
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
