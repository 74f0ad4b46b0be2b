//! Names of nodes: `pg`, `pg.apj`, `pg.*`, `mongo.primary`.

use super::suggest::nearest;
use crate::model::{Engine, NodeName, NodeSelector};

/// Reads a node selector. The error says what is wrong and what may stand there.
pub fn node_selector(text: &str) -> Result<NodeSelector, String> {
    let (engine, rest) = match text.split_once('.') {
        Some((engine, rest)) => (engine, Some(rest)),
        None => (text, None),
    };
    let engine = engine_named(engine).ok_or_else(|| not_a_node(text))?;
    match (engine, rest) {
        (_, None) => Ok(NodeSelector::Any(engine)),
        (_, Some("*")) => Ok(NodeSelector::All(engine)),
        (Engine::Mongo, Some("primary")) => Ok(NodeSelector::Primary),
        (Engine::Mongo, Some("secondary")) => Ok(NodeSelector::Secondary),
        (_, Some(name)) if is_name(name) => Ok(NodeSelector::Named(NodeName::new(engine, name))),
        _ => Err(not_a_node(text)),
    }
}

/// Reads the name of one node, `pg.apj`.
pub(crate) fn node_name(text: &str) -> Result<NodeName, String> {
    match node_selector(text)? {
        NodeSelector::Named(node) => Ok(node),
        _ => Err(format!("`{text}` does not name one node: write `pg.apj` or `mongo.m1`")),
    }
}

/// `pg` or `mongo`.
pub(crate) fn engine_named(text: &str) -> Option<Engine> {
    [Engine::Pg, Engine::Mongo].into_iter().find(|engine| engine.as_str() == text)
}

/// Whether `text` can name a node: it becomes part of host names, folders and slots.
pub(crate) fn is_name(text: &str) -> bool {
    let mut bytes = text.bytes();
    bytes.next().is_some_and(|b| b.is_ascii_lowercase())
        && bytes.all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
        && text.len() <= 40
}

fn not_a_node(text: &str) -> String {
    let known = ["pg", "pg.*", "mongo", "mongo.*", "mongo.primary", "mongo.secondary"];
    let meant = nearest(text, known).map(|word| format!(", did you mean `{word}`?")).unwrap_or_default();
    let forms =
        "a node is `pg`, `pg.apj`, `pg.*`, `mongo`, `mongo.primary`, `mongo.secondary`, `mongo.m1` or `mongo.*`";
    if meant.is_empty() { format!("`{text}` is not a node: {forms}") } else { format!("`{text}` is not a node{meant}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_selector_is_printed_as_it_was_written() {
        for text in ["pg", "pg.apj", "pg.*", "mongo", "mongo.primary", "mongo.secondary", "mongo.m1", "mongo.*"] {
            assert_eq!(node_selector(text).unwrap().to_string(), text);
        }
    }

    #[test]
    fn what_is_not_a_node_is_refused() {
        for text in ["", "pgg", "pg.", "pg.a.b", "pg.A", "pg. a", "postgres", "mongo.prímary", "pg.1"] {
            assert!(node_selector(text).is_err(), "{text}");
        }
        assert_eq!(node_selector("mongo.primry"), Ok(NodeSelector::Named(NodeName::new(Engine::Mongo, "primry"))));
    }
}
