//! The first page: how contacts are spread over bands, who moved, who is about to fall, what comes in.

use askama::Template;
use batch::wording::percent;
use live::overview::{Group, Moved, Overview, Spread};
use rules::decimal::Decimal;
use rules::model::{Model, Score};

use super::chart::{Columns, Share, Stacked};
use super::first::First;
use super::frame::{Frame, page, see};
use super::show::{Band, Number, level};
use super::subjects::{called_as, contact_address};
use super::when::When;
use crate::api::access::Scope;
use crate::api::answer::Answer;
use crate::api::call::Call;
use crate::api::lists::escaped;
use crate::api::problem::Problem;
use crate::t::{self, Say, Text};

/// So many of a group are named on the first page.
const FIRST: usize = 5;

#[derive(Debug, Template)]
#[template(path = "home/home.html")]
struct Home<'a> {
    frame: Frame<'a>,
    has_model: bool,
    /// Nothing until everybody was looked at once.
    seen: Option<Seen>,
    /// How many contacts were looked at so far, and how many there are.
    progress: (u64, u64),
    may_import: bool,
    to_follow: i64,
    is_publishing: bool,
    imports: usize,
    /// What is to be done first, as long as there is something.
    first: Option<First>,
}

impl Home<'_> {
    fn is_waiting(&self) -> bool {
        self.has_model && self.seen.is_none()
    }

    fn looked_at(&self) -> Number {
        whole(self.progress.0)
    }

    fn all(&self) -> Number {
        whole(self.progress.1)
    }

    /// Whether it is asked how to begin.
    fn is_beginning(&self) -> bool {
        self.first.as_ref().is_some_and(|first| first.is_empty)
    }
}

/// What was seen when everybody was looked at.
#[derive(Debug)]
struct Seen {
    contacts: Number,
    is_empty: bool,
    at: When,
    version: i64,
    scores: Vec<Panel>,
    weeks: Columns,
    arrived: Option<When>,
}

/// A score.
#[derive(Debug)]
struct Panel {
    label: String,
    chart: Stacked,
    bands: Vec<Row>,
    groups: Vec<Named>,
}

/// A band.
#[derive(Debug)]
struct Row {
    band: Band,
    address: String,
    now: Number,
    /// The part of all, in per cent.
    share: String,
    before: Number,
    change: String,
}

/// Some contacts.
#[derive(Debug)]
struct Named {
    anchor: String,
    title: Text,
    hint: Text,
    address: String,
    is_any: bool,
    count: Number,
    first: Vec<One>,
}

/// One contact.
#[derive(Debug)]
struct One {
    name: String,
    address: String,
    from: Number,
    from_band: Option<Band>,
    to: Number,
    to_band: Option<Band>,
}

/// The groups of contacts that are told apart: a word for addresses, a title, and what it means.
const GROUPS: [(&str, Say, Say); 3] = [
    ("at-risk", t::moves_at_risk, t::moves_at_risk_hint),
    ("risen", t::moves_risen, t::moves_risen_hint),
    ("fallen", t::moves_fallen, t::moves_fallen_hint),
];

fn group<'s>(spread: &'s Spread, word: &str) -> &'s Group {
    match word {
        "risen" => &spread.risen,
        "fallen" => &spread.fallen,
        _ => &spread.at_risk,
    }
}

fn whole(count: u64) -> Number {
    Number(i64::try_from(count).ok().and_then(Decimal::from_whole).unwrap_or(Decimal::ZERO))
}

fn one(score: &Score, moved: &Moved) -> One {
    let band = |band: &Option<std::sync::Arc<str>>| band.as_deref().map(|name| Band::new(score, name));
    One {
        name: called_as(&moved.id, &moved.attributes).unwrap_or_else(|| moved.id.to_string()),
        address: contact_address(&moved.id),
        from: Number(moved.from.0),
        from_band: band(&moved.from.1),
        to: Number(moved.to.0),
        to_band: band(&moved.to.1),
    }
}

