//! Runs statements one after the other; facts stated so far are what is known.

use std::path::Path;

use batch::source::{Kind, place};
use rules::day::Day;
use rules::facts::Builder;
use rules::model::{Diagnostic, Model};
use rules::value::Attributes;

use super::expect::Known;
use super::parse::{Line, Statement, parse};

/// What came of a file.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    /// Scenarios in it.
    pub(crate) scenarios: usize,
    /// Expectations in it.
    pub(crate) expectations: usize,
    /// Those that were not met, and statements that make no sense.
    pub(crate) unmet: Vec<Unmet>,
}

/// Something that is not as the file says.
#[derive(Debug)]
pub(crate) struct Unmet {
    /// Where in the file.
    pub(crate) line: usize,
    /// In which scenario.
    pub(crate) scenario: String,
    /// What is different.
    pub(crate) message: String,
}

/// What has been stated so far in a scenario.
#[derive(Default)]
struct Stage {
    title: String,
    shared: Option<Result<Model, Vec<Diagnostic>>>,
    own: Option<Result<Model, Vec<Diagnostic>>>,
    facts: Vec<(Kind, Attributes)>,
    as_of: Option<Day>,
    begun: bool,
}

pub(super) fn run(text: &str, path: &Path) -> Outcome {
    let mut outcome = Outcome::default();
    let mut stage = Stage::default();
    for Line { number, statement } in parse(text) {
        let done = statement.and_then(|statement| stage.take(statement, path, &mut outcome));
        if let Err(message) = done {
            let scenario = stage.title.clone();
            outcome.unmet.push(Unmet { line: number, scenario, message });
        }
    }
    if outcome.expectations == 0 {
        let message = "the file expects nothing; add `expect ...`".into();
        outcome.unmet.push(Unmet { line: 1, scenario: String::new(), message });
    }
    outcome
}

impl Stage {
    fn take(&mut self, statement: Statement, path: &Path, outcome: &mut Outcome) -> Result<(), String> {
        match statement {
            Statement::Title => {}
            Statement::Scenario(title) => {
                outcome.scenarios += 1;
                *self = Self { title, begun: true, shared: self.shared.take(), ..Self::default() };
            }
            Statement::Model(text) => self.set_model(Model::parse(&text)),
            Statement::ModelFile(name) => {
                let file = path.parent().unwrap_or(Path::new(".")).join(&name);
                let text = std::fs::read_to_string(&file).map_err(|error| format!("{}: {error}", file.display()))?;
                self.set_model(Model::parse(&text));
            }
            Statement::Fact(kind, cells) => {
                // A row that cannot be used is told at once, where it stands.
                let mut trial = Builder::default();
                place(kind, cells.clone(), &self.model()?.zone, &mut trial).map_err(|reason| reason.to_string())?;
                self.facts.push((kind, cells));
            }
            Statement::AsOf(day) => self.as_of = Some(day),
            Statement::Expect(words) => {
                outcome.expectations += 1;
                return self.expect(&words);
            }
        }
        Ok(())
    }

    fn set_model(&mut self, model: Result<Model, Vec<Diagnostic>>) {
        if self.begun { self.own = Some(model) } else { self.shared = Some(model) }
    }

    fn parsed(&self) -> Result<&Result<Model, Vec<Diagnostic>>, String> {
        self.own.as_ref().or(self.shared.as_ref()).ok_or_else(|| "no model has been given yet".into())
    }

    fn model(&self) -> Result<&Model, String> {
        self.parsed()?.as_ref().map_err(|diagnostics| {
            let lines: Vec<_> = diagnostics.iter().map(ToString::to_string).collect();
            format!("the model is refused: {}", lines.join("; "))
        })
    }

    fn expect(&self, words: &[String]) -> Result<(), String> {
        if let [word, text] = words
            && word == "refused"
        {
            return expect_refused(self.parsed()?, text);
        }
        let model = self.model()?;
        let as_of = self.as_of.ok_or("no date has been given; add `as of 2026-01-31`")?;
        let mut builder = Builder::default();
        for (kind, cells) in &self.facts {
            place(*kind, cells.clone(), &model.zone, &mut builder).map_err(|reason| reason.to_string())?;
        }
        let facts = builder.finish();
        Known::new(model, &facts, as_of).expect(words)
    }
}

fn expect_refused(parsed: &Result<Model, Vec<Diagnostic>>, text: &str) -> Result<(), String> {
    let Err(diagnostics) = parsed else {
        return Err(format!("expected the model to be refused with \"{text}\", but it is valid"));
    };
    let said: Vec<_> = diagnostics.iter().map(ToString::to_string).collect();
    if said.iter().any(|line| line.contains(text)) {
        return Ok(());
    }
    Err(format!("expected the model to be refused with \"{text}\", but it is refused with: {}", said.join("; ")))
}
