//! Holds a tree against a table: unknown keys, keys twice, missing keys, wrong types. All of them, not only the first.

use std::collections::HashMap;

use super::shape::{Key, Shape, Table};
use super::tree::{Entry, Node, NodeKind, first_line};
use crate::language::duration::duration;
use crate::language::sink::Sink;
use crate::language::suggest::{enumerate, nearest};
use crate::source::{Diagnostic, Span};

/// Keys under which a text without a letter is data, or is refused with words of its own.
const MAY_BE_BLANK: &[&str] = &["scenario", "stdin", "input", "because"];

/// So many keys are named in the line of an error.
const FEW: usize = 2;

/// Checks the root of a file.
pub(crate) fn root(node: &Node, table: &'static Table, sink: &mut Sink) {
    match &node.kind {
        NodeKind::Mapping(_) => Checker { sink, outer: vec![] }.table(node, table, &node.head),
        NodeKind::Null => sink.push(
            Diagnostic::error(&node.head, format!("the file is empty: it must be {}", table.name))
                .help(format!("begin with `{}:`", table.keys[0].name)),
        ),
        _ => sink.push(
            Diagnostic::error(&node.head, format!("this is {}, not {}", node.describe(), table.name))
                .help(format!("begin with `{}:`", table.keys[0].name)),
        ),
    }
}

/// None of the keys of which one must be there. A few of them are named at once, with what they mean.
fn neither(node: &Node, table: &Table) -> Diagnostic {
    let named = enumerate(table.one_of, "or");
    if table.one_of.len() > FEW {
        return Diagnostic::error(&node.head, format!("{} needs one of its main keys", table.name))
            .help(format!("add {named}"));
    }
    let meaning = |name: &&str| table.key(name).map(|key| format!("`{name}`: {}", key.doc));
    let meanings: Vec<String> = table.one_of.iter().filter_map(meaning).collect();
    Diagnostic::error(&node.head, format!("{} needs {named}", table.name)).help(meanings.join("\n"))
}

struct Checker<'a> {
    sink: &'a mut Sink,
    /// The tables around, outermost first.
    outer: Vec<&'static Table>,
}

