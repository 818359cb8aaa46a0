//! Object stores, by a server on this machine that speaks as S3 does. `cargo xtask test` installs it.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::parquet::{parquet, texts};
use super::{Folder, Ran, SMALL_MODEL, root};

/// A server with one bucket, gone when the test ends.
struct Store {
    server: Child,
    port: u16,
}

impl Drop for Store {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ended = self.server.kill();
        let _reaped = self.server.wait();
    }
}

impl Store {
    /// `None` where the server is not installed, which is an error where nothing may be skipped.
    fn start() -> Option<Self> {
        let program = root().join("target/s3/bin/moto_server");
        if !program.exists() {
            let strict = ["CI", "FERVOR_STRICT"].iter().any(|name| std::env::var_os(name).is_some());
            assert!(!strict, "{} is missing: run cargo xtask test", program.display());
            return None;
        }
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut command = Command::new(program);
        command.args(["-H", "127.0.0.1", "-p", &port.to_string()]).stdout(Stdio::null()).stderr(Stdio::null());
        let store = Self { server: command.spawn().unwrap(), port };
        let begun = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(begun.elapsed() < Duration::from_secs(60), "the server does not answer");
            std::thread::sleep(Duration::from_millis(50));
        }
        store.put("data", b"");
        Some(store)
    }

    /// Makes a bucket or an object.
    fn put(&self, key: &str, content: &[u8]) {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        let head = format!(
            "PUT /{key} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
            self.port,
            content.len()
        );
        stream.write_all(&[head.as_bytes(), content].concat()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 200"), "{key}: {answer}");
    }

    fn fervor(&self, arguments: &[&str], more: &[(&str, &str)]) -> Ran {
        let mut command = Command::new(env!("CARGO_BIN_EXE_fervor"));
        command.args(arguments).env_clear();
        command.env("AWS_ENDPOINT_URL", format!("http://127.0.0.1:{}", self.port)).env("AWS_ALLOW_HTTP", "true");
        command.env("AWS_ACCESS_KEY_ID", "key").env("AWS_SECRET_ACCESS_KEY", "secret");
        more.iter().for_each(|(name, value)| {
            if value.is_empty() {
                command.env_remove(name)
            } else {
                command.env(name, value)
            };
        });
        let output = command.output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Ran { out: text(output.stdout), err: text(output.stderr), code: output.status.code().unwrap_or(-1) }
    }
}

#[test]
fn objects_are_read_like_files() {
    let Some(store) = Store::start() else { return };
    let folder = Folder::new();
    let model = folder.with("model.toml", SMALL_MODEL);
    let columns = [
        ("contact", texts(&["ada", "bob"])),
        ("type", texts(&["event"; 2])),
        ("occurred_at", texts(&["2026-03-14"; 2])),
    ];
    store.put("data/events/type=event/part-0.parquet", &parquet(columns));
    // More than a piece of what is fetched at a time.
    let many: String = (0..20_000).map(|number| format!("{number},ada,2026-03-1{}\n", number % 5)).collect();
    store.put("data/events/type=event/rows.csv", format!("id,contact,occurred_at\n{many}").as_bytes());
    store.put("data/events/type=other/rows.ndjson", b"{\"contact\":\"eve\",\"occurred_at\":\"2026-03-14\"}\n");
    store.put("data/events/_SUCCESS", b"");
    let score = |place: &str| {
        let out = folder.path("out");
        let ran = store.fervor(&["score", &model, "--activities", place, "--as-of", "2026-03-14", "--out", &out], &[]);
        assert_eq!((ran.code, ran.err.contains("warning")), (0, false), "{place}: {}", ran.err);
        let table = std::fs::read_to_string(folder.path("out/contacts.csv")).unwrap();
        table.lines().skip(1).map(|line| line.split(',').next().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(score("s3://data/events/"), ["ada", "bob", "eve"]);
    assert_eq!(score("s3://data/events"), ["ada", "bob", "eve"]);
    assert_eq!(score("s3://data/events/type=event/*.parquet"), ["ada", "bob"]);
    assert_eq!(score("s3://data/events/type=event/"), ["ada", "bob"]);
    assert_eq!(score("s3://data/events/type=other"), ["eve"]);
    let mapping = "[source.s]\nfile = \"s3://data/events/*/part-0.parquet\"\n[source.s.activities]\ncontact = \"contact\"\n\
        type = \"type\"\noccurred_at = \"occurred_at\"\n";
    let sources = folder.with("sources.toml", mapping);
    let ran = store.fervor(&["sources", "preview", &sources], &[]);
    assert!(ran.code == 0 && ran.out.contains("2 activities"), "{}{}", ran.out, ran.err);
    what_goes_wrong(&store, &model);
}

/// Every failure says what to do, and none takes long.
fn what_goes_wrong(store: &Store, model: &str) {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let nobody = format!("http://{}", silent.local_addr().unwrap());
    let closed = format!("http://127.0.0.1:{}", TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port());
    let no_key = [("AWS_ACCESS_KEY_ID", ""), ("AWS_SECRET_ACCESS_KEY", ""), ("AWS_METADATA_ENDPOINT", closed.as_str())];
    type Case<'a> = (&'a str, &'a [(&'a str, &'a str)], &'a str, &'a str);
    let cases: &[Case<'_>] = &[
        ("s3://data/event.csv", &[], "there is no such object, and none below it", "look at the key"),
        ("s3://data/none/", &[], "is a folder without objects", "bucket lists it"),
        ("s3://data/*.orc", &[], "fits no object", "any name"),
        ("s3://atad/events/", &[], "there is no bucket `atad`", "AWS_REGION"),
        ("s3://atad/events/rows.csv", &[], "there is no bucket `atad`", "AWS_REGION"),
        ("s3://", &[], "names no bucket", "s3://bucket/key"),
        ("s3://data/events/", &no_key, "there are no credentials", "AWS_ACCESS_KEY_ID"),
        (
            "s3://data/events/",
            &[("AWS_ENDPOINT_URL", &nobody), ("AWS_TIMEOUT", "300 ms")],
            "no answer came in time",
            "AWS_ENDPOINT_URL",
        ),
        ("s3://data/events/", &[("AWS_ENDPOINT_URL", &closed)], "cannot be reached", "AWS_ENDPOINT_URL"),
        ("s3://data/events/", &[("AWS_ALLOW_HTTP", "")], "asked over http", "AWS_ALLOW_HTTP"),
    ];
    for (place, environment, problem, help) in cases {
        let begun = Instant::now();
        let ran = store.fervor(&["score", model, "--activities", place], environment);
        let told = format!("{place} {environment:?}: exit code {}\n{}", ran.code, ran.err);
        assert_eq!(ran.code, 1, "{told}");
        for expected in [*place, *problem, *help] {
            assert!(ran.err.contains(expected), "expected {expected:?}: {told}");
        }
        assert!(begun.elapsed() < Duration::from_secs(30), "it took {:?}: {told}", begun.elapsed());
    }
}
