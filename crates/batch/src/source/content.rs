//! The bytes of a file as text in UTF-8: counted, unpacked and decoded on the way.

use std::cell::Cell;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::rc::Rc;

use encoding_rs::{Decoder, DecoderResult};

use super::form::Encoding;
use super::open::Error;
use super::{Form, Source, magic};

/// Anything that is read from the front.
pub(crate) type Content = Box<dyn BufRead>;

const BUFFER_BYTES: usize = 1 << 16;

/// How many bytes of the file, packed as they are, have been read since somebody asked.
pub(crate) type Progress = Rc<Cell<u64>>;

/// Opens a file as text in UTF-8, without a mark in front; and what it was encoded in.
pub(crate) fn text(source: &Source, form: &Form, read: &Progress) -> Result<(Content, Encoding), Error> {
    let path = source.path.as_path();
    let broken = |error: io::Error| Error::broken(path, &error);
    let mut content = unpacked(source, form, read)?;
    let start = content.fill_buf().map_err(broken)?;
    let by_start = Encoding::of_start(start);
    if let Some((_, mark)) = by_start {
        content.consume(mark);
    }
    let encoding = match (form.encoding, by_start) {
        // What the first bytes say is so: a mark is no accident.
        (_, Some((encoding, _))) => encoding,
        (Some(encoding), None) => encoding,
        (None, None) if form.canonical => Encoding::UTF_8,
        (None, None) => Encoding::found_out(&mut *unpacked(source, form, &Progress::default())?).map_err(broken)?,
    };
    Ok((decoded(content, encoding), encoding))
}

fn decoded(content: Content, encoding: Encoding) -> Content {
    if encoding == Encoding::UTF_8 {
        return content;
    }
    let decoder = encoding.0.new_decoder_without_bom_handling();
    Box::new(BufReader::with_capacity(
        BUFFER_BYTES,
        Decoded { content, decoder, out: Vec::new(), given: 0, ended: false },
    ))
}

/// Opens a file, and unpacks it if it is packed.
fn unpacked(source: &Source, form: &Form, read: &Progress) -> Result<Content, Error> {
    let path = source.path.as_path();
    if source.content.is_none()
        && source.remote.is_none()
        && let Ok(found) = path.metadata()
    {
        let refused = |problem: &str, help: &str| Err(Error::new(path, problem, Some(help.into())));
        if found.is_dir() {
            return refused("is a folder, not a file", "name the files in it");
        }
        // What is found out takes a second look from the front.
        if !found.is_file() && !form.canonical {
            return refused("is not a regular file", "write it to a file first");
        }
    }
    let raw: Box<dyn Read> = match (source.content, &source.remote) {
        (Some(content), _) => Box::new(content),
        (None, Some(object)) => Box::new(object.sequence()),
        (None, None) => Box::new(File::open(path).map_err(|error| Error::unopened(path, &error))?),
    };
    let mut raw = BufReader::with_capacity(BUFFER_BYTES, Counted { raw, read: read.clone() });
    let start = raw.fill_buf().map_err(|error| Error::broken(path, &error))?;
    magic::refuse(path, start)?;
    if start.starts_with(b"\x1f\x8b") {
        let unpacked = flate2::bufread::MultiGzDecoder::new(raw);
        return Ok(Box::new(BufReader::with_capacity(BUFFER_BYTES, unpacked)));
    }
    if start.starts_with(b"\x28\xb5\x2f\xfd") {
        let unpacked = zstd::Decoder::with_buffer(raw).map_err(|error| Error::broken(path, &error))?;
        return Ok(Box::new(BufReader::with_capacity(BUFFER_BYTES, unpacked)));
    }
    Ok(Box::new(raw))
}

/// Counts what is read.
struct Counted {
    raw: Box<dyn Read>,
    read: Progress,
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.raw.read(buffer)?;
        self.read.set(self.read.get() + read as u64);
        Ok(read)
    }
}

/// What stands for a character that cannot be decoded. It is no UTF-8, so that its row is told like
/// any other with damaged characters, and no text is changed in silence.
const UNDECODABLE: u8 = 0xff;

/// Gives UTF-8, whatever the content is encoded in.
struct Decoded {
    content: Content,
    decoder: Decoder,
    /// Decoded, and given up to here.
    out: Vec<u8>,
    given: usize,
    ended: bool,
}

impl Read for Decoded {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.given == self.out.len() && !self.ended {
            let bytes = self.content.fill_buf()?;
            let last = bytes.is_empty();
            let length = self.decoder.max_utf8_buffer_length_without_replacement(bytes.len());
            self.out.resize(length.unwrap_or(BUFFER_BYTES), 0);
            let (result, read, written) = self.decoder.decode_to_utf8_without_replacement(bytes, &mut self.out, last);
            self.content.consume(read);
            self.out.truncate(written);
            if matches!(result, DecoderResult::Malformed(..)) {
                self.out.push(UNDECODABLE);
            }
            self.given = 0;
            self.ended = last && result == DecoderResult::InputEmpty;
        }
        let count = buffer.len().min(self.out.len() - self.given);
        buffer[..count].copy_from_slice(&self.out[self.given..self.given + count]);
        self.given += count;
        Ok(count)
    }
}
