//! The binary as a service: started on a database of its own, asked, stopped or killed, and always gone at the end.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, mpsc};
use std::time::{Duration, Instant};

use serde_json::Value as Json;
use store::testing::Server;

use super::super::{Folder, fervor};
use super::http::Client;

/// So long a service may take to begin or to end.
const PATIENCE: Duration = Duration::from_secs(30);

/// Visits and gifts make somebody engaged; orders and people make an account busy; half of all are in the upper group.
pub(super) const MODEL: &str = r#"
name = "served"
timezone = "Europe/Oslo"
[score.engagement]
bands = { Cold = 0, Warm = 20, Hot = 50 }
[category.involvement]
score = "engagement"
[rule.visit]
category = "involvement"
activity = "visit"
points = 5
[rule.gift]
category = "involvement"
activity = "gift"
points = 1
multiply_by = "value"
[score.group]
combine = { engagement = 1 }
bands_by = "percentile"
bands = { Lower = 0, Upper = 50 }
[score.company]
of = "account"
bands = { Quiet = 0, Busy = 40 }
[rule.order]
score = "company"
activity = "order"
points = 10
[rule.people]
score = "company"
rollup = "engagement"
take = "sum"
"#;

/// What makes a deal likely, also beside [`MODEL`]: a budget is worth 60, a friend who decides 20; from 50 points on half of
/// all are won, from 80 on nine of ten.
pub(super) const LEADS: &str = r#"
[score.lead]
of = "opportunity"
bands = { Cold = 0, Hot = 50 }
probability = { 0 = 0.1, 50 = 0.5, 80 = 0.9 }
[rule.budget]
score = "lead"
when = "opportunity.budget_confirmed = TRUE"
points = 60
[rule.friend]
score = "lead"
when = "contact.decides = TRUE"
points = 20
"#;

/// Where a service keeps what it knows.
pub(super) struct Place {
    pub(super) folder: Folder,
    /// The server, if it is not a file.
    pub(super) server: Option<Server>,
    pub(super) address: String,
}

impl Place {
    pub(super) fn file() -> Self {
        let folder = Folder::new();
        let address = folder.path("fervor.db");
        Self { folder, server: None, address }
    }

    /// A server of PostgreSQL, if there is one.
    pub(super) fn server() -> Option<Self> {
        let server = Server::start()?;
        let address = server.address();
        Some(Self { folder: Folder::new(), server: Some(server), address })
    }

    /// A key with all these scopes.
    pub(super) fn key(&self, name: &str, scopes: &str) -> String {
        let made = fervor(["key", "create", "--db", &self.address, "--name", name, "--scope", scopes]);
        assert_eq!(made.code, 0, "{}", made.err);
        made.out.trim().to_owned()
    }

    /// Starts a service that publishes the model first.
    pub(super) fn serve(&self) -> Service {
        let model = self.folder.with("model.toml", MODEL);
        self.serve_with(&["--model", &model, "--rate", "1000000"])
    }

    pub(super) fn serve_with(&self, options: &[&str]) -> Service {
        Service::start(&self.address, options)
    }

    /// Everything is as the reference evaluator says, as soon as what follows of itself has followed.
    #[track_caller]
    pub(super) fn verify(&self) {
        let mut last = String::new();
        let begun = Instant::now();
        while begun.elapsed() < PATIENCE {
            let ran = fervor(["verify", "--db", &self.address]);
            last = format!("{}{}", ran.out, ran.err);
            if ran.code == 0 && last.contains(" 0 differences") && !last.contains("note:") {
                return;
            }
            std::thread::sleep(Duration::from_millis(200));
        }
        panic!("it does not become as it should be: {last}");
    }
}

/// A running service.
pub(super) struct Service {
    child: Child,
    pub(super) address: String,
    log: Arc<Mutex<String>>,
    reader: Option<std::thread::JoinHandle<()>>,
}

impl Service {
    fn start(database: &str, options: &[&str]) -> Self {
        let mut service = Self::begin(database, options).unwrap_or_else(|(status, log)| panic!("{status}: {log}"));
        service.until_ready();
        service
    }

    /// Starts, or tells how it ended before it could be asked.
    pub(super) fn begin(database: &str, options: &[&str]) -> Result<Self, (ExitStatus, String)> {
        Self::run(Command::new(env!("CARGO_BIN_EXE_fervor")), database, options)
    }

    /// Starts where no file may become larger than so many bytes.
    pub(super) fn limited(database: &str, bytes: u64) -> Self {
        let mut shell = Command::new("bash");
        // Whoever writes more is told, and not ended.
        let limit = format!("trap '' XFSZ; ulimit -f {}; exec \"$0\" \"$@\"", bytes / 1024);
        shell.args(["-c", &limit, env!("CARGO_BIN_EXE_fervor")]);
        let mut service = Self::run(shell, database, &[]).unwrap_or_else(|(status, log)| panic!("{status}: {log}"));
        service.until_ready();
        service
    }

