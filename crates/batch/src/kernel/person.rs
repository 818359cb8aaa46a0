//! One contact as conditions see it. Little is decoded before somebody asks, and what only the contact and its
//! primary account decide is remembered by the values that decide it: there are many contacts, and few values.

use std::cell::OnceCell;
use std::collections::{BTreeSet, HashMap};

use foldhash::fast::FixedState;
use rules::condition::{Name, Space};
use rules::day::Day;
use rules::decimal::Decimal;
use rules::history::History;
use rules::model::{Kind, Model, Rule, RuleAt, Score, ScoreAt, Subject};
use rules::score::{Dimensions, Overflown, Own};
use rules::value::Attributes;

use super::partition::Shared;
use super::people::People;
use super::plan::Plan;
use super::rank;
use super::row::{Cell, put_cell};

/// So many answers to one question are remembered; then all are forgotten, and the question is remembered no more
/// if hardly anybody had the same one.
const ANSWERS_MAX: usize = 1 << 16;

/// Longer values are not remembered.
const KEY_BYTES_MAX: usize = 256;

/// A contact.
pub(super) struct Person<'c> {
    pub(super) id: &'c str,
    /// Its partition, and its place there.
    at: (usize, usize),
    as_of: Day,
    people: &'c People,
    wanted: &'c [bool],
    dimensions: &'c Dimensions<'c>,
    plain: Option<Plain<'c>>,
    history: OnceCell<History>,
    own: OnceCell<Own<'c>>,
}

/// A contact with one row that holds always, and one account at most.
struct Plain<'c> {
    account: Option<&'c str>,
    /// By the place of an attribute its value as it was encoded; empty is missing.
    cells: &'c [&'c [u8]],
}

impl<'c> Person<'c> {
    /// The contact at a place of a partition; `cells` is room to work in.
    pub(super) fn new<'k: 'c>(
        shared: &Shared<'k, '_>,
        at: (usize, usize),
        id: &'c str,
        cells: &'c mut Vec<&'k [u8]>,
    ) -> Self {
        let &Shared { kernel, dimensions, people, wanted, .. } = shared;
        cells.clear();
        cells.resize(wanted.len(), &[]);
        let account = people.plain(at, |column, cell| cells[column] = cell);
        let plain = account.map(|account| Plain { account, cells });
        let as_of = kernel.plan.as_of;
        Self { id, at, as_of, people, wanted, dimensions, plain, history: OnceCell::new(), own: OnceCell::new() }
    }

    /// What its rows say of it.
    pub(super) fn history(&self) -> &History {
        self.history.get_or_init(|| self.people.history(self.at, self.wanted).unwrap_or_default())
    }

    /// What names mean for it.
    pub(super) fn own(&'c self) -> &'c Own<'c> {
        self.own.get_or_init(|| self.dimensions.contact(self.id, self.history()))
    }

    /// What is known of an account.
    pub(super) fn account(&self, id: &'c str) -> (&'c str, &'c Attributes) {
        self.dimensions.account(id)
    }

    /// Whether a row of its own is in force.
    pub(super) fn is_listed(&self) -> bool {
        self.plain.is_some() || self.history().on(self.as_of).is_some()
    }

    /// Its accounts, the primary one first.
    pub(super) fn accounts(&'c self) -> impl Iterator<Item = &'c str> {
        let (first, others): (_, &[_]) = match &self.plain {
            Some(plain) => (plain.account, &[]),
            None => (None, &self.own().accounts),
        };
        first.into_iter().chain(others.iter().map(|account| account.as_str()))
    }

    /// Every account that its rows name by the date.
    pub(super) fn named(&self, mut tell: impl FnMut(&str)) {
        match &self.plain {
            Some(plain) => plain.account.into_iter().for_each(tell),
            None => {
                let accounts = self.history().rows_up_to(self.as_of).flat_map(|row| row.accounts_on(self.as_of));
                accounts.for_each(|account| tell(account.as_str()));
            }
        }
    }
}

/// The answers to one question.
struct Remembered<T> {
    /// The attributes that decide it; nothing if more does than they and the account.
    columns: Option<Vec<usize>>,
    account: bool,
    answers: HashMap<[u64; KEY_WORDS], T, FixedState>,
    /// Those whose values are longer.
    of_long: HashMap<Box<[u8]>, T, FixedState>,
    /// How often an answer was known since all were forgotten.
    hits: usize,
    key: Vec<u8>,
}

/// So many words of eight bytes have the values that decide most questions, and how many bytes they are.
const KEY_WORDS: usize = 4;

/// Values as they are looked up without a look elsewhere, if they are short enough.
fn packed(key: &[u8]) -> Option<[u64; KEY_WORDS]> {
    let mut padded = [0; KEY_WORDS * 8];
    let length = u8::try_from(key.len()).ok().filter(|length| usize::from(*length) < padded.len())?;
    padded[..key.len()].copy_from_slice(key);
    padded[KEY_WORDS * 8 - 1] = length;
    let (words, _) = padded.as_chunks::<8>();
    Some(std::array::from_fn(|word| u64::from_le_bytes(words[word])))
}

impl<T: Copy> Remembered<T> {
    /// For a question that looks at these names.
    fn new(names: &BTreeSet<&Name>, people: &People) -> Self {
        let decides = |name: &&Name| match name.space {
            Space::Contact => *name.id != *"id",
            space => space == Space::Account,
        };
        let columns = names.iter().filter(|name| name.space == Space::Contact);
        // What no row says is missing for everyone.
        let columns = columns.filter_map(|name| people.place(&name.id)).collect();
        Self {
            columns: names.iter().all(decides).then_some(columns),
            account: names.iter().any(|name| name.space == Space::Account),
            answers: HashMap::default(),
            of_long: HashMap::default(),
            hits: 0,
            key: Vec::new(),
        }
    }

