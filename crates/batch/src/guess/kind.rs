//! What the rows of an export are about: by the name of the file, by its columns, and by whether its
//! contacts occur more than once.

use super::column::Column;
use super::names::{AMOUNT, CONTACT, HAPPENED, STAGE, TIME, TYPE, bare};
use super::role::{find, is_contact, is_time, is_type};
use crate::source::Kind;

const CONTACTS: [&str; 8] = ["contact", "member", "customer", "people", "person", "user", "subscriber", "kunde"];
const ACCOUNTS: [&str; 4] = ["account", "compan", "organi", "employer"];
#[rustfmt::skip]
const ACTIVITIES: [&str; 14] = [
    "activit", "event", "order", "purchase", "donation", "log", "visit", "payment", "attend", "registration", "transaction",
    "invoice", "ticket", "charge",
];

/// The kind, and whether it is certain.
pub(super) fn kind(columns: &[Column], stem: &str) -> (Kind, bool) {
    let stem = bare(stem);
    let is = |words: &[&str]| words.iter().any(|word| stem.contains(word));
    let any = |names| find(names, columns, |_| true).is_some();
    let leads = is(&["lead"]);
    if is(&["opportunit", "deals"]) || (any(&STAGE) && any(&AMOUNT) && !leads) {
        return (Kind::Opportunities, true);
    }
    let named_contacts = leads || is(&CONTACTS);
    let contact = find(&CONTACT, columns, is_contact);
    let repeated = contact.is_some_and(|contact| !columns[contact].is_unique());
    // A time that cannot be read is asked for later, and tells as much of the rows.
    let time =
        find(&TIME, columns, |column| is_time(column) || column.no_date.is_some() && !column.is_numeric()).is_some();
    let typed = find(&TYPE, columns, is_type).is_some();
    if time && (repeated || (typed && !named_contacts)) {
        return (Kind::Activities, true);
    }
    if is(&ACCOUNTS) && !named_contacts {
        return (Kind::Accounts, true);
    }
    let by_id = contact.is_some_and(|contact| bare(&columns[contact].name) != "id");
    if time && !named_contacts && (is(&ACTIVITIES) || any(&HAPPENED)) {
        // Each contact once may be a list of contacts as well.
        return (Kind::Activities, is(&ACTIVITIES) && !is(&["log"]));
    }
    let is_sure = (named_contacts || by_id) && !(any(&STAGE) && any(&AMOUNT)) && !(time && any(&HAPPENED));
    (Kind::Contacts, is_sure)
}
