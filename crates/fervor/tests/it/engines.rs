//! Both engines write the same files, also where the kernel has to ask again.

use super::{Folder, Ran, fervor, root};

/// Scores by an engine; what was written, file by file.
fn scored(engine: &str, arguments: &[&str]) -> (Ran, Vec<(String, String)>) {
    let folder = Folder::new();
    let out = folder.path("out");
    let ran = fervor(["score"].iter().chain(arguments).chain(&["--details", "--out", &out, "--engine", engine]));
    let files = std::fs::read_dir(&out).into_iter().flatten().map(|entry| entry.unwrap().path());
    let mut files: Vec<_> = files
        .map(|path| (path.file_name().unwrap().display().to_string(), std::fs::read_to_string(path).unwrap()))
        .collect();
    files.sort();
    (ran, files)
}

fn agree(arguments: &[&str]) -> Vec<(String, String)> {
    let (kernel, reference) = (scored("kernel", arguments), scored("reference", arguments));
    assert_eq!(kernel.0.code, 0, "{}", kernel.0.err);
    assert!(!kernel.1.is_empty());
    assert_eq!(kernel.1, reference.1);
    kernel.1
}

#[test]
fn templates_and_examples_score_alike() {
    for folder in std::fs::read_dir(root().join("templates")).unwrap() {
        let home = folder.unwrap().path();
        let path = |name: &str| home.join(name).display().to_string();
        let mut arguments = vec![path("model.toml"), "--as-of".into(), "2026-03-14".into()];
        for kind in ["contacts", "accounts", "opportunities", "activities"] {
            let file = path(&format!("{kind}.csv"));
            if std::path::Path::new(&file).exists() {
                arguments.extend([format!("--{kind}"), file]);
            }
        }
        agree(&arguments.iter().map(String::as_str).collect::<Vec<_>>());
    }
    let files =
        ["--contacts", "examples/open-source/contacts.csv", "--activities", "examples/open-source/activities.csv"];
    agree(&[&["examples/open-source/model.toml", "--as-of", "2019-06-30"][..], &files].concat());
    agree(&["examples/shop/model.toml", "--sources", "examples/shop/sources.toml", "--as-of", "1998-02-28"]);
}

#[test]
fn what_only_columns_that_were_not_kept_decide_is_asked_again() {
    let folder = Folder::new();
    let model = "[score.s]\ndecimals = 0\n[rule.r]\nscore = \"s\"\nactivity = \"buy\"\npoints = 1\n\
                 multiply_by = \"value\"\ntake = \"latest\"\n";
    let model = folder.with("model.toml", model);
    // One moment, no ids: of the two the last by canonical JSON counts. `a` stands before `value` in
    // no array, but [type, value, account, properties] begins alike only up to the value.
    let rows = "contact,type,occurred_at,value,a\nada,buy,2026-03-14,7,1\nada,buy,2026-03-14,30,0\n";
    let activities = folder.with("a.csv", rows);
    let files = agree(&[&model, "--activities", &activities, "--as-of", "2026-03-14"]);
    // As text, "7" comes after "30".
    assert_eq!(files[0].1.lines().nth(1), Some("ada,7,,50.00,7.0000"));
}

#[test]
fn a_pipe_is_read_once_and_that_is_enough() {
    let folder = Folder::new();
    let model = "[score.s]\n[rule.r]\nscore = \"s\"\nactivity = \"buy\"\npoints = 1\nmultiply_by = \"value\"\n\
                 take = \"latest\"\n";
    let model = folder.with("model.toml", model);
    let activities =
        folder.with("a.csv", "contact,type,occurred_at,value\nada,buy,2026-03-14,7\nada,buy,2026-03-14,30\n");
    let binary = env!("CARGO_BIN_EXE_fervor");
    let line = format!("{binary} score {model} --activities <(cat {activities}) --as-of 2026-03-14");
    let done = std::process::Command::new("bash").args(["-c", &line]).output().unwrap();
    let said = String::from_utf8(done.stdout).unwrap();
    assert!(done.status.success() && said.contains("most 7,"), "{said}{}", String::from_utf8_lossy(&done.stderr));

    // A mapping may come out of a pipe too.
    let mapping = "[source.a]\nfile = 'a.csv'\n[source.a.activities]\n'*' = '*'\n";
    let mapping = folder.with("sources.toml", mapping.replace("a.csv", &activities));
    let line = format!("{binary} score {model} --sources <(cat {mapping}) --as-of 2026-03-14");
    let done = std::process::Command::new("bash").args(["-c", &line]).output().unwrap();
    let said = String::from_utf8(done.stdout).unwrap();
    assert!(done.status.success() && said.contains("most 7,"), "{said}{}", String::from_utf8_lossy(&done.stderr));
}

#[test]
fn a_number_out_of_range_is_told_alike() {
    let folder = Folder::new();
    let model = folder.with(
        "model.toml",
        "[score.s]\n[rule.big]\nscore = \"s\"\nactivity = \"buy\"\npoints = 1000\nmultiply_by = \"value\"\n",
    );
    let rows = "contact,type,occurred_at,value\nbob,buy,2026-03-14,1\nada,buy,2026-03-14,900000000000000\n";
    let activities = folder.with("a.csv", rows);
    let arguments = [&model, "--activities", &activities, "--as-of", "2026-03-14"];
    let (kernel, reference) = (scored("kernel", &arguments), scored("reference", &arguments));
    assert_eq!((kernel.0.code, &kernel.0.err), (1, &reference.0.err));
    assert!(kernel.0.err.contains("contact `ada`: in rule `big`"), "{}", kernel.0.err);
    assert!(kernel.1.is_empty());
}
