//! Conditions as lists of comparisons, as a form can show them, and back.
//!
//! What a list cannot say - functions, words within words, one name beside another - stays a text.

use rules::condition::{Comparison as Sign, Literal, Name, Operand, Predicate, Space};
use rules::day::Day;
use rules::decimal::Decimal;

/// A condition that is a list of comparisons.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Simple {
    /// Whether one of them is enough.
    pub any: bool,
    /// The comparisons, at least one.
    pub parts: Vec<Part>,
}

/// A comparison: a name, how it is compared, and with what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// What is compared.
    pub name: Name,
    /// How.
    pub how: How,
    /// With what, as people write it: `20`, `2026-01-31`, `true`, anything else is a text; what looks like one of
    /// these and is a text stands in single quotes. Several are parted by commas.
    pub with: String,
}

/// How a name is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// `=`
    Is,
    /// `<>`
    IsNot,
    /// `>=`
    AtLeast,
    /// `<=`
    AtMost,
    /// `>`
    More,
    /// `<`
    Less,
    /// `BETWEEN`, with two values
    Between,
    /// `NOT BETWEEN`, with two values
    NotBetween,
    /// `IN`
    OneOf,
    /// `NOT IN`
    NoneOf,
    /// `ILIKE '%...%'`
    Contains,
    /// `NOT ILIKE '%...%'`
    ContainsNot,
    /// `starts_with`
    Begins,
    /// `LIKE`
    Like,
    /// `NOT LIKE`
    NotLike,
    /// `ILIKE`
    AnyCaseLike,
    /// `NOT ILIKE`
    NotAnyCaseLike,
    /// `IS NOT NULL`, with nothing
    Known,
    /// `IS NULL`, with nothing
    Unknown,
    /// The name by itself, with nothing
    True,
    /// `NOT` and the name, with nothing
    NotTrue,
}

impl How {
    /// All with the words by which forms send them.
    pub const ALL: [(&'static str, Self); 21] = [
        ("is", Self::Is),
        ("is-not", Self::IsNot),
        ("at-least", Self::AtLeast),
        ("at-most", Self::AtMost),
        ("more", Self::More),
        ("less", Self::Less),
        ("between", Self::Between),
        ("not-between", Self::NotBetween),
        ("one-of", Self::OneOf),
        ("none-of", Self::NoneOf),
        ("contains", Self::Contains),
        ("contains-not", Self::ContainsNot),
        ("begins", Self::Begins),
        ("like", Self::Like),
        ("not-like", Self::NotLike),
        ("any-case-like", Self::AnyCaseLike),
        ("not-any-case-like", Self::NotAnyCaseLike),
        ("known", Self::Known),
        ("unknown", Self::Unknown),
        ("true", Self::True),
        ("not-true", Self::NotTrue),
    ];

    /// The word by which forms send it.
    pub fn word(self) -> &'static str {
        Self::ALL[self as usize].0
    }

    /// The one of a word.
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.iter().find(|(known, _)| *known == word).map(|&(_, how)| how)
    }

    /// Whether it compares with anything.
    pub fn has_value(self) -> bool {
        !matches!(self, Self::Known | Self::Unknown | Self::True | Self::NotTrue)
    }
}

impl Simple {
    /// A condition as a list; `None` where a list cannot say it.
    pub fn of(predicate: &Predicate) -> Option<Self> {
        let (any, parts) = match predicate {
            Predicate::All(parts) => (false, parts.as_slice()),
            Predicate::Any(parts) => (true, parts.as_slice()),
            one => (false, std::slice::from_ref(one)),
        };
        let parts: Option<Vec<Part>> = parts.iter().map(Part::of).collect();
        parts.map(|parts| Self { any, parts })
    }

    /// The text of the condition.
    pub fn text(&self) -> String {
        let parts: Vec<String> = self.parts.iter().map(Part::text).collect();
        parts.join(if self.any { " OR " } else { " AND " })
    }
}

