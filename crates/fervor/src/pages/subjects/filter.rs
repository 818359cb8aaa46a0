//! What of a list is wanted, as it stands in an address: whatever is not there is as usual.

use live::list::Query;
use live::models::Version;
use rules::condition::{Name, Space};
use rules::decimal::Decimal;

use super::Words;
use crate::api::call::{Call, unprocessable};
use crate::api::cursor;
use crate::api::lists::escaped;
use crate::api::problem::Problem;
use crate::t;

/// Parameters of lists.
pub(super) const PARAMS: &[&str] =
    &["q", "account", "band", "of", "min", "max", "where", "sort", "col", "cursor", "back"];
/// So many pages one can go back by links; before them lies the first.
const BACK_MAX: usize = 40;
/// Rows of a page.
const ROWS: usize = 50;

/// What is wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Filter {
    /// A text to look for.
    pub(super) q: String,
    /// An account that has to be one of theirs.
    pub(super) account: String,
    /// Scores and bands of them, any of which will do.
    pub(super) bands: Vec<(String, String)>,
    /// What has to lie between two numbers: `score.ID`, `percentile.ID` or `category.ID`.
    pub(super) of: String,
    pub(super) min: String,
    pub(super) max: String,
    /// A condition as in a model.
    pub(super) condition: String,
    /// `id`, `score.ID` or `-score.ID`.
    pub(super) sort: String,
    /// The keys of the columns.
    pub(super) columns: Vec<String>,
    /// Where the page begins, and where those before it did.
    pub(super) cursor: String,
    pub(super) back: Vec<String>,
}

impl Filter {
    pub(super) fn read(call: &Call) -> Self {
        Self::of(&call.pairs)
    }

    /// As parameters have it.
    pub(super) fn of(pairs: &[(String, String)]) -> Self {
        let all = |name: &'static str| pairs.iter().filter(move |(known, _)| known == name).map(|(_, value)| value);
        let text = |name: &'static str| all(name).next_back().map_or("", |value| value.trim()).to_owned();
        let band = |text: &String| text.split_once(':').map(|(score, band)| (score.to_owned(), band.to_owned()));
        Self {
            q: text("q"),
            account: text("account"),
            bands: all("band").filter_map(band).collect(),
            of: text("of"),
            min: text("min"),
            max: text("max"),
            condition: text("where"),
            sort: text("sort"),
            columns: all("col").filter(|key| !key.is_empty()).cloned().collect(),
            cursor: text("cursor"),
            back: text("back").split('.').filter(|part| !part.is_empty()).map(ToOwned::to_owned).collect(),
        }
    }

    /// The first page.
    pub(super) fn begun(mut self) -> Self {
        self.cursor = String::new();
        self.back = Vec::new();
        self
    }

    /// The page that begins there.
    pub(super) fn next(&self, cursor: String) -> Self {
        let mut back = self.back.clone();
        back.push(if self.cursor.is_empty() { "-".to_owned() } else { self.cursor.clone() });
        back.drain(..back.len().saturating_sub(BACK_MAX));
        Self { cursor, back, ..self.clone() }
    }

    /// The page before, if this is not the first.
    pub(super) fn before(&self) -> Option<Self> {
        let mut back = self.back.clone();
        let cursor = back.pop().filter(|cursor| *cursor != "-").unwrap_or_default();
        (!self.cursor.is_empty()).then(|| Self { cursor, back, ..self.clone() })
    }

    /// Whether everybody is wanted.
    pub(super) fn is_open(&self) -> bool {
        self.q.is_empty()
            && self.account.is_empty()
            && self.bands.is_empty()
            && self.range().is_none()
            && self.condition.is_empty()
    }

    fn range(&self) -> Option<(&str, &str)> {
        let is_there = !(self.min.is_empty() && self.max.is_empty());
        self.of.split_once('.').filter(|_| is_there)
    }

    /// What is wanted, as parameters; always in the same order.
    pub(super) fn text(&self) -> String {
        let mut pairs: Vec<(&str, String)> = vec![("q", self.q.clone()), ("account", self.account.clone())];
        pairs.extend(self.bands.iter().map(|(score, band)| ("band", format!("{score}:{band}"))));
        let range = self.range().map(|_| [("of", &self.of), ("min", &self.min), ("max", &self.max)]);
        pairs.extend(range.into_iter().flatten().map(|(name, value)| (name, value.clone())));
        pairs.extend([("where", self.condition.clone()), ("sort", self.sort.clone())]);
        pairs.extend(self.columns.iter().map(|key| ("col", key.clone())));
        pairs.extend([("cursor", self.cursor.clone()), ("back", self.back.join("."))]);
        let pairs = pairs.iter().filter(|(_, value)| !value.is_empty());
        pairs.map(|(name, value)| format!("{name}={}", escaped(value))).collect::<Vec<_>>().join("&")
    }

    /// The address of the list.
    pub(super) fn address(&self, path: &str) -> String {
        let text = self.text();
        if text.is_empty() { path.to_owned() } else { format!("{path}?{text}") }
    }

