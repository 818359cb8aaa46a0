//! More is sent than can be stored, and memory stays bounded.

use std::io::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value as Json, json};

use super::browser::Browser;
use super::harness::{Place, Service, pages};
use super::http::Client;
use super::refusing::packed;

/// Bytes that the process may have in memory: 128 MiB of bodies as they come, what waits of them as facts (50,000 at
/// most), what is being stored, and twice that for what an allocator keeps. Without bounds it is several times as much:
/// one body of a few thousand bytes grows to gigabytes where it is read before it is measured, and thirty clients
/// offer without end.
const MEMORY_MAX: u64 = 700 << 20;

/// Bytes that a process has in memory, and has had at most.
fn memory(service: &Service) -> (u64, u64) {
    let status = std::fs::read_to_string(format!("/proc/{}/status", service.pid())).unwrap();
    let bytes = |name: &str| {
        let line = status.lines().find(|line| line.starts_with(name)).unwrap();
        line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() << 10
    };
    (bytes("VmRSS:"), bytes("VmHWM:"))
}

fn batch(count: usize, properties: usize) -> Vec<u8> {
    let names: serde_json::Map<String, Json> = (0..properties).map(|at| (format!("name_{at}"), json!(at))).collect();
    let item = |at: usize| json!({"contact": format!("c{}", at % 5000), "type": "visit", "properties": names});
    (0..count).map(item).collect::<Json>().to_string().into_bytes()
}

#[test]
fn a_flood_is_put_off_and_does_not_fill_memory() {
    let place = Place::file();
    let service = place.serve();
    let key = place.key("flood", "ingest,read");
    let stop = Arc::new(AtomicBool::new(false));
    let before = memory(&service).0;
    let bodies = [batch(1, 0), batch(100, 3), batch(10_000, 0), packed(&batch(10_000, 0)), batch(2_000, 50)];
    let clients: Vec<_> = (0..30)
        .map(|number| {
            let (mut client, body) = (service.client(&key), bodies[number % bodies.len()].clone());
            let stop = stop.clone();
            std::thread::spawn(move || {
                let mut statuses = [0_usize; 3];
                while !stop.load(Ordering::Relaxed) {
                    let reply = client.ask("POST", "/v1/activities", &[], &body);
                    let which = [200, 429, 503].iter().position(|status| *status == reply.status);
                    statuses[which.unwrap_or_else(|| panic!("{} {}", reply.status, reply.text()))] += 1;
                }
                statuses
            })
        })
        .collect();
    let slow: Vec<_> = (0..20).map(|_| unfinished(&service.client(&key), 2 << 20)).collect();
    let begun = Instant::now();
    let mut most = 0;
    while begun.elapsed() < Duration::from_secs(6) {
        most = most.max(memory(&service).0);
        std::thread::sleep(Duration::from_millis(20));
    }
    stop.store(true, Ordering::Relaxed);
    let mut statuses = [0; 3];
    for client in clients {
        for (sum, count) in statuses.iter_mut().zip(client.join().unwrap()) {
            *sum += count;
        }
    }
    assert!(statuses[0] > 0 && statuses[1] > 0, "{statuses:?}");
    assert!(most < MEMORY_MAX, "{} MiB", most >> 20);
    // What is measured is what the flood fills.
    assert!(most > before + (32 << 20), "{} MiB, and {} MiB before", most >> 20, before >> 20);
    drop(slow);
    let answered = Instant::now();
    let mut client = service.client(&key);
    assert_eq!(client.post("/v1/activities", &json!({"contact": "after", "type": "visit"}))["accepted"], 1);
    assert!(answered.elapsed() < Duration::from_secs(2), "{:?}", answered.elapsed());
    place.verify();
    service.stop();
}

/// A request whose body does not come to its end.
fn unfinished(client: &Client, length: usize) -> impl Sized + use<> {
    let mut line = client.line();
    let head = client.head("POST", "/v1/activities", &[], Some(length));
    line.get_mut().write_all(&[head.as_bytes(), &[b' '; 1024]].concat()).unwrap();
    line
}

