//! What a scenario needs and these servers do not have.

use super::site::Site;
use super::{Context, Job};
use crate::model::{Engine, Need, NodeSelector};
use crate::system::Servers;

/// The first thing that is missing, as a sentence for the report; `None` when the scenario can run.
pub(super) async fn missing(job: &Job, context: Context<'_>, site: &dyn Site) -> Option<String> {
    let footprint = &job.footprint;
    let servers = context.servers;
    if footprint.runs && !context.options.allow_run {
        return Some(super::program::NOT_ALLOWED.into());
    }
    if let Some(selector) = footprint.selectors.iter().find(|selector| !has(servers, selector)) {
        return Some(format!("there is no `{selector}` among the servers of this run"));
    }
    if footprint.faults && !context.host.owns_nodes() {
        return Some("it injects faults, and these servers are not polyspec's own".into());
    }
    if footprint.cuts && !context.host.can_cut() {
        return Some(
            "it cuts links between nodes, and the cluster of `polyspec up` was started without such: `polyspec down`, then `up`"
                .into(),
        );
    }
    for need in &job.scenario.needs {
        if let Some(reason) = lacks(&need.value, context, site).await {
            return Some(reason);
        }
    }
    None
}

async fn lacks(need: &Need, context: Context<'_>, site: &dyn Site) -> Option<String> {
    let servers = context.servers;
    match need {
        Need::Faults => (!context.host.owns_nodes()).then(|| "these servers are not polyspec's own".into()),
        Need::Node(node) => {
            let there = has(servers, &NodeSelector::Named(node.clone()));
            (!there).then(|| format!("there is no `{node}` among the servers of this run"))
        }
        Need::Members(engine, count) => {
            let found = match engine {
                Engine::Pg => servers.pg.len(),
                Engine::Mongo => servers.mongo.as_ref().map_or(0, |set| set.members.len()),
            };
            (found < *count).then(|| format!("it needs {count} nodes of {engine}, and there are {found}"))
        }
        Need::Version(engine, major, minor) => {
            let Some(found) = site.version(*engine).await.ok()? else {
                return Some(format!("there is no {engine} in this run"));
            };
            let older = found < (*major, *minor);
            older.then(|| format!("it needs {engine} {major}.{minor}, and this is {}.{}", found.0, found.1))
        }
    }
}

fn has(servers: &Servers, selector: &NodeSelector) -> bool {
    match selector {
        NodeSelector::Any(Engine::Pg) | NodeSelector::All(Engine::Pg) => !servers.pg.is_empty(),
        NodeSelector::Named(node) if node.engine == Engine::Pg => servers.peer(node).is_some(),
        NodeSelector::Named(node) => {
            servers.mongo.as_ref().is_some_and(|set| set.members.iter().any(|(name, _)| name == node))
        }
        _ => servers.mongo.is_some(),
    }
}
