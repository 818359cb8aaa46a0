//! Numbers and names within findings.

/// `1 rule`, `1,538 activities`, `3 people`.
pub(super) fn counted(count: usize, noun: &str) -> String {
    match (count, noun.strip_suffix('y')) {
        (1, _) => format!("1 {noun}"),
        (_, Some(stem)) => format!("{} {stem}ies", thousands(count)),
        (_, None) => format!("{} {noun}s", thousands(count)),
    }
}

/// `1,538`.
pub(super) fn thousands(count: usize) -> String {
    let digits = count.to_string();
    let mut out = String::new();
    for (index, digit) in digits.char_indices() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A part of a whole in whole per cent, rounded down, so that 100 means all.
pub(super) fn percent(part: usize, whole: usize) -> String {
    match (part * 100).checked_div(whole) {
        Some(0) if part > 0 => "less than 1 %".into(),
        Some(share) => format!("{share} %"),
        None => "0 %".into(),
    }
}

/// A foreign text, short enough for a line.
pub(super) fn short(text: &str) -> String {
    const CHARS_MAX: usize = 60;
    let cut: String = text.chars().take(CHARS_MAX).collect();
    if text.chars().nth(CHARS_MAX).is_some() { cut + "…" } else { cut }
}

/// The ids in backticks, as a list: `a`, `b` and `c`.
pub(super) fn listed(ids: &[String]) -> String {
    match ids {
        [] => String::new(),
        [one] => format!("`{one}`"),
        [most @ .., last] => {
            format!("{} and `{last}`", most.iter().map(|id| format!("`{id}`")).collect::<Vec<_>>().join(", "))
        }
    }
}
