//! Sections of goldens that are named on one side only: by a step, or by the file.

use crate::judge::golden::Sections;
use crate::source::{Diagnostic, SourceFile, Span};
use crate::suite::{Run, Suite};

/// What does not fit between the steps of a run and its golden file, if it has one.
#[derive(Debug, Default)]
pub(super) struct Misfits {
    /// Sections that no step names, and steps whose section was probably one of these.
    pub stray: Vec<Diagnostic>,
    /// Steps whose section has not been recorded yet.
    pub unrecorded: Vec<Diagnostic>,
}

/// The misfits of a run; none when its golden is not there or cannot be read, which the run itself reports.
/// `review` is the command that accepts goldens.
pub(super) fn misfits(suite: &Suite, run: &Run, review: &str) -> Misfits {
    let path = suite.goldens().path(&run.scenario.path, run.case_name());
    let Ok(Some(reader)) = suite.goldens().open(&path) else { return Misfits::default() };
    let Ok(sections) = Sections::index(reader) else { return Misfits::default() };
    let (own, used) = suite.golden_names(&run.scenario);
    let mut misfits = Misfits::default();
    let stray: Vec<&str> = sections
        .sections
        .iter()
        .filter(|section| used.iter().all(|name| sections.find(name).is_none_or(|found| found.name != section.name)))
        .map(|section| section.name.as_str())
        .collect();
    let shown = suite.display(&path);
    for name in own.iter().filter(|name| sections.find(name).is_none()) {
        let error = Diagnostic::error(&name.span, format!("`{shown}` has no section `{}`", name.value));
        match stray.is_empty() {
            true => misfits
                .unrecorded
                .push(error.warning().help(format!("run the scenario, then accept it with `{review}`"))),
            false => misfits.stray.push(with_strays(error, &stray)),
        }
    }
    if let (Ok(Some(text)), false) = (suite.goldens().read(&path), stray.is_empty()) {
        let file = SourceFile::new(shown, text);
        let lines = sections.sections.iter().filter(|section| stray.contains(&section.name.as_str()));
        misfits.stray.extend(lines.map(|section| unused(&Span::of_line(&file, section.line), &section.name, review)));
    }
    misfits
}

/// The one or the other was misspelled, or renamed on one side only.
fn with_strays(error: Diagnostic, stray: &[&str]) -> Diagnostic {
    let listed: Vec<String> = stray.iter().map(|name| format!("`{name}`")).collect();
    error.help(format!("no step names its section {}: was that one meant?", listed.join(", ")))
}

fn unused(span: &Span, name: &str, review: &str) -> Diagnostic {
    Diagnostic::error(span, format!("no step of the scenario has the golden `{name}`"))
        .help(format!("run the scenario, then accept the golden without it with `{review}`"))
}
