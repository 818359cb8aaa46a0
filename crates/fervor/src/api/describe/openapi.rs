//! The description for machines: OpenAPI 3.1.

use std::sync::LazyLock;

use serde_json::{Map, Value as Json, json};

use super::super::access::Scope;
use super::super::call::Endpoint;
use super::super::problem::{Kind, Problem};
use super::super::table::ENDPOINTS;
use super::input::{inputs, media, reference, title};
use super::{SCHEMAS, content_type, example, is_page, operation, problems, words};
use crate::people::session;

static DOCUMENT: LazyLock<String> = LazyLock::new(|| {
    let mut text = serde_json::to_string_pretty(&whole()).expect("texts and numbers");
    text.push('\n');
    text
});

/// The description.
pub(crate) fn document() -> &'static str {
    &DOCUMENT
}

fn whole() -> Json {
    let mut paths: Map<String, Json> = Map::new();
    for endpoint in ENDPOINTS {
        let path = paths.entry(endpoint.path).or_insert_with(|| json!({}));
        path[endpoint.method.to_ascii_lowercase()] = described(endpoint);
    }
    let tags: Vec<Json> = words::TAGS.iter().map(|(name, about)| json!({"name": name, "description": about})).collect();
    let responses: Map<String, Json> = Kind::ALL
        .iter()
        .filter(|(kind, ..)| *kind != Kind::MethodNotAllowed)
        .map(|(kind, ..)| (name(*kind), response(*kind)))
        .collect();
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Fervor",
            "version": env!("CARGO_PKG_VERSION"),
            "summary": "How engaged every member is and how ready every lead is, in points that can be explained",
            "description": introduction(),
            "contact": {"name": "The authors of Fervor"},
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/", "description": "The service that answers this."}],
        "tags": tags,
        "security": [{"bearer": []}, {"basic": []}, {"writeKey": []}, {"cookie": []}],
        "paths": paths,
        "components": {
            "schemas": *SCHEMAS,
            "responses": responses,
            "headers": headers(),
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer", "description": "`Authorization: Bearer KEY`"},
                "basic": {
                    "type": "http",
                    "scheme": "basic",
                    "description": "The key as user name, with any password, as tracking SDKs send it.",
                },
                "cookie": {
                    "type": "apiKey",
                    "in": "cookie",
                    "name": session::COOKIE,
                    "description": "What logging in sets. Requests that change something have to come from a page of \
                                    the service itself, as the headers `Sec-Fetch-Site` and `Origin` say.",
                },
                "writeKey": {
                    "type": "apiKey",
                    "in": "header",
                    "name": "X-Write-Key",
                    "description": "The key by itself.",
                },
            },
        },
    })
}

/// The chapters as one text of Markdown.
fn introduction() -> String {
    let mut text = words::ABOUT.to_owned();
    for (_, heading, paragraphs) in words::CHAPTERS {
        text += &format!("\n\n## {heading}\n\n{}", paragraphs.join("\n\n"));
    }
    text
}

fn described(endpoint: &Endpoint) -> Json {
    let needs = needs(endpoint);
    let about = [endpoint.about, &needs].into_iter().filter(|text| !text.is_empty());
    let mut shown = json!({
        "operationId": operation(endpoint),
        "tags": [endpoint.tag],
        "summary": endpoint.summary,
        "description": about.collect::<Vec<_>>().join("\n\n"),
    });
    let parameters: Vec<Json> = inputs(endpoint).iter().map(super::input::Input::parameter).collect();
    if !parameters.is_empty() {
        shown["parameters"] = parameters.into();
    }
    if let Some(schema) = endpoint.body {
        let content: Map<String, Json> =
            media(schema).into_iter().map(|(kind, media)| (kind.to_owned(), media)).collect();
        shown["requestBody"] =
            json!({"description": title(schema), "required": schema != "Publish", "content": content});
    }
    let refusals = problems(endpoint).into_iter().map(|kind| {
        let place = format!("#/components/responses/{}", name(kind));
        (kind.status().to_string(), json!({"$ref": place}))
    });
    let answer = (endpoint.answer.0.to_string(), answer(endpoint));
    shown["responses"] = std::iter::once(answer).chain(refusals).collect::<Map<_, _>>().into();
    if endpoint.is_personal {
        shown["security"] = json!([{"cookie": []}]);
    } else if endpoint.scope.is_none() {
        shown["security"] = json!([]);
    }
    shown
}

