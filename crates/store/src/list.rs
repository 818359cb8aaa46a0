//! Subjects in an order, a page at a time, with what the database can rule out by itself.

use std::fmt::Write as _;
use std::sync::Arc;

use rules::decimal::Decimal;

use crate::Session;
use crate::error::Result;
use crate::sql::{Param, both};
use crate::subject::{Key, Kind, count};

/// Which subjects, and in which order.
#[derive(Clone, Debug)]
pub struct Listing {
    /// What they are.
    pub kind: Kind,
    /// The version of the model under which they stand.
    pub version: i64,
    /// A score in which everybody of the kind who exists stands; without one everybody is listed.
    pub exists_in: Option<i64>,
    /// The order.
    pub sort: Sort,
    /// What has to be so.
    pub clauses: Vec<Clause>,
    /// The last one of the page before.
    pub after: Option<Place>,
}

/// An order. Where points are equal, by the numbers of subjects in the same direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sort {
    /// By id, byte by byte.
    Id,
    /// By the points of a score; who has none is not listed.
    Points {
        /// The place of the score in the model.
        score: i64,
        /// Whether the most points come first.
        descending: bool,
    },
}

/// What the database can decide about the standing in a score.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clause {
    /// The place of the score in the model.
    pub score: i64,
    /// At least so many points.
    pub min: Option<Decimal>,
    /// At most so many.
    pub max: Option<Decimal>,
    /// One of these bands.
    pub bands: Option<Vec<String>>,
}

/// Where a page ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The points of the last one, where it is sorted by points.
    pub points: Decimal,
    /// The number of the last one.
    pub key: Key,
    /// Its id.
    pub id: Arc<str>,
}

impl Session<'_> {
    /// A page.
    ///
    /// # Errors
    ///
    /// If the database does not say.
    pub fn list(&mut self, listing: &Listing, limit: usize) -> Result<Vec<Place>> {
        let mut sql = Text::default();
        let sorted = match listing.sort {
            Sort::Id => None,
            Sort::Points { score, descending } => Some((score, descending)),
        };
        let points = if sorted.is_some() { "sorted.points" } else { "CAST(0 AS BIGINT)" };
        sql.add(&format!("SELECT {points}, subject.key, subject.id FROM subject"));
        if let Some((score, _)) = sorted {
            sql.join("sorted", score, listing.version);
        }
        for (place, clause) in listing.clauses.iter().enumerate() {
            sql.join(&format!("c{place}"), clause.score, listing.version);
        }
        sql.add(" WHERE subject.person = 0");
        sql.compare("subject.kind =", (listing.kind as i64).into());
        if let Some(score) = listing.exists_in.filter(|_| sorted.is_none()) {
            sql.add(" AND EXISTS (SELECT 1 FROM standing WHERE standing.subject = subject.key");
            sql.compare("standing.version =", listing.version.into());
            sql.compare("standing.score =", score.into());
            sql.add(")");
        }
        sql.add(if sorted.is_some() { " AND sorted.points IS NOT NULL" } else { "" });
        for (place, clause) in listing.clauses.iter().enumerate() {
            sql.clause(&format!("c{place}"), clause);
        }
        sql.order(listing, sorted);
        sql.add(" LIMIT ");
        sql.param(count(limit).into());
        let Text { text, params } = sql;
        let mut found = Vec::new();
        self.transaction.one(both(&text), &params, &mut |row| {
            found.push(Place { points: Decimal::from_units(row.int(0)?), key: row.int(1)?, id: row.text(2)?.into() });
            Ok(())
        })?;
        Ok(found)
    }
}

/// A statement and its parameters: nothing that anybody said is ever part of the text.
#[derive(Default)]
struct Text<'a> {
    text: String,
    params: Vec<Param<'a>>,
}

impl<'a> Text<'a> {
    fn add(&mut self, text: &str) {
        self.text.push_str(text);
    }

    fn param(&mut self, param: Param<'a>) {
        self.params.push(param);
        let number = self.params.len();
        // The type is said, because nothing beside a number in a list says it.
        let kind = if matches!(param, Param::Text(_) | Param::MaybeText(_)) { "TEXT" } else { "BIGINT" };
        write!(self.text, "CAST(?{number} AS {kind})").expect("a String takes any text");
    }

    fn compare(&mut self, what: &str, param: Param<'a>) {
        write!(self.text, " AND {what} ").expect("a String takes any text");
        self.param(param);
    }

    fn join(&mut self, name: &str, score: i64, version: i64) {
        write!(self.text, " JOIN standing AS {name} ON {name}.subject = subject.key").expect("a String takes any text");
        self.compare(&format!("{name}.version ="), version.into());
        self.compare(&format!("{name}.score ="), score.into());
    }

    fn clause(&mut self, name: &str, clause: &'a Clause) {
        if let Some(min) = clause.min {
            self.compare(&format!("{name}.points >="), min.units().into());
        }
        if let Some(max) = clause.max {
            self.compare(&format!("{name}.points <="), max.units().into());
        }
        if let Some(bands) = &clause.bands {
            write!(self.text, " AND {name}.band IN (").expect("a String takes any text");
            for (place, band) in bands.iter().enumerate() {
                self.add(if place == 0 { "" } else { ", " });
                self.param(band.as_str().into());
            }
            self.add(if bands.is_empty() { "NULL)" } else { ")" });
        }
    }

    fn order(&mut self, listing: &'a Listing, sorted: Option<(i64, bool)>) {
        let Some((_, descending)) = sorted else {
            if let Some(after) = &listing.after {
                self.compare("subject.id >", (&*after.id).into());
            }
            self.add(" ORDER BY subject.id");
            return;
        };
        let (beyond, direction) = if descending { ("<", "DESC") } else { (">", "ASC") };
        if let Some(after) = &listing.after {
            // The first part alone is what an index can use.
            self.compare(&format!("sorted.points {beyond}="), after.points.units().into());
            self.compare(&format!("(sorted.points {beyond}"), after.points.units().into());
            write!(self.text, " OR sorted.subject {beyond} ").expect("a String takes any text");
            self.param(after.key.into());
            self.add(")");
        }
        write!(self.text, " ORDER BY sorted.points {direction}, sorted.subject {direction}")
            .expect("a String takes any text");
    }
}
