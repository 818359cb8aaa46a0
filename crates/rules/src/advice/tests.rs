//! Ways worked out by hand. It is Saturday, 14 March 2026, unless something else is said.

use super::*;
use crate::facts::{Builder, Facts};
use crate::history::Row;
use crate::value::{Attributes, Value};

fn day(text: &str) -> Day {
    Day::parse(text).unwrap()
}

fn attributes(pairs: &[(&str, &str)]) -> Attributes {
    pairs.iter().map(|&(name, value)| (name.into(), Value::from(value))).collect()
}

/// An activity from `contact type date name=value ...`; the name `value` is the value.
fn activity(text: &str, model: &Model) -> Activity {
    let words: Vec<_> = text.split_whitespace().collect();
    let pairs: Vec<_> = words[3..].iter().map(|word| word.split_once('=').unwrap()).collect();
    let mut properties = attributes(&pairs);
    let occurred_at = model.zone.instant(words[2]).unwrap();
    Activity {
        contact: words[0].into(),
        kind: words[1].into(),
        occurred_at,
        day: model.zone.day_of(occurred_at),
        id: None,
        source: None,
        value: properties.remove("value"),
        account: None,
        properties,
    }
}

/// Ada, with attributes, and what was done by her and others.
fn known(model: &Model, ada: &[(&str, &str)], done: &[&str]) -> Facts {
    let mut builder = Builder::default();
    let row = Row { attributes: attributes(ada), ..Row::default() };
    assert_eq!(builder.contact("ada".into(), row), crate::history::Added::New);
    done.iter().for_each(|text| builder.activity(activity(text, model)));
    builder.finish()
}

/// A model with the score `s`, and what stands below it.
fn model(bands: &str, rules: &str) -> Model {
    let text = format!("[score.s]\ndecimals = 2\nbands = {{ Low = 0, {bands} }}\n{rules}");
    Model::parse(&text).unwrap_or_else(|found| panic!("{text}\n{}", found[0]))
}

fn next(model: &Model, ada: &[(&str, &str)], done: &[&str]) -> Option<NextBand> {
    let facts = known(model, ada, done);
    let evaluation = Evaluation::new(model, &facts, day("2026-03-14"));
    Advice::new(&evaluation).next_band(&"ada".into(), model.find_score("s").unwrap()).unwrap()
}

fn rule_at(model: &Model, id: &str) -> Option<RuleAt> {
    model.rules.iter().position(|rule| rule.id == id).map(RuleAt)
}

/// `3 visit (r) by 2026-03-17: 20 until 2026-04-01`
fn told(model: &Model, way: &Way) -> String {
    let until = way.until.map(|until| format!(" until {until}")).unwrap_or_default();
    let rule = &model.rule(way.rule).id;
    format!("{} {} ({rule}) by {}: {}{until}", way.activities.len(), way.kind(), way.done_by(), way.points)
}

/// The ways of Ada to the next band.
fn ways(model: &Model, done: &[&str]) -> Vec<String> {
    next(model, &[], done).unwrap().ways.iter().map(|way| told(model, way)).collect()
}

/// The most that one rule can do where none suffices.
fn most(model: &Model, done: &[&str]) -> Option<String> {
    next(model, &[], done).unwrap().most.map(|way| told(model, &way))
}

const EVENT: &str = "[rule.event]\nscore = \"s\"\nactivity = \"event\"\npoints = 20\n";

#[test]
fn a_rule_at_its_cap_leads_nowhere() {
    let gift = "[rule.gift]\nscore = \"s\"\nactivity = \"gift\"\npoints = 25\n";
    let three = ["ada event 2026-03-01", "ada event 2026-03-02", "ada event 2026-03-03"];
    let alone = model("High = 100", &format!("{EVENT}cap = 60\n"));
    assert!(ways(&alone, &three).is_empty());
    assert_eq!(most(&alone, &three), None);
    // 60 + 2 x 25 = 110.
    let both = model("High = 100", &format!("{EVENT}cap = 60\n{gift}"));
    assert_eq!(ways(&both, &three), ["2 gift (gift) by 2026-03-14: 110"]);
}

