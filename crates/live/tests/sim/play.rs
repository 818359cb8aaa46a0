//! One seed makes an organisation and what happens to it, and every answer is held to the shadow's.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use live::error::{Error, Result};
use live::fact::{Fact, Taken};
use live::models::Version;
use live::once::Once;
use live::service::Service;
use live::take::Request;
use rules::day::{Day, Instant, Zone};
use rules::testing::model;
use store::faults::{Fault, Faults};
use store::subject::{Kind, Subject};
use store::{Manner, Store};

use crate::compare;
use crate::shadow::{Done, Said, Shadow};
use crate::words::{DAY, HOUR, Words, plain_model};

/// What is played.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Play {
    pub(crate) seed: u64,
    pub(crate) steps: usize,
    /// Whether the database fails now and then.
    pub(crate) fails: bool,
}

/// What somebody asks for beside facts.
#[derive(Clone, Debug)]
enum Act {
    /// What is said, and by which import; 0 is none.
    Take(Vec<Fact>, i64),
    Undo(i64),
    Merge(String, String),
    Unmerge(String),
    Erase(String),
}

struct World {
    play: Play,
    address: String,
    service: Service,
    /// The same database, which does not fail.
    plain: Store,
    faults: Faults,
    now: Arc<AtomicI64>,
    words: Words,
    shadow: Shadow,
    /// What was said last.
    said: Vec<Fact>,
    /// How many imports there were.
    imports: i64,
    texts: Vec<String>,
    /// Under which version and on which day everybody was looked at last.
    settled: Option<(i64, Day)>,
    /// The latest time at which anybody was looked at.
    latest: Instant,
    requests: usize,
    trail: Vec<String>,
}

fn open(address: &str, faults: &Faults, now: &Arc<AtomicI64>) -> Result<Service> {
    let clock = now.clone();
    let store = Store::open(address)?.failing(faults);
    Service::open(store, move || Instant::new(clock.load(Ordering::Relaxed)).unwrap(), &[7; 32])
}

/// Plays it to the end.
pub(crate) fn play(address: &str, play: Play) {
    let start = Zone::get("Europe/Oslo").unwrap().instant("2026-03-14T12:00:00Z").unwrap().0;
    let (now, faults) = (Arc::new(AtomicI64::new(start)), Faults::default());
    let service = open(address, &faults, &now).unwrap();
    let mut world = World {
        play,
        address: address.to_owned(),
        service,
        plain: Store::open(address).unwrap(),
        faults,
        now,
        words: Words::new(play.seed),
        shadow: Shadow::default(),
        said: Vec::new(),
        imports: 0,
        texts: Vec::new(),
        settled: None,
        latest: Instant::new(start).unwrap(),
        requests: 0,
        trail: Vec::new(),
    };
    // Some begin without a model, and are scored once there is one.
    if play.fails || !play.seed.is_multiple_of(5) {
        while world.texts.is_empty() {
            world.publish();
        }
        world.hold();
    }
    for step in 0..play.steps {
        world.step();
        if step % 10 == 9 {
            world.hold();
        }
    }
    world.ahead();
    world.hold();
}

impl World {
    #[track_caller]
    fn holds(&self, found: &[String]) {
        let Play { seed, .. } = self.play;
        let start =
            self.trail.len().saturating_sub(usize::from(std::env::var_os("FERVOR_TRAIL").is_some()) * 4000 + 12);
        assert!(
            found.is_empty(),
            "{}\n\nwhat happened last:\n{}\n\nreplay: FERVOR_SEED={seed} cargo nextest run -p live -E 'test(seeds)'",
            found.join("\n"),
            self.trail[start..].join("\n")
        );
    }

    fn tell(&mut self, what: String) {
        self.trail.push(format!("{:?} {what}", self.service.now()));
    }

    fn pass(&mut self, micros: i64) {
        if micros < 0 {
            // Whoever is looked at meanwhile stands as of the day before, and is not due on the next.
            self.settled = None;
        }
        self.now.fetch_add(micros, Ordering::Relaxed);
        self.tell(format!("{micros} pass"));
    }

    fn ahead(&mut self) {
        let behind = self.latest.0 - self.service.now().0;
        if behind > 0 {
            self.pass(behind);
        }
    }

