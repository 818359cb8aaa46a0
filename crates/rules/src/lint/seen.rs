//! What only facts can show: rules and exclusions that never do anything, crowded caps, empty bands,
//! conditions that are mostly unknown, types that nobody mentions.

use std::collections::BTreeSet;

use super::evidence::{Asked, Evidence};
use super::reach::Reaches;
use super::shape::out_of_reach;
use super::slips::{near, near_type};
use super::wording::{counted, listed, percent, short, thousands};
use super::words::{place, types};
use super::{About, Finding, Kind};
use crate::model::{
    ActivityRule, Exclusion, Form, Kind as RuleKind, Model, Reward, Rule, RuleAt, ScoreAt, Subject, Types,
};

/// Among fewer nothing is read from what nobody has.
const SUBJECTS_MIN: usize = 20;

pub(super) fn look(model: &Model, evidence: &Evidence<'_>, found: &mut Vec<Finding>) {
    found.extend(unknown_contacts(evidence));
    unknown_conditions(model, evidence, found);
    let reaches = Reaches::of(model);
    for (at, rule) in model.rules.iter().enumerate() {
        if !explained(found, "rule", &rule.id) {
            found.extend(dead_rule(model, evidence, RuleAt(at), rule));
        }
        found.extend(crowded_cap(model, evidence, &reaches, RuleAt(at), rule));
    }
    empty_bands(model, evidence, found);
    for (at, exclusion) in model.exclusions.iter().enumerate() {
        if !explained(found, "exclude", &exclusion.id) {
            found.extend(dead_exclusion(evidence, at, exclusion));
        }
    }
    if evidence.activities > 0 {
        types_apart(model, evidence, found);
    }
}

/// Whether something has been found about a table that explains why it does nothing.
fn explained(found: &[Finding], section: &str, id: &str) -> bool {
    use Kind::{
        BlankType, DecimalComma, LikeWildcard, MisspeltName, MisspeltType, MisspeltValue, MostlyUnknown, NeverKnown,
        TextOrder,
    };
    let reasons = [
        BlankType,
        LikeWildcard,
        TextOrder,
        DecimalComma,
        MisspeltName,
        MisspeltType,
        MisspeltValue,
        MostlyUnknown,
        NeverKnown,
    ];
    found
        .iter()
        .any(|finding| finding.about.section == section && finding.about.id == id && reasons.contains(&finding.kind))
}

fn unknown_conditions(model: &Model, evidence: &Evidence<'_>, found: &mut Vec<Finding>) {
    for (at, score) in model.scores.iter().enumerate() {
        let about = About::score(score, "population");
        mostly_unknown(evidence, about, &evidence.populations[at], score.of.word(), found);
    }
    for (at, rule) in model.rules.iter().enumerate() {
        let (matches, results) = (&evidence.matches[at], &evidence.results[at]);
        let of = model.score(rule.score).of.word();
        let (key, multiplied, people) = match &rule.kind {
            RuleKind::Activity(_) => ("where", "activity", of),
            RuleKind::Rollup { .. } => ("where", of, "contact"),
            kind => (kind.word(), of, of),
        };
        mostly_unknown(evidence, About::rule(rule, key), &matches.asked, "activity", found);
        mostly_unknown(evidence, About::rule(rule, key), &results.asked, people, found);
        mostly_unknown(evidence, About::rule(rule, number_key(rule)), &results.number, multiplied, found);
    }
    for (at, exclusion) in model.exclusions.iter().enumerate() {
        let about = About::exclusion(exclusion, "where");
        mostly_unknown(evidence, about, &evidence.exclusions[at].asked, "activity", found);
    }
}

/// The key that asks for a number.
fn number_key(rule: &Rule) -> &'static str {
    match &rule.kind {
        RuleKind::Activity(ActivityRule { reward: Reward::Tiers { .. }, .. }) => "tier_by",
        _ => "multiply_by",
    }
}

