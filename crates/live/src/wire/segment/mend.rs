//! What some SDKs write that is no JSON. A whole batch would be lost for it, and its sender would not know what to do.

/// A body in which halves of a surrogate pair, as JavaScript leaves them where it cuts a text, are the replacement
/// character, and `NaN` and `Infinity`, as Python writes them, are null. `None`: there is nothing of that kind.
pub(super) fn mended(body: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(body.len());
    let (mut rest, mut in_text) = (body, false);
    while let Some(&first) = rest.first() {
        let (taken, instead) = if in_text { in_a_text(rest) } else { between(rest) };
        in_text ^= first == b'"';
        let (piece, after) = rest.split_at(taken.min(rest.len()));
        out.extend_from_slice(instead.unwrap_or(piece));
        rest = after;
    }
    (out != body).then_some(out)
}

/// How many bytes belong together at the begin of what is left of a text, and what should stand there instead.
fn in_a_text(rest: &[u8]) -> (usize, Option<&'static [u8]>) {
    match (rest, escaped(rest)) {
        (_, Some(0xd800..0xdc00)) if matches!(escaped(&rest[6..]), Some(0xdc00..0xe000)) => (12, None),
        (_, Some(0xd800..0xe000)) => (6, Some(br"\ufffd")),
        ([b'\\', ..], _) => (2, None),
        _ => (1, None),
    }
}

/// The same between texts.
fn between(rest: &[u8]) -> (usize, Option<&'static [u8]>) {
    let numberless: [&[u8]; 3] = [b"NaN", b"Infinity", b"-Infinity"];
    let found = numberless.iter().find(|word| rest.starts_with(word));
    found.map_or((1, None), |word| (word.len(), Some(b"null")))
}

/// The code unit that `\u` and four digits stand for.
fn escaped(rest: &[u8]) -> Option<u32> {
    let digits = rest.strip_prefix(br"\u")?.get(..4)?;
    digits.iter().try_fold(0, |code, &digit| Some(code * 16 + char::from(digit).to_digit(16)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_json_is_mended_and_nothing_else() {
        let cases = [
            (r#"{"a": NaN, "b": [-Infinity,Infinity]}"#, Some(r#"{"a": null, "b": [null,null]}"#)),
            (r#""cut \ud83d""#, Some(r#""cut \ufffd""#)),
            (r#""\ud83d\ud83d\ude00""#, Some(r#""\ufffd\ud83d\ude00""#)),
            (r#""\ude00\u0041""#, Some(r#""\ufffd\u0041""#)),
            (r#""whole \uD83D\uDE00 and \\ud83d, NaN \" NaN""#, None),
            (r#"{"NaN": 1}"#, None),
            (r#""\u12"#, None),
            ("\"\\", None),
            ("", None),
        ];
        for (body, expected) in cases {
            let mended = mended(body.as_bytes()).map(|bytes| String::from_utf8(bytes).unwrap());
            assert_eq!(mended.as_deref(), expected, "{body}");
        }
    }
}
