//! A sample of generated mutants that is like all of them: they are put in the order of their kinds and objects, and every
//! k-th is taken. The same seed takes the same.

use super::change::Change;
use crate::generate::SplitMix64;

/// So many of the changes, by name; all of them if there are no more.
pub fn sample(mut changes: Vec<Change>, size: usize, seed: u64) -> Vec<Change> {
    let total = changes.len();
    if size >= total {
        return changes;
    }
    let mut dice = SplitMix64::new(seed);
    let mut keyed: Vec<(u64, Change)> = changes.drain(..).map(|change| (dice.draw(), change)).collect();
    keyed.sort_by(|(a, one), (b, two)| (&one.kind, &one.object, a).cmp(&(&two.kind, &two.object, b)));
    let start = usize::try_from(dice.draw() % (total as u64).max(1)).unwrap_or_default();
    let taken = |place: usize| (start + place * total / size) % total;
    let places: std::collections::BTreeSet<usize> = (0..size).map(taken).collect();
    let kept = keyed.into_iter().enumerate().filter(|(at, _)| places.contains(at));
    let mut kept: Vec<Change> = kept.map(|(_, (_, change))| change).collect();
    kept.sort_by(|a, b| a.name.cmp(&b.name));
    kept
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::model::{Engine, NodeName};

    /// A hundred of each of three kinds on ten tables, and one that is rare.
    fn all() -> Vec<Change> {
        let peer = NodeName::new(Engine::Pg, "a");
        let change = |kind: &str, at: usize| {
            let (says, table) = (format!("{kind} {at}"), format!("t{}", at % 10));
            Change::fault(&peer, &table, "c", (&says, kind), String::new())
        };
        let mut all: Vec<Change> =
            ["x", "y", "z"].iter().flat_map(|kind| (0..100).map(move |at| change(kind, at))).collect();
        all.push(change("rare", 0));
        all
    }

    fn names(seed: u64) -> Vec<String> {
        sample(all(), 30, seed).into_iter().map(|change| change.name).collect()
    }

    #[test]
    fn a_sample_has_of_each_kind_and_object_what_all_have() {
        let taken = sample(all(), 30, 1);
        assert_eq!(taken.len(), 30);
        for kind in ["x", "y", "z"] {
            let of_kind: Vec<_> = taken.iter().filter(|change| change.kind == kind).collect();
            assert!((9..=11).contains(&of_kind.len()), "{kind}: {}", of_kind.len());
            let objects: BTreeSet<_> = of_kind.iter().map(|change| &change.object).collect();
            assert!(objects.len() >= 9, "{kind}: {objects:?}");
        }
    }

    #[test]
    fn the_same_seed_takes_the_same_and_another_takes_others() {
        assert_eq!(names(7), names(7));
        assert_ne!(names(7), names(8));
        assert_eq!(sample(all(), 1000, 7).len(), 301);
    }
}
