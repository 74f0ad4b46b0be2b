//! Systems that go on from a built one: their steps run in each copy of it, before the peers are linked. A template of each
//! would cost as much as the scenario that it is made for.

use std::sync::Arc;

use super::build::steps_of;
use super::outcome::broken_build;
use super::sessions::builtin;
use super::stage::Stage;
use super::worker::Worker;
use super::{Context, Job, SystemUnderTest};
use crate::backend::pg::PgNode;
use crate::model::Engine;
use crate::system::Copy;
use crate::verdict::Evidence;

impl Worker<'_> {
    /// Makes of a copy of the built system what the job's system is, and links its peers.
    pub(super) async fn go_on(
        &self,
        job: &Job,
        system: &SystemUnderTest,
        copy: &Arc<Copy>,
    ) -> Result<(), Vec<Evidence>> {
        self.change(system, copy).await?;
        let linked = self.site.link(copy, &system.system.replication, job.footprint.cuts).await;
        linked.map_err(|error| vec![broken_build(&system.system.title.span, &error)])
    }

    async fn change(&self, system: &SystemUnderTest, copy: &Arc<Copy>) -> Result<(), Vec<Evidence>> {
        let peers: Vec<PgNode> = copy.peers.values().cloned().collect();
        let build = &system.system.build;
        let mut steps = if peers.is_empty() { vec![] } else { steps_of(build, Engine::Pg, &peers) };
        if copy.mongo {
            steps.extend(steps_of(build, Engine::Mongo, &[]));
        }
        if steps.is_empty() {
            return Ok(());
        }
        let servers = self.context.servers.for_copy(copy);
        let context = Context { servers: &servers, ..self.context };
        let variables = builtin(&copy.database, self.site.app_name());
        let transport = self.site.open(copy.clone());
        let mut stage = Stage::new(context, &system.system.path, Some(&system.system), transport, variables);
        let done = stage.run_all(&steps).await;
        stage.transport.close().await;
        done.map_err(|halt| halt.into_evidence(&system.system.title.span))
    }
}
