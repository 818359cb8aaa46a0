//! The activities of one contact as rules see them: each identity once, in order, exclusions decided.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::HashMap;

use foldhash::fast::FixedState;
use rules::condition::{Context, Truth};
use rules::id::AccountId;

use super::Problem;
use super::feed::activity_of;
use super::meaning::Meaning;
use super::person::Person;
use super::plan::{Plan, Residual};
use super::row::{Cell, Lane, Reader};

/// A row with the begin of its tail.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seen<'t> {
    pub(super) meaning: &'t Meaning,
    pub(super) age: i32,
    pub(super) tail: Reader<'t>,
    pub(super) excluded: bool,
    pub(super) accounts: Accounts,
}

/// The accounts that an activity belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Accounts {
    /// Nobody asks.
    Unasked,
    /// The one that it names.
    Named,
    /// Those of its contact on its day: a place among the contact's lists.
    Of(usize),
}

impl<'t> Seen<'t> {
    pub(super) fn find(&self, lane: Lane) -> Option<Reader<'t>> {
        self.tail.find(&self.meaning.lanes, lane)
    }

    fn cell(&self, lane: Lane) -> Cell<'t> {
        self.find(lane).map_or(Cell::Missing, |mut reader| reader.cell())
    }

    /// When it was, where that is kept.
    pub(super) fn micros(&self) -> Option<i64> {
        self.find(Lane::Micros).map(|mut reader| reader.long())
    }

    /// The account that it names.
    pub(super) fn account(&self) -> Option<&'t str> {
        self.cell(Lane::Account).as_text()
    }

    pub(super) fn column(&self, column: usize) -> Cell<'t> {
        self.cell(Lane::Cell(column))
    }

    /// All that is kept of it beside its head.
    pub(super) fn said(&self) -> &'t [u8] {
        let mut end = self.tail;
        self.meaning.lanes.iter().for_each(|&lane| end.skip(lane));
        &self.tail.0[..self.tail.0.len() - end.0.len()]
    }

    fn canonical(&self) -> Option<&'t str> {
        self.cell(Lane::Canonical).as_text()
    }

    /// Whether it says the same as another row in everything that is kept.
    fn says_the_same(&self, other: &Self) -> bool {
        self.meaning == other.meaning && self.said() == other.said()
    }
}

/// Sets duplicates aside and puts in order what has an order.
pub(super) struct Sorter<'k, 'm> {
    pub(super) plan: &'k Plan<'m>,
    pub(super) whole: bool,
}

impl Sorter<'_, '_> {
    /// Of several rows with one identity the first by time, then by canonical JSON, is kept.
    pub(super) fn set_duplicates_aside(&self, all: &mut Vec<Seen<'_>>) -> Result<(), Problem> {
        let mut kept: HashMap<(Option<&str>, &str), usize, FixedState> = HashMap::default();
        let mut unique = 0;
        for place in 0..all.len() {
            let one = all[place];
            let Some(id) = one.cell(Lane::Id).as_text() else {
                all[unique] = one;
                unique += 1;
                continue;
            };
            let known = *kept.entry((one.cell(Lane::Source).as_text(), id)).or_insert(unique);
            if known == unique {
                all[unique] = one;
                unique += 1;
            } else if one.micros().cmp(&all[known].micros()).then(self.canonical_order(&one, &all[known])?).is_lt() {
                all[known] = one;
            }
        }
        all.truncate(unique);
        Ok(())
    }

    /// The order of two rows of one identity and moment.
    fn canonical_order(&self, one: &Seen<'_>, other: &Seen<'_>) -> Result<Ordering, Problem> {
        if one.micros() != other.micros() || one.says_the_same(other) {
            return Ok(Ordering::Equal);
        }
        if self.whole { Ok(one.canonical().cmp(&other.canonical())) } else { Err(Problem::Order) }
    }

