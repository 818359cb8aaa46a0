//! What is in a model beside rules and categories - scores, grades, exclusions, the model itself - changed by forms.

use serde_json::json;

use super::browser::Browser;
use super::harness::{MODEL, Place, until};
use super::rules::{hidden, page, page_part, sent};

fn draft(browser: &mut Browser) -> String {
    browser.get("/v1/model/draft").text()
}

#[test]
fn what_never_counts_is_written_by_a_form() {
    let place = Place::file();
    let service = place.serve();
    let mut client = service.client(&place.key("teller", "ingest,read"));
    client.post("/v1/contacts", &json!([{"id": "own", "attributes": {"email": "me@association.example"}}]));
    client.post("/v1/activities", &json!([{"contact": "own", "type": "visit"}, {"contact": "other", "type": "visit"}]));
    let mut ada = Browser::admin(&service);
    let list = page(&ada.get("/rules"), 200);
    assert!(list.contains("Everything counts.") && list.contains("href=\"/rules/exclusion\""), "{list}");
    let empty = page(&ada.get("/rules/exclusion"), 200);
    assert!(empty.contains("What should never count?") && empty.contains("/rules/sentence/exclusion"), "{empty}");
    // Nothing at all is no exclusion, and what was written stays.
    let again = page(&ada.submit("/rules/exclusion", &[("title", "Own staff")]), 422);
    assert!(again.contains("Say what never counts") && again.contains("value=\"Own staff\""), "{again}");
    let staff = [("title", "Own staff"), ("part0_name", "contact.email"), ("part0_how", "contains")];
    let staff = [&staff[..], &[("part0_with", "@association.example")]].concat();
    let sentence = "No <b>activity</b> counts where the contact’s <b>email</b> contains <b>@association.example</b>.";
    let said = page_part(&ada.submit("/rules/sentence/exclusion", &staff));
    assert!(said.contains(sentence), "{said}");
    sent(&ada.submit("/rules/exclusion", &staff), "/rules#exclude-own_staff");
    let expected =
        "[exclude.own_staff]\ntitle = \"Own staff\"\nwhere = \"contact.email ILIKE '%@association.example%'\"";
    assert!(draft(&mut ada).contains(expected), "{}", draft(&mut ada));
    let list = page(&ada.get("/rules"), 200);
    assert!(
        list.contains(sentence) && list.contains("added Own staff") && !list.contains("Everything counts."),
        "{list}"
    );
    let changes = page(&ada.get("/rules/changes"), 200);
    assert!(changes.contains("Exclusion Own staff") && changes.contains(sentence), "{changes}");
    // Published, it counts.
    let list = page(&ada.get("/rules"), 200);
    sent(&ada.submit("/rules/publish", &[("seen", &hidden(&list, "seen"))]), "/rules/publishing");
    until("it is in force", || ada.get("/rules/publishing").text().contains("Version 2 is in force"));
    let points = |client: &mut super::http::Client, id: &str| {
        client.get(&format!("/v1/contacts/{id}"))["scores"]["engagement"]["points"].clone()
    };
    assert_eq!(points(&mut client, "own"), json!(0));
    assert_eq!(points(&mut client, "other"), json!(5));
    place.verify();
    service.stop();
}

