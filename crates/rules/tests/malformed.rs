//! Broken models and conditions: an error that says what, where and what next; never a panic.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use rules::model::Model;
use rules::testing::{Dice, check_condition_text, check_model_text, condition, model};

/// What somebody writes who has never seen SQL, and what they are told to do.
#[test]
fn conditions_by_laypeople_are_answered_in_their_words() {
    for (condition, message, help) in [
        ("contact.city = Oslo", "unknown name `Oslo`", "text stands in single quotes: 'Oslo'"),
        ("contact.city = ‘Oslo’", "`‘` is not a quote", "straight single quotes: 'Oslo'"),
        ("contact.city = 'Oslo", "a text in single quotes has no end", "'O''Hara'"),
        ("contact.city = 'O'Hara'", "a text in single quotes has no end", "'O''Hara'"),
        ("contact.city is Oslo", "`IS` goes with `NULL`", "compare by `=`"),
        ("contact.city IS EMPTY", "`IS` goes with `NULL`", "write `IS NULL`"),
        ("contact.city = 'Oslo' AND", "the condition ends", "complete what stands behind `AND`"),
        ("contact.share > 50%", "the condition ends", "without %"),
        ("contact.a = 1 && contact.b = 2", "`&&` is not part", "write AND"),
        ("contact.a = 1 || contact.b = 2", "`||` is not part", "write OR"),
        ("contact.a = 1 contact.b = 2", "expected nothing more, found `contact`", "put AND or OR"),
        ("contact.age > 18,5", "expected nothing more, found `,`", "decimals take a point"),
        ("contact.city = 'a', 'b'", "expected nothing more, found `,`", "IN ('Oslo', 'Bergen')"),
        ("contact.city IN 'Oslo'", "expected `(`", "IN ('Oslo', 'Bergen')"),
        ("contact.city = 'a' OR 'b'", "found the value `'b'`", "IN ('Oslo', 'Bergen')"),
        ("contact.age => 18", "found `=>`", "write `>=`"),
        ("contact.age =< 18", "found `<`", "write `<=`"),
        ("contact.job title = 'x'", "found `title`", "contact.\"job title\""),
        ("contact.city contains 'Oslo'", "found `contains`", "ILIKE '%Oslo%'"),
        ("contact.email ends with 'x'", "found `ends`", "LIKE '%@acme.example'"),
        ("contact.joined > 31.12.2025", "found `.2025`", "DATE '2026-01-31'"),
        ("contact.a > 1 000", "found `000`", "without blanks"),
        ("(contact.a = 1", "expected `)`, found the end", "closes the `(`"),
        ("contact.a = 1)", "found `)`", "add the `(`"),
        ("contact.city LIKE contact.b", "expected a pattern", "% stands for any text"),
    ] {
        let text = format!("[score.s]\n[rule.r]\nscore = \"s\"\nwhen = \"\"\"{condition}\"\"\"\npoints = 1\n");
        let problems = Model::parse(&text).unwrap_err();
        let [problem] = &problems[..] else { panic!("{condition}: {problems:?}") };
        assert!(problem.message.contains(message), "{condition}: {}", problem.message);
        assert!(problem.help.as_deref().is_some_and(|told| told.contains(help)), "{condition}: {:?}", problem.help);
    }
}

