//! The pages of rules, as somebody without scripts works with them.

use serde_json::json;

use super::browser::Browser;
use super::harness::{Place, until};
use super::http::Reply;

#[track_caller]
pub(super) fn page(reply: &Reply, status: u16) -> String {
    let text = reply.text();
    assert_eq!(reply.status, status, "{text}");
    assert!(text.starts_with("<!doctype html>") && text.trim_end().ends_with("</html>"), "{text}");
    assert!(!text.contains("style=\""), "{text}");
    text
}

/// What a hidden field of a page holds.
#[track_caller]
pub(super) fn hidden(text: &str, name: &str) -> String {
    let after = text.split(&format!("name=\"{name}\" value=\"")).nth(1).unwrap_or_else(|| panic!("{name}: {text}"));
    after.split('"').next().unwrap().to_owned()
}

#[track_caller]
pub(super) fn sent(reply: &Reply, to: &str) {
    assert_eq!((reply.status, reply.header("location")), (303, Some(to)), "{}", reply.text());
}

/// The form of the rule for visits, with these fields in place of others.
fn visit_form<'a>(seen: &'a str, fields: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let usual = [("seen", seen), ("kind", "activity"), ("home", "category:involvement"), ("types", "visit")];
    let mut all = usual.to_vec();
    all.extend([("reward", "each"), ("points", "5")]);
    all.extend_from_slice(fields);
    all
}

#[test]
fn a_rule_is_changed_undone_and_published_by_forms_alone() {
    let place = Place::file();
    let service = place.serve();
    let mut ada = Browser::admin(&service);
    let list = page(&ada.get("/rules"), 200);
    assert!(list.contains("Each <b>visit</b> adds <b>5</b>.") && list.contains("The draft is the same."), "{list}");
    assert!(!list.contains("Preview and publish"), "{list}");
    let form = page(&ada.get("/rules/rule/visit"), 200);
    let seen = hidden(&form, "seen");
    // What cannot be read stays in its field, and nothing is kept.
    let again = page(&ada.submit("/rules/rule/visit", &visit_form(&seen, &[("points", "ten"), ("cap", "2,5")])), 422);
    assert!(again.contains("value=\"ten\"") && again.contains("Decimals take a point here: 2.5."), "{again}");
    assert!(again.contains("aria-invalid=\"true\"") && again.contains("role=\"alert\""), "{again}");
    // What the model does not take is told at its field.
    let again = page(&ada.submit("/rules/rule/visit", &visit_form(&seen, &[("home", "category:nobody")])), 422);
    assert!(again.contains("Unknown category"), "{again}");
    let half = [("points", "10"), ("window_count", "90"), ("fade", "half_life"), ("fade_count", "30"), ("cap", "60")];
    let parts = [("part0_name", "activity.page"), ("part0_how", "one-of"), ("part0_with", "/join, /price")];
    let fields = [&half[..], &parts[..]].concat();
    let said =
        page_part(&ada.submit("/rules/sentence", &[&visit_form(&seen, &fields)[..], &[("id", "visit")]].concat()));
    let sentence = "Each <b>visit</b> in the last <b>90 days</b> where its <b>page</b> is one of <b>/join, /price</b> adds \
                    <b>10</b>, fading by half every <b>30 days</b>. At most <b>60</b> in all.";
    assert!(said.contains(sentence), "{said}");
    sent(&ada.submit("/rules/rule/visit", &visit_form(&seen, &fields)), "/rules#rule-visit");
    let list = page(&ada.get("/rules"), 200);
    assert!(list.contains(sentence) && list.contains("<strong>1 change</strong>"), "{list}");
    let changes = page(&ada.get("/rules/changes"), 200);
    assert!(
        changes.contains("Each <b>visit</b> adds <b>5</b>.") && changes.contains("window = &#34;90 days&#34;"),
        "{changes}"
    );
    // Back, and there again.
    let token = hidden(&list, "seen");
    sent(&ada.submit("/rules/undo", &[("seen", &token)]), "/rules");
    let list = page(&ada.get("/rules"), 200);
    assert!(list.contains("Each <b>visit</b> adds <b>5</b>."), "{list}");
    page(&ada.submit("/rules/redo", &[("seen", &token)]), 409);
    sent(&ada.submit("/rules/redo", &[("seen", &hidden(&list, "seen"))]), "/rules");
    let list = page(&ada.get("/rules"), 200);
    assert!(list.contains(sentence), "{list}");
    sent(&ada.submit("/rules/publish", &[("seen", &hidden(&list, "seen"))]), "/rules/publishing");
    until("it is in force", || ada.get("/rules/publishing").text().contains("Version 2 is in force"));
    let list = page(&ada.get("/rules"), 200);
    assert!(list.contains("Version 2 is in force") && list.contains("The draft is the same."), "{list}");
    let versions = page(&ada.get("/rules/versions"), 200);
    assert!(versions.contains("Publish again") && versions.contains("in force"), "{versions}");
    sent(&ada.submit("/rules/publish", &[("version", "1")]), "/rules/publishing");
    until("the first is in force again", || ada.get("/rules").text().contains("Version 1 is in force"));
    let list = page(&ada.get("/rules"), 200);
    assert!(list.contains("Each <b>visit</b> adds <b>5</b>.") && list.contains("The draft is the same."), "{list}");
    service.stop();
}

