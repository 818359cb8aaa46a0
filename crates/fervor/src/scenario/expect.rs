//! Compares one expectation with what the reference evaluator says.

use std::collections::BTreeSet;

use rules::condition::Unknown;
use rules::day::Day;
use rules::decimal::Decimal;
use rules::facts::Facts;
use rules::forecast::{self, Change};
use rules::id::{AccountId, ContactId, OpportunityId};
use rules::ledger::{Basis, Fate, Ledger, RuleEntry};
use rules::model::{BandsBy, Form, Model, ScoreAt, Subject};
use rules::score::{Evaluation, Outcome, Scores};

use batch::wording;

/// Everything that can be asked about one date.
pub(super) struct Known<'a> {
    model: &'a Model,
    evaluation: Evaluation<'a>,
    scores: Result<Scores, rules::score::Error>,
}

impl<'a> Known<'a> {
    pub(super) fn new(model: &'a Model, facts: &'a Facts, as_of: Day) -> Self {
        let evaluation = Evaluation::new(model, facts, as_of);
        let scores = evaluation.scores(&|| {});
        Self { model, evaluation, scores }
    }

    pub(super) fn expect(&self, words: &[String]) -> Result<(), String> {
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        match words[..] {
            ["error", text] => self.error(text),
            ["absent", kind, id] => self.absent(kind, id),
            [id, "excluded", exclusion, count] => self.excluded(id, exclusion, count),
            [id, name, ref rest @ ..] => match name.split_once('.') {
                Some(("category", category)) => self.category(id, category, rest),
                Some(("rule", rule)) => self.rule(id, rule, rest),
                _ => self.score(id, name, rest),
            },
            _ => Err("expected `expect SUBJECT SCORE ...`".into()),
        }
    }

    fn scores(&self) -> Result<&Scores, String> {
        self.scores.as_ref().map_err(ToString::to_string)
    }

    fn error(&self, text: &str) -> Result<(), String> {
        match &self.scores {
            Ok(_) => Err(format!("expected the error \"{text}\", but everyone has a score")),
            Err(error) if error.to_string().contains(text) => Ok(()),
            Err(error) => Err(format!("expected the error \"{text}\", but it is: {error}")),
        }
    }

    fn absent(&self, kind: &str, id: &str) -> Result<(), String> {
        let exists = match kind {
            "contact" => self.evaluation.contact_ids().any(|known| known.as_str() == id),
            "account" => self.evaluation.account_ids().any(|known| known.as_str() == id),
            "opportunity" => self.scores()?.opportunities.iter().any(|card| card.id.as_str() == id),
            _ => return Err(format!("`{kind}` is not contact, account or opportunity")),
        };
        if exists { Err(format!("expected no {kind} `{id}`, but it exists")) } else { Ok(()) }
    }

    fn excluded(&self, id: &str, exclusion: &str, count: &str) -> Result<(), String> {
        let known: Vec<_> = self.model.exclusions.iter().map(|exclusion| exclusion.id.as_str()).collect();
        if !known.contains(&exclusion) {
            return Err(format!("the model has no exclusion `{exclusion}`; known: {}", known.join(", ")));
        }
        if !self.evaluation.contact_ids().any(|known| known.as_str() == id) {
            return Err(format!("there is no contact `{id}`"));
        }
        let aside = self.evaluation.set_aside(&ContactId::from(id));
        let by = |at| self.model.exclusion(at).id.as_str();
        let found = aside.excluded.iter().filter(|(_, at)| by(*at) == exclusion).count();
        same("activities excluded", count, &found.to_string())
    }

    fn score(&self, id: &str, score: &str, rest: &[&str]) -> Result<(), String> {
        let at = self.model.find_score(score).ok_or_else(|| format!("the model has no score `{score}`"))?;
        match rest {
            ["reaches", band, "on", date] => return self.reaches(id, at, band, date),
            ["stays"] => return self.stays(id, at),
            _ => {}
        }
        let outcome = self.outcome(id, at)?;
        let or_none = |text: Option<String>| text.unwrap_or_else(|| "none".into());
        let decimal = |number: Option<Decimal>| or_none(number.map(|number| number.to_string()));
        match rest {
            ["percentile", expected] => same_number("percentile", expected, &decimal(outcome.percentile)),
            ["band", expected] => {
                self.refuse_unknown_band(at, expected)?;
                same("band", expected, &or_none(outcome.band.clone()))
            }
            ["probability" | "estimated_value", _] if self.model.score(at).of != Subject::Opportunity => {
                Err(format!("`{score}` is not a score of opportunities"))
            }
            ["probability", expected] => {
                let found = or_none(outcome.probability.map(|chance| chance.to_string()));
                same_number("probability", expected, &found)
            }
            ["estimated_value", expected] => {
                same_number("estimated value", expected, &decimal(outcome.estimated_value))
            }
            [_] | [_, _] if outcome.points.is_none() => Err(format!("`{score}` is a matrix; write `band A1`")),
            [points] => {
                same_number("points", points, &decimal(outcome.points)).map_err(|it| self.with_unknown(it, id, at))
            }
            [points, band] => {
                self.refuse_unknown_band(at, band)?;
                let same_points = same_number("points", points, &decimal(outcome.points));
                same_points.map_err(|it| self.with_unknown(it, id, at))?;
                same("band", band, &or_none(outcome.band.clone()))
            }
            _ => Err(format!("`{}` is not an expectation", rest.join(" "))),
        }
    }

