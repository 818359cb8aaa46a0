//! What a file says, as it would be told: the members of the API, so that both can be compared.

use live::fact::{Fact, Upsert, Who};
use rules::history::Membership;
use rules::value::Value;
use serde_json::{Map, Value as Json, json};
use store::record;

/// What kind of fact it is, and its members; nothing of what files cannot say.
pub(super) fn shown(fact: &Fact) -> Option<(&'static str, Json)> {
    match fact {
        Fact::Activity(report) => {
            let contact = match &report.who {
                Who::Contact(id) => id.as_str(),
                Who::Visitor(id) => id,
            };
            let properties = report.properties.iter().map(|(name, value)| (name.to_string(), record::json(value)));
            let shown = json!({
                "contact": contact,
                "type": &*report.kind,
                "occurred_at": report.occurred_at.map(|at| at.to_string()),
                "id": report.id.as_deref(),
                "source": report.source.as_deref(),
                "value": report.value.as_ref().map(record::json),
                "account": report.account.as_ref().map(rules::id::AccountId::as_str),
                "properties": properties.collect::<Map<_, _>>(),
            });
            Some(("activity", shown))
        }
        Fact::Contact(upsert) => Some(("contact", known(upsert))),
        Fact::Account(upsert) => Some(("account", known(upsert))),
        Fact::Opportunity(upsert) => Some(("opportunity", known(upsert))),
        Fact::Join { .. } | Fact::Retract(_) | Fact::Amend(..) => None,
    }
}

fn known(upsert: &Upsert) -> Json {
    let value = |value: &Option<Value>| value.as_ref().map_or(Json::Null, record::json);
    let attributes = upsert.attributes.iter().map(|(name, said)| (name.to_string(), value(said)));
    let account = |held: &Membership| {
        let since = held.since.map(|day| day.to_string());
        json!({"id": held.account.as_str(), "since": since})
    };
    json!({
        "id": &*upsert.id,
        "valid_from": upsert.from.map(|day| day.to_string()),
        "attributes": attributes.collect::<Map<_, _>>(),
        "accounts": upsert.accounts.iter().flatten().map(account).collect::<Vec<_>>(),
        "contact": upsert.contact.as_ref().and_then(|contact| contact.as_ref().map(|contact| contact.as_str())),
    })
}
