//! Runs the suite over generated mutants: first on the system itself, to know what passes there and how long it takes; then
//! on each mutant, likely killers first, until one scenario fails twice; at last scenarios with faults, alone, on those that are
//! left and that nobody has explained.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Instant;

use futures::StreamExt;

use super::change::{Change, Edit};
use super::likelihood::Likelihood;
use super::scorecard::{Graded, Outcome};
use crate::engine::{Claim, Job, Options, Survey, SystemUnderTest, Until};
use crate::model::{Engine, System};
use crate::mutation::Ground;
use crate::mutation::watch;
use crate::system::Servers;
use crate::verdict::Verdict;

/// What generated mutants are made of and graded by.
pub struct Field<'a> {
    /// The system, built, and what it consists of.
    pub survey: &'a Survey,
    /// The system.
    pub system: &'a SystemUnderTest,
    /// The scenarios that run on it.
    pub jobs: Vec<Job>,
    /// Names of mutants that the suite has explained: nothing is looked for any more that kills them at great cost.
    pub explained: BTreeSet<String>,
}

/// What was seen of one set of jobs on one mutant.
#[derive(Default)]
struct Seen {
    killers: Vec<String>,
    refused: Option<String>,
    broken: Option<String>,
    seconds: BTreeMap<String, f64>,
}

/// Grades the suite by these changes; `told` hears of each mutant when its fate is known. The second part are scenarios that
/// do not pass on the system itself: they are left out.
pub async fn grade(
    changes: &[Change],
    field: &Field<'_>,
    ground: &Ground<'_>,
    mut told: impl FnMut(&Graded),
) -> (Vec<Graded>, Vec<String>) {
    let (faults, plain): (Vec<Job>, Vec<Job>) =
        field.jobs.iter().cloned().partition(|job| Claim::of(job).is_disturbing());
    let mut course = Course { field, ground, jobs: plain, unfit: vec![], likelihood: None };
    course.pass_on_the_system().await;
    let stopped = || ground.interrupt.is_set();
    let running = changes.iter().take_while(|_| !stopped()).map(|change| course.on(change, 1));
    let mut running = futures::stream::iter(running).buffer_unordered(ground.options.jobs.max(1));
    let (mut graded, mut left) = (vec![], vec![]);
    while let Some((change, report)) = running.next().await {
        let open = report.outcome == Outcome::Survived && !field.explained.contains(&change.name);
        if (open || ground.all) && !faults.is_empty() && !matches!(report.outcome, Outcome::NotApplicable { .. }) {
            left.push((change, report));
        } else if !stopped() {
            told(&report);
            graded.push(report);
        }
    }
    drop(running);
    course.jobs = faults;
    if left.iter().any(|(change, _)| course.jobs_for(change).next().is_some()) {
        course.pass_on_the_system().await;
    }
    for (change, before) in left {
        let later = course.on(change, 1).await.1;
        if stopped() {
            break;
        }
        let report = before.and(later);
        told(&report);
        graded.push(report);
    }
    graded.sort_by(|a, b| a.name.cmp(&b.name));
    (graded, course.unfit)
}

impl Graded {
    /// With what was seen later.
    fn and(self, later: Graded) -> Self {
        let outcome = match (self.outcome, later.outcome) {
            (Outcome::Killed { mut by }, Outcome::Killed { by: more }) => {
                by.extend(more);
                Outcome::Killed { by }
            }
            (killed @ Outcome::Killed { .. }, _) => killed,
            (Outcome::Survived, later) => later,
            (before, Outcome::Survived) => before,
            (_, later) => later,
        };
        let scenarios = self.scenarios + later.scenarios;
        Self { outcome, scenarios, elapsed: self.elapsed + later.elapsed, ..later }
    }
}

/// One way over the mutants with one set of jobs.
struct Course<'a> {
    field: &'a Field<'a>,
    ground: &'a Ground<'a>,
    jobs: Vec<Job>,
    unfit: Vec<String>,
    likelihood: Option<Likelihood>,
}

