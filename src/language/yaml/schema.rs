//! JSON Schema (draft 2020-12) of every file that people write, for editors; made from the tables that the check uses.

use serde_json::{Map, Value, json};

use super::keys::SCENARIO;
use super::keys_suite::{REQUIREMENTS, SETTINGS, SURVIVORS, SYSTEM};
use super::shape::{Key, Shape, Table};

/// A kind of file that has a schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SchemaKind {
    /// A scenario in YAML.
    Scenario,
    /// `polyspec.yaml`.
    Settings,
    /// `system.yaml`.
    System,
    /// The register of requirements.
    Requirements,
    /// Explanations of mutants that survive.
    Survivors,
}

/// The JSON Schema of a kind of file.
pub fn schema(kind: SchemaKind) -> Value {
    let table: &'static Table = match kind {
        SchemaKind::Scenario => &SCENARIO,
        SchemaKind::Settings => &SETTINGS,
        SchemaKind::System => &SYSTEM,
        SchemaKind::Requirements => &REQUIREMENTS,
        SchemaKind::Survivors => &SURVIVORS,
    };
    let mut definitions = Map::new();
    let mut root = Map::new();
    root.insert("$schema".into(), json!("https://json-schema.org/draft/2020-12/schema"));
    root.insert("title".into(), json!(table.name));
    root.extend(of_table(table, &mut definitions));
    root.insert("$defs".into(), Value::Object(definitions));
    Value::Object(root)
}

fn of_table(table: &'static Table, definitions: &mut Map<String, Value>) -> Map<String, Value> {
    let properties: Map<String, Value> =
        table.keys.iter().map(|key| (key.name.to_string(), of_key(key, definitions))).collect();
    let required: Vec<&str> = table.keys.iter().filter(|key| key.required).map(|key| key.name).collect();
    let mut object = Map::new();
    object.insert("type".into(), json!("object"));
    object.insert("description".into(), json!(table.doc));
    object.insert("properties".into(), Value::Object(properties));
    object.insert("additionalProperties".into(), json!(false));
    if !table.may_be_empty {
        object.insert("minProperties".into(), json!(1));
    }
    if !required.is_empty() {
        object.insert("required".into(), json!(required));
    }
    if !table.one_of.is_empty() {
        object.insert("oneOf".into(), one_of(table));
    }
    if !table.at_most_one.is_empty() {
        object.insert("not".into(), json!({ "required": table.at_most_one }));
    }
    object
}

fn one_of(table: &Table) -> Value {
    let with = |key: &&str| json!({ "required": [key] });
    let mut choices: Vec<Value> = table.one_of.iter().map(with).collect();
    if let Some(alone) = table.or_alone {
        let others: Vec<Value> = table.one_of.iter().map(with).collect();
        choices.push(json!({ "required": [alone], "not": { "anyOf": others } }));
    }
    Value::Array(choices)
}

fn of_key(key: &'static Key, definitions: &mut Map<String, Value>) -> Value {
    let mut described = Map::new();
    described.insert("description".into(), json!(key.doc));
    described.extend(of_shape(&key.shape, definitions));
    Value::Object(described)
}

fn of_shape(shape: &'static Shape, definitions: &mut Map<String, Value>) -> Map<String, Value> {
    let value = match shape {
        Shape::Any => json!({}),
        Shape::Text => json!({ "type": "string" }),
        Shape::Scalar => json!({ "type": ["string", "number", "boolean"] }),
        Shape::Number => json!({ "type": "number" }),
        Shape::Whole => json!({ "type": "integer", "minimum": 0 }),
        Shape::Bool => json!({ "type": "boolean" }),
        Shape::Duration => json!({ "type": "string", "pattern": r"^[0-9.]+ *(ms|s|min|h)$" }),
        Shape::Words(words) => json!({ "enum": words }),
        Shape::List(item) => json!({ "type": "array", "items": of_shape(item, definitions) }),
        Shape::Some(item) => json!({ "type": "array", "minItems": 1, "items": of_shape(item, definitions) }),
        Shape::OneOrMany(item) => {
            let item = of_shape(item, definitions);
            json!({ "anyOf": [item, { "type": "array", "minItems": 1, "items": item }] })
        }
        Shape::Operators => {
            json!({ "type": "object", "propertyNames": { "pattern": r"^\$\$" }, "minProperties": 1 })
        }
        Shape::Map(value) => json!({ "type": "object", "additionalProperties": of_shape(value, definitions) }),
        Shape::Table(table) | Shape::Marked(table) => reference(table, definitions),
        Shape::Either(shapes) => {
            let shapes: Vec<_> = shapes.iter().map(|shape| of_shape(shape, definitions)).collect();
            json!({ "anyOf": shapes })
        }
    };
    match value {
        Value::Object(object) => object,
        _ => Map::new(),
    }
}

