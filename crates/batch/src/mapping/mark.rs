//! Numbers as people write them: with a decimal comma, with grouped thousands, beside a currency.

/// What stands before the decimals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// 1,234.50
    Point,
    /// 1.234,50
    Comma,
}

impl Mark {
    /// The words of the mapping language.
    pub const ALL: [(&'static str, Self); 2] = [(".", Self::Point), (",", Self::Comma)];

    /// The word of the mapping language.
    pub fn word(self) -> &'static str {
        Self::ALL[self as usize].0
    }

    /// The number with digits, a point and a sign only; `None` if it is not a number with this mark.
    pub fn read(self, text: &str) -> Option<String> {
        let (negative, bare) = unsigned(without_unit(text.trim()));
        let (mark, group) = match self {
            Self::Point => ('.', ','),
            Self::Comma => (',', '.'),
        };
        let (whole, decimals) = match bare.split_once(mark) {
            Some((whole, decimals)) => (whole, Some(decimals)),
            None => (bare, None),
        };
        let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        if decimals.is_some_and(|decimals| !is_digits(decimals)) {
            return None;
        }
        let groups: Vec<&str> = whole.split([group, ' ', '\u{a0}', '\u{202f}', '\u{2009}', '\'', '\u{2019}']).collect();
        let bare_decimals = whole.is_empty() && decimals.is_some();
        let grouped = groups.iter().all(|group| is_digits(group))
            && groups.iter().skip(1).all(|group| (2..=3).contains(&group.len()))
            && (groups.len() == 1 || (is_first_group(groups[0]) && groups.last().is_some_and(|last| last.len() == 3)));
        if !bare_decimals && !grouped {
            return None;
        }
        let sign = if negative { "-" } else { "" };
        let whole = if bare_decimals { "0".to_owned() } else { groups.concat() };
        let decimals = decimals.map(|decimals| format!(".{decimals}")).unwrap_or_default();
        Some(format!("{sign}{whole}{decimals}"))
    }
}

/// Thousands are grouped behind one to three digits that are not zero: 0.123 is no 123.
fn is_first_group(digits: &str) -> bool {
    digits.len() <= 3 && !digits.starts_with('0')
}

/// Passes over a currency in front or behind, and a per cent sign.
fn without_unit(text: &str) -> &str {
    let is_unit = |word: &str| {
        let sign = |letter: char| matches!(letter, '$' | '€' | '£' | '¥' | '₹' | '%');
        let code = word.len() == 3 && word.bytes().all(|byte| byte.is_ascii_uppercase());
        code || word.eq_ignore_ascii_case("kr") || (!word.is_empty() && word.chars().all(sign))
    };
    let is_number =
        |letter: char| letter.is_ascii_digit() || matches!(letter, '-' | '\u{2212}' | '+' | '(' | ')' | '.' | ',');
    let (Some(first), Some(last)) = (text.find(is_number), text.rfind(is_number)) else { return text };
    let end = last + text[last..].chars().next().map_or(0, char::len_utf8);
    let outside = [text[..first].trim(), text[end..].trim()];
    if outside.iter().all(|word| word.is_empty() || is_unit(word)) { &text[first..end] } else { text }
}

/// A sign in front or behind, or brackets as bookkeepers write what is owed.
fn unsigned(text: &str) -> (bool, &str) {
    let signs = ['-', '\u{2212}'];
    if let Some(inner) = text.strip_prefix('(').and_then(|text| text.strip_suffix(')')) {
        return (true, without_unit(inner.trim()));
    }
    if let Some(rest) = text.strip_prefix(signs).or_else(|| text.strip_suffix(signs)) {
        return (true, without_unit(rest.trim()));
    }
    (false, text.strip_prefix('+').unwrap_or(text))
}

#[cfg(test)]
mod tests {
    use super::Mark;

    #[test]
    fn numbers_are_read_with_their_mark() {
        let cases = [
            (Mark::Comma, "1.234,50", Some("1234.50")),
            (Mark::Point, "1,234.50", Some("1234.50")),
            (Mark::Comma, "1.234", Some("1234")),
            (Mark::Comma, "0.234", None),
            (Mark::Point, "1.234", Some("1.234")),
            (Mark::Comma, "1,234", Some("1.234")),
            (Mark::Point, "1,234", Some("1234")),
            (Mark::Comma, "12", Some("12")),
            (Mark::Comma, "1 234 567,8", Some("1234567.8")),
            (Mark::Comma, "1\u{a0}234,8", Some("1234.8")),
            (Mark::Point, "1'234.5", Some("1234.5")),
            (Mark::Point, "1,00,000", Some("100000")),
            (Mark::Comma, "€ 1.234,50", Some("1234.50")),
            (Mark::Comma, "1.234,50 EUR", Some("1234.50")),
            (Mark::Comma, "kr 12,-", None),
            (Mark::Point, "$-12.00", Some("-12.00")),
            (Mark::Point, "-$12.00", Some("-12.00")),
            (Mark::Point, "(12.00)", Some("-12.00")),
            (Mark::Point, "12.00-", Some("-12.00")),
            (Mark::Point, "+12", Some("12")),
            (Mark::Point, ".5", Some("0.5")),
            (Mark::Point, "12 %", Some("12")),
            (Mark::Point, "1,2345", None),
            (Mark::Point, "12,34", None),
            (Mark::Comma, "1.2,5", None),
            (Mark::Comma, "1,2,5", None),
            (Mark::Point, "12 pieces", None),
            (Mark::Point, "-", None),
            (Mark::Point, ".", None),
            (Mark::Point, "", None),
            (Mark::Point, "2024-03-14", None),
        ];
        for (mark, text, expected) in cases {
            assert_eq!(mark.read(text).as_deref(), expected, "{text} with {}", mark.word());
        }
    }
}
