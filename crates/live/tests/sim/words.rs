//! What people say, from a seed.

use std::sync::Arc;

use live::fact::{Amendment, Fact, Identity, Report, Upsert, Who};
use rules::day::{Day, Instant, Zone};
use rules::history::Membership;
use rules::testing::Dice;
use rules::value::{Attributes, Value};

/// A model as most are: nothing in it makes the service go the long way. Random ones hardly ever are so plain, and
/// always have scores of accounts: here it is one that looks at accounts, one that has scores of them, both or neither.
pub(crate) fn plain_model(dice: &mut Dice) -> String {
    let (looks, has) = (dice.one_in(2), dice.one_in(2));
    let mut some = |texts: &[&'static str]| dice.pick(texts);
    let ranked = ["", "bands_by = \"percentile\"", "bands_by = \"percentile\"\ncohort = \"contact.plan\""];
    let fading = ["", "half_life = \"20 days\"", "window = \"30 days\"", "cap = 40"];
    let firm = format!(
        "[score.firm]\nof = \"account\"\nbands = {{ Low = 0, High = 50 }}\n{}\n\
         [rule.people]\nscore = \"firm\"\nrollup = \"one\"\ntake = \"{}\"\n{}\n",
        some(&ranked[..2]),
        some(&["sum", "mean", "median", "max", "top 2"]),
        some(&["", "where = \"contact.level IS NOT NULL\""]),
    );
    format!(
        "[score.one]\nbands = {{ Low = 0, Mid = 40, High = 80 }}\n{}\n\
         [rule.event]\nscore = \"one\"\nactivity = \"event\"\npoints = {}\n{}\n\
         [rule.click]\nscore = \"one\"\nactivity = [\"click\", \"post\"]\npoints = {}\n{}\n{}\n\
         [rule.level]\nscore = \"one\"\nwhen = \"contact.level > 10\"\npoints = 5\n\
         [rule.silent]\nscore = \"one\"\ninactive_for = \"{} days\"\npoints = -3\n{}{}",
        some(&ranked),
        some(&["10", "2.5"]),
        some(&fading),
        some(&["1", "3"]),
        some(&fading),
        some(&["", "limit = { times = 2, per = \"day\" }"]),
        some(&["5", "20"]),
        if looks {
            "[rule.plan]\nscore = \"one\"\nwhen = \"\\\"account\\\".plan = 'basic'\"\npoints = 7\n"
        } else {
            ""
        },
        if has { firm } else { String::new() },
    )
}

pub(crate) const HOUR: i64 = 3_600_000_000;
pub(crate) const DAY: i64 = 24 * HOUR;

/// Says things.
#[derive(Debug)]
pub(crate) struct Words {
    pub(crate) dice: Dice,
    contacts: usize,
    others: usize,
}

impl Words {
    pub(crate) fn new(seed: u64) -> Self {
        let mut dice = Dice::new(seed);
        let (contacts, others) = (4 + dice.below(12), 2 + dice.below(6));
        Self { dice, contacts, others }
    }

    pub(crate) fn number(&mut self, below: usize) -> String {
        self.dice.below(below).to_string()
    }

    pub(crate) fn contact(&mut self) -> String {
        format!("c{}", self.dice.below(self.contacts).min(self.dice.below(self.contacts)))
    }

    /// Visitors are called like contacts, and have nothing to do with them.
    fn visitor(&mut self) -> String {
        format!("c{}", self.dice.below(4))
    }

    fn account(&mut self) -> String {
        format!("a{}", self.dice.below(self.others))
    }

    fn attributes(&mut self) -> Vec<(Arc<str>, Option<Value>)> {
        let mut said = Vec::new();
        for name in ["level", "plan", "joined", "created_at", "amount", "opted_in"] {
            if self.dice.one_in(3) {
                let value = match self.dice.below(5) {
                    0 => None,
                    1 => Some(Value::from(self.dice.pick(&["2022-02-28", "2025-12-31", "soon"]))),
                    2 => Some(Value::from(self.dice.pick(&["basic", "Gold", "true"]))),
                    3 => Some(Value::Bool(self.dice.one_in(2))),
                    _ => Some(Value::from(self.number(40).as_str())),
                };
                said.push((name.into(), value));
            }
        }
        said
    }

    fn day(&mut self, now: Instant) -> Option<Day> {
        let today = Zone::utc().day_of(now);
        let shift = i32::try_from(self.dice.below(60)).unwrap() - 40;
        (!self.dice.one_in(2)).then(|| today.plus_days(shift).unwrap())
    }

    fn upsert(&mut self, id: String, now: Instant) -> Upsert {
        Upsert {
            id: id.as_str().into(),
            attributes: self.attributes().into_iter().collect(),
            from: self.day(now),
            ..Upsert::default()
        }
    }

    fn memberships(&mut self, now: Instant) -> Vec<Membership> {
        (0..self.dice.below(3))
            .map(|_| Membership { account: self.account().as_str().into(), since: self.day(now) })
            .collect()
    }

    fn occurred(&mut self, now: Instant) -> Instant {
        let late = i64::try_from(self.dice.below(100)).unwrap() * DAY * i64::from(self.dice.one_in(2));
        let early = i64::from(self.dice.one_in(12)) * DAY * 3;
        Instant::new(now.0 - late + early).unwrap()
    }

    pub(crate) fn report(&mut self, now: Instant) -> Report {
        let occurred_at = self.occurred(now);
        let mut properties = Attributes::new();
        for (name, value) in self.attributes() {
            properties.extend(value.map(|value| (name, value)));
        }
        let who = match self.dice.one_in(6) {
            true => Who::Visitor(self.visitor().as_str().into()),
            false => Who::Contact(self.contact().as_str().into()),
        };
        Report {
            who,
            kind: self.dice.pick(&["event", "click", "delivered", "post"]).into(),
            occurred_at: Some(occurred_at).filter(|_| !self.dice.one_in(5)),
            id: (!self.dice.one_in(3)).then(|| self.number(20).as_str().into()),
            source: self.source(),
            value: self.dice.one_in(2).then(|| Value::from(self.number(90).as_str())),
            account: self.dice.one_in(3).then(|| self.account().as_str().into()),
            properties,
            original: None,
        }
    }

    /// An activity of now or of a few hours ago that nobody has told of before.
    pub(crate) fn brisk(&mut self, contact: &str, now: Instant) -> Report {
        let ago = i64::try_from(self.dice.below(5)).unwrap() * HOUR;
        Report {
            who: Who::Contact(contact.into()),
            occurred_at: self.dice.one_in(2).then(|| Instant::new(now.0 - ago).unwrap()),
            id: Some(format!("brisk {}", self.dice.below(1_000_000)).as_str().into()),
            account: self.dice.one_in(6).then(|| self.account().as_str().into()),
            ..self.report(now)
        }
    }

    fn source(&mut self) -> Option<Arc<str>> {
        self.dice.one_in(3).then(|| self.dice.pick(&["web", "mail"]).into())
    }

    fn identity(&mut self) -> Identity {
        Identity { contact: self.contact().as_str().into(), source: self.source(), id: self.number(20).as_str().into() }
    }

    fn amendment(&mut self, now: Instant) -> Amendment {
        let or_nothing = |dice: &mut Dice| dice.one_in(3);
        let account = self.dice.one_in(2).then(|| {
            let account = self.account();
            (!or_nothing(&mut self.dice)).then(|| account.as_str().into())
        });
        let value = self.dice.one_in(3).then(|| {
            let value = self.number(90);
            (!or_nothing(&mut self.dice)).then(|| Value::from(value.as_str()))
        });
        let occurred_at = self.dice.one_in(2).then(|| self.occurred(now));
        Amendment { account, value, occurred_at }
    }

    pub(crate) fn fact(&mut self, now: Instant) -> Fact {
        match self.dice.below(20) {
            0..9 => Fact::Activity(self.report(now)),
            9..12 => {
                let id = self.contact();
                let accounts = self.dice.one_in(2).then(|| self.memberships(now));
                Fact::Contact(Upsert { accounts, ..self.upsert(id, now) })
            }
            12 => {
                let id = self.account();
                Fact::Account(self.upsert(id, now))
            }
            13..15 => {
                let id = format!("o{}", self.dice.below(4));
                let contact =
                    self.dice.one_in(2).then(|| (!self.dice.one_in(4)).then(|| self.contact().as_str().into()));
                let accounts = self.dice.one_in(2).then(|| self.memberships(now).into_iter().take(1).collect());
                Fact::Opportunity(Upsert { contact, accounts, ..self.upsert(id, now) })
            }
            15 => Fact::Join { visitor: self.visitor().as_str().into(), contact: self.contact().as_str().into() },
            16..18 => Fact::Retract(self.identity()),
            _ => Fact::Amend(self.identity(), self.amendment(now)),
        }
    }
}
