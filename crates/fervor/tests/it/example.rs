//! The shipped example and the demo that shows it.

use super::{Folder, fervor};

fn example(command: &str, more: &[&str]) -> super::Ran {
    let folder = "examples/open-source";
    let (model, contacts, activities) =
        (format!("{folder}/model.toml"), format!("{folder}/contacts.csv"), format!("{folder}/activities.csv"));
    let mut arguments =
        vec![command, &model, "--contacts", &contacts, "--activities", &activities, "--as-of", "2026-08-31"];
    arguments.extend(more);
    fervor(arguments)
}

#[test]
fn the_demo_shows_everything_without_any_file() {
    let ran = fervor(["demo", "--no-serve"]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    for part in [
        "1,538 contacts, 19,636 activities",
        "Engagement",
        "Why does",
        "If nothing happens: drops",
        "Who changes band",
        "Try, ",
    ] {
        assert!(ran.out.contains(part), "{part:?} is missing in:\n{}", ran.out);
    }
}

#[test]
fn every_contact_gets_a_row_and_bots_get_nothing() {
    let folder = Folder::new();
    let out = folder.path("out");
    let ran = example("score", &["--strict", "--out", &out, "--details"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let mut reader = csv::Reader::from_path(format!("{out}/contacts.csv")).unwrap();
    let columns = reader.headers().unwrap().clone();
    let place = |name: &str| columns.iter().position(|column| column == name).unwrap();
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    assert_eq!(rows.len(), 1538);
    // Four contacts are automation: no points for work, and no percentile.
    let bots: Vec<_> = rows.iter().filter(|row| row[place("engagement_percentile")].is_empty()).collect();
    assert_eq!(bots.len(), 4);
    assert!(bots.iter().all(|row| &row[place("category.work")] == "0.0000" && &row[place("engagement")] == "0"));
}

#[test]
fn both_roll_ups_agree_where_an_address_never_changes_its_company() {
    let folder = Folder::new();
    let out = folder.path("out");
    example("score", &["--out", &out]);
    let mut reader = csv::Reader::from_path(format!("{out}/accounts.csv")).unwrap();
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    assert_eq!(rows.len(), 25);
    assert!(rows.iter().all(|row| row[1] == row[4]));
    assert!(rows.iter().any(|row| &row[0] == "grafana.com" && row[1].parse::<u32>().unwrap() > 200));
}

#[test]
fn an_account_is_explained_by_its_people() {
    let ran = example("explain", &["--account", "google.com", "--score", "company"]);
    assert!(ran.out.contains("People of today") && ran.out.contains("14 people"), "{}", ran.out);
    assert!(!ran.out.contains("Company at the time"), "{}", ran.out);
}
