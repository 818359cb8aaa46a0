//! All tables, row by row: what a backup is made of, and what it is compared by.

use sha2::{Digest as _, Sha256};

use crate::Session;
use crate::error::Result;
use crate::sql::{Column, Param, Sql, both};
use crate::subject::count;

/// Rows that are read at a time.
const PAGE: usize = 1000;

/// All tables but those that only count: the name, the columns, and how many of them are the key.
pub(crate) const TABLES: [(&str, &str, usize); 8] = [
    (
        "subject",
        "key int, kind int, id text, parent int, person int, turn int, record text, next_day int, revision int",
        1,
    ),
    (
        "activity",
        "subject int, seq int, occurred int, received int, origin int, type text, source text, id text, rest text",
        2,
    ),
    ("link", "subject int, named int", 2),
    ("standing", "subject int, version int, score int, kind int, points int, band text, place text, detail text", 3),
    (
        "change",
        "seq int, tx int, at int, day int, subject int, score text, version int, points int, band text, \
         points_before int, band_before text, cause text",
        1,
    ),
    ("mark", "seq int, subject int", 1),
    ("attribute", "name text, value text, subject int", 3),
    ("record", "kind text, id text, at int, until int, document text", 2),
];

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sort {
    Int,
    Text,
}

use Sort::{Int, Text};

/// A table; its key comes first.
#[derive(Debug)]
pub(crate) struct Table<'a> {
    name: &'a str,
    columns: Vec<(&'a str, Sort)>,
    key: usize,
}

impl<'a> Table<'a> {
    /// From words as those above, which may be those of an older version that a file tells.
    pub(crate) fn new((name, columns, key): (&'a str, &'a str, usize)) -> Option<Self> {
        let is_name =
            |name: &str| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
        let column = |text: &'a str| match text.split_once(' ')? {
            (name, "int") if is_name(name) => Some((name, Int)),
            (name, "text") if is_name(name) => Some((name, Text)),
            _ => None,
        };
        let columns: Vec<_> = columns.split(", ").map(column).collect::<Option<_>>()?;
        (is_name(name) && (1..=columns.len()).contains(&key)).then_some(Self { name, columns, key })
    }

    fn columns(&self) -> String {
        names(&self.columns)
    }
}

fn names(columns: &[(&str, Sort)]) -> String {
    columns.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ")
}

/// The value of one column in one row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Cell {
    Nothing,
    Int(i64),
    Text(String),
}

impl Cell {
    fn param(&self) -> Param<'_> {
        match self {
            Self::Nothing => Param::MaybeInt(None),
            Self::Int(value) => Param::Int(*value),
            Self::Text(value) => Param::Text(value),
        }
    }
}

type Line = Vec<Cell>;

/// How many rows a table has, and a digest of all that is in them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Sum {
    pub(crate) rows: i64,
    pub(crate) digest: String,
}

/// Reads a table in the order of its key, so many rows at a time.
pub(crate) fn read(
    session: &mut Session<'_>,
    table: &Table<'_>,
    take: &mut dyn FnMut(&[Line], u64) -> Result<()>,
) -> Result<Sum> {
    let (columns, key, name) = (table.columns(), names(&table.columns[..table.key]), table.name);
    let places: Vec<String> = (1..=table.key).map(|place| format!("?{place}")).collect();
    let first = format!("SELECT {columns} FROM {name} ORDER BY {key} LIMIT {PAGE}");
    let places = places.join(", ");
    let next = format!("SELECT {columns} FROM {name} WHERE ({key}) > ({places}) ORDER BY {key} LIMIT {PAGE}");
    let (mut hash, mut rows) = (Sha256::new(), 0);
    let mut last: Option<Line> = None;
    loop {
        let params: Vec<Param<'_>> = last.iter().flatten().take(table.key).map(Cell::param).collect();
        let page = page(session, table, both(if last.is_some() { &next } else { &first }), &params)?;
        for cell in page.iter().flatten() {
            add(&mut hash, cell);
        }
        rows += count(page.len());
        take(&page, rows.unsigned_abs())?;
        if page.len() < PAGE {
            let digest = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
            return Ok(Sum { rows, digest });
        }
        last = page.into_iter().next_back();
    }
}

fn page(session: &mut Session<'_>, table: &Table<'_>, sql: Sql<'_>, params: &[Param<'_>]) -> Result<Vec<Line>> {
    let mut page = Vec::with_capacity(PAGE);
    session.transaction.one(sql, params, &mut |row| {
        let cell = |(place, (_, sort)): (usize, &(&str, Sort))| {
            Ok(match sort {
                Int => row.maybe_int(place)?.map_or(Cell::Nothing, Cell::Int),
                Text => row.maybe_text(place)?.map_or(Cell::Nothing, |text| Cell::Text(text.to_owned())),
            })
        };
        page.push(table.columns.iter().enumerate().map(cell).collect::<Result<Line>>()?);
        Ok(())
    })?;
    Ok(page)
}