fn of(model: &Model, spread: &Spread) -> Option<Panel> {
    let score = model.score(model.find_score(&spread.score)?);
    let address = |band: &str| {
        let sort = escaped(&format!("-score.{}", score.id));
        format!("/contacts?band={}&sort={sort}", escaped(&format!("{}:{band}", score.id)))
    };
    let counted = |now: u64| usize::try_from(now).unwrap_or(usize::MAX);
    let all = counted(spread.bands.iter().map(|(_, now, _)| now).sum());
    let bands = spread.bands.iter().map(|(name, now, before)| {
        let change = i128::from(*now) - i128::from(*before);
        let change = match change {
            0 => "–".to_owned(),
            change if change > 0 => format!("+{change}"),
            change => format!("−{}", -change),
        };
        let band = Band::new(score, name);
        let share = percent(counted(*now), all);
        Row { band, address: address(name), now: whole(*now), share, before: whole(*before), change }
    });
    let share = |(place, (name, now, _)): (usize, &(String, u64, u64))| Share {
        label: name.clone(),
        count: counted(*now),
        level: level(place, spread.bands.len()),
    };
    let groups = GROUPS.map(|(word, title, hint)| {
        let group = group(spread, word);
        Named {
            anchor: format!("{word}-{}", score.id),
            title: title(),
            hint: hint(),
            address: format!("/home/{word}?score={}", escaped(&score.id)),
            is_any: group.count > 0,
            count: whole(group.count),
            first: group.named.iter().take(FIRST).map(|moved| one(score, moved)).collect(),
        }
    });
    Some(Panel {
        label: score.label().to_owned(),
        chart: Stacked::new(
            t::home_by_band_of(score.label()).plain(),
            spread.bands.iter().enumerate().map(share).collect(),
        ),
        bands: bands.collect(),
        groups: groups.into(),
    })
}

fn seen(model: &Model, overview: &Overview) -> Seen {
    let weeks = overview.weeks.iter().map(|(monday, count)| (monday.to_string(), *count));
    Seen {
        contacts: whole(overview.contacts),
        is_empty: overview.contacts == 0,
        at: When::ago(overview.at),
        version: overview.version,
        scores: overview.scores.iter().filter_map(|spread| of(model, spread)).collect(),
        weeks: Columns::new(t::home_weeks().plain(), t::home_week(), weeks),
        arrived: overview.arrived_at.map(When::ago),
    }
}

pub(super) fn home(call: &Call) -> Result<Answer, Problem> {
    if call.who.person().is_none() {
        return Ok(see("/login"));
    }
    let service = &call.app.service;
    let models = service.models()?;
    let overview = call.app.survey.seen(call.received);
    let of_it = models.current.as_ref().zip(overview).filter(|(version, seen)| version.number == seen.version);
    let home = Home {
        frame: Frame::of(call),
        has_model: models.current.is_some() || models.candidate.is_some(),
        seen: of_it.map(|(version, overview)| seen(&version.model, &overview)),
        progress: call.app.survey.progress(),
        may_import: call.who.may(Scope::Write).is_ok(),
        to_follow: service.to_follow()?,
        is_publishing: models.candidate.is_some(),
        imports: call.app.imports.count(),
        first: First::of(call)?,
    };
    Ok(page(200, &home))
}

#[derive(Debug, Template)]
#[template(path = "home/moves.html")]
struct Moves<'a> {
    frame: Frame<'a>,
    title: Text,
    hint: Text,
    score: String,
    from: Text,
    to: Text,
    count: usize,
    rows: Vec<One>,
}

/// All of a group that are named.
pub(super) fn moves(call: &Call) -> Result<Answer, Problem> {
    let word = call.path.get("group").map_or("", String::as_str);
    let unknown = || Problem::not_found(t::moves_no_page());
    let (word, title, hint) = GROUPS.into_iter().find(|(known, ..)| *known == word).ok_or_else(unknown)?;
    let version = call.app.service.models()?.current;
    let known =
        version.zip(call.app.survey.seen(call.received)).filter(|(version, seen)| version.number == seen.version);
    let Some((version, overview)) = known else { return Ok(see("/")) };
    let id = call.param("score");
    let spread = overview.scores.iter().find(|spread| spread.score == id).or(overview.scores.first());
    let spread = spread.ok_or_else(unknown)?;
    let score = version.model.find_score(&spread.score).map(|at| version.model.score(at)).ok_or_else(unknown)?;
    let group = group(spread, word);
    let (from, to) =
        if word == "at-risk" { (t::moves_today(), t::moves_ahead()) } else { (t::moves_before(), t::moves_today()) };
    let moves = Moves {
        frame: Frame::of(call),
        title: title(),
        hint: hint(),
        score: score.label().to_owned(),
        from,
        to,
        count: usize::try_from(group.count).unwrap_or(usize::MAX),
        rows: group.named.iter().map(|moved| one(score, moved)).collect(),
    };
    Ok(page(200, &moves))
}
