//! For tests: a PostgreSQL server of one's own, on loopback and in a folder that goes away with it, and how much
//! SQLite has to do.

use std::net::TcpListener;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

/// So long a server may take to begin.
const PATIENCE: Duration = Duration::from_secs(30);

/// Steps that SQLite took.
pub(crate) static STEPS: AtomicI64 = AtomicI64::new(0);

/// How many steps SQLite took since this was asked last, all databases taken together: some ten for each row.
pub fn steps() -> i64 {
    STEPS.swap(0, Ordering::Relaxed)
}

/// A running server.
#[derive(Debug)]
pub struct Server {
    bin: PathBuf,
    folder: PathBuf,
    port: u16,
    user: Option<(u32, u32)>,
    child: Option<Child>,
}

impl Server {
    /// A server, if PostgreSQL is installed.
    ///
    /// # Panics
    ///
    /// If it is not, and nothing may be skipped (`CI`, `FERVOR_STRICT`); or if it does not begin.
    pub fn start() -> Option<Self> {
        let Some(bin) = binaries() else {
            let strict = ["CI", "FERVOR_STRICT"].iter().any(|name| std::env::var_os(name).is_some());
            assert!(!strict, "PostgreSQL is not installed: apt-get install postgresql");
            return None;
        };
        let unique = format!("fervor-pg-{}-{}", std::process::id(), free_port());
        let folder = std::env::temp_dir().join(unique);
        std::fs::create_dir(&folder).expect("a folder for a server");
        let mut server = Self { bin, folder, port: free_port(), user: unprivileged(), child: None };
        if let Some((user, group)) = server.user {
            std::os::unix::fs::chown(&server.folder, Some(user), Some(group)).expect("a folder is given away");
        }
        let data = server.data();
        let arguments = ["--auth=trust", "--username=postgres", "--encoding=UTF8", "--locale=C", "--no-sync"];
        let made = server.command("initdb").arg("-D").arg(data).args(arguments).output().expect("initdb runs");
        assert!(made.status.success(), "initdb: {}", String::from_utf8_lossy(&made.stderr));
        server.resume();
        Some(server)
    }

    /// Its address.
    pub fn address(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.port)
    }

    /// The address of a new database of it.
    ///
    /// # Panics
    ///
    /// If it cannot be made.
    pub fn database(&self, name: &str) -> String {
        let mut client = postgres::Client::connect(&self.address(), postgres::NoTls).expect("a connection");
        client.batch_execute(&format!("CREATE DATABASE {name}")).expect("a database");
        format!("postgres://postgres@127.0.0.1:{}/{name}", self.port)
    }

    fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    fn command(&self, name: &str) -> Command {
        let mut command = Command::new(self.bin.join(name));
        command.current_dir(&self.folder).stdin(Stdio::null());
        if let Some((user, group)) = self.user {
            command.uid(user).gid(group);
        }
        command
    }

    /// Writes a file into its folder of data.
    ///
    /// # Panics
    ///
    /// If it cannot be written.
    pub fn put(&self, name: &str, text: &str) {
        use std::os::unix::fs::PermissionsExt as _;
        let path = self.data().join(name);
        std::fs::write(&path, text).expect("a file is written");
        // A server takes no key that others may read.
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).expect("it is ours alone");
        if let Some((user, group)) = self.user {
            std::os::unix::fs::chown(&path, Some(user), Some(group)).expect("a file is given away");
        }
    }

    /// Begins, or begins again on the same port.
    ///
    /// # Panics
    ///
    /// If it does not.
    pub fn resume(&mut self) {
        let log = std::fs::File::create(self.folder.join("log")).expect("a log");
        let settings = ["-c", "unix_socket_directories=", "-c", "listen_addresses=127.0.0.1"];
        let port = format!("port={}", self.port);
        let data = self.data();
        let mut command = self.command("postgres");
        command.arg("-D").arg(data).args(settings).args(["-c", &port]).stdout(Stdio::null()).stderr(log);
        self.child = Some(command.spawn().expect("a server"));
        let begun = Instant::now();
        while let Err(error) = postgres::Client::connect(&self.address(), postgres::NoTls) {
            assert!(begun.elapsed() < PATIENCE, "the server does not begin: {error}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Ends at once, as if somebody had pulled the plug of the process.
    ///
    /// # Panics
    ///
    /// If it does not.
    pub fn stop(&mut self) {
        let Some(mut child) = self.child.take() else { return };
        let quit = Command::new("kill").arg("-QUIT").arg(child.id().to_string()).status();
        assert!(quit.is_ok_and(|quit| quit.success()), "the server cannot be stopped");
        child.wait().expect("it ends");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ended_before = Command::new("kill").arg("-QUIT").arg(child.id().to_string()).status();
            let _ended = child.wait();
        }
        let _left_behind = std::fs::remove_dir_all(&self.folder);
    }
}

/// Where PostgreSQL lies: on the path, or where Debian puts it.
fn binaries() -> Option<PathBuf> {
    let has = |folder: &Path| ["initdb", "postgres"].iter().all(|name| folder.join(name).exists());
    let path = std::env::var_os("PATH").unwrap_or_default();
    let debian = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut folders: Vec<PathBuf> = debian.map(|entry| entry.path().join("bin")).collect();
    folders.sort();
    std::env::split_paths(&path).chain(folders.into_iter().rev()).find(|folder| has(folder))
}

/// Somebody to be, where one is root: the server refuses to be run by root.
fn unprivileged() -> Option<(u32, u32)> {
    let number = |arguments: &[&str]| {
        let asked = Command::new("id").args(arguments).output().ok()?;
        String::from_utf8_lossy(&asked.stdout).trim().parse::<u32>().ok()
    };
    if number(&["-u"]) != Some(0) {
        return None;
    }
    number(&["-u", "postgres"]).zip(number(&["-g", "postgres"])).or(Some((65534, 65534)))
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("it is bound").port()
}
