//! From the cells of a row to a fact: the canonical columns have a meaning, all others are
//! attributes or properties.

use std::sync::Arc;

use rules::activity::Activity;
use rules::day::{Day, Instant, TimeError, Zone};
use rules::history::{Added, Membership, Row};
use rules::id::{AccountId, ContactId, OpportunityId};
use rules::value::{Attributes, Value};

use super::json::value_of;
use super::{Kind, Sink};

/// Why a row cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// A row of CSV with too few or too many cells.
    #[error("expected {expected} fields as in the header, found {found}")]
    FieldCount {
        /// Columns of the header.
        expected: usize,
        /// Cells of the row.
        found: usize,
    },
    /// A quote that is not closed where its cell ends.
    #[error("a quote is left open on this line")]
    OpenQuote,
    /// A carriage return by itself, which old Macintosh files end their lines with.
    #[error("a carriage return without a line feed stands in this line")]
    LoneReturn,
    /// A name of a nested value that is too long.
    #[error("a name is longer than {bytes_max} bytes")]
    LongName {
        /// How long it may be.
        bytes_max: usize,
    },
    /// A line that is too long.
    #[error("the line is longer than {bytes_max} bytes")]
    LongLine {
        /// How long it may be.
        bytes_max: u64,
    },
    /// A cell that is not text in UTF-8.
    #[error("`{column}` is not UTF-8")]
    NotUtf8 {
        /// The column.
        column: String,
    },
    /// A line that is not JSON.
    #[error("not JSON: {0}")]
    NotJson(String),
    /// A line of JSON that is not an object.
    #[error("not a JSON object")]
    NotAnObject,
    /// A cell that every such row needs.
    #[error("`{column}` is missing")]
    Missing {
        /// The column.
        column: String,
    },
    /// A date or time that cannot be read.
    #[error("`{column}` is \"{text}\": {error}")]
    Time {
        /// The column.
        column: String,
        /// What stands there.
        text: String,
        /// What is wrong with it.
        error: TimeError,
    },
    /// A date that is not written as its mapping says.
    #[error("`{column}` is \"{text}\": not {expected}")]
    Unread {
        /// The column of the file.
        column: String,
        /// What stands there.
        text: String,
        /// What was expected.
        expected: &'static str,
    },
    /// As many dates as accounts, or one for all.
    #[error("`account_since` has {dates} dates for {accounts} accounts; write one for each, or one for all")]
    SinceCount {
        /// How many dates.
        dates: usize,
        /// How many accounts.
        accounts: usize,
    },
    /// Two rows for one id and day that say different things.
    #[error(
        "an earlier row has the same `id` and `valid_from` and says something else; {} counts, by their content, \
         the same in any order of rows: give them different dates",
        if *.counts { "this one" } else { "the earlier one" }
    )]
    Contradiction {
        /// Whether this row counts, and not the one before.
        counts: bool,
    },
}

impl Reason {
    /// The column that it is about, if it is about one.
    pub fn column(&self) -> Option<&str> {
        match self {
            Self::NotUtf8 { column } | Self::Missing { column } => Some(column),
            Self::Time { column, .. } | Self::Unread { column, .. } => Some(column),
            _ => None,
        }
    }

    /// Whether another row cannot be used for the same reason.
    pub fn is_like(&self, other: &Self) -> bool {
        std::mem::discriminant(self) == std::mem::discriminant(other) && self.column() == other.column()
    }
}

/// Turns the cells of one row into a fact.
pub fn place(kind: Kind, mut cells: Attributes, zone: &Zone, sink: &mut dyn Sink) -> Result<(), Reason> {
    let added = match kind {
        Kind::Activities => {
            sink.activity(activity(cells, zone)?);
            return Ok(());
        }
        Kind::Contacts => {
            let id = ContactId::from(&*required(&mut cells, "id")?);
            let accounts = memberships(&mut cells, zone)?;
            sink.contact(id, Row { accounts, ..row(cells, zone)? })
        }
        Kind::Accounts => {
            let id = AccountId::from(&*required(&mut cells, "id")?);
            sink.account(id, row(cells, zone)?)
        }
        Kind::Opportunities => {
            let id = OpportunityId::from(&*required(&mut cells, "id")?);
            let contact = text(cells.remove("contact")).map(|contact| ContactId::from(&*contact));
            let account = text(cells.remove("account")).map(|account| AccountId::from(&*account));
            let accounts = account.map(|account| Membership { account, since: None }).into_iter().collect();
            sink.opportunity(id, Row { contact, accounts, ..row(cells, zone)? })
        }
    };
    match added {
        Added::New | Added::Repeated => Ok(()),
        Added::Conflicting => Err(Reason::Contradiction { counts: false }),
        Added::Replacing => Err(Reason::Contradiction { counts: true }),
    }
}