    /// Puts those in order that have one; all others stay where they are, which is as good as anywhere.
    pub(super) fn sort(&self, all: &mut [Seen<'_>], room: &mut Vec<(i64, usize)>) -> Result<(), Problem> {
        room.clear();
        let timed = all.iter().enumerate().filter(|(_, seen)| seen.meaning.timed);
        room.extend(timed.filter_map(|(place, seen)| Some((seen.micros()?, place))));
        let by_columns = |one: &Seen<'_>, other: &Seen<'_>| {
            let by_identity = by_identity(one, other);
            if self.whole { by_identity.then_with(|| one.canonical().cmp(&other.canonical())) } else { by_identity }
        };
        let order = |one: &(i64, usize), other: &(i64, usize)| {
            one.0.cmp(&other.0).then_with(|| by_columns(&all[one.1], &all[other.1]))
        };
        if !room.is_sorted_by(|one, other| order(one, other).is_le()) {
            let places: Vec<usize> = room.iter().map(|(_, place)| *place).collect();
            room.sort_by(order);
            let sorted: Vec<Seen<'_>> = room.iter().map(|(_, place)| all[*place]).collect();
            places.iter().zip(sorted).for_each(|(place, seen)| all[*place] = seen);
            room.iter_mut().zip(places).for_each(|((_, known), place)| *known = place);
        }
        if self.whole { Ok(()) } else { self.decided(all, room) }
    }

    /// Of rows that nothing which was kept puts in order, none are seen by one rule to which order matters.
    fn decided(&self, all: &[Seen<'_>], timed: &[(i64, usize)]) -> Result<(), Problem> {
        let alike = |one: &(i64, usize), other: &(i64, usize)| {
            one.0 == other.0 && by_identity(&all[one.1], &all[other.1]).is_eq()
        };
        for tied in timed.chunk_by(alike).filter(|tied| tied.len() > 1) {
            let mut first: HashMap<usize, usize, FixedState> = HashMap::default();
            for &(_, place) in tied {
                let rules = all[place].meaning.rules.iter().filter(|rule| self.plan.rules[**rule].order_matters);
                for &rule in rules {
                    let known = *first.entry(rule).or_insert(place);
                    if !all[known].says_the_same(&all[place]) {
                        return Err(Problem::Order);
                    }
                }
            }
        }
        Ok(())
    }
}

fn by_identity(one: &Seen<'_>, other: &Seen<'_>) -> Ordering {
    let source = |seen: &Seen<'_>| seen.cell(Lane::Source).text().map(Cow::into_owned);
    let (one_id, other_id) = (one.cell(Lane::Id).as_text(), other.cell(Lane::Id).as_text());
    let by_source = source(one).cmp(&source(other));
    by_source.then_with(|| one_id.is_none().cmp(&other_id.is_none())).then_with(|| one_id.cmp(&other_id))
}

/// Whose activities are looked at, for conditions that ask.
pub(super) struct Whose<'w, 'c> {
    pub(super) person: &'c Person<'c>,
    /// The accounts that the contact has had, for [`Accounts::Of`].
    pub(super) lists: &'w [Vec<&'c AccountId>],
}

impl<'w, 'c> Whose<'w, 'c> {
    /// The accounts that an activity belongs to, the first one first.
    pub(super) fn accounts(&self, seen: &Seen<'c>) -> impl Iterator<Item = &'c str> + use<'w, 'c> {
        let (named, list): (Option<&'c str>, &'w [&'c AccountId]) = match seen.accounts {
            Accounts::Unasked => (None, &[]),
            Accounts::Named => (seen.account(), &[]),
            Accounts::Of(place) => (None, &self.lists[place]),
        };
        named.into_iter().chain(list.iter().map(|account| account.as_str()))
    }
}

/// What a condition part was found to be for the contact at hand, where only the contact decides.
#[derive(Debug)]
pub(super) struct OfContact(Vec<Option<bool>>);

impl OfContact {
    pub(super) fn new(plan: &Plan<'_>) -> Self {
        Self(vec![None; plan.tests.len()])
    }

    pub(super) fn clear(&mut self) {
        self.0.fill(None);
    }

    /// Whether what is left of conditions is true: the parts that look at the contact or an account.
    pub(super) fn hold<'c>(
        &mut self,
        plan: &Plan<'_>,
        tests: &[usize],
        seen: &Seen<'c>,
        whose: &Whose<'_, 'c>,
    ) -> bool {
        tests.iter().all(|&place| {
            let test = &plan.tests[place];
            if test.residual == Residual::None {
                return true;
            }
            let alone = test.residual == Residual::Contact && test.columns.is_empty();
            if let (true, Some(known)) = (alone, self.0[place]) {
                return known;
            }
            let name = |column: usize| &*plan.columns[column].name.id;
            let values = test.columns.iter().map(|&column| (name(column), seen.column(column).value()));
            let activity = activity_of(values);
            let account = whose.accounts(seen).next().map(|account| whose.person.account(account));
            let context = Context { activity: Some(&activity), account, ..whose.person.own().context };
            let found = test.predicate.evaluate(&context) == Truth::True;
            if alone {
                self.0[place] = Some(found);
            }
            found
        })
    }
}

/// Where the earlier activities of an exclusion stand, by their shared text.
#[derive(Debug, Default)]
pub(super) struct Earlier {
    /// The last moment before the one at hand, the moment at hand and how many there are of it.
    by_text: HashMap<Box<str>, (Option<i64>, i64, u32), FixedState>,
}

impl Earlier {
    pub(super) fn clear(&mut self) {
        self.by_text.clear();
    }

    /// An earlier activity: they come in order of time.
    pub(super) fn add(&mut self, text: &str, micros: i64) {
        match self.by_text.get_mut(text) {
            Some((_, at, count)) if *at == micros => *count += 1,
            Some((before, at, count)) => (*before, *at, *count) = (Some(*at), micros, 1),
            None => _ = self.by_text.insert(text.into(), (None, micros, 1)),
        }
    }

    /// Whether one precedes an activity of a moment, all of that moment having been added. `itself` is
    /// among them if it may be an earlier activity too.
    pub(super) fn precedes(&self, text: &str, micros: i64, itself: bool, within: Option<i64>) -> bool {
        let Some(&(before, at, count)) = self.by_text.get(text) else { return false };
        let beside = if at == micros { count - u32::from(itself) } else { 0 };
        let last = if at == micros { before } else { Some(at) };
        let near = |last: i64| {
            let distance = i128::from(micros) - i128::from(last);
            within.is_none_or(|within| distance <= i128::from(within))
        };
        beside > 0 || last.is_some_and(near)
    }
}
