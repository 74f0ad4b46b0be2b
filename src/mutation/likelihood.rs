//! Which scenario is run first on a mutant: the one that kills it with the least time for the chance of it. What is likely is
//! read from the words of a scenario and learned from what killed the mutants before.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

use super::mutant::Hints;
use crate::engine::{Host, Job};
use crate::model::{Action, Body, SqlSource, Step, System};

/// What a scenario costs beside its own time, in seconds: its copy.
const COPY: f64 = 0.1;

/// The chance of a scenario that mentions nothing of a change.
const UNMENTIONED: f64 = 0.01;
/// The chance of one that mentions the table or the collection.
const OBJECT: f64 = 0.05;
/// What is added when it mentions every other word of the change.
const WORDS: f64 = 0.45;

/// What is known of the scenarios.
pub struct Likelihood {
    /// By the scenario's path.
    words: BTreeMap<String, BTreeSet<String>>,
    /// Seconds on the system itself, by the name of the run.
    seconds: BTreeMap<String, f64>,
    history: Mutex<BTreeMap<(String, String), Tries>>,
}

#[derive(Clone, Copy, Default)]
struct Tries {
    run: f64,
    killed: f64,
}

impl Likelihood {
    /// Reads the words of every scenario, of the lists that it uses and of the files that it names.
    pub fn new(jobs: &[Job], host: &dyn Host, seconds: BTreeMap<String, f64>) -> Self {
        let mut words = BTreeMap::new();
        for job in jobs {
            words.entry(job.scenario.path.clone()).or_insert_with(|| words_of(&text_of(job, host)));
        }
        Self { words, seconds, history: Mutex::default() }
    }

    /// The jobs: first those that are recorded to have killed this mutant, then likely and cheap ones.
    pub fn ordered(&self, jobs: Vec<Job>, hints: &Hints, recorded: &[String]) -> Vec<Job> {
        let chance = |job: &Job| self.chance(&job.scenario.path, hints) * self.of_case(job, hints);
        let price = |job: &Job| match recorded.contains(&job.name) {
            true => -1.0 / self.seconds(&job.name),
            false => self.seconds(&job.name) / chance(job),
        };
        let priced = jobs.into_iter().map(|job| (price(&job), job));
        let mut priced: Vec<(f64, Job)> = priced.collect();
        priced.sort_by(|(a, _), (b, _)| a.total_cmp(b));
        priced.into_iter().map(|(_, job)| job).collect()
    }

    /// Takes in that a run of a scenario was made on a mutant.
    pub fn learn(&self, name: &str, hints: &Hints, killed: bool) {
        let path = name.split('#').next().unwrap_or(name);
        let mut history = self.history.lock().unwrap_or_else(PoisonError::into_inner);
        let cases = (path != name).then(|| (name.to_string(), hints.object.clone()));
        let topics = hints.topics.iter().map(|topic| (path.to_string(), topic.clone()));
        for key in topics.chain(cases) {
            let tries = history.entry(key).or_default();
            tries.run += 1.0;
            tries.killed += f64::from(u8::from(killed));
        }
    }

    fn seconds(&self, name: &str) -> f64 {
        COPY + self.seconds.get(name).copied().unwrap_or(1.0)
    }

    /// The chance by its words, weighed with what it did to mutants of the same thing and of the same kind.
    fn chance(&self, path: &str, hints: &Hints) -> f64 {
        let history = self.history.lock().unwrap_or_else(PoisonError::into_inner);
        let mut chance = self.mentioned(path, hints);
        for topic in &hints.topics {
            let tries = history.get(&(path.to_string(), topic.clone())).copied().unwrap_or_default();
            chance =
                chance.max(0.8 * tries.killed / (tries.run + 1.0)) * (1.0 + tries.killed) / (1.0 + 0.3 * tries.run);
        }
        chance.clamp(1e-4, 1.0)
    }

    /// What speaks for this case among those of its scenario: its name, and that it has not been tried on the same object.
    fn of_case(&self, job: &Job, hints: &Hints) -> f64 {
        let Some(case) = job.case() else { return 1.0 };
        let history = self.history.lock().unwrap_or_else(PoisonError::into_inner);
        let tries = history.get(&(job.name.clone(), hints.object.clone())).copied().unwrap_or_default();
        let parts = |text: &str| -> BTreeSet<String> {
            text.to_lowercase().split(|c: char| !c.is_alphanumeric()).map(str::to_string).collect()
        };
        let (named, object) = (parts(&case.name), parts(&hints.object));
        let wanted = hints.words.iter().flat_map(|word| parts(word));
        let hits = wanted.filter(|part| named.contains(part) && !object.contains(part)).count();
        #[expect(clippy::cast_precision_loss, reason = "a handful of words")]
        let hits = hits as f64;
        (1.0 + 2.0 * hits) / (1.0 + 0.3 * tries.run)
    }

    fn mentioned(&self, path: &str, hints: &Hints) -> f64 {
        let Some(words) = self.words.get(path) else { return UNMENTIONED };
        let has = |word: &str| words_of(word).iter().all(|part| words.contains(part));
        let hits = hints.words.iter().filter(|word| has(word)).count();
        #[expect(clippy::cast_precision_loss, reason = "a handful of words")]
        let share = hits as f64 / hints.words.len().max(1) as f64;
        let object = if has(&hints.object) { OBJECT } else { UNMENTIONED };
        object + object / OBJECT * WORDS * share
    }
}

fn words_of(text: &str) -> BTreeSet<String> {
    let parts = text.split(|c: char| !c.is_alphanumeric() && c != '_' && c != '*');
    parts.filter(|part| !part.is_empty()).map(str::to_string).collect()
}

fn text_of(job: &Job, host: &dyn Host) -> String {
    let mut text = job.scenario.span.file.text().to_string();
    let system = job.system.as_ref().map(|system| &system.system);
    if let Body::Steps { steps, finally } = &job.scenario.body {
        steps.iter().chain(finally).for_each(|step| add(step, system, host, 0, &mut text));
    }
    text
}

/// Adds what a step refers to. A list that uses itself is refused when it is run; the depth keeps this walk finite.
fn add(step: &Step, system: Option<&System>, host: &dyn Host, depth: usize, text: &mut String) {
    match &step.action {
        Action::Use { name, .. } if depth < 16 => {
            for inner in system.and_then(|system| system.steps.get(&name.value)).into_iter().flatten() {
                text.push_str(inner.span.text());
                add(inner, system, host, depth + 1, text);
            }
        }
        Action::Sql { source: SqlSource::File(file), .. } => {
            let read = host.read(&file.span, &file.value).unwrap_or_default();
            text.push_str(&String::from_utf8_lossy(&read));
        }
        _ => {}
    }
}