#[test]
fn limits_spread_activities_over_the_next_free_days() {
    let visit = |limit: &str| {
        model(
            "High = 20",
            &format!("[rule.visit]\nscore = \"s\"\nactivity = \"visit\"\npoints = 5\nlimit = {{ {limit} }}\n"),
        )
    };
    let today = ["ada visit 2026-03-14"];
    let cases = [
        // One is there today, so that the other three follow on the 15th, 16th and 17th.
        ("times = 1, per = \"day\"", &["3 visit (visit) by 2026-03-17: 20"][..]),
        // One more this week, then two from Monday.
        ("times = 2, per = \"week\"", &["3 visit (visit) by 2026-03-16: 20"]),
        // April and May; the next would be on 1 June, and the 90th day is 12 June.
        ("times = 1, per = \"month\"", &["3 visit (visit) by 2026-06-01: 20"]),
        ("times = 1, per = \"quarter\"", &[]),
        ("times = 3, per = \"ever\"", &[]),
        ("times = 4, per = \"ever\"", &["3 visit (visit) by 2026-03-14: 20"]),
    ];
    for (limit, expected) in cases {
        assert_eq!(ways(&visit(limit), &today), expected, "{limit}");
    }
    assert_eq!(most(&visit("times = 3, per = \"ever\""), &today).unwrap(), "2 visit (visit) by 2026-03-14: 15");
    let bots = "[exclude.bots]\nwhere = \"activity.bot = TRUE\"\n";
    let visits = Model::parse(&(visit("times = 1, per = \"day\"").print() + bots)).unwrap();
    assert_eq!(ways(&visits, &["ada visit 2026-03-14 bot=true"]), ["4 visit (visit) by 2026-03-17: 20"]);
    let first = next(&visit("times = 2, per = \"week\""), &[], &today).unwrap().ways.remove(0);
    let days: Vec<_> = first.activities.iter().map(|activity| activity.day.to_string()).collect();
    assert_eq!(days, ["2026-03-14", "2026-03-16", "2026-03-16"]);
}

#[test]
fn a_limit_by_a_property_is_met_by_others_each_time() {
    let rule = "[rule.page]\nscore = \"s\"\nactivity = \"view\"\npoints = 5\n\
                limit = { times = 1, per = \"day\", by = \"url\" }\n";
    let done = ["ada view 2026-03-14 url=/join"];
    let free = model("High = 20", rule);
    let up = next(&free, &[], &done).unwrap();
    assert_eq!(told(&free, &up.ways[0]), "3 view (page) by 2026-03-14: 20");
    assert_eq!(up.ways[0].each_another.as_deref(), Some("url"));
    assert!(up.ways[0].assumed.is_empty());
    // Other pages do not match, so that it is the same one on other days.
    let narrow = model("High = 20", &format!("{rule}where = \"activity.url = '/join'\"\n"));
    let up = next(&narrow, &[], &done).unwrap();
    assert_eq!(told(&narrow, &up.ways[0]), "3 view (page) by 2026-03-17: 20");
    assert_eq!(up.ways[0].each_another, None);
}

#[test]
fn fading_says_until_when_it_holds() {
    // 3 x 20 x 2^(-a/60) is below 51 from a > 60 log2(60/51) = 14.07 on, so on the 15th day.
    let rule = model("High = 51", &format!("{EVENT}half_life = \"60 days\"\n"));
    let today = ["ada event 2026-03-14", "ada event 2026-03-14"];
    assert_eq!(ways(&rule, &today), ["1 event (event) by 2026-03-14: 60 until 2026-03-28"]);
}

