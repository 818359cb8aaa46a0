//! Which column is which fact, by the names that systems give to columns.

use super::column::{Column, Verdict};
use crate::source::Kind;

/// Names of columns, the surest first; compared without case and signs.
struct Names(&'static [&'static str]);

const CONTACT: Names = Names(&[
    "contactid",
    "memberid",
    "customerid",
    "personid",
    "userid",
    "individualid",
    "constituentid",
    "donorid",
    "clientid",
    "leadid",
    "recordid",
    "memberno",
    "membernumber",
    "membershipnumber",
    "customernumber",
    "customerno",
    "contact",
    "member",
    "customer",
    "person",
    "user",
    "visitorid",
    "distinctid",
    "subject",
    "email",
    "emailaddress",
    "useremail",
    "contactemail",
    "memberemail",
    "customeremail",
    "kundennummer",
    "kundenr",
    "kundenummer",
    "medlemsnummer",
    "medlemsnr",
    "mitgliedsnummer",
    "mitgliedsnr",
    "epost",
    "mail",
    "id",
]);
const TYPE: Names = Names(&[
    "type",
    "activitytype",
    "eventtype",
    "event",
    "eventname",
    "activity",
    "action",
    "actiontype",
    "interaction",
    "kind",
    "category",
    "name",
    "typ",
    "aktion",
    "aktivität",
    "ereignis",
    "vorgang",
    "aktivitet",
    "hendelse",
    "handling",
    "tipo",
]);
const TIME: Names = Names(&[
    "occurredat",
    "timestamp",
    "eventtime",
    "eventdate",
    "activitydate",
    "activitytime",
    "datetime",
    "date",
    "time",
    "orderdate",
    "purchasedate",
    "transactiondate",
    "paymentdate",
    "invoicedate",
    "originaltimestamp",
    "sentat",
    "receivedat",
    "createdat",
    "createdon",
    "created",
    "createdate",
    "creationdate",
    "startdate",
    "when",
    "ts",
    "datum",
    "dato",
    "fecha",
    "bestelldatum",
    "updatedat",
]);
const VALUE: Names = Names(&[
    "value",
    "amount",
    "total",
    "totalamount",
    "revenue",
    "price",
    "totalprice",
    "ordertotal",
    "sum",
    "dollars",
    "amountusd",
    "donation",
    "quantity",
    "betrag",
    "belop",
    "summe",
    "preis",
    "umsatz",
    "importe",
    "montant",
]);
const ACTIVITY_ID: Names = Names(&[
    "activityid",
    "eventid",
    "messageid",
    "orderid",
    "ordernumber",
    "orderno",
    "transactionid",
    "invoiceid",
    "invoicenumber",
    "registrationid",
    "uuid",
    "guid",
    "id",
]);
const ACCOUNT: Names = Names(&[
    "accountid",
    "companyid",
    "organizationid",
    "organisationid",
    "employerid",
    "account",
    "company",
    "companyname",
    "organization",
    "organisation",
    "employer",
    "accountname",
    "companydomain",
    "firma",
    "bedrift",
    "groupid",
]);
const SOURCE: Names = Names(&["source", "system", "channel", "origin", "sourcesystem"]);
const CREATED: Names =
    Names(&["createdat", "createdon", "created", "createdate", "creationdate", "dateadded", "registeredat"]);
const AMOUNT: Names =
    Names(&["amount", "dealamount", "expectedrevenue", "expectedvalue", "value", "total", "acv", "arr", "dealvalue"]);
const OPPORTUNITY_ID: Names = Names(&["opportunityid", "dealid", "opportunity", "deal", "recordid", "id"]);
const ACCOUNT_ID: Names = Names(&[
    "accountid",
    "companyid",
    "organizationid",
    "organisationid",
    "recordid",
    "id",
    "account",
    "company",
    "domain",
    "companydomain",
    "companyname",
    "accountname",
    "name",
]);
/// What tells an opportunity from other things with an amount.
const STAGE: Names = Names(&["stage", "dealstage", "stagename", "probability", "closedate", "pipeline"]);

