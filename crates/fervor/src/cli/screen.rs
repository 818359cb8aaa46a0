//! Where text for people goes: cleaned of what disturbs a terminal, and tolerant of a reader who
//! has gone.

use std::io::{self, ErrorKind, Write};

use batch::wording::plain;

/// Standard output or standard error.
///
/// When whoever reads it goes away, as `head` does, the rest is dropped: a command still does its
/// work and ends with its own exit code.
pub(crate) struct Screen<'a> {
    name: &'static str,
    to: Raw<'a>,
}

/// The same without cleaning: for JSON, and for drawings that bring their own colours.
pub(crate) struct Raw<'a> {
    to: &'a mut dyn Write,
    gone: bool,
}

impl<'a> Screen<'a> {
    pub(crate) fn new(name: &'static str, to: &'a mut dyn Write) -> Self {
        Self { name, to: Raw { to, gone: false } }
    }

    pub(crate) fn raw(&mut self) -> &mut Raw<'a> {
        &mut self.to
    }

    fn named(&self, error: io::Error) -> io::Error {
        io::Error::new(error.kind(), format!("{} cannot be written: {error}", self.name))
    }
}

impl Write for Screen<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(bytes);
        self.to.write_all(plain(&text).as_bytes()).map_err(|error| self.named(error))?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush().map_err(|error| self.named(error))
    }
}

impl Raw<'_> {
    fn forgiving<T>(&mut self, done: io::Result<T>, instead: T) -> io::Result<T> {
        match done {
            Err(error) if error.kind() == ErrorKind::BrokenPipe => {
                self.gone = true;
                Ok(instead)
            }
            other => other,
        }
    }
}

impl Write for Raw<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.gone {
            return Ok(bytes.len());
        }
        let written = self.to.write(bytes);
        self.forgiving(written, bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        let flushed = if self.gone { Ok(()) } else { self.to.flush() };
        self.forgiving(flushed, ())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_disturbs_a_terminal_is_replaced() {
        let mut out = Vec::new();
        let mut screen = Screen::new("a test", &mut out);
        writeln!(screen, "a\u{1b}[2Jb\u{202e}c\u{9b}\td").unwrap();
        write!(screen.raw(), "\u{1b}[0m").unwrap();
        assert_eq!(out, "a\u{fffd}[2Jb\u{fffd}c\u{fffd}\td\n\u{1b}[0m".as_bytes());
    }

    /// A reader that has gone.
    struct Gone;

    impl Write for Gone {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(ErrorKind::BrokenPipe.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Err(ErrorKind::BrokenPipe.into())
        }
    }

    #[test]
    fn a_reader_who_has_gone_does_not_stop_the_work() {
        let mut gone = Gone;
        let mut screen = Screen::new("a test", &mut gone);
        assert!(writeln!(screen, "hello").is_ok() && screen.flush().is_ok());
    }
}
