//! What follows within seconds: accounts, opportunities, and bands that go by percentiles.
//!
//! Whoever changes a contact leaves marks; here they are taken up, many at a time, and once each.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use rules::day::Day;
use rules::decimal::Decimal;
use rules::id::{AccountId, ContactId, OpportunityId};
use rules::model::{ScoreAt, Subject as Of};
use rules::score::{Card, Outcome, Scores};
use serde_json::Value as Json;
use store::standing::Standing;
use store::subject::{Key, Kind, Subject};

use crate::desk::{Around, Desk, facts};
use crate::dossier::{self, Dossier};
use crate::error::Result;
use crate::evaluate::{self, Evaluated};
use crate::models::Version;
use crate::people::{Crowd, is_light};
use crate::ranks::{Misplaced, Ranks, place_of};
use crate::settle::{Cause, Look, Table, Writes};

/// So many marks are taken up in one round: of whoever is marked a hundred times meanwhile, once is enough.
const MARKS: usize = 100_000;
/// So many who are marked are looked at together. While they are, the database keeps all that others write beside them,
/// so it should not take long.
const TOGETHER: usize = 500;
/// The people of so many accounts are read at once.
const CROWD: usize = 100;
/// So many contacts are put into their bands in one transaction.
const PLACED: usize = 2000;

/// An account as it was looked at, before anything of it is written.
#[derive(Debug)]
struct Judged {
    account: Subject,
    next: Option<Day>,
    writes: Writes,
}

impl Judged {
    fn new(account: Subject) -> Self {
        Self { account, next: None, writes: Writes::default() }
    }
}

/// Some who are marked, each with the numbers of their marks.
pub(crate) type Marked = Vec<(Key, Vec<i64>)>;

/// What was found out about some who are marked, as of one moment.
#[derive(Debug)]
pub(crate) struct Foreseen {
    /// The version in force then, and all that were looked at, each with the day that it was.
    versions: (Option<i64>, Vec<(i64, Day)>),
    marked: Marked,
    accounts: Vec<Judged>,
    others: Vec<Key>,
}

