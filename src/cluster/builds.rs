//! The server builds of one cluster, found or fetched before anything starts.

use super::build::pip::Pip;
use super::build::{self, Build};
use super::options::Options;
use super::progress::{OnProgress, in_background};
use super::{ClusterError, run_folder, teardown};
use crate::model::{Engine, NodeName, Topology};

/// The builds that a cluster needs.
pub(super) struct Builds(Vec<Build>);

impl Builds {
    /// Sweeps, then finds or fetches what the nodes need.
    pub(super) async fn locate(
        options: &Options,
        names: &[NodeName],
        topology: &Topology,
        progress: OnProgress<'_>,
    ) -> Result<Self, ClusterError> {
        let needs = |engine| names.iter().any(|name| name.engine == engine);
        let pg = topology.pg.as_ref().filter(|_| needs(Engine::Pg)).map(|pg| (Engine::Pg, pg.version));
        let mongo = topology.mongo.as_ref().filter(|_| needs(Engine::Mongo)).map(|it| (Engine::Mongo, it.version));
        let options = options.clone();
        let work = move |sender| {
            run_folder::prepare(&options.run_dir)?;
            teardown::sweep(&options.run_dir);
            let locate = |(engine, major)| build::locate(engine, major, &options, &Pip, &sender);
            pg.into_iter().chain(mongo).map(locate).collect::<Result<Vec<Build>, ClusterError>>()
        };
        in_background(progress, work).await.map(Self)
    }

    /// The build of an engine's server.
    pub(super) fn of(&self, engine: Engine) -> Result<Build, ClusterError> {
        let found = self.0.iter().find(|build| build.engine == engine).cloned();
        let server = build::product(engine).to_string();
        found.ok_or(ClusterError::NoBuild { server, tried: vec![], fix: "write its version in the topology".into() })
    }
}
