//! Random facts: skewed ids, bursts, equal moments, repetitions, edges of days and zones.

use super::Dice;
use crate::activity::Activity;
use crate::day::{Day, Zone};
use crate::decimal::Decimal;
use crate::facts::{Builder, Facts};
use crate::history::{Membership, Row};
use crate::id::{AccountId, ContactId, OpportunityId};
use crate::value::{Attributes, Value};

/// One row of one file.
#[derive(Clone, Debug)]
pub enum Fact {
    /// Of contacts.
    Contact(ContactId, Row),
    /// Of accounts.
    Account(AccountId, Row),
    /// Of opportunities.
    Opportunity(OpportunityId, Row),
    /// Of activities.
    Activity(Activity),
}

impl Fact {
    /// Whether saying it twice says no more than saying it once.
    pub fn may_repeat(&self) -> bool {
        !matches!(self, Self::Activity(activity) if activity.id.is_none())
    }
}

/// Facts from rows, in the order given.
pub fn build(rows: &[Fact]) -> Facts {
    let mut builder = Builder::default();
    for fact in rows {
        match fact.clone() {
            Fact::Contact(id, row) => drop_added(builder.contact(id, row)),
            Fact::Account(id, row) => drop_added(builder.account(id, row)),
            Fact::Opportunity(id, row) => drop_added(builder.opportunity(id, row)),
            Fact::Activity(activity) => builder.activity(activity),
        }
    }
    builder.finish()
}

/// Random rows may well contradict one another; what is kept then is the same in any order.
fn drop_added(_: crate::history::Added) {}

/// The rows that are known by a day: what is dated later is left out, as a forecast does.
pub fn known_by(rows: &[Fact], day: Day) -> Vec<Fact> {
    let begun = |from: Option<Day>| from.is_none_or(|from| from <= day);
    let known = |fact: &Fact| match fact {
        Fact::Activity(activity) => activity.day <= day,
        Fact::Contact(_, row) | Fact::Account(_, row) | Fact::Opportunity(_, row) => begun(row.valid_from),
    };
    let mut kept: Vec<_> = rows.iter().filter(|fact| known(fact)).cloned().collect();
    for fact in &mut kept {
        if let Fact::Contact(_, row) = fact {
            row.accounts.retain(|membership| begun(membership.since));
        }
    }
    kept
}

/// Random rows around a date: up to `size` contacts with some activities each.
pub fn facts(dice: &mut Dice, zone: &Zone, as_of: Day, size: usize) -> Vec<Fact> {
    let mut rows = Vec::new();
    let people = 1 + dice.below(size.max(1));
    for number in 0..people {
        let id = ContactId::from(format!("c{number}").as_str());
        for _ in 0..dice.below(4) {
            let accounts = (0..dice.below(3)).map(|_| membership(dice, as_of)).collect();
            let row =
                Row { valid_from: valid_from(dice, as_of), attributes: attributes(dice), accounts, contact: None };
            rows.push(Fact::Contact(id.clone(), row));
        }
    }
    for number in 0..dice.below(4) {
        let row = Row { valid_from: valid_from(dice, as_of), attributes: attributes(dice), ..Row::default() };
        rows.push(Fact::Account(account(number), row));
    }
    for number in 0..dice.below(4) {
        let contact = (!dice.one_in(3)).then(|| contact(dice, people));
        let accounts =
            if dice.one_in(2) { vec![Membership { account: account(dice.below(5)), since: None }] } else { Vec::new() };
        let row = Row { valid_from: valid_from(dice, as_of), attributes: attributes(dice), accounts, contact };
        rows.push(Fact::Opportunity(OpportunityId::from(format!("o{number}").as_str()), row));
    }
    for _ in 0..dice.below(people * 6 + 1) {
        let one = activity(dice, zone, as_of, people);
        if dice.one_in(4) {
            rows.push(Fact::Activity(twin(dice, &one)));
        }
        rows.push(Fact::Activity(one));
    }
    rows
}