impl Desk<'_> {
    /// Who is marked, so many at a time as are looked at together.
    pub(crate) fn marked(&mut self) -> Result<Vec<Marked>> {
        let mut all: BTreeMap<Key, Vec<i64>> = BTreeMap::new();
        for (number, key) in self.session.marked(MARKS)? {
            all.entry(key).or_default().push(number);
        }
        let all: Marked = all.into_iter().collect();
        Ok(all.chunks(TOGETHER).map(<[_]>::to_vec).collect())
    }

    /// Looks at some who are marked, as of one moment and hindering nobody.
    pub(crate) fn foresee(&mut self, marked: Marked) -> Result<Foreseen> {
        let keys: Vec<Key> = marked.iter().map(|(key, _)| *key).collect();
        let subjects = self.session.subjects_of(&keys)?;
        let (accounts, others): (Vec<Subject>, Vec<Subject>) =
            subjects.into_iter().partition(|subject| subject.kind == Kind::Account);
        let others = others.iter().map(|other| other.key).collect();
        let accounts = self.judge_accounts(accounts)?;
        Ok(Foreseen { versions: self.versions(), marked, accounts, others })
    }

    fn versions(&self) -> (Option<i64>, Vec<(i64, Day)>) {
        let current = self.models.current.as_ref().map(|version| version.number);
        (current, self.models.all().map(|version| (version.number, self.today(version))).collect())
    }

    /// Writes what was foreseen, of whom nobody has written since, and says how many marks were looked at. Whoever has
    /// changed something meanwhile has left another mark.
    pub(crate) fn fulfil(&mut self, foreseen: Foreseen, ranks: &Ranks) -> Result<usize> {
        let Foreseen { versions, marked, accounts, others } = foreseen;
        let keys: Vec<Key> = accounts.iter().map(|judged| judged.account.key).collect();
        let locked = self.lock_around(&keys, &others)?;
        let revisions: HashMap<Key, i64> = locked.iter().map(|subject| (subject.key, subject.revision)).collect();
        // Where another version is in force by now, what was to be logged and what was not is another matter; and on
        // the next day something else may be due.
        let are_same = versions == self.versions();
        let is_so = |judged: &Judged| are_same && revisions.get(&judged.account.key) == Some(&judged.account.revision);
        let (accounts, overtaken): (Vec<Judged>, Vec<Judged>) = accounts.into_iter().partition(is_so);
        let overtaken: BTreeSet<Key> = overtaken.into_iter().map(|judged| judged.account.key).collect();
        self.conclude(accounts, locked, ranks)?;
        let done = marked.iter().filter(|(key, _)| !overtaken.contains(key)).flat_map(|(_, numbers)| numbers).copied();
        self.session.unmark(&done.collect::<Vec<_>>())?;
        Ok(marked.iter().map(|(_, numbers)| numbers.len()).sum())
    }

    /// Locks accounts and others, and the opportunities that look at the accounts: all at once and in one order, so
    /// that two who look at the same wait for one another and not in a ring.
    fn lock_around(&mut self, accounts: &[Key], others: &[Key]) -> Result<Vec<Subject>> {
        let mut all: BTreeSet<Key> = accounts.iter().chain(others).copied().collect();
        let (_, of_opportunities) = self.models.followers();
        if of_opportunities {
            all.extend(self.opportunities_around(accounts)?);
        }
        Ok(self.session.lock(&all.into_iter().collect::<Vec<_>>())?)
    }

    /// Looks at subjects again.
    pub(crate) fn refresh_some(&mut self, keys: &[Key], ranks: &Ranks) -> Result<()> {
        let found = self.session.subjects_of(keys)?;
        let (accounts, others): (Vec<Subject>, Vec<Subject>) =
            found.into_iter().partition(|subject| subject.kind == Kind::Account);
        let keys = |subjects: &[Subject]| subjects.iter().map(|subject| subject.key).collect::<Vec<Key>>();
        let locked = self.lock_around(&keys(&accounts), &keys(&others))?;
        let accounts: Vec<Subject> = locked.iter().filter(|subject| subject.kind == Kind::Account).cloned().collect();
        let accounts = self.judge_accounts(accounts)?;
        self.conclude(accounts, locked, ranks)
    }

    /// Writes accounts, then looks at what hangs on them, all of which is locked.
    fn conclude(&mut self, accounts: Vec<Judged>, locked: Vec<Subject>, ranks: &Ranks) -> Result<()> {
        let mut ranked: BTreeSet<Key> = BTreeSet::new();
        let (mut all, mut touched) = (Writes::default(), Vec::new());
        for Judged { account, next, writes } in accounts {
            all.add(writes);
            touched.push((account.key, next.map(|next| next.max(self.tomorrow()))));
            ranked.insert(account.key);
        }
        self.write(all)?;
        self.session.touch(&touched)?;
        let of = |kinds: &[Kind]| locked.iter().filter(|one| kinds.contains(&one.kind)).cloned().collect::<Vec<_>>();
        ranked.extend(of(&[Kind::Contact, Kind::Visitor]).iter().map(|subject| subject.key));
        if self.models.all().any(|version| !version.by_rank.is_empty()) {
            self.place(&ranked, ranks)?;
        }
        for opportunity in of(&[Kind::Opportunity]) {
            self.refresh_opportunity(opportunity, ranks)?;
        }
        Ok(())
    }

    /// Looks at accounts under each version.
    fn judge_accounts(&mut self, accounts: Vec<Subject>) -> Result<Vec<Judged>> {
        let mut judged = Vec::new();
        for accounts in accounts.chunks(CROWD) {
            let keys: Vec<Key> = accounts.iter().map(|account| account.key).collect();
            let is_any_light = self.models.all().any(|version| is_light(&version.model));
            let crowd = if is_any_light { self.crowd(&keys)? } else { Crowd::default() };
            let mut some: Vec<Judged> = accounts.iter().cloned().map(Judged::new).collect();
            for version in self.models.all().cloned().collect::<Vec<_>>() {
                let people = self.table(&version, &crowd.keys())?;
                let mut before = self.table(&version, &keys)?;
                for one in &mut some {
                    let before = before.remove(&one.account.key).unwrap_or_default();
                    self.judge_account(&version, one, before, (&crowd, &people))?;
                }
            }
            judged.extend(some);
        }
        Ok(judged)
    }

    /// Looks at an account under a version.
    fn judge_account(
        &mut self,
        version: &Version,
        one: &mut Judged,
        mut before: BTreeMap<i64, Standing>,
        crowd: (&Crowd, &Table),
    ) -> Result<()> {
        let Judged { account, next, writes } = one;
        let day = self.today(version);
        let evaluated = match is_light(&version.model) {
            true => self.judge_lightly(version, account, day, crowd)?,
            false => {
                let (people, around) = self.people_of(account)?;
                let facts = facts(version, people.values(), &around);
                let id = AccountId::from(&*account.id);
                // Whose scores leave the range has none.
                evaluate::account(version, &facts, (account.key, &id), day).unwrap_or_default()
            }
        };
        let now = Look { day, cause: Cause::Account, is_current: self.is_current(version) };
        self.compare(version, (account.key, Kind::Account), now, &mut before, evaluated.standings, writes);
        // It would mark itself, and be looked at for ever.
        writes.marks.clear();
        *next = [*next, evaluated.next].into_iter().flatten().min();
        Ok(())
    }

    /// All people whose facts name an account, and what these hang on.
    pub(crate) fn people_of(&mut self, account: &Subject) -> Result<(HashMap<Key, Dossier>, Around)> {
        let naming: Vec<Key> = self.session.naming(&[account.key])?.into_iter().map(|(subject, _)| subject).collect();
        let subjects = self.session.subjects_of(&naming)?;
        let (opportunities, people): (Vec<Subject>, Vec<Subject>) =
            subjects.into_iter().partition(|subject| subject.kind == Kind::Opportunity);
        let people = people.into_iter().filter(|person| person.merged.is_none()).collect();
        let people = dossier::load(&mut self.session, people)?;
        let mut around = self.around(people.values())?;
        around.accounts.entry(account.id.clone()).or_insert_with(|| account.clone());
        let known: BTreeSet<OpportunityId> = around.opportunities.iter().map(|(id, _)| id.clone()).collect();
        let naming = self.opportunities(opportunities)?;
        around.opportunities.extend(naming.into_iter().filter(|(id, _)| !known.contains(id)));
        Ok((people, around))
    }

    /// The opportunities that look at accounts: those that name them, and those of their people.
    fn opportunities_around(&mut self, accounts: &[Key]) -> Result<Vec<Key>> {
        let naming: Vec<Key> = self.session.naming(accounts)?.into_iter().map(|(subject, _)| subject).collect();
        let others = self.session.merged_with(&naming)?;
        let people: Vec<Key> = naming.iter().copied().chain(others.iter().map(|other| other.key)).collect();
        let of_people = self.session.naming(&people)?;
        let keys: BTreeSet<Key> = naming.into_iter().chain(of_people.into_iter().map(|(subject, _)| subject)).collect();
        let subjects = self.session.subjects_of(&keys.into_iter().collect::<Vec<_>>())?;
        let opportunities = subjects.into_iter().filter(|subject| subject.kind == Kind::Opportunity);
        Ok(opportunities.map(|opportunity| opportunity.key).collect())
    }

    /// How an opportunity stands, over the results of its contact and its account.
    fn refresh_opportunity(&mut self, subject: Subject, ranks: &Ranks) -> Result<()> {
        let rows = self.opportunities(vec![subject.clone()])?;
        let row = rows.iter().flat_map(|(_, rows)| rows);
        let contacts: BTreeSet<ContactId> = row.clone().filter_map(|row| row.contact.clone()).collect();
        let names: Vec<(Kind, &str)> = contacts.iter().map(|id| (Kind::Contact, id.as_str())).collect();
        let people = self.session.find(&names)?;
        let mut dossiers = Vec::new();
        for person in people {
            // What they did does not matter: their scores are known.
            let others = self.session.merged_with(&[person.key])?;
            dossiers.push(Dossier::new(person, others, Vec::new()));
        }
        let of_people = dossiers.iter().flat_map(Dossier::accounts);
        let own = row.flat_map(|row| row.accounts.iter().map(|membership| membership.account.as_str().into()));
        let accounts = self.accounts(&of_people.chain(own).collect())?;
        let around = Around { accounts, opportunities: rows };
        let mut writes = Writes::default();
        let mut soonest = None;
        for version in self.models.all().filter(|version| version.of_opportunities).cloned().collect::<Vec<_>>() {
            let mut before = self.table(&version, &[subject.key])?.remove(&subject.key).unwrap_or_default();
            let day = self.today(&version);
            let facts = facts(&version, dossiers.iter(), &around);
            let persons = dossiers.iter().map(|dossier| &dossier.subject);
            let contacts = self.cards(&version, Of::Contact, persons, ranks)?;
            let accounts = self.cards(&version, Of::Account, around.accounts.values(), ranks)?;
            let scores = Scores {
                contacts: contacts.into_iter().map(|card| renamed(card, |id| ContactId::from(&*id))).collect(),
                accounts: accounts.into_iter().map(|card| renamed(card, |id| AccountId::from(&*id))).collect(),
                opportunities: Vec::new(),
            };
            let id = OpportunityId::from(&*subject.id);
            let Evaluated { standings, next } =
                evaluate::opportunity(&version, &facts, (subject.key, &id), day, &scores).unwrap_or_default();
            let now = Look { day, cause: Cause::Account, is_current: self.is_current(&version) };
            self.compare(&version, (subject.key, Kind::Opportunity), now, &mut before, standings, &mut writes);
            soonest = [soonest, next].into_iter().flatten().min();
        }
        self.write(writes)?;
        Ok(self.session.touch(&[(subject.key, soonest.map(|next| next.max(self.tomorrow())))])?)
    }

    /// The results of subjects as cards, in the order of their ids.
    pub(crate) fn cards<'a>(
        &mut self,
        version: &Version,
        of: Of,
        subjects: impl Iterator<Item = &'a Subject>,
        ranks: &Ranks,
    ) -> Result<Vec<Card<Arc<str>>>> {
        let mut subjects: Vec<&Subject> = subjects.collect();
        subjects.sort_by(|one, other| one.id.cmp(&other.id));
        let keys: Vec<Key> = subjects.iter().map(|subject| subject.key).collect();
        let mut table = self.table(version, &keys)?;
        let card = |subject: &Subject| Some(card(version, of, subject.id.clone(), &table.remove(&subject.key)?, ranks));
        Ok(subjects.into_iter().filter_map(card).collect())
    }

    /// Puts subjects into the bands that go by percentiles, as everybody stands now.
    pub(crate) fn place(&mut self, keys: &BTreeSet<Key>, ranks: &Ranks) -> Result<()> {
        let keys: Vec<Key> = keys.iter().copied().collect();
        let subjects = self.session.lock(&keys)?;
        let mut writes = Writes::default();
        for version in self.models.all().cloned().collect::<Vec<_>>() {
            let mut table = self.table(&version, &keys)?;
            for subject in &subjects {
                let Some(of) = evaluate::of_kind(subject.kind) else { continue };
                let Some(mut before) = table.remove(&subject.key) else { continue };
                let mut card = card(&version, of, subject.id.clone(), &before, ranks);
                card.place(&version.model);
                let mut after: Vec<Standing> = before.values().cloned().collect();
                for standing in &mut after {
                    let outcome = card.scores.iter().find(|outcome| place_of(outcome.score) == Some(standing.score));
                    standing.band = outcome.and_then(|outcome| outcome.band.as_deref()).map(Into::into);
                }
                if after.iter().eq(before.values()) {
                    continue;
                }
                let day = self.today(&version);
                let now = Look { day, cause: Cause::Percentile, is_current: self.is_current(&version) };
                self.log(&version, (subject.key, subject.kind), now, &mut before, after, &mut writes);
            }
        }
        writes.marks.clear();
        if self.models.all().any(|version| version.of_opportunities) {
            let moved: BTreeSet<Key> = writes.standings.keys().map(|(_, subject, _)| *subject).collect();
            let naming = self.session.naming(&moved.into_iter().collect::<Vec<_>>())?;
            writes.marks.extend(naming.into_iter().map(|(subject, _)| subject));
        }
        let moved: BTreeSet<Key> = writes.standings.keys().map(|(_, subject, _)| *subject).collect();
        let moved = subjects.iter().filter(|subject| moved.contains(&subject.key));
        self.session.touch(&moved.map(|subject| (subject.key, subject.next_day)).collect::<Vec<_>>())?;
        self.write(writes)
    }

    /// Marks what looks at percentiles of others, as these have moved; says whether there is any.
    pub(crate) fn mark_what_looks_at_percentiles(&mut self) -> Result<bool> {
        let looks = |version: &Version| {
            version.of_opportunities
                && (!version.by_rank.is_empty() || version.text.to_ascii_lowercase().contains("percentile."))
        };
        if !self.models.all().any(|version| looks(version)) {
            return Ok(false);
        }
        let mut after = 0;
        loop {
            let keys = self.session.walk(Kind::Opportunity, after, PLACED)?;
            let Some(last) = keys.last() else { return Ok(after > 0) };
            after = *last;
            self.session.mark(&keys)?;
        }
    }

    /// Puts some of those who were counted in a wrong band into the right one; says whether there was anybody.
    pub(crate) fn place_some(&mut self, misplaced: &mut &[Misplaced], ranks: &Ranks) -> Result<bool> {
        let mut moved: BTreeSet<Key> = BTreeSet::new();
        while let Some((((version, score), tally), others)) = misplaced.split_first()
            && moved.len() < PLACED
        {
            let some = self.session.counted(*version, *score, tally, PLACED)?;
            let is_rest = some.len() < PLACED;
            moved.extend(some);
            if !is_rest {
                // The others are counted so as well once these are where they belong.
                break;
            }
            *misplaced = others;
        }
        self.place(&moved, ranks)?;
        Ok(!moved.is_empty())
    }
}

