//! What a scenario needs: `faults`, `pg >= 17`, `mongo members >= 3`, `pg.apj`.

use super::selector::{engine_named, node_selector};
use crate::model::{Need, NodeSelector};

/// Reads one entry of `needs`. The error says what may stand there.
pub(crate) fn need(text: &str) -> Result<Need, String> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let found = match words.as_slice() {
        ["faults"] => Some(Need::Faults),
        [engine, ">=", version] => version_need(engine, version),
        [engine, "members", ">=", count] => members_need(engine, count),
        [node] => node_need(node),
        _ => None,
    };
    found.ok_or_else(|| format!("`{text}` is not a need"))
}

fn version_need(engine: &str, version: &str) -> Option<Need> {
    let (major, minor) = version.split_once('.').unwrap_or((version, "0"));
    Some(Need::Version(engine_named(engine)?, major.parse().ok()?, minor.parse().ok()?))
}

fn members_need(engine: &str, count: &str) -> Option<Need> {
    Some(Need::Members(engine_named(engine)?, count.parse().ok()?))
}

fn node_need(text: &str) -> Option<Need> {
    match node_selector(text) {
        Ok(NodeSelector::Named(node)) => Some(Need::Node(node)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Engine, NodeName};

    #[test]
    fn each_form_is_read() {
        assert_eq!(need("faults"), Ok(Need::Faults));
        assert_eq!(need("pg >= 17"), Ok(Need::Version(Engine::Pg, 17, 0)));
        assert_eq!(need("mongo >= 6.2"), Ok(Need::Version(Engine::Mongo, 6, 2)));
        assert_eq!(need("mongo members >= 3"), Ok(Need::Members(Engine::Mongo, 3)));
        assert_eq!(need("pg.apj"), Ok(Need::Node(NodeName::new(Engine::Pg, "apj"))));
    }

    #[test]
    fn anything_else_is_refused() {
        for text in ["", "pg", "pg > 17", "pg >= x", "mysql >= 8", "pg members", "mongo.*"] {
            assert!(need(text).is_err(), "{text}");
        }
    }
}
