//! The schedule: systems are built, scenarios run side by side on workers, and everything that was made is taken away.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use futures::future::{LocalBoxFuture, join_all};
use tokio::sync::Semaphore;

use super::build::Builder;
use super::health::Health;
use super::lanes::{Claim, Lanes};
use super::live_site::LiveSite;
use super::series::Series;
use super::ward::LiveServers;
use super::worker::Worker;
use super::{Context, Interrupt, Job, Until};
use crate::backend::BackendError;
use crate::backend::mongo::{self, MongoClients};
use crate::backend::pg::{self, PgNode};
use crate::model::Engine;
use crate::system::{RunId, Servers};
use crate::verdict::Verdict;

/// Workers that have copies made or dropped while others do steps.
const MOST_BESIDE: usize = 4;

/// The least time that one thing has which polyspec does by itself, such as a copy.
const OWN_LIMIT: Duration = Duration::from_secs(30);

/// Runs all jobs. An `Err` is something that polyspec made and could not take away. The state of a whole run is large, and
/// as deep as everything that it waits for: it is on the heap, so that it weighs nothing in its caller's.
pub fn run<'a>(
    jobs: Vec<Job>,
    context: Context<'a>,
    interrupt: Interrupt,
) -> LocalBoxFuture<'a, Result<(), BackendError>> {
    Box::pin(async move {
        let series = Series::new(context.servers);
        let done = run_all(&series, jobs, context, interrupt, true).await;
        series.close().await;
        done
    })
}

impl Series {
    /// As [`run`], but what later runs of the series can use stays until its end.
    pub fn run<'a>(
        &'a self,
        jobs: Vec<Job>,
        context: Context<'a>,
        interrupt: Interrupt,
    ) -> LocalBoxFuture<'a, Result<(), BackendError>> {
        Box::pin(run_all(self, jobs, context, interrupt, false))
    }

    /// Takes away what its runs have left for one another, and closes the connections.
    ///
    /// # Errors
    /// Something could not be taken away.
    pub async fn end(&self, context: Context<'_>, interrupt: Interrupt) -> Result<(), BackendError> {
        let live = LiveServers { context, clients: self.admin.clone() };
        let health = Health::new(&live, interrupt.clone(), context.options.timeout.max(OWN_LIMIT));
        let engines = self.engines();
        let cleaned = sweep(context.servers, &self.run, self.admin.as_deref(), &engines);
        let done = match interrupt.is_set() && context.host.servers_end_with_run() {
            true => Ok(()),
            false => health.own(&engines, "dropping what the runs made", cleaned).await,
        };
        self.close().await;
        done
    }
}

async fn run_all(
    series: &Series,
    jobs: Vec<Job>,
    context: Context<'_>,
    interrupt: Interrupt,
    last: bool,
) -> Result<(), BackendError> {
    let Context { servers, host, options, .. } = context;
    let (run, admin) = (&series.run, series.admin.clone());
    let first = series.clients(0);
    let builder = Builder { context, run, clients: first.as_ref() };
    let engines = Claim::of_all(&jobs).uses;
    series.note(&engines);
    let live = LiveServers { context, clients: admin.clone() };
    let health = Health::new(&live, interrupt.clone(), options.timeout.max(OWN_LIMIT));
    let built = tokio::select! {
        biased;
        // What is half built is a ruin: swept below, or dropped by the next run that wants this template.
        () = interrupt.wait() => super::build::Built::new(),
        built = Box::pin(builder.build_all(&jobs, &health)) => built,
    };
    let side_by_side = options.jobs.min(jobs.len()).max(1);
    let steps = Semaphore::new(side_by_side);
    // One by one is in order; of several, some more make and drop copies beside the steps of the others.
    let workers = side_by_side + (side_by_side / 2).min(MOST_BESIDE);
    let site = |number: usize| LiveSite { context, clients: series.clients(number) };
    let seen = Seen::new(&options.until);
    let stop = || interrupt.is_set() || seen.enough();
    let lanes = Lanes::new(in_order(jobs, workers));
    let (built, lanes, health) = (&built, &lanes, &health);
    let (seen, stop, steps) = (&seen, &stop, &steps);
    let work = |number: usize| {
        let site = site(number);
        let interrupt = interrupt.clone();
        async move {
            let worker = Worker { context, run, built, site: &site, interrupt, health, steps };
            while !stop() {
                let Some((job, _turn)) = lanes.next().await else { break };
                let over = || stop() || !seen.wants(&job);
                if over() {
                    continue;
                }
                let mut verdict = Box::pin(worker.run(&job, &over)).await;
                if options.confirms && matches!(verdict, Some(Verdict::Fail { .. })) {
                    verdict = Box::pin(worker.run(&job, &over)).await;
                }
                if let Some(verdict) = verdict {
                    seen.note(&job, &verdict);
                }
            }
        }
    };
    join_all((0..workers).map(work)).await;
    let cleaned = async {
        let mut done = Ok(());
        for template in built.values().flatten() {
            done = done.and(template.remove(admin.as_deref()).await);
        }
        match last && !options.keep {
            true => done.and(sweep(servers, run, admin.as_deref(), &engines).await),
            false => done,
        }
    };
    let done = match interrupt.is_set() && host.servers_end_with_run() {
        true => Ok(()),
        false => health.own(&engines, "dropping what the run made", cleaned).await,
    };
    // Servers that are given up, and end with this run, need not be cleaned.
    if health.lost(&engines).is_some() && host.servers_end_with_run() { Ok(()) } else { done }
}

