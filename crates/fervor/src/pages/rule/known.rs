//! Names and types to choose from in forms: those that the model mentions.

use std::collections::BTreeSet;

use rules::model::{Kind, Model, Types};

/// Names and types, sorted.
#[derive(Debug)]
pub(in crate::pages) struct Known {
    pub(in crate::pages) names: BTreeSet<String>,
    pub(in crate::pages) types: BTreeSet<String>,
}

impl Known {
    /// All that the model mentions.
    pub(in crate::pages) fn of(model: &Model) -> Self {
        let mut names: BTreeSet<String> = rules::lint::names_used(model).iter().map(ToString::to_string).collect();
        names.extend(["activity.type", "activity.value"].map(ToOwned::to_owned));
        let mut types: BTreeSet<String> = model.passive.iter().map(ToString::to_string).collect();
        let of_rules = model.rules.iter().filter_map(|rule| match &rule.kind {
            Kind::Activity(activity) => Some(&activity.types),
            Kind::Inactive { types, .. } => types.as_ref(),
            _ => None,
        });
        let after = |exclusion: &'_ rules::model::Exclusion| exclusion.after.as_ref().map(|after| after.types.clone());
        let of_exclusions = model.exclusions.iter().map(|exclusion| &exclusion.types);
        let earlier: Vec<Types> = model.exclusions.iter().filter_map(after).collect();
        for listed in of_rules.chain(of_exclusions).chain(&earlier) {
            if let Types::Listed(listed) = listed {
                types.extend(listed.iter().map(ToString::to_string));
            }
        }
        Self { names, types }
    }
}
