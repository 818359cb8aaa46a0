//! What a change of the model would do to everyone, said before it counts.

use serde_json::Value;

use super::{Folder, Ran, fervor, root};

const OLD: &str = "\
name = \"association\"
[score.engagement]
title = \"Engagement\"
bands = { Low = 0, Medium = 20, High = 50 }
[score.company]
of = \"account\"
[category.work]
score = \"engagement\"
max = 60
[rule.event]
category = \"work\"
activity = \"event\"
points = 10
[rule.post]
category = \"work\"
activity = \"post\"
points = 5
[rule.badge]
score = \"engagement\"
when = \"contact.badge = TRUE\"
points = 15
[rule.people]
score = \"company\"
rollup = \"engagement\"
";

/// Events are worth twice as much, badges nothing, talks something.
fn changed() -> String {
    let badge = "[rule.badge]\nscore = \"engagement\"\nwhen = \"contact.badge = TRUE\"\npoints = 15\n";
    let talk = "[rule.talk]\nscore = \"engagement\"\nactivity = \"talk\"\npoints = 4.5\n";
    OLD.replace("points = 10", "points = 20").replace(badge, talk)
}

const CONTACTS: &str = "\
id,account,name,first_name,last_name,badge
ada,acme,Ada Byron,,,true
bob,acme,,Bob,Hope,
cy,,,,,
dot,,,,Dash,true
eve,,,,,
";

const ACTIVITIES: &str = "\
contact,type,occurred_at
ada,event,2026-01-05
ada,event,2026-01-06
ada,event,2026-01-07
ada,event,2026-01-08
bob,event,2026-01-05
bob,post,2026-01-05
cy,talk,2026-01-05
cy,post,2026-01-05
dot,post,2026-01-05
";

fn what_if(folder: &Folder, old: &str, new: &str, more: &[&str]) -> Ran {
    let (old, new) = (folder.with("old.toml", old), folder.with("new.toml", new));
    let (contacts, activities) = (folder.with("contacts.csv", CONTACTS), folder.with("activities.csv", ACTIVITIES));
    let mut arguments = vec!["what-if", &old, &new, "--contacts", &contacts, "--activities", &activities];
    arguments.extend(["--as-of", "2026-03-14"]);
    arguments.extend(more);
    let mut ran = fervor(arguments);
    for text in [&mut ran.out, &mut ran.err] {
        *text = text.replace(&folder.path(""), "");
    }
    ran
}

/// ```text
///        old                          new
/// ada    4 x 10 + 15 = 55   High      4 x 20 = 80, held at 60   High
/// bob    10 + 5      = 15   Low       20 + 5 = 25               Medium
/// cy     5           =  5   Low       5 + 4.5 = 9.5, so 10      Low
/// dot    5 + 15      = 20   Medium    5                         Low
/// eve    0                  Low       0                         Low
/// acme   55 + 15     = 70             60 + 25 = 85
/// ```
#[test]
fn everything_that_would_change_is_told() {
    let folder = Folder::new();
    let ran = what_if(&folder, OLD, &changed(), &[]);
    let expected = r"old: old.toml, association: 5 contacts, 9 activities, 1 account, as of 2026-03-14 (UTC)
new: new.toml, association: 5 contacts, 9 activities, 1 account, as of 2026-03-14 (UTC)

Engagement (of contacts, `engagement`)
  4 of 5 contacts would change points (3 up, 1 down), 2 would change band (1 up, 1 down)

  old \ new  High  Medium  Low
  High        [1]       .    .
  Medium        .     [0]    1
  Low           .       1  [2]

  points  least  lower quartile  median  upper quartile  most  mean  total
  old         0               5      15              20    55    19     95
  new         0               5      10              25    60    20    100

  moved by                      contacts  in all  most up  most down
  rule event           changed         2     +50      +40          -
  rule badge           removed         2     -30        -        -15
  rule talk            new             1    +4.5     +4.5          -
  bounds and rounding                  2   -19.5     +0.5        -20
  together                             4      +5

  contact  name       old  band    new  band    change  most by
  dot      Dash        20  Medium    5  Low        -15  rule badge -15
  bob      Bob Hope    15  Low      25  Medium     +10  rule event +10
  ada      Ada Byron   55  High     60  High        +5  rule event +40
  cy                    5  Low      10  Low         +5  rule talk +4.5

company (of accounts, `company`)
  1 of 1 account would change points (1 up, 0 down)

  points  least  lower quartile  median  upper quartile  most  mean  total
  old        70              70      70              70    70    70     70
  new        85              85      85              85    85    85     85

  moved by           accounts  in all  most up  most down
  rule people  same         1     +15      +15          -
  together                  1     +15

  account  old  band  new  band  change  most by
  acme      70         85           +15  rule people +15
";
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    assert_eq!(ran.out, expected);
    let manual = std::fs::read_to_string(root().join("docs/changing.md")).unwrap();
    let shown = &expected[expected.find("Engagement").unwrap()..expected.find("\ncompany").unwrap()];
    assert!(manual.contains(shown), "docs/changing.md shows something else");
}

