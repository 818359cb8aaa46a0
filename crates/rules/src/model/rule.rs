//! A rule: which kind it is, which keys that kind takes, and its values.

use super::keys::{KINDS, Section, keys_of};
use super::links::{HeadShape, Outline};
use super::read::{self, OF_ACCOUNT, OF_ACTIVITY, OF_CONTACT, condition, name, types};
use super::tree::{Sink, Table};
use super::{
    ActivityRule, Attribution, Case, CategoryAt, Kind, Limit, Pool, Reward, Rule, ScoreAt, Subject, Take, TierBy,
};
use crate::condition::{Name, Scope, Space};
use crate::day::{Per, Period, Unit};
use crate::decimal::Decimal;
use crate::fade::Fade;

/// What one rule is read with.
struct Reader<'a, 't> {
    table: &'a Table<'t>,
    outline: &'a Outline,
    text: &'a str,
    of: Subject,
}

pub(super) fn rule(id: &str, table: &Table<'_>, outline: &Outline, text: &str, sink: &mut Sink) -> Option<Rule> {
    let title = table.text("title", sink).unwrap_or_default().to_owned();
    let cap = table.limit("cap", sink);
    let home = home(table, outline, sink);
    let kind_word = kind_word(table, sink)?;
    refuse_foreign_keys(table, kind_word, sink);
    // Without a home everything else is still read, as if it were of a contact.
    let of = home.map_or(Subject::Contact, |(score, _)| outline.head(score).of);
    let reader = Reader { table, outline, text, of };
    reader.refuse_subject(kind_word, sink);
    let kind = reader.kind(kind_word, sink);
    let (score, category) = home?;
    Some(Rule { id: id.to_owned(), title, score, category, kind: kind?, cap })
}

/// The score, and the category if the rule names one.
fn home(table: &Table<'_>, outline: &Outline, sink: &mut Sink) -> Option<(ScoreAt, Option<CategoryAt>)> {
    if table.has("category") && table.has("score") {
        let message = format!("{} names both a category and a score", table.place);
        let help = Some("keep `category`; it already belongs to a score".into());
        sink.refuse::<()>(table.key_span("score"), message, "one too many", help);
    }
    if let Some((id, span)) = table.written("category", sink) {
        let category = outline.category(id, span, &table.place, sink)?;
        // A category without a score has been noted itself.
        return outline.categories[category.0].1.map(|score| (score, Some(category)));
    }
    if let Some((id, span)) = table.written("score", sink) {
        let score = outline.score(id, span.clone(), &table.place, sink)?;
        read::refuse_without_sum(outline, score, span, &table.place, sink)?;
        return Some((score, None));
    }
    if !table.has("category") && !table.has("score") {
        let help = Some("add `category = \"...\"`, or `score = \"...\"` for a rule without category".into());
        sink.refuse::<()>(
            table.head.clone(),
            format!("{} needs a `category` or a `score`", table.place),
            "belongs nowhere",
            help,
        );
    }
    None
}

