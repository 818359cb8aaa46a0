//! A file is imported by pages, as somebody without scripts does it.

use super::super::browser::Browser;
use super::super::harness::{Place, Service, until};
use super::super::http::Reply;
use super::super::pages::is_page;

/// Sends a file as the form of the page does.
#[track_caller]
fn upload(browser: &mut Browser, service: &Service, name: &str, bytes: &[u8]) -> Reply {
    let origin = format!("http://{}", service.address);
    let kind = ("content-type", "multipart/form-data; boundary=XX");
    let head = format!("--XX\r\ncontent-disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\r\n");
    let body = [head.as_bytes(), bytes, b"\r\n--XX--\r\n"].concat();
    browser.send_bytes("POST", "/imports/new", &[("origin", &origin), kind], &body)
}

#[track_caller]
fn location(reply: &Reply) -> String {
    assert_eq!(reply.status, 303, "{}", reply.text());
    reply.header("location").unwrap().to_owned()
}

/// The page of an import once it is over.
#[track_caller]
fn over(browser: &mut Browser, path: &str) -> String {
    let mut page = String::new();
    until("it is over", || {
        page = browser.get(path).text();
        !page.contains("data-live")
    });
    page
}

const MEMBERS: &[u8] = b"Member No;Full name;Joined\n17;Ada L\xf8v;14.03.2024\n18;Bo;02.11.2023\n;Nobody;03.11.2023\n";

#[test]
fn a_list_of_members_is_looked_at_tried_and_imported() {
    let place = Place::file();
    let service = place.serve();
    let mut ada = Browser::admin(&service);
    is_page(&ada.get("/imports"), 200, "No file has been imported yet");
    is_page(&ada.get("/imports/new"), 200, "enctype=\"multipart/form-data\"");
    is_page(&upload(&mut ada, &service, "", b""), 422, "Choose a file first");
    let path = location(&upload(&mut ada, &service, "members.csv", MEMBERS));
    let page = is_page(&ada.get(&path), 200, "Columns are separated by “;”");
    assert!(page.contains("Ada Løv · Bo") && page.contains("value=\"dmy\" selected"), "{page}");
    // Two columns that are the same are no mapping; what was chosen stays.
    let (id, name, joined) = (("role-0", "id"), ("called-1", "name"), ("called-2", "joined"));
    let fields = [("kind", "contacts"), id, ("role-1", "id"), name, ("role-2", "kept"), joined, ("do", "check")];
    let page = is_page(&ada.submit(&path, &fields), 422, "Two columns are `id`");
    assert!(page.contains("role=\"alert\"") && page.contains("value=\"name\""), "{page}");
    let fields = [
        ("kind", "contacts"),
        id,
        ("role-1", "kept"),
        name,
        ("role-2", "kept"),
        joined,
        ("dates-2", "dmy"),
        ("do", "check"),
    ];
    let tried = location(&ada.submit(&path, &fields));
    let page = over(&mut ada, &tried);
    assert!(page.contains("Would be taken</dt><dd class=\"figure\">2<") && page.contains("Import it now"), "{page}");
    assert!(page.contains("something needed is missing") && page.contains(";Nobody;"), "{page}");
    assert!(page.contains("<span class=\"subtle\">joined</span> 2024-03-14"), "{page}");
    let mut reader = service.client(&place.key("reader", "read"));
    assert_eq!(reader.ask("GET", "/v1/contacts/17", &[], "").status, 404);
    let done = location(&ada.submit(&path, &[("do", "import")]));
    let page = over(&mut ada, &done);
    assert!(page.contains("Taken</dt><dd class=\"figure\">2<") && !page.contains("Import it now"), "{page}");
    assert!(page.contains(&format!("/v1{done}/rejects")) && page.contains("download"), "{page}");
    let ada_l = reader.get("/v1/contacts/17");
    assert_eq!(ada_l["attributes"], serde_json::json!({"joined": "2024-03-14", "name": "Ada Løv"}));
    is_page(&ada.get("/imports"), 200, "Tried, nothing stored");
    // The next file of this kind is read like this one; the one that was imported is gone.
    is_page(&ada.get(&path), 404, "choose it again");
    let path = location(&upload(&mut ada, &service, "more.csv", b"Member No;Full name;Joined\n19;Eva;01.02.2024\n"));
    let page = is_page(&ada.get(&path), 200, "as you chose them for the last file");
    assert!(page.contains("value=\"name\"") && !page.contains("value=\"full_name\""), "{page}");
    service.stop();
}

