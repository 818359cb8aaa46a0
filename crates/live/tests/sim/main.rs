//! One seed makes an organisation and what happens to it. A naive bookkeeping beside the service says what every
//! answer should be; after every answer the contacts stand as the reference evaluator says, and once it is quiet
//! everybody does.

#![allow(clippy::unwrap_used, reason = "a test that panics has failed")]

mod compare;
mod play;
mod shadow;
mod together;
mod words;

use live::fact::{Fact, Identity, Report, Upsert, Who};
use live::service::Service;
use live::take::Request;
use play::{Play, play};
use rules::history::Membership;
use rules::value::Attributes;
use together::meet;
use words::DAY;

/// In memory where there is such a place: that the disk keeps what it is given is not what is tried here.
fn folder() -> tempfile::TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap()
}

fn on_sqlite(what: Play) {
    let folder = folder();
    play(folder.path().join("sim.db").to_str().unwrap(), what);
}

/// A number given from outside, or another one.
fn given(name: &str, otherwise: u64) -> u64 {
    std::env::var_os(name).map_or(otherwise, |text| text.to_str().unwrap().parse().unwrap())
}

/// A moment that lasts.
const NOW: i64 = 1_773_489_600_000_000;

/// A database in which it is always the same moment, to be opened as often as wanted.
fn still() -> (tempfile::TempDir, impl Fn() -> Service) {
    let folder = folder();
    let path = folder.path().join("sim.db");
    let now = || rules::day::Instant::new(NOW).unwrap();
    let open = move || Service::open(store::Store::open(path.to_str().unwrap()).unwrap(), now, &[7; 32]).unwrap();
    (folder, open)
}

fn event(contact: &str, id: &str) -> Report {
    Report {
        who: Who::Contact(contact.into()),
        kind: "event".into(),
        occurred_at: None,
        id: Some(id.into()),
        source: None,
        value: None,
        account: None,
        properties: Attributes::new(),
        original: None,
    }
}

#[test]
fn everybody_stands_as_the_shadow_says_on_sqlite() {
    for seed in (1..24).step_by(2) {
        on_sqlite(Play { seed, steps: 100, fails: false });
    }
}

#[test]
fn nothing_is_lost_or_done_twice_wherever_the_database_fails() {
    for seed in (0..24).step_by(2) {
        on_sqlite(Play { seed, steps: 100, fails: true });
    }
}

/// Any seeds from outside, and all that fail: `FERVOR_SEED=2000 FERVOR_SEEDS=500 FERVOR_STEPS=150`. In those that are
/// even the database fails now and then.
#[test]
fn seeds() {
    let (first, count) = (given("FERVOR_SEED", 0), given("FERVOR_SEEDS", 1));
    let steps = usize::try_from(given("FERVOR_STEPS", 100)).unwrap();
    let fails = |seed: &u64| {
        let what = Play { seed: *seed, steps, fails: seed.is_multiple_of(2) };
        std::panic::catch_unwind(|| on_sqlite(what)).is_err()
    };
    let failed: Vec<u64> = (first..first + count).filter(fails).collect();
    assert_eq!(failed, Vec::<u64>::new());
}

#[test]
fn everybody_stands_as_the_shadow_says_on_postgresql() {
    let Some(server) = store::testing::Server::start() else { return };
    for seed in 100..104 {
        play(&server.database(&format!("sim{seed}")), Play { seed, steps: 100, fails: seed.is_multiple_of(2) });
    }
}

#[test]
fn nobody_is_in_the_way_of_another_on_sqlite() {
    for seed in 0..2 {
        let folder = folder();
        // Two processes on one file, each with its one writer.
        meet(folder.path().join("sim.db").to_str().unwrap(), seed, (2, 1), 40);
    }
}

#[test]
fn nobody_is_in_the_way_of_another_on_postgresql() {
    let Some(server) = store::testing::Server::start() else { return };
    for (seed, how_many) in [(10, (1, 3)), (11, (2, 2))] {
        meet(&server.database(&format!("meet{seed}")), seed, how_many, 40);
    }
}

/// What is remembered of somebody is no longer enough once a model looks at accounts that did not before.
#[test]
fn a_model_may_begin_to_look_at_accounts() {
    let (_folder, open) = still();
    let service = open();
    let plain = "[score.one]\n[rule.one]\nscore = \"one\"\nactivity = \"event\"\npoints = 1\n";
    let looking = "[rule.it]\nscore = \"one\"\nwhen = \"account.industry = 'IT'\"\npoints = 50\n";
    let firm = "[score.firm]\nof = \"account\"\n[rule.people]\nscore = \"firm\"\nrollup = \"one\"\ntake = \"sum\"\n";
    let account = |industry: &str| {
        let attributes = [("industry".into(), Some(industry.into()))].into();
        Fact::Account(Upsert { id: "acme".into(), attributes, ..Upsert::default() })
    };
    let say = |facts: Vec<Fact>| {
        service.take(&Request { facts, ..Request::default() }).unwrap();
    };
    let holds = |when: &str| {
        service.quiet().unwrap();
        assert_eq!(service.verify().unwrap().told, Vec::<String>::new(), "{when}");
    };
    service.publish(plain, "sim").unwrap();
    holds("with nobody");
    let member = Membership { account: "acme".into(), since: None };
    let ada = Upsert { id: "ada".into(), accounts: Some(vec![member]), ..Upsert::default() };
    say(vec![account("IT"), Fact::Contact(ada), Fact::Activity(event("ada", "1"))]);
    say(vec![Fact::Activity(event("ada", "2"))]);
    for (number, more) in (1..).zip([looking.to_owned(), firm.to_owned(), looking.to_owned() + firm]) {
        service.publish(&(plain.to_owned() + &more), "sim").unwrap();
        service.quiet().unwrap();
        say(vec![Fact::Activity(event("ada", &format!("a{number}")))]);
        holds(&format!("with {more}"));
        // And back: what happens to the account meanwhile is not looked at.
        say(vec![Fact::Activity(event("ada", &format!("b{number}")))]);
        service.publish_again(1).unwrap();
        service.quiet().unwrap();
        say(vec![account(if number % 2 == 0 { "IT" } else { "law" })]);
        service.publish_again(number + 1).unwrap();
        service.quiet().unwrap();
        say(vec![Fact::Activity(event("ada", &format!("c{number}")))]);
        holds(&format!("with {more}, again"));
        service.publish_again(1).unwrap();
        holds("back");
        say(vec![account("IT")]);
    }
}

