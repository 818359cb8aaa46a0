//! Every kind of finding: a model, with facts where it needs them, in which it is the only one found, and
//! a near twin in which nothing is.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::{Kind, allowed, lint, written};
use crate::activity::Activity;
use crate::day::Day;
use crate::facts::{Builder, Facts};
use crate::history::{Membership, Row};
use crate::model::Model;
use crate::score::Evaluation;
use crate::value::{Attributes, Value};

const AS_OF: &str = "2026-03-01";

/// A kind, a model and facts with that finding alone, and the change that mends one of the two.
#[derive(Clone)]
struct Case {
    kind: Kind,
    model: &'static str,
    facts: String,
    written: &'static str,
    mended: &'static str,
}

fn case(
    kind: Kind,
    model: &'static str,
    facts: impl Into<String>,
    written: &'static str,
    mended: &'static str,
) -> Case {
    Case { kind, model, facts: facts.into(), written, mended }
}

/// Lines `contact ID NAME=VALUE ...`, `account ID ...`, `opportunity ID ...` and `DATE CONTACT TYPE ...`.
fn facts(lines: &str, model: &Model) -> Facts {
    let mut builder = Builder::default();
    for line in lines.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        let begin = if line.starts_with(char::is_numeric) { 3 } else { 2 };
        let pairs = || words[begin..].iter().map(|pair| pair.split_once('=').unwrap());
        let account = pairs().find(|(name, _)| *name == "account").map(|(_, value)| value);
        let attributes: Attributes = pairs().map(|(name, value)| (name.into(), Value::from(value))).collect();
        let accounts = account.map(|account| Membership { account: account.into(), since: None }).into_iter().collect();
        let contact = pairs().find(|(name, _)| *name == "contact").map(|(_, value)| value.into());
        let row = Row { attributes: attributes.clone(), accounts, contact, valid_from: None };
        let _added = match words[0] {
            "contact" => builder.contact(words[1].into(), row),
            "account" => builder.account(words[1].into(), row),
            "opportunity" => builder.opportunity(words[1].into(), row),
            date => {
                let occurred_at = model.zone.instant(date).unwrap();
                builder.activity(Activity {
                    contact: words[1].into(),
                    kind: words[2].into(),
                    occurred_at,
                    day: model.zone.day_of(occurred_at),
                    id: None,
                    source: None,
                    value: None,
                    account: None,
                    properties: attributes,
                });
                continue;
            }
        };
    }
    builder.finish()
}

fn found(model: &str, lines: &str) -> Vec<super::Finding> {
    let text = model;
    let model = Model::parse(text).unwrap_or_else(|mistakes| panic!("{text}\n{mistakes:?}"));
    let facts = facts(lines, &model);
    let evaluation = Evaluation::new(&model, &facts, Day::parse(AS_OF).unwrap());
    let facts = Some(&evaluation).filter(|_| !lines.is_empty());
    let mut findings = lint(&model, facts, &|| ()).unwrap();
    findings.extend(written(&model, text));
    allowed(text, findings, facts.is_some()).into_iter().map(|(finding, _)| finding).collect()
}

/// So many lines, `#` standing for a number in each.
fn lines(count: usize, line: &str) -> String {
    (0..count).fold(String::new(), |mut all, number| {
        writeln!(all, "{}", line.replace('#', &number.to_string())).unwrap();
        all
    })
}

const LOGIN: &str = "2026-02-01 ada login\n";
const PAID: &str = "[score.s]\n[rule.a]\nscore = \"s\"\nactivity = \"login\"\npoints = 1\n";
const TWO: &str = "[score.s]\n[rule.a]\nscore = \"s\"\nactivity = \"login\"\npoints = 1\n\
                   [rule.b]\nscore = \"s\"\nactivity = \"visit\"\npoints = 1\n";
const BANDS: &str =
    "[score.s]\nbands = { Low = 0, High = 3 }\n[rule.a]\nscore = \"s\"\nactivity = \"login\"\npoints = 2\n";
