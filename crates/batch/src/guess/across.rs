//! Several exports at once: contacts have to be found under the ids that the other files call them by.

use super::column::Column;
use super::names::{CONTACT, bare};
use super::role::{self, Role};
use super::{Guessed, Plan};
use crate::source::Kind;

/// Of a hundred contacts in another file so many are expected to be found, or else it is told.
const FEW_PERCENT: usize = 10;

/// So many make it the column that was meant.
const MANY_PERCENT: usize = 50;

/// Chooses for contacts the id that the other files use, and notes where none fits.
pub(super) fn join(exports: &[Guessed], plans: &mut [Plan]) {
    for lists in 0..exports.len() {
        if plans[lists].kind != Kind::Contacts {
            continue;
        }
        let Some(own) = column_of(&plans[lists], "id") else { continue };
        let others = others(plans);
        let columns = &exports[lists].columns;
        // How well a column of the contacts fits each other file, and by which of its columns.
        let fit = |id: usize, other: usize, used: usize| {
            let best = candidates(&exports[other].columns, used)
                .max_by_key(|&place| (percent(&columns[id], &exports[other].columns[place]), place == used));
            best.map(|place| (percent(&columns[id], &exports[other].columns[place]), place)).unwrap_or((0, used))
        };
        let total = |id: usize| others.iter().map(|&(other, used)| fit(id, other, used).0).sum::<usize>();
        let ids = candidates(columns, own).filter(|&id| columns[id].is_unique() || id == own);
        let Some(best) = ids.max_by_key(|&id| (total(id), id == own)) else { continue };
        set_column(&mut plans[lists], "id", best);
        for &(other, used) in &others {
            let (share, place) = fit(best, other, used);
            if share >= MANY_PERCENT && percent(&columns[best], &exports[other].columns[used]) < MANY_PERCENT {
                set_column(&mut plans[other], "contact", place);
            }
        }
    }
    note_strangers(exports, plans);
}

/// The other files that name contacts, each with its column.
fn others(plans: &[Plan]) -> Vec<(usize, usize)> {
    let naming = |(place, plan): (usize, &Plan)| Some((place, column_of(plan, "contact")?));
    plans.iter().enumerate().filter_map(naming).collect()
}

/// Columns that may name contacts, the one in use among them.
fn candidates(columns: &[Column], used: usize) -> impl Iterator<Item = usize> {
    let may = move |place: &usize| {
        let column = &columns[*place];
        *place == used || (CONTACT.0.contains(&&*bare(&column.name)) && role::is_contact(column))
    };
    (0..columns.len()).filter(may)
}

/// How many of a hundred different values of a column are ids.
fn percent(ids: &Column, column: &Column) -> usize {
    let found = column.values().iter().filter(|value| ids.values().contains(value)).count();
    found * 100 / column.values().len().max(1)
}

/// Says which files name contacts that hardly any list has.
fn note_strangers(exports: &[Guessed], plans: &mut [Plan]) {
    for (other, used) in others(plans) {
        let lists = plans.iter().enumerate().filter(|(_, plan)| plan.kind == Kind::Contacts);
        let lists: Vec<_> = lists.filter_map(|(place, plan)| Some((place, column_of(plan, "id")?))).collect();
        let column = &exports[other].columns[used];
        let found = lists.iter().map(|&(list, id)| percent(&exports[list].columns[id], column)).max();
        if let Some(found) = found.filter(|found| *found < FEW_PERCENT) {
            let (list, id) = lists[0];
            let doubt = format!(
                "{} of the contacts in `{}` {} found in `{}` of {}: is there a column with the same ids?",
                if found == 0 { "none" } else { "hardly any" },
                column.name,
                if found == 0 { "is" } else { "are" },
                exports[list].columns[id].name,
                exports[list].stem()
            );
            plans[other].doubts.push(doubt);
        }
    }
}

fn column_of(plan: &Plan, role: &str) -> Option<usize> {
    plan.roles.iter().find(|own| own.name == role).and_then(|own| own.column)
}

/// Gives a role to another column, and takes it from whatever that was.
fn set_column(plan: &mut Plan, role: &str, column: usize) {
    plan.roles.retain(|own| own.name == role || own.column != Some(column) || own.name == "contact");
    if let Some(own) = plan.roles.iter_mut().find(|own: &&mut Role| own.name == role) {
        own.column = Some(column);
    }
}
