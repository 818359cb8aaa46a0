//! The proposal as a commented mapping.

use std::fmt::Write as _;
use std::path::Path;

use super::column::{Column, Verdict};
use super::role::{self, Role};
use super::{Guessed, Proposal};
use crate::mapping::Order;
use crate::source::{Delimiter, Encoding, Kind};

/// Writes all exports, and collects what is open.
pub(super) fn proposal(exports: &[Guessed], kind: Option<Kind>, shown: &dyn Fn(&Path) -> String) -> Proposal {
    let mut out = Out { text: String::new(), questions: Vec::new(), doubts: Vec::new(), id: String::new() };
    out.line("# Which column is which fact. Lines that begin with `# ?` are to be looked at; what is set to");
    out.line("# \"?\" has to be answered. Then look at the first facts: fervor sources preview THIS_FILE");
    let mut ids: Vec<String> = Vec::new();
    for export in exports {
        let stem = export.paths.first().map(|path| stem(path)).unwrap_or_default();
        let mut id = role::attribute(&stem);
        if id.is_empty() || ids.contains(&id) {
            id = format!("{id}_{}", ids.len() + 1);
        }
        ids.push(id.clone());
        out.id = id;
        out.export(export, &stem, kind, shown);
    }
    Proposal { text: out.text, questions: out.questions, doubts: out.doubts }
}

/// `orders-2024` of `exports/orders-2024.csv.gz`.
fn stem(path: &Path) -> String {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    name.split('.').next().unwrap_or_default().to_owned()
}

struct Out {
    text: String,
    questions: Vec<String>,
    doubts: Vec<String>,
    id: String,
}

impl Out {
    fn line(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
    }

    fn question(&mut self, question: String) {
        self.line(&format!("# ? {question}"));
        self.questions.push(format!("{}: {question}", self.id));
    }

    fn doubt(&mut self, doubt: &str) {
        self.line(&format!("# ? {doubt}"));
        self.doubts.push(format!("{}: {doubt}", self.id));
    }

    fn export(&mut self, export: &Guessed, stem: &str, kind: Option<Kind>, shown: &dyn Fn(&Path) -> String) {
        self.line("");
        self.line(&format!("[source.{}]", key(&self.id.clone())));
        let files: Vec<_> = export.paths.iter().map(|path| quoted(&shown(path))).collect();
        match &files[..] {
            [one] => self.line(&format!("file = {one}")),
            many => self.line(&format!("file = [{}]", many.join(", "))),
        }
        for doubt in &export.doubts {
            self.doubt(doubt);
        }
        self.form(export);
        let (kind, certain) = kind.map_or_else(|| role::kind(&export.columns, stem), |kind| (kind, true));
        if export.rows == 0 {
            self.doubt("there are no rows below the header: what the columns hold cannot be known");
        }
        if let Some(first) = &export.odd_row {
            let doubt =
                format!("{} of {} rows cannot be used: {first}", export.odd_rows, export.odd_rows + export.rows);
            self.doubt(&doubt);
        }
        self.line("");
        if !certain {
            self.doubt(&format!(
                "these seem to be {}; otherwise write contacts, accounts, activities or opportunities",
                kind.word()
            ));
        }
        self.line(&format!("[source.{}.{}]", key(&self.id.clone()), kind.word()));
        self.table(export, kind, stem);
    }

    fn form(&mut self, export: &Guessed) {
        let form = &export.form;
        if export.encoding != Encoding::UTF_8 {
            self.line(&format!("encoding = {}", quoted(&export.encoding.name())));
        }
        if let Some(delimiter) = form.delimiter.filter(|delimiter| *delimiter != Delimiter::COMMA) {
            self.line(&format!("delimiter = {}", quoted(&delimiter.name())));
        }
        if form.quote != Some(b'"') && form.delimiter.is_some() {
            let quote = form.quote.map(|quote| char::from(quote).to_string()).unwrap_or_default();
            self.line(&format!("quote = {}", quoted(&quote)));
        }
        if form.skip > 0 {
            self.line(&format!("skip = {}  # lines above the header", form.skip));
        }
        if let Some(columns) = &form.columns {
            let names: Vec<_> = columns.iter().map(|name| quoted(name)).collect();
            self.line(&format!("columns = [{}]", names.join(", ")));
        }
        if let Some(rows) = &form.rows {
            self.line(&format!("rows = {}", quoted(rows)));
        }
        if export.columns.iter().any(|column| column.has_local_times() && column.dates(true) != Verdict::Not) {
            self.line("# timezone = \"Europe/Oslo\"  # for times without an offset, where the model has another zone");
        }
        let mut empty: Vec<&str> =
            export.columns.iter().flat_map(|column| column.placeholders.iter().copied()).collect();
        empty.sort_unstable();
        empty.dedup();
        if !empty.is_empty() {
            let texts: Vec<_> = empty.iter().map(|text| quoted(text)).collect();
            self.line(&format!("empty = [{}]", texts.join(", ")));
        }
    }

