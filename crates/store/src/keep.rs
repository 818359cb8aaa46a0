//! Documents by kind and id: what is few, such as versions of the model, keys, users and jobs.

use rules::day::Instant;

use crate::Session;
use crate::activity::instant;
use crate::error::Result;
use crate::sql::{Param, Row, Sql, both};
use crate::subject::count;

/// A document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// Which of its kind.
    pub id: String,
    /// When it was stored.
    pub at: Instant,
    /// From when on it does not exist any more.
    pub until: Option<Instant>,
    /// What it says.
    pub text: String,
}

impl Document {
    fn read(row: &Row<'_>) -> Result<Self> {
        Ok(Self {
            id: row.text(0)?.to_owned(),
            at: instant(row.int(1)?)?,
            until: row.maybe_int(2)?.map(instant).transpose()?,
            text: row.text(3)?.to_owned(),
        })
    }
}

impl Session<'_> {
    /// A document, even if it does not exist any more.
    ///
    /// # Errors
    ///
    /// If the database does not say.
    pub fn document(&mut self, kind: &str, id: &str) -> Result<Option<Document>> {
        let sql = both("SELECT id, at, until, document FROM record WHERE kind = ?1 AND id = ?2");
        Ok(self.documents_by(sql, &[kind.into(), id.into()])?.pop())
    }

    /// So many documents of a kind before an id, the last ids first.
    ///
    /// # Errors
    ///
    /// If the database does not say.
    pub fn documents(&mut self, kind: &str, before: Option<&str>, limit: usize) -> Result<Vec<Document>> {
        // Two statements: one for both would go through all the ids that come later.
        let Some(before) = before else {
            let last = "SELECT id, at, until, document FROM record WHERE kind = ?1 ORDER BY id DESC LIMIT ?2";
            return self.documents_by(both(last), &[kind.into(), count(limit).into()]);
        };
        let earlier =
            "SELECT id, at, until, document FROM record WHERE kind = ?1 AND id < ?2 ORDER BY id DESC LIMIT ?3";
        self.documents_by(both(earlier), &[kind.into(), before.into(), count(limit).into()])
    }

    fn documents_by(&mut self, sql: Sql<'_>, params: &[Param<'_>]) -> Result<Vec<Document>> {
        let mut found = Vec::new();
        self.transaction.one(sql, params, &mut |row| {
            found.push(Document::read(row)?);
            Ok(())
        })?;
        Ok(found)
    }

    /// Stores a document, in the place of an older one.
    ///
    /// # Errors
    ///
    /// If the database does not take it.
    pub fn put_document(&mut self, kind: &str, document: &Document) -> Result<()> {
        self.one(
            both(
                "INSERT INTO record (kind, id, at, until, document) VALUES (?1, ?2, ?3, ?4, ?5)
                 ON CONFLICT (kind, id) DO UPDATE
                    SET at = excluded.at, until = excluded.until, document = excluded.document",
            ),
            &[
                kind.into(),
                document.id.as_str().into(),
                document.at.0.into(),
                document.until.map(|until| until.0).into(),
                document.text.as_str().into(),
            ],
        )
    }

    /// Stores a document unless there is one, and says whether it did. Of two at once only one does.
    ///
    /// # Errors
    ///
    /// If the database does not take it.
    pub fn add_document(&mut self, kind: &str, document: &Document) -> Result<bool> {
        let sql = both(
            "INSERT INTO record (kind, id, at, until, document) VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT (kind, id) DO NOTHING RETURNING at",
        );
        let params: [Param<'_>; 5] = [
            kind.into(),
            document.id.as_str().into(),
            document.at.0.into(),
            document.until.map(|until| until.0).into(),
            document.text.as_str().into(),
        ];
        Ok(!self.keys(sql, &params)?.is_empty())
    }

    /// Removes a document, and says whether there was one.
    ///
    /// # Errors
    ///
    /// If the database does not do it.
    pub fn remove_document(&mut self, kind: &str, id: &str) -> Result<bool> {
        let sql = both("DELETE FROM record WHERE kind = ?1 AND id = ?2 RETURNING at");
        Ok(!self.keys(sql, &[kind.into(), id.into()])?.is_empty())
    }

    /// Removes the documents of a kind that do not exist any more.
    ///
    /// # Errors
    ///
    /// If the database does not do it.
    pub fn remove_outdated(&mut self, kind: &str, now: Instant) -> Result<()> {
        self.one(both("DELETE FROM record WHERE kind = ?1 AND until <= ?2"), &[kind.into(), now.0.into()])
    }
}
