//! Findings that the author has seen and accepts: by an option, or by a comment in the model.

use std::ops::Range;

use super::{Finding, Kind};
use crate::model::Places;

/// What is accepted: a kind, of everything or of one id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Allow {
    /// The kind.
    pub kind: Kind,
    /// The id of a table, a type, a band; everything if absent.
    pub id: Option<String>,
}

impl Allow {
    /// Reads `dead-rule` or `dead-rule=webinar`.
    ///
    /// # Errors
    ///
    /// If there is no such kind: the nearest, and all of them.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (kind, id) = match text.split_once('=') {
            Some((kind, id)) => (kind, Some(id.trim().to_owned())),
            None => (text, None),
        };
        Ok(Self { kind: Kind::parse(kind.trim())?, id })
    }

    /// Whether a finding is accepted by it.
    pub fn covers(&self, finding: &Finding) -> bool {
        let about = &finding.about;
        let named = |id: &String| *id == about.id || Some(id) == about.other.as_ref();
        self.kind == finding.kind && self.id.as_ref().is_none_or(named)
    }
}

/// A line `# lint: allow dead-rule, crowded-cap because ...` of the model.
#[derive(Debug)]
struct Comment<'t> {
    at: Range<usize>,
    /// Section and id of the table in whose lines it stands.
    table: (&'t str, &'t str),
    written: &'t str,
    allow: Result<Allow, String>,
}

/// Takes out the findings that comments of the model accept; a comment accepts only what is about the
/// table below whose header it stands. Comments that cannot be read are findings themselves and, `with_facts`,
/// so are those that accept nothing. Each of these comes with its place.
pub fn allowed(text: &str, findings: Vec<Finding>, with_facts: bool) -> Vec<(Finding, Option<Range<usize>>)> {
    let places = Places::of(text);
    let comments = comments(text, &places);
    let mut used = vec![false; comments.len()];
    let mut left: Vec<(Finding, Option<Range<usize>>)> = Vec::new();
    for finding in findings {
        let accepting: Vec<bool> = comments.iter().map(|comment| comment.accepts(&finding)).collect();
        used.iter_mut().zip(&accepting).for_each(|(used, accepts)| *used |= accepts);
        if !accepting.contains(&true) {
            left.push((finding, None));
        }
    }
    for (comment, used) in comments.iter().zip(used) {
        left.extend(comment.complaint(used, with_facts).map(|finding| (finding, Some(comment.at.clone()))));
    }
    left
}

fn comments<'t>(text: &'t str, places: &'t Places<'t>) -> Vec<Comment<'t>> {
    let mut comments = Vec::new();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let begin = start;
        start += line.len();
        let Some(rest) = line.trim().strip_prefix('#').and_then(|rest| rest.trim_start().strip_prefix("lint:")) else {
            continue;
        };
        let indent = line.len() - line.trim_start().len();
        let at = begin + indent..begin + line.trim_end().len();
        let table = places.table_around(begin).unwrap_or_default();
        let said = rest.split(" because ").next().unwrap_or_default().trim();
        let Some(listed) = said.strip_prefix("allow ") else {
            let allow = Err("a comment for `fervor lint` reads `# lint: allow KIND because ...`".to_owned());
            comments.push(Comment { at, table, written: said, allow });
            continue;
        };
        for written in listed.split(',').map(str::trim) {
            comments.push(Comment { at: at.clone(), table, written, allow: Allow::parse(written) });
        }
    }
    comments
}

impl Comment<'_> {
    fn accepts(&self, finding: &Finding) -> bool {
        let (section, id) = self.table;
        let about = &finding.about;
        let here = about.section == section
            && (section.is_empty() || about.id == id || section == "rule" && about.other.as_deref() == Some(id));
        here && self.allow.as_ref().is_ok_and(|allow| allow.covers(finding))
    }

    fn complaint(&self, used: bool, with_facts: bool) -> Option<Finding> {
        let (message, evidence, proposal) = match &self.allow {
            Err(why) => (
                format!("`{}` in a comment allows nothing", self.written),
                why.as_str(),
                "mend the comment, or delete it",
            ),
            Ok(_) if used || !with_facts => return None,
            Ok(allow) => (
                format!("`{}` is allowed here, but not found", allow.kind),
                "a comment speaks of the table below whose header it stands, and there is no such finding",
                "delete the comment, or move it below the header of the table that is meant",
            ),
        };
        let (section, id) = self.table;
        let section = ["score", "category", "rule", "exclude"].into_iter().find(|known| *known == section);
        let about = super::About { section: section.unwrap_or_default(), id: id.to_owned(), other: None, key: "" };
        Some(about.finding(Kind::UnusedAllow, message, evidence, proposal))
    }
}