const CAP: &str = "[score.s]\n[rule.a]\nscore = \"s\"\nactivity = \"login\"\npoints = 5\ncap = 9\n";
const CEO: &str =
    "[score.s]\n[rule.a]\nscore = \"s\"\nwhen = \"contact.title = 'CEO' OR contact.title IS NULL\"\npoints = 1\n";

fn of_limits() -> Vec<Case> {
    vec![
        case(
            Kind::DoublePoints,
            "[score.s]\n[rule.a]\nscore = \"s\"\nactivity = [\"x\", \"y\"]\npoints = 1\n\
             [rule.b]\nscore = \"s\"\nactivity = \"y\"\nwhere = \"activity.size > 3\"\npoints = 2\n",
            "",
            "activity = [\"x\", \"y\"]",
            "activity = [\"x\", \"y\"]\nwhere = \"activity.size <= 3\"",
        ),
        case(
            Kind::PointlessLimit,
            "[score.s]\n[rule.a]\nscore = \"s\"\nactivity = \"x\"\npoints = 1\ntake = \"latest\"\nlimit = { times = 1, per = \"day\" }\n",
            "",
            "take = \"latest\"",
            "take = \"sum\"",
        ),
        // 2 x 5 are the cap already; 1 x 5 are not.
        case(
            Kind::PointlessLimit,
            "[score.s]\n[rule.a]\nscore = \"s\"\nactivity = \"x\"\npoints = 5\ncap = 10\nlimit = { times = 2, per = \"week\" }\n",
            "",
            "times = 2",
            "times = 1",
        ),
        // Each month has 28 days or more, and 28 days of window are enough.
        case(
            Kind::LimitOutlivesWindow,
            "[score.s]\n[rule.a]\nscore = \"s\"\nactivity = \"x\"\npoints = 5\nlimit = { times = 2, per = \"month\" }\nwindow = \"27 days\"\n",
            "",
            "27 days",
            "28 days",
        ),
    ]
}

fn of_caps() -> Vec<Case> {
    vec![
        // At most one in a calendar year, two within twelve months: 2 x 5.
        case(
            Kind::PointlessCap,
            "[score.s]\n[rule.a]\nscore = \"s\"\nactivity = \"x\"\npoints = 5\ncap = 11\nlimit = { times = 1, per = \"year\" }\nwindow = \"12 months\"\n",
            "",
            "cap = 11",
            "cap = 9",
        ),
        case(
            Kind::PointlessCap,
            "[score.s]\n[category.c]\nscore = \"s\"\nmax = 20\n[rule.a]\ncategory = \"c\"\nactivity = \"x\"\npoints = 5\ncap = 30\n",
            "",
            "cap = 30",
            "cap = 20",
        ),
        // A rule that takes points away makes room above the ceiling.
        case(
            Kind::PointlessCap,
            "[score.s]\n[category.c]\nscore = \"s\"\nmax = 20\n[rule.a]\ncategory = \"c\"\nactivity = \"x\"\npoints = 5\ncap = 30\n\
             [rule.b]\ncategory = \"c\"\nactivity = \"y\"\npoints = 5\n",
            "",
            "activity = \"y\"\npoints = 5",
            "activity = \"y\"\npoints = -5",
        ),
        case(
            Kind::LowCap,
            "[score.s]\n[rule.a]\nscore = \"s\"\nactivity = \"x\"\npoints = 10\ncap = 9.5\nhalf_life = \"30 days\"\n",
            "",
            "cap = 9.5",
            "cap = 10",
        ),
        case(
            Kind::LowCap,
            "[score.s]\n[rule.a]\nscore = \"s\"\nactivity = \"x\"\npoints = 10\nmultiply_by = \"value\"\neach_at_most = 6\ncap = 5\n",
            "",
            "each_at_most = 6",
            "each_at_most = 5",
        ),
        case(
            Kind::LowCap,
            "[score.s]\n[rule.a]\nscore = \"s\"\nactivity = \"x\"\ntiers = { 1 = 5, 3 = 12 }\ncap = 10\n",
            "",
            "cap = 10",
            "cap = 12",
        ),
        case(
            Kind::PointlessCap,
            "[score.s]\n[rule.a]\nscore = \"s\"\nactivity = \"x\"\npoints = 5\neach_at_most = 10\n",
            "",
            "points = 5",
            "points = 5\nmultiply_by = \"value\"",
        ),
    ]
}

