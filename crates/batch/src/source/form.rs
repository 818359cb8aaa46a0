//! How a file is written: what a mapping says of it, and what is found out.

use std::io::{self, BufRead};

/// How the files of an export are written. What is absent is found out from each file.
#[derive(Clone, Debug)]
pub struct Form {
    /// How characters are encoded.
    pub encoding: Option<Encoding>,
    /// What separates columns.
    pub delimiter: Option<Delimiter>,
    /// What surrounds cells that hold a delimiter; nothing if absent.
    pub quote: Option<u8>,
    /// How many lines stand above the header.
    pub skip: u64,
    /// The names of the columns, where there is no header.
    pub columns: Option<Vec<String>>,
    /// In JSON, where the list of rows stands.
    pub rows: Option<String>,
    /// The file is expected to be as Fervor writes it: commas, and each column once.
    pub canonical: bool,
}

impl Default for Form {
    fn default() -> Self {
        Self {
            encoding: None,
            delimiter: None,
            quote: Some(b'"'),
            skip: 0,
            columns: None,
            rows: None,
            canonical: false,
        }
    }
}

impl Form {
    /// As Fervor's own files are.
    pub fn canonical() -> Self {
        Self { delimiter: Some(Delimiter::COMMA), canonical: true, ..Self::default() }
    }
}

/// What separates columns: one byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Delimiter(pub u8);

impl Delimiter {
    /// As in CSV.
    pub const COMMA: Self = Self(b',');

    /// The usual ones, the most usual first.
    pub const USUAL: [Self; 4] = [Self::COMMA, Self(b';'), Self(b'\t'), Self(b'|')];

    /// Reads one character or its name; letters, digits and quotes separate nothing.
    pub fn named(text: &str) -> Option<Self> {
        match (text, text.as_bytes()) {
            ("tab", _) => Some(Self(b'\t')),
            ("comma", _) => Some(Self::COMMA),
            ("semicolon", _) => Some(Self(b';')),
            (_, &[byte]) if byte == b'\t' || (byte.is_ascii_punctuation() && !matches!(byte, b'"' | b'\'')) => {
                Some(Self(byte))
            }
            _ => None,
        }
    }

    /// As a mapping writes it.
    pub fn name(self) -> String {
        if self.0 == b'\t' { "tab".into() } else { char::from(self.0).to_string() }
    }
}

/// How characters are encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Encoding(pub(super) &'static encoding_rs::Encoding);

impl Encoding {
    /// As nearly all files are today.
    pub const UTF_8: Self = Self(encoding_rs::UTF_8);

    /// Latin-1 as Windows has it, the usual one of old systems in the west.
    pub const LATIN_1: Self = Self(encoding_rs::WINDOWS_1252);

    /// Reads a name of the Encoding Standard, or the usual `latin-1`.
    pub fn named(text: &str) -> Option<Self> {
        match text {
            "latin-1" => Some(Self::LATIN_1),
            _ => encoding_rs::Encoding::for_label(text.as_bytes()).map(Self),
        }
    }

    /// As a mapping writes it.
    pub fn name(self) -> String {
        if self == Self::LATIN_1 { "latin-1".into() } else { self.0.name().to_lowercase() }
    }

    /// As the Encoding Standard writes it, for messages.
    pub(crate) fn standard_name(self) -> &'static str {
        self.0.name()
    }

    /// The encoding that the first bytes give away: by a mark, or because every other byte is zero.
    pub(super) fn of_start(start: &[u8]) -> Option<(Self, usize)> {
        if let Some((encoding, mark)) = encoding_rs::Encoding::for_bom(start) {
            return Some((Self(encoding), mark));
        }
        let zeros = |from: usize| start.iter().skip(from).step_by(2).take(64).filter(|byte| **byte == 0).count();
        let half = start.len().min(128) / 2;
        match (zeros(0), zeros(1)) {
            (even, 0) if half > 1 && even * 10 >= half * 9 => Some((Self(encoding_rs::UTF_16BE), 0)),
            (0, odd) if half > 1 && odd * 10 >= half * 9 => Some((Self(encoding_rs::UTF_16LE), 0)),
            _ => None,
        }
    }

    /// Reads all of a text without a mark: UTF-8 if it has one character that only UTF-8 writes so,
    /// or none beyond ASCII; else Latin-1. So a few damaged bytes do not turn the rest into others.
    pub(super) fn found_out(text: &mut dyn BufRead) -> io::Result<Self> {
        let (mut valid, mut invalid) = (false, false);
        let mut carried = Vec::new();
        loop {
            let buffer = text.fill_buf()?;
            if buffer.is_empty() {
                invalid |= !carried.is_empty();
                break;
            }
            let read = buffer.len();
            carried.extend_from_slice(buffer);
            text.consume(read);
            let mut rest = &carried[..];
            loop {
                match std::str::from_utf8(rest) {
                    Ok(text) => {
                        valid |= !text.is_ascii();
                        rest = &[];
                        break;
                    }
                    Err(error) => {
                        valid |= !rest[..error.valid_up_to()].is_ascii();
                        rest = &rest[error.valid_up_to()..];
                        // A character that is cut off by the end of the buffer goes on in the next.
                        let Some(length) = error.error_len() else { break };
                        invalid = true;
                        rest = &rest[length..];
                    }
                }
            }
            carried = rest.to_vec();
        }
        Ok(if invalid && !valid { Self::LATIN_1 } else { Self::UTF_8 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodings_are_found_out() {
        let cases: &[(&[u8], &str)] = &[
            (b"plain", "utf-8"),
            ("café".as_bytes(), "utf-8"),
            (b"caf\xe9", "latin-1"),
            (b"caf\xe9 and caf\xc3\xa9", "utf-8"),
            (b"cut off \xc3", "latin-1"),
            (b"", "utf-8"),
        ];
        for (bytes, expected) in cases {
            // A buffer of one byte cuts every character.
            let mut text = std::io::BufReader::with_capacity(1, *bytes);
            assert_eq!(Encoding::found_out(&mut text).unwrap().name(), *expected, "{bytes:?}");
        }
        let utf_16 = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
        assert_eq!(Encoding::of_start(&utf_16("id,name")).unwrap().0.name(), "utf-16le");
        assert_eq!(Encoding::of_start(&utf_16("\u{feff}id,name")).unwrap(), (Encoding(encoding_rs::UTF_16LE), 2));
        assert_eq!(Encoding::of_start(b"id,name"), None);
        assert_eq!(Encoding::of_start(b"\x00\x01\x02\x03"), None);
    }
}