    /// The score that it is sorted by and whether the most points come first; `None` is by id.
    pub(super) fn sorted(&self, words: &Words, version: Option<&Version>) -> Result<Option<(String, bool)>, Problem> {
        let (descending, rest) = self.sort.strip_prefix('-').map_or((false, &*self.sort), |rest| (true, rest));
        match rest.strip_prefix("score.") {
            Some(id) => Ok(Some((id.to_owned(), descending))),
            None if rest.is_empty() => Ok(version.and_then(|version| usual(words, version))),
            None if rest == "id" => Ok(None),
            None => Err(unprocessable(t::list_odd_sort(rest))),
        }
    }

    /// What is wanted, as the service is asked.
    pub(super) fn query(&self, words: &Words, version: Option<&Version>) -> Result<Query, Problem> {
        let some = |text: &String| Some(text.clone()).filter(|text| !text.is_empty());
        let after = some(&self.cursor).map(|text| cursor::place(&text)).transpose()?;
        let sort = self.sorted(words, version)?;
        let (condition, search, account) = (some(&self.condition), some(&self.q), some(&self.account));
        Ok(Query { condition, also: self.also()?, search, account, sort, after, limit: ROWS })
    }

    /// Bands and range as a condition.
    fn also(&self) -> Result<Option<String>, Problem> {
        let mut parts: Vec<String> = Vec::new();
        let mut scores: Vec<&str> = self.bands.iter().map(|(score, _)| score.as_str()).collect();
        scores.sort_unstable();
        scores.dedup();
        for score in scores {
            let own = self.bands.iter().filter(|(of, _)| of == score);
            let own: Vec<String> = own.map(|(_, band)| literal(band)).collect();
            parts.push(format!("{} IN ({})", name(Space::Band, score), own.join(", ")));
        }
        if let Some((space, id)) = self.range() {
            let space = [Space::Score, Space::Percentile, Space::Category].into_iter().find(|one| one.word() == space);
            let space = space.ok_or_else(|| unprocessable(t::list_odd_range()))?;
            for (text, sign) in [(&self.min, ">="), (&self.max, "<=")].iter().filter(|(text, _)| !text.is_empty()) {
                let number = Decimal::parse(text);
                let number = number.map_err(|_| unprocessable(t::list_odd_number(text)))?;
                parts.push(format!("{} {sign} {number}", name(space, id)));
            }
        }
        Ok(Some(parts.join(" AND ")).filter(|text| !text.is_empty()))
    }
}

/// What everybody is sorted by if nobody says otherwise: the first score that has points, the most first.
pub(super) fn usual(words: &Words, version: &Version) -> Option<(String, bool)> {
    let is_number = |score: &rules::model::Score| !matches!(score.form, rules::model::Form::Matrix(..));
    let first = version.model.scores_of(words.of).find(|(_, score)| is_number(score));
    first.map(|(_, score)| (score.id.clone(), true))
}

fn name(space: Space, id: &str) -> String {
    Name { space, id: id.into() }.to_string()
}

/// A text as conditions have it.
fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filter() -> Filter {
        Filter {
            q: "Ada & co".into(),
            bands: vec![("engagement".into(), "Hot".into()), ("engagement".into(), "It's".into())],
            of: "score.engagement".into(),
            min: "10".into(),
            condition: "contact.age > 3".into(),
            ..Filter::default()
        }
    }

    #[test]
    fn an_address_says_what_is_wanted_and_nothing_else() {
        assert_eq!(Filter::default().address("/contacts"), "/contacts");
        assert_eq!(
            filter().address("/contacts"),
            "/contacts?q=Ada%20%26%20co&band=engagement%3AHot&band=engagement%3AIt%27s&of=score.engagement&min=10\
             &where=contact.age%20%3E%203"
        );
        // A range without a number is none.
        assert_eq!(Filter { of: "score.x".into(), ..Filter::default() }.text(), "");
    }

    #[test]
    fn filters_become_a_condition() {
        let also = filter().also().unwrap().unwrap();
        assert_eq!(also, "band.engagement IN ('Hot', 'It''s') AND score.engagement >= 10");
        let odd = Filter { max: "many".into(), ..filter() }.also().unwrap_err();
        assert!(odd.detail.contains("`many` is not a number"), "{}", odd.detail);
        let odd = Filter { of: "band.engagement".into(), ..filter() }.also().unwrap_err();
        assert!(odd.detail.contains("choose what"), "{}", odd.detail);
    }

    #[test]
    fn one_comes_back_the_way_one_went() {
        let first = filter();
        assert_eq!(first.before(), None);
        let third = first.next("b".into()).next("c".into());
        assert_eq!((third.cursor.as_str(), third.back.join(".").as_str()), ("c", "-.b"));
        let second = third.before().unwrap();
        assert_eq!(second, first.next("b".into()));
        assert_eq!(second.before().unwrap(), first);
        // Of a long way the beginning is forgotten, and leads to the first page.
        let far = (0..60).fold(first.clone(), |page, at| page.next(format!("p{at}")));
        assert_eq!(far.back.len(), BACK_MAX);
        let begun = (0..=BACK_MAX).fold(far, |page, _| page.before().unwrap_or(page));
        assert_eq!(begun, first);
    }
}
