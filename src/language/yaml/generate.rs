//! Decodes `generate`: tables, their parents and locales. The columns lie next door.

use super::decoder::Decoder;
use super::tree::Node;
use crate::model::{
    Engine, Generate, GeneratedColumn, GeneratedTable, Kind, Locale, LocaleRule, Parent, Pick, TextPart,
};
use crate::source::{Diagnostic, Spanned};

impl Decoder<'_> {
    /// What `generate` makes.
    pub fn generate(&mut self, node: &Node) -> Option<Generate> {
        let seed = self.value_of(node, "seed");
        let mut generate = Generate { seed, tables: vec![] };
        for entry in node.get("into").map(Node::items).unwrap_or_default() {
            let table = self.generated_table(entry, &generate.tables)?;
            if generate.table(&table.name).is_some() {
                let error = Diagnostic::error(&table.name.span, format!("`{}` is filled twice", table.name.value));
                self.sink.push(error.help("give it all its rows in one place"));
            }
            generate.tables.push(table);
        }
        super::generate_names::check(&generate, self.sink);
        Some(generate)
    }

    fn generated_table(&mut self, node: &Node, earlier: &[GeneratedTable]) -> Option<GeneratedTable> {
        let (engine, name) = match node.scalar_of("table") {
            Some(name) => (Engine::Pg, name),
            None => (Engine::Mongo, node.scalar_of("collection")?),
        };
        let rows = self.value_of(node, "rows")?;
        let mut columns = self.generated_columns(node.get("columns")?, (engine, false));
        if let Some(hidden) = node.get("hidden") {
            columns.extend(self.generated_columns(hidden, (engine, true)));
        }
        emails_take_the_name(&mut columns);
        let mut parents: Vec<Parent> = node
            .get("belongs_to")
            .map(Node::entries)
            .unwrap_or_default()
            .iter()
            .filter_map(|entry| self.parent(&entry.key, &entry.value))
            .collect();
        plain_parents(&columns, earlier, &mut parents);
        let locale = node.get("locale").map_or(LocaleRule { by: None, choices: vec![] }, locale_rule);
        Some(GeneratedTable { name, engine, rows, locale, parents, columns })
    }

    fn parent(&mut self, name: &Spanned<String>, node: &Node) -> Option<Parent> {
        let Some(table) = node.scalar_of("table") else {
            let table = node.scalar()?;
            return Some(Parent { name: name.clone(), table, pick: Pick::Any { skew: 1 }, per: None });
        };
        let number = |key: &str| node.scalar_of(key).and_then(|text| text.parse::<u64>().ok());
        let pick = node.scalar_of("pick").map(|pick| pick.value);
        let pick = match pick.as_deref().unwrap_or("any") {
            "distinct" => Pick::Distinct,
            "in_order" => Pick::InOrder { per_parent: number("per_parent").unwrap_or(1) },
            _ => Pick::Any { skew: u32::try_from(number("skew").unwrap_or(1)).unwrap_or(u32::MAX) },
        };
        self.fits_the_pick(node, pick);
        Some(Parent { name: name.clone(), table, pick, per: node.scalar_of("per") })
    }

    fn fits_the_pick(&mut self, node: &Node, pick: Pick) {
        let (word, idle): (&str, &[&str]) = match pick {
            Pick::Any { .. } => ("any", &["per_parent"]),
            Pick::Distinct => ("distinct", &["per_parent", "skew"]),
            Pick::InOrder { .. } => ("in_order", &["skew", "per"]),
        };
        for entry in idle.iter().filter_map(|key| node.entry(key)) {
            let message = format!("`{}` has no meaning with `pick: {word}`", entry.key.value);
            self.sink.push(Diagnostic::error(&entry.key.span, message).help("remove it, or pick in another way"));
        }
        let wrong = match pick {
            Pick::Any { skew } => (!(1..=16).contains(&skew)).then_some(("skew", "a skew is from 1 to 16")),
            Pick::InOrder { per_parent } => {
                (per_parent == 0).then_some(("per_parent", "at least one row belongs to each"))
            }
            Pick::Distinct => None,
        };
        if let Some((value, help)) = wrong.and_then(|(key, help)| Some((node.get(key)?, help))) {
            self.sink.push(Diagnostic::error(&value.head, "this number is not allowed here").help(help));
        }
    }
}

/// `email` alone is made from the first `name` of its table.
fn emails_take_the_name(columns: &mut [GeneratedColumn]) {
    let name = columns.iter().find(|column| matches!(column.kind, Kind::Name)).map(|column| column.name.value.clone());
    let Some(name) = name else { return };
    for column in columns.iter_mut() {
        if matches!(column.kind, Kind::Email(None)) {
            column.kind = Kind::Email(Some(column.span.of(name.clone())));
        }
    }
}

/// A column may refer to an earlier table without further words: then the row belongs to any row of it, all such columns to
/// the same one.
fn plain_parents(columns: &[GeneratedColumn], earlier: &[GeneratedTable], parents: &mut Vec<Parent>) {
    let paths = columns.iter().flat_map(GeneratedColumn::uses);
    for (path, head) in paths.filter_map(|path| Some((path, path.split_once('.')?.0))) {
        let known = parents.iter().any(|parent| parent.name.value == head);
        if !known && earlier.iter().any(|table| table.name.value == head) {
            let name = path.span.of(head.to_string());
            parents.push(Parent { table: name.clone(), name, pick: Pick::Any { skew: 1 }, per: None });
        }
    }
}

fn locale_rule(node: &Node) -> LocaleRule {
    let locales = |node: &Node| {
        let words = node.one_or_many().iter().filter_map(Node::scalar);
        words
            .filter_map(|word| Locale::WORDS.iter().find(|(known, _)| *known == word.value).map(|found| found.1))
            .collect()
    };
    match node.get("is") {
        Some(cases) => LocaleRule {
            by: node.scalar_of("by"),
            choices: cases.entries().iter().map(|entry| (entry.key.value.clone(), locales(&entry.value))).collect(),
        },
        None => LocaleRule { by: None, choices: vec![(String::new(), locales(node))] },
    }
}

/// The text of `text:` with its columns in braces; `{{` and `}}` are braces themselves.
pub(super) fn braces(text: &Spanned<String>) -> Result<Vec<TextPart>, Diagnostic> {
    let mut parts = vec![];
    let mut literal = String::new();
    let mut rest = text.value.as_str();
    while let Some(at) = rest.find(['{', '}']) {
        literal.push_str(&rest[..at]);
        let (brace, after) = (&rest[at..=at], &rest[at + 1..]);
        if let Some(doubled) = after.strip_prefix(brace) {
            literal.push_str(brace);
            rest = doubled;
            continue;
        }
        let end = after.find('}').filter(|_| brace == "{");
        let end = end.ok_or_else(|| {
            let error = Diagnostic::error(&text.span, format!("`{brace}` has no counterpart"));
            error.help("a column is `{name}`; for a brace write it twice")
        })?;
        if !literal.is_empty() {
            parts.push(TextPart::Literal(std::mem::take(&mut literal)));
        }
        parts.push(match &after[..end] {
            "row" => TextPart::Row,
            "seed" => TextPart::Seed,
            name => TextPart::Column(text.span.of(name.to_string())),
        });
        rest = &after[end + 1..];
    }
    literal.push_str(rest);
    if !literal.is_empty() {
        parts.push(TextPart::Literal(literal));
    }
    Ok(parts)
}
