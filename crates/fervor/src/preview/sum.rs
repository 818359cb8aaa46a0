//! What comparisons of some say, added up to what they say of all.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use rules::decimal::Decimal;
use rules::model::{Form, Score, Subject};
use serde::{Deserialize, Serialize};

use crate::compare::{self, Comparison, OfScore, Side, Source};

/// So many of the largest changes are named.
const NAMED: usize = 10;
/// So many of each crossing are named.
const EXAMPLES: usize = 5;

/// All that was found.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Found {
    pub(crate) as_of: String,
    /// What differs outside of scores, in words.
    pub(crate) outside: Vec<String>,
    pub(crate) scores: Vec<Moved>,
    /// What is probably not meant, where all facts could be looked at.
    pub(crate) noted: Option<Vec<Noted>>,
}

/// Something that is probably not meant.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Noted {
    pub(crate) message: String,
    pub(crate) evidence: String,
    pub(crate) proposal: String,
}

/// What becomes of a score.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Moved {
    pub(crate) id: String,
    pub(crate) title: String,
    /// `contact`, `account` or `opportunity`.
    pub(crate) of: String,
    /// `both`, `new` or `gone`.
    pub(crate) standing: String,
    /// How many were looked at.
    pub(crate) looked_at: u64,
    /// How many change points: up, down.
    pub(crate) points: (u64, u64),
    /// How many change band: up, down, to something that is neither.
    pub(crate) bands: (u64, u64, u64),
    /// The bands before and after, the highest first; an empty one is none.
    pub(crate) old: Vec<String>,
    pub(crate) new: Vec<String>,
    pub(crate) crossings: Vec<Crossing>,
    pub(crate) causes: Vec<Cause>,
    /// Those whose points change most.
    pub(crate) largest: Vec<Example>,
    /// The estimated value of all that were looked at, before and after; nothing where none has one.
    pub(crate) value: Option<(String, String)>,
    /// What else differs, in words.
    pub(crate) outside: Vec<String>,
}

impl Moved {
    /// Whether the estimated value is another, as by another probability.
    pub(crate) fn has_other_value(&self) -> bool {
        self.value.as_ref().is_some_and(|(was, is)| was != is)
    }

    /// Whether it is a label made of other scores, and has no points of its own.
    pub(crate) fn is_label(&self) -> bool {
        let mut examples = self.crossings.iter().flat_map(|crossing| &crossing.examples).peekable();
        examples.peek().is_some() && examples.all(|example| example.old.is_empty() && example.new.is_empty())
    }
}

/// How many go from a band to another, and who for example.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Crossing {
    pub(crate) from: String,
    pub(crate) to: String,
    pub(crate) many: u64,
    pub(crate) examples: Vec<Example>,
}

/// Somebody.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Example {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) old: String,
    pub(crate) new: String,
    pub(crate) old_band: String,
    pub(crate) new_band: String,
    /// By which rule most, if by one.
    pub(crate) by: String,
}

/// What moved how many.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Cause {
    /// `rule`, `score`, `held` (bounds and rounding) or `bands`.
    pub(crate) sort: String,
    pub(crate) id: String,
    /// `new`, `removed`, `changed` or `same`.
    pub(crate) standing: String,
    /// How many have other points by it.
    pub(crate) points: u64,
    /// How many change band mostly by it.
    pub(crate) bands: u64,
    /// The most points that it gives or takes.
    pub(crate) most_up: String,
    pub(crate) most_down: String,
}

/// What is added up.
#[derive(Default)]
pub(super) struct Sum {
    as_of: String,
    outside: Vec<String>,
    /// By the id of the score and whose it is, in the order in which they were met.
    scores: Vec<One>,
}

struct One {
    id: String,
    of: Subject,
    title: String,
    standing: &'static str,
    looked_at: u64,
    points: (u64, u64),
    bands: (u64, u64, u64),
    crossings: BTreeMap<(String, String), (u64, Vec<Example>)>,
    causes: Vec<Moving>,
    largest: Vec<(Option<Decimal>, Example)>,
    /// None is estimated, or the sum is beyond the range.
    value: Option<[Decimal; 2]>,
    outside: Vec<String>,
    orders: [Vec<String>; 2],
}

