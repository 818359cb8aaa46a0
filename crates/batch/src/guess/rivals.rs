//! Readings that compete for the values of a column: which of them fit, and what tells them apart.

/// At least so many of a hundred values must be of a kind; the others are told.
pub(super) const MOSTLY_PERCENT: usize = 90;

/// A value that decides for more than so many others is perhaps only a slip of the pen.
const OUTLIER_OF: usize = 20;

/// Which of several readings fit.
#[derive(Debug)]
pub(super) struct Rivals<const N: usize> {
    /// Values that at least one reads.
    pub(super) read: usize,
    /// Values that each reads.
    by: [usize; N],
    /// For each pair how many values were read differently, and the first of them.
    differ: [[(usize, Option<String>); N]; N],
    /// For each the first value that only others read.
    refused: [Option<String>; N],
}

impl<const N: usize> Default for Rivals<N> {
    fn default() -> Self {
        Self {
            read: 0,
            by: [0; N],
            differ: std::array::from_fn(|_| std::array::from_fn(|_| (0, None))),
            refused: std::array::from_fn(|_| None),
        }
    }
}

/// What is certain.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict<T> {
    /// None of the readings.
    Not,
    /// This one.
    Sure(T),
    /// These fit alike, but differ for this value.
    Asked(Vec<T>, String),
    /// Some values call for one, others for another.
    Mixed,
}

impl<const N: usize> Rivals<N> {
    pub(super) fn note(&mut self, text: &str, results: [Option<String>; N]) {
        if results.iter().all(Option::is_none) {
            return;
        }
        self.read += 1;
        for (place, result) in results.iter().enumerate() {
            let Some(result) = result else {
                self.refused[place].get_or_insert_with(|| text.to_owned());
                continue;
            };
            self.by[place] += 1;
            for (other, different) in results.iter().enumerate().skip(place + 1) {
                if different.as_ref().is_some_and(|different| different != result) {
                    let (count, example) = &mut self.differ[place][other];
                    *count += 1;
                    example.get_or_insert_with(|| text.to_owned());
                }
            }
        }
    }

    pub(super) fn verdict<T: Copy>(&self, readings: [T; N], filled: usize) -> Verdict<T> {
        if filled == 0 || self.read * 100 < filled * MOSTLY_PERCENT {
            return Verdict::Not;
        }
        let fit: Vec<usize> = (0..N).filter(|&place| self.by[place] == self.read).collect();
        let Some(&first) = fit.first() else { return Verdict::Mixed };
        let rival = fit.iter().skip(1).find_map(|&other| self.differ[first][other].1.as_ref());
        // Others may differ among themselves only where the first differs from one of them.
        match rival {
            None => Verdict::Sure(readings[first]),
            Some(example) => {
                let told = fit.iter().filter(|&&place| place == first || self.differ[first][place].0 > 0);
                Verdict::Asked(told.map(|&place| readings[place]).collect(), example.clone())
            }
        }
    }

    /// The value that alone decides for a reading which a rival would have taken many others for.
    pub(super) fn outlier(&self, chosen: usize) -> Option<&str> {
        let against = |rival: &usize| {
            let (low, high) = ((*rival).min(chosen), (*rival).max(chosen));
            let decisive = self.read - self.by[*rival];
            decisive > 0 && decisive * OUTLIER_OF <= self.differ[low][high].0
        };
        let rival = (0..N).filter(|rival| *rival != chosen).find(against)?;
        self.refused[rival].as_deref()
    }
}
