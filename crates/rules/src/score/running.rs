//! A contact to whom things keep happening: what its activities gave so far, as of one day, so that another one
//! can be added without looking at those before.
//!
//! Only what comes to the same is added: [`Running::push`] says so where an activity might change what the others
//! gave, or where its place among them matters. Then everything is to be evaluated anew.

use std::collections::HashMap;

use super::cards::Alone;
use super::dimensions::{Dimensions, Found, Overflown, Results, accounts_on};
use super::rule::{self, Matched, Pending, State, inside_from, next_change_of, soonest};
use super::view::{Inputs, Seen};
use super::{Error, Evaluation, Overflow};
use crate::activity::Activity;
use crate::condition::Context;
use crate::day::{Day, Instant};
use crate::decimal::Decimal;
use crate::facts::Facts;
use crate::id::ContactId;
use crate::model::{ActivityRule, ExclusionAt, Kind, Limit, Model, Reward, RuleAt, Subject, Take};

/// What the activities of a contact gave so far.
#[derive(Clone, Debug)]
pub struct Running {
    as_of: Day,
    contact: ContactId,
    /// Of each rule that anything counted for, in their order.
    rules: Vec<(RuleAt, Kept)>,
    /// The first day after the date on which what an activity gives may differ.
    next: Option<Day>,
}

/// What is kept for one rule.
#[derive(Clone, Debug)]
enum Kept {
    Activities(Box<Sums>),
    /// The last day of an activity that ends a silence.
    Silence(Option<Day>),
}

/// What the activities of a rule come to, as sums that cannot overflow.
#[derive(Clone, Debug, Default)]
struct Sums {
    base: i128,
    contribution: i128,
    /// What counts towards a tier.
    reached: i128,
    latest: Option<(Instant, Decimal)>,
    largest: Option<Decimal>,
    /// How much of each limit is used up.
    used: HashMap<(i32, Option<String>), Slot>,
    /// About how many bytes hang on that. It is asked for with every activity, and there may be thousands of them.
    hanging: usize,
}

/// How much of a limit is used up.
#[derive(Clone, Debug)]
struct Slot {
    used: u32,
    /// When the last activity was that counts.
    last: Instant,
    /// What those gave that count, where it is not long ago.
    places: Vec<Place>,
}

/// What an activity gave that counts within a limit.
#[derive(Clone, Debug)]
struct Place {
    at: Instant,
    base: Decimal,
    contribution: Decimal,
    reached: Decimal,
    /// On which day it may give something else.
    next: Option<Day>,
}

/// So many days back it is known what each activity gave within a limit: what comes late is seldom older, and memory
/// is not for everything that ever was.
const LATE_DAYS: i32 = 8;

/// Room within a limit.
enum Room {
    Free,
    None,
    /// That of another, who has to leave.
    Of(Place),
}

/// Why an activity is not simply added.
enum Declined {
    /// It might have to take the place of another.
    Misplaced,
    Overflow(RuleAt, Overflow),
}

/// An activity might have to take the place of another.
struct Misplaced;

impl From<Misplaced> for Declined {
    fn from(_: Misplaced) -> Self {
        Self::Misplaced
    }
}

/// Facts without activities, as much of them as one contact needs.
#[derive(Debug)]
struct Ground<'a> {
    model: &'a Model,
    facts: &'a Facts,
    as_of: Day,
}

impl Running {
    /// What the activities of a contact gave until the date; `None` if it does not exist then.
    ///
    /// # Errors
    ///
    /// If a number leaves the range, with the subject and the place.
    pub fn new(evaluation: &Evaluation<'_>, id: &ContactId) -> Option<Result<Self, Error>> {
        let contact = evaluation.contacts.get(id)?;
        Some(Self::of(evaluation, contact.id, &contact.view.seen, &contact.view.own))
    }

