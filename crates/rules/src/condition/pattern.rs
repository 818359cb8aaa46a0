//! Text patterns: `LIKE` with its wildcards, and regular expressions.

use std::sync::Arc;

/// A `LIKE` or `ILIKE` pattern, checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Like {
    /// As written.
    pub pattern: Arc<str>,
    /// The character that makes the next one stand for itself, if any.
    pub escape: Option<char>,
    /// Whether letter case is passed over (`ILIKE`).
    pub any_case: bool,
    steps: Vec<Step>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Letter(char),
    AnyOne,
    AnyMany,
}

impl Like {
    /// A longer pattern is no pattern, and matching takes time with its length times the text's.
    pub const CHARS_MAX: usize = 1_000;

    /// Reads a pattern; `None` if it ends with the escape character or escapes an ordinary one, or is
    /// longer than [`CHARS_MAX`](Self::CHARS_MAX).
    pub fn new(pattern: &str, escape: Option<char>, any_case: bool) -> Option<Self> {
        if pattern.chars().count() > Self::CHARS_MAX {
            return None;
        }
        let mut steps = Vec::new();
        let mut letters = pattern.chars();
        while let Some(letter) = letters.next() {
            if Some(letter) == escape {
                let escaped = letters.next().filter(|&next| next == '%' || next == '_' || Some(next) == escape)?;
                steps.extend(folded(escaped, any_case).map(Step::Letter));
                continue;
            }
            match letter {
                '%' => steps.push(Step::AnyMany),
                '_' => steps.push(Step::AnyOne),
                other => steps.extend(folded(other, any_case).map(Step::Letter)),
            }
        }
        Some(Self { pattern: pattern.into(), escape, any_case, steps })
    }

    /// Whether the whole text matches. Takes at most (length of text × length of pattern) steps.
    pub fn matches(&self, text: &str) -> bool {
        let letters: Vec<char> = text.chars().flat_map(|letter| folded(letter, self.any_case)).collect();
        let (mut at, mut step) = (0, 0);
        // Where to resume if the rest fails: just behind the last `%`, one letter further on.
        let mut resume: Option<(usize, usize)> = None;
        while at < letters.len() {
            match self.steps.get(step) {
                Some(Step::AnyMany) => {
                    resume = Some((at, step + 1));
                    step += 1;
                }
                Some(Step::AnyOne) => (at, step) = (at + 1, step + 1),
                Some(Step::Letter(letter)) if *letter == letters[at] => (at, step) = (at + 1, step + 1),
                _ => match resume {
                    None => return false,
                    Some((from, behind)) => {
                        resume = Some((from + 1, behind));
                        (at, step) = (from + 1, behind);
                    }
                },
            }
        }
        self.steps[step..].iter().all(|step| *step == Step::AnyMany)
    }
}

/// A letter as `ILIKE` compares it: each by itself in its small form, or as it stands.
fn folded(letter: char, any_case: bool) -> impl Iterator<Item = char> {
    let small = any_case.then(|| letter.to_lowercase()).into_iter().flatten();
    small.chain((!any_case).then_some(letter))
}

/// A regular expression, compiled once.
#[derive(Clone, Debug)]
pub struct Regexp(regex::Regex);

/// A compiled pattern may take this much memory, and as much again while it is matched; `regex` runs in time linear to
/// the text.
const REGEXP_BYTES_MAX: usize = 1 << 20;

impl Regexp {
    /// Compiles a pattern in the syntax of the `regex` crate; the error says what is wrong.
    pub fn new(pattern: &str) -> Result<Self, String> {
        let built =
            regex::RegexBuilder::new(pattern).size_limit(REGEXP_BYTES_MAX).dfa_size_limit(REGEXP_BYTES_MAX).build();
        built.map(Self).map_err(|error| match error {
            regex::Error::CompiledTooBig(_) => "it takes too much memory; make repetitions smaller".into(),
            // The last line says what is wrong; those above draw the pattern again.
            other => other.to_string().lines().last().unwrap_or_default().replace("error: ", ""),
        })
    }

    /// The pattern as written.
    pub fn pattern(&self) -> &str {
        self.0.as_str()
    }

    /// Whether the pattern occurs in the text.
    pub fn matches(&self, text: &str) -> bool {
        self.0.is_match(text)
    }
}

impl PartialEq for Regexp {
    fn eq(&self, other: &Self) -> bool {
        self.pattern() == other.pattern()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn like_matches_whole_texts() {
        let cases = [
            ("abc", "abc", true),
            ("abc", "abcd", false),
            ("a%", "a", true),
            ("%c", "abc", true),
            ("a_c", "abc", true),
            ("a_c", "ac", false),
            ("%b%b%", "abab", true),
            ("", "", true),
            ("%", "", true),
            ("_", "é", true),
            ("a%b%c", "aXbXbXc", true),
            ("a%b%c", "aXcXb", false),
            ("%%_", "", false),
            ("ABC", "abc", false),
        ];
        for (pattern, text, expected) in cases {
            assert_eq!(Like::new(pattern, None, false).unwrap().matches(text), expected, "{pattern} {text}");
        }
    }

    #[test]
    fn like_escapes_and_ignores_case_when_asked() {
        let percent = Like::new("100!%", Some('!'), false).unwrap();
        assert!(percent.matches("100%") && !percent.matches("1000"));
        assert_eq!(Like::new("100!", Some('!'), false), None);
        assert_eq!(Like::new("1!00", Some('!'), false), None);
        let any_case = Like::new("ÆØ%", None, true).unwrap();
        assert!(any_case.matches("æøå"));
        assert!(Like::new("aXX", Some('X'), true).unwrap().matches("Ax"));
    }
}