    /// A band that the score does not have can never be met, or always be missed.
    fn refuse_unknown_band(&self, at: ScoreAt, band: &str) -> Result<(), String> {
        let score = self.model.score(at);
        let known: Vec<_> = score.bands.iter().map(|band| band.name.as_str()).collect();
        if matches!(score.form, Form::Matrix(..)) || band == "none" || known.contains(&band) {
            return Ok(());
        }
        Err(format!("`{}` has no band `{band}`; known: {}", score.id, known.join(", ")))
    }

    fn outcome(&self, id: &str, at: ScoreAt) -> Result<&Outcome, String> {
        let scores = self.scores()?;
        let of = self.model.score(at).of;
        let found = match of {
            Subject::Contact => {
                scores.contacts.iter().find(|card| card.id.as_str() == id).and_then(|card| card.outcome(at))
            }
            Subject::Account => {
                scores.accounts.iter().find(|card| card.id.as_str() == id).and_then(|card| card.outcome(at))
            }
            Subject::Opportunity => {
                scores.opportunities.iter().find(|card| card.id.as_str() == id).and_then(|card| card.outcome(at))
            }
        };
        found.ok_or_else(|| format!("there is no {} `{id}`", of.word()))
    }

    fn changes(&self, id: &str, at: ScoreAt) -> Result<Vec<Change>, String> {
        let score = self.model.score(at);
        if score.bands.is_empty() || score.bands_by == BandsBy::Percentile {
            return Err(format!("`{}` has no bands by points, and so no forecast", score.id));
        }
        let until = forecast::horizon(self.evaluation.as_of());
        let changes = match self.model.score(at).of {
            Subject::Contact => self.evaluation.forecast_contact(&ContactId::from(id), until),
            Subject::Account => self.evaluation.forecast_account(&AccountId::from(id), until),
            Subject::Opportunity => return Err("opportunities have no forecast".into()),
        };
        let changes = changes.ok_or_else(|| format!("there is no `{id}`"))?.map_err(|error| error.to_string())?;
        Ok(changes.into_iter().filter(|change| change.score == at).collect())
    }

    fn reaches(&self, id: &str, at: ScoreAt, band: &str, date: &str) -> Result<(), String> {
        self.refuse_unknown_band(at, band)?;
        let changes = self.changes(id, at)?;
        let name = |change: &Change| self.model.score(at).bands[change.to].name.as_str();
        let listed: Vec<_> = changes.iter().map(|change| format!("{} on {}", name(change), change.day)).collect();
        let wanted = format!("{band} on {date}");
        if listed.contains(&wanted) {
            return Ok(());
        }
        Err(format!(
            "expected {wanted}, but the changes are: {}",
            if listed.is_empty() { "none".into() } else { listed.join(", ") }
        ))
    }

    fn stays(&self, id: &str, at: ScoreAt) -> Result<(), String> {
        match self.changes(id, at)?.first() {
            None => Ok(()),
            Some(change) => Err(format!("expected no change of band, but there is one on {}", change.day)),
        }
    }