/// The one key that makes it a kind; `activity` beside `inactive_for` only narrows.
fn kind_word(table: &Table<'_>, sink: &mut Sink) -> Option<&'static str> {
    let narrows = |kind: &str| kind == "activity" && table.has("inactive_for");
    let mut present = KINDS.iter().copied().filter(|kind| table.has(kind) && !narrows(kind));
    match (present.next(), present.next()) {
        (Some(kind), None) => Some(kind),
        (None, _) => {
            let help = Some(format!("add one of {}", KINDS.join(", ")));
            sink.refuse(table.head.clone(), format!("{} has no kind", table.place), "gives points for what?", help)
        }
        (Some(first), Some(second)) => {
            let message = format!("{} has two kinds: `{first}` and `{second}`", table.place);
            sink.refuse(table.key_span(second), message, "one too many", Some("split it into two rules".into()))
        }
    }
}

/// Notes keys of the language that rules of this kind do not take.
fn refuse_foreign_keys(table: &Table<'_>, kind: &str, sink: &mut Sink) {
    for known in keys_of(Section::Rule).filter(|known| !known.kinds.contains(&kind) && table.has(known.name)) {
        let message = format!("`{}` does not apply to {}", known.name, table.place);
        let label = format!("this rule is of the kind `{kind}`");
        let help = Some(format!("`{}` belongs to rules of the kind {}", known.name, known.kinds.join(", ")));
        sink.refuse::<()>(table.key_span(known.name), message, label, help);
    }
}

impl Reader<'_, '_> {
    fn refuse_subject(&self, kind: &'static str, sink: &mut Sink) {
        let allowed: &[&str] = match self.of {
            Subject::Contact => &["activity", "inactive_for", "when", "cases", "since"],
            Subject::Account => &["activity", "inactive_for", "when", "cases", "since", "rollup"],
            Subject::Opportunity => &["when", "cases", "since"],
        };
        if !allowed.contains(&kind) {
            let message = format!(
                "{} is of the kind `{kind}`, which a score of {} does not take",
                self.table.place,
                self.of.with_article()
            );
            let help = Some(format!("it takes {}", allowed.join(", ")));
            sink.refuse::<()>(self.table.key_span(kind), message, "not for this score", help);
        }
    }

    fn kind(&self, word: &str, sink: &mut Sink) -> Option<Kind> {
        match word {
            "activity" => self.activity(sink).map(Kind::Activity),
            "when" => self.when(sink),
            "cases" => self.cases(sink),
            "since" => self.since(sink),
            "inactive_for" => self.inactive(sink),
            _ => self.rollup(sink),
        }
    }

    fn points(&self, sink: &mut Sink) -> Option<Decimal> {
        self.table.require("points", sink);
        self.table.number("points", sink)
    }

    fn activity(&self, sink: &mut Sink) -> Option<ActivityRule> {
        let scope =
            Scope { place: "the `where` of an activity rule", spaces: OF_ACTIVITY, scores: &[], categories: &[] };
        let types = types(self.table, "activity", sink);
        let condition = condition(self.table, "where", &scope, self.text, sink);
        let limit = self.limit(sink);
        let window = self.table.period("window", sink);
        let reward = if self.table.has("tiers") { self.tiers(sink) } else { self.each(sink) };
        Some(ActivityRule { types: types?, condition, limit, window, reward: reward? })
    }

    fn limit(&self, sink: &mut Sink) -> Option<Limit> {
        let limit = self.table.table("limit", Section::Limit, sink)?;
        let _complete = limit.require("times", sink) & limit.require("per", sink);
        let times = limit.whole("times", 1..u32::MAX, sink);
        let per = limit.word("per", &Per::ALL, sink);
        let by = self.property(&limit, "by", sink);
        Some(Limit { times: times?, per: per?, by })
    }

    fn property(&self, table: &Table<'_>, key: &str, sink: &mut Sink) -> Option<Name> {
        let place = format!("`{key}`");
        let scope = Scope { place: &place, spaces: &[Space::Activity], scores: &[], categories: &[] };
        name(table, key, Space::Activity, &scope, self.text, sink)
    }

    fn each(&self, sink: &mut Sink) -> Option<Reward> {
        let takes = [("sum", Take::Sum), ("max", Take::Max), ("latest", Take::Latest)];
        if self.table.has("tier_by") {
            let message = format!("`tier_by` in {} needs `tiers`", self.table.place);
            sink.refuse::<()>(self.table.key_span("tier_by"), message, "no tiers here", None);
        }
        let points = self.points(sink);
        Some(Reward::Each {
            multiply_by: self.property(self.table, "multiply_by", sink),
            at_most: self.table.limit("each_at_most", sink),
            fade: self.fade(sink),
            take: self.table.word("take", &takes, sink).unwrap_or(Take::Sum),
            points: points?,
        })
    }

    fn fade(&self, sink: &mut Sink) -> Option<Fade> {
        let present: Vec<_> =
            ["half_life", "fade_out", "step_down"].into_iter().filter(|key| self.table.has(key)).collect();
        if let [first, second, ..] = present[..] {
            let message = format!("{} fades twice: by `{first}` and by `{second}`", self.table.place);
            sink.refuse::<()>(self.table.key_span(second), message, "one too many", None);
        }
        match *present.first()? {
            "half_life" => self.days_or_weeks("half_life", sink).map(Fade::HalfLife),
            "fade_out" => self.days_or_weeks("fade_out", sink).map(Fade::FadeOut),
            _ => self.step_down(sink),
        }
    }

    fn days_or_weeks(&self, key: &str, sink: &mut Sink) -> Option<Period> {
        let period = self.table.period(key, sink)?;
        if matches!(period.unit, Unit::Day | Unit::Week) {
            return Some(period);
        }
        let message = format!("`{key}` in {} takes days or weeks", self.table.place);
        let help = Some("months and years differ in length; write for example \"90 days\"".into());
        sink.refuse(self.table.node(key)?.span(), message, format!("{period} has no fixed length"), help)
    }

    fn step_down(&self, sink: &mut Sink) -> Option<Fade> {
        let step = self.table.table("step_down", Section::StepDown, sink)?;
        let _complete = step.require("percent", sink) & step.require("every", sink);
        let percent = step.number("percent", sink);
        let every = step.period("every", sink);
        let compound = step.flag("compound", sink).unwrap_or(false);
        let percent = percent?;
        let hundred = Decimal::from_units(100 * crate::decimal::SCALE);
        if percent <= Decimal::ZERO || percent > hundred {
            let message = format!("`percent` of {} must be above 0 and at most 100", step.place);
            return sink.refuse(step.key_span("percent"), message, format!("{percent}"), None);
        }
        Some(Fade::StepDown { percent, every: every?, compound })
    }

    fn tiers(&self, sink: &mut Sink) -> Option<Reward> {
        for key in ["points", "multiply_by", "each_at_most", "half_life", "fade_out", "step_down", "take"] {
            if self.table.has(key) {
                let message = format!("`{key}` in {} does not go with `tiers`", self.table.place);
                let help = Some(
                    "tiers give points for all activities together; they know no points for each and no fading".into(),
                );
                sink.refuse::<()>(self.table.key_span(key), message, "not with tiers", help);
            }
        }
        let by = self.table.word("tier_by", &[("count", TierBy::Count), ("value", TierBy::Value)], sink);
        let entries = self.table.entries_of("tiers", sink)?;
        let mut tiers: Vec<(Decimal, Decimal)> = Vec::new();
        for entry in &entries {
            let from = self.table.entry_threshold("tiers", entry, sink);
            let points = self.table.entry_number("tiers", entry, sink);
            let Some((from, points)) = from.zip(points) else { continue };
            if tiers.iter().any(|&(known, _)| known == from) {
                let message = format!("`tiers` in {} has {from} twice", self.table.place);
                sink.refuse::<()>(entry.at.clone(), message, "again", None);
            }
            tiers.push((from, points));
        }
        tiers.sort_by_key(|&(from, _)| from);
        Some(Reward::Tiers { tiers, by: by.unwrap_or(TierBy::Count) })
    }

    /// The names that a condition about the subject itself may use.
    fn scope<'s>(&self, scores: &'s [&'s str], categories: &'s [&'s str]) -> Scope<'s> {
        const OF_OPPORTUNITY: &[Space] = &[
            Space::Opportunity,
            Space::Contact,
            Space::Account,
            Space::Score,
            Space::Band,
            Space::Percentile,
            Space::Category,
        ];
        let (place, spaces) = match self.of {
            Subject::Contact => ("a rule of a contact's score", OF_CONTACT),
            Subject::Account => ("a rule of an account's score", OF_ACCOUNT),
            Subject::Opportunity => ("a rule of an opportunity's score", OF_OPPORTUNITY),
        };
        Scope { place, spaces, scores, categories }
    }

    /// The scores and categories that a rule over an opportunity can ask for: those of its contact
    /// and of its account.
    fn results(&self) -> (Vec<&str>, Vec<&str>) {
        let scores = self.outline.scores.iter().filter(|head| head.of != Subject::Opportunity);
        let categories = self
            .outline
            .categories
            .iter()
            .filter(|(_, score)| score.is_some_and(|score| self.outline.head(score).of != Subject::Opportunity));
        (scores.map(|head| head.id.as_str()).collect(), categories.map(|(id, _)| id.as_str()).collect())
    }

    fn when(&self, sink: &mut Sink) -> Option<Kind> {
        let (scores, categories) = self.results();
        let scope = self.scope(&scores, &categories);
        let condition = condition(self.table, "when", &scope, self.text, sink);
        let points = self.points(sink);
        let multiply_by = name(self.table, "multiply_by", scope.spaces[0], &scope, self.text, sink);
        Some(Kind::When { condition: condition?, points: points?, multiply_by })
    }

    fn cases(&self, sink: &mut Sink) -> Option<Kind> {
        let (scores, categories) = self.results();
        let scope = self.scope(&scores, &categories);
        let tables = self.table.tables("cases", Section::Case, sink)?;
        if tables.is_empty() {
            let message = format!("`cases` in {} is empty", self.table.place);
            return sink.refuse(self.table.key_span("cases"), message, "no case", None);
        }
        let mut cases = Vec::new();
        for table in &tables {
            let _complete = table.require("when", sink) & table.require("points", sink);
            let condition = condition(table, "when", &scope, self.text, sink);
            let points = table.number("points", sink);
            cases.extend(condition.zip(points).map(|(condition, points)| Case { condition, points }));
        }
        let multiply_by = name(self.table, "multiply_by", scope.spaces[0], &scope, self.text, sink);
        Some(Kind::Cases { cases, multiply_by })
    }

    fn since(&self, sink: &mut Sink) -> Option<Kind> {
        let scope = self.scope(&[], &[]);
        let dated = scope
            .spaces
            .iter()
            .copied()
            .filter(|space| matches!(space, Space::Contact | Space::Account | Space::Opportunity));
        let spaces: Vec<_> = dated.collect();
        let scope = Scope { spaces: &spaces, ..scope };
        let name = name(self.table, "since", spaces[0], &scope, self.text, sink);
        self.table.require("every", sink);
        let every = self.table.period("every", sink);
        let points = self.points(sink);
        Some(Kind::Since { name: name?, every: every?, points: points? })
    }

    fn inactive(&self, sink: &mut Sink) -> Option<Kind> {
        let period = self.table.period("inactive_for", sink);
        let types = types(self.table, "activity", sink);
        let points = self.points(sink);
        let repeat = self.table.flag("repeat", sink).unwrap_or(false);
        if repeat && !self.table.has("cap") {
            let message = format!("`repeat` in {} needs a `cap`", self.table.place);
            let help = Some("an endless silence would give endless points".into());
            sink.refuse::<()>(self.table.key_span("repeat"), message, "`cap` is missing", help);
        }
        Some(Kind::Inactive { period: period?, types, points: points?, repeat })
    }

    fn rollup(&self, sink: &mut Sink) -> Option<Kind> {
        let scope = Scope { place: "the `where` of a rollup", spaces: OF_CONTACT, scores: &[], categories: &[] };
        let people = condition(self.table, "where", &scope, self.text, sink);
        let words = [("current", Attribution::Current), ("at_time", Attribution::AtTime)];
        let attribution = self.table.word("attribution", &words, sink).unwrap_or(Attribution::Current);
        let points = self.table.number("points", sink).unwrap_or(Decimal::ONE);
        let take = self.pool(sink);
        let (id, span) = self.table.written("rollup", sink)?;
        let score = self.outline.score(id, span.clone(), &self.table.place, sink)?;
        let head = self.outline.head(score);
        if head.of != Subject::Contact || head.shape == HeadShape::Matrix {
            let message = format!("{} cannot roll up score `{id}`", self.table.place);
            let help = Some("name a score of contacts that has points".into());
            return sink.refuse(span, message, "not points of contacts", help);
        }
        Some(Kind::Rollup { score, take: take?, people, points, attribution })
    }

    fn pool(&self, sink: &mut Sink) -> Option<Pool> {
        let scope = Scope { place: "`per`", spaces: OF_ACCOUNT, scores: &[], categories: &[] };
        let per = name(self.table, "per", Space::Account, &scope, self.text, sink);
        let Some((text, span)) = self.table.written("take", sink) else {
            self.refuse_per(sink);
            return if self.table.has("take") { None } else { Some(Pool::Sum) };
        };
        if text == "per_capita" {
            self.table.require("per", sink);
            return per.map(Pool::PerCapita);
        }
        self.refuse_per(sink);
        let top = text.strip_prefix("top ").and_then(|count| count.parse().ok()).filter(|&count: &u32| count > 0);
        match (text, top) {
            (_, Some(count)) => Some(Pool::Top(count)),
            ("sum", _) => Some(Pool::Sum),
            ("mean", _) => Some(Pool::Mean),
            ("median", _) => Some(Pool::Median),
            ("max", _) => Some(Pool::Max),
            _ => {
                let words = "\"sum\", \"mean\", \"median\", \"max\", \"top 5\" or \"per_capita\"";
                let message = format!("`take` in {} cannot be \"{text}\"", self.table.place);
                sink.refuse(span, message, "not known", Some(format!("one of {words}")))
            }
        }
    }

    fn refuse_per(&self, sink: &mut Sink) {
        if self.table.has("per") {
            let message = format!("`per` in {} needs `take = \"per_capita\"`", self.table.place);
            sink.refuse::<()>(self.table.key_span("per"), message, "nothing is divided here", None);
        }
    }
}
