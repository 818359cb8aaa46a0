//! Activities as they were accepted.

use std::collections::BTreeSet;
use std::sync::Arc;

use rules::day::Instant;
use rules::id::AccountId;
use rules::value::{Attributes, Value};
use serde_json::{Map, Value as Json};

use crate::Session;
use crate::error::{Error, Result};
use crate::record::{json, value};
use crate::sql::{Column, Row, Sql, both};
use crate::subject::{Key, once};

/// So many activities of one subject are a few.
pub const FEW: usize = 8;

/// An activity with what is remembered beside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// In which order activities were accepted; 0 until it is stored.
    pub seq: i64,
    /// The subject that it was reported of.
    pub subject: Key,
    /// What happened.
    pub kind: Arc<str>,
    /// When.
    pub occurred_at: Instant,
    /// When it was accepted.
    pub received_at: Instant,
    /// The import that brought it; 0 if none did.
    pub origin: i64,
    /// Other imports that said the same later: it is theirs too. What was said in another way is nobody's import.
    pub said_by: Vec<i64>,
    /// The system that reported it.
    pub source: Option<Arc<str>>,
    /// With subject and source, its identity.
    pub id: Option<Arc<str>>,
    /// The value it carries.
    pub value: Option<Value>,
    /// The account it names.
    pub account: Option<AccountId>,
    /// Everything else.
    pub properties: Attributes,
    /// The times as they were sent, and what was amended: a JSON object.
    pub original: Option<Arc<str>>,
    /// It is said never to have happened, since when. It stays, so that it is not accepted anew.
    pub retracted: Option<Instant>,
}

impl Stored {
    /// Somebody says it once more: what an import brought is theirs too from now on, and says whether that is news. What
    /// was said in another way than by an import is of none.
    pub fn is_said_by(&mut self, origin: i64) -> bool {
        if self.origin == 0 || self.origin == origin || self.said_by.contains(&origin) {
            return false;
        }
        match origin {
            0 => (self.origin, self.said_by) = (0, Vec::new()),
            other => self.said_by.push(other),
        }
        true
    }

    /// An import is undone, and others were before: says whether it stays, as another one's.
    pub fn stays_without(&mut self, origin: i64, undone: &BTreeSet<i64>) -> bool {
        self.said_by.retain(|other| *other != origin && !undone.contains(other));
        if self.origin == origin && !self.said_by.is_empty() {
            self.origin = self.said_by.remove(0);
        }
        self.origin != origin
    }

    fn read(row: &Row<'_>, texts: &mut BTreeSet<Arc<str>>) -> Result<Self> {
        let mut activity = Self {
            subject: row.int(0)?,
            seq: row.int(1)?,
            occurred_at: instant(row.int(2)?)?,
            received_at: instant(row.int(3)?)?,
            origin: row.int(4)?,
            said_by: Vec::new(),
            kind: shared(texts, row.text(5)?),
            source: row.maybe_text(6)?.map(|source| shared(texts, source)),
            id: row.maybe_text(7)?.map(Into::into),
            value: None,
            account: None,
            properties: Attributes::new(),
            original: None,
            retracted: None,
        };
        if let Some(rest) = row.maybe_text(8)? {
            let broken = || Error::Broken("an activity whose properties cannot be read".into());
            let rest: Json = serde_json::from_str(rest).map_err(|_| broken())?;
            activity.value = rest.get("v").and_then(value);
            activity.account = rest.get("a").and_then(Json::as_str).map(AccountId::from);
            let said_by = rest.get("s").and_then(Json::as_array).into_iter().flatten();
            activity.said_by = said_by.filter_map(Json::as_i64).collect();
            activity.original = rest.get("o").map(|original| original.to_string().into());
            activity.retracted = rest.get("x").and_then(Json::as_i64).map(instant).transpose()?;
            let properties = rest.get("p").and_then(Json::as_array).into_iter().flatten();
            activity.properties = properties
                .filter_map(|pair| Some((shared(texts, pair.get(0)?.as_str()?), value(pair.get(1)?)?)))
                .collect();
        }
        Ok(activity)
    }

