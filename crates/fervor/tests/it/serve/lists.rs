//! Lists of contacts and accounts, as somebody without scripts sees them.

use serde_json::json;

use super::browser::Browser;
use super::harness::{Place, Service};
use super::pages::is_page;

/// What stands in the rows of a list: the names of those listed.
fn listed(page: &str) -> Vec<String> {
    let rows = page.split("<th scope=\"row\"><a href=\"").skip(1);
    rows.map(|row| row.split_once('>').unwrap().1.split('<').next().unwrap().to_owned()).collect()
}

/// The address that a link leads to.
fn link(page: &str, before: &str) -> String {
    let link = page.split(before).nth(1).unwrap_or_else(|| panic!("{before}: {page}"));
    let address = link.split_once("href=\"").unwrap().1.split('"').next().unwrap();
    address.replace("&#38;", "&")
}

/// Three people: Ada is hot (12 visits, 60 points), Bo warm (25), Ola cold (5).
fn people(place: &Place, service: &Service) {
    let mut client = service.client(&place.key("all", "admin"));
    let contact = |id: &str, name: &str, country: &str| json!({"id": id, "attributes": {"name": name, "country": country}, "accounts": ["acme"]});
    let all = [
        contact("ada", "Ada Lovelace", "GB"),
        contact("bo", "<Bo> & co", "DK"),
        contact("ola", "\u{d8}rjan Aas", "NO"),
    ];
    client.post("/v1/contacts", &json!(all));
    for (id, visits) in [("ada", 12), ("bo", 5), ("ola", 1)] {
        let visit = |at| json!({"contact": id, "type": "visit", "id": format!("{id}{at}"), "occurred_at": "2026-01-01T10:00:00Z"});
        client.post("/v1/activities", &(0..visits).map(visit).collect::<Vec<_>>().into());
    }
}

