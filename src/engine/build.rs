//! Builds systems: their steps run once on every server that the selection needs, and the result is frozen into templates.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use futures::future::{join, try_join_all};
use tokio::time::Instant;

use super::health::Health;
use super::live::Live;
use super::outcome::{Halt, broken_build, too_far};
use super::sessions::builtin;
use super::stage::Stage;
use super::{Context, Job, SystemUnderTest};
use crate::backend::BackendError;
use crate::backend::mongo::{self, MongoClients};
use crate::backend::pg::{self, PgNode};
use crate::event::Event;
use crate::model::{Engine, NodeSelector, Step};
use crate::system::{Copy, RunId, Template};
use crate::verdict::Evidence;

/// What is built and where.
struct Wanted {
    system: Arc<SystemUnderTest>,
    pg: Vec<PgNode>,
    mongo: bool,
}

/// What a build needs around it.
pub(super) struct Builder<'a> {
    pub context: Context<'a>,
    pub run: &'a RunId,
    pub clients: Option<&'a Arc<MongoClients>>,
}

/// Built systems, by fingerprint; one that could not be built holds the reason.
pub(super) type Built = BTreeMap<String, Result<Template, Vec<Evidence>>>;

impl Builder<'_> {
    /// Builds every system that the jobs run on, each on the servers that its jobs speak to.
    pub async fn build_all(&self, jobs: &[Job], health: &Health<'_>) -> Built {
        let mut wanted: BTreeMap<String, Wanted> = BTreeMap::new();
        for job in jobs {
            let Some(system) = &job.system else { continue };
            if job.footprint.runs && !self.context.options.allow_run {
                continue;
            }
            let entry = wanted.entry(system.fingerprint.clone()).or_insert_with(|| Wanted {
                system: system.clone(),
                pg: vec![],
                mongo: false,
            });
            entry.mongo |= job.footprint.uses(Engine::Mongo);
            for peer in self.context.servers.having(|peers| job.peers(peers)) {
                if entry.pg.iter().all(|known| known.name != peer.name) {
                    entry.pg.push(peer);
                }
            }
        }
        let mut built = Built::new();
        for (fingerprint, wanted) in wanted {
            if let Some(base) = &wanted.system.base {
                // Its steps run in each copy. The base outlives this run.
                built.insert(fingerprint, Ok(Template { shared: true, ..base.clone() }));
                continue;
            }
            let begun = Instant::now();
            let template = self.build_on_healthy(&fingerprint, &wanted, health).await;
            let elapsed_ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
            self.context.reporting.send(Event::SystemReady { system: wanted.system.system.path.clone(), elapsed_ms });
            built.insert(fingerprint, template);
        }
        built
    }

    /// Builds a system; once more when a server failed meanwhile and has come back.
    async fn build_on_healthy(
        &self,
        fingerprint: &str,
        wanted: &Wanted,
        health: &Health<'_>,
    ) -> Result<Template, Vec<Evidence>> {
        let mut engines = BTreeSet::new();
        engines.extend((!wanted.pg.is_empty()).then_some(Engine::Pg));
        engines.extend(wanted.mongo.then_some(Engine::Mongo));
        let span = &wanted.system.system.title.span;
        let external = |engine: Engine| match engine {
            Engine::Pg => wanted.pg.iter().any(|node| !node.owned),
            Engine::Mongo => self.context.servers.mongo.as_ref().is_some_and(|set| !set.owned),
        };
        let mut reaches = wanted.system.system.build.iter().filter_map(super::reach::of_step);
        if let Some((_, what)) = reaches.find(|(engine, _)| external(*engine))
            && !self.context.options.allow_cluster_changes
        {
            return Err(vec![too_far(span, &what)]);
        }
        let mut tried = false;
        loop {
            if let Some(cause) = health.lost(&engines) {
                return Err(vec![Evidence::at(span, format!("the system could not be built: {cause}"))]);
            }
            let begun = Instant::now();
            let built = tokio::select! {
                built = self.build(fingerprint, wanted) => built,
                cause = health.fails(&engines) => {
                    Err(vec![Evidence::at(span, format!("the system could not be built: {cause}"))])
                }
            };
            let failed = built.is_err()
                && (health.examine(&engines, true).await.is_some() || health.trouble_since(&engines, begun).is_some());
            if !failed || std::mem::replace(&mut tried, true) {
                return built;
            }
        }
    }

    /// Builds a system on every server there is.
    pub async fn build_on_all(&self, system: &SystemUnderTest) -> Result<Template, Vec<Evidence>> {
        let system = Arc::new(system.clone());
        let wanted =
            Wanted { pg: self.context.servers.pg.clone(), mongo: self.context.servers.mongo.is_some(), system };
        self.build(&wanted.system.fingerprint, &wanted).await
    }

    async fn build(&self, fingerprint: &str, wanted: &Wanted) -> Result<Template, Vec<Evidence>> {
        let template = Template::plan(self.context.servers, self.run, fingerprint, wanted.pg.clone(), wanted.mongo);
        let ours = |error| vec![broken_build(&wanted.system.system.title.span, &error)];
        let clients = self.clients.map(|clients| &**clients);
        let held = match template.shared {
            true => self.context.host.hold_template(&template.database).await,
            false => Ok(None),
        };
        let _hold = held.map_err(|error| ours(BackendError::Other(format!("its lock cannot be had: {error}"))))?;
        let (peers, lacks) = template.missing(clients).await.map_err(ours)?;
        if let Some(clients) = clients.filter(|_| lacks) {
            mongo::admit(clients, &template.database, &BTreeSet::new()).await.map_err(ours)?;
        }
        try_join_all(peers.iter().map(|node| pg::create_database(node, &template.database))).await.map_err(ours)?;
        tracing::debug!(system = wanted.system.system.path, database = template.database, "a system is built");
        // The two engines' halves do not see each other, so they are built side by side.
        let (pg, documents) = join(
            self.half(&wanted.system, &template.database, Engine::Pg, &peers, false),
            self.half(&wanted.system, &template.database, Engine::Mongo, &[], lacks),
        )
        .await;
        pg.and(documents)?;
        tracing::debug!(database = template.database, "a system is frozen");
        template.freeze(&peers, clients.filter(|_| lacks)).await.map_err(ours)?;
        Ok(template)
    }

    /// Runs the build steps of one engine in `database`.
    pub(super) async fn half(
        &self,
        system: &SystemUnderTest,
        database: &str,
        engine: Engine,
        peers: &[PgNode],
        mongo: bool,
    ) -> Result<(), Vec<Evidence>> {
        let steps = steps_of(&system.system.build, engine, peers);
        if steps.is_empty() || (peers.is_empty() && !mongo) {
            return Ok(());
        }
        let peers = peers.iter().map(|node| (node.name.clone(), node.clone())).collect();
        let user = self.clients.and_then(|clients| clients.user().cloned());
        let copy = Arc::new(Copy { database: database.into(), peers, mongo, user });
        let servers = self.context.servers.for_copy(&copy);
        let context = Context { servers: &servers, ..self.context };
        let variables = builtin(database, self.clients.map_or("", |clients| &clients.app_name));
        let transport = Live::new(copy, self.clients.cloned().filter(|_| mongo), context.reporting.clone());
        let mut stage = Stage::new(context, &system.system.path, Some(&system.system), transport, variables);
        let done = match self.context.options.build_goes_on {
            true => self.each(&mut stage, &steps, &system.system.path).await,
            false => stage.run_all(&steps).await,
        };
        stage.transport.close().await;
        done.map_err(|halt| halt.into_evidence(&system.system.title.span))
    }

    /// Runs the steps one by one; one that is refused is reported, and the next is run all the same.
    async fn each(&self, stage: &mut Stage<'_>, steps: &[Step], system: &str) -> Result<(), Halt> {
        for step in steps {
            match stage.run_all(std::slice::from_ref(step)).await {
                Err(Halt::Fails(evidence)) => {
                    self.context.reporting.send(Event::BuildStepFailed { system: system.into(), evidence });
                }
                done => done?,
            }
        }
        Ok(())
    }
}

/// The steps of one engine, without those for nodes that are not being built.
pub(super) fn steps_of(build: &[Step], engine: Engine, peers: &[PgNode]) -> Vec<Step> {
    let built = |selector: &NodeSelector| match selector {
        NodeSelector::Named(node) if engine == Engine::Pg => peers.iter().any(|peer| peer.name == *node),
        _ => true,
    };
    let of_engine = |step: &Step| {
        let first = step.on.first().map(|on| on.value.clone()).or_else(|| step.default_selector());
        first.is_some_and(|selector| selector.engine() == engine)
    };
    let mut steps: Vec<Step> = build.iter().filter(|step| of_engine(step)).cloned().collect();
    for step in &mut steps {
        if step.on.is_empty() && engine == Engine::Pg {
            // A build that names no node is meant for every peer: a scenario may run on any of them.
            step.on = vec![step.action_span.of(NodeSelector::All(Engine::Pg))];
        }
        step.on.retain(|on| built(&on.value));
    }
    steps.retain(|step| engine == Engine::Mongo || !step.on.is_empty());
    steps
}
