//! CloudEvents 1.0 over HTTP: attributes in headers (binary), in the body (structured), or a list of them (batch).

use rules::day::Instant;
use rules::id::{AccountId, ContactId};
use rules::value::Attributes;
use serde_json::Value as Json;

use super::body::kind_at;
use super::flat::{properties, value_of};
use super::members::{Members, id_of};
use super::text::{self, Object, shown};
use super::{Item, body, bounds, time};
use crate::fact::{Fact, Reason, Refusal, Report, Who};

/// The version that is read.
const VERSION: &str = "1.0";

/// What comes before the name of an attribute in a header.
const PREFIX: &str = "ce-";

/// What the attributes of an event are in, by the type of its content.
enum Mode {
    Binary,
    Structured,
    Batch,
}

/// Reads a request: its type of content, its headers in any letter case, and its body.
///
/// # Errors
///
/// Where the body as a whole cannot be read, or is no CloudEvent.
pub fn read(
    content_type: &str,
    headers: &[(&str, &str)],
    body: &[u8],
    received: Instant,
) -> Result<Vec<Item>, Refusal> {
    let media = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let read = |object: Result<Object, Refusal>| bounds::admitted(vec![event(object?)?], received);
    match mode(&media)? {
        Mode::Binary => Ok(vec![read(text::object(Json::Object(from_headers(&media, headers, body)?)))]),
        Mode::Structured => match body::document(body, "send one CloudEvent as a JSON object")? {
            one @ [b'{', ..] => Ok(vec![read(body::object(body, one)?)]),
            other => Err(malformed(format!("the body is {}; send one CloudEvent", kind_at(other[0])))),
        },
        Mode::Batch => match body::document(body, "send a JSON list of CloudEvents")? {
            list @ [b'[', ..] => body::objects(body, list, read),
            other => Err(malformed(format!("the body is {}; send a list of CloudEvents", kind_at(other[0])))),
        },
    }
}

fn mode(media: &str) -> Result<Mode, Refusal> {
    match media {
        "application/cloudevents+json" => Ok(Mode::Structured),
        "application/cloudevents-batch+json" => Ok(Mode::Batch),
        other if other.starts_with("application/cloudevents") => {
            let message = format!("{} is not read; send application/cloudevents+json", shown(other));
            Err(Refusal::new(Reason::Unsupported, message))
        }
        _ => Ok(Mode::Binary),
    }
}

/// An event whose attributes are headers, put together as a structured one has it.
fn from_headers(media: &str, headers: &[(&str, &str)], body: &[u8]) -> Result<Object, Refusal> {
    let mut object = Object::new();
    for (name, value) in headers {
        let name = name.to_ascii_lowercase();
        let Some(name) = name.strip_prefix(PREFIX) else { continue };
        let Some(value) = decoded(value) else {
            return Err(malformed(format!("the header {} is not UTF-8 once its % are decoded", shown(name))));
        };
        object.insert(name.to_owned(), value.into());
    }
    if !object.contains_key("specversion") {
        let message = "this is no CloudEvent: send the header ce-specversion: 1.0 and the other attributes likewise, \
                       or the content type application/cloudevents+json";
        return Err(malformed(message.into()));
    }
    if body.trim_ascii().is_empty() {
        return Ok(object);
    }
    if !media.is_empty() && media != "text/json" && media != "application/json" && !media.ends_with("+json") {
        let message = format!("data of type {} is not read; send application/json", shown(media));
        return Err(Refusal::new(Reason::Unsupported, message));
    }
    let data = body::document(body, "send the data as a JSON object")?;
    object.insert("data".into(), body::bounded_value(body, data)?);
    Ok(object)
}

/// The value of a header as the HTTP binding writes it: quotes taken off, then `%` and two digits decoded, once.
fn decoded(value: &str) -> Option<String> {
    let value = unquoted(value.trim());
    let mut bytes = Vec::with_capacity(value.len());
    let mut rest = value.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let digit = |at: usize| after.get(at).and_then(|&digit| char::from(digit).to_digit(16));
        match (first, digit(0), digit(1)) {
            (b'%', Some(high), Some(low)) => {
                bytes.push(u8::try_from(high * 16 + low).unwrap_or_default());
                rest = &after[2..];
            }
            _ => {
                bytes.push(first);
                rest = after;
            }
        }
    }
    String::from_utf8(bytes).ok()
}

