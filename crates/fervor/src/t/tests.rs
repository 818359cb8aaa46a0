//! That all languages can be read, and that nothing is said that stands in no file of texts.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use fluent_bundle::{FluentArgs, FluentBundle, FluentResource, FluentValue};
use fluent_syntax::ast::{Entry, Message, Resource};
use fluent_syntax::parser::parse;
use fluent_syntax::serializer::serialize;
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

/// A text as it is written, what it is given, and which other texts it says.
struct Written {
    text: String,
    values: BTreeSet<String>,
    others: BTreeSet<String>,
}

/// The texts of a language.
fn written(tag: &str, texts: &str) -> BTreeMap<String, Written> {
    let value = Regex::new(r"\$([a-z_]+)").unwrap();
    let other = Regex::new(r"\{ ([a-z][a-z0-9-]*) \}").unwrap();
    let all = |of: &Regex, text: &str| of.captures_iter(text).map(|found| found[1].to_owned()).collect();
    let mut written = BTreeMap::new();
    for entry in parse(texts).unwrap_or_else(|(_, errors)| panic!("{tag}: {errors:?}")).body {
        let message = match entry {
            Entry::Message(message) => message,
            Entry::Term(term) => panic!("{tag}: -{}: say it as a text", term.id.name),
            _ => continue,
        };
        let id = message.id.name.to_owned();
        let text = serialize(&Resource { body: vec![Entry::Message(Message { comment: None, ..message })] });
        let one = Written { values: all(&value, &text), others: all(&other, &text), text };
        assert!(written.insert(id.clone(), one).is_none(), "{tag}: {id} is said twice");
    }
    written
}

/// What a text is given, with what is given to those that it says.
fn given(id: &str, all: &BTreeMap<String, Written>) -> BTreeSet<String> {
    let one = &all[id];
    one.values.iter().cloned().chain(one.others.iter().flat_map(|other| given(other, all))).collect()
}

/// The tags within a text, in all that it may become.
fn tags(text: &str) -> BTreeSet<String> {
    let text = text.replace("->", "");
    text.split('<').skip(1).map(|rest| rest.split_once('>').unwrap_or_else(|| panic!("{text}")).0.to_owned()).collect()
}

#[test]
fn every_language_says_the_same() {
    let english = written("en", TEXTS[0].1);
    for (tag, texts) in TEXTS {
        let all = written(tag, texts);
        let mut bundle = FluentBundle::new(vec![tag.parse().unwrap()]);
        bundle.add_resource(FluentResource::try_new((*texts).to_owned()).unwrap()).unwrap();
        for (id, one) in &all {
            assert!(english.contains_key(id), "{tag}: nothing says {id}");
            let missing = one.others.iter().find(|other| !all.contains_key(*other));
            assert!(missing.is_none(), "{tag}: {id} says {missing:?}, which is not there");
            let known = given(id, &english);
            assert!(given(id, &all).is_subset(&known), "{tag}: {id} is given no more than {known:?}");
            // What may stand in an attribute, as it has no tags in English, has none anywhere.
            assert!(tags(&one.text).is_subset(&tags(&english[id].text)), "{tag}: {id} has other tags than in English");
            let args: FluentArgs = known.iter().map(|name| (name.clone(), FluentValue::from(5))).collect();
            let mut errors = Vec::new();
            bundle.format_pattern(bundle.get_message(id).unwrap().value().unwrap(), Some(&args), &mut errors);
            assert!(errors.is_empty(), "{tag}: {id}: {errors:?}");
        }
    }
}

/// A browser may not take a text for more than it is.
#[test]
fn texts_are_harmless_html() {
    let tag = Regex::new(r#"^(/?(strong|em|b|q|code|kbd|small|span|a)|(a|span|q|small)( (class|href)="[^"<>]*")+)$"#);
    let (tag, literal) = (tag.unwrap(), Regex::new(r#"\{ ?"[^"]*" ?\}"#).unwrap());
    let any = Regex::new("<[^>]*>").unwrap();
    for (language, texts) in TEXTS {
        for Written { text, .. } in written(language, texts).values() {
            let odd = tags(text).into_iter().find(|inside| !tag.is_match(inside));
            assert!(odd.is_none(), "{language}: <{odd:?}>: {text}");
            let bare = any.replace_all(&text.replace("->", ""), "").into_owned();
            assert!(!literal.replace_all(&bare, "").contains(['"', '&', '<', '>']), "{language}: {text}");
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
