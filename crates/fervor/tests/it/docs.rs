//! The manual is true: its models and mappings are valid, its links lead somewhere.

use std::path::{Path, PathBuf};

use rules::model::Model;

use super::{Folder, fervor, root};

/// What a fragment in the manual is part of.
const PREAMBLE: &str = "\
[score.engagement]
bands = { Low = 0, Medium = 51, High = 151 }
[score.fit]
[score.company]
of = \"account\"
[score.deal]
of = \"opportunity\"
[category.involvement]
score = \"engagement\"
";

fn pages() -> Vec<PathBuf> {
    let mut pages = vec![root().join("README.md"), root().join("ARCHITECTURE.md"), root().join("CONTRIBUTING.md")];
    let folders = ["docs", "docs/decisions", "examples/open-source"].map(|folder| root().join(folder));
    for entry in folders.iter().flat_map(|folder| std::fs::read_dir(folder).unwrap()) {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "md") {
            pages.push(path);
        }
    }
    pages
}

/// The code blocks of one language.
fn blocks<'a>(page: &'a str, language: &str) -> Vec<&'a str> {
    let fence = format!("```{language}\n");
    page.split(&fence).skip(1).map(|rest| rest.split("\n```").next().unwrap()).collect()
}

#[test]
fn every_model_in_the_manual_is_valid() {
    let mut checked = 0;
    for path in pages() {
        let page = std::fs::read_to_string(&path).unwrap();
        for block in blocks(&page, "toml") {
            if block.contains("[source.") {
                let mapping = batch::mapping::Mapping::parse(block);
                assert!(mapping.is_ok(), "{}:\n{block}\n{mapping:?}", path.display());
                continue;
            }
            let whole = if block.contains("[score.") { block.to_owned() } else { format!("{PREAMBLE}{block}") };
            if let Err(found) = Model::parse(&whole) {
                let said: Vec<_> = found.iter().map(ToString::to_string).collect();
                panic!("{}:\n{block}\n{}", path.display(), said.join("\n"));
            }
            checked += 1;
        }
    }
    assert!(checked >= 15, "only {checked} models found");
}

#[test]
fn every_key_of_the_language_is_in_the_manual() {
    let page = std::fs::read_to_string(root().join("docs/model.md")).unwrap();
    for key in rules::model::KEYS {
        let written = match key.shape {
            rules::model::Shape::Keyed(_) => format!("[{}.", key.name),
            _ => format!("`{}`", key.name),
        };
        assert!(page.contains(&written), "docs/model.md does not mention {written}");
    }
}

#[test]
fn every_key_of_a_mapping_is_in_the_manual() {
    use batch::mapping::{Order, keys};
    let page = std::fs::read_to_string(root().join("docs/sources.md")).unwrap();
    let names = keys::OF_SOURCE.iter().chain(&keys::OF_FIELD).map(|key| key.name);
    for name in names.chain(Order::ALL.iter().map(|(word, _)| *word)) {
        assert!(page.contains(&format!("`{name}`")), "docs/sources.md does not mention `{name}`");
    }
}

#[test]
fn links_lead_to_files() {
    for path in pages() {
        let page = std::fs::read_to_string(&path).unwrap();
        for link in page.split("](").skip(1).map(|rest| rest.split(')').next().unwrap()) {
            let file = link.split('#').next().unwrap();
            if file.is_empty() || file.contains("://") {
                continue;
            }
            let target: &Path = &path.parent().unwrap().join(file);
            assert!(target.exists(), "{}: {link} leads nowhere", path.display());
        }
    }
}

#[test]
fn the_readme_shows_what_its_model_gives() {
    let page = std::fs::read_to_string(root().join("README.md")).unwrap();
    let folder = Folder::new();
    let shipped = std::fs::read_to_string(root().join("examples/first/model.toml")).unwrap();
    assert!(shipped.contains(blocks(&page, "toml")[0]), "examples/first/model.toml is not the model of the README");

    let command = blocks(&page, "text").into_iter().find(|block| block.starts_with("fervor explain")).unwrap();
    let ran = fervor(command.split_whitespace().skip(1).filter(|word| *word != "\\"));
    let shown = blocks(&page, "text").into_iter().find(|block| block.starts_with("ada (contact")).unwrap();
    assert_eq!(ran.out.trim_end(), shown);

    let slip = folder.with("model.toml", blocks(&page, "toml")[0].replace("half_life", "half_live"));
    let ran = fervor(["check", &slip]);
    let shown = blocks(&page, "text").into_iter().find(|block| block.starts_with("error:")).unwrap();
    assert!(ran.err.replace(&folder.path(""), "").starts_with(shown), "{}", ran.err);
}