fn of_fading() -> Vec<Case> {
    vec![
        case(
            Kind::PointlessFade,
            "[score.s]\n[rule.a]\nscore = \"s\"\nactivity = \"x\"\npoints = 5\nwindow = \"20 days\"\nstep_down = { percent = 20, every = \"1 month\" }\n",
            "",
            "20 days",
            "2 months",
        ),
        // Nothing is left after five steps.
        case(
            Kind::PointlessWindow,
            "[score.s]\n[rule.a]\nscore = \"s\"\nactivity = \"x\"\npoints = 5\nwindow = \"50 days\"\nstep_down = { percent = 20, every = \"10 days\" }\n",
            "",
            "50 days",
            "49 days",
        ),
        case(
            Kind::UnreachableTier,
            "[score.s]\n[rule.a]\nscore = \"s\"\nactivity = \"x\"\ntiers = { 1 = 5, 8 = 10 }\nlimit = { times = 1, per = \"day\" }\nwindow = \"1 week\"\n",
            "",
            "8 = 10",
            "7 = 10",
        ),
    ]
}

fn of_bands() -> Vec<Case> {
    vec![
        // Two rules of 10 and 15.
        case(
            Kind::UnreachableBand,
            "[score.s]\nbands = { Low = 0, High = 26 }\n[rule.a]\nscore = \"s\"\nwhen = \"contact.x = 1\"\npoints = 10\n\
             [rule.b]\nscore = \"s\"\nactivity = \"x\"\npoints = 5\ncap = 15\n",
            "",
            "High = 26",
            "High = 25",
        ),
        case(
            Kind::UnreachableBand,
            "[score.s]\nmin = 0\nbands = { Lost = -50, Low = 0 }\n[rule.a]\nscore = \"s\"\nactivity = \"x\"\npoints = 5\n",
            "",
            "Low = 0",
            "Low = 1",
        ),
        case(
            Kind::UnreachableBand,
            "[score.s]\nbands_by = \"percentile\"\nbands = { Low = 0, First = 100 }\n[rule.a]\nscore = \"s\"\nactivity = \"x\"\npoints = 5\n",
            "",
            "First = 100",
            "First = 99",
        ),
        // The most that weekly logins can be worth together, worth half after a week, is 22.4916 (see `reach`).
        case(
            Kind::UnreachableBand,
            "[score.s]\nbands = { Low = 0, High = 23 }\n[rule.a]\nscore = \"s\"\nactivity = \"x\"\npoints = 8\nhalf_life = \"1 week\"\nlimit = { times = 1, per = \"week\" }\n",
            "",
            "High = 23",
            "High = 22",
        ),
    ]
}

fn of_order() -> Vec<Case> {
    vec![
        // From the highest down is an order too.
        case(
            Kind::UnorderedBands,
            "[score.s]\nbands = { Passive = 0, Some = 50, Active = 15 }\n[rule.a]\nscore = \"s\"\nactivity = \"x\"\npoints = 1\n",
            "",
            "Passive = 0",
            "Passive = 70",
        ),
        case(
            Kind::TextOrder,
            "[score.s]\n[rule.a]\nscore = \"s\"\nwhen = \"contact.joined > '01.02.2020'\"\npoints = 1\n",
            "",
            "'01.02.2020'",
            "DATE '2020-02-01'",
        ),
        case(
            Kind::TextOrder,
            "[score.s]\n[rule.a]\nscore = \"s\"\nwhen = \"contact.plan = '5' OR NOT contact.age BETWEEN 18 AND '65'\"\npoints = 1\n",
            "",
            "'65'",
            "65",
        ),
    ]
}