#[test]
fn a_body_that_grows_when_it_is_read_is_refused_before_it_fills_memory() {
    let place = Place::file();
    let service = place.serve();
    let mut client = service.client(&place.key("flood", "ingest,read"));
    let names: String = (0..190).map(|at| format!("\"{at}\":0,")).collect();
    let named = |at: usize| format!("{{\"contact\":\"c{at}\",\"type\":\"visit\",\"properties\":{{{names}\"z\":0}}}}");
    let zeros =
        format!("{{\"contact\":\"ada\",\"type\":\"visit\",\"properties\":{{\"a\":[{}0]}}}}", "0,".repeat(16_000));
    let nested = |inner: &str, count: usize| format!("[{}{inner}]", format!("{inner},").repeat(count - 1));
    let one = format!("{{\"contact\":\"ada\",\"type\":\"visit\",\"properties\":{}}}", nested("0", 10 << 20));
    let many: Vec<String> = (0..4000).map(named).collect();
    // Each but the last would take more than the bound if it was read as a whole: a value takes a hundred bytes.
    for (body, status) in [
        (nested("0", 10 << 20), 413),
        (nested("{}", 10 << 20), 413),
        (one, 200),
        (nested(&zeros, 600), 200),
        (format!("[{}]", many.join(",")), 200),
    ] {
        let reply = client.ask("POST", "/v1/activities", &[], packed(body.as_bytes()));
        assert_eq!(reply.status, status);
        let most = memory(&service).1;
        assert!(most < MEMORY_MAX, "{} MiB: {} of {} bytes", most >> 20, &body[..60], body.len());
    }
    assert_eq!(pages(&mut client, "/v1/contacts?limit=1000").0.len(), 4000);
    place.verify();
    service.stop();
}

#[test]
fn a_flood_of_logins_takes_neither_memory_nor_turns_of_others() {
    let place = Place::file();
    let service = place.serve_with(&["--behind-proxy"]);
    Browser::admin(&service);
    let key = place.key("reader", "read");
    let stop = Arc::new(AtomicBool::new(false));
    let before = memory(&service).0;
    let clients: Vec<_> = (0..60_u8)
        .map(|number| {
            let (mut browser, stop) = (Browser::new(&service), stop.clone());
            std::thread::spawn(move || {
                let mut tried = 0_u32;
                while !stop.load(Ordering::Relaxed) {
                    tried += 1;
                    let address = format!("10.{number}.{}.{}", tried >> 8, tried & 255);
                    let headers = [("x-forwarded-for", address.as_str()), ("content-type", "application/json")];
                    let body = format!(r#"{{"email": "{number}.{tried}@example.org", "password": "guess"}}"#);
                    let status = browser.send("POST", "/v1/session", &headers, &body).status;
                    assert!(matches!(status, 401 | 429), "{status}");
                }
                tried
            })
        })
        .collect();
    let mut reader = service.client(&key);
    let (begun, mut slowest) = (Instant::now(), Duration::ZERO);
    while begun.elapsed() < Duration::from_secs(3) {
        let asked = Instant::now();
        reader.get("/v1/contacts");
        slowest = slowest.max(asked.elapsed());
        std::thread::sleep(Duration::from_millis(20));
    }
    stop.store(true, Ordering::Relaxed);
    let tried: u32 = clients.into_iter().map(|client| client.join().unwrap()).sum();
    assert!(tried >= 60, "{tried}");
    // Two hashes at a time take 38 MiB; sixty would take a gigabyte and more.
    let most = memory(&service).1;
    assert!(most < before + (200 << 20), "{} MiB, and {} MiB before", most >> 20, before >> 20);
    assert!(slowest < Duration::from_secs(1), "{slowest:?}");
    service.stop();
}
