//! The whole database as a file, and a database from such a file.
//!
//! The file is one of SQLite with the same tables, wherever they come from, and a table more that says how many rows
//! each has and what their digest is. So a backup of either database can be restored into either, and what is
//! damaged is found before anything is written.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use crate::copy::{self, Numbers, Sum, TABLES, Table};
use crate::error::{Error, Result};
use crate::sql::{Database as _, Manner, Sql, both};
use crate::sqlite::{Access, Sqlite};
use crate::subject::count;
use crate::{Session, Store, migrate};

/// How far a copy is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// The table that is copied.
    pub table: &'static str,
    /// How many rows of it are.
    pub rows: u64,
}

/// Told how far a copy is, every now and then.
pub type Tell<'t> = &'t mut dyn FnMut(Progress);

/// What was copied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    /// The tables, and how many rows each has.
    pub tables: Vec<(&'static str, u64)>,
    /// How large the file is, in bytes.
    pub bytes: u64,
}

impl Store {
    /// Writes all that is stored at one moment to a new file, while others go on, and reads it again to be sure.
    ///
    /// Until the file is whole it is called `<file>.partial`. If one is left from a backup that was cut off, it is
    /// removed.
    ///
    /// # Errors
    ///
    /// If there is such a file already, it cannot be written, or the database cannot be read. Then there is no file.
    pub fn backup(&self, file: &Path, tell: Tell<'_>) -> Result<Summary> {
        refuse_existing(file)?;
        let partial = Temporary(cleared(with_suffix(file, ".partial"))?);
        let sums = self.write_to(&partial.0, tell)?;
        let source = open(&partial.0)?;
        let found = verify(&source, &partial.0)?;
        if found != sums {
            return Err(Error::Backup("the backup does not say what was written: is the disk sound?".into()));
        }
        drop(source);
        publish(&partial.0, file)?;
        summary(&sums, file)
    }

    fn write_to(&self, path: &Path, tell: Tell<'_>) -> Result<Vec<Sum>> {
        let target = Self { database: Box::new(Sqlite::open(path, Access::New)?) };
        migrate::migrate(&*target.database)?;
        let (mut from, mut to) = (self.begin(Manner::Reading)?, target.begin(Manner::Alone)?);
        let sums = copy_all(&mut from, &mut to, tell)?;
        // After the rows: a server tells the numbers given by now, and those of the rows are among them.
        Numbers::read(&mut from)?.write(&mut to)?;
        to.transaction.script(both(
            "CREATE TABLE backup (place INTEGER PRIMARY KEY, name TEXT NOT NULL, columns TEXT NOT NULL,
                key INTEGER NOT NULL, rows INTEGER NOT NULL, digest TEXT NOT NULL)",
        ))?;
        for ((name, columns, key), sum) in TABLES.iter().zip(&sums) {
            to.one(
                both("INSERT INTO backup (name, columns, key, rows, digest) VALUES (?1, ?2, ?3, ?4, ?5)"),
                &[(*name).into(), (*columns).into(), count(*key).into(), sum.rows.into(), (&*sum.digest).into()],
            )?;
        }
        to.commit()?;
        Ok(sums)
    }

    /// Fills a database from a backup. What a new database has besides subjects gives way to what the backup has.
    ///
    /// # Errors
    ///
    /// If the file is not a whole backup, or one of a later version; or if there are subjects in the database
    /// already. Then nothing is written.
    pub fn restore(address: &str, file: &Path, tell: Tell<'_>) -> Result<Summary> {
        if !file.is_file() {
            return Err(Error::Backup(format!("there is no file `{}`: give the path of a backup", file.display())));
        }
        let source = open(file)?;
        let sums = verify(&source, file)?;
        let copy = upgraded(&source, file)?;
        let source = copy.as_ref().map_or(&source, |(store, _)| store);
        let target = Self::open(address)?;
        let (mut from, mut to) = (source.begin(Manner::Reading)?, target.begin(Manner::Alone)?);
        if !to.keys(both("SELECT key FROM subject LIMIT 1"), &[])?.is_empty() {
            let message = "the database is in use already: restore into a new one, or one that is empty";
            return Err(Error::Backup(message.into()));
        }
        for (name, ..) in TABLES {
            to.one(both(&format!("DELETE FROM {name}")), &[])?;
        }
        let copied = copy_all(&mut from, &mut to, tell)?;
        if copy.is_none() && copied != sums {
            return Err(Error::Backup(format!("`{}` was changed while it was read: try it again", file.display())));
        }
        Numbers::read(&mut from)?.write(&mut to)?;
        for (table, sum) in TABLES.into_iter().zip(&copied) {
            if copy::read(&mut to, &known(table)?, &mut |_, _| Ok(()))? != *sum {
                return Err(Error::Backup(format!("what was restored into `{}` is not what was read", table.0)));
            }
        }
        // A server plans by what it knows of the tables, and would learn it too late.
        let names = TABLES.map(|(name, ..)| name).join(", ");
        to.transaction.script(Sql { sqlite: "", postgres: &format!("ANALYZE {names}") })?;
        to.commit()?;
        summary(&copied, file)
    }
}

fn copy_all(from: &mut Session<'_>, to: &mut Session<'_>, tell: Tell<'_>) -> Result<Vec<Sum>> {
    let one = |words: (&'static str, &'static str, usize)| {
        let table = known(words)?;
        copy::read(from, &table, &mut |lines, rows| {
            tell(Progress { table: words.0, rows });
            copy::write(to, &table, lines)
        })
    };
    TABLES.into_iter().map(one).collect()
}