/// A table stands once, under `$defs`.
fn reference(table: &'static Table, definitions: &mut Map<String, Value>) -> Value {
    let name = table.name.split_once(' ').map_or(table.name, |(_, noun)| noun).replace(' ', "_");
    if !definitions.contains_key(&name) {
        definitions.insert(name.clone(), Value::Null);
        let object = of_table(table, definitions);
        definitions.insert(name.clone(), Value::Object(object));
    }
    json!({ "$ref": format!("#/$defs/{name}") })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::operators::OPERATORS;
    use super::*;

    const KINDS: [SchemaKind; 5] = [
        SchemaKind::Scenario,
        SchemaKind::Settings,
        SchemaKind::System,
        SchemaKind::Requirements,
        SchemaKind::Survivors,
    ];

    /// Every object inside `value`, with the schema's own properties described and its references resolved.
    fn walk(value: &Value, definitions: &Value) {
        match value {
            Value::Object(object) => {
                if let Some(Value::Object(properties)) = object.get("properties") {
                    for (name, property) in properties {
                        assert!(property["description"].as_str().is_some_and(|text| text.len() > 8), "{name}");
                    }
                }
                if let Some(reference) = object.get("$ref").and_then(Value::as_str) {
                    let name = reference.trim_start_matches("#/$defs/");
                    assert!(definitions[name].is_object(), "{reference}");
                }
                object.values().for_each(|inner| walk(inner, definitions));
            }
            Value::Array(items) => items.iter().for_each(|item| walk(item, definitions)),
            _ => {}
        }
    }

    #[test]
    fn every_key_is_described_and_every_reference_leads_somewhere() {
        for kind in KINDS {
            let schema = schema(kind);
            walk(&schema, &schema["$defs"]);
        }
    }

    #[test]
    fn the_schema_knows_the_keys_of_a_step() {
        let step = &schema(SchemaKind::Scenario)["$defs"]["step"];
        assert_eq!(step["additionalProperties"], false);
        assert!(step["properties"]["eventually"]["pattern"].is_string());
        assert!(step["oneOf"].as_array().is_some_and(|choices| choices.len() == 12));
    }

    fn names(value: &Value, found: &mut BTreeSet<String>) {
        match value {
            Value::Object(object) => {
                let properties = object.get("properties").and_then(Value::as_object);
                found.extend(properties.into_iter().flat_map(|properties| properties.keys().cloned()));
                object.values().for_each(|inner| names(inner, found));
            }
            Value::Array(items) => items.iter().for_each(|item| names(item, found)),
            _ => {}
        }
    }

    #[test]
    fn every_key_and_operator_is_in_the_reference_of_the_language() {
        let reference = include_str!("../../../docs/language.md");
        let mut known: BTreeSet<String> = OPERATORS.iter().map(|name| name.to_string()).collect();
        KINDS.iter().for_each(|kind| names(&schema(*kind), &mut known));
        assert!(known.len() > 80, "only {} were found", known.len());
        let missing: Vec<_> = known.iter().filter(|name| !reference.contains(&format!("`{name}`"))).collect();
        assert!(missing.is_empty(), "docs/language.md does not tell of {missing:?}");
    }

    #[test]
    fn the_schemas_for_editors_are_those_that_are_printed() {
        let files = [
            include_str!("../../../docs/schema/scenario.json"),
            include_str!("../../../docs/schema/settings.json"),
            include_str!("../../../docs/schema/system.json"),
            include_str!("../../../docs/schema/requirements.json"),
            include_str!("../../../docs/schema/survivors.json"),
        ];
        for (kind, file) in KINDS.iter().zip(files) {
            let kept: Value = serde_json::from_str(file).unwrap();
            assert!(kept == schema(*kind), "write docs/schema anew with `polyspec schema`: {kind:?}");
        }
    }
}
