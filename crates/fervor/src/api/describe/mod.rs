//! The description of the service, made from the table of all that can be asked: OpenAPI, and a page to read.
//!
//! ```text
//! words      what there is to say beside the table: the introduction, headings, problems, refusals
//! input      parameters and bodies, each described once
//! openapi    the description for machines
//! page       the same for people
//! form       schemas in words
//! curl       how to ask, from a shell
//! ```

mod curl;
mod form;
mod input;
mod openapi;
mod page;
mod words;

use std::sync::LazyLock;

use serde_json::{Map, Value as Json};

use super::call::{Act, Endpoint};
use super::problem::Kind;

pub(crate) use openapi::document;
pub(crate) use page::page;

/// What bodies and answers look like, by name.
static SCHEMAS: LazyLock<Map<String, Json>> =
    LazyLock::new(|| serde_json::from_str(include_str!("../schemas.json")).expect("a test reads it"));

/// The name of an endpoint for machines: `GET /v1/contacts/{id}/ledger` is `getContactLedger`.
fn operation(endpoint: &Endpoint) -> String {
    let mut name = endpoint.method.to_ascii_lowercase();
    let mut parts = endpoint.path.split(['/', '.']).filter(|part| !matches!(*part, "" | "v1")).peekable();
    while let Some(part) = parts.next() {
        if part == "{id}" {
            continue;
        }
        let one = match parts.peek() {
            Some(&"{id}") => part
                .strip_suffix("ies")
                .map_or_else(|| part.trim_end_matches('s').to_owned(), |ies| ies.to_owned() + "y"),
            _ => part.to_owned(),
        };
        name += &one[..1].to_ascii_uppercase();
        name += &one[1..];
    }
    name
}

/// What may be wrong with a request, in the order of the statuses.
fn problems(endpoint: &Endpoint) -> Vec<Kind> {
    let mut kinds = vec![Kind::Malformed, Kind::Unprocessable, Kind::TooMany];
    if endpoint.scope.is_some() {
        kinds.extend([Kind::Unauthorized, Kind::Forbidden]);
    }
    if endpoint.scope.is_some() || endpoint.tag == "People" || endpoint.path == "/readyz" {
        kinds.extend([Kind::Internal, Kind::Unavailable]);
    }
    kinds.extend(endpoint.body.map(|_| Kind::TooLarge));
    kinds.extend(endpoint.refuses);
    kinds.sort_by_key(|kind| kind.status());
    kinds.dedup();
    kinds
}

/// Whether an answer is a page of a list.
fn is_page(endpoint: &Endpoint) -> bool {
    endpoint.answer.1.is_some_and(|schema| schema.ends_with("Page") && schema != "Page")
}

/// Whether facts are said, which may have a name of their own.
fn says(endpoint: &Endpoint) -> bool {
    matches!(endpoint.act, Act::Say(_))
}

/// The type of content of an answer, by its schema.
fn content_type(schema: &str) -> &'static str {
    match schema {
        "ModelText" => "application/toml",
        "Stream" => "text/event-stream",
        "Metrics" => "text/plain",
        "Rejects" => "text/csv",
        "Page" => "text/html",
        "Style" => "text/css",
        _ => "application/json",
    }
}

/// The first example of a schema.
fn example(schema: &str) -> Option<&'static Json> {
    SCHEMAS.get(schema)?.get("examples")?.get(0)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::table::ENDPOINTS;
    use super::*;

    #[test]
    fn every_endpoint_has_a_name_of_its_own() {
        let names: BTreeSet<String> = ENDPOINTS.iter().map(operation).collect();
        assert_eq!(names.len(), ENDPOINTS.len());
        for name in ["getContacts", "getContactLedger", "deleteKey", "getOpportunityHistory", "getOpenapiJson"] {
            assert!(names.contains(name), "{name} is not among {names:?}");
        }
    }

    /// Every reference in a document.
    fn references(json: &Json, found: &mut BTreeSet<String>) {
        match json {
            Json::Object(object) => {
                found.extend(object.get("$ref").and_then(Json::as_str).map(ToOwned::to_owned));
                object.values().for_each(|value| references(value, found));
            }
            Json::Array(list) => list.iter().for_each(|value| references(value, found)),
            _ => {}
        }
    }

    #[test]
    fn every_reference_leads_somewhere_and_every_schema_is_used() {
        let document: Json = serde_json::from_str(document()).unwrap();
        let mut found = BTreeSet::new();
        references(&document, &mut found);
        for reference in &found {
            let place = reference.strip_prefix('#').unwrap();
            assert!(document.pointer(place).is_some(), "{reference} leads nowhere");
        }
        for name in SCHEMAS.keys() {
            assert!(found.contains(&format!("#/components/schemas/{name}")), "{name} is not used");
        }
    }

    #[test]
    fn codes_of_problems_and_refusals_are_those_of_the_service() {
        let codes = |schema: &str| SCHEMAS[schema]["properties"]["code"]["enum"].as_array().unwrap().clone();
        let problems: Vec<&str> = Kind::ALL.iter().map(|(_, _, code, _)| *code).collect();
        assert_eq!(codes("Problem"), problems);
        let refusals: Vec<&str> = live::fact::Reason::ALL.iter().map(|(_, code)| *code).collect();
        assert_eq!(codes("Refusal"), refusals);
    }
}
