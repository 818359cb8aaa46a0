//! What is not taken, of files and of rows, is told.

use std::io::Write as _;

use super::super::http;
use super::super::refusing::{is_problem, packed};
use super::*;

#[test]
fn what_is_not_taken_is_told_row_by_row() {
    let (place, service, mut client) = place();
    let admin = place.key("admin", "admin");
    client.post("/v1/contacts", &json!({"id": "gone"}));
    assert_eq!(service.client(&admin).ask("DELETE", "/v1/contacts/gone", &[], "").status, 204);
    let long = "x".repeat(300);
    let csv = format!(
        "contact,type,occurred_at,note\nada,visit,2026-03-14,\"one, two\"\nada,visit,,late\nada,visit,1850-01-01,old\n\
         ada,visit,2999-01-01,new\nada,visit\ngone,visit,2026-03-14,secret\n{long},visit,2026-03-14,\n\
         ada,gift,2026-03-15,\"a\nb\"\n"
    );
    let contacts = "id,valid_from,country\nada,2026-01-01,NO\nada,2026-01-01,SE\n";
    let parts: &[Part<'_>] =
        &[("activities", Some("a.csv"), csv.as_bytes()), ("contacts", Some("c.csv"), contacts.as_bytes())];
    let job = imported(&mut client, parts);
    assert_eq!(sums(&job), ("done", 3, Some(0), 7), "{job}");
    let reasons = ["missing", "too_old", "in_the_future", "malformed", "erased", "too_long", "contradiction"];
    for reason in reasons {
        assert_eq!(job["reasons"][reason], 1, "{reason}: {job}");
    }
    assert_eq!(job["rejects_kept"], 7);
    let path = format!("/v1/imports/{}/rejects", job["id"].as_str().unwrap());
    let reply = client.ask("GET", &path, &[], "");
    assert_eq!((reply.status, reply.header("content-type")), (200, Some("text/csv; charset=utf-8")));
    let text = reply.text();
    let mut rows: Vec<[String; 4]> =
        csv::Reader::from_reader(text.as_bytes()).deserialize().map(Result::unwrap).collect();
    rows.sort_by_key(|[file, line, ..]| (file.clone(), line.parse::<u32>().unwrap()));
    let expected = [
        ("a.csv", "3", "`occurred_at` is missing", "ada,visit,,late"),
        ("a.csv", "4", "before 1900", "ada,visit,1850-01-01,old"),
        ("a.csv", "5", "more than a day after", "ada,visit,2999-01-01,new"),
        ("a.csv", "6", "expected 4 fields", "ada,visit"),
        // Nothing is left of who was erased.
        ("a.csv", "7", "was erased", ""),
        ("a.csv", "8", "at most 256", "x"),
        ("c.csv", "3", "says something else", "ada,2026-01-01,SE"),
    ];
    assert_eq!(rows.len(), expected.len(), "{text}");
    for ([file, line, reason, row], (its_file, its_line, said, its_row)) in rows.iter().zip(expected) {
        assert_eq!((file.as_str(), line.as_str()), (its_file, its_line), "{text}");
        assert!(reason.contains(said), "{reason}");
        if its_row == "x" { assert!(row.starts_with(&long)) } else { assert_eq!(row, its_row) }
    }
    assert_eq!(activities(&mut client, "ada"), 2);
    // Whoever is erased is gone from there too.
    client.ask("GET", &path, &[], "").text().find("ada,visit").unwrap();
    assert_eq!(service.client(&admin).ask("DELETE", "/v1/contacts/ada", &[], "").status, 204);
    let left = client.ask("GET", &path, &[], "").text();
    assert!(!left.contains("ada") && left.lines().count() == text.lines().count(), "{left}");
    place.verify();
    service.stop();
}

/// Forms that no import comes of, each with what is said of it.
#[test]
fn forms_that_cannot_be_imported_are_refused_before_anything_is_read() {
    let place = Place::file();
    let service = place.serve_with(&["--import-max", "1M"]);
    let mut client = service.client(&place.key("editor", "write,read"));
    let visits = visits(3);
    let (good, torn, cut) = (visits.as_bytes(), &parquet()[..200], &packed(visits.as_bytes())[..20]);
    let one = b"[source.s]\nfile = \"s.csv\"\n[source.s.contacts]\nid = \"number\"\n";
    let two = [one.as_slice(), b"[source.t]\nfile = \"t.csv\"\n[source.t.contacts]\nid = \"x\"\n"].concat();
    let slip = b"[source.s]\nfil = 1\n";
    let large = vec![b'x'; 2 << 20];
    let (a, s, t, u) = (Some("a.csv"), Some("s.csv"), Some("t.csv"), Some("u.csv"));
    let cases: &[(&[Part<'_>], &str)] = &[
        (&[], "no file was sent"),
        (&[("name", None, b"x")], "no file was sent"),
        (&[("activites", a, good)], "there is no part `activites`"),
        (&[("activites", a, good)], "did you mean `activities`?"),
        (&[("activities", a, b"")], "a.csv: is empty"),
        (&[("activities", a, b"who,what\na,b\n")], "a.csv: has no column `contact`, `type`, `occurred_at`"),
        (&[("activities", Some("a.parquet"), torn)], "a.parquet: "),
        (&[("activities", a, b"PK\x03\x04...")], "ZIP archive or an Excel workbook"),
        (&[("activities", a, b"\xff\xfe\x00\x01\x00\x00\x01")], "a.csv: "),
        (&[("activities", a, cut)], "a.csv: "),
        (&[("file", a, good)], "`file` needs a mapping"),
        (&[("activities", a, good), ("sources", None, one)], "there is none"),
        (&[("file", s, b"id\n1\n"), ("sources", None, one)], "s.csv: has no column `number`"),
        (&[("file", s, b"id\n1\n"), ("sources", None, slip)], "the mapping cannot be used: line 2"),
        (&[("file", s, b"number\n1\n"), ("sources", None, &two)], "source `t` of the mapping expects `t.csv`"),
        (
            &[("file", u, b"id\n1\n"), ("file", s, b"number\n2\n"), ("file", t, b"x\n2\n"), ("sources", None, &two)],
            "no source of the mapping names `u.csv`",
        ),
        (&[("activities", a, good), ("activities", a, b"x")], "two files are called `a.csv`"),
        (&[("activities", a, good), ("activities", s, good)], "`a.csv` and `s.csv` are the same to the last byte"),
        (&[("dry_run", None, b"perhaps")], "`dry_run` is true or false"),
        (&[("name", None, b"")], "`name` has 1 to 200 bytes"),
        (&[("sources", None, b"\xff")], "`sources` is not text in UTF-8"),
    ];
    for (parts, said) in cases {
        is_problem(&send(&mut client, parts), 422, "invalid", said);
    }
    is_problem(&send(&mut client, &[("activities", a, &large)]), 413, "too_large", "at most 1 MiB together");
    let mut reader = service.client(&place.key("reader", "read"));
    is_problem(&send(&mut reader, &[("activities", a, good)]), 403, "forbidden", "`write`");
    // Nothing of all this became an import.
    assert_eq!(client.get("/v1/imports")["items"], json!([]));
    assert_eq!(client.get("/v1/contacts")["items"], json!([]));
    service.stop();
}

#[test]
fn bodies_that_cannot_be_imported_are_refused() {
    let place = Place::file();
    let service = place.serve_with(&["--import-max", "1M"]);
    let mut client = service.client(&place.key("editor", "write,read"));
    let torn = "--b\r\ncontent-disposition: form-data; name=\"activities\"\r\n\r\ntorn";
    let form = "multipart/form-data; boundary=b";
    // Headers of a part that have no end.
    let endless = format!("--b\r\nx: {}", "x".repeat(900_000));
    for (path, kind, body, status, said) in [
        ("/v1/imports", "text/csv", "a\n", 422, "say what the rows are about"),
        ("/v1/imports?kind=people", "text/csv", "a\n", 422, "`people` is no kind of facts"),
        ("/v1/imports?kind=activities", "text/csv", "", 422, "is empty"),
        ("/v1/imports?sort=x", "text/csv", "a\n", 422, "no parameter `sort`"),
        ("/v1/imports?kind=activities", form, torn, 422, "here the name of a part says it"),
        ("/v1/imports", "multipart/form-data", torn, 400, "boundary"),
        ("/v1/imports", form, torn, 400, "did not come whole"),
        ("/v1/imports", form, "nothing of the sort", 400, "did not come whole"),
        ("/v1/imports", form, &endless, 400, "did not come whole"),
    ] {
        let code = if status == 400 { "malformed" } else { "invalid" };
        is_problem(&client.ask("POST", path, &[("content-type", kind)], body), status, code, said);
    }
    // Nobody says how long it will be, and it is too long.
    let mut line = client.line();
    let head = client.head("POST", "/v1/imports?kind=activities", &[("transfer-encoding", "chunked")], None);
    line.get_mut().write_all(head.as_bytes()).unwrap();
    let chunk = [format!("{:x}\r\n", 64 << 10).as_bytes(), &vec![b'x'; 64 << 10], b"\r\n"].concat();
    (0..20).for_each(|_| line.get_mut().write_all(&chunk).unwrap());
    line.get_mut().write_all(b"0\r\n\r\n").unwrap();
    is_problem(&http::read(&mut line).unwrap(), 413, "too_large", "at most 1 MiB together");
    for (method, path) in
        [("GET", "/v1/imports/none"), ("POST", "/v1/imports/none/cancel"), ("GET", "/v1/imports/none/rejects")]
    {
        is_problem(&client.ask(method, path, &[], ""), 404, "not_found", "no import `none`");
    }
    assert_eq!(client.get("/v1/imports")["items"], json!([]));
    service.stop();
}

#[test]
fn a_disk_that_is_full_says_so() {
    let place = Place::file();
    place.serve().stop();
    let key = place.key("editor", "read,write");
    // No file may become larger than 4 MiB.
    let service = Service::limited(&place.address, 4 << 20);
    let mut client = service.client(&key);
    let reply = send(&mut client, &[("activities", Some("a.csv"), &vec![b'x'; 6 << 20])]);
    is_problem(&reply, 507, "no_room", "whoever runs it has to make room");
    assert_eq!(client.get("/v1/imports")["items"], json!([]));
    drop(service);
    // Without a folder for files everything else works.
    let service = place.serve_with(&["--import-dir", "/nowhere"]);
    let mut client = service.client(&key);
    is_problem(&send(&mut client, &[("activities", Some("a.csv"), b"x")]), 507, "no_room", "");
    assert_eq!(client.get("/v1/imports")["items"], json!([]));
    assert!(service.log().contains("name another --import-dir"), "{}", service.log());
}
