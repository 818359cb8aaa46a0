//! What is to be seen of a subject as of a date: attributes in force, accounts, activities in
//! order with the exclusions decided.

use super::Overflow;
use super::dimensions::accounts_on;
use crate::activity::Activity;
use crate::condition::{Context, Name, Unknown};
use crate::day::Day;
use crate::decimal::{Decimal, ParseError};
use crate::facts::Facts;
use crate::history::History;
use crate::id::{AccountId, ContactId};
use crate::model::{After, Exclusion, ExclusionAt, Model, Types};
use crate::value::{Attributes, Value};

pub(super) static NOTHING_KNOWN: Attributes = Attributes::new();

/// The three things that a score is a function of.
#[derive(Clone, Copy, Debug)]
pub(super) struct Inputs<'a> {
    pub(super) model: &'a Model,
    pub(super) facts: &'a Facts,
    pub(super) as_of: Day,
}

/// An activity as rules see it.
#[derive(Clone, Debug)]
pub(crate) struct Seen<'a> {
    pub(crate) activity: &'a Activity,
    /// What the names in a `where` mean for it.
    pub(crate) context: Context<'a>,
    /// The accounts that it belongs to.
    pub(crate) accounts: Vec<&'a AccountId>,
    pub(crate) excluded: Option<ExclusionAt>,
}

/// What the rules of one subject see.
#[derive(Clone, Debug)]
pub(crate) struct View<'a> {
    /// What names mean for the subject itself.
    pub(crate) own: Context<'a>,
    /// Its activities up to the date, in order.
    pub(crate) seen: Vec<Seen<'a>>,
    /// Whether only rules of the kind `activity` count.
    pub(crate) activities_only: bool,
}

/// A contact as of a date.
#[derive(Clone, Debug)]
pub(crate) struct ContactView<'a> {
    pub(crate) id: &'a ContactId,
    /// The accounts that it has on the date, the primary one first.
    pub(crate) accounts: Vec<&'a AccountId>,
    pub(crate) view: View<'a>,
}

/// The attributes in force on a day.
pub(super) fn attributes_on(history: &History, day: Day) -> &Attributes {
    history.on(day).map_or(&NOTHING_KNOWN, |row| &row.attributes)
}

impl<'a> Inputs<'a> {
    /// The account's id and its attributes in force.
    pub(super) fn account(self, id: &'a AccountId) -> (&'a str, &'a Attributes) {
        let history = self.facts.accounts.get(id);
        (id.as_str(), history.map_or(&NOTHING_KNOWN, |history| attributes_on(history, self.as_of)))
    }

    /// What names mean for an account by itself.
    pub(super) fn account_alone(self, id: &'a AccountId) -> Context<'a> {
        Context { account: Some(self.account(id)), ..Context::empty(&self.model.zone) }
    }

    /// The contact's id and its attributes in force.
    pub(super) fn contact(self, id: &'a ContactId) -> (&'a str, &'a Attributes) {
        let person = self.facts.contacts.get(id);
        (id.as_str(), person.map_or(&NOTHING_KNOWN, |person| attributes_on(&person.history, self.as_of)))
    }

    /// The accounts that a contact has on a day.
    pub(super) fn accounts_of(self, id: &ContactId, day: Day) -> Vec<&'a AccountId> {
        self.facts.contacts.get(id).map_or(Vec::new(), |person| accounts_on(&person.history, day))
    }

