//! What has arrived lately, in the memory of this process: for whoever wants to see that something does.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use live::fact::{Fact, Report, Taken, Who};
use rules::day::Instant;

use super::call::{Call, Said};

/// So many are kept, and so many of those that were refused; the others are counted.
const KEPT: usize = 200;
const REFUSED_KEPT: usize = 100;
/// So many of one request are kept.
const OF_REQUEST: usize = 20;
/// Sources that are counted.
const SOURCES_MAX: usize = 1_000;
/// Letters of a text that are kept.
const LETTERS: usize = 80;
const MINUTE: i64 = 60_000_000;
const DAY: i64 = 24 * 60;

/// Something that has arrived.
#[derive(Clone, Debug)]
pub(crate) struct Arrival {
    pub(crate) at: Instant,
    /// Who sent it: what the key is called, or the person.
    pub(crate) source: String,
    /// What happened, or what it is about.
    pub(crate) what: String,
    /// Whose it is.
    pub(crate) whose: String,
    pub(crate) outcome: Outcome,
}

/// What became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Accepted,
    Duplicate,
    /// Why it was refused: the code, and what was wrong.
    Refused(String, String),
}

/// What came of a source in some time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sums {
    pub(crate) accepted: u64,
    pub(crate) duplicates: u64,
    pub(crate) refused: u64,
}

impl Sums {
    fn add(&mut self, other: Self) {
        self.accepted += other.accepted;
        self.duplicates += other.duplicates;
        self.refused += other.refused;
    }

    fn of(outcome: &Taken) -> Self {
        match outcome {
            Taken::Accepted => Self { accepted: 1, ..Self::default() },
            Taken::Duplicate => Self { duplicates: 1, ..Self::default() },
            Taken::Refused(_) => Self { refused: 1, ..Self::default() },
        }
    }
}

/// How a source does.
#[derive(Clone, Debug)]
pub(crate) struct Health {
    pub(crate) last: Instant,
    pub(crate) hour: Sums,
    pub(crate) day: Sums,
}

#[derive(Debug)]
struct Source {
    last: Instant,
    /// By minute, of a day.
    minutes: VecDeque<(i64, Sums)>,
}

#[derive(Debug, Default)]
struct Kept {
    latest: VecDeque<Arrival>,
    refused: VecDeque<Arrival>,
    sources: BTreeMap<String, Source>,
}

/// What has arrived lately.
#[derive(Debug, Default)]
pub(crate) struct Arrivals(Mutex<Kept>);

impl Arrivals {
    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes what became of the items of a request.
    pub(crate) fn note(&self, call: &Call, said: &Said, outcomes: &[Taken]) {
        let at = call.received;
        let mut kept = self.kept();
        let mut sums = Sums::default();
        outcomes.iter().for_each(|outcome| sums.add(Sums::of(outcome)));
        kept.count(call.who.name(), at, sums);
        let mut room = OF_REQUEST;
        for (item, outcome) in said.items.iter().zip(outcomes) {
            let is_refused = matches!(outcome, Taken::Refused(_));
            if room == 0 && !is_refused {
                continue;
            }
            room = room.saturating_sub(1);
            let (what, whose) = item.as_ref().ok().and_then(|facts| facts.first()).map(about).unwrap_or_default();
            let outcome = match outcome {
                Taken::Accepted => Outcome::Accepted,
                Taken::Duplicate => Outcome::Duplicate,
                Taken::Refused(refusal) => {
                    Outcome::Refused(refusal.reason.code().to_owned(), short(&refusal.message, 300))
                }
            };
            let what = if what.is_empty() { short(&call.asked, LETTERS) } else { what };
            let source = call.who.name().to_owned();
            kept.keep(Arrival { at, source, what, whose, outcome });
        }
    }

    /// The latest first.
    pub(crate) fn latest(&self, most: usize) -> Vec<Arrival> {
        self.kept().latest.iter().rev().take(most).cloned().collect()
    }

    /// Those that were refused, the latest first.
    pub(crate) fn refused(&self, most: usize) -> Vec<Arrival> {
        self.kept().refused.iter().rev().take(most).cloned().collect()
    }

    /// How sources do, by what their keys are called.
    pub(crate) fn health(&self, now: Instant) -> BTreeMap<String, Health> {
        let minute = now.0.div_euclid(MINUTE);
        let health = |source: &Source| {
            let mut health = Health { last: source.last, hour: Sums::default(), day: Sums::default() };
            for (at, sums) in source.minutes.iter().filter(|(at, _)| minute - at < DAY) {
                health.day.add(*sums);
                if minute - at < 60 {
                    health.hour.add(*sums);
                }
            }
            health
        };
        self.kept().sources.iter().map(|(name, source)| (name.clone(), health(source))).collect()
    }

