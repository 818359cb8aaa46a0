//! The first page, as somebody without scripts sees it.

use serde_json::json;

use super::browser::Browser;
use super::harness::{MODEL, Place, until};
use super::pages::is_page;

/// A moment so many days ago.
fn ago(days: i64) -> String {
    #[expect(clippy::disallowed_methods, reason = "the service reads the clock as well")]
    let now = jiff::Timestamp::now();
    (now - jiff::SignedDuration::from_hours(24 * days)).to_string()
}

#[test]
fn the_first_page_says_how_everybody_stands_and_where_they_go() {
    let place = Place::file();
    let model = MODEL.replace("points = 5", "points = 5\nwindow = \"50 days\"");
    let model = place.folder.with("fading.toml", &model);
    let service = place.serve_with(&["--model", &model]);
    let mut ada = Browser::admin(&service);
    until("everybody was looked at", || ada.get("/").text().contains("No contacts yet"));
    // Five points for each visit of the last fifty days: Ada has 50 today and had 45 a month ago, and will have 5 in
    // one; Bo had 20 and has nothing; Cy has 5, and will keep them.
    let mut client = service.client(&place.key("all", "admin"));
    let visits = [("ada", 40, 9), ("ada", 1, 1), ("bo", 70, 4), ("cy", 2, 1)];
    for (id, days, count) in visits {
        let visit = |at: usize| json!({"contact": id, "type": "visit", "id": format!("{id}{days}-{at}"), "occurred_at": ago(days)});
        client.post("/v1/activities", &(0..count).map(visit).collect::<Vec<_>>().into());
    }
    client.post("/v1/contacts", &json!({"id": "ada", "attributes": {"name": "Ada <L>"}}));
    until("everybody was looked at again", || ada.get("/").text().contains("Ada &#60;L&#62;"));
    let home = is_page(&ada.get("/"), 200, "<h1>Home</h1>");
    let row = |name: &str| {
        let after =
            home.split(&format!("band=engagement%3A{name}&#38;")).nth(1).unwrap_or_else(|| panic!("{name}: {home}"));
        // What is read of it, without the marks around.
        let tile = after.split("</li>").next().unwrap().split("</a>").nth(1).unwrap();
        let read: String = tile.split('<').map(|part| part.rsplit('>').next().unwrap()).collect();
        read.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    // Cold has 2 of 3, and had nobody.
    assert_eq!(
        (row("Cold"), row("Warm"), row("Hot")),
        ("2 66.7 % +2 from 0".into(), "0 0.0 % −2 from 2".into(), "1 33.3 % +1 from 0".into())
    );
    for (path, said) in [
        ("/home/at-risk?score=engagement", "Ada &#60;L&#62;"),
        ("/home/risen", "Ada &#60;L&#62;"),
        ("/home/fallen?score=engagement", ">bo<"),
    ] {
        let page = is_page(&ada.get(path), 200, said);
        assert_eq!(page.matches("href=\"/contacts/").count(), 1, "{path}: {page}");
        assert!(home.contains(path.split('?').next().unwrap()), "{path}: {home}");
    }
    is_page(&ada.get("/home/elsewhere"), 404, "no such page");
    // Fifteen visits in all, and as many in the columns.
    assert!(home.contains("<desc>15 in all."), "{home}");
    place.verify();
    service.stop();
}
