//! The description of the service is committed, without a fault in the eyes of others, and true of what is answered.
//! `cargo xtask test` installs those others.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::commands::same_as_committed;
use super::{Folder, fervor, root};

/// A service with a model in force and a key that may do everything, gone when the test ends.
struct Service {
    child: Child,
    address: String,
    key: String,
    folder: Folder,
}

impl Drop for Service {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ended = self.child.kill();
        let _reaped = self.child.wait();
    }
}

impl Service {
    fn start() -> Self {
        let folder = Folder::new();
        let database = folder.path("fervor.db");
        let made = fervor(["key", "create", "--db", &database, "--name", "editor", "--scope", "admin"]);
        assert_eq!(made.code, 0, "{}", made.err);
        let model = folder.with("model.toml", std::fs::read(api("model.toml")).unwrap());
        let mut command = Command::new(env!("CARGO_BIN_EXE_fervor"));
        command.args(["serve", "--db", &database, "--model", &model, "--listen", "127.0.0.1:0", "--rate", "1000000"]);
        let log = folder.path("log");
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(std::fs::File::create(&log).unwrap());
        let child = command.spawn().unwrap();
        let mut service = Self { child, address: String::new(), key: made.out.trim().to_owned(), folder };
        let begun = Instant::now();
        while service.address.is_empty() {
            assert!(begun.elapsed() < Duration::from_secs(60), "it does not begin: {}", service.log());
            std::thread::sleep(Duration::from_millis(20));
            let told = service.log();
            let place = told.split_once("serving at http://").and_then(|(_, rest)| rest.split_once(','));
            service.address = place.map(|(address, _)| address.to_owned()).unwrap_or_default();
        }
        service
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path("log")).unwrap()
    }

    /// What makes the first admin, as it was printed.
    fn setup(&self) -> String {
        let begun = Instant::now();
        loop {
            let log = self.log();
            if let Some((token, _)) = log.split_once("/setup/").and_then(|(_, rest)| rest.split_once('\n')) {
                return token.to_owned();
            }
            assert!(begun.elapsed() < Duration::from_secs(60), "it prints no link: {log}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// What is answered to a request: the first line, and the body.
    fn send(&self, method: &str, path: &str, headers: &str, body: &str) -> (String, String) {
        let mut line = TcpStream::connect(&self.address).unwrap();
        let (host, key, length) = (&self.address, &self.key, body.len());
        let head = format!("{method} {path} HTTP/1.1\r\nhost: {host}\r\nauthorization: Bearer {key}\r\n{headers}");
        write!(line, "{head}connection: close\r\ncontent-length: {length}\r\n\r\n{body}").unwrap();
        let mut told = String::new();
        line.read_to_string(&mut told).unwrap();
        let (head, body) = told.split_once("\r\n\r\n").unwrap();
        (head.lines().next().unwrap().to_owned(), body.to_owned())
    }

    /// The body of an answer to a request that has to succeed.
    fn ask(&self, method: &str, path: &str, body: &str) -> String {
        let (told, body) = self.send(method, path, "", body);
        assert!(told.contains(" 20"), "{method} {path}: {told} {body}");
        body
    }

    /// People of two companies, what they did, and two deals.
    fn tell(&self) {
        let accounts = r#"[{"id": "acme", "attributes": {"employees": 8}}, {"id": "beta"}]"#;
        let contacts = r#"[
            {"id": "ada", "accounts": ["acme"], "attributes":
                {"country": "NO", "employees": 20, "job_title": "Chief", "member_since": "2020-01-01"}},
            {"id": "bo", "accounts": ["acme", {"id": "beta", "since": "2026-01-31"}]},
            {"id": "cleo", "attributes": {"email": "cleo@fervor.example"}}]"#;
        let opportunities = r#"[{"id": "o-1", "contact": "ada", "account": "acme", "amount": 15000}, {"id": "o-2"}]"#;
        let types = ["event_attended", "gift", "course_completed", "email_delivered"];
        let activity = |at: usize| {
            let contact = ["ada", "ada", "ada", "bo", "bo", "cleo", "dan", "eva", "fay"][at % 9];
            let (month, day, kind) = (1 + at % 10, 1 + at % 28, types[at % 4]);
            let who = format!(r#""contact": "{contact}", "type": "{kind}", "id": {at}, "value": {at}"#);
            format!(r#"{{{who}, "occurred_at": "2026-{month:02}-{day:02}T09:30:00Z"}}"#)
        };
        let activities: Vec<String> = (0..90).map(activity).collect();
        for (path, body) in [
            ("/v1/accounts", accounts),
            ("/v1/contacts", contacts),
            ("/v1/opportunities", opportunities),
            ("/v1/activities", &activities.join("\n")),
        ] {
            let told = self.ask("POST", path, body);
            assert!(told.contains(r#""refused":[]"#), "{path}: {told}");
        }
    }

    /// Nothing went wrong inside.
    fn is_calm(&self) {
        let log = self.log();
        assert!(!log.contains("panicked") && !log.contains("ERROR"), "{log}");
    }
}

fn api(file: &str) -> PathBuf {
    root().join("crates/fervor/tests/api").join(file)
}

/// A program that `cargo xtask test` installs; `None` where it is missing and may be.
fn installed(path: &str) -> Option<PathBuf> {
    let program = root().join(path);
    let strict = ["CI", "FERVOR_STRICT"].iter().any(|name| std::env::var_os(name).is_some());
    assert!(program.exists() || !strict, "{} is missing: run cargo xtask test", program.display());
    program.exists().then_some(program)
}

/// Runs a program that has to be content.
fn content(command: &mut Command) {
    let ran = command.output().unwrap();
    let told = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(ran.status.success(), "{command:?}:\n{}\n{}", told(&ran.stdout), told(&ran.stderr));
}

#[test]
fn the_description_is_the_committed_one() {
    same_as_committed("docs/openapi.json", &Service::start().ask("GET", "/openapi.json", ""));
}

#[test]
fn the_description_has_no_fault() {
    let Some(spectral) = installed("target/api/node_modules/.bin/spectral") else { return };
    let mut command = Command::new(spectral);
    command.args(["lint", "--fail-severity", "warn", "--ruleset"]).arg(api("spectral.yaml"));
    content(command.arg(root().join("docs/openapi.json")));
}

/// Thousands of requests, good and bad, none of which is answered otherwise than is described.
#[test]
fn the_description_is_true() {
    let Some(schemathesis) = installed("target/schemathesis/bin/st") else { return };
    let service = Service::start();
    service.tell();
    let id = service.key.split('_').nth(1).unwrap();
    let mut command = Command::new(schemathesis);
    command.env("FERVOR_KEY_ID", id).env("PYTHONPATH", api("")).env("PYTHONDONTWRITEBYTECODE", "1");
    command.arg("--config-file").arg(api("schemathesis.toml")).arg("run");
    command.arg(format!("http://{}/openapi.json", service.address));
    // It leaves files where it stands.
    command.args(["--header", &format!("Authorization: Bearer {}", service.key)]).current_dir(service.folder.path(""));
    content(&mut command);
    // Had the key been revoked on the way, most of it would have been asked in vain.
    service.ask("GET", "/v1/model", "");
    service.is_calm();
}

/// What was found by asking at random.
#[test]
fn what_was_found_is_answered_as_it_is_described() {
    let service = Service::start();
    let attributes = "ce-specversion: 1.0\r\nce-source: s\r\nce-type: t\r\nce-subject: ada\r\n";
    let event = |id: &str| format!("idempotency-key: one\r\nce-id: {id}\r\n{attributes}");
    let (first, second) = (event("1"), event("2"));
    for (method, path, headers, status, word) in [
        // An address whose bytes are no text is a problem like others.
        ("GET", "/v1/contacts/%ff", "", "400", r#""code":"malformed""#),
        // Nothing is no draft: it would take the place of one.
        ("PUT", "/v1/model/draft", "", "400", r#""code":"malformed""#),
        // An event in headers is another request than one with other headers.
        ("POST", "/v1/events", first.as_str(), "200", r#""accepted":1"#),
        ("POST", "/v1/events", second.as_str(), "409", r#""code":"conflict""#),
        ("POST", "/v1/events", first.as_str(), "200", r#""accepted":1"#),
    ] {
        let (told, body) = service.send(method, path, headers, "");
        assert!(told.contains(status) && body.contains(word), "{method} {path} {headers}: {told} {body}");
    }
    service.is_calm();
}

/// The commands of the page, each as it stands there.
fn commands(page: &str) -> Vec<String> {
    let blocks = page.split("<pre tabindex=\"0\" class=\"curl\"").skip(1);
    let inner = blocks.map(|rest| rest.split_once("<code>").unwrap().1.split("</code>").next().unwrap());
    let text = |html: &str| {
        let marks = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&amp;", "&")];
        marks.iter().fold(html.to_owned(), |text, (mark, letter)| text.replace(mark, letter))
    };
    inner.map(text).collect()
}

#[test]
fn the_commands_of_the_page_work_as_they_stand_there() {
    let service = Service::start();
    let commands = commands(&service.ask("GET", "/docs", ""));
    assert!(commands.len() > 45, "only {} commands found", commands.len());
    // Who is gone cannot be asked for any more.
    let (last, first): (Vec<_>, Vec<_>) = commands.iter().partition(|command| command.contains("DELETE"));
    service.tell();
    service.ask("POST", "/v1/contacts", r#"{"id": "ada.l"}"#);
    let made: serde_json::Value =
        serde_json::from_str(&service.ask("POST", "/v1/keys", r#"{"name": "spare", "scopes": ["read"]}"#)).unwrap();
    let setup = service.setup();
    let mut people = 0;
    // What is imported for long enough to be ended, and files to send.
    let visit = |at: usize| format!("c{},visit,2026-03-14\n", at % 1000);
    let visits: String = (0..40_000).map(visit).collect();
    let visits = format!("contact,type,occurred_at\n{visits}");
    let begun = |kind: &str, text: &str| -> String {
        let told = service.ask("POST", &format!("/v1/imports?kind={kind}"), text);
        let told: serde_json::Value = serde_json::from_str(&told).unwrap();
        told["id"].as_str().unwrap().to_owned()
    };
    // Only what is over can be undone.
    let over = begun("contacts", "id\nc1\n");
    let waiting = std::time::Instant::now();
    while !service.ask("GET", &format!("/v1/imports/{over}"), "").contains(r#""state":"done""#) {
        assert!(waiting.elapsed().as_secs() < 30, "the import does not end");
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    let import = begun("activities", &visits);
    service.folder.with("activities.csv", &visits[..1000]);
    service.folder.with("orders.csv", "customer;date;amount\nada;14.03.2026;12,50\n");
    for command in first.into_iter().chain(last) {
        let is_endless = command.contains(" -N");
        let command = match () {
            () if command.contains("/v1/setup") => command.replace("TOKEN", &setup),
            () if command.contains("TOKEN") || command.contains("fedcba9876543210") => {
                people += 1;
                let new = format!(r#"{{"email": "{people}@example.org", "name": "One", "role": "viewer"}}"#);
                let made: serde_json::Value = serde_json::from_str(&service.ask("POST", "/v1/users", &new)).unwrap();
                let token = made["invitation"].as_str().unwrap().trim_start_matches("/invite/");
                command.replace("TOKEN", token).replace("fedcba9876543210", made["id"].as_str().unwrap())
            }
            () => command.clone(),
        };
        let command = command
            .replace("localhost:8080", &service.address)
            .replace("000643f2a1b0c8d0", if command.contains("/undo") { &over } else { &import })
            .replace("0123456789abcdef", made["id"].as_str().unwrap());
        let command = command.replacen("curl ", "curl --silent --show-error --fail-with-body --max-time 3 ", 1);
        let mut shell = Command::new("sh");
        shell.args(["-c", &command]).env("FERVOR_KEY", &service.key).current_dir(service.folder.path(""));
        if is_endless {
            // It ends because no more is waited for; until then it was answered.
            let told = shell.output().unwrap();
            assert!(String::from_utf8_lossy(&told.stdout).starts_with("event: begin\n"), "{command}: {told:?}");
        } else {
            content(&mut shell);
        }
    }
    service.is_calm();
}
