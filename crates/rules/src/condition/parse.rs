//! From SQL text to a checked predicate: syntax by `sqlparser`, the closed list by us.

use std::ops::Range;

use sqlparser::ast::{
    BinaryOperator, DataType, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments, Ident, ObjectNamePart,
    Spanned as _, UnaryOperator, Value as Sql, ValueWithSpan,
};
use sqlparser::dialect::PostgreSqlDialect;
use sqlparser::keywords::Keyword;
use sqlparser::parser::{Parser, ParserError};
use sqlparser::tokenizer::{Location, Span, Token, TokenWithSpan, Tokenizer};

use super::hints::{expected, foreign, instead, left_over, unquoted_name, unquoted_pattern};
use super::pattern::{Like, Regexp};
use super::{Comparison, Literal, Name, Operand, Predicate, Space};
use crate::day::Day;
use crate::decimal::{Decimal, ParseError};
use crate::suggest::nearest;

/// How deep the parser may go; it takes two levels itself, and stops there.
const DEPTH_MAX: usize = 42;

/// Operators in one condition. They can nest one inside the other on the left without any
/// parenthesis, so that this bounds how deep a syntax tree becomes; values in a list are free.
const OPERATORS_MAX: usize = 1_000;

/// Something wrong with a condition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// What is wrong.
    pub message: String,
    /// Where, in bytes of the condition's text.
    pub span: Range<usize>,
    /// What to do about it.
    pub help: Option<String>,
}

/// The names that a condition may use where it stands.
#[derive(Clone, Copy, Debug)]
pub struct Scope<'a> {
    /// What stands there, for messages: ``the `where` of an activity rule``.
    pub place: &'a str,
    /// The spaces that mean something there.
    pub spaces: &'a [Space],
    /// The ids that `score`, `band` and `percentile` may name.
    pub scores: &'a [&'a str],
    /// The ids that `category` may name.
    pub categories: &'a [&'a str],
}

/// Parses and checks; gives all problems with names at once, but stops at the first of syntax.
pub(super) fn parse(text: &str, scope: &Scope<'_>) -> Result<Predicate, Vec<Problem>> {
    let expression = syntax(text).map_err(|problem| vec![problem])?;
    let mut reader = Reader { text, scope, problems: Vec::new() };
    match reader.predicate(&expression) {
        Some(predicate) if reader.problems.is_empty() => Ok(predicate),
        _ => Err(reader.problems),
    }
}

/// Reads a single name, as `since` and `cohort` take it.
pub(crate) fn read_name(text: &str, scope: &Scope<'_>) -> Result<Name, Vec<Problem>> {
    let expression = syntax(text).map_err(|problem| vec![problem])?;
    let mut reader = Reader { text, scope, problems: Vec::new() };
    let name = match &expression {
        Expr::Identifier(ident) => reader.name(std::slice::from_ref(ident), &expression),
        Expr::CompoundIdentifier(parts) => reader.name(parts, &expression),
        _ => None,
    };
    match name {
        Some(name) => Ok(name),
        None if reader.problems.is_empty() => Err(vec![Problem {
            message: "expected a single name".into(),
            span: 0..text.len(),
            help: Some("write for example `contact.member_since`".into()),
        }]),
        None => Err(reader.problems),
    }
}

fn syntax(text: &str) -> Result<Expr, Problem> {
    let problem = |message: String, span| Problem { message, span, help: None };
    let dialect = PostgreSqlDialect {};
    let tokens = Tokenizer::new(&dialect, text).tokenize_with_location().map_err(|error| {
        let at = offset(text, error.location);
        match error.message.starts_with("Unterminated string") {
            true => Problem {
                help: Some("end it with ', and write a quote within a text twice: 'O''Hara'".into()),
                ..problem("a text in single quotes has no end".into(), at..text.len())
            },
            false => problem(lower_first(&error.message), at..text.len()),
        }
    })?;
    for token in &tokens {
        if let Some((message, help)) = foreign(&token.token) {
            return Err(Problem { help: Some(help), ..problem(message, range(text, token.span)) });
        }
    }
    let operators = tokens.iter().filter(|token| is_operator(&token.token)).count();
    if operators > OPERATORS_MAX {
        let message = format!("the condition has {operators} operators; at most {OPERATORS_MAX} are allowed");
        let help = Some("compare one name with many values by `IN (...)`, or use several rules".into());
        return Err(Problem { message, span: 0..text.len(), help });
    }
    let mut parser = Parser::new(&dialect).with_recursion_limit(DEPTH_MAX).with_tokens_with_locations(tokens);
    let expression = parser.parse_expr().map_err(|error| match error {
        ParserError::RecursionLimitExceeded => {
            problem(format!("nested deeper than {} levels", DEPTH_MAX - 2), 0..text.len())
        }
        ParserError::ParserError(message) | ParserError::TokenizerError(message) => {
            let (message, at) = split_location(text, &message);
            let (message, help) = expected(text, &lower_first(&message), at.start);
            Problem { help: unquoted_pattern(text, at.start).or(help), ..problem(message, at) }
        }
    })?;
    let rest: TokenWithSpan = parser.next_token();
    if rest.token == Token::EOF {
        return Ok(expression);
    }
    let at = range(text, rest.span);
    let found = rest.token.to_string();
    let help = Some(left_over(text, &found, at.start));
    Err(Problem { help, ..problem(format!("expected nothing more, found `{found}`"), at) })
}