/// Whoever was looked at as of days that are still to come is looked at again.
#[test]
fn a_clock_that_was_ahead_leaves_nothing_behind() {
    let folder = folder();
    let path = folder.path().join("sim.db");
    let ahead = std::sync::Arc::new(std::sync::atomic::AtomicI64::new(0));
    let clock = ahead.clone();
    let now = move || rules::day::Instant::new(NOW + clock.load(std::sync::atomic::Ordering::Relaxed)).unwrap();
    let service = Service::open(store::Store::open(path.to_str().unwrap()).unwrap(), now, &[7; 32]).unwrap();
    let rule = "[rule.one]\nscore = \"one\"\nactivity = \"event\"\npoints = 64\nhalf_life = \"10 days\"\n";
    service.publish(&format!("[score.one]\nbands = {{ Low = 0, High = 50 }}\n{rule}"), "sim").unwrap();
    service.take(&Request { facts: vec![Fact::Activity(event("ada", "1"))], ..Request::default() }).unwrap();
    service.quiet().unwrap();
    for days in [0, 365, 0, 30, 2, 0] {
        ahead.store(days * DAY, std::sync::atomic::Ordering::Relaxed);
        service.quiet().unwrap();
        assert_eq!(service.verify().unwrap().told, Vec::<String>::new(), "{days} days ahead");
    }
}

/// A day ends while something is being looked at, between any two looks at the clock.
#[test]
fn midnight_may_come_at_any_moment() {
    use std::sync::atomic::{AtomicI64, Ordering};
    // Nobody but the account is due on the next day.
    let model = "[score.one]\n[rule.one]\nscore = \"one\"\nactivity = \"event\"\npoints = 64\n\
                 [score.firm]\nof = \"account\"\n\
                 [rule.event]\nscore = \"firm\"\nactivity = \"event\"\npoints = 64\nhalf_life = \"1 day\"\n\
                 [rule.gold]\nscore = \"firm\"\nwhen = \"account.plan = 'gold'\"\npoints = 7\n";
    const MIDNIGHT: i64 = NOW / DAY * DAY + DAY;
    for looks in 0..40 {
        let folder = folder();
        let left = std::sync::Arc::new(AtomicI64::new(i64::MAX));
        let clock = left.clone();
        let now = move || {
            let is_before = clock.fetch_sub(1, Ordering::Relaxed) > 0;
            rules::day::Instant::new(if is_before { MIDNIGHT - 1 } else { MIDNIGHT + 1 }).unwrap()
        };
        let store = store::Store::open(folder.path().join("sim.db").to_str().unwrap()).unwrap();
        let service = Service::open(store, now, &[7; 32]).unwrap();
        service.publish(model, "sim").unwrap();
        service.quiet().unwrap();
        let plan = |plan: &str, from: i64| {
            let attributes = [("plan".into(), Some(plan.into()))].into();
            let from = Some(rules::day::Zone::utc().day_of(rules::day::Instant::new(from).unwrap()));
            Fact::Account(Upsert { id: "acme".into(), attributes, from, ..Upsert::default() })
        };
        let facts = vec![plan("iron", NOW), plan("gold", MIDNIGHT), Fact::Activity(event("ada", "1"))];
        service.take(&Request { facts, ..Request::default() }).unwrap();
        left.store(looks, Ordering::Relaxed);
        service.quiet().unwrap();
        left.store(0, Ordering::Relaxed);
        service.quiet().unwrap();
        assert_eq!(service.verify().unwrap().told, Vec::<String>::new(), "after {looks} looks at the clock");
    }
}

/// What the percentiles of others change is not forgotten with the process that would have seen to it.
#[test]
fn percentiles_are_followed_by_the_next_process() {
    let (_folder, open) = still();
    let service = open();
    let rules = "[rule.one]\nscore = \"one\"\nactivity = \"event\"\npoints = 1\n\
                 [rule.deal]\nscore = \"deal\"\nwhen = \"percentile.one > 60\"\npoints = 10\n";
    service.publish(&format!("[score.one]\n[score.deal]\nof = \"opportunity\"\n{rules}"), "sim").unwrap();
    let deal = Upsert { id: "deal".into(), contact: Some(Some("ada".into())), ..Upsert::default() };
    let facts = vec![Fact::Activity(event("ada", "1")), Fact::Activity(event("bob", "1")), Fact::Opportunity(deal)];
    service.take(&Request { facts, ..Request::default() }).unwrap();
    service.quiet().unwrap();
    let gone = Fact::Retract(Identity { contact: "bob".into(), source: None, id: "1".into() });
    let other = Fact::Contact(Upsert { id: "bob".into(), ..Upsert::default() });
    service.take(&Request { facts: vec![other, gone], ..Request::default() }).unwrap();
    drop(service);
    // Ada was at 50, and is at 75 of 100 now that Bob has nothing.
    let service = open();
    service.quiet().unwrap();
    assert_eq!(service.verify().unwrap().told, Vec::<String>::new());
}
