//! Parameters and bodies, each described once.

use serde_json::{Value as Json, json};

use super::super::call::Endpoint;
use super::{SCHEMAS, example, says};

/// Something that a request may have beside its body.
pub(super) struct Input {
    pub(super) name: &'static str,
    /// `path`, `query` or `header`.
    pub(super) place: &'static str,
    pub(super) about: String,
    pub(super) schema: Json,
    pub(super) example: Option<Json>,
}

impl Input {
    fn new(name: &'static str, place: &'static str, about: &str, schema: Json, example: impl Into<Json>) -> Self {
        Self { name, place, about: about.to_owned(), schema, example: Some(example.into()) }
    }

    /// As OpenAPI has it.
    pub(super) fn parameter(&self) -> Json {
        let mut shown = json!({"name": self.name, "in": self.place, "description": self.about, "schema": self.schema});
        if self.place == "path" {
            shown["required"] = true.into();
        }
        if let Some(example) = &self.example {
            shown["example"] = example.clone();
        }
        shown
    }
}

/// All that a request may have, beside its body.
pub(super) fn inputs(endpoint: &Endpoint) -> Vec<Input> {
    let id = endpoint.path.contains("{id}").then(|| id(endpoint));
    let query = endpoint.params.iter().map(|name| query(name, endpoint));
    let mut inputs: Vec<Input> = id.into_iter().chain(query).collect();
    if says(endpoint) {
        let about = "A name for this request, new for each: sent again with it, within a day, it is answered as \
                     before and stored once.";
        let schema = json!({"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]([ -~]*[!-~])?$"});
        inputs.push(Input { example: None, ..Input::new("Idempotency-Key", "header", about, schema, "") });
    }
    if endpoint.path == "/v1/changes" {
        let about = "The id of the last event that came, as browsers send it by themselves; it goes before `cursor`.";
        let schema = json!({"type": "string"});
        inputs.push(Input { example: None, ..Input::new("Last-Event-ID", "header", about, schema, "") });
    }
    if endpoint.body == Some("CloudEvent") {
        inputs.extend(attributes());
    }
    inputs
}

/// The id of what a path is about, with one that examples may use.
pub(super) fn id(endpoint: &Endpoint) -> Input {
    let text = json!({"type": "string", "minLength": 1, "maxLength": 256});
    let input = |about, schema, example: Json| Input::new("id", "path", about, schema, example);
    match endpoint.path.split('/').nth(2) {
        Some("accounts") => input("The id of the account.", text, "acme".into()),
        Some("opportunities") => input("The id of the opportunity.", text, "o-7".into()),
        Some("users") => input("The id of the user.", text, "fedcba9876543210".into()),
        Some("imports") => input("The id of the import.", text, "000643f2a1b0c8d0".into()),
        Some("keys") => input("The id of the key.", text, "0123456789abcdef".into()),
        Some("model") => {
            input("The number of the version.", json!({"type": "integer", "format": "int64", "minimum": 1}), 1.into())
        }
        _ if endpoint.path.ends_with("/unmerge") => {
            input("The id of the contact that was merged with another.", text, "ada.l".into())
        }
        _ => input("The id of the contact; of merged contacts any.", text, "ada".into()),
    }
}

/// A parameter of the query.
fn query(name: &'static str, endpoint: &Endpoint) -> Input {
    let text = json!({"type": "string"});
    let input = |about: &str, schema, example: Json| Input::new(name, "query", about, schema, example);
    match name {
        "where" => input(
            "A condition as in a model: `score.engagement >= 51 AND contact.country = 'NO'`. It may name attributes \
             (`contact.`, `account.`, `opportunity.`), scores, bands, percentiles and categories.",
            text,
            of_kind(endpoint, ["contact.country = 'NO'", "account.employees >= 5", "opportunity.amount >= 1000"])
                .into(),
        ),
        "account" => input(
            "The id of an account that has to be one of theirs today.",
            json!({"type": "string", "maxLength": 256}),
            "acme".into(),
        ),
        "sort" => input(
            "`id`, `score.ID` or, with the most points first, `-score.ID`. Without it, by id.",
            json!({"type": "string", "pattern": "^(id|-?score\\..+)$", "default": "id"}),
            "id".into(),
        ),
        "limit" => {
            let usual = if endpoint.params.contains(&"where") || endpoint.tag == "Model" { 50 } else { 100 };
            let schema = json!({"type": "integer", "format": "int32", "minimum": 1, "maximum": 1000, "default": usual});
            input("How many items a page has at most.", schema, 20.into())
        }
        "score" => input(
            "The id of a score, if it is to be this one alone.",
            text,
            of_kind(endpoint, ["engagement", "company", "deal"]).into(),
        ),
        "as_of" => input(
            "The day as of which it is scored; today in the time zone of the model, if it is missing.",
            json!({"type": "string", "format": "date"}),
            "2026-03-14".into(),
        ),
        "kind" => {
            let about = match endpoint.path {
                "/v1/imports" => "What the rows of a body are about that is a file itself.",
                _ => "What the rows are about, if the guess is wrong.",
            };
            let kinds = json!({"type": "string", "enum": ["contacts", "accounts", "activities", "opportunities"]});
            input(about, kinds, "activities".into())
        }
        "name" => {
            let about = match endpoint.path {
                "/v1/imports" => "What the import is called; the names of its files, if it is missing.",
                _ => "What the file is called.",
            };
            input(about, json!({"type": "string", "minLength": 1, "maxLength": 200}), "orders.csv".into())
        }
        "dry_run" => {
            let schema = json!({"type": "boolean", "default": false});
            Input { example: None, ..input("Read and judge everything, and store nothing.", schema, Json::Null) }
        }
        "within" => input(
            "How far to look: a number of days, weeks, months, quarters or years, three years at most.",
            json!({"type": "string", "pattern": "^[1-9][0-9]* (day|week|month|quarter|year)s?$", "default": "1 year"}),
            "90 days".into(),
        ),
        _ => {
            let about = match endpoint.path {
                "/v1/changes" => "The id of an event, to go on after it; from now on, if it is missing.",
                _ => "The `next_cursor` of the page before.",
            };
            Input { example: None, ..input(about, text, Json::Null) }
        }
    }
}

