//! TOML as it is written: keys, texts, and comments that cannot be anything else.

pub(super) use rules::model::quoted;

/// A key: bare where that is possible.
pub(super) fn key(name: &str) -> String {
    let bare = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'));
    if bare { name.to_owned() } else { quoted(name) }
}

/// Text within one line, whatever columns and values are called.
pub(super) fn in_one_line(text: &str) -> String {
    let plain =
        |letter: char| if letter.is_control() || matches!(letter, '\u{2028}' | '\u{2029}') { ' ' } else { letter };
    text.chars().map(plain).collect()
}
