//! Results by column: while they are found, and then everyone's together, with what needs everyone.

use std::collections::HashMap;
use std::ops::Range;

use arrow_array::{BooleanArray, StringArray};
use foldhash::fast::FixedState;
use rules::condition::Context;
use rules::decimal::Decimal;
use rules::facts::Facts;
use rules::id::{AccountId, ContactId};
use rules::model::{CategoryAt, Form, Model, RuleAt, Score, ScoreAt, Subject};
use rules::percentile::among;
use rules::score::{Card, Dimensions, Results};

use super::Problem;
use super::plan::Plan;
use super::table::{Column, Table, Tables, Texts};

/// Not in the population that is ranked.
const OUTSIDE: u32 = u32::MAX;

/// Which results are kept of the subjects of one kind.
#[derive(Clone, Debug)]
pub(super) struct Kept {
    pub(super) scores: Vec<ScoreAt>,
    pub(super) categories: Vec<CategoryAt>,
    pub(super) rules: Vec<RuleAt>,
}

impl Kept {
    pub(super) fn new(model: &Model, of: Subject, details: bool) -> Self {
        let own = |score: ScoreAt| model.score(score).of == of;
        // Conditions of opportunities may name categories.
        let named = model.scores_of(Subject::Opportunity).next().is_some();
        let categories = (0..model.categories.len()).map(CategoryAt);
        let rules = (0..model.rules.len()).map(RuleAt);
        Self {
            scores: model.scores_of(of).map(|(at, _)| at).collect(),
            categories: categories.filter(|&at| (details || named) && own(model.category(at).score)).collect(),
            rules: rules.filter(|&at| details && own(model.rule(at).score)).collect(),
        }
    }
}

/// The results of some subjects, by column.
pub(super) struct Out {
    pub(super) kept: Kept,
    pub(super) ids: Texts,
    /// For each score; a matrix has none.
    pub(super) points: Vec<Vec<Decimal>>,
    /// For each score whether not everyone is ranked together, and then the code of the cohort.
    ranked: Vec<bool>,
    cohorts: Vec<Vec<u32>>,
    codes: Codes,
    pub(super) categories: Vec<Vec<Decimal>>,
    pub(super) rules: Vec<Vec<Decimal>>,
}

impl Out {
    pub(super) fn new(plan: &Plan<'_>, of: Subject, details: bool) -> Self {
        let kept = Kept::new(plan.model, of, details);
        Self {
            ids: Texts::default(),
            points: vec![Vec::new(); kept.scores.len()],
            ranked: kept.scores.iter().map(|&at| is_ranked_apart(plan.model.score(at))).collect(),
            cohorts: vec![Vec::new(); kept.scores.len()],
            codes: Codes::default(),
            categories: vec![Vec::new(); kept.categories.len()],
            rules: vec![Vec::new(); kept.rules.len()],
            kept,
        }
    }

    /// Adds a subject; `cohort` says where it is ranked in a score in which not everyone is ranked together.
    pub(super) fn push(&mut self, id: &str, results: &Results, mut cohort: impl FnMut(ScoreAt, &mut Codes) -> u32) {
        self.ids.push(id);
        for (place, &at) in self.kept.scores.iter().enumerate() {
            let Some(points) = results.points(at) else { continue };
            self.points[place].push(points);
            if self.ranked[place] {
                self.cohorts[place].push(cohort(at, &mut self.codes));
            }
        }
        let categories = self.categories.iter_mut().zip(&self.kept.categories);
        categories.for_each(|(column, &at)| column.push(results.category(at)));
        let rules = self.rules.iter_mut().zip(&self.kept.rules);
        rules.for_each(|(column, &at)| column.push(results.rule(at)));
    }

    /// Of a score within which not everyone is ranked together, for some rows: whether each is ranked, and its cohort.
    pub(super) fn groups(
        &self,
        score: usize,
        texts: &[Option<&str>],
        rows: Range<usize>,
    ) -> Option<(BooleanArray, StringArray)> {
        if !self.ranked[score] {
            return None;
        }
        let codes = &self.cohorts[score][rows];
        let inside = BooleanArray::from_iter(codes.iter().map(|code| Some(*code != OUTSIDE)));
        Some((inside, codes.iter().map(|code| texts.get(*code as usize).copied().flatten()).collect()))
    }

    /// The cohorts by their codes.
    pub(super) fn cohort_texts(&self) -> Vec<Option<&str>> {
        let mut texts = vec![None; self.codes.0.len() + 1];
        self.codes.0.iter().for_each(|(text, code)| texts[*code as usize] = Some(text.as_str()));
        texts
    }

    /// Takes over what another thread has found.
    fn append(&mut self, other: Self) {
        let mut codes = vec![0; other.codes.0.len() + 1];
        for (text, code) in &other.codes.0 {
            codes[*code as usize] = self.codes.of(text);
        }
        self.ids.append(&other.ids);
        let recoded = |code: u32| if code == OUTSIDE { OUTSIDE } else { codes[code as usize] };
        for (all, new) in self.cohorts.iter_mut().zip(other.cohorts) {
            all.extend(new.into_iter().map(recoded));
        }
        let columns = [
            (&mut self.points, other.points),
            (&mut self.categories, other.categories),
            (&mut self.rules, other.rules),
        ];
        for (all, new) in columns {
            all.iter_mut().zip(new).for_each(|(all, new)| all.extend(new));
        }
    }
}