/// One scenario to a line: the text of a mistake, and what the diagnostics must say, and the line.
#[test]
fn mistakes_are_named_with_place_and_nearest_name() {
    let cases: &[(&str, &str, usize)] = &[
        (
            "[score.s]\n[rule.r]\nscore = \"s\"\nactivity = \"a\"\npoints = 1\nhalf_live = \"9 days\"",
            "did you mean `half_life`?",
            6,
        ),
        ("[score.s]\n[rule.r]\nscore = \"t\"\nactivity = \"a\"\npoints = 1", "unknown score `t`", 3),
        (
            "[score.s]\n[rule.r]\nscore = \"s\"\nwhen = \"contact.a = 'x' AND contract.b = 2\"\npoints = 1",
            "did you mean `contact.`?",
            4,
        ),
        (
            "[score.s]\n[rule.r]\nscore = \"s\"\nwhen = \"lowr(contact.a) = 'x'\"\npoints = 1",
            "did you mean `lower`?",
            4,
        ),
        ("[score.s]\n[rule.r]\nscore = \"s\"\nwhen = \"contact.a = NULL\"\npoints = 1", "IS NULL", 4),
        (
            "[score.s]\n[rule.r]\nscore = \"s\"\nwhen = \"job_title = 'CEO'\"\npoints = 1",
            "did you mean `contact.job_title`?",
            4,
        ),
        ("[score.s]\n[rule.r]\nscore = \"s\"\nwhen = \"contact.E-Mail = 'x'\"\npoints = 1", "contact.\"E-Mail\"", 4),
        (
            "[score.s]\n[rule.r]\nscore = \"s\"\nwhen = \"contact.since > 2026-01-31\"\npoints = 1",
            "DATE '2026-01-31'",
            4,
        ),
        (
            "[score.s]\n[rule.r]\nscore = \"s\"\nwhen = \"contact.mail ILIKE %@verein.example\"\npoints = 1",
            "in single quotes: ILIKE '%@verein.example'",
            4,
        ),
        ("[score.s]\n[rule.r]\nscore = \"s\"\nactivity = Webinar # new\npoints = 1", "write activity = \"Webinar\"", 4),
        ("[score.s]\n[rule.r]\nscore = \"s\"\nactivity = \"a\"\npoints = 10%", "write points = 10)", 5),
        ("[score.s]\n[rule.r]\nscore = \"s\"\nactivity = \"a\"\npoints = 3,5", "write points = 3.5)", 5),
        (
            "[score.s]\n[rule.r]\nscore = \"s\"\nactivity = \"a\"\npoints = 1\nhalf_life = 90 days",
            "write half_life = \"90 days\"",
            6,
        ),
        ("[score.s]\n[rule.r]\nscore = \"s\"\nactivity = \"a\"", "needs `points`", 2),
        ("[score.s]\n[score.s_band]", "needs another id", 2),
        ("[score.contact]", "needs another id", 1),
        ("[score.s]\nmin = 0.5", "finer than its `decimals`", 2),
        ("[score.s]\nbands = { Low = 0, High = 0 }", "begin at the same number", 2),
        ("[score.s]\ncombine = { s = 1 }", "combined from itself", 2),
        ("timezone = \"Europe/Olso\"\n[score.s]", "did you mean \"Europe/Oslo\"?", 1),
        (
            "[score.s]\n[rule.r]\nscore = \"s\"\nsince = \"contact.x\"\nevery = \"2 fortnights\"\npoints = 1",
            "a span of time",
            5,
        ),
        (
            "[score.s]\n[rule.r]\nscore = \"s\"\ninactive_for = \"9 days\"\npoints = -1\nrepeat = true",
            "needs a `cap`",
            6,
        ),
        ("[score.s]\n[rule.r]\nscore = \"s\"\nactivity = \"a\"\npoints = 0.00001", "more than four decimals", 5),
        ("[score.s]\n[rule.r]\nscore = \"s\"\nrollup = \"s\"", "does not take", 4),
    ];
    for (text, said, line) in cases {
        let found = Model::parse(text).expect_err(text);
        let hit = found.iter().find(|diagnostic| diagnostic.to_string().contains(said));
        let hit = hit.unwrap_or_else(|| panic!("{text}\n{found:#?}"));
        assert_eq!(hit.line_and_column(text).0, *line, "{hit:?}");
    }
}

#[test]
fn all_mistakes_are_told_at_once() {
    let text = "nam = \"x\"\n[score.s]\nmax = \"ten\"\n[rule.a]\nscore = \"t\"\nactivity = 5\n\
                [rule.b]\nscore = \"s\"\nwhen = \"contact.a = AND\"\npoints = true\n";
    let found = Model::parse(text).expect_err(text);
    let lines: Vec<_> = found.iter().map(|diagnostic| diagnostic.line_and_column(text).0).collect();
    assert_eq!(lines, [1, 3, 4, 5, 6, 9, 10], "{found:#?}");
}

#[test]
fn broken_toml_does_not_hide_other_mistakes() {
    let text = "[score.s]\nmin = = 3\n[rule.a]\nscore = \"s\"\nactivity = \"a\"\npionts = 3\n";
    let found = Model::parse(text).expect_err(text);
    let said: Vec<_> = found.iter().map(ToString::to_string).collect();
    assert!(said.iter().any(|line| line.contains("TOML")), "{said:?}");
    assert!(said.iter().any(|line| line.contains("did you mean `points`?")), "{said:?}");
}

/// Breaks a valid model in a way that no model can have.
fn broken(dice: &mut Dice, text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let keyed: Vec<usize> =
        (0..lines.len()).filter(|&index| lines[index].contains(" = ") && !lines[index].starts_with('[')).collect();
    let at = keyed[dice.below(keyed.len())];
    let (key, value) = lines[at].split_once(" = ").unwrap();
    let replacement = match dice.below(10) {
        0 => format!("{key}x = {value}"),
        1 => format!("{key} = 1979-05-27"),
        2 => format!("{key} ="),
        3 => format!("{key} = {value}\n{key} = {value}"),
        4 => format!("{key} = \"{value}"),
        5 => format!("{key} = [[{value}]]"),
        6 => format!("{key} {value}"),
        7 => format!("{key} = {{ {value}"),
        8 => format!("{key} = inf"),
        _ => format!("{key} = \"\u{1}\""),
    };
    let mut broken: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
    broken[at] = replacement;
    broken.join("\n")
}

