//! One thing that a generated mutant has otherwise than the system, and how it is made so.

use bson::{Bson, Document};

use crate::model::{
    Action, Engine, NodeName, NodeSelector, Replication, SqlSource, Step, Template, TemplatePart, Value, ValueKind,
};
use crate::source::{SourceFile, Span};

/// A change to a built system.
#[derive(Clone, Debug)]
pub struct Change {
    /// What is changed and how, in words of the catalog: `pg.orders.orders_pkey.drop`.
    pub name: String,
    /// What kind of change it is, the same for other objects: `drop`, `is trimmed`.
    pub kind: String,
    /// The table, the collection or the publication, without quotes.
    pub object: String,
    /// Names that a scenario which notices is likely to mention: columns, fields, the constraint, the index.
    pub words: Vec<String>,
    /// How it is made.
    pub edit: Edit,
}

/// How a change is made.
#[derive(Clone, Debug)]
pub enum Edit {
    /// SQL that is run on these peers when the system is built.
    Sql {
        /// The peers that have the thing.
        on: Vec<NodeName>,
        /// The statements, one transaction.
        text: String,
    },
    /// Commands that are sent when the collections are made.
    Mongo(Vec<Document>),
    /// Another list of steps of the system's.
    List {
        /// The list's name.
        list: String,
        /// Its steps.
        steps: Vec<Step>,
        /// What is different.
        text: String,
    },
    /// Another replication between the peers of each copy.
    Replication {
        /// The replication.
        declared: Vec<Replication>,
        /// What is different.
        text: String,
    },
}

impl Change {
    /// A change by SQL on one peer. The name is made of the table, of what is changed, and of how.
    pub fn sql(peer: &NodeName, table: &str, thing: &str, how: &str, text: String) -> Self {
        let object = table.replace('"', "");
        let parts: Vec<&str> = [object.as_str(), thing, how].into_iter().filter(|part| !part.is_empty()).collect();
        Self {
            name: format!("{}.{}", Engine::Pg, parts.join(".")),
            kind: how.to_string(),
            words: vec![thing.to_string()],
            edit: Edit::Sql { on: vec![peer.clone()], text },
            object,
        }
    }

    /// A fault of a table, or of a thing of it, by SQL on one peer: `says` goes on after their names.
    pub fn fault(peer: &NodeName, table: &str, thing: &str, (says, kind): (&str, &str), text: String) -> Self {
        let object = table.replace('"', "");
        let dot = if thing.is_empty() { "" } else { "." };
        let name = format!("{object}{dot}{thing} {says}");
        let words = (!thing.is_empty()).then(|| thing.to_string());
        Self { words: words.into_iter().collect(), ..Self::named(peer, &object, (&name, kind), text) }
    }

    /// A fault of something that has a name of its own, by SQL on one peer.
    pub fn named(peer: &NodeName, object: &str, (name, kind): (&str, &str), text: String) -> Self {
        Self {
            name: format!("{}.{name}", Engine::Pg),
            kind: kind.to_string(),
            object: object.to_string(),
            words: vec![],
            edit: Edit::Sql { on: vec![peer.clone()], text },
        }
    }

    /// A fault of a named list of steps: `says` goes on after its name.
    pub fn list(list: &str, (says, kind): (&str, &str), steps: Vec<Step>, text: String) -> Self {
        Self {
            name: format!("steps.{list}{says}"),
            kind: kind.to_string(),
            object: list.to_string(),
            words: vec![],
            edit: Edit::List { list: list.to_string(), steps, text },
        }
    }

    /// A change by commands of MongoDB.
    pub fn mongo(collection: &str, thing: &str, how: &str, commands: Vec<Document>) -> Self {
        Self {
            name: format!("{}.{collection}.{thing}.{how}", Engine::Mongo),
            kind: how.to_string(),
            object: collection.to_string(),
            words: vec![],
            edit: Edit::Mongo(commands),
        }
    }

    /// The same with more words.
    pub fn mentioning(mut self, words: impl IntoIterator<Item = String>) -> Self {
        self.words.extend(words);
        self
    }

    /// The engine that it is made in.
    pub fn engine(&self) -> Engine {
        match self.edit {
            Edit::Sql { .. } | Edit::Replication { .. } => Engine::Pg,
            Edit::Mongo(_) | Edit::List { .. } => Engine::Mongo,
        }
    }

