//! How subjects stand now: points, bands, and who is ranked among whom.

use std::collections::BTreeMap;
use std::sync::Arc;

use rules::decimal::Decimal;

use crate::Session;
use crate::error::Result;
use crate::sql::{Column, Row, Sql, both};
use crate::subject::{Key, Kind, once};

/// The result of one score of one subject under one version of the model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Whose.
    pub subject: Key,
    /// The version of the model.
    pub version: i64,
    /// The place of the score in that model.
    pub score: i64,
    /// What the subject is.
    pub kind: Kind,
    /// The final points; a matrix has none.
    pub points: Option<Decimal>,
    /// The band, or the label of a matrix.
    pub band: Option<Arc<str>>,
    /// Among whom it is ranked: the cohort, if it is in the population at all.
    pub ranked: Option<Cohort>,
    /// What else is known of it, as the writer of it likes.
    pub detail: Arc<str>,
}

/// A cohort; a missing one is one of its own.
pub type Cohort = Option<Arc<str>>;

/// How many have how many points within a cohort, and are in a band.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tally {
    /// The cohort.
    pub cohort: Cohort,
    /// The points.
    pub points: Decimal,
    /// The band.
    pub band: Option<Arc<str>>,
    /// How many there are.
    pub count: u64,
}

fn cohort_out(ranked: Option<&Cohort>) -> Option<String> {
    ranked.map(|cohort| cohort.as_ref().map_or_else(|| "-".to_owned(), |cohort| format!("={cohort}")))
}

fn cohort_in(place: Option<&str>) -> Option<Cohort> {
    place.map(|place| place.strip_prefix('=').map(Into::into))
}

impl Standing {
    fn read(row: &Row<'_>) -> Result<Self> {
        Ok(Self {
            subject: row.int(0)?,
            version: row.int(1)?,
            score: row.int(2)?,
            kind: crate::subject::Kind::of(row.int(3)?)?,
            points: row.maybe_int(4)?.map(Decimal::from_units),
            band: row.maybe_text(5)?.map(Into::into),
            ranked: cohort_in(row.maybe_text(6)?),
            detail: row.text(7)?.into(),
        })
    }
}