    /// The version in force, and the day that it is there.
    fn current(&self) -> (Option<Arc<Version>>, Day) {
        let current = self.service.models().unwrap().current;
        let zone = current.as_ref().map_or_else(Zone::utc, |version| version.model.zone.clone());
        let day = zone.day_of(self.service.now());
        (current, day)
    }

    fn step(&mut self) {
        self.latest = self.latest.max(self.service.now());
        match self.words.dice.below(80) {
            0 | 1 => self.pass(DAY),
            2 => self.pass(DAY * 5),
            3..6 => self.pass(HOUR),
            6 => self.pass(-7 * HOUR),
            7 if self.words.dice.one_in(20) => self.pass(DAY * 400),
            8..12 => {
                let act = Act::Merge(self.words.contact(), self.words.contact());
                self.act(act);
            }
            12..15 => {
                let act = Act::Unmerge(self.words.contact());
                self.act(act);
            }
            15 => {
                let act = Act::Erase(self.words.contact());
                self.act(act);
            }
            16..19 => self.publish(),
            35..37 => {
                let origin = self.origin();
                self.act(Act::Undo(origin));
            }
            19..28 => self.work(),
            28..34 => self.rush(),
            34 => self.choose(),
            _ => {
                let now = self.service.now();
                let facts: Vec<Fact> = (0..1 + self.words.dice.below(6)).map(|_| self.words.fact(now)).collect();
                // What one has said another says again, now and then.
                let facts = if self.words.dice.one_in(4) { self.said.clone() } else { facts };
                self.said.clone_from(&facts);
                let origin = self.origin();
                self.act(Act::Take(facts, origin));
            }
        }
    }

    /// Somebody does one thing after the other, each told by itself, so that the service remembers who it was.
    fn rush(&mut self) {
        let contact = self.words.contact();
        for _ in 0..2 + self.words.dice.below(5) {
            let now = self.service.now();
            let report = self.words.brisk(&contact, now);
            let origin = self.origin();
            self.act(Act::Take(vec![Fact::Activity(report)], origin));
        }
        if self.words.dice.one_in(2) {
            self.work();
        }
    }

    /// Attributes are chosen for quick lists.
    fn choose(&mut self) {
        let mut names = Vec::new();
        for name in ["contact.plan", "contact.level", "account.plan", "opportunity.amount"] {
            names.extend(self.words.dice.one_in(2).then(|| name.to_owned()));
        }
        self.threaten();
        let done = self.service.choose_indexed(&names);
        self.tell(format!("choose {names:?}: {done:?}"));
        match done {
            Ok(()) => _ = self.faults.recover(),
            Err(error) => self.recover(&error.to_string()),
        }
    }

    fn threaten(&mut self) {
        if !self.play.fails || !self.words.dice.one_in(2) {
            return;
        }
        let fault = Fault { is_lasting: self.words.dice.one_in(2), is_done: self.words.dice.one_in(2) };
        match self.words.dice.one_in(2) {
            true => self.faults.after(self.words.dice.below(50), fault),
            false => self.faults.after_commits(self.words.dice.below(2), fault),
        }
        self.tell(format!("{:?}", self.faults));
    }

    /// After a failure the process may be another one.
    fn recover(&mut self, error: &str) {
        let is_fault = self.faults.recover();
        assert!(is_fault, "seed {}: {error}", self.play.seed);
        self.tell(format!("failed: {error}"));
        if self.words.dice.one_in(2) {
            self.reopen();
        }
    }

    fn reopen(&mut self) {
        loop {
            self.threaten();
            let opened = open(&self.address, &self.faults, &self.now);
            self.faults.recover();
            if let Ok(service) = opened {
                self.service = service;
                self.tell("another process".into());
                return;
            }
        }
    }

    fn publish(&mut self) {
        let again = self.texts.len() > 1 && self.words.dice.one_in(2);
        let dice = &mut self.words.dice;
        let text = if self.play.seed.is_multiple_of(3) { plain_model(dice) } else { model(dice) };
        let number = 1 + i64::try_from(self.words.dice.below(self.texts.len().max(1))).unwrap();
        self.threaten();
        let done = if again { self.service.publish_again(number) } else { self.service.publish(&text, "sim") };
        self.tell(format!("publish again {again} {number}: {done:?}"));
        if std::env::var_os("FERVOR_TRAIL").is_some() {
            self.tell(text.clone());
        }
        match done {
            Ok(_) | Err(Error::Conflict(_)) => _ = self.faults.recover(),
            Err(ref error) => self.recover(&error.to_string()),
        }
        // In doubt: is there one more?
        let version = self.service.version(i64::try_from(self.texts.len()).unwrap() + 1);
        if let Ok(version) = version {
            assert_eq!(version.text, text);
            self.texts.push(text);
        } else {
            assert!(again || done.is_err(), "an answered publication is gone");
        }
    }

