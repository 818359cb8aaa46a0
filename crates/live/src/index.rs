//! Attributes that were chosen for quick lists: which they are, and that what is kept of them is complete.
//!
//! A name that is chosen is gone through everybody for once, in steps; from the moment on at which it is chosen whoever
//! is written is kept by it too. Only then lists make use of it.

use std::collections::BTreeSet;

use rules::condition::{Comparison, Literal, Operand, Predicate, Space};
use rules::day::Instant;
use rules::model::Subject as Of;
use serde::{Deserialize, Serialize};
use store::index::{Entry, Named};
use store::keep::Document;
use store::subject::{Key, Kind, Subject};
use store::{Manner, Session, Store};

use crate::desk::Desk;
use crate::error::{Error, Result};
use crate::models::Library;
use crate::service::Service;

/// So many attributes may be chosen: each is written with everybody.
pub const CHOSEN_MAX: usize = 20;
/// So many subjects are gone through in one transaction.
const STEP: usize = 1000;

const META: &str = "meta";
const CHOSEN: &str = "indexed";
/// In this order everybody is gone through.
const KINDS: [Kind; 4] = [Kind::Contact, Kind::Visitor, Kind::Account, Kind::Opportunity];

/// The attributes that were chosen, and how far it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Chosen {
    ready: BTreeSet<String>,
    building: BTreeSet<String>,
    leaving: BTreeSet<String>,
    /// The kind that is gone through, as a place in [`KINDS`], and the last one who is done.
    kind: usize,
    after: Key,
}

/// An attribute that was chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Indexed {
    /// What it is called, with what it is of: `contact.country`.
    pub name: String,
    /// Whether everybody was gone through, so that lists make use of it.
    pub is_ready: bool,
}

impl Chosen {
    pub(crate) fn read(session: &mut Session<'_>) -> Result<Self> {
        let Some(document) = session.document(META, CHOSEN)? else { return Ok(Self::default()) };
        let read = serde_json::from_str(&document.text);
        read.map_err(|error| Error::Store(store::Error::Broken(format!("which attributes were chosen: {error}"))))
    }

    fn keep(&self, session: &mut Session<'_>, now: Instant) -> Result<()> {
        let text = serde_json::to_string(self).expect("names and numbers");
        Ok(session.put_document(META, &Document { id: CHOSEN.into(), at: now, until: None, text })?)
    }

    /// What is to be kept of subjects.
    fn entries(&self, subjects: &[&Subject]) -> Vec<Entry> {
        let mut entries = Vec::new();
        for subject in subjects {
            for (name, dated) in &subject.record.attributes {
                let name = format!("{}.{name}", word(subject.kind));
                if !self.ready.contains(&name) && !self.building.contains(&name) {
                    continue;
                }
                for value in dated.values().flatten() {
                    let text = value.text().into_owned();
                    // A number may have been written as text, and in more than one way.
                    let number = value.number().ok().map(|number| number.to_string()).filter(|number| *number != text);
                    let entry = |value| Entry { subject: subject.key, name: name.clone(), value };
                    entries.extend([Some(text), number].into_iter().flatten().map(entry));
                }
            }
        }
        entries
    }
}

/// What the attributes of a kind are called in conditions: visitors may turn out to be contacts.
fn word(kind: Kind) -> &'static str {
    match kind {
        Kind::Contact | Kind::Visitor => "contact",
        Kind::Account => "account",
        Kind::Opportunity => "opportunity",
    }
}

impl Desk<'_> {
    /// Writes what was said of subjects.
    pub(crate) fn update(&mut self, subjects: &[&Subject]) -> Result<()> {
        if subjects.is_empty() {
            return Ok(());
        }
        self.session.update(subjects)?;
        let chosen = Chosen::read(&mut self.session)?;
        if chosen.ready.is_empty() && chosen.building.is_empty() {
            return Ok(());
        }
        let keys: Vec<Key> = subjects.iter().map(|subject| subject.key).collect();
        // Of what is written twice at once the last counts.
        let last: std::collections::BTreeMap<Key, &Subject> =
            subjects.iter().map(|subject| (subject.key, *subject)).collect();
        let entries = chosen.entries(&last.into_values().collect::<Vec<_>>());
        Ok(self.session.index(&keys, &entries)?)
    }
}

