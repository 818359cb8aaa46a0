//! What pages bring along: the style sheet, modules of scripts, the icon. All lie in one folder, whose name changes
//! with what is in it, so that browsers may keep them for good and modules find one another by their plain names.

use std::sync::LazyLock;

use sha2::{Digest as _, Sha256};

use crate::api::answer::Answer;
use crate::api::call::Call;
use crate::api::problem::Problem;

macro_rules! joined {
    ($($name:literal),+ $(,)?) => { concat!($(include_str!(concat!("../../templates/", $name)), "\n"),+) };
}

/// How pages look.
pub(super) const STYLE: &str = joined!(
    "style/tokens.css",
    "style/base.css",
    "style/frame.css",
    "style/page.css",
    "style/form.css",
    "style/table.css",
    "style/band.css",
    "style/chart.css",
    "style/intake.css",
    "style/subject.css",
    "style/rule.css",
    "style/print.css",
);

const CSS: &str = "text/css; charset=utf-8";
const JS: &str = "text/javascript; charset=utf-8";
const SVG: &str = "image/svg+xml";

/// Name, type, content.
const ASSETS: &[(&str, &str, &str)] = &[
    ("app.css", CSS, STYLE),
    ("icon.svg", SVG, joined!("icon.svg")),
    ("ahead.js", JS, joined!("script/ahead.js")),
    ("copy.js", JS, joined!("script/copy.js")),
    ("list.js", JS, joined!("script/list.js")),
    ("factors.js", JS, joined!("script/factors.js")),
    ("print.js", JS, joined!("script/print.js")),
    ("local.js", JS, joined!("script/local.js")),
    ("drop.js", JS, joined!("script/drop.js")),
    ("live.js", JS, joined!("script/live.js")),
    ("bands.js", JS, joined!("script/bands.js")),
    ("rule.js", JS, joined!("script/rule.js")),
];

/// The name of the folder.
static VERSION: LazyLock<String> = LazyLock::new(|| {
    let mut hash = Sha256::new();
    for (name, _, content) in ASSETS {
        hash.update(name);
        hash.update(content);
    }
    hash.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect()
});

static FOLDER: LazyLock<String> = LazyLock::new(|| format!("/assets/{}", *VERSION));

/// The folder, as links have it.
pub(super) fn folder() -> &'static str {
    &FOLDER
}

/// One of them.
pub(super) fn asset(call: &Call) -> Result<Answer, Problem> {
    let part = |name: &str| call.path.get(name).map_or("", String::as_str);
    let found = ASSETS.iter().find(|(name, ..)| *name == part("name")).filter(|_| part("version") == *VERSION);
    let (_, kind, content) = found.ok_or_else(|| Problem::not_found("there is no such file"))?;
    Ok(Answer::text(kind, *content).with("cache-control", "public, max-age=31536000, immutable"))
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
            let holds = |front: &str, back: &str, least: f64| {
                let (one, other) = (colour(front), colour(back));
                let contrast = (one.max(other) + 0.05) / (one.min(other) + 0.05);
                assert!(contrast >= least, "{front} on {back}: {contrast:.2}");
            };
            for surface in ["page", "panel", "raised"] {
                ["text", "text-quiet", "link", "bad"].into_iter().for_each(|text| holds(text, surface, 4.5));
                ["edge", "plus", "minus"].into_iter().for_each(|edge| holds(edge, surface, 3.0));
                (1..=6).for_each(|band| holds(&format!("band-{band}"), surface, 3.0));
            }
            holds("text", "chosen", 4.5);
            holds("on-action", "action", 4.5);
            holds("on-action", "action-strong", 4.5);
            ["bad", "good", "warn"].into_iter().for_each(|word| holds(word, &format!("{word}-panel"), 4.5));
        }
    }
}
