//! Exports in many dialects: each is guessed right, or what cannot be known is asked, and with the
//! answer it is right. Never silently wrong.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::io::Write as _;
use std::path::{Path, PathBuf};

use batch::guess::guess;
use batch::mapping::{Mapping, Unread};
use batch::source::{self, Kind, Reject, Stop, Watcher};
use rules::day::Zone;
use rules::facts::Facts;
use rules::testing::Dice;

const DIALECTS: u64 = 400;

/// How an export is written.
#[derive(Debug)]
struct Dialect {
    delimiter: char,
    quote: char,
    quote_all: bool,
    encoding: &'static str,
    line_end: &'static str,
    order: &'static str,
    /// Days up to the 12th only: the order cannot be known.
    early_days: bool,
    clock: &'static str,
    comma: bool,
    grouped: bool,
    above: &'static [&'static str],
    below: &'static [&'static str],
    placeholder: &'static str,
    /// A delimiter at the end of each row, the header too or not.
    trailing: [bool; 2],
    /// The header stands once more in the middle, as where files were put together.
    repeated: bool,
    packed: &'static str,
    header: [&'static str; 5],
}

impl Dialect {
    fn roll(dice: &mut Dice) -> Self {
        let headers: [[&str; 5]; 4] = [
            ["Member ID", "Activity", "Date", "Amount", "Note"],
            ["customer_id", "event_type", "timestamp", "total", "remark"],
            ["Email", "Type", "Event Date", "Value", "Comment"],
            ["Kundennummer", "Aktion", "Datum", "Betrag", "Bemerkung"],
        ];
        let above: [&[&str]; 4] = [&[], &["Activity report"], &["Activity report", "", "Made on demand"], &["sep="]];
        let below: [&[&str]; 3] = [&[], &["Total of all rows"], &["", "-- end --"]];
        let delimiter = [',', ';', '\t', '|'][dice.below(4)];
        let orders = ["iso", "dmy/", "dmy.", "dmy-", "mdy/", "ymd/", "ymd", "dMy", "Mdy", "dmy2", "unix", "unix_ms"];
        Self {
            delimiter,
            quote: if dice.one_in(5) { '\'' } else { '"' },
            quote_all: dice.one_in(3),
            encoding: dice.pick(&["utf-8", "utf-8", "bom", "latin-1", "utf-16le", "utf-16be", "utf-16le bare"]),
            line_end: dice.pick(&["\n", "\r\n"]),
            order: dice.pick(&orders),
            early_days: dice.one_in(4),
            clock: dice.pick(&["", "", " 24", " 12", "T24", " zone", " both"]),
            comma: dice.one_in(2),
            grouped: dice.one_in(3),
            above: above[dice.below(4)],
            below: below[dice.below(3)],
            placeholder: dice.pick(&["", "NULL", "n/a", "-"]),
            trailing: [[false, false], [false, true], [true, false], [true, true]][dice.below(4)],
            repeated: dice.one_in(6),
            packed: dice.pick(&["", "", ".gz", ".zst"]),
            header: headers[dice.below(4)],
        }
    }

    fn date(&self, fact: &Fact) -> String {
        let Fact { year, month, day, hour, .. } = *fact;
        let name =
            ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"][month as usize - 1];
        let short = year % 100;
        let date = match self.order {
            "dmy/" => format!("{day:02}/{month:02}/{year}"),
            "dmy." => format!("{day}.{month}.{year}"),
            "dmy-" => format!("{day:02}-{month:02}-{year}"),
            "mdy/" => format!("{month}/{day}/{year}"),
            "ymd/" => format!("{year}/{month:02}/{day:02}"),
            "ymd" => format!("{year}{month:02}{day:02}"),
            "dMy" => format!("{day} {name} {year}"),
            "Mdy" => format!("{name} {day}, {year}"),
            "dmy2" => format!("{day:02}/{month:02}/{short:02}"),
            "unix" => return fact.seconds().to_string(),
            "unix_ms" => return format!("{}000", fact.seconds()),
            _ => format!("{year}-{month:02}-{day:02}"),
        };
        match self.clock {
            _ if self.order == "ymd" => date,
            " 24" => format!("{date} {hour:02}:30"),
            " 12" => format!("{date} {}:30 {}", (hour + 11) % 12 + 1, if hour < 12 { "AM" } else { "PM" }),
            " zone" => format!("{date} {}:30 {}", (hour + 11) % 12 + 1, if hour < 12 { "AM PST" } else { "PM PST" }),
            " both" => format!("{date} {hour:02}:30:00 +0000 UTC"),
            "T24" if self.order == "iso" => format!("{date}T{hour:02}:30:00Z"),
            _ => date,
        }
    }

