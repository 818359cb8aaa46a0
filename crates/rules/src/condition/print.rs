//! A predicate as text that parses to the same predicate.

use std::fmt::{self, Display, Formatter};

use super::{Comparison, Literal, Name, Operand, Predicate};

impl Display for Predicate {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Truth(operand) => write!(out, "{operand}"),
            Self::Not(inner) => write!(out, "NOT ({inner})"),
            Self::All(parts) => joined(parts, " AND ", out),
            Self::Any(parts) => joined(parts, " OR ", out),
            Self::Compare(left, comparison, right) => write!(out, "{left} {comparison} {right}"),
            Self::In(operand, list) => {
                write!(out, "{operand} IN (")?;
                separated(list, out)?;
                out.write_str(")")
            }
            Self::Between(operand, low, high) => write!(out, "{operand} BETWEEN {low} AND {high}"),
            Self::Like(operand, like) => {
                let word = if like.any_case { "ILIKE" } else { "LIKE" };
                write!(out, "{operand} {word} {}", Quoted(&like.pattern))?;
                match like.escape {
                    Some(escape) => write!(out, " ESCAPE {}", Quoted(escape.encode_utf8(&mut [0; 4]))),
                    None => Ok(()),
                }
            }
            Self::Missing(operand) => write!(out, "{operand} IS NULL"),
            Self::StartsWith(text, prefix) => write!(out, "starts_with({text}, {prefix})"),
            Self::Matches(operand, regexp) => {
                write!(out, "regexp_like({operand}, {})", Quoted(regexp.pattern()))
            }
        }
    }
}

fn joined(parts: &[Predicate], word: &str, out: &mut Formatter<'_>) -> fmt::Result {
    for (index, part) in parts.iter().enumerate() {
        if index > 0 {
            out.write_str(word)?;
        }
        match part {
            Predicate::All(_) | Predicate::Any(_) => write!(out, "({part})")?,
            leaf => write!(out, "{leaf}")?,
        }
    }
    Ok(())
}

fn separated(operands: &[Operand], out: &mut Formatter<'_>) -> fmt::Result {
    for (index, operand) in operands.iter().enumerate() {
        let comma = if index > 0 { ", " } else { "" };
        write!(out, "{comma}{operand}")?;
    }
    Ok(())
}

/// A text in single quotes, those inside doubled.
struct Quoted<'a>(&'a str);

impl Display for Quoted<'_> {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        write!(out, "'{}'", self.0.replace('\'', "''"))
    }
}

impl Display for Operand {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Literal(literal) => write!(out, "{literal}"),
            Self::Name(name) => write!(out, "{name}"),
            Self::Lower(inner) => write!(out, "lower({inner})"),
            Self::Upper(inner) => write!(out, "upper({inner})"),
            Self::Length(inner) => write!(out, "length({inner})"),
            Self::Coalesce(parts) => {
                out.write_str("coalesce(")?;
                separated(parts, out)?;
                out.write_str(")")
            }
        }
    }
}

impl Display for Literal {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => write!(out, "{}", Quoted(text)),
            Self::Number(number) => write!(out, "{number}"),
            Self::Truth(true) => out.write_str("TRUE"),
            Self::Truth(false) => out.write_str("FALSE"),
            Self::Date(day) => write!(out, "DATE '{day}'"),
        }
    }
}

/// `contact.job_title`, or `contact."Job title"` where the attribute is not a plain word.
impl Display for Name {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        let mut letters = self.id.chars();
        let plain = letters.next().is_some_and(|first| first.is_ascii_alphabetic() || first == '_')
            && letters.all(|letter| letter.is_ascii_alphanumeric() || letter == '_');
        if plain {
            write!(out, "{}.{}", self.space.word(), self.id)
        } else {
            write!(out, "{}.\"{}\"", self.space.word(), self.id.replace('"', "\"\""))
        }
    }
}

impl Display for Comparison {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Equal => "=",
            Self::NotEqual => "<>",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
        })
    }
}