#[test]
fn exclusions_are_changed_moved_put_aside_and_removed() {
    let place = Place::file();
    let staff = "[exclude.own_staff]\nwhere = \"contact.email LIKE '%@association.example'\"\n";
    let model = place.folder.with("excluding.toml", format!("{MODEL}{staff}"));
    let service = place.serve_with(&["--model", &model, "--rate", "1000000"]);
    let mut ada = Browser::admin(&service);
    let scanner = [("types", "click, open"), ("after", "delivered"), ("same", "message_id"), ("within_count", "2")];
    let scanner = [&scanner[..], &[("within_unit", "minute")]].concat();
    sent(&ada.submit("/rules/exclusion", &scanner), "/rules#exclude-click_open");
    let list = page(&ada.get("/rules"), 200);
    let machines = "No <b>click</b> or <b>open</b> counts within <b>2 minutes</b> after <b>delivered</b> with the same <b>message id</b>.";
    assert!(list.contains(machines), "{list}");
    sent(&ada.submit("/rules/exclusion/click_open/act", &[("act", "up own_staff")]), "/rules#exclude-click_open");
    let text = draft(&mut ada);
    assert!(text.find("click_open").unwrap() < text.find("own_staff").unwrap(), "{text}");
    assert!(text.contains("within_seconds = 120"), "{text}");
    let form = page(&ada.get("/rules/exclusion/click_open"), 200);
    assert!(form.contains("value=\"click, open\"") && form.contains(machines), "{form}");
    let seen = hidden(&form, "seen");
    let with = |seen: &str, count: &str| {
        let fields = [("seen", seen), ("types", "click"), ("after", "delivered"), ("within_count", count)];
        fields.map(|(name, value)| (name.to_owned(), value.to_owned()))
    };
    let submit = |ada: &mut Browser, seen: &str, count: &str| {
        let fields = with(seen, count);
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        ada.submit("/rules/exclusion/click_open", &fields)
    };
    let again = page(&submit(&mut ada, &seen, "soon"), 422);
    assert!(again.contains("“soon” cannot be used") && again.contains("value=\"soon\""), "{again}");
    sent(&submit(&mut ada, &seen, "5"), "/rules#exclude-click_open");
    let late = page(&submit(&mut ada, &seen, "6"), 409);
    assert!(late.contains("Somebody else has changed this") && late.contains("value=\"6\""), "{late}");
    sent(&submit(&mut ada, &hidden(&late, "seen"), "6"), "/rules#exclude-click_open");
    assert!(draft(&mut ada).contains("within_seconds = 6\n"), "{}", draft(&mut ada));
    // Put aside, brought back, removed.
    sent(&ada.submit("/rules/exclusion/click_open/act", &[("act", "off")]), "/rules#exclude-click_open");
    let list = page(&ada.get("/rules"), 200);
    assert!(list.contains("Put aside") && list.contains("/rules/exclusion/click_open/act"), "{list}");
    sent(&ada.submit("/rules/exclusion/click_open/act", &[("act", "on")]), "/rules#exclude-click_open");
    sent(&ada.submit("/rules/exclusion/click_open/act", &[("act", "remove")]), "/rules#exclude-click_open");
    assert_eq!(ada.get("/rules/exclusion/click_open").status, 404);
    service.stop();
}

#[test]
fn a_score_is_changed_by_a_form_and_its_comments_stay() {
    let place = Place::file();
    let model = MODEL.replace("[score.engagement]\n", "# How engaged they are.\n[score.engagement]  # for people\n");
    let model = place.folder.with("commented.toml", &model);
    let service = place.serve_with(&["--model", &model, "--rate", "1000000"]);
    let mut ada = Browser::admin(&service);
    let list = page(&ada.get("/rules"), 200);
    assert!(list.contains("The sum of its rules, in whole numbers.") && list.contains("3 bands"), "{list}");
    assert!(list.contains("<b>1</b> × <b>engagement</b>, in whole numbers."), "{list}");
    let form = page(&ada.get("/rules/score/engagement"), 200);
    assert!(form.contains("Cold from 0, Warm from 20, Hot from 50") && !form.contains("value=\"remove\""), "{form}");
    let seen = hidden(&form, "seen");
    let fields = |seen: &str, max: &str| {
        let bounds = [("seen", seen), ("title", "Member engagement"), ("min", "0"), ("max", max), ("decimals", "1")];
        let ranks = [("part0_name", "contact.status"), ("part0_how", "is"), ("part0_with", "member")];
        let all = [&bounds[..], &ranks[..], &[("cohort", "contact.kind")]].concat();
        all.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect::<Vec<_>>()
    };
    let submit = |ada: &mut Browser, path: &str, fields: &[(String, String)]| {
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        ada.submit(path, &fields)
    };
    let again = page(&submit(&mut ada, "/rules/score/engagement", &fields(&seen, "-5")), 422);
    assert!(again.contains("0 is above -5") && again.contains("value=\"-5\""), "{again}");
    let finer = page(&submit(&mut ada, "/rules/score/engagement", &fields(&seen, "99.25")), 422);
    assert!(finer.contains("href=\"#max\"") && finer.contains("value=\"99.25\""), "{finer}");
    sent(&submit(&mut ada, "/rules/score/engagement", &fields(&seen, "150")), "/rules#score-engagement");
    let text = draft(&mut ada);
    assert!(text.contains("# How engaged they are.\n[score.engagement]  # for people\nbands = { Cold"), "{text}");
    assert!(text.contains("max = 150\n") && text.contains("decimals = 1\n"), "{text}");
    let sentence = "The sum of its rules, held between <b>0</b> and <b>150</b>, with one decimal. Only those are ranked of \
                    whom the contact’s <b>status</b> is <b>member</b>. Everybody is ranked among those with the same \
                    <b>kind</b>.";
    let list = page(&ada.get("/rules"), 200);
    assert!(list.contains(sentence) && list.contains("changed Member engagement"), "{list}");
    let changes = page(&ada.get("/rules/changes"), 200);
    assert!(changes.contains("Score Member engagement") && changes.contains("held between"), "{changes}");
    sent(&ada.submit("/rules/undo", &[("seen", &hidden(&list, "seen"))]), "/rules");
    assert!(!draft(&mut ada).contains("max = 150"), "{}", draft(&mut ada));
    service.stop();
}

