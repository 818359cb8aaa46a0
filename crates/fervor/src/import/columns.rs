//! Which column of a file is what, as somebody chooses it in a form: from a mapping that was proposed, and back into
//! one.

use std::fmt::Write as _;

use batch::guess::Proposal;
use batch::source::Kind;
use rules::day::Zone;
use serde::{Deserialize, Serialize};
use toml::{Table, Value};

/// What is written where nobody has answered yet.
const OPEN: &str = "?";
/// Values of a column that are shown.
const SAMPLES: usize = 3;
/// Letters of a value that are shown.
const SAMPLE_LETTERS: usize = 40;

/// How dates may be written, as a mapping has it and as people say it.
pub(crate) const DATES: &[(&str, &str)] = &[
    ("", "as it stands"),
    ("iso", "2026-03-14"),
    ("dmy", "day, month, year"),
    ("mdy", "month, day, year"),
    ("ymd", "year, month, day"),
    ("unix", "seconds since 1970"),
    ("unix_ms", "milliseconds since 1970"),
    ("spreadsheet", "days as spreadsheets count"),
];
/// What stands before decimals.
pub(crate) const DECIMALS: &[(&str, &str)] = &[("", "as it stands"), (".", "1,234.56"), (",", "1.234,56")];

/// What becomes of a column.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Role {
    /// Nothing.
    LeftOut,
    /// An attribute, or a property of an activity, under a name.
    Kept,
    /// What has a meaning of its own.
    Known(String),
}

/// A column of the file.
#[derive(Clone, Debug)]
pub(crate) struct Column {
    pub(crate) name: String,
    pub(crate) samples: Vec<String>,
    pub(crate) role: Role,
    /// What it is called where it is kept.
    pub(crate) called: String,
    /// How its dates and its decimals are written; nothing if it has none. `?` is still to be answered.
    pub(crate) dates: Option<String>,
    pub(crate) decimal: Option<String>,
    /// What else is known of how it is read.
    reading: Table,
}

/// What is known of a file.
#[derive(Clone, Debug)]
pub(crate) struct Layout {
    pub(crate) kind: Kind,
    /// What happened, in all rows, where no column says it.
    pub(crate) event: String,
    /// Where times without an offset are at home; where the model is if it is empty.
    pub(crate) zone: String,
    pub(crate) columns: Vec<Column>,
    /// What was chosen without certainty.
    pub(crate) doubts: Vec<String>,
    id: String,
    /// How the file is written.
    head: Table,
}

/// What was chosen for a file, to be chosen again for the next one with the same columns.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Choice {
    kind: String,
    event: String,
    #[serde(default)]
    zone: String,
    columns: Vec<Chosen>,
}

/// What was chosen for a column.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Chosen {
    name: String,
    role: Role,
    called: String,
    dates: Option<String>,
    decimal: Option<String>,
}

impl Layout {
    /// A proposal for one file, as a form shows it; nothing if it says nothing.
    pub(crate) fn read(proposal: &Proposal) -> Option<Self> {
        let mapping: Table = proposal.text.parse().ok()?;
        let (id, source) = mapping.get("source")?.as_table()?.iter().next()?;
        let mut head = source.as_table()?.clone();
        head.remove("file");
        let kind = Kind::ALL.into_iter().find(|kind| head.contains_key(kind.word()))?;
        let fields = head.remove(kind.word())?;
        let zone = head.remove("timezone").and_then(|zone| zone.as_str().map(ToOwned::to_owned)).unwrap_or_default();
        let mut layout = Self {
            kind,
            event: String::new(),
            zone,
            columns: Vec::new(),
            doubts: proposal.doubts.iter().map(|doubt| without_id(doubt, id)).collect(),
            id: id.clone(),
            head,
        };
        for (name, field) in fields.as_table()? {
            layout.field(name, field);
        }
        for place in 0..layout.columns.len() {
            let name = layout.columns[place].name.clone();
            // Who calls a column by a name of ours means it.
            let is_free = !layout.columns.iter().any(|column| column.is(&name));
            if is_free && layout.columns[place].role == Role::Kept && kind.canonical().contains(&name.as_str()) {
                layout.columns[place].role = Role::Known(name);
            }
        }
        let shown = proposal.rows.first().map(Vec::as_slice).unwrap_or_default();
        for column in &mut layout.columns {
            let values = shown.iter().filter_map(|row| row.get(column.name.as_str()));
            let text = |value: &rules::value::Value| value.text().chars().take(SAMPLE_LETTERS).collect();
            column.samples = values.take(SAMPLES).map(text).collect();
        }
        Some(layout)
    }

