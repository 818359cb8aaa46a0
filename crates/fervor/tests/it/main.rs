//! The binary from outside: what users and scripts see.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod bad_files;
mod bounds;
mod commands;
mod docs;
mod engines;
mod example;
mod exports;
mod fmt;
mod lint;
mod odd_files;
mod openapi;
mod parquet;
mod s3;
mod scenarios;
mod serve;
mod shell;
mod sources;
mod templates;
mod tidy;
mod tutorial;
mod ways;
mod what_if;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// The root of the project.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// What a command printed and how it ended.
struct Ran {
    out: String,
    err: String,
    code: i32,
}

/// Runs the binary in the root of the project.
fn fervor<S: AsRef<std::ffi::OsStr>>(arguments: impl IntoIterator<Item = S>) -> Ran {
    let output: Output =
        Command::new(env!("CARGO_BIN_EXE_fervor")).args(arguments).current_dir(root()).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("output is UTF-8");
    Ran { out: text(output.stdout), err: text(output.stderr), code: output.status.code().unwrap_or(-1) }
}

/// A folder with a model and facts, to be gone when the test ends.
struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> String {
        self.0.path().join(name).display().to_string()
    }

    /// Writes a file and gives its path.
    fn with(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        std::fs::write(self.0.path().join(name), content).unwrap();
        self.path(name)
    }
}

/// One score, one rule.
const SMALL_MODEL: &str = "\
[score.engagement]
bands = { Low = 0, High = 51 }
[category.involvement]
score = \"engagement\"
[rule.event]
category = \"involvement\"
activity = \"event\"
points = 20
half_life = \"60 days\"
";
