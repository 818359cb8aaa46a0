//! How much is taken. Every dialect is held to the same bounds, and here alone.

use rules::day::Instant;
use rules::value::{Attributes, Value};

use super::{Item, time};
use crate::fact::{Fact, Identity, Reason, Refusal, Report, Upsert, Who};

/// Items of one body: they are answered one by one, and an answer should stay of a readable size. More are sent in
/// several requests.
pub const ITEMS_MAX: usize = 10_000;

/// Bytes of one item, written as JSON without blanks: what the tracking SDKs hold their messages to.
pub const ITEM_BYTES_MAX: usize = 32 << 10;

/// Bytes of an id, a type or a source: they are keys of an index, and nobody's system has longer ones.
pub const ID_BYTES_MAX: usize = 256;

/// Bytes of the name of an attribute or a property, with the names around it: nesting multiplies them.
pub const NAME_BYTES_MAX: usize = 256;

/// Bytes of a text: room for a paragraph or a long address of a page, not for a document.
pub const TEXT_BYTES_MAX: usize = 8 << 10;

/// Names of the attributes or properties of one item: a record, not a spreadsheet.
pub const NAMES_MAX: usize = 200;

/// Accounts of a contact at one time.
pub const ACCOUNTS_MAX: usize = 200;

/// Lets facts through that are within all bounds.
pub(super) fn admitted(facts: Vec<Fact>, received: Instant) -> Item {
    facts.iter().try_for_each(|fact| check(fact, received))?;
    Ok(facts)
}

/// Whether a fact is within all bounds.
///
/// # Errors
///
/// Why it is not taken.
pub fn check(fact: &Fact, received: Instant) -> Result<(), Refusal> {
    match fact {
        Fact::Activity(report) => activity(report, received),
        Fact::Contact(upsert) | Fact::Account(upsert) | Fact::Opportunity(upsert) => known(upsert),
        Fact::Join { visitor, contact } => {
            id("the id of the visitor", visitor).and(id("the id of the contact", contact.as_str()))
        }
        Fact::Retract(identity) => identified(identity),
        Fact::Amend(identity, amendment) => {
            identified(identity)?;
            if let Some(Some(account)) = &amendment.account {
                id("the id of the account", account.as_str())?;
            }
            if let Some(Some(value)) = &amendment.value {
                text("value", value)?;
            }
            amendment.occurred_at.map_or(Ok(()), |at| time::plausible(at, received))
        }
    }
}

fn activity(report: &Report, received: Instant) -> Result<(), Refusal> {
    match &report.who {
        Who::Contact(contact) => id("the id of the contact", contact.as_str())?,
        Who::Visitor(visitor) => id("the id of the visitor", visitor)?,
    }
    id("the type", &report.kind)?;
    report.id.as_ref().map_or(Ok(()), |own| id("the id of the activity", own))?;
    report.source.as_ref().map_or(Ok(()), |source| id("the source", source))?;
    report.account.as_ref().map_or(Ok(()), |account| id("the id of the account", account.as_str()))?;
    report.value.as_ref().map_or(Ok(()), |value| text("value", value))?;
    report.occurred_at.map_or(Ok(()), |at| time::plausible(at, received))?;
    attributes(&report.properties)
}

fn known(upsert: &Upsert) -> Result<(), Refusal> {
    id("the id", &upsert.id)?;
    let accounts = upsert.accounts.as_deref().unwrap_or_default();
    if accounts.len() > ACCOUNTS_MAX {
        let message = format!("there are {} accounts; at most {ACCOUNTS_MAX} are taken", accounts.len());
        return Err(Refusal::new(Reason::TooLong, message));
    }
    accounts.iter().try_for_each(|membership| id("the id of an account", membership.account.as_str()))?;
    if let Some(Some(contact)) = &upsert.contact {
        id("the id of the contact", contact.as_str())?;
    }
    names(upsert.attributes.len())?;
    upsert.attributes.iter().try_for_each(|(name, value)| {
        let within = value.as_ref().map_or(Ok(()), |value| text(name, value));
        within.and(self::name(name))
    })
}

fn identified(identity: &Identity) -> Result<(), Refusal> {
    id("the id of the contact", identity.contact.as_str())?;
    identity.source.as_ref().map_or(Ok(()), |source| id("the source", source))?;
    id("the id of the activity", &identity.id)
}

fn attributes(attributes: &Attributes) -> Result<(), Refusal> {
    names(attributes.len())?;
    attributes.iter().try_for_each(|(name, value)| text(name, value).and(self::name(name)))
}

