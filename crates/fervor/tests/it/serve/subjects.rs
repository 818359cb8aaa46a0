//! One contact or account, and its score card, as somebody without scripts sees them.

use serde_json::json;

use super::browser::Browser;
use super::harness::{Place, Service, until};
use super::pages::is_page;

/// Ada with twelve visits and a gift of 8, Bo with one visit; both belong to acme, Ada to birch since April.
fn people(place: &Place, service: &Service) {
    let mut client = service.client(&place.key("all", "admin"));
    client.post(
        "/v1/contacts",
        &json!([
            {"id": "ada", "attributes": {"name": "Ada <L>", "city": "Oslo"}, "accounts": ["acme"]},
            {"id": "ada", "accounts": ["birch"], "valid_from": "2026-04-01"},
            {"id": "bo/1", "accounts": ["acme"]},
        ]),
    );
    let visit = |contact: &str, at: usize| {
        json!({"contact": contact, "type": "visit", "id": format!("{contact}{at}"),
               "occurred_at": format!("2026-01-{:02}T10:00:00Z", at + 1)})
    };
    let mut all: Vec<_> = (0..12).map(|at| visit("ada", at)).collect();
    all.push(visit("bo/1", 0));
    all.push(
        json!({"contact": "ada", "type": "gift", "value": 8, "occurred_at": "2026-02-01T10:00:00Z", "source": "shop"}),
    );
    client.post("/v1/activities", &all.into());
}

#[test]
fn a_contact_says_why() {
    let place = Place::file();
    let service = place.serve();
    let mut ada = Browser::admin(&service);
    people(&place, &service);
    let page = is_page(&ada.get("/contacts/ada"), 200, "<h1>Ada &#60;L&#62;</h1>");
    // 12 visits of 5 and a gift of 8; of two people one is above the other.
    for said in [
        "Why <data class=\"local\" value=\"68\">68</data>?",
        "+<data class=\"local\" value=\"68\">68</data>",
        "<span class=\"rule-name\">visit</span> <span class=\"rule-points\"><data class=\"local\" value=\"60\">60</data>",
        "Each <b>visit</b> adds <b>5</b>.",
        "and 4 more that count",
        "<time datetime=\"2026-01-12\">",
        "<td class=\"subtle\">shop</td>",
        "</svg>Hot</span>",
        "stays in this band for three years",
        "<dt>City</dt><dd>Oslo</dd>",
        "<a href=\"/accounts/birch\">birch</a>",
        "from <time datetime=\"2026-04-01\">",
        "role=\"img\"",
        "<title>engagement over time</title>",
        "href=\"/v1/contacts/ada/export\"",
        "href=\"/settings/data?contact=ada\"",
    ] {
        assert!(page.contains(said), "{said}: {page}");
    }
    // On the 3rd of January there were three visits, and before that nobody.
    let page =
        is_page(&ada.get("/contacts/ada?as_of=2026-01-03"), 200, "Why <data class=\"local\" value=\"15\">15</data>?");
    assert!(page.contains("value=\"2026-01-03\"") && !page.contains("id=\"ahead\""), "{page}");
    is_page(&ada.get("/contacts/ada?score=group"), 200, "<span class=\"subtle\">group</span>");
    is_page(&ada.get("/contacts/ada?score=company"), 404, "no score `company` of contacts");
    is_page(&ada.get("/contacts/ada?as_of=soon"), 422, "`soon` is not a date");
    let page = is_page(&ada.get("/contacts/nobody"), 404, "There is no contact `nobody`");
    assert!(page.contains("<a href=\"/contacts\" aria-current=\"page\">"), "{page}");
    is_page(&ada.get("/contacts/bo%2F1"), 200, "action=\"/contacts/bo%2F1/merge\"");
    is_page(&ada.get("/contacts/bo%2F1?on=2030-01-01"), 200, "</svg>Cold</span>");
    // The next band begins at 20: 15 more are three visits.
    is_page(&ada.get("/contacts/bo%2F1"), 200, "<strong>3 more visit</strong> <span");
    is_page(&ada.get("/contacts/bo%2F1"), 200, "<strong>15 more gift</strong> of 1 <span");
    service.stop();
}

#[test]
fn activities_come_a_page_at_a_time() {
    let place = Place::file();
    let service = place.serve();
    let mut ada = Browser::admin(&service);
    let mut client = service.client(&place.key("all", "admin"));
    let visit = |at| json!({"contact": "ada", "type": "visit", "id": format!("v{at}"), "occurred_at": format!("2026-01-01T10:{at:02}:00Z")});
    client.post("/v1/activities", &(0..45).map(visit).collect::<Vec<_>>().into());
    let mut path = "/contacts/ada".to_owned();
    let mut seen = Vec::new();
    for _ in 0..3 {
        let page = is_page(&ada.get(&path), 200, "id=\"activities\"");
        let own = page.split("id=\"activities\"").nth(1).unwrap();
        seen.push(own.matches("<td class=\"when\">").count());
        match own.split("href=\"/contacts/ada?").nth(1) {
            Some(rest) => path = format!("/contacts/ada?{}", rest.split('#').next().unwrap().replace("&amp;", "&")),
            None => break,
        }
    }
    assert_eq!(seen, [20, 20, 5]);
    service.stop();
}

