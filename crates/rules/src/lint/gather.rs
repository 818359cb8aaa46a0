//! The walk over everyone that gathers [`Evidence`].

use std::collections::HashSet;

use super::evidence::{Asked, Both, Covered, Evidence, Matches, Results};
use super::overlap::{Pair, pairs};
use super::slips::watched;
use crate::condition::{Condition, Context, Name, Space, Truth, Unknown};
use crate::id::ContactId;
use crate::ledger::{Basis, Fate, Ledger, RuleEntry};
use crate::model::{Kind, Model, Subject};
use crate::score::{Card, Error, Evaluation, Seen};
use crate::value::Attributes;

impl<'a> Evidence<'a> {
    /// Looks at every activity, every ledger and every band.
    pub(super) fn gather(evaluation: &Evaluation<'a>, tick: &dyn Fn()) -> Result<Self, Error> {
        let model = evaluation.model();
        let mut evidence = Self {
            matches: model.rules.iter().map(|_| Matches::default()).collect(),
            results: model.rules.iter().map(|_| Results::default()).collect(),
            exclusions: model.exclusions.iter().map(|_| Covered::default()).collect(),
            populations: model.scores.iter().map(|_| Asked::default()).collect(),
            bands: model.scores.iter().map(|score| vec![0; score.bands.len()]).collect(),
            texts: watched(model).into_iter().map(|name| (name, Default::default())).collect(),
            ..Self::default()
        };
        evidence.known(evaluation);
        evidence.activities(evaluation);
        evidence.results(evaluation, tick)?;
        Ok(evidence)
    }

    /// Attributes, texts and populations.
    fn known(&mut self, evaluation: &Evaluation<'a>) {
        let model = evaluation.model();
        for view in evaluation.views() {
            self.contacts += 1;
            self.described(evaluation, view.id, view.view.seen.len());
            self.holder(Space::Contact, view.view.own.contact, &view.view.own);
            self.population(model, Subject::Contact, &view.view.own);
            for (rule, results) in model.rules.iter().zip(&mut self.results) {
                if let Kind::Rollup { people: Some(people), .. } = &rule.kind
                    && !view.accounts.is_empty()
                {
                    results.asked.note(&people.predicate.unknowns(&view.view.own));
                }
            }
        }
        for id in evaluation.account_ids() {
            let context = evaluation.account_context(id);
            self.accounts += 1;
            self.holder(Space::Account, context.account, &context);
            self.population(model, Subject::Account, &context);
        }
        for (id, row) in evaluation.facts().opportunities_on(evaluation.as_of()) {
            let holder = Some((id.as_str(), &row.attributes));
            self.opportunities += 1;
            let context = Context { opportunity: holder, ..Context::empty(&model.zone) };
            self.holder(Space::Opportunity, holder, &context);
        }
    }

    /// Whether a row describes a contact, and what it did.
    fn described(&mut self, evaluation: &Evaluation<'a>, id: &'a ContactId, activities: usize) {
        let described = evaluation.facts().contacts.get(id).is_some_and(|person| !person.history.rows().is_empty());
        self.acting += usize::from(activities > 0);
        if described {
            self.described.get_or_insert(id.as_str());
        } else if activities > 0 {
            self.strangers.push((id.as_str(), activities));
        }
    }

