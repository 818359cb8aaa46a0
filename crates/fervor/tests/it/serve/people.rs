//! People: the first admin, invitations, lost passwords, and what is remembered of all that.

use serde_json::{Value as Json, json};

use super::super::fervor;
use super::browser::{ADA, Browser, user_id};
use super::harness::Place;

fn setup(token: &str, email: &str) -> Json {
    json!({"token": token, "email": email, "name": "Ada", "password": ADA.1})
}

#[test]
fn the_first_admin_is_made_once_by_the_link_of_the_last_start() {
    made_once(&Place::file());
}

#[test]
fn the_first_admin_is_made_once_by_the_link_of_the_last_start_on_a_server() {
    let Some(server) = Place::server() else { return };
    made_once(&server);
}

fn made_once(place: &Place) {
    let first = place.serve_with(&[]);
    let old = first.setup();
    // Another process on the same database: its link takes the place of the one before.
    let second = place.serve_with(&[]);
    let token = second.setup();
    assert_ne!(old, token);
    let mut browsers = [Browser::new(&first), Browser::new(&second)];
    for wrong in [old.as_str(), "", "0", &token[1..]] {
        let reply = browsers[0].ask("POST", "/v1/setup", &setup(wrong, ADA.0));
        assert!(matches!(reply.status, 404 | 422), "{wrong}: {}", reply.text());
    }
    // A password that is none leaves the link as it is.
    let mut weak = setup(&token, ADA.0);
    weak["password"] = "short".into();
    let told = browsers[0].ask("POST", "/v1/setup", &weak).must(422);
    assert!(told["detail"].as_str().unwrap().contains("at least 12"), "{told}");
    // Both at once: one is made.
    let replies: Vec<u16> = std::thread::scope(|scope| {
        let body = |at: usize| setup(&token, &format!("ada{at}@example.org"));
        let asking: Vec<_> = browsers
            .iter_mut()
            .enumerate()
            .map(|(at, browser)| scope.spawn(move || browser.ask("POST", "/v1/setup", &body(at)).status))
            .collect();
        asking.into_iter().map(|asked| asked.join().unwrap()).collect()
    });
    let mut sorted = replies.clone();
    sorted.sort_unstable();
    assert_eq!(sorted, [200, 409], "{replies:?}");
    let made = replies.iter().position(|status| *status == 200).unwrap();
    let known = browsers[made].get("/v1/session").must(200);
    assert_eq!((&known["user"]["role"], &known["user"]["name"]), (&json!("admin"), &json!("Ada")));
    browsers[0].ask("POST", "/v1/setup", &setup(&token, "eve@example.org")).must(409);
    first.stop();
    second.stop();
    // Nothing more is printed, and nothing secret is in any log.
    let third = place.serve_with(&[]);
    assert!(!third.log().contains("/setup/"), "{}", third.log());
    let listed = fervor(["user", "list", "--db", &place.address]);
    assert!(
        listed.out.contains(&format!("ada{made}@example.org")) && listed.out.contains("may log in"),
        "{}",
        listed.out
    );
    third.stop();
}