    fn has_clock(&self) -> bool {
        match self.order {
            "unix" | "unix_ms" => true,
            "ymd" => false,
            _ => self.clock.starts_with(' ') || (self.clock == "T24" && self.order == "iso"),
        }
    }

    /// Its times are named as those of the west coast of America.
    fn is_pacific(&self) -> bool {
        self.clock == " zone" && self.has_clock() && !self.order.starts_with("unix")
    }

    fn amount(&self, cents: u64) -> String {
        let (whole, rest) = (cents / 100, cents % 100);
        let (mark, group) = if self.comma { (',', '.') } else { ('.', ',') };
        let whole = match self.grouped && whole >= 1000 {
            true => format!("{}{group}{:03}", whole / 1000, whole % 1000),
            false => whole.to_string(),
        };
        format!("{whole}{mark}{rest:02}")
    }

    fn cell(&self, text: &str) -> String {
        let special = text.contains([self.delimiter, self.quote, '\n', '\r']);
        if self.quote_all || special {
            let doubled = text.replace(self.quote, &format!("{0}{0}", self.quote));
            return format!("{0}{doubled}{0}", self.quote);
        }
        text.to_owned()
    }

    fn write(&self, facts: &[Fact], order: &[usize; 5]) -> Vec<u8> {
        let mut text = String::new();
        let row = |cells: [String; 5], trailing: bool| {
            let cells: Vec<_> = order.iter().map(|&place| self.cell(&cells[place])).collect();
            let end = if trailing { self.delimiter.to_string() } else { String::new() };
            cells.join(&self.delimiter.to_string()) + &end + self.line_end
        };
        for line in self.above {
            let sep = if *line == "sep=" { self.delimiter.to_string() } else { String::new() };
            text.push_str(&format!("{line}{sep}{}", self.line_end));
        }
        let header = row(self.header.map(str::to_owned), self.trailing[0]);
        text.push_str(&header);
        for (place, fact) in facts.iter().enumerate() {
            if self.repeated && place == facts.len() / 2 {
                text.push_str(&header);
            }
            let amount = fact.cents.map_or(self.placeholder.to_owned(), |cents| self.amount(cents));
            let cells = [fact.contact.clone(), fact.kind.clone(), self.date(fact), amount, fact.note.clone()];
            text.push_str(&row(cells, self.trailing[1]));
        }
        for line in self.below {
            text.push_str(&format!("{line}{}", self.line_end));
        }
        self.pack(&self.encode(&text))
    }

    fn encode(&self, text: &str) -> Vec<u8> {
        let utf_16 = |big: bool| {
            let bytes = move |unit: u16| if big { unit.to_be_bytes() } else { unit.to_le_bytes() };
            text.encode_utf16().flat_map(bytes).collect::<Vec<u8>>()
        };
        match self.encoding {
            "bom" => [b"\xef\xbb\xbf", text.as_bytes()].concat(),
            "latin-1" => text.chars().map(|letter| u8::try_from(u32::from(letter)).unwrap()).collect(),
            "utf-16le" => [vec![0xff, 0xfe], utf_16(false)].concat(),
            "utf-16be" => [vec![0xfe, 0xff], utf_16(true)].concat(),
            "utf-16le bare" => utf_16(false),
            _ => text.as_bytes().to_vec(),
        }
    }