    /// What is not in columns of its own.
    fn rest(&self) -> Option<String> {
        let mut rest = Map::new();
        if let Some(value) = &self.value {
            rest.insert("v".into(), json(value));
        }
        if let Some(account) = &self.account {
            rest.insert("a".into(), account.as_str().into());
        }
        if !self.properties.is_empty() {
            // Pairs, because a name may be one by which the parser of JSON means something.
            let properties =
                self.properties.iter().map(|(name, value)| Json::from(vec![(&**name).into(), json(value)]));
            rest.insert("p".into(), properties.collect());
        }
        if let Some(original) = self.original.as_deref().and_then(|text| serde_json::from_str(text).ok()) {
            rest.insert("o".into(), original);
        }
        if !self.said_by.is_empty() {
            rest.insert("s".into(), self.said_by.clone().into());
        }
        if let Some(at) = self.retracted {
            rest.insert("x".into(), at.0.into());
        }
        if rest.is_empty() { None } else { Some(Json::from(rest).to_string()) }
    }
}

/// The same text once in memory: types and names of properties are few.
fn shared(texts: &mut BTreeSet<Arc<str>>, text: &str) -> Arc<str> {
    if let Some(known) = texts.get(text) {
        return known.clone();
    }
    let text: Arc<str> = text.into();
    texts.insert(text.clone());
    text
}

pub(crate) fn instant(micros: i64) -> Result<Instant> {
    Instant::new(micros).ok_or_else(|| Error::Broken(format!("{micros} is no time")))
}

