//! Naive bookkeeping beside the service: what it is told, and what that means, worked out by the manual alone.
//!
//! It shares nothing with the service but the words in which facts are said.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use live::fact::{Amendment, Fact, Identity, Reason, Report, Upsert, Who};
use rules::activity::Activity;
use rules::day::{Day, Instant, Zone};
use rules::facts::{Builder, Facts};
use rules::history::{Membership, Row};
use rules::value::{Attributes, Value};

/// What should be answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Said {
    Accepted,
    Duplicate,
    Refused(Reason),
}

/// What should come of merging, unmerging and erasing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Done {
    Well,
    NotFound,
    Conflict,
}

/// A contact, or a visitor.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Person {
    is_visitor: bool,
    id: String,
}

fn contact(id: &str) -> Person {
    Person { is_visitor: false, id: id.to_owned() }
}

fn visitor(id: &str) -> Person {
    Person { is_visitor: true, id: id.to_owned() }
}

/// Values with the day from which each holds; the latest that has begun is in force.
type Dated<T> = Vec<(Option<Day>, T)>;

#[derive(Clone, Debug, Default)]
struct Told {
    exists: Option<Option<Day>>,
    attributes: BTreeMap<Arc<str>, Dated<Option<Value>>>,
    accounts: Dated<Vec<Membership>>,
    contact: Dated<Option<String>>,
}

#[derive(Clone, Debug)]
struct Deed {
    of: Person,
    report: Report,
    at: Instant,
    is_retracted: bool,
    /// The imports that said it; 0 is none.
    said_by: Vec<i64>,
}

/// All that was said.
#[derive(Clone, Debug, Default)]
pub(crate) struct Shadow {
    /// Those who are one, each with the one that it goes by first, then as they were added.
    groups: Vec<Vec<Person>>,
    /// With whom somebody was merged or joined.
    with: BTreeMap<Person, Person>,
    told: BTreeMap<Person, Told>,
    /// In the order in which they were accepted.
    activities: Vec<Deed>,
    accounts: BTreeMap<String, Told>,
    opportunities: BTreeMap<String, Told>,
    erased: BTreeSet<Person>,
    /// Imports that were undone.
    pub(crate) undone: BTreeSet<i64>,
}

fn in_force<T>(dated: &Dated<T>, day: Option<Day>) -> Option<&T> {
    dated.iter().filter(|(from, _)| *from <= day).max_by_key(|(from, _)| *from).map(|(_, value)| value)
}

fn set<T: Clone + PartialEq>(dated: &mut Dated<T>, from: Option<Day>, value: T) {
    dated.retain(|(other, _)| *other != from);
    dated.push((from, value));
}

impl Told {
    fn say(&mut self, said: &Upsert, today: Day) {
        self.exists = match (self.exists, said.from) {
            (None, from) => Some(from),
            (Some(known), None) => Some(known),
            (Some(known), Some(from)) => Some(known.min(Some(from))),
        };
        let begin = self.exists.unwrap();
        for (name, value) in &said.attributes {
            say_one(self.attributes.entry(name.clone()).or_default(), value.clone(), None, said.from, begin, today);
        }
        if let Some(accounts) = &said.accounts {
            say_one(&mut self.accounts, accounts.clone(), Vec::new(), said.from, begin, today);
        }
        if let Some(id) = &said.contact {
            let id = id.as_ref().map(|id| id.as_str().to_owned());
            say_one(&mut self.contact, id, None, said.from, begin, today);
        }
    }

    /// What only the other knows is added.
    fn with(mut self, other: &Self) -> Self {
        self.exists = match (self.exists, other.exists) {
            (Some(one), Some(two)) => Some(one.min(two)),
            (one, two) => one.or(two),
        };
        for (name, dated) in &other.attributes {
            if self.attributes.get(name).is_none_or(Vec::is_empty) {
                self.attributes.insert(name.clone(), dated.clone());
            }
        }
        if self.accounts.is_empty() {
            self.accounts.clone_from(&other.accounts);
        }
        self
    }

    fn rows(&self, goes_by: impl Fn(&str) -> String) -> Vec<Row> {
        let Some(exists) = self.exists else { return Vec::new() };
        let mut days: BTreeSet<Option<Day>> = [exists].into();
        days.extend(self.attributes.values().flatten().map(|(from, _)| *from));
        days.extend(self.accounts.iter().map(|(from, _)| *from));
        days.extend(self.contact.iter().map(|(from, _)| *from));
        let row = |day: Option<Day>| Row {
            valid_from: day,
            attributes: self
                .attributes
                .iter()
                .filter_map(|(name, dated)| Some((name.clone(), in_force(dated, day)?.clone()?)))
                .collect::<Attributes>(),
            accounts: in_force(&self.accounts, day).cloned().unwrap_or_default(),
            contact: in_force(&self.contact, day).cloned().flatten().map(|id| goes_by(&id).as_str().into()),
        };
        days.into_iter().map(row).collect()
    }
}

