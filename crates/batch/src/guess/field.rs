//! A line of a table: the column with the way to read it, its examples, and what is not certain of it.

use super::Guessed;
use super::column::Column;
use super::names::{bare, names_amount, names_cents, names_time};
use super::print::Out;
use super::rivals::Verdict;
use super::toml::{in_one_line, key, quoted};
use crate::mapping::{Mark, Order};

/// At least so many of a hundred values are of a kind if the column was meant to be.
const HALF_PERCENT: usize = 50;

impl Out {
    /// The line of a canonical column, or of another one. A canonical time may have its clock in a
    /// column of its own.
    pub(super) fn field(&mut self, export: &Guessed, name: &str, column: &Column, canonical: Option<Option<&Column>>) {
        let clock = canonical.flatten();
        let is_id = canonical.is_some() && matches!(name, "id" | "contact" | "account" | "type" | "source");
        let is_time = canonical.is_some() && matches!(name, "occurred_at" | "created_at");
        let dates = if is_id { Verdict::Not } else { export.dates(column, is_time) };
        let numbers = if is_id || dates != Verdict::Not { Verdict::Not } else { export.numbers(column) };
        let mut more = String::new();
        if let Some(clock) = clock {
            more.push_str(", join = \" \"");
            // A clock of its own is hardly written as in ISO 8601.
            if matches!(dates, Verdict::Sure(Order::Iso)) {
                more.push_str(", dates = \"ymd\"");
            }
            if clock.filled < column.filled {
                self.doubt(&format!(
                    "`{}` is empty in {} rows, which give no facts",
                    clock.name,
                    column.filled - clock.filled
                ));
            }
        }
        self.dates(export, column, &dates, is_time, &mut more);
        self.numbers(column, &numbers, &mut more);
        if !is_id {
            self.unread(column, &dates, &numbers, is_time || name == "value" || name == "amount");
        }
        if canonical.is_some() && matches!(name, "value" | "amount") {
            self.cents(export, column);
        }
        if let Some(garbled) = &column.garbled {
            self.doubt(&format!(
                "`{}` has \"{garbled}\", which was decoded wrongly before it came into this file",
                column.name
            ));
        }
        let value = match clock {
            Some(clock) => format!("{{ columns = [{}, {}]{more} }}", quoted(&column.name), quoted(&clock.name)),
            // A question mark alone is a question.
            None if more.is_empty() && column.name != "?" => quoted(&column.name),
            None => format!("{{ column = {}{more} }}", quoted(&column.name)),
        };
        let examples = in_one_line(&column.examples.join(" | "));
        let comment = if examples.is_empty() { "always empty".to_owned() } else { examples };
        self.line(&format!("{} = {value}  # {comment}", key(name)));
    }

    fn dates(&mut self, export: &Guessed, column: &Column, dates: &Verdict<Order>, is_time: bool, more: &mut String) {
        let name = &column.name;
        let named = is_time || names_time(name);
        match dates {
            Verdict::Not => {}
            Verdict::Sure(order) => {
                if *order != Order::Iso {
                    more.push_str(&format!(", dates = {}", quoted(order.word())));
                }
                self.sure_dates(column, *order, named);
            }
            Verdict::Asked(orders, example) => {
                let readings =
                    orders.iter().filter_map(|order| Some(format!("{} ({})", order.read(example)?, order.word())));
                let readings: Vec<_> = readings.collect();
                let none = if named { "" } else { " Or take `dates` away if these are no dates" };
                self.question(&format!("{example} in `{name}` is {}?{none}", readings.join(" or ")));
                more.push_str(", dates = \"?\"");
            }
            Verdict::Mixed => {
                let next = match export.paths.len() {
                    1 => "can it be exported again?",
                    _ => "do the files differ? Then each needs a source of its own: guess them one by one",
                };
                self.question(&format!("`{name}` has dates in more than one order, which no mapping can read: {next}"));
                more.push_str(", dates = \"?\"");
            }
        }
    }