    fn work(&mut self) {
        self.threaten();
        let worked = self.service.work();
        self.tell(format!("work: {worked:?}"));
        match worked {
            Ok(_) => _ = self.faults.recover(),
            Err(error) => self.recover(&error.to_string()),
        }
    }

    /// One of the last imports, which was not undone yet, or none.
    fn origin(&mut self) -> i64 {
        if self.words.dice.one_in(8) {
            self.imports += 1;
        }
        let back = i64::try_from(self.words.dice.below(4)).unwrap();
        let origin = (self.imports - back).max(0);
        if self.words.dice.one_in(3) || self.shadow.undone.contains(&origin) { 0 } else { origin }
    }

    /// What the shadow makes of it, and what should be answered.
    fn follow(&self, act: &Act, today: Day) -> (Shadow, Vec<Said>, Option<Done>) {
        let mut shadow = self.shadow.clone();
        let now = self.service.now();
        let (mut said, mut done) = (Vec::new(), None);
        match act {
            Act::Take(facts, origin) => {
                said.extend(facts.iter().map(|fact| shadow.tell(fact, *origin, now, today)));
            }
            Act::Undo(origin) => shadow.undo(*origin),
            Act::Merge(one, other) => done = Some(shadow.merge(one, other)),
            Act::Unmerge(one) => done = Some(shadow.unmerge(one)),
            Act::Erase(one) => done = Some(shadow.erase(one)),
        }
        (shadow, said, done)
    }

    fn ask(&self, act: &Act, once: Option<&str>) -> Result<Vec<Taken>> {
        let nothing = |()| Vec::new();
        match act {
            Act::Take(facts, origin) => {
                let until = Instant::new(self.service.now().0 + DAY).unwrap();
                let once = once.map(|id| Once { id: id.to_owned(), fingerprint: "same".into(), until });
                self.service.take(&Request { facts: facts.clone(), origin: *origin, once })
            }
            Act::Undo(0) => Ok(Vec::new()),
            Act::Undo(origin) => {
                let mut after = Some(0);
                while let Some(last) = after {
                    after = self.service.undo(*origin, &self.shadow.undone, last)?.after;
                }
                Ok(Vec::new())
            }
            Act::Merge(one, other) => self.service.merge(one, other).map(nothing),
            Act::Unmerge(one) => self.service.unmerge(one).map(nothing),
            Act::Erase(one) => self.service.erase(one).map(nothing),
        }
    }

    fn act(&mut self, act: Act) {
        let (_, today) = self.current();
        let (after, said, done) = self.follow(&act, today);
        let concerned = self.concerned(&act, &after);
        let stored = self.stored();
        self.requests += 1;
        let once = self.words.dice.one_in(3).then(|| format!("request {}", self.requests));
        self.threaten();
        self.tell(format!("{act:?}"));
        let mut asked = self.ask(&act, once.as_deref());
        let mut has_failed = false;
        while let Err(error @ Error::Store(_)) = &asked {
            has_failed = true;
            let told = error.to_string();
            self.recover(&told);
            let is_done_once = match act {
                Act::Take(..) => once.is_some(),
                // It goes on where it broke off.
                Act::Undo(_) => true,
                _ => false,
            };
            if !is_done_once {
                break;
            }
            // Asked again under its name, it is done once.
            asked = self.ask(&act, once.as_deref());
        }
        self.faults.recover();
        if has_failed && asked.is_err() {
            self.is_all_or_nothing(after, &stored);
        } else {
            let answered = self.agree(&asked, &said, done);
            self.tell(format!("{asked:?}"));
            self.shadow = after;
            self.holds(&answered);
        }
        // Who was not looked at, because nothing was done, may stand as of yesterday.
        let nobody = BTreeSet::new();
        self.hold_contacts(if asked.is_ok() { &concerned } else { &nobody });
    }