/// What rows of contacts, accounts and opportunities have in common.
fn row(mut cells: Attributes, zone: &Zone) -> Result<Row, Reason> {
    let valid_from = match cells.remove("valid_from") {
        Some(value) => Some(day(&value, "valid_from", zone)?),
        None => None,
    };
    Ok(Row { valid_from, attributes: cells, ..Row::default() })
}

fn activity(mut cells: Attributes, zone: &Zone) -> Result<Activity, Reason> {
    let contact = required(&mut cells, "contact")?;
    let kind = required(&mut cells, "type")?;
    let time = cells.remove("occurred_at").ok_or(Reason::Missing { column: "occurred_at".into() })?;
    let occurred_at = instant(&time, "occurred_at", zone)?;
    Ok(Activity {
        contact: ContactId::from(&*contact),
        kind,
        occurred_at,
        day: zone.day_of(occurred_at),
        id: text(cells.remove("id")),
        source: text(cells.remove("source")),
        value: cells.remove("value"),
        account: text(cells.remove("account")).map(|account| AccountId::from(&*account)),
        properties: cells,
    })
}

/// The accounts of a contact: separated by `|`, or a list in JSON; likewise the days since.
fn memberships(cells: &mut Attributes, zone: &Zone) -> Result<Vec<Membership>, Reason> {
    let accounts = list(cells.remove("account"));
    // The column stays an attribute too: points for years with an employer count from it.
    let since = list(cells.get("account_since").cloned());
    if since.len() > 1 && since.len() != accounts.len() {
        return Err(Reason::SinceCount { dates: since.len(), accounts: accounts.len() });
    }
    let mut memberships = Vec::new();
    for (index, account) in accounts.iter().enumerate().filter(|(_, account)| !account.is_empty()) {
        let since = match since.get(index).or_else(|| since.first().filter(|_| since.len() == 1)) {
            Some(date) if !date.is_empty() => Some(day(&Value::from(date.as_str()), "account_since", zone)?),
            _ => None,
        };
        memberships.push(Membership { account: AccountId::from(account.as_str()), since });
    }
    Ok(memberships)
}

fn list(value: Option<Value>) -> Vec<String> {
    let Some(text) = text(value) else { return Vec::new() };
    if text.starts_with('[')
        && let Ok(values) = serde_json::from_str::<Vec<serde_json::Value>>(&text)
    {
        return values.into_iter().filter_map(value_of).map(|value| value.text().into_owned()).collect();
    }
    text.split('|').map(|part| part.trim().to_owned()).collect()
}

fn required(cells: &mut Attributes, column: &'static str) -> Result<Arc<str>, Reason> {
    text(cells.remove(column)).ok_or(Reason::Missing { column: column.into() })
}

fn text(value: Option<Value>) -> Option<Arc<str>> {
    value.map(|value| match value {
        Value::Text(text) => text,
        other => other.text().into(),
    })
}

fn day(value: &Value, column: &'static str, zone: &Zone) -> Result<Day, Reason> {
    // A bare date is itself, even 9999-12-31, which has no last moment in every zone.
    match value.day(zone) {
        Some(day) => Ok(day),
        None => instant(value, column, zone).map(|instant| zone.day_of(instant)),
    }
}

fn instant(value: &Value, column: &'static str, zone: &Zone) -> Result<Instant, Reason> {
    let read = match value {
        Value::Text(text) => zone.instant(text),
        // Seconds since when, or a date without signs? Nobody can tell.
        Value::Number(_) | Value::Bool(_) => Err(TimeError::Unreadable),
    };
    // The beginning is enough to recognise it by.
    read.map_err(|error| Reason::Time { column: column.into(), text: value.text().chars().take(60).collect(), error })
}
