//! Laws over random models and facts. A failing case prints its seed; replay it with
//! `FERVOR_SEED=<seed> cargo test -p rules --test laws`.

#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "a test fails by panicking, and prints its seed")]

use rules::day::{Day, Period};
use rules::decimal::Decimal;
use rules::facts::Facts;
use rules::fade::Fade;
use rules::ledger::{Basis, Fate, Ledger};
use rules::lint::{self, lint};
use rules::model::{Kind, Model, RuleAt};
use rules::score::Evaluation;
use rules::testing::{Dice, Fact, build, facts, known_by, model, narrow_model};

const AS_OF: &str = "2026-03-14";

fn as_of() -> Day {
    Day::parse(AS_OF).unwrap()
}

/// Runs a law for many seeds, small cases first.
fn for_seeds(cases: u64, law: impl Fn(&mut Dice, usize)) {
    #[expect(clippy::disallowed_methods, reason = "how a developer replays a seed")]
    let only = std::env::var("FERVOR_SEED").ok().and_then(|seed| seed.parse::<u64>().ok());
    for seed in only.map_or(0..cases, |seed| seed..seed + 1) {
        let size = 1 + usize::try_from(seed).unwrap() / 12;
        let run = std::panic::AssertUnwindSafe(|| law(&mut Dice::new(seed), size.min(12)));
        if let Err(panic) = std::panic::catch_unwind(run) {
            eprintln!("replay: FERVOR_SEED={seed} cargo test -p rules --test laws");
            std::panic::resume_unwind(panic);
        }
    }
}

fn parsed(text: &str) -> Model {
    Model::parse(text).unwrap_or_else(|found| {
        let lines: Vec<_> = found.iter().map(ToString::to_string).collect();
        panic!("{text}\n{}", lines.join("\n"))
    })
}

/// A random model and random facts in its time zone.
fn case(dice: &mut Dice, size: usize) -> (Model, Vec<Fact>) {
    let model = parsed(&model(dice));
    let rows = facts(dice, &model.zone, as_of(), size);
    (model, rows)
}

fn ledgers<'a>(evaluation: &Evaluation<'a>) -> Vec<Ledger<'a>> {
    let contacts = evaluation.contact_ids().map(|id| evaluation.contact(id).unwrap().unwrap());
    let accounts = evaluation.account_ids().map(|id| evaluation.account(id).unwrap().unwrap());
    contacts.chain(accounts).flatten().collect()
}

#[test]
fn order_and_repetition_of_rows_change_nothing() {
    for_seeds(250, |dice, size| {
        let (model, rows) = case(dice, size);
        let mut others = rows.clone();
        dice.shuffle(&mut others);
        assert_eq!(build(&rows), build(&others));
        let repeated: Vec<_> = rows.iter().filter(|fact| fact.may_repeat() && dice.one_in(2)).cloned().collect();
        others.extend(repeated);
        dice.shuffle(&mut others);
        let (one, other) = (build(&rows), build(&others));
        let (one, other) = (Evaluation::new(&model, &one, as_of()), Evaluation::new(&model, &other, as_of()));
        assert_eq!(one.scores(&|| {}).unwrap(), other.scores(&|| {}).unwrap());
        assert_eq!(ledgers(&one), ledgers(&other));
    });
}

#[test]
fn ledgers_tie_out_to_the_last_digit() {
    for_seeds(250, |dice, size| {
        let (model, rows) = case(dice, size);
        let known = build(&rows);
        let evaluation = Evaluation::new(&model, &known, as_of());
        ledgers(&evaluation).iter().for_each(|ledger| tie_out(&model, ledger));
    });
}