    /// The ledger of one score, whoever it is of.
    fn ledger(&self, id: &str, at: ScoreAt) -> Result<Ledger<'_>, String> {
        let scores = self.scores()?;
        let ledgers = match self.model.score(at).of {
            Subject::Contact => self.evaluation.contact(&ContactId::from(id)),
            Subject::Account => self.evaluation.account(&AccountId::from(id)),
            Subject::Opportunity => self.evaluation.opportunity(&OpportunityId::from(id), scores),
        };
        let ledgers = ledgers.ok_or_else(|| format!("there is no `{id}`"))?.map_err(|error| error.to_string())?;
        let found = ledgers.into_iter().find(|ledger| ledger.score == at);
        found.ok_or_else(|| "this score has no ledger".into())
    }

    fn category(&self, id: &str, category: &str, rest: &[&str]) -> Result<(), String> {
        let place = self.model.categories.iter().position(|known| known.id == category);
        let place = place.ok_or_else(|| format!("the model has no category `{category}`"))?;
        let ledger = self.ledger(id, self.model.categories[place].score)?;
        let entry = ledger.categories.iter().find(|entry| entry.category.is_some_and(|at| at.0 == place));
        let entry = entry.ok_or("the ledger does not have this category")?;
        match rest {
            [points] => same_number("points", points, &entry.result.to_string())
                .map_err(|it| it + &unknown_in(self.model, &entry.rules)),
            _ => Err(format!("`{}` is not an expectation of a category", rest.join(" "))),
        }
    }

    fn rule(&self, id: &str, rule: &str, rest: &[&str]) -> Result<(), String> {
        let place = self.model.rules.iter().position(|known| known.id == rule);
        let place = place.ok_or_else(|| format!("the model has no rule `{rule}`"))?;
        let ledger = self.ledger(id, self.model.rules[place].score)?;
        let entries = ledger.categories.iter().flat_map(|category| &category.rules);
        let entry: &RuleEntry<'_> =
            entries.into_iter().find(|entry| entry.rule.0 == place).ok_or("the ledger does not have this rule")?;
        let (what, expected, found) = match *rest {
            [points] => ("points", points, entry.result.to_string()),
            ["counted", expected] => ("counted", expected, entry.counted.to_string()),
            ["base", expected] => ("base", expected, entry.base.to_string()),
            ["faded", expected] => ("faded", expected, entry.faded.to_string()),
            ["not_taken", expected] => ("not taken", expected, entry.not_taken.to_string()),
            ["capped", expected] => ("capped", expected, entry.capped.to_string()),
            _ => return Err(format!("`{}` is not an expectation of a rule", rest.join(" "))),
        };
        same_number(what, expected, &found).map_err(|it| it + &unknown_in(self.model, [entry]))
    }

    /// What is different, and what was unknown in the rules of the score.
    fn with_unknown(&self, different: String, id: &str, at: ScoreAt) -> String {
        let Ok(ledger) = self.ledger(id, at) else { return different };
        different + &unknown_in(self.model, ledger.categories.iter().flat_map(|category| &category.rules))
    }
}

/// What was unknown in rules, as the end of a message: `; unknown in rule `gift`: activity.value is "1200,50"`.
fn unknown_in<'l>(model: &Model, entries: impl IntoIterator<Item = &'l RuleEntry<'l>>) -> String {
    entries.into_iter().fold(String::new(), |mut out, entry| {
        let unknown: BTreeSet<String> = unknowns(&entry.basis).into_iter().map(wording::unknown).collect();
        if !unknown.is_empty() {
            let unknown = unknown.into_iter().collect::<Vec<_>>().join(", ");
            out += &format!("; unknown in rule `{}`: {unknown}", model.rule(entry.rule).id);
        }
        out
    })
}

fn unknowns<'l>(basis: &'l Basis<'_>) -> Vec<&'l Unknown> {
    match basis {
        Basis::Activities(lines) | Basis::Tiers { lines, .. } => {
            let of_line = |fate: &'l Fate| match fate {
                Fate::Unknown(unknown) => unknown.iter().collect(),
                Fate::UnknownNumber(unknown) => vec![unknown],
                _ => Vec::new(),
            };
            lines.iter().flat_map(|line| of_line(&line.fate)).collect()
        }
        Basis::When { unknown, .. } | Basis::Cases { unknown, .. } | Basis::Since { unknown, .. } => {
            unknown.iter().collect()
        }
        Basis::Silence { .. } | Basis::People { .. } | Basis::Elsewhere => Vec::new(),
    }
}

fn same(what: &str, expected: &str, found: &str) -> Result<(), String> {
    if expected == found { Ok(()) } else { Err(format!("expected {what} {expected}, found {found}")) }
}

/// Numbers may be written with more or fewer zeros.
fn same_number(what: &str, expected: &str, found: &str) -> Result<(), String> {
    let plain = |text: &str| match text.split_once('.') {
        Some((whole, fraction)) => {
            format!("{whole}.{}", fraction.trim_end_matches('0')).trim_end_matches('.').to_owned()
        }
        None => text.to_owned(),
    };
    same(what, &plain(expected), &plain(found))
}