#[test]
fn tiers_are_reached_by_number_and_by_value() {
    let tiers = |by: &str| {
        let rule = "[rule.course]\nscore = \"s\"\nactivity = \"course\"\nwindow = \"12 months\"\n";
        model("High = 15", &format!("{rule}tiers = {{ 1 = 5, 3 = 10, 6 = 15 }}\ntier_by = \"{by}\"\n"))
    };
    let two = ["ada course 2026-01-10 value=2", "ada course 2026-01-20 value=1"];
    // Six at once, until the one of 10 January leaves the window.
    assert_eq!(ways(&tiers("count"), &two), ["4 course (course) by 2026-03-14: 15 until 2027-01-09"]);
    // 2 + 1, and three more of the latest value, 1.
    assert_eq!(ways(&tiers("value"), &two), ["3 course (course) by 2026-03-14: 15 until 2027-01-09"]);
}

#[test]
fn a_value_is_the_own_one_else_the_middle_one_else_1() {
    let rule =
        model("High = 9", "[rule.buy]\nscore = \"s\"\nactivity = \"buy\"\npoints = 0.1\nmultiply_by = \"value\"\n");
    let others = ["bob buy 2026-03-01 value=200", "cy buy 2026-01-01 value=30", "cy buy 2026-01-02 value=10"];
    let own = ["ada buy 2026-01-01 value=900", "ada buy 2026-03-01 value=-15", "ada buy 2026-03-02 value=29.9"];
    let assumed = |done: &[&str]| {
        let up = next(&rule, &[], done).unwrap();
        let way = up.ways.first().or(up.most.as_ref()).unwrap().clone();
        let found: Vec<_> =
            way.assumed.iter().map(|finding| (finding.name.to_string(), finding.found.clone())).collect();
        assert_eq!(found.len(), 1);
        (told(&rule, &way), found[0].0.clone(), found[0].1.clone().unwrap())
    };
    // The own latest: -1.5 + 2.99 = 1.49, and 3 x 2.99 = 8.97 more.
    assert_eq!(assumed(&own[1..]), ("3 buy (buy) by 2026-03-14: 10.46".into(), "activity.value".into(), "29.9".into()));
    // 10, 30, 200: the middle one gives 3 points.
    assert_eq!(assumed(&others), ("3 buy (buy) by 2026-03-14: 9".into(), "activity.value".into(), "30".into()));
    // Nobody bought anything: fifty times 0.1 is too little.
    assert_eq!(assumed(&[]), ("50 buy (buy) by 2026-03-14: 5".into(), "activity.value".into(), "1".into()));
    assert_eq!(next(&rule, &[], &own), None, "88.5 points are in the highest band");
}

#[test]
fn a_way_ends_a_silence() {
    let silence = "[rule.quiet]\nscore = \"s\"\ninactive_for = \"30 days\"\npoints = -10\n";
    let rule = model("High = 40", &format!("{EVENT}{silence}"));
    // 20 - 10 = 10 now; 2 x 20 without the silence; 30 days after 14 March it is back.
    assert_eq!(ways(&rule, &["ada event 2026-01-01"]), ["1 event (event) by 2026-03-14: 40 until 2026-04-12"]);
    // A rule at its cap pays nothing; what ends the silence leads there all the same, and so it is named.
    let capped = model("High = 20", &format!("{EVENT}cap = 20\n{silence}"));
    let up = next(&capped, &[], &["ada event 2026-01-01"]).unwrap();
    assert_eq!(told(&capped, &up.ways[0]), "1 event (event) by 2026-03-14: 20 until 2026-04-12");
    assert_eq!((up.ways.len(), up.ways[0].paid_by), (1, rule_at(&capped, "quiet")));
}

#[test]
fn bounds_of_a_category_may_shut_the_way() {
    let category = "[category.c]\nscore = \"s\"\nmax = 30\n";
    let rule = "[rule.event]\ncategory = \"c\"\nactivity = \"event\"\npoints = 20\n";
    let bounded = model("High = 40", &format!("{category}{rule}"));
    assert!(ways(&bounded, &["ada event 2026-01-01"]).is_empty());
    assert_eq!(most(&bounded, &["ada event 2026-01-01"]).unwrap(), "1 event (event) by 2026-03-14: 30");
}

