//! The house style changes layout and nothing else.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use rules::model::Model;
use rules::testing::{self, Dice};
use toml_parser::Source;
use toml_parser::lexer::TokenKind;

use super::{Folder, Ran, fervor, root};

fn fmt(arguments: &[&str]) -> Ran {
    fervor(["model", "fmt"].iter().chain(arguments))
}

/// All models that are shipped.
fn shipped() -> Vec<PathBuf> {
    let folders = ["examples", "templates"].map(|folder| std::fs::read_dir(root().join(folder)).unwrap());
    let models = folders.into_iter().flatten().map(|entry| entry.unwrap().path().join("model.toml"));
    let mut models: Vec<_> = models.filter(|path| path.exists()).collect();
    models.sort();
    models
}

/// What the comments of a text say, in order.
fn comments(text: &str) -> Vec<String> {
    let source = Source::new(text);
    let comments = source.lex().filter(|token| token.kind() == TokenKind::Comment);
    comments.map(|token| source.get(token).unwrap().as_str().trim_matches(['#', ' ', '\t', '\r']).to_owned()).collect()
}

/// The values and their order.
fn values(text: &str) -> String {
    let table: toml::Table =
        text.trim_start_matches('\u{feff}').parse().unwrap_or_else(|error| panic!("{text}\n{error}"));
    format!("{table:?}")
}

/// Formats texts, and proves that they mean and say what they did, and that nothing is left to do.
fn formatted(texts: &[String]) -> Vec<String> {
    let folder = Folder::new();
    let paths: Vec<_> = texts.iter().enumerate().map(|(at, text)| folder.with(&format!("{at}.toml"), text)).collect();
    let run = |more: &[&str]| fmt(&paths.iter().map(String::as_str).chain(more.iter().copied()).collect::<Vec<_>>());
    let ran = run(&[]);
    assert_eq!((ran.code, ran.out.as_str()), (0, ""), "{}", ran.err);
    let after: Vec<_> = paths.iter().map(|path| std::fs::read_to_string(path).unwrap()).collect();
    for (before, after) in texts.iter().zip(&after) {
        assert_eq!(values(before), values(after), "{before}\n{after}");
        assert_eq!(comments(before), comments(after), "{before}\n{after}");
        assert_eq!(Model::parse(before).ok(), Model::parse(after).ok(), "{before}\n{after}");
    }
    let ran = run(&["--check"]);
    assert_eq!(ran.code, 0, "not stable: {}", ran.out);
    after
}

#[test]
fn all_shipped_models_are_in_the_house_style() {
    let models: Vec<_> = shipped().iter().map(|path| path.display().to_string()).collect();
    assert_eq!(models.len(), 8);
    let ran = fmt(&models.iter().map(String::as_str).chain(["--check"]).collect::<Vec<_>>());
    let help = "run `cargo run -- model fmt` with the files that would change";
    assert_eq!((ran.code, ran.out.as_str()), (0, "8 files: in the house style\n"), "{help}");
}

/// The same model by an untidy author: blanks, blank lines, ends of lines and comments at random.
fn untidy(dice: &mut Dice, text: &str) -> String {
    let source = Source::new(text);
    let ends = if dice.one_in(2) { "\r\n" } else { "\n" };
    let mut out = String::from(if dice.one_in(4) { "\u{feff}" } else { "" });
    let mut open = Vec::new();
    for token in source.lex() {
        let written = source.get(token).unwrap().as_str();
        match token.kind() {
            TokenKind::Whitespace => out.push_str(dice.pick(&[" ", "   ", "\t", written])),
            TokenKind::Newline => {
                out.push_str(dice.pick(&["", "", " ", "\t", "#near", "    # far", " #: 'x\" [", "  ## two {"]));
                out.push_str(ends);
                for _ in 0..dice.below(3) {
                    out.push_str(dice.pick(&["", "", "# alone", "\t#alone too", "  "]));
                    out.push_str(ends);
                }
            }
            TokenKind::Equals => out.push_str(dice.pick(&["=", " = ", "=  "])),
            TokenKind::Comma => {
                out.push_str(dice.pick(&[",", " ,", ", "]));
                // A line may end inside brackets, if they are not braces.
                if open.iter().all(|kind| *kind == TokenKind::LeftSquareBracket) && dice.one_in(3) {
                    out.push_str(dice.pick(&["", " # inside"]));
                    out.push_str(ends);
                }
            }
            TokenKind::LeftSquareBracket | TokenKind::LeftCurlyBracket => {
                open.push(token.kind());
                out.push_str(written);
                out.push_str(dice.pick(&["", " "]));
            }
            TokenKind::RightSquareBracket | TokenKind::RightCurlyBracket => {
                open.pop();
                out.push_str(dice.pick(&["", "  "]));
                out.push_str(written);
            }
            _ => out.push_str(written),
        }
    }
    out
}

