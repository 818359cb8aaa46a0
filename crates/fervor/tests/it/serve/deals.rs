//! Opportunities, as somebody without scripts sees them.

use serde_json::json;

use super::browser::Browser;
use super::harness::{LEADS, Place, Service, until};
use super::pages::is_page;

fn deals(place: &Place) -> Service {
    let model = place.folder.with("deals.toml", format!("name = \"deals\"\n{LEADS}"));
    let service = place.serve_with(&["--model", &model, "--rate", "1000000"]);
    let mut client = service.client(&place.key("all", "admin"));
    client.post("/v1/contacts", &json!([{"id": "bo", "attributes": {"decides": true}}]));
    client.post(
        "/v1/opportunities",
        &json!([
            {"id": "one", "contact": "bo", "attributes": {"name": "Ten <seats>", "amount": 1000, "budget_confirmed": true, "note": "soon"}},
            {"id": "two", "attributes": {"amount": "500"}},
            {"id": "three", "attributes": {"name": "Nothing yet"}},
        ]),
    );
    service
}

#[test]
fn a_pipeline_adds_up() {
    let place = Place::file();
    let service = deals(&place);
    let mut ada = Browser::admin(&service);
    until("they are scored", || ada.get("/opportunities").text().contains("3 opportunities<"));
    let page = is_page(&ada.get("/opportunities"), 200, "2 with an amount");
    // 80 points: nine tenths of 1000; none: one tenth of 500. The third has no amount.
    for said in ["value=\"950\"", ">Hot (1)<", ">Cold (1)<", ">90 %<", ">10 %<", "value=\"900\"", "value=\"50\""] {
        assert!(page.contains(said), "{said}: {page}");
    }
    let best = page.split("The most valuable").nth(1).unwrap();
    assert!(best.find("Ten &#60;seats&#62;").unwrap() < best.find(">two<").unwrap(), "{best}");
    assert!(!ada.get("/opportunities?q=ten").text().contains("id=\"pipeline\""));
    let text = ada.get("/opportunities.csv?col=probability.lead&col=value.lead&sort=id").text();
    assert_eq!(text, "id,probability.lead,value.lead\none,0.9,900\nthree,0.1,\ntwo,0.1,50\n");
    service.stop();
}

#[test]
fn a_pipeline_of_many_adds_up_all_of_them() {
    let place = Place::file();
    let service = deals(&place);
    let mut ada = Browser::admin(&service);
    let mut client = service.client(&place.key("more", "admin"));
    let more =
        |n: usize| json!({"id": format!("m{n}"), "attributes": {"amount": n, "budget_confirmed": n.is_multiple_of(2)}});
    client.post("/v1/opportunities", &(0..700).map(more).collect::<Vec<_>>().into());
    // Even amounts up to 698 add up to 122,150, of which half counts: 60 points. Odd ones to 122,500: a tenth. The two
    // from before: 950.
    until("all are added up", || ada.get("/opportunities").text().contains("value=\"74275\""));
    let page = is_page(&ada.get("/opportunities"), 200, "702 with an amount, as of <time");
    for said in [">Hot (351)<", ">Cold (351)<", "value=\"61975\"", "value=\"12300\"", "value=\"900\"", "value=\"349\""]
    {
        assert!(page.contains(said), "{said}: {page}");
    }
    // What becomes of one is there a moment later.
    client.post("/v1/opportunities", &json!({"id": "m0", "attributes": {"amount": 2000}}));
    until("it is added up again", || ada.get("/opportunities").text().contains("value=\"75275\""));
    service.stop();
}

#[test]
fn factors_are_tried_and_kept() {
    let place = Place::file();
    let service = deals(&place);
    let mut ada = Browser::admin(&service);
    let mut bo = Browser::invited(&service, &mut ada, "bo@example.org", "viewer", "a needle in the sand");
    let page = is_page(&ada.get("/opportunities/one"), 200, "<span class=\"figure\">90 %</span>");
    assert!(
        page.contains("<option value=\"true\" selected>Yes</option>") && page.contains("<dt>Note</dt><dd>soon"),
        "{page}"
    );
    assert!(page.contains("href=\"/contacts/bo\"") && page.contains("+<data class=\"local\" value=\"60\">"), "{page}");
    // Without the budget 20 points are left: one tenth of 2000.
    let other = [("factor.amount", "2000"), ("factor.budget_confirmed", "false")];
    let page = is_page(&ada.submit("/opportunities/one/try", &other), 200, "tried, and not kept");
    assert!(page.contains("<span class=\"figure\">10 %</span>") && page.contains("value=\"200\""), "{page}");
    assert!(page.contains("<option value=\"false\" selected>No</option>") && page.contains("value=\"2000\""), "{page}");
    is_page(&ada.get("/opportunities/one"), 200, "<span class=\"figure\">90 %</span>");
    let reply = ada.submit("/opportunities/one", &other);
    assert_eq!((reply.status, reply.header("location")), (303, Some("/opportunities/one?done=kept")));
    let page = is_page(&ada.get("/opportunities/one?done=kept"), 200, "The factors are kept");
    assert!(page.contains("<span class=\"figure\">10 %</span>") && page.contains("value=\"200\""), "{page}");
    assert!(page.contains("<dt>Note</dt><dd>soon"), "what is not said stays: {page}");
    // What is emptied is known no more.
    ada.submit("/opportunities/one", &[("factor.amount", ""), ("factor.budget_confirmed", "false")]);
    is_page(&ada.get("/opportunities/one"), 200, "without an amount there is none");
    let long = "x".repeat(20_000);
    let page = is_page(&ada.submit("/opportunities/one", &[("factor.amount", &long)]), 422, "role=\"alert\"");
    assert!(page.contains("id=\"factors-form\""), "{page}");
    let page = is_page(&bo.get("/opportunities/one"), 200, "<dt>Budget confirmed</dt><dd>false");
    assert!(!page.contains("<form id=\"factors-form\""), "{page}");
    is_page(&bo.submit("/opportunities/one", &other), 403, "needs the role `editor`");
    is_page(&bo.submit("/opportunities/one/try", &other), 403, "needs the role `editor`");
    is_page(&ada.get("/opportunities/none"), 404, "There is no opportunity `none`");
    place.verify();
    service.stop();
}
