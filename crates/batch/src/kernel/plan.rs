//! What a model wants to know of activities: which columns, which rules for which type, and which
//! conditions can be decided without looking at a contact.

use std::collections::BTreeSet;

use rules::condition::{Name, Predicate, Space};
use rules::day::Day;
use rules::decimal::Decimal;
use rules::fade::Fade;
use rules::model::{ActivityRule, Kind, Limit, Model, Reward, RuleAt, Subject, Take, TierBy, Types};

/// Everything that is decided before the first activity is seen.
#[derive(Debug)]
pub(super) struct Plan<'m> {
    pub(super) model: &'m Model,
    /// The columns that are needed beside time, contact, type, source and id.
    pub(super) columns: Vec<Name>,
    /// The rules of the kind `activity`.
    pub(super) rules: Vec<RulePlan<'m>>,
    /// The rules of the kind `inactive_for`, and which types end a silence.
    pub(super) silences: Vec<(RuleAt, Option<&'m Types>)>,
    pub(super) exclusions: Vec<ExclusionPlan<'m>>,
    /// Whether it matters to which accounts an activity belongs.
    pub(super) accounts: bool,
}

/// A rule of the kind `activity`.
#[derive(Debug)]
pub(super) struct RulePlan<'m> {
    pub(super) at: RuleAt,
    pub(super) types: &'m Types,
    pub(super) tests: Vec<Test<'m>>,
    pub(super) limit: Option<LimitPlan<'m>>,
    /// Only days after this one count.
    pub(super) edge: Option<Day>,
    pub(super) reward: RewardPlan<'m>,
    pub(super) cap: Option<Decimal>,
    /// Whether it matters which of two activities of one moment comes first.
    pub(super) order_matters: bool,
}

#[derive(Debug)]
pub(super) struct LimitPlan<'m> {
    pub(super) limit: &'m Limit,
    pub(super) by: Option<usize>,
}

#[derive(Debug)]
pub(super) enum RewardPlan<'m> {
    Each { points: Decimal, multiply_by: Option<usize>, at_most: Option<Decimal>, fade: Option<Fade>, take: Take },
    Tiers { tiers: &'m [(Decimal, Decimal)], value: Option<usize> },
}

#[derive(Debug)]
pub(super) struct ExclusionPlan<'m> {
    pub(super) types: &'m Types,
    pub(super) tests: Vec<Test<'m>>,
    pub(super) after: Option<AfterPlan<'m>>,
}

#[derive(Debug)]
pub(super) struct AfterPlan<'m> {
    pub(super) types: &'m Types,
    pub(super) same: Option<usize>,
    pub(super) within_micros: Option<i64>,
}

/// One part of a condition that has to be true.
#[derive(Debug)]
pub(super) struct Test<'m> {
    pub(super) predicate: &'m Predicate,
    /// The columns that it looks at.
    pub(super) columns: Vec<usize>,
    /// It looks at the contact or the account too, and so cannot be remembered by columns.
    pub(super) residual: bool,
    /// The place of what is remembered of it.
    pub(super) memo: usize,
}

impl<'m> Plan<'m> {
    pub(super) fn new(model: &'m Model, as_of: Day) -> Self {
        let mut planner = Planner { columns: Vec::new(), memos: 0, accounts: false };
        let mut rules = Vec::new();
        let mut silences = Vec::new();
        for (place, rule) in model.rules.iter().enumerate() {
            let at = RuleAt(place);
            match &rule.kind {
                Kind::Activity(activity) => rules.push(planner.rule(at, activity, rule.cap, as_of)),
                Kind::Inactive { types, .. } => silences.push((at, types.as_ref())),
                _ => {}
            }
        }
        let exclusions = model.exclusions.iter().map(|exclusion| ExclusionPlan {
            types: &exclusion.types,
            tests: planner.tests(exclusion.condition.as_ref().map(|condition| &condition.predicate)),
            after: exclusion.after.as_ref().map(|after| AfterPlan {
                types: &after.types,
                same: after.same.as_ref().map(|name| planner.column(name)),
                within_micros: after.within_seconds.map(|seconds| i64::from(seconds) * 1_000_000),
            }),
        });
        let exclusions = exclusions.collect();
        let accounts = planner.accounts || model.scores_of(Subject::Account).next().is_some();
        Self { model, columns: planner.columns, rules, silences, exclusions, accounts }
    }

    /// How many tests remember their results.
    pub(super) fn memos(&self) -> usize {
        let of_rules = self.rules.iter().flat_map(|rule| &rule.tests);
        let all = of_rules.chain(self.exclusions.iter().flat_map(|exclusion| &exclusion.tests));
        all.map(|test| test.memo + 1).max().unwrap_or(0)
    }
}

struct Planner {
    columns: Vec<Name>,
    memos: usize,
    accounts: bool,
}

impl Planner {
    fn rule<'m>(&mut self, at: RuleAt, rule: &'m ActivityRule, cap: Option<Decimal>, as_of: Day) -> RulePlan<'m> {
        let tests = self.tests(rule.condition.as_ref().map(|condition| &condition.predicate));
        let limit = rule.limit.as_ref();
        let limit = limit.map(|limit| LimitPlan { limit, by: limit.by.as_ref().map(|name| self.column(name)) });
        let value = Name { space: Space::Activity, id: "value".into() };
        let (reward, varies, takes_one) = match &rule.reward {
            Reward::Each { points, multiply_by, at_most, fade, take } => {
                let multiply_by = multiply_by.as_ref().map(|name| self.column(name));
                let each =
                    RewardPlan::Each { points: *points, multiply_by, at_most: *at_most, fade: *fade, take: *take };
                (each, multiply_by.is_some(), *take != Take::Sum)
            }
            Reward::Tiers { tiers, by } => {
                let value = (*by == TierBy::Value).then(|| self.column(&value));
                (RewardPlan::Tiers { tiers, value }, value.is_some(), false)
            }
        };
        let order_matters = varies && (limit.is_some() || takes_one);
        // Where the calendar does not reach back so far, everything is inside.
        let edge = rule.window.and_then(|window| as_of.plus(window, -1));
        RulePlan { at, types: &rule.types, tests, limit, edge, reward, cap, order_matters }
    }

    /// The parts of a condition; all have to be true.
    fn tests<'m>(&mut self, predicate: Option<&'m Predicate>) -> Vec<Test<'m>> {
        match predicate {
            None => Vec::new(),
            Some(Predicate::All(parts)) => parts.iter().map(|part| self.test(part)).collect(),
            Some(whole) => vec![self.test(whole)],
        }
    }

    fn test<'m>(&mut self, predicate: &'m Predicate) -> Test<'m> {
        let mut names = BTreeSet::new();
        predicate.for_each_operand(&mut |operand| {
            operand.for_each_name(&mut |name| {
                names.insert(name);
            });
        });
        let mut test = Test { predicate, columns: Vec::new(), residual: false, memo: self.memos };
        self.memos += 1;
        for name in names {
            match name.space {
                Space::Activity => test.columns.push(self.column(name)),
                Space::Account => (test.residual, self.accounts) = (true, true),
                _ => test.residual = true,
            }
        }
        test
    }

    fn column(&mut self, name: &Name) -> usize {
        let known = self.columns.iter().position(|known| known == name);
        known.unwrap_or_else(|| {
            self.columns.push(name.clone());
            self.columns.len() - 1
        })
    }
}
