//! Two lists, of rows or of documents: whether they match, and if not, their difference.

use super::diff::{diff_rows, diff_unordered};
use super::matching::{Match, Miss};
use super::pairing::pair_up;
use crate::verdict::Diff;

/// An expected and an actual list.
pub(super) trait Lists {
    /// How many entries are expected, and how many came.
    fn lengths(&self) -> (usize, usize);
    /// Whether the expected entry `i` matches the actual entry `j`.
    fn matches(&self, i: usize, j: usize) -> Match;
    /// How many parts of the two match.
    fn shared(&self, i: usize, j: usize) -> usize;
    /// The expected entry as cells; beside an actual one, what matches is shown as it came.
    fn expected(&self, i: usize, beside: Option<usize>) -> Vec<String>;
    /// The actual entry as cells.
    fn actual(&self, j: usize) -> Vec<String>;
    /// The names of the columns.
    fn header(&self) -> Option<Vec<String>>;
}

/// How two lists differ.
pub(super) struct Difference {
    /// The difference to show.
    pub(super) diff: Diff,
    /// The first expected entry that has no counterpart, and why; `None` when only the actual list has more.
    pub(super) first: Option<(usize, Option<Miss>)>,
}

/// Pairs that are looked at to find for an expected entry the one it resembles most.
const PAIRS: usize = 20_000;

/// Comparisons for the difference of lists that cannot match.
const COMPARED: usize = 1_000_000;

/// Entries must match position by position. `None` when they do.
pub(super) fn in_order(lists: &dyn Lists) -> Result<Option<Difference>, Miss> {
    let (expected, actual) = lists.lengths();
    let Some(first) = first_mismatch(lists)? else { return Ok(None) };
    let rows: Vec<Vec<String>> = (0..actual).map(|j| lists.actual(j)).collect();
    let few = expected.saturating_mul(actual) <= PAIRS;
    let text = |i: usize| {
        let near: Vec<usize> =
            if few { (0..actual).collect() } else { (i < actual).then_some(i).into_iter().collect() };
        as_it_came(lists, i, &near)
    };
    let wanted: Vec<Vec<String>> = (0..expected).map(text).collect();
    let diff = diff_rows(lists.header().as_deref(), &wanted, &rows);
    Ok(Some(Difference { diff, first: (first.0 < expected).then_some(first) }))
}

fn first_mismatch(lists: &dyn Lists) -> Result<Option<(usize, Option<Miss>)>, Miss> {
    let (expected, actual) = lists.lengths();
    for at in 0..expected.min(actual) {
        match lists.matches(at, at) {
            Ok(()) => {}
            Err(Miss::Invalid(diagnostic)) => return Err(Miss::Invalid(diagnostic)),
            Err(miss) => return Ok(Some((at, Some(miss)))),
        }
    }
    Ok((expected != actual).then_some((expected.min(actual), None)))
}

/// The expected entry, shown as the entry that it matches or resembles most.
fn as_it_came(lists: &dyn Lists, i: usize, near: &[usize]) -> Vec<String> {
    let same_place = near.iter().filter(|j| **j == i);
    if let Some(j) = same_place.chain(near).find(|j| lists.matches(i, **j).is_ok()) {
        return lists.actual(*j);
    }
    lists.expected(i, most_alike(lists, i, near))
}

/// Of entries that are equally alike the one at the same position, then the first.
fn most_alike(lists: &dyn Lists, i: usize, near: &[usize]) -> Option<usize> {
    let rank = |j: &usize| (lists.shared(i, *j), *j == i, std::cmp::Reverse(*j));
    near.iter().copied().filter(|j| lists.shared(i, *j) > 0 || near.len() == 1).max_by_key(rank)
}

/// Each expected entry must have an entry of its own that matches it, and none may be left. `None` when it is so.
pub(super) fn in_any_order(lists: &dyn Lists) -> Result<Option<Difference>, Miss> {
    let (expected, actual) = lists.lengths();
    // Lists of different lengths differ; then pairing serves the difference alone, and a part of a long list will do.
    let compared = if expected == actual { actual } else { actual.min(COMPARED / expected.max(1)) };
    let partner = pair_up(expected, compared, |i, j| lists.matches(i, j))?;
    let missing: Vec<usize> = (0..expected).filter(|i| partner[*i].is_none()).collect();
    if missing.is_empty() && expected == actual {
        return Ok(None);
    }
    let mut free = vec![true; actual];
    partner.iter().flatten().for_each(|j| free[*j] = false);
    let extra: Vec<usize> = (0..actual).filter(|j| free[*j]).collect();
    let near = if missing.len().saturating_mul(extra.len()) <= PAIRS { extra.as_slice() } else { &[] };
    let wanted: Vec<Vec<String>> = missing.iter().map(|i| lists.expected(*i, most_alike(lists, *i, near))).collect();
    let rows: Vec<Vec<String>> = extra.iter().map(|j| lists.actual(*j)).collect();
    let diff = diff_unordered(lists.header().as_deref(), expected - missing.len(), &wanted, &rows);
    Ok(Some(Difference { diff, first: missing.first().map(|i| (*i, None)) }))
}
