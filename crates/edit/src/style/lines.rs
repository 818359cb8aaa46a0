//! Tokens as lines, with single blanks between them.

use toml_parser::Source;
use toml_parser::lexer::{Token, TokenKind};

/// One line of a file; a text over several lines makes one of them.
#[derive(Debug, Default)]
pub(super) struct Line {
    /// Whether it is `[table]` or `[[table]]`.
    pub(super) header: bool,
    /// How many brackets are open where it begins, those that it closes at once left out.
    pub(super) depth: usize,
    /// The key of a line that gives one a value, in a table of its own.
    pub(super) key: Option<String>,
    /// To how much the key is filled up.
    pub(super) key_width: usize,
    /// The rest of the code.
    value: String,
    pub(super) comment: Option<Comment>,
}

/// A comment with its `#`.
#[derive(Debug)]
pub(super) struct Comment {
    pub(super) text: String,
    /// Where it stood, in characters; `None` where no column was chosen: right behind the code, or
    /// beside a tab.
    pub(super) column: Option<usize>,
}

impl Line {
    pub(super) fn is_blank(&self) -> bool {
        self.is_empty() && self.comment.is_none()
    }

    /// Whether it holds a comment and nothing else.
    pub(super) fn is_comment(&self) -> bool {
        self.is_empty() && self.comment.is_some()
    }

    fn is_empty(&self) -> bool {
        self.key.is_none() && self.value.is_empty()
    }

    /// All but the comment, with what stands before it.
    pub(super) fn code(&self) -> String {
        let indent = if self.is_blank() { 0 } else { 2 * self.depth };
        match &self.key {
            Some(key) => format!("{key:width$} = {}", self.value, width = self.key_width),
            None => format!("{:indent$}{}", "", self.value),
        }
    }
}

/// The lines of a text.
pub(super) fn of(text: &str) -> Vec<Line> {
    let source = Source::new(text);
    let written = |token: &Token| source.get(*token).map_or("", |raw| raw.as_str());
    let tokens: Vec<Token> = source.lex().collect();
    let mut lines = Vec::new();
    let mut open = Vec::new();
    let ends = |token: &Token| matches!(token.kind(), TokenKind::Newline | TokenKind::Eof);
    for tokens in tokens.split(ends) {
        let parts: Vec<_> = tokens.iter().map(|token| Part { kind: token.kind(), text: written(token) }).collect();
        let before_comment = tokens.last().map_or(0, |last| last.span().start());
        lines.push(line(&parts, &mut open, column(text, before_comment)));
    }
    lines
}

/// A token as it is written.
#[derive(Clone, Copy)]
struct Part<'t> {
    kind: TokenKind,
    text: &'t str,
}

/// How many characters stand before a place on its line; `None` beside a tab.
fn column(text: &str, place: usize) -> Option<usize> {
    let start = text[..place].rfind('\n').map_or(0, |newline| newline + 1);
    let before = text[start..place].trim_start_matches('\u{feff}');
    (!before.contains('\t')).then(|| before.chars().count())
}

/// One line; `open` holds the brackets that earlier lines have left open.
fn line(parts: &[Part<'_>], open: &mut Vec<TokenKind>, comment_column: Option<usize>) -> Line {
    let code: Vec<Part<'_>> = parts.iter().copied().filter(|part| part.kind != TokenKind::Comment).collect();
    let solid = || code.iter().filter(|part| part.kind != TokenKind::Whitespace);
    let closed = solid().take_while(|part| closes(part.kind)).count();
    let mut line = Line { depth: open.len().saturating_sub(closed), ..Line::default() };
    line.header = open.is_empty() && solid().next().is_some_and(|part| part.kind == TokenKind::LeftSquareBracket);
    if line.header {
        line.value = solid().map(|part| part.text).collect();
    } else {
        let key = if open.is_empty() { code.iter().position(|part| part.kind == TokenKind::Equals) } else { None };
        line.key = key.map(|equals| joined(&code[..equals], open));
        line.value = joined(&code[key.map_or(0, |equals| equals + 1)..], open);
    }
    if let Some((comment, before)) = parts.split_last().filter(|(last, _)| last.kind == TokenKind::Comment) {
        let apart = before.last().is_some_and(|part| part.kind == TokenKind::Whitespace && part.text.len() > 1);
        line.comment = Some(Comment { text: comment_text(comment.text), column: comment_column.filter(|_| apart) });
    }
    line
}

/// Tokens with the blanks between them that belong there; notes brackets that open and close.
fn joined(parts: &[Part<'_>], open: &mut Vec<TokenKind>) -> String {
    let mut out = String::new();
    let mut before: Option<TokenKind> = None;
    let mut apart = false;
    for part in parts {
        if part.kind == TokenKind::Whitespace {
            apart = true;
            continue;
        }
        if before.is_some_and(|before| blank_between(before, part.kind, apart)) {
            out.push(' ');
        }
        out.push_str(part.text);
        match part.kind {
            TokenKind::LeftSquareBracket | TokenKind::LeftCurlyBracket => open.push(part.kind),
            kind if closes(kind) => drop(open.pop()),
            _ => {}
        }
        (before, apart) = (Some(part.kind), false);
    }
    out
}

fn closes(kind: TokenKind) -> bool {
    matches!(kind, TokenKind::RightSquareBracket | TokenKind::RightCurlyBracket)
}

fn blank_between(before: TokenKind, after: TokenKind, apart: bool) -> bool {
    use TokenKind::{Atom, Comma, Equals, LeftCurlyBracket, LeftSquareBracket, RightCurlyBracket, RightSquareBracket};
    match (before, after) {
        (LeftCurlyBracket, RightCurlyBracket) | (LeftSquareBracket, _) | (_, RightSquareBracket | Comma) => false,
        (LeftCurlyBracket | Equals | Comma, _) | (_, RightCurlyBracket | Equals) => true,
        // A date and its time.
        (Atom, Atom) => apart,
        _ => false,
    }
}

/// A comment with a blank after its `#`. What `#:` and `#!` begin is for programs, and a row of `#`
/// is a line to look at.
fn comment_text(written: &str) -> String {
    let text = written.trim_end_matches([' ', '\t', '\r']);
    match text.strip_prefix('#') {
        Some(said) if !said.is_empty() && !said.starts_with([' ', '\t', '#', ':', '!']) => format!("# {said}"),
        _ => text.to_owned(),
    }
}
