//! The draft as all its pages show it: how it stands to what is in force, and what can be done with it.

use edit::difference::{Became, Difference, differences};
use edit::{At, Edit, Edited, Refused};
use live::publish::Progress;
use rules::model::{Model, Rule, Score};

use super::super::when::When;
use super::fields::Fields;
use crate::api::access::Scope;
use crate::api::call::Call;
use crate::api::problem::{Kind, Problem};
use crate::draft::{self, Did, Draft};
use crate::t::{self, Text};

/// The draft, read.
pub(in crate::pages) struct Bench {
    pub(in crate::pages) draft: Draft,
    /// What it means, or what is wrong with it.
    pub(in crate::pages) model: Result<Model, Vec<edit::Problem>>,
    pub(in crate::pages) differences: Vec<Difference>,
    pub(in crate::pages) publishing: Option<Progress>,
    pub(in crate::pages) may_edit: bool,
    pub(in crate::pages) may_publish: bool,
}

/// Where a form was opened, and what it showed.
pub(in crate::pages) struct Seen<'a> {
    pub(in crate::pages) at: &'a At,
    pub(in crate::pages) token: &'a str,
}

impl Bench {
    /// The draft as it is now; nothing where there is no model at all.
    pub(in crate::pages) fn load(call: &Call) -> Result<Option<Self>, Problem> {
        let Some(draft) = Draft::load(&call.app)? else { return Ok(None) };
        Ok(Some(Self {
            model: edit::checked(&draft.text),
            differences: if draft.is_changed() { differences(draft.base(), &draft.text) } else { Vec::new() },
            publishing: call.app.service.publishing()?,
            may_edit: call.who.may(Scope::Write).is_ok(),
            may_publish: call.who.may(Scope::Admin).is_ok(),
            draft,
        }))
    }

    /// The draft, which has to be there.
    pub(in crate::pages) fn existing(call: &Call) -> Result<Self, Problem> {
        Self::load(call)?.ok_or_else(|| Problem::not_found(t::bench_no_model()))
    }

    /// The draft, which has to be there and to be a model.
    pub(in crate::pages) fn valid(call: &Call) -> Result<(Self, Model), Problem> {
        let bench = Self::existing(call)?;
        match &bench.model {
            Ok(model) => {
                let model = model.clone();
                Ok((bench, model))
            }
            Err(_) => Err(Problem::new(Kind::Conflict, t::bench_has_mistakes())),
        }
    }

    /// What became of a table since the version in force, if anything did: it is new, or changed.
    pub(in crate::pages) fn standing(&self, section: &str, id: &str) -> Option<Text> {
        let at = At::new(section, id);
        match self.differences.iter().find(|difference| difference.table == at).map(|difference| &difference.became) {
            Some(Became::New) => Some(t::rules_new()),
            Some(Became::Other(_)) => Some(t::rules_changed()),
            Some(Became::Gone) | None => None,
        }
    }

    /// Whether there is anything to publish.
    pub(in crate::pages) fn is_changed(&self) -> bool {
        self.draft.is_changed()
    }

    /// How many tables differ.
    pub(in crate::pages) fn changes(&self) -> usize {
        self.differences.len()
    }

    /// The version in force: its number, and when it was published.
    pub(in crate::pages) fn version(&self) -> Option<(i64, When)> {
        self.draft.published.as_ref().map(|version| (version.number, When::at(version.published_at)))
    }

    /// Whether somebody else has changed the draft, and who, since a table was seen.
    pub(in crate::pages) fn overtaken(&self, seen: &Seen<'_>) -> bool {
        table_token(&self.draft.text, seen.at) != seen.token
    }
}

/// What stands for a table as it is written.
pub(in crate::pages) fn table_token(text: &str, at: &At) -> String {
    let written = edit::tables(text).into_iter().find(|written| written.at == *at);
    // One that has no lines of its own stands for the whole text.
    draft::token(written.as_ref().map_or(text, |written| &written.text))
}

/// What a rule is called.
pub(in crate::pages) fn title(rule: &Rule) -> &str {
    if rule.title.is_empty() { &rule.id } else { &rule.title }
}

/// What a score is called.
pub(in crate::pages) fn label(score: &Score) -> &str {
    if score.title.is_empty() { &score.id } else { &score.title }
}

/// Whether a table was changed meanwhile; then that is said with the fields, and what stands for it now.
pub(in crate::pages) fn overtaken(bench: &Bench, at: &At, seen: &str, fields: &mut Fields) -> Option<String> {
    let is_so = bench.overtaken(&Seen { at, token: seen });
    is_so.then(|| {
        fields.wrong("", t::bench_overtaken());
        table_token(&bench.draft.text, at)
    })
}

/// Changes a table, or adds it, unless it was changed since it was seen. What is refused is told with the fields.
pub(in crate::pages) fn kept(
    call: &Call,
    edits: &[Edit],
    did: &Did,
    (at, seen): (&At, &str),
    fields: &mut Fields,
) -> Result<bool, Problem> {
    let conflict = || Problem::new(Kind::Conflict, t::bench_just_changed());
    let is_seen = |bench: &Bench| match seen.is_empty() || !bench.overtaken(&Seen { at, token: seen }) {
        true => Ok(()),
        false => Err(conflict()),
    };
    match change(call, edits, did, is_seen)? {
        Outcome::Saved => Ok(true),
        Outcome::Refused(refused) => {
            fields.refused(&refused.problems);
            Ok(false)
        }
    }
}

/// What became of changes to the draft.
pub(in crate::pages) enum Outcome {
    /// They are kept.
    Saved,
    /// They lead to no model.
    Refused(Refused),
}

/// Changes the draft as it is now. Who has changed something else meanwhile is not in the way.
pub(in crate::pages) fn change(
    call: &Call,
    edits: &[Edit],
    did: &Did,
    is_seen: impl Fn(&Bench) -> Result<(), Problem>,
) -> Result<Outcome, Problem> {
    const TRIES: usize = 5;
    let mut tries = 0;
    loop {
        let bench = Bench::existing(call)?;
        is_seen(&bench)?;
        let Edited { text, .. } = match edit::apply(&bench.draft.text, edits) {
            Ok(edited) => edited,
            Err(refused) => return Ok(Outcome::Refused(refused)),
        };
        match draft::save(call, Some(&bench.draft.token()), &text, did.clone()) {
            Err(problem) if problem.kind == Kind::Conflict && tries < TRIES => tries += 1,
            done => return done.map(|()| Outcome::Saved),
        }
    }
}