pub(super) fn page_part(reply: &Reply) -> String {
    assert_eq!(reply.status, 200, "{}", reply.text());
    reply.text()
}

#[test]
fn rules_are_added_moved_put_aside_and_removed() {
    let place = Place::file();
    let service = place.serve();
    let mut ada = Browser::admin(&service);
    let kinds = page(&ada.get("/rules/new?home=category:involvement"), 200);
    assert!(kinds.contains("kind=since") && !kinds.contains("kind=rollup"), "{kinds}");
    assert!(page(&ada.get("/rules/new?home=score:company"), 200).contains("kind=rollup"));
    page(&ada.get("/rules/new?home=score:engagement&kind=inactive_for"), 200);
    let silence =
        [("kind", "inactive_for"), ("home", "score:engagement"), ("title", "A long silence!"), ("points", "-5")];
    let fields = [&silence[..], &[("inactive_for_count", "2"), ("inactive_for_unit", "month")]].concat();
    let again = page(&ada.submit("/rules/new", &silence), 422);
    assert!(again.contains("A span of time is missing here.") && again.contains("A long silence!"), "{again}");
    sent(&ada.submit("/rules/new", &fields), "/rules#rule-a_long_silence");
    sent(&ada.submit("/rules/new", &fields), "/rules#rule-a_long_silence_2");
    let act = |ada: &mut Browser, id: &str, act: &str| ada.submit(&format!("/rules/rule/{id}/act"), &[("act", act)]);
    sent(&act(&mut ada, "gift", "up visit"), "/rules#rule-gift");
    let text = ada.get("/v1/model/draft").text();
    assert!(text.find("[rule.gift]").unwrap() < text.find("[rule.visit]").unwrap(), "{text}");
    sent(&act(&mut ada, "visit", "copy"), "/rules/rule/visit_2");
    sent(&act(&mut ada, "visit_2", "remove"), "/rules#rule-visit_2");
    sent(&act(&mut ada, "visit", "off"), "/rules#rule-visit");
    let list = page(&ada.get("/rules"), 200);
    assert!(list.contains("Put aside") && list.contains("Bring back"), "{list}");
    assert!(ada.get("/v1/model/draft").text().contains("# off: [rule.visit]"));
    sent(&act(&mut ada, "visit", "on"), "/rules#rule-visit");
    // What others hang on cannot go.
    page(&act(&mut ada, "nobody", "remove"), 409);
    page(&act(&mut ada, "visit", "explode"), 400);
    let category = [("title", "Loyalty"), ("max", "x"), ("score", "engagement")];
    let again = page(&ada.submit("/rules/category", &category), 422);
    assert!(again.contains("value=\"Loyalty\"") && again.contains("“x” cannot be used"), "{again}");
    sent(&ada.submit("/rules/category", &[("title", "Loyalty"), ("max", "20"), ("score", "engagement")]), "/rules");
    let form = page(&ada.get("/rules/category/loyalty"), 200);
    assert!(form.contains("value=\"20\"") && form.contains("Remove"), "{form}");
    let list = page(&ada.get("/rules"), 200);
    assert!(list.contains("≤ 20") && list.contains("no rule"), "{list}");
    sent(&ada.submit("/rules/discard", &[("seen", &hidden(&list, "seen"))]), "/rules");
    assert!(page(&ada.get("/rules"), 200).contains("The draft is the same."));
    service.stop();
}