#[test]
fn an_invitation_works_once_and_the_last_one_alone() {
    let place = Place::file();
    let service = place.serve_with(&[]);
    let mut admin = Browser::admin(&service);
    let body = json!({"email": " Grace@Example.ORG ", "name": "Grace", "role": "editor"});
    let made = admin.ask("POST", "/v1/users", &body).must(201);
    assert_eq!((&made["email"], &made["has_password"]), (&json!("grace@example.org"), &json!(false)));
    let token = |made: &Json| made["invitation"].as_str().unwrap().strip_prefix("/invite/").unwrap().to_owned();
    let first = token(&made);
    // The same address in other letters is the same.
    admin.ask("POST", "/v1/users", &json!({"email": "GRACE@example.org", "name": "G", "role": "viewer"})).must(409);
    for wrong in [json!({"email": "grace", "name": "G", "role": "viewer"}), json!({"email": "g@x", "name": "G"})] {
        admin.ask("POST", "/v1/users", &wrong).must(422);
    }
    let id = made["id"].as_str().unwrap();
    let second = token(&admin.ask("POST", &format!("/v1/users/{id}/invite"), &Json::Null).must(200));
    let mut grace = Browser::new(&service);
    let accept = |token: &str, password: &str| json!({"token": token, "password": password});
    grace.ask("POST", "/v1/invitation", &accept(&first, "a moth in the relay")).must(404);
    grace.ask("POST", "/v1/invitation", &accept(&second, "Grace@example.org")).must(422);
    let entered = grace.ask("POST", "/v1/invitation", &accept(&second, "a moth in the relay")).must(200);
    assert_eq!(entered["scopes"], json!(["ingest", "read", "write"]));
    grace.ask("POST", "/v1/invitation", &accept(&second, "a moth in the relay")).must(404);
    // Who lost the password gets another link; until it is used everything goes on, and then nothing does.
    let lost = fervor([
        "user",
        "invite",
        "--db",
        &place.address,
        "--email",
        "GRACE@example.org",
        "--url",
        "https://f.example/",
    ]);
    assert_eq!(lost.code, 0, "{}", lost.err);
    let link = lost.out.trim().strip_prefix("https://f.example/invite/").unwrap().to_owned();
    grace.get("/v1/session").must(200);
    let mut again = Browser::new(&service);
    again.ask("POST", "/v1/invitation", &accept(&link, "two moths in the relay")).must(200);
    grace.get("/v1/session").must(401);
    assert_eq!(again.log_in(("grace@example.org", "a moth in the relay")).status, 401);
    assert_eq!(again.log_in(("grace@example.org", "two moths in the relay")).status, 200);
    // Another admin, for a service that runs.
    let other = fervor(["user", "invite", "--db", &place.address, "--email", "eve@example.org", "--role", "admin"]);
    let link = other.out.trim().strip_prefix("/invite/").unwrap().to_owned();
    let mut eve = Browser::new(&service);
    let entered = eve.ask("POST", "/v1/invitation", &accept(&link, "an apple from the tree")).must(200);
    assert_eq!((&entered["user"]["role"], &entered["user"]["name"]), (&json!("admin"), &json!("eve@example.org")));
    let listed = fervor(["user", "list", "--db", &place.address]);
    let lines: Vec<&str> = listed.out.lines().map(|line| line.split_whitespace().next().unwrap()).collect();
    assert_eq!(lines, ["ada@example.org", "eve@example.org", "grace@example.org"]);
    service.stop();
}

#[test]
fn the_last_admin_stays_one() {
    let place = Place::file();
    let service = place.serve_with(&[]);
    let mut admin = Browser::admin(&service);
    let ada = format!("/v1/users/{}", user_id(&mut admin, "Ada"));
    // Somebody who was invited and has no password is none yet.
    admin.ask("POST", "/v1/users", &json!({"email": "bo@example.org", "name": "Bo", "role": "admin"})).must(201);
    for change in [json!({"role": "editor"}), json!({"disabled": true}), json!({"role": "viewer", "name": "A"})] {
        let told = admin.ask("PATCH", &ada, &change).must(409);
        assert!(told["detail"].as_str().unwrap().contains("last admin"), "{told}");
    }
    for wrong in
        [json!({}), json!({"role": "owner"}), json!({"disabled": "yes"}), json!({"email": "x@y"}), json!({"name": ""})]
    {
        admin.ask("PATCH", &ada, &wrong).must(422);
    }
    admin.ask("PATCH", "/v1/users/nobody", &json!({"name": "X"})).must(404);
    assert_eq!(admin.ask("PATCH", &ada, &json!({"name": " Ada L. "})).must(200)["name"], "Ada L.");
    let mut cleo = Browser::invited(&service, &mut admin, "cleo@example.org", "admin", "a needle in the sand");
    assert_eq!(admin.ask("PATCH", &ada, &json!({"role": "viewer"})).must(200)["role"], "viewer");
    // Now she is, and cannot go either.
    let id = format!("/v1/users/{}", user_id(&mut cleo, "cleo"));
    cleo.ask("PATCH", &id, &json!({"disabled": true})).must(409);
    admin.get("/v1/users").must(403);
    service.stop();
}