    fn holder(&mut self, space: Space, holder: Option<(&str, &'a Attributes)>, context: &Context<'_>) {
        for (id, _) in holder.into_iter().flat_map(|(_, attributes)| attributes) {
            *self.attributes.entry((space, &**id)).or_default() += 1;
        }
        self.text(space, context);
    }

    fn text(&mut self, space: Space, context: &Context<'_>) {
        for (name, texts) in self.texts.iter_mut().filter(|(name, _)| name.space == space) {
            if let Some(value) = context.value(name) {
                *texts.entry(value.text().into_owned()).or_default() += 1;
            }
        }
    }

    fn population(&mut self, model: &'a Model, of: Subject, context: &Context<'_>) {
        for (at, score) in model.scores_of(of) {
            if let Some(population) = &score.population {
                self.populations[at.0].note(&population.predicate.unknowns(context));
            }
        }
    }

    fn activities(&mut self, evaluation: &Evaluation<'a>) {
        let model = evaluation.model();
        let pairs: HashSet<Pair> = pairs(model).map(|(pair, ..)| pair).collect();
        for seen in evaluation.views().flat_map(|view| &view.view.seen) {
            self.activities += 1;
            *self.types.entry(&seen.activity.kind).or_default() += 1;
            self.holder(Space::Activity, Some(("", &seen.activity.properties)), &seen.context);
            let built_in = [("value", seen.activity.value.is_some()), ("source", seen.activity.source.is_some())];
            for (id, _) in built_in.into_iter().filter(|(_, present)| *present) {
                *self.attributes.entry((Space::Activity, id)).or_default() += 1;
            }
            self.exclusions(model, seen);
            let matched: Vec<usize> = (0..model.rules.len()).filter(|&rule| self.matches(model, rule, seen)).collect();
            for (place, &later) in matched.iter().enumerate() {
                for pair in matched[..place].iter().map(|&earlier| (earlier, later)).filter(|pair| pairs.contains(pair))
                {
                    let first = || Both { count: 0, example: seen.activity };
                    self.both.entry(pair).or_insert_with(first).count += 1;
                }
            }
        }
    }

    /// Whether an activity matches a rule and may count for it.
    fn matches(&mut self, model: &Model, rule: usize, seen: &Seen<'a>) -> bool {
        let Kind::Activity(activity) = &model.rules[rule].kind else { return false };
        let of_account = model.score(model.rules[rule].score).of == Subject::Account;
        if !activity.types.cover(&seen.activity.kind) || of_account && seen.accounts.is_empty() {
            return false;
        }
        let matches = &mut self.matches[rule];
        matches.of_type += 1;
        if seen.excluded.is_some() {
            matches.excluded += 1;
            return false;
        }
        let (holds, unknowns) = asked(activity.condition.as_ref(), &seen.context);
        matches.asked.note(&unknowns);
        matches.matched += usize::from(holds);
        holds
    }

    fn exclusions(&mut self, model: &Model, seen: &Seen<'a>) {
        for (at, exclusion) in model.exclusions.iter().enumerate() {
            if exclusion.types.cover(&seen.activity.kind) {
                let covered = &mut self.exclusions[at];
                let (holds, unknowns) = asked(exclusion.condition.as_ref(), &seen.context);
                covered.of_type += 1;
                covered.meeting += usize::from(holds);
                covered.asked.note(&unknowns);
                covered.excluded += usize::from(seen.excluded.is_some_and(|by| by.0 == at));
            }
        }
    }

    fn results(&mut self, evaluation: &Evaluation<'a>, tick: &dyn Fn()) -> Result<(), Error> {
        let model = evaluation.model();
        let has = |of| model.scores_of(of).next().is_some();
        let scores = evaluation.scores(tick)?;
        for card in &scores.contacts {
            self.ledgers(model, &evaluation.contact(&card.id).transpose()?.unwrap_or_default());
            self.band(model, card);
            tick();
        }
        for card in scores.accounts.iter().filter(|_| has(Subject::Account)) {
            self.ledgers(model, &evaluation.account(&card.id).transpose()?.unwrap_or_default());
            self.band(model, card);
            tick();
        }
        for card in scores.opportunities.iter().filter(|_| has(Subject::Opportunity)) {
            self.ledgers(model, &evaluation.opportunity(&card.id, &scores).transpose()?.unwrap_or_default());
            self.band(model, card);
            tick();
        }
        Ok(())
    }

    fn band<Id>(&mut self, model: &Model, card: &Card<Id>) {
        for outcome in &card.scores {
            let bands = &model.score(outcome.score).bands;
            if let Some(place) = bands.iter().position(|band| Some(&band.name) == outcome.band.as_ref()) {
                self.bands[outcome.score.0][place] += 1;
            }
        }
    }

    fn ledgers(&mut self, model: &Model, ledgers: &[Ledger<'_>]) {
        let entries = ledgers.iter().flat_map(|ledger| &ledger.categories).flat_map(|category| &category.rules);
        for entry in entries {
            let rule = model.rule(entry.rule);
            let results = &mut self.results[entry.rule.0];
            let points = entry.result.units() != 0;
            results.subjects += 1;
            results.with_points += usize::from(points);
            results.at_cap += usize::from(points && rule.cap == Some(entry.result.magnitude()));
            results.met += usize::from(points || met(entry));
            results.look(entry, multiplier(&rule.kind));
        }
    }
}

/// Whether a condition holds, and what is unknown; no condition always holds.
fn asked(condition: Option<&Condition>, context: &Context<'_>) -> (bool, Vec<Unknown>) {
    let Some(condition) = condition else { return (true, Vec::new()) };
    (condition.predicate.holds(context), condition.predicate.unknowns(context))
}

/// The name of the number that multiplies the points of a condition.
fn multiplier(kind: &Kind) -> Option<&Name> {
    match kind {
        Kind::When { multiply_by, .. } | Kind::Cases { multiply_by, .. } => multiply_by.as_ref(),
        _ => None,
    }
}

/// Whether something counted, even if for no points.
fn met(entry: &RuleEntry<'_>) -> bool {
    match &entry.basis {
        Basis::Activities(_) | Basis::Tiers { .. } => entry.counted > 0,
        Basis::When { truth, .. } => *truth == Truth::True,
        Basis::Cases { met, .. } => met.is_some(),
        Basis::Since { periods, .. } | Basis::Silence { periods, .. } => *periods > 0,
        Basis::People { scores, .. } => !scores.is_empty(),
        Basis::Elsewhere => false,
    }
}

impl Results {
    /// Notes what was unknown.
    fn look(&mut self, entry: &RuleEntry<'_>, multiplier: Option<&Name>) {
        match &entry.basis {
            Basis::Activities(lines) | Basis::Tiers { lines, .. } => {
                for line in lines {
                    match &line.fate {
                        Fate::UnknownNumber(unknown) => self.number.note(std::slice::from_ref(unknown)),
                        Fate::OutsideWindow => self.outside_window += 1,
                        Fate::Counted { .. } | Fate::Towards(_) => self.number.note(&[]),
                        Fate::OverLimit => self.over_limit += 1,
                        Fate::Excluded(_) | Fate::Unknown(_) => {}
                    }
                }
            }
            Basis::When { truth, unknown, multiplier: number, .. } => {
                self.asked.note(if *truth == Truth::Unknown { unknown } else { &[] });
                if multiplier.is_some() && *truth == Truth::True {
                    self.number.note(if number.is_none() { unknown } else { &[] });
                }
            }
            Basis::Cases { met, unknown, multiplier: number, .. } => {
                self.asked.note(if met.is_none() { unknown } else { &[] });
                if let Some(name) = multiplier.filter(|_| met.is_some()) {
                    let missing = Unknown { name: name.clone(), found: None };
                    self.number.note(if number.is_none() { std::slice::from_ref(&missing) } else { &[] });
                }
            }
            Basis::Since { unknown, .. } => self.asked.note(unknown),
            Basis::Silence { .. } | Basis::People { .. } | Basis::Elsewhere => {}
        }
    }
}
