//! Clients that say more and more as fast as they can, and remember what was answered for; and whether it is there.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rules::testing::Dice;
use serde_json::{Value as Json, json};

use super::harness::pages;
use super::http::Client;

/// One request, and what became of it.
#[derive(Debug)]
pub(super) struct Sent {
    items: Vec<Json>,
    /// The status of the answer; `None` where the line broke.
    pub(super) status: Option<u16>,
    /// Whether the answer says that nothing of it was stored.
    is_surely_not: bool,
}

/// What one client said.
#[derive(Debug, Default)]
pub(super) struct Told {
    pub(super) sent: Vec<Sent>,
    /// The longest that it waited for an answer.
    pub(super) longest: Duration,
    /// Answers that were no success, as far as they are not the documented ones.
    pub(super) odd: Vec<String>,
}

/// Clients at work.
pub(super) struct Load {
    stop: Arc<AtomicBool>,
    threads: Vec<JoinHandle<Told>>,
}

/// What they say and to whom.
#[derive(Clone)]
pub(super) struct Plan<'a> {
    /// Begins all ids, so that no two loads meet.
    pub(super) name: &'a str,
    pub(super) addresses: &'a [&'a str],
    pub(super) key: &'a str,
    pub(super) clients: usize,
    /// How many contacts they tell of, all of them of the same.
    pub(super) contacts: usize,
    pub(super) seed: u64,
}

impl Load {
    pub(super) fn start(plan: &Plan<'_>) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let thread = |number: usize| {
            let mut client = Client::new(plan.addresses[number % plan.addresses.len()], plan.key);
            let (name, contacts, stop) = (plan.name.to_owned(), plan.contacts, stop.clone());
            let mut dice = Dice::new(plan.seed * 1000 + number as u64);
            std::thread::spawn(move || {
                let mut told = Told::default();
                while !stop.load(Ordering::Relaxed) {
                    let items = items(&mut dice, &name, contacts, &format!("{name}-{number}-{}", told.sent.len()));
                    told.send(&mut client, items);
                }
                told
            })
        };
        let threads = (0..plan.clients).map(thread).collect();
        Self { stop, threads }
    }

    pub(super) fn stop(self) -> Vec<Told> {
        self.stop.store(true, Ordering::Relaxed);
        self.threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    }
}

/// Activities of one request: one, or some together.
fn items(dice: &mut Dice, name: &str, contacts: usize, id: &str) -> Vec<Json> {
    let count = if dice.one_in(3) { 1 } else { 2 + dice.below(25) };
    let one = |at: usize| {
        let contact = format!("{name}-c{}", dice.below(contacts));
        let kind = dice.pick(&["visit", "gift", "order"]);
        let mut item = json!({"contact": contact, "type": kind, "id": format!("{id}-{at}"), "value": dice.below(5)});
        if dice.one_in(4) {
            item["account"] = json!(format!("a{}", dice.below(4)));
        }
        item
    };
    (0..count).map(one).collect()
}

impl Told {
    fn send(&mut self, client: &mut Client, items: Vec<Json>) {
        let body = if let [one] = &items[..] { one.to_string() } else { Json::from(items.clone()).to_string() };
        let begun = Instant::now();
        let reply = client.send("POST", "/v1/activities", &[], body.as_bytes());
        self.longest = self.longest.max(begun.elapsed());
        let Ok(reply) = reply else {
            self.sent.push(Sent { items, status: None, is_surely_not: false });
            std::thread::sleep(Duration::from_millis(20));
            return;
        };
        let is_known = match reply.status {
            200 => reply.json() == json!({"accepted": items.len(), "duplicates": 0, "refused": []}),
            429 | 503 => {
                reply.header("retry-after").is_some()
                    && reply.header("content-type") == Some("application/problem+json")
            }
            _ => false,
        };
        if !is_known {
            self.odd.push(format!("{} {:?} {}", reply.status, reply.headers, reply.text()));
        }
        let is_surely_not = reply.status == 429 || reply.text().contains("nothing of this request was stored");
        self.sent.push(Sent { items, status: Some(reply.status), is_surely_not });
        if reply.status != 200 {
            std::thread::sleep(Duration::from_millis(100));
        }
    }
}

/// How many requests had an answer of this status; `None` for those that had none.
pub(super) fn answered(told: &[Told], status: Option<u16>) -> usize {
    told.iter().flat_map(|told| &told.sent).filter(|sent| sent.status == status).count()
}

/// Every activity that was answered for is there once, of every other request all or nothing; and sent again, every
/// request is there whole and once.
#[track_caller]
pub(super) fn check(client: &mut Client, told: &[Told]) {
    let odd: Vec<&String> = told.iter().flat_map(|told| &told.odd).collect();
    assert!(odd.is_empty(), "{odd:?}");
    let sent: Vec<&Sent> = told.iter().flat_map(|told| &told.sent).collect();
    let found = found(client, &sent);
    for sent in &sent {
        let there: Vec<usize> = sent.items.iter().map(|item| count(&found, item)).collect();
        let all = there.iter().all(|count| *count == 1);
        let none = there.iter().all(|count| *count == 0);
        match sent.status {
            Some(200) => assert!(all, "answered for, and there so often: {there:?}"),
            _ if sent.is_surely_not => assert!(none, "told not to be stored, and there so often: {there:?}"),
            _ => assert!(all || none, "there in part: {there:?}"),
        }
        if sent.status != Some(200) {
            let answer = client.post("/v1/activities", &Json::from(sent.items.clone()));
            let (expected, other) = if all { ("duplicates", "accepted") } else { ("accepted", "duplicates") };
            assert_eq!((&answer[expected], &answer[other]), (&json!(sent.items.len()), &json!(0)), "{answer}");
        }
    }
    is_there_once(client, &sent);
}

/// Everything is there, and nothing else.
fn is_there_once(client: &mut Client, sent: &[&Sent]) {
    let found = found(client, sent);
    let mut all = 0;
    for item in sent.iter().flat_map(|sent| &sent.items) {
        assert_eq!(count(&found, item), 1, "{item}");
        all += 1;
    }
    assert_eq!(found.values().sum::<usize>(), all);
}

type Found = BTreeMap<(String, String), usize>;

fn text(item: &Json, name: &str) -> String {
    item[name].as_str().unwrap().to_owned()
}

fn count(found: &Found, item: &Json) -> usize {
    found.get(&(text(item, "contact"), text(item, "id"))).copied().unwrap_or(0)
}

/// How often each activity of these contacts is there.
fn found(client: &mut Client, sent: &[&Sent]) -> Found {
    let contacts: BTreeSet<String> =
        sent.iter().flat_map(|sent| &sent.items).map(|item| text(item, "contact")).collect();
    let mut found = Found::new();
    for contact in contacts {
        let path = format!("/v1/contacts/{contact}/activities?limit=1000");
        if client.ask("GET", &path, &[], "").status == 404 {
            continue;
        }
        for item in pages(client, &path).0 {
            *found.entry((contact.clone(), text(&item, "id"))).or_default() += 1;
        }
    }
    found
}