struct Moving {
    source: (&'static str, String),
    standing: &'static str,
    points: u64,
    bands: u64,
    most_up: Option<Decimal>,
    most_down: Option<Decimal>,
}

fn source(source: &Source) -> (&'static str, String) {
    match source {
        Source::Rule(id) => ("rule", id.clone()),
        Source::Score(id) => ("score", id.clone()),
        Source::Held => ("held", String::new()),
    }
}

fn order(score: Option<&Score>) -> Vec<String> {
    score.map(|score| score.bands.iter().rev().map(|band| band.name.clone()).collect()).unwrap_or_default()
}

impl Sum {
    /// Adds what a comparison of some says, in which everybody is named who moves.
    pub(super) fn add(&mut self, comparison: &Comparison<'_>, sides: &[Side<'_>; 2]) {
        self.as_of = sides[1].as_of.to_string();
        self.outside.clone_from(&comparison.outside);
        for of in &comparison.scores {
            let score = of.either();
            if of.everyone.is_empty() {
                continue;
            }
            let known = self.scores.iter().position(|one| one.id == score.id && one.of == score.of);
            let place = known.unwrap_or_else(|| {
                self.scores.push(One::new(of));
                self.scores.len() - 1
            });
            self.scores[place].add(of, sides);
        }
    }

    pub(super) fn found(self) -> Found {
        let scores = self.scores.into_iter().map(One::found).collect();
        Found { as_of: self.as_of, outside: self.outside, scores, noted: None }
    }
}

impl One {
    fn new(of: &OfScore<'_>) -> Self {
        let score = of.either();
        let standing = match (of.old, of.new) {
            (Some(_), Some(_)) => "both",
            (None, _) => "new",
            (_, None) => "gone",
        };
        let is_matrix = |score: Option<&Score>| score.is_some_and(|score| matches!(score.form, Form::Matrix(..)));
        let bands = |score: Option<&Score>| if is_matrix(score) { Vec::new() } else { order(score) };
        Self {
            id: score.id.clone(),
            of: score.of,
            title: if score.title.is_empty() { score.id.clone() } else { score.title.clone() },
            standing,
            looked_at: 0,
            points: (0, 0),
            bands: (0, 0, 0),
            crossings: BTreeMap::new(),
            causes: Vec::new(),
            largest: Vec::new(),
            value: score.probability.is_some().then_some([Decimal::ZERO; 2]),
            outside: Vec::new(),
            orders: [bands(of.old), bands(of.new)],
        }
    }

