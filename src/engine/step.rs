//! Runs the steps of a scenario: fills in variables, sends orders, retries, judges, saves.

use std::time::Duration;

use futures::future::join_all;
use tokio::time::Instant;

use super::outcome::{Failure, Halt, Trouble, as_refusal, broken, expects_error, refused};
use super::stage::{Blocked, Retry, Stage};
use super::transport::Beginning;
use super::{asking, stream, used};
use crate::judge;
use crate::model::{Action, Datum, Expectation, Step};
use crate::observation::{Answers, Observation, Outcome, Output, OwnDoing};
use crate::source::{Diagnostic, Span};
use crate::variables;
use crate::verdict::Evidence;

/// How deep `use` may go.
const USE_DEPTH: usize = 16;

/// The first and the longest pause between two tries of `eventually`.
const PAUSES: (Duration, Duration) = (Duration::from_millis(2), Duration::from_millis(50));

impl Stage<'_> {
    /// Runs steps in order until one does not hold.
    pub async fn run_all(&mut self, steps: &[Step]) -> Result<(), Halt> {
        self.run_list(steps, 0).await
    }

    async fn run_list(&mut self, steps: &[Step], depth: usize) -> Result<(), Halt> {
        for step in steps {
            self.steps += 1;
            match &step.action {
                Action::Use { .. } => Box::pin(self.run_use(step, depth)).await?,
                Action::Await(name) => self.run_await(step, &name.value).await?,
                _ if step.blocks.is_some() => self.run_blocking(step).await?,
                _ => Box::pin(self.run_judged(step)).await?,
            }
        }
        Ok(())
    }

    /// A named list of steps sees its own variables over the scenario's; what it saves stays.
    async fn run_use(&mut self, step: &Step, depth: usize) -> Result<(), Halt> {
        let Action::Use { name, with } = &step.action else { return Ok(()) };
        if depth >= USE_DEPTH {
            return Err(Halt::mistake(&Diagnostic::error(&name.span, "this list of steps uses itself")));
        }
        // The suite has checked the scenario against its own system: a list that is missing here is missing in another one.
        let list = self.system.and_then(|system| system.steps.get(&name.value)).cloned().ok_or_else(|| {
            Halt::Fails(vec![Evidence::at(&name.span, format!("the system offers no list of steps `{}`", name.value))])
        })?;
        let mut hidden = vec![];
        for binding in with {
            let value = variables::datum(&binding.value, &self.variables).map_err(|error| Halt::mistake(&error))?;
            hidden.push((binding.name.value.clone(), self.variables.insert(binding.name.value.clone(), value)));
        }
        let list = used::as_used(&list, step);
        let done = match &step.eventually {
            Some(limit) => self.retry_list(step, &list, limit.value, depth).await,
            None => self.run_list(&list, depth + 1).await,
        };
        for (name, value) in hidden {
            match value {
                Some(value) => self.variables.insert(name, value),
                None => self.variables.remove(&name),
            };
        }
        done
    }

    /// Runs a list again from its beginning until all of it holds.
    async fn retry_list(&mut self, user: &Step, list: &[Step], limit: Duration, depth: usize) -> Result<(), Halt> {
        if let Some(blocks) = list.iter().find_map(|step| step.blocks.as_ref()) {
            let error = Diagnostic::error(&blocks.span, "a list that is retried cannot leave a step waiting");
            return Err(Halt::mistake(&error.help("take `eventually` away from the step that uses the list")));
        }
        let begun = Instant::now();
        let mut pause = PAUSES.0;
        let outer = self.retry.replace(Retry { since: begun, late: false });
        let done = loop {
            self.failure = None;
            let done = self.run_list(list, depth + 1).await;
            let over = begun.elapsed() >= limit || self.retry.as_ref().is_some_and(|retry| retry.late);
            match (done, &self.failure) {
                (Ok(()), _) => {
                    self.context.reporting.lag(self.name, &user.span, begun.elapsed());
                    break Ok(());
                }
                (Err(Halt::Fails(evidence)), _) if over => {
                    break Err(Halt::Fails(after(Some(limit).filter(|limit| begun.elapsed() >= *limit), evidence)));
                }
                (Err(Halt::Fails(_)), _) | (Err(Halt::Breaks(_)), Some(Failure::Silent(_))) if !over => {}
                (Err(halt), _) => break Err(halt),
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(PAUSES.1);
        };
        self.retry = outer;
        done
    }

    async fn run_judged(&mut self, step: &Step) -> Result<(), Halt> {
        let begun = Instant::now();
        let limit = step.eventually.as_ref().map(|limit| limit.value);
        let (mut pause, mut answers) = (PAUSES.0, Answers::new());
        loop {
            let retried = self.retry.as_ref().map(|retry| retry.since);
            let tried = self.attempt(step, retried.or(limit.map(|_| begun))).await;
            let tried = match tried {
                Ok(observations) => {
                    self.judge(step, &observations, &mut answers).await.map(|found| (observations, found))
                }
                Err(trouble) => Err(trouble),
            };
            let over = limit.is_none_or(|limit| begun.elapsed() >= limit);
            match tried {
                Ok((observations, evidence)) => {
                    if evidence.is_empty() {
                        if limit.is_some() {
                            self.context.reporting.lag(self.name, &step.span, begun.elapsed());
                        }
                        return self.accept(step, &observations).await;
                    }
                    if evidence.iter().any(|evidence| evidence.unusable) {
                        return Err(Halt::Breaks(evidence));
                    }
                    let late = self.is_only_late(step, &observations, &mut answers).await;
                    if let Some(retry) = &mut self.retry {
                        retry.late |= late;
                    }
                    let gone = !self.disturbed && observations.iter().any(is_lost);
                    if over || late || gone {
                        self.failure = Some(failure_of(&observations));
                        return Err(Halt::Fails(after(limit.filter(|_| over), evidence)));
                    }
                }
                Err(Trouble::Mistake(error)) => return Err(Halt::mistake(&error)),
                Err(Trouble::Backend(error)) if over => {
                    let evidence = broken(step, &error);
                    self.failure = Some(Failure::Silent(error));
                    return Err(Halt::Breaks(vec![evidence]));
                }
                Err(Trouble::Backend(_)) => {}
                Err(Trouble::Halts(halt)) => return Err(halt),
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(PAUSES.1);
        }
    }

    /// Sends the step once, to all its nodes side by side.
    async fn attempt(&mut self, step: &Step, since: Option<Instant>) -> Result<Vec<Observation>, Trouble> {
        match &step.action {
            Action::Fault(fault) => {
                self.disturbed = true;
                return self.inject(fault).await;
            }
            Action::CatchUp(engine) => return self.catch_up(step, *engine).await,
            Action::Run(program) => return self.run_program(step, program, since).await,
            Action::Workload(workload) => {
                if !workload.faults.is_empty() {
                    self.disturbed = true;
                }
                return Box::pin(self.run_workload(step, workload)).await;
            }
            _ => {}
        }
        let orders = self.orders(step)?;
        self.streams.extend(stream::opened(step, &orders));
        if let ([order], true) = (orders.as_slice(), self.goldens.streams(step)) {
            let observation = self.goldens.stream(step, order, &*self.transport).await.map_err(Trouble::Backend)?;
            self.server_time += observation.elapsed;
            return Ok(vec![observation]);
        }
        let answers = join_all(orders.iter().map(|order| self.transport.send(order, None))).await;
        let mut observations = vec![];
        for (order, answer) in orders.iter().zip(answers) {
            let mut observation =
                answer.or_else(|error| refused(step, &order.node, error)).map_err(Trouble::Backend)?;
            let (file, line) = (step.span.file.name(), step.span.line_column().0);
            let answer = if matches!(observation.outcome, Outcome::Output(_)) { "done" } else { "refused" };
            tracing::debug!(node = %order.node, took = ?observation.elapsed, "{file}:{line}: {answer}");
            observation.lag = since.map(|since| since.elapsed());
            self.server_time += observation.elapsed;
            observations.push(observation);
        }
        Ok(observations)
    }

    /// What does not hold. `answers` are what servers have said of values so far.
    pub(super) async fn judge(
        &self,
        step: &Step,
        observations: &[Observation],
        answers: &mut Answers,
    ) -> Result<Vec<Evidence>, Trouble> {
        let ask = async |questions| self.transport.ask(questions).await;
        let judged = asking::judge(ask, step, observations, &self.variables, answers);
        let mut evidence = Box::pin(judged).await?;
        if evidence.is_empty() && (step.eventually.is_some() || self.retry.is_some()) {
            evidence = self.goldens.peek(step, observations);
        }
        Ok(evidence)
    }

    /// Whether everything holds but `within`: a lag only grows, so that another try cannot mend it, and would show a lag
    /// that is not the system's.
    async fn is_only_late(&self, step: &Step, observations: &[Observation], answers: &mut Answers) -> bool {
        let Some(expect) = step.expect.as_ref().filter(|expect| expect.within.is_some()) else { return false };
        let unbound = Step { expect: Some(Expectation { within: None, ..expect.clone() }), ..step.clone() };
        self.judge(&unbound, observations, answers).await.is_ok_and(|evidence| evidence.is_empty())
    }

    /// What follows when a step holds: its golden, and what it saves.
    pub(super) async fn accept(&mut self, step: &Step, observations: &[Observation]) -> Result<(), Halt> {
        self.goldens
            .compare(step, observations)
            .map_err(|error| Halt::Breaks(vec![Evidence::at(&step.span, &error)]))?;
        for (name, path) in &step.save {
            let value = match self.met(step, path, observations).await.map_err(|trouble| trouble.into_halt(step))? {
                Some(alternative) => Ok(Datum::Text(alternative)),
                None => {
                    let saved = observations.first().ok_or_else(|| "the step has no output".to_string());
                    saved.and_then(|observation| judge::save(&path.value, observation))
                }
            };
            let value = value
                .map_err(|cause| Halt::Fails(vec![Evidence::at(&path.span, format!("nothing to save: {cause}"))]))?;
            self.variables.insert(name.value.clone(), value);
        }
        if step.expect.iter().flat_map(Expectation::each).any(|expect| expect.notifications.is_some()) {
            self.transport.forget_notifications(step.session.as_ref().map(|name| name.value.as_str())).await;
        }
        Ok(())
    }

    /// The name of the alternative that holds, when `path` asks for it.
    async fn met(&self, step: &Step, path: &str, observations: &[Observation]) -> Result<Option<String>, Trouble> {
        if path != judge::ONE_OF {
            return Ok(None);
        }
        for (name, alternative) in judge::alternatives(step) {
            if self.judge(&alternative, observations, &mut Answers::new()).await?.is_empty() {
                return Ok(Some(name));
            }
        }
        Ok(None)
    }

    async fn run_blocking(&mut self, step: &Step) -> Result<(), Halt> {
        let Some(name) = &step.blocks else { return Ok(()) };
        let mut orders = self.orders(step).map_err(|trouble| trouble.into_halt(step))?;
        if orders.len() != 1 {
            return Err(Halt::mistake(&Diagnostic::error(&step.span, "a step that `blocks` runs on one node")));
        }
        let begun = self.transport.clone().begin(orders.remove(0)).await;
        match begun.map_err(|error| Halt::Breaks(vec![broken(step, &error)]))? {
            Beginning::Waits(waiting) => {
                self.blocked.insert(name.value.clone(), Blocked { step: step.clone(), waiting });
                Ok(())
            }
            Beginning::Returned(observation) => Err(Halt::Fails(vec![did_not_wait(&name.span, &observation)])),
        }
    }

    async fn run_await(&mut self, step: &Step, name: &str) -> Result<(), Halt> {
        if let Some(stream) = self.streams.get(name) {
            let order = stream::reading(step, stream, name, self.limit(step), &self.variables);
            return self.read_stream(step, &order).await;
        }
        let Some(blocked) = self.blocked.remove(name) else {
            return Err(Halt::mistake(&Diagnostic::error(&step.span, format!("no step that waits is named `{name}`"))));
        };
        let Blocked { step: awaited, waiting } = blocked;
        let answer = match waiting.outcome().await {
            Err(error) if expects_error(step) || expects_error(&awaited) => as_refusal("", error),
            answer => answer,
        };
        let observation = answer.map_err(|error| Halt::Breaks(vec![broken(step, &error)]))?;
        self.server_time += observation.elapsed;
        let observations = [observation];
        // What the step itself expects must hold; what its `await` expects, too. A step that expects nothing must succeed,
        // unless its `await` says what comes.
        let (mut evidence, mut answers) = (vec![], Answers::new());
        for judged in [&awaited, step] {
            let counts = judged.expect.is_some() || std::ptr::eq(judged, step) && awaited.expect.is_none();
            if counts {
                let found = self.judge(judged, &observations, &mut answers).await;
                evidence.extend(found.map_err(|trouble| trouble.into_halt(step))?);
            }
        }
        Halt::unless_empty(evidence)?;
        self.accept(&awaited, &observations).await?;
        self.accept(step, &observations).await
    }
}

/// The server has closed the session: what it held is gone, and a try in a new one would hide that.
fn is_lost(observation: &Observation) -> bool {
    matches!(&observation.outcome, Outcome::Refused(error) if error.own == Some(OwnDoing::Disconnected))
}

fn failure_of(observations: &[Observation]) -> Failure {
    let refused = observations.iter().find_map(|observation| match &observation.outcome {
        Outcome::Refused(error) => Some(error.clone()),
        Outcome::Output(_) => None,
    });
    refused.map_or(Failure::Unexpected, Failure::Refused)
}

fn did_not_wait(span: &Span, observation: &Observation) -> Evidence {
    let got = match &observation.outcome {
        Outcome::Output(Output::Sql { affected, .. }) => format!("it returned ({affected} rows affected)"),
        Outcome::Output(_) => "it returned".to_string(),
        Outcome::Refused(error) => format!("it was refused: {}", error.message),
    };
    Evidence {
        node: Some(observation.node.clone()),
        expected: Some("the step waits on a lock".into()),
        actual: Some(got),
        ..Evidence::at(span, "the step did not wait")
    }
}

fn after(limit: Option<Duration>, mut evidence: Vec<Evidence>) -> Vec<Evidence> {
    if let (Some(limit), Some(first)) = (limit, evidence.first_mut()) {
        first.notes.push(format!("retried for {limit:?}; this is the last result"));
    }
    evidence
}
