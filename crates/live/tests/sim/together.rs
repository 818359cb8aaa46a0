//! Several threads, and two processes on one database: nothing is lost, nothing is done twice, and it ends.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use live::error::{Error, Result};
use live::fact::{Fact, Report, Taken, Upsert, Who};
use live::once::Once;
use live::service::Service;
use live::take::Request;
use rules::day::Instant;
use rules::testing::{Dice, model};
use rules::value::{Attributes, Value};
use store::subject::Kind;
use store::{Manner, Store};

use crate::compare;
use crate::words::{DAY, HOUR, Words};

/// So long it may take at most: beyond that, somebody waits for somebody for ever.
const PATIENCE: Duration = Duration::from_secs(120);
const START: i64 = 1_773_489_600_000_000;

/// What was accepted.
#[derive(Debug, Default)]
struct Accepted {
    /// The ids of activities.
    activities: BTreeSet<String>,
    /// Names of attributes, by the subject that has each.
    attributes: BTreeMap<(Kind, String), BTreeSet<String>>,
}

struct Meeting {
    services: Vec<Service>,
    accepted: Mutex<Accepted>,
    now: Arc<AtomicI64>,
    is_over: AtomicBool,
}

fn open(address: &str, now: &Arc<AtomicI64>) -> Service {
    let clock = now.clone();
    let clock = move || Instant::new(clock.load(Ordering::Relaxed)).unwrap();
    Service::open(Store::open(address).unwrap(), clock, &[7; 32]).unwrap()
}

/// `writers` threads for each of the services, and as many who say things.
pub(crate) fn meet(address: &str, seed: u64, (services, writers): (usize, usize), requests: usize) {
    let now = Arc::new(AtomicI64::new(START));
    let meeting = Arc::new(Meeting {
        services: (0..services).map(|_| open(address, &now)).collect(),
        accepted: Mutex::default(),
        now,
        is_over: AtomicBool::new(false),
    });
    let (ended, end) = channel();
    let all = meeting.clone();
    let running = thread::spawn(move || {
        run(&all, seed, writers, requests);
        ended.send(()).unwrap();
    });
    match end.recv_timeout(PATIENCE) {
        Ok(()) | Err(RecvTimeoutError::Disconnected) => running.join().unwrap(),
        Err(RecvTimeoutError::Timeout) => panic!("seed {seed}: it does not end"),
    }
    meeting.hold(seed);
}

fn run(meeting: &Meeting, seed: u64, writers: usize, requests: usize) {
    let first = &meeting.services[0];
    first.publish(&model(&mut Dice::new(seed)), "sim").unwrap();
    first.quiet().unwrap();
    thread::scope(|scope| {
        let mut behind = Vec::new();
        for service in &meeting.services {
            behind.extend((0..writers).map(|_| scope.spawn(|| service.write())));
            behind.push(scope.spawn(|| meeting.work(service)));
        }
        let speakers: Vec<_> = (0..meeting.services.len() * 2)
            .map(|speaker| scope.spawn(move || meeting.speak(seed, speaker, requests)))
            .collect();
        speakers.into_iter().for_each(|speaker| speaker.join().unwrap());
        meeting.is_over.store(true, Ordering::Relaxed);
        meeting.services.iter().for_each(Service::close);
        behind.into_iter().for_each(|one| one.join().unwrap());
    });
}

/// Asked for once more if somebody else was in the way.
fn patiently<T>(ask: impl Fn() -> Result<T>) -> Result<T> {
    loop {
        match ask() {
            Err(Error::Store(error)) if error.is_transient() => thread::yield_now(),
            done => return done,
        }
    }
}

impl Meeting {
    fn work(&self, service: &Service) {
        while !self.is_over.load(Ordering::Relaxed) {
            if !patiently(|| service.work()).unwrap().more {
                thread::sleep(Duration::from_millis(2));
            }
        }
    }

    fn speak(&self, seed: u64, speaker: usize, requests: usize) {
        let mut words = Words::new(seed * 100 + speaker as u64);
        for turn in 0..requests {
            let service = &self.services[words.dice.below(self.services.len())];
            match words.dice.below(40) {
                0 => self.now.fetch_add(DAY, Ordering::Relaxed),
                1 => self.now.fetch_add(HOUR, Ordering::Relaxed),
                _ => 0,
            };
            let (one, other) = (words.contact(), words.contact());
            let done = match words.dice.below(40) {
                0..3 => patiently(|| service.merge(&one, &other)),
                3 | 4 => patiently(|| service.unmerge(&one)),
                5 => {
                    let text = model(&mut words.dice);
                    patiently(|| service.publish(&text, "sim")).map(|_| ())
                }
                _ => {
                    let name = format!("{speaker}x{turn}");
                    self.say(service, &mut words, &name);
                    Ok(())
                }
            };
            assert!(matches!(done, Ok(()) | Err(Error::Conflict(_) | Error::NotFound(_))), "seed {seed}: {done:?}");
        }
    }