/// Activities of contacts that have no row, where others have one: often two files with different ids.
fn unknown_contacts(evidence: &Evidence<'_>) -> Option<Finding> {
    const EXAMPLES: usize = 3;
    let (described, strangers) = (evidence.described?, &evidence.strangers);
    if strangers.len() * 5 <= evidence.acting {
        return None;
    }
    let activities = strangers.iter().map(|(_, count)| count).sum::<usize>();
    let message = format!(
        "{} of {} name a contact that no row of contacts describes",
        thousands(activities),
        counted(evidence.activities, "activity")
    );
    let examples: Vec<String> = strangers.iter().take(EXAMPLES).map(|(id, _)| short(id)).collect();
    let evidence = format!(
        "{} of {} with activities have no row, for example {}; a row has for example `{}`",
        thousands(strangers.len()),
        counted(evidence.acting, "contact"),
        listed(&examples),
        short(described)
    );
    let proposal =
        "ids are compared letter by letter: look whether both files have the same column as id, written alike";
    Some(About::model("contacts", "").finding(Kind::UnknownContacts, message, evidence, proposal))
}

/// Values that are no numbers, but would be if commas were read as points.
fn decimal_comma(about: &About, asked: &Asked, noun: &str, found: &mut Vec<Finding>) {
    for (name, (count, example)) in &asked.commas {
        let about = about.clone().and(&name.to_string());
        let message = format!(
            "`{name}` in {} has a decimal comma, and is no number, for {} of {}",
            place(&about),
            thousands(*count),
            counted(asked.times, noun)
        );
        let evidence = format!("it is '{}', for example; numbers are read with a point", short(example));
        let proposal = "write points in the file, or read it through a mapping whose column has decimal = \",\"";
        found.push(about.finding(Kind::DecimalComma, message, evidence, proposal));
    }
}

fn mostly_unknown(evidence: &Evidence<'_>, about: About, asked: &Asked, noun: &str, found: &mut Vec<Finding>) {
    decimal_comma(&about, asked, noun, found);
    let Some((name, times)) = asked.mostly() else { return };
    let about = about.and(&name.to_string());
    let same = |finding: &Finding| {
        let (one, other) = (&finding.about, &about);
        (one.section, &one.id, &one.other) == (other.section, &other.id, &other.other)
    };
    let reasons = [Kind::MisspeltName, Kind::NeverKnown, Kind::DecimalComma];
    if found.iter().any(|finding| same(finding) && reasons.contains(&finding.kind)) {
        return;
    }
    let message = format!(
        "`{}` in {} is unknown for {} of {}",
        about.key,
        place(&about),
        thousands(asked.unknown),
        counted(asked.times, noun)
    );
    let mut seen = format!("`{name}` is missing or cannot be read for {} of them", thousands(times));
    if let Some((holders, holder)) = evidence.holders(name.space) {
        let having = evidence.having(name);
        seen.push_str(&format!("; it is there for {} of {}", thousands(having), counted(holders, holder)));
        if let Some(near) = evidence.attributes_of(name.space).find(|known| having == 0 && near(&name.id, known)) {
            seen.push_str(&format!("; there is `{}.{near}`", name.space.word()));
        }
    }
    let proposal = format!("export it for more of them, or decide with `{name} IS NULL` what holds without it");
    found.push(about.finding(Kind::MostlyUnknown, message, seen, proposal));
}

fn dead_rule(model: &Model, evidence: &Evidence<'_>, at: RuleAt, rule: &Rule) -> Option<Finding> {
    let results = &evidence.results[at.0];
    let of = model.score(rule.score).of;
    let silence = matches!(rule.kind, RuleKind::Inactive { .. });
    if results.met > 0 || results.subjects == 0 || silence && results.subjects < SUBJECTS_MIN {
        return None;
    }
    let (seen, proposal) = match &rule.kind {
        RuleKind::Activity(activity) if evidence.activities > 0 => no_activity(evidence, at, &activity.types, of),
        RuleKind::Activity(_) => return None,
        RuleKind::Inactive { period, types, .. } => (
            format!("none of {} has been silent for {period}", counted(results.subjects, of.word())),
            match types {
                None => {
                    "look whether something that happens *to* people ends every silence; if so, list it in `passive`"
                }
                Some(_) => "look whether a listed type is something that happens *to* people",
            },
        ),
        RuleKind::Rollup { .. } => (
            format!("none of {} has people who count", counted(results.subjects, of.word())),
            "look at `where`, and at the column `account` of the contacts",
        ),
        RuleKind::Since { every, .. } => (
            format!("{every} has passed for none of {}", counted(results.subjects, of.word())),
            "look at the dates, or choose a shorter `every`",
        ),
        RuleKind::When { .. } | RuleKind::Cases { .. } => {
            let unknown = results.asked.unknown;
            let mut seen = format!("its condition is true for none of {}", counted(results.subjects, of.word()));
            if unknown > 0 {
                seen.push_str(&format!(", and unknown for {}", thousands(unknown)));
            }
            (seen, "look at how the values are written in the files, or delete the rule")
        }
    };
    let message = format!("rule `{}` never gave anybody anything", rule.id);
    Some(About::rule(rule, rule.kind.word()).finding(Kind::DeadRule, message, seen, proposal))
}