/// Without a date, the first value holds always or since the subject exists, and a later one from today.
fn say_one<T: Clone + PartialEq>(
    dated: &mut Dated<T>,
    value: T,
    nothing: T,
    from: Option<Day>,
    begin: Option<Day>,
    today: Day,
) {
    if from.is_some() {
        return set(dated, from, value);
    }
    if in_force(dated, Some(today)).unwrap_or(&nothing) == &value {
        return;
    }
    let from = if dated.is_empty() { begin } else { Some(today) };
    set(dated, from, value);
}

impl Shadow {
    fn group(&self, person: &Person) -> Option<&Vec<Person>> {
        self.groups.iter().find(|group| group.contains(person))
    }

    fn meet(&mut self, person: Person) {
        if self.group(&person).is_none() {
            self.groups.push(vec![person]);
        }
    }

    /// The id that a contact goes by.
    pub(crate) fn goes_by(&self, id: &str) -> String {
        self.group(&contact(id)).map_or_else(|| id.to_owned(), |group| group[0].id.clone())
    }

    /// Whoever a fact is about.
    pub(crate) fn persons(fact: &Fact) -> Vec<Person> {
        match fact {
            Fact::Activity(Report { who: Who::Contact(id), .. }) => vec![contact(id.as_str())],
            Fact::Activity(Report { who: Who::Visitor(id), .. }) => vec![visitor(id)],
            Fact::Contact(said) => vec![contact(&said.id)],
            Fact::Account(_) => Vec::new(),
            Fact::Opportunity(said) => said.contact.iter().flatten().map(|id| contact(id.as_str())).collect(),
            Fact::Join { visitor: one, contact: other } => vec![visitor(one), contact(other.as_str())],
            Fact::Retract(identity) | Fact::Amend(identity, _) => vec![contact(identity.contact.as_str())],
        }
    }

    /// The contacts that a fact is about, by the ids that they go by.
    pub(crate) fn concerned(&self, fact: &Fact) -> Vec<String> {
        let groups = Self::persons(fact).into_iter().filter_map(|person| self.group(&person)?.first().cloned());
        groups.filter(|person| !person.is_visitor).map(|person| person.id).collect()
    }

    /// Something is said.
    pub(crate) fn tell(&mut self, fact: &Fact, origin: i64, now: Instant, today: Day) -> Said {
        let persons = Self::persons(fact);
        if persons.iter().any(|person| self.erased.contains(person)) {
            return Said::Refused(Reason::Erased);
        }
        if let Fact::Retract(identity) | Fact::Amend(identity, _) = fact {
            let amendment = if let Fact::Amend(_, amendment) = fact { Some(amendment) } else { None };
            return self.correct(identity, amendment);
        }
        for person in persons {
            self.meet(person);
        }
        match fact {
            Fact::Activity(report) => return self.report(report, origin, now),
            Fact::Contact(said) => self.told.entry(contact(&said.id)).or_default().say(said, today),
            Fact::Account(said) => self.accounts.entry(said.id.to_string()).or_default().say(said, today),
            Fact::Opportunity(said) => self.opportunities.entry(said.id.to_string()).or_default().say(said, today),
            Fact::Join { visitor: one, contact: other } => self.join(visitor(one), contact(other.as_str())),
            Fact::Retract(_) | Fact::Amend(..) => {}
        }
        Said::Accepted
    }

    /// The first accepted activity of an identity.
    fn first(&self, group: &[Person], source: Option<&Arc<str>>, id: &Arc<str>) -> Option<usize> {
        self.activities.iter().position(|one| {
            group.contains(&one.of) && one.report.id.as_ref() == Some(id) && one.report.source.as_ref() == source
        })
    }

    fn report(&mut self, report: &Report, origin: i64, now: Instant) -> Said {
        let of = match &report.who {
            Who::Contact(id) => contact(id.as_str()),
            Who::Visitor(id) => visitor(id),
        };
        let group = self.group(&of).unwrap();
        let known = report.id.as_ref().and_then(|id| self.first(group, report.source.as_ref(), id));
        if let Some(known) = known {
            self.activities[known].said_by.push(origin);
            return Said::Duplicate;
        }
        let at = report.occurred_at.unwrap_or(now);
        self.activities.push(Deed { of, report: report.clone(), at, is_retracted: false, said_by: vec![origin] });
        Said::Accepted
    }

    fn correct(&mut self, identity: &Identity, amendment: Option<&Amendment>) -> Said {
        let group = self.group(&contact(identity.contact.as_str()));
        let found = group.and_then(|group| self.first(group, identity.source.as_ref(), &identity.id));
        let Some(one) = found.map(|place| &mut self.activities[place]).filter(|one| !one.is_retracted) else {
            return Said::Refused(Reason::Unknown);
        };
        let Some(amendment) = amendment else {
            one.is_retracted = true;
            return Said::Accepted;
        };
        if let Some(account) = &amendment.account {
            one.report.account.clone_from(account);
        }
        if let Some(value) = &amendment.value {
            one.report.value.clone_from(value);
        }
        one.at = amendment.occurred_at.unwrap_or(one.at);
        Said::Accepted
    }

