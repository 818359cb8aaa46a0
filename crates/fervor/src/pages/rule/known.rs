//! Names and types to choose from in forms: those that the model mentions, and those that stand in some of what is
//! stored and in what arrived last.

use std::collections::BTreeSet;
use std::sync::Arc;

use live::sample::Sample;
use rules::condition::{Name, Space};
use rules::model::{Form, Kind, Model, Subject, Types};

use crate::api::arrivals::Outcome;
use crate::api::call::Call;

/// So many names are offered at most, and so many types.
const MOST: usize = 400;
/// So many of what arrived last are looked at.
const ARRIVALS: usize = 200;
/// What the log of arrivals says of what is no activity.
const OTHERS: [&str; 6] = ["contact", "account", "opportunity", "identified", "retracted", "corrected"];

/// Names and types, sorted.
#[derive(Debug, Default)]
pub(in crate::pages) struct Known {
    /// What a condition can name.
    pub(in crate::pages) names: BTreeSet<String>,
    /// What belongs to an activity alone.
    pub(in crate::pages) properties: BTreeSet<String>,
    pub(in crate::pages) types: BTreeSet<String>,
}

/// The spaces whose names mean something around scores of a subject; around exclusions without one.
fn spaces(of: Option<Subject>) -> &'static [Space] {
    match of {
        Some(Subject::Opportunity) => &[
            Space::Opportunity,
            Space::Contact,
            Space::Account,
            Space::Score,
            Space::Band,
            Space::Percentile,
            Space::Category,
        ],
        _ => &[Space::Activity, Space::Contact, Space::Account],
    }
}

impl Known {
    /// All that is known for forms around scores of a subject.
    pub(in crate::pages) fn of(call: &Call, model: &Model, of: Option<Subject>) -> Self {
        // What is there helps to choose; a form without it is a form.
        let sample = call.app.service.sample().unwrap_or_else(|problem| {
            tracing::warn!(%problem, "names that stand in what is stored are not offered");
            Sample::default()
        });
        let mut known = Self::mentioned(model, of);
        known.add(&sample, of);
        for arrival in call.app.arrivals.latest(ARRIVALS) {
            if arrival.outcome == Outcome::Accepted && !OTHERS.contains(&arrival.what.as_str()) {
                known.types.insert(arrival.what);
            }
        }
        for all in [&mut known.names, &mut known.properties, &mut known.types] {
            *all = std::mem::take(all).into_iter().take(MOST).collect();
        }
        known
    }

    /// All that the model mentions.
    fn mentioned(model: &Model, of: Option<Subject>) -> Self {
        let mut known = Self::default();
        let activity = ["type", "value"].map(|id| Name { space: Space::Activity, id: id.into() });
        rules::lint::names_used(model).into_iter().chain(&activity).for_each(|name| known.name(name, of));
        if of == Some(Subject::Opportunity) {
            known.of_scores(model);
        }
        let of_rules = model.rules.iter().filter_map(|rule| match &rule.kind {
            Kind::Activity(activity) => Some(&activity.types),
            Kind::Inactive { types, .. } => types.as_ref(),
            _ => None,
        });
        let after = model.exclusions.iter().filter_map(|exclusion| exclusion.after.as_ref().map(|after| &after.types));
        let excluded = model.exclusions.iter().map(|exclusion| &exclusion.types);
        for types in of_rules.chain(excluded).chain(after) {
            if let Types::Listed(listed) = types {
                known.types.extend(listed.iter().map(ToString::to_string));
            }
        }
        known.types.extend(model.passive.iter().map(ToString::to_string));
        known
    }

    /// What a rule of opportunities can ask of the scores of others.
    fn of_scores(&mut self, model: &Model) {
        for score in model.scores.iter().filter(|score| score.of != Subject::Opportunity) {
            let has_points = !matches!(score.form, Form::Matrix(..));
            let mut add = |word: &str| self.names.insert(format!("{word}.{}", score.id));
            if has_points {
                add("score");
            }
            if !has_points || !score.bands.is_empty() {
                add("band");
            }
        }
    }

    fn add(&mut self, sample: &Sample, of: Option<Subject>) {
        self.types.extend(sample.types.iter().map(ToString::to_string));
        let all = [
            (Space::Activity, &sample.properties),
            (Space::Contact, &sample.contacts),
            (Space::Account, &sample.accounts),
            (Space::Opportunity, &sample.opportunities),
        ];
        for (space, ids) in all {
            let name = |id: &Arc<str>| Name { space, id: id.clone() };
            ids.iter().map(name).for_each(|name| self.name(&name, of));
        }
    }

    fn name(&mut self, name: &Name, of: Option<Subject>) {
        if name.space == Space::Activity {
            self.properties.insert(name.to_string());
        }
        if spaces(of).contains(&name.space) {
            self.names.insert(name.to_string());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_that_mean_something() {
        let text = "passive = \"mail\"\n[score.s]\nbands = { A = 0 }\n[score.g]\nmatrix = [\"s\", \"s\"]\n[score.o]\n\
                    of = \"opportunity\"\n[rule.r]\nscore = \"s\"\nactivity = [\"a\", \"b\"]\nwhere = \"contact.x = 1 AND \
                    activity.page = 'p'\"\npoints = 1\n[exclude.e]\nafter = \"c\"\n";
        let model = Model::parse(text).unwrap();
        let set = |ids: &[&str]| ids.iter().map(|id| Arc::from(*id)).collect::<BTreeSet<_>>();
        let sample = Sample {
            types: set(&["d"]),
            properties: set(&["url"]),
            contacts: set(&["Job title"]),
            accounts: set(&["size"]),
            opportunities: set(&["stage"]),
        };
        let known = |of| {
            let mut known = Known::mentioned(&model, of);
            known.add(&sample, of);
            known
        };
        let contact = known(Some(Subject::Contact));
        let expected = ["account.size", "activity.page", "activity.type", "activity.url", "activity.value"];
        let expected: Vec<&str> = expected.into_iter().chain(["contact.\"Job title\"", "contact.x"]).collect();
        assert_eq!(contact.names.iter().map(String::as_str).collect::<Vec<_>>(), expected);
        assert_eq!(contact.types.iter().map(String::as_str).collect::<Vec<_>>(), ["a", "b", "c", "d", "mail"]);
        assert_eq!(contact.properties.len(), 4);
        let deal = known(Some(Subject::Opportunity));
        let expected = ["account.size", "band.g", "band.s", "contact.\"Job title\"", "contact.x", "opportunity.stage"];
        let expected: Vec<&str> = expected.into_iter().chain(["score.s"]).collect();
        assert_eq!(deal.names.iter().map(String::as_str).collect::<Vec<_>>(), expected);
    }
}