fn tie_out(model: &Model, ledger: &Ledger<'_>) {
    let less = |sum: Decimal, losses: &[Decimal]| losses.iter().fold(sum, |sum, loss| sum.minus(*loss).unwrap());
    for category in &ledger.categories {
        for rule in &category.rules {
            assert_eq!(less(rule.base, &[rule.faded, rule.not_taken, rule.capped]), rule.result);
            if let Basis::Activities(lines) = &rule.basis {
                let counted: Vec<_> = lines.iter().filter(|line| line.fate.counts()).collect();
                assert_eq!(counted.len(), rule.counted);
                let sum =
                    |part: fn(&Fate) -> Decimal| Decimal::sum(counted.iter().map(|line| part(&line.fate))).unwrap();
                assert_eq!(sum(base_of), rule.base);
                assert_eq!(less(sum(base_of), &[sum(contribution_of)]), rule.faded);
            }
            if let Some(cap) = model.rule(rule.rule).cap {
                assert!(rule.result.magnitude() <= cap);
            }
        }
        let results = category.rules.iter().map(|rule| rule.result);
        assert_eq!(Decimal::sum(results), Some(category.sum));
        assert_eq!(less(category.sum, &[category.lost_to_bounds]), category.result);
    }
    let categories = ledger.categories.iter().map(|category| category.result);
    let parts = ledger.parts.iter().map(|part| part.result);
    assert_eq!(Decimal::sum(categories.chain(parts)), Some(ledger.sum));
    assert_eq!(less(ledger.sum, &[ledger.lost_to_bounds, ledger.lost_to_rounding]), ledger.points);
    let rounding = ledger.lost_to_rounding.magnitude().units() * 2;
    assert!(rounding <= 10_i64.pow(4 - u32::from(model.score(ledger.score).decimals)));
}

fn base_of(fate: &Fate) -> Decimal {
    match fate {
        Fate::Counted { base, .. } => *base,
        _ => Decimal::ZERO,
    }
}

fn contribution_of(fate: &Fate) -> Decimal {
    match fate {
        Fate::Counted { contribution, .. } => *contribution,
        _ => Decimal::ZERO,
    }
}

#[test]
fn printing_then_parsing_a_model_is_identity() {
    for_seeds(400, |dice, _| {
        let one = parsed(&model(dice));
        let printed = one.print();
        assert_eq!(one, parsed(&printed), "{printed}");
        assert_eq!(printed, parsed(&printed).print());
    });
}

#[test]
fn fading_only_moves_towards_zero() {
    let fades = [
        Fade::HalfLife(Period::parse("7 days").unwrap()),
        Fade::HalfLife(Period::parse("52 weeks").unwrap()),
        Fade::FadeOut(Period::parse("61 days").unwrap()),
        Fade::StepDown {
            percent: Decimal::from_units(333_333),
            every: Period::parse("1 month").unwrap(),
            compound: false,
        },
        Fade::StepDown {
            percent: Decimal::from_units(70_001),
            every: Period::parse("9 days").unwrap(),
            compound: true,
        },
    ];
    for_seeds(40, |dice, _| {
        let points = Decimal::from_units(i64::try_from(dice.below(2_000_001)).unwrap() - 1_000_000);
        for fade in fades {
            let mut before = points;
            for age in 0..800 {
                let now = fade.factor(as_of(), as_of().plus_days(age).unwrap()).of(points);
                assert!(now.magnitude() <= before.magnitude(), "{fade:?} at {age}");
                assert!(now.units() == 0 || (now.units() < 0) == (points.units() < 0), "{fade:?} at {age}");
                before = now;
            }
        }
    });
}

#[test]
fn forecasts_agree_with_evaluating_every_day() {
    /// Long enough for windows, steps and silences to come and go.
    const DAYS: i32 = 200;
    for_seeds(240, |dice, size| {
        // Most models hide one rule's slip behind another's daily fading: so most here have one rule.
        let model = parsed(&if dice.one_in(3) { model(dice) } else { narrow_model(dice) });
        let rows = facts(dice, &model.zone, as_of(), size.min(3));
        let frozen = build(&known_by(&rows, as_of()));
        let until = as_of().plus_days(DAYS).unwrap();
        let forecast = forecast(&model, &build(&rows), until);
        assert_eq!(forecast, watched(&model, &frozen, DAYS));
    });
}

type Crossings = Vec<(String, usize, Day, String)>;

