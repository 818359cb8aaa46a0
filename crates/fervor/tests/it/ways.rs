//! What would help, as it is told: ways to the next band, what prevents a drop, what is missing.

use serde_json::{Value, json};

use super::{Folder, fervor};

const MODEL: &str = "\
[score.engagement]
title = \"Member engagement\"
bands = { Low = 0, Medium = 50, High = 150 }
[score.fit]
bands = { Poor = 0, Good = 10 }
[rule.visit]
score = \"engagement\"
title = \"Visited the website\"
activity = \"website_visit\"
points = 5
limit = { times = 1, per = \"day\" }
[rule.purchase]
score = \"engagement\"
title = \"Purchases\"
activity = \"purchase\"
points = 1
multiply_by = \"value\"
window = \"30 days\"
[rule.role]
score = \"fit\"
title = \"Chief executives\"
when = \"contact.job_title = 'CEO'\"
points = 20
";

/// Ada has 29.99 and 3 x 5; Bob has 60; of both the purchase leaves the window on 22 March.
fn run(command: &str, more: &[&str]) -> String {
    let folder = Folder::new();
    let model = folder.with("model.toml", MODEL);
    let contacts = folder.with("contacts.csv", "id,job_title\nada,CEO\nbob,\n");
    let rows = "contact,type,occurred_at,value\n\
                ada,purchase,2026-02-20,29.99\nada,website_visit,2026-03-12,\nada,website_visit,2026-03-13,\n\
                ada,website_visit,2026-03-14,\nbob,purchase,2026-02-20,60\n";
    let activities = folder.with("activities.csv", rows);
    let facts = ["--contacts", &contacts, "--activities", &activities, "--as-of", "2026-03-14"];
    let ran = fervor([command, &model].iter().chain(&facts).chain(more));
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    ran.out
}

/// From the end of a score's ledger to the next blank line.
fn ahead(text: &str, score: &str) -> String {
    let block = text.split("\n\n").find(|block| block.starts_with(score)).unwrap();
    let lines = block.lines().skip_while(|line| !line.starts_with("  If nothing happens"));
    lines.map(|line| format!("{line}\n")).collect()
}

#[test]
fn explain_says_what_leads_to_the_next_band() {
    // 44.99 and a visit are 49.99, and a purchase 74.98, both rounded; on 22 March 29.99 leave. A purchase of 5
    // is worth a visit.
    let expected = "\
\x20 If nothing happens: stays in this band for three years
  Ways to Medium (50 points, 5 more):
    1 more website_visit (\"Visited the website\"), on 2026-03-15: 50 points, Medium until 2026-03-21
    1 more purchase of 29.99 (\"Purchases\"): 75 points, Medium until 2026-03-21; one of 5 would do
";
    let told = run("explain", &["--contact", "ada"]);
    assert_eq!(ahead(&told, "Member engagement"), expected);
    assert_eq!(ahead(&told, "fit: 20, Good"), "  If nothing happens: stays in this band for three years\n");
}

#[test]
fn explain_says_what_prevents_a_drop_and_what_is_missing() {
    // Before 22 March there are eight days for visits, 40 points. By 12 April thirty visits make 150.
    let expected = "\
\x20 If nothing happens: drops to Low on 2026-03-22, with 0 points
    prevented by 1 more purchase of 60 (\"Purchases\"): 60 points then, Medium until 2026-04-12; one of 50 would do
  Ways to High (150 points, 90 more):
    2 more purchase of 60 (\"Purchases\"): 180 points, High until 2026-03-21
    30 more website_visit (\"Visited the website\"), one a day until 2026-04-12: 150 points, High for three years
";
    let told = run("explain", &["--contact", "bob"]);
    assert_eq!(ahead(&told, "Member engagement"), expected);
    let expected = "\
\x20 If nothing happens: stays in this band for three years
  Ways to Good (10 points, 10 more):
    contact.job_title is missing: up to 20 points more (\"Chief executives\")
";
    assert_eq!(ahead(&told, "fit: 0, Poor"), expected);
    let only_fit = run("explain", &["--contact", "bob", "--score", "fit"]);
    assert!(only_fit.contains("Ways to Good") && !only_fit.contains("prevented"), "{only_fit}");
}

fn prevention() -> Value {
    json!({
        "rule": "purchase", "title": "Purchases", "count": 1, "type": "purchase",
        "assumed": { "activity.value": "60" }, "enough": { "activity.value": "50" }, "each_another": null, "done_by": "2026-03-14",
        "date": "2026-03-22", "points": 60, "band": "Medium", "until": "2026-04-12",
    })
}

#[test]
fn explain_as_json_has_the_same() {
    let whole: Value = serde_json::from_str(&run("explain", &["--contact", "bob", "--json"])).unwrap();
    let (engagement, fit) = (&whole["scores"][0], &whole["scores"][1]);
    assert_eq!(engagement["forecast"][0]["prevented_by"], prevention());
    assert_eq!(engagement["next_band"], json!({ "band": "High", "from": 150 }));
    let visits = json!({
        "rule": "visit", "title": "Visited the website", "count": 30, "type": "website_visit",
        "assumed": {}, "enough": {}, "each_another": null, "done_by": "2026-04-12",
        "date": "2026-04-12", "points": 150, "band": "High", "until": null,
    });
    assert_eq!(engagement["ways"][1], visits);
    assert_eq!(engagement["falls_short"], Value::Null);
    assert_eq!(engagement["would_help"], json!([]));
    let role = json!({
        "rule": "role", "title": "Chief executives", "points": 20,
        "unknown": [{ "name": "contact.job_title", "found": null }],
    });
    assert_eq!(fit["would_help"], json!([role]));
    assert_eq!((&fit["ways"], &fit["falls_short"]), (&json!([]), &Value::Null));
}

#[test]
fn forecast_says_what_prevents_a_drop() {
    let expected = "\
1 change of band from 2026-03-14 until 2026-04-13, if nothing happens: 1 down, 0 up
  date        who          score              from    to   points  prevented by
  2026-03-22  contact bob  Member engagement  Medium  Low       0  1 more purchase of 50
";
    assert_eq!(run("forecast", &[]), expected);
    let line: Value = serde_json::from_str(&run("forecast", &["--json"])).unwrap();
    assert_eq!(line["prevented_by"], prevention());
}

#[test]
fn the_rule_that_pays_is_named_be_it_for_silence() {
    let rule = "[score.s]\nbands = { Low = 0, High = 5 }\n[rule.talk]\nscore = \"s\"\nactivity = \"talk\"\n\
                tiers = { 1 = 5, 3 = 12 }\n[rule.quiet]\nscore = \"s\"\ntitle = \"Silence\"\n\
                inactive_for = \"30 days\"\npoints = -10\n";
    let folder = Folder::new();
    let model = folder.with("model.toml", rule);
    let activities = folder.with("activities.csv", "contact,type,occurred_at\nada,talk,2026-01-01\n");
    let ran = fervor(["explain", &model, "--activities", &activities, "--as-of", "2026-03-14", "--contact", "ada"]);
    // 5 - 10 now. A second talk is below the tier from 3, but 5 are left when it ends the silence.
    let way = "\n    1 more talk (ends \"Silence\"): 5 points, High until 2026-04-12\n";
    assert!(ran.out.contains(way), "{}{}", ran.out, ran.err);
}

#[test]
fn the_most_of_a_single_rule_is_told_where_it_does_not_suffice() {
    let home = "examples/first";
    let (contacts, activities) = (format!("{home}/contacts.csv"), format!("{home}/activities.csv"));
    let shipped = std::fs::read_to_string(super::root().join(home).join("model.toml")).unwrap();
    let folder = Folder::new();
    let model = folder.with("model.toml", shipped.replace("High = 51", "High = 151"));
    let facts = ["--contacts", &contacts, "--activities", &activities, "--as-of", "2026-03-14", "--contact", "ada"];
    let ran = fervor(["explain", &model].iter().chain(&facts).chain(&["--json"]));
    let whole: Value = serde_json::from_str(&ran.out).unwrap();
    // One event is there today; with tomorrow's the rule is at its cap, as it is with every further one.
    let most = &whole["scores"][0]["falls_short"];
    assert_eq!((&most["count"], &most["done_by"], &most["points"]), (&json!(1), &json!("2026-03-15"), &json!(60)));
    assert_eq!(whole["scores"][0]["ways"], json!([]));
}
