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
        let (negative, bare) = unsigned(without_unit(text.trim()))?;
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
        // Behind a plus, grouped digits are a number to call.
        if text.trim().starts_with('+') && whole.contains([' ', '\u{a0}']) {
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

/// The codes of currencies (ISO 4217), without those that are English words.
const CURRENCIES: &str = "AED AFN AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD \
    CAD CDF CHF CLP CNY COP CRC CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL \
    HRK HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL \
    MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD \
    RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TRY TTD TWD TZS UAH UGX USD UYU \
    UZS VES VND VUV WST XAF XCD XOF XPF YER ZAR ZMW ZWL";

/// What people write beside amounts.
const SIGNS: [&str; 20] =
    ["$", "€", "£", "¥", "₹", "%", "₽", "₺", "₪", "₩", "₫", "₴", "R$", "US$", "A$", "C$", "zł", "kr", "Fr", "Kč"];

fn is_unit(word: &str) -> bool {
    let bare = word.trim_end_matches('.');
    SIGNS.iter().any(|sign| bare.eq_ignore_ascii_case(sign))
        || (bare.len() == 3 && CURRENCIES.split(' ').any(|code| code == bare))
}

/// Passes over a currency in front or behind, and a per cent sign.
fn without_unit(text: &str) -> &str {
    let is_sign = |letter: char| matches!(letter, '-' | '\u{2212}' | '+' | '(' | ')');
    let is_number = |letter: char| letter.is_ascii_digit() || is_sign(letter);
    let (Some(first), Some(last)) = (text.find(is_number), text.rfind(is_number)) else { return text };
    // The full stop of `Fr.12` is no part of the number, that of `$.50` is.
    let bare_decimals = text[..first].ends_with('.') && !text[..first - 1].ends_with(char::is_alphabetic);
    let first = if bare_decimals { first - 1 } else { first };
    let end = last + text[last..].chars().next().map_or(0, char::len_utf8);
    let (before, after) = (&text[..first], &text[end..]);
    // INV-1001 is a code, as MAT101 is.
    let is_code = before.ends_with(|letter: char| letter.is_ascii_alphabetic()) && text[first..].starts_with(is_sign);
    let is_unit = |word: &str| word.is_empty() || is_unit(word);
    if !is_code && is_unit(before.trim()) && is_unit(after.trim()) { &text[first..end] } else { text }
}

/// A sign in front or behind, or brackets as bookkeepers write what is owed; `None` for a grade such
/// as `12-`: only amounts with decimals have their sign behind.
fn unsigned(text: &str) -> Option<(bool, &str)> {
    let signs = ['-', '\u{2212}'];
    if let Some(inner) = text.strip_prefix('(').and_then(|text| text.strip_suffix(')')) {
        return Some((true, without_unit(inner.trim())));
    }
    if let Some(rest) = text.strip_prefix(signs) {
        return Some((true, without_unit(rest.trim())));
    }
    if let Some(rest) = text.strip_suffix(signs) {
        return rest.contains(['.', ',']).then(|| (true, without_unit(rest.trim())));
    }
    Some((false, text.strip_prefix('+').unwrap_or(text)))
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
            (Mark::Point, "$.50", Some("0.50")),
            (Mark::Point, "Fr.50", Some("50")),
            (Mark::Point, "12 %", Some("12")),
            (Mark::Point, "US$ 12.50", Some("12.50")),
            (Mark::Point, "Fr. 12.50", Some("12.50")),
            (Mark::Point, "CHF 12.50", Some("12.50")),
            (Mark::Comma, "R$ 1.250,00", Some("1250.00")),
            (Mark::Comma, "1 250,00 zł", Some("1250.00")),
            (Mark::Comma, "12,50 kr.", Some("12.50")),
            (Mark::Point, "EUR -12.50", Some("-12.50")),
            (Mark::Point, "MAT101", None),
            (Mark::Point, "INV-1001", None),
            (Mark::Point, "EUR-1001", None),
            (Mark::Point, "ABC 7", None),
            (Mark::Point, "VIP 1", None),
            (Mark::Point, "ALL 5", None),
            (Mark::Point, "12-", None),
            (Mark::Point, "+47 223 344 555", None),
            (Mark::Point, "+12.5", Some("12.5")),
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
