//! Rows by partition: in memory, and beyond what may be used of it in a temporary file.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use super::names::{PARTITIONS, Place};
use super::row::Head;

/// So many rows are gathered for a partition before they are handed over.
const ROWS: usize = 2048;

/// So many bytes of tails are gathered.
const TAIL_BYTES: usize = 64 << 10;

/// Rows of one partition that one thread has read.
#[derive(Debug, Default)]
pub(super) struct Block {
    /// Whose meanings the heads name.
    pub(super) writer: usize,
    /// Stretches of rows that were read in one piece: its number, and the first row and byte of it.
    pub(super) pieces: Vec<Piece>,
    pub(super) heads: Vec<u64>,
    /// A hash of the identity of each row, or [`NO_MARK`]; nothing if nobody asks.
    pub(super) marks: Vec<u64>,
    pub(super) tails: Vec<u8>,
}

/// A row without an id is like no other one.
pub(super) const NO_MARK: u64 = 0;

#[derive(Clone, Copy, Debug)]
pub(super) struct Piece {
    pub(super) number: u64,
    pub(super) row: usize,
    pub(super) byte: usize,
}

impl Block {
    fn bytes(&self) -> u64 {
        ((self.heads.len() + self.marks.len()) * 8 + self.tails.len() + self.pieces.len() * size_of::<Piece>()) as u64
    }
}

#[derive(Debug)]
enum Kept {
    Here(Block),
    /// In the file, from some byte on: heads, then marks, then tails.
    Spilled {
        writer: usize,
        pieces: Vec<Piece>,
        start: u64,
        heads: usize,
        marks: usize,
        tails: usize,
    },
}

/// Temporary files could not be written or read.
#[derive(Debug, thiserror::Error)]
#[error("temporary files in {} cannot be used: {error}", folder.display())]
pub struct SpillError {
    /// Where they are.
    pub folder: PathBuf,
    /// What is wrong.
    pub error: io::Error,
}

/// All rows.
#[derive(Debug)]
pub(super) struct Blocks {
    parts: Vec<Mutex<Vec<Kept>>>,
    /// How many bytes are in memory, and how many may be.
    used: AtomicU64,
    memory: u64,
    folder: PathBuf,
    file: Mutex<Option<File>>,
    spilled: AtomicU64,
}

impl Blocks {
    pub(super) fn new(memory: u64, folder: PathBuf) -> Self {
        let parts = std::iter::repeat_with(Mutex::default).take(PARTITIONS).collect();
        let (used, spilled) = (AtomicU64::new(0), AtomicU64::new(0));
        Self { parts, used, memory, folder, file: Mutex::new(None), spilled }
    }

    /// How many bytes went to the temporary file.
    pub(super) fn spilled(&self) -> u64 {
        self.spilled.load(Ordering::Relaxed)
    }

    /// Lessens what may be used of memory by what something else takes.
    fn is_full(&self, beside: u64) -> bool {
        self.used.load(Ordering::Relaxed) + beside > self.memory
    }

    fn push(&self, part: usize, block: Block, beside: u64) -> Result<(), SpillError> {
        let kept = if self.is_full(beside + block.bytes()) {
            self.spill(block).map_err(|error| SpillError { folder: self.folder.clone(), error })?
        } else {
            self.used.fetch_add(block.bytes(), Ordering::Relaxed);
            Kept::Here(block)
        };
        self.parts[part].lock().unwrap_or_else(PoisonError::into_inner).push(kept);
        Ok(())
    }

    fn spill(&self, block: Block) -> io::Result<Kept> {
        let mut bytes = Vec::with_capacity((block.heads.len() + block.marks.len()) * 8 + block.tails.len());
        block.heads.iter().chain(&block.marks).for_each(|word| bytes.extend_from_slice(&word.to_le_bytes()));
        bytes.extend_from_slice(&block.tails);
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        let file = match &mut *file {
            Some(file) => file,
            // It has no name, so that nothing is left of it, however the process ends.
            none => none.insert(tempfile::tempfile_in(&self.folder)?),
        };
        let start = file.seek(SeekFrom::End(0))?;
        file.write_all(&bytes)?;
        self.spilled.fetch_add(bytes.len() as u64, Ordering::Relaxed);
        let Block { writer, pieces, heads, marks, tails } = block;
        Ok(Kept::Spilled { writer, pieces, start, heads: heads.len(), marks: marks.len(), tails: tails.len() })
    }