    fn field(&mut self, name: &str, field: &Value) {
        let mut reading = field.as_table().cloned().unwrap_or_default();
        if let Some(constant) = reading.remove("constant") {
            self.event = constant.as_str().unwrap_or_default().to_owned();
            return;
        }
        reading.remove("join");
        let of = |value: &Value| value.as_str().map(ToOwned::to_owned);
        let columns: Vec<String> = match (field.as_str(), reading.remove("column"), reading.remove("columns")) {
            // Which column it is was asked, and the columns are listed all the same.
            (Some(OPEN), ..) => return,
            (Some(column), ..) => vec![column.to_owned()],
            (None, Some(column), _) => of(&column).into_iter().collect(),
            (None, None, Some(columns)) => columns.as_array().into_iter().flatten().filter_map(of).collect(),
            (None, None, None) => return,
        };
        let is_known = self.kind.canonical().contains(&name);
        let role = if is_known { Role::Known(name.to_owned()) } else { Role::Kept };
        let (dates, decimal) = (reading.remove("dates"), reading.remove("decimal"));
        for (place, column) in columns.into_iter().enumerate() {
            let first = |value: &Option<Value>| value.as_ref().filter(|_| place == 0).and_then(of);
            self.columns.push(Column {
                called: if is_known { plain(&column) } else { name.to_owned() },
                name: column,
                samples: Vec::new(),
                role: role.clone(),
                dates: first(&dates),
                decimal: first(&decimal),
                reading: if place == 0 { reading.clone() } else { Table::new() },
            });
        }
    }

    /// Chooses again what was chosen for such a file before.
    pub(crate) fn choose(&mut self, choice: &Choice) {
        let Some(kind) = Kind::ALL.into_iter().find(|kind| kind.word() == choice.kind) else { return };
        self.kind = kind;
        self.event.clone_from(&choice.event);
        self.zone.clone_from(&choice.zone);
        for chosen in choice.columns.iter().cloned() {
            let Some(column) = self.columns.iter_mut().find(|column| column.name == chosen.name) else { continue };
            (column.role, column.called) = (chosen.role, chosen.called);
            (column.dates, column.decimal) = (chosen.dates, chosen.decimal);
        }
    }

    pub(crate) fn choice(&self) -> Choice {
        let column = |column: &Column| {
            let Column { name, role, called, dates, decimal, .. } = column.clone();
            Chosen { name, role, called, dates, decimal }
        };
        let columns = self.columns.iter().map(column).collect();
        Choice { kind: self.kind.word().to_owned(), event: self.event.clone(), zone: self.zone.clone(), columns }
    }

    /// The names of all columns, in no order: files that have the same are written by the same system.
    pub(crate) fn header(&self) -> String {
        let mut names: Vec<&str> = self.columns.iter().map(|column| column.name.as_str()).collect();
        names.sort_unstable();
        names.join("\n")
    }

    /// Whether there are times that may have to be put into a zone.
    pub(crate) fn has_times(&self) -> bool {
        self.kind == Kind::Activities || self.columns.iter().any(|column| column.dates.is_some())
    }

    /// How the file is written, in words of a mapping.
    pub(crate) fn written(&self, key: &str) -> Option<&str> {
        self.head.get(key).and_then(Value::as_str)
    }

    /// As a mapping of this file.
    ///
    /// # Errors
    ///
    /// What is still to be answered.
    pub(crate) fn mapping(&self, file: &str) -> Result<String, String> {
        let mut text = String::new();
        // A String takes any text.
        let _written = writeln!(text, "[source.{}]\nfile = {}", quoted(&self.id), quoted(file));
        for (name, value) in &self.head {
            let _written = writeln!(text, "{name} = {}", value_text(value));
        }
        if !self.zone.is_empty() {
            if Zone::get(&self.zone).is_none() {
                return Err(format!("there is no time zone `{}`; write for example Europe/Oslo", self.zone));
            }
            let _written = writeln!(text, "timezone = {}", quoted(&self.zone));
        }
        let _written = writeln!(text, "\n[source.{}.{}]", quoted(&self.id), self.kind.word());
        let mut called: Vec<&str> = Vec::new();
        for column in &self.columns {
            let name = match &column.role {
                Role::LeftOut => continue,
                Role::Known(name) => name.as_str(),
                Role::Kept => column.called.as_str(),
            };
            column.is_answered(name)?;
            if column.role == Role::Kept && self.kind.canonical().contains(&name) {
                return Err(format!(
                    "`{name}` has a meaning of its own: choose that for “{}”, or another name",
                    column.name
                ));
            }
            if called.contains(&name) {
                // A time may stand in a column beside its date: it was taken with the first.
                if name == "occurred_at" || (name == "id" && self.kind == Kind::Activities) {
                    continue;
                }
                return Err(format!("two columns are `{name}`; leave one out, or call it otherwise"));
            }
            called.push(name);
            let with = self.columns.iter().filter(|other| other.role == column.role && column.role != Role::Kept);
            let together: Vec<&str> = with.map(|other| other.name.as_str()).collect();
            let _written = writeln!(text, "{} = {}", quoted(name), column.field(&together, name));
        }
        if self.kind == Kind::Activities && !called.contains(&"type") {
            if self.event.trim().is_empty() {
                return Err("say which column tells what happened, or what all rows are".to_owned());
            }
            let _written = writeln!(text, "type = {{ constant = {} }}", quoted(self.event.trim()));
            called.push("type");
        }
        match self.kind.required().iter().find(|name| !called.contains(*name)) {
            Some(missing) => Err(format!("say which column is `{missing}`: {} need it", self.kind.word())),
            None => Ok(text),
        }
    }
}