fn of_words() -> Vec<Case> {
    vec![
        case(
            Kind::ShadowedCase,
            "[score.s]\n[rule.a]\nscore = \"s\"\ncases = [{ when = \"contact.age > 18\", points = 1 }, { when = \"contact.age > 65\", points = 2 }]\n",
            "",
            "contact.age > 18",
            "contact.age > 70",
        ),
        case(
            Kind::NoRules,
            "[score.s]\n",
            "",
            "[score.s]",
            "[score.s]\n[rule.a]\nscore = \"s\"\nactivity = \"x\"\npoints = 1",
        ),
        case(
            Kind::NoRules,
            "[score.s]\n[category.c]\nscore = \"s\"\n[rule.a]\nscore = \"s\"\nactivity = \"x\"\npoints = 1\n",
            "",
            "[rule.a]\nscore = \"s\"",
            "[rule.a]\ncategory = \"c\"",
        ),
        case(
            Kind::MatrixWithoutBands,
            "[score.s]\n[score.t]\nbands = { Low = 0, High = 1 }\n[score.m]\nmatrix = [\"s\", \"t\"]\n\
             [rule.a]\nscore = \"s\"\nactivity = \"x\"\npoints = 1\n[rule.b]\nscore = \"t\"\nactivity = \"x\"\npoints = 1\n",
            "",
            "[score.s]",
            "[score.s]\nbands = { Low = 0, High = 1 }",
        ),
        case(
            Kind::NeverKnown,
            "[score.s]\nbands = { Low = 0, High = 1 }\n[score.m]\nmatrix = [\"s\", \"s\"]\n[score.d]\nof = \"opportunity\"\n\
             [rule.a]\nscore = \"s\"\nactivity = \"x\"\npoints = 1\n[rule.b]\nscore = \"d\"\nwhen = \"score.m > 5\"\npoints = 1\n",
            "",
            "score.m > 5",
            "band.m = 'A1'",
        ),
        case(
            Kind::BlankType,
            "[score.s]\n[rule.a]\nscore = \"s\"\nactivity = [\"x\", \" y\"]\npoints = 1\n",
            "",
            "\" y\"",
            "\"y\"",
        ),
        case(
            Kind::LikeWildcard,
            "[score.s]\n[rule.a]\nscore = \"s\"\nactivity = \"x\"\nwhere = \"activity.page LIKE '/join*'\"\npoints = 1\n",
            "",
            "/join*",
            "/join%",
        ),
        case(
            Kind::MisspeltValue,
            "[score.s]\nbands = { Low = 0, High = 1 }\n[score.d]\nof = \"opportunity\"\n\
             [rule.a]\nscore = \"s\"\nactivity = \"x\"\npoints = 1\n[rule.b]\nscore = \"d\"\nwhen = \"band.s = 'Hihg'\"\npoints = 1\n",
            "",
            "Hihg",
            "High",
        ),
    ]
}

