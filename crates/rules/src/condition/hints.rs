//! What to write instead: for what looks like a condition to whoever wrote it.

use super::Space;

/// What to write where a pattern stands behind LIKE without quotes.
pub(super) fn unquoted_pattern(text: &str, at: usize) -> Option<String> {
    let (before, rest) = text.split_at_checked(at)?;
    let word = before.split_whitespace().next_back()?;
    let pattern = rest.split_whitespace().next().filter(|pattern| !pattern.starts_with('\''))?;
    let like = ["LIKE", "ILIKE"].iter().any(|like| word.eq_ignore_ascii_case(like));
    like.then(|| format!("text stands in single quotes: {word} '{pattern}'"))
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