fn unquoted(value: &str) -> String {
    let Some(inner) = value.strip_prefix('"').and_then(|value| value.strip_suffix('"')) else {
        return value.to_owned();
    };
    let mut letters = inner.chars();
    let next = || match letters.next()? {
        '\\' => letters.next(),
        other => Some(other),
    };
    std::iter::from_fn(next).collect()
}

fn event(object: Object) -> Result<Fact, Refusal> {
    let mut members = Members::any(object);
    let version = members.needed("specversion", "send 1.0")?;
    if &*version != VERSION {
        let message = format!("specversion {} is not read; send {VERSION}", shown(&version));
        return Err(Refusal::new(Reason::Unsupported, message));
    }
    if members.take("data_base64").is_some() {
        let message = "`data_base64` is not read; send `data` as a JSON object";
        return Err(Refusal::new(Reason::Unsupported, message));
    }
    let id = members.needed("id", "every CloudEvent has one, which tells repetitions apart")?;
    let source = members.needed("source", "every CloudEvent has one: the system that sends it")?;
    let kind = members.needed("type", "what happened?")?;
    let occurred_at = members.take("time").map(|at| time::instant("time", &at)).transpose()?;
    let subject = members.id("subject")?;
    let mut data = Members::any(members.object("data")?);
    let contact = match subject {
        Some(subject) => subject,
        None => data.needed("contact", "name the contact as `subject`, or as `contact` in the data")?,
    };
    // Data has whatever form its sender gave it: an object of these names is a property like others.
    let value = data.take_if("value", |value| !matches!(value, Json::Array(_) | Json::Object(_)));
    let account = data.take_if("account", |account| account.is_string() || account.is_number());
    let account = account.map(|account| id_of("account", account)).transpose()?.flatten();
    let mut properties = properties(data.rest())?;
    for (name, value) in extensions(members)? {
        properties.entry(name).or_insert(value);
    }
    Ok(Fact::Activity(Report {
        who: Who::Contact(ContactId::from(&*contact)),
        kind,
        occurred_at,
        id: Some(id),
        source: Some(source),
        value: value.and_then(value_of),
        account: account.map(|account| AccountId::from(&*account)),
        properties,
        original: None,
    }))
}

/// What else stands in the envelope; attributes of an event have names in small letters.
fn extensions(mut members: Members) -> Result<Attributes, Refusal> {
    for name in ["datacontenttype", "dataschema"] {
        members.said(name);
    }
    properties(members.rest().into_iter().map(|(name, value)| (name.to_ascii_lowercase(), value)).collect())
}

fn malformed(message: String) -> Refusal {
    Refusal::new(Reason::Malformed, message)
}

#[cfg(test)]
mod tests {
    use rules::day::Zone;
    use rules::value::Value;

    use super::*;

    const HEADERS: [(&str, &str); 5] = [
        ("CE-SpecVersion", "1.0"),
        ("ce-id", "1"),
        ("ce-source", "/shop"),
        ("ce-type", "paid"),
        ("ce-subject", "Ren%C3%A9e%20100%"),
    ];

    fn noon() -> Instant {
        Zone::utc().instant("2026-03-14T12:00:00Z").unwrap()
    }

