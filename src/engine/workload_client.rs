//! One client of a workload: draws operations from its seed, runs them, tries transient conflicts again, and says how each
//! ended.

use std::collections::BTreeMap;
use std::time::Duration;

use super::outcome::{Failure, Halt};
use super::stage::Stage;
use super::workload_record::{Entry, Fate};
use super::workload_shared::Shared;
use crate::backend::BackendError;
use crate::generate::SplitMix64;
use crate::model::{Action, Datum, Draw, NodeSelector, Operation, Step, Value};
use crate::observation::ServerError;
use crate::source::{Diagnostic, Span};
use crate::variables;
use crate::verdict::Evidence;

/// Codes of MongoDB after which a write may have taken place: NetworkTimeout, MaxTimeMSExpired, WriteConcernFailed,
/// ShutdownInProgress, PrimarySteppedDown, ExceededTimeLimit, InterruptedAtShutdown, InterruptedDueToReplStateChange.
const DOUBTFUL_CODES: [i32; 8] = [89, 50, 64, 91, 189, 262, 11600, 11602];

/// Labels that say the same.
const DOUBTFUL_LABELS: [&str; 2] = ["UnknownTransactionCommitResult", "RetryableWriteError"];

/// The longest pause before the first new try; the next ones grow.
const PAUSE_MS: u64 = 8;

/// A client.
pub(super) struct Client<'w> {
    shared: &'w Shared<'w>,
    number: usize,
    node: Option<NodeSelector>,
    /// The steps of each operation, on the client's node.
    steps: Vec<Vec<Step>>,
    dice: Dice,
    /// The greatest value that each monotonic operation has read.
    floors: BTreeMap<usize, f64>,
}

/// What comes of a client: its record, the time that servers worked for it, and why it stopped early.
pub(super) type Done = (Vec<Entry>, Duration, Option<Halt>);

/// How one try of an operation ended when it did not hold.
enum Try {
    Again(String),
    Over(Fate, String),
    Halts(Halt),
}

impl<'w> Client<'w> {
    /// Client `number` (from 0), on its node of `nodes`.
    pub fn new(shared: &'w Shared<'w>, number: usize, nodes: &[NodeSelector]) -> Self {
        let node = (!nodes.is_empty()).then(|| nodes[number % nodes.len()].clone());
        let mix = &shared.workload.mix;
        let steps = mix.iter().map(|each| each.steps.iter().map(|step| placed(step, node.as_ref())).collect());
        let (steps, dice) = (steps.collect(), Dice::new(shared.workload.seed, number as u64));
        Self { shared, number, node, steps, dice, floors: BTreeMap::new() }
    }

    /// Runs operations until the workload wants no more of them.
    pub async fn run(mut self, mut stage: Stage<'_>) -> Done {
        let mut entries = vec![];
        let mut halted = None;
        let mut turn = 0;
        loop {
            let number = turn * self.shared.workload.clients + self.number;
            if !self.shared.wants(number) {
                break;
            }
            match self.operate(&mut stage, number + 1).await {
                Ok(entry) => entries.push(entry),
                Err(halt) => {
                    self.shared.stop();
                    halted = Some(halt);
                    break;
                }
            }
            self.shared.note();
            turn += 1;
        }
        stage.transport.close().await;
        (entries, stage.server_time, halted)
    }

    async fn operate(&mut self, stage: &mut Stage<'_>, number: usize) -> Result<Entry, Halt> {
        let chosen = self.dice.weighted(self.shared.workload.mix.iter().map(|each| each.weight));
        let operation = &self.shared.workload.mix[chosen];
        self.bind(stage, operation, number).map_err(|error| Halt::mistake(&error))?;
        let begun = self.shared.begun.elapsed();
        let mut tries = 0;
        let (fate, cause) = loop {
            tries += 1;
            match self.attempt(stage, chosen).await {
                Ok(()) => break (Fate::Ok, None),
                Err(Try::Again(_)) if tries <= operation.retry => self.pause(tries).await,
                // The server says that nothing of it took place.
                Err(Try::Again(cause)) => break (Fate::Failed, Some(cause)),
                Err(Try::Over(fate, cause)) => break (fate, Some(cause)),
                Err(Try::Halts(halt)) => return Err(self.at(halt, operation, number)),
            }
        };
        if fate == Fate::Ok {
            self.follows(stage, chosen).map_err(|halt| self.at(halt, operation, number))?;
        }
        let key = operation.record.as_ref().map(|key| variables::datum(key, &stage.variables));
        let key = match key {
            // An operation that did not come to its end may not have saved what its key is made of.
            Some(Err(error)) if fate == Fate::Ok => return Err(Halt::mistake(&error)),
            other => other.and_then(Result::ok).map(|key| key.to_text()),
        };
        let node = self.node.as_ref().map_or_else(String::new, |node| format!(" on {node}"));
        let who = format!("client {}{node}", self.number + 1);
        let ended = self.shared.begun.elapsed();
        Ok(Entry { who, number, operation: chosen, fate, cause, key, tries, begun, ended })
    }

