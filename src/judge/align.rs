//! Which entries of two lists belong together, in order. Deterministic, and fast for lists of any length: equal ends are cut
//! off, long middles are divided at entries that are there once on both sides (as patience diff does), and only short
//! pieces are compared each with each.

use std::collections::HashMap;
use std::hash::Hash;
use std::ops::Range;

/// A step from the first list to the second; the numbers are positions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Same(usize, usize),
    Missing(usize),
    Extra(usize),
}

/// Pieces with at most so many pairs are compared each with each.
const PAIRS: usize = 40_000;

/// Aligns two lists. Every position of both appears exactly once, in order.
pub(super) fn align<T: Hash + Eq>(expected: &[T], actual: &[T]) -> Vec<Step> {
    let mut ids: HashMap<&T, u32> = HashMap::new();
    let mut number = |item| {
        let next = ids.len() as u32;
        *ids.entry(item).or_insert(next)
    };
    let expected: Vec<u32> = expected.iter().map(&mut number).collect();
    let actual: Vec<u32> = actual.iter().map(&mut number).collect();
    let mut aligner = Aligner { expected: &expected, actual: &actual, steps: vec![], open: vec![] };
    aligner.open.push(Piece::Compare(0..expected.len(), 0..actual.len()));
    aligner.run();
    aligner.steps
}

enum Piece {
    Compare(Range<usize>, Range<usize>),
    Same(usize, usize, usize),
}

struct Aligner<'a> {
    expected: &'a [u32],
    actual: &'a [u32],
    steps: Vec<Step>,
    /// A stack: the next piece is the last.
    open: Vec<Piece>,
}

impl Aligner<'_> {
    fn run(&mut self) {
        while let Some(piece) = self.open.pop() {
            match piece {
                Piece::Same(i, j, length) => self.steps.extend((0..length).map(|at| Step::Same(i + at, j + at))),
                Piece::Compare(expected, actual) => self.compare(expected, actual),
            }
        }
    }

    fn compare(&mut self, expected: Range<usize>, actual: Range<usize>) {
        let (one, other) = (&self.expected[expected.clone()], &self.actual[actual.clone()]);
        let prefix = one.iter().zip(other).take_while(|(one, other)| one == other).count();
        let (one, other) = (&one[prefix..], &other[prefix..]);
        let suffix = one.iter().rev().zip(other.iter().rev()).take_while(|(one, other)| one == other).count();
        self.open.push(Piece::Same(expected.end - suffix, actual.end - suffix, suffix));
        let middle = (expected.start + prefix..expected.end - suffix, actual.start + prefix..actual.end - suffix);
        self.steps.extend((0..prefix).map(|at| Step::Same(expected.start + at, actual.start + at)));
        self.middle(middle.0, middle.1);
    }

    fn middle(&mut self, expected: Range<usize>, actual: Range<usize>) {
        if expected.is_empty() || actual.is_empty() {
            self.replace(expected, actual);
        } else if expected.len().saturating_mul(actual.len()) <= PAIRS {
            self.each_with_each(expected, actual);
        } else {
            let anchors = anchors(&self.expected[expected.clone()], &self.actual[actual.clone()]);
            self.divide(expected, actual, &anchors);
        }
    }

    fn replace(&mut self, expected: Range<usize>, actual: Range<usize>) {
        self.steps.extend(expected.map(Step::Missing));
        self.steps.extend(actual.map(Step::Extra));
    }

    fn divide(&mut self, expected: Range<usize>, actual: Range<usize>, anchors: &[(usize, usize)]) {
        if anchors.is_empty() {
            return self.replace(expected, actual);
        }
        let (mut end, mut other_end) = (expected.end, actual.end);
        for (i, j) in anchors.iter().rev().map(|(i, j)| (expected.start + i, actual.start + j)) {
            self.open.push(Piece::Compare(i + 1..end, j + 1..other_end));
            self.open.push(Piece::Same(i, j, 1));
            (end, other_end) = (i, j);
        }
        self.open.push(Piece::Compare(expected.start..end, actual.start..other_end));
    }

    /// The longest common subsequence, by the table of its lengths.
    fn each_with_each(&mut self, expected: Range<usize>, actual: Range<usize>) {
        let (one, other) = (&self.expected[expected.clone()], &self.actual[actual.clone()]);
        let width = other.len() + 1;
        let mut lengths = vec![0u32; (one.len() + 1) * width];
        for i in (0..one.len()).rev() {
            for j in (0..other.len()).rev() {
                lengths[i * width + j] = match one[i] == other[j] {
                    true => lengths[(i + 1) * width + j + 1] + 1,
                    false => lengths[(i + 1) * width + j].max(lengths[i * width + j + 1]),
                };
            }
        }
        let (mut i, mut j) = (0, 0);
        while i < one.len() && j < other.len() {
            let step = if one[i] == other[j] {
                Step::Same(expected.start + i, actual.start + j)
            } else if lengths[(i + 1) * width + j] >= lengths[i * width + j + 1] {
                Step::Missing(expected.start + i)
            } else {
                Step::Extra(actual.start + j)
            };
            i += usize::from(!matches!(step, Step::Extra(_)));
            j += usize::from(!matches!(step, Step::Missing(_)));
            self.steps.push(step);
        }
        self.replace(expected.start + i..expected.end, actual.start + j..actual.end);
    }
}

