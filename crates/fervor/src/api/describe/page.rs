//! The description for people: one page, without scripts, that needs nothing from elsewhere.

use std::fmt::Write as _;
use std::sync::LazyLock;

use live::fact::Reason;
use serde_json::Value as Json;

use super::super::call::Endpoint;
use super::super::problem::Kind;
use super::super::table::ENDPOINTS;
use super::form::{self, escaped, prose};
use super::input::{inputs, media};
use super::{SCHEMAS, content_type, curl, example, operation, problems, words};

static PAGE: LazyLock<String> = LazyLock::new(whole);

/// The page.
pub(crate) fn page() -> &'static str {
    &PAGE
}

/// What is put together here ends up in texts, which take anything.
macro_rules! put {
    ($out:expr, $($text:tt)*) => { _ = write!($out, $($text)*) };
}

fn whole() -> String {
    let version = env!("CARGO_PKG_VERSION");
    let mut out = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<title>Fervor API {version}</title>\n\
         <link rel=\"stylesheet\" href=\"docs.css\">\n</head>\n<body>\n\
         <a class=\"skip\" href=\"#main\">Skip to the content</a>\n\
         <header><p class=\"name\"><a href=\"#main\">Fervor API</a> <span>{version}</span></p>\
         <p><a href=\"openapi.json\">OpenAPI&nbsp;3.1</a></p></header>\n"
    );
    contents(&mut out);
    put!(out, "<main id=\"main\">\n<h1>What can be asked</h1>\n<p class=\"lead\">{}</p>\n", prose(words::ABOUT));
    for (anchor, heading, paragraphs) in words::CHAPTERS {
        put!(out, "<section id=\"{anchor}\" aria-labelledby=\"{anchor}-heading\">\n");
        put!(out, "<h2 id=\"{anchor}-heading\">{heading}</h2>\n");
        paragraphs.iter().for_each(|text| put!(out, "<p>{}</p>\n", prose(text)));
        put!(out, "</section>\n");
    }
    refusals(&mut out);
    errors(&mut out);
    for (tag, about) in words::TAGS {
        let anchor = anchor(tag);
        put!(out, "<section id=\"{anchor}\" aria-labelledby=\"{anchor}-heading\">\n");
        put!(out, "<h2 id=\"{anchor}-heading\">{}</h2>\n<p>{}</p>\n", escaped(tag), prose(about));
        ENDPOINTS.iter().filter(|endpoint| endpoint.tag == tag).for_each(|endpoint| article(endpoint, &mut out));
        put!(out, "</section>\n");
    }
    schemas(&mut out);
    out + "</main>\n</body>\n</html>\n"
}

/// What a heading of the table is called in addresses.
fn anchor(tag: &str) -> String {
    format!("about-{}", tag.to_ascii_lowercase().replace(' ', "-"))
}

fn contents(out: &mut String) {
    put!(out, "<nav aria-label=\"Contents\">\n<ul>\n");
    let chapters = words::CHAPTERS.iter().map(|(anchor, heading, _)| (*anchor, *heading));
    for (anchor, heading) in chapters.chain([("refusals", "Refusals"), ("errors", "Errors")]) {
        put!(out, "<li><a href=\"#{anchor}\">{heading}</a></li>\n");
    }
    for (tag, _) in words::TAGS {
        put!(out, "<li><a href=\"#{}\">{}</a>\n<ul>\n", anchor(tag), escaped(tag));
        for endpoint in ENDPOINTS.iter().filter(|endpoint| endpoint.tag == tag) {
            let (anchor, method, path) = (operation(endpoint), endpoint.method, shortly(endpoint.path));
            put!(out, "<li><a href=\"#{anchor}\">{} <code>{path}</code></a></li>\n", badge(method));
        }
        put!(out, "</ul></li>\n");
    }
    put!(out, "<li><a href=\"#schemas\">Schemas</a></li>\n</ul>\n</nav>\n");
}

/// A path without what all have in common, which may break where it is divided.
fn shortly(path: &str) -> String {
    escaped(path.strip_prefix("/v1").unwrap_or(path)).replace('/', "<wbr>/")
}

fn badge(method: &str) -> String {
    format!("<span class=\"method {}\">{method}</span>", method.to_ascii_lowercase())
}

