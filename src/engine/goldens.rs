//! The golden file of one run: each output is compared with its section while it comes, and recorded on the way, so that a
//! mismatch can be kept as a pending neighbour without a second run.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Seek, SeekFrom, Write};

use bson::Document;

use super::Host;
use super::order::Order;
use super::outcome::Halt;
use super::transport::Transport;
use crate::backend::{BackendError, RowSink};
use crate::judge::Redactor;
use crate::judge::golden::{Change, Comparer, Comparison, RowWriter, Sections, merge, render};
use crate::model::{Action, Redaction, Step};
use crate::observation::{Column, Observation, Outcome, Output};
use crate::source::{Diagnostic, Spanned};
use crate::system::Copy;
use crate::verdict::Evidence;

/// The comparison of one run with its golden file.
pub struct Goldens {
    scenario: String,
    records: bool,
    file: Option<(File, Sections)>,
    redactor: Redactor,
    used: BTreeSet<String>,
    recorded: Vec<(String, File)>,
    streamed: Option<Recording>,
    evidence: Vec<Evidence>,
    pending: Vec<String>,
}

/// An output that was recorded and compared.
struct Recording {
    text: File,
    comparison: Option<Comparison>,
}

impl Goldens {
    /// The golden of a run, if it has one.
    ///
    /// # Errors
    /// It is there and cannot be read; a redaction of the settings is not a regular expression.
    pub fn open(run: &str, host: &dyn Host, copy: &Copy, redact: &[Redaction]) -> Result<Self, Diagnostic> {
        let mut fixed = host.redactions();
        fixed.push((copy.database.clone(), "database".to_string()));
        if let Some(role) = copy.role() {
            fixed.extend([(role.name.clone(), "role".to_string()), (role.password.clone(), "password".to_string())]);
        }
        if let Some(user) = &copy.user {
            fixed.extend([(user.name.clone(), "user".to_string()), (user.password.clone(), "password".to_string())]);
        }
        let mut goldens = Self::none();
        goldens.scenario = run.to_string();
        goldens.records = host.records();
        goldens.redactor = Redactor::new(fixed, redact)?;
        goldens.file = read(run, host).map_err(|error| {
            Diagnostic::nowhere(format!("the golden of {run} cannot be read: {error}"))
                .help("Mend or remove the file, then accept the new output with `polyspec bless`.")
        })?;
        Ok(goldens)
    }

    /// No goldens, for the build of a system.
    pub fn none() -> Self {
        Self {
            scenario: String::new(),
            records: false,
            file: None,
            redactor: Redactor::default(),
            used: BTreeSet::new(),
            recorded: vec![],
            streamed: None,
            evidence: vec![],
            pending: vec![],
        }
    }

    /// What no report may show is taken out of evidence.
    pub fn redact(&self, evidence: &mut Evidence) {
        self.redactor.redact_evidence(evidence);
    }

    /// Notes a pending file that was written for another reason than a golden.
    pub fn note_pending(&mut self, path: Option<String>) {
        self.pending.extend(path);
    }

    /// Whether the output of a step can go straight into the comparison without being kept.
    pub fn streams(&self, step: &Step) -> bool {
        let queries = matches!(step.action, Action::Sql { .. } | Action::Mongo(_));
        step.golden.is_some() && step.expect.is_none() && step.eventually.is_none() && step.save.is_empty() && queries
    }

    /// Sends an order and compares its output while it comes.
    pub async fn stream(
        &mut self,
        step: &Step,
        order: &Order,
        transport: &dyn Transport,
    ) -> Result<Observation, BackendError> {
        let Some(name) = &step.golden else { return transport.send(order, None).await };
        let broken = |error: io::Error| BackendError::Other(format!("the golden could not be compared: {error}"));
        let mut tee = self.tee(&name.value).map_err(broken)?;
        let mut sink = Sink { writer: RowWriter::new(&mut tee, &self.redactor) };
        let observation = transport.send(order, Some(&mut sink)).await?;
        if matches!(observation.outcome, Outcome::Output(Output::Streamed { .. })) {
            sink.writer.finish().map_err(broken)?;
            self.streamed = Some(tee.finish().map_err(broken)?);
        }
        Ok(observation)
    }