impl Column {
    /// Whether it is what has a meaning of its own under this name.
    pub(crate) fn is(&self, name: &str) -> bool {
        matches!(&self.role, Role::Known(known) if known == name)
    }

    /// What else there is to say of it, beside which column it is.
    fn field(&self, together: &[&str], name: &str) -> String {
        let mut field = match together {
            [_, _, ..] => {
                let join = if name == "id" { "-" } else { " " };
                let columns: Vec<String> = together.iter().map(|column| quoted(column)).collect();
                format!("{{ columns = [{}], join = {}", columns.join(", "), quoted(join))
            }
            _ => format!("{{ column = {}", quoted(&self.name)),
        };
        let written = |value: &Option<String>| value.clone().filter(|value| !value.is_empty());
        for (key, value) in [("dates", written(&self.dates)), ("decimal", written(&self.decimal))] {
            field.extend(value.map(|value| format!(", {key} = {}", quoted(&value))));
        }
        for (key, value) in &self.reading {
            let _written = write!(field, ", {key} = {}", value_text(value));
        }
        field + " }"
    }

    fn is_answered(&self, name: &str) -> Result<(), String> {
        if self.dates.as_deref() == Some(OPEN) || self.decimal.as_deref() == Some(OPEN) {
            let what = if self.dates.as_deref() == Some(OPEN) { "dates" } else { "numbers" };
            return Err(format!("say how {what} are written in “{}”: the values alone do not tell", self.name));
        }
        if name.is_empty() || name.contains(['\n', '\0']) {
            return Err(format!("say what “{}” is to be called, or leave it out", self.name));
        }
        Ok(())
    }
}

/// A name as attributes have it.
fn plain(name: &str) -> String {
    let letter = |letter: char| if letter.is_alphanumeric() { letter.to_ascii_lowercase() } else { '_' };
    name.trim().chars().map(letter).collect()
}

/// A doubt without the id that it begins with.
fn without_id(doubt: &str, id: &str) -> String {
    doubt.strip_prefix(id).and_then(|rest| rest.strip_prefix(": ")).unwrap_or(doubt).to_owned()
}

/// A text as TOML has it: as JSON, but for one letter.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string().replace('\u{7f}', "\\u007f")
}