/// Why items are not taken.
fn refusals(out: &mut String) {
    put!(
        out,
        "<section id=\"refusals\" aria-labelledby=\"refusals-heading\">\n<h2 id=\"refusals-heading\">Refusals</h2>\n"
    );
    let about = "A request that says facts is answered 200 even where single items are not taken: each of them is \
                 told in `refused`, with its index in the request, one of these codes, and a message that says what \
                 to do. The others are stored. Sending a refused one again does not help.";
    put!(out, "<p>{}</p>\n<dl class=\"codes\">\n", prose(about));
    for (reason, code) in Reason::ALL {
        put!(
            out,
            "<div id=\"refused-{code}\"><dt><code>{code}</code></dt><dd>{}</dd></div>\n",
            prose(words::refusal(reason))
        );
    }
    put!(out, "</dl>\n</section>\n");
}

/// What may be wrong with a request; the anchors are what problems name as their type.
fn errors(out: &mut String) {
    put!(out, "<section id=\"errors\" aria-labelledby=\"errors-heading\">\n<h2 id=\"errors-heading\">Errors</h2>\n");
    let about = "A request that cannot be answered as it was meant is answered with a problem as RFC 9457 has it \
                 (`application/problem+json`): `type` leads here, `detail` says what is wrong and what to do.";
    put!(out, "<p>{}</p>\n", prose(about));
    example("Problem").into_iter().for_each(|example| sample("A problem", example, out));
    put!(out, "<dl class=\"codes\">\n");
    for (kind, status, code, title) in Kind::ALL {
        put!(out, "<div id=\"{code}\"><dt><span class=\"status\">{status}</span> <code>{code}</code></dt>");
        put!(out, "<dd><strong>{}.</strong> {}</dd></div>\n", escaped(title), prose(words::problem(kind)));
    }
    put!(out, "</dl>\n</section>\n");
}

/// An endpoint.
fn article(endpoint: &Endpoint, out: &mut String) {
    let (anchor, path) = (operation(endpoint), escaped(endpoint.path).replace('/', "<wbr>/"));
    put!(out, "<article id=\"{anchor}\" aria-labelledby=\"{anchor}-heading\">\n<h3 id=\"{anchor}-heading\">");
    put!(out, "<a href=\"#{anchor}\">{} <code>{path}</code></a></h3>\n", badge(endpoint.method));
    put!(out, "<p class=\"summary\">{}</p>\n", prose(endpoint.summary));
    if !endpoint.about.is_empty() {
        put!(out, "<p>{}</p>\n", prose(endpoint.about));
    }
    match endpoint.scope {
        None if endpoint.is_personal => put!(out, "<p class=\"scope\">Needs somebody who is logged in.</p>\n"),
        None => put!(out, "<p class=\"scope\">Needs no key.</p>\n"),
        Some(scope) => {
            let (word, role) = (scope.word(), scope.role().word());
            put!(out, "<p class=\"scope\">Scope: <code>{word}</code>, role: <code>{role}</code></p>\n");
        }
    }
    let inputs = inputs(endpoint);
    if !inputs.is_empty() {
        put!(out, "<h4>Parameters</h4>\n<dl class=\"members\">\n");
        for input in &inputs {
            let kind = form::kind(&input.schema);
            let needed = if input.place == "path" { "needed" } else { input.place };
            put!(out, "<dt><code>{}</code> <span class=\"kind\">{kind}, {needed}</span></dt>", input.name);
            put!(out, "<dd>{}{}</dd>\n", prose(&input.about), form::bounds(&input.schema));
        }
        put!(out, "</dl>\n");
    }
    if let Some(schema) = endpoint.body {
        let kinds: Vec<String> = media(schema).iter().map(|(kind, _)| format!("<code>{kind}</code>")).collect();
        put!(out, "<h4>Body</h4>\n<p>{}, as {}</p>\n", form::link(schema), kinds.join(", "));
    }
    answer(endpoint, out);
    put!(
        out,
        "<h4>Try it</h4>\n<pre tabindex=\"0\" class=\"curl\" aria-label=\"{} {}\"><code>",
        endpoint.method,
        escaped(endpoint.path)
    );
    put!(out, "{}</code></pre>\n</article>\n", escaped(&curl::command(endpoint)));
}

