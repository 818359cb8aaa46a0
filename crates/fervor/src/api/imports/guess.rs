//! A mapping, proposed for the beginning of a file.

use batch::guess::{Proposal, guess as propose};
use batch::mapping::Mapping;
use rules::value::Attributes;
use serde_json::{Map, Value as Json, json};
use store::record;

use super::super::answer::Answer;
use super::super::call::{Call, unprocessable};
use super::super::problem::{Kind as Wrong, Problem};
use super::sent::{file_name, kind, mistakes, no_room};
use crate::import::run::of_file;
use edit::style;

/// Bytes that are looked at.
const BEGINNING_MAX: usize = 1 << 20;

/// Proposes a mapping, and shows the first rows.
pub(crate) fn guess(call: &Call) -> Result<Answer, Problem> {
    if call.body.is_empty() {
        return Err(unprocessable("no file was sent; send its beginning, up to 1 MiB"));
    }
    if call.body.len() > BEGINNING_MAX {
        return Err(Problem::new(Wrong::TooLarge, "the beginning of a file is enough: send 1 MiB of it at most"));
    }
    let kind = call.query.get("kind").map(|word| kind(word)).transpose()?;
    let folder = call.app.imports.folder().map_err(|error| no_room(&error))?;
    let name = file_name(call.query.get("name").map(String::as_str), "file.csv");
    let path = folder.path().join(&name);
    std::fs::write(&path, beginning(&call.body)).map_err(|error| no_room(&error))?;
    let proposal = propose(&[path], kind, None, |_| name.clone(), &mut |_| {});
    let Proposal { text, questions, doubts, rows } = proposal.map_err(|error| unprocessable(of_file(&error)))?;
    let text = style::formatted(&text);
    // With questions it cannot be used yet, and that is no mistake of anybody's.
    let problem = match Mapping::parse(&text) {
        Err(found) if questions.is_empty() => Some(mistakes(&text, &found)),
        _ => None,
    };
    if let Some(problem) = problem {
        tracing::error!(problem, "a mapping was proposed that cannot be used");
    }
    let rows: Vec<Json> = rows.iter().flatten().map(row).collect();
    Ok(Answer::ok(&json!({"sources": text, "questions": questions, "doubts": doubts, "rows": rows})))
}

fn row(cells: &Attributes) -> Json {
    cells.iter().map(|(name, value)| (name.to_string(), record::json(value))).collect::<Map<_, _>>().into()
}

/// What is whole of a beginning: the last line may have been cut in the middle.
fn beginning(body: &[u8]) -> &[u8] {
    let ends = body.iter().enumerate().rev().filter(|(_, byte)| **byte == b'\n').map(|(place, _)| place);
    // A file of a few lines has hardly been cut, and each of them counts.
    match (body.ends_with(b"\n") || body.starts_with(b"PAR1"), ends.clone().count(), ends.clone().next()) {
        (false, 3.., Some(end)) => &body[..=end],
        _ => body,
    }
}

#[cfg(test)]
mod tests {
    use super::beginning;

    #[test]
    fn a_line_that_may_be_cut_is_left_out_where_there_are_others() {
        for (body, expected) in [
            ("a,b\n1,2\n3,4\n5,", "a,b\n1,2\n3,4\n"),
            ("a,b\n1,2\n3,4\n", "a,b\n1,2\n3,4\n"),
            ("a,b\n1,2", "a,b\n1,2"),
            ("PAR1\n\n\nx", "PAR1\n\n\nx"),
        ] {
            assert_eq!(beginning(body.as_bytes()), expected.as_bytes());
        }
    }
}