fn of_rules() -> Vec<Case> {
    let logins = lines(10, "2026-02-01 c# login\n2026-02-02 c# login");
    vec![
        // What both match by their types alone is found; who is kept apart by what they did is not.
        case(
            Kind::DoublePoints,
            "[score.s]\n[rule.a]\nscore = \"s\"\nactivity = \"*\"\nwhere = \"activity.size > 3\"\npoints = 1\n\
             [rule.b]\nscore = \"s\"\nactivity = \"login\"\nwhere = \"activity.size < 9\"\npoints = 1\n",
            "2026-02-01 ada login size=5\n2026-02-01 ada login size=10\n2026-02-01 ada login size=2",
            "size=5",
            "size=10",
        ),
        case(Kind::DeadRule, TWO, "2026-02-01 ada visit\n2026-02-01 ada visit\n", "ada visit", "ada login"),
        case(
            Kind::DeadRule,
            "[score.s]\n[rule.a]\nscore = \"s\"\nactivity = \"login\"\npoints = 1\nwindow = \"1 month\"\n",
            "2026-02-01 ada login\n",
            "1 month",
            "2 months",
        ),
        case(Kind::DeadRule, CEO, "contact ada title=clerk", "title=clerk", "title=CEO"),
        // Nine of ten have the cap; with a login that another has in place of one of them, eight of eleven.
        case(Kind::CrowdedCap, CAP, &logins[..logins.len() - 20], "2026-02-02 c7", "2026-02-02 c10"),
        // Twenty with two points; one of them has four.
        case(
            Kind::EmptyBand,
            BANDS,
            lines(20, "2026-02-01 c# login"),
            "2026-02-01 c7 login\n",
            "2026-02-01 c7 login\n2026-02-01 c7 login\n",
        ),
        case(
            Kind::MostlyUnknown,
            "[score.s]\n[rule.a]\nscore = \"s\"\nwhen = \"contact.age > 18\"\npoints = 1\n",
            "contact ada\ncontact bob\ncontact cleo\ncontact dan age=30",
            "contact ada",
            "contact ada age=20",
        ),
        case(
            Kind::MostlyUnknown,
            "[score.s]\n[rule.a]\nscore = \"s\"\nactivity = \"login\"\npoints = 1\nmultiply_by = \"minutes\"\n",
            "2026-02-01 ada login minutes=3\n2026-02-01 ada login\n2026-02-01 ada login\n",
            "ada login\n2026-02-01 ada login\n",
            "ada login minutes=1\n2026-02-01 ada login\n",
        ),
    ]
}

fn of_names() -> Vec<Case> {
    vec![
        // One of four has no row; one of five is not too many.
        case(
            Kind::UnknownContacts,
            PAID,
            lines(4, "2026-02-01 c# login") + "contact c0\ncontact c1\ncontact c2\ncontact c5",
            "contact c5",
            "contact c4\n2026-02-01 c4 login",
        ),
        case(
            Kind::DecimalComma,
            "[score.s]\n[rule.a]\nscore = \"s\"\nactivity = \"login\"\npoints = 1\nmultiply_by = \"minutes\"\n",
            "2026-02-01 ada login minutes=1,50\n2026-02-01 ada login minutes=7\n",
            "1,50",
            "1.50",
        ),
        case(
            Kind::UnseenType,
            "[score.s]\n[rule.a]\nscore = \"s\"\nactivity = [\"login\", \"visit\"]\npoints = 1\n",
            LOGIN,
            "ada login",
            "ada visit\n2026-02-01 ada login",
        ),
        case(Kind::UnmentionedType, PAID, "2026-02-01 ada login\n2026-02-01 ada visit\n", "ada visit", "ada login"),
        case(Kind::MisspeltType, PAID, "2026-02-01 ada logins\n", "logins", "login"),
        case(
            Kind::MisspeltValue,
            "[score.s]\n[rule.a]\nscore = \"s\"\nwhen = \"lower(account.industry) = 'helthcare'\"\npoints = 1\n",
            "account acme industry=Healthcare\ncontact ada account=acme",
            "helthcare",
            "healthcare",
        ),
        case(
            Kind::MisspeltName,
            "[score.s]\n[rule.a]\nscore = \"s\"\nwhen = \"contact.jobtitle IS NOT NULL\"\npoints = 1\n",
            "contact ada job_title=CEO",
            "jobtitle",
            "job_title",
        ),
        case(
            Kind::DeadExclusion,
            "[score.s]\n[rule.a]\nscore = \"s\"\nactivity = \"login\"\npoints = 1\n[exclude.bots]\nwhere = \"contact.id = 'robot'\"\n",
            "2026-02-01 ada login\n2026-02-01 bob login\n",
            "2026-02-01 bob",
            "2026-02-01 robot",
        ),
        case(
            Kind::UnseenPassive,
            "passive = [\"mail\"]\n[score.s]\n[rule.a]\nscore = \"s\"\nactivity = \"login\"\npoints = 1\n",
            LOGIN,
            "2026-02-01 ada login\n",
            "2026-02-01 ada login\n2026-02-01 ada mail\n",
        ),
        case(
            Kind::UnusedAllow,
            "[score.s]\n[rule.a]\n# lint: allow dead-rule because it is new\nscore = \"s\"\nactivity = \"login\"\npoints = 1\n\
             [rule.b]\nscore = \"s\"\nactivity = \"visit\"\npoints = 1\n",
            "2026-02-01 ada login\n2026-02-01 ada visit\n",
            "ada login",
            "ada visit",
        ),
    ]
}