    fn run(mut command: Command, database: &str, options: &[&str]) -> Result<Self, (ExitStatus, String)> {
        command.args(["serve", "--db", database, "--listen", "127.0.0.1:0"]).args(options);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let told = child.stderr.take().unwrap();
        let log: Arc<Mutex<String>> = Arc::default();
        let (sender, receiver) = mpsc::channel();
        let kept = log.clone();
        let reader = std::thread::spawn(move || {
            for line in BufReader::new(told).lines().map_while(Result::ok) {
                if let Some(rest) = line.split_once("serving at http://") {
                    let _nobody_waits = sender.send(rest.1.split(',').next().unwrap_or_default().to_owned());
                }
                let mut kept = kept.lock().unwrap();
                kept.push_str(&line);
                kept.push('\n');
            }
        });
        let address = receiver.recv_timeout(PATIENCE);
        let mut service = Self { child, address: String::new(), log, reader: Some(reader) };
        match address {
            Ok(address) => {
                service.address = address;
                Ok(service)
            }
            Err(_) => {
                let status = service.ended();
                Err((status, service.log()))
            }
        }
    }

    fn until_ready(&mut self) {
        let mut client = Client::new(&self.address, "");
        until("it is ready", || client.send("GET", "/readyz", &[], b"").is_ok_and(|reply| reply.status == 200));
    }

    pub(super) fn client(&self, key: &str) -> Client {
        Client::new(&self.address, key)
    }

    pub(super) fn pid(&self) -> u32 {
        self.child.id()
    }

    pub(super) fn log(&self) -> String {
        self.log.lock().unwrap().clone()
    }

    /// What makes the first admin, as it was printed.
    pub(super) fn setup(&self) -> String {
        let mut token = String::new();
        until("it prints a link", || {
            let log = self.log();
            let found = log.rsplit_once("/setup/").and_then(|(_, rest)| rest.split_once('\n'));
            token = found.map(|(token, _)| token.to_owned()).unwrap_or_default();
            !token.is_empty()
        });
        token
    }

    /// Ends as if somebody had pulled the plug of the process.
    pub(super) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Asks it to end.
    pub(super) fn terminate(&self) {
        let asked = Command::new("kill").arg("-TERM").arg(self.pid().to_string()).status();
        assert!(asked.is_ok_and(|asked| asked.success()));
    }

    /// How it ended.
    pub(super) fn ended(&mut self) -> ExitStatus {
        let mut status = None;
        until("it ends", || {
            status = self.child.try_wait().unwrap();
            status.is_some()
        });
        self.reader.take().map(std::thread::JoinHandle::join);
        status.unwrap()
    }

    /// Stops it as an operator does; nothing may have gone wrong meanwhile.
    pub(super) fn stop(mut self) {
        self.terminate();
        let status = self.ended();
        assert_eq!(status.code(), Some(0), "{}", self.log());
        self.is_calm();
    }

    /// Nothing went wrong inside: no panic, and no error in the log.
    #[track_caller]
    pub(super) fn is_calm(&self) {
        let log = self.log();
        assert!(!log.contains("panicked") && !log.contains("ERROR"), "{log}");
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ended = self.child.kill();
        let _reaped = self.child.wait();
        if std::thread::panicking() {
            let log = self.log();
            let tail: Vec<&str> = log.lines().rev().take(20).collect();
            eprintln_log(&tail);
        }
    }
}

/// What the service said last, beside a test that fails.
fn eprintln_log(tail: &[&str]) {
    use std::io::Write as _;
    for line in tail.iter().rev() {
        let _said = writeln!(std::io::stderr(), "| {line}");
    }
}

/// Waits until something is so, and fails if it does not become so.
#[track_caller]
pub(super) fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    within(PATIENCE, what, &mut is_so);
}

#[track_caller]
pub(super) fn within(patience: Duration, what: &str, is_so: &mut dyn FnMut() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < patience, "after {patience:?} it is not so that {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// The points of somebody in a score.
pub(super) fn points(client: &mut Client, path: &str, score: &str) -> Json {
    client.get(path)["scores"][score]["points"].clone()
}

/// All pages of a list, and how many there were.
pub(super) fn pages(client: &mut Client, path: &str) -> (Vec<Json>, usize) {
    let (mut items, mut count, mut next) = (Vec::new(), 0, path.to_owned());
    loop {
        let reply = client.ask("GET", &next, &[], "");
        let link = reply.header("link").map(ToOwned::to_owned);
        let page = reply.must(200);
        count += 1;
        items.extend(page["items"].as_array().unwrap().iter().cloned());
        let Some(cursor) = page["next_cursor"].as_str() else {
            assert_eq!(link, None);
            return (items, count);
        };
        // The link says the same as the cursor.
        let link = link.unwrap();
        let address = link.strip_prefix('<').and_then(|link| link.split_once('>')).unwrap().0.to_owned();
        assert!(address.ends_with(&format!("cursor={cursor}")), "{address}");
        next = address;
        assert!(count < 1000, "the list has no end");
    }
}
