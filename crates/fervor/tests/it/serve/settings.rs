//! The pages of settings, as somebody without scripts sees them.

use super::browser::{ADA, Browser, user_id};
use super::harness::{Place, until};
use super::pages::is_page;

/// What stands in a field that is there to be copied.
#[track_caller]
fn copied(page: &str, id: &str) -> String {
    let field = page.split(&format!("<input id=\"{id}\"")).nth(1).unwrap_or_else(|| panic!("no field {id}: {page}"));
    field.split("value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned()
}

#[test]
fn somebody_is_invited_changed_and_deactivated() {
    let place = Place::file();
    let service = place.serve();
    let mut ada = Browser::admin(&service);
    is_page(&ada.get("/settings/people"), 200, "Ada");
    let fields = [("email", "bo@example.org"), ("name", "Bo"), ("role", "viewer")];
    let page = is_page(&ada.submit("/settings/people", &fields), 200, "A link for Bo");
    let link = copied(&page, "invitation");
    let path = link.strip_prefix(&format!("http://{}", service.address)).unwrap().to_owned();
    // What was written stays where it cannot be used.
    let again = is_page(&ada.submit("/settings/people", &fields), 409, "Somebody has the address");
    assert!(again.contains("value=\"bo@example.org\"") && again.contains("value=\"Bo\""), "{again}");
    is_page(&ada.submit("/settings/people", &[("email", "b"), ("name", "B"), ("role", "viewer")]), 422, "such as ada@");
    let mut bo = Browser::new(&service);
    assert_eq!(bo.submit(&path, &[("password", "a needle in the sand")]).header("location"), Some("/"));
    let id = user_id(&mut ada, "Bo");
    // The link is gone once it was used, and another one can be made.
    assert!(!is_page(&ada.get("/settings/people"), 200, "Bo").contains("/invite/0"));
    let page = is_page(&ada.submit(&format!("/settings/people/{id}/invite"), &[]), 200, "chooses a new password");
    assert_ne!(copied(&page, "invitation"), link);
    let told = ada.submit(&format!("/settings/people/{id}"), &[("role", "editor")]);
    assert_eq!(told.header("location"), Some("/settings/people?done=role"));
    is_page(&bo.get("/settings"), 200, "correct contacts, import files");
    let told = ada.submit(&format!("/settings/people/{id}"), &[("disabled", "yes")]);
    assert_eq!(told.header("location"), Some("/settings/people?done=disabled"));
    is_page(&ada.get("/settings/people?done=disabled"), 200, "logged out everywhere");
    assert_eq!(bo.get("/settings").header("location"), Some("/login"));
    ada.submit(&format!("/settings/people/{id}"), &[("disabled", "no")]);
    assert_eq!(bo.submit("/login", &[("email", "bo@example.org"), ("password", "a needle in the sand")]).status, 303);
    // Somebody has to be left who may do everything.
    let own = user_id(&mut ada, "Ada");
    is_page(&ada.submit(&format!("/settings/people/{own}"), &[("role", "viewer")]), 409, "last admin");
    service.stop();
}

#[test]
fn a_key_is_made_shown_once_and_revoked() {
    let place = Place::file();
    let service = place.serve();
    let mut ada = Browser::admin(&service);
    is_page(&ada.get("/settings/keys"), 200, "No key yet");
    is_page(&ada.submit("/settings/keys", &[("name", ""), ("scope", "ingest")]), 422, "Give the key a name");
    let page = is_page(&ada.submit("/settings/keys", &[("name", "till")]), 422, "what the key may do");
    assert!(page.contains("value=\"till\""), "{page}");
    let fields = [("name", "till"), ("scope", "ingest"), ("scope", "read")];
    let page = is_page(&ada.submit("/settings/keys", &fields), 200, "The key for till");
    let key = copied(&page, "key");
    let all = is_page(&ada.get("/settings/keys"), 200, "not since the service began");
    assert!(!all.contains(&key) && all.contains("ingest, read"), "{all}");
    let mut till = service.client(&key);
    till.get("/v1/contacts");
    assert!(!ada.get("/settings/keys").text().contains("not since the service began"));
    let id = key.split('_').nth(1).unwrap();
    let told = ada.submit(&format!("/settings/keys/{id}/revoke"), &[]);
    assert_eq!(told.header("location"), Some("/settings/keys?done=revoked"));
    is_page(&ada.get("/settings/keys?done=revoked"), 200, "whoever uses it is refused");
    assert_eq!(till.ask("GET", "/v1/contacts", &[], "").status, 401);
    // Both are noted, and can be found again.
    let log = is_page(&ada.get("/settings/audit"), 200, "\"row\">Revoked a key");
    assert!(log.find("\"row\">Revoked a key") < log.find("\"row\">Became the first"), "{log}");
    let log = is_page(&ada.get("/settings/audit?action=create_key&by=ada"), 200, "till");
    assert!(!log.contains("<th scope=\"row\">Became"), "{log}");
    is_page(&ada.get("/settings/audit?by=nobody"), 200, "Nothing of this kind");
    service.stop();
}

#[test]
fn the_log_has_pages() {
    let place = Place::file();
    let service = place.serve();
    let mut ada = Browser::admin(&service);
    for number in 0..60 {
        ada.submit("/settings/keys", &[("name", &format!("key {number}")), ("scope", "read")]);
    }
    let first = is_page(&ada.get("/settings/audit?action=create_key"), 200, "key 59");
    assert!(first.contains("key 10<") && !first.contains("key 9<") && !first.contains(">Latest<"), "{first}");
    let earlier = first.split(">Earlier<").next().unwrap().rsplit("href=\"").next().unwrap();
    let earlier = earlier.split('"').next().unwrap().replace("&#38;", "&");
    let second = is_page(&ada.get(&earlier), 200, "key 9<");
    assert!(second.contains("key 0<") && !second.contains("key 10<"), "{second}");
    assert!(second.contains(">Latest<") && !second.contains(">Earlier<"), "{second}");
    service.stop();
}

#[test]
fn one_changes_ones_password_and_logs_out_elsewhere() {
    let place = Place::file();
    let service = place.serve();
    let mut ada = Browser::admin(&service);
    let mut elsewhere = Browser::new(&service);
    elsewhere.log_in(ADA).must(200);
    let page = is_page(&ada.get("/settings"), 200, "This browser");
    let other = page.split("name=\"login\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    assert_eq!(ada.submit("/settings/logins/end", &[("login", &other)]).status, 303);
    assert_eq!(elsewhere.get("/settings").header("location"), Some("/login"));
    assert!(!is_page(&ada.get("/settings?done=ended"), 200, "logged out there").contains("Log out there"));
    let change = |old: &'static str, new: &'static str| [("old_password", old), ("new_password", new)];
    is_page(&ada.submit("/settings/password", &change("wrong", "a needle in the sand")), 422, "is another one");
    is_page(&ada.submit("/settings/password", &change(ADA.1, "short")), 422, "at least 12 characters");
    elsewhere.log_in(ADA).must(200);
    let told = ada.submit("/settings/password", &change(ADA.1, "a needle in the sand"));
    assert_eq!(told.header("location"), Some("/settings?done=password"), "{}", told.text());
    is_page(&ada.get("/settings?done=password"), 200, "you are not any more");
    assert_eq!(elsewhere.get("/settings").header("location"), Some("/login"));
    service.stop();
}

#[test]
fn everything_can_be_copied_and_somebody_forgotten() {
    let place = Place::file();
    let service = place.serve();
    let mut ada = Browser::admin(&service);
    let said = serde_json::json!({"id": "eva", "attributes": {"city": "Oslo"}});
    service.client(&place.key("crm", "ingest")).post("/v1/contacts", &said);
    let copy = ada.submit("/settings/data/backup", &[]);
    assert_eq!(copy.status, 200, "{}", copy.text());
    assert!(copy.header("content-disposition").unwrap().starts_with("attachment; filename=\"fervor-20"));
    let file = place.folder.path("copy.backup");
    std::fs::write(&file, &copy.body).unwrap();
    let restored = super::super::fervor(["restore", "--db", &place.folder.path("other.db"), &file]);
    assert_eq!(restored.code, 0, "{}", restored.err);
    is_page(&ada.get("/settings/data?contact=nobody"), 404, "nobody");
    is_page(&ada.get("/settings/data?contact=eva"), 200, "Oslo");
    is_page(&ada.submit("/settings/data/erase", &[("contact", "eva"), ("again", "ava")]), 422, "nobody was erased");
    let told = ada.submit("/settings/data/erase", &[("contact", "eva"), ("again", "eva")]);
    assert_eq!(told.header("location"), Some("/settings/data?done=erased"));
    is_page(&ada.get("/settings/data?contact=eva"), 404, "role=\"alert\"");
    is_page(&ada.get("/settings/about"), 200, "a file of SQLite");
    service.stop();
}

#[test]
fn attributes_for_quick_lists_are_chosen() {
    let place = Place::file();
    let service = place.serve();
    let mut ada = Browser::admin(&service);
    let mut client = service.client(&place.key("crm", "admin"));
    let eva =
        |id: &str, country: &str| serde_json::json!({"id": id, "attributes": {"country": country, "plan": "free"}});
    client.post("/v1/contacts", &serde_json::json!([eva("eva", "NO"), eva("bo", "<DK>"), eva("ada", "NO")]));
    let page = is_page(&ada.get("/settings/quick"), 200, "value=\"contact.country\">");
    // Three have it, with two values between them.
    assert!(page.contains("<td class=\"number\">3</td><td class=\"number\">2</td>"), "{page}");
    assert!(page.contains("&#60;DK&#62;, NO") && page.contains("by the first 3"), "{page}");
    let told = ada.submit("/settings/quick", &[("name", "contact.country"), ("others", "account.industry, contact.x")]);
    assert_eq!(told.header("location"), Some("/settings/quick?done=chosen"));
    until("it is ready", || !ada.get("/settings/quick").text().contains("Being prepared"));
    let page = is_page(&ada.get("/settings/quick"), 200, "value=\"contact.country\" checked>");
    assert!(page.contains(">Quick<") && page.contains("value=\"contact.x\" checked>"), "{page}");
    let names: Vec<String> = client.get("/v1/indexed")["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["name"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(names, ["account.industry", "contact.country", "contact.x"]);
    let fields = [("name", "contact.plan"), ("others", "country")];
    let page = is_page(&ada.submit("/settings/quick", &fields), 422, "`country` is not an attribute");
    assert!(page.contains("value=\"country\"") && page.contains("value=\"contact.plan\" checked>"), "{page}");
    assert_eq!(ada.submit("/settings/quick", &[("others", "")]).status, 303);
    assert_eq!(client.get("/v1/indexed")["items"], serde_json::json!([]));
    is_page(&ada.get("/settings/audit?action=choose_indexed"), 200, "\"row\">Chose quick attributes");
    service.stop();
}

#[test]
fn nobody_sees_what_is_not_for_them() {
    let place = Place::file();
    let service = place.serve();
    let mut ada = Browser::admin(&service);
    let mut bo = Browser::invited(&service, &mut ada, "bo@example.org", "editor", "a needle in the sand");
    let page = is_page(&bo.get("/settings"), 200, "You");
    assert!(!page.contains("/settings/people") && page.contains("/settings/about"), "{page}");
    for path in ["people", "keys", "audit", "data", "quick", "retention"] {
        is_page(&bo.get(&format!("/settings/{path}")), 403, "needs the role `admin`");
        assert_eq!(Browser::new(&service).get(&format!("/settings/{path}")).header("location"), Some("/login"));
    }
    assert_eq!(bo.submit("/settings/keys", &[("name", "x"), ("scope", "admin")]).status, 403);
    assert_eq!(bo.submit("/settings/data/backup", &[]).status, 403);
    is_page(&bo.get("/settings/about"), 200, "About this service");
    service.stop();
}
