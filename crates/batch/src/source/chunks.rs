//! The bytes of a file at any place, as Parquet wants them: of a file, or of content that is built in.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, Read, Seek as _, SeekFrom};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::{Bytes, BytesMut};
use parquet::errors::{ParquetError, Result as ParquetResult};
use parquet::file::reader::{ChunkReader, Length};

use super::remote::Object;
use super::{Error, Source};

/// What lies in sequence is read in pieces of this size.
const PIECE_BYTES: u64 = 8 << 10;

/// A file to be read here and there. Clones share it.
#[derive(Clone)]
pub(super) struct Chunks {
    place: Place,
    length: u64,
    read: Arc<AtomicU64>,
}

#[derive(Clone)]
enum Place {
    BuiltIn(Bytes),
    Local(Arc<Mutex<File>>),
    Remote(Arc<Blocks>),
}

impl Chunks {
    /// Opens the file of a source; what is read of it is added to `read`.
    pub(super) fn open(source: &Source, read: &Arc<AtomicU64>) -> Result<Self, Error> {
        let path = source.path.as_path();
        let (place, length) = match (source.content, &source.remote) {
            (Some(content), _) => (Place::BuiltIn(Bytes::from_static(content)), content.len() as u64),
            (None, Some(object)) => (Place::Remote(Arc::new(Blocks::of(object.clone()))), object.length()),
            (None, None) => {
                let file = File::open(path).map_err(|error| Error::unopened(path, &error))?;
                // What has no length, such as a pipe, is not Parquet.
                let length = file.metadata().map_or(0, |metadata| if metadata.is_file() { metadata.len() } else { 0 });
                (Place::Local(Arc::new(Mutex::new(file))), length)
            }
        };
        Ok(Self { place, length, read: read.clone() })
    }

    /// The first bytes; fewer if there are not so many.
    pub(super) fn start(&self, length: usize) -> io::Result<Bytes> {
        let length = (length as u64).min(self.length);
        match &self.place {
            // Not a whole block of what may be no Parquet at all.
            Place::Remote(blocks) if length > 0 => blocks.object.range(0, length),
            _ => self.at(0, length),
        }
    }

    fn at(&self, start: u64, length: u64) -> io::Result<Bytes> {
        if start.checked_add(length).is_none_or(|end| end > self.length) {
            let problem = format!("{length} bytes are expected at {start}, the file has {}", self.length);
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, problem));
        }
        self.read.fetch_add(length, Ordering::Relaxed);
        let whole = |bytes: &Bytes| {
            usize::try_from(start)
                .ok()
                .zip(usize::try_from(start + length).ok())
                .map(|(start, end)| bytes.slice(start..end))
        };
        match &self.place {
            Place::BuiltIn(bytes) => whole(bytes).ok_or_else(|| io::ErrorKind::UnexpectedEof.into()),
            Place::Remote(blocks) => blocks.at(start, length),
            Place::Local(file) => {
                let mut file = file.lock().unwrap_or_else(PoisonError::into_inner);
                file.seek(SeekFrom::Start(start))?;
                // As much as the file has: it cannot be more than fits.
                let mut bytes = Vec::with_capacity(usize::try_from(length).map_err(io::Error::other)?);
                (&mut *file).take(length).read_to_end(&mut bytes)?;
                match bytes.len() as u64 == length {
                    true => Ok(bytes.into()),
                    false => Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the file became shorter")),
                }
            }
        }
    }
}

/// The last blocks of an object that were fetched: headers of pages are small and many, requests dear.
struct Blocks {
    object: Object,
    kept: Mutex<VecDeque<(u64, Bytes)>>,
}

const BLOCK_BYTES: u64 = 2 << 20;

/// As many columns can be read side by side without fetching a block twice.
const BLOCKS_KEPT: usize = 32;

impl Blocks {
    fn of(object: Object) -> Self {
        Self { object, kept: Mutex::default() }
    }

    fn at(&self, start: u64, length: u64) -> io::Result<Bytes> {
        if length >= BLOCK_BYTES {
            return self.object.range(start, length);
        }
        let mut bytes = BytesMut::new();
        let mut place = start;
        while place < start + length {
            let block = self.block(place / BLOCK_BYTES)?;
            let from = usize::try_from(place % BLOCK_BYTES).map_err(io::Error::other)?;
            let to = usize::try_from(start + length - place)
                .map_err(io::Error::other)?
                .saturating_add(from)
                .min(block.len());
            bytes.extend_from_slice(&block[from..to]);
            place += (to - from) as u64;
        }
        Ok(bytes.freeze())
    }

    fn block(&self, number: u64) -> io::Result<Bytes> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(place) = kept.iter().position(|(known, _)| *known == number)
            && let Some(known) = kept.remove(place)
        {
            kept.push_back(known.clone());
            return Ok(known.1);
        }
        let start = number * BLOCK_BYTES;
        let block = self.object.range(start, BLOCK_BYTES.min(self.object.length() - start))?;
        kept.push_back((number, block.clone()));
        if kept.len() > BLOCKS_KEPT {
            kept.pop_front();
        }
        Ok(block)
    }
}

impl Length for Chunks {
    fn len(&self) -> u64 {
        self.length
    }
}

impl ChunkReader for Chunks {
    type T = Sequence;

    fn get_read(&self, start: u64) -> ParquetResult<Sequence> {
        Ok(Sequence { chunks: self.clone(), next: start, piece: Bytes::new() })
    }

    fn get_bytes(&self, start: u64, length: usize) -> ParquetResult<Bytes> {
        self.at(start, length as u64).map_err(|error| ParquetError::External(Box::new(error)))
    }
}

/// The bytes from some place on.
pub(super) struct Sequence {
    chunks: Chunks,
    next: u64,
    piece: Bytes,
}

impl Read for Sequence {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.piece.is_empty() {
            let left = self.chunks.length.saturating_sub(self.next);
            self.piece = self.chunks.at(self.next, left.min(PIECE_BYTES))?;
            self.next += self.piece.len() as u64;
        }
        let count = buffer.len().min(self.piece.len());
        buffer[..count].copy_from_slice(&self.piece.split_to(count));
        Ok(count)
    }
}
