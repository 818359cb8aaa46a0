//! What all pages have: the head, the style, how they are sent.

use std::sync::LazyLock;

use askama::Template;
use sha2::{Digest as _, Sha256};

use crate::api::answer::Answer;
use crate::api::call::Call;
use crate::api::problem::{Kind, Problem};
use crate::people::user::User;

/// How pages look.
const STYLE: &str = include_str!("../../templates/app.css");

/// The name of the style sheet. It changes with what is in it, so that browsers may keep it for good.
static STYLE_NAME: LazyLock<String> = LazyLock::new(|| {
    let hash: String = Sha256::digest(STYLE).iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    format!("app-{hash}.css")
});

/// Nothing from elsewhere, no scripts, forms to us alone, and nobody may show a page of ours within theirs.
const POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; \
                      frame-ancestors 'none'";

/// What every template is given.
#[derive(Debug)]
pub(super) struct Frame<'a> {
    pub(super) style: &'static str,
    /// Who is logged in.
    pub(super) user: Option<&'a User>,
}

impl<'a> Frame<'a> {
    pub(super) fn of(call: &'a Call) -> Self {
        Self { user: call.who.person().map(|person| &person.user), ..Self::empty() }
    }

    fn empty() -> Self {
        Self { style: &STYLE_NAME, user: None }
    }
}

/// A page as it is sent.
pub(super) fn page(status: u16, template: &impl Template) -> Answer {
    let text = template.render().unwrap_or_else(|error| {
        tracing::error!(%error, "a page");
        String::new()
    });
    let mut answer = Answer::text("text/html; charset=utf-8", text);
    answer.status = status;
    // Addresses of links that are good once go nowhere else. `no-referrer` would make forms come from `null`.
    answer.with("content-security-policy", POLICY).with("referrer-policy", "same-origin")
}

/// Leads on to another page, which is then asked for with GET.
pub(super) fn see(path: &str) -> Answer {
    Answer { status: 303, ..Answer::done() }.with("location", path)
}

/// A message as a sentence.
pub(super) fn sentence(message: &str) -> String {
    let mut letters = message.chars();
    let first: String = letters.next().into_iter().flat_map(char::to_uppercase).collect();
    format!("{first}{}.", letters.as_str())
}

/// What is wrong, for people.
#[derive(Debug, Template)]
#[template(path = "trouble.html")]
struct Trouble<'a> {
    frame: Frame<'a>,
    heading: &'static str,
    detail: String,
}

/// A page that says what is wrong.
pub(crate) fn trouble(problem: &Problem) -> Answer {
    let heading = match problem.kind {
        Kind::NotFound => "There is nothing here",
        Kind::TooMany | Kind::Unavailable => "Not at this moment",
        Kind::Internal => "Something went wrong here",
        _ => "That did not work",
    };
    let mut answer =
        page(problem.kind.status(), &Trouble { frame: Frame::empty(), heading, detail: sentence(&problem.detail) });
    answer.headers.extend(problem.retry_after.map(|seconds| ("retry-after", seconds.to_string())));
    answer
}

/// The style sheet, under its name.
pub(super) fn asset(call: &Call) -> Result<Answer, Problem> {
    if call.path.get("name").is_none_or(|name| *name != *STYLE_NAME) {
        return Err(Problem::not_found("there is no such file"));
    }
    let kept = "public, max-age=31536000, immutable";
    Ok(Answer::text("text/css; charset=utf-8", STYLE).with("cache-control", kept))
}

#[cfg(test)]
mod tests {
    use super::STYLE;

    /// How bright a colour is, as WCAG 2 has it.
    fn luminance(colour: &str) -> f64 {
        let part = |at: usize| {
            let part = f64::from(u8::from_str_radix(&colour[at..at + 2], 16).unwrap()) / 255.0;
            if part <= 0.04045 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * part(1) + 0.7152 * part(3) + 0.0722 * part(5)
    }

    #[test]
    fn text_can_be_read_and_edges_seen_in_the_light_and_in_the_dark() {
        for block in STYLE.split(":root {").skip(1).take(2) {
            let colour = |name: &str| {
                let value = block.split(&format!("--{name}: ")).nth(1).unwrap().split(';').next().unwrap();
                luminance(value)
            };
            for (front, back, least) in [
                ("text", "page", 4.5),
                ("text", "panel", 4.5),
                ("text-quiet", "page", 4.5),
                ("text-quiet", "panel", 4.5),
                ("link", "page", 4.5),
                ("link", "panel", 4.5),
                ("on-action", "action", 4.5),
                ("on-action", "action-strong", 4.5),
                ("bad", "bad-panel", 4.5),
                ("edge", "page", 3.0),
                ("edge", "panel", 3.0),
            ] {
                let (one, other) = (colour(front), colour(back));
                let contrast = (one.max(other) + 0.05) / (one.min(other) + 0.05);
                assert!(contrast >= least, "{front} on {back}: {contrast:.2}");
            }
        }
    }
}