/// A name as it is compared.
fn bare(name: &str) -> String {
    name.chars().filter(|letter| letter.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

impl Names {
    /// The place of the column with the surest name among those that may have the role.
    fn find(&self, columns: &[Column], may: impl Fn(&Column) -> bool) -> Option<usize> {
        let place = |wanted: &&str| columns.iter().position(|column| bare(&column.name) == **wanted && may(column));
        self.0.iter().find_map(place)
    }

    fn any(&self, columns: &[Column]) -> bool {
        self.find(columns, |_| true).is_some()
    }
}

/// A canonical column and the column of the file that it comes from.
#[derive(Debug)]
pub(super) struct Role {
    pub(super) name: &'static str,
    pub(super) column: Option<usize>,
}

/// Whether a name says that its values are times.
pub(super) fn names_time(name: &str) -> bool {
    let bare = bare(name);
    let parts = ["date", "time", "created", "updated", "since", "joined", "datum", "dato", "fecha", "birth", "expires"];
    parts.iter().any(|part| bare.contains(part))
        || TIME.0.contains(&bare.as_str())
        || name.ends_with("_at")
        || name.ends_with("_on")
}

/// What the rows are about, and whether that is certain.
pub(super) fn kind(columns: &[Column], stem: &str) -> (Kind, bool) {
    let stem = bare(stem);
    let is = |words: &[&str]| words.iter().any(|word| stem.contains(word));
    if STAGE.any(columns) && AMOUNT.any(columns) {
        return (Kind::Opportunities, true);
    }
    if is(&["opportunit", "deals"]) {
        return (Kind::Opportunities, true);
    }
    let named_contacts =
        is(&["contact", "member", "customer", "people", "person", "user", "lead", "subscriber", "kunde"]);
    let contact = CONTACT.find(columns, |_| true);
    let repeated = contact.is_some_and(|contact| !columns[contact].is_unique());
    let time = TIME.find(columns, is_time).is_some();
    let typed = TYPE.find(columns, |column| is_type(column) && bare(&column.name) != "name").is_some();
    if time && (repeated || (typed && !named_contacts)) {
        return (Kind::Activities, true);
    }
    if is(&["account", "compan", "organi", "employer"]) && !named_contacts {
        return (Kind::Accounts, true);
    }
    let by_id = contact.is_some_and(|contact| bare(&columns[contact].name) != "id");
    if time && !by_id && !named_contacts && is(&["activit", "event", "order", "purchase", "donation", "log", "visit"]) {
        return (Kind::Activities, true);
    }
    (Kind::Contacts, named_contacts || by_id)
}

/// The roles of a kind, each with its column where one fits; required ones in any case.
pub(super) fn roles(kind: Kind, columns: &[Column]) -> Vec<Role> {
    let mut taken: Vec<usize> = Vec::new();
    let mut roles = Vec::new();
    let mut role = |name: &'static str, names: &Names, may: &dyn Fn(&Column) -> bool| {
        let free = |column: &Column| may(column) && !taken.iter().any(|&place| columns[place].name == column.name);
        let found = names.find(columns, free);
        taken.extend(found);
        roles.push(Role { name, column: found });
    };
    let any: &dyn Fn(&Column) -> bool = &|column| column.filled > 0;
    match kind {
        Kind::Activities => {
            role("contact", &CONTACT, &|column| {
                column.filled > 0 && (bare(&column.name) != "id" || !column.is_unique())
            });
            role("occurred_at", &TIME, &is_time);
            role("type", &TYPE, &is_type);
            role("id", &ACTIVITY_ID, &Column::is_unique);
            role("value", &VALUE, &Column::is_numeric);
            role("account", &ACCOUNT, any);
            role("source", &SOURCE, &|column| column.distinct() <= 50);
        }
        Kind::Contacts => {
            role("id", &CONTACT, &Column::is_unique);
            role("account", &ACCOUNT, any);
            role("created_at", &CREATED, &is_time);
        }
        Kind::Accounts => role("id", &ACCOUNT_ID, &Column::is_unique),
        Kind::Opportunities => {
            role("id", &OPPORTUNITY_ID, &Column::is_unique);
            role("contact", &CONTACT, &|column| bare(&column.name) != "recordid");
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
    columns.filter(|(_, column)| column.distinct() > 1).map(|(_, column)| column.name.as_str()).collect()
}

fn is_time(column: &Column) -> bool {
    column.dates(true) != Verdict::Not
}

/// Types are few, and neither numbers nor times.
fn is_type(column: &Column) -> bool {
    let few = column.distinct() <= 200 && (column.filled < 20 || column.distinct() * 2 <= column.filled);
    few && column.filled > 0 && !column.is_numeric() && !is_time(column)
}

/// An attribute of this name: small letters, digits and `_`.
pub(super) fn attribute(name: &str) -> String {
    let mut out = String::new();
    for letter in name.chars() {
        match letter {
            letter if letter.is_alphanumeric() => out.extend(letter.to_lowercase()),
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