    fn pack(&self, bytes: &[u8]) -> Vec<u8> {
        match self.packed {
            ".gz" => {
                let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
                packed.write_all(bytes).unwrap();
                packed.finish().unwrap()
            }
            ".zst" => zstd::encode_all(bytes, 1).unwrap(),
            _ => bytes.to_vec(),
        }
    }

    /// What somebody who knows the export answers to a question in a line of the mapping.
    fn answer(&self, line: &str) -> String {
        let order = match self.order {
            "mdy/" | "Mdy" => "mdy",
            "ymd/" | "ymd" => "ymd",
            _ => "dmy",
        };
        let mark = if self.comma { "," } else { "." };
        line.replace("dates = \"?\"", &format!("dates = \"{order}\""))
            .replace("decimal = \"?\"", &format!("decimal = \"{mark}\""))
            .replace("contact = \"?\"", &format!("contact = \"{}\"", self.header[0]))
            .replace("occurred_at = \"?\"", &format!("occurred_at = \"{}\"", self.header[2]))
    }
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Fact {
    contact: String,
    kind: String,
    year: u32,
    month: u32,
    day: u32,
    hour: u32,
    cents: Option<u64>,
    note: String,
}

impl Fact {
    fn roll(dice: &mut Dice, dialect: &Dialect) -> Self {
        let number =
            |dice: &mut Dice, from: u32, to: u32| from + u32::try_from(dice.below((to - from) as usize)).unwrap();
        let who = number(dice, 1, 9);
        let contact = match dialect.header[0] {
            "Email" => format!("member{who}@example.org"),
            _ => format!("M-{who:04}"),
        };
        let last_day = if dialect.early_days { 13 } else { 29 };
        let notes = ["", "café in Ålesund", "a, b; c | d", "say \"hi\"", "it's", "first\nsecond", "plain"];
        Self {
            contact,
            kind: dice.pick(&["event", "download", "purchase"]).to_owned(),
            year: number(dice, 2019, 2027),
            month: number(dice, 1, 13),
            day: number(dice, 1, last_day),
            hour: number(dice, 0, 24),
            cents: if dice.one_in(8) { None } else { Some(dice.bits() % 300_000) },
            note: dice.pick(&notes).to_owned(),
        }
    }

    /// Half past the hour, in UTC.
    fn instant(&self, clock: bool) -> String {
        let (hour, minute) = if clock { (self.hour, 30) } else { (0, 0) };
        format!("{}-{:02}-{:02}T{hour:02}:{minute:02}:00Z", self.year, self.month, self.day)
    }

    fn seconds(&self) -> i64 {
        Zone::utc().instant(&self.instant(true)).unwrap().0 / 1_000_000
    }
}

/// Counts what cannot be used.
#[derive(Default)]
struct Watched {
    rejected: Vec<String>,
    unread: Vec<Unread>,
}

impl Watcher for Watched {
    fn read(&mut self, _: u64) {}

    fn rejected(&mut self, reject: Reject) -> Result<(), Stop> {
        self.rejected.push(reject.to_string());
        Ok(())
    }

    fn unread(&mut self, _: &Path, _: u64, unread: Unread) {
        self.unread.push(unread);
    }

