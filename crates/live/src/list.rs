//! Lists of subjects by a condition: the database rules out what it safely can, and `rules` decides.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rules::condition::{Comparison, Condition, Context, Literal, Operand, Predicate, Scope, Space};
use rules::decimal::Decimal;
use rules::id::{AccountId, ContactId};
use rules::model::{Band, BandsBy, Form, ScoreAt, Subject as Of};
use rules::score::{Card, Standing};
use rules::value::Attributes;
use store::list::{Clause, Listing, Place, Sort};
use store::subject::{Kind, Subject};

use crate::about::About;
use crate::desk::Desk;
use crate::error::{Error, Result};
use crate::evaluate::of_kind;
use crate::index::{self, Chosen};
use crate::models::Version;
use crate::ranks::{Ranks, place_of};
use crate::service::Service;

/// So many subjects are looked at for one page, at most; a page that ends earlier has a cursor to go on from.
pub const EXAMINED_MAX: usize = 20_000;
/// Regular expressions in what a list is found by.
const REGEXPS_MAX: usize = 20;
/// So many are looked through for a text for one page, at most.
pub const SEARCHED_MAX: usize = 100_000;
/// So many are looked at together.
const STEP: usize = 500;
/// So many are looked through together: the database does it.
const WINDOW: usize = 10_000;
/// So many whose ids begin with a text stand before all others that it is found in.
const HEADS: usize = 20;

/// What is asked for.
#[derive(Clone, Debug, Default)]
pub struct Query {
    /// A condition, as in a model, over attributes, scores, bands, percentiles and categories.
    pub condition: Option<String>,
    /// Another condition that has to hold as well.
    pub also: Option<String>,
    /// A text that has to stand in the id, in an account or in an attribute, in any case.
    pub search: Option<String>,
    /// An account that has to be one of theirs today.
    pub account: Option<String>,
    /// The id of a score to sort by, and whether the most points come first; without one by id.
    pub sort: Option<(String, bool)>,
    /// Where the page before ended.
    pub after: Option<Place>,
    /// How many are wanted.
    pub limit: usize,
}

/// A page.
#[derive(Debug)]
pub struct Page {
    /// Those found.
    pub found: Vec<About>,
    /// Where it ended; `None` at the end of the list.
    pub end: Option<Place>,
    /// How many were looked at.
    pub examined: usize,
}

impl Service {
    /// A page of a list.
    ///
    /// # Errors
    ///
    /// If the condition or the score is not one, with what is wrong and where.
    pub fn list(&self, kind: Kind, query: &Query) -> Result<Page> {
        let mut desk = self.reading()?;
        let ranks = self.ranks();
        let version = desk.models.current.clone();
        let condition = condition(kind, query, version.as_deref())?;
        let mut listing = listing(kind, query, version.as_deref(), condition.as_ref())?;
        if let Some((condition, of)) = condition.as_ref().zip(of_kind(kind)) {
            let chosen = Chosen::read(&mut desk.session)?;
            listing.named = index::named(&condition.predicate, of, &chosen);
        }
        if let Some(account) = &query.account {
            let Some(found) = desk.session.find(&[(Kind::Account, account)])?.pop() else {
                return Ok(Page { found: Vec::new(), end: None, examined: 0 });
            };
            listing.naming = Some(found.key);
        }
        let account = query.account.as_deref();
        let wanted = Wanted { condition: condition.as_ref(), account, version: version.as_deref(), ranks: &ranks };
        if let Some(text) = query.search.as_deref().filter(|text| !text.is_empty()) {
            return desk.search(&mut listing, text, query.limit, &wanted);
        }
        let mut page = Page { found: Vec::new(), end: None, examined: 0 };
        // The database may have ruled out all who do not belong here; only where it has not, more are looked at together.
        let mut step = query.limit.saturating_add(1).min(STEP);
        loop {
            let run = desk.session.list(&listing, step)?;
            for (about, place) in desk.decide(&run.found, &wanted)? {
                if page.found.len() == query.limit {
                    return Ok(page);
                }
                page.examined += 1;
                page.end = Some(place);
                page.found.extend(about);
            }
            // Where the database has found hardly anybody among many, somebody may want no more of it.
            let is_long = page.examined >= EXAMINED_MAX || run.found.len() < step;
            page.end = run.end;
            if page.end.is_none() || is_long {
                return Ok(page);
            }
            step = step.saturating_mul(2).min(STEP);
            listing.after.clone_from(&page.end);
        }
    }
}

