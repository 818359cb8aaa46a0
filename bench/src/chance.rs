//! Numbers that look random and are the same on every machine (splitmix64).

/// A stream of numbers, decided by its seed.
#[derive(Debug)]
pub(crate) struct Chance(u64);

impl Chance {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mixed(self.0)
    }

    /// Below `end`, which is above 0.
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        let wide = u128::from(self.next()) * u128::from(end);
        u64::try_from(wide >> 64).unwrap_or(0)
    }

    /// Below `end`, as a place in a list.
    pub(crate) fn place(&mut self, end: usize) -> usize {
        usize::try_from(self.below(end as u64)).unwrap_or(0)
    }

    /// The place of a weight, in proportion to it; the weights add up to `sum`.
    pub(crate) fn weighted(&mut self, weights: impl IntoIterator<Item = u64>, sum: u64) -> usize {
        let mut left = self.below(sum);
        for (place, weight) in weights.into_iter().enumerate() {
            if left < weight {
                return place;
            }
            left -= weight;
        }
        0
    }
}

/// Different for different numbers.
pub(crate) fn mixed(number: u64) -> u64 {
    let z = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
