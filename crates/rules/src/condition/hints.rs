//! What to write instead: for what looks like a condition to whoever wrote it.

use sqlparser::tokenizer::Token;

use super::Space;

/// What to write where a pattern stands behind LIKE without quotes.
pub(super) fn unquoted_pattern(text: &str, at: usize) -> Option<String> {
    let (before, rest) = text.split_at_checked(at)?;
    let word = before.split_whitespace().next_back()?;
    let pattern = rest.split_whitespace().next().filter(|pattern| !pattern.starts_with('\''))?;
    let like = ["LIKE", "ILIKE"].iter().any(|like| word.eq_ignore_ascii_case(like));
    like.then(|| format!("text stands in single quotes: {word} '{pattern}'"))
}

/// What is written in other languages and by word processors, and what to write in its place.
pub(super) fn foreign(token: &Token) -> Option<(String, String)> {
    let sign = |sign: &str, word: &str| Some((format!("`{sign}` is not part of conditions"), format!("write {word}")));
    match token {
        Token::Overlap => sign("&&", "AND"),
        Token::Ampersand => sign("&", "AND"),
        Token::StringConcat => sign("||", "OR"),
        Token::Pipe => sign("|", "OR"),
        Token::Word(word) if word.quote_style.is_none() => curly(&word.value),
        Token::Char(letter) => curly(&letter.to_string()),
        _ => None,
    }
}

/// What is wrong with quotes as word processors make them.
fn curly(word: &str) -> Option<(String, String)> {
    const CURLY: [char; 6] = ['‘', '’', '“', '”', '„', '‚'];
    // In the midst of a name it may be an apostrophe.
    let ends = [word.chars().next()?, word.chars().next_back()?];
    let sign = ends.into_iter().find(|letter| CURLY.contains(letter))?;
    let plain = word.trim_matches(CURLY);
    let plain = if plain.is_empty() { "Oslo" } else { plain };
    Some((
        format!("`{sign}` is not a quote of conditions"),
        format!("text stands in straight single quotes: '{plain}'"),
    ))
}

/// What the parser has missed at a place, in words, and what to do about it.
pub(super) fn expected(text: &str, message: &str, at: usize) -> (String, Option<String>) {
    let Some((wanted, found)) = message.strip_prefix("expected: ").and_then(|rest| rest.rsplit_once(", found: "))
    else {
        return (message.to_owned(), None);
    };
    let last = text.get(..at).and_then(|before| before.split_whitespace().next_back()).unwrap_or_default();
    let is_end = found == "the end";
    if wanted.ends_with(" after IS") {
        let help = match found.to_ascii_lowercase().as_str() {
            "empty" | "missing" | "unknown" | "blank" => "write `IS NULL`",
            _ => "compare by `=`, or by `<>` for `is not`: `contact.city = 'Oslo'`",
        };
        return ("`IS` goes with `NULL` or `NOT NULL` alone: whether something is unknown".into(), Some(help.into()));
    }
    let help = match wanted {
        ")" => Some("add the `)` that closes the `(`".to_owned()),
        "(" if last.eq_ignore_ascii_case("IN") => {
            Some("values stand in parentheses: `IN ('Oslo', 'Bergen')`".to_owned())
        }
        "an expression" if last == "=" && found.starts_with(['<', '>']) => Some(format!("write `{found}=`")),
        "an expression" if is_end && last.ends_with('%') => Some("write the number alone, without %".to_owned()),
        "an expression" if is_end && last.is_empty() => Some("write for example `contact.city = 'Oslo'`".to_owned()),
        "an expression" if is_end => Some(format!("complete what stands behind `{last}`, or take it away")),
        _ => None,
    };
    let message = match (wanted, is_end) {
        ("an expression", true) => "the condition ends where something should follow".to_owned(),
        ("an expression", false) => format!("expected a name or a value, found `{found}`"),
        ("(" | ")", true) => format!("expected `{wanted}`, found the end"),
        ("(" | ")", false) => format!("expected `{wanted}`, found `{found}`"),
        _ => message.to_owned(),
    };
    (message, help)
}

/// What to do about something behind what is a whole condition by itself.
pub(super) fn left_over(text: &str, found: &str, at: usize) -> String {
    let (before, rest) = text.split_at_checked(at).unwrap_or((text, ""));
    let last = before.split_whitespace().next_back().unwrap_or_default();
    let is_digit = |letter: Option<char>| letter.is_some_and(|letter| letter.is_ascii_digit());
    let is_own = |word: &str, space: &str| word.strip_prefix(space).is_some_and(|rest| rest.starts_with('.'));
    let is_name = Space::ALL.iter().any(|(space, _)| is_own(last, space));
    let is_number = is_digit(before.chars().next_back()) && is_digit(rest.chars().nth(1));
    match found.to_lowercase().as_str() {
        "," if is_number => "decimals take a point: 18.5".to_owned(),
        "," => "several values stand behind IN, in parentheses: `contact.city IN ('Oslo', 'Bergen')`".to_owned(),
        ")" => "take it away, or add the `(` that it closes".to_owned(),
        ";" => "take it away".to_owned(),
        "=>" => "write `>=`".to_owned(),
        "contains" | "includes" => "write `contact.city ILIKE '%Oslo%'`".to_owned(),
        "begins" | "starts" => "write `starts_with(contact.phone, '+47')`".to_owned(),
        "ends" => "write `contact.email LIKE '%@acme.example'`".to_owned(),
        part if part.starts_with('.') => "a date is written DATE '2026-01-31'".to_owned(),
        number if is_digit(number.chars().next()) && is_digit(last.chars().next_back()) => {
            "numbers are written without blanks: 1000".to_owned()
        }
        word if is_name && word.starts_with(char::is_alphabetic) => {
            let (space, name) = last.split_once('.').unwrap_or_default();
            format!(
                "put a sign such as `=` between a name and its value; a name with blanks stands in double quotes: \
                 {space}.\"{name} {found}\""
            )
        }
        _ => "put AND or OR between two comparisons; text stands in single quotes: 'Oslo'".to_owned(),
    }
}

/// What to write for `contact.E-Mail`: a name with a sign that SQL takes for minus.
pub(super) fn unquoted_name(written: &str) -> Option<String> {
    let (space, name) = written.split_once('.')?;
    let known = Space::ALL.iter().any(|(word, _)| *word == space);
    let plain = name.chars().all(|letter| letter.is_alphanumeric() || matches!(letter, '-' | '_' | '.'));
    // Quotes of a text in TOML are escaped.
    (known && plain && name.contains('-')).then(|| {
        format!("a name with other signs is quoted: {space}.\"{name}\", as \\\" within a text in double quotes")
    })
}

/// What to write in place of a column that is not an attribute.
pub(super) fn instead(space: Space, id: &str) -> Option<&'static str> {
    match (space, id) {
        (Space::Contact, "account") => Some("the primary account is `account.id`"),
        (Space::Activity, "account") => Some("the activity's account is `account.id`"),
        (Space::Activity, "contact") => Some("the activity's contact is `contact.id`"),
        (Space::Activity, "occurred_at") => Some("use the rule's `window`, or an activity property with a date"),
        (Space::Activity, "id") => Some("an activity's id only tells repetitions apart"),
        (Space::Contact | Space::Account | Space::Opportunity, "valid_from") => {
            Some("values are always those in force on the as-of date")
        }
        (Space::Opportunity, "contact") => Some("the opportunity's contact is `contact.id`"),
        (Space::Opportunity, "account") => Some("the opportunity's account is `account.id`"),
        _ => None,
    }
}
