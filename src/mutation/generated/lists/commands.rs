//! Faults of one command: its filter, what it changes, its concerns, its limits.

use super::pipelines;
use super::said::{Said, Wrong};
use super::tree::{self, Hop, Path, as_number, as_text, entries, get, items, key_of, places, with};
use crate::model::{TemplatePart, Value, ValueKind};

/// Keys of filters.
const FILTERS: [&str; 4] = ["q", "filter", "query", "$match"];

/// Operators and what each becomes.
const OPERATORS: [(&str, &str); 20] = [
    ("$gte", "$gt"),
    ("$gt", "$gte"),
    ("$lte", "$lt"),
    ("$lt", "$lte"),
    ("$eq", "$ne"),
    ("$ne", "$eq"),
    ("$in", "$nin"),
    ("$nin", "$in"),
    ("$and", "$or"),
    ("$or", "$and"),
    ("$add", "$subtract"),
    ("$subtract", "$add"),
    ("$inc", "$set"),
    ("$push", "$addToSet"),
    ("$addToSet", "$push"),
    ("$min", "$max"),
    ("$max", "$min"),
    ("$first", "$last"),
    ("$last", "$first"),
    ("$avg", "$max"),
];

/// Every fault of a command. `alone` is one that belongs to no transaction.
pub(super) fn wrong(command: &Value, alone: bool) -> Vec<Wrong> {
    let mut found = concerns(command, alone);
    found.extend(filters(command));
    found.extend(operators(command));
    found.extend(limits(command));
    found.extend(collation(command));
    match entries(command).into_iter().map(|(key, _)| key).find(|key| *key != "$db") {
        Some("insert") => found.extend(inserts(command)),
        Some("update") => found.extend(updates(command)),
        Some("aggregate") => found.extend(pipelines::wrong(command)),
        _ => {}
    }
    found
}

fn said(kind: &'static str, says: String) -> Said {
    Said { kind, says }
}

fn concerns(command: &Value, alone: bool) -> Vec<Wrong> {
    let span = &command.span;
    let mut found = vec![];
    let writes = ["insert", "update", "delete", "findAndModify"].iter().any(|name| get(command, name).is_some());
    if alone && writes {
        let one = tree::mapping(span, vec![("w", tree::number(span, 1))]);
        let weak = with(command, &[Hop::Key("writeConcern".into())], Some(one));
        found.push((said("a write concern is weaker", "is sent with write concern 1".into()), weak));
    }
    for (path, value) in places(command) {
        let level = as_text(value).and_then(|text| text.as_literal());
        if key_of(&path) == Some("level") && level.is_some_and(|level| level != "local") {
            let weak = with(command, &path, Some(tree::text(span, "local")));
            found.push((said("a read concern is weaker", "is sent with read concern local".into()), weak));
        }
    }
    found
}

/// Each key of each filter left out.
fn filters(command: &Value) -> Vec<Wrong> {
    let is_filter = |path: &Path| matches!(path.last(), Some(Hop::Key(key)) if FILTERS.contains(&key.as_str()));
    let mut found = vec![];
    for (path, value) in places(command).into_iter().filter(|(path, _)| is_filter(path)) {
        for (key, inner) in entries(value) {
            let place = [path.clone(), vec![Hop::Key(key.into())]].concat();
            let says = format!("{key} is left out of the filter");
            found.push((said("a filter is loosened", says), with(command, &place, None)));
            for (operator, _) in entries(inner).into_iter().filter(|_| entries(inner).len() > 1) {
                let place = [place.clone(), vec![Hop::Key(operator.into())]].concat();
                let says = format!("{operator} of {key} is left out of the filter");
                found.push((said("a filter is loosened", says), with(command, &place, None)));
            }
        }
    }
    found
}

fn operators(command: &Value) -> Vec<Wrong> {
    let mut found = vec![];
    for (path, _) in places(command) {
        let Some(Hop::Key(key)) = path.last() else { continue };
        if let Some((_, other)) = OPERATORS.iter().find(|(known, _)| known == key) {
            let says = format!("{key} is {other}");
            found.push((said("an operator is another", says), tree::renamed(command, &path, other)));
        }
    }
    found
}

/// Numbers that limit something, one more and one less.
fn limits(command: &Value) -> Vec<Wrong> {
    let mut found = vec![];
    for (path, value) in places(command) {
        let (Some(key), Some(number)) = (key_of(&path), as_number(value)) else { continue };
        let in_delete = path.first() == Some(&Hop::Key("deletes".into()));
        let others: &[i64] = match key {
            // 0 is all of them (manual, delete: `limit`).
            "limit" if in_delete => &[1 - number],
            "limit" | "$limit" | "skip" | "$skip" => &[number + 1, number - 1],
            _ => &[],
        };
        for other in others.iter().filter(|other| **other >= 0) {
            let says = format!("{key} is {other}");
            let changed = with(command, &path, Some(tree::number(&value.span, *other)));
            found.push((said("a limit is moved", says), changed));
        }
    }
    found
}

fn collation(command: &Value) -> Vec<Wrong> {
    let Some(collation) = get(command, "collation") else { return vec![] };
    let place = vec![Hop::Key("collation".into())];
    let mut found = vec![(said("a collation is another", "collation is left out".into()), with(command, &place, None))];
    if let Some(strength) = get(collation, "strength").and_then(as_number) {
        for other in [strength - 1, strength + 1].into_iter().filter(|other| (1..=3).contains(other)) {
            let place = [place.clone(), vec![Hop::Key("strength".into())]].concat();
            let changed = with(command, &place, Some(tree::number(&command.span, other)));
            found.push((said("a collation is another", format!("strength is {other}")), changed));
        }
    }
    found
}