    fn one(content_type: &str, headers: &[(&str, &str)], body: &str) -> Result<Report, Refusal> {
        let mut items = read(content_type, headers, body.as_bytes(), noon())?;
        assert_eq!(items.len(), 1);
        match items.remove(0)?.remove(0) {
            Fact::Activity(report) => Ok(report),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn attributes_in_headers() {
        let headers =
            [&HEADERS[..], &[("ce-time", "2026-03-14T09:30:00Z"), ("ce-Region", "\"a \\\"b\\\"\""), ("ce-own", "2")]]
                .concat();
        let body = r#"{"value": 20, "account": 7, "item": {"name": "cup"}, "contact": "x", "region": null, "own": 1}"#;
        let report = one("application/json; charset=utf-8", &headers, body).unwrap();
        let expected = Report {
            who: Who::Contact("Renée 100%".into()),
            kind: "paid".into(),
            occurred_at: Zone::utc().instant("2026-03-14T09:30:00Z").ok(),
            id: Some("1".into()),
            source: Some("/shop".into()),
            value: value_of(20.into()),
            account: Some("7".into()),
            properties: Attributes::from([
                ("contact".into(), Value::from("x")),
                ("item.name".into(), Value::from("cup")),
                ("own".into(), Value::Number(rules::decimal::Decimal::ONE)),
                ("region".into(), Value::from("a \"b\"")),
            ]),
            original: None,
        };
        assert_eq!(report, expected);
        let bare = one("", &HEADERS, "").unwrap();
        assert_eq!((bare.occurred_at, bare.properties.len()), (None, 0));
    }

    #[test]
    fn attributes_in_the_body() {
        let event = r#"{"specversion": "1.0", "id": "1", "source": "s", "type": "t", "traceParent": 5, "dataschema": "x",
            "datacontenttype": "application/json", "data": {"contact": 1001, "value": {"net": 1}, "account": true}}"#;
        let report = one("Application/CloudEvents+JSON;charset=utf-8", &[], event).unwrap();
        assert_eq!(report.who, Who::Contact("1001".into()));
        assert_eq!((report.value, report.account), (None, None));
        let expected = [("account", Value::Bool(true)), ("traceparent", value_of(5.into()).unwrap())];
        let net = ("value.net", value_of(1.into()).unwrap());
        let expected: Attributes =
            expected.into_iter().chain([net]).map(|(name, value)| (name.into(), value)).collect();
        assert_eq!(report.properties, expected);
        let batch = format!("[{event}, 5, {event}]");
        let items = read("application/cloudevents-batch+json", &[], batch.as_bytes(), noon()).unwrap();
        assert_eq!(items.iter().map(Result::is_ok).collect::<Vec<_>>(), [true, false, true]);
    }

    #[test]
    fn what_is_no_event_says_what_to_do() {
        let event = |more: &str| format!(r#"{{"specversion": "1.0", "id": "1", "source": "s", "type": "t"{more}}}"#);
        let structured = "application/cloudevents+json";
        let without = |name: &str| HEADERS.iter().filter(|header| header.0 != name).copied().collect::<Vec<_>>();
        let cases = [
            ("text/html", vec![], String::new(), Reason::Malformed, "no CloudEvent: send the header ce-specversion"),
            (
                "application/cloudevents+avro",
                vec![],
                String::new(),
                Reason::Unsupported,
                "cloudevents+avro` is not read",
            ),
            ("text/xml", HEADERS.to_vec(), "<a/>".into(), Reason::Unsupported, "`text/xml` is not read"),
            ("application/json", HEADERS.to_vec(), "{".into(), Reason::Malformed, "line 1, column 1"),
            ("application/json", HEADERS.to_vec(), "[]".into(), Reason::Malformed, "`data` is a list"),
            ("", without("ce-id"), String::new(), Reason::Missing, "`id` is missing"),
            ("", without("ce-subject"), "{}".into(), Reason::Missing, "name the contact as `subject`"),
            ("", [("ce-subject", "%FF")].to_vec(), String::new(), Reason::Malformed, "`subject` is not UTF-8"),
            ("", [&HEADERS[..], &[("ce-x", "%00")]].concat(), String::new(), Reason::Malformed, "NUL"),
            (structured, vec![], "[]".into(), Reason::Malformed, "the body is a list; send one CloudEvent"),
            (
                "application/cloudevents-batch+json",
                vec![],
                "{}".into(),
                Reason::Malformed,
                "the body is an object; send a list of CloudEvents",
            ),
            (structured, vec![], event(r#", "data_base64": "AA==""#), Reason::Unsupported, "data_base64"),
            (structured, vec![], event(r#", "subject": "a", "time": "2026-03-14T09:30:00""#), Reason::InvalidTime, "Z"),
            (structured, vec![], event(r#", "subject": "a", "time": "2026-03-16T09:30:00Z""#), Reason::InTheFuture, ""),
            (structured, vec![], r#"{"specversion": "0.3"}"#.into(), Reason::Unsupported, "specversion `0.3`"),
        ];
        for (content_type, headers, body, reason, said) in cases {
            let refusal = one(content_type, &headers, &body).unwrap_err();
            assert_eq!(refusal.reason, reason, "{refusal:?}");
            assert!(refusal.message.contains(said), "{}", refusal.message);
        }
    }

    #[test]
    fn headers_are_decoded_once() {
        let cases = [
            ("plain", Some("plain")),
            ("Euro%20%E2%82%AC%20%F0%9F%98%80", Some("Euro € 😀")),
            ("%2525", Some("%25")),
            ("100%", Some("100%")),
            ("%zz%4", Some("%zz%4")),
            ("\"a%20b\"", Some("a b")),
            ("\"a\\\\b\"", Some("a\\b")),
            ("\"", Some("\"")),
            ("%C3", None),
        ];
        for (value, expected) in cases {
            assert_eq!(decoded(value).as_deref(), expected, "{value}");
        }
    }
}