    /// The rows of a partition, which are no longer kept.
    pub(super) fn take(&self, part: usize) -> Result<Vec<Block>, SpillError> {
        let kept = std::mem::take(&mut *self.parts[part].lock().unwrap_or_else(PoisonError::into_inner));
        let blocks = kept.into_iter().map(|kept| match kept {
            Kept::Here(block) => {
                self.used.fetch_sub(block.bytes(), Ordering::Relaxed);
                Ok(block)
            }
            Kept::Spilled { writer, pieces, start, heads, marks, tails } => {
                let bytes = self.read(start, (heads + marks) * 8 + tails)?;
                let (words, tails) = bytes.split_at((heads + marks) * 8);
                let (words, _) = words.as_chunks::<8>();
                let mut words = words.iter().map(|&bytes| u64::from_le_bytes(bytes));
                let heads = words.by_ref().take(heads).collect();
                Ok(Block { writer, pieces, heads, marks: words.collect(), tails: tails.to_vec() })
            }
        });
        let blocks: io::Result<Vec<_>> = blocks.collect();
        blocks.map_err(|error| SpillError { folder: self.folder.clone(), error })
    }

    fn read(&self, start: u64, length: usize) -> io::Result<Vec<u8>> {
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        let file = file.as_mut().expect("what was spilled is in a file");
        file.seek(SeekFrom::Start(start))?;
        let mut bytes = vec![0; length];
        file.read_exact(&mut bytes)?;
        Ok(bytes)
    }
}

/// What one thread writes: rows gather by partition.
#[derive(Debug)]
pub(super) struct Writer {
    pub(super) place: usize,
    gathered: Vec<Block>,
    /// The piece that is being read.
    piece: u64,
    /// How many bytes are taken by what else there is in memory.
    beside: u64,
}

impl Writer {
    pub(super) fn new(place: usize) -> Self {
        let gathered = std::iter::repeat_with(Block::default).take(PARTITIONS).collect();
        Self { place, gathered, piece: 0, beside: 0 }
    }

    /// What follows belongs to another piece of what is read: pieces are put in order by their numbers.
    pub(super) fn begin(&mut self, piece: u64, beside: u64) {
        self.piece = piece;
        self.beside = beside;
    }

    /// Adds a row; `tail` appends its tail.
    pub(super) fn push(
        &mut self,
        blocks: &Blocks,
        whose: Place,
        head: Head,
        mark: Option<u64>,
        tail: impl FnOnce(&mut Vec<u8>),
    ) -> Result<(), SpillError> {
        let block = &mut self.gathered[whose.part()];
        if block.pieces.last().is_none_or(|piece| piece.number != self.piece) {
            let (row, byte) = (block.heads.len(), block.tails.len());
            block.pieces.push(Piece { number: self.piece, row, byte });
        }
        block.heads.push(head.0);
        block.marks.extend(mark);
        tail(&mut block.tails);
        if block.heads.len() < ROWS && block.tails.len() < TAIL_BYTES {
            return Ok(());
        }
        self.hand_over(blocks, whose.part())
    }

    fn hand_over(&mut self, blocks: &Blocks, part: usize) -> Result<(), SpillError> {
        let gathered = &mut self.gathered[part];
        // As large as it has to be: what gathers stays allocated.
        let block = Block {
            writer: self.place,
            pieces: gathered.pieces.as_slice().into(),
            heads: gathered.heads.as_slice().into(),
            marks: gathered.marks.as_slice().into(),
            tails: gathered.tails.as_slice().into(),
        };
        gathered.pieces.clear();
        gathered.heads.clear();
        gathered.marks.clear();
        gathered.tails.clear();
        blocks.push(part, block, self.beside)
    }

    /// Hands over what is left.
    pub(super) fn finish(mut self, blocks: &Blocks) -> Result<(), SpillError> {
        for part in 0..PARTITIONS {
            if !self.gathered[part].heads.is_empty() {
                self.hand_over(blocks, part)?;
            }
        }
        Ok(())
    }
}
