//! What is wrong with a text, drawn beside the lines that it is about.

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};
use rules::model::Diagnostic;

use crate::wording::{counted, plain};

/// So many mistakes are drawn; whoever has more begins with these.
const SHOWN: usize = 50;

/// All that is wrong with a text, and how many that are; `styled` is for a terminal with colours.
pub fn all(name: &str, text: &str, diagnostics: &[Diagnostic], styled: bool) -> String {
    let mut shown = String::new();
    for diagnostic in diagnostics.iter().take(SHOWN) {
        shown.push_str(&one(name, text, diagnostic, styled));
        shown.push_str("\n\n");
    }
    let count = diagnostics.len();
    if count > SHOWN {
        shown.push_str(&format!("... and {} more\n\n", count - SHOWN));
    }
    shown.push_str(&format!("{name}: {}\n", counted(count, "error")));
    shown
}

fn one(name: &str, text: &str, diagnostic: &Diagnostic, styled: bool) -> String {
    let renderer = if styled { Renderer::styled() } else { Renderer::plain() };
    let span = &diagnostic.span;
    let annotation = AnnotationKind::Primary.span(span.clone()).label(plain(&diagnostic.label));
    let snippet = Snippet::source(text).path(name).annotation(annotation);
    let mut group = Level::ERROR.primary_title(plain(&diagnostic.message)).element(snippet);
    if let Some(help) = &diagnostic.help {
        group = group.element(Level::HELP.message(plain(help)));
    }
    renderer.decor_style(DecorStyle::Ascii).render(&[group])
}