impl Course<'_> {
    /// Runs the jobs on a copy of the system, leaves out what does not pass, and remembers how long each took.
    async fn pass_on_the_system(&mut self) {
        let system = self.under_test(self.field.system.system.clone(), vec![], "itself");
        let jobs: Vec<Job> = self.jobs.iter().map(|job| job.on(system.clone())).collect();
        let servers = servers_of(&jobs, self.ground.servers);
        let ground = Ground { servers: &servers, interrupt: self.ground.interrupt.clone(), ..*self.ground };
        let (seconds, _) = watch::passing(jobs, &ground).await;
        if self.ground.interrupt.is_set() {
            return;
        }
        let passed = |job: &Job| seconds.contains_key(&job.name);
        self.unfit.extend(self.jobs.iter().filter(|job| !passed(job)).map(|job| job.name.clone()));
        self.jobs.retain(passed);
        let system = &self.field.system.system;
        self.likelihood = Some(Likelihood::new(&self.jobs, system, self.ground.host, seconds));
    }

    /// The jobs that can notice a change: the engines do not see each other, and only several peers are linked.
    fn jobs_for<'j>(&'j self, change: &'j Change) -> impl Iterator<Item = &'j Job> {
        self.jobs.iter().filter(move |job| {
            let peers = self.ground.servers.having(|peers| job.footprint.peers(peers)).len();
            job.footprint.uses(change.engine()) && (peers > 1 || !matches!(change.edit, Edit::Replication { .. }))
        })
    }

    async fn on<'c>(&self, change: &'c Change, workers: usize) -> (&'c Change, Graded) {
        let begun = Instant::now();
        let system = &self.field.system.system;
        let replication = match &change.edit {
            Edit::Replication { declared, .. } => declared.clone(),
            Edit::Sql { .. } | Edit::Mongo(_) => system.replication.clone(),
        };
        let mutant = System { title: change.span().of(change.told()), replication, ..system.clone() };
        let mutant = self.under_test(mutant, change.steps(), &change.name);
        let jobs = self.jobs_for(change).map(|job| job.on(mutant.clone())).collect();
        let jobs = match &self.likelihood {
            Some(likelihood) => likelihood.ordered(jobs, change),
            None => jobs,
        };
        let until = if self.ground.all { Until::End } else { Until::AnyFails };
        let seen = self.watch(jobs, workers, until, change).await;
        let scenarios = seen.seconds.len() + seen.killers.len();
        let outcome = match (seen.refused, seen.broken) {
            (Some(cause), _) => Outcome::NotApplicable { cause },
            _ if !seen.killers.is_empty() => Outcome::Killed { by: seen.killers },
            (None, Some(cause)) => Outcome::Broken { cause },
            (None, None) => Outcome::Survived,
        };
        let elapsed = begun.elapsed().as_secs_f64();
        (change, Graded { name: change.name.clone(), change: change.told(), outcome, scenarios, elapsed })
    }

    /// A system that goes on from the built one.
    fn under_test(&self, system: System, build: Vec<crate::model::Step>, name: &str) -> Arc<SystemUnderTest> {
        let fingerprint = format!("{}_{name}", self.field.system.fingerprint);
        let base = Some(self.field.survey.template.clone());
        Arc::new(SystemUnderTest { system: System { build, ..system }, fingerprint, base })
    }

    async fn watch(&self, jobs: Vec<Job>, workers: usize, until: Until, change: &Change) -> Seen {
        let mut seen = Seen::default();
        let options = Options { jobs: workers, until, ..self.ground.options.clone() };
        let source = change.source();
        let servers = servers_of(&jobs, self.ground.servers);
        let ground = Ground { servers: &servers, interrupt: self.ground.interrupt.clone(), ..*self.ground };
        let done = watch::on_mutant(jobs, &ground, &options, |end| {
            seen.note(end.name, end.verdict, end.seconds, &source);
            if let Some(likelihood) = &self.likelihood {
                likelihood.learn(end.name, change, matches!(end.verdict, Verdict::Fail { .. }));
            }
        });
        if let Err(error) = done.await {
            seen.broken = Some(error);
        }
        seen
    }
}

/// The servers of the engines that the jobs use: of one that none uses nothing needs to be asked.
fn servers_of(jobs: &[Job], servers: &Servers) -> Servers {
    let uses = |engine: Engine| jobs.iter().any(|job| job.footprint.uses(engine));
    Servers {
        pg: if uses(Engine::Pg) { servers.pg.clone() } else { vec![] },
        mongo: servers.mongo.clone().filter(|_| uses(Engine::Mongo)),
        keeps_templates: false,
    }
}

impl Seen {
    fn note(&mut self, name: &str, verdict: &Verdict, seconds: f64, source: &str) {
        match verdict {
            Verdict::Fail { .. } => self.killers.push(name.to_string()),
            Verdict::Error { evidence } => {
                let first = evidence.first();
                let cause = first.map(|evidence| {
                    let said = evidence.actual.as_ref().unwrap_or(&evidence.message);
                    said.lines().next().unwrap_or_default().to_string()
                });
                let cause = cause.unwrap_or_default();
                let built = first.and_then(|evidence| evidence.place.as_ref()).is_none_or(|place| place.file != source);
                if built {
                    self.broken = Some(format!("{name}: {cause}"));
                } else {
                    self.refused = Some(cause);
                }
            }
            fit if watch::is_fit(fit) => {
                self.seconds.insert(name.to_string(), seconds);
            }
            _ => {}
        }
    }
}
