//! Every scenario file holds, here and in the examples; and a wrong expectation is noticed.

use std::path::PathBuf;

use super::{Folder, fervor, root};

fn files(folder: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(root().join(folder)).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<_> =
        entries.filter(|path| path.extension().is_some_and(|extension| extension == "txt")).collect();
    files.sort();
    files
}

#[test]
fn every_scenario_holds() {
    let files = files("crates/fervor/tests/scenarios");
    assert!(files.len() >= 45, "the scenarios have moved");
    let ran = fervor([std::ffi::OsString::from("test")].into_iter().chain(files.into_iter().map(Into::into)));
    assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{}", ran.out);
    assert!(ran.out.contains("all met"));
}

#[test]
fn the_scenarios_of_the_example_hold() {
    let ran = fervor(["test", "examples/open-source/scenarios.txt"]);
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
}

#[test]
fn a_wrong_expectation_is_told_with_line_and_scenario() {
    let folder = Folder::new();
    folder.with("model.toml", super::SMALL_MODEL);
    let file = folder.with(
        "wrong.txt",
        "model model.toml\nscenario one event\n2026-01-05 activity ada event\nas of 2026-01-05\n\
         expect ada engagement 21 Low\nexpect ada engagement 20 Low\nexpect bob engagement 0\nexpct ada engagement 20\n",
    );
    let ran = fervor(["test", &file]);
    assert_eq!(ran.code, 1);
    assert!(ran.out.contains("wrong.txt:5: one event: expected points 21, found 20"), "{}", ran.out);
    assert!(ran.out.contains("wrong.txt:7: one event: there is no contact `bob`"), "{}", ran.out);
    assert!(ran.out.contains("wrong.txt:8: one event: `expct` begins no statement"), "{}", ran.out);
    assert!(ran.out.contains("3 not met"), "{}", ran.out);
}

#[test]
fn what_was_unknown_stands_beside_what_was_not_met() {
    let folder = Folder::new();
    let rule = "points = 20\nmultiply_by = \"value\"\nwhere = \"activity.size > 3\"";
    folder.with("model.toml", super::SMALL_MODEL.replace("points = 20", rule));
    let file = folder.with(
        "unknown.txt",
        "model model.toml\n2026-01-05 activity ada event value=1200,50 size=4\n2026-01-05 activity ada event value=1\n\
         as of 2026-01-05\nexpect ada engagement 20\nexpect ada rule.event 20\nexpect ada category.involvement 20\n",
    );
    let ran = fervor(["test", &file]);
    let told = "expected points 20, found 0; unknown in rule `event`: activity.size is missing, activity.value is \"1200,50\"\n";
    assert_eq!((ran.code, ran.out.matches(told).count()), (1, 3), "{}", ran.out);
}

#[test]
fn a_file_that_expects_nothing_is_not_met() {
    let folder = Folder::new();
    let ran = fervor(["test", &folder.with("empty.txt", "# nothing yet\n")]);
    assert_eq!(ran.code, 1);
    assert!(ran.out.contains("expects nothing"), "{}", ran.out);
}

#[test]
fn an_expectation_that_could_not_fail_is_not_met() {
    let folder = Folder::new();
    let model = format!(
        "{}[score.grade]\nmatrix = [\"engagement\", \"engagement\"]\n[exclude.staff]\nwhere = \"contact.id = 'bob'\"\n",
        super::SMALL_MODEL
    );
    folder.with("model.toml", model);
    let cases = [
        ("expect ada excluded staf 0", "no exclusion `staf`"),
        ("expect zed excluded staff 0", "no contact `zed`"),
        ("expect ada engagement estimated_value none", "not a score of opportunities"),
        ("expect ada engagement 20 Lo", "no band `Lo`"),
        ("expect ada engagement reaches Lo on 2026-02-01", "no band `Lo`"),
        ("expect ada grade stays", "no forecast"),
        ("expect ada grade 20", "is a matrix"),
    ];
    for (expectation, said) in cases {
        let text = format!("model model.toml\n2026-01-05 activity ada event\nas of 2026-01-05\n{expectation}\n");
        let ran = fervor(["test", &folder.with("case.txt", text)]);
        assert!(ran.code == 1 && ran.out.contains(said), "{expectation}: {}", ran.out);
    }
}