    /// Fills in what the operation draws: in the same order every time, so that a seed says everything.
    fn bind(&mut self, stage: &mut Stage<'_>, operation: &Operation, number: usize) -> Result<(), Diagnostic> {
        let whole = |number: u64| Datum::Number(number.to_string());
        stage.variables.insert("client".into(), whole(self.number as u64 + 1));
        stage.variables.insert("operation".into(), whole(number as u64));
        stage.variables.insert("random".into(), whole(self.dice.below(1 << 31)));
        for (name, draw) in &operation.draw {
            let value = match draw {
                Draw::OneOf(values) => {
                    variables::datum(&values[self.dice.below(values.len() as u64) as usize], &stage.variables)?
                }
                Draw::InTurn(values) => variables::datum(&values[(number - 1) % values.len()], &stage.variables)?,
                Draw::Between(from, to) => {
                    let width = to.saturating_sub(*from).max(0) as u64;
                    Datum::Number((from + self.dice.below(width + 1) as i64).to_string())
                }
            };
            stage.variables.insert(name.value.clone(), value);
        }
        Ok(())
    }

    async fn attempt(&mut self, stage: &mut Stage<'_>, chosen: usize) -> Result<(), Try> {
        stage.failure = None;
        let Err(halt) = stage.run_all(&self.steps[chosen]).await else { return Ok(()) };
        stage.transport.reset(stage.context.options.statement_timeout).await;
        let invariant = self.shared.workload.mix[chosen].invariant;
        Err(match (stage.failure.take(), halt) {
            (Some(Failure::Refused(error)), _) => refused(&error),
            (Some(Failure::Silent(error)), halt) => silent(&error, halt),
            (_, Halt::Fails(evidence)) if !invariant => {
                let cause = evidence.first().map_or_else(String::new, |first| first.message.clone());
                Try::Over(Fate::Failed, cause)
            }
            (_, halt) => Try::Halts(halt),
        })
    }

    /// Reads of one client must not go back.
    fn follows(&mut self, stage: &Stage<'_>, chosen: usize) -> Result<(), Halt> {
        let Some(value) = &self.shared.workload.mix[chosen].monotonic else { return Ok(()) };
        let read = number(value, stage).map_err(|error| Halt::mistake(&error))?;
        let floor = self.floors.entry(chosen).or_insert(read);
        if read < *floor {
            let message = format!("client {} read {read} after it had read {floor}", self.number + 1);
            return Err(Halt::Fails(vec![Evidence::at(&value.span, &message)]));
        }
        *floor = read;
        Ok(())
    }

    async fn pause(&mut self, tries: usize) {
        let longest = PAUSE_MS << tries.min(5);
        // Not from the client's dice: how often it must try again depends on the others.
        tokio::time::sleep(Duration::from_millis(rand::random_range(1..=longest))).await;
    }

    /// A halt with the operation in which it came.
    fn at(&self, halt: Halt, operation: &Operation, number: usize) -> Halt {
        let seed = self.shared.workload.seed;
        let note =
            format!("in operation {number} ({}) of client {}, seed {seed}", operation.name.value, self.number + 1);
        halt.with_note(&note)
    }
}

/// The step on the client's node, unless it names one itself or speaks to the other engine.
fn placed(step: &Step, node: Option<&NodeSelector>) -> Step {
    let mut step = step.clone();
    let Some(node) = node.filter(|_| step.on.is_empty()) else { return step };
    let fits = step.default_selector().is_some_and(|default| default.engine() == node.engine());
    if fits || matches!(step.action, Action::Use { .. }) {
        let span: &Span = &step.action_span;
        step.on = vec![span.of(node.clone())];
    }
    step
}

fn refused(error: &ServerError) -> Try {
    let labelled = |labels: &[&str]| error.labels.iter().any(|label| labels.contains(&label.as_str()));
    let state = error.sqlstate.as_deref().unwrap_or_default();
    let code = error.code.map(|code| code.to_string()).or_else(|| error.sqlstate.clone()).unwrap_or_default();
    let cause = format!("{code} {}", error.name.as_deref().unwrap_or(&error.message)).trim().to_string();
    if labelled(&DOUBTFUL_LABELS[..1]) {
        Try::Over(Fate::Unknown, cause)
    } else if labelled(&["TransientTransactionError"]) || matches!(state, "40001" | "40P01") {
        Try::Again(cause)
    } else if labelled(&DOUBTFUL_LABELS)
        || error.code.is_some_and(|code| DOUBTFUL_CODES.contains(&code))
        || state.starts_with("08")
        || state.starts_with("57P")
    {
        Try::Over(Fate::Unknown, cause)
    } else {
        Try::Over(Fate::Failed, cause)
    }
}