/// What is stored of a subject as a card, with percentiles as everybody stands.
pub(crate) fn card<Id>(
    version: &Version,
    of: Of,
    id: Id,
    standings: &BTreeMap<i64, Standing>,
    ranks: &Ranks,
) -> Card<Id> {
    let mut categories = BTreeMap::new();
    let outcome = |at: ScoreAt| {
        let standing = place_of(at).and_then(|place| standings.get(&place));
        Outcome {
            score: at,
            points: standing.and_then(|standing| standing.points),
            band: standing.and_then(|standing| standing.band.as_deref()).map(ToOwned::to_owned),
            percentile: standing.and_then(|standing| ranks.percentile(standing)),
            probability: None,
            estimated_value: None,
        }
    };
    for (at, _) in version.model.scores_of(of) {
        let standing = place_of(at).and_then(|place| standings.get(&place));
        let detail: Json = standing.and_then(|one| serde_json::from_str(&one.detail).ok()).unwrap_or_default();
        for (category, details) in version.model.categories_of(at) {
            let total = detail["categories"][&details.id].as_str().and_then(|text| Decimal::parse(text).ok());
            categories.extend(total.map(|total| (category, total)));
        }
    }
    let scores = version.model.scores_of(of).map(|(at, _)| outcome(at)).collect();
    Card { id, scores, categories, rules: BTreeMap::new() }
}

fn renamed<Id>(card: Card<Arc<str>>, id: impl Fn(Arc<str>) -> Id) -> Card<Id> {
    Card { id: id(card.id), scores: card.scores, categories: card.categories, rules: card.rules }
}
