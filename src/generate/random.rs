//! Random numbers that are counted, not remembered: SplitMix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number
//! Generators, 2014) started afresh for each cell from a key and the number of the row.

/// The odd fraction of the golden ratio that SplitMix64 counts with.
const GAMMA: u64 = 0x9E37_79B9_7F4A_7C15;

/// The finalizer of SplitMix64: a bijection that spreads every bit of the input over the output.
pub(super) fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// A key out of words (FNV-1a, with each word's end, then mixed): the same on every machine and in every version.
pub(super) fn key(words: &[&str]) -> u64 {
    let mut hash = 0xCBF2_9CE4_8422_2325_u64;
    for word in words {
        for byte in word.bytes().chain([0xFF]) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3);
        }
    }
    mix(hash)
}

/// SplitMix64 itself: numbers that are the same for the same seed on every machine and in every version.
pub struct SplitMix64(u64);

impl SplitMix64 {
    /// Begins at a seed.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// 64 even bits.
    pub fn draw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(GAMMA);
        mix(self.0)
    }
}

/// The draws of one cell.
pub(super) struct Draws(SplitMix64);

impl Draws {
    /// The draws of the row `number` under `key`.
    pub fn new(key: u64, number: u64) -> Self {
        Self(SplitMix64::new(mix(key ^ mix(number.wrapping_add(GAMMA)))))
    }

    /// 64 even bits.
    pub fn next(&mut self) -> u64 {
        self.0.draw()
    }

    /// A number from 0 to `count - 1`; 0 when `count` is 0. The bias is below 2^-32 for every count that fits 32 bits.
    pub fn below(&mut self, count: u64) -> u64 {
        high(self.next(), count)
    }

    /// A number from `from` to `to`, both included; `from` is not above `to`.
    pub fn between(&mut self, from: i64, to: i64) -> i64 {
        let span = to.wrapping_sub(from) as u64;
        match span.checked_add(1) {
            Some(count) => from.wrapping_add(self.below(count) as i64),
            None => self.next() as i64,
        }
    }

    /// One of these; they are not none.
    pub fn one<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len() as u64) as usize]
    }

    /// A place from 0 to `count - 1` in which `u^skew` lies, u even from 0 to 1. Only multiplications of whole numbers, so
    /// that it is the same everywhere.
    pub fn skewed(&mut self, count: u64, skew: u32) -> u64 {
        let u = self.next();
        let power = (1..skew).fold(u, |power, _| high(power, u));
        high(power, count)
    }
}

/// The upper half of the product.
fn high(one: u64, other: u64) -> u64 {
    ((u128::from(one) * u128::from(other)) >> 64) as u64
}

/// The place of `number` in a random order of `0..count`: a Feistel network of four rounds over the next even number of
/// bits, walked until it falls below `count` (Black, Rogaway: Ciphers with Arbitrary Finite Domains, 2002).
pub(super) fn permuted(key: u64, number: u64, count: u64) -> u64 {
    let bits = u64::BITS - count.saturating_sub(1).leading_zeros();
    let half = bits.div_ceil(2).max(1);
    let mask = (1_u64 << half) - 1;
    let mut place = number;
    loop {
        let (mut left, mut right) = (place >> half, place & mask);
        for round in 0..4 {
            (left, right) = (right, left ^ (mix(key ^ mix(right.wrapping_add(round << 32))) & mask));
        }
        place = (left << half) | right;
        if place < count {
            return place;
        }
    }
}
