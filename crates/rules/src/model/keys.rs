//! Every key of the model language, once: the checker, the editor schema and the manual all read
//! this table.

/// Where a key may stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Section {
    /// At the top of the file.
    Model,
    /// In `[score.<id>]`.
    Score,
    /// In `[category.<id>]`.
    Category,
    /// In `[rule.<id>]`.
    Rule,
    /// In `[exclude.<id>]`.
    Exclude,
    /// In `limit = { ... }`.
    Limit,
    /// In `step_down = { ... }`.
    StepDown,
    /// In one of `cases = [{ ... }]`.
    Case,
    /// In `probability = { ... }`.
    Probability,
}

/// What a value looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Any text.
    Text,
    /// The id of something else in the model.
    Id,
    /// A number with at most four decimals.
    Number,
    /// A whole number, at least so much.
    Whole(u32),
    /// `true` or `false`.
    Flag,
    /// A span such as `"90 days"`.
    Period,
    /// A span of days or weeks.
    DaysOrWeeks,
    /// An SQL condition.
    Condition,
    /// A name such as `contact.member_since`.
    Name,
    /// One text or a list of texts.
    Types,
    /// One of these words.
    OneOf(&'static [&'static str]),
    /// How a roll-up takes: one of the words, or `top N`.
    Pool,
    /// A table of ids or names to numbers.
    Numbers,
    /// A list of two ids.
    Pair,
    /// A table of its own.
    Table(Section),
    /// A list of tables.
    Tables(Section),
    /// A table of tables, keyed by id.
    Keyed(Section),
}

/// A key of the language.
#[derive(Clone, Copy, Debug)]
pub struct Key {
    /// Where it stands.
    pub section: Section,
    /// The word.
    pub name: &'static str,
    /// What its value looks like.
    pub shape: Shape,
    /// In a rule, the kinds that take it; everywhere else empty.
    pub kinds: &'static [&'static str],
    /// What it means, in a line.
    pub meaning: &'static str,
}

const fn key(section: Section, name: &'static str, shape: Shape, meaning: &'static str) -> Key {
    Key { section, name, shape, kinds: &[], meaning }
}

const fn rule(kinds: &'static [&'static str], name: &'static str, shape: Shape, meaning: &'static str) -> Key {
    Key { section: Section::Rule, name, shape, kinds, meaning }
}

/// The keys that make a rule one of a kind, in the order in which they are recognised.
pub(crate) const KINDS: &[&str] = &["inactive_for", "activity", "when", "cases", "since", "rollup"];

const ALL_KINDS: &[&str] = KINDS;
const ACTIVITY: &[&str] = &["activity"];

