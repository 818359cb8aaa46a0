//! The languages that there are, and which of them somebody reads.

use std::sync::LazyLock;

use batch::wording::thousands;
use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use fluent_langneg::{NegotiationStrategy, negotiate_languages, parse_accepted_languages};
use unic_langid::LanguageIdentifier;

use super::TEXTS;
use super::value::Given;

/// Bytes of what a browser says of languages that are looked at.
const ACCEPTED_MAX: usize = 1024;

/// A language, with its texts.
pub(crate) struct Language {
    tag: LanguageIdentifier,
    texts: FluentBundle<FluentResource>,
}

/// The first is the one in which everything is said.
static LANGUAGES: LazyLock<Vec<Language>> =
    LazyLock::new(|| TEXTS.iter().map(|(tag, texts)| Language::new(tag, texts)).collect());

tokio::task_local! {
    static READ: &'static Language;
}

impl Language {
    /// What of it cannot be read is left out; a test looks for that.
    pub(super) fn new(tag: &str, texts: &str) -> Self {
        let tag: LanguageIdentifier = tag.parse().unwrap_or_default();
        let mut bundle = FluentBundle::new_concurrent(vec![tag.clone()]);
        // The marks around what is given would be copied from pages, and are in the way of links.
        bundle.set_use_isolating(false);
        bundle.set_formatter(Some(|value, _| match value {
            FluentValue::Number(number) => number.as_string().parse().ok().map(thousands),
            _ => None,
        }));
        let resource = FluentResource::try_new(texts.to_owned()).unwrap_or_else(|(read, _)| read);
        bundle.add_resource_overriding(resource);
        Self { tag, texts: bundle }
    }

    /// What a text is in this language, or in the first one as long as it is not written in this.
    pub(super) fn say(
        &self,
        id: &str,
        values: &[(&'static str, Given)],
        shown: fn(&Given) -> FluentValue<'static>,
    ) -> String {
        let given: FluentArgs = values.iter().map(|(name, value)| (*name, shown(value))).collect();
        let said = |language: &Self| {
            let text = language.texts.get_message(id)?;
            let mut errors = Vec::new();
            let said = language.texts.format_pattern(text.value()?, Some(&given), &mut errors).into_owned();
            errors.is_empty().then_some(said)
        };
        said(self).or_else(|| said(first())).unwrap_or_else(|| id.to_owned())
    }
}

fn first() -> &'static Language {
    &LANGUAGES[0]
}

/// The language somebody prefers of those that there are, by what their browser says.
pub(crate) fn preferred(accepted: Option<&str>) -> &'static Language {
    let Some(accepted) = accepted.filter(|accepted| accepted.len() <= ACCEPTED_MAX) else { return first() };
    let tags: Vec<&LanguageIdentifier> = LANGUAGES.iter().map(|language| &language.tag).collect();
    let asked = parse_accepted_languages(accepted);
    let found = negotiate_languages(&asked, &tags, None, NegotiationStrategy::Lookup);
    let found = found.first().and_then(|found| LANGUAGES.iter().find(|language| language.tag == ***found));
    found.unwrap_or_else(first)
}

/// The language of whoever reads what is made now.
pub(crate) fn current() -> &'static Language {
    READ.try_with(|language| *language).unwrap_or_else(|_| first())
}

/// The tag of that language, as HTML has it.
pub(crate) fn tag() -> String {
    current().tag.to_string()
}

/// What is made by this is made for a reader of a language.
pub(crate) fn within<T>(language: &'static Language, make: impl FnOnce() -> T) -> T {
    READ.sync_scope(language, make)
}

/// What is made by this future is made for a reader of a language.
pub(crate) async fn reading<T>(language: &'static Language, made: impl Future<Output = T>) -> T {
    READ.scope(language, made).await
}
