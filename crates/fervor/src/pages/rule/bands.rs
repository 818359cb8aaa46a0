//! The bands of a score over everybody's points: where each begins, and how many are in it.

use askama::Template;
use edit::{At, Edit, Value};
use rules::decimal::{Decimal, SCALE};
use rules::model::{Band, BandsBy, Form as Made, Model, Score, ScoreAt, Subject};

use super::super::form::Form;
use super::super::frame::{Frame, page, see, sentence};
use super::super::show::level;
use super::bench::{Bench, Outcome, Seen, change, table_token};
use super::histogram::{Histogram, histogram};
use crate::api::answer::Answer;
use crate::api::call::Call;
use crate::api::problem::Problem;
use crate::draft::Did;
use crate::t;

/// Bands that a score has at most.
const BANDS_MAX: usize = 26;
/// So many values are given to the script; beyond that it counts those nearby together.
const VALUES_MAX: usize = 2_000;
/// What the address of a draft of bands may name.
pub(in crate::pages) const PARAMS: &[&str] = &[
    "score", "by", "saved", "name0", "from0", "name1", "from1", "name2", "from2", "name3", "from3", "name4", "from4",
    "name5", "from5", "name6", "from6", "name7", "from7", "name8", "from8", "name9", "from9", "name10", "from10",
    "name11", "from11", "name12", "from12", "name13", "from13", "name14", "from14", "name15", "from15", "name16",
    "from16", "name17", "from17", "name18", "from18", "name19", "from19", "name20", "from20", "name21", "from21",
    "name22", "from22", "name23", "from23", "name24", "from24", "name25", "from25", "name26", "from26", "seen",
];

#[derive(Template)]
#[template(path = "rule/bands.html")]
struct Bands<'a> {
    frame: Frame<'a>,
    /// All scores that can have bands.
    scores: Vec<(&'a str, &'a str, bool)>,
    score: &'a Score,
    title: &'a str,
    by: BandsBy,
    rows: Vec<Row>,
    all: u64,
    histogram: Option<Histogram>,
    /// Value and count, for the script.
    values: String,
    least: String,
    most: String,
    step: &'static str,
    seen: String,
    errors: Vec<String>,
    is_saved: bool,
    /// Whether what is written is anything else than the draft.
    is_tried: bool,
    /// Whether the draft changes rules too, so that points will be others.
    has_other_rules: bool,
    may_edit: bool,
}

impl Bands<'_> {
    fn grouped(&self, many: &u64) -> String {
        batch::wording::thousands(usize::try_from(*many).unwrap_or(usize::MAX))
    }
}

/// A band in the form.
struct Row {
    place: usize,
    name: String,
    from: String,
    level: usize,
    /// How many are in it, and how many are in the band of that name by what is in force.
    many: u64,
    now: Option<u64>,
}

#[derive(Template)]
#[template(path = "rule/no_bands.html")]
struct Nothing<'a> {
    frame: Frame<'a>,
    has_model: bool,
}

fn name(score: &Score) -> &str {
    if score.title.is_empty() { &score.id } else { &score.title }
}

/// What a form or an address says of bands.
struct Written {
    by: BandsBy,
    /// Name and threshold as they are written, in their order.
    rows: Vec<(String, String)>,
}

impl Written {
    fn of(score: &Score) -> Self {
        let rows = score.bands.iter().map(|band| (band.name.clone(), band.from.to_string())).collect();
        Self { by: score.bands_by, rows }
    }

    fn read(get: impl Fn(&str) -> String) -> Self {
        let by = if get("by") == "percentile" { BandsBy::Percentile } else { BandsBy::Points };
        let row = |place: usize| {
            (get(&format!("name{place}")).trim().to_owned(), get(&format!("from{place}")).trim().to_owned())
        };
        let rows = (0..=BANDS_MAX).map(row).filter(|(name, _)| !name.is_empty()).collect();
        Self { by, rows }
    }

    /// The bands, from the lowest, and what is wrong.
    fn bands(&self) -> (Vec<Band>, Vec<String>) {
        let (mut bands, mut errors) = (Vec::new(), Vec::new());
        for (name, from) in &self.rows {
            match Decimal::parse_exact(from) {
                Ok(from) => bands.push(Band { name: name.clone(), from }),
                Err(_) if from.is_empty() => errors.push(t::bands_no_threshold(name).plain()),
                Err(error) => {
                    errors.push(t::bands_wrong_threshold(from, name, error.to_string()).plain());
                }
            }
        }
        if (1..self.rows.len()).any(|at| self.rows[..at].iter().any(|(name, _)| *name == self.rows[at].0)) {
            errors.push(t::bands_same_name().plain());
        }
        bands.sort_by_key(|band| band.from);
        (bands, errors)
    }
}