#[test]
fn scores_are_combined_graded_moved_and_removed_by_forms() {
    let place = Place::file();
    let service = place.serve();
    let mut ada = Browser::admin(&service);
    let kinds = page(&ada.get("/rules/score"), 200);
    assert!(kinds.contains("of=contact&amp;form=matrix") && !kinds.contains("of=account&amp;form=matrix"), "{kinds}");
    let again = page(&ada.submit("/rules/score", &[("of", "contact"), ("form", "sum")]), 422);
    assert!(again.contains("A score has a title"), "{again}");
    let fit = [("of", "contact"), ("form", "sum"), ("title", "Fit"), ("decimals", "0")];
    sent(&ada.submit("/rules/score", &fit), "/rules#score-fit");
    let list = page(&ada.get("/rules"), 200);
    assert!(list.contains("Nothing gives points here yet.") && list.contains("home=score:fit"), "{list}");
    // A weighted sum of what there is.
    page(&ada.get("/rules/score?of=contact&form=combine"), 200);
    let sum = [("of", "contact"), ("form", "combine"), ("title", "Overall")];
    let none = page(&ada.submit("/rules/score", &sum), 422);
    assert!(none.contains("Give at least one score a weight"), "{none}");
    let weights = [&sum[..], &[("weight_engagement", "0.6"), ("weight_fit", "0.4"), ("weight_group", "")]].concat();
    let said = page_part(&ada.submit("/rules/sentence/score", &weights));
    let sentence = "<b>0.6</b> × <b>engagement</b> + <b>0.4</b> × <b>Fit</b>, in whole numbers.";
    assert!(said.contains(sentence), "{said}");
    sent(&ada.submit("/rules/score", &weights), "/rules#score-overall");
    assert!(draft(&mut ada).contains("combine = { engagement = 0.6, fit = 0.4 }"), "{}", draft(&mut ada));
    let form = page(&ada.get("/rules/score/overall"), 200);
    let fields =
        [("seen", &*hidden(&form, "seen")), ("title", "Overall"), ("weight_fit", "1"), ("weight_overall", "9")];
    sent(&ada.submit("/rules/score/overall", &fields), "/rules#score-overall");
    assert!(draft(&mut ada).contains("combine = { fit = 1 }"), "{}", draft(&mut ada));
    // A grade by two that have bands.
    let form = page(&ada.get("/rules/score?of=contact&form=matrix"), 200);
    assert!(form.contains("<option value=\"group\">") && !form.contains("<option value=\"fit\">"), "{form}");
    let grade = [("of", "contact"), ("form", "matrix"), ("title", "Grade"), ("letters", "group")];
    let missing = page(&ada.submit("/rules/score", &grade), 422);
    assert!(missing.contains("Choose a score."), "{missing}");
    sent(&ada.submit("/rules/score", &[&grade[..], &[("digits", "engagement")]].concat()), "/rules#score-grade");
    let list = page(&ada.get("/rules"), 200);
    let sentence = "A grade by two scores: a letter from the band of <b>group</b> (A Upper, B Lower) and a digit from that \
                    of <b>engagement</b> (1 Hot, 2 Warm, 3 Cold).";
    assert!(list.contains(sentence), "{list}");
    // What others hang on stays; the rest can go.
    let form = page(&ada.get("/rules/score/fit"), 200);
    assert!(!form.contains("value=\"remove\""), "{form}");
    let kept = [("seen", &*hidden(&form, "seen")), ("act", "remove")];
    let told = page(&ada.submit("/rules/score/fit", &kept), 422);
    assert!(told.contains("Unknown score `fit`"), "{told}");
    sent(&ada.submit("/rules/score/grade/act", &[("act", "up overall")]), "/rules#score-grade");
    let text = draft(&mut ada);
    assert!(text.find("[score.grade]").unwrap() < text.find("[score.overall]").unwrap(), "{text}");
    let form = page(&ada.get("/rules/score/grade"), 200);
    assert!(form.contains("value=\"remove\"") && form.contains("<option value=\"group\" selected>"), "{form}");
    let gone = [("seen", &*hidden(&form, "seen")), ("act", "remove")];
    sent(&ada.submit("/rules/score/grade", &gone), "/rules#score-grade");
    assert!(!draft(&mut ada).contains("[score.grade]"));
    service.stop();
}