/// What somebody who asks has to be.
fn needs(endpoint: &Endpoint) -> String {
    match endpoint.scope {
        None if endpoint.is_personal => "Needs somebody who is logged in.".to_owned(),
        None => "Needs no key.".to_owned(),
        Some(Scope::Admin) => "Needs a key with the scope `admin`, or the role `admin`.".to_owned(),
        Some(scope) => {
            let role = scope.role().word();
            format!("Needs a key with the scope `{}` or `admin`, or the role `{role}` or more.", scope.word())
        }
    }
}

/// Whether an answer sets the cookie, or takes it away.
fn is_cookie_set(endpoint: &Endpoint) -> bool {
    endpoint.tag == "People" && endpoint.scope.is_none() && endpoint.method != "GET"
}

fn answer(endpoint: &Endpoint) -> Json {
    let Some(schema) = endpoint.answer.1 else {
        let mut done = json!({"description": "Done; there is nothing to say."});
        if is_cookie_set(endpoint) {
            done["headers"] = json!({"Set-Cookie": {"$ref": "#/components/headers/Set-Cookie"}});
        }
        return done;
    };
    let mut content = json!({"schema": reference(schema)});
    if let Some(example) = example(schema) {
        content["example"] = example.clone();
    }
    let mut shown = json!({"description": title(schema), "content": {content_type(schema): content}});
    let header = match endpoint.path {
        _ if is_page(endpoint) => Some("Link"),
        "/v1/model/publish" => Some("Location"),
        _ if is_cookie_set(endpoint) => Some("Set-Cookie"),
        "/v1/imports" => Some("Location"),
        "/v1/contacts/{id}/export" | "/v1/imports/{id}/rejects" => Some("Content-Disposition"),
        _ => None,
    };
    if let Some(header) = header {
        shown["headers"] = json!({header: {"$ref": format!("#/components/headers/{header}")}});
    }
    shown
}

fn headers() -> Json {
    let header = |about: &str, schema: Json| json!({"description": about, "schema": schema});
    let text = || json!({"type": "string"});
    json!({
        "Link": header("Where the next page is, with `rel=\"next\"`; missing on the last page.", text()),
        "Location": header("Where it can be seen how far it is.", text()),
        "Content-Disposition": header("A name for a file to keep it in.", text()),
        "Set-Cookie": header("The session, for browsers to keep, or that there is none any more.", text()),
        "Retry-After": header("Seconds after which the same may work.", json!({"type": "integer", "minimum": 0})),
        "WWW-Authenticate": header("How a key may be sent.", text()),
    })
}

/// The name of the answer that tells a problem.
fn name(kind: Kind) -> String {
    let capital = |word: &str| word[..1].to_ascii_uppercase() + &word[1..];
    kind.code().split('_').map(capital).collect()
}

fn response(kind: Kind) -> Json {
    let problem = Problem::new(kind, words::problem(kind)).answer();
    let example: Json = serde_json::from_slice(&problem.body).unwrap_or_default();
    let mut shown = json!({
        "description": words::problem(kind),
        "content": {"application/problem+json": {"schema": reference("Problem"), "example": example}},
    });
    let header = match kind {
        Kind::Unauthorized => Some("WWW-Authenticate"),
        Kind::TooMany | Kind::Unavailable => Some("Retry-After"),
        _ => None,
    };
    if let Some(header) = header {
        shown["headers"] = json!({header: {"$ref": format!("#/components/headers/{header}")}});
    }
    shown
}
