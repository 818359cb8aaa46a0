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

/// What was found of a list, and how far it was gone through.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Run {
    /// Those who are not ruled out, in the order of the list.
    pub found: Vec<Place>,
    /// Where it ended; `None` at the end of the list.
    pub end: Option<Place>,
    /// At most so many stood in the order up to there.
    pub walked: usize,
}

/// So many are gone through at first where some are ruled out, and then more and more, until there are enough.
const WALKED_MIN: usize = 200;
/// So many are gone through at most, half a second or so; who wants more goes on from there.
const WALKED_MAX: usize = 50_000;
/// So many of a few are asked for in one statement.
const TOGETHER: usize = 500;

impl Session<'_> {
    /// A page: so many, or more where that costs nothing; fewer at the end, or where hardly anybody is found.
    ///
    /// # Errors
    ///
    /// If the database does not say.
    pub fn list(&mut self, listing: &Listing, limit: usize) -> Result<Run> {
        self.run(listing, Wanted::Everybody, limit)
    }

    /// Those of a page whose ids begin with a text.
    ///
    /// # Errors
    ///
    /// If the database does not say.
    pub fn beginning(&mut self, listing: &Listing, text: &str, limit: usize) -> Result<Run> {
        // No letter comes after this one.
        let end = format!("{text}\u{10ffff}");
        self.run(listing, Wanted::Beginning(text, &end), limit)
    }

    /// Those of so many in the order in whose id, or in what was said of whom, a text may stand: whoever has it in
    /// neither is ruled out, whoever has it in a name that holds no more is not.
    ///
    /// # Errors
    ///
    /// If the database does not say.
    pub fn looked_through(&mut self, listing: &Listing, text: &str, walk: usize) -> Result<Run> {
        let patterns = patterns(text);
        let wanted = Wanted::Holding(&patterns);
        match self.few(listing)? {
            Some((by, few)) => self.among(listing, wanted, by, &few, walk),
            None => self.passed(listing, wanted, walk, walk),
        }
    }

    fn run(&mut self, listing: &Listing, wanted: Wanted<'_>, limit: usize) -> Result<Run> {
        if let Some((by, few)) = self.few(listing)? {
            return self.among(listing, wanted, by, &few, limit);
        }
        let mut listing = listing.clone();
        let is_whole = listing.clauses.is_empty() && listing.named.is_empty() && listing.naming.is_none();
        let mut next = if is_whole { limit } else { WALKED_MIN.max(limit) };
        let mut run = Run::default();
        loop {
            let more = self.passed(&listing, wanted, limit - run.found.len(), next)?;
            run.found.extend(more.found);
            (run.end, run.walked) = (more.end, run.walked + more.walked);
            if run.end.is_none() || run.found.len() >= limit || run.walked >= WALKED_MAX {
                return Ok(run);
            }
            next = (next * 8).min(WALKED_MAX.saturating_sub(run.walked)).max(1);
            listing.after.clone_from(&run.end);
        }
    }

    /// Those among whom everybody is who is wanted, where they are few: whose facts name somebody, who have by what
    /// place of the attributes what has to be so, or who stand between some points.
    fn few(&mut self, listing: &Listing) -> Result<Option<(Option<usize>, Vec<Key>)>> {
        if let Some(named) = listing.naming {
            let sql = both("SELECT subject FROM link WHERE named = ?1 ORDER BY subject LIMIT ?2");
            let naming = self.keys(sql, &[named.into(), count(FEW + 1).into()])?;
            if naming.len() <= FEW {
                return Ok(Some((None, naming)));
            }
        }
        if let Some((by, few)) = self.fewest(&listing.named)? {
            return Ok(Some((Some(by), few)));
        }
        // In the order of the same score they are a part of it anyway.
        let sorted = listing.sort.score();
        let bounded = |clause: &&Clause| clause.min.or(clause.max).is_some() && sorted != Some(clause.score);
        for clause in listing.clauses.iter().filter(bounded) {
            let mut sql = Text::default();
            sql.add("SELECT subject FROM standing WHERE points IS NOT NULL");
            sql.compare("version =", listing.version.into());
            sql.compare("score =", clause.score.into());
            sql.clause("standing", clause);
            sql.add(" ORDER BY points LIMIT ");
            sql.param(count(FEW + 1).into());
            let within = self.keys(both(&sql.text), &sql.params)?;
            if within.len() <= FEW {
                return Ok(Some((None, within)));
            }
        }
        Ok(None)
    }

    /// Those of a few who are not ruled out.
    fn among(
        &mut self,
        listing: &Listing,
        wanted: Wanted<'_>,
        by: Option<usize>,
        few: &[Key],
        limit: usize,
    ) -> Result<Run> {
        // A file knows nothing of how many rows it has, and takes a list of keys for more than all that stand in a score:
        // it is told where to begin.
        let join = if self.transaction.is_postgres() { "JOIN" } else { "CROSS JOIN" };
        let mut found = Vec::new();
        for some in few.chunks(TOGETHER) {
            let mut sql = Text::default();
            sql.add(&format!("SELECT {}, subject.key, subject.id FROM subject", listing.sort.points("sorted.points")));
            if let Some(score) = listing.sort.score() {
                sql.join(join, "sorted", "subject.key", score, listing.version);
            }
            sql.joins(join, "subject.key", listing);
            sql.wanted(listing, wanted);
            if listing.sort.score().is_some() {
                sql.add(" AND sorted.points IS NOT NULL");
            }
            sql.among(some);
            sql.have(join, &listing.named, by);
            sql.after(listing, ("sorted.points", "sorted.subject"));
            self.places(&sql, &mut found)?;
        }
        // They are put into the order here: a server that is told of it goes through everybody in that order.
        found.sort_by(|one, other| match listing.sort {
            Sort::Id => one.id.cmp(&other.id),
            Sort::Points { descending: true, .. } => (other.points, other.key).cmp(&(one.points, one.key)),
            Sort::Points { descending: false, .. } => (one.points, one.key).cmp(&(other.points, other.key)),
        });
        // To find fewer of them would have cost the same.
        let most = limit.max(TOGETHER);
        let end = if found.len() > most { found.get(most - 1).cloned() } else { None };
        found.truncate(most);
        Ok(Run { found, end, walked: few.len() })
    }

    /// Those of so many in the order who are not ruled out, at most a number of them.
    fn passed(&mut self, listing: &Listing, wanted: Wanted<'_>, limit: usize, walk: usize) -> Result<Run> {
        let join = if self.transaction.is_postgres() { "JOIN" } else { "CROSS JOIN" };
        let mut sql = Text::default();
        sql.add("SELECT walked.points, subject.key, subject.id FROM (");
        sql.ordered(listing, wanted);
        sql.add(" LIMIT ");
        sql.param(count(walk).into());
        sql.add(&format!(") AS walked {join} subject ON subject.key = walked.key"));
        sql.joins(join, "walked.key", listing);
        sql.wanted(listing, wanted);
        sql.have(join, &listing.named, None);
        sql.add(" ORDER BY ");
        sql.add(&listing.sort.order("walked.points", "subject.key"));
        sql.add(" LIMIT ");
        sql.param(count(limit).into());
        let mut found = Vec::new();
        self.places(&sql, &mut found)?;
        if found.len() >= limit {
            return Ok(Run { end: found.last().cloned(), found, walked: walk });
        }
        let mut last = Text::default();
        last.ordered(listing, wanted);
        last.add(" LIMIT 1 OFFSET ");
        last.param(count(walk.saturating_sub(1)).into());
        let mut end = Vec::new();
        self.places(&last, &mut end)?;
        Ok(Run { found, end: end.pop(), walked: walk })
    }

    fn places(&mut self, sql: &Text<'_>, found: &mut Vec<Place>) -> Result<()> {
        self.transaction.one(both(&sql.text), &sql.params, &mut |row| {
            found.push(Place { points: Decimal::from_units(row.int(0)?), key: row.int(1)?, id: row.text(2)?.into() });
            Ok(())
        })
    }
}

