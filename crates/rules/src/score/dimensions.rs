//! For engines that fold activities themselves: everything of the meaning that is not about one
//! activity after the other. Contacts, accounts and opportunities come from facts; what the
//! activities gave, rule by rule, comes from the engine.
//!
//! Nothing here explains anything, and an overflow only says that there is one: the reference
//! evaluator then says where.

use std::collections::HashMap;

use super::cards::{self, Card, Scores};
use super::rollup;
use super::view::{Inputs, NOTHING_KNOWN, attributes_on, number};
use super::{Error, Overflow};
use crate::condition::Context;
use crate::day::Day;
use crate::decimal::Decimal;
use crate::facts::Facts;
use crate::history::History;
use crate::id::{AccountId, ContactId, OpportunityId};
use crate::model::{Attribution, CategoryAt, Form, Kind, Model, Pool, Rule, RuleAt, Score, ScoreAt, Subject};
use crate::value::Attributes;

/// What an engine has found of one subject.
pub trait Found {
    /// What names mean for it.
    fn own(&self) -> &Context<'_>;

    /// What [`Dimensions::by_itself`] says of a rule, where an engine remembers it of an equal subject.
    fn known(&self, _: RuleAt) -> Option<Decimal> {
        None
    }

    /// The points of a rule of the kind `activity`, after its cap.
    fn points(&self, rule: RuleAt) -> Decimal;

    /// The same where it may leave the range.
    ///
    /// # Errors
    ///
    /// If it does.
    fn summed(&self, rule: RuleAt) -> Result<Decimal, Overflown> {
        Ok(self.points(rule))
    }

    /// For a rule of the kind `inactive_for`: the day of the last activity that ends a silence.
    fn last_sign(&self, rule: RuleAt) -> Option<Day>;

    /// For a rule of the kind `rollup`: the final points of the people who count.
    ///
    /// # Errors
    ///
    /// If a number left the range while they were computed.
    fn people(&self, rule: RuleAt) -> Result<Vec<Decimal>, Overflown>;
}

/// A number left the range; the reference evaluator says where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Overflown;

impl From<Overflow> for Overflown {
    fn from(_: Overflow) -> Self {
        Self
    }
}

impl From<Error> for Overflown {
    fn from(_: Error) -> Self {
        Self
    }
}

/// A contact by itself: what names mean for it, and the accounts that it has on the date.
#[derive(Clone, Debug)]
pub struct Own<'a> {
    /// `contact.*`, and `account.*` of the primary account.
    pub context: Context<'a>,
    /// The accounts, the primary one first.
    pub accounts: Vec<&'a AccountId>,
}

/// The results of one subject, before anything that needs everyone.
#[derive(Clone, Debug)]
pub struct Results {
    points: Vec<Option<Decimal>>,
    categories: Vec<Decimal>,
    rules: Vec<Decimal>,
    /// The sum of each category before its bounds.
    sums: Vec<i128>,
}

impl Results {
    /// Room for the results of a model.
    pub fn of(model: &Model) -> Self {
        Self {
            points: vec![None; model.scores.len()],
            categories: vec![Decimal::ZERO; model.categories.len()],
            rules: vec![Decimal::ZERO; model.rules.len()],
            sums: vec![0; model.categories.len()],
        }
    }

    /// The final points of a score; a matrix has none.
    pub fn points(&self, score: ScoreAt) -> Option<Decimal> {
        self.points[score.0]
    }

    /// What a category gives.
    pub fn category(&self, category: CategoryAt) -> Decimal {
        self.categories[category.0]
    }

    /// What a rule gives.
    pub fn rule(&self, rule: RuleAt) -> Decimal {
        self.rules[rule.0]
    }

    fn clear(&mut self) {
        self.points.fill(None);
        self.sums.fill(0);
    }
}

/// One subject, or one pair of a contact and an account.
#[derive(Clone, Copy)]
struct Case<'c> {
    found: &'c dyn Found,
    activities_only: bool,
}

/// No activities and no people.
struct Nothing<'c>(&'c Context<'c>);

impl Found for Nothing<'_> {
    fn own(&self) -> &Context<'_> {
        self.0
    }

    fn points(&self, _: RuleAt) -> Decimal {
        Decimal::ZERO
    }

    fn last_sign(&self, _: RuleAt) -> Option<Day> {
        None
    }

    fn people(&self, _: RuleAt) -> Result<Vec<Decimal>, Overflown> {
        Ok(Vec::new())
    }
}

/// Model, facts without activities, and the date.
#[derive(Clone, Debug)]
pub struct Dimensions<'a> {
    inputs: Inputs<'a>,
    /// The attributes of accounts in force on the date.
    accounts: HashMap<&'a str, &'a Attributes>,
}