    /// Forgets what is somebody's.
    pub(crate) fn forget(&self, ids: &[&str]) {
        let mut kept = self.kept();
        let is_other = |arrival: &Arrival| !ids.iter().any(|id| arrival.whose == short(id, LETTERS));
        kept.latest.retain(is_other);
        // The message may name somebody where what was sent could not be read.
        kept.refused.retain(|one| {
            let Outcome::Refused(_, message) = &one.outcome else { return true };
            is_other(one) && !ids.iter().any(|id| message.contains(id))
        });
    }
}

impl Kept {
    fn keep(&mut self, arrival: Arrival) {
        let keep = |ring: &mut VecDeque<Arrival>, most: usize, arrival: Arrival| {
            if ring.len() >= most {
                ring.pop_front();
            }
            ring.push_back(arrival);
        };
        if matches!(arrival.outcome, Outcome::Refused(..)) {
            keep(&mut self.refused, REFUSED_KEPT, arrival.clone());
        }
        keep(&mut self.latest, KEPT, arrival);
    }

    fn count(&mut self, name: &str, at: Instant, sums: Sums) {
        if !self.sources.contains_key(name) {
            if self.sources.len() >= SOURCES_MAX {
                return;
            }
            self.sources.insert(name.to_owned(), Source { last: at, minutes: VecDeque::new() });
        }
        let Some(source) = self.sources.get_mut(name) else { return };
        source.last = source.last.max(at);
        let minute = at.0.div_euclid(MINUTE);
        match source.minutes.back_mut() {
            Some((last, known)) if *last == minute => known.add(sums),
            _ => source.minutes.push_back((minute, sums)),
        }
        while source.minutes.front().is_some_and(|(first, _)| minute - first >= DAY) {
            source.minutes.pop_front();
        }
    }
}

/// What a fact is about, and whose it is.
fn about(fact: &Fact) -> (String, String) {
    let (what, whose) = match fact {
        Fact::Activity(Report { who, kind, .. }) => match who {
            Who::Contact(id) => (&**kind, id.as_str()),
            Who::Visitor(id) => (&**kind, &**id),
        },
        Fact::Contact(upsert) => ("contact", &*upsert.id),
        Fact::Account(upsert) => ("account", &*upsert.id),
        Fact::Opportunity(upsert) => ("opportunity", &*upsert.id),
        Fact::Join { contact, .. } => ("identified", contact.as_str()),
        Fact::Retract(identity) => ("retracted", identity.contact.as_str()),
        Fact::Amend(identity, _) => ("corrected", identity.contact.as_str()),
    };
    (short(what, LETTERS), short(whose, LETTERS))
}

fn short(text: &str, letters: usize) -> String {
    text.chars().take(letters).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_are_counted_by_the_hour_and_the_day() {
        let mut kept = Kept::default();
        let at = |minute: i64| Instant::new(minute * MINUTE).unwrap();
        let one = Sums { accepted: 1, duplicates: 0, refused: 2 };
        for minute in [0, 10, 10, 1000, 1430] {
            kept.count("shop", at(minute), one);
        }
        let arrivals = Arrivals(Mutex::new(kept));
        let sums = |minute: i64| {
            let health = arrivals.health(at(minute)).remove("shop").unwrap();
            (health.hour.accepted, health.day.accepted, health.day.refused)
        };
        assert_eq!(sums(1430), (1, 5, 10));
        assert_eq!(sums(1439), (1, 5, 10));
        // A minute that is a day ago is not of the last day.
        assert_eq!(sums(1440), (1, 4, 8));
        assert_eq!(sums(1490), (0, 2, 4));
        arrivals.kept().count("shop", at(3000), one);
        assert_eq!(arrivals.kept().sources["shop"].minutes.len(), 1);
    }

    #[test]
    fn little_is_kept_and_nothing_of_whom_somebody_had_erased() {
        let mut kept = Kept::default();
        let arrival = |number: usize, outcome| Arrival {
            at: Instant::new(0).unwrap(),
            source: "shop".into(),
            what: "visit".into(),
            whose: format!("c{number}"),
            outcome,
        };
        for number in 0..500 {
            kept.keep(arrival(number, Outcome::Refused("missing".into(), format!("no `type` of c{number}"))));
        }
        let arrivals = Arrivals(Mutex::new(kept));
        assert_eq!((arrivals.latest(1000).len(), arrivals.refused(1000).len()), (KEPT, REFUSED_KEPT));
        assert_eq!(arrivals.latest(1)[0].whose, "c499");
        arrivals.forget(&["c499"]);
        assert_eq!((arrivals.latest(1)[0].whose.as_str(), arrivals.refused(1)[0].whose.as_str()), ("c498", "c498"));
    }
}