    /// The statements or commands that make it, or what is different in words.
    pub fn text(&self) -> String {
        match &self.edit {
            Edit::Sql { text, .. } => text.clone(),
            Edit::Mongo(commands) => {
                let shown = |command: &Document| Bson::from(command.clone()).into_relaxed_extjson().to_string();
                commands.iter().map(shown).collect::<Vec<_>>().join("; ")
            }
            Edit::List { text, .. } | Edit::Replication { text, .. } => text.clone(),
        }
    }

    /// The place of its statements: a file of its own in memory.
    pub fn span(&self) -> Span {
        let text = self.text();
        Span::new(&SourceFile::new(self.source(), text.as_str()), 0, text.len())
    }

    /// The name of that file, by which a refusal of the change is told from every other error.
    pub fn source(&self) -> String {
        format!("mutant {}", self.name)
    }

    /// The steps that make it.
    pub fn steps(&self) -> Vec<Step> {
        let span = self.span();
        match &self.edit {
            Edit::Sql { on, text } => {
                let source = SqlSource::Text(Template::literal(text.as_str(), span.clone()));
                let nodes = on.iter().cloned().map(NodeSelector::Named).collect();
                vec![step(&span, Action::Sql { source, params: vec![], stdin: None }, nodes)]
            }
            Edit::Mongo(commands) => commands
                .iter()
                .map(|command| {
                    let value = value(&Bson::from(command.clone()).into_relaxed_extjson(), &span);
                    step(&span, Action::Mongo(value), vec![NodeSelector::Any(Engine::Mongo)])
                })
                .collect(),
            Edit::List { .. } | Edit::Replication { .. } => vec![],
        }
    }
}

fn step(span: &Span, action: Action, on: Vec<NodeSelector>) -> Step {
    Step {
        span: span.clone(),
        action,
        action_span: span.clone(),
        on: on.into_iter().map(|node| span.of(node)).collect(),
        session: None,
        transaction: None,
        expect: None,
        golden: None,
        eventually: None,
        stream: None,
        blocks: None,
        save: vec![],
        timeout: None,
    }
}

/// Extended JSON as a value of the model. Nothing in it is a variable.
fn value(json: &serde_json::Value, span: &Span) -> Value {
    let kind = match json {
        serde_json::Value::Null => ValueKind::Null,
        serde_json::Value::Bool(value) => ValueKind::Bool(*value),
        serde_json::Value::Number(number) => ValueKind::Number(number.to_string()),
        serde_json::Value::String(text) => {
            ValueKind::Text(Template { parts: vec![TemplatePart::Literal(text.clone())], span: span.clone() })
        }
        serde_json::Value::Array(items) => ValueKind::Sequence(items.iter().map(|item| value(item, span)).collect()),
        serde_json::Value::Object(entries) => {
            ValueKind::Mapping(entries.iter().map(|(key, item)| (span.of(key.clone()), value(item, span))).collect())
        }
    };
    Value { kind, span: span.clone() }
}

/// Changes that several peers have in common are one; a name that means something else on another peer gets that
/// peer's name.
pub fn merged(changes: impl IntoIterator<Item = Change>) -> Vec<Change> {
    let mut all: Vec<Change> = vec![];
    for mut change in changes {
        if let (Some(known), Edit::Sql { on, .. }) =
            (all.iter_mut().find_map(|known| known.shared_with(&change)), &change.edit)
        {
            known.extend(on.iter().cloned());
            continue;
        }
        if let (true, Edit::Sql { on, .. }) = (all.iter().any(|known| known.name == change.name), &change.edit) {
            let peers: Vec<&str> = on.iter().map(|peer| peer.name.as_str()).collect();
            change.name = format!("{}@{}", change.name, peers.join("_"));
        }
        all.push(change);
    }
    all
}

impl Change {
    /// The peers of this change if `other` is the same change on another.
    fn shared_with(&mut self, other: &Change) -> Option<&mut Vec<NodeName>> {
        let rest = self.name.strip_prefix(&other.name)?;
        match (&mut self.edit, &other.edit) {
            (Edit::Sql { on, text }, Edit::Sql { text: same, .. }) => {
                (text == same && (rest.is_empty() || rest.starts_with('@'))).then_some(on)
            }
            _ => None,
        }
    }
}