/// Whether there are not too many names.
pub(super) fn names(count: usize) -> Result<(), Refusal> {
    if count <= NAMES_MAX {
        return Ok(());
    }
    let message = format!("there are more than {NAMES_MAX} names in one item; leave out what no score needs");
    Err(Refusal::new(Reason::TooLong, message))
}

/// A character that no database keeps. JSON with one is refused before; a file may have it too.
fn no_nul(what: &str, text: &str) -> Result<(), Refusal> {
    if !text.contains('\0') {
        return Ok(());
    }
    Err(Refusal::new(Reason::Malformed, format!("{what} has the character NUL: leave it out")))
}

/// Whether a name is not too long.
pub(super) fn name(name: &str) -> Result<(), Refusal> {
    no_nul("a name", name)?;
    if name.len() <= NAME_BYTES_MAX {
        return Ok(());
    }
    let begin = super::text::shown(name);
    let message = format!("the name {begin} is longer than {NAME_BYTES_MAX} bytes, with the names around it");
    Err(Refusal::new(Reason::TooLong, message))
}

fn id(what: &str, id: &str) -> Result<(), Refusal> {
    no_nul(what, id)?;
    if id.len() <= ID_BYTES_MAX {
        return Ok(());
    }
    let message = format!("{what} has {} bytes; at most {ID_BYTES_MAX} are taken", id.len());
    Err(Refusal::new(Reason::TooLong, message))
}

fn text(name: &str, value: &Value) -> Result<(), Refusal> {
    if let Value::Text(text) = value {
        no_nul(&super::text::shown(name), text)?;
    }
    if fits(value) {
        return Ok(());
    }
    let (name, bytes) = (super::text::shown(name), value.text().len());
    let message = format!("{name} has {bytes} bytes; a text may have {TEXT_BYTES_MAX}: shorten it or leave it out");
    Err(Refusal::new(Reason::TooLong, message))
}

/// Whether a value is not too long.
pub(super) fn fits(value: &Value) -> bool {
    !matches!(value, Value::Text(text) if text.len() > TEXT_BYTES_MAX)
}

#[cfg(test)]
mod tests {
    use rules::history::Membership;

    use super::*;
    use crate::fact::Amendment;

    #[test]
    fn every_fact_is_held_to_the_bounds() {
        let long = |bytes: usize| "x".repeat(bytes);
        let upsert = |id: &str| Upsert { id: id.into(), ..Upsert::default() };
        let identity = Identity { contact: "c".into(), source: None, id: "1".into() };
        let facts = |id: &str, text: &str, at: Instant| {
            let amend = |amendment: Amendment| Fact::Amend(identity.clone(), amendment);
            let held = vec![Membership { account: id.into(), since: None }];
            let attribute = |name: &str, text: &str| [(name.into(), Some(Value::from(text)))].into();
            [
                Fact::Join { visitor: id.into(), contact: "c".into() },
                Fact::Join { visitor: "v".into(), contact: id.into() },
                Fact::Contact(upsert(id)),
                Fact::Contact(Upsert { accounts: Some(held), ..upsert("c") }),
                Fact::Account(Upsert { attributes: attribute(id, ""), ..upsert("a") }),
                Fact::Account(Upsert { attributes: attribute("name", text), ..upsert("a") }),
                Fact::Opportunity(Upsert { contact: Some(Some(id.into())), ..upsert("o") }),
                Fact::Retract(Identity { source: Some(id.into()), ..identity.clone() }),
                Fact::Retract(Identity { id: id.into(), ..identity.clone() }),
                amend(Amendment { account: Some(Some(id.into())), ..Amendment::default() }),
                amend(Amendment { value: Some(Some(text.into())), ..Amendment::default() }),
                amend(Amendment { occurred_at: Some(at), ..Amendment::default() }),
            ]
        };
        let received = Instant(0);
        let day = 86_400_000_000;
        for fact in facts(&long(ID_BYTES_MAX), &long(TEXT_BYTES_MAX), Instant(day)) {
            assert!(admitted(vec![fact.clone()], received).is_ok(), "{fact:?}");
        }
        for fact in facts(&long(ID_BYTES_MAX + 1), &long(TEXT_BYTES_MAX + 1), Instant(day + 1)) {
            let refusal = admitted(vec![fact], received).unwrap_err();
            assert!(matches!(refusal.reason, Reason::TooLong | Reason::InTheFuture), "{refusal:?}");
            assert!(refusal.message.len() < 200, "{}", refusal.message);
        }
    }
}
