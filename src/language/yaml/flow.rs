//! What holds between steps: who blocks or opens a stream and who awaits, names of goldens, and that something is expected at all.

use std::collections::BTreeMap;

use super::fits::{engine, expected_of_await, saves};
use crate::language::sink::Sink;
use crate::language::suggest::nearest;
use crate::model::{Action, Expectation, Operation, Step};
use crate::source::{Diagnostic, Span};

/// Checks the steps of one list, or of a scenario with those of `finally`, in the order in which they run.
pub(crate) fn check<'a>(steps: impl IntoIterator<Item = &'a Step>, sink: &mut Sink) {
    let mut flow =
        Flow { sink, waiting: BTreeMap::new(), streams: BTreeMap::new(), goldens: BTreeMap::new(), records: false };
    for step in steps {
        flow.golden(step);
        flow.busy(step);
        flow.awaits(step);
        flow.blocks(step);
        flow.streams(step);
        flow.recorded(step);
    }
    flow.end();
}

struct Flow<'a, 'b> {
    sink: &'a mut Sink,
    /// Steps that block and are not awaited yet, by name.
    waiting: BTreeMap<&'b str, &'b Step>,
    /// Steps that open a stream, by its name, and whether somebody reads it.
    streams: BTreeMap<&'b str, (&'b Step, bool)>,
    goldens: BTreeMap<&'b str, &'b Span>,
    /// Whether a workload has recorded keys, or a list may have.
    records: bool,
}

impl<'b> Flow<'_, 'b> {
    fn golden(&mut self, step: &'b Step) {
        let Some(golden) = &step.golden else { return };
        if let Some(first) = self.goldens.insert(&golden.value, &golden.span) {
            let line = first.line_column().0;
            let error = Diagnostic::error(&golden.span, format!("the golden `{}` is compared twice", golden.value));
            self.sink.push(error.label(format!("also in line {line}")).help("give each step a section of its own"));
        }
    }

    /// A session that waits on a lock takes no other statement: the next one on it would hang.
    fn busy(&mut self, step: &Step) {
        let Some(used) = engine(&step.action) else { return };
        let same = |other: &Step| {
            let sessions = (step.session.as_deref(), other.session.as_deref());
            let nodes = |step: &Step| step.on.iter().map(|selector| selector.value.clone()).collect::<Vec<_>>();
            sessions.0 == sessions.1 && engine(&other.action) == Some(used) && nodes(step) == nodes(other)
        };
        let Some((name, _)) = self.waiting.iter().find(|(_, other)| same(other)) else { return };
        let whose =
            step.session.as_deref().map_or("the scenario's own session".into(), |name| format!("session `{name}`"));
        let error = Diagnostic::error(&step.action_span, format!("{whose} is still waiting in `blocks: {name}`"));
        self.sink.push(error.help(format!("use another `session`, or put `await: {name}` before this step")));
    }

    fn awaits(&mut self, step: &Step) {
        let Action::Await(name) = &step.action else { return };
        match self.waiting.remove(name.as_str()) {
            Some(blocked) => {
                saves(step, &blocked.action, self.sink);
                if let Some(expect) = &step.expect {
                    expected_of_await(expect, blocked, self.sink);
                }
            }
            None if self.streams.contains_key(name.as_str()) => self.reads(step, name),
            None => {
                let error = Diagnostic::error(&name.span, format!("no earlier step blocks as `{}`", name.value));
                let near = nearest(name, self.waiting.keys().chain(self.streams.keys()).copied());
                self.sink.push(error.help(match near {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!("add `blocks: {}` to the step that waits on a lock", name.value),
                }));
            }
        }
    }

    fn blocks(&mut self, step: &'b Step) {
        let Some(name) = &step.blocks else { return };
        if self.waiting.insert(&name.value, step).is_some() || self.streams.contains_key(name.as_str()) {
            let error = Diagnostic::error(&name.span, format!("a step already blocks as `{}`", name.value));
            self.sink.push(error.help("await it first, or take another name"));
        }
    }

    fn reads(&mut self, step: &Step, name: &str) {
        let Some((opened, read)) = self.streams.get_mut(name) else { return };
        *read = true;
        if let Some(expect) = &step.expect {
            expected_of_await(expect, opened, self.sink);
        }
    }

    fn streams(&mut self, step: &'b Step) {
        let Some(name) = &step.stream else { return };
        let again = self.streams.insert(&name.value, (step, false)).is_some();
        if again || self.waiting.contains_key(name.as_str()) {
            let error = Diagnostic::error(&name.span, format!("`{}` is the name of an earlier step", name.value));
            self.sink.push(error.help("take another name"));
        }
    }

    fn recorded(&mut self, step: &Step) {
        let expected = step.expect.iter().flat_map(Expectation::each).find_map(|expect| expect.recorded.as_ref());
        if let Some(recorded) = expected
            && !self.records
        {
            let error = Diagnostic::error(&recorded.span, "no workload before this step records anything");
            self.sink.push(error.help("add `record: ${…}`, the key of what it writes, to an operation of a workload"));
        }
        self.records |= match &step.action {
            Action::Workload(workload) => workload.mix.iter().any(|operation| operation.record.is_some()),
            Action::Use { .. } => true,
            _ => false,
        };
    }

    fn end(&mut self) {
        for (name, step) in &self.waiting {
            let span = step.blocks.as_ref().map_or(&step.span, |blocks| &blocks.span);
            let error = Diagnostic::error(span, format!("no step awaits `{name}`")).label("its outcome is lost");
            self.sink.push(error.help(format!("add a step `await: {name}` after the one that releases the lock")));
        }
        for (name, (step, _)) in self.streams.iter().filter(|(_, (_, read))| !read) {
            let span = step.stream.as_ref().map_or(&step.span, |stream| &stream.span);
            let error = Diagnostic::error(span, format!("no step reads the stream `{name}`"));
            self.sink.push(error.help(format!("add a step `await: {name}`, or remove `stream`")));
        }
    }
}

/// Whether a step can find the system wrong by more than refusing to run.
pub fn expects(step: &Step) -> bool {
    step.expect.is_some() || step.golden.is_some() || step.blocks.is_some()
}

/// Whether one of the steps can find the system wrong by more than refusing to run. A list of steps may: whoever knows the
/// system asks it.
pub(crate) fn expects_something(steps: &[Step]) -> bool {
    steps.iter().any(|step| match &step.action {
        Action::Use { .. } => true,
        Action::Workload(workload) => expects(step) || workload.mix.iter().any(must_hold),
        _ => expects(step),
    })
}

/// Whether an operation convicts the system by itself.
fn must_hold(operation: &Operation) -> bool {
    operation.monotonic.is_some() || (operation.invariant && expects_something(&operation.steps))
}