/// What can make a syntax tree deeper: any sign or keyword. Names and values cannot, and
/// parentheses are bounded by the parser itself.
fn is_operator(token: &Token) -> bool {
    match token {
        Token::Word(word) => word.keyword != Keyword::NoKeyword,
        Token::Number(..)
        | Token::SingleQuotedString(_)
        | Token::Comma
        | Token::Period
        | Token::Whitespace(_)
        | Token::LParen
        | Token::RParen
        | Token::EOF => false,
        _ => true,
    }
}

fn lower_first(message: &str) -> String {
    let mut letters = message.trim().chars();
    let first = letters.next().map(|letter| letter.to_ascii_lowercase());
    first.into_iter().chain(letters).collect()
}

/// The parser puts the place at the end of its messages: `... at Line: 1, Column: 5`.
fn split_location(text: &str, message: &str) -> (String, Range<usize>) {
    let parsed = message.rsplit_once(" at Line: ").and_then(|(before, place)| {
        let (line, column) = place.split_once(", Column: ")?;
        let location = Location { line: line.parse().ok()?, column: column.trim().parse().ok()? };
        Some((before.to_owned(), offset(text, location)))
    });
    match parsed {
        Some((before, at)) => (before.replace("EOF", "the end"), at..word_end(text, at)),
        None => (message.replace("EOF", "the end"), text.len()..text.len()),
    }
}

fn word_end(text: &str, at: usize) -> usize {
    let rest = &text[at..];
    let length = rest.find(|letter: char| letter.is_whitespace() || letter == ')' || letter == '(');
    at + length.unwrap_or(rest.len()).max(rest.chars().next().map_or(0, char::len_utf8))
}

/// The byte offset of a line and column, both counted from 1, in characters.
fn offset(text: &str, location: Location) -> usize {
    let number = |count: u64| usize::try_from(count.saturating_sub(1)).unwrap_or(usize::MAX);
    let mut start = 0;
    for _ in 0..number(location.line) {
        match text[start..].find('\n') {
            Some(length) => start += length + 1,
            None => return text.len(),
        }
    }
    let column = text[start..].char_indices().nth(number(location.column));
    column.map_or(text.len(), |(length, _)| start + length)
}

fn range(text: &str, span: Span) -> Range<usize> {
    if span.start.line == 0 {
        return 0..text.len();
    }
    let start = offset(text, span.start);
    start..offset(text, span.end).max(start)
}

struct Reader<'a> {
    text: &'a str,
    scope: &'a Scope<'a>,
    problems: Vec<Problem>,
}