#[test]
fn random_models_keep_their_meaning_and_every_comment() {
    let mut texts: Vec<_> = shipped().iter().map(|path| std::fs::read_to_string(path).unwrap()).collect();
    texts.extend((0..150).map(|seed| testing::model(&mut Dice::new(seed))));
    let messy: Vec<_> = texts.iter().zip(0..).map(|(text, seed)| untidy(&mut Dice::new(seed), text)).collect();
    assert!(messy.iter().filter(|text| Model::parse(text).is_ok()).count() > 100, "hardly a model among them");
    for after in formatted(&messy) {
        for line in after.lines() {
            assert_eq!(line, line.trim_end(), "{after}");
            assert!(!line.contains(['\t', '\r', '\u{feff}']), "{after}");
        }
        assert!(!after.contains("\n\n\n") && after.ends_with('\n') && !after.ends_with("\n\n"), "{after}");
    }
    formatted(&texts);
}

#[test]
fn texts_and_rare_forms_are_put_out_as_they_are() {
    let rare = [
        "a = \"# no [ = \" # yes",
        "a = '''\r\none # no\r\n\r\n\r\n  two = 3\r\n''' #yes\r\nb=\"\"\"x\\\n   y\"\"\"",
        "\"a . b\" . 'c # d' . e = [ { x = 1 } , { } , [ ] , [ [ ] ] ]",
        "[[ t . \"u v\" ]] # first\nd = 1979-05-27 07:32:00.5-07:00\nf = -1.5e+3\ng = 0x1F\n[[t.\"u v\"]]",
        "x = [\n\n\n1, # one\n\n\n# two\n2 ] # end\n\n\n# last",
        "x = { a=1,\n\nb = 2 , #why\n}",
        "\u{feff}# only a comment",
        "",
    ];
    let after = formatted(&rare.map(str::to_owned));
    assert_eq!(after[0], "a = \"# no [ = \"  # yes\n");
    assert_eq!(after[2], "\"a . b\".'c # d'.e = [{ x = 1 }, {}, [], [[]]]\n");
    assert!(after[3].starts_with("[[t.\"u v\"]]  # first\nd = 1979-05-27 07:32:00.5-07:00\n"), "{}", after[3]);
    assert_eq!(after[4], "x = [\n\n  1,  # one\n\n  # two\n  2]  # end\n\n# last\n");
    assert_eq!(after[5], "x = { a = 1,\n\n  b = 2,  # why\n}\n");
}

#[test]
fn what_is_broken_is_shown_and_nothing_is_written() {
    let folder = Folder::new();
    let good = folder.with("good.toml", "a=1");
    let bad = folder.with("bad.toml", "b=1\nc = [1,\n");
    let ran = fmt(&[&good, &bad]);
    assert_eq!((ran.code, ran.out.as_str()), (2, ""));
    assert!(ran.err.contains("not valid TOML") && ran.err.contains("bad.toml:"), "{}", ran.err);
    assert!(ran.err.ends_with("bad.toml: 1 error\n") && ran.err.contains("2 | c = [1,"), "{}", ran.err);
    assert_eq!(std::fs::read_to_string(&good).unwrap(), "a=1");
    assert_eq!(std::fs::read_to_string(&bad).unwrap(), "b=1\nc = [1,\n");
    assert!(fmt(&[&folder.path("none.toml")]).err.contains("there is no such file"));
}

#[test]
fn check_names_what_would_change() {
    let folder = Folder::new();
    let (tidy, loose) = (folder.with("tidy.toml", "a = 1\n"), folder.with("loose.toml", "a=1\n"));
    let ran = fmt(&["--check", &tidy, &loose]);
    assert_eq!((ran.code, ran.out.replace(&folder.path(""), "")), (1, "loose.toml: would change\n".into()));
    assert_eq!(std::fs::read_to_string(&loose).unwrap(), "a=1\n");
    let ran = fmt(&[&tidy, &loose]);
    assert_eq!((ran.code, ran.err.replace(&folder.path(""), "")), (0, "formatted loose.toml\n".into()));
    assert_eq!(std::fs::read_to_string(&loose).unwrap(), "a = 1\n");
    assert_eq!(fmt(&["--check", &tidy, &loose]).code, 0);
}

#[cfg(unix)]
#[test]
fn a_link_and_the_permissions_stay() {
    use std::os::unix::fs::{PermissionsExt as _, symlink};
    let folder = Folder::new();
    let (file, link) = (folder.with("file.toml", "a=1"), folder.path("link.toml"));
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o640)).unwrap();
    symlink(&file, &link).unwrap();
    assert_eq!(fmt(&[&link]).code, 0);
    assert!(std::fs::symlink_metadata(&link).unwrap().is_symlink());
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "a = 1\n");
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o640);
}

/// Runs the formatter between two pipes.
fn piped(input: &str, arguments: &[&str]) -> (String, i32) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_fervor"))
        .args(["model", "fmt", "-"])
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    (String::from_utf8([output.stdout, output.stderr].concat()).unwrap(), output.status.code().unwrap())
}

#[test]
fn a_dash_is_standard_input_and_output() {
    assert_eq!(piped("a=1", &[]), ("a = 1\n".into(), 0));
    assert_eq!(piped("a = 1\n", &[]), ("a = 1\n".into(), 0));
    assert_eq!(piped("a=1", &["--check"]), ("standard input: would change\n".into(), 1));
    let (said, code) = piped("a=", &[]);
    assert!(code == 2 && said.contains("--> standard input:1"), "{said}");
}
