//! One seed makes an organisation and what happens to it: after every answer the contacts concerned stand as the
//! reference evaluator says, and once it is quiet everybody does.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use live::fact::{Amendment, Fact, Identity, Report, Taken, Upsert, Who};
use live::service::Service;
use live::take::Request;
use rules::day::{Instant, Zone};
use rules::history::Membership;
use rules::testing::{Dice, model};
use rules::value::{Attributes, Value};
use store::Store;

const DAY: i64 = 86_400_000_000;

struct World {
    service: Service,
    now: Arc<AtomicI64>,
    dice: Dice,
    published: usize,
}

impl World {
    fn new(address: &str, seed: u64) -> Self {
        let zone = Zone::get("Europe/Oslo").unwrap();
        let start = zone.instant("2026-03-14T12:00:00Z").unwrap().0;
        let now = Arc::new(AtomicI64::new(start));
        let clock = now.clone();
        let store = Store::open(address).unwrap();
        let service =
            Service::open(store, move || Instant::new(clock.load(Ordering::Relaxed)).unwrap(), &[7; 32]).unwrap();
        Self { service, now, dice: Dice::new(seed), published: 0 }
    }

    fn pass(&self, micros: i64) {
        self.now.fetch_add(micros, Ordering::Relaxed);
    }

    fn number(&mut self, below: usize) -> String {
        self.dice.below(below).to_string()
    }

    fn contact(&mut self) -> String {
        format!("c{}", self.dice.below(12).min(self.dice.below(12)))
    }

    fn account(&mut self) -> String {
        format!("a{}", self.dice.below(4))
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

    fn day(&mut self) -> Option<rules::day::Day> {
        let today = Zone::utc().day_of(self.service.now());
        let shift = i32::try_from(self.dice.below(60)).unwrap() - 40;
        (!self.dice.one_in(2)).then(|| today.plus_days(shift).unwrap())
    }

    fn upsert(&mut self, id: String) -> Upsert {
        Upsert {
            id: id.as_str().into(),
            attributes: self.attributes().into_iter().collect(),
            from: self.day(),
            ..Upsert::default()
        }
    }

    fn memberships(&mut self) -> Vec<Membership> {
        (0..self.dice.below(3))
            .map(|_| Membership { account: self.account().as_str().into(), since: self.day() })
            .collect()
    }

    fn report(&mut self) -> Report {
        let late = i64::try_from(self.dice.below(100)).unwrap() * DAY * i64::from(self.dice.one_in(2));
        let early = i64::from(self.dice.one_in(12)) * DAY * 3;
        let mut properties = Attributes::new();
        for (name, value) in self.attributes() {
            properties.extend(value.map(|value| (name, value)));
        }
        let who = match self.dice.one_in(6) {
            true => Who::Visitor(format!("v{}", self.dice.below(4)).as_str().into()),
            false => Who::Contact(self.contact().as_str().into()),
        };
        Report {
            who,
            kind: self.dice.pick(&["event", "click", "delivered", "post"]).into(),
            occurred_at: Instant::new(self.service.now().0 - late + early),
            id: (!self.dice.one_in(3)).then(|| self.number(30).as_str().into()),
            source: self.dice.one_in(3).then(|| self.dice.pick(&["web", "mail"]).into()),
            value: self.dice.one_in(2).then(|| Value::from(self.number(90).as_str())),
            account: self.dice.one_in(3).then(|| self.account().as_str().into()),
            properties,
            original: None,
        }
    }

    fn identity(&mut self) -> Identity {
        Identity {
            contact: self.contact().as_str().into(),
            source: self.dice.one_in(3).then(|| self.dice.pick(&["web", "mail"]).into()),
            id: self.number(30).as_str().into(),
        }
    }

    fn fact(&mut self) -> Fact {
        match self.dice.below(20) {
            0..9 => Fact::Activity(self.report()),
            9..12 => {
                let id = self.contact();
                let accounts = self.dice.one_in(2).then(|| self.memberships());
                Fact::Contact(Upsert { accounts, ..self.upsert(id) })
            }
            12..14 => {
                let id = self.account();
                Fact::Account(self.upsert(id))
            }
            14..16 => {
                let id = format!("o{}", self.dice.below(4));
                let contact =
                    self.dice.one_in(2).then(|| (!self.dice.one_in(4)).then(|| self.contact().as_str().into()));
                let accounts = self.dice.one_in(2).then(|| self.memberships().into_iter().take(1).collect());
                Fact::Opportunity(Upsert { contact, accounts, ..self.upsert(id) })
            }
            16 => Fact::Join {
                visitor: format!("v{}", self.dice.below(4)).as_str().into(),
                contact: self.contact().as_str().into(),
            },
            17..19 => Fact::Retract(self.identity()),
            _ => {
                let account = self.dice.one_in(2).then(|| self.dice.one_in(2).then(|| self.account().as_str().into()));
                let occurred_at = self.dice.one_in(2).then(|| self.report().occurred_at.unwrap());
                Fact::Amend(self.identity(), Amendment { account, value: None, occurred_at })
            }
        }
    }

    fn step(&mut self) {
        match self.dice.below(40) {
            0 => self.pass(DAY),
            1 => self.pass(DAY * 5),
            2 => self.pass(3_600_000_000),
            3 | 4 => {
                let (one, other) = (self.contact(), self.contact());
                let _may_be_refused = self.service.merge(&one, &other);
            }
            5 => {
                let one = self.contact();
                let _may_be_refused = self.service.unmerge(&one);
            }
            6 => {
                let one = self.contact();
                let _may_be_refused = self.service.erase(&one).is_ok() && self.dice.one_in(3);
            }
            7 if self.published < 6 => {
                let text = model(&mut self.dice);
                let _may_be_refused = self.service.publish(&text, "sim");
                self.published += 1;
            }
            8 if self.published > 1 => {
                let number = 1 + i64::try_from(self.dice.below(self.published)).unwrap();
                let _may_be_refused = self.service.publish_again(number);
            }
            9..14 => _ = self.service.work().unwrap(),
            _ => {
                let facts: Vec<Fact> = (0..1 + self.dice.below(5)).map(|_| self.fact()).collect();
                let count = facts.len();
                let taken = self.service.take(&Request { facts, ..Request::default() }).unwrap();
                assert_eq!(taken.len(), count);
                assert!(
                    taken.iter().all(|taken| !matches!(taken, Taken::Refused(refusal) if refusal.message.is_empty()))
                );
            }
        }
    }
}

fn simulate(address: &str, seed: u64, steps: usize) {
    let mut world = World::new(address, seed);
    let text = model(&mut world.dice);
    world.service.publish(&text, "sim").unwrap();
    world.service.quiet().unwrap();
    world.published = 1;
    for step in 0..steps {
        world.step();
        if step % 10 == 9 {
            world.service.quiet().unwrap();
            let found = world.service.verify().unwrap();
            assert_eq!(found.told, Vec::<String>::new(), "seed {seed}, step {step}, as of {:?}", found.as_of);
            assert_eq!(found.pending, 0, "seed {seed}, step {step}");
        }
    }
}

#[test]
fn everybody_stands_as_the_reference_says_on_sqlite() {
    for seed in 0..20 {
        let folder = tempfile::tempdir().unwrap();
        simulate(folder.path().join("sim.db").to_str().unwrap(), seed, 100);
    }
}

#[test]
fn everybody_stands_as_the_reference_says_on_postgresql() {
    let Some(server) = store::testing::Server::start() else { return };
    for seed in 100..105 {
        simulate(&server.database(&format!("sim{seed}")), seed, 100);
    }
}
