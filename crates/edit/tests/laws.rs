//! Laws of editing, over random models and by hand: what is not touched stays, and what is undone is as it was.

use edit::style::formatted;
use edit::{At, Edit, Value, apply, keys};
use rules::model::Model;
use rules::testing::{Dice, model};

/// A random model with a comment at every line that can have one.
fn commented(dice: &mut Dice) -> String {
    let mut number = 0;
    let mut out = String::new();
    for line in model(dice).lines() {
        number += 1;
        match dice.below(4) {
            0 => out.push_str(&format!("# above {number}\n{line}\n")),
            1 if !line.is_empty() => out.push_str(&format!("{line}  # beside {number}\n")),
            2 if line.is_empty() => out.push_str(&format!("\n# apart {number}\n\n")),
            _ => out.push_str(&format!("{line}\n")),
        }
    }
    if dice.one_in(3) { formatted(&out) } else { out }
}

fn comments(text: &str) -> Vec<String> {
    let mut found: Vec<String> = text
        .lines()
        .filter_map(|line| line.rsplit_once('#'))
        .map(|(_, comment)| comment.trim().to_owned())
        .filter(|comment| ["above ", "beside ", "apart "].iter().any(|word| comment.starts_with(word)))
        .collect();
    found.sort();
    found
}

#[track_caller]
fn edited(text: &str, edits: &[Edit]) -> String {
    let edited = apply(text, edits).unwrap_or_else(|refused| panic!("{:?}\n{}", refused.problems, refused.text));
    assert_eq!(Model::parse(&edited.text).as_ref(), Ok(&edited.model));
    edited.text
}

#[test]
fn keys_of_a_table_say_all_of_it() {
    for seed in 0..60 {
        let mut dice = Dice::new(seed);
        let text = commented(&mut dice);
        let before = Model::parse(&text).unwrap();
        // To the same: not a letter changes.
        let mut same = Vec::new();
        for rule in &before.rules {
            same.extend(keys::put(&At::rule(&rule.id), &keys::of_rule(&before, rule)));
        }
        for score in &before.scores {
            same.extend(keys::put(&At::new("score", &score.id), &keys::of_score(&before, score)));
        }
        for exclusion in &before.exclusions {
            same.extend(keys::put(&At::new("exclude", &exclusion.id), &keys::of_exclusion(exclusion)));
        }
        same.extend(
            keys::of_head(&before).into_iter().map(|(key, value)| Edit::Set(At::new("", ""), key, Some(value))),
        );
        for category in &before.categories {
            same.extend(keys::put(&At::new("category", &category.id), &keys::of_category(&before, category)));
        }
        assert_eq!(Model::parse(&edited(&text, &same)).unwrap(), before, "{seed}");
        // Another rule takes all its keys over, and is the same but for its name.
        let rule = &before.rules[dice.below(before.rules.len())];
        let copy =
            edited(&text, &[Edit::Add(At::rule("another"), Some(rule.id.clone()), keys::of_rule(&before, rule))]);
        let after = Model::parse(&copy).unwrap();
        let another = after.rules.iter().find(|rule| rule.id == "another").unwrap();
        assert_eq!((&another.kind, another.cap, another.category), (&rule.kind, rule.cap, rule.category), "{seed}");
    }
}

#[test]
fn a_change_and_its_inverse_give_the_same_model_and_comments_survive() {
    for seed in 0..60 {
        let mut dice = Dice::new(seed);
        let text = commented(&mut dice);
        let before = Model::parse(&text).unwrap();
        let rules = &before.rules;
        let (one, other) = (&rules[dice.below(rules.len())], &rules[dice.below(rules.len())]);
        let at = At::rule(&one.id);
        let next = rules.iter().skip_while(|rule| rule.id != one.id).nth(1).map(|rule| rule.id.clone());
        let old = keys::of_rule(&before, one);
        let cap = old.iter().find(|(key, _)| key == "cap").map(|(_, value)| value.clone());
        let title = |title: Option<&str>| Edit::Set(at.clone(), "title".into(), title.map(Value::text));
        let pairs = [
            (title(Some("Another")), title(None)),
            (Edit::Set(at.clone(), "cap".into(), Some(Value::number(77))), Edit::Set(at.clone(), "cap".into(), cap)),
            (Edit::Copy(at.clone(), "another".into()), Edit::Remove(At::rule("another"))),
            (Edit::Move(at.clone(), None), Edit::Move(at.clone(), next.clone())),
            (Edit::Move(at.clone(), Some(other.id.clone()).filter(|id| *id != one.id)), Edit::Move(at.clone(), next)),
            (Edit::Switch(at.clone(), false), Edit::Switch(at.clone(), true)),
            (Edit::Add(At::rule("another"), None, old), Edit::Remove(At::rule("another"))),
        ];
        for (there, back) in pairs {
            let changed = edited(&text, std::slice::from_ref(&there));
            let again = edited(&changed, std::slice::from_ref(&back));
            assert_eq!(Model::parse(&again).unwrap(), before, "{seed} {there:?}\n{text}\n---\n{changed}\n---\n{again}");
            let (was, is) = (comments(&text), comments(&again));
            assert_eq!(was, is, "{seed} {there:?}\n{text}\n---\n{changed}\n---\n{again}");
            if formatted(&text) == text {
                assert_eq!(formatted(&changed), changed, "{seed} {there:?}");
            }
        }
    }
}

