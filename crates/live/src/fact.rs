//! What somebody says, before it is known whether it is taken.

use std::collections::BTreeMap;
use std::sync::Arc;

use rules::day::{Day, Instant};
use rules::history::Membership;
use rules::id::{AccountId, ContactId};
use rules::value::{Attributes, Value};

/// Whose an activity is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Who {
    /// A contact, known or new.
    Contact(ContactId),
    /// A visitor of a web site whom nobody has identified yet: not a contact until [`Fact::Join`] makes it one.
    Visitor(Arc<str>),
}

/// An activity as somebody reports it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Whose it is.
    pub who: Who,
    /// What happened.
    pub kind: Arc<str>,
    /// When, to the microsecond; where it is missing, when it was received.
    pub occurred_at: Option<Instant>,
    /// With contact and source, the identity; without one it is never a duplicate.
    pub id: Option<Arc<str>>,
    /// The system that reports it.
    pub source: Option<Arc<str>>,
    /// The value it carries.
    pub value: Option<Value>,
    /// The account it belongs to, where it names one.
    pub account: Option<AccountId>,
    /// Everything else.
    pub properties: Attributes,
    /// The times as they were sent, as a JSON object, where `occurred_at` was worked out from them.
    pub original: Option<Arc<str>>,
}

/// What somebody says of a contact, an account or an opportunity; what it does not name stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Upsert {
    /// Who or what it is.
    pub id: Arc<str>,
    /// Values by name; `None` removes.
    pub attributes: BTreeMap<Arc<str>, Option<Value>>,
    /// The accounts from then on: all of a contact, at most one of an opportunity.
    pub accounts: Option<Vec<Membership>>,
    /// The contact of an opportunity; `Some(None)` removes it.
    pub contact: Option<Option<ContactId>>,
    /// The first day on which it holds. Without one, the first value of a name holds always, and a later one from
    /// the day on which it was received.
    pub from: Option<Day>,
    /// It is all that there is to say, as a row of a file is: what it does not name is nothing from then on.
    pub is_whole: bool,
}

/// Which activity is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Whose it is.
    pub contact: ContactId,
    /// The system that reported it.
    pub source: Option<Arc<str>>,
    /// Its id.
    pub id: Arc<str>,
}

/// What is corrected of an activity; what is `None` stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Amendment {
    /// The account; `Some(None)` removes it.
    pub account: Option<Option<AccountId>>,
    /// The value; `Some(None)` removes it.
    pub value: Option<Option<Value>>,
    /// The time.
    pub occurred_at: Option<Instant>,
}

/// One thing that is said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fact {
    /// Something happened.
    Activity(Report),
    /// Something is known of a contact.
    Contact(Upsert),
    /// Something is known of an account.
    Account(Upsert),
    /// Something is known of an opportunity.
    Opportunity(Upsert),
    /// A visitor is a contact.
    Join {
        /// The visitor.
        visitor: Arc<str>,
        /// The contact.
        contact: ContactId,
    },
    /// An activity never happened.
    Retract(Identity),
    /// An activity happened otherwise.
    Amend(Identity, Amendment),
}

/// Why something is not taken. The code is the same in answers, in metrics and in the manual.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// It is not a JSON object of the documented form.
    Malformed,
    /// Something that is needed is missing.
    Missing,
    /// A text is longer, or there are more of something, than is taken.
    TooLong,
    /// A time cannot be read, or has no offset from UTC.
    InvalidTime,
    /// It is said to have happened more than a day after it was received.
    InTheFuture,
    /// It is said to have happened before 1900.
    TooOld,
    /// A type of message that has no meaning here.
    Unsupported,
    /// The contact was erased, and nothing is taken about it any more.
    Erased,
    /// The activity is not known.
    Unknown,
    /// A score would leave the range of ±922,337,203,685,477.
    OutOfRange,
}

impl Reason {
    /// Every reason with its code.
    pub const ALL: [(Self, &'static str); 10] = [
        (Self::Malformed, "malformed"),
        (Self::Missing, "missing"),
        (Self::TooLong, "too_long"),
        (Self::InvalidTime, "invalid_time"),
        (Self::InTheFuture, "in_the_future"),
        (Self::TooOld, "too_old"),
        (Self::Unsupported, "unsupported"),
        (Self::Erased, "erased"),
        (Self::Unknown, "unknown"),
        (Self::OutOfRange, "out_of_range"),
    ];

    /// The code in answers.
    pub fn code(self) -> &'static str {
        Self::ALL[self as usize].1
    }
}

/// Something that is not taken, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Why.
    pub reason: Reason,
    /// What is wrong and what to do, without the values of anybody's attributes.
    pub message: String,
}

impl Refusal {
    /// Something that is not taken, and why.
    pub fn new(reason: Reason, message: impl Into<String>) -> Self {
        Self { reason, message: message.into() }
    }
}

/// What became of one thing that was said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Taken {
    /// It is stored, or was known already.
    Accepted,
    /// The same activity was accepted before.
    Duplicate,
    /// It is not taken.
    Refused(Refusal),
}
