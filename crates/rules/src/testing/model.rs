//! Random models, as text: every rule kind, nearly every option, every form of condition.

use std::fmt::Write as _;

use super::Dice;

/// A random valid model.
pub fn model(dice: &mut Dice) -> String {
    let mut out = String::new();
    let zone = dice.pick(&["UTC", "Europe/Oslo", "America/New_York", "Asia/Kathmandu", "Africa/Cairo"]);
    writeln!(out, "timezone = \"{zone}\"\npassive = [\"delivered\"]").expect("a String takes any text");
    scores(dice, &mut out);
    for (id, score) in [("work", "engagement"), ("more", "engagement"), ("firm", "company")] {
        writeln!(out, "\n[category.{id}]\nscore = \"{score}\"").expect("a String takes any text");
        optional(dice, &mut out, &["min = -10", "max = 55.5", "max = 20"]);
    }
    for number in 0..1 + dice.below(8) {
        let home =
            dice.pick(&["category = \"work\"", "category = \"more\"", "score = \"engagement\"", "score = \"fit\""]);
        writeln!(out, "\n[rule.r{number}]\n{home}").expect("a String takes any text");
        capped(dice, &mut out, contact_rule);
    }
    for number in 0..dice.below(5) {
        let home = dice.pick(&["category = \"firm\"", "score = \"company\""]);
        writeln!(out, "\n[rule.firm{number}]\n{home}").expect("a String takes any text");
        capped(dice, &mut out, account_rule);
    }
    for number in 0..dice.below(4) {
        writeln!(out, "\n[rule.deal{number}]\nscore = \"deal\"").expect("a String takes any text");
        known_rule(dice, "opportunity", &mut out);
    }
    exclusions(dice, &mut out);
    out
}

/// A random model of one rule and a roll-up of it, with bands so narrow that any change shows.
pub fn narrow_model(dice: &mut Dice) -> String {
    let edges = [
        "-40", "-20", "-10", "-6", "-3", "-2", "-1", "-0.5", "-0.1", "0.0001", "0.1", "0.5", "1", "2", "3", "5", "8",
        "10", "15", "20", "25", "30", "40",
    ];
    let bands: Vec<_> = edges.iter().enumerate().map(|(place, edge)| format!("B{place} = {edge}")).collect();
    let bands = format!("decimals = 4\nbands = {{ {} }}", bands.join(", "));
    let mut out =
        format!("[score.one]\n{bands}\n\n[score.firm]\nof = \"account\"\n{bands}\n\n[rule.one]\nscore = \"one\"\n");
    capped(dice, &mut out, contact_rule);
    line(&mut out, "\n[rule.firm]\nscore = \"firm\"\nrollup = \"one\"");
    optional(dice, &mut out, &["attribution = \"at_time\""]);
    out
}

fn line(out: &mut String, text: &str) {
    writeln!(out, "{text}").expect("a String takes any text");
}

/// One of the lines, or none.
fn optional(dice: &mut Dice, out: &mut String, lines: &[&str]) {
    if dice.one_in(2) {
        line(out, dice.pick(lines));
    }
}

fn scores(dice: &mut Dice, out: &mut String) {
    for (id, of) in [("engagement", "contact"), ("fit", "contact"), ("company", "account")] {
        line(out, &format!("\n[score.{id}]\nof = \"{of}\""));
        optional(dice, out, &["decimals = 2\nmin = 0.5", "decimals = 4", "min = 0\nmax = 40", "max = 25"]);
        line(out, dice.pick(&["bands = { Low = 0, Medium = 10.5, High = 30 }", "bands = { Only = 5 }", ""]));
        let owner = if of == "contact" { "contact" } else { "account" };
        if dice.one_in(3) {
            line(out, &format!("cohort = \"{owner}.plan\""));
        }
        if dice.one_in(3) {
            line(out, &format!("population = {}", quoted(&condition(dice, &[owner], 1))));
        }
    }
    if dice.one_in(2) {
        line(out, "\n[score.overall]\ncombine = { engagement = 0.6, fit = -0.3333 }\nbands = { Z = -5, A = 12 }");
        line(out, "\n[score.grade]\nmatrix = [\"overall\", \"engagement\"]");
    }
    line(out, "\n[score.deal]\nof = \"opportunity\"");
    optional(
        dice,
        out,
        &[
            "probability = { 0 = 0.05, 10 = 0.25, \"20.5\" = 0.654321 }",
            "probability = { midpoint = 12.5, slope = 0.3333 }",
        ],
    );
}

