//! From which band to which: the table of crossings, and which way is up.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use rules::model::{Form, Score};
use rules::score::Outcome;

/// How many went from each band to each; `None` is no band.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Crossings {
    /// Of the old model, the highest first: the rows.
    pub(crate) old: Vec<Option<String>>,
    /// Of the new model, the highest first: the columns.
    pub(crate) new: Vec<Option<String>>,
    pub(crate) counts: Vec<Vec<usize>>,
}

impl Crossings {
    /// Of everyone with both results.
    pub(crate) fn of<'o>(was: &Score, is: &Score, both: impl Iterator<Item = (&'o Outcome, &'o Outcome)>) -> Self {
        let pairs: Vec<_> = both.map(|(old, new)| (old.band.as_deref(), new.band.as_deref())).collect();
        let old = names(was, pairs.iter().map(|(old, _)| *old));
        let new = names(is, pairs.iter().map(|(_, new)| *new));
        let mut counts = vec![vec![0; new.len()]; old.len()];
        for (from, to) in pairs {
            let place =
                |names: &[Option<String>], band: Option<&str>| names.iter().position(|name| name.as_deref() == band);
            if let Some((row, column)) = place(&old, from).zip(place(&new, to)) {
                counts[row][column] += 1;
            }
        }
        Self { old, new, counts }
    }

    /// Whether there are bands at all.
    pub(crate) fn any(&self) -> bool {
        self.old.iter().chain(&self.new).any(Option::is_some)
    }
}

/// All bands of a score from the highest, of a matrix the labels that occur, and no band where
/// somebody has none.
fn names<'o>(score: &Score, found: impl Iterator<Item = Option<&'o str>>) -> Vec<Option<String>> {
    let found: BTreeSet<_> = found.collect();
    let mut names: Vec<&str> = match score.form {
        Form::Matrix(..) => found.iter().copied().flatten().collect(),
        Form::Sum | Form::Combine(_) => score.bands.iter().rev().map(|band| band.name.as_str()).collect(),
    };
    if matches!(score.form, Form::Matrix(..)) {
        names.sort_by_key(|label| coordinates(label));
    }
    let none = found.contains(&None).then_some(None);
    names.into_iter().map(|name| Some(name.to_owned())).chain(none).collect()
}

/// Whether a change of band is up or down; `None` where neither model knows both bands.
pub(super) fn direction(old: (&Score, Option<&str>), new: (&Score, Option<&str>)) -> Option<Ordering> {
    let ((was, from), (is, to)) = (old, new);
    let (from, to) = from.zip(to)?;
    if let (Form::Matrix(..), Form::Matrix(..)) = (&was.form, &is.form) {
        return grade(coordinates(from)?, coordinates(to)?);
    }
    let place = |score: &Score, name: &str| score.bands.iter().position(|band| band.name == name);
    let by = |score| Some(place(score, to)?.cmp(&place(score, from)?));
    by(is).or_else(|| by(was))
}

/// A label of a matrix as its places from the top.
fn coordinates(label: &str) -> Option<(char, u32)> {
    let letter = label.chars().next()?;
    Some((letter, label[letter.len_utf8()..].parse().ok()?))
}

/// Better on one side and no worse on the other is up; A1 is the best.
fn grade(from: (char, u32), to: (char, u32)) -> Option<Ordering> {
    let (letters, digits) = (from.0.cmp(&to.0), from.1.cmp(&to.1));
    match (letters, digits) {
        (Ordering::Equal, one) | (one, Ordering::Equal) => Some(one),
        (one, other) => (one == other).then_some(one),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rules::model::Model;

    #[test]
    fn up_and_down_are_told_by_the_model_that_knows_both_bands() {
        let model = |bands: &str| Model::parse(&format!("[score.s]\nbands = {{ {bands} }}")).unwrap();
        let (old, new) = (model("Low = 0, Middle = 5, High = 9"), model("Low = 0, High = 5, Top = 9"));
        let (was, is) = (&old.scores[0], &new.scores[0]);
        let cases = [
            ("Low", "Top", Some(Ordering::Greater)),
            ("High", "Low", Some(Ordering::Less)),
            ("Middle", "Low", Some(Ordering::Less)),
            ("Middle", "Top", None),
        ];
        for (from, to, expected) in cases {
            assert_eq!(direction((was, Some(from)), (is, Some(to))), expected, "{from} to {to}");
        }
        assert_eq!(direction((was, None), (is, Some("Low"))), None);
    }

    #[test]
    fn a_label_is_better_if_no_half_is_worse() {
        let cases = [
            ("B2", "A2", Some(Ordering::Greater)),
            ("B2", "A1", Some(Ordering::Greater)),
            ("A9", "A10", Some(Ordering::Less)),
            ("A2", "B1", None),
        ];
        for (from, to, expected) in cases {
            assert_eq!(grade(coordinates(from).unwrap(), coordinates(to).unwrap()), expected, "{from} to {to}");
        }
    }
}
