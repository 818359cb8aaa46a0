//! Trying it out: courses of action against the evaluator, the fewest activities first.

use std::collections::{BTreeMap, BTreeSet};

use super::course::{self, Course, Payer};
use super::{Advice, COUNT_MAX, Way, activity_rules};
use crate::activity::Activity;
use crate::band;
use crate::condition::Finding;
use crate::day::Day;
use crate::decimal::Decimal;
use crate::facts::{Facts, Person};
use crate::forecast;
use crate::id::{AccountId, ContactId};
use crate::ledger::{Basis, Ledger, RuleEntry};
use crate::model::{Band, Kind, Model, RuleAt, ScoreAt};
use crate::score::{Evaluation, Prepared};

/// What is to be reached.
#[derive(Clone, Copy, Debug)]
pub(super) struct Goal {
    pub(super) score: ScoreAt,
    /// This band or a higher one.
    pub(super) band: usize,
    /// On this day, everything being done before; on the day of the last activity if absent.
    pub(super) on: Option<Day>,
}

/// A search for ways of one contact.
pub(super) struct Search<'a> {
    model: &'a Model,
    goal: Goal,
    as_of: Day,
    /// The contact as it is.
    prepared: Prepared<'a>,
    /// The same, looked at on later days.
    waiting: BTreeMap<Day, Option<Standing>>,
    alone: Alone,
    rules: Vec<RuleAt>,
    courses: Vec<Course>,
    /// The most points found that do not suffice.
    most: Option<(Decimal, Course, usize)>,
}

/// A score on a day, and what each rule gives.
struct Standing {
    points: Decimal,
    rules: BTreeMap<RuleAt, Decimal>,
}

/// What came of a trial.
enum Attempt {
    Reached(Box<Way>),
    Short,
    /// The limit leaves no room for so many in time.
    NoRoom,
}