#[test]
fn chances_and_the_model_itself_are_set_by_forms() {
    let place = Place::file();
    let service = place.serve();
    let mut ada = Browser::admin(&service);
    let deal = [("of", "opportunity"), ("form", "sum"), ("title", "Deal"), ("chance", "steps"), ("step0_from", "0")];
    let steps = |first: &'static str| {
        [&deal[..], &[("step0_points", first), ("step1_from", "40"), ("step1_points", "33.3 %")]].concat()
    };
    let again = page(&ada.submit("/rules/score", &steps("120")), 422);
    assert!(again.contains("a number of per cent from 0 to 100") && again.contains("value=\"120\""), "{again}");
    sent(&ada.submit("/rules/score", &steps("5")), "/rules#score-deal");
    assert!(draft(&mut ada).contains("probability = { 0 = 0.05, 40 = 0.333 }"), "{}", draft(&mut ada));
    let list = page(&ada.get("/rules"), 200);
    assert!(list.contains("The probability is <b>5 %</b> from <b>0</b>, <b>33.3 %</b> from <b>40</b>."), "{list}");
    let form = page(&ada.get("/rules/score/deal"), 200);
    assert!(form.contains("value=\"33.3\"") && !form.contains("Who is ranked"), "{form}");
    // The model itself.
    let form = page(&ada.get("/rules/model"), 200);
    assert!(form.contains("value=\"Europe/Oslo\"") && form.contains("<option value=\"America/New_York\">"), "{form}");
    let seen = hidden(&form, "seen");
    let zone = |zone: &'static str| [("name", "served"), ("timezone", zone), ("passive", "delivered")];
    let wrong = page(&ada.submit("/rules/model", &[&zone("Oslo")[..], &[("seen", &seen)]].concat()), 422);
    assert!(wrong.contains("Unknown time zone") && wrong.contains("value=\"Oslo\""), "{wrong}");
    sent(&ada.submit("/rules/model", &[&zone("Asia/Tokyo")[..], &[("seen", &seen)]].concat()), "/rules#model");
    let text = draft(&mut ada);
    assert!(text.contains("timezone = \"Asia/Tokyo\"") && text.contains("passive = \"delivered\""), "{text}");
    let list = page(&ada.get("/rules"), 200);
    assert!(list.contains("Asia/Tokyo") && list.contains("<b>delivered</b>"), "{list}");
    page(&ada.submit("/rules/model", &[&zone("UTC")[..], &[("seen", &seen)]].concat()), 409);
    service.stop();
}

