//! Decodes steps: everything of a step but its action and its expectation.

use super::decoder::Decoder;
use super::fits;
use super::keys::ACTIONS;
use super::tree::{Node, NodeKind};
use crate::language::duration::duration;
use crate::language::selector::node_selector;
use crate::model::{NodeSelector, Step, TransactionVerb};
use crate::source::{Diagnostic, Span, Spanned};

/// Keys that make sense beside some actions only.
const COMPANIONS: [(&str, &[&str]); 10] = [
    ("with", &["use"]),
    ("params", &["sql"]),
    ("stdin", &["sql"]),
    ("on", &["sql", "mongo", "explain", "load", "generate", "run", "use", "transaction"]),
    ("session", &["sql", "mongo", "explain", "use", "transaction"]),
    ("golden", &["sql", "mongo", "explain", "await", "use", "run"]),
    ("eventually", &["sql", "mongo", "explain", "use", "run"]),
    ("blocks", &["sql", "mongo"]),
    ("stream", &["mongo"]),
    ("save", &["sql", "mongo", "explain", "await", "use", "workload", "run"]),
];

impl Decoder<'_> {
    /// A list of steps. What is wrong with one does not hide what is wrong with the next.
    pub fn steps(&mut self, list: Option<&Node>) -> Vec<Step> {
        list.into_iter().flat_map(Node::items).filter_map(|node| self.step(node)).collect()
    }

    fn step(&mut self, node: &Node) -> Option<Step> {
        let entry = node.entries().iter().find(|entry| ACTIONS.contains(&entry.key.as_str()));
        let entry = entry.or_else(|| node.entry("transaction"))?;
        let action = self.action(&entry.key, &entry.value, node)?;
        let step = Step {
            span: node.span.clone(),
            action,
            action_span: entry.key.span.clone(),
            on: self.selectors(node.get("on")),
            session: node.scalar_of("session"),
            transaction: self.transaction(node),
            expect: node.get("expect").map(|expect| self.expectation(expect)),
            golden: node.scalar_of("golden"),
            eventually: time_of(node, "eventually"),
            stream: node.scalar_of("stream"),
            blocks: node.scalar_of("blocks"),
            save: self.saves(node),
            timeout: time_of(node, "timeout"),
        };
        self.companions(node, &entry.key);
        fits::check(node, &step, self.sink);
        Some(step)
    }

    fn companions(&mut self, node: &Node, action: &Spanned<String>) {
        for (key, actions) in COMPANIONS {
            let Some(entry) = node.entry(key).filter(|_| !actions.contains(&action.as_str())) else { continue };
            let error = Diagnostic::error(&entry.key.span, format!("`{key}` has no meaning beside `{}`", action.value));
            self.sink.push(match (key, action.as_str()) {
                ("on", "fault") => error.help("name the nodes in `fault` itself"),
                ("on", "workload") => error.help("name the nodes of the clients in `workload` itself"),
                ("on", "catch_up") => error.help("it waits for every member of the engine"),
                ("session" | "on", "await") => error.help("the session and node are those of the step that blocks"),
                _ => error.help(format!("`{key}` belongs beside {}", super::super::suggest::enumerate(actions, "or"))),
            });
        }
    }

    /// The nodes of `on`, of a fault.
    pub fn selectors(&mut self, node: Option<&Node>) -> Vec<Spanned<NodeSelector>> {
        let mut found: Vec<Spanned<NodeSelector>> = vec![];
        for text in node.into_iter().flat_map(Node::one_or_many).filter_map(Node::scalar) {
            match node_selector(&text) {
                Ok(selector) if found.iter().any(|other| other.value == selector) => {
                    self.sink.error(&text.span, format!("`{selector}` is named twice"))
                }
                Ok(selector) => found.push(text.span.of(selector)),
                Err(cause) => self.sink.push(explained(&text.span, &cause)),
            }
        }
        found
    }

    fn transaction(&mut self, node: &Node) -> Option<Spanned<TransactionVerb>> {
        let value = node.get("transaction")?;
        let verb = match &value.kind {
            NodeKind::Text(word) if word == "start" => TransactionVerb::Start { options: None },
            NodeKind::Text(word) if word == "commit" => TransactionVerb::Commit,
            NodeKind::Text(word) if word == "abort" => TransactionVerb::Abort,
            _ => TransactionVerb::Start { options: Some(self.value(value.get("start")?)) },
        };
        Some(value.span.of(verb))
    }

    fn saves(&mut self, node: &Node) -> Vec<(Spanned<String>, Spanned<String>)> {
        let entries = node.get("save").map(Node::entries).unwrap_or_default();
        let mut saves = vec![];
        for entry in entries {
            let Some(path) = entry.value.scalar() else { continue };
            if path.split('.').any(str::is_empty) {
                let error = Diagnostic::error(&path.span, format!("`{}` is not a path", path.value));
                self.sink.push(error.help("a path is names and numbers with dots between: `0.0`, `documents.0._id`"));
            }
            self.variable_name(&entry.key);
            self.scope.add(&entry.key);
            saves.push((entry.key.clone(), path));
        }
        saves
    }
}

/// A cause with its mend after a colon or a comma, as the readers of small texts give it.
pub(crate) fn explained(span: &Span, cause: &str) -> Diagnostic {
    match cause.split_once(": ").or_else(|| cause.split_once(", ")) {
        Some((message, help)) => Diagnostic::error(span, message).help(help),
        None => Diagnostic::error(span, cause),
    }
}

fn time_of(node: &Node, key: &str) -> Option<Spanned<std::time::Duration>> {
    let text = node.scalar_of(key)?;
    duration(&text).ok().map(|value| text.span.of(value))
}