#[test]
fn contacts_are_merged_and_parted() {
    let place = Place::file();
    let service = place.serve();
    let mut ada = Browser::admin(&service);
    let mut bo = Browser::invited(&service, &mut ada, "bo@example.org", "viewer", "a needle in the sand");
    people(&place, &service);
    let page = is_page(&bo.get("/contacts/ada"), 200, "Score card");
    assert!(!page.contains("/merge") && !page.contains("Erase") && !page.contains("/export"), "{page}");
    is_page(&bo.submit("/contacts/ada/merge", &[("other", "bo/1")]), 403, "needs the role `editor`");
    let page = is_page(&ada.submit("/contacts/ada/merge", &[("other", "no<b>")]), 404, "no&#60;b&#62;");
    assert!(page.contains("role=\"alert\"") && page.contains("<details class=\"more\" open>"), "{page}");
    is_page(&ada.submit("/contacts/ada/merge", &[("other", "ada")]), 409, "one contact already");
    let reply = ada.submit("/contacts/ada/merge", &[("other", "bo/1")]);
    assert_eq!((reply.status, reply.header("location")), (303, Some("/contacts/ada?done=merged")));
    // Bo's visit adds 5.
    let page = is_page(&ada.get("/contacts/ada?done=merged"), 200, "They are one contact now");
    assert!(page.contains("Why <data class=\"local\" value=\"73\">") && page.contains("Part from bo/1"), "{page}");
    let reply = ada.submit("/contacts/bo%2F1/unmerge", &[]);
    assert_eq!(reply.header("location"), Some("/contacts/bo%2F1?done=parted"));
    is_page(&ada.get("/contacts/ada"), 200, "Why <data class=\"local\" value=\"68\">");
    is_page(&ada.get("/contacts/bo%2F1?done=parted"), 200, "of its own again");
    service.stop();
}

#[test]
fn an_account_names_its_people_and_cards_fit_on_a_page() {
    let place = Place::file();
    let service = place.serve();
    let mut ada = Browser::admin(&service);
    people(&place, &service);
    until("the account is scored", || ada.get("/accounts").text().contains("value=\"68\""));
    is_page(&ada.get("/accounts"), 200, "<h1>Accounts</h1>");
    let page = is_page(&ada.get("/accounts/birch"), 200, "<a href=\"/contacts/ada\">ada</a>");
    assert!(page.contains("People who count for people") && page.contains("Busy"), "{page}");
    assert!(!page.contains("Merge") && !page.contains("id=\"activities\""), "{page}");
    let page = is_page(&ada.get("/contacts/ada/card"), 200, "contact score card");
    assert!(page.contains("Most of it: visit") && page.contains("version 1 of the rules"), "{page}");
    is_page(&ada.get("/accounts/birch/card"), 200, "account score card");
    is_page(&ada.get("/accounts/none/card"), 404, "There is no account `none`");
    service.stop();
}

#[test]
fn what_takes_long_is_worked_out_when_it_is_asked_for() {
    let place = Place::file();
    let service = place.serve();
    let mut ada = Browser::admin(&service);
    let mut client = service.client(&place.key("all", "admin"));
    let contact = |at| json!({"id": format!("c{at}"), "accounts": ["big"]});
    client.post("/v1/contacts", &(0..101).map(contact).collect::<Vec<_>>().into());
    until("the account is scored", || ada.get("/accounts/big").text().contains("class=\"figure\""));
    let page = is_page(&ada.get("/accounts/big?score=company"), 200, "that it takes a moment to say");
    assert!(
        page.contains("href=\"/accounts/big?score=company&amp;ahead=yes\"") && !page.contains("id=\"on\""),
        "{page}"
    );
    // The empty field of the form that is shown then is one for a day.
    let page = is_page(&ada.get("/accounts/big?score=company&ahead=yes"), 200, "stays in this band");
    assert!(page.contains("id=\"on\"") && !page.contains("takes a moment"), "{page}");
    is_page(&ada.get("/accounts/big?on=2030-01-01"), 200, "unless something happens");
    is_page(&ada.get("/accounts/big?as_of=2020-01-01"), 200, "<h2 id=\"why\">Why");
    // So it is of a contact who did very much.
    let visit =
        |at| json!({"contact": "c0", "type": "visit", "id": format!("v{at}"), "occurred_at": "2026-01-05T10:00:00Z"});
    client.post("/v1/activities", &(0..200).map(visit).collect::<Vec<_>>().into());
    is_page(&ada.get("/contacts/c0"), 200, "<section class=\"panel\" id=\"next\"");
    assert!(!ada.get("/contacts/c0").text().contains("takes a moment"));
    client.post("/v1/activities", &visit(200));
    let page = is_page(&ada.get("/contacts/c0"), 200, "that it takes a moment to say");
    assert!(page.contains("id=\"work-out\"") && page.contains("/ahead.js"), "{page}");
    let page = is_page(&ada.get("/contacts/c0?ahead=yes"), 200, "<section class=\"panel\" id=\"next\"");
    assert!(page.contains("id=\"on\"") && !page.contains("/ahead.js"), "{page}");
    service.stop();
}
