//! What an activity means for a model, as far as its type and its columns tell: which rules it matches,
//! which exclusions may cover it, and what has to be kept of it.
//!
//! There are few meanings, and many activities: each is found by a walk through questions that were
//! asked before, for the same type with the same answers.

use std::collections::HashMap;

use foldhash::fast::FixedState;
use rules::model::{Subject, Types};

use super::plan::{Plan, Residual, RewardPlan};
use super::row::{Lane, MEANINGS_MAX};
use super::{Keep, Settings};

/// What a row means.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Meaning {
    /// The type and the columns alone say that it is excluded.
    pub(super) excluded: bool,
    /// The exclusions that may cover it: the contact, its account or an earlier activity decides.
    pub(super) candidates: Vec<usize>,
    /// The exclusions with `after` for which it may be the earlier activity.
    pub(super) earlier: Vec<usize>,
    /// The rules of the kind `activity` that it matches, if what is left of their conditions is true.
    pub(super) rules: Vec<usize>,
    /// The silences that it ends.
    pub(super) silences: Vec<usize>,
    /// Whether it matters when it was, beyond its day.
    pub(super) timed: bool,
    /// Whether its rows have to be put in order.
    pub(super) unsorted: bool,
    /// What is kept of it beside its head.
    pub(super) lanes: Vec<Lane>,
}

impl Meaning {
    /// Whether it says nothing but that its contact exists.
    pub(super) fn is_idle(&self) -> bool {
        self.candidates.is_empty() && self.earlier.is_empty() && self.rules.is_empty() && self.silences.is_empty()
    }
}

/// One step of the walk.
#[derive(Clone, Copy, Debug)]
pub(super) enum Step {
    /// A test is to be decided; then the walk goes on with [`Meanings::next`].
    Ask(usize),
    /// The meaning is known.
    Known(u32),
}

/// There are more meanings than a head can tell apart.
#[derive(Clone, Copy, Debug)]
pub(super) struct TooMany;

/// All meanings that have occurred, and the questions that lead to them.
#[derive(Debug)]
pub(super) struct Meanings {
    known: Vec<Meaning>,
    places: HashMap<Meaning, u32, FixedState>,
    states: Vec<State>,
    /// By the code of a type, where its walk begins.
    begins: Vec<Option<u32>>,
    /// For each meaning that of rows that name no account.
    nameless: Vec<Option<u32>>,
}

#[derive(Debug)]
struct State {
    step: Step,
    kind: Box<str>,
    /// The answers so far.
    answers: Vec<(usize, bool)>,
    /// What follows on no and on yes.
    next: [Option<u32>; 2],
}

impl Meanings {
    pub(super) fn new() -> Self {
        Self {
            known: Vec::new(),
            places: HashMap::default(),
            states: Vec::new(),
            begins: Vec::new(),
            nameless: Vec::new(),
        }
    }

    pub(super) fn all(&self) -> &[Meaning] {
        &self.known
    }

    pub(super) fn get(&self, place: u32) -> &Meaning {
        &self.known[place as usize]
    }

    /// The first state of a type, which has that code.
    pub(super) fn begin(&mut self, asker: &Asker<'_, '_>, code: u32, kind: &str) -> Result<u32, TooMany> {
        let at = code as usize;
        if let Some(Some(state)) = self.begins.get(at) {
            return Ok(*state);
        }
        let state = self.add(asker, kind, Vec::new())?;
        if self.begins.len() <= at {
            self.begins.resize(at + 1, None);
        }
        self.begins[at] = Some(state);
        Ok(state)
    }

    /// Forgets which types have which codes, and the walks that begin there.
    pub(super) fn forget_types(&mut self) {
        self.begins.clear();
        self.states.clear();
    }

    pub(super) fn step(&self, state: u32) -> Step {
        self.states[state as usize].step
    }

    /// The state that follows an answer.
    pub(super) fn next(
        &mut self,
        asker: &Asker<'_, '_>,
        state: u32,
        test: usize,
        answer: bool,
    ) -> Result<u32, TooMany> {
        let from = &self.states[state as usize];
        if let Some(next) = from.next[usize::from(answer)] {
            return Ok(next);
        }
        let mut answers = from.answers.clone();
        answers.push((test, answer));
        let kind = from.kind.clone();
        let next = self.add(asker, &kind, answers)?;
        self.states[state as usize].next[usize::from(answer)] = Some(next);
        Ok(next)
    }

    fn add(&mut self, asker: &Asker<'_, '_>, kind: &str, answers: Vec<(usize, bool)>) -> Result<u32, TooMany> {
        let step = match asker.ask(kind, &answers) {
            Ok(meaning) => Step::Known(self.place(meaning)?),
            Err(test) => Step::Ask(test),
        };
        let place = u32::try_from(self.states.len()).map_err(|_| TooMany)?;
        self.states.push(State { step, kind: kind.into(), answers, next: [None, None] });
        Ok(place)
    }

    /// The same meaning for a row that names no account.
    pub(super) fn nameless(&mut self, meaning: u32) -> Result<u32, TooMany> {
        let at = meaning as usize;
        if let Some(Some(known)) = self.nameless.get(at) {
            return Ok(*known);
        }
        let mut same = self.known[at].clone();
        same.lanes.retain(|lane| *lane != Lane::Account);
        let place = self.place(same)?;
        self.nameless.resize(self.nameless.len().max(at + 1), None);
        self.nameless[at] = Some(place);
        Ok(place)
    }

