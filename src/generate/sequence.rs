//! Numbers in order, each as often as a pattern says.

/// A sequence, ready to be asked.
#[derive(Clone, Debug)]
pub(super) struct Sequence {
    /// The first number.
    pub from: i64,
    /// The distance to the next.
    pub step: i64,
    /// Where each number of one turn of the pattern begins, in rows.
    starts: Vec<u64>,
    /// Rows of one turn.
    turn: u64,
}

impl Sequence {
    /// Every number of a turn stands as often as `repeat` says; an empty pattern is `[1]`. Nothing in it is 0.
    pub fn new(from: i64, step: i64, repeat: &[u64]) -> Self {
        let repeat = if repeat.is_empty() { &[1] } else { repeat };
        let mut turn = 0;
        let mut starts = vec![];
        for times in repeat {
            starts.push(turn);
            turn += times;
        }
        Self { from, step, starts, turn }
    }

    /// The place in its turn of the number that stands in `row`.
    fn place(&self, row: u64) -> usize {
        self.starts.partition_point(|start| *start <= row % self.turn) - 1
    }

    /// How many numbers came before the one that stands in `row`.
    pub fn index(&self, row: u64) -> u64 {
        if self.turn == 1 {
            return row;
        }
        row / self.turn * self.starts.len() as u64 + self.place(row) as u64
    }

    /// How often the number of `row` has stood already, this one counted.
    pub fn position(&self, row: u64) -> u64 {
        row % self.turn - self.starts[self.place(row)] + 1
    }

    /// The number in `row`.
    pub fn value(&self, row: u64) -> i64 {
        self.from.wrapping_add(self.step.wrapping_mul(self.index(row) as i64))
    }

    /// Whether all numbers of so many rows are numbers of 64 bits.
    pub fn fits(&self, rows: u64) -> bool {
        let last = i128::from(self.step) * i128::from(self.index(rows.saturating_sub(1))) + i128::from(self.from);
        i64::try_from(last).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_number_stands_as_often_as_the_pattern_says() {
        let sequence = Sequence::new(10, 5, &[1, 1, 2]);
        let made: Vec<_> = (0..8).map(|row| (sequence.value(row), sequence.position(row))).collect();
        assert_eq!(made, [(10, 1), (15, 1), (20, 1), (20, 2), (25, 1), (30, 1), (35, 1), (35, 2)]);
    }

    #[test]
    fn a_sequence_that_leaves_64_bits_is_seen() {
        assert!(Sequence::new(i64::MAX - 9, 1, &[]).fits(10));
        assert!(!Sequence::new(i64::MAX - 9, 1, &[]).fits(11));
        assert!(Sequence::new(i64::MAX, 1, &[]).fits(0));
    }
}