fn known<'a>(words: (&'a str, &'a str, usize)) -> Result<Table<'a>> {
    Table::new(words).ok_or_else(|| Error::Broken(format!("`{}` is no table", words.0)))
}

fn summary(sums: &[Sum], file: &Path) -> Result<Summary> {
    let tables = TABLES.iter().zip(sums).map(|((name, ..), sum)| (*name, sum.rows.unsigned_abs())).collect();
    Ok(Summary { tables, bytes: fs::metadata(file).map_err(|error| unwritten(file, &error))?.len() })
}

fn open(file: &Path) -> Result<Store> {
    let source = Sqlite::open(file, Access::ReadOnly).map_err(|error| damaged(file, error))?;
    Ok(Store { database: Box::new(source) })
}

/// Makes sure that a backup is whole, and says what it holds.
fn verify(source: &Store, file: &Path) -> Result<Vec<Sum>> {
    let checked = source.begin(Manner::Reading).and_then(|mut session| {
        let is_backup = "SELECT count(*) FROM sqlite_schema WHERE name = 'backup'";
        if session.keys(both(is_backup), &[])? == [0] {
            let message = format!("`{}` is not a backup: give a file that was made as one", file.display());
            return Err(Error::Backup(message));
        }
        migrate::version(&mut session)?;
        check_pages(&mut session)?;
        check_rows(&mut session)
    });
    checked.map_err(|error| damaged(file, error))
}

/// What does not read as a database is a damaged backup.
fn damaged(file: &Path, error: Error) -> Error {
    match error {
        Error::Broken(what) | Error::Refused(what) => {
            let file = file.display();
            Error::Backup(format!("`{file}` is not a whole backup ({what}): use another one"))
        }
        other => other,
    }
}

fn check_pages(session: &mut Session<'_>) -> Result<()> {
    let mut found = String::new();
    session.transaction.one(both("PRAGMA integrity_check(1)"), &[], &mut |row| {
        row.text(0)?.clone_into(&mut found);
        Ok(())
    })?;
    if found == "ok" { Ok(()) } else { Err(Error::Broken(found)) }
}

/// Counts and digests, as the backup itself says which tables it has.
fn check_rows(session: &mut Session<'_>) -> Result<Vec<Sum>> {
    let mut told = Vec::new();
    let all = "SELECT name, columns, key, rows, digest FROM backup ORDER BY place";
    session.transaction.one(both(all), &[], &mut |row| {
        let key = usize::try_from(row.int(2)?).unwrap_or_default();
        let sum = Sum { rows: row.int(3)?, digest: row.text(4)?.to_owned() };
        told.push((row.text(0)?.to_owned(), row.text(1)?.to_owned(), key, sum));
        Ok(())
    })?;
    for (name, columns, key, sum) in &told {
        if copy::read(session, &known((name, columns, *key))?, &mut |_, _| Ok(()))? != *sum {
            return Err(Error::Broken(format!("the rows of `{name}` are not those that were written")));
        }
    }
    Ok(told.into_iter().map(|(.., sum)| sum).collect())
}

/// A copy of an older backup with the tables of today.
fn upgraded(source: &Store, file: &Path) -> Result<Option<(Store, Temporary)>> {
    if migrate::version(&mut source.begin(Manner::Reading)?)? == migrate::known() {
        return Ok(None);
    }
    let name = format!("fervor-restore-{}.db", std::process::id());
    let path = std::env::temp_dir().join(name);
    // New, so that nobody else can have laid something there for us to write to.
    fs::File::create_new(&path).map_err(|error| unwritten(&path, &error))?;
    let copy = Temporary(path);
    fs::copy(file, &copy.0).map_err(|error| unwritten(&copy.0, &error))?;
    let store = Store { database: Box::new(Sqlite::open(&copy.0, Access::New)?) };
    migrate::migrate(&*store.database)?;
    Ok(Some((store, copy)))
}

/// A file that is gone when nobody needs it.
#[derive(Debug)]
struct Temporary(PathBuf);

impl Drop for Temporary {
    fn drop(&mut self) {
        let _moved_before = fs::remove_file(&self.0);
    }
}

/// A name, without what a backup left behind under it that was cut off, unless one is writing it now.
fn cleared(path: PathBuf) -> Result<PathBuf> {
    if path.exists() {
        let left = Sqlite::open(&path, Access::ReadOnly);
        if let Err(Error::Contended(_)) = left.and_then(|left| left.begin(Manner::Reading).map(drop)) {
            let message = format!("another backup is writing `{}`: wait for it", path.display());
            return Err(Error::Contended(message));
        }
        fs::remove_file(&path).map_err(|error| unwritten(&path, &error))?;
    }
    Ok(path)
}

fn with_suffix(file: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(file);
    name.push(suffix);
    name.into()
}

fn refuse_existing(file: &Path) -> Result<()> {
    if fs::symlink_metadata(file).is_ok() {
        return Err(Error::Backup(format!("there is a file `{}` already: give another name", file.display())));
    }
    Ok(())
}

/// Gives a file its name, once it is on the disk for good.
fn publish(partial: &Path, file: &Path) -> Result<()> {
    let synced = |path: &Path| fs::File::open(path).and_then(|open| open.sync_all());
    synced(partial).map_err(|error| unwritten(partial, &error))?;
    // A link takes no name that is taken, as a renaming would; some disks have no links.
    if fs::hard_link(partial, file).is_err() {
        refuse_existing(file)?;
        fs::rename(partial, file).map_err(|error| unwritten(file, &error))?;
    }
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    synced(folder).map_err(|error| unwritten(folder, &error))
}

fn unwritten(path: &Path, error: &std::io::Error) -> Error {
    Error::Full(format!("`{}`: {error}", path.display()))
}
