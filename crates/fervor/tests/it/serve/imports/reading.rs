//! What is read is stored and scored as it would be if it had come over the API.

use serde_json::json;

use super::super::super::{fervor, root};
use super::super::harness::{Place, pages, points};
use super::super::http::Client;
use super::super::refusing::{is_problem, packed};
use super::*;

#[test]
fn every_format_is_read() {
    let (place, service, mut client) = place();
    // A visit is 5 points, and a gift its value: 25 for each.
    let csv =
        |who: &str| format!("contact,type,occurred_at,value\n{who},visit,2026-03-14,\n{who},gift,2026-03-15,20\n");
    let lines = "{\"contact\": \"l\", \"type\": \"visit\", \"occurred_at\": \"2026-03-14\"}\n\
                 {\"contact\": \"l\", \"type\": \"gift\", \"occurred_at\": \"2026-03-15\", \"value\": 20}\n";
    let sources = "[source.s]\nfile = \"*.txt\"\n[source.s.activities]\ncontact = \"Who\"\n\
                   type = \"What\"\noccurred_at = { column = \"When\", dates = \"dmy\" }\n\
                   value = { column = \"Worth\", decimal = \",\" }\n";
    let other = "Who;What;When;Worth\nm;visit;14.03.2026;\nm;gift;15.03.2026;20,00\n";
    let contacts = "id,account,country\nc,acme,NO\n";
    let job = imported(
        &mut client,
        &[
            ("activities", Some("a.csv"), csv("c").as_bytes()),
            ("activities", Some("a.csv.gz"), &packed(csv("z").as_bytes())),
            ("activities", Some("a.ndjson"), lines.as_bytes()),
            ("activities", Some("a.parquet"), &parquet()),
            ("contacts", Some("contacts.csv"), contacts.as_bytes()),
            ("accounts", Some("accounts.csv"), b"id,employees\nacme,8\n"),
            ("opportunities", Some("o.csv"), b"id,contact,account,amount\no-1,c,acme,1500\n"),
            ("file", Some("C:\\exports\\other.txt"), other.as_bytes()),
            ("sources", None, sources.as_bytes()),
            ("name", None, "Spring".as_bytes()),
        ],
    );
    assert_eq!(sums(&job), ("done", 13, Some(0), 0), "{job}");
    assert_eq!((&job["name"], &job["by"], &job["rows"]), (&json!("Spring"), &json!("key editor"), &json!(13)));
    assert_eq!(job["bytes_read"], job["bytes_total"]);
    let kinds: Vec<_> = job["files"].as_array().unwrap().iter().map(|file| &file["kind"]).collect();
    assert_eq!(
        kinds[3..],
        [&json!("activities"), &json!("contacts"), &json!("accounts"), &json!("opportunities"), &Json::Null]
    );
    for who in ["c", "z", "l", "p", "m"] {
        assert_eq!(points(&mut client, &format!("/v1/contacts/{who}"), "engagement"), 25, "{who}");
    }
    let contact = client.get("/v1/contacts/c");
    assert_eq!((&contact["accounts"], &contact["attributes"]["country"]), (&json!(["acme"]), &json!("NO")));
    assert_eq!(client.get("/v1/opportunities/o-1")["attributes"]["amount"], "1500");
    // A body that is a file.
    for (kind, body) in
        [("text/csv", csv("b1").into_bytes()), ("application/x-ndjson", lines.replace("\"l\"", "\"b2\"").into())]
    {
        let path = "/v1/imports?kind=activities&name=by%20curl";
        let job = client.ask("POST", path, &[("content-type", kind)], body).must(202);
        assert_eq!(job["name"], "by curl");
        assert_eq!(sums(&over(&mut client, job["id"].as_str().unwrap())), ("done", 2, Some(0), 0));
    }
    assert_eq!(points(&mut client, "/v1/contacts/b1", "engagement"), 25);
    let (all, _) = pages(&mut client, "/v1/imports?limit=1");
    let names: Vec<_> = all.iter().map(|job| job["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["by curl", "by curl", "Spring"]);
    let admin = place.key("admin", "admin");
    let audit = service.client(&admin).get("/v1/audit")["items"].clone();
    let entry = audit.as_array().unwrap().iter().filter(|entry| entry["action"] == "import").nth(2).unwrap();
    assert_eq!(entry["by"], "key editor");
    assert_eq!((&entry["about"]["name"], &entry["about"]["import"]), (&json!("Spring"), &job["id"]));
    let told = client.ask("GET", "/metrics", &[], "").text();
    assert!(told.contains("fervor_imported_total{outcome=\"accepted\"} 17\n"), "{told}");
    place.verify();
    service.stop();
}

#[test]
fn a_dry_run_judges_everything_and_stores_nothing() {
    let (place, service, mut client) = place();
    let csv = "contact,type,occurred_at\nada,visit,2026-03-14\nada,visit,soon\n,visit,2026-03-14\n";
    let contacts = "id,account,country\nada,acme,NO\n";
    let parts: &[Part<'_>] = &[
        ("dry_run", None, b"true"),
        ("activities", Some("a.csv"), csv.as_bytes()),
        ("contacts", Some("c.csv"), contacts.as_bytes()),
    ];
    let job = imported(&mut client, parts);
    assert_eq!(sums(&job), ("done", 2, None, 2), "{job}");
    assert_eq!(job["reasons"], json!({"invalid_time": 1, "missing": 1}));
    let samples = job["samples"].as_array().unwrap();
    assert_eq!((&samples[0]["kind"], &samples[0]["contact"]), (&json!("activity"), &json!("ada")));
    assert_eq!((&samples[1]["kind"], &samples[1]["accounts"][0]["id"]), (&json!("contact"), &json!("acme")));
    // Who only reads sees how it went, and not what stands in files.
    let path = format!("/v1/imports/{}", job["id"].as_str().unwrap());
    let seen = service.client(&place.key("reader", "read")).get(&path);
    assert_eq!((&seen["samples"], &seen["accepted"]), (&json!([]), &job["accepted"]));
    assert_eq!(client.ask("GET", "/v1/contacts/ada", &[], "").status, 404);
    assert_eq!(client.get("/v1/contacts")["items"], json!([]));
    // Afterwards all of it is still new.
    let job = imported(&mut client, &parts[1..]);
    assert_eq!(sums(&job), ("done", 2, Some(0), 2), "{job}");
    place.verify();
    service.stop();
}

#[test]
fn a_file_that_is_sent_again_counts_once_and_true_repeats_count_each() {
    let (place, service, mut client) = place();
    let head = "contact,type,occurred_at\n";
    // Twice the same row is two visits: nothing says that it is one.
    let row = "ada,visit,2026-03-14\n";
    let first = format!("{head}{row}{row}bo,visit,2026-03-14\n");
    let import =
        |client: &mut Client, name: &str, text: &str| imported(client, &[("activities", Some(name), text.as_bytes())]);
    assert_eq!(sums(&import(&mut client, "one.csv", &first)), ("done", 3, Some(0), 0));
    assert_eq!(activities(&mut client, "ada"), 2);
    // Whatever it is called now, it is the same file.
    assert_eq!(sums(&import(&mut client, "one (1).csv", &first)), ("done", 0, Some(3), 0));
    assert_eq!(activities(&mut client, "ada"), 2);
    // Another file may tell of another visit of that day, and nobody can know: nothing is lost.
    assert_eq!(sums(&import(&mut client, "two.csv", &format!("{head}{row}"))), ("done", 1, Some(0), 0));
    assert_eq!(activities(&mut client, "ada"), 3);
    // With ids the order and the file mean nothing.
    let with_ids = "id,source,contact,type,occurred_at\n7,shop,cleo,visit,2026-03-14\n8,shop,cleo,visit,2026-03-14\n";
    assert_eq!(sums(&import(&mut client, "a.csv", with_ids)), ("done", 2, Some(0), 0));
    let overlapping = format!("{with_ids}9,shop,cleo,visit,2026-03-15\n");
    assert_eq!(sums(&import(&mut client, "b.csv", &overlapping)), ("done", 1, Some(2), 0));
    assert_eq!(points(&mut client, "/v1/contacts/cleo", "engagement"), 15);
    // The command knows the same rows by the same names.
    let path = place.folder.with("again.csv", &first);
    let ran = fervor(["import", "--db", &place.address, "--activities", &path]);
    assert_eq!(ran.err.trim(), "0 accepted, 3 known already, 0 refused");
    place.verify();
    service.stop();
}

/// A mapping that is put right afterwards takes nothing for what it was before.
#[test]
fn a_mapping_that_is_put_right_loses_nothing() {
    let (_place, service, mut client) = place();
    let csv = "who,when,paid\nada,2026-03-14,20\nada,2026-03-15,30\n";
    let mapped = |tables: &[(&str, &str)]| {
        let table = |(kind, more): &(&str, &str)| {
            let whose = "[[source.s.activities]]\ncontact = \"who\"\noccurred_at = \"when\"";
            format!("{whose}\ntype = {{ constant = \"{kind}\" }}\n{more}\n")
        };
        "[source.s]\nfile = \"s.csv\"\n".to_owned() + &tables.iter().map(table).collect::<String>()
    };
    let import = |client: &mut Client, sources: &str| {
        imported(client, &[("file", Some("s.csv"), csv.as_bytes()), ("sources", None, sources.as_bytes())])
    };
    assert_eq!(sums(&import(&mut client, &mapped(&[("visit", "")]))), ("done", 2, Some(0), 0));
    let both = mapped(&[("gift", "value = { column = \"paid\" }"), ("visit", "")]);
    assert_eq!(sums(&import(&mut client, &both)), ("done", 2, Some(2), 0));
    assert_eq!(points(&mut client, "/v1/contacts/ada", "engagement"), 5 + 5 + 20 + 30);
    service.stop();
}

#[test]
fn the_example_is_scored_as_the_reference_says() {
    let place = Place::file();
    let example = |file: &str| std::fs::read(root().join("examples/open-source").join(file)).unwrap();
    let model = root().join("examples/open-source/model.toml").display().to_string();
    let service = place.serve_with(&["--model", &model]);
    let mut client = service.client(&place.key("editor", "read,write"));
    let (contacts, activities) = (example("contacts.csv"), example("activities.csv"));
    let rows = |file: &[u8]| file.iter().filter(|byte| **byte == b'\n').count() as u64 - 1;
    let all = rows(&contacts) + rows(&activities);
    let parts: &[Part<'_>] =
        &[("contacts", Some("contacts.csv"), &contacts), ("activities", Some("activities.csv"), &activities)];
    let job = imported(&mut client, parts);
    assert_eq!((&job["state"], &job["rows"], &job["refused"]), (&json!("done"), &json!(all), &json!(0)), "{job}");
    assert_eq!(job["accepted"].as_u64().unwrap() + job["duplicates"].as_u64().unwrap(), all);
    place.verify();
    service.stop();
}

#[test]
fn a_mapping_is_proposed() {
    let (_place, service, mut client) = place();
    let export = "customer;date;amount\nada;03/04/2026;12,50\nbo;05/04/2026;8,00\ncleo;06/04/2026;7,25\ncu";
    let reply = client.ask(
        "POST",
        "/v1/imports/guess?name=orders.csv&kind=activities",
        &[("content-type", "text/csv")],
        export,
    );
    let told = reply.must(200);
    let sources = told["sources"].as_str().unwrap();
    assert!(sources.contains("file") && sources.contains("\"orders.csv\""), "{sources}");
    let rows = told["rows"].as_array().unwrap();
    assert_eq!(rows.len(), 3);
    assert_eq!(rows[0], json!({"amount": "12,50", "customer": "ada", "date": "03/04/2026"}));
    // Whether that is in March or in April is asked, and then it can be imported.
    assert_eq!(told["questions"].as_array().unwrap().len(), 1, "{told}");
    let answered = sources.replace("\"?\"", "\"dmy\"");
    let parts: &[Part<'_>] =
        &[("file", Some("orders.csv"), &export.as_bytes()[..export.len() - 2]), ("sources", None, answered.as_bytes())];
    let job = imported(&mut client, parts);
    assert_eq!(sums(&job), ("done", 3, Some(0), 0), "{answered}");
    is_problem(&client.ask("POST", "/v1/imports/guess", &[], ""), 422, "invalid", "no file was sent");
    is_problem(&client.ask("POST", "/v1/imports/guess", &[], vec![b'x'; 2 << 20]), 413, "too_large", "1 MiB");
    is_problem(&client.ask("POST", "/v1/imports/guess", &[], "PK\x03\x04"), 422, "invalid", "Excel");
    service.stop();
}