/// The fields by which columns of a page are given roles.
fn roles<'r>(page: &str, of: &[(&str, &'r str)]) -> Vec<(String, &'r str)> {
    let place = |name: &str| {
        let before = page.split(&format!("<h3>{name}</h3>")).nth(1).unwrap();
        before.split("id=\"role-").nth(1).unwrap().split('"').next().unwrap().to_owned()
    };
    of.iter().map(|(name, role)| (format!("role-{}", place(name)), *role)).collect()
}

#[test]
fn times_are_of_the_zone_that_is_said() {
    let place = Place::file();
    let service = place.serve();
    let mut ada = Browser::admin(&service);
    let file = b"contact,type,occurred_at\n17,visit,2026-03-14 23:30\n18,visit,2026-03-14T23:30:00Z\n";
    let path = location(&upload(&mut ada, &service, "visits.csv", file));
    let page = is_page(&ada.get(&format!("{path}?kind=activities")), 200, "Times are of the time zone");
    assert!(page.contains("<option value=\"America/New_York\">"), "{page}");
    let roles = roles(&page, &[("contact", "contact"), ("type", "type"), ("occurred_at", "occurred_at")]);
    let roles: Vec<(&str, &str)> = roles.iter().map(|(name, role)| (name.as_str(), *role)).collect();
    let fields =
        |zone: &'static str| [&roles[..], &[("kind", "activities"), ("zone", zone), ("do", "import")]].concat();
    let page = is_page(&ada.submit(&path, &fields("Europe/Asgard")), 422, "There is no time zone `Europe/Asgard`");
    assert!(page.contains("value=\"Europe/Asgard\""), "{page}");
    let done = location(&ada.submit(&path, &fields("America/New_York")));
    assert!(over(&mut ada, &done).contains("Taken</dt><dd class=\"figure\">2<"));
    let mut reader = service.client(&place.key("reader", "read"));
    // Four hours behind UTC by then; what says its offset itself is what it says.
    for (who, when) in [("17", "2026-03-15T03:30:00Z"), ("18", "2026-03-14T23:30:00Z")] {
        assert_eq!(reader.get(&format!("/v1/contacts/{who}/activities"))["items"][0]["occurred_at"], when);
    }
    service.stop();
}

#[test]
fn what_happened_is_imported_once() {
    let place = Place::file();
    let service = place.serve();
    let mut ada = Browser::admin(&service);
    let file = b"contact,what,when\n17,visit,2026-03-14 10:00\n18,visit,2026-05-02 18:00\n";
    let run = |ada: &mut Browser| {
        let path = location(&upload(ada, &service, "visits.csv", file));
        let page = is_page(&ada.get(&format!("{path}?kind=activities")), 200, "Whose it is");
        let fields = roles(&page, &[("contact", "contact"), ("what", "type"), ("when", "occurred_at")]);
        let mut fields: Vec<(&str, &str)> = fields.iter().map(|(name, role)| (name.as_str(), *role)).collect();
        fields.extend([("kind", "activities"), ("do", "import")]);
        let done = location(&ada.submit(&path, &fields));
        over(ada, &done)
    };
    let page = run(&mut ada);
    assert!(page.contains("Taken</dt><dd class=\"figure\">2<"), "{page}");
    let page = run(&mut ada);
    assert!(page.contains("Known already</dt><dd class=\"figure\">2<"), "{page}");
    let mut reader = service.client(&place.key("reader", "read"));
    assert_eq!(super::super::harness::points(&mut reader, "/v1/contacts/17", "engagement"), 5);
    service.stop();
}

#[test]
fn a_viewer_sees_imports_and_nobody_in_them() {
    let place = Place::file();
    let service = place.serve();
    let mut ada = Browser::admin(&service);
    let mut bo = Browser::invited(&service, &mut ada, "bo@example.org", "viewer", "a needle in the sand");
    let path = location(&upload(&mut ada, &service, "members.csv", MEMBERS));
    let done = location(&ada.submit(&path, &[("do", "check")]));
    over(&mut ada, &done);
    is_page(&bo.get("/imports"), 200, "members.csv");
    let page = is_page(&bo.get(&done), 200, "something needed is missing");
    assert!(!page.contains("Nobody") && !page.contains("Ada L") && !page.contains("/imports/new"), "{page}");
    is_page(&bo.get("/imports/new"), 403, "needs the role `editor`");
    // What somebody else is deciding about is nobody's business, not even of another editor.
    let mut eva = Browser::invited(&service, &mut ada, "eva@example.org", "editor", "a needle in the hay");
    is_page(&eva.get(&path), 404, "choose it again");
    service.stop();
}
