//! A file that appears when it is whole, and not before.

use std::io::{self, BufWriter, Write};
use std::path::Path;

use anyhow::Context as _;
use tempfile::NamedTempFile;

/// A file under a name of its own beside its place; gone if it is never finished.
pub(crate) struct Beside(BufWriter<NamedTempFile>);

impl Beside {
    /// Begins a file beside `path`.
    pub(crate) fn of(path: &Path) -> anyhow::Result<Self> {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let file = NamedTempFile::new_in(folder).with_context(|| unwritten(path))?;
        Ok(Self(BufWriter::new(file)))
    }

    /// Moves it to its place, over what may be there.
    pub(crate) fn become_whole(self, path: &Path) -> anyhow::Result<()> {
        let file = self.0.into_inner().map_err(io::IntoInnerError::into_error).with_context(|| unwritten(path))?;
        readable(&file, path).with_context(|| unwritten(path))?;
        file.persist(path).map_err(|error| error.error).with_context(|| unwritten(path))?;
        Ok(())
    }
}

/// Temporary files are for their owner alone; a result is as readable as any file, or as the one
/// that it replaces.
#[cfg(unix)]
fn readable(file: &NamedTempFile, path: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    let replaced = path.metadata().ok().map(|metadata| metadata.permissions());
    file.as_file().set_permissions(replaced.unwrap_or_else(|| std::fs::Permissions::from_mode(0o644)))
}

#[cfg(not(unix))]
fn readable(_: &NamedTempFile, _: &Path) -> io::Result<()> {
    Ok(())
}

fn unwritten(path: &Path) -> String {
    format!("{} cannot be written", path.display())
}

impl Write for Beside {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}