fn forecast(model: &Model, known: &Facts, until: Day) -> Crossings {
    let evaluation = Evaluation::new(model, known, as_of());
    let contacts = evaluation.contact_ids().map(|id| (id.to_string(), evaluation.forecast_contact(id, until)));
    let accounts = evaluation.account_ids().map(|id| (id.to_string(), evaluation.forecast_account(id, until)));
    let mut found = Vec::new();
    for (id, changes) in contacts.chain(accounts) {
        for change in changes.unwrap().unwrap() {
            let band = model.score(change.score).bands[change.to].name.clone();
            found.push((id.clone(), change.score.0, change.day, band));
        }
    }
    found.sort();
    found
}

/// What the bands do when every day is evaluated afresh from facts that stay as they are.
fn watched(model: &Model, frozen: &Facts, days: i32) -> Crossings {
    let bands_on = |day: Day| {
        let scores = Evaluation::new(model, frozen, day).scores(&|| {}).unwrap();
        let contacts = scores.contacts.into_iter().map(|card| (card.id.to_string(), card.scores));
        let accounts = scores.accounts.into_iter().map(|card| (card.id.to_string(), card.scores));
        let mut bands = Vec::new();
        for (id, outcomes) in contacts.chain(accounts) {
            // A matrix has labels, not bands.
            for outcome in outcomes.into_iter().filter(|outcome| outcome.points.is_some()) {
                bands.push((id.clone(), outcome.score.0, outcome.band));
            }
        }
        bands
    };
    let mut found = Vec::new();
    let mut before = bands_on(as_of());
    for offset in 1..=days {
        let day = as_of().plus_days(offset).unwrap();
        let now = bands_on(day);
        for (old, new) in before.iter().zip(&now) {
            assert_eq!((&old.0, old.1), (&new.0, new.1));
            if old.2 != new.2 {
                found.push((new.0.clone(), new.1, day, new.2.clone().unwrap_or_default()));
            }
        }
        before = now;
    }
    found.sort();
    found
}

#[test]
fn at_time_equals_current_where_nobody_ever_moved() {
    let mut compared = 0;
    for seed in 0..150 {
        let dice = &mut Dice::new(seed);
        let text = model(dice);
        let both = format!(
            "{text}\n[score.now]\nof = \"account\"\n[score.then]\nof = \"account\"\n\
             [rule.now]\nscore = \"now\"\nrollup = \"engagement\"\n\
             [rule.then]\nscore = \"then\"\nrollup = \"engagement\"\nattribution = \"at_time\"\n"
        );
        let model = parsed(&both);
        let rows = settled(facts(dice, &model.zone, as_of(), 8));
        let known = build(&rows);
        let scores = Evaluation::new(&model, &known, as_of()).scores(&|| {}).unwrap();
        let (now, then) = (model.find_score("now").unwrap(), model.find_score("then").unwrap());
        for card in &scores.accounts {
            assert_eq!(card.outcome(now).unwrap().points, card.outcome(then).unwrap().points, "seed {seed}\n{both}");
            compared += 1;
        }
    }
    assert!(compared > 100, "only {compared} accounts were compared");
}

/// Everyone has exactly one account, always, and every activity belongs to it.
fn settled(rows: Vec<Fact>) -> Vec<Fact> {
    use rules::history::{Membership, Row};
    use rules::id::AccountId;
    let home = |id: &str| AccountId::from(format!("a{}", id.len() % 2 + usize::from(id.ends_with('1'))).as_str());
    let mut settled = Vec::new();
    for fact in rows {
        let contact = match &fact {
            Fact::Contact(id, _) => id.clone(),
            Fact::Activity(activity) => activity.contact.clone(),
            _ => continue,
        };
        let account = home(contact.as_str());
        let membership = Membership { account: account.clone(), since: None };
        let row = |row: Row| Row { valid_from: None, accounts: vec![membership.clone()], ..row };
        match fact {
            Fact::Contact(id, attributes) => settled.push(Fact::Contact(id, row(attributes))),
            Fact::Activity(mut activity) => {
                settled.push(Fact::Contact(contact, row(Row::default())));
                activity.account = if activity.id.is_some() { Some(account) } else { None };
                settled.push(Fact::Activity(activity));
            }
            _ => {}
        }
    }
    settled
}

