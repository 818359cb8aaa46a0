//! How systems call their columns, and what a name says of its values.

use super::column::Column;

/// Names of columns, the surest first; compared without case, signs and accents.
pub(super) struct Names(pub(super) &'static [&'static str]);

#[rustfmt::skip]
pub(super) const CONTACT: Names = Names(&[
    "contactid", "memberid", "customerid", "personid", "userid", "individualid", "constituentid", "donorid", "clientid",
    "leadid", "imisid", "customeruserid", "whoid", "recordid", "memberno", "membernumber", "membershipnumber",
    "customernumber", "customerno", "kundennummer", "kundenr", "kundenummer", "medlemsnummer", "medlemsnr",
    "mitgliedsnummer", "mitgliedsnr", "contact", "contactname", "member", "customer", "recipient", "person", "kunde",
    "kontakt", "cliente", "user", "visitorid", "distinctid", "subject", "email", "emailaddress", "useremail",
    "contactemail", "memberemail", "customeremail", "fromemailaddress", "courriel", "epost", "mail", "userfullname",
    "id",
]);
#[rustfmt::skip]
pub(super) const TYPE: Names = Names(&[
    "type", "activitytype", "eventtype", "event", "eventname", "activity", "action", "actiontype", "interaction", "kind",
    "category", "typ", "aktion", "aktivitat", "ereignis", "vorgang", "aktivitet", "hendelse", "handling", "tipo",
]);
#[rustfmt::skip]
pub(super) const TIME: Names = Names(&[
    "occurredat", "occurredon", "occurred", "timestamp", "eventtime", "eventdate", "activitydate", "activitytime",
    "datetime", "date", "time", "orderdate", "purchasedate", "transactiondate", "paymentdate", "invoicedate",
    "originaltimestamp", "eventtimestamp", "sentat", "receivedat", "startdate", "starttime", "jointime",
    "registrationtime", "registrationdate", "createdat", "createdon", "created", "createdate", "createddate",
    "creationdate", "when", "ts", "datum", "dato", "fecha", "data", "bestelldatum", "buchungsdatum", "eintrittsdatum",
    "updatedat",
]);
#[rustfmt::skip]
pub(super) const VALUE: Names = Names(&[
    "value", "amount", "total", "totalamount", "totalpaid", "ordertotalamount", "ordertotal", "grandtotal",
    "grossamount", "revenue", "price", "totalprice", "sum", "dollars", "amountusd", "amountcents", "amountincents",
    "donation", "gross", "net", "betrag", "belop", "summe", "preis", "umsatz", "importe", "montant", "valor", "quantity",
]);
#[rustfmt::skip]
pub(super) const ACTIVITY_ID: Names = Names(&[
    "activityid", "eventid", "messageid", "orderid", "ordernumber", "orderno", "transactionid", "invoiceid",
    "invoicenumber", "registrationid", "taskid", "uuid", "guid", "id",
]);
#[rustfmt::skip]
pub(super) const ACCOUNT: Names = Names(&[
    "accountid", "companyid", "organizationid", "organisationid", "employerid", "account", "company", "companyname",
    "organization", "organisation", "employer", "accountname", "companydomain", "firma", "bedrift", "groupid",
]);
pub(super) const SOURCE: Names = Names(&["source", "system", "channel", "origin", "sourcesystem"]);
#[rustfmt::skip]
pub(super) const CREATED: Names = Names(&[
    "createdat", "createdon", "created", "createdate", "createddate", "creationdate", "dateadded", "registeredat",
]);
#[rustfmt::skip]
pub(super) const AMOUNT: Names = Names(&[
    "amount", "dealamount", "expectedrevenue", "expectedvalue", "value", "total", "acv", "arr", "dealvalue",
]);
pub(super) const OPPORTUNITY_ID: Names = Names(&["opportunityid", "dealid", "opportunity", "deal", "recordid", "id"]);
#[rustfmt::skip]
pub(super) const ACCOUNT_ID: Names = Names(&[
    "accountid", "companyid", "organizationid", "organisationid", "recordid", "id", "account", "company", "domain",
    "companydomain", "companyname", "accountname", "name",
]);
/// What tells an opportunity from other things with an amount.
pub(super) const STAGE: Names = Names(&["stage", "dealstage", "stagename", "probability", "closedate", "pipeline"]);
/// What tells that something happened, from a list of people with a date.
#[rustfmt::skip]
pub(super) const HAPPENED: Names = Names(&[
    "orderid", "ordernumber", "orderno", "order", "orderdate", "purchasedate", "paymentid", "paymentdate",
    "transactionid", "transactiondate", "invoiceid", "invoicenumber", "invoicedate", "donationdate", "eventid",
    "eventname", "event", "eventdate", "session", "sessionid", "registrationid", "tickettype", "ticketid", "jointime",
    "attended", "checkedin",
]);

/// What APIs wrap the columns of a record into.
const WRAPPERS: [&str; 6] = ["attributes", "properties", "fields", "record", "payload", "data"];

/// A name as it is compared: without what stands in brackets, around a record, or behind a `$`.
pub(super) fn bare(name: &str) -> String {
    let name =
        name.split_once('(').map(|(before, _)| before).filter(|before| !before.trim().is_empty()).unwrap_or(name);
    let mut name = name.split_once(".$").map_or(name, |(before, _)| before);
    while let Some(inner) = name.split_once('.').filter(|(outer, _)| WRAPPERS.contains(outer)).map(|(_, inner)| inner) {
        name = inner;
    }
    name.chars().filter(|letter| letter.is_alphanumeric()).flat_map(char::to_lowercase).map(plain).collect()
}

