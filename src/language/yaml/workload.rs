//! Decodes a workload.

use std::ops::RangeInclusive;

use super::decoder::Decoder;
use super::tree::{Node, NodeKind};
use crate::language::duration::duration;
use crate::model::{Action, Draw, FaultTime, Operation, Step, TimedFault, Value, ValueKind, Workload, WorkloadLimit};
use crate::source::{Diagnostic, Spanned};

/// Variables that the steps of an operation have.
const OWN_VARIABLES: [&str; 3] = ["client", "operation", "random"];

/// More would not be served side by side by servers of this size.
const CLIENTS: RangeInclusive<u64> = 1..=64;
const OPERATIONS: RangeInclusive<u64> = 1..=1_000_000;
const WEIGHTS: RangeInclusive<u64> = 1..=1_000;
const RETRIES: RangeInclusive<u64> = 0..=1_000;

impl Decoder<'_> {
    /// The mapping under `workload`.
    pub fn workload(&mut self, node: &Node) -> Option<Workload> {
        let mix: Vec<Operation> = node.get("mix")?.items().iter().filter_map(|each| self.operation(each)).collect();
        for (at, operation) in mix.iter().enumerate() {
            if mix[..at].iter().any(|other| other.name.value == operation.name.value) {
                let error =
                    Diagnostic::error(&operation.name.span, format!("`{}` is here twice", operation.name.value));
                self.sink.push(error.help("give each operation a name of its own"));
            }
        }
        let faults = node.get("faults").map(Node::items).unwrap_or_default();
        Some(Workload {
            clients: self.whole(node, "clients", CLIENTS)? as usize,
            limit: self.limit(node, &mix)?,
            seed: self.whole(node, "seed", 0..=u64::MAX).unwrap_or(1),
            on: self.selectors(node.get("on")),
            mix,
            faults: faults.iter().filter_map(|fault| self.timed_fault(fault)).collect(),
        })
    }

    fn limit(&mut self, node: &Node, mix: &[Operation]) -> Option<WorkloadLimit> {
        let longest = self.longest_turn(mix);
        if let Some(count) = self.whole(node, "operations", OPERATIONS) {
            if let Some((name, length)) = longest.filter(|(_, length)| *length > count as usize) {
                let message = format!("`{}` has {length} values, of which only {count} have their turn", name.value);
                let warning = Diagnostic::error(&name.span, message).warning();
                self.sink.push(warning.help("remove `operations`: as many are run as there are values"));
            }
            return Some(WorkloadLimit::Operations(count as usize));
        }
        if let Some(time) = node.scalar_of("time") {
            return duration(&time).ok().map(WorkloadLimit::Time);
        }
        if longest.is_none() && node.get("operations").is_none() {
            let error = Diagnostic::error(&node.head, "a workload needs `operations` or `time`");
            self.sink.push(error.help("`operations`: how many are run in all\n`time`: how long they are run"));
        }
        longest.map(|(_, length)| WorkloadLimit::Operations(length))
    }

    /// The longest list whose values are taken in turn. The turn is that of the operation's number, which only one kind of
    /// operation sees whole.
    fn longest_turn(&mut self, mix: &[Operation]) -> Option<(Spanned<String>, usize)> {
        let draws = mix.iter().flat_map(|operation| &operation.draw);
        let turns = draws.filter_map(|(name, draw)| match draw {
            Draw::InTurn(values) => Some((name.clone(), values.len())),
            _ => None,
        });
        let longest = turns.max_by_key(|(_, length)| *length)?;
        if mix.len() > 1 {
            let error = Diagnostic::error(&longest.0.span, "values have their turn where the mix has one operation");
            self.sink.push(error.help("give it a workload of its own, or draw them: write the list alone"));
        }
        Some(longest)
    }

    fn timed_fault(&mut self, node: &Node) -> Option<TimedFault> {
        let after = match &node.get("after")?.kind {
            NodeKind::Number(_) => FaultTime::Operations(self.whole(node, "after", OPERATIONS)? as usize),
            _ => FaultTime::Time(duration(&node.scalar_of("after")?).ok()?),
        };
        let fault = node.get("fault")?;
        Some(TimedFault { after, fault: fault.head.of(self.fault(fault)?) })
    }

    /// What an operation draws and saves is known inside of it alone.
    fn operation(&mut self, node: &Node) -> Option<Operation> {
        let outside = self.scope.known.clone();
        OWN_VARIABLES.iter().for_each(|name| self.scope.add(name));
        let draw = self.draws(node);
        let steps = self.steps(node.get("steps"));
        steps.iter().for_each(|step| self.fits_operation(step));
        let operation = Some(Operation {
            name: node.scalar_of("name")?,
            weight: self.whole(node, "weight", WEIGHTS).unwrap_or(1),
            retry: self.whole(node, "retry", RETRIES).unwrap_or(0) as usize,
            draw,
            steps,
            record: self.value_of(node, "record"),
            monotonic: self.value_of(node, "monotonic"),
            invariant: matches!(node.get("invariant").map(|value| &value.kind), Some(NodeKind::Bool(true))),
        });
        self.scope.known = outside;
        operation
    }

    fn draws(&mut self, node: &Node) -> Vec<(Spanned<String>, Draw)> {
        let mut draws = vec![];
        for entry in node.get("draw").map(Node::entries).unwrap_or_default() {
            self.variable_name(&entry.key);
            let draw = match &entry.value.kind {
                NodeKind::Sequence(items) => Some(Draw::OneOf(items.iter().map(|item| self.value(item)).collect())),
                _ => self.drawn(&entry.value),
            };
            self.scope.add(&entry.key);
            draws.extend(draw.map(|draw| (entry.key.clone(), draw)));
        }
        draws
    }

    fn drawn(&mut self, node: &Node) -> Option<Draw> {
        if let Some(turn) = node.get("in_turn") {
            return self.list(turn).map(Draw::InTurn);
        }
        if node.get("edge_values").is_some() {
            return self.list(node).map(Draw::OneOf);
        }
        if node.get("to").is_none() && node.get("from").is_some() {
            self.sink.push(Diagnostic::error(&node.head, "this range has no end").help("add `to`"));
        }
        self.between(node)
    }

    /// The values of a list, or of edge values.
    fn list(&mut self, node: &Node) -> Option<Vec<Value>> {
        match self.listed_edges(node).map(|edges| edges.kind) {
            Some(ValueKind::Sequence(values)) => Some(values),
            _ => Some(node.items().iter().map(|item| self.value(item)).collect())
                .filter(|list: &Vec<_>| !list.is_empty()),
        }
    }

    fn between(&mut self, node: &Node) -> Option<Draw> {
        let (from, to) = (node.scalar_of("from")?.parse().ok()?, node.scalar_of("to")?.parse().ok()?);
        if from > to {
            self.sink.error(&node.head, "this range is empty: `from` is greater than `to`");
        }
        Some(Draw::Between(from, to))
    }

    /// Other steps would reach beyond the client, or have no outcome of their own.
    fn fits_operation(&mut self, step: &Step) {
        let sent = matches!(
            step.action,
            Action::Sql { .. } | Action::Mongo(_) | Action::Explain(_) | Action::Transaction | Action::Use { .. }
        );
        if !sent {
            let error = Diagnostic::error(
                &step.action_span,
                format!("`{}` cannot be in an operation", step.action_span.text()),
            );
            self.sink.push(error.help("allowed here: `sql`, `mongo`, `explain`, `transaction` and `use`"));
        }
        let golden = step.golden.as_ref().map(|golden| &golden.span);
        let blocks = step.blocks.as_ref().map(|blocks| &blocks.span);
        let stream = step.stream.as_ref().map(|stream| &stream.span);
        for span in golden.into_iter().chain(blocks).chain(stream) {
            let error = Diagnostic::error(span, "an operation runs many times and beside others");
            self.sink
                .push(error.help("`golden`, `blocks` and `stream` are allowed in steps of the scenario itself only"));
        }
    }

    /// A whole number; one that is out of range is told and counts as absent.
    fn whole(&mut self, node: &Node, key: &str, range: RangeInclusive<u64>) -> Option<u64> {
        let text = node.scalar_of(key)?;
        let number = text.parse::<u64>().ok().filter(|number| range.contains(number));
        if number.is_none() {
            let message = format!("`{key}` is a whole number from {} to {}", range.start(), range.end());
            self.sink.error(&text.span, message);
        }
        number
    }
}