impl Session<'_> {
    /// All activities that were reported of subjects, in no order.
    ///
    /// # Errors
    ///
    /// If the database does not say.
    pub fn activities(&mut self, of: &[Key]) -> Result<Vec<Stored>> {
        let mut found = Vec::new();
        let mut texts = BTreeSet::new();
        self.transaction.many(
            Sql {
                sqlite: "SELECT subject, seq, occurred, received, origin, type, source, id, rest FROM activity
                    WHERE subject = ?1",
                postgres: "SELECT subject, seq, occurred, received, origin, type, source, id, rest FROM activity
                    WHERE subject = ANY (?1::bigint[])",
            },
            &[once(of)],
            &mut |row| {
                found.push(Stored::read(row, &mut texts)?);
                Ok(())
            },
        )?;
        Ok(found)
    }

    /// At most [`FEW`] of the activities that were reported of each of these, whichever, in no order.
    ///
    /// # Errors
    ///
    /// If the database does not say.
    pub fn some_activities(&mut self, of: &[Key]) -> Result<Vec<Stored>> {
        let mut found = Vec::new();
        let mut texts = BTreeSet::new();
        self.transaction.many(
            Sql {
                sqlite: "SELECT subject, seq, occurred, received, origin, type, source, id, rest FROM activity
                    WHERE subject = ?1 ORDER BY seq DESC LIMIT 8",
                postgres: "SELECT few.* FROM unnest(?1::bigint[]) AS wanted (subject) CROSS JOIN LATERAL (
                    SELECT subject, seq, occurred, received, origin, type, source, id, rest FROM activity
                    WHERE activity.subject = wanted.subject LIMIT 8) AS few",
            },
            &[once(of)],
            &mut |row| {
                found.push(Stored::read(row, &mut texts)?);
                Ok(())
            },
        )?;
        Ok(found)
    }

    /// Adds activities, in this order.
    ///
    /// # Errors
    ///
    /// If the database does not take them.
    pub fn add_activities(&mut self, activities: &[&Stored]) -> Result<()> {
        if activities.is_empty() {
            return Ok(());
        }
        let first = self.numbers("activity", activities.len())?;
        let rests: Vec<Option<String>> = activities.iter().map(|activity| activity.rest()).collect();
        let mut columns = vec![
            Column::Ints(activities.iter().map(|activity| activity.subject).collect()),
            Column::Ints(activities.iter().map(|activity| activity.occurred_at.0).collect()),
            Column::Ints(activities.iter().map(|activity| activity.received_at.0).collect()),
            Column::Ints(activities.iter().map(|activity| activity.origin).collect()),
            Column::Texts(activities.iter().map(|activity| &*activity.kind).collect()),
            Column::MaybeTexts(activities.iter().map(|activity| activity.source.as_deref()).collect()),
            Column::MaybeTexts(activities.iter().map(|activity| activity.id.as_deref()).collect()),
            Column::MaybeTexts(rests.iter().map(Option::as_deref).collect()),
        ];
        if let Some(first) = first {
            columns.push(Column::Ints((first..).take(activities.len()).collect()));
        }
        self.many(
            Sql {
                sqlite: "INSERT INTO activity (subject, occurred, received, origin, type, source, id, rest, seq)
                    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
                postgres: "INSERT INTO activity (subject, occurred, received, origin, type, source, id, rest)
                    SELECT * FROM unnest(?1::bigint[], ?2::bigint[], ?3::bigint[], ?4::bigint[], ?5::text[],
                        ?6::text[], ?7::text[], ?8::text[])",
            },
            &columns,
        )
    }

    /// Those among some subjects, from beyond one key up to another, who have activities that an import brought.
    ///
    /// # Errors
    ///
    /// If the database does not say.
    pub fn imported(&mut self, origin: i64, beyond: Key, up_to: Key) -> Result<Vec<Key>> {
        let sql = "SELECT DISTINCT subject FROM activity WHERE subject > ?2 AND subject <= ?3 AND origin = ?1
             ORDER BY subject";
        self.keys(both(sql), &[origin.into(), beyond.into(), up_to.into()])
    }

    /// Stores an activity as it was amended or retracted, or is somebody else's now.
    ///
    /// # Errors
    ///
    /// If the database does not take it.
    pub fn amend_activity(&mut self, activity: &Stored) -> Result<()> {
        let rest = activity.rest();
        self.one(
            both("UPDATE activity SET occurred = ?3, rest = ?4, origin = ?5 WHERE subject = ?1 AND seq = ?2"),
            &[
                activity.subject.into(),
                activity.seq.into(),
                activity.occurred_at.0.into(),
                rest.as_deref().into(),
                activity.origin.into(),
            ],
        )
    }

    /// Removes activities by subject and number.
    ///
    /// # Errors
    ///
    /// If the database does not do it.
    pub fn remove_activities(&mut self, which: &[(Key, i64)]) -> Result<()> {
        self.many(
            Sql {
                sqlite: "DELETE FROM activity WHERE subject = ?1 AND seq = ?2",
                postgres: "DELETE FROM activity USING unnest(?1::bigint[], ?2::bigint[]) AS gone (subject, seq)
                    WHERE activity.subject = gone.subject AND activity.seq = gone.seq",
            },
            &[
                Column::Ints(which.iter().map(|(subject, _)| *subject).collect()),
                Column::Ints(which.iter().map(|(_, seq)| *seq).collect()),
            ],
        )
    }

    /// The first of so many numbers in a row, where the database does not number by itself.
    fn numbers(&mut self, name: &str, how_many: usize) -> Result<Option<i64>> {
        if self.transaction.is_postgres() {
            return Ok(None);
        }
        let taken = crate::subject::count(how_many);
        let sql = both("UPDATE counter SET next = next + ?2 WHERE name = ?1 RETURNING next - ?2");
        Ok(self.keys(sql, &[name.into(), taken.into()])?.first().copied())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_several_have_said_stays_with_the_others() {
        let said = |by: &[i64]| {
            let mut activity = Stored {
                seq: 1,
                subject: 1,
                kind: "visit".into(),
                occurred_at: Instant::new(0).unwrap(),
                received_at: Instant::new(0).unwrap(),
                origin: by[0],
                said_by: Vec::new(),
                source: None,
                id: Some("1".into()),
                value: None,
                account: None,
                properties: Attributes::new(),
                original: None,
                retracted: None,
            };
            by[1..].iter().for_each(|origin| _ = activity.is_said_by(*origin));
            activity
        };
        // Who said it, which import is undone, which were before, and whether it stays, as whose.
        for (by, origin, undone, stays, whose) in [
            (&[7][..], 7, &[][..], false, 7),
            (&[7, 7], 7, &[], false, 7),
            (&[7, 9], 7, &[], true, 9),
            (&[7, 9, 11], 7, &[9], true, 11),
            (&[7, 9], 7, &[9], false, 7),
            (&[7, 0], 7, &[], true, 0),
            (&[7, 9, 0], 7, &[9], true, 0),
            (&[0, 7], 7, &[], true, 0),
            (&[7, 9], 9, &[], true, 7),
        ] {
            let mut activity = said(by);
            let undone: BTreeSet<i64> = undone.iter().copied().collect();
            assert_eq!((activity.stays_without(origin, &undone), activity.origin), (stays, whose), "{by:?}");
        }
        // What is no news is not written.
        assert!(said(&[7]).is_said_by(9) && !said(&[7, 9]).is_said_by(9) && !said(&[0]).is_said_by(9));
    }
}
