//! The activities: who did what, when, in the order of time.

use std::fmt::Write as _;
use std::sync::Arc;

use arrow_array::builder::{Decimal128Builder, StringBuilder, TimestampMicrosecondBuilder};
use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::{DataType, Field, Schema, TimeUnit};

use crate::chance::{Chance, mixed};
use crate::people;

/// Two years, up to the end of the as-of date: 2024-03-02T00:00Z and the length, in microseconds.
const START: i64 = 1_709_337_600_000_000;
const SPAN: u64 = 730 * 86_400_000_000;

/// The last day of these, by which everything is scored.
pub(crate) const AS_OF: &str = "2026-03-01";

/// So many rows come at once.
const BATCH: u64 = 16 << 10;

/// What can be done: the type, how often (of 1000), and where from.
const TYPES: [(&str, u64, &str); 12] = [
    ("email_delivered", 300, "newsletter"),
    ("email_opened", 160, "newsletter"),
    ("email_clicked", 60, "newsletter"),
    ("page_viewed", 200, "website"),
    ("login", 120, "website"),
    ("forum_posted", 35, "website"),
    ("event_registered", 30, "website"),
    ("event_attended", 25, "crm"),
    ("survey_answered", 20, "website"),
    ("course_completed", 10, "crm"),
    ("purchase", 25, "crm"),
    ("donation", 15, "crm"),
];
const FORMATS: [&str; 3] = ["in_person", "online", "hybrid"];
const CAMPAIGNS: [&str; 8] = ["news", "join", "renew", "events", "learn", "give", "survey", "shop"];

/// So many activities of so many contacts, a batch at a time.
#[derive(Debug)]
pub(crate) struct Activities {
    chance: Chance,
    rows: u64,
    contacts: u64,
    done: u64,
    schema: Arc<Schema>,
}

fn moment() -> DataType {
    DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()))
}

pub(crate) fn schema() -> Arc<Schema> {
    let field = |name: &str, kind, may_miss| Field::new(name, kind, may_miss);
    Arc::new(Schema::new(vec![
        field("contact", DataType::Utf8, false),
        field("type", DataType::Utf8, false),
        field("occurred_at", moment(), false),
        field("id", DataType::Utf8, false),
        field("source", DataType::Utf8, false),
        field("value", DataType::Decimal128(9, 2), true),
        field("campaign", DataType::Utf8, true),
        field("format", DataType::Utf8, true),
    ]))
}

impl Activities {
    pub(crate) fn new(seed: u64, rows: u64, contacts: u64) -> Self {
        Self { chance: Chance::new(seed), rows, contacts, done: 0, schema: schema() }
    }

    /// Every activity has a moment of its own, later than the one before.
    fn moment(&mut self, row: u64) -> i64 {
        let from = u128::from(row) * u128::from(SPAN) / u128::from(self.rows);
        let within = self.chance.below(SPAN / self.rows);
        START + i64::try_from(from).unwrap_or(0) + i64::try_from(within).unwrap_or(0)
    }

    /// Ten steps, each of twice as many contacts as the one before and with as many activities:
    /// few have thousands where most have a dozen, and three of a hundred have none.
    fn contact(&mut self) -> u64 {
        const STEPS: u64 = 10;
        let active = (self.contacts * 97 / 100).max(1);
        let step = self.chance.below(STEPS);
        let first = |step: u64| active * ((1 << step) - 1) / ((1 << STEPS) - 1);
        let (from, to) = (first(step), first(step + 1));
        let rank = from + self.chance.below((to - from).max(1));
        people::shuffled(rank.min(active - 1), self.contacts)
    }
}

impl Iterator for Activities {
    type Item = RecordBatch;

    fn next(&mut self) -> Option<RecordBatch> {
        let rows = BATCH.min(self.rows - self.done);
        if rows == 0 {
            return None;
        }
        let mut columns = Columns::default();
        for row in self.done..self.done + rows {
            self.row(row, &mut columns);
        }
        self.done += rows;
        RecordBatch::try_new(self.schema.clone(), columns.finish()).ok()
    }
}

impl Activities {
    fn row(&mut self, row: u64, columns: &mut Columns) {
        let contact = self.contact();
        let moment = self.moment(row);
        let (kind, _, source) = TYPES[self.chance.weighted(TYPES.iter().map(|(_, weight, _)| *weight), 1000)];
        let mail_or_page = kind.starts_with("email_") || kind == "page_viewed";
        let scanned = mail_or_page && kind != "email_delivered" && self.chance.below(20) == 0;
        columns.contact.append_value(people::Id::contact(contact, &mut columns.text));
        columns.kind.append_value(kind);
        columns.moment.append_value(moment);
        columns.text.clear();
        // The upper bits of a number that is different for each, as random ids are.
        let _written = write!(columns.text, "{:016x}", mixed(row));
        columns.id.append_value(&columns.text);
        columns.source.append_value(if scanned { "scanner" } else { source });
        columns.value.append_option(self.value(kind));
        if mail_or_page {
            columns.text.clear();
            let (theme, issue) = (CAMPAIGNS[self.chance.place(CAMPAIGNS.len())], self.chance.below(63));
            let _written = write!(columns.text, "{theme}-{issue:02}");
            columns.campaign.append_value(&columns.text);
        } else {
            columns.campaign.append_null();
        }
        let event = kind.starts_with("event_");
        columns.format.append_option(event.then(|| FORMATS[self.chance.place(FORMATS.len())]));
    }

    /// Cents: mostly tens, sometimes many hundreds.
    fn value(&mut self, kind: &str) -> Option<i128> {
        let most = match kind {
            "purchase" => [2_000, 9_000, 80_000],
            "donation" => [3_000, 12_000, 150_000],
            _ => return None,
        };
        let most = most[self.chance.weighted([6, 3, 1], 10)];
        Some(i128::from(self.chance.below(most) + 500))
    }
}

struct Columns {
    contact: StringBuilder,
    kind: StringBuilder,
    moment: TimestampMicrosecondBuilder,
    id: StringBuilder,
    source: StringBuilder,
    value: Decimal128Builder,
    campaign: StringBuilder,
    format: StringBuilder,
    text: String,
}

impl Default for Columns {
    fn default() -> Self {
        Self {
            contact: StringBuilder::new(),
            kind: StringBuilder::new(),
            moment: TimestampMicrosecondBuilder::new().with_data_type(moment()),
            id: StringBuilder::new(),
            source: StringBuilder::new(),
            value: Decimal128Builder::new().with_data_type(DataType::Decimal128(9, 2)),
            campaign: StringBuilder::new(),
            format: StringBuilder::new(),
            text: String::new(),
        }
    }
}

impl Columns {
    fn finish(mut self) -> Vec<ArrayRef> {
        vec![
            Arc::new(self.contact.finish()),
            Arc::new(self.kind.finish()),
            Arc::new(self.moment.finish()),
            Arc::new(self.id.finish()),
            Arc::new(self.source.finish()),
            Arc::new(self.value.finish()),
            Arc::new(self.campaign.finish()),
            Arc::new(self.format.finish()),
        ]
    }
}
