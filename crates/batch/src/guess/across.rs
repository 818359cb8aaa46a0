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
    for list in 0..exports.len() {
        let Some((id, others)) = shared(exports, plans, list) else { continue };
        set_column(&mut plans[list], "id", id);
        others.into_iter().for_each(|(other, contact)| set_column(&mut plans[other], "contact", contact));
    }
    note_strangers(exports, plans);
}

/// The column of a list of contacts that other files share most of, and those of the files that do.
fn shared(exports: &[Guessed], plans: &[Plan], list: usize) -> Option<(usize, Vec<(usize, usize)>)> {
    let own = column_of(&plans[list], "id").filter(|_| plans[list].kind == Kind::Contacts)?;
    let columns = &exports[list].columns;
    // How well a column of the list fits another file, and by which column of that.
    let fit = |id: usize, (other, used): (usize, usize)| {
        let theirs = &exports[other].columns;
        let fits = candidates(theirs, &plans[other], used).map(|place| (percent(&columns[id], &theirs[place]), place));
        let used_fits = (percent(&columns[id], &theirs[used]), used);
        if used_fits.0 >= MANY_PERCENT { used_fits } else { fits.max_by_key(|(share, _)| *share).unwrap_or(used_fits) }
    };
    let fits = |id: usize| {
        let fits = others(plans).into_iter().map(|other| (other.0, fit(id, other)));
        fits.filter(|(_, (share, _))| *share >= MANY_PERCENT).collect::<Vec<_>>()
    };
    let total = |id: usize| fits(id).iter().map(|(_, (share, _))| share).sum::<usize>();
    let ids = candidates(columns, &plans[list], own).filter(|&id| columns[id].is_unique() || id == own);
    let best = ids.max_by_key(|&id| (total(id), id == own))?;
    Some((best, fits(best).into_iter().map(|(other, (_, contact))| (other, contact)).collect()))
}

/// The other files that name contacts, each with its column.
fn others(plans: &[Plan]) -> Vec<(usize, usize)> {
    let naming = |(place, plan): (usize, &Plan)| Some((place, column_of(plan, "contact")?));
    plans.iter().enumerate().filter_map(naming).collect()
}

/// Columns that may name contacts and have no other role, the one in use among them.
fn candidates<'p>(columns: &'p [Column], plan: &'p Plan, used: usize) -> impl Iterator<Item = usize> + 'p {
    let is_free = |place: usize| plan.roles.iter().all(|role| role.column != Some(place));
    let may = move |place: usize| {
        CONTACT.0.contains(&&*bare(&columns[place].name)) && role::is_contact(&columns[place]) && is_free(place)
    };
    (0..columns.len()).filter(move |&place| place == used || may(place))
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

fn set_column(plan: &mut Plan, role: &str, column: usize) {
    if let Some(own) = plan.roles.iter_mut().find(|own: &&mut Role| own.name == role) {
        own.column = Some(column);
    }
}
