//! Writes random models and facts as files, for tests in other languages: a folder for each seed, with `model.toml`
//! and JSON lines of texts alone.
//!
//! ```text
//! cargo run -p batch --example cases -- FIRST COUNT FOLDER
//! ```

#![allow(clippy::unwrap_used, reason = "it ends by panicking")]

use std::collections::HashSet;
use std::fs;
use std::path::PathBuf;

use rules::day::Day;
use rules::history::{Membership, Row};
use rules::model::Model;
use rules::testing::{Dice, Fact, facts, model, narrow_model};
use rules::value::Attributes;
use serde_json::{Map, Value as Json};

/// The date around which things happen.
const AS_OF: &str = "2026-03-14";

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [first, count, folder] = &arguments[..] else { panic!("expected FIRST COUNT FOLDER") };
    let (first, count): (u64, u64) = (first.parse().unwrap(), count.parse().unwrap());
    for seed in first..first + count {
        write(seed, &PathBuf::from(folder).join(seed.to_string()));
    }
}

fn write(seed: u64, folder: &PathBuf) {
    let dice = &mut Dice::new(seed);
    let text = if dice.one_in(3) { narrow_model(dice) } else { model(dice) };
    let zone = Model::parse(&text).unwrap().zone;
    let (mut contacts, mut accounts, mut activities) = (String::new(), String::new(), String::new());
    let mut seen = HashSet::new();
    for fact in facts(dice, &zone, Day::parse(AS_OF).unwrap(), 60) {
        // In every second case nothing is said twice, so that few columns are enough.
        if seed.is_multiple_of(2) && !seen.insert(said_once(&fact)) {
            continue;
        }
        let (file, cells) = match fact {
            Fact::Contact(id, row) => (&mut contacts, of_row(id.as_str(), &row)),
            Fact::Account(id, row) => (&mut accounts, of_row(id.as_str(), &row)),
            Fact::Opportunity(..) => continue,
            Fact::Activity(activity) => {
                let mut cells = texts(&activity.properties);
                let value = activity.value.map(|value| value.text().into_owned());
                let said = [
                    ("contact", Some(activity.contact.as_str())),
                    ("type", Some(&*activity.kind)),
                    ("occurred_at", Some(&*activity.occurred_at.to_string())),
                    ("id", activity.id.as_deref()),
                    ("source", activity.source.as_deref()),
                    ("account", activity.account.as_ref().map(|account| account.as_str())),
                    ("value", value.as_deref()),
                ];
                said.into_iter().for_each(|(name, text)| _ = cells.insert(name.into(), text.into()));
                (&mut activities, cells)
            }
        };
        file.push_str(&format!("{}\n", Json::Object(cells)));
    }
    fs::create_dir_all(folder).unwrap();
    fs::write(folder.join("model.toml"), text).unwrap();
    for (name, rows) in [("contacts", contacts), ("accounts", accounts), ("activities", activities)] {
        fs::write(folder.join(format!("{name}.json")), rows).unwrap();
    }
}

/// What no other row may say too.
fn said_once(fact: &Fact) -> String {
    match fact {
        Fact::Contact(id, row) => format!("contact {id} {:?}", row.valid_from),
        Fact::Account(id, row) => format!("account {id} {:?}", row.valid_from),
        Fact::Opportunity(id, _) => format!("opportunity {id}"),
        Fact::Activity(one) => format!("activity {} {:?}", one.contact, one.day),
    }
}

fn texts(attributes: &Attributes) -> Map<String, Json> {
    attributes.iter().map(|(name, value)| (name.to_string(), value.text().into())).collect()
}

fn of_row(id: &str, row: &Row) -> Map<String, Json> {
    let mut cells = texts(&row.attributes);
    cells.insert("id".into(), id.into());
    cells.insert("valid_from".into(), row.valid_from.map(|day| day.to_string()).into());
    if !row.accounts.is_empty() {
        let all = |of: fn(&Membership) -> String| row.accounts.iter().map(of).collect::<Vec<_>>().join("|");
        cells.insert("account".into(), all(|one| one.account.as_str().to_owned()).into());
        let since = |one: &Membership| one.since.map(|day| day.to_string()).unwrap_or_default();
        cells.insert("account_since".into(), all(since).into());
    }
    cells
}
