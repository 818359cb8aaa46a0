//! Kinds of findings: a closed list, each with the id under which the manual explains it.

use std::fmt;

use crate::suggest::nearest;

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident $id:literal),* $(,)?) => {
        /// What kind of finding it is.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Kind {
            $($(#[$doc])* $name),*
        }

        impl Kind {
            /// Every kind, in the order of the manual.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The id, such as `dead-rule`.
            pub fn id(self) -> &'static str {
                match self {
                    $(Self::$name => $id),*
                }
            }
        }
    };
}

kinds! {
    /// Two rules of one score pay for the same activity.
    DoublePoints "double-points",
    /// A limit that never makes a difference.
    PointlessLimit "pointless-limit",
    /// Activities that a limit counted are gone before the limit opens again.
    LimitOutlivesWindow "limit-outlives-window",
    /// A cap that nothing can reach, or that something else holds below it.
    PointlessCap "pointless-cap",
    /// A cap below what is given at once.
    LowCap "low-cap",
    /// Fading that does nothing within the window.
    PointlessFade "pointless-fade",
    /// A window in which everything has faded before it ends.
    PointlessWindow "pointless-window",
    /// A tier that no number of activities can reach.
    UnreachableTier "unreachable-tier",
    /// A band that no number of points can reach, or that none can miss.
    UnreachableBand "unreachable-band",
    /// Bands that the file lists in no order.
    UnorderedBands "unordered-bands",
    /// A case that an earlier one always takes.
    ShadowedCase "shadowed-case",
    /// A score or category to which no rule belongs.
    NoRules "no-rules",
    /// A matrix over a score without bands.
    MatrixWithoutBands "matrix-without-bands",
    /// A name that is missing whatever the facts say.
    NeverKnown "never-known",
    /// A type of activity with blanks around it.
    BlankType "blank-type",
    /// A `LIKE` pattern with `*` in place of `%`.
    LikeWildcard "like-wildcard",
    /// A number or date in quotes that is compared by order, and so letter by letter.
    TextOrder "text-order",
    /// Activities of contacts that no row describes.
    UnknownContacts "unknown-contacts",
    /// A rule that never gave anybody points.
    DeadRule "dead-rule",
    /// A cap at which nearly all are.
    CrowdedCap "crowded-cap",
    /// A band in which nobody is.
    EmptyBand "empty-band",
    /// A value that is no number, but would be one with a decimal comma.
    DecimalComma "decimal-comma",
    /// A condition that is unknown for more than half.
    MostlyUnknown "mostly-unknown",
    /// A type of activity that the model says nothing about.
    UnmentionedType "unmentioned-type",
    /// A type of activity that never occurs, though a near one does.
    MisspeltType "misspelt-type",
    /// A text that never occurs, though a near one does.
    MisspeltValue "misspelt-value",
    /// An attribute that nobody has, though a near one exists.
    MisspeltName "misspelt-name",
    /// A type in a list that never occurs, while others of it do.
    UnseenType "unseen-type",
    /// An exclusion that excludes nothing.
    DeadExclusion "dead-exclusion",
    /// A passive type that never occurs.
    UnseenPassive "unseen-passive",
    /// Something is allowed that is not found.
    UnusedAllow "unused-allow",
}

impl Kind {
    /// Reads an id; the error says what there is.
    ///
    /// # Errors
    ///
    /// If there is no such kind: the nearest id, and all of them.
    pub fn parse(id: &str) -> Result<Self, String> {
        let found = Self::ALL.iter().copied().find(|kind| kind.id() == id);
        found.ok_or_else(|| {
            let ids = Self::ALL.iter().map(|kind| kind.id());
            let near = nearest(id, ids.clone()).map(|near| format!("did you mean `{near}`? "));
            let all = ids.collect::<Vec<_>>().join(", ");
            format!("there is no kind `{id}`; {}the kinds are {all}", near.unwrap_or_default())
        })
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(self.id())
    }
}
