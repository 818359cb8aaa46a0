//! Models of other sizes, to see what a rule costs.

use std::fmt::Write as _;

/// So many rules; the model of the benchmark itself has twenty.
pub(crate) const SIZES: [usize; 2] = [5, 200];

const HEAD: &str = "name = \"series\"\npassive = [\"email_delivered\"]\n
[score.engagement]\nmin = 0\ndecimals = 1\nbands = { Low = 0, High = 100 }\n
[exclude.scanners]\nwhere = \"activity.source = 'scanner'\"\n";

/// Rules of the kinds that fold activities: P stands for points and D for days.
const KINDS: [&str; 10] = [
    r#"activity = "email_opened"
points = 0.P
limit = { times = 1, per = "day" }
half_life = "D days""#,
    r#"activity = "page_viewed"
points = 0.P
window = "D days"
limit = { times = 3, per = "week" }"#,
    r#"activity = "event_attended"
where = "activity.format = 'in_person'"
points = P
fade_out = "D days""#,
    r#"activity = "purchase"
points = 0.0P
multiply_by = "value"
each_at_most = 50
half_life = "D days""#,
    r#"activity = "course_completed"
tiers = { 1 = P, 3 = 10 }
window = "D days""#,
    r#"activity = "login"
points = 0.P
limit = { times = 1, per = "day" }
window = "D days""#,
    r#"activity = "page_viewed"
where = "activity.campaign LIKE 'join-%'"
points = P
half_life = "D days""#,
    r#"activity = ["survey_answered", "forum_posted"]
points = P
take = "max"
half_life = "D days""#,
    r#"activity = "donation"
points = 0.0P
multiply_by = "value"
take = "latest"
window = "D days""#,
    r#"activity = "event_registered"
points = P
step_down = { percent = 20, every = "1 month" }"#,
];

/// So many rules, of all kinds in turn, with other numbers each time.
pub(crate) fn model(rules: usize) -> String {
    let mut text = HEAD.to_owned();
    for at in 0..rules {
        let round = at / KINDS.len();
        let (points, days) = (1 + round % 7, 30 + 7 * round);
        let body = KINDS[at % KINDS.len()].replace('P', &points.to_string()).replace('D', &days.to_string());
        let _written = write!(text, "\n[rule.r{at}]\nscore = \"engagement\"\n{body}\ncap = {}\n", 20 + points);
    }
    text
}