#[test]
fn contacts_of_an_account_are_listed_by_programs() {
    let place = Place::file();
    let service = place.serve();
    people(&place, &service);
    let mut client = service.client(&place.key("other", "admin"));
    let guest = json!({"id": "eva", "accounts": ["other & co"], "attributes": {"country": "NO"}});
    client.post("/v1/contacts", &json!([guest]));
    let mut ids = |query: &str| {
        let page = client.get(&format!("/v1/contacts?{query}"));
        page["items"].as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(ids("account=acme"), ["ada", "bo", "ola"]);
    assert_eq!(ids("account=other+%26+co"), ["eva"]);
    assert_eq!(ids("account=acme&where=contact.country+%3D+'NO'&sort=-score.engagement"), ["ola"]);
    assert_eq!(ids("account=none"), [""; 0]);
    assert_eq!(ids("account="), ["ada", "bo", "eva", "ola"]);
    service.stop();
}

#[test]
fn a_list_is_searched_filtered_and_sorted() {
    let place = Place::file();
    let service = place.serve();
    let mut ada = Browser::admin(&service);
    is_page(&ada.get("/contacts"), 200, "No contacts yet");
    people(&place, &service);
    let mut names = |path: &str| listed(&is_page(&ada.get(path), 200, "<h1>Contacts</h1>"));
    let all = ["Ada Lovelace", "&#60;Bo&#62; &#38; co", "\u{d8}rjan Aas"];
    let back: Vec<&str> = all.iter().rev().copied().collect();
    for (path, expected) in [
        ("/contacts", &all[..]),
        ("/contacts?sort=score.engagement", &back),
        ("/contacts?sort=id", &all),
        // By the beginning of the id, by a part of what is known, in any case; and never by half a condition.
        ("/contacts?q=ol", &all[2..]),
        ("/contacts?q=LOVE", &all[..1]),
        ("/contacts?q=%C3%B8rj", &all[2..]),
        ("/contacts?q=%3CBo", &all[1..2]),
        ("/contacts?q=Acm", &all),
        ("/contacts?q=%25", &[]),
        ("/contacts?q=country", &[]),
        ("/contacts?band=engagement%3AHot", &all[..1]),
        ("/contacts?band=engagement%3AHot&band=engagement%3AWarm", &all[..2]),
        ("/contacts?of=score.engagement&min=5&max=25", &all[1..]),
        ("/contacts?of=category.involvement&min=26", &all[..1]),
        ("/contacts?where=contact.country+IN+('NO'%2C+'DK')", &all[1..]),
        ("/contacts?where=contact.country+%3D+'SE'", &[]),
    ] {
        // The order of a search is that of the list.
        assert_eq!(names(path), expected, "{path}");
    }
    let page = is_page(&ada.get("/contacts?band=engagement%3AHot&q=ada"), 200, "1 contact<");
    assert!(page.contains("Engagement: Hot") || page.contains("engagement: Hot"), "{page}");
    assert!(page.contains("aria-sort=\"descending\""), "{page}");
    assert!(link(&page, "class=\"chips\"").ends_with("/contacts?band=engagement%3AHot"), "{page}");
    // Every link leads somewhere.
    for address in page.split("href=\"").skip(1).map(|rest| rest.split('"').next().unwrap().replace("&#38;", "&")) {
        let is_ours = address.starts_with("/contacts?") || address.starts_with("/contacts.");
        assert!(!is_ours || ada.get(&address).status == 200, "{address}");
    }
    is_page(&ada.get("/contacts?q=nobody"), 200, "No contact is like that");
    // Columns are what the address says.
    let page = is_page(&ada.get("/contacts?col=attribute.country&col=percentile.group"), 200, ">GB<");
    assert!(!page.contains("class=\"scored\"") && page.contains(">Country</th>"), "{page}");
    service.stop();
}

fn contacts_of_an_account(place: &Place) {
    let service = place.serve();
    let mut ada = Browser::admin(&service);
    let mut client = service.client(&place.key("all", "admin"));
    // Of acme there are 59: a person was merged with another one, one has left, and one belongs to two.
    let contact = |n: usize| {
        let accounts = if n == 7 { json!(["birch", "acme"]) } else { json!(["acme"]) };
        json!({"id": format!("c{n:02}"), "accounts": accounts})
    };
    client.post("/v1/contacts", &(0..60).map(contact).collect::<Vec<_>>().into());
    client.post(
        "/v1/contacts",
        &json!([
            {"id": "c00", "accounts": []},
            {"id": "acme", "accounts": ["birch"]},
            {"id": "old", "accounts": ["acme"]},
        ]),
    );
    client.post("/v1/contacts/c07/merge", &json!({"contact": "old"}));
    let visit = |n: usize| json!({"contact": format!("c{n:02}"), "type": "visit", "id": "v"});
    client.post("/v1/activities", &json!([visit(7), visit(11), visit(0)]));
    for sort in ["", "&sort=id"] {
        let first = is_page(&ada.get(&format!("/contacts?account=acme{sort}")), 200, "50 contacts, and more follow");
        let second = is_page(&ada.get(&link(&first, "rel=\"next\"")), 200, "9 further contacts<");
        let mut all: Vec<String> = [&first, &second].into_iter().flat_map(|page| listed(page)).collect();
        all.sort();
        assert_eq!(all, (1..60).map(|n| format!("c{n:02}")).collect::<Vec<_>>(), "{sort}");
        assert!(first.contains("Account: acme"), "{first}");
    }
    // In the order of points, and with whatever else is asked for.
    let page = ada.get("/contacts?account=acme&of=score.engagement&min=1").text();
    assert_eq!(listed(&page), ["c11", "c07"]);
    assert_eq!(listed(&ada.get("/contacts?account=birch&sort=id").text()), ["acme", "c07"]);
    assert_eq!(listed(&ada.get("/contacts?account=acme&q=c1&sort=id").text()).len(), 10);
    assert_eq!(ada.get("/contacts.csv?account=acme").text().lines().count(), 60);
    is_page(&ada.get("/contacts?account=none"), 200, "No contact is like that");
    let page = is_page(&ada.get("/accounts/acme"), 200, "href=\"/contacts?account=acme\">All contacts of acme</a>");
    let people = listed(page.split("id=\"people\"").nth(1).unwrap());
    assert_eq!((people.len(), &people[0], &people[1]), (10, &"c11".to_owned(), &"c07".to_owned()));
    place.verify();
    service.stop();
}

#[test]
fn an_account_lists_exactly_its_contacts() {
    contacts_of_an_account(&Place::file());
    if let Some(place) = Place::server() {
        contacts_of_an_account(&place);
    }
}

#[test]
fn what_is_wrong_with_a_filter_is_told_and_the_filter_is_kept() {
    let place = Place::file();
    let service = place.serve();
    let mut ada = Browser::admin(&service);
    people(&place, &service);
    for (path, said) in [
        ("/contacts?where=contact.name+%3D", "The condition cannot be read: at character"),
        ("/contacts?where=score.none+%3E+3", "none"),
        ("/contacts?of=score.engagement&min=many", "`many` is not a number"),
        ("/contacts?sort=beauty", "not by `beauty`"),
        ("/contacts?sort=score.none", "There is no score `none`"),
        ("/contacts?cursor=torn", "begin again"),
    ] {
        let page = is_page(&ada.get(path), 422, said);
        assert!(
            page.contains("role=\"alert\"") && page.contains("<details class=\"more\" name=\"tools\" open>"),
            "{page}"
        );
    }
    let page = is_page(&ada.get("/contacts?where=%3C/textarea%3E%3Cb%3E&min=x%22y&of=score.engagement"), 422, "alert");
    assert!(page.contains("&#60;/textarea&#62;&#60;b&#62;</textarea>") && page.contains("value=\"x&#34;y\""), "{page}");
    assert_eq!(ada.get("/contacts.csv?where=x+%3D").status, 422);
    is_page(&ada.get("/contacts?colour=red"), 422, "no parameter `colour`");
    service.stop();
}

#[test]
fn one_goes_through_a_list_and_back_and_takes_it_along() {
    let place = Place::file();
    let service = place.serve();
    let mut ada = Browser::admin(&service);
    let mut client = service.client(&place.key("all", "admin"));
    let contact = |n| json!({"id": format!("c{n:03}"), "attributes": {"name": format!("=Name {n}")}});
    client.post("/v1/contacts", &(0..120).map(contact).collect::<Vec<_>>().into());
    for path in [
        "/contacts?sort=id",
        "/contacts",
        "/contacts?q=name",
        "/contacts?q=c",
        "/contacts?where=contact.name+IS+NOT+NULL",
    ] {
        let first = is_page(&ada.get(path), 200, "50 contacts, and more follow");
        let second = is_page(&ada.get(&link(&first, "rel=\"next\"")), 200, "50 further contacts, and more follow");
        let third = is_page(&ada.get(&link(&second, "rel=\"next\"")), 200, "20 further contacts<");
        assert!(!third.contains("rel=\"next\"") && !first.contains("rel=\"prev\""), "{path}");
        let mut all: Vec<String> = [&first, &second, &third].into_iter().flat_map(|page| listed(page)).collect();
        let seen = all.len();
        all.sort();
        all.dedup();
        assert_eq!((seen, all.len()), (120, 120), "{path}");
        let back = ada.get(&link(&third, "rel=\"prev\"")).text();
        assert_eq!(listed(&back), listed(&second), "{path}");
        let back = ada.get(&link(&back, "rel=\"prev\"")).text();
        assert_eq!(listed(&back), listed(&first), "{path}");
        // The file is the whole list, however much of it the page shows.
        let file = ada.get(&link(&second, "<div class=\"actions\">"));
        assert_eq!(file.header("content-type"), Some("text/csv; charset=utf-8"), "{path}");
        let text = file.text();
        assert_eq!(text.lines().count(), 121, "{path}");
        assert_eq!(text.lines().next(), Some("id,score.engagement,band.engagement,score.group,band.group,account"));
        assert!(text.contains("\nc007,0,Cold,0,"), "{text}");
    }
    let text = ada.get("/contacts.csv?col=attribute.name&q=c007").text();
    assert_eq!(text, "id,attribute.name\nc007,'=Name 7\n");
    service.stop();
}

#[test]
fn views_are_kept_by_those_who_made_them() {
    let place = Place::file();
    let service = place.serve();
    let mut ada = Browser::admin(&service);
    let mut bo = Browser::invited(&service, &mut ada, "bo@example.org", "viewer", "a needle in the sand");
    people(&place, &service);
    let keep = [("name", "Hot & <new>"), ("text", "band=engagement%3AHot")];
    let reply = bo.submit("/views/contacts", &keep);
    assert_eq!((reply.status, reply.header("location")), (303, Some("/contacts?band=engagement%3AHot")));
    let page = is_page(&bo.get("/contacts"), 200, ">Hot &#38; &#60;new&#62;</a>");
    assert_eq!(listed(&bo.get(&link(&page, "<ul class=\"plain-list\">")).text()), ["Ada Lovelace"]);
    assert!(!ada.get("/contacts").text().contains("Hot &#38;"), "another's");
    is_page(&bo.submit("/views/contacts", &[("name", " "), ("text", "")]), 422, "1 to 80 characters");
    is_page(&bo.submit("/views/contacts", &[("name", "x"), ("text", "a\nb")]), 422, "more than can be kept");
    let reply = bo.submit("/views/contacts", &[keep[0], keep[1], ("act", "forget")]);
    assert_eq!(reply.header("location"), Some("/contacts"));
    is_page(&bo.get("/contacts"), 200, "Only you see your views");
    // Who is not known is asked who they are.
    let mut nobody = Browser::new(&service);
    for path in ["/contacts", "/contacts.csv"] {
        assert_eq!(nobody.get(path).header("location"), Some("/login"), "{path}");
    }
    let reply = nobody.submit("/views/contacts", &keep);
    assert_eq!(reply.header("location"), Some("/login"));
    service.stop();
}
