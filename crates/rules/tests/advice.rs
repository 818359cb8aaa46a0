//! What would help, over random models and facts: every way is walked by hand. A failing case prints its
//! seed; replay it with `FERVOR_SEED=<seed> cargo test -p rules --features testing --test advice`.

#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "a test fails by panicking, and prints its seed")]

use rules::activity::Activity;
use rules::advice::{Advice, COUNT_MAX, Way};
use rules::band;
use rules::day::Day;
use rules::decimal::Decimal;
use rules::facts::Facts;
use rules::id::ContactId;
use rules::model::{Model, RuleAt, ScoreAt, Subject};
use rules::score::Evaluation;
use rules::testing::{Dice, Fact, build, facts, known_by, model, narrow_model};

/// How far ahead days are looked at one by one.
const DAYS: i32 = 60;

/// How far ahead drops are looked for.
const DROPS: i32 = 400;

fn as_of() -> Day {
    Day::parse("2026-03-14").unwrap()
}

/// Runs a law for many seeds, small cases first.
fn for_seeds(cases: u64, law: impl Fn(&mut Dice, usize)) {
    #[expect(clippy::disallowed_methods, reason = "how a developer replays a seed")]
    let only = std::env::var("FERVOR_SEED").ok().and_then(|seed| seed.parse::<u64>().ok());
    for seed in only.map_or(0..cases, |seed| seed..seed + 1) {
        let size = 1 + usize::try_from(seed).unwrap() / 100;
        let run = std::panic::AssertUnwindSafe(|| law(&mut Dice::new(seed), size.min(3)));
        if let Err(panic) = std::panic::catch_unwind(run) {
            eprintln!("replay: FERVOR_SEED={seed} cargo test -p rules --features testing --test advice");
            std::panic::resume_unwind(panic);
        }
    }
}

/// A contact with what is known of everybody by the as-of date.
struct Walker<'m> {
    model: &'m Model,
    rows: Vec<Fact>,
    id: ContactId,
    score: ScoreAt,
}

impl Walker<'_> {
    fn facts(&self, further: &[Activity]) -> Facts {
        let further = further.iter().cloned().map(Fact::Activity);
        build(&self.rows.iter().cloned().chain(further).collect::<Vec<_>>())
    }

    /// The points, the band, and what a rule gives on a day, evaluated afresh.
    fn on(&self, further: &[Activity], day: Day, rule: RuleAt) -> (Decimal, usize, Decimal) {
        let facts = self.facts(further);
        let ledgers = Evaluation::new(self.model, &facts, day).contact(&self.id).unwrap().unwrap();
        let points = ledgers.iter().find(|ledger| ledger.score == self.score).unwrap().points;
        let entries = ledgers.iter().flat_map(|ledger| &ledger.categories).flat_map(|category| &category.rules);
        let paid = entries.filter(|entry| entry.rule == rule).map(|entry| entry.result).next().unwrap();
        (points, band::reached(&self.model.score(self.score).bands, points).unwrap(), paid)
    }

    /// A way leads where it says, one activity fewer does not, and it holds as long as it says.
    fn walk(&self, way: &Way, goal: usize, fixed: Option<Day>) {
        let further = &way.activities;
        assert!((1..=COUNT_MAX).contains(&further.len()));
        assert!(further.iter().all(|activity| activity.contact == self.id && activity.id.is_none()));
        assert!(further.is_sorted_by_key(|activity| activity.occurred_at));
        assert!(further[0].day >= as_of() && way.done_by().since(as_of()) <= 90);
        assert!(further.iter().all(|activity| self.model.zone.day_of(activity.occurred_at) == activity.day));
        match fixed {
            Some(day) => assert!(way.done_by() < day && way.day == day && way.band == goal),
            None => assert!(way.day == way.done_by() && way.band >= goal),
        }
        let (points, reached, paid) = self.on(further, way.day, way.rule);
        assert_eq!(points, way.points);
        assert!(reached >= way.band);
        let (_, without, unpaid) = self.on(&[], way.day, way.rule);
        assert!(without < goal && paid > unpaid, "time or another rule does it");

        let fewer = &further[..further.len() - 1];
        let fewer_day = fixed.or(fewer.last().map(|activity| activity.day)).unwrap_or(way.day);
        let (_, reached, paid) = self.on(fewer, fewer_day, way.rule);
        let (_, without, unpaid) = self.on(&[], fewer_day, way.rule);
        assert!(reached < goal || paid <= unpaid || without >= goal, "{} would do", fewer.len());

        for ahead in 1..DAYS {
            let day = way.day.plus_days(ahead).unwrap();
            let (_, band, _) = self.on(further, day, way.rule);
            match way.until {
                Some(until) if day > until => {
                    assert!(band < way.band, "it holds on {day}, after {until}");
                    break;
                }
                _ => assert!(band >= way.band, "it does not hold on {day}"),
            }
        }
    }
}

#[test]
fn every_way_leads_where_it_says() {
    let walked = std::cell::Cell::new((0, 0, 0));
    for_seeds(600, |dice, size| {
        let text = if dice.one_in(2) { narrow_model(dice) } else { model(dice) };
        let model = Model::parse(&text).unwrap();
        let rows = facts(dice, &model.zone, as_of(), size);
        let known = build(&rows);
        let evaluation = Evaluation::new(&model, &known, as_of());
        let advice = Advice::new(&evaluation);
        for id in evaluation.contact_ids() {
            let (mut next, mut short, mut kept) = walked.get();
            let walker = |score| Walker { model: &model, rows: known_by(&rows, as_of()), id: id.clone(), score };
            for (score, _) in model.scores_of(Subject::Contact) {
                let Some(up) = advice.next_band(id, score).unwrap() else { continue };
                up.ways.iter().for_each(|way| walker(score).walk(way, up.band, None));
                assert!(up.ways.is_sorted_by_key(|way| (way.activities.len(), way.rule)));
                assert!(up.most.is_none() || up.ways.is_empty());
                if let Some(most) = &up.most {
                    assert!(most.band < up.band);
                    assert_eq!(walker(score).on(&most.activities, most.day, most.rule).0, most.points);
                }
                (next, short) = (next + up.ways.len(), short + usize::from(up.most.is_some()));
            }
            let until = as_of().plus_days(DROPS).unwrap();
            for change in evaluation.forecast_contact(id, until).unwrap().unwrap() {
                let Some(way) = advice.prevention(id, &change).unwrap() else { continue };
                walker(change.score).walk(&way, change.from, Some(change.day));
                kept += 1;
            }
            walked.set((next, short, kept));
        }
    });
    // A replayed seed is one case.
    if std::env::var_os("FERVOR_SEED").is_none() {
        let (next, short, kept) = walked.get();
        assert!(next > 150 && short > 80 && kept > 50, "walked {next}, short {short}, kept {kept}");
    }
}