impl Checker<'_> {
    fn shape(&mut self, node: &Node, shape: &'static Shape, key: &Span) {
        if !shape.fits(node) {
            return self.wrong_type(node, shape, key);
        }
        match shape {
            Shape::List(item) => self.items(node, item, key),
            Shape::Some(item) => self.some(node, item, key),
            Shape::OneOrMany(item) if node.items().is_empty() && item.fits(node) => self.shape(node, item, key),
            Shape::OneOrMany(item) => self.some(node, item, key),
            Shape::Map(value) => self.map(node, value),
            Shape::Table(table) | Shape::Marked(table) => self.table(node, table, key),
            Shape::Words(words) => self.words(node, words),
            Shape::Duration => self.duration(node, key),
            Shape::Either(shapes) => {
                if let Some(shape) = shapes.iter().find(|shape| shape.fits(node)) {
                    self.shape(node, shape, key);
                }
            }
            Shape::Operators => self.duplicates(node),
            Shape::Any | Shape::Text | Shape::Scalar | Shape::Number | Shape::Whole | Shape::Bool => {}
        }
    }

    fn wrong_type(&mut self, node: &Node, shape: &Shape, key: &Span) {
        let here = if matches!(node.kind, NodeKind::Null) { key } else { &node.head };
        let wanted = shape.describe();
        let diagnostic = Diagnostic::error(here, format!("expected {wanted}, found {}", node.describe()))
            .label(format!("expected {wanted}"));
        let listed = match shape {
            Shape::Either(shapes) => shapes.iter().any(|shape| shape.fits_as_item(node)),
            one => one.fits_as_item(node),
        };
        let quoted = matches!((shape, &node.kind), (Shape::Text, NodeKind::Number(_) | NodeKind::Bool(_)));
        self.sink.push(match (listed, quoted) {
            (true, _) => diagnostic.help("put it in a list: `[ … ]`"),
            (_, true) => diagnostic.help("put it in quotes"),
            _ => match shape.form() {
                Some(form) => diagnostic.help(form),
                None => diagnostic,
            },
        });
    }

    fn items(&mut self, node: &Node, item: &'static Shape, key: &Span) {
        for child in node.items() {
            let place = if child.span.start == child.span.end { key } else { &child.head };
            self.shape(child, item, place);
        }
    }

    fn some(&mut self, node: &Node, item: &'static Shape, key: &Span) {
        if node.items().is_empty() {
            let error = Diagnostic::error(key, "the list is empty").label("at least one is needed");
            self.sink.push(error.help("add one, or remove the key"));
        }
        self.items(node, item, key);
    }

    fn map(&mut self, node: &Node, value: &'static Shape) {
        self.duplicates(node);
        for entry in node.entries() {
            self.shape(&entry.value, value, &entry.key.span);
        }
    }

    fn words(&mut self, node: &Node, words: &[&str]) {
        let Some(word) = node.scalar() else { return };
        if !words.contains(&word.as_str()) {
            let diagnostic = Diagnostic::error(&node.head, format!("`{}` is not allowed here", word.value));
            self.sink.push(match nearest(&word, words.iter().copied()) {
                Some(near) => diagnostic.help(format!("did you mean `{near}`?")),
                None => diagnostic.help(format!("use {}", enumerate(words, "or"))),
            });
        }
    }

    fn duration(&mut self, node: &Node, key: &Span) {
        let limit = matches!(key.text(), "timeout" | "statement_timeout" | "eventually");
        if let Some(Ok(time)) = node.scalar().map(|text| duration(&text))
            && time.is_zero()
            && limit
        {
            let error = Diagnostic::error(&node.head, format!("`{}` of no time leaves none", key.text()));
            self.sink.push(error.help("write a time such as `5s`, or remove the key"));
        }
        if let Some(Err(cause)) = node.scalar().map(|text| duration(&text)) {
            let (message, fix) = cause.split_once(": ").unwrap_or((&cause, "write `250ms`, `5s` or `1min`"));
            self.sink.push(Diagnostic::error(&node.head, message).help(fix));
        }
    }

    fn table(&mut self, node: &Node, table: &'static Table, key: &Span) {
        self.duplicates(node);
        if node.entries().is_empty() && !table.may_be_empty {
            return self.sink.push(empty(table, key));
        }
        self.outer.push(table);
        for entry in node.entries() {
            match table.key(&entry.key) {
                Some(known) => {
                    self.blank(entry, known);
                    self.shape(&entry.value, &known.shape, &entry.key.span);
                }
                None => self.unknown(entry, table),
            }
        }
        self.outer.pop();
        self.missing(node, table);
        self.one_of(node, table);
    }

    /// A name or a reason without a letter says nothing; of data only the author knows.
    fn blank(&mut self, entry: &Entry, key: &Key) {
        let is_blank = matches!(&entry.value.kind, NodeKind::Text(text) if text.trim().is_empty());
        if is_blank && matches!(key.shape, Shape::Text | Shape::Scalar) && !MAY_BE_BLANK.contains(&key.name) {
            let error = Diagnostic::error(&entry.key.span, format!("`{}` is empty", key.name));
            self.sink.push(error.help(format!("`{}`: {}", key.name, key.doc)));
        }
    }

    fn unknown(&mut self, entry: &Entry, table: &'static Table) {
        let diagnostic = Diagnostic::error(&entry.key.span, format!("{} has no key `{}`", table.name, entry.key.value))
            .label("unknown key");
        let names: Vec<&str> = table.keys.iter().map(|key| key.name).collect();
        let help = elsewhere(&entry.key, table, &self.outer)
            .or_else(|| nearest(&entry.key, names.iter().copied()).map(|near| format!("did you mean `{near}`?")))
            .unwrap_or_else(|| format!("its keys are {}", enumerate(&names, "and")));
        self.sink.push(diagnostic.help(help));
    }

    fn missing(&mut self, node: &Node, table: &Table) {
        for key in table.keys.iter().filter(|key| key.required && node.get(key.name).is_none()) {
            self.sink.push(
                Diagnostic::error(&node.head, format!("{} needs the key `{}`", table.name, key.name))
                    .help(format!("`{}`: {}", key.name, key.doc)),
            );
        }
    }

    fn one_of(&mut self, node: &Node, table: &Table) {
        let group = if table.one_of.is_empty() { table.at_most_one } else { table.one_of };
        let mut found = node.entries().iter().filter(|entry| group.contains(&entry.key.as_str()));
        let first = found.next();
        let second = found.find(|second| first.is_some_and(|first| first.key.value != second.key.value));
        if let (Some(first), Some(second)) = (first, second) {
            self.sink.push(
                Diagnostic::error(&second.key.span, format!("{} has `{}` already", table.name, first.key.value))
                    .label("a second one")
                    .help(format!("only one of {} is allowed in {}", enumerate(group, "and"), table.name)),
            );
        }
        let alone = table.or_alone.is_some_and(|key| node.get(key).is_some());
        if first.is_none() && !table.one_of.is_empty() && !alone {
            self.sink.push(neither(node, table));
        }
    }

    fn duplicates(&mut self, node: &Node) {
        let mut seen: HashMap<&str, &Span> = HashMap::new();
        for entry in node.entries() {
            if let Some(first) = seen.get(entry.key.as_str()) {
                let line = first.line_column().0;
                self.sink.push(
                    Diagnostic::error(&entry.key.span, format!("the key `{}` is here twice", entry.key.value))
                        .label(format!("also in line {line}"))
                        .help("remove one of the two"),
                );
            }
            seen.insert(&entry.key, &entry.key.span);
        }
    }
}

fn empty(table: &Table, key: &Span) -> Diagnostic {
    let names: Vec<&str> = table.keys.iter().map(|key| key.name).collect();
    Diagnostic::error(&first_line(key), format!("{} is empty", table.name))
        .label("says nothing")
        .help(format!("its keys are {}", enumerate(&names, "and")))
}

/// A key that is known one level further in or further out.
fn elsewhere(key: &str, table: &Table, outer: &[&'static Table]) -> Option<String> {
    let inner = table.keys.iter().find(|candidate| match &candidate.shape {
        Shape::Table(table) => table.key(key).is_some(),
        _ => false,
    });
    if let Some(inner) = inner {
        return Some(format!("`{key}` belongs under `{}`", inner.name));
    }
    let around = outer.iter().rev().skip(1).find(|around| around.key(key).is_some())?;
    Some(format!("`{key}` is a key of {}", around.name))
}
