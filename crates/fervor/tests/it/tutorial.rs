//! The tutorial, tried as written: its files are saved, its commands run, and what it shows comes out.

use std::path::Path;
use std::process::Command;

use super::{Folder, root};

/// What a fence of the page asks for.
enum Step {
    /// To save the block under a name.
    Save(String),
    /// To run what stands behind `$ `, and see what stands below.
    Run,
    /// To be read only.
    Read,
}

impl Step {
    fn of(fence: &str) -> Self {
        match fence.split_once("file=") {
            Some((_, name)) => Self::Save(name.trim().to_owned()),
            None if fence == "console" => Self::Run,
            None => Self::Read,
        }
    }
}

/// Runs a command as a shell does, with `fervor` on the path; what it writes to both outputs.
fn run(command: &str, home: &Path) -> String {
    let binary = Path::new(env!("CARGO_BIN_EXE_fervor")).parent().unwrap();
    let script = format!("PATH={}:$PATH; {{ {command}; }} 2>&1", binary.display());
    let done = Command::new("sh").args(["-c", &script]).current_dir(home).output();
    String::from_utf8(done.unwrap().stdout).unwrap()
}

/// Whether lines are as shown; `...` stands for any number of them.
fn is_shown(shown: &[&str], printed: &[&str]) -> bool {
    match (shown.split_first(), printed.split_first()) {
        (None, None) => true,
        (Some((&"...", rest)), _) => (0..=printed.len()).any(|skipped| is_shown(rest, &printed[skipped..])),
        (Some((shown, rest)), Some((printed, more))) => shown == printed && is_shown(rest, more),
        _ => false,
    }
}

/// The commands of a block, each with what is shown below it. A command goes on after a backslash.
fn commands(block: &str) -> Vec<(String, Vec<&str>)> {
    let mut commands: Vec<(String, Vec<&str>)> = Vec::new();
    for line in block.lines() {
        match (line.strip_prefix("$ "), commands.last_mut()) {
            (Some(command), _) => commands.push((command.to_owned(), Vec::new())),
            (None, Some((command, _))) if command.ends_with('\\') => {
                command.pop();
                command.push_str(line.trim());
            }
            (None, Some((_, shown))) => shown.push(line),
            (None, None) => panic!("a block begins with a command: {block}"),
        }
    }
    commands
}

#[test]
fn the_tutorial_works_as_written() {
    let page = std::fs::read_to_string(root().join("docs/tutorial.md")).unwrap();
    let folder = Folder::new();
    let home = folder.path("");
    let home = Path::new(&home);
    std::fs::copy(root().join("examples/shop/purchases.csv"), home.join("purchases.csv")).unwrap();
    let (mut saved, mut ran) = (0, 0);
    for part in page.split("\n```").skip(1).step_by(2) {
        let (fence, block) = part.split_once('\n').unwrap_or((part, ""));
        match Step::of(fence) {
            Step::Save(name) => {
                std::fs::write(home.join(name), format!("{block}\n")).unwrap();
                saved += 1;
            }
            Step::Run => {
                for (command, shown) in commands(block) {
                    let printed = run(&command, home);
                    let lines: Vec<_> = printed.lines().collect();
                    assert!(
                        is_shown(&shown, &lines),
                        "$ {command}\nis shown with\n{}\nand prints\n{printed}",
                        shown.join("\n")
                    );
                    ran += 1;
                }
            }
            Step::Read => {}
        }
    }
    assert!(saved >= 3 && ran >= 12, "{saved} files, {ran} commands");
    // Where it ends is what the example ships.
    let shipped = |name: &str| std::fs::read_to_string(root().join("examples/shop").join(name)).unwrap();
    let parsed = |text: &str| rules::model::Model::parse(text).unwrap();
    let built = parsed(&std::fs::read_to_string(home.join("model.toml")).unwrap());
    let score = &parsed(&shipped("model.toml"));
    let loyalty = built.find_score("loyalty").unwrap();
    assert_eq!(built.score(loyalty), score.score(score.find_score("loyalty").unwrap()));
}