#[test]
fn two_who_edit_do_not_lose_what_they_wrote() {
    let place = Place::file();
    let service = place.serve();
    let mut ada = Browser::admin(&service);
    let mut bo = Browser::invited(&service, &mut ada, "bo@example.org", "editor", "a needle in the sand");
    let seen = hidden(&page(&ada.get("/rules/rule/visit"), 200), "seen");
    // Another rule is not in the way.
    let gift = hidden(&page(&bo.get("/rules/rule/gift"), 200), "seen");
    let fields =
        [("seen", &*gift), ("kind", "activity"), ("home", "category:involvement"), ("types", "gift"), ("points", "2")];
    sent(&bo.submit("/rules/rule/gift", &fields), "/rules#rule-gift");
    sent(&bo.submit("/rules/rule/visit", &visit_form(&seen, &[("points", "6")])), "/rules#rule-visit");
    let told = page(&ada.submit("/rules/rule/visit", &visit_form(&seen, &[("points", "7")])), 409);
    assert!(told.contains("<strong>bo has changed this rule") && told.contains("adds <b>6</b>"), "{told}");
    assert!(told.contains("value=\"7\""), "{told}");
    sent(
        &ada.submit("/rules/rule/visit", &visit_form(&hidden(&told, "seen"), &[("points", "7")])),
        "/rules#rule-visit",
    );
    let text = ada.get("/v1/model/draft").text();
    assert!(text.contains("points = 7") && text.contains("points = 2"), "{text}");
    // The same for the whole text.
    let form = page(&ada.get("/rules/text"), 200);
    let seen = hidden(&form, "seen");
    sent(&bo.submit("/rules/text", &[("seen", &seen), ("text", &text.replace("served", "bo"))]), "/rules/text?saved");
    let told = page(&ada.submit("/rules/text", &[("seen", &seen), ("text", "[score.ada]\r\n")]), 409);
    assert!(told.contains("bo has changed the draft") && told.contains("[score.ada]"), "{told}");
    // With mistakes it is kept too, and they are told at their lines.
    let broken = text.replace("activity = \"visit\"", "activty = \"visit\"");
    let line = broken.lines().position(|line| line.contains("activty")).unwrap() + 1;
    let fields = [("seen", hidden(&told, "seen")), ("text", broken)];
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    sent(&ada.submit("/rules/text", &fields), "/rules/text?saved");
    let form = page(&ada.get("/rules/text?saved"), 200);
    assert!(form.contains(&format!("Line {line}, column 1")) && form.contains("activty"), "{form}");
    let list = page(&ada.get("/rules"), 200);
    assert!(list.contains("cannot be used as it is") && !list.contains("Preview and publish"), "{list}");
    page(&ada.get("/rules/rule/visit"), 409);
    service.stop();
}

#[test]
fn who_may_only_read_is_shown_nothing_else() {
    let place = Place::file();
    let service = place.serve();
    let mut ada = Browser::admin(&service);
    let mut vi = Browser::invited(&service, &mut ada, "vi@example.org", "viewer", "a needle in the sand");
    let list = page(&vi.get("/rules"), 200);
    assert!(list.contains("Each <b>visit</b>") && !list.contains("/act\"") && !list.contains("Undo"), "{list}");
    page(&vi.get("/rules/rule/visit"), 403);
    page(&vi.submit("/rules/rule/visit/act", &[("act", "remove")]), 403);
    let mut ed = Browser::invited(&service, &mut ada, "ed@example.org", "editor", "a needle in the sand");
    sent(&ed.submit("/rules/rule/gift/act", &[("act", "remove")]), "/rules#rule-gift");
    let list = page(&ed.get("/rules"), 200);
    assert!(list.contains(">Preview</a>"), "{list}");
    page(&ed.submit("/rules/publish", &[("seen", &hidden(&list, "seen"))]), 403);
    assert_eq!(Browser::new(&service).get("/rules").header("location"), Some("/login"));
    service.stop();
}