/// What decides of everybody who is listed.
struct Wanted<'a> {
    condition: Option<&'a Condition>,
    /// An account that has to be one of theirs today: who only belonged to it is found as well.
    account: Option<&'a str>,
    version: Option<&'a Version>,
    ranks: &'a Ranks,
}

impl Desk<'_> {
    /// A page of those in whom a text is found: first whose ids begin with it, wherever they stand, then all others in
    /// their order.
    fn search(&mut self, listing: &mut Listing, text: &str, limit: usize, wanted: &Wanted<'_>) -> Result<Page> {
        let mut page = Page { found: Vec::new(), end: None, examined: 0 };
        let by_id = Listing { sort: Sort::Id, after: None, ..listing.clone() };
        // One place is left, so that a page ends at somebody whom the next one can go on after.
        let heads = self.session.beginning(&by_id, text, HEADS.min(limit.saturating_sub(1)))?;
        let known: BTreeSet<i64> = heads.found.iter().map(|place| place.key).collect();
        if listing.after.is_none() {
            let decided = self.decide(&heads.found, wanted)?;
            page.found.extend(decided.into_iter().filter_map(|(about, _)| about));
        }
        let lower = text.to_lowercase();
        loop {
            let run = self.session.looked_through(listing, text, WINDOW)?;
            let hits: Vec<Place> = run.found.into_iter().filter(|place| !known.contains(&place.key)).collect();
            for some in hits.chunks(STEP) {
                for (about, place) in self.decide(some, wanted)? {
                    let about = about.filter(|about| is_in(about, &lower));
                    if about.is_some() && page.found.len() >= limit {
                        return Ok(page);
                    }
                    page.end = Some(place);
                    page.found.extend(about);
                }
            }
            page.examined += run.walked;
            page.end = run.end;
            if page.end.is_none() {
                return Ok(page);
            }
            // Who is found by the beginning of an id is who was looked for, nearly always.
            if page.examined >= SEARCHED_MAX || !known.is_empty() {
                return Ok(page);
            }
            listing.after.clone_from(&page.end);
        }
    }

    /// Each of these with what is known of it, if the condition is true of it.
    fn decide(&mut self, places: &[Place], wanted: &Wanted<'_>) -> Result<Vec<(Option<About>, Place)>> {
        let Wanted { condition, account, version, ranks } = *wanted;
        let keys: Vec<i64> = places.iter().map(|place| place.key).collect();
        let subjects = self.session.subjects_of(&keys)?;
        let abouts = self.abouts(subjects, ranks)?;
        let belongs = |about: &About| account.is_none_or(|id| about.accounts.iter().any(|own| **own == *id));
        let mut abouts: BTreeMap<i64, About> =
            abouts.into_iter().filter(belongs).map(|about| (about.key, about)).collect();
        let wanted = match condition.zip(version) {
            None => keys.iter().copied().collect(),
            Some((condition, version)) => self.wanted(&abouts, condition, version, ranks)?,
        };
        let one =
            |place: &Place| (abouts.remove(&place.key).filter(|about| wanted.contains(&about.key)), place.clone());
        Ok(places.iter().map(one).collect())
    }

    /// The keys of those of whom a condition is true.
    fn wanted(
        &mut self,
        abouts: &BTreeMap<i64, About>,
        condition: &Condition,
        version: &Version,
        ranks: &Ranks,
    ) -> Result<BTreeSet<i64>> {
        let contacts: BTreeSet<&str> = abouts.values().filter_map(|about| about.contact.as_deref()).collect();
        let contacts = self.side(Kind::Contact, &contacts, ranks)?;
        let first = |about: &About| about.accounts.first().cloned();
        let of_contact = |about: &About| about.contact.as_ref().and_then(|id| contacts.get(&**id)).and_then(first);
        let account_of = |about: &About| match about.kind {
            Kind::Account => None,
            Kind::Opportunity => first(about).or_else(|| of_contact(about)),
            Kind::Contact | Kind::Visitor => first(about),
        };
        let names: BTreeMap<i64, Arc<str>> =
            abouts.values().filter_map(|about| Some((about.key, account_of(about)?))).collect();
        // Who they are is known; what is known of them is read where it matters.
        let accounts: BTreeSet<&str> =
            names.values().map(|id| &**id).filter(|_| looks_at_accounts(condition, version)).collect();
        let accounts = self.side(Kind::Account, &accounts, ranks)?;
        let nothing = Attributes::new();
        let holds = |about: &&About| {
            let account = match about.kind {
                Kind::Account => Some(*about),
                _ => names.get(&about.key).and_then(|id| accounts.get(&**id)),
            };
            let contact = match about.kind {
                Kind::Contact | Kind::Visitor => Some(*about),
                Kind::Opportunity => about.contact.as_ref().and_then(|id| contacts.get(&**id)),
                Kind::Account => None,
            };
            let contact_card = contact.map(|about| card(version, Of::Contact, about, ContactId::from(&*about.id)));
            let account_card = account.map(|about| card(version, Of::Account, about, AccountId::from(&*about.id)));
            // One that only others name has no attributes, but has a name.
            let named = names.get(&about.key).map(|id| (&**id, &nothing));
            let context = Context {
                contact: contact.map(|about| (&*about.id, &about.attributes)),
                account: account.map(|about| (&*about.id, &about.attributes)).or(named),
                opportunity: (about.kind == Kind::Opportunity).then_some((&*about.id, &about.attributes)),
                standing: Some(Standing {
                    model: &version.model,
                    contact: contact_card.as_ref(),
                    account: account_card.as_ref(),
                }),
                ..Context::empty(&version.model.zone)
            };
            condition.predicate.holds(&context)
        };
        Ok(abouts.values().filter(holds).map(|about| about.key).collect())
    }

    /// What is known of others that these hang on.
    fn side(&mut self, kind: Kind, ids: &BTreeSet<&str>, ranks: &Ranks) -> Result<BTreeMap<String, About>> {
        let names: Vec<(Kind, &str)> = ids.iter().map(|id| (kind, *id)).collect();
        let found: Vec<Subject> = self.session.find(&names)?;
        let persons: BTreeSet<i64> = found.iter().map(Subject::person).collect();
        let persons = self.session.subjects_of(&persons.into_iter().collect::<Vec<_>>())?;
        let abouts: BTreeMap<i64, About> =
            self.abouts(persons, ranks)?.into_iter().map(|about| (about.key, about)).collect();
        // By the ids that they are named by, which may be those of others that they were merged with.
        let named = |subject: Subject| Some((subject.id.to_string(), abouts.get(&subject.person())?.clone()));
        Ok(found.into_iter().filter_map(named).collect())
    }
}

