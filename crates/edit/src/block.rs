//! Tables as blocks of lines, to be moved, copied, removed and put aside.
//!
//! A block is a header with the comments right above it, and all lines down to the last that says something, with the
//! comments right below that. What stands apart by a blank line stays where it is.

use std::ops::Range;

use toml_edit::Key;
use toml_parser::Source;
use toml_parser::lexer::TokenKind;

use crate::value::key;

/// Begins the lines of a table that is put aside.
const OFF: &str = "# off:";

/// A table by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Block {
    /// Such as `rule`.
    pub(crate) section: String,
    pub(crate) id: String,
    /// Its lines in the text.
    pub(crate) at: Range<usize>,
    /// Whether it is put aside: in comments, and without meaning.
    pub(crate) is_off: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sort {
    Blank,
    Comment,
    Off,
    Header,
    Code,
}

/// A line, with its newline; a value over several lines makes one of them.
#[derive(Debug)]
struct Line {
    at: Range<usize>,
    sort: Sort,
}

fn lines(text: &str) -> Vec<Line> {
    let (mut lines, mut start, mut depth, mut sort) = (Vec::new(), 0, 0_usize, Sort::Blank);
    for token in Source::new(text).lex() {
        let span = token.span();
        match token.kind() {
            TokenKind::Newline | TokenKind::Eof if depth == 0 || token.kind() == TokenKind::Eof => {
                if span.end() > start {
                    lines.push(Line { at: start..span.end(), sort });
                }
                (start, sort) = (span.end(), Sort::Blank);
            }
            TokenKind::Newline | TokenKind::Whitespace => {}
            TokenKind::Comment if sort == Sort::Blank => {
                sort = if text[span.start()..].starts_with(OFF) { Sort::Off } else { Sort::Comment };
            }
            TokenKind::Comment => {}
            kind => {
                let opens = matches!(kind, TokenKind::LeftSquareBracket | TokenKind::LeftCurlyBracket);
                let closes = matches!(kind, TokenKind::RightSquareBracket | TokenKind::RightCurlyBracket);
                sort = match sort {
                    Sort::Blank if kind == TokenKind::LeftSquareBracket => Sort::Header,
                    Sort::Blank => Sort::Code,
                    known => known,
                };
                depth = (depth + usize::from(opens)).saturating_sub(usize::from(closes));
            }
        }
    }
    lines
}

/// The parts of `[rule.event]`.
fn path(header: &str) -> Option<Vec<String>> {
    let inner = header.trim_start().strip_prefix('[')?;
    let inner = inner.strip_prefix('[').unwrap_or(inner);
    let end = inner.find(']')?;
    Some(Key::parse(&inner[..end]).ok()?.iter().map(|key| key.get().to_owned()).collect())
}

/// All blocks of a text, in its order. A table with tables of its own below it is one block.
pub(crate) fn blocks(text: &str) -> Vec<Block> {
    let lines = lines(text);
    let mut found: Vec<Block> = Vec::new();
    for (place, line) in lines.iter().enumerate() {
        let first_off = line.sort == Sort::Off && place.checked_sub(1).is_none_or(|at| lines[at].sort != Sort::Off);
        if first_off {
            let run = lines[place..].iter().take_while(|line| line.sort == Sort::Off);
            let end = run.last().map_or(line.at.end, |line| line.at.end);
            let inside = uncommented(&text[line.at.start..end]);
            found.extend(blocks(&inside).into_iter().map(|block| {
                let before = inside[..block.at.start].matches('\n').count();
                let many = inside[block.at.clone()].matches('\n').count().max(1);
                let at = lines[place + before].at.start..lines[place + before + many - 1].at.end;
                Block { at, is_off: true, ..block }
            }));
        }
        if line.sort != Sort::Header {
            continue;
        }
        let Some([section, id]) =
            path(&text[line.at.clone()]).and_then(|path| Some([path.first()?.clone(), path.get(1)?.clone()]))
        else {
            continue;
        };
        let at = own(&lines, place);
        let is_below = |block: &Block| !block.is_off && (&block.section, &block.id) == (&section, &id);
        match found.last_mut().filter(|block| is_below(block)) {
            Some(above) => above.at.end = at.end,
            None => found.push(Block { section, id, at, is_off: false }),
        }
    }
    found
}