    /// What may be wrong all the same.
    fn sure_dates(&mut self, column: &Column, order: Order, named: bool) {
        let name = &column.name;
        if matches!(order, Order::Unix | Order::UnixMillis | Order::UnixMicros | Order::Spreadsheet) {
            let example = column.examples.first().map(String::as_str).unwrap_or_default();
            let read = order.read(example).unwrap_or_default();
            self.doubt(&format!("`{name}` is taken as {}: {example} is {read}", order.described()));
            return;
        }
        let odd = column.odd_dates();
        if let Some(example) = column.no_date.as_ref().filter(|_| odd > 0) {
            let said = if odd == 1 { "is no such date" } else { "are no such dates" };
            self.doubt(&format!("{} of `{name}` {said}: \"{example}\"", values(odd)));
        }
        if !named && column.short_years > 0 {
            self.doubt(&format!(
                "`{name}` reads as dates: take `dates` away if these are versions, sections or the like"
            ));
        }
        if let Some(outlier) =
            column.orders.outlier(super::column::ORDERS.iter().position(|own| *own == order).unwrap_or(0))
        {
            self.doubt(&format!("the order of `{name}` is known by few values only, such as {outlier}"));
        }
    }

    fn numbers(&mut self, column: &Column, numbers: &Verdict<Mark>, more: &mut String) {
        let name = &column.name;
        match numbers {
            Verdict::Not => {}
            Verdict::Sure(mark) => {
                more.push_str(&format!(", decimal = {}", quoted(mark.word())));
                let odd = column.odd_numbers();
                if let Some(example) = column.no_number.as_ref().filter(|_| odd > 0) {
                    let said = if odd == 1 { "is no number, and stays" } else { "are no numbers, and stay" };
                    self.doubt(&format!("{} of `{name}` {said} as written: \"{example}\"", values(odd)));
                }
                if let Some(outlier) = column.marks.outlier(*mark as usize) {
                    self.doubt(&format!(
                        "what stands before the decimals of `{name}` is known by few values only, such as {outlier}"
                    ));
                }
            }
            Verdict::Asked(_, example) => {
                self.question(&format!("is {example} in `{name}` a thousand and more (\",\" or \".\" groups digits), or are these decimals? write the sign that stands before decimals"));
                more.push_str(", decimal = \"?\"");
            }
            Verdict::Mixed => self
                .doubt(&format!("`{name}` has numbers with decimal points and with decimal commas; it stays as it is")),
        }
    }

    /// What looks like times or numbers, and is not taken as such.
    fn unread(&mut self, column: &Column, dates: &Verdict<Order>, numbers: &Verdict<Mark>, expected: bool) {
        if *dates != Verdict::Not || *numbers != Verdict::Not || column.different == 0 {
            return;
        }
        let name = &column.name;
        let many = |read: usize| read * 100 >= column.different * HALF_PERCENT;
        let has_digits = !column.is_worded()
            && column.examples.iter().any(|example| example.bytes().any(|byte| byte.is_ascii_digit()));
        let dates_read = column.orders.read + column.begun_dates;
        let half_dates = many(dates_read) && dates_read > column.marks.read;
        let named_dates = names_time(name) && has_digits && !column.is_numeric() && !column.is_clock();
        if half_dates || named_dates {
            let odd = if many(column.whole) { &column.no_number } else { &column.no_date };
            if let Some(example) = odd.as_ref().or(column.no_date.as_ref()) {
                self.doubt(&format!("`{name}` looks like a time, but \"{example}\" cannot be read; it stays as it is"));
            }
            return;
        }
        let is_plain = column.plain_numbers >= column.marks.read;
        let half_numbers = many(column.marks.read) && (!is_plain || expected);
        let is_short = column.marks.read < column.different && column.plain_numbers < column.different;
        if is_short
            && (half_numbers || (names_amount(name) && has_digits))
            && let Some(example) = &column.no_number
        {
            self.doubt(&format!("`{name}` looks like a number, but \"{example}\" cannot be read; it stays as it is"));
        }
    }

    /// Amounts in cents, which look like a hundred times as much.
    fn cents(&mut self, export: &Guessed, column: &Column) {
        let coded = export.columns.iter().any(|other| bare(&other.name) == "currency" && other.is_small_codes());
        if names_cents(&column.name) || (coded && column.is_whole()) {
            self.doubt(&format!("`{}` seems to count cents: then add divide = 100", column.name));
        }
    }
}

fn values(count: usize) -> String {
    if count == 1 { "one value".to_owned() } else { format!("{count} different values") }
}
