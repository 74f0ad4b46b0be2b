//! Which entries of two lists belong together, in order. Deterministic, and bounded for lists of any length.

use std::hash::Hash;

use similar::algorithms::{Capture, diff_slices};
use similar::{Algorithm, DiffOp};

/// A step from the first list to the second; the numbers are positions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Same(usize, usize),
    Missing(usize),
    Extra(usize),
}

/// Aligns two lists. Every position of both appears exactly once, in order.
///
/// By the crate's Myers: it cuts off what is equal at both ends, and its search gives up at a limit of steps, not of time, so
/// that a slow machine gets the same difference. `Algorithm::Histogram` divides at one anchor a pass, which is quadratic when
/// every other row has changed. Nothing is moved afterwards (`Compact`): a row that is equal at its place stays there.
pub(super) fn align<T: Hash + Eq>(expected: &[T], actual: &[T]) -> Vec<Step> {
    let mut operations = Capture::new();
    let Ok(()) = diff_slices(Algorithm::Myers, &mut operations, expected, actual);
    operations.into_ops().into_iter().flat_map(steps).collect()
}

/// A replaced piece is what is missing, then what is extra.
fn steps(operation: DiffOp) -> impl Iterator<Item = Step> {
    let (old, new) = (operation.old_range(), operation.new_range());
    let (same, changed) = match operation {
        DiffOp::Equal { .. } => (Some((old, new)), None),
        _ => (None, Some((old, new))),
    };
    let same = same.into_iter().flat_map(|(old, new)| old.zip(new)).map(|(i, j)| Step::Same(i, j));
    let changed = changed.into_iter().flat_map(|(old, new)| old.map(Step::Missing).chain(new.map(Step::Extra)));
    same.chain(changed)
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

    fn list(entry: impl Fn(u32) -> u32) -> Vec<u32> {
        (0..LONG).map(entry).collect()
    }

    const LONG: u32 = 20_000;

    #[test]
    fn what_is_equal_in_a_long_list_is_found_between_what_has_changed() {
        let expected = list(|n| n);
        for every in [2, 10, 1000] {
            let actual = list(|n| if n % every == 1 { LONG + n } else { n });
            let steps = align(&expected, &actual);
            assert!(is_sound(&expected, &actual, &steps));
            assert_eq!(changes(&steps), 2 * (LONG / every) as usize);
        }
    }

    /// What has worst cases has them here: this test takes a quadratic algorithm minutes (the benchmark `diff` measures it).
    #[test]
    fn long_lists_that_differ_everywhere_end_soon() {
        let sorted = list(|n| n);
        let cases = [
            (sorted.clone(), list(|n| LONG + n)),
            (sorted.clone(), list(|n| n ^ 1)),
            (sorted.clone(), list(|n| LONG - 1 - n)),
            (sorted, (0..LONG).step_by(2).collect()),
            (list(|n| n * 7 % 11 % 3), list(|n| n * 5 % 13 % 3)),
        ];
        for (expected, actual) in &cases {
            assert!(is_sound(expected, actual, &align(expected, actual)));
        }
    }
}