    fn of(evaluation: &Evaluation<'_>, id: &ContactId, all: &[Seen<'_>], own: &Context<'_>) -> Result<Self, Error> {
        let model = evaluation.model();
        let mut running = Self { as_of: evaluation.as_of(), contact: id.clone(), rules: Vec::new(), next: None };
        for seen in all {
            running.add(model, seen, true).map_err(|declined| match declined {
                Declined::Overflow(at, overflow) => overflow.in_rule(own, model.rule(at)),
                Declined::Misplaced => unreachable!("they come in their order"),
            })?;
        }
        Ok(running)
    }

    /// The day as of which it is.
    pub fn as_of(&self) -> Day {
        self.as_of
    }

    /// About how many bytes it takes beside itself.
    pub fn bytes(&self) -> usize {
        // A table is half empty when it has just grown.
        let slots =
            |sums: &Sums| sums.used.capacity() * size_of::<((i32, Option<String>), Slot)>() * 3 / 2 + sums.hanging;
        let kept = |kept: &Kept| match kept {
            Kept::Activities(sums) => size_of::<Sums>() + slots(sums),
            Kept::Silence(_) => 0,
        };
        let rules = self.rules.capacity() * size_of::<(RuleAt, Kept)>();
        rules + self.rules.iter().map(|(_, one)| kept(one)).sum::<usize>()
    }

    fn kept(&self, rule: RuleAt) -> Option<&Kept> {
        let place = self.rules.binary_search_by_key(&rule, |(at, _)| *at).ok()?;
        Some(&self.rules[place].1)
    }

    /// Adds an activity, given the facts without activities; or says that everything has to be evaluated anew, and
    /// is of no more use.
    pub fn push(&mut self, model: &Model, facts: &Facts, activity: &Activity) -> bool {
        let hangs_together = |exclusion: &crate::model::Exclusion| {
            let after = exclusion.after.as_ref();
            after.is_some_and(|after| exclusion.types.cover(&activity.kind) || after.types.cover(&activity.kind))
        };
        if activity.day > self.as_of || model.exclusions.iter().any(hangs_together) {
            return false;
        }
        let ground = Ground { model, facts, as_of: self.as_of };
        let contact = self.contact.clone();
        let Some(seen) = ground.seen(&contact, activity) else { return false };
        self.add(model, &seen, false).is_ok()
    }

    /// Adds an activity; one that comes in its order is after all before.
    fn add(&mut self, model: &Model, seen: &Seen<'_>, is_in_order: bool) -> Result<(), Declined> {
        for (at, rule) in contact_rules(model) {
            match &rule.kind {
                Kind::Inactive { types, .. } => {
                    let kind = &seen.activity.kind;
                    let ends = types.as_ref().map_or_else(|| !model.passive.contains(kind), |types| types.cover(kind));
                    if ends && seen.excluded.is_none() {
                        let Kept::Silence(last) = keep(&mut self.rules, at, || Kept::Silence(None)) else { continue };
                        *last = (*last).max(Some(seen.activity.day));
                    }
                }
                Kind::Activity(rule) if rule.types.cover(&seen.activity.kind) => {
                    let Kept::Activities(sums) = keep(&mut self.rules, at, || Kept::Activities(Box::default())) else {
                        continue;
                    };
                    let next = sums.add(rule, seen, self.as_of, is_in_order)?;
                    let next = next.map_err(|overflow| Declined::Overflow(at, overflow))?;
                    self.next = [self.next, next].into_iter().flatten().min();
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// How the contact stands, given the facts without activities.
    ///
    /// # Errors
    ///
    /// If a number leaves the range; the reference evaluator says where.
    pub fn alone(&self, model: &Model, facts: &Facts) -> Result<Alone<ContactId>, Overflown> {
        let dimensions = Dimensions::new(model, facts, self.as_of);
        let nothing = crate::history::History::default();
        let history = facts.contacts.get(&self.contact).map_or(&nothing, |person| &person.history);
        let own = dimensions.contact(self.contact.as_str(), history);
        let found = Gathered { running: self, model, own: &own.context };
        let mut results = Results::of(model);
        dimensions.results(Subject::Contact, &found, false, &mut results)?;
        let later = contact_rules(model).filter_map(|(at, rule)| match &rule.kind {
            Kind::Since { .. } | Kind::Inactive { .. } => {
                rule::next_by_itself(rule, &own.context, self.last_sign(at), self.as_of)
            }
            _ => None,
        });
        let next = soonest(self.as_of, later.chain(self.next));
        Ok(Alone::of_results(model, Subject::Contact, self.contact.clone(), &results, &own.context, next))
    }

    fn last_sign(&self, rule: RuleAt) -> Option<Day> {
        match self.kept(rule) {
            Some(Kept::Silence(last)) => *last,
            _ => None,
        }
    }
}

fn contact_rules(model: &Model) -> impl Iterator<Item = (RuleAt, &crate::model::Rule)> {
    model.scores_of(Subject::Contact).flat_map(|(at, _)| model.rules_of(at))
}

/// What is kept for a rule, which may be nothing yet.
fn keep(rules: &mut Vec<(RuleAt, Kept)>, rule: RuleAt, nothing: impl FnOnce() -> Kept) -> &mut Kept {
    let place = rules.binary_search_by_key(&rule, |(at, _)| *at).unwrap_or_else(|place| {
        rules.insert(place, (rule, nothing()));
        place
    });
    &mut rules[place].1
}

impl Place {
    fn new(at: Instant) -> Self {
        let nothing = Decimal::ZERO;
        Self { at, base: nothing, contribution: nothing, reached: nothing, next: None }
    }
}

impl Sums {
    /// Adds an activity, and says on which day it may give something else.
    fn add(
        &mut self,
        rule: &ActivityRule,
        seen: &Seen<'_>,
        as_of: Day,
        is_in_order: bool,
    ) -> Result<Result<Option<Day>, Overflow>, Misplaced> {
        if !matches!(rule::matched(rule, seen), Matched::Yes) {
            return Ok(Ok(None));
        }
        let limit = rule.limit.as_ref().map(|limit| (limit, rule::limited(limit, seen)));
        let room = limit.as_ref().map(|(limit, key)| self.room(limit, key, seen, is_in_order)).transpose()?;
        if let Some(Room::None) = room {
            return Ok(Ok(None));
        }
        let day = seen.activity.day;
        let mut place = Place::new(seen.activity.occurred_at);
        match rule::weighed(rule, seen) {
            Ok(Pending { state: State::Waiting(amount), .. }) => {
                if inside_from(rule, as_of).is_none_or(|outside| day > outside) {
                    self.count(rule, (amount, day), as_of, is_in_order, &mut place)?;
                }
                place.next = next_change_of(rule, day, as_of);
            }
            Ok(_) => {}
            Err(overflow) => return Ok(Err(overflow)),
        }
        let next = place.next;
        if let Some(Room::Of(other)) = &room {
            self.take_back(&rule.reward, other, &place)?;
        }
        if let Some((_, key)) = limit
            && let Some(slot) = self.used.get_mut(&key)
            && day >= as_of.back(LATE_DAYS)
        {
            slot.places.push(place);
            self.hanging += size_of::<Place>();
        }
        Ok(Ok(next))
    }

    /// Whether there is room for an activity within the limit. Where there is none, one that comes late has the room of
    /// the last one that counts, if it is known what that gave.
    fn room(
        &mut self,
        limit: &Limit,
        key: &(i32, Option<String>),
        seen: &Seen<'_>,
        is_in_order: bool,
    ) -> Result<Room, Misplaced> {
        let at = seen.activity.occurred_at;
        let slot = self.used.entry(key.clone()).or_insert_with(|| {
            self.hanging += key.1.as_ref().map_or(0, String::len);
            Slot { used: 0, last: at, places: Vec::new() }
        });
        if slot.used < limit.times {
            slot.used += 1;
            slot.last = at.max(slot.last);
            return Ok(Room::Free);
        }
        if is_in_order || at > slot.last {
            return Ok(Room::None);
        }
        let are_all_known = u32::try_from(slot.places.len()) == Ok(slot.used);
        // Which of two of the same moment comes first is not known here.
        let is_last_alone = slot.places.iter().filter(|place| place.at == slot.last).count() == 1;
        let last = slot.places.iter().position(|place| place.at == slot.last);
        let last = last.filter(|_| are_all_known && is_last_alone && at < slot.last).ok_or(Misplaced)?;
        let other = slot.places.swap_remove(last);
        self.hanging -= size_of::<Place>();
        slot.last = slot.places.iter().map(|place| place.at).fold(at, Ord::max);
        Ok(Room::Of(other))
    }

    /// Takes back what another gave whose room is had by one that comes late.
    fn take_back(&mut self, reward: &Reward, other: &Place, place: &Place) -> Result<(), Misplaced> {
        let is_sum = matches!(reward, Reward::Tiers { .. } | Reward::Each { take: Take::Sum, .. });
        // The day on which the other would have given something else is noted for good, and has to be right without it.
        let is_noted = other.next.is_none_or(|next| place.next.is_some_and(|sooner| sooner <= next));
        if !(is_sum && is_noted) {
            return Err(Misplaced);
        }
        self.base -= i128::from(other.base.units());
        self.contribution -= i128::from(other.contribution.units());
        self.reached -= i128::from(other.reached.units());
        Ok(())
    }

    /// Counts what an activity of a day gives. Of one that may come late it is looked at whether its place matters for
    /// what is taken.
    fn count(
        &mut self,
        rule: &ActivityRule,
        (amount, day): (Decimal, Day),
        as_of: Day,
        is_in_order: bool,
        place: &mut Place,
    ) -> Result<(), Misplaced> {
        let Reward::Each { fade, take, .. } = &rule.reward else {
            self.reached += i128::from(amount.units());
            place.reached = amount;
            return Ok(());
        };
        let factor = fade.map_or(crate::fade::Factor::ONE, |fade| fade.factor(day, as_of));
        let (at, contribution) = (place.at, factor.of(amount));
        (place.base, place.contribution) = (amount, contribution);
        let magnitude = |one: Decimal| one.units().unsigned_abs();
        let rivals = |largest: Decimal| magnitude(largest) == magnitude(contribution) && largest != contribution;
        let is_misplaced = match take {
            _ if is_in_order => false,
            Take::Sum => false,
            Take::Latest => self.latest.is_some_and(|(last, _)| last == at),
            Take::Max => self.largest.is_some_and(rivals),
        };
        if is_misplaced {
            return Err(Misplaced);
        }
        self.base += i128::from(amount.units());
        self.contribution += i128::from(contribution.units());
        if self.latest.is_none_or(|(last, _)| last <= at) {
            self.latest = Some((at, contribution));
        }
        if self.largest.is_none_or(|largest| magnitude(contribution) > magnitude(largest)) {
            self.largest = Some(contribution);
        }
        Ok(())
    }

    /// The points before the cap.
    fn points(&self, reward: &Reward) -> Result<Decimal, Overflown> {
        let sum = |units: i128| Decimal::from_sum(units).ok_or(Overflown);
        match reward {
            Reward::Tiers { tiers, .. } => {
                let reached = sum(self.reached)?;
                let tier = tiers.iter().rev().find(|&&(from, _)| from <= reached);
                Ok(tier.map_or(Decimal::ZERO, |&(_, points)| points))
            }
            Reward::Each { take, .. } => {
                let taken = match take {
                    Take::Sum => self.contribution,
                    Take::Latest => self.latest.map_or(0, |(_, latest)| i128::from(latest.units())),
                    Take::Max => self.largest.map_or(0, |largest| i128::from(largest.units())),
                };
                // What the ledger would tell has to be in the range too.
                sum(self.base)?;
                sum(self.base - self.contribution)?;
                sum(self.contribution - taken)?;
                sum(taken)
            }
        }
    }
}

/// What is found of a contact, for the rest of the meaning.
struct Gathered<'r> {
    running: &'r Running,
    model: &'r Model,
    own: &'r Context<'r>,
}

impl Found for Gathered<'_> {
    fn own(&self) -> &Context<'_> {
        self.own
    }

    fn points(&self, _: RuleAt) -> Decimal {
        unreachable!("`summed` is asked instead")
    }

    fn summed(&self, at: RuleAt) -> Result<Decimal, Overflown> {
        let rule = self.model.rule(at);
        let Kind::Activity(kind) = &rule.kind else { return Ok(Decimal::ZERO) };
        // A tier may begin with nothing.
        let total = match self.running.kept(at) {
            Some(Kept::Activities(sums)) => sums.points(&kind.reward)?,
            _ => Sums::default().points(&kind.reward)?,
        };
        let result = rule.cap.map_or(total, |cap| total.within(cap));
        total.minus(result).ok_or(Overflown)?;
        Ok(result)
    }

    fn last_sign(&self, rule: RuleAt) -> Option<Day> {
        self.running.last_sign(rule)
    }

    fn people(&self, _: RuleAt) -> Result<Vec<Decimal>, Overflown> {
        Ok(Vec::new())
    }
}

impl<'a> Ground<'a> {
    /// An activity as rules see it; `None` where nothing is known of its contact.
    fn seen(&self, contact: &'a ContactId, activity: &'a Activity) -> Option<Seen<'a>> {
        let inputs = Inputs { model: self.model, facts: self.facts, as_of: self.as_of };
        let history = &self.facts.contacts.get(contact)?.history;
        let primary = accounts_on(history, self.as_of).first().map(|account| inputs.account(account));
        let own =
            Context { contact: Some(inputs.contact(contact)), account: primary, ..Context::empty(&self.model.zone) };
        let accounts = match &activity.account {
            Some(account) => vec![account],
            None => accounts_on(history, activity.day),
        };
        let account = accounts.first().map(|account| inputs.account(account));
        let context = Context { activity: Some(activity), account, ..own };
        let covers = |exclusion: &crate::model::Exclusion| {
            exclusion.after.is_none()
                && exclusion.types.cover(&activity.kind)
                && exclusion.condition.as_ref().is_none_or(|condition| condition.predicate.holds(&context))
        };
        let excluded = self.model.exclusions.iter().position(covers).map(ExclusionAt);
        Some(Seen { activity, context, accounts, excluded })
    }
}
