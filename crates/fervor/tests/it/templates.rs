//! Every template is a working model, with a sample that it scores and scenarios that it meets.

use super::{Folder, fervor, root};

const TEMPLATES: [&str; 5] =
    ["member-engagement", "capped-activities", "percentile-groups", "lead-qualification", "three-categories"];

#[test]
fn every_template_checks_scores_and_meets_its_scenarios() {
    for template in TEMPLATES {
        let folder = Folder::new();
        let home = folder.path("new");
        let ran = fervor(["model", "new", "--template", template, "--sample", &home]);
        assert_eq!(ran.code, 0, "{template}: {}", ran.err);
        // What it says to do next is what works.
        let next: Vec<&str> = ran.out.lines().filter_map(|line| line.trim().strip_prefix("fervor ")).collect();
        assert_eq!(next.len(), 2, "{template}: {}", ran.out);
        for command in next {
            let strict = if command.starts_with("score") { vec!["--strict"] } else { Vec::new() };
            let ran = fervor(command.split_whitespace().chain(strict));
            assert_eq!(ran.code, 0, "{template}: {command}\n{}{}", ran.out, ran.err);
        }
        let files = std::fs::read_dir(root().join("templates").join(template)).unwrap().count();
        assert_eq!(std::fs::read_dir(&home).unwrap().count(), files, "{template}: a file is not built in");
    }
}

#[test]
fn a_new_model_overwrites_nothing() {
    let folder = Folder::new();
    folder.with("contacts.csv", "mine");
    let home = folder.path("");
    let ran = fervor(["model", "new", "--template", "member-engagement", "--sample", &home]);
    assert!(ran.code == 1 && ran.err.contains("contacts.csv exists already"), "{}", ran.err);
    assert!(!std::path::Path::new(&folder.path("model.toml")).exists(), "half of it was written");
    let ran = fervor(["model", "new", "--template", "member-engagement", &home]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert_eq!(fervor(["check", &folder.path("model.toml")]).code, 0);
}

#[test]
fn an_opportunity_is_explained_by_what_was_found() {
    let sample = "templates/capped-activities";
    let files = ["contacts", "accounts", "opportunities", "activities"]
        .map(|kind| (format!("--{kind}"), format!("{sample}/{kind}.csv")));
    let mut arguments =
        vec!["explain".to_owned(), format!("{sample}/model.toml"), "--as-of".into(), "2026-03-14".into()];
    arguments.extend(files.into_iter().flat_map(|(option, file)| [option, file]));
    let leads = std::fs::read_to_string(root().join(sample).join("opportunities.csv")).unwrap();
    let lead = leads.lines().nth(1).unwrap().split(',').next().unwrap().to_owned();
    arguments.extend(["--opportunity".to_owned(), lead.clone()]);
    let ran = fervor(&arguments);
    assert!(ran.out.starts_with(&format!("{lead} (opportunity of ")), "{}", ran.out);
    assert!(ran.out.contains("probability 0.") && ran.out.contains(" is \""), "{}", ran.out);
}
