//! What facts look like: the names that stand in some of them, for whoever wants to choose from what is there.
//!
//! A few subjects of each kind are looked at, from all over the range of their keys and the latest, however many there
//! are in all; what only few have may be missing.

use std::collections::BTreeSet;
use std::sync::Arc;

use store::Session;
use store::subject::{Key, Kind};

use crate::error::Result;
use crate::service::Service;

/// At so many places of the range somebody is looked at, and so many there.
const PLACES: i64 = 10;
const EACH: usize = 15;

/// Names in what is stored.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sample {
    /// Types of activities.
    pub types: BTreeSet<Arc<str>>,
    /// Properties of activities.
    pub properties: BTreeSet<Arc<str>>,
    /// Attributes of contacts.
    pub contacts: BTreeSet<Arc<str>>,
    /// Attributes of accounts.
    pub accounts: BTreeSet<Arc<str>>,
    /// Attributes of opportunities.
    pub opportunities: BTreeSet<Arc<str>>,
}

impl Service {
    /// The names that stand in some of what is stored.
    ///
    /// # Errors
    ///
    /// If the database cannot be read.
    pub fn sample(&self) -> Result<Sample> {
        let session = &mut self.reading()?.session;
        let mut sample = Sample::default();
        for kind in [Kind::Contact, Kind::Account, Kind::Opportunity, Kind::Visitor] {
            let keys = some(session, kind)?;
            let names = match kind {
                Kind::Contact | Kind::Visitor => &mut sample.contacts,
                Kind::Account => &mut sample.accounts,
                Kind::Opportunity => &mut sample.opportunities,
            };
            for subject in session.subjects_of(&keys)? {
                names.extend(subject.record.attributes.into_keys());
            }
            if matches!(kind, Kind::Contact | Kind::Visitor) {
                for activity in session.some_activities(&keys)? {
                    sample.types.insert(activity.kind);
                    sample.properties.extend(activity.properties.into_keys());
                }
            }
        }
        Ok(sample)
    }
}

/// Some of a kind.
fn some(session: &mut Session<'_>, kind: Kind) -> Result<Vec<Key>> {
    let Some(last) = session.last(kind)? else { return Ok(Vec::new()) };
    let mut keys = BTreeSet::new();
    let latest = last.saturating_sub(i64::try_from(EACH).unwrap_or_default());
    for after in (0..PLACES).map(|place| last / PLACES * place).chain([latest]) {
        keys.extend(session.walk(kind, after, EACH)?);
    }
    Ok(keys.into_iter().collect())
}
