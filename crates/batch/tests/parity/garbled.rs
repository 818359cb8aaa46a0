//! What accounts are told on another machine may arrive garbled: that is an error, or other scores, but no panic.

use std::sync::Arc;

use arrow_array::cast::AsArray as _;
use arrow_array::{ArrayRef, BinaryArray, RecordBatch, StringArray};
use batch::kernel::{Declared, Keep, Problem, accounts};
use batch::source::Kind;
use rules::model::{Model, Subject};
use rules::testing::Dice;

use crate::tables::{Table, fed};

/// How many things were said of accounts.
pub(crate) fn is_told(seed: u64, model: &Model, tables: &[Table]) -> usize {
    if model.scores_of(Subject::Account).next().is_none() {
        return 0;
    }
    let Ok(part) = fed(model, tables, Keep::All, Declared::default()).unwrap().part(&|_| {}) else { return 0 };
    let said: Vec<(String, Vec<u8>)> = part.accounts.flat_map(|table| rows(&table.unwrap())).collect();
    let known: Vec<Table> = tables.iter().filter(|(kind, _)| *kind == Kind::Accounts).cloned().collect();
    let ask = |said: &[(String, Vec<u8>)]| {
        let kernel = fed(model, &known, Keep::All, Declared::default()).unwrap();
        accounts(kernel, std::iter::once(table(said))).map(|_| ())
    };
    assert!(!matches!(ask(&said), Err(Problem::Garbled)));
    let mut dice = Dice::new(seed);
    for at in 0..said.len().min(40) {
        let (account, whole) = &said[at];
        for end in 0..whole.len() {
            assert!(is_garbled(&ask(&[(account.clone(), whole[..end].to_vec())])), "{end} bytes of {whole:?}");
        }
        assert!(is_garbled(&ask(&[(account.clone(), [&whole[..], &[0]].concat())])), "a byte behind {whole:?}");
        assert!(is_garbled(&ask(&[(String::new(), whole.clone())])), "of nobody");
        let mut spoiled = said.clone();
        for _ in 0..=dice.below(3) {
            let place = dice.below(whole.len());
            spoiled[at].1[place] = byte(&mut dice);
        }
        let _any = ask(&spoiled);
        let length = dice.below(40);
        let kind = [dice.below(4).try_into().unwrap()];
        let noise: Vec<u8> = kind.into_iter().chain((0..length).map(|_| byte(&mut dice))).collect();
        let _any = ask(&[(account.clone(), noise)]);
    }
    said.len()
}

fn is_garbled(found: &Result<(), Problem>) -> bool {
    matches!(found, Err(Problem::Garbled))
}

/// Small numbers as often as any: most of what is said are places and lengths.
fn byte(dice: &mut Dice) -> u8 {
    let most = if dice.one_in(2) { 256 } else { 6 };
    u8::try_from(dice.below(most)).unwrap()
}

fn rows(table: &RecordBatch) -> Vec<(String, Vec<u8>)> {
    let (accounts, said) = (table.column(0).as_string::<i32>(), table.column(1).as_binary::<i32>());
    accounts.iter().flatten().map(String::from).zip(said.iter().flatten().map(<[u8]>::to_vec)).collect()
}

fn table(said: &[(String, Vec<u8>)]) -> RecordBatch {
    let accounts = StringArray::from_iter_values(said.iter().map(|(account, _)| account));
    let bytes = BinaryArray::from_iter_values(said.iter().map(|(_, said)| said));
    let columns: [(&str, ArrayRef); 2] = [("account", Arc::new(accounts)), ("said", Arc::new(bytes))];
    RecordBatch::try_from_iter(columns).unwrap()
}