impl<'a> Search<'a> {
    pub(super) fn new(
        advice: &Advice<'_, 'a>,
        id: &ContactId,
        goal: Goal,
        prepared: Prepared<'a>,
        ledgers: &[Ledger<'a>],
    ) -> Self {
        let (model, as_of) = (advice.evaluation.model(), advice.evaluation.as_of());
        let alone = Alone::new(advice.evaluation.facts(), id, as_of);
        let rules = activity_rules(model, goal.score);
        let waiting = BTreeMap::new();
        let mut search = Self { model, goal, as_of, prepared, waiting, alone, rules, courses: Vec::new(), most: None };
        let last = goal.on.map_or_else(Day::last, |day| day.plus_days(-1).unwrap_or(day));
        for at in search.rules.clone() {
            let (Some(entry), Kind::Activity(rule)) = (entry_of(ledgers, at), &model.rule(at).kind) else { continue };
            let payer = Payer { rule, entry };
            let blank = |activity: &Activity| Activity { contact: id.clone(), id: None, ..activity.clone() };
            let elsewhere = |activity: &Activity| Activity { account: None, ..blank(activity) };
            // As the contact did last, as others do, as the rule describes it: the first that counts.
            let templates = payer.own().map(blank).into_iter();
            let templates = templates.chain(std::iter::once_with(|| advice.example(at).map(elsewhere)).flatten());
            let templates = templates.chain(std::iter::once_with(|| course::described(rule, id, as_of)).flatten());
            let mut courses = templates.flat_map(|template| payer.courses(&template, &model.zone, (as_of, last)));
            let counting = courses.find(|course| search.counts(course));
            search.courses.extend(counting);
        }
        search
    }

    /// Whether one more activity counts under the rule.
    fn counts(&mut self, course: &Course) -> bool {
        let Some(activities) = course.activities(1, &self.model.zone) else { return false };
        let score = self.model.rule(course.rule).score;
        let found = self.alone.with(self.model, &activities, |prepared, day| {
            let ledgers = prepared.ledgers_behind(score, day).ok()?;
            let (Basis::Activities(lines) | Basis::Tiers { lines, .. }) = &entry_of(&ledgers, course.rule)?.basis
            else {
                return None;
            };
            Some(lines.iter().any(|line| line.fate.counts() && *line.activity == activities[0]))
        });
        found == Some(true)
    }

    /// At most so many ways, the fewest activities first.
    pub(super) fn ways(&mut self, wanted: usize) -> Vec<Way> {
        let mut ways: Vec<Way> = Vec::new();
        let mut open = std::mem::take(&mut self.courses);
        for count in 1..=COUNT_MAX {
            let mut left = Vec::new();
            for course in open {
                match self.attempt(&course, count) {
                    // Two rules may look at the very same activities: those that suffice are told once.
                    Attempt::Reached(way) if ways.iter().any(|known| known.is_like(&way)) => {}
                    Attempt::Reached(way) => ways.push(*way),
                    Attempt::Short => left.push(course),
                    Attempt::NoRoom => {}
                }
                if ways.len() == wanted {
                    return ways;
                }
            }
            open = left;
        }
        ways
    }

    /// The way that brings the most points, if any brings more than there are, though it does not suffice.
    pub(super) fn most(&mut self) -> Option<Way> {
        let (_, course, count) = self.most.take()?;
        let activities = course.activities(count, &self.model.zone)?;
        self.way(&course, activities, true)
    }

    fn attempt(&mut self, course: &Course, count: usize) -> Attempt {
        let Some(activities) = course.activities(count, &self.model.zone) else { return Attempt::NoRoom };
        let Some(mut way) = self.way(course, activities, false) else { return Attempt::Short };
        let Some(now) = self.waiting_on(self.as_of).map(|now| now.points) else { return Attempt::Short };
        let Some(waiting) = self.waiting_on(way.day).map(|waiting| waiting.points) else { return Attempt::Short };
        // What time brings by itself is not brought by activities.
        if self.suffices(waiting) {
            return Attempt::Short;
        }
        if self.suffices(way.points) {
            way.enough = if count == 1 { self.enough(course) } else { None };
            return Attempt::Reached(Box::new(way));
        }
        let least = self.most.as_ref().map_or(now.max(waiting), |(points, ..)| *points);
        if way.points > least {
            self.most = Some((way.points, course.clone(), count));
        }
        Attempt::Short
    }

    fn suffices(&self, points: Decimal) -> bool {
        band::reached(&self.model.score(self.goal.score).bands, points) >= Some(self.goal.band)
    }

    /// A whole number below the assumed one that is enough for a single activity, while one less is not:
    /// sought by halving, since more is seldom worth less.
    fn enough(&mut self, course: &Course) -> Option<Finding> {
        let name = course::number_of(self.model, &self.rules, course)?;
        let assumed = course::read(self.model, course, &name)?;
        let whole = Decimal::ONE.units();
        let top = assumed.units() / whole + i64::from(assumed.units() % whole > 0);
        let (mut short, mut enough) = (0, top);
        while enough - short > 1 {
            let middle = short + (enough - short) / 2;
            let tried = Decimal::from_whole(middle).map(|number| course.with(&name, number));
            if tried.is_some_and(|course| self.leads(&course)) {
                enough = middle;
            } else {
                short = middle;
            }
        }
        let found = Decimal::from_whole(enough).filter(|number| *number < assumed && enough > 0)?;
        Some(Finding { name, found: Some(found.to_string()) })
    }

    /// Whether one activity of a course suffices.
    fn leads(&mut self, course: &Course) -> bool {
        let Some(activities) = course.activities(1, &self.model.zone) else { return false };
        let Goal { score, on, .. } = self.goal;
        let points = self.alone.with(self.model, &activities, |prepared, last| {
            Some(prepared.ledgers_behind(score, on.unwrap_or(last)).ok()?.last()?.points)
        });
        points.is_some_and(|points| self.suffices(points))
    }

    /// The score as it will be on a day without any further activity.
    fn waiting_on(&mut self, day: Day) -> Option<&Standing> {
        let stand = || Standing::of(&self.prepared.ledgers_behind(self.goal.score, day).ok()?);
        self.waiting.entry(day).or_insert_with(stand).as_ref()
    }

    /// What comes of activities. How long the band holds is told where it is the one aimed at, or if asked
    /// for. `None` if a number leaves the range.
    fn way(&mut self, course: &Course, activities: Vec<Activity>, hold: bool) -> Option<Way> {
        let (goal, until) = (self.goal, forecast::horizon(self.as_of));
        let bands = &self.model.score(goal.score).bands;
        let (day, with, band, until) = self.alone.with(self.model, &activities, |prepared, last| {
            let day = goal.on.unwrap_or(last);
            let with = Standing::of(&prepared.ledgers_behind(goal.score, day).ok()?)?;
            let reached = band::reached(bands, with.points)?;
            let band = if goal.on.is_some() { goal.band } else { reached };
            let hold = hold || reached >= goal.band;
            let until = if hold { held(prepared, goal.score, bands, band, day, until)? } else { None };
            Some((day, with, band, until))
        })?;
        let paid_by = with.paid_beyond(self.waiting_on(day)?, course.rule);
        let assumed = course::assumed(self.model, &self.rules, course);
        let (rule, each_another, points) = (course.rule, course.each_another.clone(), with.points);
        Some(Way { rule, paid_by, activities, each_another, assumed, enough: None, day, points, band, until })
    }
}

impl Standing {
    fn of(ledgers: &[Ledger<'_>]) -> Option<Self> {
        let points = ledgers.last()?.points;
        let entries = ledgers.iter().flat_map(|ledger| &ledger.categories).flat_map(|category| &category.rules);
        Some(Self { points, rules: entries.map(|entry| (entry.rule, entry.result)).collect() })
    }

    /// The rule that gives more than it would without the activities: the one that they were tried for or,
    /// where it does not, the one that gives the most more.
    fn paid_beyond(&self, without: &Self, own: RuleAt) -> Option<RuleAt> {
        let more = |(at, with): (&RuleAt, &Decimal)| {
            let more = i128::from(with.units()) - i128::from(without.rules.get(at)?.units());
            (more > 0).then_some((*at == own, more, std::cmp::Reverse(*at)))
        };
        self.rules.iter().filter_map(more).max().map(|(.., at)| at.0)
    }
}

/// The last day from `day` on which a score is still in a band or a higher one; nothing within if that is
/// so up to `until`.
#[expect(clippy::option_option, reason = "the outer one is a number that leaves the range")]
fn held(
    prepared: &Prepared<'_>,
    score: ScoreAt,
    bands: &[Band],
    place: usize,
    day: Day,
    until: Day,
) -> Option<Option<Day>> {
    let mut next = Some(day);
    while let Some(today) = next.filter(|today| *today <= until) {
        let points = prepared.ledgers_behind(score, today).ok()?.last()?.points;
        if band::reached(bands, points) < Some(place) {
            return Some(today.plus_days(-1));
        }
        next = prepared.next_change(today);
    }
    Some(None)
}

/// The entry of a rule, wherever it stands.
fn entry_of<'l, 'a>(ledgers: &'l [Ledger<'a>], rule: RuleAt) -> Option<&'l RuleEntry<'a>> {
    let mut entries = ledgers.iter().flat_map(|ledger| &ledger.categories).flat_map(|category| &category.rules);
    entries.find(|entry| entry.rule == rule)
}

/// What is known of one contact by the as-of date, apart from everybody else.
struct Alone {
    id: ContactId,
    facts: Facts,
}

impl Alone {
    fn new(facts: &Facts, id: &ContactId, as_of: Day) -> Self {
        let known = facts.contacts.get(id);
        let history = known.map(|person| person.history.known_by(as_of)).unwrap_or_default();
        let activities = known.map_or(&[][..], |person| &person.activities);
        let activities: Vec<_> = activities.iter().filter(|activity| activity.day <= as_of).cloned().collect();
        let listed = history.rows().iter().flat_map(|row| &row.accounts).map(|membership| &membership.account);
        let named = listed.chain(activities.iter().filter_map(|activity| activity.account.as_ref()));
        let named: BTreeSet<&AccountId> = named.collect();
        let accounts = named.into_iter().filter_map(|id| Some((id.clone(), facts.accounts.get(id)?.known_by(as_of))));
        let accounts = accounts.collect();
        let contacts = BTreeMap::from([(id.clone(), Person { history, activities, duplicates: Vec::new() })]);
        Self { id: id.clone(), facts: Facts { contacts, accounts, ..Facts::default() } }
    }

    /// Looks at the contact as it would be with further activities, as of the day of the last of them.
    fn with<T>(
        &mut self,
        model: &Model,
        further: &[Activity],
        look: impl FnOnce(&Prepared<'_>, Day) -> Option<T>,
    ) -> Option<T> {
        let day = further.last()?.day;
        let person = self.facts.contacts.get_mut(&self.id)?;
        let mut places = Vec::new();
        for activity in further {
            let place = person.activities.partition_point(|known| known.order(activity).is_le());
            person.activities.insert(place, activity.clone());
            places.push(place);
        }
        let prepared = Evaluation::new(model, &self.facts, day).prepared(&self.id);
        let seen = prepared.and_then(Result::ok).and_then(|prepared| look(&prepared, day));
        let person = self.facts.contacts.get_mut(&self.id)?;
        places.into_iter().rev().for_each(|place| drop(person.activities.remove(place)));
        seen
    }
}