/// The lines that belong to the header at a place.
fn own(lines: &[Line], place: usize) -> Range<usize> {
    let above = lines[..place].iter().rev().take_while(|line| line.sort == Sort::Comment).count();
    let rest = &lines[place + 1..];
    let next = rest.iter().position(|line| line.sort == Sort::Header).map_or(rest.len(), |next| {
        next - rest[..next].iter().rev().take_while(|line| line.sort == Sort::Comment).count()
    });
    let code = rest[..next].iter().rposition(|line| line.sort == Sort::Code).map_or(0, |last| last + 1);
    let below = rest[code..next].iter().take_while(|line| line.sort == Sort::Comment).count();
    lines[place - above].at.start..lines[place + code + below].at.end
}

fn uncommented(text: &str) -> String {
    let line = |line: &str| {
        let rest = line.trim_start().strip_prefix(OFF).unwrap_or(line);
        rest.strip_prefix(' ').unwrap_or(rest).to_owned()
    };
    text.split_inclusive('\n').map(line).collect()
}

/// The text of a block as if it counted.
pub(crate) fn switched_on(text: &str, block: &Block) -> String {
    let text = &text[block.at.clone()];
    if block.is_off { uncommented(text) } else { text.to_owned() }
}

/// The lines of a block as comments.
pub(crate) fn switched_off(text: &str) -> String {
    let line = |line: &str| match line {
        "" => format!("{OFF}\n"),
        line => format!("{OFF} {line}\n"),
    };
    text.lines().map(line).collect()
}

/// The text without a block.
pub(crate) fn without(text: &str, at: &Range<usize>) -> String {
    let (before, after) = (&text[..at.start], &text[at.end..]);
    let is_apart = before.is_empty() || before.ends_with("\n\n") || before.ends_with("\n\r\n");
    let after =
        if is_apart { after.strip_prefix("\r\n").or_else(|| after.strip_prefix('\n')).unwrap_or(after) } else { after };
    if after.is_empty() {
        format!("{}\n", before.trim_end()).trim_start_matches('\n').to_owned()
    } else {
        format!("{before}{after}")
    }
}

/// The text with a block at a place, with a blank line before and after it.
pub(crate) fn with(text: &str, at: usize, block: &str) -> String {
    let (before, after) = (&text[..at], &text[at..]);
    let mut out = before.to_owned();
    let apart = |out: &mut String| {
        while !out.is_empty() && !out.ends_with("\n\n") && !out.ends_with("\n\r\n") {
            out.push('\n');
        }
    };
    apart(&mut out);
    out.push_str(block);
    if !out.ends_with('\n') {
        out.push('\n');
    }
    if !after.trim().is_empty() {
        if !after.starts_with(['\n', '\r']) {
            apart(&mut out);
        }
        out.push_str(after);
    }
    out
}

/// A block under another id.
pub(crate) fn renamed(block: &str, id: &str) -> String {
    let header = |line: &Line| {
        let written = &block[line.at.clone()];
        let parts = if line.sort == Sort::Header { path(written) } else { None };
        let Some(mut parts) = parts.filter(|parts| parts.len() > 1) else { return written.to_owned() };
        id.clone_into(&mut parts[1]);
        let end = written.rfind(']').map_or(written.len(), |end| end + 1);
        let end = written.find('#').and_then(|hash| written[..hash].rfind(']')).map_or(end, |end| end + 1);
        let parts: Vec<String> = parts.iter().map(|part| key(part)).collect();
        format!("[{}]{}", parts.join("."), &written[end..])
    };
    lines(block).iter().map(header).collect()
}
