//! The facts are the same each time and in order, and the models are valid.

use std::collections::HashMap;
use std::path::Path;

use arrow_array::cast::AsArray as _;
use arrow_array::types::TimestampMicrosecondType;
use rules::model::Model;

use crate::activities::Activities;
use crate::facts::{self, Size};
use crate::{MODEL, people, series};

fn contents(folder: &Path) -> HashMap<String, Vec<u8>> {
    let files = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
    files.map(|path| (path.file_name().unwrap().to_string_lossy().into_owned(), std::fs::read(path).unwrap())).collect()
}

#[test]
fn the_same_seed_makes_the_same_files_and_another_one_others() {
    let made = [1, 1, 2].map(|seed| {
        let folder = tempfile::tempdir().unwrap();
        facts::make(folder.path(), &Size { rows: 30_000, contacts: 2_000, seed }).unwrap();
        contents(folder.path())
    });
    assert_eq!(made[0].len(), 9);
    assert!(made[0] == made[1]);
    assert!(made[0]["activities.parquet"] != made[2]["activities.parquet"]);
}

#[test]
fn activities_are_in_the_order_of_time_and_all_different() {
    let (mut last, mut ids) = (i64::MIN, std::collections::HashSet::new());
    let mut of_contact: HashMap<String, u32> = HashMap::new();
    for batch in Activities::new(7, 50_000, 2_000) {
        for &moment in batch.column(2).as_primitive::<TimestampMicrosecondType>().values() {
            assert!(moment > last);
            last = moment;
        }
        let texts = |column: usize| batch.column(column).as_string::<i32>().iter().flatten();
        ids.extend(texts(3).map(str::to_owned));
        texts(0).for_each(|contact| *of_contact.entry(contact.to_owned()).or_default() += 1);
    }
    assert_eq!(ids.len(), 50_000);
    // The end of 2026-03-01, in UTC.
    assert!(last < 1_772_409_600_000_000);
    // Three of a hundred have none, most have few, a few have very many.
    assert!(of_contact.len() <= 1_940 && of_contact.len() > 1_900, "{}", of_contact.len());
    assert!(of_contact.values().max().unwrap() > &1_000);
    assert!(of_contact.values().filter(|&&count| count < 30).count() > 1_000);
}

#[test]
fn ids_of_contacts_and_accounts_are_all_different() {
    let mut text = String::new();
    let contacts: std::collections::HashSet<String> =
        (0..100_000).map(|number| people::Id::contact(number, &mut text).to_owned()).collect();
    let accounts: std::collections::HashSet<String> =
        (0..100_000).map(|number| people::Id::account(number, &mut text).to_owned()).collect();
    assert_eq!((contacts.len(), accounts.len()), (100_000, 100_000));
    let order: std::collections::HashSet<u64> = (0..9_999).map(|number| people::shuffled(number, 9_999)).collect();
    assert_eq!(order.len(), 9_999);
}

#[test]
fn every_model_is_valid_and_has_its_number_of_rules() {
    assert_eq!(Model::parse(MODEL).unwrap().rules.len(), 20);
    for rules in series::SIZES {
        assert_eq!(Model::parse(&series::model(rules)).unwrap().rules.len(), rules);
    }
}