const TEXT: &str = "\
# Our model, agreed in May.
timezone = \"Europe/Oslo\"

[score.engagement]
bands = { Low = 0, High = 50 }  # reviewed yearly

# Taking part counts most.
[rule.event]
score    = \"engagement\"
activity = [
  \"event_attended\",  # in person
  \"webinar\",
]
points   = 20          # as in 2024
cap      = 60          # the board wants it

# ---- habits ----

[rule.login]
score = \"engagement\"
activity = \"login\"
points = 1
[rule.login.limit]
times = 1
per = \"day\"
";

#[test]
fn changes_by_hand() {
    let event = || At::rule("event");
    let set = |at: At, key: &str, value: Value| Edit::Set(at, key.into(), Some(value));
    let cases: &[(&[Edit], &str, &str)] = &[
        (&[set(event(), "points", Value::number("2.5"))], "points   = 20  ", "points   = 2.5  "),
        (
            &[set(
                event(),
                "activity",
                Value::Texts(vec!["event_attended".into(), "seminar".into(), "webinar".into()]),
            )],
            "  # in person\n  \"webinar\",\n",
            "  # in person\n  \"seminar\",\n  \"webinar\",\n",
        ),
        (
            &[Edit::Set(event(), "cap".into(), None)],
            "cap      = 60          # the board wants it\n",
            "# the board wants it\n",
        ),
        (
            &[set(
                At::new("score", "engagement"),
                "bands",
                keys::bands(
                    [("Low", "0"), ("Middle", "25"), ("High", "50")].map(|(name, from)| (name.into(), from.into())),
                ),
            )],
            "{ Low = 0, High = 50 }  #",
            "{ Low = 0, Middle = 25, High = 50 }  #",
        ),
        (
            &[set(At::rule("login"), "limit", keys::table([("times", Value::number(2)), ("per", Value::text("day"))]))],
            "points = 1\n[rule.login.limit]\ntimes = 1\nper = \"day\"\n",
            "points = 1\nlimit = { times = 2, per = \"day\" }\n",
        ),
        (
            &[set(At::new("", ""), "name", Value::text("Ours"))],
            "timezone = \"Europe/Oslo\"\n",
            "timezone = \"Europe/Oslo\"\nname = \"Ours\"\n",
        ),
        (
            &[Edit::Switch(At::rule("login"), false)],
            "[rule.login]\nscore = \"engagement\"\nactivity = \"login\"\npoints = 1\n[rule.login.limit]\ntimes = 1\nper = \"day\"\n",
            "# off: [rule.login]\n# off: score = \"engagement\"\n# off: activity = \"login\"\n# off: points = 1\n# off: [rule.login.limit]\n# off: times = 1\n# off: per = \"day\"\n",
        ),
    ];
    for (edits, before, after) in cases {
        assert!(TEXT.contains(before), "{before}");
        assert_eq!(edited(TEXT, edits), TEXT.replace(before, after));
    }
    let moved = edited(TEXT, &[Edit::Move(At::rule("login"), Some("event".into()))]);
    let (login, event) = (moved.find("[rule.login]").unwrap(), moved.find("# Taking part").unwrap());
    assert!(login < event && moved.ends_with("# ---- habits ----\n"), "{moved}");
}

#[test]
fn what_cannot_be_is_told_with_its_place() {
    let points = Edit::Set(At::rule("event"), "points".into(), Some(Value::Number("many".into())));
    let refused = apply(TEXT, &[points]).unwrap_err();
    assert!(refused.text.contains("points   = \"many\""), "{}", refused.text);
    let problem = &refused.problems[0];
    assert_eq!(
        (problem.table.as_ref(), problem.key.as_deref(), problem.line),
        (Some(&At::rule("event")), Some("points"), 14)
    );
    let place = Edit::Set(At::rule("event"), "activity".into(), Some(Value::Texts(vec!["a".into(), String::new()])));
    assert_eq!(apply(TEXT, &[place]).unwrap_err().problems[0].key.as_deref(), Some("activity"));
    for (edit, told) in [
        (Edit::Remove(At::rule("nobody")), "there is no rule `nobody` any more"),
        (Edit::Copy(At::rule("event"), "login".into()), "there is a rule `login` already"),
        (Edit::Add(At::rule("login"), None, Vec::new()), "there is a rule `login` already"),
    ] {
        let refused = apply(TEXT, &[edit]).unwrap_err();
        assert_eq!((refused.problems[0].message.as_str(), refused.text.as_str()), (told, TEXT));
    }
    let inline = "[score.s]\n[rule]\nr = { score = \"s\", when = \"contact.a\", points = 1 }\n";
    assert_eq!(
        apply(inline, &[Edit::Remove(At::rule("r"))]).unwrap_err().problems[0].message,
        "rule `r` is not written as a table of its own; change it in the text"
    );
    let set = Edit::Set(At::rule("r"), "cap".into(), Some(Value::number(3)));
    assert!(edited(inline, &[set]).contains("r = { score = \"s\", when = \"contact.a\", points = 1, cap = 3 }"));
    assert_eq!(apply("points = ", &[Edit::Remove(At::rule("r"))]).unwrap_err().problems[0].line, 1);
}