fn silent(error: &BackendError, halt: Halt) -> Try {
    match error {
        BackendError::Lost { labels, .. } if labels.iter().any(|label| label == "TransientTransactionError") => {
            Try::Again("the connection was lost in a transaction".into())
        }
        BackendError::Lost { .. } => Try::Over(Fate::Unknown, "the connection was lost".into()),
        BackendError::Silent { .. } => Try::Over(Fate::Unknown, "no answer in time".into()),
        BackendError::Unreachable { .. } => Try::Over(Fate::Failed, "the node could not be reached".into()),
        BackendError::Refused { .. } => Try::Over(Fate::Failed, "no session could be made".into()),
        BackendError::Other(_) => Try::Halts(halt),
    }
}

fn number(value: &Value, stage: &Stage<'_>) -> Result<f64, Diagnostic> {
    let text = variables::datum(value, &stage.variables)?.to_text();
    text.parse().map_err(|_| Diagnostic::error(&value.span, format!("`{text}` is not a number, so it has no order")))
}

/// The draws of one client, which are the same for the same seed in every version.
pub(super) struct Dice(SplitMix64);

impl Dice {
    /// The dice of one client.
    pub fn new(seed: u64, client: u64) -> Self {
        let first = SplitMix64::new(seed).draw();
        Self(SplitMix64::new(first.wrapping_add(client.wrapping_mul(0xD1B5_4A32_D192_ED03))))
    }

    /// A number from 0 to `count` - 1; 0 when `count` is 0.
    pub fn below(&mut self, count: u64) -> u64 {
        self.0.draw().checked_rem(count).unwrap_or_default()
    }

    /// An index, as often as its weight says.
    pub fn weighted(&mut self, weights: impl Iterator<Item = u64> + Clone) -> usize {
        let mut drawn = self.below(weights.clone().sum());
        for (at, weight) in weights.enumerate() {
            if drawn < weight {
                return at;
            }
            drawn -= weight;
        }
        0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fate(error: ServerError) -> &'static str {
        match refused(&error) {
            Try::Again(_) => "again",
            Try::Over(Fate::Unknown, _) => "unknown",
            Try::Over(..) => "failed",
            Try::Halts(_) => "halts",
        }
    }

    fn mongo(code: i32, labels: &[&str]) -> ServerError {
        let labels = labels.iter().map(|label| label.to_string()).collect();
        ServerError { code: Some(code), labels, ..ServerError::default() }
    }

    fn pg(sqlstate: &str) -> ServerError {
        ServerError { sqlstate: Some(sqlstate.into()), ..ServerError::default() }
    }

    #[test]
    fn what_may_have_taken_place_is_never_called_failed() {
        assert_eq!(fate(mongo(64, &[])), "unknown");
        assert_eq!(fate(mongo(11602, &[])), "unknown");
        assert_eq!(fate(mongo(10107, &["RetryableWriteError"])), "unknown");
        assert_eq!(fate(mongo(50, &["UnknownTransactionCommitResult", "TransientTransactionError"])), "unknown");
        assert_eq!(fate(pg("57P01")), "unknown");
        assert_eq!(fate(mongo(11000, &[])), "failed");
        assert_eq!(fate(pg("23505")), "failed");
    }

    #[test]
    fn transient_conflicts_are_tried_again() {
        assert_eq!(fate(mongo(112, &["TransientTransactionError"])), "again");
        assert_eq!(fate(pg("40001")), "again");
    }

    #[test]
    fn a_seed_says_what_each_client_draws() {
        let draws = |seed, client| {
            let mut dice = Dice::new(seed, client);
            (0..8).map(|_| dice.below(1000)).collect::<Vec<_>>()
        };
        assert_eq!(draws(7, 0), draws(7, 0));
        assert!(draws(7, 0) != draws(7, 1) && draws(7, 0) != draws(8, 0));
    }

    #[test]
    fn weights_are_kept() {
        let mut dice = Dice::new(1, 0);
        let ones = (0..4000).filter(|_| dice.weighted([3, 1].into_iter()) == 1).count();
        assert!((900..1100).contains(&ones), "{ones}");
        assert_eq!(dice.below(0), 0);
    }
}