    /// Nobody knows whether it was done: it was done wholly or not at all.
    fn is_all_or_nothing(&mut self, after: Shadow, stored: &str) {
        if self.stored() == stored {
            return self.tell("nothing was done".into());
        }
        self.tell("it was done".into());
        self.shadow = after;
        let version = self.service.version(1).unwrap();
        let known = self.service.all_facts(&version).unwrap();
        self.holds(&compare::facts(&known, &self.shadow.facts(&version.model.zone)));
    }

    /// All that was said, as it is stored: not everything of it is a fact already.
    fn stored(&self) -> String {
        if !self.play.fails {
            return String::new();
        }
        let mut session = self.plain.begin(Manner::Reading).unwrap();
        let mut out = String::new();
        for kind in [Kind::Contact, Kind::Account, Kind::Opportunity, Kind::Visitor] {
            let keys = session.walk(kind, 0, 10_000).unwrap();
            let mut subjects = session.subjects_of(&keys).unwrap();
            subjects.sort_by_key(|subject| subject.key);
            for subject in subjects {
                out += &format!("{:?}", Subject { next_day: None, ..subject });
            }
            let mut activities = session.activities(&keys).unwrap();
            activities.sort_by_key(|activity| activity.seq);
            out += &format!("{activities:?}");
        }
        out
    }

    fn agree(&self, asked: &Result<Vec<Taken>>, said: &[Said], done: Option<Done>) -> Vec<String> {
        let short = |taken: &Taken| match taken {
            Taken::Accepted => Said::Accepted,
            Taken::Duplicate => Said::Duplicate,
            Taken::Refused(refusal) => Said::Refused(refusal.reason),
        };
        let agrees = match (asked, done) {
            (Ok(taken), None) => taken.iter().map(short).eq(said.iter().copied()),
            (Ok(_), Some(done)) => done == Done::Well,
            (Err(Error::NotFound(_)), Some(done)) => done == Done::NotFound,
            (Err(Error::Conflict(_)), Some(done)) => done == Done::Conflict,
            _ => false,
        };
        let told = || format!("answered was {asked:?}, and should be {said:?} {done:?}");
        if agrees { Vec::new() } else { vec![told()] }
    }

    fn concerned(&self, act: &Act, after: &Shadow) -> BTreeSet<String> {
        let both = |id: &String| [self.shadow.goes_by(id), after.goes_by(id), id.clone()];
        match act {
            Act::Take(facts, _) => facts.iter().flat_map(|fact| after.concerned(fact)).collect(),
            Act::Undo(origin) => self.shadow.undoing(*origin),
            Act::Merge(one, other) => [one, other].into_iter().flat_map(both).collect(),
            Act::Unmerge(one) | Act::Erase(one) => both(one).into(),
        }
    }

    fn hold_contacts(&mut self, concerned: &BTreeSet<String>) {
        let (current, today) = self.current();
        let Some(current) = current else { return };
        let all = self.settled == Some((current.number, today));
        let found = compare::contacts(&self.service, &self.shadow, Some(concerned).filter(|_| !all));
        self.holds(&found);
    }

    /// Waits until it is quiet, and compares everything.
    fn hold(&mut self) {
        loop {
            self.threaten();
            let quiet = self.service.quiet();
            let failed = self.faults.recover();
            match quiet {
                Ok(()) => break,
                Err(error) => {
                    assert!(failed, "seed {}: {error}", self.play.seed);
                    self.tell(format!("failed: {error}"));
                    if self.words.dice.one_in(2) {
                        self.reopen();
                    }
                }
            }
        }
        self.tell("quiet".into());
        let (current, today) = self.current();
        let Some(current) = current else { return };
        let known = self.service.all_facts(&current).unwrap();
        self.holds(&compare::facts(&known, &self.shadow.facts(&current.model.zone)));
        assert_eq!(current.text, self.texts[usize::try_from(current.number).unwrap() - 1]);
        // Where the clock went back, somebody stands as of tomorrow already.
        if self.service.now() < self.latest {
            return;
        }
        let found = compare::everything(&self.service, &self.shadow);
        self.holds(&found);
        self.holds(&self.service.verify().unwrap().told);
        self.settled = Some((current.number, today));
    }
}
