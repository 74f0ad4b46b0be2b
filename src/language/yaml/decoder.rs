//! What every decoder shares: where diagnostics go, which variables are known, and values with their variables.

use std::collections::BTreeSet;

use super::ambiguous::{nearly_extended, nothing};
use super::tree::{Node, NodeKind};
use crate::language::sink::Sink;
use crate::language::sql;
use crate::language::suggest::{enumerate, nearest};
use crate::language::template::{is_variable_name, template};
use crate::model::{Binding, Template, TemplatePart, Value, ValueKind, decimal};
use crate::source::{Diagnostic, Span, Spanned};
use crate::variables::is_extended_json;

/// Variables that every step has: the scenario's database, the node that the step runs on, and what MongoDB knows the worker
/// by (for fail points).
pub(crate) const BUILTIN: [&str; 3] = ["app_name", "database", "node"];

/// The variables that are known where the decoder stands.
#[derive(Default)]
pub(crate) struct Scope {
    /// Their names; `None` where a caller supplies them (`with`), so that any name may be right.
    pub known: Option<BTreeSet<String>>,
    /// The names that were used.
    pub used: BTreeSet<String>,
    /// The names that a document of MongoDB uses.
    pub in_documents: BTreeSet<String>,
}

/// What the values that are read belong to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Standing {
    /// Anything: variables, parameters, words of the language.
    #[default]
    Anywhere,
    /// An expected row of SQL, whose columns have types of their own.
    Cell,
    /// A document of MongoDB, whose values have the types that are written.
    Document,
}

impl Scope {
    /// Nothing is known yet.
    pub fn closed() -> Self {
        Self { known: Some(BTreeSet::new()), ..Self::default() }
    }

    /// Any name may be known.
    pub fn open() -> Self {
        Self::default()
    }

    /// Makes a name known.
    pub fn add(&mut self, name: &str) {
        if let Some(known) = &mut self.known {
            known.insert(name.to_string());
        }
    }
}

/// Decodes one file.
pub(crate) struct Decoder<'a> {
    /// Takes what is wrong.
    pub sink: &'a mut Sink,
    /// The variables.
    pub scope: Scope,
    /// What values belong to.
    pub standing: Standing,
}

/// A number as its author wrote it.
fn spelling(node: &Node, value: &str) -> String {
    let written = node.span.text();
    if decimal(written) == value { written.to_string() } else { value.to_string() }
}

