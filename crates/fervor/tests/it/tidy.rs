//! The house stays in order: arrows between crates, and files that can be read in a sitting.

use std::path::{Path, PathBuf};

use super::root;

/// A file is a sitting.
const LINES_MAX: usize = 600;

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && path.file_name().is_some_and(|name| name != "target") {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

#[test]
fn files_are_a_sitting_and_begin_with_what_they_own() {
    let mut files = Vec::new();
    sources(&root().join("crates"), &mut files);
    sources(&root().join("xtask"), &mut files);
    sources(&root().join("bench"), &mut files);
    assert!(files.len() > 50);
    for path in files {
        let text = std::fs::read_to_string(&path).unwrap();
        let lines = text.lines().count();
        assert!(lines <= LINES_MAX, "{}: {lines} lines; a sitting is {LINES_MAX}", path.display());
        assert!(text.starts_with("//! "), "{}: does not begin with what it owns", path.display());
    }
}

/// The crates that a manifest depends on, of our own and of the world.
fn dependencies(name: &str) -> Vec<String> {
    let text = std::fs::read_to_string(root().join("crates").join(name).join("Cargo.toml")).unwrap();
    let manifest: toml::Table = text.parse().unwrap();
    manifest
        .get("dependencies")
        .and_then(toml::Value::as_table)
        .map(|table| table.keys().cloned().collect())
        .unwrap_or_default()
}

#[test]
fn arrows_point_one_way() {
    let allowed: &[(&str, &[&str])] = &[
        ("rules", &[]),
        ("batch", &["rules"]),
        ("edit", &["rules"]),
        ("store", &["rules"]),
        ("live", &["rules", "store"]),
        ("fervor", &["batch", "edit", "live", "rules", "store"]),
        ("python", &["batch", "rules"]),
    ];
    for (name, may) in allowed {
        let own =
            dependencies(name).into_iter().filter(|dependency| allowed.iter().any(|(known, _)| known == dependency));
        let own: Vec<_> = own.collect();
        assert!(own.iter().all(|dependency| may.contains(&dependency.as_str())), "{name} depends on {own:?}");
    }
    // Nothing that reads, writes, waits or asks for the time.
    let pure = ["jiff", "regex", "sqlparser", "strsim", "thiserror", "toml"];
    assert_eq!(dependencies("rules"), pure, "rules is pure; a new dependency needs a reason here");
}

#[test]
fn one_file_alone_may_be_unsafe() {
    let lints = |path: &str, of: &[&str]| {
        let manifest: toml::Table = std::fs::read_to_string(root().join(path)).unwrap().parse().unwrap();
        let mut at = &toml::Value::Table(manifest);
        of.iter().for_each(|key| at = &at[key]);
        at.clone().try_into::<toml::Table>().unwrap()
    };
    let mut expected = lints("Cargo.toml", &["workspace", "lints"]);
    for (group, lint) in [("rust", "unsafe_code"), ("clippy", "undocumented_unsafe_blocks")] {
        expected[group].as_table_mut().unwrap().insert(lint.into(), "deny".into());
    }
    assert_eq!(lints("crates/python/Cargo.toml", &["lints"]), expected);
    let mut files = Vec::new();
    sources(&root().join("crates/python/src"), &mut files);
    files.retain(|path| std::fs::read_to_string(path).unwrap().contains("unsafe_code"));
    assert_eq!(files, [root().join("crates/python/src/capsule.rs")]);
}
