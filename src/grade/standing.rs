//! What requirements stand on: where the ground of a requirement is missing, it cannot be examined.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::RequirementsRegister;

/// Which requirements each one stands on, those of those too.
#[derive(Clone, Debug, Default)]
pub struct Standing {
    below: BTreeMap<String, Vec<String>>,
}

impl Standing {
    /// As the register says it.
    pub fn of(register: &RequirementsRegister) -> Self {
        let direct: BTreeMap<&str, Vec<&str>> = register
            .requirements
            .iter()
            .map(|each| (each.id.as_str(), each.stands_on.iter().map(|id| id.as_str()).collect()))
            .collect();
        let below = direct.keys().map(|id| (id.to_string(), reached(id, &direct))).collect();
        Self { below }
    }

    /// The requirement among `failed`, those of which a probe failed, because of which a scenario that cites `cited` cannot be
    /// examined: one that it cites, else the nearest that those stand on.
    pub fn missing<'f>(&self, cited: &[String], failed: &'f BTreeSet<String>) -> Option<&'f String> {
        let below = cited.iter().filter_map(|id| self.below.get(id)).flatten();
        cited.iter().chain(below).find_map(|id| failed.get(id))
    }
}

/// The nearest first; a circle, which the language refuses, would end.
fn reached(id: &str, direct: &BTreeMap<&str, Vec<&str>>) -> Vec<String> {
    let mut found: Vec<String> = vec![];
    let mut next: Vec<&str> = direct.get(id).cloned().unwrap_or_default();
    while !next.is_empty() {
        next.retain(|each| *each != id && !found.iter().any(|known| known == each));
        found.extend(next.iter().map(|each| each.to_string()));
        next = next.iter().filter_map(|each| direct.get(each)).flatten().copied().collect();
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grade::score::testing::register;

    fn ids(list: &[&str]) -> Vec<String> {
        list.iter().map(|id| id.to_string()).collect()
    }

    #[test]
    fn a_requirement_stands_on_what_those_below_it_stand_on() {
        let standing = Standing::of(&register(&[("A", 1.0, &[]), ("B", 1.0, &["A"]), ("C", 1.0, &["B"])]));
        let failed = BTreeSet::from(["A".to_string()]);
        assert_eq!(standing.missing(&ids(&["C"]), &failed), Some(&"A".to_string()));
        assert_eq!(standing.missing(&ids(&["A"]), &failed), Some(&"A".to_string()));
        assert_eq!(standing.missing(&ids(&["C"]), &BTreeSet::new()), None);
    }
}
