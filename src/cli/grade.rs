//! `polyspec grade`.

use std::path::PathBuf;

use super::Context;
use super::args::{self, BlockedPoints};
use super::course::Course;
use super::reporters::{Reporters, print, refuse};
use super::run::{explain, interruptible, judging, request};
use super::say::{aside, say};
use crate::exit::Exit;
use crate::grade::{Blocked, Grading};
use crate::report::grading::{Kind, scorecard};
use crate::run::{Baseline, Grader, RunError, Submission, prepare};
use crate::source::{Diagnostic, visible};

/// Grades what was handed in.
pub(super) fn grade(args: &args::Grade, context: &Context) -> Exit {
    let reports = match reports(args, context) {
        Ok(reports) => reports,
        Err(error) => return refuse(&[error], context),
    };
    let base = request(&args.suite, &args.servers, context);
    let select = args::SelectArgs { requirements: args.requirements.clone(), ..Default::default() };
    let prepared = match prepare(judging(base, select, &args.permit, args.jobs, context)) {
        Ok(prepared) => prepared,
        Err(errors) => return refuse(&errors, context),
    };
    if prepared.suite.register().requirements.is_empty() {
        let error = Diagnostic::nowhere("this suite has no register of requirements, so that nothing has points");
        return refuse(&[error.help("write `scenarios/requirements.yaml`")], context);
    }
    let mut reporters = match Reporters::new(&[], false, false, context) {
        Ok(reporters) => reporters,
        Err(error) => return refuse(&[error], context),
    };
    let blocked = match args.blocked {
        BlockedPoints::Zero => Blocked::Zero,
        BlockedPoints::Scaled => Blocked::Scaled,
    };
    let done = interruptible(async |interrupt| {
        let grader = Grader::new(prepared, blocked, |event| reporters.event(event), interrupt).await?;
        Desk { args, context, reports: &reports }.work(grader).await
    });
    done.unwrap_or_else(|error| explain(error, context))
}

/// What a report is to be written to.
fn reports(args: &args::Grade, context: &Context) -> Result<Vec<(Kind, PathBuf)>, Diagnostic> {
    if !args.reports.is_empty() && args.paths.len() > 1 {
        let error = Diagnostic::nowhere("`--report` is about one submission, and several are named");
        return Err(error.help("write the reports of all below a folder: `--out DIR`"));
    }
    let known: Vec<_> = Kind::ALL.iter().map(|(word, _)| format!("`{word}`")).collect();
    let report = |(word, file): &(String, String)| {
        let kind = Kind::named(word).ok_or_else(|| {
            let error = Diagnostic::nowhere(format!("grading has no report of the kind `{word}`"));
            error.help(format!("The kinds are {}.", known.join(", ")))
        })?;
        Ok((kind, context.cwd.join(file)))
    };
    args.reports.iter().map(report).collect()
}

/// Grades one submission after the other.
struct Desk<'a> {
    args: &'a args::Grade,
    context: &'a Context,
    reports: &'a [(Kind, PathBuf)],
}

impl Desk<'_> {
    async fn work(&self, mut grader: Grader) -> Result<Exit, RunError> {
        let baseline = Baseline::of(grader.prepared())
            .map_err(|error| RunError::Machinery(format!("the suite's files cannot be read: {error}")))?;
        self.know_what_proves_nothing(&mut grader, &baseline).await?;
        let course = self.args.out.as_ref().map(|out| Course::new(&self.context.cwd.join(out), &baseline));
        let course = course.transpose().map_err(|error| RunError::Machinery(format!("`--out`: {error}")))?;
        let (mut gradings, mut exit) = (vec![], Exit::Pass);
        for path in &self.args.paths {
            let path = self.context.cwd.join(path);
            let submission = match Submission::open(&path) {
                Ok(submission) => submission,
                Err(error) => {
                    print(&[error], self.context);
                    exit = Exit::Input;
                    continue;
                }
            };
            let kept =
                course.as_ref().filter(|_| !self.is_regraded(&submission)).and_then(|course| course.kept(&submission));
            let grading = match kept {
                Some(kept) => {
                    say!("{}: kept from before", visible(&kept.submission));
                    kept
                }
                None => self.one(&mut grader, &submission, course.as_ref()).await?,
            };
            exit = worse(exit, self.exit_of(&grading));
            gradings.push(grading);
        }
        grader.release().await;
        if let Some(course) = &course {
            let path = course.table(&gradings).map_err(unwritten)?;
            say!("\n{} submissions: {}", gradings.len(), path.display());
        }
        Ok(exit)
    }

    async fn know_what_proves_nothing(&self, grader: &mut Grader, baseline: &Baseline) -> Result<(), RunError> {
        let known = match baseline.known() {
            Some(known) => known,
            None => {
                aside!("running the suite on an empty system: what passes there earns nothing");
                let passing = grader.examine_nothing().await?;
                if let Err(error) = baseline.keep(&passing) {
                    aside!("warning: what the empty system passes could not be kept for the next time: {error}");
                }
                passing
            }
        };
        for name in &known {
            aside!("earns nothing, since an empty system passes it: {}", visible(name));
        }
        grader.know(known);
        Ok(())
    }

    async fn one(
        &self,
        grader: &mut Grader,
        submission: &Submission,
        course: Option<&Course>,
    ) -> Result<Grading, RunError> {
        let mut unwritten = None;
        let mut write = |grading: &Grading, whole: bool| {
            // A grader that is killed by a limit leaves what it knew: Gradescope reads the file whatever happened.
            for (kind, path) in self.reports.iter().filter(|(kind, _)| whole || *kind == Kind::Gradescope) {
                if let Err(error) = kind.write(grading, path) {
                    unwritten.get_or_insert(format!("`{}` cannot be written: {error}", path.display()));
                }
            }
        };
        let grading = match grader.grade(submission, |grading| write(grading, false)).await {
            Ok(grading) => grading,
            Err(RunError::Input(errors)) => {
                print(&errors, self.context);
                grader.unreadable(submission, &errors)
            }
            Err(error) => return Err(error),
        };
        write(&grading, true);
        if let Some(error) = unwritten {
            return Err(RunError::Machinery(error));
        }
        if let Some(course) = course {
            course.keep(submission, &grading).map_err(self::unwritten)?;
        }
        say!("\n{}", scorecard(&grading));
        Ok(grading)
    }

    fn is_regraded(&self, submission: &Submission) -> bool {
        match &self.args.regrade {
            None => false,
            Some(None) => true,
            Some(Some(name)) => *name == submission.name,
        }
    }

    fn exit_of(&self, grading: &Grading) -> Exit {
        match grading.scorecard.complete {
            false => Exit::Machinery,
            true if self.args.min.is_some_and(|min| grading.scorecard.percent() < min) => Exit::Fail,
            true => Exit::Pass,
        }
    }
}

fn unwritten(error: std::io::Error) -> RunError {
    RunError::Machinery(format!("what was graded cannot be written: {error}"))
}

/// A machinery that broke is more than a submission that could not be opened, and that more than one below the least.
fn worse(one: Exit, other: Exit) -> Exit {
    let rank = |exit: &Exit| match exit {
        Exit::Pass => 0,
        Exit::Fail => 1,
        Exit::Input => 2,
        _ => 3,
    };
    if rank(&other) > rank(&one) { other } else { one }
}
