//! The contacts and their accounts.

use std::fmt::Write as _;
use std::sync::Arc;

use arrow_array::builder::{Date32Builder, StringBuilder};
use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::{DataType, Field, Schema};

use crate::chance::Chance;

/// Seven digits of a contact's id tell so many apart.
pub(crate) const CONTACTS_MAX: u64 = 10_000_000;

/// As many accounts for so many contacts as there are in an association of firms.
pub(crate) fn accounts(contacts: u64) -> u64 {
    (contacts / 20).max(1)
}

/// Another order of the numbers below `end`: the factor is a prime above every `end`.
pub(crate) fn shuffled(number: u64, end: u64) -> u64 {
    (number * 2_654_435_761 + 12_345) % end
}

/// Ids as text.
#[derive(Debug)]
pub(crate) struct Id;

impl Id {
    /// Of a contact: seven digits that follow no order. The factor shares none with a power of ten.
    pub(crate) fn contact(number: u64, text: &mut String) -> &str {
        text.clear();
        let _written = write!(text, "m{:07}", number * 6_180_339 % CONTACTS_MAX);
        text
    }

    /// Of an account.
    pub(crate) fn account(number: u64, text: &mut String) -> &str {
        text.clear();
        let _written = write!(text, "org{:06}", number * 618_033 % 1_000_000);
        text
    }
}

const MEMBER_TYPES: [&str; 6] = ["individual", "corporate", "student", "retired", "fellow", "honorary"];
const COUNTRIES: [&str; 12] = ["NO", "SE", "DK", "FI", "IS", "DE", "GB", "NL", "FR", "US", "PL", "ES"];
const INDUSTRIES: [&str; 8] = ["health", "education", "research", "energy", "finance", "retail", "public", "transport"];

/// 2026-03-01 and twenty years before, in days since 1970-01-01.
const SINCE: (u64, i32) = (7_305, 20_513 - 7_305);

fn batch(fields: &[(&str, DataType)], columns: Vec<ArrayRef>) -> Option<RecordBatch> {
    let fields: Vec<_> = fields.iter().map(|(name, kind)| Field::new(*name, kind.clone(), *name != "id")).collect();
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).ok()
}

/// All contacts, a batch at a time.
pub(crate) fn contact_batches(seed: u64, contacts: u64) -> impl Iterator<Item = RecordBatch> {
    const BATCH: u64 = 16 << 10;
    let mut chance = Chance::new(seed ^ 0xc0);
    (0..contacts.div_ceil(BATCH)).filter_map(move |at| {
        let numbers = at * BATCH..((at + 1) * BATCH).min(contacts);
        let mut text = String::new();
        let mut texts: [StringBuilder; 6] = std::array::from_fn(|_| StringBuilder::new());
        let mut since = Date32Builder::new();
        for number in numbers {
            let [id, account, member_type, status, country, email] = &mut texts;
            let name = Id::contact(number, &mut text);
            id.append_value(name);
            email.append_value(format!("{name}@example.org"));
            let firm = (chance.below(5) > 0).then(|| chance.below(accounts(contacts)));
            account.append_option(firm.map(|firm| Id::account(firm, &mut text)));
            let kind = chance.weighted([60, 15, 12, 8, 3, 1, 1], 100);
            member_type.append_option(MEMBER_TYPES.get(kind));
            status.append_value(["member", "lapsed", "prospect"][chance.weighted([80, 12, 8], 100)]);
            country.append_option((chance.below(50) > 0).then(|| COUNTRIES[chance.place(COUNTRIES.len())]));
            let days = i32::try_from(chance.below(SINCE.0)).unwrap_or(0);
            since.append_option((chance.below(50) > 0).then_some(SINCE.1 + days));
        }
        let [id, account, member_type, status, country, email] = texts.map(|mut texts| texts.finish());
        let names = ["id", "account", "member_type", "status", "country", "email"].map(|name| (name, DataType::Utf8));
        let mut fields = names.to_vec();
        fields.push(("member_since", DataType::Date32));
        let texts = [id, account, member_type, status, country, email];
        let mut columns: Vec<ArrayRef> = texts.into_iter().map(|texts| Arc::new(texts) as ArrayRef).collect();
        columns.push(Arc::new(since.finish()));
        batch(&fields, columns)
    })
}

/// All accounts.
pub(crate) fn account_batches(seed: u64, contacts: u64) -> impl Iterator<Item = RecordBatch> {
    let mut chance = Chance::new(seed ^ 0xac);
    let (mut id, mut industry, mut text) = (StringBuilder::new(), StringBuilder::new(), String::new());
    for number in 0..accounts(contacts) {
        id.append_value(Id::account(number, &mut text));
        industry.append_option((chance.below(20) > 0).then(|| INDUSTRIES[chance.place(INDUSTRIES.len())]));
    }
    let columns: Vec<ArrayRef> = vec![Arc::new(id.finish()), Arc::new(industry.finish())];
    batch(&[("id", DataType::Utf8), ("industry", DataType::Utf8)], columns).into_iter()
}