#[test]
fn what_would_change_is_told_before_it_is_published() {
    what_would_change(&Place::file());
}

#[test]
fn what_would_change_is_told_before_it_is_published_on_a_server() {
    let Some(server) = Place::server() else { return };
    what_would_change(&server);
}

fn what_would_change(place: &Place) {
    let service = place.serve();
    let mut client = service.client(&place.key("teller", "ingest"));
    // From 5 points to 30: three are Cold and three Warm.
    let visit = |contact: usize, at: usize| json!({"contact": format!("c{contact}"), "type": "visit", "id": format!("{contact}-{at}")});
    client
        .post("/v1/activities", &(1..=6).flat_map(|contact| (0..contact).map(move |at| visit(contact, at))).collect());
    client.post("/v1/contacts", &json!([{"id": "c5", "attributes": {"name": "Cy & co"}}]));
    client.post("/v1/activities", &json!([{"contact": "c1", "type": "order", "account": "acme", "id": "o"}]));
    let mut ada = Browser::admin(&service);
    assert_eq!(ada.get("/rules/preview").header("location"), Some("/rules"));
    let seen = hidden(&page(&ada.get("/rules/rule/visit"), 200), "seen");
    sent(&ada.submit("/rules/rule/visit", &visit_form(&seen, &[("points", "10")])), "/rules#rule-visit");
    let mut text = String::new();
    until("it is computed", || {
        text = page(&ada.get("/rules/preview"), 200);
        text.contains("data-done")
    });
    // From 10 to 60: one stays Cold, two become Warm, one stays, two become Hot.
    let told = "<strong>4</strong> of 6 contacts would change band: 4 up, 0 down.";
    assert!(text.contains(told) && text.contains("6 would have other points: 6 more, 0 fewer."), "{text}");
    let row = |text: &str, score: &str, band: &str| {
        let section =
            text.split(&format!("id=\"of-{score}\"")).nth(1).unwrap_or_else(|| panic!("{score}: {text}")).to_owned();
        let row = section
            .split(&format!("<th scope=\"row\">{band}</th>"))
            .nth(1)
            .unwrap()
            .split("</tr>")
            .next()
            .unwrap()
            .to_owned();
        let cells = row
            .split("<td class=\"number")
            .skip(1)
            .map(|cell| cell.split('>').nth(1).unwrap().split('<').next().unwrap());
        cells.map(ToOwned::to_owned).collect::<Vec<_>>()
    };
    // Hot, Warm, Cold.
    assert_eq!(row(&text, "engagement", "Warm"), ["2", "1", "·"]);
    assert_eq!(row(&text, "engagement", "Cold"), ["·", "2", "1"]);
    // Among one another they stand as before: Upper, Lower.
    assert_eq!(row(&text, "group", "Upper"), ["3", "·"]);
    assert_eq!(row(&text, "group", "Lower"), ["·", "3"]);
    assert!(text.contains("<a href=\"/contacts/c5\">Cy &#38; co</a>"), "{text}");
    // Gifts were never given, and that shows beside facts alone.
    assert!(text.contains("probably not meant") && text.contains("gift"), "{text}");
    // It is kept until the draft changes; another draft is another preview.
    assert!(page(&ada.get("/rules/preview"), 200).contains(told));
    let token = hidden(&text, "seen");
    let other = ada.get("/v1/model/draft").text().replace("Warm = 20", "Warm = 40");
    assert_eq!(
        ada.send(
            "PUT",
            "/v1/model/draft",
            &[("origin", &format!("http://{}", service.address)), ("content-type", "application/toml")],
            &other
        )
        .status,
        200
    );
    let old = page(&ada.submit("/rules/publish", &[("seen", &token)]), 409);
    assert!(old.contains("look at the preview again"), "{old}");
    until("the other is computed", || {
        text = page(&ada.get("/rules/preview"), 200);
        text.contains("data-done")
    });
    // 10, 20, 30 Cold; 40 Warm; 50, 60 Hot.
    assert_eq!(row(&text, "engagement", "Warm"), ["2", "1", "·"]);
    assert_eq!(row(&text, "engagement", "Cold"), ["·", "·", "3"]);
    sent(&ada.submit("/rules/publish", &[("seen", &hidden(&text, "seen"))]), "/rules/publishing");
    until("it is in force", || ada.get("/rules/publishing").text().contains("Version 2 is in force"));
    place.verify();
    service.stop();
}

