//! The house style of TOML files: the same text, laid out alike everywhere.
//!
//! A pass over the tokens, so that nothing but layout can change: every key, value and comment is
//! put out as it was written, in its order. `lines` cuts tokens into lines with single blanks
//! inside; here lines get their place: blank lines, aligned `=`, comments beside the code.

mod lines;

use lines::Line;

/// Between code and a comment on the same line.
const BEFORE_COMMENT: usize = 2;

/// The text in the house style. It must be valid TOML.
pub fn formatted(text: &str) -> String {
    let mut lines = spaced(lines::of(text));
    align_values(&mut lines);
    let columns = comment_columns(&lines);
    let mut out = String::with_capacity(text.len());
    for (line, column) in lines.iter().zip(columns) {
        let code = line.code();
        out.push_str(&code);
        if let Some(comment) = &line.comment {
            out.push_str(&" ".repeat(column.saturating_sub(last_width(&code))));
            out.push_str(&comment.text);
        }
        out.push('\n');
    }
    out
}

/// Blank lines: one at most, one before each table, none at the ends.
fn spaced(lines: Vec<Line>) -> Vec<Line> {
    let mut spaced: Vec<Line> = Vec::new();
    for line in lines {
        let blank_before = spaced.last().is_none_or(Line::is_blank);
        if line.is_blank() && blank_before {
            continue;
        }
        if line.header {
            // Comments right above a table belong to it.
            let own = spaced.iter().rev().take_while(|line| line.is_comment()).count();
            let place = spaced.len() - own;
            if place > 0 && !spaced[place - 1].is_blank() {
                spaced.insert(place, Line::default());
            }
        }
        spaced.push(line);
    }
    while spaced.last().is_some_and(Line::is_blank) {
        spaced.pop();
    }
    spaced
}

/// Keys of one table without a blank line between them have their `=` below each other.
fn align_values(lines: &mut [Line]) {
    for run in lines.chunk_by_mut(|_, next| !(next.header || next.is_blank() && next.depth == 0)) {
        let widest = run.iter().filter_map(|line| line.key.as_deref()).map(width).max().unwrap_or(0);
        run.iter_mut().for_each(|line| line.key_width = widest);
    }
}

/// Where the comment of each line stands. Comments on neighbouring lines stand below each other;
/// where an author has put them into a column that leaves room, there.
fn comment_columns(lines: &[Line]) -> Vec<usize> {
    let beside = |line: &Line| line.comment.is_some() && !line.is_comment();
    let mut columns = Vec::with_capacity(lines.len());
    // A text over several lines stands between its comment and the line before.
    let several = |line: &Line| line.code().contains('\n');
    let neighbours = |one: &Line, next: &Line| beside(one) && beside(next) && one.depth == next.depth && !several(next);
    for run in lines.chunk_by(neighbours) {
        let least = run.iter().map(|line| last_width(&line.code())).max().unwrap_or(0) + BEFORE_COMMENT;
        let mut written = run.iter().map(|line| line.comment.as_ref().and_then(|comment| comment.column));
        let first = written.next().flatten();
        let kept = first.filter(|&column| column >= least && written.all(|other| other == first));
        let column = if run.iter().all(beside) { kept.unwrap_or(least) } else { 0 };
        columns.extend(run.iter().map(|_| column));
    }
    columns
}

fn width(text: &str) -> usize {
    text.chars().count()
}

/// How wide the last line of a text is: a string may hold several.
fn last_width(text: &str) -> usize {
    width(text.rsplit('\n').next().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_house_style() {
        let cases: &[(&str, &str)] = &[
            ("", ""),
            ("\n\n", ""),
            ("a=1", "a = 1\n"),
            ("a = 1\r\n\r\n\r\nbcd = 2  \r\n", "a = 1\n\nbcd = 2\n"),
            ("\u{feff}a = 1\nlong=2\n# why\n b=3", "a    = 1\nlong = 2\n# why\nb    = 3\n"),
            ("a = 1\n[ x . \"y z\" ]\nb = 2\n[[ t ]]\n", "a = 1\n\n[x.\"y z\"]\nb = 2\n\n[[t]]\n"),
            ("[a]\n# of b\n#more\n[b]\n\n\n# of c\n\n[c]\n", "[a]\n\n# of b\n# more\n[b]\n\n# of c\n\n[c]\n"),
            ("x = [1 ,2,3 , ]\ny={a=1,b = [ ]}\nz = {}\n", "x = [1, 2, 3,]\ny = { a = 1, b = [] }\nz = {}\n"),
            ("a . b = 1.50\nc = 1979-05-27  # day", "a.b = 1.50\nc   = 1979-05-27  # day\n"),
            ("d = 1979-05-27 07:32:00.5\n", "d = 1979-05-27 07:32:00.5\n"),
            ("#:schema x\n#!y\n##z\n#\n#   code\t\n", "#:schema x\n#!y\n##z\n#\n#   code\n"),
            (
                "x = [ # first\n1,\n   # second\n\n\n    [2,\n3],\n]#end\n",
                "x = [  # first\n  1,\n  # second\n\n  [2,\n    3],\n]  # end\n",
            ),
            (
                "a = \"#no=[{ \"   #yes\nb = '''\n  x # no\n\n\n y'''#yes\n",
                "a = \"#no=[{ \"   # yes\nb = '''\n  x # no\n\n\n y'''  # yes\n",
            ),
        ];
        for (text, expected) in cases {
            assert_eq!(formatted(text), *expected, "{text:?}");
            assert_eq!(formatted(expected), *expected, "not stable: {text:?}");
        }
    }

    #[test]
    fn comments_stay_in_a_column_that_leaves_room() {
        let cases: &[(&str, &str)] = &[
            ("a = 1      # one\nb = 2      # two\n", "a = 1      # one\nb = 2      # two\n"),
            ("a = 1  # one\nb = 200    # two\n", "a = 1    # one\nb = 200  # two\n"),
            ("a = 1      # one\nb = 200\n", "a = 1      # one\nb = 200\n"),
            ("a = 1 # one\n", "a = 1  # one\n"),
            ("a  =  [ 1, 2 ] # one\n", "a = [1, 2]  # one\n"),
            ("a = 1\t\t\t# one\n", "a = 1  # one\n"),
            ("høy = 1   # one\nb=2       # two\n", "høy = 1   # one\nb   = 2   # two\n"),
        ];
        for (text, expected) in cases {
            assert_eq!(formatted(text), *expected, "{text:?}");
        }
    }
}