#[test]
fn who_is_disabled_is_logged_out() {
    let place = Place::file();
    let service = place.serve();
    let mut admin = Browser::admin(&service);
    let login = ("bo@example.org", "a needle in the sand");
    let mut bo = Browser::invited(&service, &mut admin, login.0, "viewer", login.1);
    bo.get("/v1/contacts").must(200);
    let id = format!("/v1/users/{}", user_id(&mut admin, "bo"));
    let told = admin.ask("PATCH", &id, &json!({"disabled": true})).must(200);
    assert!(told["disabled_at"].is_string(), "{told}");
    bo.get("/v1/contacts").must(401);
    let told = bo.log_in(login).must(401);
    assert_eq!(told["detail"], Browser::new(&service).log_in(("nobody@x.example", "?")).must(401)["detail"]);
    admin.ask("POST", &format!("{id}/invite"), &Json::Null).must(409);
    let invited = fervor(["user", "invite", "--db", &place.address, "--email", login.0]);
    assert!(invited.code == 2 && invited.err.contains("is disabled"), "{}", invited.err);
    assert_eq!(admin.ask("PATCH", &id, &json!({"disabled": false})).must(200)["disabled_at"], Json::Null);
    // What had begun before does not go on.
    bo.get("/v1/contacts").must(401);
    assert_eq!(bo.log_in(login).status, 200);
    bo.get("/v1/contacts").must(200);
    service.stop();
}

#[test]
fn what_is_changed_is_in_the_audit_log_with_who_did_it_and_no_secret() {
    let place = Place::file();
    let service = place.serve();
    let mut admin = Browser::admin(&service);
    let bo = Browser::invited(&service, &mut admin, "bo@example.org", "viewer", "a needle in the sand");
    let (ada, id) = (user_id(&mut admin, "Ada"), user_id(&mut admin, "bo"));
    admin.ask("PATCH", &format!("/v1/users/{id}"), &json!({"role": "editor"})).must(200);
    let change = json!({"old_password": ADA.1, "new_password": "notes on another engine"});
    admin.ask("PUT", "/v1/session/password", &change).must(200);
    let key = place.key("tool", "admin");
    let mut tool = service.client(&key);
    let made = tool.ask("POST", "/v1/keys", &[], r#"{"name": "k", "scopes": ["read"]}"#).must(201);
    let audit = admin.get("/v1/audit").must(200);
    let told: Vec<[&str; 3]> = audit["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| ["by", "by_id", "action"].map(|name| item[name].as_str().unwrap_or("-")))
        .collect();
    let tool_id = key.split('_').nth(1).unwrap();
    assert_eq!(
        told,
        [
            ["key tool", tool_id, "create_key"],
            ["fervor key create", "-", "create_key"],
            ["user Ada", &ada, "change_password"],
            ["user Ada", &ada, "change_user"],
            ["user bo", &id, "accept_invitation"],
            ["user Ada", &ada, "create_user"],
            ["user Ada", &ada, "set_up"],
        ]
    );
    assert_eq!(audit["items"][3]["about"], json!({"role": "editor", "user": id}));
    let session = admin.token.clone();
    let secrets = [ADA.1, "needle", "another engine", &session, &bo.token, made["key"].as_str().unwrap(), "argon2"];
    let everything = format!("{audit}{}{}", admin.get("/v1/users").text(), service.log().replace(&service.setup(), ""));
    for secret in secrets {
        assert!(!everything.contains(secret), "{secret}: {everything}");
    }
    // Nor in the database.
    let mut stored = std::fs::read(&place.address).unwrap();
    stored.extend(std::fs::read(format!("{}-wal", place.address)).unwrap_or_default());
    for secret in [ADA.1, &session, &bo.token, &service.setup()] {
        assert!(!stored.windows(secret.len()).any(|bytes| bytes == secret.as_bytes()), "{secret}");
    }
    service.stop();
}