#[test]
fn a_combined_score_is_reached_through_its_parts() {
    let text = "[score.s]\ncombine = { part = 0.5, other = -1 }\nbands = { Low = 0, High = 30 }\n\
                [score.part]\n[score.other]\n\
                [rule.event]\nscore = \"part\"\nactivity = \"event\"\npoints = 20\n\
                [rule.bad]\nscore = \"other\"\nactivity = \"complaint\"\npoints = 5\n";
    let model = Model::parse(text).unwrap();
    // 0.5 x 60 - 0 = 30, and with a complaint 0.5 x 80 - 5 = 35.
    assert_eq!(ways(&model, &[]), ["3 event (event) by 2026-03-14: 30"]);
    assert_eq!(ways(&model, &["ada complaint 2026-01-01"]), ["4 event (event) by 2026-03-14: 35"]);
}

#[test]
fn a_condition_is_met_by_example_or_as_it_describes() {
    let rule = |condition: &str| model("High = 20", &format!("{EVENT}where = \"{condition}\"\n"));
    let one = ["1 event (event) by 2026-03-14: 20"];
    let asked = rule(
        "activity.format = 'live' AND 2 = activity.level AND activity.city IN ('Oslo', 'Bergen') \
         AND activity.format IN ('online', 'live')",
    );
    assert_eq!(ways(&asked, &[]), one);
    let way = next(&asked, &[], &[]).unwrap().ways.remove(0);
    let found: Vec<_> = way.assumed.iter().map(|it| (&*it.name.id, it.found.as_deref().unwrap())).collect();
    assert_eq!(found, [("city", "Oslo"), ("format", "live"), ("level", "2")]);
    // What only a pattern describes needs an example, here Bob's.
    let pattern = rule("activity.page LIKE '/join%'");
    assert!(ways(&pattern, &[]).is_empty());
    assert!(ways(&pattern, &["ada event 2026-03-01 page=/home"]).is_empty());
    assert_eq!(ways(&pattern, &["bob event 2026-03-01 page=/join/now"]), one);
    // What is asked of the contact no activity changes.
    assert!(ways(&rule("contact.plan = 'gold'"), &[]).is_empty());
    assert!(ways(&rule("contact.id = 'bob'"), &["bob event 2026-03-01"]).is_empty());
    // Excluded activities open no way, and others do not exclude one another by standing close.
    let shut = "[exclude.all]\nwhere = \"contact.id = 'ada'\"\n";
    assert!(ways(&model("High = 20", &format!("{EVENT}{shut}")), &[]).is_empty());
    let twice = "[exclude.double]\nactivity = \"event\"\nafter = \"event\"\nwithin_seconds = 30\n";
    let two = model("High = 40", &format!("{EVENT}{twice}"));
    assert_eq!(ways(&two, &[]), ["2 event (event) by 2026-03-14: 40"]);
}

#[test]
fn what_time_brings_by_itself_is_no_way() {
    let years = "[rule.years]\nscore = \"s\"\nsince = \"contact.joined\"\nevery = \"1 year\"\npoints = 10\n";
    let visit = "[rule.visit]\nscore = \"s\"\nactivity = \"visit\"\npoints = 2\n\
                 limit = { times = 1, per = \"day\" }\n";
    let rule = model("High = 20", &format!("{years}{visit}"));
    // 10 now and 20 on the 16th; until then there is time for two visits.
    let up = next(&rule, &[("joined", "2024-03-16")], &[]).unwrap();
    assert!(up.ways.is_empty());
    assert_eq!(told(&rule, &up.most.unwrap()), "2 visit (visit) by 2026-03-15: 14");
}