/// Every key.
pub const KEYS: &[Key] = {
    use Section::{Case, Category, Exclude, Limit, Model, Probability, Rule, Score, StepDown};
    use Shape::{
        Condition, DaysOrWeeks, Flag, Id, Keyed, Name, Number, Numbers, OneOf, Pair, Period, Pool, Table, Tables, Text,
        Types, Whole,
    };
    &[
        key(Model, "name", Text, "what the model is called"),
        key(Model, "timezone", Text, "the IANA time zone in which days begin; UTC if absent"),
        key(Model, "passive", Types, "activity types that happen to a contact and never end a silence"),
        key(Model, "score", Keyed(Score), "the scores, by id"),
        key(Model, "category", Keyed(Category), "the categories, by id"),
        key(Model, "rule", Keyed(Rule), "the rules, by id"),
        key(Model, "exclude", Keyed(Exclude), "activities that give no points, by id"),
        key(Score, "title", Text, "what people read in place of the id"),
        key(Score, "of", OneOf(&["contact", "account", "opportunity"]), "whose score it is; contact if absent"),
        key(Score, "min", Number, "the least the score can be"),
        key(Score, "max", Number, "the most the score can be"),
        key(Score, "decimals", Whole(0), "how many decimals the final score keeps: 0 (if absent) to 4"),
        key(Score, "bands", Numbers, "names of bands, each with the least that reaches it"),
        key(Score, "bands_by", OneOf(&["points", "percentile"]), "what the bands are thresholds of; points if absent"),
        key(Score, "population", Condition, "who is ranked for the percentile; everyone if absent"),
        key(Score, "cohort", Name, "an attribute within whose equal values the percentile ranks"),
        key(Score, "combine", Numbers, "the weighted sum of other scores, in place of categories"),
        key(Score, "matrix", Pair, "a label from the bands of two scores, in place of points"),
        key(Score, "probability", Table(Probability), "how the factor total of an opportunity becomes a probability"),
        key(Probability, "midpoint", Number, "the factor total that means one half"),
        key(Probability, "slope", Number, "how steeply the probability rises there"),
        key(Category, "score", Id, "the score that the category belongs to"),
        key(Category, "title", Text, "what people read in place of the id"),
        key(Category, "min", Number, "the least the category can be"),
        key(Category, "max", Number, "the most the category can be"),
        rule(ALL_KINDS, "category", Id, "the category that the rule belongs to"),
        rule(ALL_KINDS, "score", Id, "the score that the rule belongs to, in place of a category"),
        rule(ALL_KINDS, "title", Text, "what people read in place of the id"),
        rule(&["activity", "inactive_for"], "activity", Types, "a type of activity, a list of types, or \"*\""),
        rule(&["activity", "rollup"], "where", Condition, "which activities, or which people of an account, count"),
        rule(
            &["activity", "when", "since", "inactive_for", "rollup"],
            "points",
            Number,
            "the points; for a rollup a factor, 1 if absent",
        ),
        rule(ACTIVITY, "limit", Table(Limit), "how many activities count in a calendar period"),
        rule(&["activity", "when", "cases"], "multiply_by", Name, "a number that multiplies the points"),
        rule(ACTIVITY, "each_at_most", Number, "what the points of one activity are held within"),
        rule(ACTIVITY, "window", Period, "for how long an activity counts"),
        rule(ACTIVITY, "half_life", DaysOrWeeks, "after how long an activity is worth half"),
        rule(ACTIVITY, "fade_out", DaysOrWeeks, "after how long an activity is worth nothing, in a straight line"),
        rule(ACTIVITY, "step_down", Table(StepDown), "how much an activity loses with each whole period"),
        rule(&["activity", "rollup"], "take", Pool, "which contributions, or which people, make the total"),
        rule(ACTIVITY, "tiers", Numbers, "points by how many activities there are, in place of points for each"),
        rule(ACTIVITY, "tier_by", OneOf(&["count", "value"]), "what the tiers are thresholds of; count if absent"),
        rule(ALL_KINDS, "cap", Number, "what the rule's total is held within, on both sides of zero"),
        rule(&["when"], "when", Condition, "what must be true"),
        rule(&["cases"], "cases", Tables(Case), "several conditions; the first true one counts"),
        rule(&["since"], "since", Name, "an attribute with a date"),
        rule(&["since"], "every", Period, "the period that gives points each time it has elapsed"),
        rule(&["inactive_for"], "inactive_for", Period, "how long a silence must last"),
        rule(&["inactive_for"], "repeat", Flag, "points for each whole period of silence, up to the cap"),
        rule(&["rollup"], "rollup", Id, "a score of contacts, taken over the people of an account"),
        rule(&["rollup"], "per", Name, "the attribute of the account that `per_capita` divides by"),
        rule(&["rollup"], "attribution", OneOf(&["current", "at_time"]), "whose activities count for an account"),
        key(Limit, "times", Whole(1), "how many count"),
        key(Limit, "per", OneOf(&["day", "week", "month", "quarter", "year", "ever"]), "in which calendar period"),
        key(Limit, "by", Name, "separately for each value of this property"),
        key(StepDown, "percent", Number, "how many per cent are lost with each period"),
        key(StepDown, "every", Period, "the period"),
        key(StepDown, "compound", Flag, "per cent of what is left, not of the whole"),
        key(Case, "when", Condition, "what must be true"),
        key(Case, "points", Number, "the points if it is the first true one"),
        key(Exclude, "title", Text, "what people read in place of the id"),
        key(Exclude, "activity", Types, "the types that it covers; all if absent"),
        key(Exclude, "where", Condition, "what must be true of the activity"),
        key(Exclude, "after", Types, "a type of which the contact has an earlier activity"),
        key(Exclude, "same", Name, "a property that has the same value in both"),
        key(Exclude, "within_seconds", Whole(0), "how long before at most"),
    ]
};

/// The keys of a section.
pub(crate) fn keys_of(section: Section) -> impl Iterator<Item = &'static Key> {
    KEYS.iter().filter(move |key| key.section == section)
}