impl Decoder<'_> {
    /// Reads what stands in another place than the rest.
    pub fn within<T>(&mut self, standing: Standing, read: impl FnOnce(&mut Self) -> T) -> T {
        let outer = std::mem::replace(&mut self.standing, standing);
        let value = read(self);
        self.standing = outer;
        value
    }

    /// A value with its variables.
    pub fn value(&mut self, node: &Node) -> Value {
        self.ask(node);
        let value = self.unasked(node);
        self.extended(&value);
        value
    }

    fn unasked(&mut self, node: &Node) -> Value {
        let kind = match &node.kind {
            NodeKind::Null => ValueKind::Null,
            NodeKind::Bool(value) => ValueKind::Bool(*value),
            NodeKind::Number(value) => ValueKind::Number(spelling(node, value)),
            NodeKind::Text(text) => ValueKind::Text(self.plain_template(text, node)),
            NodeKind::Sequence(items) => ValueKind::Sequence(items.iter().map(|item| self.value(item)).collect()),
            NodeKind::Mapping(_) => ValueKind::Mapping(self.fields(node)),
        };
        Value { kind, span: node.span.clone() }
    }

    fn fields(&mut self, node: &Node) -> Vec<(Spanned<String>, Value)> {
        self.once_each(node);
        node.entries()
            .iter()
            .map(|entry| {
                if entry.key.contains("${") {
                    let error = Diagnostic::error(&entry.key.span, "a key cannot hold a variable");
                    self.sink.push(error.help("variables are allowed in values only"));
                }
                nothing(&entry.key.span, &entry.value, self.sink);
                if self.standing == Standing::Document {
                    nearly_extended(&entry.key).into_iter().for_each(|warning| self.sink.push(warning));
                }
                (entry.key.clone(), self.field(&entry.key, &entry.value))
            })
            .collect()
    }

    /// The value of a field. In Extended JSON numbers of a given type are written as text, so that none of their digits is
    /// lost: `{ $numberDecimal: 10.00 }` means the same without the quotes.
    fn field(&mut self, key: &str, node: &Node) -> Value {
        match &node.kind {
            NodeKind::Number(text) if key.starts_with("$number") || key == "$oid" => {
                Value { kind: ValueKind::Text(Template::literal(text, node.span.clone())), span: node.span.clone() }
            }
            // `{ $date: 2024-01-31T00:00:00Z }` says its type already.
            NodeKind::Text(_) if is_extended_json(key) => self.unasked(node),
            _ => self.value(node),
        }
    }

    /// Says when a key of an author's own mapping is there twice; tables and maps of the language are checked before.
    fn once_each(&mut self, node: &Node) {
        let mut seen = BTreeSet::new();
        for entry in node.entries() {
            if !seen.insert(entry.key.as_str()) {
                let error = Diagnostic::error(&entry.key.span, format!("the key `{}` is here twice", entry.key.value));
                self.sink.push(error.help("remove one of the two"));
            }
        }
    }

    /// The value under `key`.
    pub fn value_of(&mut self, node: &Node, key: &str) -> Option<Value> {
        let entry = node.entry(key)?;
        nothing(&entry.key.span, &entry.value, self.sink);
        Some(self.value(&entry.value))
    }

    /// Text with its variables, outside of SQL.
    pub fn plain_template(&mut self, text: &str, node: &Node) -> Template {
        let template = self.template(text, node);
        for part in &template.parts {
            if let TemplatePart::Variable { name, identifier: true, span } = part {
                let error = Diagnostic::error(span, "`:ident` has a meaning in SQL only");
                self.sink.push(error.help(format!("write `${{{name}}}`")));
            }
        }
        template
    }

    /// SQL with its variables, each in a place where it cannot become raw SQL.
    pub fn sql_template(&mut self, text: &str, node: &Node) -> Template {
        let template = self.template(text, node);
        sql::check_variables(&template).into_iter().for_each(|diagnostic| self.sink.push(diagnostic));
        template
    }

    fn template(&mut self, text: &str, node: &Node) -> Template {
        let (template, faults) = template(text, &node.written);
        faults.into_iter().for_each(|fault| self.sink.push(fault));
        for part in &template.parts {
            if let TemplatePart::Variable { name, span, .. } = part {
                self.look_up(name, span);
            }
        }
        template
    }

    /// Notes that a variable is used, and says when it has no value.
    pub fn look_up(&mut self, name: &str, span: &Span) {
        self.scope.used.insert(name.to_string());
        if self.standing == Standing::Document {
            self.scope.in_documents.insert(name.to_string());
        }
        let Some(known) = &self.scope.known else { return };
        if known.contains(name) || BUILTIN.contains(&name) {
            return;
        }
        let names: Vec<&str> = known.iter().map(String::as_str).collect();
        let help = match (nearest(name, names.iter().copied()), names.is_empty()) {
            (Some(near), _) => format!("did you mean `${{{near}}}`?"),
            (None, true) => "variables come from `vars`, `cases` and an earlier `save`; none is known here".into(),
            (None, false) => format!("known here: {}", enumerate(&names, "and")),
        };
        let error = Diagnostic::error(span, format!("`{name}` has no value here")).label("unknown variable");
        self.sink.push(error.help(help));
    }

    /// The bindings of `vars`, of a row of `cases` or of `with`. Those of `with` do not see one another.
    pub fn bindings(&mut self, node: &Node, visible: bool) -> Vec<Binding> {
        let mut bindings = vec![];
        for entry in node.entries() {
            nothing(&entry.key.span, &entry.value, self.sink);
            let edges = self.listed_edges(&entry.value);
            let value = edges.unwrap_or_else(|| self.value(&entry.value));
            self.variable_name(&entry.key);
            if visible {
                self.scope.add(&entry.key);
            }
            bindings.push(Binding { name: entry.key.clone(), value });
        }
        bindings
    }

    /// Says when `name` cannot name a variable.
    pub fn variable_name(&mut self, name: &Spanned<String>) {
        if !is_variable_name(name) {
            let error = Diagnostic::error(&name.span, format!("`{}` cannot be the name of a variable", name.value));
            self.sink.push(error.help("a name is a letter or `_`, then letters, digits and `_`"));
        }
    }
}
