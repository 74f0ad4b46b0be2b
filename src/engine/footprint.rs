//! What a scenario asks of the servers, read from its steps: which nodes, whether it injects faults.

use std::collections::{BTreeMap, BTreeSet};

use crate::backend::mongo::CONFIGURE_FAIL_POINT;
use crate::model::{
    Action, Body, Engine, Fault, NodeName, NodeSelector, Scenario, Step, System, Value, ValueKind, Workload,
};

/// Commands of MongoDB that kill what others do, stop their writes, or change what all of them run under.
const SERVER_WIDE: [&str; 13] = [
    "killAllSessions",
    "killAllSessionsByPattern",
    "fsync",
    "setParameter",
    "setDefaultRWConcern",
    "setFeatureCompatibilityVersion",
    "replSetReconfig",
    "replSetStepDown",
    "replSetStepUp",
    "replSetFreeze",
    "replSetMaintenance",
    "fsyncUnlock",
    CLUSTER_STREAM,
];

/// What stands for a change stream of the whole cluster among the names of commands, and the word that makes it one.
const CLUSTER_STREAM: &str = "$changeStream";
const OF_THE_CLUSTER: &str = "allChangesForCluster";

/// What a scenario needs.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Footprint {
    /// Selectors of the nodes that it speaks to.
    pub selectors: BTreeSet<NodeSelector>,
    /// It stops, kills or pauses nodes, or makes a primary step down.
    pub faults: bool,
    /// The engines that it does that to.
    pub disturbs: BTreeSet<Engine>,
    /// It cuts nodes off from one another.
    pub cuts: bool,
    /// It sets fail points of MongoDB, which are everybody's.
    pub fail_points: bool,
    /// It sends commands of MongoDB that touch everybody's operations or settings.
    pub server_wide: bool,
    /// The commands of MongoDB that it names.
    pub commands: BTreeSet<String>,
    /// It starts programs.
    pub runs: bool,
    /// The named lists of steps that it uses, and those that they use.
    pub lists: BTreeSet<String>,
    /// Engines on which it changes something that every database sees, and the first thing that does, in its words.
    pub reaches: BTreeMap<Engine, String>,
}

impl Footprint {
    /// The footprint of a scenario; `system` knows the step lists that it uses.
    pub fn of(scenario: &Scenario, system: Option<&System>) -> Self {
        let mut footprint = Self::default();
        match &scenario.body {
            Body::Steps { steps, finally } => {
                steps.iter().chain(finally).for_each(|step| footprint.add(step, system, 0));
            }
            Body::Slt(script) => {
                for record in &script.records {
                    footprint.add_record(record);
                }
            }
        }
        footprint
    }

    /// Whether the scenario speaks to an engine.
    pub fn uses(&self, engine: Engine) -> bool {
        self.selectors.iter().any(|selector| selector.engine() == engine)
    }

    /// The engines that it speaks to.
    pub fn engines(&self) -> BTreeSet<Engine> {
        [Engine::Pg, Engine::Mongo].into_iter().filter(|engine| self.uses(*engine)).collect()
    }

    /// The engines that it must have to itself: it disturbs them, or changes what all see.
    pub fn alone_on(&self) -> BTreeSet<Engine> {
        let mut alone = self.disturbs.clone();
        alone.extend((self.fail_points || self.server_wide).then_some(Engine::Mongo));
        alone.extend(self.reaches.keys());
        alone
    }

    /// Those of these peers, in their order, that it speaks to.
    pub fn peers(&self, peers: &[NodeName]) -> Vec<NodeName> {
        let speaks = |name: &&NodeName| {
            self.selectors.iter().any(|selector| match selector {
                NodeSelector::Any(Engine::Pg) => peers.first() == Some(*name),
                NodeSelector::All(Engine::Pg) => true,
                NodeSelector::Named(node) => node == *name,
                _ => false,
            })
        };
        peers.iter().filter(speaks).cloned().collect()
    }

    /// Those of these peers that have a copy of its system: all when it speaks to several and the system replicates, since
    /// the way from one to another may lead through a third.
    pub fn copied(&self, peers: &[NodeName], replicates: bool) -> Vec<NodeName> {
        let spoken = self.peers(peers);
        if spoken.len() > 1 && replicates { peers.to_vec() } else { spoken }
    }

    fn add_record(&mut self, record: &crate::model::SltRecord) {
        use sqllogictest::Record::{Let, Query, Statement};
        let text = match &record.record {
            Statement { sql, .. } | Query { sql, .. } | Let { sql, .. } => sql,
            _ => return,
        };
        let selector = record.connection.as_ref().map_or(NodeSelector::Any(Engine::Pg), |(node, _)| node.clone());
        self.fail_points |= selector.engine() == Engine::Mongo && text.contains(CONFIGURE_FAIL_POINT);
        if selector.engine() == Engine::Mongo {
            self.note_commands(super::reach::name_in_json(text).as_deref(), text.contains(OF_THE_CLUSTER));
        }
        self.note_reach(match selector.engine() {
            Engine::Pg => super::reach::of_sql(text),
            Engine::Mongo => super::reach::of_json(text),
        });
        self.selectors.insert(selector);
    }