    fn note(&mut self, note: String) {
        panic!("{note}");
    }
}

/// The facts as rows that can be compared.
fn rows(facts: &Facts) -> Vec<[String; 5]> {
    let activities = facts.contacts.values().flat_map(|person| &person.activities);
    let row = |activity: &rules::activity::Activity| {
        let value = activity
            .value
            .as_ref()
            .map(|value| value.number().map_or(value.text().into_owned(), |number| number.to_string()));
        let notes = ["note", "remark", "comment", "bemerkung"];
        let note = notes.iter().find_map(|name| activity.properties.get(*name));
        let note = note.map(|note| note.text().replace("\r\n", "\n")).unwrap_or_default();
        let time = activity.occurred_at.to_string();
        [activity.contact.to_string(), activity.kind.to_string(), time, value.unwrap_or_default(), note]
    };
    let mut rows: Vec<_> = activities.map(row).collect();
    rows.sort();
    rows
}

/// What the clocks of UTC show when those of the west coast show this.
fn eight_hours_later(time: &str) -> String {
    let instant = Zone::utc().instant(time).unwrap();
    rules::day::Instant::new(instant.0 + 8 * 3_600_000_000).unwrap().to_string()
}

fn expected(dialect: &Dialect, facts: &[Fact]) -> Vec<[String; 5]> {
    let row = |fact: &Fact| {
        let value = fact
            .cents
            .map(|cents| rules::decimal::Decimal::from_units(i64::try_from(cents).unwrap() * 100).to_string());
        let time = fact.instant(dialect.has_clock());
        let time = if dialect.is_pacific() { eight_hours_later(&time) } else { time };
        [fact.contact.clone(), fact.kind.clone(), time, value.unwrap_or_default(), fact.note.trim().to_owned()]
    };
    let mut rows: Vec<_> = facts.iter().map(row).collect();
    rows.sort();
    rows
}

#[test]
fn a_dialect_is_guessed_right_or_asked_about() {
    let folder = tempfile::tempdir().unwrap();
    let (mut asked, mut dates_asked) = (0, 0);
    for seed in 0..DIALECTS {
        let mut dice = Dice::new(seed);
        let dialect = Dialect::roll(&mut dice);
        let count = 25 + dice.below(60);
        let facts: Vec<_> = (0..count).map(|_| Fact::roll(&mut dice, &dialect)).collect();
        let mut order = [0, 1, 2, 3, 4];
        dice.shuffle(&mut order);
        let path: PathBuf = folder.path().join(format!("export-{seed}.csv{}", dialect.packed));
        std::fs::write(&path, dialect.write(&facts, &order)).unwrap();

        let about = format!("seed {seed}: {dialect:?}");
        let shown = |path: &Path| path.display().to_string();
        let proposal =
            guess(&[path], None, None, shown, &mut |_| {}).unwrap_or_else(|error| panic!("{about}: {error}"));
        let told = format!("{about}\n{}", proposal.text);
        let ambiguous = dialect.early_days && matches!(dialect.order, "dmy/" | "dmy." | "dmy-" | "mdy/" | "dmy2");
        let asks_for_dates = proposal.text.contains("dates = \"?\"");
        assert!(!ambiguous || asks_for_dates, "an ambiguous order was chosen: {told}");
        if !proposal.questions.is_empty() {
            asked += 1;
            dates_asked += usize::from(asks_for_dates);
            assert!(Mapping::parse(&proposal.text).is_err(), "an open question passes: {told}");
        }
        let answered: Vec<_> = proposal.text.lines().map(|line| dialect.answer(line)).collect();
        let answered = answered.join("\n");
        let mapping = Mapping::parse(&answered).unwrap_or_else(|found| panic!("{found:?}: {told}"));
        assert_eq!(mapping.exports[0].tables[0].kind, Kind::Activities, "{told}");
        let sources = mapping.sources(Path::new("")).unwrap();
        let mut watched = Watched::default();
        let (read, _) =
            source::load(&sources, &Zone::utc(), &mut watched).unwrap_or_else(|error| panic!("{error}: {told}"));
        let junk = dialect.below.iter().filter(|line| !line.is_empty()).count() + usize::from(dialect.repeated);
        assert!(watched.rejected.len() <= junk, "{:#?}: {told}", watched.rejected);
        assert_eq!(watched.unread, [], "{told}");
        let (found, expected) = (rows(&read), expected(&dialect, &facts));
        for (found, expected) in found.iter().zip(&expected) {
            assert_eq!(found, expected, "{told}");
        }
        assert_eq!(found.len(), expected.len(), "{told}");
    }
    // Most are certain; who asks about everything is right too, and of no use.
    assert!(dates_asked > 10, "too few cannot be known: {dates_asked}");
    assert!(asked < usize::try_from(DIALECTS).unwrap() / 2, "{asked} of {DIALECTS} were asked about");
}