#[test]
fn every_kind_is_found_and_its_twin_is_not() {
    let cases: Vec<Case> =
        [of_limits(), of_caps(), of_fading(), of_bands(), of_order(), of_words(), of_rules(), of_names()].concat();
    let mut wrong = String::new();
    for Case { kind, model, facts, written, mended } in &cases {
        let findings = found(model, facts);
        if findings.iter().map(|finding| finding.kind).ne([*kind]) {
            wrong += &format!("\n{kind} alone is expected, found {findings:#?} in\n{model}{facts}\n");
        }
        let (model, facts) = (model.replacen(written, mended, 1), facts.replacen(written, mended, 1));
        let twin = found(&model, &facts);
        if !twin.is_empty() {
            wrong += &format!("\n{kind}: nothing is expected, found {twin:#?} in\n{model}{facts}\n");
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
    let covered: BTreeSet<Kind> = cases.iter().map(|case| case.kind).collect();
    assert_eq!(covered, Kind::ALL.iter().copied().collect());
}

#[test]
fn recency_frequency_and_money_are_three_things() {
    let rule = |id: &str, pays: &str| format!("[rule.{id}]\nscore = \"s\"\nactivity = \"purchase\"\n{pays}\n");
    let recency = rule("recency", "points = 40\ntake = \"latest\"\nhalf_life = \"90 days\"");
    let frequency = rule("frequency", "tiers = { 1 = 5, 4 = 20 }");
    let money = rule("money", "tiers = { 20 = 5, 50 = 10 }\ntier_by = \"value\"");
    let items = rule("items", "points = 1\nmultiply_by = \"items\"");
    let model = format!("[score.s]\n{recency}{frequency}{money}{items}");
    assert_eq!(found(&model, ""), []);
    let again = [rule("x", "points = 1"), rule("x", "points = 1\nmultiply_by = \"value\"")];
    for (again, first) in again.iter().zip(["frequency", "money"]) {
        let doubled = found(&format!("{model}{again}"), "");
        let firsts: Vec<_> = doubled.iter().map(|finding| (finding.kind, finding.about.other.as_deref())).collect();
        assert_eq!(firsts, [(Kind::DoublePoints, Some(first))]);
    }
}

/// The notes of the findings of one kind.
fn notes(kind: Kind, model: &str, facts: &str) -> Vec<String> {
    found(model, facts).into_iter().filter(|finding| finding.kind == kind).map(|finding| finding.evidence).collect()
}

#[test]
fn the_note_on_a_dead_rule_says_why() {
    let rule = |more: &str| format!("[score.s]\n[rule.a]\nscore = \"s\"\nactivity = \"login\"\npoints = 1\n{more}");
    let login = "2025-02-01 ada login page=a\n2025-02-02 ada login\n2025-12-02 ada login\n";
    let cases = [
        ("", "2026-02-01 ada visit", "there is no activity of its type at all"),
        (
            "where = \"activity.page = 'b'\"",
            "2026-02-01 ada login page=a\n2026-02-01 ada login page=a\n2026-02-01 ada login",
            "3 activities of its type, none of which matches `where`; for 1 it is unknown",
        ),
        (
            "[exclude.all]\nactivity = \"login\"",
            "2026-02-01 ada login",
            "1 activity of its type, every one of which is excluded",
        ),
        // The first of the year has used up the limit and left the window, the others are over the limit.
        (
            "window = \"6 months\"\nlimit = { times = 1, per = \"year\" }",
            login,
            "3 activities matched, but none counts: 1 outside the window, 2 over the limit",
        ),
    ];
    for (more, facts, note) in cases {
        assert_eq!(notes(Kind::DeadRule, &rule(more), facts), [note], "{more}");
    }
    let account = rule("").replace("[score.s]", "[score.s]\nof = \"account\"");
    let facts = "2026-02-01 ada login\ncontact bob account=acme";
    let note = "1 activity of its type, none of which belongs to an account";
    assert_eq!(notes(Kind::DeadRule, &account, facts), [note]);
}

#[test]
fn without_facts_rules_pay_twice_only_where_nothing_can_keep_them_apart() {
    let cases = [
        ("activity.a = 'x'", "activity.b = 'y'", true),
        ("activity.a = 'x'", "activity.a = 'y'", false),
        ("activity.a = 'x' AND activity.b = 'z'", "activity.a = 'x'", true),
        ("activity.a IN ('x', 'y')", "activity.a IN ('y', 'z')", true),
        ("activity.a IN ('x', 'y')", "'z' = activity.a", false),
        ("activity.page LIKE '/a%'", "activity.page LIKE '/b%'", false),
        ("activity.size > 3", "activity.size <= 3", false),
        ("activity.size > 3", "activity.size > 3", true),
    ];
    for (one, other, twice) in cases {
        let rule = |id, condition| {
            format!("[rule.{id}]\nscore = \"s\"\nactivity = \"x\"\nwhere = \"{condition}\"\npoints = 1\n")
        };
        let model = format!("[score.s]\n{}{}", rule("a", one), rule("b", other));
        let expected: &[&str] = if twice { &["both take `x`, and no condition keeps them apart"] } else { &[] };
        assert_eq!(notes(Kind::DoublePoints, &model, ""), expected, "{one} | {other}");
        let against = model.replacen("points = 1", "points = -1", 1);
        assert!(found(&against, "").is_empty(), "one gives and the other takes: {one} | {other}");
    }
}

#[test]
fn what_nobody_reports_without_enough_people_or_facts() {
    // Nineteen are too few for an empty band, nine for a crowded cap, any number for a rule of a file that is absent.
    let logins = |count| lines(count, "2026-02-01 c# login\n2026-02-02 c# login");
    assert_eq!(found(BANDS, &lines(19, "2026-02-01 c# login")), []);
    assert_eq!(found(CAP, &logins(9)), []);
    assert_eq!(found(PAID, "contact ada"), []);
    assert_eq!(
        notes(Kind::CrowdedCap, CAP, &logins(10)),
        ["10 of 10 contacts with points from it have 9, the most (100 %)"]
    );
}

#[test]
fn a_type_beside_one_that_differs_by_a_letter_is_asked_for() {
    let findings = found(PAID, "2026-02-01 ada login\n2026-02-01 ada Login\n2026-02-01 ada visit");
    let told: Vec<_> = findings.iter().map(|it| (it.about.id.as_str(), it.proposal.as_str())).collect();
    let asked = "did you mean `login`? Then list both, or let a mapping give them one name";
    assert_eq!(told, [("Login", asked), ("visit", "give it points in a rule, or leave it out of the files")]);
}

#[test]
fn a_number_that_is_missing_is_told_of_the_key_that_asks_for_it() {
    let tiers = "[score.s]\n[rule.a]\nscore = \"s\"\nactivity = \"login\"\ntiers = { 5 = 1 }\ntier_by = \"value\"\n";
    let findings = found(tiers, LOGIN);
    let unknown = findings.iter().find(|finding| finding.kind == Kind::MostlyUnknown).unwrap();
    assert_eq!(unknown.message, "`tier_by` in rule `a` is unknown for 1 of 1 activity");
}
