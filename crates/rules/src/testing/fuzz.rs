//! What must hold for any text at all: the fuzz targets and a short run in the tests share it.

use crate::condition::{Condition, Context, Scope, Space};
use crate::day::Zone;
use crate::lint::{allowed, lint};
use crate::model::Model;

/// Any text is a model or a list of diagnostics whose places lie in the text; a model prints to a
/// text that parses to the same model, and whatever is found in it has a place in the text.
///
/// # Panics
///
/// If it does not hold.
pub fn check_model_text(text: &str) {
    match Model::parse(text) {
        Ok(model) => {
            let printed = model.print();
            let again = Model::parse(&printed).unwrap_or_else(|found| panic!("{printed}\n{found:?}"));
            assert_eq!(model, again, "{printed}");
            let findings = lint(&model, None, &|| ()).expect("only facts can leave the range");
            for (finding, at) in allowed(text, findings, true) {
                assert!(!finding.message.is_empty() && !finding.evidence.is_empty(), "{finding:?} says nothing");
                assert!(at.is_none_or(|at| text.get(at).is_some()), "{finding:?} lies outside the text");
            }
        }
        Err(diagnostics) => {
            assert!(!diagnostics.is_empty(), "refused without a reason");
            for diagnostic in diagnostics {
                assert!(text.get(diagnostic.span.clone()).is_some(), "{diagnostic:?} lies outside the text");
                assert!(!diagnostic.message.is_empty(), "{diagnostic:?} says nothing");
                let (line, column) = diagnostic.line_and_column(text);
                assert!(line >= 1 && column >= 1);
            }
        }
    }
}

/// Any text is a condition or a list of problems within it; a condition prints to a text that
/// parses to the same condition, and has a value when nothing is known.
///
/// # Panics
///
/// If it does not hold.
pub fn check_condition_text(text: &str) {
    let spaces = Space::ALL.map(|(_, space)| space);
    let scope = Scope { place: "a test", spaces: &spaces, scores: &["engagement"], categories: &["work"] };
    match Condition::parse(text, &scope) {
        Ok(condition) => {
            let printed = condition.predicate.to_string();
            let again = Condition::parse(&printed, &scope).unwrap_or_else(|found| panic!("{printed}\n{found:?}"));
            assert_eq!(condition, again, "{text}\n{printed}");
            condition.predicate.evaluate(&Context::empty(&Zone::utc()));
        }
        Err(problems) => {
            assert!(!problems.is_empty(), "refused without a reason");
            for problem in problems {
                assert!(text.get(problem.span.clone()).is_some(), "{problem:?} lies outside {text:?}");
            }
        }
    }
}
