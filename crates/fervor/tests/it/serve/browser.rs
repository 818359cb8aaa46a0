//! As much of a browser as a test needs: it keeps the cookie, and says from where it sends.

use serde_json::{Value as Json, json};

use super::harness::Service;
use super::http::{Client, Reply};

/// What the first admin of a test logs in with.
pub(super) const ADA: (&str, &str) = ("ada@example.org", "notes on the engine");

/// Somebody in front of a browser.
pub(super) struct Browser {
    client: Client,
    origin: String,
    /// The token in the cookie; nothing if there is none.
    pub(super) token: String,
}

impl Browser {
    pub(super) fn new(service: &Service) -> Self {
        let origin = format!("http://{}", service.address);
        Self { client: service.client(""), origin, token: String::new() }
    }

    /// The first admin of a service.
    pub(super) fn admin(service: &Service) -> Self {
        let mut browser = Self::new(service);
        let (email, password) = ADA;
        let body = json!({"token": service.setup(), "email": email, "name": "Ada", "password": password});
        browser.ask("POST", "/v1/setup", &body).must(200);
        browser
    }

    /// Somebody new, whom an admin invites.
    pub(super) fn invited(service: &Service, admin: &mut Self, email: &str, role: &str, password: &str) -> Self {
        let body = json!({"email": email, "name": email.split('@').next(), "role": role});
        let made = admin.ask("POST", "/v1/users", &body).must(201);
        let token = made["invitation"].as_str().unwrap().strip_prefix("/invite/").unwrap().to_owned();
        let mut browser = Self::new(service);
        browser.ask("POST", "/v1/invitation", &json!({"token": token, "password": password})).must(200);
        browser
    }

    pub(super) fn log_in(&mut self, (email, password): (&str, &str)) -> Reply {
        self.ask("POST", "/v1/session", &json!({"email": email, "password": password}))
    }

    /// Sends JSON, as a page of the service itself does.
    #[track_caller]
    pub(super) fn ask(&mut self, method: &str, path: &str, body: &Json) -> Reply {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let origin = self.origin.clone();
        self.send(method, path, &[("origin", &origin), ("content-type", "application/json")], &body)
    }

    #[track_caller]
    pub(super) fn get(&mut self, path: &str) -> Reply {
        self.send("GET", path, &[("accept", "text/html,*/*")], "")
    }

    /// Sends a form of HTML, as a page of the service itself does.
    #[track_caller]
    pub(super) fn submit(&mut self, path: &str, fields: &[(&str, &str)]) -> Reply {
        let escaped = |text: &str| text.bytes().map(|byte| format!("%{byte:02X}")).collect::<String>();
        let fields: Vec<String> = fields.iter().map(|(name, value)| format!("{name}={}", escaped(value))).collect();
        let origin = self.origin.clone();
        let kind = ("content-type", "application/x-www-form-urlencoded");
        self.send("POST", path, &[("origin", &origin), kind], &fields.join("&"))
    }

    /// Sends with these headers, and the cookie.
    #[track_caller]
    pub(super) fn send(&mut self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Reply {
        self.send_bytes(method, path, headers, body.as_bytes())
    }

    #[track_caller]
    pub(super) fn send_bytes(&mut self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Reply {
        let cookie = format!("theme=dark; fervor_session={}", self.token);
        let mut headers = headers.to_vec();
        if !self.token.is_empty() {
            headers.push(("cookie", &cookie));
        }
        let reply = self.client.ask(method, path, &headers, body);
        if let Some(set) = reply.header("set-cookie") {
            let token = set.strip_prefix("fervor_session=").unwrap().split(';').next().unwrap();
            self.token = token.to_owned();
        }
        reply
    }
}

/// The id of somebody by the name.
pub(super) fn user_id(admin: &mut Browser, name: &str) -> String {
    let users = admin.get("/v1/users").must(200);
    let found = users["items"].as_array().unwrap().iter().find(|user| user["name"] == name).unwrap().clone();
    found["id"].as_str().unwrap().to_owned()
}