impl Session<'_> {
    /// How subjects stand under a version of the model, in no order.
    ///
    /// # Errors
    ///
    /// If the database does not say.
    pub fn standings(&mut self, version: i64, of: &[Key]) -> Result<Vec<Standing>> {
        let mut found = Vec::new();
        let of = once(of);
        let versions = Column::Ints(vec![version; of.len()]);
        self.transaction.many(
            Sql {
                sqlite: "SELECT subject, version, score, kind, points, band, place, detail FROM standing
                    WHERE subject = ?1 AND version = ?2",
                postgres: "SELECT subject, version, score, kind, points, band, place, detail FROM standing
                    JOIN unnest(?1::bigint[], ?2::bigint[]) AS asked (subject, version) USING (subject, version)",
            },
            &[of, versions],
            &mut |row| {
                found.push(Standing::read(row)?);
                Ok(())
            },
        )?;
        Ok(found)
    }

    /// Stores how subjects stand, in the place of what is stored of the same subject, version and score.
    ///
    /// # Errors
    ///
    /// If the database does not take it.
    pub fn put_standings(&mut self, standings: &[&Standing]) -> Result<()> {
        // Of what is said twice at once the last counts; PostgreSQL would refuse it.
        let last: BTreeMap<_, _> = standings.iter().map(|one| ((one.subject, one.version, one.score), *one)).collect();
        let standings: Vec<&Standing> = last.into_values().collect();
        let places: Vec<Option<String>> = standings.iter().map(|one| cohort_out(one.ranked.as_ref())).collect();
        let columns = [
            Column::Ints(standings.iter().map(|one| one.subject).collect()),
            Column::Ints(standings.iter().map(|one| one.version).collect()),
            Column::Ints(standings.iter().map(|one| one.score).collect()),
            Column::Ints(standings.iter().map(|one| one.kind as i64).collect()),
            Column::MaybeInts(standings.iter().map(|one| one.points.map(Decimal::units)).collect()),
            Column::MaybeTexts(standings.iter().map(|one| one.band.as_deref()).collect()),
            Column::MaybeTexts(places.iter().map(Option::as_deref).collect()),
            Column::Texts(standings.iter().map(|one| &*one.detail).collect()),
        ];
        self.many(
            Sql {
                sqlite: "INSERT INTO standing (subject, version, score, kind, points, band, place, detail)
                    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
                    ON CONFLICT (subject, version, score) DO UPDATE SET points = excluded.points,
                        band = excluded.band, place = excluded.place, detail = excluded.detail",
                postgres: "INSERT INTO standing (subject, version, score, kind, points, band, place, detail)
                    SELECT * FROM unnest(?1::bigint[], ?2::bigint[], ?3::bigint[], ?4::bigint[], ?5::bigint[],
                        ?6::text[], ?7::text[], ?8::text[])
                    ON CONFLICT (subject, version, score) DO UPDATE SET points = excluded.points,
                        band = excluded.band, place = excluded.place, detail = excluded.detail",
            },
            &columns,
        )
    }

    /// Forgets how subjects stand under a version.
    ///
    /// # Errors
    ///
    /// If the database does not do it.
    pub fn remove_standings(&mut self, version: i64, of: &[Key]) -> Result<()> {
        let of = once(of);
        let versions = Column::Ints(vec![version; of.len()]);
        self.many(
            Sql {
                sqlite: "DELETE FROM standing WHERE subject = ?1 AND version = ?2",
                postgres: "DELETE FROM standing USING unnest(?1::bigint[], ?2::bigint[]) AS gone (subject, version)
                    WHERE standing.subject = gone.subject AND standing.version = gone.version",
            },
            &[of, versions],
        )
    }

    /// Forgets so many standings under other versions than these two, and says whether there may be more.
    ///
    /// # Errors
    ///
    /// If the database does not do it.
    pub fn remove_other_versions(&mut self, current: i64, candidate: i64, limit: usize) -> Result<bool> {
        // The index of points begins with the version, so that the next one is found at once.
        let next = both(
            "SELECT version FROM (SELECT version FROM standing WHERE version < ?1 ORDER BY version LIMIT 1) AS low
             UNION ALL SELECT version FROM (SELECT version FROM standing WHERE version > ?1 AND version < ?2
                ORDER BY version LIMIT 1) AS middle
             UNION ALL SELECT version FROM (SELECT version FROM standing WHERE version > ?2
                ORDER BY version LIMIT 1) AS high
             LIMIT 1",
        );
        let (low, high) = (current.min(candidate), current.max(candidate));
        let Some(version) = self.keys(next, &[low.into(), high.into()])?.first().copied() else { return Ok(false) };
        // In the order of the index, or a server might read the table from its beginning until it comes to them.
        let some = "SELECT subject FROM standing WHERE version = ?1 ORDER BY version, score, points, subject LIMIT ?2";
        let some = both(some);
        let subjects = self.keys(some, &[version.into(), crate::subject::count(limit).into()])?;
        self.remove_standings(version, &subjects)?;
        Ok(true)
    }

    /// How many have how many points in a score and are in which band, by cohort, among those who are ranked.
    ///
    /// # Errors
    ///
    /// If the database does not say.
    pub fn tallies(&mut self, version: i64, score: i64) -> Result<Vec<Tally>> {
        let mut tallies = Vec::new();
        self.transaction.one(
            both(
                "SELECT place, points, band, count(*) FROM standing
                 WHERE version = ?1 AND score = ?2 AND place IS NOT NULL AND points IS NOT NULL
                 GROUP BY place, points, band",
            ),
            &[version.into(), score.into()],
            &mut |row| {
                tallies.push(Tally {
                    cohort: cohort_in(row.maybe_text(0)?).flatten(),
                    points: Decimal::from_units(row.int(1)?),
                    band: row.maybe_text(2)?.map(Into::into),
                    count: row.int(3)?.unsigned_abs(),
                });
                Ok(())
            },
        )?;
        Ok(tallies)
    }

    /// Some of those whom a tally counts, in no order.
    ///
    /// # Errors
    ///
    /// If the database does not say.
    pub fn counted(&mut self, version: i64, score: i64, tally: &Tally, limit: usize) -> Result<Vec<Key>> {
        let place = cohort_out(Some(&tally.cohort)).unwrap_or_default();
        self.keys(
            Sql {
                sqlite: "SELECT subject FROM standing WHERE version = ?1 AND score = ?2 AND points = ?3
                    AND place = ?4 AND band IS ?5 LIMIT ?6",
                postgres: "SELECT subject FROM standing WHERE version = ?1 AND score = ?2 AND points = ?3
                    AND place = ?4 AND band IS NOT DISTINCT FROM ?5 LIMIT ?6",
            },
            &[
                version.into(),
                score.into(),
                tally.points.units().into(),
                place.as_str().into(),
                tally.band.as_deref().into(),
                crate::subject::count(limit).into(),
            ],
        )
    }
}
