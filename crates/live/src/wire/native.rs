//! The service's own form: what is said of activities, contacts, accounts and opportunities, and what is corrected.

use rules::day::Instant;
use rules::history::Membership;
use rules::id::{AccountId, ContactId};
use serde_json::Value as Json;

use super::flat::{flat, properties};
use super::members::{Members, id_of, only, scalar, wrong};
use super::text::Object;
use super::{Item, body, bounds, time};
use crate::fact::{Amendment, Fact, Identity, Reason, Refusal, Report, Upsert, Who};

/// What the items of a body are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Activities.
    Activities,
    /// What is known of contacts.
    Contacts,
    /// What is known of accounts.
    Accounts,
    /// What is known of opportunities.
    Opportunities,
    /// Activities that never happened.
    Retractions,
    /// Activities that happened otherwise.
    Amendments,
}

impl Kind {
    /// The members that an item may have.
    fn members(self) -> &'static [&'static str] {
        match self {
            Self::Activities => &["contact", "type", "occurred_at", "id", "source", "value", "account", "properties"],
            Self::Contacts => &["id", "attributes", "account", "accounts", "valid_from"],
            Self::Accounts => &["id", "attributes", "valid_from"],
            Self::Opportunities => &["id", "attributes", "contact", "account", "amount", "valid_from"],
            Self::Retractions => &["contact", "source", "id"],
            Self::Amendments => &["contact", "source", "id", "account", "value", "occurred_at"],
        }
    }

    /// Where anything else goes.
    fn otherwise(self) -> &'static str {
        match self {
            Self::Activities => "; anything else goes into `properties`",
            Self::Contacts | Self::Accounts | Self::Opportunities => "; anything else goes into `attributes`",
            Self::Retractions | Self::Amendments => "",
        }
    }

    fn fact(self, object: Object) -> Result<Fact, Refusal> {
        let members = Members::known(object, self.members(), self.otherwise())?;
        match self {
            Self::Activities => activity(members).map(Fact::Activity),
            Self::Contacts => contact(members).map(Fact::Contact),
            Self::Accounts => upsert(members).map(Fact::Account),
            Self::Opportunities => opportunity(members).map(Fact::Opportunity),
            Self::Retractions => retraction(members),
            Self::Amendments => amendment(members),
        }
    }
}

/// Reads a body: one JSON object, a list of them, or one object a line.
///
/// # Errors
///
/// Where the body as a whole cannot be read.
pub fn read(kind: Kind, body: &[u8], received: Instant) -> Result<Vec<Item>, Refusal> {
    let items = body::items(body)?.into_iter();
    Ok(items.map(|object| bounds::admitted(vec![kind.fact(object?)?], received)).collect())
}

fn activity(mut members: Members) -> Result<Report, Refusal> {
    let contact = members.needed("contact", "whose activity is it?")?;
    let kind = members.needed("type", "what happened?")?;
    let occurred_at = members.take("occurred_at").map(|at| time::instant("occurred_at", &at)).transpose()?;
    Ok(Report {
        who: Who::Contact(ContactId::from(&*contact)),
        kind,
        occurred_at,
        id: members.id("id")?,
        source: members.id("source")?,
        value: scalar("value", members.said("value").unwrap_or_default())?,
        account: members.id("account")?.map(|account| AccountId::from(&*account)),
        properties: properties(members.object("properties")?)?,
        original: None,
    })
}

/// What contacts, accounts and opportunities have in common.
fn upsert(mut members: Members) -> Result<Upsert, Refusal> {
    let id = members.needed("id", "who or what is it?")?;
    let from = members.take("valid_from").map(|day| time::day("valid_from", &day)).transpose()?;
    let attributes = flat(members.object("attributes")?)?;
    Ok(Upsert { id, attributes, from, ..Upsert::default() })
}

fn contact(mut members: Members) -> Result<Upsert, Refusal> {
    let accounts = match (members.said("account"), members.said("accounts")) {
        (Some(_), Some(_)) => {
            let message = "`account` and `accounts` say the same thing twice: put all of them into `accounts`";
            return Err(Refusal::new(Reason::Malformed, message));
        }
        (Some(account), None) => Some(at_most_one(account)?),
        (None, Some(Json::Array(list))) => Some(list.into_iter().map(membership).collect::<Result<_, _>>()?),
        (None, Some(Json::Null)) => Some(Vec::new()),
        (None, Some(other)) => return Err(wrong("accounts", &other, "a list")),
        (None, None) => None,
    };
    Ok(Upsert { accounts, ..upsert(members)? })
}

fn opportunity(mut members: Members) -> Result<Upsert, Refusal> {
    let contact = members.said("contact").map(|contact| id_of("contact", contact)).transpose()?;
    let contact = contact.map(|contact| contact.map(|contact| ContactId::from(&*contact)));
    let accounts = members.said("account").map(at_most_one).transpose()?;
    let amount = members.said("amount");
    let mut upsert = upsert(members)?;
    if let Some(amount) = amount {
        if upsert.attributes.insert("amount".into(), scalar("amount", amount)?).is_some() {
            let message = "`amount` stands there twice, by itself and in `attributes`: leave out one of them";
            return Err(Refusal::new(Reason::Malformed, message));
        }
    }
    Ok(Upsert { contact, accounts, ..upsert })
}

/// The one account that is named; null and empty text are none.
fn at_most_one(account: Json) -> Result<Vec<Membership>, Refusal> {
    Ok(id_of("account", account)?.iter().map(|account| only(account)).collect())
}

/// An account of a list: its id, or its id and the first day of it.
fn membership(entry: Json) -> Result<Membership, Refusal> {
    let (account, since) = match entry {
        Json::Object(object) => {
            let mut members = Members::known(object, &["id", "since"], "")?;
            let since = members.take("since").map(|since| time::day("since", &since)).transpose()?;
            (members.id("id")?, since)
        }
        id => (id_of("accounts", id)?, None),
    };
    let Some(account) = account else {
        return Err(Refusal::new(Reason::Missing, "an entry of `accounts` has no id; an empty list removes them all"));
    };
    Ok(Membership { since, ..only(&account) })
}

fn identity(members: &mut Members) -> Result<Identity, Refusal> {
    let contact = members.needed("contact", "whose activity is it?")?;
    let id = members.needed("id", "only an activity that was sent with an id can be corrected")?;
    Ok(Identity { contact: ContactId::from(&*contact), source: members.id("source")?, id })
}

fn retraction(mut members: Members) -> Result<Fact, Refusal> {
    identity(&mut members).map(Fact::Retract)
}

fn amendment(mut members: Members) -> Result<Fact, Refusal> {
    let identity = identity(&mut members)?;
    let account = members.said("account").map(|account| id_of("account", account)).transpose()?;
    let value = members.said("value").map(|value| scalar("value", value)).transpose()?;
    let occurred_at = members.take("occurred_at").map(|at| time::instant("occurred_at", &at)).transpose()?;
    if account.is_none() && value.is_none() && occurred_at.is_none() {
        let message = "nothing is corrected: name `account`, `value` or `occurred_at`";
        return Err(Refusal::new(Reason::Missing, message));
    }
    let account = account.map(|account| account.map(|account| AccountId::from(&*account)));
    Ok(Fact::Amend(identity, Amendment { account, value, occurred_at }))
}