/// Why no activity counts for a rule.
fn no_activity(evidence: &Evidence<'_>, at: RuleAt, types: &Types, of: Subject) -> (String, &'static str) {
    let (matches, results) = (&evidence.matches[at.0], &evidence.results[at.0]);
    let of_type: usize = evidence.types.iter().filter(|(kind, _)| types.cover(kind)).map(|(_, count)| count).sum();
    let so_many = counted(matches.of_type, "activity");
    if of_type == 0 {
        let proposal = "look at how the type is called in the files, or delete the rule";
        return ("there is no activity of its type at all".into(), proposal);
    }
    if matches.of_type == 0 && of == Subject::Account {
        let seen = format!("{} of its type, none of which belongs to an account", counted(of_type, "activity"));
        return (seen, "give contacts or activities an `account`");
    }
    if matches.of_type == matches.excluded {
        return (
            format!("{so_many} of its type, every one of which is excluded"),
            "look at the exclusions, or delete the rule",
        );
    }
    if matches.matched == 0 {
        let mut seen = format!("{so_many} of its type, none of which matches `where`");
        if matches.asked.unknown > 0 {
            seen.push_str(&format!("; for {} it is unknown", thousands(matches.asked.unknown)));
        }
        return (seen, "look at how the values are written in the files, or delete the rule");
    }
    let reasons = [
        (results.outside_window, "outside the window"),
        (results.over_limit, "over the limit"),
        (results.number.unknown, "without the number that multiplies"),
    ];
    let reasons = reasons.iter().filter(|(count, _)| *count > 0);
    let reasons: Vec<_> = reasons.map(|(count, what)| format!("{} {what}", thousands(*count))).collect();
    let seen = format!("{} matched, but none counts: {}", counted(matches.matched, "activity"), reasons.join(", "));
    (seen, "look at the dates, and at `window`, `limit` and `multiply_by` of the rule")
}

fn crowded_cap(
    model: &Model,
    evidence: &Evidence<'_>,
    reaches: &Reaches<'_>,
    at: RuleAt,
    rule: &Rule,
) -> Option<Finding> {
    const PEOPLE_MIN: usize = 10;
    let cap = rule.cap?;
    let results = &evidence.results[at.0];
    let beyond = reaches.uncapped(rule).magnitude().is_none_or(|most| most > cap);
    // Whoever has gone for good ends at the cap of a silence; it says nothing of those who are here.
    let silence = matches!(rule.kind, RuleKind::Inactive { .. });
    let (crowd, all) = (results.at_cap, results.with_points);
    if silence || !beyond || all < PEOPLE_MIN || crowd * 100 < all * 80 {
        return None;
    }
    let message = format!("nearly all have reached the cap of rule `{}`", rule.id);
    let noun = model.score(rule.score).of.word();
    let seen = format!(
        "{} of {} with points from it have {cap}, the most ({})",
        thousands(crowd),
        counted(all, noun),
        percent(crowd, all)
    );
    let proposal = "raise `cap`, or lower the points: as it is, the rule says only that they did it at all";
    Some(About::rule(rule, "cap").finding(Kind::CrowdedCap, message, seen, proposal))
}

fn empty_bands(model: &Model, evidence: &Evidence<'_>, found: &mut Vec<Finding>) {
    for (at, score) in model.scores.iter().enumerate() {
        let counts = &evidence.bands[at];
        let all: usize = counts.iter().sum();
        if all < SUBJECTS_MIN || model.rules_of(ScoreAt(at)).next().is_none() && score.form == Form::Sum {
            continue;
        }
        for (band, _) in score.bands.iter().zip(counts).filter(|(_, count)| **count == 0) {
            if out_of_reach(found, score, &band.name) {
                continue;
            }
            let message = format!("the band `{}` of score `{}` is empty", band.name, score.id);
            let seen = format!("none of {} is in it", counted(all, score.of.word()));
            let proposal = "move where it begins to where people are, or delete it";
            found.push(About::score(score, "bands").and(&band.name).finding(Kind::EmptyBand, message, seen, proposal));
        }
    }
}

