//! That all languages can be read, and that nothing is said that stands in no file of texts.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use fluent_bundle::FluentResource;
use fluent_syntax::ast::{Entry, InlineExpression, PatternElement};
use fluent_syntax::parser::parse;
use regex::Regex;

use super::*;
use crate::t;

fn language(tag: &str, texts: &str) -> &'static language::Language {
    Box::leak(Box::new(language::Language::new(tag, texts)))
}

#[test]
fn one_reads_ones_own_language_as_far_as_it_goes() {
    let texts = "edit = Bearbeiten\nhome-contacts = { $contacts } Kontakte, Stand { $at }\nsearch = { $what } suchen\n";
    within(language("de", texts), || {
        assert_eq!((t::tag(), t::edit().plain()), ("de".to_owned(), "Bearbeiten".to_owned()));
        assert_eq!(t::home_contacts("5", "<jetzt>").to_string(), "5 Kontakte, Stand &#60;jetzt&#62;");
        assert_eq!(t::home_contacts("5", "<jetzt>").plain(), "5 Kontakte, Stand <jetzt>");
        // What is not said yet, or asks for what it is not given, is said in English.
        assert_eq!((t::cancel().plain(), t::search().plain()), ("Cancel".to_owned(), "Search".to_owned()));
    });
    assert_eq!((t::tag(), t::edit().plain()), ("en".to_owned(), "Edit".to_owned()));
}

#[test]
fn who_prefers_what_is_not_there_reads_english() {
    for accepted in [None, Some("tlh"), Some("tlh, en-GB;q=0.5"), Some("en"), Some("\u{0}, ;;"), Some("*")] {
        assert_eq!(within(preferred(accepted), t::tag), "en", "{accepted:?}");
    }
}

#[test]
fn what_is_given_is_escaped_and_counts() {
    let html = t::html("<b>5</b>");
    assert_eq!(t::home_changed("+<5>", html).to_string(), "<strong>+&#60;5&#62;</strong> from <b>5</b>");
    assert_eq!(t::home_imports(12_345_usize).plain(), "12,345 running or waiting");
    assert_eq!(t::home_group_show(t::moves_risen()).plain(), "Risen: show them");
}

/// The values of each text of a language.
fn values(texts: &str) -> Vec<(String, BTreeSet<String>)> {
    let named = Regex::new(r"\$([a-z_]+)").unwrap();
    let of = |text: &str| named.captures_iter(text).map(|found| found[1].to_owned()).collect();
    let resource = parse(texts).unwrap_or_else(|(_, errors)| panic!("{errors:?}"));
    let text = |entry: &Entry<&str>| match entry {
        Entry::Message(message) => {
            let alone = fluent_syntax::ast::Message { comment: None, ..message.clone() };
            let text = fluent_syntax::serializer::serialize(&fluent_syntax::ast::Resource {
                body: vec![Entry::Message(alone)],
            });
            Some((message.id.name.to_owned(), of(&text)))
        }
        _ => None,
    };
    resource.body.iter().filter_map(text).collect()
}

#[test]
fn every_language_says_the_same() {
    let english = values(TEXTS[0].1);
    for (tag, texts) in TEXTS {
        assert!(FluentResource::try_new((*texts).to_owned()).is_ok(), "{tag}");
        let mut seen = BTreeSet::new();
        for (id, given) in values(texts) {
            assert!(seen.insert(id.clone()), "{tag}: {id} is said twice");
            let first = english.iter().find(|(known, _)| *known == id);
            let (_, known) = first.unwrap_or_else(|| panic!("{tag}: nothing says {id}"));
            assert!(given.is_subset(known), "{tag}: {id} has no value {:?}", given.difference(known));
        }
    }
}

/// A text may stand in an attribute, and a browser may not take it for more than it is.
#[test]
fn texts_are_html_that_may_stand_anywhere() {
    let tag = Regex::new(r#"^/?(strong|em|b|q|code|kbd|small|span|a)( (class|href|title)="[^"<>]*")*$"#).unwrap();
    for (language, texts) in TEXTS {
        for entry in parse(*texts).unwrap().body {
            let Entry::Message(message) = entry else { continue };
            let mut text = String::new();
            for element in message.value.into_iter().flat_map(|value| value.elements) {
                match element {
                    PatternElement::TextElement { value } => text.push_str(value),
                    PatternElement::Placeable { expression } => {
                        if let fluent_syntax::ast::Expression::Inline(InlineExpression::StringLiteral { value }) =
                            expression
                        {
                            text.push_str(value);
                        }
                    }
                }
            }
            let mut rest = text.as_str();
            while let Some((before, after)) = rest.split_once('<') {
                let (inside, after) = after.split_once('>').unwrap_or_else(|| panic!("{language}: {text}"));
                assert!(tag.is_match(inside) && !before.contains(['"', '&', '>']), "{language}: {text}");
                rest = after;
            }
            assert!(!rest.contains(['"', '&', '>']), "{language}: {text}");
        }
    }
}

fn templates(folder: &Path, found: &mut Vec<PathBuf>) {
    for file in fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        match path.extension() {
            _ if path.is_dir() => templates(&path, found),
            Some(extension) if extension == "html" => found.push(path),
            _ => {}
        }
    }
}

#[test]
fn templates_say_nothing_themselves() {
    let mut found = Vec::new();
    templates(&Path::new(env!("CARGO_MANIFEST_DIR")).join("templates"), &mut found);
    assert!(found.len() > 50, "{}", found.len());
    let made = Regex::new(r"(?s)\{% block width %\}\w*|\{%.*?%\}|\{\{.*?\}\}|\{#.*?#\}").unwrap();
    let attribute = Regex::new(r#"\b(title|aria-label|placeholder|alt)="([^"]*)""#).unwrap();
    // Names of the model language and of time zones are what they are in every language.
    let code = Regex::new(r"\w+[./]\w+").unwrap();
    let tag = Regex::new(r#"(?s)<(code|pre)\b.*?</(code|pre)>|[a-z-]+="[^"]*"|<[^>]*>|&[a-z]+;"#).unwrap();
    let word = Regex::new(r"[A-Za-z]{2,}").unwrap();
    let mut told = Vec::new();
    for path in found {
        let bare = made.replace_all(&fs::read_to_string(&path).unwrap(), "").into_owned();
        let shown = attribute.captures_iter(&bare).map(|found| found[2].to_owned()).filter(|text| !code.is_match(text));
        let shown: Vec<String> = shown.chain([tag.replace_all(&bare, " ").into_owned()]).collect();
        let words = shown.iter().flat_map(|text| word.find_iter(text)).filter(|word| word.as_str() != "Fervor");
        told.extend(words.map(|word| format!("{}: {}", path.display(), word.as_str())));
    }
    assert!(told.is_empty(), "these stand in a template, and not in texts/en.ftl:\n{}", told.join("\n"));
}