    /// Whether something is there because of imports alone that were undone.
    fn is_undone(deed: &Deed, undone: &BTreeSet<i64>) -> bool {
        !deed.is_retracted && deed.said_by.iter().all(|origin| undone.contains(origin))
    }

    fn without(&self, origin: i64) -> BTreeSet<i64> {
        self.undone.iter().copied().chain((origin != 0).then_some(origin)).collect()
    }

    /// The contacts who lose something by that an import is undone.
    pub(crate) fn undoing(&self, origin: i64) -> BTreeSet<String> {
        let undone = self.without(origin);
        let losing = self.activities.iter().filter(|deed| Self::is_undone(deed, &undone));
        let persons = losing.filter_map(|deed| self.group(&deed.of)?.first());
        persons.filter(|person| !person.is_visitor).map(|person| person.id.clone()).collect()
    }

    pub(crate) fn undo(&mut self, origin: i64) {
        self.undone = self.without(origin);
        let undone = &self.undone;
        self.activities.retain(|deed| !Self::is_undone(deed, undone));
    }

    /// Who was joined first stays.
    fn join(&mut self, visitor: Person, contact: Person) {
        if !self.with.contains_key(&visitor) {
            self.unite(contact, visitor);
        }
    }

    fn unite(&mut self, with: Person, other: Person) {
        let place = self.groups.iter().position(|group| group.contains(&other)).unwrap();
        let gone = self.groups.remove(place);
        self.groups.iter_mut().find(|group| group.contains(&with)).unwrap().extend(gone);
        self.with.insert(other, with);
    }

    pub(crate) fn merge(&mut self, survivor: &str, other: &str) -> Done {
        let (survivor, other) = (contact(survivor), contact(other));
        let Some((one, two)) = self.group(&survivor).zip(self.group(&other)) else { return Done::NotFound };
        if one == two || two[0] != other {
            return Done::Conflict;
        }
        self.unite(survivor, other);
        Done::Well
    }

    pub(crate) fn unmerge(&mut self, id: &str) -> Done {
        let leaving = contact(id);
        if self.group(&leaving).is_none() {
            return Done::NotFound;
        }
        if self.with.remove(&leaving).is_none() {
            return Done::Conflict;
        }
        let follows =
            |person: &Person| std::iter::successors(Some(person), |one| self.with.get(*one)).any(|one| *one == leaving);
        let place = self.groups.iter().position(|group| group.contains(&leaving)).unwrap();
        let (gone, kept): (Vec<Person>, Vec<Person>) = self.groups[place].iter().cloned().partition(follows);
        self.groups[place] = kept;
        self.groups.push(gone);
        Done::Well
    }

    pub(crate) fn erase(&mut self, id: &str) -> Done {
        let Some(place) = self.groups.iter().position(|group| group.contains(&contact(id))) else {
            return Done::NotFound;
        };
        let gone = self.groups.remove(place);
        self.activities.retain(|one| !gone.contains(&one.of));
        self.told.retain(|person, _| !gone.contains(person));
        self.with.retain(|person, _| !gone.contains(person));
        for (_, named) in self.opportunities.values_mut().flat_map(|told| &mut told.contact) {
            named.take_if(|id| gone.contains(&contact(id)));
        }
        self.erased.extend(gone);
        Done::Well
    }

    /// All of it as facts, on the days of a time zone.
    pub(crate) fn facts(&self, zone: &Zone) -> Facts {
        let mut builder = Builder::default();
        for group in self.groups.iter().filter(|group| !group[0].is_visitor) {
            let told = |person: &Person| self.told.get(person).cloned().unwrap_or_default();
            let all = group[1..].iter().fold(told(&group[0]), |all, other| all.with(&told(other)));
            for row in all.rows(str::to_owned) {
                builder.contact(group[0].id.as_str().into(), row);
            }
            for activity in self.counted(group, zone) {
                builder.activity(activity);
            }
        }
        for (id, told) in &self.accounts {
            for row in told.rows(str::to_owned) {
                builder.account(id.as_str().into(), row);
            }
        }
        for (id, told) in &self.opportunities {
            for row in told.rows(|contact| self.goes_by(contact)) {
                builder.opportunity(id.as_str().into(), row);
            }
        }
        builder.finish()
    }

    fn counted(&self, group: &[Person], zone: &Zone) -> Vec<Activity> {
        let mut seen = BTreeSet::new();
        let mut counted = Vec::new();
        for one in self.activities.iter().filter(|one| group.contains(&one.of)) {
            let identity = one.report.id.clone().map(|id| (one.report.source.clone(), id));
            if identity.is_some_and(|identity| !seen.insert(identity)) || one.is_retracted {
                continue;
            }
            counted.push(Activity {
                contact: group[0].id.as_str().into(),
                kind: one.report.kind.clone(),
                occurred_at: one.at,
                day: zone.day_of(one.at),
                id: one.report.id.clone(),
                source: one.report.source.clone(),
                value: one.report.value.clone(),
                account: one.report.account.clone(),
                properties: one.report.properties.clone(),
            });
        }
        counted
    }
}
