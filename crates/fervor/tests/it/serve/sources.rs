//! What arrives is seen by people, as it does.

use serde_json::json;

use super::browser::Browser;
use super::harness::Place;
use super::pages::is_page;

#[test]
fn what_arrives_is_seen_with_what_became_of_it() {
    let place = Place::file();
    let service = place.serve();
    let mut ada = Browser::admin(&service);
    let page = is_page(&ada.get("/sources"), 200, "Nothing sends anything yet");
    assert!(page.contains(&format!("host: &#39;http://{}&#39;", service.address)), "{page}");
    let key = place.key("shop", "ingest");
    let page = is_page(&ada.get("/sources"), 200, "not yet");
    assert!(page.contains(">shop<") && page.contains("Nothing has arrived"), "{page}");
    let mut shop = service.client(&key);
    let visit = json!({"id": "1", "contact": "eva", "type": "visit"});
    shop.post("/v1/activities", &json!([visit, visit, {"contact": "<eva>", "type": "x".repeat(2000)}]));
    shop.post("/v1/contacts", &json!({"id": "bo", "attributes": {"city": "Oslo"}}));
    let page = is_page(&ada.get("/sources"), 200, "Known already");
    let count = |text: &str| page.matches(text).count();
    assert_eq!((count(">Taken<"), count(">Known already</span>"), count("Refused: too long")), (2, 1, 1), "{page}");
    assert!(page.contains("Send less of it") && !page.contains("Oslo") && !page.contains(&key), "{page}");
    // Two of four were taken.
    assert!(
        page.contains("<td class=\"number\">2</td><td class=\"number\">2</td><td class=\"number\">1</td>"),
        "{page}"
    );
    // Whoever is erased is not seen any more.
    shop = service.client(&place.key("admin", "admin"));
    assert_eq!(shop.ask("DELETE", "/v1/contacts/eva", &[], "").status, 204);
    let page = is_page(&ada.get("/sources"), 200, "bo");
    assert!(!page.contains("eva"), "{page}");
    let mut bo = Browser::invited(&service, &mut ada, "bo@example.org", "viewer", "a needle in the sand");
    assert!(!is_page(&bo.get("/sources"), 200, "What arrives").contains("/settings/keys"));
    service.stop();
}
