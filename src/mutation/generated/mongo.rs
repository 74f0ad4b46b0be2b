//! Mutants of collections: validators and indexes, one taken away or weakened at a time.

use bson::{Bson, Document, doc};

use super::change::Change;
use crate::catalog::Collection;

/// Keywords that describe and check nothing.
const SILENT: [&str; 2] = ["title", "description"];

/// What a server says of a document that a validator refuses: DocumentValidationFailure.
const REFUSED: &str = "121";
/// DuplicateKey.
const DUPLICATE: &str = "11000";

/// Every change to a collection.
pub fn changes(collection: &Collection) -> Vec<Change> {
    let mut changes = of_validator(collection);
    changes.extend(collection.indexes.iter().flat_map(|index| of_index(&collection.name, index)));
    changes
}

fn of_validator(collection: &Collection) -> Vec<Change> {
    let name = &collection.name;
    let Some(validator) = collection.options.get_document("validator").ok().filter(|found| !found.is_empty()) else {
        return vec![];
    };
    let modify = |key: &str, value: Bson| vec![doc! { "collMod": name, key: value }];
    let mut changes =
        vec![Change::mongo(name, "validator", "drop", modify("validator", Bson::Document(Document::new())))];
    if collection.options.get_str("validationLevel").unwrap_or("strict") == "strict" {
        changes.push(Change::mongo(name, "validation", "moderate", modify("validationLevel", "moderate".into())));
    }
    if collection.options.get_str("validationAction").unwrap_or("error") == "error" {
        changes.push(Change::mongo(name, "validation", "warn", modify("validationAction", "warn".into())));
    }
    for weak in weaker_validators(validator) {
        let commands = modify("validator", Bson::Document(weak.whole));
        changes.push(Change::mongo(name, &weak.thing, "drop", commands).mentioning(weak.words));
    }
    changes.into_iter().map(|change| change.mentioning([REFUSED.to_string()])).collect()
}

/// A document with one thing less.
struct Weaker {
    thing: String,
    words: Vec<String>,
    whole: Document,
}

/// Each condition beside the schema, and each keyword of the schema.
fn weaker_validators(validator: &Document) -> Vec<Weaker> {
    let mut found = vec![];
    for (key, value) in validator {
        match value {
            Bson::Document(schema) if key == "$jsonSchema" => {
                let inner = weaker_schemas(schema, &[]);
                found.extend(inner.into_iter().map(|weak| Weaker { whole: with(validator, key, weak.whole), ..weak }));
            }
            _ if validator.len() > 1 => {
                found.push(Weaker { thing: key.clone(), words: vec![key.clone()], whole: without(validator, key) });
            }
            _ => {}
        }
    }
    found
}

fn weaker_schemas(schema: &Document, path: &[&str]) -> Vec<Weaker> {
    let words = || path.iter().map(|part| part.to_string()).collect::<Vec<_>>();
    let mut found = vec![];
    for (key, value) in schema {
        match (key.as_str(), value) {
            ("required", Bson::Array(fields)) => found.extend(fields.iter().filter_map(Bson::as_str).map(|field| {
                let left: Vec<Bson> = fields.iter().filter(|other| other.as_str() != Some(field)).cloned().collect();
                // An empty list is refused (manual, $jsonSchema: `required`).
                let whole = if left.is_empty() { without(schema, key) } else { with(schema, key, left) };
                let thing = [path, &["required", field]].concat().join(".");
                Weaker { thing, words: vec![field.to_string()], whole }
            })),
            ("properties", Bson::Document(properties)) => {
                for (name, inner) in properties {
                    let Bson::Document(inner) = inner else { continue };
                    let inner = weaker_schemas(inner, &[path, &[name.as_str()]].concat());
                    found.extend(
                        inner.into_iter().map(|weak| Weaker {
                            whole: with(schema, key, with(properties, name, weak.whole)),
                            ..weak
                        }),
                    );
                }
            }
            ("items", Bson::Document(items)) => {
                let inner = weaker_schemas(items, &[path, &["items"]].concat());
                found.extend(inner.into_iter().map(|weak| Weaker { whole: with(schema, key, weak.whole), ..weak }));
            }
            (keyword, _) if SILENT.contains(&keyword) || is_implied(schema, keyword, path) => {}
            (keyword, _) => {
                let thing = [path, &[keyword]].concat().join(".");
                found.push(Weaker { thing, words: words(), whole: without(schema, key) });
            }
        }
    }
    found
}

/// Whether a type says nothing that is not said otherwise: a document is an object, and texts of an `enum` are texts.
fn is_implied(schema: &Document, keyword: &str, path: &[&str]) -> bool {
    let texts = || schema.get_array("enum").is_ok_and(|values| values.iter().all(|value| value.as_str().is_some()));
    match (keyword, schema.get_str(keyword)) {
        ("bsonType" | "type", Ok("object")) => path.is_empty(),
        ("bsonType" | "type", Ok("string")) => texts(),
        _ => false,
    }
}

fn of_index(collection: &str, index: &Document) -> Vec<Change> {
    let name = index.get_str("name").unwrap_or_default();
    let fields: Vec<String> = index.get_document("key").map(|key| key.keys().cloned().collect()).unwrap_or_default();
    let drop = doc! { "dropIndexes": collection, "index": name };
    let again = |key: &str| vec![drop.clone(), doc! { "createIndexes": collection, "indexes": [without(index, key)] }];
    let unique = index.get_bool("unique").unwrap_or_default();
    let noticed = if unique { DUPLICATE } else { "explain" };
    let words = || fields.iter().cloned().chain([noticed.to_string()]);
    let mut changes = vec![Change::mongo(collection, name, "drop", vec![drop.clone()])];
    if unique {
        changes.push(Change::mongo(collection, name, "not_unique", again("unique")));
    }
    if index.contains_key("collation") {
        changes.push(Change::mongo(collection, name, "without_collation", again("collation")));
    }
    changes.into_iter().map(|change| change.mentioning(words())).collect()
}

fn without(document: &Document, key: &str) -> Document {
    let mut less = document.clone();
    less.remove(key);
    less
}

fn with(document: &Document, key: &str, value: impl Into<Bson>) -> Document {
    let mut other = document.clone();
    other.insert(key, value);
    other
}