    /// The place of a meaning, which is made if it is new.
    pub(super) fn place(&mut self, meaning: Meaning) -> Result<u32, TooMany> {
        if let Some(&place) = self.places.get(&meaning) {
            return Ok(place);
        }
        let place = u32::try_from(self.known.len()).ok().filter(|place| *place < MEANINGS_MAX).ok_or(TooMany)?;
        self.known.push(meaning.clone());
        self.places.insert(meaning, place);
        Ok(place)
    }
}

/// Works out what has to be asked of an activity.
pub(super) struct Asker<'k, 'm> {
    pub(super) plan: &'k Plan<'m>,
    pub(super) settings: &'k Settings,
}

impl Asker<'_, '_> {
    /// The meaning of what has been answered, or the next question.
    fn ask(&self, kind: &str, answers: &[(usize, bool)]) -> Result<Meaning, usize> {
        let plan = self.plan;
        let mut meaning = Meaning::default();
        for (place, exclusion) in plan.exclusions.iter().enumerate() {
            if exclusion.after.as_ref().is_some_and(|after| after.types.cover(kind)) {
                meaning.earlier.push(place);
            }
        }
        for (place, exclusion) in plan.exclusions.iter().enumerate() {
            match self.holds(exclusion.types, &exclusion.tests, kind, answers)? {
                Held::No => {}
                Held::Yes if exclusion.after.is_none() => {
                    meaning.excluded = true;
                    break;
                }
                Held::Yes | Held::Perhaps => meaning.candidates.push(place),
            }
        }
        if meaning.excluded {
            meaning.candidates.clear();
            self.keep(&mut meaning);
            return Ok(meaning);
        }
        for (place, rule) in plan.rules.iter().enumerate() {
            if self.holds(rule.types, &rule.tests, kind, answers)? != Held::No {
                meaning.rules.push(place);
            }
        }
        for (place, silence) in plan.silences.iter().enumerate() {
            let passive = || plan.model.passive.iter().any(|passive| **passive == *kind);
            if silence.types.map_or_else(|| !passive(), |types| types.cover(kind)) {
                meaning.silences.push(place);
            }
        }
        self.keep(&mut meaning);
        Ok(meaning)
    }

    fn holds(&self, types: &Types, tests: &[usize], kind: &str, answers: &[(usize, bool)]) -> Result<Held, usize> {
        if !types.cover(kind) {
            return Ok(Held::No);
        }
        let mut held = Held::Yes;
        for &test in tests {
            if self.plan.tests[test].residual != Residual::None {
                held = Held::Perhaps;
                continue;
            }
            match answers.iter().find(|(answered, _)| *answered == test) {
                None => return Err(test),
                Some((_, false)) => return Ok(Held::No),
                Some((_, true)) => {}
            }
        }
        Ok(held)
    }

    /// Which lanes a row of a meaning has.
    fn keep(&self, meaning: &mut Meaning) {
        let (plan, settings) = (self.plan, self.settings);
        let rules = || meaning.rules.iter().map(|&rule| &plan.rules[rule]);
        let exclusions = || meaning.candidates.iter().map(|&exclusion| &plan.exclusions[exclusion]);
        let looks_back = !meaning.earlier.is_empty() || exclusions().any(|exclusion| exclusion.after.is_some());
        let order = rules().any(|rule| rule.order_matters);
        let timed = looks_back || rules().any(|rule| rule.timed);
        let mut lanes = Vec::new();
        // Rows of one contact that come in order need no time, unless moments are compared; those of an
        // account come from several contacts.
        let by_account = rules().any(|rule| rule.timed && rule.of == Subject::Account);
        let in_order = settings.declared.time_order && !by_account;
        let unsorted = order || looks_back || (timed && !in_order);
        if unsorted || !settings.declared.unique_ids {
            lanes.push(Lane::Micros);
        }
        if order && settings.keep >= Keep::Identity || !settings.declared.unique_ids {
            lanes.extend([Lane::Source, Lane::Id]);
        }
        if plan.accounts {
            lanes.push(Lane::Account);
        }
        if settings.keep == Keep::All {
            lanes.push(Lane::Canonical);
        }
        let mut add = |lane| {
            if !lanes.contains(&lane) {
                lanes.push(lane);
            }
        };
        for rule in rules() {
            if let Some(column) = rule.reward.number() {
                add(Lane::Number(column));
            }
            let by = rule.limit.as_ref().and_then(|limit| limit.by);
            by.into_iter().for_each(|column| add(Lane::Cell(column)));
        }
        let of_exclusions = exclusions().flat_map(|exclusion| &exclusion.tests);
        for &test in rules().flat_map(|rule| &rule.tests).chain(of_exclusions) {
            let test = &plan.tests[test];
            if test.residual != Residual::None {
                test.columns.iter().for_each(|&column| add(Lane::Cell(column)));
            }
        }
        let earlier = meaning.earlier.iter().map(|&exclusion| &plan.exclusions[exclusion]);
        for exclusion in earlier.chain(exclusions()) {
            let same = exclusion.after.as_ref().and_then(|after| after.same);
            same.into_iter().for_each(|column| add(Lane::Cell(column)));
        }
        (meaning.timed, meaning.unsorted, meaning.lanes) = (timed, unsorted, lanes);
    }
}

impl RewardPlan<'_> {
    /// The column that is read as a number.
    pub(super) fn number(&self) -> Option<usize> {
        match self {
            Self::Each { multiply_by, .. } => *multiply_by,
            Self::Tiers { value, .. } => *value,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Held {
    No,
    Perhaps,
    Yes,
}
