//! The schedule: systems are built, scenarios run side by side on workers, those that inject faults run alone after them,
//! and everything that was made is taken away.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use futures::future::join_all;
use tokio::sync::watch;

use super::build::Builder;
use super::case::{SharedCopies, Worker, drop_shared};
use super::{Footprint, Host, Job, Options, Reporting};
use crate::backend::mongo::{self, MongoClients};
use crate::backend::{BackendError, pg};
use crate::model::Engine;
use crate::system::{RunId, Servers};

/// A wish to stop that everybody who waits can see.
#[derive(Clone)]
pub struct Interrupt(watch::Receiver<bool>);

impl Interrupt {
    /// The wish, and what utters it by sending `true`.
    pub fn new() -> (watch::Sender<bool>, Self) {
        let (sender, receiver) = watch::channel(false);
        (sender, Self(receiver))
    }

    /// Returns once somebody wants to stop; never, when nobody can any more.
    pub async fn wait(&self) {
        let mut receiver = self.0.clone();
        if receiver.wait_for(|stop| *stop).await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    /// Whether somebody wants to stop.
    pub fn is_set(&self) -> bool {
        *self.0.borrow()
    }
}

/// Runs all jobs. An `Err` is something that polyspec made and could not take away.
pub async fn run(
    jobs: Vec<Job>,
    servers: &Servers,
    host: &dyn Host,
    options: &Options,
    reporting: &Reporting,
    interrupt: Interrupt,
) -> Result<(), BackendError> {
    let run = RunId::new();
    let clients = |worker: usize| {
        let set = servers.mongo.clone()?;
        Some(Arc::new(MongoClients::new(set, format!("polyspec-{run}-{worker}"))))
    };
    let admin = clients(0);
    let builder = Builder { servers, host, options, reporting, run: &run, clients: admin.as_ref() };
    let built = tokio::select! {
        biased;
        // What is half built is a ruin: swept below, or dropped by the next run that wants this template.
        () = interrupt.wait() => super::build::Built::new(),
        built = builder.build_all(&jobs) => built,
    };
    let shared = SharedCopies::default();
    let worker = |number: usize| Worker {
        servers,
        host,
        options,
        reporting,
        run: &run,
        built: &built,
        shared: &shared,
        clients: if number == 0 { admin.clone() } else { clients(number) },
        interrupt: interrupt.clone(),
    };
    let (alone, together): (VecDeque<Job>, VecDeque<Job>) = jobs.into_iter().partition(injects_faults);
    let failed = AtomicBool::new(false);
    let stop = || interrupt.is_set() || (options.fail_fast && failed.load(Ordering::Relaxed));
    let queue = Mutex::new(together);
    let next = || queue.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
    let workers = options.jobs.min(queue.lock().unwrap_or_else(PoisonError::into_inner).len()).max(1);
    let (stop, next, failed) = (&stop, &next, &failed);
    let work = |number: usize| {
        let worker = worker(number);
        async move {
            while !stop() {
                let Some(job) = next() else { break };
                if !worker.run(&job).await {
                    failed.store(true, Ordering::Relaxed);
                }
            }
        }
    };
    join_all((0..workers).map(work)).await;
    let worker = worker(0);
    for job in alone {
        if !stop() && !worker.run(&job).await {
            failed.store(true, Ordering::Relaxed);
        }
    }
    drop(worker);
    let shared = drop_shared(shared, admin.as_deref()).await;
    for template in built.into_values().flatten() {
        template.remove(admin.as_deref()).await?;
    }
    shared?;
    if options.keep { Ok(()) } else { sweep(servers, &run, admin.as_deref()).await }
}

fn injects_faults(job: &Job) -> bool {
    let system = job.system.as_ref().map(|system| &system.system);
    let footprint = Footprint::of(&job.scenario, system);
    footprint.faults || (footprint.uses(Engine::Mongo) && super::failpoints::sets_any(job))
}

/// Databases of this run that a copy's failed making or dropping has left.
async fn sweep(servers: &Servers, run: &RunId, clients: Option<&MongoClients>) -> Result<(), BackendError> {
    for node in &servers.pg {
        for database in pg::orphaned_databases(node, &run.prefix()).await? {
            let peers = [(node.name.clone(), node.clone())].into();
            pg::unlink(&peers, &database).await?;
            pg::drop_database(node, &database).await?;
        }
    }
    if let Some(clients) = clients {
        for database in mongo::databases(clients, &run.prefix()).await? {
            mongo::drop_database(clients, &database).await?;
        }
    }
    Ok(())
}
