//! What would help, over random models and facts: every way is walked by hand. A failing case prints its
//! seed; replay it with `FERVOR_SEED=<seed> cargo test -p rules --features testing --test advice`.

#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "a test fails by panicking, and prints its seed")]

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};

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
use rules::value::Value;

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
    /// How often a smaller number was enough.
    enough: &'m Cell<usize>,
}

impl Walker<'_> {
    fn facts(&self, further: &[Activity]) -> Facts {
        let further = further.iter().cloned().map(Fact::Activity);
        build(&self.rows.iter().cloned().chain(further).collect::<Vec<_>>())
    }

    /// The points, the band, and what each rule gives on a day, evaluated afresh.
    fn on(&self, further: &[Activity], day: Day) -> (Decimal, usize, BTreeMap<RuleAt, Decimal>) {
        let facts = self.facts(further);
        let ledgers = Evaluation::new(self.model, &facts, day).contact(&self.id).unwrap().unwrap();
        let points = ledgers.iter().find(|ledger| ledger.score == self.score).unwrap().points;
        let entries = ledgers.iter().flat_map(|ledger| &ledger.categories).flat_map(|category| &category.rules);
        let paid = entries.map(|entry| (entry.rule, entry.result)).collect();
        (points, band::reached(&self.model.score(self.score).bands, points).unwrap(), paid)
    }

    /// The rule that is said to pay does: the one that was tried for, else the one that gives the most more.
    fn pays(&self, way: &Way, paid: &BTreeMap<RuleAt, Decimal>, unpaid: &BTreeMap<RuleAt, Decimal>) {
        let more = |at: RuleAt| paid[&at].units() - unpaid[&at].units();
        let most = paid.keys().map(|at| more(*at)).max().unwrap();
        match way.paid_by {
            Some(at) if at == way.rule => assert!(more(at) > 0),
            Some(at) => assert!(more(way.rule) <= 0 && more(at) == most && most > 0),
            None => assert!(most <= 0),
        }
    }

    /// A smaller number that is said to be enough is, and one less is not.
    fn is_enough(&self, way: &Way, goal: usize) {
        let Some(enough) = &way.enough else { return };
        assert_eq!(way.activities.len(), 1);
        let with = |number: i64| {
            let mut activity = way.activities[0].clone();
            let number = Value::Number(Decimal::from_whole(number).unwrap());
            match &*enough.name.id {
                "value" => activity.value = Some(number),
                name => drop(activity.properties.insert(name.into(), number)),
            }
            self.on(&[activity], way.day).1
        };
        let number = enough.found.as_ref().unwrap().parse::<i64>().unwrap();
        assert!(with(number) >= goal, "{number} is not enough");
        assert!(number == 1 || with(number - 1) < goal, "less than {number} is enough");
        self.enough.set(self.enough.get() + 1);
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
        let (points, reached, paid) = self.on(further, way.day);
        assert_eq!(points, way.points);
        assert!(reached >= way.band);
        let (_, without, unpaid) = self.on(&[], way.day);
        assert!(without < goal, "time does it");
        self.pays(way, &paid, &unpaid);

        let fewer = &further[..further.len() - 1];
        let fewer_day = fixed.or(fewer.last().map(|activity| activity.day)).unwrap_or(way.day);
        let (without, reached) = (self.on(&[], fewer_day).1, self.on(fewer, fewer_day).1);
        assert!(reached < goal || without >= goal, "{} would do", fewer.len());
        self.is_enough(way, goal);

        for ahead in 1..DAYS {
            let day = way.day.plus_days(ahead).unwrap();
            let (_, band, _) = self.on(further, day);
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
    let (walked, enough) = (Cell::new((0, 0, 0)), Cell::new(0));
    for_seeds(600, |dice, size| {
        let text = if dice.one_in(2) { narrow_model(dice) } else { model(dice) };
        let model = Model::parse(&text).unwrap();
        let rows = facts(dice, &model.zone, as_of(), size);
        let known = build(&rows);
        let evaluation = Evaluation::new(&model, &known, as_of());
        let advice = Advice::new(&evaluation);
        for id in evaluation.contact_ids() {
            let (mut next, mut short, mut kept) = walked.get();
            let rows = known_by(&rows, as_of());
            let walker = |score| Walker { model: &model, rows: rows.clone(), id: id.clone(), score, enough: &enough };
            for (score, _) in model.scores_of(Subject::Contact) {
                let Some(up) = advice.next_band(id, score).unwrap() else { continue };
                up.ways.iter().for_each(|way| walker(score).walk(way, up.band, None));
                assert!(up.ways.is_sorted_by_key(|way| (way.activities.len(), way.rule)));
                let told = up.ways.iter().map(|way| format!("{} {:?} {:?}", way.kind(), way.each_another, way.assumed));
                assert_eq!(told.collect::<BTreeSet<_>>().len(), up.ways.len(), "two ways look alike");
                assert!(up.most.is_none() || up.ways.is_empty());
                if let Some(most) = &up.most {
                    assert!(most.band < up.band);
                    assert_eq!(walker(score).on(&most.activities, most.day).0, most.points);
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
        assert!(enough.get() > 10, "a smaller number was enough {} times", enough.get());
    }
}