/// Whether a condition looks at attributes or scores of accounts.
fn looks_at_accounts(condition: &Condition, version: &Version) -> bool {
    let model = &version.model;
    condition.predicate.names().into_iter().any(|name| {
        let of = match name.space {
            Space::Account => return true,
            Space::Score | Space::Band | Space::Percentile => model.find_score(&name.id),
            Space::Category => model.categories.iter().find(|one| *one.id == *name.id).map(|one| one.score),
            _ => None,
        };
        of.is_some_and(|at| model.score(at).of == Of::Account)
    })
}

/// Whether a text in small letters stands in an id, an account or an attribute.
fn is_in(about: &About, lower: &str) -> bool {
    let holds = |text: &str| text.to_lowercase().contains(lower);
    let ids = std::iter::once(&about.id).chain(&about.accounts);
    ids.into_iter().any(|id| holds(id)) || about.attributes.values().any(|value| holds(&value.text()))
}

/// Everything that has to hold, as one condition.
fn condition(kind: Kind, query: &Query, version: Option<&Version>) -> Result<Option<Condition>> {
    let parsed = |text: &Option<String>| text.as_deref().map(|text| parse(text, kind, version)).transpose();
    let (also, condition) = (parsed(&query.also)?, parsed(&query.condition)?);
    let (also, condition) = match (also, condition) {
        (Some(also), Some(condition)) => (also, condition),
        (one, other) => return Ok(one.or(other)),
    };
    let parts = |predicate| match predicate {
        Predicate::All(parts) => parts,
        one => vec![one],
    };
    let text = format!("{} AND ({})", also.text, condition.text).into();
    let all = parts(also.predicate).into_iter().chain(parts(condition.predicate)).collect();
    Ok(Some(Condition { text, predicate: Predicate::All(all) }))
}