#[test]
fn fewer_or_no_names_on_request() {
    let folder = Folder::new();
    let two = what_if(&folder, OLD, &changed(), &["--top", "2"]).out;
    assert!(two.contains("bob      Bob Hope") && !two.contains("Ada Byron"), "{two}");
    let none = what_if(&folder, OLD, &changed(), &["--top", "0"]).out;
    assert!(none.contains("rule event") && !none.contains("most by"), "{none}");
}

#[test]
fn json_has_all_of_it_with_exact_digits() {
    let folder = Folder::new();
    let ran = what_if(&folder, OLD, &changed(), &["--json", "--top", "1"]);
    let whole: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(whole["old"]["as_of"], "2026-03-14");
    assert_eq!(whole["changes"], true);
    let score = &whole["scores"][0];
    assert_eq!((score["score"].as_str(), score["standing"].as_str()), (Some("engagement"), Some("kept")));
    let shift = &score["shift"];
    assert_eq!(shift["points"].to_string(), r#"{"changed":4,"up":3,"down":1,"neither":0}"#);
    assert_eq!(shift["crossings"]["counts"].to_string(), "[[1,0,0],[0,0,1],[0,1,2]]");
    assert_eq!(shift["distribution"]["new"]["upper_quartile"].to_string(), "25");
    assert_eq!(
        shift["causes"][2].to_string(),
        r#"{"rule":"talk","standing":"new","moved":1,"change":4.5,"most_up":4.5,"most_down":null}"#
    );
    assert_eq!(shift["bounds_and_rounding"].to_string(), r#"{"moved":2,"change":-19.5,"most_up":0.5,"most_down":-20}"#);
    assert_eq!(shift["change"].to_string(), "5");
    let largest = r#"[{"id":"dot","name":"Dash","old":20,"old_band":"Medium","new":5,"new_band":"Low","change":-15,"most_by":{"rule":"badge","change":-15}}]"#;
    assert_eq!(shift["largest"].to_string(), largest);
}

#[test]
fn everyone_is_written_to_a_file_on_request() {
    let folder = Folder::new();
    let out = folder.path("all.csv");
    // A model with a score less: its rows have no new side.
    let new = changed().replace("[score.company]\nof = \"account\"\n", "");
    let new = &new[..new.find("[rule.people]").unwrap()];
    let ran = what_if(&folder, OLD, new, &["--out", &out]);
    assert_eq!((ran.code, ran.err.as_str()), (0, "wrote all.csv\n"));
    assert!(ran.out.contains("\n  removed: 1 account would no longer have it\n"), "{}", ran.out);
    let expected = "\
subject,id,score,old,new,change,old_band,new_band
contact,ada,engagement,55,60,5,High,High
contact,bob,engagement,15,25,10,Low,Medium
contact,cy,engagement,5,10,5,Low,Low
contact,dot,engagement,20,5,-15,Medium,Low
contact,eve,engagement,0,0,0,Low,Low
account,acme,company,70,,,,
";
    assert_eq!(std::fs::read_to_string(&out).unwrap(), expected);
}

#[test]
fn no_input_is_overwritten() {
    let folder = Folder::new();
    let taken = folder.path("taken.csv");
    let cases = [
        ["--out", "old.toml"],
        ["--out", "new.toml"],
        ["--out", "contacts.csv"],
        ["--rejects", "new.toml"],
        ["--out", "taken.csv"],
    ];
    for [option, name] in cases {
        let more = [option, &folder.path(name), "--rejects", &taken];
        let ran = what_if(&folder, OLD, &changed(), if option == "--out" { &more } else { &more[..2] });
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{option} {name}: {}", ran.err);
        assert!(ran.err.contains("is named twice") || ran.err.contains("would be overwritten"), "{}", ran.err);
    }
}

#[test]
fn what_changes_nobody_is_said_in_a_word() {
    let folder = Folder::new();
    let ran = what_if(&folder, OLD, OLD, &[]);
    assert_eq!((ran.code, ran.out.lines().last()), (0, Some("no score changes")));
    let path = folder.path("old.toml");
    let ran = fervor(["what-if", &path, &path, "--contacts", &folder.path("contacts.csv"), "--as-of", "2026-03-14"]);
    assert_eq!((ran.code, ran.out.lines().last()), (0, Some("no score changes")), "{}", ran.err);
    let ran = what_if(&folder, OLD, &OLD.replace("max = 60", "max = 65"), &[]);
    assert!(ran.out.ends_with("\nno score changes\n"), "{}", ran.out);
}

#[test]
fn what_lies_outside_of_rules_is_named() {
    let folder = Folder::new();
    let new = format!(
        "passive = [\"mail\"]\n{}[exclude.posts]\nactivity = \"post\"\n",
        OLD.replace("max = 60", "max = 30").replace("Medium = 20", "Middle = 20")
    );
    let out = what_if(&folder, OLD, &new, &[]).out;
    for line in [
        "\nalso changed: `passive` was none, is mail\n",
        "\nalso changed: exclusion `posts` is new\n",
        "\n  also changed: `bands` was Low 0, Medium 20, High 50, is Low 0, Middle 20, High 50\n",
        "\n  also changed: category `work`: `max` was 60, is 30\n",
        // Ada is held at 30 + 15 = 45; Dot has 15 in place of 20. Both had bands that the new model also tells apart.
        "\n  4 of 5 contacts would change points (0 up, 4 down), 2 would change band (0 up, 2 down)\n",
        "\n  rule post            same         3     -15        -         -5\n",
        "\n  bounds and rounding               1     -10        -        -10\n",
    ] {
        assert!(out.contains(line), "{line:?} is missing in:\n{out}");
    }
}

#[test]
fn another_time_zone_reads_the_files_again() {
    let folder = Folder::new();
    let model = |zone: &str| {
        format!("timezone = \"{zone}\"\n[score.s]\n[rule.r]\nscore = \"s\"\nactivity = \"*\"\npoints = 1\n")
    };
    let (old, new) = (folder.with("old.toml", model("UTC")), folder.with("new.toml", model("Pacific/Auckland")));
    // 20:00 in UTC is the next morning in Auckland; a row without a contact is told once.
    let rows = "contact,type,occurred_at\nada,a,2026-03-13T20:00:00Z\nada,a,2026-03-14T20:00:00Z\nbob,a,2026-03-14T20:00:00Z\n,a,2026-01-05\n";
    let activities = folder.with("activities.csv", rows);
    let ran = fervor(["what-if", &old, &new, "--activities", &activities, "--as-of", "2026-03-14"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert_eq!(ran.err.matches("1 row could not be used").count(), 1, "{}", ran.err);
    for part in [
        "old.toml, scores: 2 contacts, 3 activities, as of 2026-03-14 (UTC)\n",
        "new.toml, scores: 1 contact, 1 activity, as of 2026-03-14 (Pacific/Auckland); 2 activities after that day do not count yet\n",
        "\nalso changed: `timezone` was UTC, is Pacific/Auckland\n",
        "\n  1 of 1 contact would change points (0 up, 1 down)\n  1 are gone: bob\n",
    ] {
        assert!(ran.out.contains(part), "{part:?} is missing in:\n{}", ran.out);
    }
}

#[test]
fn combined_scores_labels_and_percentiles_are_compared_too() {
    let folder = Folder::new();
    let more = "\
[score.fit]
bands = { Poor = 0, Good = 10 }
[score.overall]
combine = { engagement = 0.5, fit = 1 }
bands_by = \"percentile\"
bands = { Others = 0, Best = 60 }
[score.grade]
matrix = [\"engagement\", \"fit\"]
[rule.named]
score = \"fit\"
when = \"contact.name IS NOT NULL\"
points = 10
";
    let (old, new) = (format!("{OLD}{more}"), format!("{OLD}{}", more.replace("engagement = 0.5", "engagement = 1")));
    let out = what_if(&folder, &old, &new, &[]).out;
    // 27.5 + 10 becomes 55 + 10, so 38 and 65: ada stays the best.
    for part in [
        "\n  also changed: what it is made of was 0.5 x engagement, 1 x fit, is 1 x engagement, 1 x fit\n",
        "\n  score engagement     changed         4   +47.5    +27.5          -\n",
        "contact  name       old  band    new  band    change  most by\n  ada      Ada Byron   38  Best     65  Best       +27  score engagement +27.5\n",
    ] {
        assert!(out.contains(part), "{part:?} is missing in:\n{out}");
    }
    let out =
        what_if(&folder, &old, &old.replace("Medium = 20", "Medium = 10").replace("Good = 10", "Good = 11"), &[]).out;
    // High and Good is A1, Low and Poor C2; bob rises to Medium, ada is no longer Good: of one half only.
    let expected = r"
grade (of contacts, `grade`)
  2 of 5 contacts would change band (1 up, 1 down)

  old \ new  A2   B2   C2
  A1          1    .    .
  B2          .  [1]    .
  C2          .    1  [2]
";
    assert!(out.ends_with(expected), "{out}");
}

#[test]
fn a_model_with_mistakes_is_refused_by_name() {
    let folder = Folder::new();
    let ran = what_if(&folder, OLD, &OLD.replace("max = 60", "maxx = 60"), &[]);
    assert_eq!((ran.code, ran.out.as_str()), (2, ""));
    assert!(ran.err.contains("unknown key `maxx`") && ran.err.ends_with("new.toml: 1 error\n"), "{}", ran.err);
    // Both are told, if both are wrong.
    let ran = what_if(&folder, "nothing", "[score.s]\nx = 1", &[]);
    assert!(ran.err.contains("old.toml: 1 error") && ran.err.contains("new.toml: 1 error"), "{}", ran.err);
}

/// The sum of a list of JSON numbers, in ten-thousandths.
fn units(numbers: impl Iterator<Item = Value>) -> i64 {
    let one = |number: Value| rules::decimal::Decimal::parse(&number.to_string()).unwrap().units();
    numbers.map(one).sum()
}

#[test]
fn the_shipped_example_is_consistent_with_itself() {
    let folder = Folder::new();
    let home = root().join("examples/open-source");
    let path = |name: &str| home.join(name).display().to_string();
    let model = std::fs::read_to_string(home.join("model.toml")).unwrap();
    let new = folder.with("new.toml", model.replacen("points    = 5\n", "points    = 8\n", 1));
    let (old, contacts, activities) = (path("model.toml"), path("contacts.csv"), path("activities.csv"));
    let arguments = ["what-if", &old, &new, "--contacts", &contacts, "--activities", &activities, "--json"];
    let ran = fervor(arguments.iter().chain(&["--as-of", "2026-08-31", "--top", "100000"]));
    assert_eq!(ran.code, 0, "{}", ran.err);
    let whole: Value = serde_json::from_str(&ran.out).unwrap();
    let list = |value: &Value| value.as_array().unwrap().clone();
    for (score, people) in list(&whole["scores"]).iter().zip([1538, 1538, 1538, 25, 25]) {
        let shift = &score["shift"];
        let rows = list(&shift["crossings"]["counts"]);
        let all: u64 = rows.iter().flat_map(list).map(|count| count.as_u64().unwrap()).sum();
        assert_eq!((all, &shift["subjects"]), (people, &serde_json::json!(people)), "{}", score["score"]);
        if score["score"] == "grade" {
            continue;
        }
        // Causes and what is held add up to the change, the change to the difference of totals, and the movers to both.
        let causes = list(&shift["causes"]).into_iter().chain([shift["bounds_and_rounding"].clone()]);
        let change = units([shift["change"].clone()].into_iter());
        assert_eq!(units(causes.map(|cause| cause["change"].clone())), change);
        let total = |side: &str| units([shift["distribution"][side]["total"].clone()].into_iter());
        assert_eq!(total("new") - total("old"), change);
        let movers = list(&shift["largest"]);
        assert_eq!(movers.len() as u64, shift["points"]["changed"].as_u64().unwrap());
        assert_eq!(units(movers.iter().map(|mover| mover["change"].clone())), change);
    }
    let engagement = &whole["scores"][0]["shift"];
    assert_eq!(engagement["causes"][0]["rule"], "code");
    assert!(engagement["points"]["up"].as_u64().unwrap() > 50 && engagement["points"]["down"] == 0);
}
