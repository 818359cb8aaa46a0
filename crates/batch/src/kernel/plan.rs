//! What a model wants to know of activities and contacts: which columns, which rules for which type,
//! and which conditions can be decided before it is known whose activity it is.

use std::collections::BTreeSet;
use std::sync::Arc;

use rules::condition::{Name, Predicate, Space};
use rules::day::{Day, Per};
use rules::decimal::Decimal;
use rules::fade::Fade;
use rules::lint::names_used;
use rules::model::{
    ActivityRule, Attribution, Kind, Limit, Model, Reward, RuleAt, ScoreAt, Subject, Take, TierBy, Types,
};

use super::Settings;

/// Everything that is decided before the first fact is seen.
#[derive(Debug)]
pub(super) struct Plan<'m> {
    pub(super) model: &'m Model,
    pub(super) as_of: Day,
    /// The columns of activities that somebody looks at.
    pub(super) columns: Vec<Column>,
    /// Parts of conditions, each once.
    pub(super) tests: Vec<Test<'m>>,
    /// The rules of the kind `activity`.
    pub(super) rules: Vec<RulePlan<'m>>,
    /// The rules of the kind `inactive_for`.
    pub(super) silences: Vec<SilencePlan<'m>>,
    pub(super) exclusions: Vec<ExclusionPlan<'m>>,
    /// The roll-ups.
    pub(super) rollups: Vec<(RuleAt, ScoreAt)>,
    /// Whether it matters to which accounts an activity belongs.
    pub(super) by_account: bool,
    /// Whether that matters, or at least which accounts activities name.
    pub(super) accounts: bool,
    /// Whether there are scores of accounts.
    pub(super) of_accounts: bool,
    /// The attributes of contacts that somebody looks at, in the order of their names.
    pub(super) attributes: Vec<Arc<str>>,
}

#[derive(Debug)]
pub(super) struct Column {
    pub(super) name: Name,
    /// Whether a condition looks at it while activities are read.
    pub(super) tested: bool,
}

/// A rule of the kind `activity`.
#[derive(Debug)]
pub(super) struct RulePlan<'m> {
    pub(super) at: RuleAt,
    pub(super) of: Subject,
    pub(super) types: &'m Types,
    /// What has to be true.
    pub(super) tests: Vec<usize>,
    /// Whether some of that is not decided while activities are read.
    pub(super) residual: bool,
    pub(super) limit: Option<LimitPlan<'m>>,
    /// Only days after this one count.
    pub(super) edge: Option<Day>,
    pub(super) reward: RewardPlan<'m>,
    pub(super) cap: Option<Decimal>,
    /// Whether it matters which of two activities comes first, beyond their days.
    pub(super) timed: bool,
    /// Whether that matters even for two of one moment.
    pub(super) order_matters: bool,
}

#[derive(Debug)]
pub(super) struct SilencePlan<'m> {
    pub(super) at: RuleAt,
    pub(super) of: Subject,
    pub(super) types: Option<&'m Types>,
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
    pub(super) tests: Vec<usize>,
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
    /// Whom it looks at beside the activity.
    pub(super) residual: Residual,
}

/// Whom a condition looks at beside the activity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Residual {
    /// Nobody: it is decided while activities are read.
    None,
    /// The contact.
    Contact,
    /// The account of the activity, and perhaps the contact.
    Account,
}