/// A rule, and perhaps a cap where it does not bring its own.
fn capped(dice: &mut Dice, out: &mut String, rule: fn(&mut Dice, &mut String)) {
    let mut own = String::new();
    rule(dice, &mut own);
    if !own.contains("cap = ") {
        optional(dice, &mut own, &["cap = 9", "cap = 40.5"]);
    }
    out.push_str(&own);
}

fn contact_rule(dice: &mut Dice, out: &mut String) {
    match dice.below(6) {
        0..3 => activity_rule(dice, out),
        3 => inactive_rule(dice, out),
        _ => known_rule(dice, "contact", out),
    }
}

fn account_rule(dice: &mut Dice, out: &mut String) {
    match dice.below(6) {
        0 => activity_rule(dice, out),
        1 => inactive_rule(dice, out),
        2 => known_rule(dice, "account", out),
        _ => {
            line(out, &format!("rollup = \"{}\"", dice.pick(&["engagement", "fit"])));
            let takes = ["sum", "mean", "median", "max", "top 2"].map(|take| format!("take = \"{take}\""));
            let per_capita = "take = \"per_capita\"\nper = \"account.level\"".to_owned();
            let all: Vec<&str> = takes.iter().chain([&per_capita]).map(String::as_str).collect();
            line(out, dice.pick(&all));
            optional(dice, out, &["attribution = \"at_time\"", "points = 0.5", "points = -2"]);
            if dice.one_in(3) {
                line(out, &format!("where = {}", quoted(&condition(dice, &["contact", "account"], 1))));
            }
        }
    }
}

fn types(dice: &mut Dice) -> &'static str {
    dice.pick(&["\"event\"", "\"click\"", "[\"event\", \"post\"]", "\"*\""])
}

fn points(dice: &mut Dice) -> &'static str {
    dice.pick(&["1", "10", "2.5", "-3", "0.3333", "-7.7777"])
}

fn activity_rule(dice: &mut Dice, out: &mut String) {
    line(out, &format!("activity = {}", types(dice)));
    if dice.one_in(2) {
        line(out, &format!("where = {}", quoted(&condition(dice, &["activity", "contact", "account"], 2))));
    }
    optional(
        dice,
        out,
        &[
            "limit = { times = 1, per = \"day\" }",
            "limit = { times = 2, per = \"week\", by = \"activity.plan\" }",
            "limit = { times = 3, per = \"month\" }",
            "limit = { times = 1, per = \"quarter\", by = \"level\" }",
            "limit = { times = 1, per = \"month\", by = \"activity.type\" }",
            "limit = { times = 2, per = \"year\", by = \"activity.source\" }",
            "limit = { times = 4, per = \"ever\" }",
        ],
    );
    optional(
        dice,
        out,
        &["window = \"30 days\"", "window = \"1 month\"", "window = \"2 quarters\"", "window = \"1 year\""],
    );
    if dice.one_in(4) {
        line(
            out,
            dice.pick(&[
                "tiers = { 1 = 5, 3 = 10, 6 = -2 }",
                "tiers = { \"-1\" = 1, \"0.5\" = 2, 5 = 4 }\ntier_by = \"value\"",
            ]),
        );
        return;
    }
    line(out, &format!("points = {}", points(dice)));
    optional(dice, out, &["multiply_by = \"value\"", "multiply_by = \"activity.level\""]);
    optional(dice, out, &["each_at_most = 6", "each_at_most = 0.5"]);
    optional(dice, out, &["take = \"max\"", "take = \"latest\"", "take = \"sum\""]);
    optional(
        dice,
        out,
        &[
            "half_life = \"30 days\"",
            "half_life = \"3 weeks\"",
            "fade_out = \"77 days\"",
            "step_down = { percent = 20, every = \"1 month\" }",
            "step_down = { percent = 12.5, every = \"10 days\", compound = true }",
        ],
    );
}

fn inactive_rule(dice: &mut Dice, out: &mut String) {
    line(
        out,
        &format!("inactive_for = \"{}\"\npoints = {}", dice.pick(&["30 days", "1 month", "2 weeks"]), points(dice)),
    );
    if dice.one_in(3) {
        line(out, &format!("activity = {}", types(dice)));
    }
    optional(dice, out, &["repeat = true\ncap = 15"]);
}