/// What suits contacts, accounts and opportunities.
fn of_kind<'a>(endpoint: &Endpoint, [contacts, accounts, opportunities]: [&'a str; 3]) -> &'a str {
    match endpoint.tag {
        "Accounts" => accounts,
        "Opportunities" => opportunities,
        _ => contacts,
    }
}

/// The attributes of a CloudEvent in binary mode.
fn attributes() -> impl Iterator<Item = Input> {
    let all = [
        ("ce-specversion", "`1.0`, in binary mode"),
        ("ce-id", "The id of the event, in binary mode."),
        ("ce-source", "The system that sends it, in binary mode."),
        ("ce-type", "What happened, in binary mode."),
        ("ce-subject", "The contact, in binary mode."),
        ("ce-time", "When it happened, in binary mode."),
    ];
    let schema = || json!({"type": "string"});
    all.into_iter().map(move |(name, about)| Input { example: None, ..Input::new(name, "header", about, schema(), "") })
}

pub(super) fn reference(schema: &str) -> Json {
    json!({"$ref": format!("#/components/schemas/{schema}")})
}

/// What a body may be: types of content with their schemas.
pub(super) fn media(schema: &str) -> Vec<(&'static str, Json)> {
    let plain = |kind: &'static str| (kind, json!({"schema": reference(schema), "example": example(schema)}));
    match schema {
        "ModelText" => vec![plain("application/toml")],
        "Merge" | "Choice" | "NewKey" | "Publish" | "Setup" | "Login" | "Acceptance" | "PasswordChange" | "NewUser"
        | "UserChange" => vec![plain("application/json")],
        "ImportForm" => {
            let file = |about: &str| json!({"schema": {"description": about}});
            vec![
                ("multipart/form-data", json!({"schema": reference(schema)})),
                ("text/csv", file("One file, of which `kind` says what its rows are about.")),
                ("application/x-ndjson", file("One file, an object a line.")),
                ("application/vnd.apache.parquet", file("One file.")),
            ]
        }
        "Beginning" => {
            vec![plain("text/csv"), ("application/octet-stream", json!({"schema": {"description": "Any other file."}}))]
        }
        "CloudEvent" => vec![
            plain("application/cloudevents+json"),
            (
                "application/cloudevents-batch+json",
                json!({"schema": {"type": "array", "maxItems": 10000, "items": reference(schema)}}),
            ),
            ("application/json", json!({"schema": reference("Values")})),
        ],
        "Activities" | "Retractions" | "Amendments" | "Contacts" | "Accounts" | "Opportunities" => {
            let line = example(schema).map(|example| format!("{example}\n"));
            let about = "One object a line.";
            let lines = json!({"schema": {"type": "string", "description": about}, "example": line});
            vec![plain("application/json"), ("application/x-ndjson", lines)]
        }
        // SDKs of browsers send JSON as text, which spares them a request that asks whether they may.
        _ => {
            let text =
                json!({"type": "string", "contentMediaType": "application/json", "contentSchema": reference(schema)});
            let packed = json!({"description": "The same JSON, packed."});
            vec![
                plain("application/json"),
                ("text/plain", json!({"schema": text})),
                ("application/gzip", json!({"schema": packed})),
            ]
        }
    }
}

/// What a schema is called for people.
pub(super) fn title(schema: &str) -> &'static str {
    SCHEMAS.get(schema).and_then(|schema| schema.get("title")?.as_str()).unwrap_or_default()
}
