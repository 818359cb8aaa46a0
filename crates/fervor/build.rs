//! Makes a function of each text that pages say, so that a text that is missing, or is not used, or is given other
//! values than it has, is found when the pages are compiled.

#![allow(clippy::disallowed_methods, clippy::print_stdout, reason = "cargo asks and is told in these ways alone")]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs};

use fluent_syntax::ast::{Entry, Expression, InlineExpression, Pattern, PatternElement, Resource};
use fluent_syntax::parser::parse;
use fluent_syntax::serializer::serialize;

/// The language in which every text is written first.
const FIRST: &str = "en";
const FOLDER: &str = "texts";

type Failed = Box<dyn std::error::Error>;
type Patterns<'t> = BTreeMap<&'t str, &'t Pattern<&'t str>>;

fn main() -> Result<(), Failed> {
    println!("cargo::rerun-if-changed={FOLDER}");
    let folder = Path::new(&env::var("CARGO_MANIFEST_DIR")?).join(FOLDER);
    let mut made = functions(&fs::read_to_string(folder.join(format!("{FIRST}.ftl")))?)?;
    made.push_str(&languages(&folder)?);
    Ok(fs::write(Path::new(&env::var("OUT_DIR")?).join("texts.rs"), made)?)
}

/// Each language that has a file: its tag and its texts, the first one first.
fn languages(folder: &Path) -> Result<String, Failed> {
    let mut tags = Vec::new();
    for file in fs::read_dir(folder)? {
        let name = file?.file_name();
        tags.extend(name.to_str().and_then(|name| name.strip_suffix(".ftl")).map(str::to_owned));
    }
    tags.sort_by_key(|tag| (tag != FIRST, tag.clone()));
    let mut made = String::from("pub(super) const TEXTS: &[(&str, &str)] = &[\n");
    for tag in tags {
        let path = folder.join(format!("{tag}.ftl"));
        writeln!(made, "    ({tag:?}, include_str!({path:?})),")?;
    }
    made.push_str("];\n");
    Ok(made)
}

/// A function for each text, with an argument for each value in the order in which it reads them.
fn functions(text: &str) -> Result<String, Failed> {
    let resource = parse(text).map_err(|(_, errors)| {
        let line = |at: usize| text[..at.min(text.len())].matches('\n').count() + 1;
        let told: Vec<String> = errors.iter().map(|error| format!("line {}: {error}", line(error.pos.start))).collect();
        format!("{FOLDER}/{FIRST}.ftl: {}", told.join("; "))
    })?;
    let messages =
        || resource.body.iter().filter_map(|entry| if let Entry::Message(one) = entry { Some(one) } else { None });
    let patterns: Patterns = messages().filter_map(|one| Some((one.id.name, one.value.as_ref()?))).collect();
    let read = |pattern| {
        let mut reader = Reader { patterns: &patterns, values: Vec::new(), others: BTreeSet::new(), odd: Vec::new() };
        reader.pattern(pattern);
        reader
    };
    let others: BTreeSet<&str> = patterns.values().flat_map(|pattern| read(pattern).others).collect();
    let mut made = String::new();
    for message in messages() {
        let Some(pattern) = &message.value else { continue };
        let Reader { values, odd, .. } = read(pattern);
        let id = message.id.name;
        if let [odd, ..] = &odd[..] {
            return Err(format!("{FOLDER}/{FIRST}.ftl: `{id}` asks for `{odd}`, which is no text").into());
        }
        for line in serialize(&Resource { body: vec![Entry::Message(message.clone())] }).trim().lines() {
            writeln!(made, "/// {}", line.replace(['<', '>', '[', ']'], "|"))?;
        }
        if others.contains(id) {
            made.push_str("#[allow(dead_code, reason = \"other texts say it\")]\n");
        }
        let given: Vec<String> = values.iter().map(|value| format!("{value}: impl Value")).collect();
        let kept: Vec<String> = values.iter().map(|value| format!("({value:?}, {value}.given())")).collect();
        writeln!(made, "pub(crate) fn {}({}) -> Text {{", id.replace('-', "_"), given.join(", "))?;
        writeln!(made, "    Text {{ id: {id:?}, values: vec![{}] }}\n}}\n", kept.join(", "))?;
    }
    Ok(made)
}

/// What a text reads: values, and other texts with theirs.
struct Reader<'t> {
    patterns: &'t Patterns<'t>,
    values: Vec<&'t str>,
    others: BTreeSet<&'t str>,
    /// What is no text: functions and terms are not used, so that whoever translates needs to know of neither.
    odd: Vec<&'t str>,
}

impl<'t> Reader<'t> {
    fn pattern(&mut self, pattern: &'t Pattern<&'t str>) {
        for element in &pattern.elements {
            if let PatternElement::Placeable { expression } = element {
                self.expression(expression);
            }
        }
    }

    fn expression(&mut self, expression: &'t Expression<&'t str>) {
        match expression {
            Expression::Inline(inline) => self.inline(inline),
            Expression::Select { selector, variants } => {
                self.inline(selector);
                variants.iter().for_each(|variant| self.pattern(&variant.value));
            }
        }
    }

    fn inline(&mut self, inline: &'t InlineExpression<&'t str>) {
        match inline {
            InlineExpression::VariableReference { id } if !self.values.contains(&id.name) => self.values.push(id.name),
            // One that says itself would be read for ever.
            InlineExpression::MessageReference { id, .. } if self.others.insert(id.name) => {
                match self.patterns.get(id.name) {
                    Some(other) => self.pattern(other),
                    None => self.odd.push(id.name),
                }
            }
            InlineExpression::TermReference { id, .. } => self.odd.push(id.name),
            InlineExpression::FunctionReference { id, .. } => self.odd.push(id.name),
            InlineExpression::Placeable { expression } => self.expression(expression),
            _ => {}
        }
    }
}