#[test]
fn facts_of_a_later_date_take_no_part() {
    let rule = model("High = 40", EVENT);
    let later = ["ada event 2026-03-14", "ada event 2026-03-15"];
    assert_eq!(ways(&rule, &later), ["1 event (event) by 2026-03-14: 40"]);

    // Ada will be gold on the 15th, which is of no use to somebody who asks on the 14th.
    let gold = "[rule.gold]\nscore = \"s\"\nwhen = \"contact.plan = 'gold'\"\npoints = 100\n";
    let rule = model("High = 60", &format!("{EVENT}limit = {{ times = 1, per = \"day\" }}\n{gold}"));
    let mut builder = Builder::default();
    let row =
        Row { valid_from: Some(day("2026-03-15")), attributes: attributes(&[("plan", "gold")]), ..Row::default() };
    assert_eq!(builder.contact("ada".into(), row), crate::history::Added::New);
    builder.activity(activity("ada event 2026-03-13", &rule));
    let facts = builder.finish();
    let evaluation = Evaluation::new(&rule, &facts, day("2026-03-14"));
    let up = Advice::new(&evaluation).next_band(&"ada".into(), ScoreAt(0)).unwrap().unwrap();
    assert_eq!(told(&rule, &up.ways[0]), "2 event (event) by 2026-03-15: 60");
}

#[test]
fn two_rules_for_the_same_activities_are_one_way() {
    let again = "[rule.again]\nscore = \"s\"\nactivity = \"event\"\npoints = 1\n";
    let rule = model("High = 63", &format!("{EVENT}{again}"));
    assert_eq!(ways(&rule, &[]), ["3 event (event) by 2026-03-14: 63"]);
}

#[test]
fn the_next_tier_is_not_waited_for_where_the_end_of_a_silence_is_enough() {
    let tiers = "[rule.webinars]\nscore = \"s\"\nactivity = \"webinar\"\ntiers = { 1 = 5, 3 = 12 }\n";
    let silence = "[rule.quiet]\nscore = \"s\"\ninactive_for = \"30 days\"\npoints = -10\n";
    let rule = model("High = 5", &format!("{tiers}{silence}"));
    // 5 - 10 now; one more is the second, which pays nothing, but 5 are left without the silence.
    let up = next(&rule, &[], &["ada webinar 2026-01-01"]).unwrap();
    assert_eq!(told(&rule, &up.ways[0]), "1 webinar (webinars) by 2026-03-14: 5 until 2026-04-12");
    assert_eq!((up.ways.len(), up.ways[0].paid_by), (1, rule_at(&rule, "quiet")));
}

#[test]
fn of_two_rules_that_see_the_same_activities_the_fewest_are_told() {
    // 8 x 2.5 = 20 by the gifts themselves; the tier from 20 gifts would give 30 more.
    let gifts = "[rule.gift]\nscore = \"s\"\nactivity = \"gift\"\npoints = 0.125\nmultiply_by = \"value\"\n";
    let tiers = "[rule.many]\nscore = \"s\"\nactivity = \"gift\"\ntiers = { 20 = 30 }\n";
    let others = ["bob gift 2026-03-01 value=20", "bob gift 2026-03-02 value=20"];
    for both in [format!("{gifts}{tiers}"), format!("{tiers}{gifts}")] {
        let rule = model("High = 20", &both);
        let up = next(&rule, &[], &others).unwrap();
        assert_eq!((up.ways.len(), up.ways[0].activities.len()), (1, 8));
        assert_eq!(up.ways[0].paid_by, rule_at(&rule, "gift"));
    }
}