    /// Compares the output of a step with its section, and records it. A mismatch does not end the scenario.
    ///
    /// # Errors
    /// The golden or the recording cannot be read or written, as a sentence.
    pub fn compare(&mut self, step: &Step, observations: &[Observation]) -> Result<(), String> {
        let Some(name) = &step.golden else { return Ok(()) };
        for observation in observations {
            let recording = match self.streamed.take() {
                Some(recording) => recording,
                None => self.recording(&name.value, &observation.outcome).map_err(|error| error.to_string())?,
            };
            self.note(name, observation, recording);
        }
        Ok(())
    }

    /// What a comparison would find, with nothing recorded: for `eventually`.
    pub fn peek(&self, step: &Step, observations: &[Observation]) -> Vec<Evidence> {
        let Some(name) = &step.golden else { return vec![] };
        let differs = |observation: &&Observation| {
            let recording = self.recording(&name.value, &observation.outcome);
            recording.is_ok_and(|recording| recording.comparison.is_some_and(|comparison| !comparison.equal))
        };
        let of = |observation: &Observation| Evidence {
            node: Some(observation.node.clone()),
            ..Evidence::at(&name.span, format!("the output differs from the golden `{}`", name.value))
        };
        observations.iter().find(differs).map(of).into_iter().collect()
    }

    fn recording(&self, name: &str, outcome: &Outcome) -> io::Result<Recording> {
        let mut tee = self.tee(name)?;
        render(outcome, &self.redactor, &mut tee)?;
        tee.finish()
    }

    /// A writer that records and, if there is such a section, compares.
    fn tee(&self, name: &str) -> io::Result<Tee> {
        let section =
            self.file.as_ref().and_then(|(file, sections)| Some((file, sections.exact, sections.find(name)?)));
        let comparer = match section {
            Some((file, exact, section)) => {
                let mut file = file.try_clone()?;
                file.seek(SeekFrom::Start(section.offset))?;
                Some(Comparer::new(BufReader::new(file.take(section.length)), exact))
            }
            None => None,
        };
        Ok(Tee { text: BufWriter::new(tempfile::tempfile()?), comparer })
    }

    fn note(&mut self, name: &Spanned<String>, observation: &Observation, recording: Recording) {
        self.used.insert(name.value.clone());
        let evidence = match &recording.comparison {
            Some(comparison) if comparison.equal => return,
            Some(comparison) => Evidence {
                diff: Some(comparison.diff()),
                notes: comparison.note().into_iter().collect(),
                ..Evidence::at(&name.span, format!("the output differs from the golden `{}`", name.value))
            },
            None => Evidence {
                notes: vec![match self.records {
                    true => "what was returned is in the pending file; look at it, then accept it".into(),
                    false => {
                        "this run records nothing: run the suite's own system, not in CI, and accept what comes".into()
                    }
                }],
                ..Evidence::at(&name.span, format!("there is no golden `{}` yet", name.value))
            },
        };
        self.evidence.push(Evidence { node: Some(observation.node.clone()), ..evidence });
        if self.recorded.iter().all(|(known, _)| *known != name.value) {
            self.recorded.push((name.value.clone(), recording.text));
        }
    }

    /// The end of the run: with a mismatch in a scenario whose steps all held, the pending neighbour is written; without
    /// one, an older neighbour goes away. Nothing is written about a scenario that failed otherwise.
    pub fn finish(&mut self, host: &dyn Host, held: bool) -> (Result<(), Halt>, Vec<String>) {
        if held {
            self.note_unused();
        }
        let mut done = match self.evidence.is_empty() {
            true => Ok(()),
            false => Err(Halt::Fails(std::mem::take(&mut self.evidence))),
        };
        if held && let Err(error) = self.keep(host, done.is_err()) {
            not_kept(&mut done, &self.scenario, &error);
        }
        (done, std::mem::take(&mut self.pending))
    }

    /// A section that no step compares with proves nothing.
    fn note_unused(&mut self) {
        for name in self.unused() {
            let message = format!("the golden has a section `{name}` that no step of the scenario uses");
            self.evidence.push(Evidence { message, ..Evidence::default() });
        }
    }

