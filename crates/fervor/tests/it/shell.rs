//! Completion scripts and manual pages cover every command.

use std::collections::BTreeSet;
use std::process::Command;

use super::{Folder, fervor, root};

/// The pages of the manual by their commands, `model fmt` for fervor-model-fmt.1.
fn pages() -> Vec<(String, String)> {
    let folder = Folder::new();
    let out = folder.path("man/man1");
    let ran = fervor(["man", "--out", &out]);
    assert_eq!((ran.code, ran.out.as_str()), (0, ""), "{}", ran.err);
    let mut pages = Vec::new();
    for entry in std::fs::read_dir(&out).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap().trim_start_matches("fervor").to_owned();
        let words = name.trim_start_matches('-').replace("model-", "model ");
        pages.push((words, std::fs::read_to_string(path).unwrap()));
    }
    pages
}

#[test]
fn every_command_has_a_page_with_its_options_and_a_place_in_the_manual() {
    let pages = pages();
    let manual = std::fs::read_to_string(root().join("docs/commands.md")).unwrap();
    let headings = manual.lines().filter_map(|line| line.strip_prefix("## fervor"));
    let headings: BTreeSet<_> = headings.map(str::trim).collect();
    assert_eq!(pages.iter().map(|(words, _)| words.as_str()).collect::<BTreeSet<_>>(), headings);
    for (words, page) in pages {
        let help = fervor(words.split_whitespace().chain(["--help"])).out;
        let listed = help.lines().map(str::trim_start).filter(|line| line.starts_with('-'));
        let options = listed.flat_map(|line| line.split([' ', ','])).filter(|word| word.starts_with("--"));
        let options: BTreeSet<_> = options.collect();
        assert!(options.contains("--help"), "{help}");
        for option in options {
            assert!(page.contains(&option.replace('-', "\\-")), "{option} is missing in the page of `{words}`");
        }
    }
}

#[test]
fn the_page_of_the_whole_is_printed() {
    let ran = fervor(["man"]);
    assert!(
        ran.code == 0 && ran.out.contains(".TH FERVOR 1") && ran.out.contains("fervor\\-what\\-if(1)"),
        "{}",
        ran.out
    );
}

#[test]
fn every_shell_knows_every_command() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let ran = fervor(["completions", shell]);
        assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{shell}");
        for (words, _) in pages() {
            let name = words.split_whitespace().last().unwrap_or("fervor");
            assert!(ran.out.contains(name), "{shell} does not know {name}");
        }
        assert!(ran.out.contains("as-of"), "{shell} knows no options");
    }
    assert_eq!(fervor(["completions", "csh"]).code, 2);
}

/// What bash offers behind these words; `None` without bash.
fn offered(words: &[&str]) -> Option<Vec<String>> {
    let folder = Folder::new();
    let script = folder.with("fervor.bash", fervor(["completions", "bash"]).out);
    let checked = Command::new("bash").args(["-n", &script]).output().ok()?;
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stderr));
    let quoted: Vec<_> = words.iter().map(|word| format!("'{word}'")).collect();
    let (last, before) = (words.len() - 1, words[words.len() - 2]);
    let drive = format!(
        ". '{script}'; COMP_WORDS=({}); COMP_CWORD={last}; _fervor fervor '{}' '{before}'; printf '%s\\n' \"${{COMPREPLY[@]}}\"",
        quoted.join(" "),
        words[last],
    );
    let output = Command::new("bash").args(["--norc", "-c", &drive]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Some(String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect())
}

#[test]
fn bash_completes_commands_and_options() {
    let Some(commands) = offered(&["fervor", "wh"]) else { return };
    assert_eq!(commands, ["what-if"]);
    assert_eq!(offered(&["fervor", "model", "f"]).unwrap(), ["fmt"]);
    assert_eq!(offered(&["fervor", "what-if", "--to"]).unwrap(), ["--top"]);
    assert_eq!(offered(&["fervor", "completions", "z"]).unwrap(), ["zsh"]);
}
