//! What a draft would do to opportunities, which hang on what it does to contacts and accounts.

use serde_json::json;

use super::browser::Browser;
use super::harness::{MODEL, Place, until};
use super::rules::{hidden, page, sent};

/// A quote is worth 20, somebody warm at an account with an order 20 more, the upper half of all 1.
const DEALS: &str = r#"
[score.deal]
of = "opportunity"
bands = { Slim = 0, Likely = 40 }
probability = { 0 = 0.1, 40 = 0.5 }
[rule.stage]
score = "deal"
when = "opportunity.stage = 'quote'"
points = 20
[rule.warm]
score = "deal"
title = "Somebody warm"
when = "score.engagement >= 50 AND score.company >= 10"
points = 20
[rule.upper]
score = "deal"
when = "band.group = 'Upper'"
points = 1
"#;

#[test]
fn opportunities_are_told_of_too() {
    opportunities(&Place::file());
}

#[test]
fn opportunities_are_told_of_too_on_a_server() {
    let Some(server) = Place::server() else { return };
    opportunities(&server);
}

fn opportunities(place: &Place) {
    let model = place.folder.with("deals.toml", format!("{MODEL}{DEALS}"));
    let service = place.serve_with(&["--model", &model, "--rate", "1000000"]);
    let mut client = service.client(&place.key("teller", "ingest,read"));
    let visit =
        |contact: &str, at: usize| json!({"contact": contact, "type": "visit", "id": format!("{contact}-{at}")});
    let visits = (0..4).map(|at| visit("c4", at)).chain([visit("c1", 0)]);
    client.post("/v1/activities", &visits.collect());
    client.post("/v1/activities", &json!([{"contact": "c1", "type": "order", "account": "acme", "id": "o"}]));
    client.post(
        "/v1/opportunities",
        &json!([
            {"id": "d1", "contact": "c1", "account": "acme", "attributes": {"stage": "quote", "amount": 1000}},
            {"id": "d4", "contact": "c4", "account": "acme", "attributes": {"stage": "quote", "amount": 2000, "name": "Ten <seats>"}},
            {"id": "d0", "attributes": {"stage": "lost"}},
        ]),
    );
    let mut ada = Browser::admin(&service);
    let seen = hidden(&page(&ada.get("/rules/rule/visit"), 200), "seen");
    let fields = [("seen", &*seen), ("kind", "activity"), ("home", "category:involvement"), ("types", "visit")];
    let fields = [&fields[..], &[("reward", "each"), ("points", "20")]].concat();
    sent(&ada.submit("/rules/rule/visit", &fields), "/rules#rule-visit");
    let mut text = String::new();
    until("it is computed", || {
        text = page(&ada.get("/rules/preview"), 200);
        text.contains("data-done")
    });
    // Of c4 there are 80 points in place of 20, of c1 20 in place of 5: only d4 has somebody warm then.
    let deals = text.split("id=\"of-deal\"").nth(1).unwrap_or_else(|| panic!("{text}"));
    let deals = deals.split("</section>").next().unwrap();
    let told = "<strong>1</strong> of 3 opportunities would change band: 1 up, 0 down.";
    assert!(deals.contains(told) && deals.contains("1 would have other points: 1 more, 0 fewer."), "{deals}");
    assert!(deals.contains("Slim → <strong>Likely</strong>") && deals.contains("21 → <strong>41</strong>"), "{deals}");
    assert!(deals.contains("<a href=\"/opportunities/d4\">Ten &#60;seats&#62;</a>"), "{deals}");
    assert!(deals.contains("<th scope=\"row\">Somebody warm</th>"), "{deals}");
    // A tenth of 1000 and of 2000; then a tenth and a half.
    assert!(deals.contains("would be <strong>1100</strong>; it is 300."), "{deals}");
    sent(&ada.submit("/rules/publish", &[("seen", &hidden(&text, "seen"))]), "/rules/publishing");
    until("it is in force", || ada.get("/rules/publishing").text().contains("Version 2 is in force"));
    place.verify();
    let deal = client.get("/v1/opportunities/d4");
    assert_eq!((&deal["scores"]["deal"]["points"], &deal["scores"]["deal"]["band"]), (&json!(41), &json!("Likely")));
    service.stop();
}
