//! The greatest pairing of two lists whose order does not count.

use std::collections::VecDeque;

use super::matching::{Match, Miss};

/// Comparisons whose results are kept; beyond that memory counts more than time.
const REMEMBERED: usize = 10_000_000;

/// Finds for as many expected entries as possible one entry each that matches it and that no other entry has. The result
/// has an entry for each expected one. Once it is known that not all can be paired, the rest is paired as it comes.
pub(super) fn pair_up(
    expected: usize,
    actual: usize,
    matches: impl Fn(usize, usize) -> Match,
) -> Result<Vec<Option<usize>>, Miss> {
    let mut pairing = Pairing {
        partner: vec![None; expected],
        owner: vec![None; actual],
        known: vec![None; if expected.saturating_mul(actual) <= REMEMBERED { expected * actual } else { 0 }],
        matches,
    };
    for i in 0..expected {
        pairing.greedy(i)?;
    }
    for i in 0..expected {
        if pairing.partner[i].is_none() && !pairing.augment(i)? {
            break;
        }
    }
    Ok(pairing.partner)
}

struct Pairing<F> {
    partner: Vec<Option<usize>>,
    owner: Vec<Option<usize>>,
    known: Vec<Option<bool>>,
    matches: F,
}

impl<F: Fn(usize, usize) -> Match> Pairing<F> {
    fn holds(&mut self, i: usize, j: usize) -> Result<bool, Miss> {
        let at = i * self.owner.len() + j;
        if let Some(Some(known)) = self.known.get(at) {
            return Ok(*known);
        }
        let holds = match (self.matches)(i, j) {
            Ok(()) => true,
            Err(Miss::Differs { .. }) => false,
            Err(invalid) => return Err(invalid),
        };
        if let Some(known) = self.known.get_mut(at) {
            *known = Some(holds);
        }
        Ok(holds)
    }

    /// Takes the first free entry, beginning at the same position: lists are often in order anyway.
    fn greedy(&mut self, i: usize) -> Result<(), Miss> {
        let length = self.owner.len();
        for j in (0..length).map(|step| (i + step) % length) {
            if self.owner[j].is_none() && self.holds(i, j)? {
                (self.partner[i], self.owner[j]) = (Some(j), Some(i));
                break;
            }
        }
        Ok(())
    }

    /// Looks for a chain of exchanges that frees an entry for `i`.
    fn augment(&mut self, i: usize) -> Result<bool, Miss> {
        let mut from: Vec<Option<usize>> = vec![None; self.owner.len()];
        let mut open = VecDeque::from([i]);
        while let Some(left) = open.pop_front() {
            for j in 0..self.owner.len() {
                if from[j].is_some() || !self.holds(left, j)? {
                    continue;
                }
                from[j] = Some(left);
                match self.owner[j] {
                    Some(owner) => open.push_back(owner),
                    None => {
                        self.exchange(j, &from);
                        return Ok(true);
                    }
                }
            }
        }
        Ok(false)
    }

    fn exchange(&mut self, free: usize, from: &[Option<usize>]) {
        let mut next = Some(free);
        while let Some(j) = next {
            let Some(left) = from[j] else { return };
            next = self.partner[left].replace(j);
            self.owner[j] = Some(left);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn pairs(table: &[Vec<bool>], actual: usize) -> Vec<Option<usize>> {
        pair_up(table.len(), actual, |i, j| if table[i][j] { Ok(()) } else { Err(Miss::differs("")) }).unwrap()
    }

    #[test]
    fn a_choice_that_came_first_is_given_back_when_another_needs_it() {
        // 0 matches both, 1 matches only what 0 takes first.
        assert_eq!(pairs(&[vec![true, true], vec![true, false]], 2), [Some(1), Some(0)]);
    }

    #[test]
    fn an_invalid_expectation_is_no_mismatch() {
        let diagnostic = crate::source::Diagnostic::nowhere("odd");
        assert!(pair_up(1, 1, |_, _| Err(diagnostic.clone().into())).is_err());
    }

    fn brute_force(table: &[Vec<bool>], taken: u32) -> usize {
        let Some((row, rest)) = table.split_first() else { return 0 };
        let with =
            (0..row.len()).filter(|j| row[*j] && taken & (1 << j) == 0).map(|j| 1 + brute_force(rest, taken | 1 << j));
        with.max().unwrap_or(0).max(brute_force(rest, taken))
    }

    proptest! {
        #[test]
        fn all_are_paired_exactly_when_that_is_possible(table in (0usize..6, 0usize..6).prop_flat_map(|(n, m)| proptest::collection::vec(proptest::collection::vec(any::<bool>(), m), n))) {
            let actual = table.first().map_or(0, Vec::len);
            let found = pairs(&table, actual);
            let used: Vec<usize> = found.iter().flatten().copied().collect();
            prop_assert_eq!(used.iter().collect::<std::collections::BTreeSet<_>>().len(), used.len());
            prop_assert!(found.iter().enumerate().all(|(i, j)| j.is_none_or(|j| table[i][j])));
            prop_assert_eq!(used.len() == table.len(), brute_force(&table, 0) == table.len());
        }
    }
}
