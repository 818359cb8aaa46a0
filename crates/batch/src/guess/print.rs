//! The proposal as a commented mapping.

use std::path::Path;

use super::column::Column;
use super::names::{self, bare, names_utc};
use super::rivals::Verdict;
use super::role::{self, Role};
use super::toml::{in_one_line, key, quoted};
use super::{Guessed, Plan, Proposal};
use crate::source::{Delimiter, Encoding, Kind};

/// Writes all exports, and collects what is open.
pub(super) fn proposal(exports: &[Guessed], plans: &[Plan], shown: &dyn Fn(&Path) -> String) -> Proposal {
    let mut out = Out { text: String::new(), questions: Vec::new(), doubts: Vec::new(), id: String::new() };
    out.line("# Which column is which fact. Lines that begin with `# ?` are to be looked at; what is set to");
    out.line("# \"?\" has to be answered. Then look at the first facts: fervor sources preview THIS_FILE");
    let mut ids: Vec<String> = Vec::new();
    for (export, plan) in exports.iter().zip(plans) {
        let mut id = role::attribute(&export.stem());
        if id.is_empty() || ids.contains(&id) {
            id = format!("{id}_{}", ids.len() + 1);
        }
        ids.push(id.clone());
        out.id = id;
        out.export(export, plan, shown);
    }
    let rows = exports.iter().map(|export| export.first.clone()).collect();
    Proposal { text: out.text, questions: out.questions, doubts: out.doubts, rows }
}

pub(super) struct Out {
    text: String,
    questions: Vec<String>,
    doubts: Vec<String>,
    id: String,
}

impl Out {
    pub(super) fn line(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
    }

    pub(super) fn question(&mut self, question: &str) {
        let question = in_one_line(question);
        self.line(&format!("# ? {question}"));
        self.questions.push(format!("{}: {question}", self.id));
    }

    pub(super) fn doubt(&mut self, doubt: &str) {
        let doubt = in_one_line(doubt);
        self.line(&format!("# ? {doubt}"));
        self.doubts.push(format!("{}: {doubt}", self.id));
    }

    fn export(&mut self, export: &Guessed, plan: &Plan, shown: &dyn Fn(&Path) -> String) {
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
        self.form(export, plan);
        let kind = plan.kind;
        if export.rows == 0 {
            self.doubt("there are no rows below the header: what the columns hold cannot be known");
        }
        if let Some(first) = &export.odd_row {
            let doubt =
                format!("{} of {} rows cannot be used: {first}", export.odd_rows, export.odd_rows + export.rows);
            self.doubt(&doubt);
        }
        self.line("");
        if !plan.is_sure {
            self.doubt(&format!(
                "these seem to be {}; otherwise write contacts, accounts, activities or opportunities",
                kind.word()
            ));
        }
        self.line(&format!("[source.{}.{}]", key(&self.id.clone()), kind.word()));
        for doubt in &plan.doubts {
            self.doubt(doubt);
        }
        self.table(export, plan);
    }

    fn form(&mut self, export: &Guessed, plan: &Plan) {
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
        for question in &export.questions {
            self.question(question);
        }
        if let Some(rows) = &form.rows {
            let rows = if export.questions.is_empty() { rows } else { "?" };
            self.line(&format!("rows = {}", quoted(rows)));
        }
        self.zone(export, plan);
        let mut empty: Vec<&str> =
            export.columns.iter().flat_map(|column| column.placeholders.iter().copied()).collect();
        empty.sort_unstable();
        empty.dedup();
        if !empty.is_empty() {
            let texts: Vec<_> = empty.iter().map(|text| quoted(text)).collect();
            self.line(&format!("empty = [{}]", texts.join(", ")));
        }
    }

    /// Where times without an offset are at home, as far as the name of the column says it.
    fn zone(&mut self, export: &Guessed, plan: &Plan) {
        let is_local = |column: &&Column| {
            (column.has_local_times() && column.dates(true) != Verdict::Not)
                || (column.is_clock() && plan.kind == Kind::Activities)
        };
        let zones = export.columns.iter().find(|column| matches!(&*bare(&column.name), "timezone" | "tz"));
        if let Some(zones) = zones.filter(|zones| zones.filled > 0 && plan.kind == Kind::Activities) {
            let (name, example) = (&zones.name, zones.examples.first().map(String::as_str).unwrap_or_default());
            self.doubt(&format!(
                "`{name}` says where times are at home, such as {example}: write `timezone` if all are the same"
            ));
        }
        let times = plan.roles.iter().filter(|role| matches!(role.name, "occurred_at" | "created_at"));
        let mut times = times.filter_map(|role| Some(&export.columns[role.column?])).filter(is_local);
        if times.any(|column| names_utc(&column.name)) {
            self.line("timezone = \"UTC\"");
        } else if export.columns.iter().any(|column| is_local(&column)) {
            self.line("# timezone = \"Europe/Oslo\"  # for times without an offset, where the model has another zone");
        }
    }

    fn table(&mut self, export: &Guessed, plan: &Plan) {
        let Plan { kind, roles, .. } = plan;
        for role in roles {
            if role.name == "type" && role.column.is_none() {
                let perhaps = role::perhaps_types(&export.columns, roles);
                self.one_type(&export.stem(), &perhaps);
                continue;
            }
            self.role(export, *kind, role);
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
            self.field(export, &name, column, None);
        }
    }

    fn role(&mut self, export: &Guessed, kind: Kind, role: &Role) {
        let name = role.name;
        let Some(place) = role.column else {
            self.question(&format!("which column is `{name}`, which {} need?", kind.word()));
            self.line(&format!("{name} = \"?\""));
            return;
        };
        let column = &export.columns[place];
        let own = &column.name;
        if kind == Kind::Contacts && name == "id" && column.is_emails() {
            self.doubt("ids are compared letter by letter: `lowercase = true` if the e-mail addresses of other files may differ in case");
        }
        if kind.required().contains(&name) && column.filled < export.rows {
            let empty = export.rows - column.filled;
            self.doubt(&format!("`{own}` is empty in {empty} of {} rows, which give no facts", export.rows));
        }
        if matches!(name, "id" | "contact" | "account")
            && let Some(total) = &column.total
        {
            self.doubt(&format!("`{own}` is \"{total}\" in a row: a row of sums would count as a fact"));
        }
        let is_person = (kind == Kind::Contacts && name == "id") || name == "contact";
        if is_person && column.is_worded() {
            self.doubt(&format!("`{own}` has names, not ids: two people of one name would be one contact"));
        }
        if name == "contact" && bare(own) == "user" {
            let others = role::other_contacts(&export.columns, place);
            if !others.is_empty() {
                let others: Vec<_> = others.iter().map(|other| format!("`{}`", other.name)).collect();
                self.doubt(&format!(
                    "is `{own}` who did it, or who wrote it down? {} may be the contact too",
                    others.join(" or ")
                ));
            }
        }
        if name == "value" && bare(own) == "quantity" {
            self.doubt(&format!("no column is called as amounts are: `{own}` counts pieces"));
        }
        let clock = (name == "occurred_at").then(|| names::clock_beside(&export.columns, place)).flatten();
        self.field(export, name, column, Some(clock));
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
}

/// `order` of `orders`.
fn singular(name: &str) -> String {
    match name {
        _ if name.ends_with("ies") => format!("{}y", &name[..name.len() - 3]),
        _ if name.ends_with('s') && !name.ends_with("ss") => name[..name.len() - 1].to_owned(),
        _ => name.to_owned(),
    }
}