/// How many are in each band.
fn counts(spread: &[(Decimal, u64)], bands: &[Band]) -> Vec<u64> {
    let mut counts = vec![0; bands.len()];
    for (value, count) in spread {
        if let Some(place) = rules::band::reached(bands, *value) {
            counts[place] += count;
        }
    }
    counts
}

/// Values with their counts for the script, those nearby together where there are too many.
fn packed(spread: &[(Decimal, u64)]) -> String {
    let together = spread.len().div_ceil(VALUES_MAX).max(1);
    let one = |some: &[(Decimal, u64)]| format!("{}:{}", some[0].0, some.iter().map(|(_, count)| count).sum::<u64>());
    spread.chunks(together).map(one).collect::<Vec<_>>().join(" ")
}

/// GET /bands
pub(in crate::pages) fn show(call: &Call) -> Result<Answer, Problem> {
    let Some(bench) = Bench::load(call)? else {
        return Ok(page(200, &Nothing { frame: Frame::of(call), has_model: false }));
    };
    let (bench, model) = match bench.model.is_ok() {
        true => (bench, Bench::valid(call)?.1),
        false => return Bench::valid(call).map(|_| see("/rules")),
    };
    let query = |name: &str| call.query.get(name).cloned().unwrap_or_default();
    let Some(score) = chosen(&model, &query("score")) else {
        return Ok(page(200, &Nothing { frame: Frame::of(call), has_model: true }));
    };
    let drafted = Written::of(model.score(score));
    let is_tried = call.query.keys().any(|key| key.starts_with("name"));
    let written = if is_tried { Written::read(query) } else { drafted };
    let seen = table_token(&bench.draft.text, &At::new("score", &model.score(score).id));
    let shown = Shown { bench: &bench, model: &model, score, written: &written, seen, errors: Vec::new(), is_tried };
    Ok(shown.page(call, 200))
}

/// The score of an id, or the first that can have bands.
fn chosen(model: &Model, id: &str) -> Option<ScoreAt> {
    let can = |at: &ScoreAt| !matches!(model.score(*at).form, Made::Matrix(..));
    let named = model.find_score(id).filter(can);
    named.or_else(|| (0..model.scores.len()).map(ScoreAt).find(can))
}

struct Shown<'a> {
    bench: &'a Bench,
    model: &'a Model,
    score: ScoreAt,
    written: &'a Written,
    seen: String,
    errors: Vec<String>,
    is_tried: bool,
}

impl Shown<'_> {
    fn page(self, call: &Call, status: u16) -> Answer {
        let score = self.model.score(self.score);
        let by = self.written.by;
        let published = self.bench.draft.published.as_ref();
        // The points that people have are those of the version in force.
        let known = published.and_then(|version| {
            let at = version.model.find_score(&score.id).filter(|at| version.model.score(*at).of == score.of)?;
            Some((version, at))
        });
        let spread = known.map(|(version, at)| call.app.service.spread(version, at, by)).unwrap_or_default();
        let (bands, mut errors) = self.written.bands();
        let many = counts(&spread, &bands);
        let now = known.map(|(version, at)| {
            let before = version.model.score(at);
            let spread = call.app.service.spread(version, at, before.bands_by);
            (before.bands.clone(), counts(&spread, &before.bands))
        });
        let row = |(place, (name, from)): (usize, &(String, String))| {
            let at = bands.iter().position(|band| band.name == *name);
            let was = now
                .as_ref()
                .and_then(|(bands, counts)| Some(counts[bands.iter().position(|band| band.name == *name)?]));
            Row {
                place,
                name: name.clone(),
                from: from.clone(),
                level: at.map_or(0, |at| level(at, bands.len())),
                many: at.map_or(0, |at| many[at]),
                now: was,
            }
        };
        let mut rows: Vec<Row> = self.written.rows.iter().enumerate().map(row).collect();
        let place = rows.len();
        if place < BANDS_MAX {
            rows.push(Row { place, name: String::new(), from: String::new(), level: 0, many: 0, now: None });
        }
        let histogram = histogram(&spread, &bands);
        let (least, most) = reach(&spread, &bands, by);
        errors.extend(self.errors);
        let is_rule = |difference: &edit::difference::Difference| difference.table.section == "rule";
        let can = |at: &usize| !matches!(self.model.scores[*at].form, Made::Matrix(..));
        let scores = (0..self.model.scores.len()).filter(can).map(|at| &self.model.scores[at]);
        let shown = Bands {
            frame: Frame::of(call),
            scores: scores.map(|one| (one.id.as_str(), name(one), one.id == score.id)).collect(),
            score,
            title: name(score),
            by,
            rows,
            all: spread.iter().map(|(_, count)| count).sum(),
            values: packed(&spread),
            histogram,
            least,
            most,
            step: if by == BandsBy::Percentile {
                "0.5"
            } else if score.decimals > 0 {
                "0.1"
            } else {
                "1"
            },
            seen: self.seen,
            errors: if self.is_tried || status != 200 { errors } else { Vec::new() },
            is_saved: call.query.contains_key("saved"),
            is_tried: self.is_tried,
            has_other_rules: self.bench.differences.iter().any(is_rule),
            may_edit: self.bench.may_edit,
        };
        page(status, &shown)
    }
}

