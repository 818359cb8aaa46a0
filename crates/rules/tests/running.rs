//! A contact to whom things keep happening stands, after each of them, as if it were looked at anew.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use rules::activity::Activity;
use rules::day::{Day, Instant};
use rules::decimal::Decimal;
use rules::facts::{Builder, Facts};
use rules::model::Model;
use rules::score::{Alone, Evaluation, Running};
use rules::testing::{self, Dice};
use rules::value::Value;

type Contact = rules::id::ContactId;

fn shown(alone: &Alone<Contact>) -> String {
    format!("{:?} {:?} {:?}", alone.card, alone.ranked, alone.next)
}

/// The facts without activities.
fn ground(facts: &Facts) -> Facts {
    let mut ground = facts.clone();
    for person in ground.contacts.values_mut() {
        person.activities.clear();
        person.duplicates.clear();
    }
    ground
}

/// Adds activities one after the other, and looks after each whether it is as if all were looked at anew. Says how many
/// were added, and how many times everything had to be.
fn added(model: &Model, known: &Facts, id: &Contact, order: &[Activity], as_of: Day, about: &str) -> (usize, usize) {
    let (mut known, mut pushed, mut declined) = (known.clone(), 0, 0);
    known.contacts.entry(id.clone()).or_default();
    let mut running: Option<Running> = None;
    for activity in order {
        let mut builder = Builder::default();
        let before = known.contacts[id].activities.iter();
        before.chain([activity]).cloned().for_each(|activity| builder.activity(activity));
        known.contacts.get_mut(id).unwrap().activities = builder.finish().contacts[id].activities.clone();
        let evaluation = Evaluation::new(model, &known, as_of);
        let expected = evaluation.contact_alone(id).transpose();
        let told = running.as_mut().is_some_and(|running| running.push(model, &ground(&known), activity));
        if told {
            pushed += 1;
        } else {
            declined += 1;
            running = Running::new(&evaluation, id).transpose().ok().flatten();
        }
        let Some(running) = &running else { continue };
        match (expected, running.alone(model, &ground(&known))) {
            (Ok(Some(expected)), Ok(alone)) => {
                assert_eq!(shown(&alone), shown(&expected), "{id}, pushed: {told}\n{about}");
            }
            (Err(_), Err(_)) => {}
            (expected, alone) => panic!("{id}: {expected:?}, but {alone:?}\n{about}"),
        }
    }
    (pushed, declined)
}

#[test]
fn one_more_activity_is_the_same_as_looking_anew() {
    let (mut pushed, mut declined) = (0, 0);
    for seed in 0..400 {
        let mut dice = Dice::new(seed);
        let text = testing::model(&mut dice);
        let model = Model::parse(&text).unwrap();
        let as_of = Day::parse("2026-03-14").unwrap();
        let rows = testing::facts(&mut dice, &model.zone, as_of, 6);
        let all = testing::build(&rows);
        for (id, person) in &all.contacts {
            let mut order: Vec<Activity> = person.activities.clone();
            if dice.one_in(2) {
                dice.shuffle(&mut order);
            }
            let mut builder = Builder::default();
            for row in person.history.rows() {
                builder.contact(id.clone(), row.clone());
            }
            let known = Facts { accounts: all.accounts.clone(), ..builder.finish() };
            let counted = added(&model, &known, id, &order, as_of, &format!("seed {seed}\n{text}"));
            (pushed, declined) = (pushed + counted.0, declined + counted.1);
        }
    }
    assert!(pushed > 1000 && declined > 1000, "{pushed} pushed, {declined} declined");
}

/// What comes late within a limit takes the place of another, mostly without looking at everything again.
#[test]
fn what_comes_late_within_a_limit_is_added() {
    let (mut pushed, mut declined) = (0, 0);
    for seed in 0..300 {
        let mut dice = Dice::new(seed);
        let limit = dice.pick(&[
            "{ times = 1, per = \"day\" }",
            "{ times = 2, per = \"week\" }",
            "{ times = 3, per = \"day\", by = \"activity.campaign\" }",
        ]);
        let more = dice.pick(&[
            "",
            "half_life = \"3 days\"",
            "fade_out = \"9 days\"",
            "window = \"5 days\"",
            "multiply_by = \"activity.value\"",
        ]);
        let take = dice.pick(&["", "", "", "take = \"max\"", "take = \"latest\""]);
        let text = format!(
            "[score.s]\n[category.c]\nscore = \"s\"\n[rule.r]\ncategory = \"c\"\nactivity = \"a\"\npoints = 3\nlimit = {limit}\n{more}\n{take}\n"
        );
        let model = Model::parse(&text).unwrap_or_else(|error| panic!("{error:?}\n{text}"));
        let as_of = Day::parse("2026-03-14").unwrap();
        let noon: i64 = 1_773_489_600_000_000; // of that day
        let id = Contact::from("m");
        let mut builder = Builder::default();
        for at in 0..24 {
            let occurred_at = Instant(noon - i64::try_from(dice.below(12 * 6)).unwrap() * 14_400_000_000);
            let value = dice.below(4);
            builder.activity(Activity {
                contact: id.clone(),
                kind: "a".into(),
                occurred_at,
                day: model.zone.day_of(occurred_at),
                id: Some(format!("{at}").into()),
                source: None,
                value: (value > 0).then(|| Value::Number(Decimal::from_whole(i64::try_from(value).unwrap()).unwrap())),
                account: None,
                properties: [("campaign".into(), Value::Text(dice.pick(&["x", "y"]).into()))].into(),
            });
        }
        let mut order = builder.finish().contacts[&id].activities.clone();
        dice.shuffle(&mut order);
        let counted = added(&model, &Facts::default(), &id, &order, as_of, &format!("seed {seed}\n{text}"));
        (pushed, declined) = (pushed + counted.0, declined + counted.1);
    }
    assert!(pushed > declined * 4, "{pushed} pushed, {declined} declined");
}
