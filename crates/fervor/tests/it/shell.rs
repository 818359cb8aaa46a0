//! Completion scripts and manual pages cover every command.

use std::collections::BTreeSet;
use std::process::Command;

use super::{Folder, commands, fervor};

#[test]
fn every_command_has_a_page_with_its_options() {
    let folder = Folder::new();
    let out = folder.path("man/man1");
    let ran = fervor(["man", "--out", &out]);
    assert_eq!((ran.code, ran.out.as_str()), (0, ""), "{}", ran.err);
    let commands = commands::all();
    assert_eq!(std::fs::read_dir(&out).unwrap().count(), commands.len());
    for (words, help) in commands {
        let name = [&["fervor".to_owned()], &words[..]].concat().join("-");
        let page = std::fs::read_to_string(format!("{out}/{name}.1")).unwrap();
        let listed = help.lines().map(str::trim_start).filter(|line| line.starts_with('-'));
        let options = listed.flat_map(|line| line.split([' ', ','])).filter(|word| word.starts_with("--"));
        let options: BTreeSet<_> = options.collect();
        assert!(options.contains("--help"), "{help}");
        for option in options {
            assert!(page.contains(&option.replace('-', "\\-")), "{option} is missing in {name}.1");
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
    let commands = commands::all();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let ran = fervor(["completions", shell]);
        assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{shell}");
        for name in commands.iter().filter_map(|(words, _)| words.last()) {
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