/// Between what a slider moves.
fn reach(spread: &[(Decimal, u64)], bands: &[Band], by: BandsBy) -> (String, String) {
    if by == BandsBy::Percentile {
        return ("0".to_owned(), "100".to_owned());
    }
    let all = || spread.iter().map(|(value, _)| *value).chain(bands.iter().map(|band| band.from));
    let whole = |value: Decimal| value.units().div_euclid(SCALE);
    let least = all().min().map_or(0, whole);
    let most = all().max().map_or(100, |most| whole(most) + 1);
    (least.to_string(), most.to_string())
}

/// POST /bands
pub(in crate::pages) fn save(call: &Call) -> Result<Answer, Problem> {
    let form = Form::read(call)?;
    let (bench, model) = Bench::valid(call)?;
    let Some(score) = model.find_score(form.field("score")) else {
        return Err(Problem::not_found(t::score_gone()));
    };
    let written = Written::read(|name| form.field(name).to_owned());
    let (bands, errors) = written.bands();
    let at = At::new("score", &model.score(score).id);
    let seen = form.field("seen").to_owned();
    let refuse = |status: u16, seen: String, errors: Vec<String>| {
        let shown = Shown { bench: &bench, model: &model, score, written: &written, seen, errors, is_tried: true };
        Ok(shown.page(call, status))
    };
    if bench.overtaken(&Seen { at: &at, token: &seen }) {
        return refuse(409, table_token(&bench.draft.text, &at), vec![t::bands_overtaken().plain()]);
    }
    if !errors.is_empty() {
        return refuse(422, seen, Vec::new());
    }
    let by = (written.by == BandsBy::Percentile).then(|| Value::text("percentile"));
    let pairs = bands.into_iter().map(|band| (band.name, band.from.to_string()));
    let value = Some(edit::keys::bands(pairs)).filter(|_| !written.rows.is_empty());
    let edits = [Edit::Set(at.clone(), "bands".into(), value), Edit::Set(at.clone(), "bands_by".into(), by)];
    let title = name(model.score(score));
    match change(call, &edits, &Did::new("bands", title), |_| Ok(()))? {
        Outcome::Saved => Ok(see(&format!("/bands?score={}&saved", model.score(score).id))),
        Outcome::Refused(refused) => {
            refuse(422, seen, refused.problems.iter().map(|problem| sentence(&problem.message)).collect())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decimal(text: &str) -> Decimal {
        Decimal::parse(text).unwrap()
    }

    #[test]
    fn everybody_is_in_the_band_that_they_reach() {
        let band = |name: &str, from: &str| Band { name: name.into(), from: decimal(from) };
        let bands = [band("Low", "0"), band("High", "10")];
        let spread =
            [(decimal("-5"), 1), (decimal("0"), 2), (decimal("9.9"), 4), (decimal("10"), 8), (decimal("99"), 16)];
        // The lowest band reaches down without end.
        assert_eq!(counts(&spread, &bands), [7, 24]);
        assert_eq!(packed(&spread), "-5:1 0:2 9.9:4 10:8 99:16");
    }

    #[test]
    fn bands_are_read_as_they_are_written() {
        let fields =
            [("name0", "High"), ("from0", "10"), ("name1", " Low "), ("from1", "0"), ("name2", ""), ("from2", "3")];
        let read = |fields: &[(&str, &str)]| {
            let get =
                |name: &str| fields.iter().find(|(known, _)| *known == name).map_or("", |(_, value)| value).to_owned();
            Written::read(get).bands()
        };
        let (bands, errors) = read(&fields);
        assert_eq!(bands.iter().map(|band| band.name.as_str()).collect::<Vec<_>>(), ["Low", "High"]);
        assert!(errors.is_empty());
        assert_eq!(read(&[("name0", "A"), ("from0", "x"), ("name1", "A"), ("from1", "")]).1.len(), 3);
    }
}