#[test]
fn who_may_only_read_cannot_change_these_either() {
    let place = Place::file();
    let service = place.serve();
    let mut ada = Browser::admin(&service);
    let mut vi = Browser::invited(&service, &mut ada, "vi@example.org", "viewer", "a needle in the sand");
    let list = page(&vi.get("/rules"), 200);
    let links = ["/rules/score", "/rules/exclusion", "/rules/model"];
    assert!(links.iter().all(|link| !list.contains(&format!("href=\"{link}"))), "{list}");
    for path in ["/rules/score", "/rules/score/engagement", "/rules/exclusion", "/rules/model"] {
        page(&vi.get(path), 403);
        page(&vi.submit(path, &[("title", "x")]), 403);
    }
    page(&vi.submit("/rules/score/group/act", &[("act", "up engagement")]), 403);
    service.stop();
}

#[test]
fn forms_offer_the_names_that_are_there() {
    let place = Place::file();
    let service = place.serve();
    let mut client = service.client(&place.key("teller", "ingest"));
    let person = |number: usize| json!({"id": format!("c{number}"), "attributes": {"name": "x", format!("a{}", number / 100): 1}});
    client.post("/v1/contacts", &(0..900).map(person).collect());
    client.post("/v1/contacts", &json!([{"id": "last", "attributes": {"Job title": "Chief", "<b>": 1}}]));
    client.post("/v1/accounts", &json!([{"id": "acme", "attributes": {"employees": 7}}]));
    client.post("/v1/opportunities", &json!([{"id": "deal", "contact": "last", "attributes": {"stage": "quote"}}]));
    let course = json!({"contact": "last", "type": "course_taken", "properties": {"minutes": 9}, "value": 2});
    client.post("/v1/activities", &json!([course]));
    let mut ada = Browser::admin(&service);
    let has = |text: &str, list: &str, value: &str| {
        let list = text.split(&format!("<datalist id=\"{list}\">")).nth(1).unwrap_or_else(|| panic!("{text}"));
        list.split("</datalist>").next().unwrap().contains(&format!("<option value=\"{value}\">"))
    };
    let form = page(&ada.get("/rules/rule/visit"), 200);
    for (list, value) in [
        ("names", "contact.&#34;Job title&#34;"),
        ("names", "contact.&#34;&#60;b&#62;&#34;"),
        ("names", "account.employees"),
        ("names", "activity.minutes"),
        ("properties", "activity.minutes"),
        ("known-types", "course_taken"),
        // What the model alone mentions.
        ("known-types", "gift"),
    ] {
        assert!(has(&form, list, value), "{list} {value}: {form}");
    }
    // They are taken from all over.
    assert!((0..9).all(|place| has(&form, "names", &format!("contact.a{place}"))), "{form}");
    // What has no meaning for contacts is not offered.
    assert!(!form.contains("opportunity.stage") && !has(&form, "properties", "account.employees"), "{form}");
    let deal = [("of", "opportunity"), ("form", "sum"), ("title", "Deal")];
    sent(&ada.submit("/rules/score", &deal), "/rules#score-deal");
    let form = page(&ada.get("/rules/new?home=score:deal&kind=when"), 200);
    for value in ["opportunity.stage", "score.engagement", "band.group", "account.employees"] {
        assert!(has(&form, "names", value), "{value}: {form}");
    }
    assert!(!has(&form, "names", "activity.minutes"), "{form}");
    service.stop();
}

#[test]
fn a_wrong_condition_is_answered_at_its_field() {
    let place = Place::file();
    let service = place.serve();
    let mut ada = Browser::admin(&service);
    let rule = [("kind", "when"), ("home", "score:engagement"), ("points", "5"), ("condition_as", "text")];
    for (condition, told) in [
        ("contact.city = Oslo", "Unknown name `Oslo` (text stands in single quotes: &#39;Oslo&#39;)."),
        ("contact.age > 18,5", "Expected nothing more, found `,` (decimals take a point: 18.5)."),
        (
            "contact.city =",
            "The condition ends where something should follow (complete what stands behind `=`, or take it away).",
        ),
    ] {
        let fields = [&rule[..], &[("condition", condition)]].concat();
        let again = page(&ada.submit("/rules/new", &fields), 422);
        let link = format!("<a href=\"#condition\">{told}</a>");
        assert!(again.contains(&link), "{link}: {again}");
        let kept = condition.replace('>', "&#62;");
        assert!(again.contains(&format!(">{kept}</textarea>")), "{kept}: {again}");
    }
    service.stop();
}