    /// The account that a contact has first on the as-of date.
    pub(super) fn primary_account(self, id: &ContactId) -> Option<&'a AccountId> {
        self.accounts_of(id, self.as_of).first().copied()
    }

    /// A contact that exists on the date.
    pub(super) fn view(self, id: &'a ContactId) -> ContactView<'a> {
        let accounts = self.accounts_of(id, self.as_of);
        let contact = Some(self.contact(id));
        let primary = accounts.first().map(|&account| self.account(account));
        let own = Context { contact, account: primary, ..Context::empty(&self.model.zone) };
        let activities = self.facts.contacts.get(id).map_or(&[][..], |person| &person.activities);
        // Not simply the first ones: a clock set back across midnight repeats the end of a day after
        // the begin of the next.
        let existing: Vec<&Activity> = activities.iter().filter(|activity| activity.day <= self.as_of).collect();
        let mut seen: Vec<Seen<'a>> = Vec::new();
        for &activity in &existing {
            let accounts = match &activity.account {
                Some(account) => vec![account],
                None => self.accounts_of(id, activity.day),
            };
            let account = accounts.first().map(|&account| self.account(account));
            let context = Context { activity: Some(activity), account, ..own };
            seen.push(Seen { activity, context, accounts, excluded: None });
        }
        for (index, seen) in seen.iter_mut().enumerate() {
            seen.excluded = self.excluded(&existing, index, &seen.context);
        }
        ContactView { id, accounts, view: View { own, seen, activities_only: false } }
    }

    /// What is unknown about the exclusions that might cover an activity.
    pub(super) fn unknown_exclusions(self, seen: &Seen<'_>) -> Vec<(ExclusionAt, Unknown)> {
        let might = self
            .model
            .exclusions
            .iter()
            .enumerate()
            .filter(|(_, exclusion)| seen.excluded.is_none() && exclusion.types.cover(&seen.activity.kind));
        let conditions = might.filter_map(|(at, exclusion)| Some((ExclusionAt(at), exclusion.condition.as_ref()?)));
        let unknown = conditions.flat_map(|(at, condition)| {
            condition.predicate.unknowns(&seen.context).into_iter().map(move |unknown| (at, unknown))
        });
        unknown.collect()
    }

    /// The first exclusion that covers an activity.
    fn excluded(self, activities: &[&Activity], index: usize, context: &Context<'_>) -> Option<ExclusionAt> {
        let covers = |exclusion: &Exclusion| {
            exclusion.types.cover(&activities[index].kind)
                && exclusion.condition.as_ref().is_none_or(|condition| condition.predicate.holds(context))
                && exclusion.after.as_ref().is_none_or(|after| follows(activities, index, after, context))
        };
        self.model.exclusions.iter().position(covers).map(ExclusionAt)
    }
}

/// Whether another activity of the contact, not later, fits. It may itself be excluded.
fn follows(activities: &[&Activity], index: usize, after: &After, context: &Context<'_>) -> bool {
    let this = activities[index];
    let text_of = |activity: &Activity| after.same.as_ref().map(|name| text(name, activity, context));
    let same = text_of(this);
    if same == Some(None) {
        return false;
    }
    let micros = |activity: &Activity| activity.occurred_at.0;
    let near = |other: &&&Activity| {
        let distance = i128::from(micros(this)) - i128::from(micros(other));
        after.within_seconds.is_none_or(|seconds| distance <= i128::from(seconds) * 1_000_000)
    };
    let fits = |other: &Activity| after.types.cover(&other.kind) && text_of(other) == same;
    // Those at the same moment count too, whichever side they stand on.
    let before = activities[..index].iter().rev().take_while(near);
    let beside = activities[index + 1..].iter().take_while(|other| micros(other) == micros(this));
    before.chain(beside).any(|other| fits(other))
}

fn text(name: &Name, activity: &Activity, context: &Context<'_>) -> Option<String> {
    let context = Context { activity: Some(activity), ..*context };
    context.value(name).map(|value| value.text().into_owned())
}

impl<'a> ContactView<'a> {
    /// What counts of the contact for one account: the activities that belong to it, and the rest
    /// only if the contact has the account on the date.
    pub(super) fn for_account(&self, account: &AccountId) -> View<'a> {
        let belongs = |seen: &&Seen<'a>| seen.accounts.contains(&account);
        View {
            own: self.view.own,
            seen: self.view.seen.iter().filter(belongs).cloned().collect(),
            activities_only: !self.accounts.contains(&account),
        }
    }

    /// Whether an activity, not excluded, belongs to the account.
    pub(super) fn acted_for(&self, account: &AccountId) -> bool {
        self.view.seen.iter().any(|seen| seen.excluded.is_none() && seen.accounts.contains(&account))
    }
}

impl View<'_> {
    /// The day of the last activity that ends a silence.
    pub(super) fn last_sign(&self, types: Option<&Types>, passive: &[std::sync::Arc<str>]) -> Option<Day> {
        let ends = |seen: &&Seen<'_>| {
            let kind = &seen.activity.kind;
            seen.excluded.is_none() && types.map_or_else(|| !passive.contains(kind), |types| types.cover(kind))
        };
        self.seen.iter().filter(ends).map(|seen| seen.activity.day).max()
    }
}

/// What was found under a name that could not be used.
pub(super) fn unknown(name: &Name, value: Option<&Value>) -> Unknown {
    Unknown { name: name.clone(), found: value.map(|value| value.text().into_owned()) }
}

/// A number under a name: known, unknown, or beyond the range.
pub(super) fn number(name: &Name, context: &Context<'_>) -> Result<Result<Decimal, Unknown>, Overflow> {
    let value = context.value(name);
    match value.as_ref().map(Value::number) {
        Some(Ok(number)) => Ok(Ok(number)),
        Some(Err(ParseError::OutOfRange)) => Err(Overflow),
        _ => Ok(Err(unknown(name, value.as_ref()))),
    }
}
