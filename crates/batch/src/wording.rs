//! Numbers and words as people read them.

use rules::condition::Unknown;
use rules::decimal::Decimal;

/// `1 rule`, `1,538 activities`, `3 people`.
pub fn counted(count: usize, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{} {}", thousands(count), plural(noun)) }
}

/// More than one of it.
pub fn plural(noun: &str) -> String {
    match noun.strip_suffix('y') {
        _ if noun == "person" => "people".into(),
        Some(stem) => format!("{stem}ies"),
        None => format!("{noun}s"),
    }
}

/// `1,538`.
pub fn thousands(count: usize) -> String {
    group(&count.to_string())
}

/// A number with grouped thousands and its shortest decimals.
pub fn grouped(number: Decimal) -> String {
    group(&number.to_string())
}

/// A change, with its sign: `+30`, `-15`, `0`.
pub fn signed(change: Decimal) -> String {
    let sign = if change > Decimal::ZERO { "+" } else { "" };
    format!("{sign}{}", grouped(change))
}

fn group(digits: &str) -> String {
    let (sign, unsigned) = digits.strip_prefix('-').map_or(("", digits), |rest| ("-", rest));
    let (whole, fraction) = unsigned.split_once('.').map_or((unsigned, None), |(whole, rest)| (whole, Some(rest)));
    let mut out = String::from(sign);
    for (index, digit) in whole.char_indices() {
        if index > 0 && (whole.len() - index) % 3 == 0 {
            out.push(',');
        }
        out.push(digit);
    }
    if let Some(fraction) = fraction {
        out.push('.');
        out.push_str(fraction);
    }
    out
}

/// How much of a whole, in per cent with one decimal.
pub fn percent(part: usize, whole: usize) -> String {
    if whole == 0 {
        return "-".into();
    }
    let tenths = (part * 1000 + whole / 2) / whole;
    format!("{}.{} %", tenths / 10, tenths % 10)
}

/// `contact.age is missing`, or what was found in its place.
pub fn unknown(unknown: &Unknown) -> String {
    match &unknown.found {
        None => format!("{} is missing", unknown.name),
        Some(found) => format!("{} is \"{}\"", unknown.name, shortened(found)),
    }
}

/// A text that fits on a line and cannot disturb a terminal.
pub fn shortened(text: &str) -> String {
    const CHARS_MAX: usize = 60;
    let mut short: String = text.chars().take(CHARS_MAX).map(harmless).collect();
    if text.chars().nth(CHARS_MAX).is_some() {
        short.push('…');
    }
    short
}

/// A text that cannot disturb a terminal: no control characters but the ends of lines, nothing that
/// turns the direction of writing.
pub fn plain(text: &str) -> String {
    text.chars().map(|letter| if matches!(letter, '\n' | '\t') { letter } else { harmless(letter) }).collect()
}

fn harmless(letter: char) -> char {
    let turns = matches!(letter, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    if letter.is_control() || turns { '\u{fffd}' } else { letter }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped() {
        let cases = [("0", "0"), ("999", "999"), ("1538", "1,538"), ("-1234567.5", "-1,234,567.5")];
        for (plain, expected) in cases {
            assert_eq!(group(plain), expected);
        }
        assert_eq!(
            counted(1, "person") + &counted(0, "row") + &counted(2000, "activity"),
            "1 person0 rows2,000 activities"
        );
        assert_eq!(percent(1, 8), "12.5 %");
        assert_eq!(percent(2, 3), "66.7 %");
    }
}