/// A letter without its accent, as some systems write names of columns.
fn plain(letter: char) -> char {
    match letter {
        'ä' | 'å' | 'á' | 'à' | 'ã' => 'a',
        'ö' | 'ø' | 'ó' | 'ô' => 'o',
        'ü' | 'ú' => 'u',
        'é' | 'è' | 'ê' => 'e',
        'í' => 'i',
        'ç' => 'c',
        other => other,
    }
}

/// The words of a name: `createdAt`, `created_at` and `Created at (UTC)` have two.
fn words(name: &str) -> Vec<String> {
    let name =
        name.split_once('(').map(|(before, _)| before).filter(|before| !before.trim().is_empty()).unwrap_or(name);
    let name = name.split_once(".$").map_or(name, |(before, _)| before);
    let mut words = vec![String::new()];
    let mut small = false;
    for letter in name.chars() {
        if !letter.is_alphanumeric() || (small && letter.is_uppercase()) {
            words.push(String::new());
        }
        if letter.is_alphanumeric() {
            words.last_mut().expect("there is one from the start").extend(letter.to_lowercase().map(plain));
        }
        small = letter.is_lowercase();
    }
    words.retain(|word| !word.is_empty());
    words
}

/// Words for a day or a moment, wherever they stand first or last in a name.
#[rustfmt::skip]
const DATES: [&str; 13] = [
    "date", "datetime", "timestamp", "datum", "dato", "fecha", "birthday", "birthdate", "createdate", "closedate",
    "updatedat", "createdat", "dob",
];
/// Words for what happened on a day, at the end of a name.
#[rustfmt::skip]
const MOMENTS: [&str; 15] = [
    "time", "created", "updated", "modified", "since", "joined", "registered", "subscribed", "expires", "expired",
    "occurred", "at", "on", "when", "ts",
];

/// Whether a name says that its values are times: by whole words, so that a lifetime value is none.
pub(super) fn names_time(name: &str) -> bool {
    let mut words = words(name);
    while words.len() > 1 && words.last().is_some_and(|last| matches!(last.as_str(), "utc" | "gmt" | "local")) {
        words.pop();
    }
    let (Some(first), Some(last)) = (words.first(), words.last()) else { return false };
    let is_date = |word: &str| {
        let compound = ["date", "datum", "dato"].iter().any(|end| word.ends_with(end)) && word.len() > 7;
        DATES.contains(&word) || (compound && !matches!(word, "candidate" | "validate"))
    };
    is_date(first)
        || is_date(last)
        || (MOMENTS.contains(&last.as_str()) && (words.len() > 1 || !matches!(last.as_str(), "at" | "on")))
        || TIME.0.contains(&bare(name).as_str())
}

/// Whether a name says that its values are amounts.
pub(super) fn names_amount(name: &str) -> bool {
    let bare = bare(name);
    VALUE.0.iter().chain(AMOUNT.0).any(|own| *own == bare) || words(name).last().is_some_and(|last| last == "amount")
}

/// Whether a name says that digits are no amount, though they may be grouped.
pub(super) fn names_code(name: &str) -> bool {
    let codes =
        ["no", "nr", "id", "number", "nummer", "code", "phone", "mobile", "tel", "telefon", "fax", "zip", "iban"];
    words(name).last().is_some_and(|last| codes.contains(&last.as_str()))
}

/// Whether a name says that amounts are counted in a hundredth.
pub(super) fn names_cents(name: &str) -> bool {
    words(name).iter().any(|word| matches!(word.as_str(), "cents" | "cent" | "pence" | "minor"))
}

/// Whether a name says that its times are in UTC.
pub(super) fn names_utc(name: &str) -> bool {
    let words: Vec<_> = name.split(|letter: char| !letter.is_alphanumeric()).collect();
    words.iter().any(|word| matches!(word.to_lowercase().as_str(), "utc" | "gmt"))
}

/// The column that has the time of the day to a column of bare dates.
pub(super) fn clock_beside(columns: &[Column], date: usize) -> Option<&Column> {
    let named = |column: &&Column| {
        ["time", "clock", "zeit", "uhrzeit", "tid", "klokkeslett", "hora", "heure"].contains(&&*bare(&column.name))
    };
    let beside = columns.iter().find(|column| named(column) && column.is_clock());
    beside.filter(|_| !columns[date].has_local_times() && !columns[date].is_whole())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_compared_by_what_they_say() {
        let cases = [
            ("Timestamp (UTC)", "timestamp"),
            ("attributes.user_id", "userid"),
            ("createdAt.$date", "createdat"),
            ("_id.$oid", "id"),
            ("Beløp", "belop"),
            ("(none)", "none"),
        ];
        for (name, expected) in cases {
            assert_eq!(bare(name), expected);
        }
    }

    #[test]
    fn a_name_says_time_by_whole_words() {
        let times = [
            "Date",
            "Date Added",
            "order_date",
            "createdAt",
            "Created date (UTC)",
            "Join Time",
            "Member since",
            "Bestelldatum",
            "last_login_at",
            "Closed on",
            "hs_createdate",
            "Time (UTC)",
            "birthdate",
            "timestamp",
            "Last modified",
        ];
        let others = [
            "lifetime_value",
            "update_count",
            "created_by",
            "time_on_page_ms",
            "candidate",
            "update",
            "on",
            "location",
            "section",
            "Downtime",
            "Format",
        ];
        times.iter().for_each(|name| assert!(names_time(name), "{name}"));
        others.iter().for_each(|name| assert!(!names_time(name), "{name}"));
    }
}