#[test]
fn the_generator_reaches_every_kind_and_fate() {
    let mut kinds = std::collections::BTreeSet::new();
    let mut fates = std::collections::BTreeSet::new();
    for seed in 0..300 {
        let (model, rows) = case(&mut Dice::new(seed), 8);
        let known = build(&rows);
        for ledger in ledgers(&Evaluation::new(&model, &known, as_of())) {
            for entry in ledger.categories.iter().flat_map(|category| &category.rules) {
                kinds.insert(kind_word(&model, entry.rule));
                if let Basis::Activities(lines) | Basis::Tiers { lines, .. } = &entry.basis {
                    fates.extend(
                        lines.iter().map(|line| std::mem::discriminant(&line.fate)).map(|fate| format!("{fate:?}")),
                    );
                }
            }
        }
    }
    assert_eq!(kinds.into_iter().collect::<Vec<_>>(), ["activity", "cases", "inactive_for", "rollup", "since", "when"]);
    assert_eq!(fates.len(), 7, "every variant of Fate");
}

fn kind_word(model: &Model, at: RuleAt) -> &'static str {
    let kind: &Kind = &model.rule(at).kind;
    kind.word()
}

/// What the model alone rules out never happens, on any of several days; what is said to be dead gives
/// nothing.
#[test]
fn lint_says_nothing_that_facts_refute() {
    for_seeds(250, |dice, size| {
        let text = if dice.one_in(2) { model(dice) } else { narrow_model(dice) };
        let model = parsed(&text);
        let known = build(&facts(dice, &model.zone, as_of(), size));
        let alone = lint(&model, None, &|| {}).unwrap();
        for months in 0..8 {
            let day = as_of().plus(Period::parse("1 month").unwrap(), -months).unwrap();
            let evaluation = Evaluation::new(&model, &known, day);
            let scores = evaluation.scores(&|| {}).unwrap();
            let outcomes = scores.contacts.iter().flat_map(|card| &card.scores);
            let outcomes = outcomes.chain(scores.accounts.iter().flat_map(|card| &card.scores));
            let ruled_out = |kind, section, id: &str, other: Option<&str>| {
                alone.iter().any(|finding| {
                    let about = &finding.about;
                    finding.kind == kind
                        && about.section == section
                        && about.id == id
                        && about.other.as_deref() == other
                })
            };
            for outcome in outcomes.filter(|outcome| outcome.band.is_some()) {
                let id = &model.score(outcome.score).id;
                let out = ruled_out(lint::Kind::UnreachableBand, "score", id, outcome.band.as_deref());
                assert!(!out, "{id} {outcome:?}\n{text}");
            }
            let ledgers = ledgers(&evaluation);
            let entries = ledgers.iter().flat_map(|ledger| &ledger.categories).flat_map(|category| &category.rules);
            let never = |finding: &&lint::Finding| {
                finding.kind == lint::Kind::PointlessCap && finding.message.contains("never reached")
            };
            for entry in entries.clone().filter(|entry| entry.capped != Decimal::ZERO) {
                let mut caps = alone.iter().filter(never).map(|finding| &finding.about.id);
                assert!(caps.all(|id| *id != model.rule(entry.rule).id), "{entry:?}\n{text}");
            }
            let dead = lint(&model, Some(&evaluation), &|| {}).unwrap();
            let dead = dead.iter().filter(|finding| finding.kind == lint::Kind::DeadRule);
            let dead: Vec<_> = dead.map(|finding| finding.about.id.as_str()).collect();
            for entry in entries.filter(|entry| entry.result != Decimal::ZERO) {
                assert!(!dead.contains(&model.rule(entry.rule).id.as_str()), "{entry:?}\n{text}");
            }
        }
    });
}