fn name_of(operand: &Operand) -> Option<&Name> {
    match operand {
        Operand::Name(name) => Some(name),
        _ => None,
    }
}

fn literal_of(operand: &Operand) -> Option<&Literal> {
    match operand {
        Operand::Literal(literal) => Some(literal),
        _ => None,
    }
}

impl Part {
    fn of(predicate: &Predicate) -> Option<Self> {
        let (predicate, negated) = match predicate {
            Predicate::Not(inner) => (&**inner, true),
            other => (other, false),
        };
        let part =
            |operand: &Operand, how: How, with: String| Some(Self { name: name_of(operand)?.clone(), how, with });
        let or = |plain: How, other: How| if negated { other } else { plain };
        match predicate {
            Predicate::Truth(operand) => part(operand, or(How::True, How::NotTrue), String::new()),
            Predicate::Missing(operand) => part(operand, or(How::Unknown, How::Known), String::new()),
            Predicate::Compare(operand, sign, with) if !negated => {
                let how = match sign {
                    Sign::Equal => How::Is,
                    Sign::NotEqual => How::IsNot,
                    Sign::Less => How::Less,
                    Sign::LessOrEqual => How::AtMost,
                    Sign::Greater => How::More,
                    Sign::GreaterOrEqual => How::AtLeast,
                };
                part(operand, how, shown(literal_of(with)?, false))
            }
            Predicate::In(operand, list) => {
                let list: Option<Vec<_>> = list.iter().map(literal_of).collect();
                let shown: Vec<_> = list?.into_iter().map(|literal| shown(literal, true)).collect();
                part(operand, or(How::OneOf, How::NoneOf), shown.join(", "))
            }
            Predicate::Between(operand, low, high) => {
                let both = format!("{}, {}", shown(literal_of(low)?, true), shown(literal_of(high)?, true));
                part(operand, or(How::Between, How::NotBetween), both)
            }
            Predicate::StartsWith(operand, with) if !negated => match literal_of(with)? {
                Literal::Text(text) => part(operand, How::Begins, text.to_string()),
                _ => None,
            },
            Predicate::Like(operand, like) if like.escape.is_none() => {
                let inner = like.pattern.strip_prefix('%').and_then(|rest| rest.strip_suffix('%'));
                let plain = inner.filter(|inner| like.any_case && !inner.is_empty() && !inner.contains(['%', '_']));
                match plain {
                    Some(inner) => part(operand, or(How::Contains, How::ContainsNot), inner.to_owned()),
                    None if like.any_case => {
                        part(operand, or(How::AnyCaseLike, How::NotAnyCaseLike), like.pattern.to_string())
                    }
                    None => part(operand, or(How::Like, How::NotLike), like.pattern.to_string()),
                }
            }
            _ => None,
        }
    }

    /// As SQL.
    fn text(&self) -> String {
        let (name, with) = (&self.name, &self.with);
        let one = || read(with).to_string();
        let quoted = |text: &str| Literal::Text(text.into()).to_string();
        let list = || separated(with).iter().map(|item| read(item).to_string()).collect::<Vec<_>>();
        match self.how {
            How::Is => format!("{name} = {}", one()),
            How::IsNot => format!("{name} <> {}", one()),
            How::Less => format!("{name} < {}", one()),
            How::AtMost => format!("{name} <= {}", one()),
            How::More => format!("{name} > {}", one()),
            How::AtLeast => format!("{name} >= {}", one()),
            How::Between => format!("{name} BETWEEN {}", list().join(" AND ")),
            How::NotBetween => format!("{name} NOT BETWEEN {}", list().join(" AND ")),
            How::OneOf => format!("{name} IN ({})", list().join(", ")),
            How::NoneOf => format!("{name} NOT IN ({})", list().join(", ")),
            How::Contains => format!("{name} ILIKE {}", quoted(&format!("%{with}%"))),
            How::ContainsNot => format!("{name} NOT ILIKE {}", quoted(&format!("%{with}%"))),
            How::Begins => format!("starts_with({name}, {})", quoted(with)),
            How::Like => format!("{name} LIKE {}", quoted(with)),
            How::NotLike => format!("{name} NOT LIKE {}", quoted(with)),
            How::AnyCaseLike => format!("{name} ILIKE {}", quoted(with)),
            How::NotAnyCaseLike => format!("{name} NOT ILIKE {}", quoted(with)),
            How::Known => format!("{name} IS NOT NULL"),
            How::Unknown => format!("{name} IS NULL"),
            How::True => name.to_string(),
            How::NotTrue => format!("NOT {name}"),
        }
    }
}