/// What was seen of what the run waits for.
struct Seen {
    over: Mutex<bool>,
    until: Until,
    /// Requirements that nothing has failed for yet; `None` when the run does not wait for that.
    open: Option<Mutex<BTreeSet<String>>>,
}

impl Seen {
    fn new(until: &Until) -> Self {
        let open = match until {
            Until::EachFails(requirements) => Some(Mutex::new(requirements.clone())),
            Until::End | Until::FirstFailure | Until::AnyFails => None,
        };
        Self { over: Mutex::new(false), until: until.clone(), open }
    }

    fn enough(&self) -> bool {
        let over = *self.over.lock().unwrap_or_else(PoisonError::into_inner);
        over || self.still_open().is_some_and(|open| open.is_empty())
    }

    fn wants(&self, job: &Job) -> bool {
        self.still_open().is_none_or(|open| job.scenario.requirements.iter().any(|id| open.contains(&id.value)))
    }

    fn still_open(&self) -> Option<std::sync::MutexGuard<'_, BTreeSet<String>>> {
        self.open.as_ref().map(|open| open.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn note(&self, job: &Job, verdict: &Verdict) {
        *self.over.lock().unwrap_or_else(PoisonError::into_inner) |= match self.until {
            Until::FirstFailure => !verdict.is_fine(),
            Until::AnyFails => matches!(verdict, Verdict::Fail { .. }),
            Until::End | Until::EachFails(_) => false,
        };
        if let (Some(mut open), Verdict::Fail { .. }) = (self.still_open(), verdict) {
            job.scenario.requirements.iter().for_each(|id| {
                open.remove(&id.value);
            });
        }
    }
}

/// Those that disturb an engine come last for one worker, so that the quick ones tell first what is wrong; for several they
/// come first, since much of their time is waiting that others can use.
fn in_order(jobs: Vec<Job>, workers: usize) -> Vec<(Job, Claim)> {
    let claimed = jobs.into_iter().map(|job| {
        let claim = Claim::of(&job);
        (job, claim)
    });
    let (mut first, last): (Vec<_>, Vec<_>) = claimed.partition(|(_, claim)| claim.is_disturbing() == (workers > 1));
    first.extend(last);
    first
}

/// Databases of this run that a copy's failed making or dropping has left on the engines that it used: on another it has
/// none, and somebody may disturb it at this moment.
async fn sweep(
    servers: &Servers,
    run: &RunId,
    clients: Option<&MongoClients>,
    engines: &BTreeSet<Engine>,
) -> Result<(), BackendError> {
    for node in servers.pg.iter().filter(|_| engines.contains(&Engine::Pg)) {
        sweep_peer(node, &run.prefix()).await?;
    }
    if let Some(clients) = clients.filter(|_| engines.contains(&Engine::Mongo)) {
        for database in mongo::databases(clients, &run.prefix()).await? {
            mongo::drop_database(clients, &database).await?;
        }
        mongo::drop_users(clients, &run.prefix()).await?;
    }
    Ok(())
}

/// A role goes only once no database is left in which it was granted something: hence two rounds.
async fn sweep_peer(node: &PgNode, prefix: &str) -> Result<(), BackendError> {
    for _ in 0..2 {
        for database in pg::leftovers(node, prefix).await? {
            let peers = [(node.name.clone(), node.clone())].into();
            pg::unlink(&peers, &database).await?;
            pg::remove_database(node, &database).await?;
        }
    }
    match pg::leftovers(node, prefix).await?.first() {
        Some(left) => Err(BackendError::Other(format!("{}: `{left}` and its role could not be dropped", node.name))),
        None => Ok(()),
    }
}