#[test]
fn bands_are_moved_over_everybodys_points() {
    let place = Place::file();
    let service = place.serve();
    let mut client = service.client(&place.key("teller", "ingest"));
    let visit = |contact: usize, at: usize| json!({"contact": format!("c{contact}"), "type": "visit", "id": format!("{contact}-{at}")});
    // From 5 points to 60.
    client
        .post("/v1/activities", &(1..=12).flat_map(|contact| (0..contact).map(move |at| visit(contact, at))).collect());
    let mut ada = Browser::admin(&service);
    let counts = |text: &str| {
        let cells = text.split("<output>").skip(1).map(|rest| rest.split('<').next().unwrap().to_owned());
        cells.filter(|cell| !cell.is_empty()).collect::<Vec<_>>()
    };
    let mut text = String::new();
    until("everybody is counted", || {
        text = page(&ada.get("/bands"), 200);
        text.contains("12 contacts")
    });
    // Cold below 20, Warm below 50.
    assert_eq!(counts(&text), ["3", "6", "3"]);
    // Sixty points in steps of two.
    assert!(text.contains("<title>4 to 6: 1</title>"), "{text}");
    // Counted as they are tried, and nothing is kept.
    let tried = "/bands?score=engagement&by=points&name0=Cold&from0=0&name1=Hot&from1=30.5&name2=&from2=";
    let tried = page(&ada.get(tried), 200);
    assert_eq!(counts(&tried), ["6", "6"]);
    assert!(tried.contains("Back to the draft"), "{tried}");
    // By percentiles: half of everybody.
    let halves = page(&ada.get("/bands?score=engagement&by=percentile&name0=Low&from0=0&name1=High&from1=75"), 200);
    assert_eq!(counts(&halves), ["9", "3"]);
    assert_eq!(counts(&page(&ada.get("/bands?score=group"), 200)), ["6", "6"]);
    page(&ada.get("/bands?nonsense=1"), 422);
    let seen = hidden(&text, "seen");
    let fields = |from: &'static str| {
        [
            ("score", "engagement"),
            ("by", "points"),
            ("name0", "Cold"),
            ("from0", "0"),
            ("name1", "Hot"),
            ("from1", from),
        ]
    };
    let with = |seen: &str, from| {
        [&fields(from)[..], &[("seen", seen)]]
            .concat()
            .iter()
            .map(|&(name, value)| (name.to_owned(), value.to_owned()))
            .collect::<Vec<_>>()
    };
    let submit = |ada: &mut Browser, seen: &str, from: &'static str| {
        let fields = with(seen, from);
        ada.submit("/bands", &fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect::<Vec<_>>())
    };
    let again = page(&submit(&mut ada, &seen, "many"), 422);
    assert!(again.contains("“many” cannot be used for Hot") && again.contains("value=\"many\""), "{again}");
    sent(&submit(&mut ada, &seen, "30"), "/bands?score=engagement&saved");
    assert!(ada.get("/v1/model/draft").text().contains("bands = { Cold = 0, Hot = 30 }"));
    let late = page(&submit(&mut ada, &seen, "40"), 409);
    assert!(late.contains("Somebody else has changed this score") && late.contains("value=\"40\""), "{late}");
    let rules = page(&ada.get("/rules"), 200);
    assert!(rules.contains("2 bands") && rules.contains("changed the bands of engagement"), "{rules}");
    service.stop();
}
