//! What is valid but probably not meant, as users and scripts see it.

use rules::lint::{Kind, lint, written};
use rules::model::Model;

use super::{Folder, Ran, fervor, root};

/// Lints a model of the project, alone or with the facts beside it.
fn lint_folder(folder: &str, as_of: &str, with_facts: bool) -> Ran {
    let mut arguments = vec!["lint".to_owned(), format!("{folder}/model.toml"), "--as-of".into(), as_of.into()];
    for file in ["contacts.csv", "accounts.csv", "opportunities.csv", "activities.csv", "sources.toml"] {
        let (option, file) = (file.split('.').next().unwrap(), format!("{folder}/{file}"));
        if with_facts && root().join(&file).exists() {
            arguments.extend([format!("--{option}"), file]);
        }
    }
    fervor(arguments)
}

#[test]
fn templates_and_examples_have_no_findings() {
    let templates = std::fs::read_dir(root().join("templates")).unwrap().map(|entry| entry.unwrap().file_name());
    let mut folders: Vec<_> = templates.map(|name| (format!("templates/{}", name.display()), "2026-03-14")).collect();
    assert!(folders.len() >= 5);
    folders.extend([("examples/open-source".into(), "2026-08-31"), ("examples/shop".into(), "1998-06-30")]);
    for (folder, as_of) in folders {
        for with_facts in [false, true] {
            let ran = lint_folder(&folder, as_of, with_facts);
            assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{folder}\n{}", ran.out);
            assert!(ran.out.starts_with("no findings: "), "{folder}\n{}", ran.out);
        }
    }
}

#[test]
fn the_manual_shows_what_lint_says() {
    let page = std::fs::read_to_string(root().join("docs/lint.md")).unwrap();
    let shown = page.split("```text\n").nth(3).unwrap().split("```").next().unwrap();
    let ran = lint_folder("examples/first", "2026-03-14", true);
    assert_eq!((ran.code, ran.out.as_str()), (1, shown));
}

#[test]
fn every_kind_has_its_heading_in_order_and_its_example_is_one() {
    let page = std::fs::read_to_string(root().join("docs/lint.md")).unwrap();
    let sections: Vec<_> = page.split("\n### ").skip(1).map(|section| section.split_once('\n').unwrap()).collect();
    let headings: Vec<_> = sections.iter().map(|(heading, _)| *heading).collect();
    assert_eq!(headings, Kind::ALL.iter().map(|kind| kind.id()).collect::<Vec<_>>());
    let mut examples = 0;
    for (heading, section) in sections {
        assert!(section.contains("*What to do:* "), "{heading}");
        let block = section.split("```toml\n").nth(1).map(|rest| rest.split("```").next().unwrap());
        let Some(block) = block.filter(|block| block.contains("[score.")) else { continue };
        let model = Model::parse(block).unwrap();
        let mut found = lint(&model, None, &|| {}).unwrap();
        found.extend(written(&model, block));
        assert!(found.iter().any(|finding| finding.kind.id() == heading), "{heading}: {found:#?}");
        examples += 1;
    }
    assert_eq!(examples, 17, "each kind that the model alone shows has an example");
}

const MODEL: &str = "\
passive = [\"mail_deliverd\"]
[score.engagement]
bands = { Low = 0, High = 50 }
[rule.event]
score = \"engagement\"
activity = \"event\"
points = 20
cap = 40
";

fn with_facts(folder: &Folder, model: &str) -> Vec<String> {
    let rows = "contact,type,occurred_at\nada,event,2026-01-01\nada,mail_delivered,2026-01-02\nada,cafe,2026-01-03\n";
    let (model, rows) = (folder.with("model.toml", model), folder.with("rows.csv", rows));
    ["lint", &model, "--activities", &rows, "--as-of", "2026-03-14"].map(str::to_owned).to_vec()
}

