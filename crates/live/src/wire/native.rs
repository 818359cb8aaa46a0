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
    body::items(body, |object| bounds::admitted(vec![kind.fact(object?)?], received))
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
    if let Some(amount) = amount
        && upsert.attributes.insert("amount".into(), scalar("amount", amount)?).is_some()
    {
        let message = "`amount` stands there twice, by itself and in `attributes`: leave out one of them";
        return Err(Refusal::new(Reason::Malformed, message));
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

#[cfg(test)]
mod tests {
    use rules::day::{Day, Zone};
    use rules::decimal::Decimal;
    use rules::value::{Attributes, Value};

    use super::*;

    fn noon() -> Instant {
        Zone::utc().instant("2026-03-14T12:00:00Z").unwrap()
    }

    fn one(kind: Kind, body: &str) -> Result<Fact, Refusal> {
        let mut items = read(kind, body.as_bytes(), noon()).unwrap();
        assert_eq!(items.len(), 1, "{body}");
        items.remove(0).map(|mut facts| facts.remove(0))
    }

    fn number(text: &str) -> Option<Value> {
        Some(Value::Number(Decimal::parse(text).unwrap()))
    }

    #[test]
    fn an_activity_with_everything_and_with_little() {
        let body = r#"{
            "contact": 1001, "type": "event_attended", "occurred_at": "2026-03-14T10:30:00+01:00", "id": "e-1",
            "source": "crm", "value": 12.50, "account": "acme",
            "properties": {"place": {"city": "Oslo"}, "tags": ["a", 1], "note": "", "online": false}
        }"#;
        let properties = Attributes::from([
            ("online".into(), Value::Bool(false)),
            ("place.city".into(), Value::from("Oslo")),
            ("tags".into(), Value::from(r#"["a",1]"#)),
        ]);
        let full = Report {
            who: Who::Contact("1001".into()),
            kind: "event_attended".into(),
            occurred_at: Zone::utc().instant("2026-03-14T09:30:00Z").ok(),
            id: Some("e-1".into()),
            source: Some("crm".into()),
            value: number("12.5"),
            account: Some("acme".into()),
            properties,
            original: None,
        };
        assert_eq!(one(Kind::Activities, body), Ok(Fact::Activity(full)));
        let body = r#"{"contact": "ada", "type": "call", "id": "", "source": null, "value": "", "properties": null}"#;
        let bare = Report {
            who: Who::Contact("ada".into()),
            kind: "call".into(),
            occurred_at: None,
            id: None,
            source: None,
            value: None,
            account: None,
            properties: Attributes::new(),
            original: None,
        };
        assert_eq!(one(Kind::Activities, body), Ok(Fact::Activity(bare)));
    }

    #[test]
    fn items_are_refused_one_by_one() {
        let body = "{\"contact\":1,\"type\":\"a\"}\n{\"contact\":1}\n{\"contact\":2,\"type\":\"b\"}\n";
        let items = read(Kind::Activities, body.as_bytes(), noon()).unwrap();
        assert_eq!(items.iter().map(Result::is_ok).collect::<Vec<_>>(), [true, false, true]);
    }

    #[test]
    fn a_contact_has_attributes_and_accounts() {
        let day = |text: &str| Day::parse(text);
        let held = |account: &str, since| Membership { account: account.into(), since };
        let plain = Upsert { id: "ada".into(), ..Upsert::default() };
        let attributes =
            [("a.b".into(), number("1")), ("a.c".into(), None), ("gone".into(), None), ("none".into(), None)].into();
        let cases = [
            ("", plain.clone()),
            (
                r#", "attributes": {"a": {"b": 1, "c": null}, "gone": null, "none": ""}"#,
                Upsert { attributes, ..plain.clone() },
            ),
            (r#", "valid_from": "2026-01-31""#, Upsert { from: day("2026-01-31"), ..plain.clone() }),
            (r#", "account": 7"#, Upsert { accounts: Some(vec![held("7", None)]), ..plain.clone() }),
            (r#", "account": null"#, Upsert { accounts: Some(vec![]), ..plain.clone() }),
            (r#", "accounts": []"#, Upsert { accounts: Some(vec![]), ..plain.clone() }),
            (r#", "accounts": null"#, Upsert { accounts: Some(vec![]), ..plain.clone() }),
            (
                r#", "accounts": ["acme", {"id": 7, "since": "2020-02-29"}, {"id": "x", "since": null}]"#,
                Upsert {
                    accounts: Some(vec![held("acme", None), held("7", day("2020-02-29")), held("x", None)]),
                    ..plain
                },
            ),
        ];
        for (members, expected) in cases {
            let body = format!(r#"{{"id": "ada"{members}}}"#);
            assert_eq!(one(Kind::Contacts, &body), Ok(Fact::Contact(expected)), "{body}");
        }
    }

    #[test]
    fn an_account_and_an_opportunity() {
        let body = r#"{"id": "acme", "attributes": {"size": 5}, "valid_from": "2026-01-01"}"#;
        let expected = Upsert {
            id: "acme".into(),
            attributes: [("size".into(), number("5"))].into(),
            from: Day::parse("2026-01-01"),
            ..Upsert::default()
        };
        assert_eq!(one(Kind::Accounts, body), Ok(Fact::Account(expected)));
        let plain = Upsert { id: "o-1".into(), ..Upsert::default() };
        let acme = Membership { account: "acme".into(), since: None };
        let amount = |value: Option<Value>| [("amount".into(), value)].into();
        let cases = [
            (r#""contact": "ada""#, Upsert { contact: Some(Some("ada".into())), ..plain.clone() }),
            (r#""contact": null"#, Upsert { contact: Some(None), ..plain.clone() }),
            (r#""account": "acme""#, Upsert { accounts: Some(vec![acme]), ..plain.clone() }),
            (r#""account": null"#, Upsert { accounts: Some(vec![]), ..plain.clone() }),
            (r#""amount": 1500.25"#, Upsert { attributes: amount(number("1500.25")), ..plain.clone() }),
            (r#""amount": null"#, Upsert { attributes: amount(None), ..plain.clone() }),
            (r#""attributes": {"amount": 3}"#, Upsert { attributes: amount(number("3")), ..plain }),
        ];
        for (member, expected) in cases {
            let body = format!(r#"{{"id": "o-1", {member}}}"#);
            assert_eq!(one(Kind::Opportunities, &body), Ok(Fact::Opportunity(expected)), "{body}");
        }
    }

    #[test]
    fn corrections_name_an_activity_and_what_was_wrong() {
        let identity = Identity { contact: "ada".into(), source: Some("crm".into()), id: "5".into() };
        let body = r#"{"contact": "ada", "source": "crm", "id": 5}"#;
        assert_eq!(one(Kind::Retractions, body), Ok(Fact::Retract(identity.clone())));
        let cases = [
            (r#""account": "acme""#, Amendment { account: Some(Some("acme".into())), ..Amendment::default() }),
            (r#""account": null"#, Amendment { account: Some(None), ..Amendment::default() }),
            (r#""value": 2"#, Amendment { value: Some(number("2")), ..Amendment::default() }),
            (r#""value": null"#, Amendment { value: Some(None), ..Amendment::default() }),
            (
                r#""occurred_at": "2026-03-14T12:00:00Z", "value": "x""#,
                Amendment { occurred_at: Some(noon()), value: Some(Some(Value::from("x"))), account: None },
            ),
        ];
        for (members, expected) in cases {
            let body = format!(r#"{{"contact": "ada", "source": "crm", "id": "5", {members}}}"#);
            assert_eq!(one(Kind::Amendments, &body), Ok(Fact::Amend(identity.clone(), expected)), "{body}");
        }
    }

    /// Each body is refused for the reason, in these words.
    fn refused(kind: Kind, cases: &[(&str, Reason, &str)]) {
        for (body, reason, said) in cases {
            let refusal = one(kind, body).unwrap_err();
            assert_eq!(refusal.reason, *reason, "{body}");
            assert!(refusal.message.contains(said), "{}", refusal.message);
        }
    }

    #[test]
    fn an_activity_that_is_not_taken_says_what_to_do() {
        use Reason::{InTheFuture, InvalidTime, Malformed, Missing, TooLong, TooOld};
        let cases = [
            (r#""contact": 1, "type": "a", "occured_at": 1"#, Malformed, "did you mean `occurred_at`?"),
            (r#""contact": 1, "type": "a", "colour": 1"#, Malformed, "anything else goes into `properties`"),
            (r#""type": "a""#, Missing, "`contact` is missing: whose"),
            (r#""contact": "", "type": "a""#, Missing, "`contact` is missing"),
            (r#""contact": true, "type": "a""#, Malformed, "`contact` is a truth value"),
            (r#""contact": 1"#, Missing, "`type` is missing: what happened?"),
            (r#""contact": 1, "type": "a", "value": [1]"#, Malformed, "`value` is a list"),
            (r#""contact": 1, "type": "a", "properties": 1"#, Malformed, "expected an object"),
            (r#""contact": 1, "type": "a", "occurred_at": "2026-03-14T09:30:00""#, InvalidTime, "add Z"),
            (r#""contact": 1, "type": "a", "occurred_at": "2026-03-15T12:00:01Z""#, InTheFuture, "day after"),
            (r#""contact": 1, "type": "a", "occurred_at": "1899-12-31T00:00:00Z""#, TooOld, "before 1900"),
            (r#""contact": "a\u0000", "type": "a""#, Malformed, "`contact` has the character NUL"),
        ];
        for (members, reason, said) in cases {
            refused(Kind::Activities, &[(&format!("{{{members}}}"), reason, said)]);
        }
        let note = "x".repeat(bounds::TEXT_BYTES_MAX + 1);
        let body = format!(r#"{{"contact": 1, "type": "a", "properties": {{"note": "{note}"}}}}"#);
        refused(Kind::Activities, &[(&body, TooLong, "`note` has 8193 bytes")]);
    }

    #[test]
    fn what_is_known_and_not_taken_says_what_to_do() {
        use Reason::{InvalidTime, Malformed, Missing, TooLong};
        let many = format!(r#"{{"id": 1, "accounts": [{}1]}}"#, "1,".repeat(bounds::ACCOUNTS_MAX));
        let contacts = [
            (r#"{"attributes": {}}"#, Missing, "`id` is missing"),
            (r#"{"id": 1, "email": "x"}"#, Malformed, "anything else goes into `attributes`"),
            (r#"{"id": 1, "account": 1, "accounts": []}"#, Malformed, "put all of them into `accounts`"),
            (r#"{"id": 1, "accounts": "acme"}"#, Malformed, "expected a list"),
            (r#"{"id": 1, "accounts": [null]}"#, Missing, "an empty list removes"),
            (r#"{"id": 1, "accounts": [{"id": 1, "sinse": 1}]}"#, Malformed, "did you mean `since`?"),
            (r#"{"id": 1, "valid_from": "31.01.2026"}"#, InvalidTime, "`valid_from` is not a date"),
            (&many, TooLong, "there are 201 accounts"),
        ];
        refused(Kind::Contacts, &contacts);
        let opportunities = [
            (r#"{"id": 1, "amount": 1, "attributes": {"amount": 1}}"#, Malformed, "stands there twice"),
            (r#"{"id": 1, "amount": {}}"#, Malformed, "`amount` is an object"),
        ];
        refused(Kind::Opportunities, &opportunities);
    }

    #[test]
    fn a_correction_that_is_not_taken_says_what_to_do() {
        use Reason::{Malformed, Missing, TooLong, TooOld};
        let long = format!(r#"{{"contact": 1, "id": "{}"}}"#, "x".repeat(bounds::ID_BYTES_MAX + 1));
        let retractions = [
            (r#"{"contact": 1}"#, Missing, "sent with an id"),
            (r#"{"contact": 1, "id": 1, "reason": "x"}"#, Malformed, "known are contact, source, id"),
            (&long, TooLong, "the id of the activity has 257 bytes"),
        ];
        refused(Kind::Retractions, &retractions);
        let amendments = [
            (r#"{"contact": 1, "id": 1, "occurred_at": null}"#, Missing, "nothing is corrected"),
            (r#"{"contact": 1, "id": 1, "occurred_at": "1800-01-01T00:00:00Z"}"#, TooOld, "before 1900"),
        ];
        refused(Kind::Amendments, &amendments);
    }
}