    fn add(&mut self, of: &OfScore<'_>, sides: &[Side<'_>; 2]) {
        self.looked_at += of.everyone.len() as u64;
        let Some(shift) = &of.shift else { return };
        self.outside.clone_from(&shift.outside);
        self.points.0 += shift.points.up as u64;
        self.points.1 += (shift.points.down + shift.points.aside) as u64;
        self.bands.0 += shift.bands.up as u64;
        self.bands.1 += shift.bands.down as u64;
        self.bands.2 += shift.bands.aside as u64;
        for cause in shift.causes.iter().chain(Some(&shift.held).filter(|held| held.moved > 0)) {
            let moving = self.moving(source(&cause.source), cause.standing.word());
            moving.points += cause.moved as u64;
            moving.most_up = moving.most_up.max(cause.most_up);
            moving.most_down = [moving.most_down, cause.most_down].into_iter().flatten().min();
        }
        let movers: BTreeMap<&str, &compare::Mover> = shift.largest.iter().map(|mover| (&*mover.id, mover)).collect();
        for pair in &of.everyone {
            let Some((old, new)) = pair.old.zip(pair.new) else { continue };
            let mover = movers.get(pair.id).copied();
            let values = [old, new].map(|seen| seen.outcome.estimated_value.unwrap_or(Decimal::ZERO));
            self.value = self
                .value
                .and_then(|[was, is]| Some([Decimal::sum([was, values[0]])?, Decimal::sum([is, values[1]])?]));
            let bands = [old, new].map(|seen| seen.outcome.band.clone().unwrap_or_default());
            let has_crossed = bands[0] != bands[1];
            if has_crossed {
                let source = mover.map_or(("bands", String::new()), |mover| source(&mover.most_by.0));
                self.moving(source, "same").bands += 1;
            }
            let example = || {
                let points = |seen: compare::Seen<'_>| seen.outcome.points.map(|points| points.to_string());
                let name = compare::name(sides[1].facts, sides[1].as_of, self.of, pair.id);
                Example {
                    id: pair.id.to_owned(),
                    name: name.unwrap_or_else(|| pair.id.to_owned()),
                    old: points(old).unwrap_or_default(),
                    new: points(new).unwrap_or_default(),
                    old_band: bands[0].clone(),
                    new_band: bands[1].clone(),
                    by: mover.map(|mover| source(&mover.most_by.0).1).unwrap_or_default(),
                }
            };
            let size = mover.and_then(|mover| mover.change).map(Decimal::magnitude);
            let is_large = mover.is_some()
                && (self.largest.len() < NAMED || self.largest.last().is_some_and(|(least, _)| size > *least));
            let named = is_large.then(&example);
            let crossing = (bands[0].clone(), bands[1].clone());
            let is_named = has_crossed && self.crossings.get(&crossing).is_none_or(|(_, named)| named.len() < EXAMPLES);
            let shown = is_named.then(&example);
            let (many, examples) = self.crossings.entry(crossing).or_default();
            *many += 1;
            examples.extend(shown);
            if let Some(named) = named {
                self.largest.push((size, named));
                self.largest.sort_by_key(|(size, _)| Reverse(*size));
                self.largest.truncate(NAMED);
            }
        }
    }

    fn moving(&mut self, source: (&'static str, String), standing: &'static str) -> &mut Moving {
        let known = self.causes.iter().position(|moving| moving.source == source);
        let place = known.unwrap_or_else(|| {
            let (points, bands) = (0, 0);
            self.causes.push(Moving { source, standing, points, bands, most_up: None, most_down: None });
            self.causes.len() - 1
        });
        let moving = &mut self.causes[place];
        if standing != "same" {
            moving.standing = standing;
        }
        moving
    }

    fn found(mut self) -> Moved {
        // What the models do not list: labels of a matrix, and no band at all.
        for (from, to) in self.crossings.keys() {
            for (order, band) in self.orders.iter_mut().zip([from, to]) {
                if !order.contains(band) {
                    order.push(band.clone());
                }
            }
        }
        let number = |number: Option<Decimal>| number.map(|number| number.to_string()).unwrap_or_default();
        self.causes.sort_by_key(|moving| (Reverse(moving.bands), Reverse(moving.points)));
        let cause = |moving: Moving| Cause {
            sort: moving.source.0.to_owned(),
            id: moving.source.1,
            standing: moving.standing.to_owned(),
            points: moving.points,
            bands: moving.bands,
            most_up: number(moving.most_up),
            most_down: number(moving.most_down),
        };
        let crossing = |((from, to), (many, examples)): ((String, String), (u64, Vec<Example>))| Crossing {
            from,
            to,
            many,
            examples,
        };
        let [old, new] = self.orders;
        Moved {
            id: self.id,
            title: self.title,
            of: self.of.word().to_owned(),
            standing: self.standing.to_owned(),
            looked_at: self.looked_at,
            points: self.points,
            bands: self.bands,
            old,
            new,
            crossings: self.crossings.into_iter().map(crossing).collect(),
            causes: self.causes.into_iter().map(cause).collect(),
            largest: self.largest.into_iter().map(|(_, example)| example).collect(),
            value: self.value.map(|[was, is]| (was.to_string(), is.to_string())),
            outside: self.outside,
        }
    }
}
