//! The nodes that a suite has: those of its topology, its endpoints and its profiles. A node that none of them declares is a
//! slip, whatever servers a run has; one that is declared and not there is a matter of that run.

use std::collections::BTreeSet;

use crate::language::suggest::nearest;
use crate::model::{
    Action, Endpoint, Engine, ExplainTarget, Fault, Need, NodeName, NodeSelector, Settings, Step, Topology,
};
use crate::source::{Diagnostic, Span};

/// Every node that a run of this suite can have.
#[derive(Clone, Debug, Default)]
pub(super) struct Nodes(BTreeSet<NodeName>);

impl Nodes {
    /// The nodes that the settings declare.
    pub fn of(settings: &Settings) -> Self {
        let mut nodes: BTreeSet<_> = settings.topology.nodes().into_iter().collect();
        let profiles = settings.profiles.values().map(|profile| &profile.endpoints);
        for (name, Endpoint { url, .. }) in profiles.chain([&settings.endpoints]).flatten() {
            nodes.extend(named_by(&settings.topology, name, url));
        }
        Self(nodes)
    }

    /// Adds the nodes of an endpoint that the command line gives.
    pub fn add(&mut self, topology: &Topology, name: &str, url: &str) {
        self.0.extend(named_by(topology, name, url));
    }

    fn has_engine(&self, engine: Engine) -> bool {
        self.0.iter().any(|node| node.engine == engine)
    }

    /// What is wrong with a selector that was written at `span`: the suite has no such node, or nothing of its engine.
    pub fn check(&self, selector: &NodeSelector, span: &Span) -> Option<Diagnostic> {
        let engine = selector.engine();
        if !self.has_engine(engine) {
            return Some(no_engine(engine, span));
        }
        match selector {
            NodeSelector::Named(node) if !self.0.contains(node) => Some(self.unknown(node, span)),
            _ => None,
        }
    }

    fn unknown(&self, node: &NodeName, span: &Span) -> Diagnostic {
        let known: Vec<String> =
            self.0.iter().filter(|known| known.engine == node.engine).map(NodeName::to_string).collect();
        let words: &[&str] = match node.engine {
            Engine::Pg => &["pg"],
            Engine::Mongo => &["mongo", "mongo.primary", "mongo.secondary"],
        };
        let near = nearest(&node.to_string(), known.iter().map(String::as_str).chain(words.iter().copied()));
        let error = Diagnostic::error(span, format!("the suite has no node `{node}`")).label("unknown node");
        error.help(match near {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("its nodes are {}; add this one to `topology` or `endpoints`", known.join(", ")),
        })
    }

    /// What is wrong with the nodes that steps name, in workloads too. With `engines`, also a step of an engine of which the
    /// suite has nothing: the build of a system may have a half for an engine that this suite does without.
    pub fn check_steps<'a>(&self, steps: impl IntoIterator<Item = &'a Step>, engines: bool) -> Vec<Diagnostic> {
        let selectors = steps.into_iter().flat_map(selectors);
        let wanted = selectors.filter(|(selector, _)| engines || self.has_engine(selector.engine()));
        wanted.filter_map(|(selector, span)| self.check(&selector, &span)).collect()
    }

    /// What is wrong with a need: a node that nothing declares would skip the scenario on every server.
    pub fn check_need(&self, need: &Need, span: &Span) -> Option<Diagnostic> {
        match need {
            Need::Node(node) => self.check(&NodeSelector::Named(node.clone()), span),
            Need::Version(..) | Need::Faults | Need::Members(..) => None,
        }
    }
}

/// The nodes that an endpoint stands for: a peer by its own name; of an engine that the topology does not have, the members
/// of the replica set as `m1`, `m2`, … in the order of the URL.
fn named_by(topology: &Topology, name: &str, url: &str) -> Vec<NodeName> {
    match (name.strip_prefix("pg."), &topology.mongo) {
        (Some(peer), _) => vec![NodeName::new(Engine::Pg, peer)],
        (None, Some(_)) => vec![],
        (None, None) => {
            let members = url.split(['/', '?']).nth(2).unwrap_or_default().split(',').count();
            (1..=members).map(|number| NodeName::new(Engine::Mongo, format!("m{number}"))).collect()
        }
    }
}

fn no_engine(engine: Engine, span: &Span) -> Diagnostic {
    let name = match engine {
        Engine::Pg => "PostgreSQL",
        Engine::Mongo => "MongoDB",
    };
    Diagnostic::error(span, format!("the suite has no {name}"))
        .help(format!("add `{engine}` to `topology` or `endpoints`"))
}