/// Each cell with its length, so that no two tables read alike.
fn add(hash: &mut Sha256, cell: &Cell) {
    match cell {
        Cell::Nothing => hash.update([0]),
        Cell::Int(value) => {
            hash.update([1]);
            hash.update(value.to_le_bytes());
        }
        Cell::Text(text) => {
            hash.update([2]);
            hash.update((text.len() as u64).to_le_bytes());
            hash.update(text);
        }
    }
}

/// Adds rows to a table.
pub(crate) fn write(session: &mut Session<'_>, table: &Table<'_>, lines: &[Line]) -> Result<()> {
    let (columns, name) = (table.columns(), table.name);
    let places: Vec<String> = (1..=table.columns.len()).map(|place| format!("?{place}")).collect();
    let arrays = places.iter().zip(&table.columns).map(|(place, (_, sort))| match sort {
        Int => format!("{place}::bigint[]"),
        Text => format!("{place}::text[]"),
    });
    let arrays = arrays.collect::<Vec<_>>().join(", ");
    let sqlite = format!("INSERT INTO {name} ({columns}) VALUES ({})", places.join(", "));
    let postgres = format!("INSERT INTO {name} ({columns}) SELECT * FROM unnest({arrays})");
    let int = |cell: &Cell| if let Cell::Int(value) = cell { Some(*value) } else { None };
    let columns: Vec<Column<'_>> = table
        .columns
        .iter()
        .enumerate()
        .map(|(place, (_, sort))| match sort {
            Int => Column::MaybeInts(lines.iter().map(|line| int(&line[place])).collect()),
            Text => Column::MaybeTexts(lines.iter().map(|line| text(&line[place])).collect()),
        })
        .collect();
    session.many(Sql { sqlite: &sqlite, postgres: &postgres }, &columns)
}

fn text(cell: &Cell) -> Option<&str> {
    if let Cell::Text(text) = cell { Some(text) } else { None }
}

/// The last numbers given, which may be higher than any that is left; and what comes after every transaction so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Numbers {
    given: [i64; 4],
    change: i64,
}

/// What is numbered, and in which column.
const NUMBERED: [(&str, &str); 4] = [("subject", "key"), ("change", "seq"), ("mark", "seq"), ("activity", "seq")];

impl Numbers {
    pub(crate) fn read(session: &mut Session<'_>) -> Result<Self> {
        let mut numbers = Self::default();
        for ((table, column), given) in NUMBERED.into_iter().zip(&mut numbers.given) {
            let sqlite = match table {
                "activity" => "SELECT next - 1 FROM counter WHERE name = ?1 AND ?2 <> ''",
                _ => "SELECT seq FROM sqlite_sequence WHERE name = ?1 AND ?2 <> ''",
            };
            let postgres = "SELECT coalesce(pg_sequence_last_value(pg_get_serial_sequence(?1, ?2)::regclass), 0)";
            let read = session.keys(Sql { sqlite, postgres }, &[table.into(), column.into()])?;
            *given = read.first().copied().unwrap_or(0);
        }
        let change = Sql {
            sqlite: "SELECT next FROM counter WHERE name = 'change'",
            postgres: "SELECT next + pg_snapshot_xmax(pg_current_snapshot())::text::bigint FROM counter
                WHERE name = 'change'",
        };
        numbers.change = session.keys(change, &[])?.first().copied().unwrap_or(0);
        Ok(numbers)
    }

    pub(crate) fn write(&self, session: &mut Session<'_>) -> Result<()> {
        for ((table, column), given) in NUMBERED.into_iter().zip(self.given) {
            let params: [Param<'_>; 3] = [table.into(), column.into(), given.into()];
            let postgres = "SELECT setval(pg_get_serial_sequence(?1, ?2)::regclass, greatest(?3::bigint, 1), ?3 > 0)";
            if table == "activity" {
                let sqlite = "UPDATE counter SET next = ?3 + 1 WHERE name = ?1 AND ?2 <> ''";
                session.one(Sql { sqlite, postgres }, &params)?;
                continue;
            }
            let sqlite = "INSERT INTO sqlite_sequence (name, seq) SELECT ?1, ?3 WHERE ?2 <> ''";
            session.one(
                Sql { sqlite: "DELETE FROM sqlite_sequence WHERE name = ?1", postgres: "SELECT ?1::text" },
                &[table.into()],
            )?;
            session.one(Sql { sqlite, postgres }, &params)?;
        }
        session.one(both("UPDATE counter SET next = ?1 WHERE name = 'change'"), &[self.change.into()])
    }
}