    fn get(&mut self, person: &Person<'_>, work: impl FnOnce() -> T) -> T {
        let (Some(plain), Some(columns)) = (&person.plain, &self.columns) else { return work() };
        self.key.clear();
        for &column in columns {
            match plain.cells[column] {
                [] => put_cell(&mut self.key, Cell::Missing),
                cell => self.key.extend_from_slice(cell),
            }
        }
        if self.account {
            put_cell(&mut self.key, Cell::of_text(plain.account));
        }
        if self.key.len() > KEY_BYTES_MAX {
            return work();
        }
        let packed = packed(&self.key);
        let known = match &packed {
            Some(key) => self.answers.get(key),
            None => self.of_long.get(&*self.key),
        };
        if let Some(&known) = known {
            self.hits += 1;
            return known;
        }
        let found = work();
        if self.answers.len() + self.of_long.len() >= ANSWERS_MAX {
            self.forget();
        }
        match packed {
            Some(key) => _ = self.answers.insert(key, found),
            None => _ = self.of_long.insert(self.key.as_slice().into(), found),
        }
        found
    }
}

impl<T> Remembered<T> {
    fn forget(&mut self) {
        (self.answers, self.of_long) = (HashMap::default(), HashMap::default());
        if self.hits < ANSWERS_MAX {
            self.columns = None;
        }
        self.hits = 0;
    }
}

/// Everything that is asked of each contact, and the answers that one thread has had.
pub(super) struct Questions {
    /// What rules give that activities do not decide.
    rules: Vec<(RuleAt, Remembered<Result<Decimal, Overflown>>)>,
    cohorts: Vec<(ScoreAt, Remembered<u32>)>,
    /// Whether it counts for its account.
    counts: Vec<(RuleAt, Remembered<bool>)>,
}

impl Questions {
    pub(super) fn new(plan: &Plan<'_>, people: &People) -> Self {
        let model = plan.model;
        let created = Name { space: Space::Contact, id: "created_at".into() };
        let of_contacts = |rule: &Rule| model.score(rule.score).of == Subject::Contact;
        let rules = model.rules.iter().enumerate().filter(|(_, rule)| of_contacts(rule));
        let rules = rules.filter_map(|(at, rule)| {
            let mut names = BTreeSet::new();
            match &rule.kind {
                Kind::When { condition, multiply_by, .. } => {
                    names.extend(condition.predicate.names());
                    names.extend(multiply_by);
                }
                Kind::Cases { cases, multiply_by } => {
                    names.extend(cases.iter().flat_map(|case| case.condition.predicate.names()));
                    names.extend(multiply_by);
                }
                Kind::Since { name, .. } => _ = names.insert(name),
                Kind::Inactive { .. } => _ = names.insert(&created),
                Kind::Activity(_) | Kind::Rollup { .. } => return None,
            }
            Some((RuleAt(at), Remembered::new(&names, people)))
        });
        let ranked = model.scores_of(Subject::Contact).filter(|(_, score)| rank::is_ranked_apart(score));
        let cohorts = ranked.map(|(at, score)| (at, Remembered::new(&names_of_cohort(score), people)));
        let counts =
            plan.rollups.iter().map(|&(rule, _)| (rule, Remembered::new(&names_of_people(model, rule), people)));
        Self { rules: rules.collect(), cohorts: cohorts.collect(), counts: counts.collect() }
    }

    /// What rules give, as far as only the contact itself decides: `tell` is asked whether it does.
    pub(super) fn rules<'c>(
        &mut self,
        person: &'c Person<'c>,
        alone: impl Fn(RuleAt) -> bool,
        known: &mut [Option<Decimal>],
    ) -> Result<(), Overflown> {
        for (rule, remembered) in &mut self.rules {
            known[rule.0] = match alone(*rule) {
                true => Some(remembered.get(person, || person.dimensions.by_itself(*rule, &person.own().context))?),
                false => None,
            };
        }
        Ok(())
    }

    /// Where it is ranked in a score.
    pub(super) fn cohort<'c>(
        &mut self,
        person: &'c Person<'c>,
        score: ScoreAt,
        work: impl FnOnce(&rules::condition::Context<'c>) -> u32,
    ) -> u32 {
        let work = || work(&person.own().context);
        match self.cohorts.iter_mut().find(|(at, _)| *at == score) {
            Some((_, remembered)) => remembered.get(person, work),
            None => work(),
        }
    }

    /// Whether it counts for an account by the `where` of a roll-up.
    pub(super) fn counts<'c>(&mut self, person: &'c Person<'c>, rollup: usize, account: &'c str) -> bool {
        let (rule, remembered) = &mut self.counts[rollup];
        remembered.get(person, || person.dimensions.is_wanted(*rule, person.own(), account))
    }
}

fn names_of_cohort(score: &Score) -> BTreeSet<&Name> {
    let population = score.population.iter().flat_map(|population| population.predicate.names());
    population.chain(&score.cohort).collect()
}

fn names_of_people(model: &Model, rule: RuleAt) -> BTreeSet<&Name> {
    match &model.rule(rule).kind {
        Kind::Rollup { people: Some(people), .. } => people.predicate.names(),
        _ => BTreeSet::new(),
    }
}
