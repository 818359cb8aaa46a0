//! Subjects in an order, a page at a time, with what the database can rule out by itself.

use std::fmt::Write as _;
use std::sync::Arc;

use rules::decimal::Decimal;

use crate::Session;
use crate::error::Result;
use crate::index::{FEW, Named};
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
    /// What else has to be so, of attributes that are indexed.
    pub named: Vec<Named>,
    /// Whom their facts have to name, on whatever day.
    pub naming: Option<Key>,
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
    /// A page: so many, or more where that costs nothing; fewer only at the end.
    ///
    /// # Errors
    ///
    /// If the database does not say.
    pub fn list(&mut self, listing: &Listing, limit: usize) -> Result<Vec<Place>> {
        let found = self.listed(listing, Wanted::Everybody, limit)?;
        Ok(found.into_iter().map(|(place, _)| place).collect())
    }

    /// Those of a page whose ids begin with a text.
    ///
    /// # Errors
    ///
    /// If the database does not say.
    pub fn beginning(&mut self, listing: &Listing, text: &str, limit: usize) -> Result<Vec<Place>> {
        // No letter comes after this one.
        let end = format!("{text}\u{10ffff}");
        let found = self.listed(listing, Wanted::Beginning(text, &end), limit)?;
        Ok(found.into_iter().map(|(place, _)| place).collect())
    }

    /// A page, and of each whether a text may stand in its id or in what was said of it: whoever has it in neither
    /// is told apart here already, whoever has it in a name that holds no more is not.
    ///
    /// # Errors
    ///
    /// If the database does not say.
    pub fn looked_through(&mut self, listing: &Listing, text: &str, limit: usize) -> Result<Vec<(Place, bool)>> {
        self.listed(listing, Wanted::Holding(&patterns(text)), limit)
    }

    fn listed(&mut self, listing: &Listing, wanted: Wanted<'_>, limit: usize) -> Result<Vec<(Place, bool)>> {
        let Some((by, few)) = self.few(listing)? else {
            return self.found(listing, wanted, Among::All, limit);
        };
        // They are put into the order here: a server that is told of it goes through everybody in that order.
        let mut found = Vec::new();
        for some in few.chunks(TOGETHER) {
            found.extend(self.found(listing, wanted, Among::Few { by, some }, limit)?);
        }
        found.sort_by(|(one, _), (other, _)| match listing.sort {
            Sort::Id => one.id.cmp(&other.id),
            Sort::Points { descending: true, .. } => (other.points, other.key).cmp(&(one.points, one.key)),
            Sort::Points { descending: false, .. } => (one.points, one.key).cmp(&(other.points, other.key)),
        });
        // To find fewer of them would have cost the same.
        found.truncate(limit.max(TOGETHER));
        Ok(found)
    }

    /// Those among whom everybody is who is wanted, where they are few: whose facts name somebody, or who have by what
    /// place of the attributes what has to be so.
    fn few(&mut self, listing: &Listing) -> Result<Option<(Option<usize>, Vec<Key>)>> {
        if let Some(named) = listing.naming {
            let sql = both("SELECT subject FROM link WHERE named = ?1 ORDER BY subject LIMIT ?2");
            let naming = self.keys(sql, &[named.into(), count(FEW + 1).into()])?;
            if naming.len() <= FEW {
                return Ok(Some((None, naming)));
            }
        }
        Ok(self.fewest(&listing.named)?.map(|(by, few)| (Some(by), few)))
    }

    fn found(
        &mut self,
        listing: &Listing,
        wanted: Wanted<'_>,
        among: Among<'_>,
        limit: usize,
    ) -> Result<Vec<(Place, bool)>> {
        // A file knows nothing of how many rows it has, and takes a list of keys for more than all that stand in a score:
        // it is told where to begin.
        let is_told = matches!(among, Among::Few { .. }) && !self.transaction.is_postgres();
        let join = if is_told { "CROSS JOIN" } else { "JOIN" };
        let mut sql = Text::default();
        let sorted = match listing.sort {
            Sort::Id => None,
            Sort::Points { score, descending } => Some((score, descending)),
        };
        let points = if sorted.is_some() { "sorted.points" } else { "CAST(0 AS BIGINT)" };
        sql.add(&format!("SELECT {points}, subject.key, subject.id, CAST("));
        match wanted {
            Wanted::Holding(patterns) => sql.holds(patterns),
            _ => sql.add("1"),
        }
        sql.add(" AS BIGINT) FROM subject");
        if let Some((score, _)) = sorted {
            sql.join(join, "sorted", score, listing.version);
        }
        for (place, clause) in listing.clauses.iter().enumerate() {
            sql.join(join, &format!("c{place}"), clause.score, listing.version);
        }
        sql.add(" WHERE subject.person = 0");
        sql.compare("subject.kind =", (listing.kind as i64).into());
        if let Wanted::Beginning(from, to) = wanted {
            sql.compare("subject.id >=", from.into());
            sql.compare("subject.id <", to.into());
        }
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
        if let Some(named) = listing.naming {
            sql.add(" AND EXISTS (SELECT 1 FROM link WHERE link.subject = subject.key");
            sql.compare("link.named =", named.into());
            sql.add(")");
        }
        sql.have(&listing.named, among);
        sql.after(listing, sorted);
        if let Among::All = among {
            sql.order(sorted);
            sql.add(" LIMIT ");
            sql.param(count(limit).into());
        }
        let Text { text, params } = sql;
        let mut found = Vec::new();
        self.transaction.one(both(&text), &params, &mut |row| {
            let place = Place { points: Decimal::from_units(row.int(0)?), key: row.int(1)?, id: row.text(2)?.into() };
            found.push((place, row.int(3)? == 1));
            Ok(())
        })?;
        Ok(found)
    }
}