/// The name that people wrote: `contact.job title` as well as `contact."job title"`.
pub fn name(written: &str) -> Option<Name> {
    let (space, id) = written.trim().split_once('.')?;
    let &(_, space) = Space::ALL.iter().find(|(word, _)| *word == space)?;
    let id = id
        .strip_prefix('"')
        .and_then(|id| id.strip_suffix('"'))
        .map_or_else(|| id.to_owned(), |id| id.replace("\"\"", "\""));
    (!id.is_empty()).then(|| Name { space, id: id.as_str().into() })
}

/// A literal as people write it; within a list, commas are told from those of the list.
fn shown(literal: &Literal, in_list: bool) -> String {
    match literal {
        Literal::Number(number) => number.to_string(),
        Literal::Truth(truth) => truth.to_string(),
        Literal::Date(day) => day.to_string(),
        Literal::Text(text) => {
            let is_plain = !text.is_empty() && read(text) == *literal && !(in_list && text.contains([',', '\'']));
            if is_plain { text.to_string() } else { format!("'{}'", text.replace('\'', "''")) }
        }
    }
}

/// Texts as one, parted by commas.
pub fn joined<'t>(texts: impl IntoIterator<Item = &'t str>) -> String {
    let texts: Vec<String> = texts.into_iter().map(|text| shown(&Literal::Text(text.into()), true)).collect();
    texts.join(", ")
}

/// The texts of such a list.
pub fn parted(list: &str) -> Vec<String> {
    let text = |item: &String| {
        let item = item.trim();
        let quoted = item.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\''));
        quoted.map_or_else(|| item.to_owned(), |quoted| quoted.replace("''", "'"))
    };
    separated(list).iter().map(text).collect()
}

/// What people mean by what they wrote.
fn read(written: &str) -> Literal {
    let written = written.trim();
    let quoted = written.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\''));
    match quoted {
        Some(text) => return Literal::Text(text.replace("''", "'").as_str().into()),
        None if written.eq_ignore_ascii_case("true") => return Literal::Truth(true),
        None if written.eq_ignore_ascii_case("false") => return Literal::Truth(false),
        None => {}
    }
    if let Ok(number) = Decimal::parse_exact(written) {
        return Literal::Number(number);
    }
    Day::parse(written).map_or_else(|| Literal::Text(written.into()), Literal::Date)
}

/// The items of a list: parted by commas that stand outside of quotes.
fn separated(list: &str) -> Vec<String> {
    let mut items = vec![String::new()];
    let mut is_quoted = false;
    for letter in list.chars() {
        let last = items.len() - 1;
        match letter {
            ',' if !is_quoted => items.push(String::new()),
            '\'' if is_quoted || items[last].trim().is_empty() || items[last].ends_with('\'') => {
                is_quoted = !is_quoted;
                items[last].push(letter);
            }
            other => items[last].push(other),
        }
    }
    items.retain(|item| !item.trim().is_empty());
    items
}

#[cfg(test)]
mod tests {
    use rules::condition::{Condition, Scope};
    use rules::testing::{Dice, condition};

    use super::*;

    fn parsed(text: &str) -> Predicate {
        let spaces = Space::ALL.map(|(_, space)| space);
        let scope = Scope { place: "a test", spaces: &spaces, scores: &["engagement", "fit"], categories: &["work"] };
        Condition::parse(text, &scope).unwrap_or_else(|problems| panic!("{text}: {problems:?}")).predicate
    }

