//! A database that stays on the servers, with a system and its generated rows, for people to look at.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::filling::{lists, system_of, variables};
use super::jobs::{may_build, under_test};
use super::{Prepared, Request, RunError, Wanted, endpoints, host, obtain};
use crate::engine::{Context, Dispatcher, Interrupt, Provision, Reporting, SystemUnderTest};
use crate::event::{Event, Stamped};
use crate::model::{Engine, NodeSelector, Step};
use crate::source::Diagnostic;
use crate::suite::Suite;

/// The database that is wanted.
pub struct DatabaseRequest {
    /// The suite, the servers, and the system if not the suite's own.
    pub request: Request,
    /// Rows for each table; `None` generates nothing.
    pub rows: Option<u64>,
    /// The seed.
    pub seed: String,
    /// The database; `None` is the system's own, named as its folder, which is built where it is not there.
    pub database: Option<String>,
    /// Whether it is built anew.
    pub replaces: bool,
    /// The node that gets the rows, instead of the one that the system names.
    pub on: Option<NodeSelector>,
}

/// Provisions a database, and says how to connect, a line a node. Every event goes to `sink`.
///
/// # Errors
/// The suite or the system is wrong; a server did not answer; a step of the system did not hold.
pub async fn provide_database(
    request: DatabaseRequest,
    sink: impl FnMut(&Stamped),
    interrupt: Interrupt,
) -> Result<Vec<String>, RunError> {
    let (dispatcher, reporting) = Dispatcher::new();
    let work = async {
        let done = tokio::select! {
            done = request.carry_out(&reporting) => done,
            () = interrupt.wait() => Err(RunError::Machinery("interrupted: what was done stays".into())),
        };
        drop(reporting);
        done
    };
    let (done, _) = futures::join!(work, dispatcher.drive(sink));
    done
}

/// The engines that a list of steps speaks to by itself.
fn engines_of(steps: &[Step]) -> BTreeSet<Engine> {
    let selectors = steps.iter().flat_map(|step| match step.on.as_slice() {
        [] => step.default_selector().into_iter().collect::<Vec<_>>(),
        on => on.iter().map(|on| on.value.clone()).collect(),
    });
    selectors.map(|selector| selector.engine()).collect()
}

impl DatabaseRequest {
    async fn carry_out(self, reporting: &Reporting) -> Result<Vec<String>, RunError> {
        let suite = Arc::new(Suite::open(&self.request.suite, &self.request.cwd).map_err(RunError::Input)?);
        let system = system_of(&suite, self.request.system.as_deref()).map_err(RunError::Input)?;
        may_build(&self.request, &system).map_err(RunError::Input)?;
        let system = under_test(&suite, system).map_err(RunError::Input)?;
        let lists = match self.rows {
            Some(_) => lists(&system.system).map_err(RunError::Input)?,
            None => vec![],
        };
        let endpoints = endpoints::resolve(suite.settings(), &self.request).map_err(RunError::Input)?;
        if self.database.is_none() && !endpoints.is_empty() {
            let error = Diagnostic::nowhere("servers of your own are filled only in a database that you name");
            return Err(RunError::Input(vec![error.help("add `--database NAME` to `polyspec generate`")]));
        }
        let prepared = Prepared {
            suite,
            request: Request { endpoints, ..self.request.clone() },
            jobs: vec![],
            filtered_out: 0,
            warnings: vec![],
            slips: vec![],
            goldens: None,
        };
        self.on_servers(&prepared, &system, lists, reporting).await
    }

    async fn on_servers(
        &self,
        prepared: &Prepared,
        system: &SystemUnderTest,
        lists: Vec<&str>,
        reporting: &Reporting,
    ) -> Result<Vec<String>, RunError> {
        let wanted = Wanted { all: true, ..prepared.wanted() };
        let obtained = obtain(&wanted, reporting).await.map_err(RunError::Machinery)?;
        let host = host::SuiteHost::new(prepared, &obtained);
        let name = self.database.clone().unwrap_or_else(|| database_name(&system.system.path));
        let is_there = |engine: &Engine| match engine {
            Engine::Pg => !obtained.servers.pg.is_empty(),
            Engine::Mongo => obtained.servers.mongo.is_some(),
        };
        let speaks =
            |list: &&str| system.system.steps.get(*list).is_some_and(|steps| engines_of(steps).iter().all(is_there));
        let provision = Provision {
            system,
            database: &name,
            builds: self.database.is_none(),
            replaces: self.replaces,
            lists: lists.into_iter().filter(speaks).collect(),
            on: self.on.clone(),
            variables: variables(self.rows.unwrap_or_default(), &self.seed),
        };
        let options = prepared.options();
        let context = Context { servers: &obtained.servers, host: &host, options: &options, reporting };
        let done = crate::engine::provision(&provision, context).await;
        let peers: Vec<_> = obtained.servers.pg.iter().map(|node| node.name.clone()).collect();
        let lines = obtained.how_to_connect(&name, &peers, obtained.servers.mongo.is_some());
        obtained.release().await;
        match done {
            Ok(built) => {
                let word = if built { "built" } else { "found" };
                reporting.send(Event::ServerNotice { message: format!("the database `{name}` was {word}") });
                Ok(lines)
            }
            Err(evidence) => Err(RunError::broken(&evidence)),
        }
    }
}

/// The name of a system's folder as the name of a database: letters, digits and `_`, short enough for the names of
/// replication slots that are made of it.
fn database_name(path: &str) -> String {
    let folder = path.trim_end_matches('/').rsplit('/').next().unwrap_or_default().to_ascii_lowercase();
    let name: String = folder.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).take(24).collect();
    if name.starts_with(|c: char| c.is_ascii_alphabetic()) { name } else { format!("system_{name}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_names_its_database() {
        assert_eq!(database_name("fixtures/ecommerce"), "ecommerce");
        assert_eq!(database_name("../My Shop-2/"), "my_shop_2");
        assert_eq!(database_name("."), "system__");
    }
}
