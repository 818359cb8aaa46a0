//! Models of other sizes, to see what a rule costs.

use std::fmt::Write as _;

/// So many rules; the model of the benchmark itself has twenty.
pub(crate) const SIZES: [usize; 2] = [5, 200];

const HEAD: &str = "name = \"series\"\npassive = [\"email_delivered\"]\n
[score.engagement]\nmin = 0\ndecimals = 1\nbands = { Low = 0, High = 100 }\n
[exclude.scanners]\nwhere = \"activity.source = 'scanner'\"\n";

/// So many rules of the kinds that fold activities, in turn and with other numbers each time.
pub(crate) fn model(rules: usize) -> String {
    let mut text = HEAD.to_owned();
    for at in 0..rules {
        let round = at / 10;
        let (points, days) = (1 + round % 7, 30 + 7 * round);
        let body = match at % 10 {
            0 => format!(
                "activity = \"email_opened\"\npoints = 0.{points}\nlimit = {{ times = 1, per = \"day\" }}\nhalf_life = \"{days} days\""
            ),
            1 => format!(
                "activity = \"page_viewed\"\npoints = 0.{points}\nwindow = \"{days} days\"\nlimit = {{ times = 3, per = \"week\" }}"
            ),
            2 => format!(
                "activity = \"event_attended\"\nwhere = \"activity.format = 'in_person'\"\npoints = {points}\nfade_out = \"{days} days\""
            ),
            3 => format!(
                "activity = \"purchase\"\npoints = 0.0{points}\nmultiply_by = \"value\"\neach_at_most = 50\nhalf_life = \"{days} days\""
            ),
            4 => format!(
                "activity = \"course_completed\"\ntiers = {{ 1 = {points}, 3 = {} }}\nwindow = \"{days} days\"",
                points + 5
            ),
            5 => format!(
                "activity = \"login\"\npoints = 0.{points}\nlimit = {{ times = 1, per = \"day\" }}\nwindow = \"{days} days\""
            ),
            6 => format!(
                "activity = \"page_viewed\"\nwhere = \"activity.campaign LIKE 'join-{round:02}'\"\npoints = {points}\nhalf_life = \"{days} days\""
            ),
            7 => format!(
                "activity = [\"survey_answered\", \"forum_posted\"]\npoints = {points}\ntake = \"max\"\nhalf_life = \"{days} days\""
            ),
            8 => format!(
                "activity = \"donation\"\npoints = 0.0{points}\nmultiply_by = \"value\"\ntake = \"latest\"\nwindow = \"{} days\"",
                days * 4
            ),
            _ => format!(
                "activity = \"event_registered\"\npoints = {points}\nstep_down = {{ percent = 20, every = \"1 month\" }}"
            ),
        };
        let _written = write!(text, "\n[rule.r{at}]\nscore = \"engagement\"\n{body}\ncap = {}\n", 20 + points);
    }
    text
}