/// Each field of each document that is inserted.
fn inserts(command: &Value) -> Vec<Wrong> {
    let mut found = vec![];
    let documents = get(command, "documents").map(items).unwrap_or_default();
    for (at, document) in documents.iter().enumerate() {
        let way = vec![Hop::Key("documents".into()), Hop::Item(at)];
        for (name, other) in fields(document) {
            found.extend(of_field(command, &way, (name, other), document));
        }
    }
    found.extend(matches!(get(command, "documents").map(|value| &value.kind), Some(ValueKind::Text(_))).then(|| {
        let unordered = tree::of(&command.span, ValueKind::Bool(false));
        let changed = with(command, &[Hop::Key("ordered".into())], Some(unordered));
        (said("a load is unordered", "goes on after a document that is refused".into()), changed)
    }));
    found
}

/// The fields of a document, each with its value; `_id` is not data.
fn fields(document: &Value) -> impl Iterator<Item = (&str, &Value)> {
    entries(document).into_iter().filter(|(name, _)| *name != "_id")
}

/// A field left out, empty, with its neighbour's value, or with a blank at its end.
fn of_field(command: &Value, way: &[Hop], (name, value): (&str, &Value), document: &Value) -> Vec<Wrong> {
    let place = [way.to_vec(), vec![Hop::Key(name.into())]].concat();
    let put = |new: Option<Value>| with(command, &place, new);
    let span = &value.span;
    let mut found = vec![
        (said("a field is left out", format!("{name} is left out")), put(None)),
        (said("a field is null", format!("{name} is null")), put(Some(tree::of(span, ValueKind::Null)))),
    ];
    if let Some((other, neighbour)) = next_to(name, document) {
        let says = format!("{name} is {other}");
        found.push((said("a field is its neighbour", says), put(Some(neighbour.clone()))));
    }
    match as_text(value) {
        Some(template) if template.as_variable().is_some() => {
            let mut longer = template.clone();
            longer.parts.push(TemplatePart::Literal(" ".into()));
            let longer = tree::of(span, ValueKind::Text(longer));
            found.push((said("a field has a blank", format!("{name} has a blank at its end")), put(Some(longer))));
            let one = tree::number(span, 1);
            found.push((said("a field is constant", format!("{name} is always 1")), put(Some(one))));
        }
        Some(_) => {
            let other = tree::text(span, "other");
            found.push((said("a field is constant", format!("{name} is always other")), put(Some(other))));
        }
        None => {}
    }
    found
}

/// The field after this one, in a circle, whose value is another variable.
fn next_to<'v>(name: &str, document: &'v Value) -> Option<(&'v str, &'v Value)> {
    let variable = |value: &Value| as_text(value).is_some_and(|text| text.as_variable().is_some());
    let all: Vec<(&str, &Value)> = fields(document).filter(|(_, value)| variable(value)).collect();
    let at = all.iter().position(|(known, _)| *known == name)?;
    (all.len() > 1).then(|| all[(at + 1) % all.len()])
}

/// What an update does to each field, and to which documents.
fn updates(command: &Value) -> Vec<Wrong> {
    let mut found = vec![];
    for (at, update) in get(command, "updates").map(items).unwrap_or_default().iter().enumerate() {
        let way = |key: &str| vec![Hop::Key("updates".into()), Hop::Item(at), Hop::Key(key.into())];
        for key in ["multi", "upsert"] {
            let on = tree::of(&update.span, ValueKind::Bool(true));
            let flips = get(update, key).is_none();
            found.extend(
                flips.then(|| (said(key_kind(key), format!("{key} is on")), with(command, &way(key), Some(on)))),
            );
        }
        let Some(set) = get(update, "u").and_then(|change| get(change, "$set")) else { continue };
        found.push((
            said("an update replaces", "replaces the document".into()),
            with(command, &way("u"), Some(set.clone())),
        ));
        let only_new = tree::mapping(&set.span, vec![("$setOnInsert", set.clone())]);
        found.push((
            said("an update changes nothing", "$set is $setOnInsert".into()),
            with(command, &way("u"), Some(only_new)),
        ));
        for (name, value) in entries(set).into_iter().filter(|(_, value)| as_text(value).is_some()) {
            found.extend(
                texts(name, value).into_iter().map(|(what, pipeline)| (what, with(command, &way("u"), Some(pipeline)))),
            );
        }
    }
    found
}

fn key_kind(key: &str) -> &'static str {
    if key == "multi" { "an update changes all" } else { "an update inserts" }
}

/// A text that is set is changed by an expression first.
fn texts(name: &str, value: &Value) -> Vec<Wrong> {
    let span = &value.span;
    let given = || tree::mapping(span, vec![("$literal", value.clone())]);
    let set = |expression: Value| {
        let stage = tree::mapping(span, vec![("$set", tree::mapping(span, vec![(name, expression)]))]);
        tree::of(span, ValueKind::Sequence(vec![stage]))
    };
    let first = |length: Value| tree::of(span, ValueKind::Sequence(vec![given(), tree::number(span, 0), length]));
    let faults = [
        ("is in upper case", ("$toUpper", given())),
        ("is in lower case", ("$toLower", given())),
        ("is trimmed", ("$trim", tree::mapping(span, vec![("input", given())]))),
        ("is cut at 20 characters", ("$substrCP", first(tree::number(span, 20)))),
    ];
    let wrong = |(fault, expression): (&'static str, (&str, Value))| {
        (said(fault, format!("{name} {fault}")), set(tree::mapping(span, vec![expression])))
    };
    faults.into_iter().map(wrong).collect()
}
