//! Decodes what a step does.

use std::sync::Arc;

use super::ambiguous::cut_off;
use super::decoder::{Decoder, Standing};
use super::keys::FAULTS;
use super::nulls::with_nulls;
use super::statement;
use super::tree::{Node, NodeKind};
use crate::language::selector::node_name;
use crate::language::sql;
use crate::model::{Action, Engine, ExplainTarget, Fault, Load, NodeSelector, SqlSource, Template, Value, ValueKind};
use crate::source::{Diagnostic, Spanned};

impl Decoder<'_> {
    /// The action under `key`; `None` when it was found wrong already.
    pub fn action(&mut self, key: &Spanned<String>, value: &Node, step: &Node) -> Option<Action> {
        Some(match key.as_str() {
            "sql" => self.sql(value, step)?,
            "mongo" => Action::Mongo(self.command(value)?),
            "explain" => Action::Explain(self.explain(value)?),
            "load" => Action::Load(Load { file: self.data_file(value)?, into: value.scalar_of("into")? }),
            "generate" => Action::Generate(Arc::new(self.generate(value)?)),
            "fault" => Action::Fault(self.fault(value)?),
            "catch_up" if value.scalar()?.as_str() == "pg" => Action::CatchUp(Engine::Pg),
            "catch_up" => Action::CatchUp(Engine::Mongo),
            "workload" => Action::Workload(self.workload(value)?),
            "await" => Action::Await(value.scalar()?),
            "use" => Action::Use {
                name: value.scalar()?,
                with: step.get("with").map(|with| self.bindings(with, false)).unwrap_or_default(),
            },
            "run" => Action::Run(self.program(value)?),
            _ => Action::Transaction,
        })
    }

    fn sql(&mut self, node: &Node, step: &Node) -> Option<Action> {
        let params: Vec<Value> =
            step.get("params").map(Node::items).unwrap_or_default().iter().map(|n| self.value(n)).collect();
        let source = match &node.kind {
            NodeKind::Text(text) => {
                self.statement_text(text, node);
                let template = self.sql_template(text, node);
                let slips = statement::slips(&with_nulls(&template), node, step);
                slips.into_iter().for_each(|slip| self.sink.push(slip));
                self.params(&template, &params, step);
                self.copies(&template, step);
                SqlSource::Text(template)
            }
            _ => {
                for entry in ["params", "stdin"].into_iter().filter_map(|key| step.entry(key)) {
                    let message = format!("`{}` needs the statement in the step itself", entry.key.value);
                    let error = Diagnostic::error(&entry.key.span, message);
                    self.sink.push(error.help("write the statement under `sql` instead of the file"));
                }
                SqlSource::File(node.scalar_of("file")?)
            }
        };
        let stdin = step.get("stdin").and_then(|node| Some(self.plain_template(&node.scalar()?, node)));
        Some(Action::Sql { source, params, stdin })
    }

    /// `stdin` is read by COPY FROM STDIN and by nothing else.
    fn copies(&mut self, template: &Template, step: &Node) {
        let copies = sql::copies_from_stdin(&with_nulls(template));
        if let Some(entry) = step.entry("stdin").filter(|_| !copies) {
            let error = Diagnostic::error(&entry.key.span, "no statement of this step reads `stdin`");
            self.sink.push(error.help("`sql` beside it is the one statement `COPY … FROM STDIN`"));
        }
    }

    fn statement_text(&mut self, text: &str, node: &Node) {
        if sql::statements(text).is_empty() {
            self.sink.error(&node.head, "there is no SQL statement here");
        }
        cut_off(node, true, self.sink);
    }

    fn params(&mut self, template: &Template, params: &[Value], step: &Node) {
        let Some(list) = step.get("params").filter(|_| step.entry("params").is_some()) else { return };
        let text = with_nulls(template);
        if sql::statements(&text).len() > 1 {
            let error = Diagnostic::error(&list.head, "`params` belong to one statement, here are several");
            return self.sink.push(error.help("give each statement a step of its own"));
        }
        let highest = sql::highest_placeholder(&text);
        if highest != params.len() {
            let wanted = if highest == 1 { "1 value".into() } else { format!("{highest} values") };
            let error =
                Diagnostic::error(&list.head, format!("the statement takes {wanted}, `params` has {}", params.len()));
            self.sink.push(error.help("`params` gives `$1`, `$2` and so on, in order"));
        }
    }

    fn command(&mut self, node: &Node) -> Option<Value> {
        let value = self.within(Standing::Document, |decoder| decoder.value(node));
        match &value.kind {
            ValueKind::Mapping(fields) if fields.is_empty() => {
                self.sink.error(&node.head, "there is no command here");
                None
            }
            ValueKind::Mapping(_) => Some(value),
            _ => None,
        }
    }

    fn explain(&mut self, node: &Node) -> Option<ExplainTarget> {
        match &node.kind {
            NodeKind::Text(text) => {
                self.explained_text(text, node);
                Some(ExplainTarget::Sql(self.sql_template(text, node)))
            }
            _ => {
                if let Some(entry) = node.entry("explain") {
                    let error = Diagnostic::error(&entry.key.span, "the command is wrapped in `explain` already");
                    self.sink.push(error.help("write the command itself"));
                }
                self.command(node).map(ExplainTarget::Mongo)
            }
        }
    }

    fn explained_text(&mut self, text: &str, node: &Node) {
        cut_off(node, true, self.sink);
        let statements = sql::statements(text);
        let begins_with_explain =
            statements.first().is_some_and(|first| text[first.clone()].to_ascii_lowercase().starts_with("explain"));
        if begins_with_explain {
            let error = Diagnostic::error(&node.head, "the word EXPLAIN is added by polyspec");
            self.sink.push(error.help("remove it, with its options"));
        } else if statements.len() != 1 {
            self.sink.error(&node.head, format!("one statement can be explained, here are {}", statements.len()));
        }
    }

    fn data_file(&mut self, node: &Node) -> Option<Spanned<String>> {
        let file = node.scalar_of("file")?;
        if ![".csv", ".jsonl", ".json"].iter().any(|ending| file.ends_with(ending)) {
            let error = Diagnostic::error(&file.span, format!("the format of `{}` is not known", file.value));
            self.sink.push(error.help("a data file ends in `.csv`, `.jsonl` or `.json`"));
        }
        Some(file)
    }

    /// The mapping under `fault`.
    pub fn fault(&mut self, node: &Node) -> Option<Fault> {
        let entry = node.entries().iter().find(|entry| FAULTS.contains(&entry.key.as_str()))?;
        if entry.key.as_str() == "heal" {
            return Some(Fault::Heal(self.healed(&entry.value)));
        }
        if entry.key.as_str() == "cut" {
            return Some(Fault::Cut(self.groups(&entry.value)));
        }
        if entry.key.as_str() == "step_down" {
            return Some(Fault::StepDown);
        }
        let nodes = self.selectors(Some(&entry.value));
        Some(match entry.key.as_str() {
            "stop" => Fault::Stop(nodes),
            "start" => Fault::Start(nodes),
            "restart" => Fault::Restart(nodes),
            "kill" => Fault::Kill(nodes),
            "pause" => Fault::Pause(nodes),
            _ => Fault::Resume(nodes),
        })
    }

    /// The groups of `cut`: each a node or a list of nodes, all of one engine, none in two groups.
    fn groups(&mut self, node: &Node) -> Vec<Vec<Spanned<NodeSelector>>> {
        let groups: Vec<Vec<Spanned<NodeSelector>>> =
            node.one_or_many().iter().map(|group| self.selectors(Some(group))).collect();
        let mut seen: Vec<&NodeSelector> = vec![];
        for (at, selector) in groups.iter().enumerate().flat_map(|(at, group)| group.iter().map(move |one| (at, one))) {
            if seen.first().is_some_and(|first| first.engine() != selector.engine()) {
                let error = Diagnostic::error(&selector.span, "nodes of two engines have no link that could be cut");
                self.sink.push(error.help("cut the nodes of each engine in a step of its own"));
            }
            let earlier = groups[..at].iter().flatten().any(|other| other.value == selector.value);
            if earlier {
                self.sink.error(&selector.span, format!("`{}` is in two groups", selector.value));
            }
            if groups.len() > 1 && !matches!(selector.value, NodeSelector::Named(_) | NodeSelector::Primary) {
                let error = Diagnostic::error(&selector.span, format!("`{}` may be any node", selector.value));
                self.sink.push(error.help("name each node, or one alone: it is cut off from all others"));
            }
            seen.push(&selector.value);
        }
        groups
    }

    /// The nodes of `heal`; none for `all`.
    fn healed(&mut self, node: &Node) -> Vec<Spanned<crate::model::NodeName>> {
        let names = node.one_or_many().iter().filter_map(Node::scalar).filter(|name| name.as_str() != "all");
        names
            .filter_map(|name| match node_name(&name) {
                Ok(node) => Some(name.span.of(node)),
                Err(cause) => {
                    self.sink.push(super::steps::explained(&name.span, &cause));
                    None
                }
            })
            .collect()
    }
}
