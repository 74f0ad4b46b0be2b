//! The page `docs/keys.md`: every key of every file, out of the tables that the check uses. A test compares;
//! `POLYSPEC_BOOK=bless cargo test --lib keys_page` rewrites it.

use super::keys::SCENARIO;
use super::keys_suite::{REQUIREMENTS, SETTINGS, SURVIVORS, SYSTEM};
use super::operators::OPERATORS;
use super::shape::{Key, Shape, Table};

const TOP: &str = "# Keys

Every key of every file, generated from the tables that `polyspec check` uses; [the language](language.md) explains them. A
key in bold must be there. `polyspec schema` prints the same as JSON Schemas, for editors.
";

const FILES: [(&str, &Table); 5] = [
    ("A scenario, `scenarios/**/*.yaml`", &SCENARIO),
    ("The suite, `polyspec.yaml`", &SETTINGS),
    ("A system, `system.yaml`", &SYSTEM),
    ("The register, `requirements.yaml`", &REQUIREMENTS),
    ("Survivors, `survivors.yaml`", &SURVIVORS),
];

/// The whole page.
fn page() -> String {
    let mut seen: Vec<&str> = vec![];
    let mut page = TOP.to_string();
    for (title, table) in FILES {
        page.push_str(&format!("\n## {title}\n"));
        write_table(table, &mut page, &mut seen);
    }
    let operators: Vec<String> = OPERATORS.iter().map(|name| format!("`{name}`")).collect();
    page.push_str(&format!(
        "\n## Operators\n\nInside expected values ([what they mean](language.md#operators)): {}.\n",
        operators.join(", ")
    ));
    page
}

/// A table, and behind it those that it leads to and that are not on the page yet.
fn write_table(table: &'static Table, page: &mut String, seen: &mut Vec<&'static str>) {
    seen.push(table.name);
    page.push_str(&format!("\n### {}\n\n{}\n", heading(table), table.doc));
    if !table.one_of.is_empty() {
        page.push_str(&format!("\nExactly one of {}{}.\n", names(table.one_of), or_alone(table)));
    }
    if !table.at_most_one.is_empty() {
        page.push_str(&format!("\nAt most one of {}.\n", names(table.at_most_one)));
    }
    page.push_str("\n| key | value | meaning |\n| --- | --- | --- |\n");
    table.keys.iter().for_each(|key| page.push_str(&row(key)));
    for inner in table.keys.iter().flat_map(|key| tables(&key.shape)) {
        if !seen.contains(&inner.name) {
            write_table(inner, page, seen);
        }
    }
}

fn or_alone(table: &Table) -> String {
    table.or_alone.map(|key| format!(", or `{key}` alone")).unwrap_or_default()
}

fn row(key: &Key) -> String {
    let mark = if key.required { "**" } else { "" };
    let cell = |text: String| text.replace('|', "\\|");
    format!("| {mark}`{}`{mark} | {} | {} |\n", key.name, cell(value(&key.shape)), cell(key.doc.to_string()))
}

/// The name of a table without its article, as a heading.
fn heading(table: &Table) -> String {
    let noun = table.name.split_once(' ').map_or(table.name, |(_, noun)| noun);
    let (first, rest) = noun.split_at(noun.chars().next().map_or(0, char::len_utf8));
    first.to_uppercase() + rest
}

fn names(words: &[&str]) -> String {
    words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}

/// What may stand under a key, in words.
fn value(shape: &Shape) -> String {
    match shape {
        Shape::Any => "any".into(),
        Shape::Text => "text".into(),
        Shape::Scalar => "text or number".into(),
        Shape::Number => "number".into(),
        Shape::Whole => "whole number".into(),
        Shape::Bool => "`true`, `false`".into(),
        Shape::Duration => "time".into(),
        Shape::Words(words) => names(words),
        Shape::List(item) | Shape::Some(item) => format!("list: {}", value(item)),
        Shape::OneOrMany(item) => format!("{}, or a list of it", value(item)),
        Shape::Operators => "[operators](#operators)".into(),
        Shape::Map(item) => format!("mapping: {}", value(item)),
        Shape::Table(table) | Shape::Marked(table) => {
            format!("[{}](#{})", table.name, heading(table).to_lowercase().replace(' ', "-"))
        }
        Shape::Either(shapes) => shapes.iter().map(value).collect::<Vec<_>>().join("; or "),
    }
}

fn tables(shape: &'static Shape) -> Vec<&'static Table> {
    match shape {
        Shape::Table(table) | Shape::Marked(table) => vec![table],
        Shape::List(item) | Shape::Some(item) | Shape::OneOrMany(item) | Shape::Map(item) => tables(item),
        Shape::Either(shapes) => shapes.iter().flat_map(tables).collect(),
        _ => vec![],
    }
}

#[test]
fn the_page_of_keys_holds_what_the_tables_say() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/keys.md");
    crate::snapshot::compare("POLYSPEC_BOOK", path.as_ref(), &page())
        .unwrap_or_else(|difference| panic!("{difference}"));
}