impl<'a> Dimensions<'a> {
    /// Takes what is known of accounts and opportunities, and of the contacts of opportunities; all
    /// other contacts are handed over one by one.
    pub fn new(model: &'a Model, facts: &'a Facts, as_of: Day) -> Self {
        let accounts = facts.accounts.iter().map(|(id, history)| (id.as_str(), attributes_on(history, as_of)));
        Self { inputs: Inputs { model, facts, as_of }, accounts: accounts.collect() }
    }

    /// A contact as of the date; an empty history is that of one whom only activities name.
    pub fn contact(&self, id: &'a str, history: &'a History) -> Own<'a> {
        let accounts = accounts_on(history, self.inputs.as_of);
        let account = accounts.first().map(|account| self.account(account.as_str()));
        let attributes = attributes_on(history, self.inputs.as_of);
        let context = Context { contact: Some((id, attributes)), account, ..Context::empty(&self.inputs.model.zone) };
        Own { context, accounts }
    }

    /// What names mean for an account by itself.
    pub fn of_account(&self, id: &'a str) -> Context<'a> {
        Context { account: Some(self.account(id)), ..Context::empty(&self.inputs.model.zone) }
    }

    /// An account and its attributes on the date; one that only others name has none.
    pub fn account(&self, id: &'a str) -> (&'a str, &'a Attributes) {
        (id, self.accounts.get(id).copied().unwrap_or(&NOTHING_KNOWN))
    }

    /// All scores of a subject; for a pair of contact and account `activities_only` leaves out
    /// what is not about activities.
    ///
    /// # Errors
    ///
    /// If a number leaves the range.
    pub fn results(
        &self,
        of: Subject,
        found: &dyn Found,
        activities_only: bool,
        results: &mut Results,
    ) -> Result<(), Overflown> {
        let case = Case { found, activities_only };
        results.clear();
        for (at, _) in self.inputs.model.scores_of(of) {
            self.complete(at, &case, results)?;
        }
        Ok(())
    }

    /// The final points of one score alone, as for a pair of contact and account. `results` is room
    /// to work in.
    ///
    /// # Errors
    ///
    /// If a number leaves the range.
    ///
    /// # Panics
    ///
    /// If the score is a matrix, which no rule rolls up.
    pub fn points(
        &self,
        score: ScoreAt,
        found: &dyn Found,
        activities_only: bool,
        results: &mut Results,
    ) -> Result<Decimal, Overflown> {
        let case = Case { found, activities_only };
        results.clear();
        self.complete(score, &case, results)?;
        Ok(results.points(score).expect("model::rule refuses to roll up a matrix"))
    }

    fn complete(&self, at: ScoreAt, case: &Case<'_>, results: &mut Results) -> Result<(), Overflown> {
        if results.points(at).is_some() {
            return Ok(());
        }
        let model = self.inputs.model;
        let score = model.score(at);
        let sum = match &score.form {
            Form::Matrix(..) => return Ok(()),
            Form::Sum => self.sum(at, case, results)?,
            Form::Combine(parts) => {
                let mut terms = Vec::new();
                for &(part, weight) in parts {
                    self.complete(part, case, results)?;
                    let points = results.points(part).expect("a matrix is refused as a part");
                    terms.push(weight.times(points).ok_or(Overflown)?);
                }
                Decimal::sum(terms).ok_or(Overflown)?
            }
        };
        results.points[at.0] = Some(finished(score, sum)?);
        Ok(())
    }

    fn sum(&self, at: ScoreAt, case: &Case<'_>, results: &mut Results) -> Result<Decimal, Overflown> {
        let model = self.inputs.model;
        let mut all = 0;
        for (rule_at, rule) in model.rules_of(at) {
            let result = self.rule(rule_at, rule, case)?;
            results.rules[rule_at.0] = result;
            let sum = rule.category.map_or(&mut all, |category| &mut results.sums[category.0]);
            *sum += i128::from(result.units());
        }
        for (category, details) in model.categories_of(at) {
            let sum = Decimal::from_sum(results.sums[category.0]).ok_or(Overflown)?;
            let held = details.bounds.hold(sum);
            sum.minus(held).ok_or(Overflown)?;
            results.categories[category.0] = held;
            all += i128::from(held.units());
        }
        Decimal::from_sum(all).ok_or(Overflown)
    }

    /// The result of a rule for a subject without activities and without people, after its cap.
    ///
    /// # Errors
    ///
    /// If a number leaves the range.
    pub fn by_itself(&self, rule: RuleAt, own: &Context<'_>) -> Result<Decimal, Overflown> {
        let case = Case { found: &Nothing(own), activities_only: false };
        self.rule(rule, self.inputs.model.rule(rule), &case)
    }

    /// The result of one rule, after its cap.
    fn rule(&self, at: RuleAt, rule: &Rule, case: &Case<'_>) -> Result<Decimal, Overflown> {
        let &Case { found, activities_only } = case;
        let as_of = self.inputs.as_of;
        let total = match &rule.kind {
            Kind::Activity(_) => return found.summed(at),
            _ if activities_only => Decimal::ZERO,
            _ if let Some(known) = found.known(at) => return Ok(known),
            Kind::When { condition, points, multiply_by } => match condition.predicate.holds(found.own()) {
                true => multiplied(*points, multiply_by.as_ref(), found.own())?,
                false => Decimal::ZERO,
            },
            Kind::Cases { cases, multiply_by } => {
                match cases.iter().find(|case| case.condition.predicate.holds(found.own())) {
                    Some(case) => multiplied(case.points, multiply_by.as_ref(), found.own())?,
                    None => Decimal::ZERO,
                }
            }
            Kind::Since { name, every, points } => {
                let own = found.own();
                let start = own.value(name).and_then(|value| value.day(own.zone));
                super::rule::whole_times(*points, start.map_or(0, |start| every.elapsed(start, as_of)))?
            }
            Kind::Inactive { period, points, repeat, .. } => {
                let since = super::rule::silence(found.last_sign(at), || found.own());
                super::rule::silence_points(since, *period, *points, *repeat, rule.cap, as_of)?.1
            }
            Kind::Rollup { take, points, .. } => self.rolled_up(take, *points, found.own(), found.people(at)?)?,
        };
        let result = rule.cap.map_or(total, |cap| total.within(cap));
        total.minus(result).ok_or(Overflown)?;
        Ok(result)
    }

    fn rolled_up(
        &self,
        take: &Pool,
        points: Decimal,
        own: &Context<'_>,
        people: Vec<Decimal>,
    ) -> Result<Decimal, Overflown> {
        // Read even where there are no people: a divisor beyond the range is an error in any case.
        let divisor = rollup::divisor(take, own).transpose()?;
        let divisor = match divisor {
            None => None,
            Some(Ok(divisor)) if divisor != Decimal::ZERO => Some(divisor),
            Some(_) => return Ok(Decimal::ZERO),
        };
        if people.is_empty() {
            return Ok(Decimal::ZERO);
        }
        let pooled = rollup::pool(take, people, divisor).ok_or(Overflown)?;
        pooled.times(points).ok_or(Overflown)
    }

    /// The first day after the date on which a rule about silence or about staying may give something else; `last` is
    /// the day of the last activity that ends the silence.
    pub fn next_by_itself(&self, rule: RuleAt, own: &Context<'_>, last: Option<Day>) -> Option<Day> {
        super::rule::next_by_itself(self.inputs.model.rule(rule), own, last, self.inputs.as_of)
    }

    /// Whether a contact counts for a roll-up of an account by the rule's `where`.
    pub fn is_wanted(&self, rule: RuleAt, own: &Own<'_>, account: &'a str) -> bool {
        let Kind::Rollup { people, .. } = &self.inputs.model.rule(rule).kind else { return false };
        // The primary account is known already.
        let known = own.context.account.filter(|(known, _)| *known == account);
        let account = Some(known.unwrap_or_else(|| self.account(account)));
        let context = Context { account, ..own.context };
        people.as_ref().is_none_or(|people| people.predicate.holds(&context))
    }

    /// Whether a roll-up counts only what belongs to the account.
    pub fn is_at_time(&self, rule: RuleAt) -> bool {
        matches!(self.inputs.model.rule(rule).kind, Kind::Rollup { attribution: Attribution::AtTime, .. })
    }

    /// Opportunities, over the results of their contacts and accounts; both lists are in the byte
    /// order of ids.
    ///
    /// # Errors
    ///
    /// If a number leaves the range.
    pub fn opportunities(
        &self,
        contacts: Vec<Card<ContactId>>,
        accounts: Vec<Card<AccountId>>,
    ) -> Result<Vec<Card<OpportunityId>>, Overflown> {
        let mut scores = Scores { contacts, accounts, opportunities: Vec::new() };
        cards::opportunities(self.inputs, &mut scores, &|| {})?;
        Ok(scores.opportunities)
    }
}

/// The accounts that a contact has on a day, the primary one first.
pub fn accounts_on(history: &History, day: Day) -> Vec<&AccountId> {
    let mut accounts: Vec<&AccountId> = Vec::new();
    for account in history.on(day).into_iter().flat_map(|row| row.accounts_on(day)) {
        if !accounts.contains(&account) {
            accounts.push(account);
        }
    }
    accounts
}

fn multiplied(
    points: Decimal,
    multiply_by: Option<&crate::condition::Name>,
    own: &Context<'_>,
) -> Result<Decimal, Overflown> {
    let Some(name) = multiply_by else { return Ok(points) };
    match number(name, own)? {
        Ok(factor) => points.times(factor).ok_or(Overflown),
        Err(_) => Ok(Decimal::ZERO),
    }
}

/// Bounds, and the one rounding.
fn finished(score: &Score, sum: Decimal) -> Result<Decimal, Overflown> {
    let held = score.bounds.hold(sum);
    let points = held.round_to(score.decimals).ok_or(Overflown)?;
    sum.minus(held).ok_or(Overflown)?;
    held.minus(points).ok_or(Overflown)?;
    Ok(points)
}