    fn add(&mut self, step: &Step, system: Option<&System>, depth: usize) {
        // Beside `use` they are those of the steps of the list.
        if !matches!(step.action, Action::Use { .. }) {
            self.selectors.extend(step.on.iter().map(|on| on.value.clone()));
        }
        if step.on.is_empty() {
            self.selectors.extend(step.default_selector());
        }
        self.note_reach(super::reach::of_step(step));
        match &step.action {
            Action::Fault(fault) => self.add_fault(fault),
            Action::Workload(workload) => self.add_workload(workload, system, depth),
            Action::Run(_) => self.runs = true,
            Action::Mongo(command) => {
                let name = name_of(command);
                self.fail_points |= name == Some(CONFIGURE_FAIL_POINT);
                self.note_commands(name, super::reach::mentions(command, &[OF_THE_CLUSTER]));
            }
            Action::CatchUp(engine) => {
                self.selectors.insert(NodeSelector::All(*engine));
            }
            // A list that uses itself is refused when it is run; here the depth keeps the walk finite.
            Action::Use { name, .. } if depth < 16 => {
                self.lists.insert(name.value.clone());
                let list = system.and_then(|system| system.steps.get(&name.value));
                let list = list.map(|list| super::used::as_used(list, step)).unwrap_or_default();
                list.iter().for_each(|step| self.add(step, system, depth + 1));
            }
            _ => {}
        }
    }

    fn note_commands(&mut self, name: Option<&str>, of_the_cluster: bool) {
        let names = name.into_iter().chain(of_the_cluster.then_some(CLUSTER_STREAM));
        for name in names {
            self.server_wide |= SERVER_WIDE.contains(&name);
            self.commands.insert(name.to_string());
        }
    }

    fn note_reach(&mut self, reach: Option<(Engine, String)>) {
        if let Some((engine, what)) = reach {
            self.reaches.entry(engine).or_insert(what);
        }
    }

    fn add_workload(&mut self, workload: &Workload, system: Option<&System>, depth: usize) {
        self.selectors.extend(workload.on.iter().map(|on| on.value.clone()));
        workload.faults.iter().for_each(|timed| self.add_fault(&timed.fault.value));
        workload.mix.iter().flat_map(|each| &each.steps).for_each(|step| self.add(step, system, depth));
    }

    fn add_fault(&mut self, fault: &Fault) {
        self.faults = true;
        match fault {
            Fault::StepDown => {
                self.selectors.insert(NodeSelector::Any(Engine::Mongo));
                self.disturbs.insert(Engine::Mongo);
            }
            Fault::Stop(nodes)
            | Fault::Start(nodes)
            | Fault::Restart(nodes)
            | Fault::Kill(nodes)
            | Fault::Pause(nodes)
            | Fault::Resume(nodes) => {
                self.disturbs.extend(nodes.iter().map(|node| node.value.engine()));
                self.selectors.extend(nodes.iter().map(|node| node.value.clone()));
            }
            Fault::Cut(groups) => {
                self.cuts = true;
                self.disturbs.extend(groups.iter().flatten().map(|node| node.value.engine()));
                self.selectors.extend(groups.iter().flatten().map(|node| node.value.clone()));
                // Who is cut off alone is cut off from every other node.
                if let ([_], Some(node)) = (groups.as_slice(), groups.iter().flatten().next()) {
                    self.selectors.insert(NodeSelector::All(node.engine()));
                }
            }
            Fault::Heal(nodes) => {
                self.disturbs.extend(nodes.iter().map(|node| node.value.engine));
                self.selectors.extend(nodes.iter().map(|node| NodeSelector::Named(node.value.clone())));
            }
        }
    }
}

/// `$db` may stand before the name of the command.
fn name_of(command: &Value) -> Option<&str> {
    let ValueKind::Mapping(entries) = &command.kind else { return None };
    entries.iter().map(|(name, _)| name.as_str()).find(|name| *name != "$db")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::SourceFile;

    fn footprint(command: &str) -> Footprint {
        let text = format!(
            "scenario: t\nrequirements: [R1]\nsteps:\n  - mongo: {command}\n    expect: {{ reply: {{ ok: 1 }} }}\n"
        );
        let file = SourceFile::new("t.yaml", &text);
        let scenario = crate::language::scenario(&file, "t.yaml", &|_| unreachable!("it includes nothing"));
        Footprint::of(&scenario.expect("the scenario is right").value, None)
    }

    #[test]
    fn a_command_that_kills_what_others_do_or_sets_what_they_run_under_is_server_wide() {
        assert!(footprint("{ killAllSessions: [] }").server_wide);
        assert!(footprint("{ $db: admin, setParameter: 1, transactionLifetimeLimitSeconds: 1 }").server_wide);
        assert!(!footprint("{ insert: fsync, documents: [{ setParameter: 1 }] }").server_wide);
        assert!(footprint("{ $db: admin, configureFailPoint: failCommand, mode: off }").fail_points);
    }
}
