//! A contact to whom things keep happening: what its activities gave so far, as of one day, so that another one
//! can be added without looking at those before.
//!
//! Only what comes to the same is added: [`Running::push`] says so where an activity might change what the others
//! gave, or where its place among them matters. Then everything is to be evaluated anew.

use std::collections::{BTreeMap, HashMap};

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
    rules: BTreeMap<RuleAt, Kept>,
    /// The first day after the date on which what an activity gives may differ.
    next: Option<Day>,
}

/// What is kept for one rule.
#[derive(Clone, Debug)]
enum Kept {
    Activities(Sums),
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
    /// How much of each limit is used up, and when the last activity was that did.
    used: HashMap<(i32, Option<String>), (u32, Instant)>,
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
        let mut running = Self { as_of: evaluation.as_of(), contact: id.clone(), rules: BTreeMap::new(), next: None };
        for (at, rule) in contact_rules(model) {
            match &rule.kind {
                Kind::Activity(_) => _ = running.rules.insert(at, Kept::Activities(Sums::default())),
                Kind::Inactive { .. } => _ = running.rules.insert(at, Kept::Silence(None)),
                _ => {}
            }
        }
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

    /// About how many bytes it takes.
    pub fn bytes(&self) -> usize {
        let kept = |kept: &Kept| match kept {
            Kept::Activities(sums) => 160 + sums.used.len() * 64,
            Kept::Silence(_) => 48,
        };
        self.rules.values().map(kept).sum()
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
        let day = seen.activity.day;
        for (&at, kept) in &mut self.rules {
            match (&model.rule(at).kind, kept) {
                (Kind::Inactive { types, .. }, Kept::Silence(last)) => {
                    let kind = &seen.activity.kind;
                    let ends = types.as_ref().map_or_else(|| !model.passive.contains(kind), |types| types.cover(kind));
                    if ends && seen.excluded.is_none() {
                        *last = (*last).max(Some(day));
                    }
                }
                (Kind::Activity(rule), Kept::Activities(sums)) if rule.types.cover(&seen.activity.kind) => {
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
        match self.rules.get(&rule) {
            Some(Kept::Silence(last)) => *last,
            _ => None,
        }
    }
}

fn contact_rules(model: &Model) -> impl Iterator<Item = (RuleAt, &crate::model::Rule)> {
    model.scores_of(Subject::Contact).flat_map(|(at, _)| model.rules_of(at))
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
        if let Some(limit) = &rule.limit
            && self.is_used_up(limit, seen, is_in_order)?
        {
            return Ok(Ok(None));
        }
        let amount = match rule::weighed(rule, seen) {
            Ok(Pending { state: State::Waiting(amount), .. }) => amount,
            Ok(_) => return Ok(Ok(None)),
            Err(overflow) => return Ok(Err(overflow)),
        };
        let day = seen.activity.day;
        if inside_from(rule, as_of).is_none_or(|outside| day > outside) {
            match &rule.reward {
                Reward::Tiers { .. } => self.reached += i128::from(amount.units()),
                Reward::Each { fade, take, .. } => {
                    let factor = fade.map_or(crate::fade::Factor::ONE, |fade| fade.factor(day, as_of));
                    let late = if is_in_order { Take::Sum } else { *take };
                    self.count(amount, factor.of(amount), seen.activity.occurred_at, late)?;
                }
            }
        }
        Ok(Ok(next_change_of(rule, day, as_of)))
    }

    /// Whether the limit is used up for an activity; if not, a place of it is. One that is not after those that count
    /// might take the place of one of them.
    fn is_used_up(&mut self, limit: &Limit, seen: &Seen<'_>, is_in_order: bool) -> Result<bool, Misplaced> {
        let at = seen.activity.occurred_at;
        let (used, last) = self.used.entry(rule::limited(limit, seen)).or_insert((0, at));
        if *used < limit.times {
            *used += 1;
            *last = at.max(*last);
            return Ok(false);
        }
        if is_in_order || at > *last { Ok(true) } else { Err(Misplaced) }
    }

    /// Counts a contribution. Of one that may come late it is looked at whether its place matters for what is taken.
    fn count(&mut self, base: Decimal, contribution: Decimal, at: Instant, late: Take) -> Result<(), Misplaced> {
        let magnitude = |one: Decimal| one.units().unsigned_abs();
        let rivals = |largest: Decimal| magnitude(largest) == magnitude(contribution) && largest != contribution;
        let is_misplaced = match late {
            Take::Sum => false,
            Take::Latest => self.latest.is_some_and(|(last, _)| last == at),
            Take::Max => self.largest.is_some_and(rivals),
        };
        if is_misplaced {
            return Err(Misplaced);
        }
        self.base += i128::from(base.units());
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
        let (Some(Kept::Activities(sums)), Kind::Activity(kind)) = (self.running.rules.get(&at), &rule.kind) else {
            return Ok(Decimal::ZERO);
        };
        let total = sums.points(&kind.reward)?;
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
