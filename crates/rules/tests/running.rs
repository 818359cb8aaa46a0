//! A contact to whom things keep happening stands, after each of them, as if it were looked at anew.

use rules::facts::{Builder, Facts};
use rules::model::Model;
use rules::score::{Alone, Evaluation, Running};
use rules::testing::{self, Dice};

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

#[test]
fn one_more_activity_is_the_same_as_looking_anew() {
    let (mut pushed, mut declined) = (0, 0);
    for seed in 0..400 {
        let mut dice = Dice::new(seed);
        let text = testing::model(&mut dice);
        let model = Model::parse(&text).unwrap();
        let as_of = rules::day::Day::parse("2026-03-14").unwrap();
        let rows = testing::facts(&mut dice, &model.zone, as_of, 6);
        let all = testing::build(&rows);
        for (id, person) in &all.contacts {
            let mut order: Vec<_> = person.activities.iter().collect();
            if dice.one_in(2) {
                dice.shuffle(&mut order);
            }
            let mut builder = Builder::default();
            for row in person.history.rows() {
                builder.contact(id.clone(), row.clone());
            }
            let mut known = Facts { accounts: all.accounts.clone(), ..builder.finish() };
            known.contacts.entry(id.clone()).or_default();
            let mut running: Option<Running> = None;
            for activity in order {
                let person = known.contacts.get_mut(id).unwrap();
                person.activities.push(activity.clone());
                let mut builder = Builder::default();
                known.contacts[id].activities.iter().cloned().for_each(|activity| builder.activity(activity));
                known.contacts.get_mut(id).unwrap().activities = builder.finish().contacts[id].activities.clone();
                let evaluation = Evaluation::new(&model, &known, as_of);
                let expected = evaluation.contact_alone(id).transpose();
                let told = running.as_mut().is_some_and(|running| running.push(&model, &ground(&known), activity));
                if !told {
                    declined += 1;
                    running = Running::new(&evaluation, id).transpose().ok().flatten();
                } else {
                    pushed += 1;
                }
                let Some(running) = &running else { continue };
                match (expected, running.alone(&model, &ground(&known))) {
                    (Ok(Some(expected)), Ok(alone)) => {
                        assert_eq!(shown(&alone), shown(&expected), "seed {seed}, {id}, pushed: {told}\n{text}");
                    }
                    (Err(_), Err(_)) => {}
                    (expected, alone) => panic!("seed {seed}, {id}: {expected:?}, but {alone:?}"),
                }
            }
        }
    }
    assert!(pushed > 1000 && declined > 1000, "{pushed} pushed, {declined} declined");
}