    fn unused(&self) -> Vec<String> {
        let Some((_, sections)) = &self.file else { return vec![] };
        let used: BTreeSet<usize> =
            self.used.iter().filter_map(|name| sections.find(name)).map(|found| found.line).collect();
        let unused = sections.sections.iter().filter(|section| !used.contains(&section.line));
        unused.map(|section| section.name.clone()).collect()
    }

    fn keep(&mut self, host: &dyn Host, differs: bool) -> io::Result<()> {
        if !differs {
            return host.drop_pending(&self.scenario);
        }
        let mut merged = tempfile::tempfile()?;
        let unused = self.unused();
        let mut old = None;
        if let Some((file, _)) = &self.file {
            let mut file = file.try_clone()?;
            file.rewind()?;
            old = Some(BufReader::new(file));
        }
        let mut changes: Vec<Change<'_>> = vec![];
        for (name, text) in &mut self.recorded {
            text.rewind()?;
            changes.push(Change { name: name.clone(), body: Some(text as &mut dyn Read) });
        }
        changes.extend(unused.into_iter().map(|name| Change { name, body: None }));
        let old = old.as_mut().map(|old| old as &mut dyn io::BufRead);
        merge(old, &self.scenario, &mut changes, &mut BufWriter::new(&mut merged))?;
        if let Some(name) = lost_in_writing(&mut merged, &mut self.recorded)? {
            return Err(io::Error::other(format!("the section `{name}` would not read back as what was returned")));
        }
        self.pending.extend(host.keep_pending(&self.scenario, &mut merged)?);
        Ok(())
    }
}

/// A disk that takes no pending file changes nothing about what was found.
fn not_kept(done: &mut Result<(), Halt>, scenario: &str, error: &io::Error) {
    match done {
        Err(Halt::Fails(evidence) | Halt::Breaks(evidence)) if !evidence.is_empty() => {
            evidence[0].notes.push(format!("the pending golden could not be written: {error}"));
        }
        _ => tracing::warn!(%error, scenario, "an older pending golden could not be removed"),
    }
}

/// The first section of a pending golden that does not read back equal to what was recorded; leaves the file at its
/// beginning.
fn lost_in_writing(merged: &mut File, recorded: &mut [(String, File)]) -> io::Result<Option<String>> {
    merged.rewind()?;
    let sections = Sections::index(BufReader::new(merged.try_clone()?))?;
    let mut lost = None;
    for (name, text) in recorded {
        let equal = match sections.find(name) {
            None => false,
            Some(section) => {
                let mut file = merged.try_clone()?;
                file.seek(SeekFrom::Start(section.offset))?;
                let mut comparer = Comparer::new(BufReader::new(file.take(section.length)), true);
                text.rewind()?;
                io::copy(text, &mut comparer)?;
                comparer.finish()?.equal
            }
        };
        if !equal && lost.is_none() {
            lost = Some(name.clone());
        }
    }
    merged.rewind()?;
    Ok(lost)
}

fn read(run: &str, host: &dyn Host) -> io::Result<Option<(File, Sections)>> {
    let Some(file) = host.golden(run)? else { return Ok(None) };
    let sections = Sections::index(BufReader::new(file.try_clone()?))?;
    Ok(Some((file, sections)))
}

/// Writes to the recording and to the comparison.
struct Tee {
    text: BufWriter<File>,
    comparer: Option<Comparer<BufReader<io::Take<File>>>>,
}

impl Tee {
    fn finish(self) -> io::Result<Recording> {
        let text = self.text.into_inner().map_err(io::IntoInnerError::into_error)?;
        Ok(Recording { text, comparison: self.comparer.map(Comparer::finish).transpose()? })
    }
}

impl Write for Tee {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.text.write_all(bytes)?;
        if let Some(comparer) = &mut self.comparer {
            comparer.write_all(bytes)?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.text.flush()
    }
}

/// Rows on their way into a recording.
struct Sink<'a> {
    writer: RowWriter<'a, Tee>,
}

impl RowSink for Sink<'_> {
    fn columns(&mut self, columns: &[Column]) -> io::Result<()> {
        self.writer.header(columns)
    }

    fn row(&mut self, cells: &[Option<&str>]) -> io::Result<()> {
        self.writer.row(cells.iter().copied())
    }

    fn document(&mut self, document: &Document) -> io::Result<()> {
        self.writer.document(document)
    }
}
