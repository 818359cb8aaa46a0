//! The models that are built in, one for each common way of scoring.

/// A built-in model with a small sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Template {
    /// Points for visits, downloads, events and clicks; fit by age, job and company.
    MemberEngagement,
    /// Few points, firm caps: events, committees, years, forum; renewals as opportunities.
    CappedActivities,
    /// Multipliers, and groups of members by percentile; company totals.
    PercentileGroups,
    /// Leads: fit by title, industry and size, engagement by pages, mails and forms; a grade.
    LeadQualification,
    /// Involvement, purchases and donations, community; employees credited to their employer.
    ThreeCategories,
}

/// The files of a template, by name.
macro_rules! files {
    ($folder:literal: $($name:literal),*) => {
        &[$(($name, include_str!(concat!("../../../../templates/", $folder, "/", $name)))),*]
    };
}

impl Template {
    /// The files by name: the model first, then sample facts and scenarios.
    pub(super) fn files(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::MemberEngagement => {
                files!("member-engagement": "model.toml", "contacts.csv", "accounts.csv", "activities.csv", "scenarios.txt")
            }
            Self::CappedActivities => {
                files!("capped-activities": "model.toml", "contacts.csv", "accounts.csv", "opportunities.csv", "activities.csv", "scenarios.txt")
            }
            Self::PercentileGroups => {
                files!("percentile-groups": "model.toml", "contacts.csv", "accounts.csv", "opportunities.csv", "activities.csv", "scenarios.txt")
            }
            Self::LeadQualification => {
                files!("lead-qualification": "model.toml", "contacts.csv", "accounts.csv", "activities.csv", "scenarios.txt")
            }
            Self::ThreeCategories => {
                files!("three-categories": "model.toml", "contacts.csv", "activities.csv", "scenarios.txt")
            }
        }
    }
}