/// Positions of entries that are there once on each side, the longest run of them in order on both.
fn anchors(one: &[u32], other: &[u32]) -> Vec<(usize, usize)> {
    let mut places: HashMap<u32, (u32, usize, u32, usize)> = HashMap::new();
    for (at, id) in one.iter().enumerate() {
        let place = places.entry(*id).or_default();
        (place.0, place.1) = (place.0 + 1, at);
    }
    for (at, id) in other.iter().enumerate() {
        if let Some(place) = places.get_mut(id) {
            (place.2, place.3) = (place.2 + 1, at);
        }
    }
    let mut unique: Vec<(usize, usize)> =
        places.values().filter(|place| place.0 == 1 && place.2 == 1).map(|place| (place.1, place.3)).collect();
    unique.sort_unstable();
    increasing(&unique)
}

/// The longest subsequence whose second numbers increase (patience sorting).
fn increasing(pairs: &[(usize, usize)]) -> Vec<(usize, usize)> {
    let mut tops: Vec<usize> = Vec::new();
    let mut before: Vec<Option<usize>> = vec![None; pairs.len()];
    for (at, pair) in pairs.iter().enumerate() {
        let pile = tops.partition_point(|top| pairs[*top].1 < pair.1);
        before[at] = pile.checked_sub(1).map(|previous| tops[previous]);
        if pile == tops.len() { tops.push(at) } else { tops[pile] = at }
    }
    let mut run: Vec<(usize, usize)> =
        std::iter::successors(tops.last().copied(), |at| before[*at]).map(|at| pairs[at]).collect();
    run.reverse();
    run
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn is_sound(expected: &[u32], actual: &[u32], steps: &[Step]) -> bool {
        let (mut i, mut j) = (0, 0);
        for step in steps {
            let in_order = match step {
                Step::Same(a, b) => (*a, *b) == (i, j) && expected[i] == actual[j],
                Step::Missing(a) => *a == i,
                Step::Extra(b) => *b == j,
            };
            if !in_order {
                return false;
            }
            i += usize::from(!matches!(step, Step::Extra(_)));
            j += usize::from(!matches!(step, Step::Missing(_)));
        }
        (i, j) == (expected.len(), actual.len())
    }

    fn changes(steps: &[Step]) -> usize {
        steps.iter().filter(|step| !matches!(step, Step::Same(..))).count()
    }

    proptest! {
        #[test]
        fn every_entry_appears_once_and_in_order(a in proptest::collection::vec(0u32..6, 0..60), b in proptest::collection::vec(0u32..6, 0..60)) {
            prop_assert!(is_sound(&a, &b, &align(&a, &b)));
        }

        #[test]
        fn a_list_aligned_with_itself_has_no_changes(a in proptest::collection::vec(0u32..6, 0..300)) {
            prop_assert_eq!(changes(&align(&a, &a)), 0);
        }

        #[test]
        fn one_entry_taken_out_of_a_long_list_is_one_change(length in 300usize..600, at in 0usize..300) {
            let whole: Vec<u32> = (0..length as u32).collect();
            let mut cut = whole.clone();
            cut.remove(at);
            prop_assert_eq!(align(&whole, &cut).into_iter().filter(|step| !matches!(step, Step::Same(..))).collect::<Vec<_>>(), vec![Step::Missing(at)]);
        }
    }

    #[test]
    fn long_lists_are_divided_at_what_is_there_once() {
        let expected: Vec<u32> = (0..100_000).collect();
        let actual: Vec<u32> = expected.iter().map(|n| if n % 1000 == 500 { 200_000 + n } else { *n }).collect();
        let steps = align(&expected, &actual);
        assert!(is_sound(&expected, &actual, &steps));
        assert_eq!(changes(&steps), 200);
    }

    #[test]
    fn long_lists_without_anything_in_common_or_without_anything_unique_end_soon() {
        let expected: Vec<u32> = (0..100_000).collect();
        let actual: Vec<u32> = (100_000..200_000).collect();
        assert_eq!(changes(&align(&expected, &actual)), 200_000);
        let few: Vec<u32> = (0..100_000).map(|n| n * 7 % 11 % 3).collect();
        let others: Vec<u32> = (0..100_000).map(|n| n * 5 % 13 % 3).collect();
        assert!(is_sound(&few, &others, &align(&few, &others)));
    }

    #[test]
    fn only_what_is_there_once_on_both_sides_is_an_anchor() {
        assert_eq!(anchors(&[1, 2, 1, 3], &[1, 2, 3]), [(1, 1), (3, 2)]);
        assert_eq!(anchors(&[1, 2, 3], &[1, 2, 1, 3]), [(1, 1), (2, 3)]);
        assert_eq!(anchors(&[1, 2], &[2, 1]).len(), 1);
    }

    #[test]
    fn a_reversed_list_ends_soon() {
        let expected: Vec<u32> = (0..50_000).collect();
        let actual: Vec<u32> = expected.iter().rev().copied().collect();
        assert!(is_sound(&expected, &actual, &align(&expected, &actual)));
    }
}
