//! Tables that are in memory, or stream in from another program: no file, and no mapping.

use std::collections::HashSet;
use std::path::Path;

use arrow_array::RecordBatch;
use arrow_schema::Schema;
use rules::day::Zone;
use rules::suggest::nearest;

use super::arrow::{Columns, is_readable};
use super::{Error, Kind, Reason, Sink, place};

/// A table with canonical columns, checked before any of its rows is read.
#[derive(Debug)]
pub struct Frame {
    kind: Kind,
    columns: Columns,
}

impl Frame {
    /// A table of a kind, under the name that messages give it.
    ///
    /// # Errors
    ///
    /// If it lacks a column, has one twice, or has one of a type that facts cannot hold.
    pub fn new(kind: Kind, name: &str, schema: &Schema) -> Result<Self, Error> {
        let refuse = |problem: String, help: String| Err(Error::new(Path::new(name), problem, Some(help)));
        if let Some(field) = schema.fields().iter().find(|field| !is_readable(field.data_type())) {
            let (column, found) = (field.name(), field.data_type());
            let problem = format!("has a column `{column}` of a type that facts cannot hold: {found}");
            return refuse(problem, "leave that column out".into());
        }
        let columns = Columns::of(schema.fields());
        let names: Vec<&str> = columns.names().iter().map(|name| &**name).collect();
        let mut seen = HashSet::new();
        if let Some(twice) = names.iter().find(|name| !name.is_empty() && !seen.insert(**name)) {
            return refuse(format!("has two columns named `{twice}`"), "rename one of them".into());
        }
        let missing: Vec<_> = kind.required().iter().copied().filter(|column| !names.contains(column)).collect();
        let Some(first) = missing.first() else { return Ok(Self { kind, columns }) };
        let problem = format!("has no column `{}`, which {} need", missing.join("`, `"), kind.word());
        let help = match nearest(first, names.iter().copied()) {
            Some(near) => format!("rename the column `{near}`"),
            None if names.is_empty() => "it has no columns at all".into(),
            None => format!("found {}", names.join(", ")),
        };
        refuse(problem, help)
    }

    /// Takes the rows of a batch with the schema of the table. A row that cannot be used is told with
    /// its place in the batch, from 0, and the others are still taken.
    pub fn load(&self, batch: &RecordBatch, zone: &Zone, sink: &mut dyn Sink, rejected: &mut dyn FnMut(usize, Reason)) {
        let rows = self.columns.in_batch(batch);
        for row in 0..batch.num_rows() {
            let placed = rows.cells(row).and_then(|cells| place(self.kind, cells, zone, sink));
            if let Err(reason) = placed {
                rejected(row, reason);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_array::{ArrayRef, Int64Array, StringArray};
    use arrow_schema::{DataType, Field};
    use rules::facts::Builder;

    use super::*;

    fn texts(texts: &[&str]) -> ArrayRef {
        Arc::new(StringArray::from(texts.to_vec()))
    }

    #[test]
    fn rows_become_facts_and_the_others_are_told_by_their_place() {
        let ids: ArrayRef = Arc::new(Int64Array::from(vec![Some(7), Some(7), None]));
        let times = texts(&["2026-03-14", "yesterday", "2026-03-14"]);
        let columns = [("contact", ids), ("type", texts(&["buy"; 3])), ("occurred_at", times)];
        let batch = RecordBatch::try_from_iter(columns).unwrap();
        let frame = Frame::new(Kind::Activities, "activities", &batch.schema()).unwrap();
        let (mut builder, mut rejected) = (Builder::default(), Vec::new());
        frame.load(&batch, &Zone::utc(), &mut builder, &mut |row, reason| rejected.push((row, reason)));
        let facts = builder.finish();
        let of = |id: &str| facts.contacts.get(id).map(|person| person.activities.len());
        assert_eq!((of("7"), facts.contacts.len()), (Some(1), 1));
        assert!(matches!(&rejected[0], (1, Reason::Time { text, .. }) if text == "yesterday"), "{rejected:?}");
        assert_eq!(rejected[1], (2, Reason::Missing { column: "contact".into() }));
        assert_eq!(rejected.len(), 2);
    }

    #[test]
    fn a_table_that_cannot_be_used_is_refused_with_what_to_do() {
        let text = |name: &str| Field::new(name, DataType::Utf8, true);
        let view = DataType::ListView(Arc::new(text("item")));
        let cases = [
            (
                vec![text("contact"), text("type"), text("ocurred_at")],
                "`occurred_at`",
                "rename the column `ocurred_at`",
            ),
            (vec![text("x")], "`contact`, `type`, `occurred_at`, which activities need", "found x"),
            (vec![], "`contact`", "no columns at all"),
            (vec![text("a"), text("a")], "two columns named `a`", "rename one"),
            (vec![Field::new("tags", view, true)], "column `tags` of a type", "leave that column out"),
        ];
        for (fields, problem, help) in cases {
            let error = Frame::new(Kind::Activities, "activities", &Schema::new(fields)).unwrap_err();
            assert!(error.to_string().starts_with("activities: ") && error.to_string().contains(problem), "{error}");
            assert!(error.help.as_deref().unwrap().contains(help), "{error:?}");
        }
    }
}
