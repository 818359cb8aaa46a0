//! The keys of a mapping, each with its meaning: what the reader refuses beside, and the docs list.

/// A key, and what it means.
#[derive(Clone, Copy, Debug)]
pub struct Key {
    /// As it is written.
    pub name: &'static str,
    /// For people.
    pub meaning: &'static str,
}

const fn key(name: &'static str, meaning: &'static str) -> Key {
    Key { name, meaning }
}

/// The keys of `[source.<id>]` beside its tables.
pub const OF_SOURCE: [Key; 10] = [
    key("file", "a path or a list of paths, relative to this file; * is any name, ** any folders"),
    key("encoding", "utf-8, utf-16, latin-1 or another name of the web's list; found out if absent"),
    key("delimiter", "what separates columns, such as \";\" or \"tab\"; found out if absent"),
    key("quote", "what surrounds cells that hold a delimiter: \"\\\"\" (default), \"'\", or \"\" for nothing"),
    key("skip", "how many lines stand above the header"),
    key("columns", "the names of the columns, where the file has no header"),
    key("rows", "in JSON, where the list of rows stands, such as \"data\" or \"body.items\""),
    key("timezone", "where times without an offset are at home; the time zone of the model if absent"),
    key("empty", "a list of texts that stand for a missing value, such as [\"NULL\", \"n/a\"]"),
    key("declare", "what is known of its activities: unique_ids, time_order, all_contacts; less has to be done then"),
];

/// The tables of `[source.<id>]`.
pub const TABLES: [&str; 4] = ["contacts", "accounts", "activities", "opportunities"];

/// The keys of a field that is a table.
pub const OF_FIELD: [Key; 12] = [
    key("column", "the column that the value comes from"),
    key("columns", "several columns that are put together"),
    key("join", "what is put between several columns; nothing if absent"),
    key("constant", "a value that all rows have"),
    key("values", "other names for values, such as { \"Attended\" = \"event_attended\" }"),
    key("otherwise", "what a value becomes that `values` does not list; \"\" makes it missing"),
    key("lowercase", "true for small letters, as for e-mail addresses that serve as ids"),
    key("split", "what separates several accounts, such as \";\""),
    key("decimal", "what stands before the decimals: \".\" or \",\""),
    key("divide", "100 for amounts in cents; 10, 1000 and so on: what the number is divided by, exactly"),
    key("dates", "how dates are written: iso, dmy, mdy, ymd, unix, unix_ms, unix_us or spreadsheet"),
    key("or_skip", "true if a row without this value gives no such fact, and that is no mistake"),
];
