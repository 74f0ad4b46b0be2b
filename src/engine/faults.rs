//! Faults and barriers: steps that speak to the cluster rather than to a database.

use std::time::Duration;

use tokio::time::Instant;

use super::outcome::{Halt, Trouble};
use super::stage::Stage;
use crate::backend::BackendError;
use crate::model::{Engine, Fault, NodeFault, NodeName, NodeSelector, Step};
use crate::observation::{Observation, Outcome, Output};
use crate::source::{Diagnostic, Spanned};
use crate::verdict::Evidence;

impl Stage<'_> {
    /// Injects a fault and waits until it is true.
    pub(super) async fn inject(&mut self, fault: &Fault) -> Result<Vec<Observation>, Trouble> {
        let (nodes, faults): (&[Spanned<NodeSelector>], &[NodeFault]) = match fault {
            Fault::Stop(nodes) => (nodes, &[NodeFault::Stop]),
            Fault::Start(nodes) => (nodes, &[NodeFault::Start]),
            Fault::Restart(nodes) => (nodes, &[NodeFault::Stop, NodeFault::Start]),
            Fault::Kill(nodes) => (nodes, &[NodeFault::Kill]),
            Fault::Pause(nodes) => (nodes, &[NodeFault::Pause]),
            Fault::Resume(nodes) => (nodes, &[NodeFault::Resume]),
            Fault::StepDown => return self.step_down().await,
            Fault::Cut(groups) => return self.cut(groups).await,
            Fault::Heal(nodes) => return self.heal(nodes).await,
        };
        for selector in nodes {
            for node in self.named(selector).await? {
                for fault in faults {
                    self.context.host.inject(&node, *fault).await.map_err(BackendError::Other)?;
                    if matches!(fault, NodeFault::Start | NodeFault::Resume) {
                        self.transport.settle(&node, self.context.options.statement_timeout).await;
                    }
                }
                self.context.servers.peer(&node).into_iter().for_each(|peer| peer.forget());
            }
        }
        Ok(vec![])
    }

    async fn cut(&mut self, groups: &[Vec<Spanned<NodeSelector>>]) -> Result<Vec<Observation>, Trouble> {
        let mut named: Vec<Vec<NodeName>> = vec![];
        for group in groups {
            let mut nodes = vec![];
            for selector in group {
                nodes.extend(self.named(selector).await?);
                if let Some(twice) = nodes.iter().find(|node| named.iter().flatten().any(|other| other == *node)) {
                    let message = format!("`{}` is `{twice}` now, which is named already", selector.value);
                    return Err(Diagnostic::error(&selector.span, message).into());
                }
            }
            named.push(nodes);
        }
        if let [[Spanned { value: NodeSelector::All(_), .. }]] =
            groups.iter().map(Vec::as_slice).collect::<Vec<_>>()[..]
        {
            named = named.into_iter().flatten().map(|node| vec![node]).collect();
        }
        self.context.host.cut(&named).await.map_err(BackendError::Other)?;
        Ok(vec![])
    }

    async fn heal(&mut self, nodes: &[Spanned<NodeName>]) -> Result<Vec<Observation>, Trouble> {
        let mut nodes: Vec<NodeName> = nodes.iter().map(|node| node.value.clone()).collect();
        if nodes.is_empty() {
            // A scenario of the other engine may have cuts of its own at this moment.
            let copy = self.transport.copy();
            nodes.extend(copy.peers.keys().cloned());
            nodes.extend(self.members().into_iter().filter(|_| copy.mongo));
        }
        self.context.host.heal(&nodes).await.map_err(BackendError::Other)?;
        Ok(vec![])
    }

    /// The nodes that a selector means at this moment.
    async fn named(&self, selector: &Spanned<NodeSelector>) -> Result<Vec<NodeName>, Trouble> {
        let found = match &selector.value {
            NodeSelector::Named(node) => vec![node.clone()],
            NodeSelector::Primary => self.primary().await?.into_iter().collect(),
            NodeSelector::Secondary => {
                let primary = self.primary().await?;
                self.members().into_iter().find(|member| Some(member) != primary.as_ref()).into_iter().collect()
            }
            NodeSelector::All(Engine::Mongo) => self.members(),
            other => self.context.servers.peers(other).into_iter().map(|peer| peer.name.clone()).collect(),
        };
        let known = |node: &NodeName| self.context.servers.peer(node).is_some() || self.members().contains(node);
        if found.is_empty() || !found.iter().all(known) {
            let message = format!("there is no node `{}` in this topology", selector.value);
            return Err(Diagnostic::error(&selector.span, message).into());
        }
        Ok(found)
    }

    pub(super) fn members(&self) -> Vec<NodeName> {
        self.context.servers.mongo.iter().flat_map(|set| set.members.iter().map(|(name, _)| name.clone())).collect()
    }

    async fn primary(&self) -> Result<Option<NodeName>, Trouble> {
        Ok(self.transport.primary().await?)
    }

    async fn step_down(&self) -> Result<Vec<Observation>, Trouble> {
        let lag = self.transport.step_down(self.context.options.statement_timeout).await?;
        Ok(vec![nothing("mongo", lag)])
    }

    /// Waits until every member has replayed what was written so far; not to catch up in time is the system's failure.
    pub(super) async fn catch_up(&mut self, step: &Step, engine: Engine) -> Result<Vec<Observation>, Trouble> {
        let limit = self.limit(step);
        let begun = Instant::now();
        let Ok(lag) = tokio::time::timeout(limit, self.transport.catch_up(engine)).await else {
            let late = format!("not every member of {engine} had caught up after {limit:?}");
            return Err(Trouble::Halts(Halt::Fails(vec![Evidence::at(&step.action_span, &late)])));
        };
        let lag = lag?;
        self.context.reporting.lag(self.name, &step.span, lag);
        self.server_time += begun.elapsed();
        Ok(vec![nothing(engine.as_str(), lag)])
    }
}

fn nothing(node: &str, lag: Duration) -> Observation {
    Observation { lag: Some(lag), ..Observation::new(node, Outcome::Output(Output::Nothing), lag) }
}