    fn table(&mut self, export: &Guessed, kind: Kind, stem: &str) {
        let roles = role::roles(kind, &export.columns);
        for role in &roles {
            if role.name == "type" && role.column.is_none() {
                let perhaps = role::perhaps_types(&export.columns, &roles);
                self.one_type(stem, &perhaps);
                continue;
            }
            self.role(export, kind, role);
        }
        let taken = |place: usize| roles.iter().any(|role| role.column == Some(place));
        let mut names: Vec<String> = kind.canonical().iter().map(|&name| name.to_owned()).collect();
        let others = export.columns.iter().enumerate().filter(|(place, _)| !taken(*place));
        for (_, column) in others {
            let mut name = role::attribute(&column.name);
            while names.contains(&name) {
                name.push_str("_of_it");
            }
            names.push(name.clone());
            self.field(export, &name, column, false);
        }
    }

    fn role(&mut self, export: &Guessed, kind: Kind, role: &Role) {
        let column = role.column.map(|place| &export.columns[place]);
        match (column, role.name) {
            (Some(column), name) => {
                if kind == Kind::Contacts && name == "id" && column.is_emails() {
                    self.doubt("ids are compared letter by letter: `lowercase = true` if the e-mail addresses of other files may differ in case");
                }
                self.field(export, name, column, matches!(name, "occurred_at" | "created_at"));
            }
            (None, name) => {
                self.question(format!("which column is `{name}`, which {} need?", kind.word()));
                self.line(&format!("{name} = \"?\""));
            }
        }
    }

    /// No column is called as types are: either all rows are of one, or somebody knows better.
    fn one_type(&mut self, stem: &str, perhaps: &[&str]) {
        let constant = singular(&role::attribute(stem));
        match perhaps {
            [] => self.doubt("no column says what happened: all rows are of one type"),
            some => {
                let columns =
                    some.iter().map(|name| format!("type = {}", quoted(name))).collect::<Vec<_>>().join(" or ");
                self.doubt(&format!("all rows are of one type, unless a column says what happened: {columns}"));
            }
        }
        self.line(&format!("type = {{ constant = {} }}", quoted(&constant)));
    }

    fn field(&mut self, export: &Guessed, name: &str, column: &Column, is_time: bool) {
        let mut more = String::new();
        let is_id = matches!(name, "id" | "contact" | "account" | "type" | "source");
        let dates = if is_id { Verdict::Not } else { export.dates(column, is_time) };
        let numbers = if is_id || dates != Verdict::Not { Verdict::Not } else { export.numbers(column) };
        self.dates(column, &dates, &mut more);
        match numbers {
            Verdict::Not => {}
            Verdict::Sure(mark) => {
                more.push_str(&format!(", decimal = {}", quoted(mark.word())));
                if column.odd_numbers() > 0 {
                    self.doubt(&format!(
                        "{} different values of `{}` are no numbers, and stay as they are",
                        column.odd_numbers(),
                        column.name
                    ));
                }
            }
            Verdict::Asked(_, example) => {
                self.question(format!("is {example} in `{}` a thousand and more (\",\" or \".\" groups digits), or are these decimals? write the sign that stands before decimals", column.name));
                more.push_str(", decimal = \"?\"");
            }
            Verdict::Mixed => self.doubt(&format!(
                "`{}` has numbers with decimal points and with decimal commas; it stays as it is",
                column.name
            )),
        }
        let value = if more.is_empty() {
            quoted(&column.name)
        } else {
            format!("{{ column = {}{more} }}", quoted(&column.name))
        };
        let examples = column.examples.join(" | ").replace(['\n', '\r'], " ");
        let comment = if examples.is_empty() { "always empty".to_owned() } else { examples };
        self.line(&format!("{} = {value}  # {comment}", key(name)));
    }

    fn dates(&mut self, column: &Column, dates: &Verdict<Order>, more: &mut String) {
        match dates {
            Verdict::Not | Verdict::Sure(Order::Iso) => {}
            Verdict::Sure(order) => {
                more.push_str(&format!(", dates = {}", quoted(order.word())));
                if column.odd_dates() > 0 {
                    self.doubt(&format!(
                        "{} different values of `{}` are no such dates",
                        column.odd_dates(),
                        column.name
                    ));
                }
            }
            Verdict::Asked(orders, example) => {
                let readings =
                    orders.iter().filter_map(|order| Some(format!("{} ({})", order.read(example)?, order.word())));
                let readings: Vec<_> = readings.collect();
                self.question(format!("{example} in `{}` is {}?", column.name, readings.join(" or ")));
                more.push_str(", dates = \"?\"");
            }
            Verdict::Mixed => {
                self.question(format!(
                    "`{}` has dates in more than one order, which no mapping can read: can it be exported again?",
                    column.name
                ));
                more.push_str(", dates = \"?\"");
            }
        }
    }
}

/// `order` of `orders`.
fn singular(name: &str) -> String {
    match name {
        _ if name.ends_with("ies") => format!("{}y", &name[..name.len() - 3]),
        _ if name.ends_with('s') && !name.ends_with("ss") => name[..name.len() - 1].to_owned(),
        _ => name.to_owned(),
    }
}

/// A key of TOML: bare where that is possible.
fn key(name: &str) -> String {
    let bare = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'));
    if bare { name.to_owned() } else { quoted(name) }
}

/// A basic string of TOML.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for letter in text.chars() {
        match letter {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            control if control.is_control() => {
                write!(out, "\\u{:04X}", u32::from(control)).expect("a String takes any text");
            }
            other => out.push(other),
        }
    }
    out.push('"');
    out
}
