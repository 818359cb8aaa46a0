//! One contact: its activities in order, each identity once, with accounts and exclusions decided.

use std::cmp::Ordering;
use std::collections::HashMap;

use rules::day::Day;
use rules::id::{AccountId, ContactId};
use rules::score::{Dimensions, Own};

use super::Undecided;
use super::fold::{Folder, Seen};
use super::plan::AfterPlan;
use super::store::{Activities, MISSING};
use super::tables::Tables;

/// Puts rows of one contact in order and sets duplicates aside.
pub(super) fn in_order(store: &Activities, tables: &Tables, rows: &mut Vec<u32>) -> Result<(), Undecided> {
    set_duplicates_aside(store, rows)?;
    let kind = |row: u32| store.kind[row as usize] as usize;
    // Of two rows that no rule sees together, either may come first.
    let matters = |one, other| tables.in_order.iter().any(|covered| covered[kind(one)] && covered[kind(other)]);
    let mut undecided = false;
    rows.sort_by(|&one, &other| {
        let by_place = store.order(one, other);
        by_place.then_with(|| canonical_order(store, one, other, matters(one, other), &mut undecided))
    });
    if undecided { Err(Undecided::Order) } else { Ok(()) }
}

/// The order of two rows that time, source and id do not tell apart.
fn canonical_order(store: &Activities, one: u32, other: u32, matters: bool, undecided: &mut bool) -> Ordering {
    if !matters || store.say_the_same(one, other) {
        return Ordering::Equal;
    }
    if !store.whole {
        *undecided = true;
        return Ordering::Equal;
    }
    store.activity(one).canonical().cmp(&store.activity(other).canonical())
}

/// Of several rows with one identity the first by time, then by canonical JSON, counts.
fn set_duplicates_aside(store: &Activities, rows: &mut Vec<u32>) -> Result<(), Undecided> {
    let mut kept: HashMap<(u32, &[u8]), usize> = HashMap::new();
    let mut unique: Vec<u32> = Vec::with_capacity(rows.len());
    let mut undecided = false;
    for &row in rows.iter() {
        let id = store.id(row);
        if id.is_empty() {
            unique.push(row);
            continue;
        }
        let place = *kept.entry((store.source[row as usize], id)).or_insert(unique.len());
        if place == unique.len() {
            unique.push(row);
            continue;
        }
        let known = unique[place];
        let by_time = store.micros[row as usize].cmp(&store.micros[known as usize]);
        if by_time.then_with(|| canonical_order(store, row, known, true, &mut undecided)).is_lt() {
            unique[place] = row;
        }
    }
    *rows = unique;
    if undecided { Err(Undecided::Order) } else { Ok(()) }
}

/// What rules see of a contact's activities up to the date. `account_ids` are the accounts by code.
pub(super) fn seen<'a>(
    folder: &mut Folder<'_, 'a>,
    dimensions: &Dimensions<'a>,
    id: &'a ContactId,
    own: &Own<'a>,
    rows: &[u32],
    account_ids: &'a [AccountId],
) -> Vec<Seen<'a>> {
    let store = folder.store;
    let mut by_day: Option<(Day, Vec<&'a AccountId>)> = None;
    let mut accounts_on = |day: Day| match &by_day {
        Some((known, accounts)) if *known == day => accounts.clone(),
        _ => {
            let accounts = dimensions.accounts_of(id, day);
            by_day = Some((day, accounts.clone()));
            accounts
        }
    };
    let existing = rows.iter().copied().filter(|row| store.day[*row as usize] <= folder.as_of);
    let mut all: Vec<Seen<'a>> = Vec::with_capacity(rows.len());
    for row in existing {
        let accounts = match (folder.plan.accounts, store.account_of(row)) {
            (false, _) => Vec::new(),
            (true, MISSING) => accounts_on(store.day[row as usize]),
            (true, account) => vec![&account_ids[account as usize]],
        };
        let account = accounts.first().and_then(|&account| dimensions.account(account).account);
        all.push(Seen { row, excluded: false, accounts, contact: own.context.contact, account });
    }
    for place in 0..all.len() {
        all[place].excluded = is_excluded(folder, &all, place);
    }
    all
}

fn is_excluded<'a>(folder: &mut Folder<'_, 'a>, all: &[Seen<'a>], place: usize) -> bool {
    let (plan, tables) = (folder.plan, folder.tables);
    let kind = folder.store.kind[all[place].row as usize] as usize;
    (0..plan.exclusions.len()).any(|at| {
        let exclusion = &plan.exclusions[at];
        tables.exclusions[at][kind]
            // What is remembered first, what looks back last.
            && folder.holds(&exclusion.tests, &all[place])
            && exclusion.after.as_ref().is_none_or(|after| follows(folder, all, place, after, &tables.after[at]))
    })
}

/// Whether another activity of the contact, not later, fits. It may itself be excluded.
fn follows(folder: &Folder<'_, '_>, all: &[Seen<'_>], place: usize, after: &AfterPlan<'_>, covered: &[bool]) -> bool {
    let store = folder.store;
    let micros = |seen: &Seen<'_>| store.micros[seen.row as usize];
    let text = |seen: &Seen<'_>, column: usize| {
        folder.tables.texts[column][store.columns[column].codes[seen.row as usize] as usize]
    };
    let this = &all[place];
    let same = after.same.map(|column| text(this, column));
    if same == Some(MISSING) {
        return false;
    }
    let near = |other: &&Seen<'_>| {
        let distance = i128::from(micros(this)) - i128::from(micros(other));
        after.within_micros.is_none_or(|within| distance <= i128::from(within))
    };
    let fits = |other: &Seen<'_>| {
        covered[store.kind[other.row as usize] as usize] && after.same.map(|column| text(other, column)) == same
    };
    let before = all[..place].iter().rev().take_while(near);
    let beside = all[place + 1..].iter().take_while(|other| micros(other) == micros(this));
    before.chain(beside).any(fits)
}
