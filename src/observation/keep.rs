//! How much of a result is kept in memory: what no expectation, golden, saved variable or message can use is counted only.

/// Entries beyond those that are needed that a message may show.
const SPARE: u64 = 40;

/// Bytes of such entries that are kept.
const SPARE_BYTES: usize = 1 << 20;

/// What of a result somebody can use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Keep {
    /// How many rows or documents there are, and no content.
    Count,
    /// The first so many; and some that follow, as far as they are small, for a message to show.
    First(u64),
    /// Everything.
    All,
}

impl Keep {
    /// What satisfies both.
    pub fn and(self, other: Self) -> Self {
        self.max(other)
    }
}

/// Counts the entries of a result while they arrive, and says of each whether it is kept.
#[derive(Clone, Debug)]
pub struct Keeper {
    keep: Keep,
    count: u64,
    spare: usize,
}

impl Keeper {
    /// Nothing has arrived.
    pub fn new(keep: Keep) -> Self {
        Self { keep, count: 0, spare: 0 }
    }

    /// Counts an entry of so many bytes. Whether it is to be kept; what is kept is always the beginning of the result.
    pub fn takes(&mut self, bytes: usize) -> bool {
        let at = self.count;
        self.count += 1;
        match self.keep {
            Keep::All => true,
            Keep::Count => false,
            Keep::First(needed) if at < needed => true,
            Keep::First(needed) => {
                self.spare = self.spare.saturating_add(bytes);
                at - needed < SPARE && self.spare <= SPARE_BYTES
            }
        }
    }

    /// How many have arrived.
    pub fn count(&self) -> u64 {
        self.count
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(keep: Keep, sizes: &[usize]) -> Vec<bool> {
        let mut keeper = Keeper::new(keep);
        sizes.iter().map(|bytes| keeper.takes(*bytes)).collect()
    }

    #[test]
    fn all_is_kept_or_nothing_but_the_count() {
        assert_eq!(kept(Keep::All, &[1, usize::MAX, usize::MAX]), [true; 3]);
        assert_eq!(kept(Keep::Count, &[1, 1]), [false; 2]);
        let mut keeper = Keeper::new(Keep::Count);
        assert!((0..1_000_000).all(|_| !keeper.takes(1)));
        assert_eq!(keeper.count(), 1_000_000);
    }

    #[test]
    fn what_is_needed_is_kept_at_any_size_and_some_more_while_they_are_small() {
        assert_eq!(kept(Keep::First(1), &[usize::MAX, 1, 1]), [true; 3]);
        assert_eq!(kept(Keep::First(0), &[SPARE_BYTES, 1, 0]), [true, false, false]);
        let many = kept(Keep::First(3), &vec![1; 1_000]);
        assert_eq!(many.iter().filter(|kept| **kept).count() as u64, 3 + SPARE);
    }

    #[test]
    fn what_satisfies_both_is_the_greater_one() {
        assert_eq!(Keep::Count.and(Keep::First(0)), Keep::First(0));
        assert_eq!(Keep::First(3).and(Keep::First(2)), Keep::First(3));
        assert_eq!(Keep::All.and(Keep::First(9)), Keep::All);
    }
}