#[test]
fn hundreds_of_broken_models_are_refused() {
    for seed in 0..600 {
        let dice = &mut Dice::new(seed);
        let whole = model(dice);
        let text = broken(dice, &whole);
        assert!(Model::parse(&text).is_err(), "seed {seed}:\n{text}");
        check_model_text(&text);
    }
}

/// Any bytes at all, near a valid text: cut, doubled, exchanged.
fn garbled(dice: &mut Dice, text: &str) -> String {
    const SCRAPS: &[&str] = &[
        "(", ")", "'", "\"", "[", "{", "=", ".", ",", "\\", "\n", "é", "\u{0}", "NOT ", "AND ", "-", "1e999", "score",
        "DATE", "ESCAPE",
    ];
    let mut letters: Vec<char> = text.chars().collect();
    for _ in 0..1 + dice.below(4) {
        let at = dice.below(letters.len() + 1);
        match dice.below(4) {
            0 if at < letters.len() => drop(letters.remove(at)),
            1 => letters.truncate(at),
            2 => {
                let from = dice.below(letters.len() + 1);
                let piece: Vec<char> = letters[from..].iter().take(12).copied().collect();
                letters.splice(at..at, piece);
            }
            _ => drop(letters.splice(at..at, dice.pick(SCRAPS).chars()).collect::<Vec<_>>()),
        }
    }
    letters.into_iter().collect()
}

#[test]
fn garbled_models_never_panic() {
    for seed in 0..800 {
        let dice = &mut Dice::new(seed);
        let whole = model(dice);
        check_model_text(&garbled(dice, &whole));
    }
}

#[test]
fn conditions_print_to_what_they_mean_and_garbled_ones_never_panic() {
    for seed in 0..4000 {
        let dice = &mut Dice::new(seed);
        let whole = condition(dice, &["contact", "activity", "account"], 3);
        check_condition_text(&whole);
        check_condition_text(&garbled(dice, &whole));
    }
}

#[test]
fn depth_and_length_are_bounded() {
    let deep = |open: &str, close: &str| format!("{}contact.a = 1{}", open.repeat(20_000), close.repeat(20_000));
    let texts = [
        deep("(", ")"),
        deep("NOT ", ""),
        deep("NOT (", ")"),
        format!("contact.a = {}1", "-".repeat(20_000)),
        format!("contact.a = 1{}", " AND contact.a = 1".repeat(20_000)),
        format!("contact.a{}", " + 1".repeat(20_000)),
        format!("contact.a{}", " IS NULL".repeat(20_000)),
        format!("contact{}", ".a".repeat(20_000)),
        format!("contact.a{}", "::text".repeat(20_000)),
        format!("contact.a{}", "[1]".repeat(20_000)),
        "coalesce(".repeat(20_000),
        "case ".repeat(20_000),
    ];
    for text in texts {
        check_condition_text(&text);
        check_model_text(&format!("[score.s]\n[rule.r]\nscore = \"s\"\npoints = 1\nwhen = \"{text}\"\n"));
    }
    check_model_text(&format!("a = {}1{}", "[".repeat(50_000), "]".repeat(50_000)));
    check_model_text(&format!("a = {}", "{b = ".repeat(50_000)));
    check_model_text(&format!("[{}]", "a.".repeat(50_000)));
}

#[test]
fn long_lists_are_welcome() {
    let values: Vec<_> = (0..5_000).map(|number| format!("'member-{number}'")).collect();
    let text =
        format!("[score.s]\n[rule.r]\nscore = \"s\"\npoints = 1\nwhen = \"contact.id IN ({})\"\n", values.join(", "));
    assert!(Model::parse(&text).is_ok());
}

#[test]
fn combined_scores_are_followed_once_and_not_too_deep() {
    use std::fmt::Write as _;
    // Each combines all later ones: the number of ways down doubles with each.
    let mut wide = String::new();
    for score in 0..40 {
        let later: Vec<_> = (score + 1..40).map(|later| format!("s{later} = 1")).collect();
        let combine = if later.is_empty() { String::new() } else { format!("combine = {{ {} }}", later.join(", ")) };
        writeln!(wide, "[score.s{score}]\n{combine}").unwrap();
    }
    assert!(Model::parse(&wide).is_ok());
    let chain = |length: usize| -> String {
        let link = |score| format!("[score.s{score}]\ncombine = {{ s{} = 1 }}\n", score + 1);
        (0..length).map(link).collect::<String>() + &format!("[score.s{length}]\n")
    };
    assert!(Model::parse(&chain(40)).is_ok());
    let found = Model::parse(&chain(5_000)).unwrap_err();
    assert!(found.iter().any(|diagnostic| diagnostic.message.contains("levels deep")), "{:?}", found[0]);
}