fn known_rule(dice: &mut Dice, owner: &str, out: &mut String) {
    let spaces: &[&str] = match owner {
        "account" => &["account"],
        "contact" => &["contact", "account"],
        _ => &["opportunity", "contact", "account"],
    };
    let results = owner == "opportunity";
    let when = |dice: &mut Dice| match results && dice.one_in(2) {
        true => quoted(dice.pick(&[
            "score.engagement > 5",
            "band.engagement = 'High'",
            "percentile.fit >= 50",
            "category.work <> 0",
        ])),
        false => quoted(&condition(dice, spaces, 2)),
    };
    match dice.below(3) {
        0 => {
            let when = when(dice);
            line(out, &format!("when = {when}\npoints = {}", points(dice)));
            if dice.one_in(2) {
                line(out, &format!("multiply_by = \"{owner}.level\""));
            }
        }
        1 => {
            let cases = [when(dice), when(dice)];
            let cases = cases.map(|when| format!("{{ when = {when}, points = {} }}", points(dice)));
            line(out, &format!("cases = [{}]", cases.join(", ")));
        }
        _ => {
            let every = dice.pick(&["1 year", "1 quarter", "5 months", "45 days"]);
            line(out, &format!("since = \"{owner}.joined\"\nevery = \"{every}\"\npoints = {}\ncap = 20", points(dice)));
        }
    }
}

fn exclusions(dice: &mut Dice, out: &mut String) {
    if dice.one_in(3) {
        let where_ = quoted(&condition(dice, &["activity", "contact"], 1));
        line(out, &format!("\n[exclude.some]\nwhere = {where_}"));
    }
    if dice.one_in(3) {
        line(
            out,
            "\n[exclude.scanner]\nactivity = \"click\"\nafter = \"delivered\"\nsame = \"plan\"\nwithin_seconds = 30",
        );
    }
    if dice.one_in(6) {
        let same = dice.pick(&["activity.source", "activity.type", "value"]);
        line(out, &format!("\n[exclude.echo]\nafter = \"post\"\nsame = \"{same}\"\nwhere = \"activity.level > 0\""));
    }
}

/// A random condition over the names of some spaces, nested at most so deep.
pub fn condition(dice: &mut Dice, spaces: &[&str], depth: usize) -> String {
    if depth > 0 && dice.one_in(2) {
        let inner = |dice: &mut Dice| condition(dice, spaces, depth - 1);
        return match dice.below(3) {
            0 => format!("({} AND {})", inner(dice), inner(dice)),
            1 => format!("({} OR {})", inner(dice), inner(dice)),
            _ => format!("NOT ({})", inner(dice)),
        };
    }
    let name = |dice: &mut Dice, attribute: &str| format!("{}.{attribute}", dice.pick(spaces));
    let (level, plan) = (name(dice, "level"), name(dice, "plan"));
    match dice.below(16) {
        0 => format!("{level} > 1"),
        1 => format!("{level} <= -0.5"),
        2 => format!("{plan} = 'gold'"),
        3 => format!("{plan} <> 'basic'"),
        4 => format!("{level} BETWEEN 0.5 AND 3"),
        5 => format!("{plan} IN ('basic', 'Gold', 'it''s')"),
        6 => format!("{level} NOT IN (0, 1)"),
        7 => format!("{plan} LIKE 'g%!_p%' ESCAPE '!'"),
        8 => format!("{plan} ILIKE 'GOLD%'"),
        9 => format!("{plan} IS NULL"),
        10 => format!("{level} IS NOT NULL"),
        11 => format!("lower({plan}) = 'gold' AND length({plan}) > 3"),
        12 => format!("coalesce({level}, 1) >= 1"),
        13 => format!("regexp_like({plan}, '^[gG]o') OR starts_with(upper({plan}), 'B')"),
        14 => format!("{level} = {plan}"),
        _ => match spaces.iter().find(|space| **space != "activity") {
            Some(space) => format!("{space}.joined >= DATE '2024-01-31' OR {space}.opted_in = TRUE"),
            None => "activity.type <> 'event'".to_owned(),
        },
    }
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}