impl Reader<'_> {
    /// Notes a problem; the `None` lets a caller pass it on while the siblings are still read.
    fn refuse<T>(&mut self, at: Span, message: impl Into<String>, help: Option<String>) -> Option<T> {
        let span = range(self.text, at);
        self.problems.push(Problem { message: message.into(), span, help });
        None
    }

    fn predicate(&mut self, expression: &Expr) -> Option<Predicate> {
        let negate = |predicate: Predicate, negated: bool| match negated {
            true => Predicate::Not(Box::new(predicate)),
            false => predicate,
        };
        match expression {
            Expr::Nested(inner) => self.predicate(inner),
            Expr::UnaryOp { op: UnaryOperator::Not, expr } => Some(negate(self.predicate(expr)?, true)),
            Expr::BinaryOp { left, op: op @ (BinaryOperator::And | BinaryOperator::Or), right } => {
                self.chain(left, op, right)
            }
            Expr::BinaryOp { left, op, right } => self.comparison(left, op, right, expression.span()),
            Expr::IsNull(inner) => Some(Predicate::Missing(self.operand(inner)?)),
            Expr::IsNotNull(inner) => Some(negate(Predicate::Missing(self.operand(inner)?), true)),
            Expr::InList { expr, list, negated } => {
                let operand = self.operand(expr);
                let items: Vec<_> = list.iter().map(|item| self.operand(item)).collect();
                let items: Option<Vec<_>> = items.into_iter().collect();
                let (operand, items) = (operand?, items?);
                self.comparable(&operand, &items, true, expression.span())?;
                Some(negate(Predicate::In(operand, items), *negated))
            }
            Expr::Between { expr, negated, low, high } => {
                let parts = (self.operand(expr), self.operand(low), self.operand(high));
                let (operand, low, high) = (parts.0?, parts.1?, parts.2?);
                let limits = [low, high];
                self.comparable(&operand, &limits, false, expression.span())?;
                let [low, high] = limits;
                Some(negate(Predicate::Between(operand, low, high), *negated))
            }
            Expr::Like { negated, any: false, expr, pattern, escape_char } => {
                Some(negate(self.like(expr, pattern, escape_char.as_deref(), false)?, *negated))
            }
            Expr::ILike { negated, any: false, expr, pattern, escape_char } => {
                Some(negate(self.like(expr, pattern, escape_char.as_deref(), true)?, *negated))
            }
            Expr::Function(function) => match function_name(function).as_str() {
                "starts_with" => {
                    let [text, prefix] = self.arguments(function, "starts_with(text, prefix)")?;
                    let (text, prefix) = (self.operand(text), self.operand(prefix));
                    Some(Predicate::StartsWith(text?, prefix?))
                }
                "regexp_like" => self.regexp_like(function),
                "lower" | "upper" | "length" => {
                    let help = Some("compare it with something: `lower(contact.city) = 'oslo'`".into());
                    self.refuse(expression.span(), "this is a value, not a condition", help)
                }
                _ => Some(Predicate::Truth(self.operand(expression)?)),
            },
            Expr::Value(ValueWithSpan { value: Sql::Boolean(_), .. })
            | Expr::Identifier(_)
            | Expr::CompoundIdentifier(_) => Some(Predicate::Truth(self.operand(expression)?)),
            other => self.unsupported(other),
        }
    }

    /// `a AND b AND c` is one list of three, whatever tree the parser made of it.
    fn chain(&mut self, left: &Expr, op: &BinaryOperator, right: &Expr) -> Option<Predicate> {
        let mut parts = vec![right];
        let mut rest = left;
        while let Expr::BinaryOp { left, op: inner, right } = rest {
            if inner != op {
                break;
            }
            parts.push(right);
            rest = left;
        }
        parts.push(rest);
        let read: Vec<_> = parts.into_iter().rev().map(|part| self.predicate(part)).collect();
        let read: Option<Vec<_>> = read.into_iter().collect();
        // Parentheses around an inner list of the same word change nothing.
        let flat = read?.into_iter().flat_map(|part| match (part, op) {
            (Predicate::All(inner), BinaryOperator::And) => inner,
            (Predicate::Any(inner), BinaryOperator::Or) => inner,
            (other, _) => vec![other],
        });
        match op {
            BinaryOperator::And => Some(Predicate::All(flat.collect())),
            _ => Some(Predicate::Any(flat.collect())),
        }
    }

    fn comparison(&mut self, left: &Expr, op: &BinaryOperator, right: &Expr, at: Span) -> Option<Predicate> {
        let comparison = match op {
            BinaryOperator::Eq => Comparison::Equal,
            BinaryOperator::NotEq => Comparison::NotEqual,
            BinaryOperator::Lt => Comparison::Less,
            BinaryOperator::LtEq => Comparison::LessOrEqual,
            BinaryOperator::Gt => Comparison::Greater,
            BinaryOperator::GtEq => Comparison::GreaterOrEqual,
            other => {
                let help = Some("the operators are = <> < <= > >= AND OR NOT IN BETWEEN LIKE ILIKE IS NULL".into());
                return self.refuse(at, format!("the operator `{other}` is not part of conditions"), help);
            }
        };
        let is_named = matches!(left, Expr::CompoundIdentifier(_));
        let left = self.operand(left);
        if let Expr::Identifier(word) = right
            && word.quote_style.is_none()
            && is_named
        {
            let help = Some(format!("text stands in single quotes: '{}'", word.value));
            return self.refuse(right.span(), format!("unknown name `{}`", word.value), help);
        }
        let right = self.operand(right);
        let (left, right) = (left?, [right?]);
        let equality = matches!(comparison, Comparison::Equal | Comparison::NotEqual);
        self.comparable(&left, &right, equality, at)?;
        let [right] = right;
        Some(Predicate::Compare(left, comparison, right))
    }

    /// Two literals must be of one type, and truth values have no order.
    fn comparable(&mut self, operand: &Operand, others: &[Operand], equality: bool, at: Span) -> Option<()> {
        let literal = |operand: &Operand| match operand {
            Operand::Literal(literal) => Some(std::mem::discriminant(literal)),
            _ => None,
        };
        let truth = |operand: &Operand| matches!(operand, Operand::Literal(Literal::Truth(_)));
        for other in others {
            if literal(operand).zip(literal(other)).is_some_and(|(one, other)| one != other) {
                return self.refuse(at, format!("{operand} and {other} are of different types"), None);
            }
            if !equality && (truth(operand) || truth(other)) {
                return self.refuse(at, "TRUE and FALSE can only be compared by = and <>", None);
            }
        }
        Some(())
    }

    fn like(&mut self, text: &Expr, pattern: &Expr, escape: Option<&Expr>, any_case: bool) -> Option<Predicate> {
        let operand = self.operand(text);
        let Some(written) = text_literal(pattern) else {
            let help = Some("% stands for any text: `contact.email LIKE '%@acme.example'`".into());
            return self.refuse(pattern.span(), "expected a pattern in single quotes", help);
        };
        let escape = match escape {
            None => None,
            Some(expression) => {
                let mut letters = text_literal(expression).unwrap_or_default().chars();
                match (letters.next(), letters.next()) {
                    (Some(letter), None) => Some(letter),
                    _ => return self.refuse(expression.span(), "expected one character in single quotes", None),
                }
            }
        };
        match Like::new(written, escape, any_case) {
            Some(like) => Some(Predicate::Like(operand?, like)),
            None => {
                let message = match written.chars().count() > Like::CHARS_MAX {
                    true => "the pattern is longer than 1,000 characters",
                    false => "the escape character must be followed by %, _ or itself",
                };
                self.refuse(pattern.span(), message, None)
            }
        }
    }

    fn regexp_like(&mut self, function: &Function) -> Option<Predicate> {
        let [text, pattern] = self.arguments(function, "regexp_like(text, 'pattern')")?;
        let operand = self.operand(text);
        let Some(written) = text_literal(pattern) else {
            return self.refuse(pattern.span(), "expected a pattern in single quotes", None);
        };
        match Regexp::new(written) {
            Ok(regexp) => Some(Predicate::Matches(operand?, regexp)),
            Err(reason) => self.refuse(pattern.span(), format!("not a regular expression: {reason}"), None),
        }
    }

    fn operand(&mut self, expression: &Expr) -> Option<Operand> {
        match expression {
            Expr::Nested(inner) => self.operand(inner),
            Expr::Identifier(ident) => self.name(std::slice::from_ref(ident), expression).map(Operand::Name),
            Expr::CompoundIdentifier(parts) => self.name(parts, expression).map(Operand::Name),
            Expr::Value(value) => self.literal(value, ""),
            Expr::UnaryOp { op: UnaryOperator::Minus, expr } => match &**expr {
                Expr::Value(value @ ValueWithSpan { value: Sql::Number(..), .. }) => self.literal(value, "-"),
                _ => self.unsupported(expression),
            },
            Expr::TypedString(typed) if typed.data_type == DataType::Date => {
                let text = typed.value.clone().into_string().unwrap_or_default();
                match Day::parse(&text) {
                    Some(day) => Some(Operand::Literal(Literal::Date(day))),
                    None => {
                        let help = Some("write DATE '2026-01-31'".into());
                        self.refuse(typed.value.span, format!("`{text}` is not a date"), help)
                    }
                }
            }
            Expr::Function(function) => self.function(function, expression),
            other => self.unsupported(other),
        }
    }

    fn literal(&mut self, value: &ValueWithSpan, sign: &str) -> Option<Operand> {
        let literal = match &value.value {
            Sql::SingleQuotedString(text) => Literal::Text(text.as_str().into()),
            Sql::Boolean(truth) => Literal::Truth(*truth),
            Sql::Number(text, false) => match Decimal::parse_exact(&format!("{sign}{text}")) {
                Ok(number) => Literal::Number(number),
                Err(error @ (ParseError::TooFine | ParseError::OutOfRange | ParseError::NotANumber)) => {
                    return self.refuse(value.span, error.to_string(), None);
                }
            },
            Sql::Null => {
                let help = Some("nothing equals NULL; ask `IS NULL` or `IS NOT NULL`".into());
                return self.refuse(value.span, "NULL cannot be compared", help);
            }
            other => return self.refuse(value.span, format!("`{other}` is not a literal of conditions"), None),
        };
        Some(Operand::Literal(literal))
    }

    fn function(&mut self, function: &Function, expression: &Expr) -> Option<Operand> {
        let name = function_name(function);
        match name.as_str() {
            "coalesce" => {
                let arguments = self.all_arguments(function)?;
                if arguments.is_empty() {
                    return self.refuse(expression.span(), "`coalesce` needs at least one argument", None);
                }
                let parts: Vec<_> = arguments.into_iter().map(|part| self.operand(part)).collect();
                parts.into_iter().collect::<Option<Vec<_>>>().map(Operand::Coalesce)
            }
            "lower" | "upper" | "length" => {
                let [inner] = self.arguments(function, &format!("{name}(text)"))?;
                let inner = Box::new(self.operand(inner)?);
                Some(match name.as_str() {
                    "lower" => Operand::Lower(inner),
                    "upper" => Operand::Upper(inner),
                    _ => Operand::Length(inner),
                })
            }
            "starts_with" | "regexp_like" => {
                let help = Some(format!("`{name}(...)` is already true or false; use it by itself"));
                self.refuse(expression.span(), "this is a condition, not a value", help)
            }
            unknown => {
                let known = ["lower", "upper", "length", "coalesce", "starts_with", "regexp_like"];
                let help = match nearest(unknown, known) {
                    Some(name) => format!("did you mean `{name}`?"),
                    None => format!("the functions are {}", known.join(", ")),
                };
                self.refuse(function.name.span(), format!("unknown function `{unknown}`"), Some(help))
            }
        }
    }

    fn all_arguments<'e>(&mut self, function: &'e Function) -> Option<Vec<&'e Expr>> {
        let plain = function.over.is_none()
            && function.filter.is_none()
            && function.null_treatment.is_none()
            && function.within_group.is_empty()
            && matches!(function.parameters, FunctionArguments::None);
        let arguments = match &function.args {
            FunctionArguments::List(list) if list.duplicate_treatment.is_none() && list.clauses.is_empty() => {
                list.args.iter().map(|argument| match argument {
                    FunctionArg::Unnamed(FunctionArgExpr::Expr(expression)) => Some(expression),
                    _ => None,
                })
            }
            _ => return self.refuse(function.span(), "expected plain arguments in parentheses", None),
        };
        match arguments.collect::<Option<Vec<_>>>() {
            Some(arguments) if plain => Some(arguments),
            _ => self.refuse(function.span(), "expected plain arguments in parentheses", None),
        }
    }

    fn arguments<'e, const N: usize>(&mut self, function: &'e Function, usage: &str) -> Option<[&'e Expr; N]> {
        let arguments = self.all_arguments(function)?;
        let count = arguments.len();
        match <[&Expr; N]>::try_from(arguments) {
            Ok(exact) => Some(exact),
            Err(_) => {
                let message = format!("expected {N} argument(s), found {count}");
                self.refuse(function.span(), message, Some(format!("write `{usage}`")))
            }
        }
    }

    fn name(&mut self, parts: &[Ident], whole: &Expr) -> Option<Name> {
        let at = whole.span();
        let (first, rest) = parts.split_first()?;
        let space = Space::ALL.iter().find(|(word, _)| *word == first.value).map(|&(_, space)| space);
        let words: Vec<_> = self.scope.spaces.iter().map(|space| space.word()).collect();
        let here = format!("names in {} begin with `{}.`", self.scope.place, words.join(".`, `"));
        let Some(space) = space else {
            let help = match nearest(&first.value, words.iter().copied()) {
                _ if rest.is_empty() && first.quote_style.is_some() => {
                    format!("text stands in single quotes: '{}'", first.value)
                }
                Some(word) if !rest.is_empty() => format!("did you mean `{word}.`?"),
                _ if rest.is_empty() => {
                    format!("{here}; did you mean `{}.{}`? Text stands in single quotes.", words[0], first.value)
                }
                _ => here,
            };
            return self.refuse(at, format!("unknown name `{}`", written(parts)), Some(help));
        };
        if !self.scope.spaces.contains(&space) {
            let message = format!("`{}` has no meaning in {}", written(parts), self.scope.place);
            return self.refuse(at, message, Some(here));
        }
        if rest.is_empty() {
            return self.refuse(at, format!("expected an attribute: `{}.<name>`", first.value), None);
        }
        let id = rest.iter().map(|part| part.value.as_str()).collect::<Vec<_>>().join(".");
        self.known(space, &id, at)?;
        Some(Name { space, id: id.into() })
    }

    /// Results must exist in the model, and columns with a meaning of their own are not attributes.
    fn known(&mut self, space: Space, id: &str, at: Span) -> Option<()> {
        let ids = match space {
            Space::Score | Space::Band | Space::Percentile => self.scope.scores,
            Space::Category => self.scope.categories,
            _ => {
                return match instead(space, id) {
                    None => Some(()),
                    Some(help) => {
                        let message = format!("`{}.{id}` is not an attribute", space.word());
                        self.refuse(at, message, Some(help.into()))
                    }
                };
            }
        };
        if ids.contains(&id) {
            return Some(());
        }
        let help = match nearest(id, ids.iter().copied()) {
            Some(near) => format!("did you mean `{}.{near}`?", space.word()),
            None if ids.is_empty() => "the model has none that can be used here".into(),
            None => format!("known here: {}", ids.join(", ")),
        };
        self.refuse(at, format!("unknown name `{}.{id}`", space.word()), Some(help))
    }

    fn unsupported<T>(&mut self, expression: &Expr) -> Option<T> {
        let (message, help) = match expression {
            Expr::Value(value) => (
                format!("expected a condition, found the value `{value}`"),
                Some(
                    "compare a name with it: `contact.city = 'Oslo'`; with several: `contact.city IN ('Oslo', 'Bergen')`",
                ),
            ),
            Expr::IsTrue(_) | Expr::IsFalse(_) | Expr::IsNotTrue(_) | Expr::IsNotFalse(_) => {
                ("`IS TRUE` and its like are not part of conditions".into(), Some("write `= TRUE` or `= FALSE`"))
            }
            Expr::Subquery(_) | Expr::InSubquery { .. } | Expr::Exists { .. } => {
                ("conditions have no subqueries".into(), Some("list the values: `IN ('a', 'b')`"))
            }
            Expr::Case { .. } => ("conditions have no CASE".into(), Some("use a rule with `cases`")),
            Expr::BinaryOp { op: BinaryOperator::Minus, .. } => {
                let at = range(self.text, expression.span());
                if let Some(help) = self.text.get(at).and_then(unquoted_name) {
                    return self.refuse(expression.span(), "`-` is not part of a name", Some(help));
                }
                ("`-` cannot stand inside a value".into(), Some("a date is written DATE '2026-01-31'"))
            }
            Expr::BinaryOp { op: BinaryOperator::PGOverlap, .. } => {
                ("`&&` is not part of conditions".into(), Some("write AND"))
            }
            Expr::BinaryOp { op, .. } => {
                (format!("`{op}` cannot stand inside a value"), Some("compare names and literals directly"))
            }
            _ => ("this form of SQL is not part of conditions".into(), Some("docs/model.md lists what is")),
        };
        self.refuse(expression.span(), message, help.map(Into::into))
    }
}

fn written(parts: &[Ident]) -> String {
    parts.iter().map(|part| part.value.as_str()).collect::<Vec<_>>().join(".")
}

fn text_literal(expression: &Expr) -> Option<&str> {
    match expression {
        Expr::Value(ValueWithSpan { value: Sql::SingleQuotedString(text), .. }) => Some(text),
        _ => None,
    }
}

fn function_name(function: &Function) -> String {
    match function.name.0.as_slice() {
        [ObjectNamePart::Identifier(ident)] => ident.value.to_lowercase(),
        _ => function.name.to_string(),
    }
}