impl Sort {
    fn score(self) -> Option<i64> {
        match self {
            Self::Id => None,
            Self::Points { score, .. } => Some(score),
        }
    }

    /// The points by which it is sorted, if it is.
    fn points(self, column: &str) -> &str {
        if self.score().is_some() { column } else { "CAST(0 AS BIGINT)" }
    }

    fn order(self, points: &str, key: &str) -> String {
        match self {
            Self::Id => "subject.id".to_owned(),
            Self::Points { descending, .. } => {
                let direction = if descending { "DESC" } else { "ASC" };
                format!("{points} {direction}, {key} {direction}")
            }
        }
    }
}

/// Who of a page is wanted.
#[derive(Clone, Copy)]
enum Wanted<'a> {
    Everybody,
    /// Whose ids lie between these.
    Beginning(&'a str, &'a str),
    /// Whom one of these patterns fits.
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

    /// Everybody in the order of a list, from where the page before ended: the points by which they are sorted, their
    /// keys, and their ids where they are sorted by these.
    fn ordered(&mut self, listing: &'a Listing, wanted: Wanted<'a>) {
        match listing.sort {
            Sort::Id => {
                self.add("SELECT CAST(0 AS BIGINT) AS points, subject.key AS key, subject.id AS id FROM subject");
                self.add(" WHERE subject.person = 0");
                self.compare("subject.kind =", (listing.kind as i64).into());
                if let Wanted::Beginning(from, to) = wanted {
                    self.between(from, to);
                }
            }
            Sort::Points { score, .. } => {
                self.add("SELECT standing.points AS points, standing.subject AS key, '' AS id FROM standing");
                self.add(" WHERE standing.points IS NOT NULL");
                self.compare("standing.version =", listing.version.into());
                self.compare("standing.score =", score.into());
                for clause in listing.clauses.iter().filter(|clause| clause.score == score) {
                    self.clause("standing", clause);
                }
            }
        }
        self.after(listing, ("standing.points", "standing.subject"));
        self.add(" ORDER BY ");
        self.add(&listing.sort.order("standing.points", "standing.subject"));
    }

    /// What has to be so of a subject itself.
    fn wanted(&mut self, listing: &'a Listing, wanted: Wanted<'a>) {
        self.add(" WHERE subject.person = 0");
        self.compare("subject.kind =", (listing.kind as i64).into());
        match wanted {
            Wanted::Everybody => {}
            Wanted::Beginning(from, to) => self.between(from, to),
            Wanted::Holding(patterns) => self.holds(patterns),
        }
        if let Some(score) = listing.exists_in.filter(|_| listing.sort.score().is_none()) {
            self.add(" AND EXISTS (SELECT 1 FROM standing WHERE standing.subject = subject.key");
            self.compare("standing.version =", listing.version.into());
            self.compare("standing.score =", score.into());
            self.add(")");
        }
        for (place, clause) in listing.clauses.iter().enumerate() {
            self.clause(&format!("c{place}"), clause);
        }
        if let Some(named) = listing.naming {
            self.add(" AND EXISTS (SELECT 1 FROM link WHERE link.subject = subject.key");
            self.compare("link.named =", named.into());
            self.add(")");
        }
    }

    fn between(&mut self, from: &'a str, to: &'a str) {
        self.compare("subject.id >=", from.into());
        self.compare("subject.id <", to.into());
    }

    fn holds(&mut self, [lower, capital]: &'a [String; 2]) {
        self.add(" AND (lower(subject.id) LIKE ");
        self.param(lower.as_str().into());
        for (column, pattern) in
            [("lower(subject.record)", lower), ("subject.record", capital), ("subject.id", capital)]
        {
            write!(self.text, " ESCAPE '!' OR {column} LIKE ").expect("a String takes any text");
            self.param(pattern.as_str().into());
        }
        self.add(" ESCAPE '!')");
    }

    /// One of some.
    fn among(&mut self, some: &[Key]) {
        // As many places every time, so that it is one statement.
        let last = some.last().copied().unwrap_or_default();
        self.add(" AND subject.key IN (");
        for place in 0..TOGETHER {
            self.add(if place == 0 { "" } else { ", " });
            self.param(some.get(place).copied().unwrap_or(last).into());
        }
        self.add(")");
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

    /// Somebody has, or had, or will have one of the values under each name but one, or who was merged with it.
    fn have(&mut self, join: &str, all: &'a [Named], but: Option<usize>) {
        for (_, named) in all.iter().enumerate().filter(|(at, _)| Some(*at) != but) {
            self.add(" AND (EXISTS (SELECT 1 FROM attribute AS has WHERE has.subject = subject.key AND ");
            self.named("has", named);
            // Else a file begins with everybody who has the value.
            self.add(&format!(
                ") OR EXISTS (SELECT 1 FROM subject AS other {join} attribute AS had ON had.subject = other.key
                    WHERE other.person = subject.key AND other.person <> 0 AND "
            ));
            self.named("had", named);
            self.add("))");
        }
    }

    fn join(&mut self, join: &str, name: &str, key: &str, score: i64, version: i64) {
        write!(self.text, " {join} standing AS {name} ON {name}.subject = {key}").expect("a String takes any text");
        self.compare(&format!("{name}.version ="), version.into());
        self.compare(&format!("{name}.score ="), score.into());
    }

    /// How somebody stands, for each clause.
    fn joins(&mut self, join: &str, key: &str, listing: &Listing) {
        for (place, clause) in listing.clauses.iter().enumerate() {
            self.join(join, &format!("c{place}"), key, clause.score, listing.version);
        }
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

    fn after(&mut self, listing: &'a Listing, (points, key): (&str, &str)) {
        let Some(after) = &listing.after else { return };
        let Sort::Points { descending, .. } = listing.sort else {
            return self.compare("subject.id >", (&*after.id).into());
        };
        let beyond = if descending { "<" } else { ">" };
        // The first part alone is what an index can use.
        self.compare(&format!("{points} {beyond}="), after.points.units().into());
        self.compare(&format!("({points} {beyond}"), after.points.units().into());
        write!(self.text, " OR {key} {beyond} ").expect("a String takes any text");
        self.param(after.key.into());
        self.add(")");
    }
}
