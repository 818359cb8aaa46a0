//! The moment at which another version of the model comes into force: what it changes for whom.

use rules::day::{Day, Instant};

use crate::Session;
use crate::change::WRITER;
use crate::error::Result;
use crate::sql::{Param, Sql, both};
use crate::subject::day_out;

/// A score in the version before and in the version after; in one of them it may not be.
#[derive(Clone, Copy, Debug)]
pub struct Switched<'a> {
    /// The id of the score.
    pub id: &'a str,
    /// Its version and place before.
    pub before: Option<(i64, i64)>,
    /// Its version and place after.
    pub after: Option<(i64, i64)>,
}

impl Session<'_> {
    /// Logs what the switch from one version to another changes of a score, for everybody at once.
    ///
    /// # Errors
    ///
    /// If the database does not do it.
    pub fn log_switch(&mut self, score: Switched<'_>, version: i64, day: Day, at: Instant) -> Result<()> {
        // Where a score is not in a version, nobody stands in it: no version is below 0.
        let (version_before, before) = score.before.unwrap_or((-1, -1));
        let (version_after, after) = score.after.unwrap_or((-1, -1));
        // Without this PostgreSQL, which knows nothing yet of what has just been written, looks for each of one version
        // at everybody of the other, while all writers wait.
        self.transaction.script(Sql { sqlite: "", postgres: "SET LOCAL enable_nestloop = off" })?;
        let params: [Param<'_>; 8] = [
            at.0.into(),
            day_out(day).into(),
            score.id.into(),
            version.into(),
            version_before.into(),
            before.into(),
            version_after.into(),
            after.into(),
        ];
        for select in [
            "now.subject, CAST(?3 AS TEXT), CAST(?4 AS BIGINT), now.points, now.band, old.points, old.band, 'model'
             FROM standing AS now
             LEFT JOIN standing AS old ON old.subject = now.subject AND old.version = ?5 AND old.score = ?6
             WHERE now.version = ?7 AND now.score = ?8 AND (old.subject IS NULL
                OR now.points IS DISTINCT FROM old.points OR now.band IS DISTINCT FROM old.band)",
            "old.subject, CAST(?3 AS TEXT), CAST(?4 AS BIGINT), NULL, NULL, old.points, old.band, 'model'
             FROM standing AS old
             LEFT JOIN standing AS now ON now.subject = old.subject AND now.version = ?7 AND now.score = ?8
             WHERE old.version = ?5 AND old.score = ?6 AND now.subject IS NULL",
        ] {
            let [sqlite, postgres] = WRITER.map(|writer| {
                format!(
                    "INSERT INTO change (tx, at, day, subject, score, version, points, band, points_before,
                        band_before, cause)
                     SELECT {writer}, CAST(?1 AS BIGINT), CAST(?2 AS BIGINT), {select}"
                )
            });
            self.one(Sql { sqlite: &sqlite, postgres: &postgres }, &params)?;
        }
        Ok(())
    }

    /// Everybody has to be looked at again on a day.
    ///
    /// # Errors
    ///
    /// If the database does not do it.
    pub fn all_due(&mut self, on: Day) -> Result<()> {
        self.one(both("UPDATE subject SET next_day = ?1 WHERE person = 0"), &[day_out(on).into()])
    }
}
