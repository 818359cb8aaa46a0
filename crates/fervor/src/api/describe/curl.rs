//! How to ask, from a shell.

use super::super::call::Endpoint;
use super::input::inputs;
use super::{example, says};

/// A command that asks an endpoint, with the values of the examples.
pub(super) fn command(endpoint: &Endpoint) -> String {
    let inputs = inputs(endpoint);
    let of = |name: &str| inputs.iter().find(|input| input.name == name)?.example.as_ref();
    let text = |value: &serde_json::Value| value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned);
    let path = endpoint.path.replace("{id}", &of("id").map(text).unwrap_or_default());
    let mut lines = vec![format!("curl http://localhost:8080{path}")];
    match endpoint.scope {
        Some(_) if endpoint.tag == "Tracking SDKs" => lines.push("-u \"$FERVOR_KEY:\"".to_owned()),
        Some(_) => lines.push("-H \"Authorization: Bearer $FERVOR_KEY\"".to_owned()),
        // Where a cookie says who asks, it has to be said from where.
        None if endpoint.is_personal && endpoint.method == "GET" => lines.push("-b cookies.txt".to_owned()),
        None if endpoint.is_personal => {
            lines.push("-b cookies.txt -c cookies.txt -H 'Sec-Fetch-Site: same-origin'".to_owned());
        }
        None if endpoint.body.is_some() => lines.push("-c cookies.txt".to_owned()),
        None => {}
    }
    match (endpoint.method, endpoint.body) {
        ("GET", _) => {}
        ("PUT", Some("ModelText")) => lines.push("-H 'Content-Type: application/toml' -T model.toml".to_owned()),
        ("POST", None) | ("POST", Some("Publish")) => lines.push("-X POST".to_owned()),
        (method, None) => lines.push(format!("-X {method}")),
        (_, Some("ImportForm")) => lines.push("-F activities=@activities.csv -F dry_run=true".to_owned()),
        (_, Some("Beginning")) => lines.push("-H 'Content-Type: text/csv' --data-binary @orders.csv".to_owned()),
        (method, Some(schema)) => {
            if method != "POST" {
                lines.push(format!("-X {method}"));
            }
            let kind = if schema == "CloudEvent" { "application/cloudevents+json" } else { "application/json" };
            let body = example(schema).and_then(|body| serde_json::to_string_pretty(body).ok()).unwrap_or_default();
            lines.push(format!("-H 'Content-Type: {kind}'"));
            lines.push(format!("-d {}", quoted(&body).replace('\n', "\n  ")));
        }
    }
    if endpoint.path == "/v1/changes" {
        lines.push("-N".to_owned());
    }
    // What is asked for by name, as far as it has an example.
    let query: Vec<_> = inputs.iter().filter(|input| input.place == "query").collect();
    let query: Vec<_> = query.iter().filter_map(|input| Some((input.name, text(input.example.as_ref()?)))).collect();
    if !says(endpoint) && !query.is_empty() && endpoint.body.is_none() {
        let last = lines.pop().unwrap_or_default();
        lines.push(format!("{last} -G"));
        lines.extend(
            query.iter().map(|(name, value)| format!("--data-urlencode {}", quoted(&format!("{name}={value}")))),
        );
    }
    lines.join(" \\\n  ")
}

/// A text as one word of a shell.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}