impl<'m> Plan<'m> {
    pub(super) fn new(model: &'m Model, settings: &Settings) -> Self {
        let as_of = settings.as_of;
        let mut planner = Planner { columns: Vec::new(), tests: Vec::new(), accounts: false };
        let (mut rules, mut silences, mut rollups) = (Vec::new(), Vec::new(), Vec::new());
        for (place, rule) in model.rules.iter().enumerate() {
            let (at, of) = (RuleAt(place), model.score(rule.score).of);
            match &rule.kind {
                Kind::Activity(activity) => rules.push(planner.rule(at, of, activity, rule.cap, as_of)),
                Kind::Inactive { types, .. } => silences.push(SilencePlan { at, of, types: types.as_ref() }),
                Kind::Rollup { score, .. } => rollups.push((at, *score)),
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
        let of_accounts = model.scores_of(Subject::Account).next().is_some();
        let at_time = |(rule, _): &(RuleAt, ScoreAt)| {
            matches!(model.rule(*rule).kind, Kind::Rollup { attribution: Attribution::AtTime, .. })
        };
        let of_account = |of: Subject| of == Subject::Account;
        let by_account = planner.accounts
            || rollups.iter().any(at_time)
            || rules.iter().any(|rule: &RulePlan<'_>| of_account(rule.of))
            || silences.iter().any(|silence: &SilencePlan<'_>| of_account(silence.of));
        let accounts = by_account || of_accounts;
        Self {
            model,
            as_of,
            columns: planner.columns,
            tests: planner.tests,
            rules,
            silences,
            exclusions,
            rollups,
            by_account,
            accounts,
            of_accounts,
            attributes: attributes(model),
        }
    }
}

impl Plan<'_> {
    /// The first day on which activities can matter, if they are known to be no duplicates and their contacts
    /// to exist: where every rule has a window, and nothing looks further back.
    pub(super) fn horizon(&self) -> Option<Day> {
        let looks_back = self.accounts
            || !self.silences.is_empty()
            || self.exclusions.iter().any(|exclusion| exclusion.after.is_some());
        if looks_back {
            return None;
        }
        self.rules.iter().map(RulePlan::horizon).try_fold(self.as_of, |first, rule| Some(first.min(rule?)))
    }
}

impl RulePlan<'_> {
    /// The first day in the window, or of the period of a limit in which it lies: what is older uses up a
    /// limit too.
    fn horizon(&self) -> Option<Day> {
        let mut first = self.edge?.plus_days(1)?;
        let Some(limit) = &self.limit else { return Some(first) };
        let per = limit.limit.per;
        if per == Per::Ever {
            return None;
        }
        while let Some(before) = first.plus_days(-1).filter(|before| per.key(*before) == per.key(first)) {
            first = before;
        }
        Some(first)
    }
}

/// The attributes of contacts that a model looks at. Without a last sign of life a silence begins with
/// `created_at`, which no name says.
fn attributes(model: &Model) -> Vec<Arc<str>> {
    let of_contacts = names_used(model).into_iter().filter(|name| name.space == Space::Contact);
    let mut all: BTreeSet<Arc<str>> = of_contacts.map(|name| name.id.clone()).collect();
    if model.rules.iter().any(|rule| matches!(rule.kind, Kind::Inactive { .. })) {
        all.insert("created_at".into());
    }
    all.into_iter().collect()
}

struct Planner<'m> {
    columns: Vec<Column>,
    tests: Vec<Test<'m>>,
    accounts: bool,
}

impl<'m> Planner<'m> {
    fn rule(
        &mut self,
        at: RuleAt,
        of: Subject,
        rule: &'m ActivityRule,
        cap: Option<Decimal>,
        as_of: Day,
    ) -> RulePlan<'m> {
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
        // Of several activities of one day that earn the same, any may count. Days themselves are no order:
        // a clock set back across midnight repeats the end of a day.
        let by_day = limit.as_ref().is_none_or(|limit| limit.limit.per == Per::Day);
        let latest = matches!(reward, RewardPlan::Each { take: Take::Latest, .. });
        let timed = order_matters || latest || !by_day;
        // Where the calendar does not reach back so far, everything is inside.
        let edge = rule.window.and_then(|window| as_of.plus(window, -1));
        let residual = tests.iter().any(|&test| self.tests[test].residual != Residual::None);
        RulePlan { at, of, types: &rule.types, tests, residual, limit, edge, reward, cap, timed, order_matters }
    }

    /// The parts of a condition; all have to be true.
    fn tests(&mut self, predicate: Option<&'m Predicate>) -> Vec<usize> {
        match predicate {
            None => Vec::new(),
            Some(Predicate::All(parts)) => parts.iter().map(|part| self.test(part)).collect(),
            Some(whole) => vec![self.test(whole)],
        }
    }

    fn test(&mut self, predicate: &'m Predicate) -> usize {
        if let Some(known) = self.tests.iter().position(|test| test.predicate == predicate) {
            return known;
        }
        let mut test = Test { predicate, columns: Vec::new(), residual: Residual::None };
        for name in predicate.names() {
            let beside = match name.space {
                Space::Activity => {
                    test.columns.push(self.column(name));
                    Residual::None
                }
                Space::Account => Residual::Account,
                _ => Residual::Contact,
            };
            test.residual = test.residual.max(beside);
        }
        match test.residual {
            Residual::None => test.columns.iter().for_each(|&column| self.columns[column].tested = true),
            Residual::Contact => {}
            Residual::Account => self.accounts = true,
        }
        self.tests.push(test);
        self.tests.len() - 1
    }

    fn column(&mut self, name: &Name) -> usize {
        let known = self.columns.iter().position(|known| known.name == *name);
        known.unwrap_or_else(|| {
            self.columns.push(Column { name: name.clone(), tested: false });
            self.columns.len() - 1
        })
    }
}
