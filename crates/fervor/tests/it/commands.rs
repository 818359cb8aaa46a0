//! What the commands say, and how they end.

use super::{Folder, SMALL_MODEL, fervor, root};

#[test]
fn check_ends_with_0_or_2_and_draws_the_mistake() {
    let folder = Folder::new();
    let ran = fervor(["check", &folder.with("good.toml", SMALL_MODEL)]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(ran.out.contains("valid; 1 score, 1 category, 1 rule, 0 exclusions"), "{}", ran.out);

    let bad = folder
        .with("bad.toml", SMALL_MODEL.replace("half_life", "half_live").replace("points = 20", "points = \"20\""));
    let ran = fervor(["check", &bad]);
    assert_eq!((ran.code, ran.out.as_str()), (2, ""));
    let expected = "\
error: `points` in rule `event` expects a number
 --> bad.toml:8:10
  |
8 | points = \"20\"
  |          ^^^^ found the text \"20\"

error: unknown key `half_live`
 --> bad.toml:9:1
  |
9 | half_live = \"60 days\"
  | ^^^^^^^^^ not a key of rule `event`
  |
  = help: did you mean `half_life`?

bad.toml: 2 errors
";
    let folder_name = folder.path("");
    assert_eq!(ran.err.replace(&folder_name, ""), expected);
}

#[test]
fn check_refuses_what_is_no_model() {
    let folder = Folder::new();
    let cases: &[(&str, &[u8], &str)] = &[
        ("empty.toml", b"", "at least one score"),
        ("binary.toml", b"\xff\xfe\x00", "not text in UTF-8"),
        ("words.toml", b"hello there", "not valid TOML"),
    ];
    for (name, content, said) in cases {
        let ran = fervor(["check", &folder.with(name, content)]);
        assert_eq!(ran.code, 2, "{name}");
        assert!(ran.err.contains(said), "{name}: {}", ran.err);
    }
    assert!(fervor(["check", &folder.path("none.toml")]).err.contains("there is no such file"));
    assert!(fervor(["check", &folder.path("")]).err.contains("is a folder"));
}

#[test]
fn score_without_facts_or_with_a_bad_date_says_what_to_do() {
    let folder = Folder::new();
    let model = folder.with("model.toml", SMALL_MODEL);
    let ran = fervor(["score", &model]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("--activities"), "{}", ran.err);
    let ran = fervor(["score", &model, "--activities", "x.csv", "--as-of", "14.03.2026"]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("expected a date such as 2026-03-14"), "{}", ran.err);
}

/// Ada has two events, fading; Bob has none.
fn small(folder: &Folder) -> Vec<String> {
    let model = folder.with("model.toml", SMALL_MODEL);
    let contacts = folder.with("contacts.csv", "id,account\nada,acme\nbob,\n");
    let rows = "id,contact,type,occurred_at\n1,ada,event,2026-01-13\n2,ada,event,2026-03-14\n2,ada,event,2026-03-14\n3,ada,event,2026-03-14\n";
    let activities = folder.with("activities.csv", rows);
    ["", &model, "--contacts", &contacts, "--activities", &activities, "--as-of", "2026-03-14"]
        .map(str::to_owned)
        .to_vec()
}

fn run(folder: &Folder, command: &str, more: &[&str]) -> super::Ran {
    let mut arguments = small(folder);
    arguments[0] = command.to_owned();
    arguments.extend(more.iter().map(|&argument| argument.to_owned()));
    fervor(arguments)
}

#[test]
fn score_shows_bands_totals_top_and_bottom() {
    let folder = Folder::new();
    let ran = run(&folder, "score", &[]);
    let expected = "\
scores: 2 contacts, 3 activities, as of 2026-03-14 (UTC)

engagement (of contacts, `engagement`)
  High  51 and more  0    0.0 %
  Low   below 51     2  100.0 %  ########################################
  least 0, median 25, mean 25, most 50, total 50
  contact  points  band  percentile
  ada          50  Low        75.00
  bob           0  Low        25.00
";
    assert_eq!(ran.out, expected);
    assert_eq!(ran.err, "", "no progress where nobody looks");
}

#[test]
fn explain_accounts_for_every_point() {
    let folder = Folder::new();
    let ran = run(&folder, "explain", &["--contact", "ada"]);
    // 70 x 2^(-a/60), rounded, is still 51 at a = 28: 60 log2(70/50.5) = 28.3.
    let expected = "\
ada (contact of acme), as of 2026-03-14

engagement: 50, Low, percentile 75
  involvement.................................................          50
    event (3 x)...............................................          50
      20 points for each event, fading by half every 60 days
        2026-03-14 event: 20
        2026-03-14 event: 20
        2026-01-13 event: 10, faded from 20 to 50.0 %
        60 before, of which 10 faded
  If nothing happens: stays in this band for three years
  Ways to High (51 points, 1 more):
    1 more event (\"event\"): 70 points, High until 2026-04-11

Repeated, and so not counted: 1 activity, the last on 2026-03-14
";
    assert_eq!(ran.out, expected);
}

#[test]
fn explain_as_json_ties_out() {
    let folder = Folder::new();
    let ran = run(&folder, "explain", &["--contact", "ada", "--json"]);
    let whole: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    let rule = &whole["scores"][0]["ledger"]["categories"][0]["rules"][0];
    assert_eq!(rule["base"].to_string(), "60");
    assert_eq!(rule["faded"].to_string(), "10");
    assert_eq!(rule["result"].to_string(), "50");
    assert_eq!(rule["because"]["activities"][0]["fate"]["factor"].to_string(), "0.500000000");
    assert_eq!(whole["duplicates"][0]["id"], "2");
}

#[test]
fn an_excluded_activity_stands_only_under_rules_that_it_would_match() {
    let folder = Folder::new();
    let rule = |id: &str| {
        format!("[rule.{id}]\nscore = \"s\"\nactivity = \"view\"\nwhere = \"activity.page = '{id}'\"\npoints = 1\n")
    };
    let exclude = "[exclude.staff]\nwhere = \"contact.id = 'ada'\"\n";
    let model = folder.with("model.toml", format!("[score.s]\n{}{}{exclude}", rule("pricing"), rule("cases")));
    let rows = folder.with("rows.csv", "contact,type,occurred_at,page\nada,view,2026-01-05,pricing\n");
    let ran = fervor(["explain", &model, "--activities", &rows, "--as-of", "2026-03-14", "--contact", "ada", "--json"]);
    let whole: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    let lines =
        |place: usize| whole["scores"][0]["ledger"]["categories"][place]["rules"][0]["because"]["activities"].clone();
    assert_eq!(lines(0)[0]["fate"]["excluded_by"], "staff");
    assert_eq!(lines(1).as_array().map(Vec::len), Some(0));
}

#[test]
fn explain_knows_near_names() {
    let folder = Folder::new();
    let ran = run(&folder, "explain", &["--contact", "adda"]);
    assert_eq!(ran.code, 1);
    assert!(ran.err.contains("there is no contact `adda`") && ran.err.contains("did you mean `ada`?"), "{}", ran.err);
    let ran = run(&folder, "explain", &["--account", "acme"]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("no score of an account"), "{}", ran.err);
}

#[test]
fn explain_finds_a_contact_by_its_name() {
    let folder = Folder::new();
    let contacts = "id,name,first_name,last_name\n1,Anna Müller,,\n2,Bea Müller,,\n3,,Cora,Beck\n4,Dora Beckmann,,\n";
    let (model, contacts) = (folder.with("model.toml", SMALL_MODEL), folder.with("contacts.csv", contacts));
    let explain = |whom: &str| {
        fervor(["explain", &model, "--contacts", &contacts, "--as-of", "2026-03-14", "--contact", whom, "--json"])
    };
    for (whom, id, note) in [
        ("anna müller", "1", "note: no id is `anna müller`; this is Anna Müller, `1`\n"),
        ("Cora Beck", "3", "note: no id is `Cora Beck`; this is Cora Beck, `3`\n"),
        ("2", "2", ""),
    ] {
        let ran = explain(whom);
        let whole: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
        assert_eq!((ran.code, whole["contact"].as_str(), ran.err.as_str()), (0, Some(id), note), "{whom}");
    }
    let several = explain("Müller");
    let said = "error: 2 contacts are called `Müller`\nhelp: give the id of one: `1` (Anna Müller), `2` (Bea Müller)\n";
    assert_eq!((several.code, several.out.as_str(), several.err.as_str()), (1, "", said));
    assert!(explain("Zoe").err.contains("there is no contact `Zoe`"));
}

#[test]
fn score_counts_what_is_dated_later() {
    let folder = Folder::new();
    let rows = "contact,type,occurred_at\nada,event,2026-03-14\nada,event,2026-03-15\n";
    let engines = ["kernel", "reference"];
    let (model, rows) = (folder.with("model.toml", SMALL_MODEL), folder.with("activities.csv", rows));
    let headline = |as_of: &str| {
        let told = engines.map(|engine| {
            let ran = fervor(["score", &model, "--activities", &rows, "--as-of", as_of, "--engine", engine]);
            ran.out.lines().next().unwrap().to_owned()
        });
        assert_eq!(told[0], told[1]);
        told[0].clone()
    };
    let later = "scores: 1 contact, 1 activity, as of 2026-03-14 (UTC); 1 activity after that day does not count yet";
    assert_eq!(headline("2026-03-14"), later);
    assert_eq!(headline("2026-03-15"), "scores: 1 contact, 2 activities, as of 2026-03-15 (UTC)");
}

#[test]
fn of_two_rows_that_differ_the_one_that_counts_is_told() {
    let folder = Folder::new();
    let model = folder.with("model.toml", SMALL_MODEL);
    for (first, second, counts) in [("Bonn", "Aachen", "this one"), ("Aachen", "Bonn", "the earlier one")] {
        let contacts = folder.with("contacts.csv", format!("id,city\nada,{first}\nada,{second}\n"));
        let ran = fervor(["score", &model, "--contacts", &contacts, "--as-of", "2026-03-14"]);
        let said = format!(
            "contacts.csv:3: an earlier row has the same `id` and `valid_from` and says something else; \
                            {counts} counts"
        );
        assert!(ran.err.contains(&said), "{}", ran.err);
    }
}

#[test]
fn forecast_lists_drops_with_dates() {
    let folder = Folder::new();
    let mut arguments = small(&folder);
    arguments[0] = "forecast".into();
    let rows = "id,contact,type,occurred_at\n1,ada,event,2026-03-14\n2,ada,event,2026-03-14\n3,ada,event,2026-03-14\n";
    arguments[5] = folder.with("activities.csv", rows);
    arguments.extend(["--within", "30 days"].map(str::to_owned));
    let ran = fervor(&arguments);
    // 60 x 2^(-a/60), rounded, falls below 51 when it falls below 50.5: a > 60 log2(60/50.5) = 14.9.
    let expected = "\
1 change of band from 2026-03-14 until 2026-04-13, if nothing happens: 1 down, 0 up
  date        who          score       from  to   points  prevented by
  2026-03-29  contact ada  engagement  High  Low      50  1 more event
";
    assert_eq!(ran.out, expected);
    arguments.push("--json".into());
    let line = "{\"contact\":\"ada\",\"score\":\"engagement\",\"date\":\"2026-03-29\",\"from\":\"High\",\"to\":\"Low\",\"points\":50,";
    assert!(fervor(&arguments).out.starts_with(line), "{}", fervor(&arguments).out);
    let too_far = run(&folder, "forecast", &["--within", "4 years"]);
    assert!(too_far.code == 2 && too_far.err.contains("three years"), "{}", too_far.err);
}

/// Every command with its help, in the order in which the help lists them.
pub(super) fn all() -> Vec<(Vec<String>, String)> {
    let (mut waiting, mut found) = (vec![Vec::new()], Vec::new());
    while let Some(words) = waiting.pop() {
        let ran = fervor(words.iter().map(String::as_str).chain(["--help"]));
        assert_eq!(ran.code, 0, "{words:?}: {}", ran.err);
        let listed =
            ran.out.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
        let names = listed.filter(|line| line.chars().take_while(|letter| *letter == ' ').count() == 2);
        let names = names.filter_map(|line| line.split_whitespace().next()).filter(|name| *name != "help");
        let below: Vec<_> = names.map(|name| [&words[..], &[name.to_owned()]].concat()).collect();
        waiting.extend(below.into_iter().rev());
        found.push((words, ran.out));
    }
    found
}

#[test]
fn help_is_what_the_manual_says() {
    let mut manual =
        String::from("# Commands\n\nWhat `--help` prints, for each command. Made by the tests; do not edit.\n");
    for (words, help) in all() {
        let name = [&["fervor".to_owned()], &words[..]].concat().join(" ");
        let text: Vec<_> = help.lines().map(str::trim_end).collect();
        manual.push_str(&format!("\n## {name}\n\n```text\n{}\n```\n", text.join("\n")));
    }
    same_as_committed("docs/commands.md", &manual);
}

#[test]
fn the_schema_is_the_committed_one_and_valid_json() {
    let ran = fervor(["model", "schema"]);
    let _schema: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    same_as_committed("docs/fervor.schema.json", &ran.out);
}

/// Generated files are committed; `FERVOR_UPDATE=1` writes them anew.
pub(super) fn same_as_committed(file: &str, generated: &str) {
    let path = root().join(file);
    #[expect(clippy::disallowed_methods, reason = "how a developer renews generated files")]
    let update = std::env::var("FERVOR_UPDATE").is_ok();
    if update {
        std::fs::write(&path, generated).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        committed == generated,
        "{file} has drifted; run FERVOR_UPDATE=1 cargo xtask test and look at the difference"
    );
}