/// Few contacts have most of the activities.
fn contact(dice: &mut Dice, people: usize) -> ContactId {
    let skewed = dice.below(people + 1).min(dice.below(people + 1));
    ContactId::from(format!("c{skewed}").as_str())
}

fn account(number: usize) -> AccountId {
    AccountId::from(format!("a{number}").as_str())
}

fn membership(dice: &mut Dice, as_of: Day) -> Membership {
    Membership { account: account(dice.below(4)), since: dice.one_in(3).then(|| around(dice, as_of)) }
}

fn valid_from(dice: &mut Dice, as_of: Day) -> Option<Day> {
    (!dice.one_in(2)).then(|| around(dice, as_of))
}

/// Mostly before the date, sometimes on it, sometimes after.
fn around(dice: &mut Dice, as_of: Day) -> Day {
    let back = [0, 1, 7, 30, 31, 90, 365, 700][dice.below(8)] + i32::try_from(dice.below(40)).unwrap_or(0);
    as_of.plus_days(20 - back).unwrap_or(as_of)
}

fn attributes(dice: &mut Dice) -> Attributes {
    let mut attributes = Attributes::new();
    for name in ["level", "plan", "joined", "created_at", "amount", "opted_in"] {
        if let Some(value) = value(dice, name) {
            attributes.insert(name.into(), value);
        }
    }
    attributes
}

fn value(dice: &mut Dice, name: &str) -> Option<Value> {
    if dice.one_in(4) {
        return None;
    }
    Some(match name {
        "joined" | "created_at" => {
            Value::from(dice.pick(&["2022-02-28", "2024-01-31", "2025-12-31T23:30:00Z", "2027-01-01", "soon"]))
        }
        "opted_in" if dice.one_in(2) => Value::Bool(dice.one_in(2)),
        "opted_in" => Value::from(dice.pick(&["true", "FALSE", "yes"])),
        "plan" => Value::from(dice.pick(&["basic", "Gold", "gold_plus", "5"])),
        _ if dice.one_in(8) => Value::from("many"),
        _ if dice.one_in(2) => Value::Number(number(dice)),
        _ => Value::from(number(dice).to_string().as_str()),
    })
}

fn number(dice: &mut Dice) -> Decimal {
    let units = [0, 1, 5_000, 10_000, 25_000, 33_333, 1_000_000][dice.below(7)];
    Decimal::from_units(if dice.one_in(5) { -units } else { units })
}

/// The same moment and identity with other content, as careless exports have it.
fn twin(dice: &mut Dice, one: &Activity) -> Activity {
    let kind = dice.pick(&["event", "click", "delivered", "post"]).into();
    Activity { kind, value: value(dice, "value"), account: Some(account(dice.below(4))), ..one.clone() }
}

fn activity(dice: &mut Dice, zone: &Zone, as_of: Day, people: usize) -> Activity {
    let time = dice.pick(&["00:00:00", "00:30:00", "02:30:00", "12:00:00", "12:00:01", "23:59:59.999999"]);
    let offset = dice.pick(&["", "Z", "+05:30"]);
    let text = format!("{}T{time}{offset}", around(dice, as_of));
    let occurred_at = zone.instant(&text).expect("a time near the date");
    let mut properties = Attributes::new();
    for name in ["level", "plan"] {
        if let Some(value) = value(dice, name) {
            properties.insert(name.into(), value);
        }
    }
    Activity {
        contact: contact(dice, people),
        kind: dice.pick(&["event", "click", "delivered", "post"]).into(),
        occurred_at,
        day: zone.day_of(occurred_at),
        id: (!dice.one_in(3)).then(|| format!("{}", dice.below(12)).as_str().into()),
        source: dice.one_in(3).then(|| dice.pick(&["web", "mail"]).into()),
        value: value(dice, "value"),
        account: dice.one_in(3).then(|| account(dice.below(4))),
        properties,
    }
}