/// Goes through some more, and says whether there was anything to do.
///
/// # Errors
///
/// If the database does not take it; it is to be done again.
pub(crate) fn step(store: &Store, library: &Library, now: Instant) -> Result<bool> {
    let is_idle = |chosen: &Chosen| chosen.building.is_empty() && chosen.leaving.is_empty();
    if is_idle(&Chosen::read(&mut store.begin(Manner::Reading)?)?) {
        return Ok(false);
    }
    let mut desk = Desk::open(store, library, Manner::Together, now)?;
    let mut chosen = Chosen::read(&mut desk.session)?;
    if let Some(name) = chosen.leaving.first().cloned() {
        if !desk.session.unindex(&name, STEP)? {
            chosen.leaving.remove(&name);
        }
    } else if let Some(kind) = KINDS.get(chosen.kind).filter(|_| !chosen.building.is_empty()) {
        let keys = desk.session.walk(*kind, chosen.after, STEP)?;
        let subjects = desk.session.lock(&keys)?;
        let entries = chosen.entries(&subjects.iter().collect::<Vec<_>>());
        desk.session.index(&keys, &entries)?;
        match keys.last() {
            Some(last) => chosen.after = *last,
            None => (chosen.kind, chosen.after) = (chosen.kind + 1, 0),
        }
    } else {
        let done = std::mem::take(&mut chosen.building);
        chosen.ready.extend(done);
    }
    chosen.keep(&mut desk.session, now)?;
    desk.session.commit()?;
    Ok(true)
}

impl Service {
    /// The attributes that were chosen for quick lists.
    ///
    /// # Errors
    ///
    /// If the database does not say.
    pub fn indexed(&self) -> Result<Vec<Indexed>> {
        let chosen = Chosen::read(&mut self.session(Manner::Reading)?)?;
        let one = |is_ready| move |name: &String| Indexed { name: name.clone(), is_ready };
        let mut all: Vec<Indexed> = chosen.ready.iter().map(one(true)).collect();
        all.extend(chosen.building.iter().map(one(false)));
        all.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(all)
    }

    /// What is being gone through for attributes that were chosen; nothing if all of them are ready.
    ///
    /// # Errors
    ///
    /// If the database does not say.
    pub fn indexing(&self) -> Result<Option<Kind>> {
        let chosen = Chosen::read(&mut self.session(Manner::Reading)?)?;
        let last = KINDS.len() - 1;
        Ok((!chosen.building.is_empty()).then(|| KINDS[chosen.kind.min(last)]))
    }

    /// Chooses attributes, in place of those that were chosen before. Who is stored already is gone through behind the
    /// scenes.
    ///
    /// # Errors
    ///
    /// If there are too many, or one is not called like an attribute; then nothing changes.
    pub fn choose_indexed(&self, names: &[String]) -> Result<()> {
        let names: BTreeSet<String> = names.iter().cloned().collect();
        if names.len() > CHOSEN_MAX {
            return Err(Error::Invalid(format!(
                "at most {CHOSEN_MAX} attributes can be chosen, and these are {}",
                names.len()
            )));
        }
        for name in &names {
            let parts = name.split_once('.').filter(|(of, name)| KINDS.map(word).contains(of) && !name.is_empty());
            if parts.is_none_or(|(_, name)| name == "id" || name.len() > 200) {
                return Err(Error::Invalid(format!(
                    "`{name}` is not an attribute: say of what it is, as in contact.country or account.industry"
                )));
            }
        }
        let now = self.now();
        // Whoever writes meanwhile either is gone through afterwards, or knows of the names.
        let mut session = self.session(Manner::Alone)?;
        let before = Chosen::read(&mut session)?;
        let ready: BTreeSet<String> = before.ready.intersection(&names).cloned().collect();
        let building: BTreeSet<String> = names.difference(&ready).cloned().collect();
        let gone = before.ready.union(&before.building).filter(|name| !names.contains(*name));
        let leaving = gone.chain(&before.leaving).filter(|name| !names.contains(*name)).cloned().collect();
        Chosen { ready, building, leaving, kind: 0, after: 0 }.keep(&mut session, now)?;
        Ok(session.commit()?)
    }
}

/// What the database can rule out by attributes: comparisons of own ones with a value, which all have to hold.
pub(crate) fn named(predicate: &Predicate, of: Of, chosen: &Chosen) -> Vec<Named> {
    let parts: &[Predicate] = match predicate {
        Predicate::All(parts) => parts,
        one => std::slice::from_ref(one),
    };
    parts.iter().filter_map(|part| one(part, of, chosen)).collect()
}

fn one(predicate: &Predicate, of: Of, chosen: &Chosen) -> Option<Named> {
    let (operand, values) = match predicate {
        Predicate::Compare(operand, Comparison::Equal, value) => (operand, std::slice::from_ref(value)),
        Predicate::In(operand, list) => (operand, list.as_slice()),
        _ => return None,
    };
    let own = match of {
        Of::Contact => ("contact", Space::Contact),
        Of::Account => ("account", Space::Account),
        Of::Opportunity => ("opportunity", Space::Opportunity),
    };
    let Operand::Name(name) = operand else { return None };
    let called = format!("{}.{}", own.0, name.id);
    if name.space != own.1 || !chosen.ready.contains(&called) {
        return None;
    }
    let value = |operand: &Operand| match operand {
        Operand::Literal(Literal::Text(text)) => Some(text.to_string()),
        Operand::Literal(Literal::Number(number)) => Some(number.to_string()),
        _ => None,
    };
    Some(Named::new(called, values.iter().map(value).collect::<Option<Vec<_>>>()?))
}
