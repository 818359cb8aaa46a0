//! `fervor explain`: why a score is what it is, and what it will be.

use std::io::Write as _;
use std::path::PathBuf;

use batch::explain::{Explanation, gather, json, text};
use batch::wording::{counted, shortened, thousands};
use rules::facts::Facts;
use rules::model::{Model, ScoreAt, Subject};
use rules::score::{Evaluation, Scores};
use rules::suggest::nearest;

use super::facts::FactsOptions;
use super::failure::Failure;
use super::{Ui, check, engine};
use crate::compare;

/// Explain a score: every rule with the facts behind it, what caps and fading took, what is unknown
/// or excluded, which band comes next if nothing happens, and what would help.
///
/// What would help is tried out: further activities, all of one kind, that bring a contact to the
/// next band or prevent a drop, and facts that are missing.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  fervor explain model.toml --contacts contacts.csv --activities activities.csv --contact ada
  fervor explain model.toml --contacts contacts.csv --activities activities.csv --account acme --json")]
pub(crate) struct Explain {
    /// The model, a TOML file.
    model: PathBuf,

    #[command(flatten)]
    facts: FactsOptions,

    #[command(flatten)]
    whom: Whom,

    /// Only this score.
    #[arg(long, value_name = "ID")]
    score: Option<String>,

    /// List every activity, not only the latest of each rule.
    #[arg(long)]
    all: bool,

    /// Write one JSON object, with every activity.
    #[arg(long)]
    json: bool,
}

/// Whose score.
#[derive(Debug, clap::Args)]
#[group(required = true, multiple = false)]
struct Whom {
    /// The scores of this contact, by its id or, where one alone has it, its name.
    #[arg(long, value_name = "ID")]
    contact: Option<String>,

    /// The scores of this account, by its id or name.
    #[arg(long, value_name = "ID")]
    account: Option<String>,

    /// The scores of this opportunity, by its id or name.
    #[arg(long, value_name = "ID")]
    opportunity: Option<String>,
}

impl Explain {
    pub(crate) fn run(&self, ui: &mut Ui<'_>) -> anyhow::Result<u8> {
        let model = check::read(&self.model, ui)?;
        let (of, id) = self.whom();
        self.refuse_unknown_score(&model, of)?;
        let facts = self.facts.load(&self.model, &model, ui)?;
        let evaluation = Evaluation::new(&model, &facts, self.facts.as_of(&model.zone, ui));
        let scores = engine::evaluate(&evaluation)?;
        let only = self.score.as_deref().and_then(|id| model.find_score(id));
        let id = match self::named(&facts, &evaluation, &scores, of, id)? {
            None => id.to_owned(),
            Some((named, name)) => {
                let (called, named_as) = (shortened(&name), shortened(&named));
                writeln!(ui.err, "note: no id is `{}`; this is {called}, `{named_as}`", shortened(id))?;
                named
            }
        };
        let mut explanation = explanation(&evaluation, &scores, of, &id, only)?;
        explanation.all = self.all;
        if self.json {
            writeln!(ui.out.raw(), "{:#}", json(&explanation))?;
        } else {
            text(&explanation, &mut ui.out)?;
        }
        Ok(0)
    }

    fn whom(&self) -> (Subject, &str) {
        let Whom { contact, account, opportunity } = &self.whom;
        let named = [(Subject::Contact, contact), (Subject::Account, account), (Subject::Opportunity, opportunity)];
        let named = named.into_iter().find_map(|(of, id)| id.as_deref().map(|id| (of, id)));
        named.expect("clap requires one of the three")
    }

    fn refuse_unknown_score(&self, model: &Model, of: Subject) -> anyhow::Result<()> {
        let known: Vec<_> = model.scores_of(of).map(|(_, score)| score.id.as_str()).collect();
        if known.is_empty() {
            let message = format!("the model has no score of {}", of.with_article());
            return Err(Failure::refused(message, format!("add `of = \"{}\"` to a score", of.word())).into());
        }
        match &self.score {
            Some(id) if !known.contains(&id.as_str()) => {
                let message = format!("the model has no score `{id}` of {}", of.with_article());
                Err(Failure::refused(message, format!("known: {}", known.join(", "))).into())
            }
            _ => Ok(()),
        }
    }
}

/// Gathers everything that is to be said of one subject, or of one score of it.
pub(crate) fn explanation<'e>(
    evaluation: &'e Evaluation<'e>,
    scores: &'e Scores,
    of: Subject,
    id: &str,
    only: Option<ScoreAt>,
) -> anyhow::Result<Explanation<'e>> {
    Ok(gather(evaluation, scores, of, id, only)?.ok_or_else(|| absent(evaluation, scores, of, id))?)
}

/// Who is meant by what is no id: the only one of that name or, if there is none, with that in it.
fn named(
    facts: &Facts,
    evaluation: &Evaluation<'_>,
    scores: &Scores,
    of: Subject,
    written: &str,
) -> anyhow::Result<Option<(String, String)>> {
    const SHOWN: usize = 5;
    let ids = ids(scores, of);
    if ids.iter().any(|id| id == written) || written.trim().is_empty() {
        return Ok(None);
    }
    let written_small = written.to_lowercase();
    let as_of = evaluation.as_of();
    let names = ids.into_iter().filter_map(|id| Some((compare::name(facts, as_of, of, &id)?, id)));
    let (mut whole, mut part) = (Vec::new(), Vec::new());
    for (name, id) in names {
        match name.to_lowercase() {
            small if small == written_small => whole.push((id, name)),
            small if small.contains(&written_small) => part.push((id, name)),
            _ => {}
        }
    }
    let mut found = if whole.is_empty() { part } else { whole };
    if found.len() <= 1 {
        return Ok(found.pop());
    }
    let mut shown: Vec<_> =
        found.iter().take(SHOWN).map(|(id, name)| format!("`{}` ({})", shortened(id), shortened(name))).collect();
    shown.extend((found.len() > SHOWN).then(|| format!("{} more", thousands(found.len() - SHOWN))));
    let message = format!("{} are called `{}`", counted(found.len(), of.word()), shortened(written));
    Err(Failure::failed(message, format!("give the id of one: {}", shown.join(", "))).into())
}

fn ids(scores: &Scores, of: Subject) -> Vec<String> {
    match of {
        Subject::Contact => scores.contacts.iter().map(|card| card.id.to_string()).collect(),
        Subject::Account => scores.accounts.iter().map(|card| card.id.to_string()).collect(),
        Subject::Opportunity => scores.opportunities.iter().map(|card| card.id.to_string()).collect(),
    }
}

fn absent(evaluation: &Evaluation<'_>, scores: &Scores, of: Subject, id: &str) -> Failure {
    let ids = ids(scores, of);
    let others = [
        (Subject::Contact, evaluation.contact_ids().any(|known| known.as_str() == id)),
        (Subject::Account, evaluation.account_ids().any(|known| known.as_str() == id)),
        (Subject::Opportunity, scores.opportunities.iter().any(|card| card.id.as_str() == id)),
    ];
    let other = others.iter().find(|(other, exists)| *exists && *other != of);
    let help = match nearest(id, ids.iter().map(String::as_str)) {
        _ if other.is_some() => {
            format!("there is {} of that id", other.map_or("one", |(other, _)| other.with_article()))
        }
        Some(near) => format!("did you mean `{near}`?"),
        None => match ids.first() {
            Some(first) => format!("ids are compared letter by letter; there is for example `{first}`"),
            None => "the files name none".into(),
        },
    };
    Failure::failed(format!("there is no {} `{id}` as of {}", of.word(), evaluation.as_of()), help)
}