/// So many of a few are asked for in one statement.
const TOGETHER: usize = 500;

/// Where those of a page are looked for.
#[derive(Clone, Copy)]
enum Among<'a> {
    All,
    /// Among some, who may have been found by one of the attributes.
    Few {
        by: Option<usize>,
        some: &'a [Key],
    },
}

/// Who of a page is wanted.
#[derive(Clone, Copy)]
enum Wanted<'a> {
    Everybody,
    /// Whose ids lie between these.
    Beginning(&'a str, &'a str),
    /// Everybody, with whether any of these patterns fits.
    Holding(&'a [String; 2]),
}

/// A text as it may stand in ids and records, in any case: what a database takes for the same letter is its own affair
/// beyond ASCII, so the first letter is tried large as well.
fn patterns(text: &str) -> [String; 2] {
    let lower = text.to_lowercase();
    let mut letters = lower.chars();
    let first: String = letters.next().into_iter().flat_map(char::to_uppercase).collect();
    let capital = format!("{first}{}", letters.as_str());
    [lower, capital].map(|text| {
        // As JSON has it, without the quotes.
        let json = serde_json::Value::from(text).to_string();
        let inner = json.get(1..json.len() - 1).unwrap_or_default();
        let escaped = inner.replace('!', "!!").replace('%', "!%").replace('_', "!_");
        format!("%{escaped}%")
    })
}

/// A statement and its parameters: nothing that anybody said is ever part of the text.
#[derive(Default)]
pub(crate) struct Text<'a> {
    pub(crate) text: String,
    pub(crate) params: Vec<Param<'a>>,
}

impl<'a> Text<'a> {
    pub(crate) fn add(&mut self, text: &str) {
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

    fn holds(&mut self, [lower, capital]: &'a [String; 2]) {
        self.add("CASE WHEN lower(subject.id) LIKE ");
        self.param(lower.as_str().into());
        for (column, pattern) in
            [("lower(subject.record)", lower), ("subject.record", capital), ("subject.id", capital)]
        {
            write!(self.text, " ESCAPE '!' OR {column} LIKE ").expect("a String takes any text");
            self.param(pattern.as_str().into());
        }
        self.add(" ESCAPE '!' THEN 1 ELSE 0 END");
    }

    /// One of some values stands in a row.
    pub(crate) fn named(&mut self, table: &str, named: &'a Named) {
        write!(self.text, "{table}.name = ").expect("a String takes any text");
        self.param(named.name.as_str().into());
        write!(self.text, " AND {table}.value IN (").expect("a String takes any text");
        for (place, value) in named.values.iter().enumerate() {
            self.add(if place == 0 { "" } else { ", " });
            self.param(value.as_str().into());
        }
        self.add(if named.values.is_empty() { "NULL)" } else { ")" });
    }

    /// Somebody has, or had, or will have one of the values under each name, or who was merged with it.
    fn have(&mut self, all: &'a [Named], among: Among<'_>) {
        let mut driver = None;
        if let Among::Few { by, some } = among {
            driver = by;
            // As many places every time, so that it is one statement.
            let last = some.last().copied().unwrap_or_default();
            self.add(" AND subject.key IN (");
            for place in 0..TOGETHER {
                self.add(if place == 0 { "" } else { ", " });
                self.param(some.get(place).copied().unwrap_or(last).into());
            }
            self.add(")");
        }
        for (_, named) in all.iter().enumerate().filter(|(at, _)| Some(*at) != driver) {
            self.add(" AND (EXISTS (SELECT 1 FROM attribute AS has WHERE has.subject = subject.key AND ");
            self.named("has", named);
            self.add(
                ") OR EXISTS (SELECT 1 FROM subject AS other JOIN attribute AS had ON had.subject = other.key
                    WHERE other.person = subject.key AND other.person <> 0 AND ",
            );
            self.named("had", named);
            self.add("))");
        }
    }

    fn join(&mut self, join: &str, name: &str, score: i64, version: i64) {
        write!(self.text, " {join} standing AS {name} ON {name}.subject = subject.key")
            .expect("a String takes any text");
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

    fn after(&mut self, listing: &'a Listing, sorted: Option<(i64, bool)>) {
        let Some(after) = &listing.after else { return };
        let Some((_, descending)) = sorted else { return self.compare("subject.id >", (&*after.id).into()) };
        let beyond = if descending { "<" } else { ">" };
        // The first part alone is what an index can use.
        self.compare(&format!("sorted.points {beyond}="), after.points.units().into());
        self.compare(&format!("(sorted.points {beyond}"), after.points.units().into());
        write!(self.text, " OR sorted.subject {beyond} ").expect("a String takes any text");
        self.param(after.key.into());
        self.add(")");
    }

    fn order(&mut self, sorted: Option<(i64, bool)>) {
        let Some((_, descending)) = sorted else { return self.add(" ORDER BY subject.id") };
        let direction = if descending { "DESC" } else { "ASC" };
        write!(self.text, " ORDER BY sorted.points {direction}, sorted.subject {direction}")
            .expect("a String takes any text");
    }
}