/// The codes of cohorts; 0 is that of those without one.
#[derive(Debug, Default)]
pub(super) struct Codes(HashMap<String, u32, FixedState>);

impl Codes {
    fn of(&mut self, text: &str) -> u32 {
        if let Some(&code) = self.0.get(text) {
            return code;
        }
        let code = u32::try_from(self.0.len() + 1).expect("fewer cohorts than subjects");
        self.0.insert(text.to_owned(), code);
        code
    }

    /// Where a subject is ranked.
    pub(super) fn code(&mut self, score: &Score, own: &Context<'_>) -> u32 {
        if score.population.as_ref().is_some_and(|population| !population.predicate.holds(own)) {
            return OUTSIDE;
        }
        let cohort = score.cohort.as_ref().and_then(|name| own.value(name));
        cohort.map_or(0, |value| self.of(&value.text()))
    }
}

/// Whether not everyone is ranked together.
pub(super) fn is_ranked_apart(score: &Score) -> bool {
    score.population.is_some() || score.cohort.is_some()
}

/// Everyone's results.
pub(super) fn tables(
    plan: &Plan<'_>,
    dimensions: &Dimensions<'_>,
    facts: &Facts,
    contacts: Vec<Out>,
    accounts: Vec<Out>,
) -> Result<Tables, Problem> {
    let model = plan.model;
    let (contacts, accounts) = (table(model, contacts), table(model, accounts));
    let opportunities = match model.scores_of(Subject::Opportunity).next() {
        None => Vec::new(),
        Some(_) => {
            let opportunities = || facts.opportunities_on(plan.as_of).map(|(_, row)| row);
            let mut of_contacts: Vec<&ContactId> = opportunities().filter_map(|row| row.contact.as_ref()).collect();
            of_contacts.sort_unstable();
            of_contacts.dedup();
            // Its own account, or the primary one of its contact; all of them cost less than to find out which.
            let accounts = (0..accounts.len()).map(|row| accounts.card(row, |id| AccountId::from(id)));
            let found = of_contacts.into_iter().filter_map(|id| contacts.find(id.as_str()));
            let cards: Vec<Card<ContactId>> = found.map(|row| contacts.card(row, |id| ContactId::from(id))).collect();
            dimensions.opportunities(cards, accounts.collect())?
        }
    };
    Ok(Tables { contacts, accounts, opportunities })
}

/// What several threads have found.
pub(super) fn merged(outs: Vec<Out>) -> Option<Out> {
    let mut outs = outs.into_iter();
    let mut all = outs.next()?;
    outs.for_each(|out| all.append(out));
    Some(all)
}

/// Whether a score has labels, and no points.
pub(super) fn is_matrix(score: &Score) -> bool {
    matches!(score.form, Form::Matrix(..))
}

fn table(model: &Model, outs: Vec<Out>) -> Table {
    let Some(all) = merged(outs) else { return Table::default() };
    let order = all.ids.order();
    let mut columns: Vec<Column> = Vec::new();
    for ((&at, points), cohorts) in all.kept.scores.iter().zip(all.points).zip(all.cohorts) {
        let score = model.score(at);
        columns.push(if is_matrix(score) {
            Column::of_matrix(at)
        } else {
            let percentiles = percentiles(&points, &cohorts);
            Column::new(score, at, points, percentiles)
        });
    }
    let categories = all.kept.categories.iter().copied().zip(all.categories).collect();
    let rules = all.kept.rules.iter().copied().zip(all.rules).collect();
    Table::new(model, all.ids, order, columns, categories, rules)
}

/// The percentile of each within its cohort, from how often each number of points occurs.
fn percentiles(points: &[Decimal], cohorts: &[u32]) -> Vec<Option<Decimal>> {
    let cohort = |row: usize| cohorts.get(row).copied().unwrap_or(0);
    let mut counts: HashMap<(u32, Decimal), u64, FixedState> = HashMap::default();
    for (row, &points) in points.iter().enumerate().filter(|(row, _)| cohort(*row) != OUTSIDE) {
        *counts.entry((cohort(row), points)).or_default() += 1;
    }
    let mut sorted: Vec<((u32, Decimal), u64)> = counts.into_iter().collect();
    sorted.sort_unstable();
    let mut found: HashMap<(u32, Decimal), Decimal, FixedState> = HashMap::default();
    for of_cohort in sorted.chunk_by(|one, other| one.0.0 == other.0.0) {
        let all = of_cohort.iter().map(|(_, count)| count).sum();
        let mut below = 0;
        for &(key, count) in of_cohort {
            found.insert(key, among(below, below + count, all));
            below += count;
        }
    }
    points.iter().enumerate().map(|(row, &points)| found.get(&(cohort(row), points)).copied()).collect()
}