#[test]
fn a_smaller_number_that_is_enough_is_told() {
    let rule =
        |more: &str| model("High = 9", &format!("[rule.buy]\nscore = \"s\"\nactivity = \"buy\"\npoints = 0.3\n{more}"));
    let by_value = rule("multiply_by = \"value\"\nwindow = \"10 days\"\n");
    let enough = |rule: &Model, done: &str| {
        let up = next(rule, &[], &[done]).unwrap();
        let way = &up.ways[0];
        (way.activities.len(), way.enough.clone().map(|it| format!("{} {}", it.name, it.found.unwrap())))
    };
    // 0.3 x 30 = 9, and 0.3 x 29 = 8.7.
    let told = |number: &str| Some(format!("activity.{number}"));
    assert_eq!(enough(&by_value, "ada buy 2026-03-14 value=20"), (1, told("value 10")));
    assert_eq!(enough(&by_value, "bob buy 2026-03-14 value=1200.50"), (1, told("value 30")));
    assert_eq!(enough(&by_value, "bob buy 2026-03-14 value=30"), (1, None));
    assert_eq!(enough(&by_value, "bob buy 2026-03-14 value=30.5"), (1, told("value 30")));
    assert_eq!(enough(&by_value, "bob buy 2026-03-14 value=29"), (2, None));
    let by_minutes = rule("multiply_by = \"minutes\"\n");
    assert_eq!(enough(&by_minutes, "bob buy 2026-03-14 minutes=45"), (1, told("minutes 30")));
    let tiers = "[rule.buy]\nscore = \"s\"\nactivity = \"buy\"\ntier_by = \"value\"\ntiers = { \"12.5\" = 9 }\n";
    assert_eq!(enough(&model("High = 9", tiers), "bob buy 2026-03-14 value=40"), (1, told("value 13")));
    // Where the number does not matter, none is told.
    assert_eq!(enough(&model("High = 20", EVENT), "bob event 2026-03-14 value=40"), (1, None));
}

/// The least that prevents Ada's first drop.
fn prevented(model: &Model, done: &[&str]) -> (String, Option<String>) {
    let facts = known(model, &[], done);
    let evaluation = Evaluation::new(model, &facts, day("2026-03-14"));
    let changes = evaluation.forecast_contact(&"ada".into(), day("2029-03-14")).unwrap().unwrap();
    let way = Advice::new(&evaluation).prevention(&"ada".into(), &changes[0]).unwrap();
    (changes[0].day.to_string(), way.map(|way| told(model, &way)))
}

#[test]
fn a_drop_is_prevented_on_the_day_itself() {
    let two = ["ada event 2026-02-20", "ada event 2026-02-20"];
    let and_one = ["ada event 2026-02-20", "ada event 2026-02-20", "ada event 2026-03-14"];
    let cases = [
        // Those of 20 February leave on 22 March. One more would leave 20; two more hold until they leave
        // on 13 April.
        ("", &two[..], Some("2 event (event) by 2026-03-14: 40 until 2026-04-12")),
        // One today and one tomorrow, and it is the earlier one that leaves first.
        (
            "times = 1, per = \"day\"",
            &["ada event 2026-02-20", "ada event 2026-02-21"],
            Some("1 event (event) by 2026-03-14: 40 until 2026-03-22"),
        ),
        ("times = 2, per = \"day\"", &and_one, Some("1 event (event) by 2026-03-14: 40 until 2026-04-12")),
        // March has room for one more, and with that of the 14th it is enough; or it has room for none.
        ("times = 2, per = \"month\"", &and_one, Some("1 event (event) by 2026-03-14: 40 until 2026-04-12")),
        ("times = 2, per = \"quarter\"", &two, None),
    ];
    for (limit, done, expected) in cases {
        let limit = if limit.is_empty() { String::new() } else { format!("limit = {{ {limit} }}\n") };
        let rule = model("High = 35", &format!("{EVENT}window = \"30 days\"\n{limit}"));
        let (on, way) = prevented(&rule, done);
        assert_eq!((on.as_str(), way.as_deref()), ("2026-03-22", expected), "{limit}");
    }
}

