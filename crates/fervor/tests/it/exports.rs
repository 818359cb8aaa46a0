//! The files that `--out` writes: a stable contract.

use super::{Folder, fervor};

const MODEL: &str = "\
[score.engagement]
decimals = 1
bands = { Low = 0, High = 51 }
[score.grade]
matrix = [\"engagement\", \"engagement\"]
[score.company]
of = \"account\"
[score.deal]
of = \"opportunity\"
probability = { 0 = 0.05, 40 = 0.25 }
[category.involvement]
score = \"engagement\"
max = 60
[rule.event]
category = \"involvement\"
activity = \"event\"
points = 20.25
[rule.people]
score = \"company\"
rollup = \"engagement\"
[rule.budget]
score = \"deal\"
when = \"opportunity.budget = TRUE AND score.engagement > 20\"
points = 40
";

pub(super) fn scored(folder: &Folder, more: &[&str]) {
    let model = folder.with("model.toml", MODEL);
    let contacts = folder.with("contacts.csv", "id,account\n\"b,ob\",acme\nada,acme|beta\nÅse,\n");
    let activities = folder.with(
        "activities.csv",
        "contact,type,occurred_at\nada,event,2026-01-05\nada,event,2026-01-06\nada,event,2026-03-15\n",
    );
    let deals = folder
        .with("deals.ndjson", "{\"id\":\"d1\",\"contact\":\"ada\",\"amount\":1000,\"budget\":true}\n{\"id\":\"d2\"}\n");
    let out = folder.path("out");
    let mut arguments =
        vec!["score", &model, "--contacts", &contacts, "--activities", &activities, "--opportunities", &deals];
    arguments.extend(["--as-of", "2026-03-14", "--out", &out]);
    arguments.extend(more);
    let ran = fervor(arguments);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert_eq!(ran.out, "", "results are in the files");
}

fn read(folder: &Folder, name: &str) -> String {
    std::fs::read_to_string(folder.path(&format!("out/{name}"))).unwrap()
}

#[test]
fn csv_has_a_row_for_each_sorted_by_id() {
    let folder = Folder::new();
    scored(&folder, &[]);
    let contacts = "contact,engagement,engagement_band,engagement_percentile,grade,grade_band,grade_percentile\n\
        ada,40.5,Low,83.33,,B2,\n\
        \"b,ob\",0.0,Low,33.33,,B2,\n\
        Åse,0.0,Low,33.33,,B2,\n";
    assert_eq!(read(&folder, "contacts.csv"), contacts);
    assert_eq!(
        read(&folder, "accounts.csv"),
        "account,company,company_band,company_percentile\nacme,41,,50.00\nbeta,41,,50.00\n"
    );
    assert_eq!(
        read(&folder, "opportunities.csv"),
        "opportunity,deal,deal_probability,deal_estimated_value\nd1,40,0.250000,250.0000\nd2,0,0.050000,\n"
    );
}

#[test]
fn details_add_categories_and_rules_with_four_decimals() {
    let folder = Folder::new();
    scored(&folder, &["--details"]);
    let contacts = read(&folder, "contacts.csv");
    assert!(contacts.starts_with("contact,engagement,engagement_band,engagement_percentile,grade,grade_band,grade_percentile,category.involvement,rule.event\n"));
    assert!(contacts.contains("\nada,40.5,Low,83.33,,B2,,40.5000,40.5000\n"), "{contacts}");
    assert!(
        read(&folder, "accounts.csv")
            .starts_with("account,company,company_band,company_percentile,rule.people\nacme,41,,50.00,40.5000\n")
    );
    assert!(read(&folder, "opportunities.csv").contains("\nd1,40,0.250000,250.0000,40.0000\n"));
}

#[test]
fn ndjson_has_the_same_values() {
    let folder = Folder::new();
    scored(&folder, &["--format", "ndjson"]);
    let first = read(&folder, "contacts.ndjson").lines().next().unwrap().to_owned();
    assert_eq!(
        first,
        "{\"contact\":\"ada\",\"engagement\":40.5,\"engagement_band\":\"Low\",\"engagement_percentile\":83.33,\"grade\":null,\"grade_band\":\"B2\",\"grade_percentile\":null}"
    );
}

#[test]
fn two_runs_are_equal_to_the_byte_and_only_needed_files_are_written() {
    let (one, other) = (Folder::new(), Folder::new());
    scored(&one, &["--details"]);
    scored(&other, &["--details"]);
    for name in ["contacts.csv", "accounts.csv", "opportunities.csv"] {
        assert_eq!(read(&one, name), read(&other, name));
    }
    let folder = Folder::new();
    let model = folder.with("model.toml", super::SMALL_MODEL);
    let activities = folder.with("a.csv", "contact,type,occurred_at\nada,event,2026-03-14\n");
    let out = folder.path("out");
    fervor(["score", &model, "--activities", &activities, "--as-of", "2026-03-14", "--out", &out]);
    let names: Vec<_> = std::fs::read_dir(&out).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names, ["contacts.csv"]);
    assert_eq!(
        read(&folder, "contacts.csv"),
        "contact,engagement,engagement_band,engagement_percentile\nada,20,Low,50.00\n"
    );
}
