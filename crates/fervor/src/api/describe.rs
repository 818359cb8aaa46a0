//! The description of the service, made from the table of all that can be asked: OpenAPI, and a page to read.

use serde_json::{Map, Value as Json, json};

use super::call::Endpoint;
use super::table::ENDPOINTS;

/// The description as OpenAPI 3.1.
pub(crate) fn document() -> Json {
    let mut paths: Map<String, Json> = Map::new();
    for endpoint in ENDPOINTS {
        let path = paths.entry(endpoint.path).or_insert_with(|| json!({}));
        path[endpoint.method.to_ascii_lowercase()] = json!({"summary": endpoint.summary});
    }
    json!({"openapi": "3.1.0", "info": {"title": "Fervor", "version": env!("CARGO_PKG_VERSION")}, "paths": paths})
}

/// The description as a page.
pub(crate) fn page() -> String {
    let line = |endpoint: &Endpoint| format!("<li>{} {}: {}</li>", endpoint.method, endpoint.path, endpoint.summary);
    format!("<!doctype html><ul>{}</ul>", ENDPOINTS.iter().map(line).collect::<String>())
}