#[test]
fn what_comes_on_the_day_of_the_drop_is_too_late() {
    let rule = "[rule.talk]\nscore = \"s\"\nactivity = \"talk\"\npoints = 10\nwindow = \"30 days\"\n\
                limit = { times = 1, per = \"week\" }\n";
    let rule = model("High = 20", rule);
    // This week has one; the next may come on Monday the 16th. That of 14 February leaves on the 16th, that
    // of the 15th, of the same week and over its limit, never counted.
    let done = ["ada talk 2026-02-14", "ada talk 2026-02-15", "ada talk 2026-03-09"];
    assert_eq!(prevented(&rule, &done), ("2026-03-16".into(), None));
    // Of 17 February, a Tuesday, the drop is on the 19th.
    let done = ["ada talk 2026-02-17", "ada talk 2026-03-09"];
    let way = "1 talk (talk) by 2026-03-16: 20 until 2026-04-07".to_owned();
    assert_eq!(prevented(&rule, &done), ("2026-03-19".into(), Some(way)));
}

#[test]
fn what_is_missing_is_told_with_the_most_that_it_could_bring() {
    let cases = "[rule.role]\ncategory = \"c\"\ncases = [\n\
                 { when = \"contact.role = 'intern'\", points = -5 },\n\
                 { when = \"contact.role = 'chief'\", points = 20 },\n\
                 { when = \"contact.level >= 3\", points = 12 },\n]\n";
    let seats = "[rule.seats]\nscore = \"s\"\nwhen = \"contact.member = TRUE\"\npoints = 0.5\n\
                 multiply_by = \"contact.seats\"\n";
    let gaps = |max: &str, cap: &str, ada: &[(&str, &str)]| {
        let rules = format!("[category.c]\nscore = \"s\"\n{max}\n{cases}{seats}{cap}");
        let up = next(&model("High = 100", &rules), ada, &[]).unwrap();
        assert!(up.ways.is_empty() && up.most.is_none());
        let told = up.gaps.iter().map(|gap| {
            let names: Vec<_> = gap.unknown.iter().map(|unknown| unknown.name.id.to_string()).collect();
            format!("{}: {}", names.join(" "), gap.points)
        });
        told.collect::<Vec<_>>()
    };
    // Without a cap nobody can say what an unknown number would bring.
    assert_eq!(gaps("", "", &[]), ["level role: 20"]);
    assert_eq!(gaps("", "cap = 30", &[]), ["level role: 20", "member seats: 30"]);
    // The case by level gives 12 already; a chief would have 8 more.
    assert_eq!(gaps("", "", &[("level", "3"), ("seats", "9")]), ["role: 8", "member: 4.5"]);
    // The category gives 15 at most, of which 12 are there; or all of them.
    assert_eq!(gaps("max = 15", "", &[("level", "3")]), ["role: 3"]);
    assert!(gaps("max = 12", "", &[("level", "3")]).is_empty());
    // Known, though worth nothing.
    assert!(gaps("", "cap = 30", &[("role", "clerk"), ("level", "1"), ("member", "false")]).is_empty());
    assert_eq!(gaps("", "cap = 30", &[("role", "clerk"), ("level", "1"), ("member", "true")]), ["seats: 30"]);
}

#[test]
fn some_scores_have_no_ways() {
    let text = "[score.s]\nbands = { Low = 0, High = 20 }\nbands_by = \"percentile\"\n\
                [score.plain]\n[score.firm]\nof = \"account\"\nbands = { Low = 0, High = 20 }\n\
                [rule.event]\nscore = \"s\"\nactivity = \"event\"\npoints = 20\n";
    let model = Model::parse(text).unwrap();
    let facts = known(&model, &[], &[]);
    let evaluation = Evaluation::new(&model, &facts, day("2026-03-14"));
    let advice = Advice::new(&evaluation);
    for id in ["s", "plain", "firm"] {
        let score = model.find_score(id).unwrap();
        assert!(!applies(&model, score));
        assert_eq!(advice.next_band(&"ada".into(), score).unwrap(), None, "{id}");
        assert_eq!(advice.next_band(&"nobody".into(), score).unwrap(), None, "{id}");
    }
}