fn answer(endpoint: &Endpoint, out: &mut String) {
    let (status, schema) = endpoint.answer;
    put!(out, "<h4>Answer</h4>\n<p><span class=\"status\">{status}</span> ");
    match schema {
        None => put!(out, "Done; there is nothing to say.</p>\n"),
        Some(schema) => put!(out, "{}, <code>{}</code></p>\n", form::link(schema), content_type(schema)),
    }
    schema.and_then(example).into_iter().for_each(|example| sample("An answer", example, out));
    let problems = problems(endpoint).into_iter();
    let problems: Vec<String> =
        problems.map(|kind| format!("<a href=\"#{0}\">{1} <code>{0}</code></a>", kind.code(), kind.status())).collect();
    put!(out, "<p class=\"problems\">Or: {}</p>\n", problems.join(", "));
}

/// An example.
fn sample(label: &str, example: &Json, out: &mut String) {
    let text = match example {
        Json::String(text) => text.trim_end().to_owned(),
        // An event of a stream is lines.
        event if event.get("event").is_some() && event.get("data").is_some() => {
            let line = |name: &str| format!("{name}: {}", event[name].as_str().unwrap_or_default());
            ["event", "id", "data"].map(line).join("\n")
        }
        other => serde_json::to_string_pretty(other).unwrap_or_default(),
    };
    put!(out, "<pre tabindex=\"0\" aria-label=\"{label}\"><code>{}</code></pre>\n", escaped(&text));
}

/// What bodies and answers look like.
fn schemas(out: &mut String) {
    put!(
        out,
        "<section id=\"schemas\" aria-labelledby=\"schemas-heading\">\n<h2 id=\"schemas-heading\">Schemas</h2>\n"
    );
    put!(out, "<p>What bodies and answers look like, by name.</p>\n");
    for (name, schema) in SCHEMAS.iter() {
        put!(out, "<article id=\"schema-{name}\" aria-labelledby=\"schema-{name}-heading\">\n");
        put!(out, "<h3 id=\"schema-{name}-heading\"><a href=\"#schema-{name}\">{name}</a></h3>\n");
        form::describe(schema, out);
        schema["examples"].get(0).into_iter().for_each(|example| sample("An example", example, out));
        put!(out, "</article>\n");
    }
    put!(out, "</section>\n");
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn attributes<'a>(page: &'a str, name: &str) -> Vec<&'a str> {
        let begin = format!(" {name}=\"");
        page.split(&begin).skip(1).map(|rest| rest.split('"').next().unwrap()).collect()
    }

    #[test]
    fn every_anchor_is_there_once_and_every_link_leads_to_one() {
        let ids = attributes(page(), "id");
        let distinct: BTreeSet<&str> = ids.iter().copied().collect();
        assert_eq!(distinct.len(), ids.len(), "an anchor is there twice");
        for link in attributes(page(), "href").iter().filter_map(|link| link.strip_prefix('#')) {
            assert!(distinct.contains(link), "#{link} leads nowhere");
        }
        for labelled in attributes(page(), "aria-labelledby") {
            assert!(distinct.contains(labelled), "{labelled} is no heading");
        }
        // What problems name as their type.
        assert!(Kind::ALL.iter().all(|(_, _, code, _)| distinct.contains(code)));
    }

    #[test]
    fn nothing_comes_from_elsewhere_and_every_tag_is_closed() {
        assert!(!page().contains("<script") && !page().contains("style=") && !page().contains("src="));
        assert!(attributes(page(), "href").iter().all(|link| !link.contains("//")));
        for tag in ["section", "article", "dl", "dt", "dd", "pre", "code", "p", "ul", "li", "h3", "a", "span"] {
            let opened = page().matches(&format!("<{tag}>")).count() + page().matches(&format!("<{tag} ")).count();
            assert_eq!(opened, page().matches(&format!("</{tag}>")).count(), "{tag}");
        }
    }

    #[test]
    fn everything_that_can_be_asked_is_under_a_heading() {
        for endpoint in ENDPOINTS {
            assert!(page().contains(&format!("<article id=\"{}\"", operation(endpoint))), "{}", endpoint.path);
        }
    }
}