fn dead_exclusion(evidence: &Evidence<'_>, at: usize, exclusion: &Exclusion) -> Option<Finding> {
    let covered = &evidence.exclusions[at];
    if covered.excluded > 0 || evidence.activities == 0 {
        return None;
    }
    let so_many = counted(covered.of_type, "activity");
    let seen = match (covered.of_type, covered.meeting) {
        (0, _) => "there is no activity of its type at all".into(),
        (_, 0) => format!("none of {so_many} meets `where`"),
        (_, meeting) if exclusion.after.is_some() => {
            format!("none of {} follows what `after` names", counted(meeting, "activity"))
        }
        (_, meeting) => format!("all that it covers, {}, an exclusion above covers too", counted(meeting, "activity")),
    };
    let message = format!("exclusion `{}` excludes nothing", exclusion.id);
    let proposal = "look at how the values are written in the files; if it guards against what may come, allow it";
    Some(About::exclusion(exclusion, "").finding(Kind::DeadExclusion, message, seen, proposal))
}

/// Types that never occur in a list of which others do.
fn unseen_types(model: &Model, evidence: &Evidence<'_>, found: &mut Vec<Finding>) {
    let all = types(model);
    let occurs = |kind: &str| evidence.types.contains_key(kind);
    for (about, kind) in all.iter().filter(|(about, kind)| about.key != "passive" && !occurs(kind)) {
        let beside = |other: &About| (other.section, &other.id, other.key) == (about.section, &about.id, about.key);
        if kind.trim() != *kind
            || near_type(model, evidence, kind).is_some()
            || !all.iter().any(|(other, kind)| beside(other) && occurs(kind))
        {
            continue;
        }
        let message = format!("the type `{}` in {} never occurs", short(kind), place(about));
        let seen =
            format!("it is none of {} types in the files; others of its list occur", thousands(evidence.types.len()));
        let proposal = "look at how the type is called in the files, or take it out of the list";
        found.push(about.clone().and(kind).finding(Kind::UnseenType, message, seen, proposal));
    }
}

/// Types that only the facts have, and types that only `passive` has.
fn types_apart(model: &Model, evidence: &Evidence<'_>, found: &mut Vec<Finding>) {
    for kind in &model.passive {
        if !evidence.types.contains_key(&**kind) && near_type(model, evidence, kind).is_none() {
            let message = format!("the passive type `{}` never occurs", short(kind));
            let seen = format!("it is none of {} types in the files", thousands(evidence.types.len()));
            let proposal = "look at how it is called in the files, or take it out of `passive`";
            found.push(About::model(kind, "passive").finding(Kind::UnseenPassive, message, seen, proposal));
        }
    }
    unseen_types(model, evidence, found);
    let takes_all = |rule: &Rule| matches!(&rule.kind, RuleKind::Activity(activity) if activity.types == Types::All);
    if model.rules.iter().any(takes_all) {
        return;
    }
    let named = types(model);
    let mentioned: BTreeSet<&str> = named.iter().map(|(_, kind)| *kind).collect();
    let meant: BTreeSet<&str> = named.iter().filter_map(|(_, kind)| near_type(model, evidence, kind)).collect();
    let ends_silence = model.rules.iter().any(|rule| matches!(rule.kind, RuleKind::Inactive { types: None, .. }));
    let mut others: Vec<_> = evidence.types.iter().collect();
    others.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
    for (kind, &count) in others {
        if mentioned.contains(kind) || meant.contains(kind) {
            continue;
        }
        let message = format!("the model does not mention the type `{}`", short(kind));
        let share = percent(count, evidence.activities);
        let all = counted(evidence.activities, "activity");
        let does = if ends_silence { "gives no points, but ends every silence" } else { "does nothing" };
        let mut seen = format!("it is the type of {} of {all} ({share}), and {does}", thousands(count));
        let like = mentioned.iter().copied().find(|known| near(known, kind));
        seen.extend(like.map(|like| format!("; the model mentions `{}`", short(like))));
        let proposal = if let Some(like) = like {
            &format!("did you mean `{}`? Then list both, or let a mapping give them one name", short(like))
        } else if ends_silence {
            "give it points in a rule, or list it in `passive` if it only happens to people"
        } else {
            "give it points in a rule, or leave it out of the files"
        };
        found.push(About::model(kind, "").finding(Kind::UnmentionedType, message, seen, proposal));
    }
}