/// What is known of a subject as a card.
fn card<Id>(version: &Version, of: Of, about: &About, id: Id) -> Card<Id> {
    let outcome = |(at, score): (ScoreAt, &rules::model::Score)| {
        let scored = about.scores.iter().find(|scored| scored.score == score.id)?;
        Some(rules::score::Outcome {
            score: at,
            points: scored.points,
            band: scored.band.as_deref().map(ToOwned::to_owned),
            percentile: scored.percentile,
            probability: None,
            estimated_value: None,
        })
    };
    let totals = about.scores.iter().flat_map(|scored| &scored.categories);
    let category = |(name, total): &(String, String)| {
        let place = version.model.categories.iter().position(|category| category.id == *name)?;
        Some((rules::model::CategoryAt(place), Decimal::parse(total).ok()?))
    };
    Card {
        id,
        scores: version.model.scores_of(of).filter_map(outcome).collect(),
        categories: totals.filter_map(category).collect(),
        rules: BTreeMap::new(),
    }
}

/// A condition over subjects of a kind.
fn parse(text: &str, kind: Kind, version: Option<&Version>) -> Result<Condition> {
    // Whoever only reads decides how much this costs, and each takes memory while it lasts.
    if text.to_ascii_lowercase().matches("regexp_like").count() > REGEXPS_MAX {
        let what = format!("a list is found by at most {REGEXPS_MAX} regular expressions; write alternatives as `a|b`");
        return Err(Error::Invalid(what));
    }
    const RESULTS: [Space; 4] = [Space::Score, Space::Band, Space::Percentile, Space::Category];
    let own: &[Space] = match kind {
        Kind::Contact | Kind::Visitor => &[Space::Contact, Space::Account],
        Kind::Account => &[Space::Account],
        Kind::Opportunity => &[Space::Opportunity, Space::Contact, Space::Account],
    };
    let spaces: Vec<Space> = own.iter().copied().chain(RESULTS).collect();
    let of = |subject: Of| match kind {
        Kind::Account => subject == Of::Account,
        _ => subject != Of::Opportunity,
    };
    let model = version.map(|version| &version.model);
    let scores: Vec<&str> = model
        .into_iter()
        .flat_map(|model| model.scores.iter().filter(|score| of(score.of)).map(|score| score.id.as_str()))
        .collect();
    let categories: Vec<&str> = model
        .into_iter()
        .flat_map(|model| {
            let own = model.categories.iter().filter(|category| of(model.score(category.score).of));
            own.map(|category| category.id.as_str())
        })
        .collect();
    let scope = Scope { place: "the condition of a list", spaces: &spaces, scores: &scores, categories: &categories };
    Condition::parse(text, &scope).map_err(|problems| {
        let told: Vec<String> = problems
            .iter()
            .map(|problem| {
                let help = problem.help.as_ref().map_or_else(String::new, |help| format!("; {help}"));
                let place = text.get(..problem.span.start).map_or(0, |before| before.chars().count());
                format!("at character {}: {}{help}", place + 1, problem.message)
            })
            .collect();
        Error::Invalid(format!("the condition cannot be read: {}", told.join(". ")))
    })
}

