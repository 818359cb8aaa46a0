//! Which column is which fact, by the names that systems give to columns, and by what they hold.

use super::column::Column;
use super::names::{
    ACCOUNT, ACCOUNT_ID, ACTIVITY_ID, AMOUNT, CONTACT, CREATED, Names, OPPORTUNITY_ID, SOURCE, TIME, TYPE, VALUE, bare,
};
use super::rivals::Verdict;
use crate::mapping::Order;
use crate::source::Kind;

/// The place of the column with the surest name among those that may have the role. One that is
/// mostly empty gives way to another that is not.
pub(super) fn find(names: &Names, columns: &[Column], may: impl Fn(&Column) -> bool) -> Option<usize> {
    let named: Vec<String> = columns.iter().map(|column| bare(&column.name)).collect();
    let found = |wanted: &&str| (0..columns.len()).find(|&place| named[place] == **wanted && may(&columns[place]));
    let candidates: Vec<usize> = names.0.iter().filter_map(found).collect();
    let most = candidates.iter().map(|&place| columns[place].filled).max()?;
    candidates.into_iter().find(|&place| columns[place].filled * 2 >= most)
}

/// A canonical column and the column of the file that it comes from.
#[derive(Debug)]
pub(super) struct Role {
    pub(super) name: &'static str,
    pub(super) column: Option<usize>,
}

/// The roles of a kind, each with its column where one fits; required ones in any case.
pub(super) fn roles(kind: Kind, columns: &[Column]) -> Vec<Role> {
    let mut taken: Vec<usize> = Vec::new();
    let mut roles = Vec::new();
    let mut role = |name: &'static str, names: &Names, may: &dyn Fn(&Column) -> bool| {
        let free = |column: &Column| may(column) && !taken.iter().any(|&place| columns[place].name == column.name);
        let found = find(names, columns, free);
        taken.extend(found);
        roles.push(Role { name, column: found });
    };
    let any: &dyn Fn(&Column) -> bool = &|column| column.filled > 0;
    match kind {
        Kind::Activities => {
            role("contact", &CONTACT, &|column| {
                is_contact(column) && (bare(&column.name) != "id" || !column.is_unique())
            });
            // Small numbers are days of a spreadsheet only where there is no other time.
            let is_plain_time =
                |column: &Column| !matches!(column.dates(true), Verdict::Not | Verdict::Sure(Order::Spreadsheet));
            match find(&TIME, columns, is_plain_time) {
                Some(_) => role("occurred_at", &TIME, &is_plain_time),
                None => role("occurred_at", &TIME, &is_time),
            }
            role("type", &TYPE, &is_type);
            role("id", &ACTIVITY_ID, &Column::is_unique);
            role("value", &VALUE, &Column::is_numeric);
            role("account", &ACCOUNT, any);
            role("source", &SOURCE, &|column| column.distinct() <= 50);
        }
        Kind::Contacts => {
            let by_id = find(&CONTACT, columns, |column| is_id(column) && !column.is_emails());
            role("id", &CONTACT, &|column| is_id(column) && !(by_id.is_some() && column.is_emails()));
            role("account", &ACCOUNT, any);
            role("created_at", &CREATED, &is_time);
        }
        Kind::Accounts => role("id", &ACCOUNT_ID, &Column::is_unique),
        Kind::Opportunities => {
            role("id", &OPPORTUNITY_ID, &Column::is_unique);
            role("contact", &CONTACT, &|column| {
                is_contact(column) && !matches!(&*bare(&column.name), "recordid" | "id")
            });
            role("account", &ACCOUNT, any);
            role("amount", &AMOUNT, &Column::is_numeric);
        }
    }
    roles.retain(|role| role.column.is_some() || kind.required().contains(&role.name));
    roles
}

/// Columns without a role that may say what happened all the same.
pub(super) fn perhaps_types<'c>(columns: &'c [Column], roles: &[Role]) -> Vec<&'c str> {
    let free = |place: usize| !roles.iter().any(|role| role.column == Some(place));
    let columns = columns.iter().enumerate().filter(|(place, column)| free(*place) && is_type(column));
    let may = |column: &Column| column.distinct() > 1 && !column.is_emails() && !column.is_unique();
    columns.filter(|(_, column)| may(column)).map(|(_, column)| column.name.as_str()).collect()
}

pub(super) fn is_time(column: &Column) -> bool {
    column.dates(true) != Verdict::Not
}

/// A column of contacts: no answers, and of some names no few words either.
pub(super) fn is_contact(column: &Column) -> bool {
    let name = bare(&column.name);
    let is_vague =
        ["contact", "member", "customer", "person", "user", "kunde", "kontakt", "recipient"].contains(&&*name);
    let is_few = column.filled >= 20 && column.distinct() <= 3;
    column.filled > 0 && !column.is_flag() && !(is_vague && is_few) && (name != "subject" || column.is_ids())
}

/// Every contact once, and each of some substance.
fn is_id(column: &Column) -> bool {
    is_contact(column) && column.is_unique()
}

/// Other columns than the one with the role that may be the contacts as well.
pub(super) fn other_contacts(columns: &[Column], own: usize) -> Vec<&Column> {
    let is_other = |column: &&Column| {
        CONTACT.0.contains(&&*bare(&column.name)) && bare(&column.name) != "id" && is_contact(column)
    };
    let others = columns.iter().enumerate().filter(|(place, _)| *place != own).map(|(_, column)| column);
    others.filter(is_other).collect()
}

/// Types are few, and neither numbers nor times.
pub(super) fn is_type(column: &Column) -> bool {
    let few = column.distinct() <= 200 && (column.filled < 20 || column.distinct() * 2 <= column.filled);
    few && column.filled > 0 && !column.is_numeric() && !is_time(column)
}

/// An attribute of this name: small letters, digits and `_`.
pub(super) fn attribute(name: &str) -> String {
    let mut out = String::new();
    for letter in name.chars() {
        match letter {
            letter if letter.is_alphanumeric() => out.extend(letter.to_lowercase()),
            '*' if name == "*" => return "asterisk".to_owned(),
            _ if out.ends_with('_') || out.is_empty() => {}
            _ => out.push('_'),
        }
    }
    let trimmed = out.trim_end_matches('_');
    if trimmed.is_empty() { name.to_owned() } else { trimmed.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_attributes() {
        let cases =
            [("Job Title", "job_title"), ("E-mail", "e_mail"), ("Größe (cm)", "größe_cm"), ("#", "#"), ("a.b", "a_b")];
        for (name, expected) in cases {
            assert_eq!(attribute(name), expected);
        }
    }
}
