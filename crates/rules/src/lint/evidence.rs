//! What facts say about a model: who was asked, what matched, what came of it. Gathered in one walk.

use std::collections::BTreeMap;

use super::overlap::Pair;
use crate::activity::Activity;
use crate::condition::{Name, Space, Unknown};

/// Counts over all that exists on the date.
#[derive(Debug, Default)]
pub(super) struct Evidence<'a> {
    pub(super) contacts: usize,
    /// Whether contacts have rows of their own, and an id that has one.
    pub(super) described: Option<&'a str>,
    /// How many contacts have activities.
    pub(super) acting: usize,
    /// Contacts with activities that no row describes, and how many activities.
    pub(super) strangers: Vec<(&'a str, usize)>,
    pub(super) accounts: usize,
    pub(super) opportunities: usize,
    pub(super) activities: usize,
    /// How many activities of each type.
    pub(super) types: BTreeMap<&'a str, usize>,
    /// For each rule; filled for the kind `activity`.
    pub(super) matches: Vec<Matches>,
    /// For each rule.
    pub(super) results: Vec<Results>,
    /// For each exclusion.
    pub(super) exclusions: Vec<Covered>,
    /// For each score: how its population was asked for.
    pub(super) populations: Vec<Asked>,
    /// For each score: how many are in each band.
    pub(super) bands: Vec<Vec<usize>>,
    /// Activities that both rules of a pair matched.
    pub(super) both: BTreeMap<Pair, Both<'a>>,
    /// How many have each attribute or property.
    pub(super) attributes: BTreeMap<(Space, &'a str), usize>,
    /// How often each text stands under the names that are compared with texts.
    pub(super) texts: BTreeMap<&'a Name, BTreeMap<String, usize>>,
}

/// How often something was asked, and how often the answer was unknown.
#[derive(Debug, Default)]
pub(super) struct Asked {
    pub(super) times: usize,
    pub(super) unknown: usize,
    /// The names for which it was unknown, and how often each.
    pub(super) names: BTreeMap<Name, usize>,
    /// The names with values that would be numbers with a decimal comma: how many, and the first.
    pub(super) commas: BTreeMap<Name, (usize, String)>,
}

impl Asked {
    /// Notes an answer by what was unknown; nothing means that it was known.
    pub(super) fn note(&mut self, unknowns: &[Unknown]) {
        self.times += 1;
        self.unknown += usize::from(!unknowns.is_empty());
        for unknown in unknowns {
            *self.names.entry(unknown.name.clone()).or_default() += 1;
            if let Some(found) = unknown.found.as_deref().filter(|found| has_decimal_comma(found)) {
                let (count, _) = self.commas.entry(unknown.name.clone()).or_insert_with(|| (0, found.to_owned()));
                *count += 1;
            }
        }
    }

    /// The name that was to blame most often, if more than half of the answers were unknown.
    pub(super) fn mostly(&self) -> Option<(&Name, usize)> {
        let blamed = self.names.iter().rev().max_by_key(|(_, count)| **count);
        blamed.map(|(name, &count)| (name, count)).filter(|_| 2 * self.unknown > self.times)
    }
}

/// Whether a text is a number with a decimal comma: `1200,50`, `1.200,5`. `1,200` may as well be a thousand.
fn has_decimal_comma(text: &str) -> bool {
    let Some((whole, decimals)) = text.trim().split_once(',') else { return false };
    let whole = whole.strip_prefix('-').unwrap_or(whole);
    let mut groups = whole.split('.');
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|letter| letter.is_ascii_digit());
    groups.next().is_some_and(digits)
        && groups.all(|group| group.len() == 3 && digits(group))
        && digits(decimals)
        && (decimals.len() != 3 || whole.contains('.'))
}

/// What became of the activities whose type a rule matches.
#[derive(Debug, Default)]
pub(super) struct Matches {
    pub(super) of_type: usize,
    pub(super) excluded: usize,
    pub(super) matched: usize,
    /// Whether those that are not excluded match.
    pub(super) asked: Asked,
}

/// What came of a rule for the subjects of its score.
#[derive(Debug, Default)]
pub(super) struct Results {
    pub(super) subjects: usize,
    /// For how many something counted.
    pub(super) met: usize,
    pub(super) with_points: usize,
    pub(super) at_cap: usize,
    pub(super) outside_window: usize,
    pub(super) over_limit: usize,
    /// Whether its condition, or the start of its periods, is known.
    pub(super) asked: Asked,
    /// Whether the number that multiplies is known.
    pub(super) number: Asked,
}

/// What became of the activities that an exclusion might cover.
#[derive(Debug, Default)]
pub(super) struct Covered {
    pub(super) of_type: usize,
    /// Those for which `where` holds, or which have no such condition to meet.
    pub(super) meeting: usize,
    pub(super) excluded: usize,
    pub(super) asked: Asked,
}

/// Activities that two rules matched.
#[derive(Debug)]
pub(super) struct Both<'a> {
    pub(super) count: usize,
    pub(super) example: &'a Activity,
}

impl Evidence<'_> {
    /// How many have an attribute.
    pub(super) fn having(&self, name: &Name) -> usize {
        self.attributes.get(&(name.space, &*name.id)).copied().unwrap_or_default()
    }

    /// The attributes that there are in a space.
    pub(super) fn attributes_of(&self, space: Space) -> impl Iterator<Item = &str> {
        self.attributes.keys().filter(move |(known, _)| *known == space).map(|(_, id)| *id)
    }

    /// How many there are of what a space is about, and what they are called.
    pub(super) fn holders(&self, space: Space) -> Option<(usize, &'static str)> {
        match space {
            Space::Activity => Some((self.activities, "activity")),
            Space::Contact => Some((self.contacts, "contact")),
            Space::Account => Some((self.accounts, "account")),
            Space::Opportunity => Some((self.opportunities, "opportunity")),
            Space::Score | Space::Band | Space::Percentile | Space::Category => None,
        }
    }
}