/// Every selector of a step and where it was written; of a step that names no node, the default of its engine.
fn selectors(step: &Step) -> Vec<(NodeSelector, Span)> {
    let mut found: Vec<_> = step.on.iter().map(|on| (on.value.clone(), on.span.clone())).collect();
    if found.is_empty() {
        found.extend(default_engine(&step.action).map(|engine| (NodeSelector::Any(engine), step.action_span.clone())));
    }
    match &step.action {
        Action::Fault(fault) => found.extend(of_fault(fault, &step.action_span)),
        Action::Workload(workload) => {
            found.extend(workload.on.iter().map(|on| (on.value.clone(), on.span.clone())));
            let faults = workload.faults.iter().map(|timed| &timed.fault);
            found.extend(faults.flat_map(|fault| of_fault(&fault.value, &fault.span)));
            found.extend(workload.mix.iter().flat_map(|operation| &operation.steps).flat_map(selectors));
        }
        _ => {}
    }
    found
}

fn default_engine(action: &Action) -> Option<Engine> {
    match action {
        Action::Sql { .. } | Action::Explain(ExplainTarget::Sql(_)) => Some(Engine::Pg),
        Action::Mongo(_) | Action::Explain(ExplainTarget::Mongo(_)) | Action::Transaction => Some(Engine::Mongo),
        Action::Load(load) if load.file.ends_with(".csv") => Some(Engine::Pg),
        Action::Load(_) => Some(Engine::Mongo),
        Action::Generate(spec) => spec.tables.first().map(|table| table.engine),
        Action::CatchUp(engine) => Some(*engine),
        _ => None,
    }
}

fn of_fault(fault: &Fault, place: &Span) -> Vec<(NodeSelector, Span)> {
    match fault {
        Fault::Stop(nodes)
        | Fault::Start(nodes)
        | Fault::Restart(nodes)
        | Fault::Kill(nodes)
        | Fault::Pause(nodes)
        | Fault::Resume(nodes) => nodes.iter().map(|node| (node.value.clone(), node.span.clone())).collect(),
        Fault::Cut(groups) => groups.iter().flatten().map(|node| (node.value.clone(), node.span.clone())).collect(),
        Fault::Heal(nodes) => {
            nodes.iter().map(|node| (NodeSelector::Named(node.value.clone()), node.span.clone())).collect()
        }
        Fault::StepDown => vec![(NodeSelector::Any(Engine::Mongo), place.clone())],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::SourceFile;

    fn nodes(names: &[&str]) -> Nodes {
        let name = |text: &&str| match crate::language::node_selector(text).unwrap() {
            NodeSelector::Named(node) => node,
            other => panic!("{other} is not one node"),
        };
        Nodes(names.iter().map(name).collect())
    }

    fn said(nodes: &Nodes, selector: &str) -> Option<String> {
        let span = Span::new(&SourceFile::new("x.yaml", "x"), 0, 1);
        let found = nodes.check(&crate::language::node_selector(selector).unwrap(), &span)?;
        Some(format!("{}; {}", found.message, found.help.join("; ")))
    }

    #[test]
    fn a_node_that_nothing_declares_is_named_with_the_nearest_one() {
        let nodes = nodes(&["pg.apj", "pg.emea", "mongo.m1"]);
        for known in ["pg", "pg.*", "pg.apj", "mongo", "mongo.*", "mongo.m1", "mongo.primary", "mongo.secondary"] {
            assert_eq!(said(&nodes, known), None, "{known}");
        }
        let slip = "the suite has no node `pg.emae`; did you mean `pg.emea`?";
        assert_eq!(said(&nodes, "pg.emae").as_deref(), Some(slip));
        let slip = "the suite has no node `mongo.primry`; did you mean `mongo.primary`?";
        assert_eq!(said(&nodes, "mongo.primry").as_deref(), Some(slip));
        let unknown =
            "the suite has no node `pg.w`; its nodes are pg.apj, pg.emea; add this one to `topology` or `endpoints`";
        assert_eq!(said(&nodes, "pg.w").as_deref(), Some(unknown));
    }

    #[test]
    fn an_engine_of_which_the_suite_has_nothing_is_named() {
        let nodes = nodes(&["pg.apj"]);
        for selector in ["mongo", "mongo.*", "mongo.primary", "mongo.m1"] {
            let expected = "the suite has no MongoDB; add `mongo` to `topology` or `endpoints`";
            assert_eq!(said(&nodes, selector).as_deref(), Some(expected), "{selector}");
        }
    }

    #[test]
    fn an_endpoint_stands_for_its_peer_or_for_the_members_of_its_url() {
        let topology = Topology::default();
        assert_eq!(named_by(&topology, "pg.main", "postgresql://h"), [NodeName::new(Engine::Pg, "main")]);
        let members = named_by(&topology, "mongo", "mongodb://u:p@h1:1,h2:2/?replicaSet=rs0");
        assert_eq!(members, ["m1", "m2"].map(|name| NodeName::new(Engine::Mongo, name)));
    }
}