#[test]
fn findings_are_drawn_in_the_order_of_the_file() {
    let folder = Folder::new();
    let ran = fervor(with_facts(&folder, MODEL));
    let expected = "\
warning[unmentioned-type]: the model does not mention the type `cafe`
--> model.toml
 = note: it is the type of 1 of 3 activities (33 %), and does nothing
 = help: give it points in a rule, or leave it out of the files

warning[misspelt-type]: the type `mail_deliverd` in `passive` never occurs, but `mail_delivered` does
 --> model.toml:1:13
  |
1 | passive = [\"mail_deliverd\"]
  |             ^^^^^^^^^^^^^
  |
  = note: 1 activity of `mail_delivered`, which the model does not mention
  = help: if it is meant, write \"mail_delivered\"

warning[unreachable-band]: nobody can reach the band `High` of score `engagement`
 --> model.toml:3:20
  |
3 | bands = { Low = 0, High = 50 }
  |                    ^^^^
  |
  = note: it begins at 50, and rules, caps and bounds together give at most 40
  = help: lower where the band begins, or let the rules give more

3 findings in 1 rule, 1 score, 1 contact, 3 activities
";
    assert_eq!(ran.out.replace(&folder.path(""), ""), expected);
    assert_eq!((ran.code, ran.err.as_str()), (1, ""));
}

#[test]
fn without_facts_it_is_said_that_there_were_none() {
    let folder = Folder::new();
    let model = folder.with("model.toml", "[score.s]\n[rule.a]\nscore = \"s\"\nactivity = \"x\"\npoints = 1\n");
    let ran = fervor(["lint", &model]);
    let said = "no findings: 1 rule, 1 score; no facts were compared: --contacts and --activities compare the model \
                with your data\n";
    assert_eq!((ran.code, ran.out.as_str()), (0, said));
}

#[test]
fn json_has_a_line_for_each_finding() {
    let folder = Folder::new();
    let ran = fervor(with_facts(&folder, MODEL).into_iter().chain(["--json".into()]));
    let lines: Vec<serde_json::Value> = ran.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((ran.code, lines.len()), (1, 3));
    let expected = serde_json::json!({
        "kind": "unreachable-band",
        "table": "score",
        "id": "engagement",
        "message": "nobody can reach the band `High` of score `engagement`",
        "evidence": "it begins at 50, and rules, caps and bounds together give at most 40",
        "proposal": "lower where the band begins, or let the rules give more",
        "line": 3,
        "column": 20,
    });
    assert_eq!(lines[2], expected);
    assert_eq!((lines[0]["table"].as_str(), lines[0]["id"].as_str()), (Some("model"), Some("cafe")));
}

#[test]
fn findings_are_accepted_by_options_and_by_comments() {
    let folder = Folder::new();
    let kinds = |model: &str, options: &[&str]| {
        let options = options.iter().flat_map(|option| ["--allow".to_owned(), (*option).to_owned()]);
        let ran = fervor(with_facts(&folder, model).into_iter().chain(options));
        let warnings = ran.out.lines().filter_map(|line| line.strip_prefix("warning["));
        warnings.map(|rest| rest.split(']').next().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let all = ["unmentioned-type", "misspelt-type", "unreachable-band"];
    assert_eq!(kinds(MODEL, &[]), all);
    assert_eq!(kinds(MODEL, &["misspelt-type", "unreachable-band=High"]), all[..1]);
    assert_eq!(kinds(MODEL, &["unmentioned-type=cafe", "unreachable-band=Low"]), all[1..]);
    assert_eq!(fervor(with_facts(&folder, MODEL).into_iter().chain(["--allow=misspelt-type".into()])).code, 1);

    let top = format!("# lint: allow unmentioned-type=cafe, misspelt-type because we know\n{MODEL}");
    assert_eq!(kinds(&top, &[]), all[2..]);
    let below = MODEL.replace("bands", "  # lint: allow unreachable-band because it is a goal\nbands");
    assert_eq!(kinds(&below, &[]), all[..2]);
    // In the lines of another table it accepts nothing, and that is said.
    let elsewhere = MODEL.replace("activity =", "# lint: allow unreachable-band\nactivity =");
    assert_eq!(kinds(&elsewhere, &[]), ["unmentioned-type", "misspelt-type", "unreachable-band", "unused-allow"]);
    let slip = MODEL.replace("bands", "# lint: allow unreachable-bnad\nbands");
    assert_eq!(kinds(&slip, &[]), ["unmentioned-type", "misspelt-type", "unused-allow", "unreachable-band"]);
}

#[test]
fn an_unknown_kind_is_refused_with_what_there_is() {
    let folder = Folder::new();
    let model = folder.with("model.toml", MODEL);
    let near = fervor(["lint", &model, "--allow", "dead-rul"]);
    assert!(near.code == 2 && near.err.contains("did you mean `dead-rule`?"), "{}", near.err);
    let far = fervor(["lint", &model, "--allow", "everything=x"]);
    assert!(far.code == 2 && far.err.contains("the kinds are double-points, ") && far.err.contains(", unused-allow"));
}

#[test]
fn a_model_with_mistakes_is_refused_as_check_does() {
    let folder = Folder::new();
    let ran = fervor(["lint", &folder.with("model.toml", MODEL.replace("points", "point"))]);
    assert!(ran.code == 2 && ran.err.contains("did you mean `points`?") && ran.out.is_empty(), "{}", ran.err);
}