fn value_text(value: &Value) -> String {
    match value {
        Value::String(text) => quoted(text),
        Value::Array(values) => format!("[{}]", values.iter().map(value_text).collect::<Vec<_>>().join(", ")),
        Value::Table(table) => {
            let pair = |(name, value): (&String, &Value)| format!("{} = {}", quoted(name), value_text(value));
            format!("{{ {} }}", table.iter().map(pair).collect::<Vec<_>>().join(", "))
        }
        Value::Integer(number) => number.to_string(),
        Value::Boolean(is) => is.to_string(),
        Value::Float(_) | Value::Datetime(_) => "\"\"".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use batch::mapping::Mapping;

    use super::*;

    fn layout(text: &str) -> Layout {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("members.csv");
        std::fs::write(&path, text).unwrap();
        let proposal = batch::guess::guess(&[path], None, None, |_| "members.csv".into(), &mut |_| {}).unwrap();
        Layout::read(&proposal).unwrap()
    }

    #[test]
    fn a_proposal_becomes_a_form_and_a_mapping_again() {
        let mut layout = layout("Member No;Full \"name\";Joined\n17;Ada;14.03.2024\n18;Bo;02.11.2023\n");
        assert_eq!((layout.kind, layout.written("delimiter")), (Kind::Contacts, Some(";")));
        let shown: Vec<_> = layout.columns.iter().map(|one| (one.name.as_str(), &one.role, &*one.called)).collect();
        let id = Role::Known("id".into());
        let expected = [
            ("Member No", &id, "member_no"),
            ("Full \"name\"", &Role::Kept, "full_name"),
            ("Joined", &Role::Kept, "joined"),
        ];
        assert_eq!(shown, expected);
        assert_eq!(layout.columns[0].samples, ["17", "18"]);
        assert_eq!(layout.columns[2].dates.as_deref(), Some("dmy"));
        layout.columns[1].role = Role::LeftOut;
        layout.columns[2].called = "since".into();
        let text = layout.mapping("members.csv").unwrap();
        let mapping = Mapping::parse(&text).unwrap_or_else(|found| panic!("{found:?}: {text}"));
        let names: Vec<&str> = mapping.exports[0].tables[0].fields.iter().map(|field| &*field.name).collect();
        assert_eq!(names, ["id", "since"]);
        // The same is chosen for the next file.
        let mut next = self::layout("Joined;Member No;Full \"name\"\n2024-03-14;1;Eva\n");
        assert_eq!(next.header(), layout.header());
        next.choose(&layout.choice());
        assert_eq!(next.columns.iter().filter(|one| one.role == Role::LeftOut).count(), 1);
    }

    #[test]
    fn times_are_of_a_zone() {
        let mut layout = layout("contact,type,occurred_at\n17,visit,2026-03-14 23:30\n18,visit,2026-03-15 10:00\n");
        layout.kind = Kind::Activities;
        for column in &mut layout.columns {
            column.role = Role::Known(column.name.clone());
        }
        assert!(layout.has_times() && !layout.mapping("a.csv").unwrap().contains("timezone"));
        layout.zone = "Europe/Asgard".into();
        assert!(layout.mapping("a.csv").unwrap_err().contains("no time zone `Europe/Asgard`"));
        layout.zone = "America/New_York".into();
        let mapping = Mapping::parse(&layout.mapping("a.csv").unwrap()).unwrap();
        assert_eq!(mapping.exports[0].zone.as_ref().map(Zone::name), Some("America/New_York"));
        // It is remembered, and what was remembered before there were zones is still known.
        let mut choice = serde_json::to_value(layout.choice()).unwrap();
        let mut next = self::layout("contact,type,occurred_at\n17,visit,2026-03-14 23:30\n");
        next.choose(&serde_json::from_value(choice.clone()).unwrap());
        assert_eq!(next.zone, "America/New_York");
        choice.as_object_mut().unwrap().remove("zone");
        next.choose(&serde_json::from_value(choice).unwrap());
        assert_eq!(next.zone, "");
    }

    #[test]
    fn what_cannot_be_known_has_to_be_answered() {
        let mut layout = layout("contact,what,on\n17,Gala,03/04/2026\n18,Gala,05/06/2026\n");
        layout.kind = Kind::Activities;
        for (column, role) in layout.columns.iter_mut().zip(["contact", "type", "occurred_at"]) {
            column.role = Role::Known(role.into());
        }
        assert_eq!(layout.columns[2].dates.as_deref(), Some("?"));
        assert!(layout.mapping("a.csv").unwrap_err().contains("how dates are written in “on”"));
        layout.columns[2].dates = Some("dmy".into());
        assert!(Mapping::parse(&layout.mapping("a.csv").unwrap()).is_ok());
        layout.columns[1].role = Role::LeftOut;
        assert!(layout.mapping("a.csv").unwrap_err().contains("what all rows are"));
        layout.event = "gala \"night\"".into();
        assert!(Mapping::parse(&layout.mapping("a.csv").unwrap()).is_ok());
        layout.columns[0].role = Role::Kept;
        assert!(layout.mapping("a.csv").unwrap_err().contains("a meaning of its own"));
        layout.columns[0].role = Role::LeftOut;
        assert!(layout.mapping("a.csv").unwrap_err().contains("`contact`"));
        (layout.columns[0].role, layout.columns[1].role) =
            (Role::Known("contact".into()), Role::Known("contact".into()));
        assert!(layout.mapping("a.csv").unwrap_err().contains("two columns are `contact`"));
    }

    #[test]
    fn a_time_stands_beside_its_date() {
        let text = "Email,Event,Date,Time\na@x.org,Gala,2026-03-14,19:30\nb@x.org,Gala,2026-03-15,20:00\n";
        let mut layout = layout(text);
        layout.kind = Kind::Activities;
        for (column, role) in layout.columns.iter_mut().zip(["contact", "type", "occurred_at", "occurred_at"]) {
            column.role = Role::Known(role.into());
        }
        layout.columns[2].dates = Some("ymd".into());
        let text = layout.mapping("a.csv").unwrap();
        assert!(text.contains("columns = [\"Date\", \"Time\"], join = \" \""), "{text}");
        assert!(Mapping::parse(&text).is_ok(), "{text}");
    }
}
