//! An activity: something a contact did, or that happened to it.

use std::cmp::Ordering;
use std::sync::Arc;

use crate::day::{Day, Instant};
use crate::id::{AccountId, ContactId};
use crate::value::{self, Attributes, Value};

/// One activity. An empty id, source, value or account is a missing one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Activity {
    /// Whose it is.
    pub contact: ContactId,
    /// What happened, such as `event_attended`.
    pub kind: Arc<str>,
    /// When, to the microsecond.
    pub occurred_at: Instant,
    /// The local calendar date of `occurred_at` in the model's time zone.
    pub day: Day,
    /// With contact and source, the identity; an activity without one is never a duplicate.
    pub id: Option<Arc<str>>,
    /// The system that reported it.
    pub source: Option<Arc<str>>,
    /// The value it carries, such as an amount of money.
    pub value: Option<Value>,
    /// The account it belongs to, where it names one.
    pub account: Option<AccountId>,
    /// Everything else that is known about it.
    pub properties: Attributes,
}

impl Activity {
    /// Type, value, account and properties as one canonical JSON array. It orders activities
    /// that nothing else tells apart, so that the order of rows in a file never matters.
    pub fn canonical(&self) -> String {
        let mut out = String::from("[");
        value::write_json_text(&self.kind, &mut out);
        out.push(',');
        match &self.value {
            Some(value) => value.write_json(&mut out),
            None => out.push_str("null"),
        }
        out.push(',');
        match &self.account {
            Some(account) => value::write_json_text(account.as_str(), &mut out),
            None => out.push_str("null"),
        }
        out.push(',');
        value::write_json_object(&self.properties, &mut out);
        out.push(']');
        out
    }

    /// Which of several rows with one identity counts: the first by this order.
    pub(crate) fn precedence(&self, other: &Self) -> Ordering {
        let by_time = self.occurred_at.cmp(&other.occurred_at);
        by_time.then_with(|| self.canonical().cmp(&other.canonical()))
    }

    /// The order of a contact's activities: time, source, id; those without id follow those with
    /// one, by their canonical JSON.
    pub(crate) fn order(&self, other: &Self) -> Ordering {
        self.order_with(other, Ordering::Equal)
    }

    /// The order of an account's activities: as [`order`](Self::order), the contact right after the time.
    pub(crate) fn order_in_account(&self, other: &Self) -> Ordering {
        self.order_with(other, self.contact.cmp(&other.contact))
    }

    fn order_with(&self, other: &Self, after_time: Ordering) -> Ordering {
        self.occurred_at
            .cmp(&other.occurred_at)
            .then(after_time)
            .then_with(|| self.source.cmp(&other.source))
            .then_with(|| self.id.is_none().cmp(&other.id.is_none()))
            .then_with(|| self.id.cmp(&other.id))
            .then_with(|| self.canonical().cmp(&other.canonical()))
    }
}
