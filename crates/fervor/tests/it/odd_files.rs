//! Every command on files that are empty, only a header, one row, binary, a folder, or not there.

use super::{Folder, SMALL_MODEL, fervor};

/// Every command that reads a file, with `MODEL` and `FILE` for a good model and the odd file.
const COMMANDS: &[&[&str]] = &[
    &["check", "FILE"],
    &["score", "FILE", "--activities", "FILE.good"],
    &["score", "MODEL", "--activities", "FILE"],
    &["score", "MODEL", "--contacts", "FILE"],
    &["score", "MODEL", "--accounts", "FILE"],
    &["score", "MODEL", "--opportunities", "FILE"],
    &["score", "MODEL", "--sources", "FILE"],
    &["explain", "MODEL", "--activities", "FILE", "--contact", "ada"],
    &["explain", "FILE", "--activities", "FILE.good", "--contact", "ada"],
    &["forecast", "MODEL", "--activities", "FILE"],
    &["forecast", "FILE", "--activities", "FILE.good"],
    &["lint", "FILE"],
    &["lint", "MODEL", "--activities", "FILE"],
    &["what-if", "FILE", "MODEL", "--activities", "FILE.good"],
    &["what-if", "MODEL", "FILE", "--activities", "FILE.good"],
    &["what-if", "MODEL", "MODEL", "--activities", "FILE"],
    &["test", "FILE"],
    &["model", "fmt", "FILE", "--check"],
    &["sources", "guess", "FILE"],
    &["sources", "preview", "FILE"],
];

/// What an odd file is called and holds; `None` is not there.
const ODD: &[(&str, Option<&[u8]>)] = &[
    ("empty", Some(b"")),
    ("blank", Some(b"\n \n\n")),
    ("header", Some(b"id,contact,type,occurred_at\n")),
    ("binary", Some(b"\x7fELF\x02\x01\x01\x00\x00\x00\xff\xfe\x00\n\x00\x01")),
    ("cut-off.gz", Some(b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\x4b")),
    ("missing", None),
    ("folder", Some(b"")),
];

#[test]
fn odd_files_are_told_with_a_way_out() {
    let folder = Folder::new();
    let model = folder.with("model.toml", SMALL_MODEL);
    let good = folder.with("good.csv", "contact,type,occurred_at\nada,event,2026-03-14\n");
    for (name, content) in ODD {
        let file = match (*name, content) {
            ("folder", _) => {
                std::fs::create_dir(folder.path("folder")).unwrap();
                folder.path("folder")
            }
            (_, Some(content)) => folder.with(name, content),
            (_, None) => folder.path(name),
        };
        for command in COMMANDS {
            let arguments = command.iter().map(|argument| match *argument {
                "MODEL" => model.as_str(),
                "FILE" => file.as_str(),
                "FILE.good" => good.as_str(),
                other => other,
            });
            let ran = fervor(arguments);
            let told = format!("{command:?} on {name}: exit code {}\n{}{}", ran.code, ran.out, ran.err);
            // Nothing to format is nothing wrong; a guess at a header has doubts.
            let harmless = match command[0] {
                "model" => *name == "empty",
                "sources" => command[1] == "guess" && *name == "header",
                _ => false,
            };
            assert!(!told.contains("panicked"), "{told}");
            assert_eq!(ran.code == 0, harmless, "{told}");
            if !harmless {
                let said = format!("{}{}", ran.out, ran.err);
                assert!(said.contains(name) || said.contains("rows"), "{told}");
                let way_out = ["help:", "expected", "add ", "would change", "next:"];
                assert!(way_out.iter().any(|way| said.contains(way)), "no way out: {told}");
            }
        }
    }
}

#[test]
fn one_row_is_enough() {
    let folder = Folder::new();
    let model = folder.with("model.toml", SMALL_MODEL);
    let file = folder.with("one.csv", "contact,type,occurred_at\nada,event,2026-03-14\n");
    let mapping = folder.path("sources.toml");
    let facts = ["--activities", &file, "--as-of", "2026-03-14"];
    let with_facts = |command: &[&str]| fervor(command.iter().chain(&facts).copied().collect::<Vec<_>>());
    for ran in [
        with_facts(&["score", &model]),
        with_facts(&["explain", &model, "--contact", "ada"]),
        with_facts(&["forecast", &model, "--within", "1 year"]),
        with_facts(&["what-if", &model, &model]),
        fervor(["sources", "guess", &file, "--out", &mapping]),
        fervor(["sources", "preview", &mapping]),
    ] {
        assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    }
    // The band above is empty for want of people, which lint does not hold against one.
    let ran = with_facts(&["lint", &model]);
    assert!(ran.code <= 1 && !ran.err.contains("error"), "{}{}", ran.out, ran.err);
}