fn listing(kind: Kind, query: &Query, version: Option<&Version>, condition: Option<&Condition>) -> Result<Listing> {
    let of = of_kind(kind).ok_or_else(|| Error::Invalid("visitors are not listed".into()))?;
    let scores = || version.iter().flat_map(move |version| version.model.scores_of(of));
    let sort = match &query.sort {
        None => Sort::Id,
        Some((id, descending)) => {
            let found = scores().find(|(_, score)| score.id == *id).and_then(|(at, _)| place_of(at));
            let score = found.ok_or_else(|| {
                let known: Vec<&str> = scores().map(|(_, score)| score.id.as_str()).collect();
                Error::Invalid(format!("there is no score `{id}` to sort by; there are: {}", known.join(", ")))
            })?;
            Sort::Points { score, descending: *descending }
        }
    };
    let clauses =
        condition.zip(version).map_or_else(Vec::new, |(condition, version)| clauses(&condition.predicate, version, of));
    Ok(Listing {
        kind,
        version: version.map_or(0, |version| version.number),
        exists_in: scores().next().and_then(|(at, _)| place_of(at)),
        sort,
        clauses,
        named: Vec::new(),
        naming: None,
        after: query.after.clone(),
    })
}

/// What the database can rule out: comparisons of own points and bands that all have to hold.
fn clauses(predicate: &Predicate, version: &Version, of: Of) -> Vec<Clause> {
    let parts: &[Predicate] = match predicate {
        Predicate::All(parts) => parts,
        one => std::slice::from_ref(one),
    };
    parts.iter().filter_map(|part| clause(part, version, of)).collect()
}

fn clause(predicate: &Predicate, version: &Version, of: Of) -> Option<Clause> {
    let score = |operand: &Operand, space: Space| match operand {
        Operand::Name(name) if name.space == space => {
            let at = version.model.find_score(&name.id)?;
            place_of(at).filter(|_| version.model.score(at).of == of)
        }
        _ => None,
    };
    let number = |operand: &Operand| match operand {
        Operand::Literal(Literal::Number(number)) => Some(*number),
        _ => None,
    };
    let text = |operand: &Operand| match operand {
        Operand::Literal(Literal::Text(text)) => Some(text.to_string()),
        _ => None,
    };
    let none = |score| Clause { score, min: None, max: None, bands: None };
    match predicate {
        Predicate::Compare(left, comparison, right) => {
            if let Some((score, band)) = score(left, Space::Band).zip(text(right)) {
                let is_equal = *comparison == Comparison::Equal;
                return is_equal.then(|| in_bands(version, score, vec![band]));
            }
            let (score, number) = score(left, Space::Score).zip(number(right))?;
            // Bounds that are included are enough: what lies on them is decided by `rules`.
            let (min, max) = match comparison {
                Comparison::Equal => (Some(number), Some(number)),
                Comparison::Greater | Comparison::GreaterOrEqual => (Some(number), None),
                Comparison::Less | Comparison::LessOrEqual => (None, Some(number)),
                Comparison::NotEqual => return None,
            };
            Some(Clause { min, max, ..none(score) })
        }
        Predicate::Between(operand, low, high) => {
            let score = score(operand, Space::Score)?;
            Some(Clause { min: Some(number(low)?), max: Some(number(high)?), ..none(score) })
        }
        Predicate::In(operand, list) => {
            let score = score(operand, Space::Band)?;
            let bands: Option<Vec<String>> = list.iter().map(text).collect();
            Some(in_bands(version, score, bands?))
        }
        _ => None,
    }
}

/// One of some bands, and where points decide, between which points.
fn in_bands(version: &Version, place: i64, bands: Vec<String>) -> Clause {
    let all = usize::try_from(place).ok().map(|at| version.model.score(ScoreAt(at)));
    let all = all.filter(|score| score.bands_by == BandsBy::Points && !matches!(score.form, Form::Matrix(..)));
    let all = all.map_or(&[][..], |score| &score.bands);
    let meant = |band: &Band| bands.contains(&band.name);
    let (mut min, mut max) = (None, None);
    if let Some((first, last)) = all.iter().position(meant).zip(all.iter().rposition(meant)) {
        // The lowest reaches down without end.
        min = all.get(first).filter(|_| first > 0).map(|band| band.from);
        max = all.get(last + 1).map(|band| band.from);
    }
    Clause { score: place, min, max, bands: Some(bands) }
}
