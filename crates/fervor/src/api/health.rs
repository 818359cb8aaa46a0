//! Whether the service is well, and numbers for those who watch it.

use std::fmt::Write as _;
use std::sync::PoisonError;
use std::sync::atomic::Ordering;

use serde_json::json;

use super::answer::Answer;
use super::call::Call;
use super::problem::{Kind, Problem};

/// It runs.
pub(crate) fn alive(_: &Call) -> Result<Answer, Problem> {
    Ok(Answer::ok(&json!({"status": "ok"})))
}

/// It can be asked: the database answers, and it is not going down.
pub(crate) fn ready(call: &Call) -> Result<Answer, Problem> {
    if call.app.is_stopping.load(Ordering::Acquire) {
        return Err(Problem::later(Kind::Unavailable, "the service is going down", 5));
    }
    call.app.service.models()?;
    Ok(Answer::ok(&json!({"status": "ok"})))
}

/// The numbers, in the text format of Prometheus.
pub(crate) fn metrics(call: &Call) -> Result<Answer, Problem> {
    let counts = &call.app.counts;
    let mut out = String::new();
    let mut put = |name: &str, kind: &str, help: &str, lines: Vec<(String, u64)>| {
        // A String takes any text.
        let _written = writeln!(out, "# HELP fervor_{name} {help}\n# TYPE fervor_{name} {kind}");
        for (labels, value) in lines {
            let _written = writeln!(out, "fervor_{name}{labels} {value}");
        }
    };
    let requests = counts.requests.read().unwrap_or_else(PoisonError::into_inner);
    let line = |((path, status), count): (&(&str, u16), &std::sync::atomic::AtomicU64)| {
        (format!("{{path=\"{path}\",status=\"{status}\"}}"), count.load(Ordering::Relaxed))
    };
    put("requests_total", "counter", "Requests by path and status.", requests.iter().map(line).collect());
    let refused = counts.refused.read().unwrap_or_else(PoisonError::into_inner);
    let line = |(code, count): (&&str, &std::sync::atomic::AtomicU64)| {
        (format!("{{code=\"{code}\"}}"), count.load(Ordering::Relaxed))
    };
    put("refused_total", "counter", "Items that were refused, by reason.", refused.iter().map(line).collect());
    let one = |count: &std::sync::atomic::AtomicU64| vec![(String::new(), count.load(Ordering::Relaxed))];
    put("accepted_total", "counter", "Items that were accepted.", one(&counts.accepted));
    put("duplicates_total", "counter", "Items that were known already.", one(&counts.duplicates));
    put("put_off_total", "counter", "Requests that were put off, as too much was going on.", one(&counts.busy));
    put("looked_at_total", "counter", "Subjects that were looked at behind the scenes.", one(&counts.looked_at));
    let (remembered, read) = call.app.service.remembered();
    let from = |place: &str, count| (format!("{{from=\"{place}\"}}"), count);
    let lines = vec![from("memory", remembered), from("database", read)];
    put("contacts_total", "counter", "Contacts of whom something was said, by where they were found.", lines);
    let imports = &call.app.imports;
    let rows = [
        ("accepted", &imports.rows.accepted),
        ("duplicate", &imports.rows.duplicates),
        ("refused", &imports.rows.refused),
    ];
    let line = |(outcome, count): (&str, &std::sync::atomic::AtomicU64)| {
        (format!("{{outcome=\"{outcome}\"}}"), count.load(Ordering::Relaxed))
    };
    put("imported_total", "counter", "Facts of imports, by what became of them.", rows.map(line).into());
    put("imports", "gauge", "Imports that run or wait.", vec![(String::new(), imports.count() as u64)]);
    let to_follow = call.app.service.to_follow()?.unsigned_abs();
    let help = "Notes that accounts, opportunities or others are to be looked at again; at most 100000 are counted.";
    put("to_follow", "gauge", help, vec![(String::new(), to_follow)]);
    let waiting = call.app.service.waiting() as u64;
    put("waiting", "gauge", "Facts that wait to be stored.", vec![(String::new(), waiting)]);
    Ok(Answer::text("text/plain; version=0.0.4; charset=utf-8", out))
}