    /// Says several things, some of them twice at the same time.
    fn say(&self, service: &Service, words: &mut Words, name: &str) {
        let now = service.now();
        let count = 1 + words.dice.below(4);
        let facts: Vec<Fact> = (0..count).map(|place| fact(words, now, &format!("{name}x{place}"))).collect();
        let is_twice = words.dice.one_in(4);
        let until = Instant::new(now.0 + 100 * DAY).unwrap();
        let once = is_twice.then(|| Once { id: name.to_owned(), fingerprint: String::new(), until });
        let request = Request { facts, once, ..Request::default() };
        let (answer, answers) = channel();
        for _ in 0..1 + usize::from(is_twice) {
            // The same process, or another one.
            let service = if words.dice.one_in(2) { service } else { &self.services[0] };
            let answer = answer.clone();
            let request = request.clone();
            service.submit(request, Box::new(move |taken| answer.send(taken).unwrap())).unwrap();
        }
        drop(answer);
        let told: Vec<Vec<Taken>> = answers.iter().map(|taken| taken.unwrap()).collect();
        assert_eq!(told.len(), 1 + usize::from(is_twice), "an answer is missing");
        assert!(told.iter().all(|taken| *taken == told[0]), "two answers to one request: {told:?}");
        let mut accepted = self.accepted.lock().unwrap();
        for (fact, taken) in request.facts.iter().zip(&told[0]) {
            assert_eq!(*taken, Taken::Accepted, "{fact:?}");
            accepted.note(fact);
        }
    }

    /// Everything that was accepted is there once, and everybody stands as it says.
    fn hold(&self, seed: u64) {
        for service in self.services.iter().chain(&self.services) {
            patiently(|| service.quiet()).unwrap();
        }
        let service = &self.services[0];
        let accepted = self.accepted.lock().unwrap();
        let version = service.models().unwrap().current.unwrap();
        let facts = service.all_facts(&version).unwrap();
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        for activity in facts.contacts.values().flat_map(|person| &person.activities) {
            *counts.entry(activity.properties["name"].text().into_owned()).or_default() += 1;
        }
        let twice: Vec<_> = counts.iter().filter(|(_, count)| **count != 1).collect();
        assert!(twice.is_empty(), "seed {seed}: {twice:?}");
        let known: BTreeSet<String> = counts.into_keys().collect();
        let lost: Vec<_> = accepted.activities.difference(&known).collect();
        assert!(lost.is_empty(), "seed {seed}: activities that were accepted are gone: {lost:?}");
        assert_eq!(known.len(), accepted.activities.len(), "seed {seed}: activities that nobody accepted");
        accepted.hold(service, seed);
        let verified = service.verify().unwrap();
        assert_eq!((verified.told, verified.pending), (Vec::new(), 0), "seed {seed}");
        let mut session = service.session(Manner::Reading).unwrap();
        let gaps = compare::chains(&mut session, &version);
        assert_eq!(gaps, Vec::<String>::new(), "seed {seed}");
    }
}

/// Something that can be told from everything else that is said.
fn fact(words: &mut Words, now: Instant, name: &str) -> Fact {
    let attributes = || [(Arc::from(format!("x{name}")), Some(Value::from(name)))].into();
    match words.dice.below(8) {
        0 => Fact::Opportunity(Upsert {
            id: format!("o{}", words.dice.below(2)).as_str().into(),
            attributes: attributes(),
            contact: words.dice.one_in(3).then(|| Some(words.contact().as_str().into())),
            ..Upsert::default()
        }),
        1 => {
            Fact::Contact(Upsert { id: words.contact().as_str().into(), attributes: attributes(), ..Upsert::default() })
        }
        2 if words.dice.one_in(3) => Fact::Account(Upsert {
            id: format!("a{}", words.dice.below(2)).as_str().into(),
            attributes: attributes(),
            ..Upsert::default()
        }),
        _ => {
            let report = words.report(now);
            let mut properties: Attributes = report.properties;
            properties.insert("name".into(), Value::from(name));
            Fact::Activity(Report {
                who: Who::Contact(words.contact().as_str().into()),
                // Those without an id are the ones that would count twice.
                id: words.dice.one_in(2).then(|| name.into()),
                properties,
                ..report
            })
        }
    }
}

impl Accepted {
    fn note(&mut self, fact: &Fact) {
        let (kind, said) = match fact {
            Fact::Activity(report) => {
                self.activities.insert(report.properties["name"].text().into_owned());
                return;
            }
            Fact::Contact(said) => (Kind::Contact, said),
            Fact::Account(said) => (Kind::Account, said),
            Fact::Opportunity(said) => (Kind::Opportunity, said),
            _ => return,
        };
        let names = self.attributes.entry((kind, said.id.to_string())).or_default();
        names.extend(said.attributes.keys().map(ToString::to_string));
    }

    fn hold(&self, service: &Service, seed: u64) {
        let mut session = service.session(Manner::Reading).unwrap();
        for ((kind, id), names) in &self.attributes {
            let subject = session.find(&[(*kind, id.as_str())]).unwrap().pop().unwrap();
            let known: BTreeSet<String> = subject.record.attributes.keys().map(ToString::to_string).collect();
            let lost: Vec<_> = names.difference(&known).collect();
            assert!(lost.is_empty(), "seed {seed}: attributes of {} `{id}` are gone: {lost:?}", kind.word());
        }
    }
}