    #[test]
    fn lists_of_comparisons_are_shown_and_read() {
        for (text, how, with) in [
            ("contact.city = 'Oslo'", "is", "Oslo"),
            ("contact.zip = '0150'", "is", "'0150'"),
            ("contact.zip = 150", "is", "150"),
            ("contact.note = 'it''s'", "is", "it's"),
            ("contact.note = '''so'''", "is", "'''so'''"),
            ("contact.note = ''", "is", "''"),
            ("contact.note = 'true'", "is", "'true'"),
            ("contact.in = TRUE", "is", "true"),
            ("contact.joined >= DATE '2024-01-31'", "at-least", "2024-01-31"),
            ("contact.joined >= '2024-01-31'", "at-least", "'2024-01-31'"),
            ("contact.city IN ('Oslo', 'Bergen, Vest', 'it''s')", "one-of", "Oslo, 'Bergen, Vest', 'it''s'"),
            ("contact.seats NOT IN (1, 2.5)", "none-of", "1, 2.5"),
            ("contact.seats BETWEEN -1 AND 3", "between", "-1, 3"),
            ("contact.seats NOT BETWEEN 1 AND 3", "not-between", "1, 3"),
            ("contact.title ILIKE '%chief%'", "contains", "chief"),
            ("contact.title NOT ILIKE '%chief%'", "contains-not", "chief"),
            ("contact.title ILIKE 'chief%'", "any-case-like", "chief%"),
            ("contact.title LIKE '%a%'", "like", "%a%"),
            ("starts_with(contact.title, 'Chief')", "begins", "Chief"),
            ("contact.\"Job title\" IS NULL", "unknown", ""),
            ("contact.title IS NOT NULL", "known", ""),
            ("contact.opted_in", "true", ""),
            ("NOT contact.opted_in", "not-true", ""),
        ] {
            let predicate = parsed(text);
            let simple = Simple::of(&predicate).unwrap_or_else(|| panic!("{text}"));
            assert_eq!((simple.parts[0].how.word(), &*simple.parts[0].with), (how, with), "{text}");
            assert_eq!(simple.text(), text);
            assert_eq!(name(&simple.parts[0].name.to_string()), Some(simple.parts[0].name.clone()));
        }
    }

    #[test]
    fn what_a_list_cannot_say_stays_a_text() {
        for text in [
            "lower(contact.city) = 'oslo'",
            "contact.a = contact.b",
            "contact.a = 1 AND (contact.b = 2 OR contact.c = 3)",
            "contact.a LIKE 'x!%' ESCAPE '!'",
            "NOT (contact.a = 1)",
            "regexp_like(contact.a, 'x')",
            "coalesce(contact.a, 1) = 1",
        ] {
            assert_eq!(Simple::of(&parsed(text)), None, "{text}");
        }
    }

    #[test]
    fn random_conditions_come_back_as_they_were() {
        let mut simple = 0;
        for seed in 0..2000 {
            let mut dice = Dice::new(seed);
            let text = condition(&mut dice, &["activity", "contact", "account"], 2);
            let predicate = parsed(&text);
            let Some(list) = Simple::of(&predicate) else { continue };
            simple += 1;
            assert_eq!(parsed(&list.text()), predicate, "{text}: {}", list.text());
        }
        assert!(simple > 500, "{simple}");
    }

    #[test]
    fn names_are_read_as_people_write_them() {
        let read = |text: &str| name(text).map(|name| name.to_string());
        assert_eq!(read("contact.job_title"), Some("contact.job_title".into()));
        assert_eq!(read(" contact.job title "), Some("contact.\"job title\"".into()));
        assert_eq!(read("nobody.x"), None);
        assert_eq!(read("contact."), None);
        assert_eq!(read("x"), None);
    }
}
