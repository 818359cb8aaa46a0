//! Files that a mapping describes say the same by column and row by row, and the same as one with canonical columns.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use arrow_array::{
    ArrayRef, Float64Array, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray, TimestampMillisecondArray,
    TimestampNanosecondArray,
};
use batch::kernel::{Keep, Kernel, Problem, Settings};
use batch::mapping::{Mapping, Unread};
use batch::source::{self, Counts, FeedError, Kind, Reject, Source, Stop, Watcher};
use parquet::arrow::ArrowWriter;
use parquet::file::properties::WriterProperties;
use rules::day::{Day, Instant, Zone};
use rules::model::Model;
use rules::score::Scores;
use rules::testing::Dice;

const MODEL: &str = "\
timezone = 'Europe/Oslo'
[score.engagement]
decimals = 4
bands = { Low = 0, High = 51 }
[score.fit]
[score.company]
of = 'account'
[rule.buy]
score = 'engagement'
activity = 'buy'
points = 1
multiply_by = 'value'
half_life = '60 days'
limit = { times = 2, per = 'day' }
[rule.gold]
score = 'engagement'
activity = '*'
where = \"activity.plan = 'gold' AND activity.count > 3\"
points = 7
[rule.channel]
score = 'engagement'
activity = 'visit'
where = \"activity.channel = 'web' AND activity.weight > 2\"
points = 3
multiply_by = 'weight'
[rule.region]
score = 'fit'
cases = [{ when = \"contact.region = 'north'\", points = 20 }, { when = 'contact.age > 40', points = 10 }]
[rule.people]
score = 'company'
rollup = 'engagement'
";

/// All that is told of rows, with lines.
#[derive(Default)]
struct Told {
    rejected: Vec<String>,
    others: Vec<String>,
}

impl Watcher for Told {
    fn read(&mut self, _: u64) {}

    fn rejected(&mut self, reject: Reject) -> Result<(), Stop> {
        let name = reject.file.file_stem().unwrap().display();
        self.rejected.push(format!("{name}:{}: {}", reject.line, reject.reason));
        Ok(())
    }

    fn unread(&mut self, _: &Path, line: u64, unread: Unread) {
        self.others.push(format!("{line}: {} is {}, not {}", unread.column, unread.text, unread.expected));
    }

    fn note(&mut self, note: String) {
        self.others.push(note);
    }
}

/// Scores, with more columns where they are asked for.
fn scored(sources: &[Source], model: &Model, threads: usize) -> (Scores, Counts, Told) {
    let mut keep = Keep::Needed;
    loop {
        let settings = Settings { keep, threads, ..Settings::new(Day::parse("2026-03-14").unwrap()) };
        let kernel = Kernel::new(model, settings);
        let mut told = Told::default();
        let counts = match source::feed(&kernel, sources, &model.zone, threads, &mut told) {
            Ok(counts) if !kernel.is_contradicted() => counts,
            Ok(_) | Err(FeedError::Kernel(Problem::Order)) => {
                keep = keep.more().unwrap();
                continue;
            }
            Err(error) => panic!("{error}"),
        };
        match kernel.score(&|_| {}) {
            Ok(scored) => return (scored.tables.into_scores(), counts, told),
            Err(Problem::Order) => keep = keep.more().unwrap(),
            Err(problem) => panic!("{problem}"),
        }
    }
}

fn write(folder: &Path, name: &str, columns: Vec<(&str, ArrayRef)>) {
    let batch = RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(name, all)| (name, all, true)));
    let batch = batch.unwrap();
    let properties = WriterProperties::builder().set_max_row_group_row_count(Some(70)).build();
    let file = std::fs::File::create(folder.join(name)).unwrap();
    let mut writer = ArrowWriter::try_new(file, batch.schema(), Some(properties)).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
}

fn texts(all: impl Iterator<Item = Option<String>>) -> ArrayRef {
    Arc::new(all.collect::<StringArray>())
}

/// What a cell of the export means: no blanks around it, and nothing where a word stands for that.
fn meant(text: &Option<String>) -> Option<String> {
    text.as_deref().map(str::trim).filter(|text| !matches!(*text, "" | "n/a")).map(str::to_owned)
}

struct Activity {
    id: Option<String>,
    who: Option<String>,
    what: Option<String>,
    firm: Option<String>,
    /// Microseconds on a clock without a zone.
    time: Option<i64>,
    /// What stands in place of a time that is written as a text.
    odd_time: Option<&'static str>,
    total: Option<f64>,
    plan: Option<String>,
    count: Option<i64>,
}

impl Activity {
    fn roll(dice: &mut Dice, number: usize) -> Self {
        let some = |dice: &mut Dice, text: String| (!dice.one_in(9)).then_some(text);
        let who = dice.pick(&["Ada", " ada", "BOB ", "cleo", "Dan", "n/a", "", "  "]).to_owned();
        let what = dice.pick(&["buy", "visit", "visit", " buy", "n/a"]).to_owned();
        let firm = dice.pick(&["acme", "acme ", "bolt", "n/a"]).to_owned();
        let plan = dice.pick(&["G", "G ", "gold", "S", "n/a", "\u{a0}"]).to_owned();
        let order = if dice.one_in(5) { number / 2 } else { number };
        Self {
            id: some(dice, format!("o{order}")),
            who: some(dice, who),
            what: some(dice, what),
            firm: some(dice, firm),
            time: (!dice.one_in(15)).then(|| rolled_time(dice)),
            odd_time: dice.one_in(12).then(|| dice.pick(&["yesterday", "2025-13-01", "2025-02-03", " "])),
            total: [None, Some(f64::NAN), Some(f64::INFINITY), Some(12.5), Some(3.0)][dice.below(5)],
            plan: some(dice, plan),
            count: [None, Some(1), Some(5), Some(i64::MAX)][dice.below(4)],
        }
    }
}

/// Microseconds from the end of 2023 on, so that clocks change now and then; with a fraction.
fn rolled_time(dice: &mut Dice) -> i64 {
    1_703_000_000_000_000 + i64::try_from(dice.below(70_000_000)).unwrap() * 1_000_000 + 250_000
}

/// How times are written.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Times {
    Texts,
    Utc,
    Micros,
    Millis,
    Nanos,
}

impl Times {
    /// The column of an export. In place of a time may stand another text, where times are texts.
    fn column(
        self,
        micros: impl Iterator<Item = Option<i64>>,
        odd: impl Fn(usize) -> Option<&'static str>,
    ) -> ArrayRef {
        match self {
            Self::Texts => {
                let text = |(row, time)| odd(row).map_or_else(|| local(time), |odd| Some(odd.to_owned()));
                texts(micros.enumerate().map(text))
            }
            Self::Utc => Arc::new(micros.collect::<TimestampMicrosecondArray>().with_timezone("UTC")),
            Self::Micros => Arc::new(micros.collect::<TimestampMicrosecondArray>()),
            Self::Millis => {
                Arc::new(micros.map(|time| time.map(|time| time / 1_000)).collect::<TimestampMillisecondArray>())
            }
            Self::Nanos => {
                Arc::new(micros.map(|time| time.map(|time| time * 1_000 + 7)).collect::<TimestampNanosecondArray>())
            }
        }
    }

    /// What a time means that is at home in a zone: an instant, as far as it is one.
    fn meant(self, time: Option<i64>, odd: Option<&str>, zone: &Zone) -> Option<String> {
        match (self, odd) {
            (Self::Utc, _) => time.map(|time| Instant(time).to_string()),
            (Self::Texts, Some(odd)) => meant(&Some(odd.to_owned())),
            _ => local(time).map(|text| zone.instant(&text).unwrap().to_string()),
        }
    }
}

/// A time as a text without an offset.
fn local(time: Option<i64>) -> Option<String> {
    Instant(time?).to_string().strip_suffix('Z').map(str::to_owned)
}

/// One file of activities as some system exports it, and one with what it means.
fn write_activities(folder: &Path, rows: &[Activity], times: Times, zone: &Zone, type_is_buy: bool) {
    let when = times.column(rows.iter().map(|row| row.time), |row| rows[row].odd_time);
    let of = |get: fn(&Activity) -> &Option<String>| texts(rows.iter().map(move |row| get(row).clone()));
    let numbers = || -> (ArrayRef, ArrayRef) {
        let total = rows.iter().map(|row| row.total).collect::<Float64Array>();
        (Arc::new(total), Arc::new(rows.iter().map(|row| row.count).collect::<Int64Array>()))
    };
    let (total, count) = numbers();
    let exported = vec![
        ("Plan", of(|row| &row.plan)),
        ("Who", of(|row| &row.who)),
        ("When", when),
        ("contact", texts(rows.iter().map(|_| Some("nobody".into())))),
        ("What", of(|row| &row.what)),
        ("Total", total),
        ("Order", of(|row| &row.id)),
        ("Firm", of(|row| &row.firm)),
        ("Count", count),
    ];
    write(folder, "exported/activities.parquet", exported);

    let meant_of = |get: fn(&Activity) -> &Option<String>| texts(rows.iter().map(move |row| meant(get(row))));
    let instant = |row: &Activity| times.meant(row.time, row.odd_time, zone);
    let plan = |row: &Activity| meant(&row.plan).map(|plan| if plan == "G" { "gold".to_owned() } else { plan });
    let kind = |row: &Activity| if type_is_buy { Some("buy".to_owned()) } else { meant(&row.what) };
    let (total, count) = numbers();
    let canonical = vec![
        ("id", meant_of(|row| &row.id)),
        ("contact", texts(rows.iter().map(|row| meant(&row.who).map(|who| who.to_lowercase())))),
        ("type", texts(rows.iter().map(kind))),
        ("occurred_at", texts(rows.iter().map(instant))),
        ("value", total),
        ("account", meant_of(|row| &row.firm)),
        ("plan", texts(rows.iter().map(plan))),
        ("count", count),
        ("channel", texts(rows.iter().map(|_| Some("web".into())))),
        ("weight", Arc::new(Int64Array::from(vec![3; rows.len()]))),
    ];
    write(folder, "activities.parquet", canonical);
}

/// The same of contacts.
fn write_contacts(folder: &Path, dice: &mut Dice, times: Times, zone: &Zone, repeat: bool) {
    let keys = ["ada", "bob", "cleo ", "dan", "eve", "n/a", "ada"];
    let keys = if repeat { &keys[..] } else { &keys[..6] };
    let some = |dice: &mut Dice, from: &[&str]| (!dice.one_in(4)).then(|| dice.pick(from).to_owned());
    let regions: Vec<_> = keys.iter().map(|_| some(dice, &["north", " north", "south", "n/a"])).collect();
    let joined: Vec<_> = keys.iter().map(|_| some(dice, &["2020-01-05", "soon", "n/a"])).collect();
    let firms: Vec<_> = keys.iter().map(|_| some(dice, &["acme", "acme;bolt", "bolt", ""])).collect();
    let from: Vec<Option<i64>> = keys.iter().map(|_| (!dice.one_in(3)).then(|| rolled_time(dice))).collect();
    let soon: Vec<bool> = keys.iter().map(|_| dice.one_in(5)).collect();
    let ages: Vec<Option<i64>> = keys.iter().map(|_| [None, Some(39), Some(41)][dice.below(3)]).collect();
    let age = || -> ArrayRef { Arc::new(Int64Array::from(ages.clone())) };
    let keys: Vec<_> = keys.iter().map(|key| Some((*key).to_owned())).collect();
    let exported = [("Key", &keys), ("Region", &regions), ("Joined", &joined), ("Firms", &firms)];
    let mut exported: Vec<_> = exported.map(|(name, all)| (name, texts(all.iter().cloned()))).into();
    exported.push(("Age", age()));
    exported.push(("From", times.column(from.iter().copied(), |row| soon[row].then_some("soon"))));
    write(folder, "exported/contacts.parquet", exported);
    let canonical = [("id", &keys), ("region", &regions), ("created_at", &joined), ("account", &firms)];
    let canonical = canonical.map(|(name, all)| {
        let said = |text: &Option<String>| meant(text).map(|text| text.replace(';', "|"));
        (name, texts(all.iter().map(said)))
    });
    let mut canonical: Vec<_> = canonical.into();
    canonical.push(("age", age()));
    let meant = |(row, &time): (usize, &Option<i64>)| times.meant(time, soon[row].then_some("soon"), zone);
    canonical.push(("valid_from", texts(from.iter().enumerate().map(meant))));
    write(folder, "contacts.parquet", canonical);
}

/// A mapping of both files; or one that says the same in a way that is read row by row.
fn mapping(zone: Option<&str>, type_is_buy: bool, by_row: bool) -> String {
    let mut text = String::new();
    let zone = zone.map_or(String::new(), |zone| format!("timezone = '{zone}'\n"));
    // One of several columns is the same as one column.
    let of = |column: &str| if by_row { format!("{{ columns = ['{column}'] }}") } else { format!("'{column}'") };
    let (order, key) = (of("When"), of("Key"));
    let kind = if type_is_buy { "{ constant = 'buy' }" } else { "'What'" };
    write!(
        text,
        "[source.a]\nfile = 'exported/activities.parquet'\nempty = ['n/a']\n{zone}[source.a.activities]\nid = 'Order'\n\
         contact = {{ column = 'Who', lowercase = true }}\ntype = {kind}\noccurred_at = {order}\nvalue = 'Total'\n\
         account = 'Firm'\nplan = {{ column = 'Plan', values = {{ G = 'gold' }} }}\ncount = 'Count'\n\
         channel = {{ constant = 'web' }}\nweight = {{ constant = 3 }}\n\
         [source.c]\nfile = 'exported/contacts.parquet'\nempty = ['n/a']\n{zone}[source.c.contacts]\nvalid_from = 'From'\nid = {key}\nregion = 'Region'\n\
         age = 'Age'\ncreated_at = 'Joined'\naccount = {{ column = 'Firms', split = ';' }}\n"
    )
    .unwrap();
    text
}

/// What is told of a row, as it is told of one with canonical columns.
fn in_canonical_words(told: &str) -> String {
    ["Who", "What", "When", "Key", "From"]
        .iter()
        .fold(told.to_owned(), |told, column| told.replace(&format!("`{column}` as "), ""))
}

#[test]
fn columns_and_rows_and_canonical_names_say_the_same() {
    let (model, folder) = (Model::parse(MODEL).unwrap(), tempfile::tempdir().unwrap());
    let folder = folder.path();
    std::fs::create_dir(folder.join("exported")).unwrap();
    let (mut rejected, mut unread) = (0, 0);
    for seed in 0..120 {
        let dice = &mut Dice::new(seed);
        let times = [Times::Texts, Times::Utc, Times::Micros, Times::Millis, Times::Nanos][dice.below(5)];
        let zone = [None, Some("Europe/Oslo"), Some("America/New_York")][dice.below(3)];
        let (type_is_buy, repeat) = (dice.one_in(4), dice.one_in(3));
        let rows: Vec<_> = (0..200).map(|number| Activity::roll(dice, number)).collect();
        let home = zone.map_or(model.zone.clone(), |name| Zone::get(name).unwrap());
        write_activities(folder, &rows, times, &home, type_is_buy);
        write_contacts(folder, dice, times, &home, repeat);
        let mapped = |by_row| {
            let text = mapping(zone, type_is_buy, by_row);
            Mapping::parse(&text).unwrap_or_else(|found| panic!("{found:?}")).sources(folder).unwrap()
        };
        let canonical = [(Kind::Activities, "activities.parquet"), (Kind::Contacts, "contacts.parquet")];
        let canonical = canonical.map(|(kind, name)| Source::file(kind, &folder.join(name)));
        // Which of two rows came first is told, and that differs from thread to thread.
        let threads = if repeat { 1 } else { 3 };
        let by_column = scored(&mapped(false), &model, threads);
        let by_row = scored(&mapped(true), &model, threads);
        let plain = scored(&canonical, &model, threads);
        let case = format!("seed {seed}, {times:?}, {zone:?}");
        assert_eq!(by_column.2.rejected, by_row.2.rejected, "{case}");
        assert_eq!((&by_column.0, &by_column.1), (&by_row.0, &by_row.1), "{case}");
        assert_eq!((&by_column.0, &by_column.1), (&plain.0, &plain.1), "{case}");
        // What no rule looks at is not looked at by column.
        let looked_at = by_row.2.others.iter().filter(|told| !told.contains("Joined"));
        let said: Vec<_> = by_column.2.others.iter().filter(|told| !told.contains("Joined")).collect();
        assert_eq!(said, looked_at.collect::<Vec<_>>(), "{case}");
        rejected += by_column.2.rejected.len();
        unread += by_column.2.others.len();
        let said: Vec<_> = by_column.2.rejected.iter().map(|told| in_canonical_words(told)).collect();
        assert_eq!(said, plain.2.rejected, "{case}");
    }
    assert!(rejected > 1_000 && unread > 1_000, "{rejected} rejected, {unread} unread");
}

#[test]
fn all_columns_and_those_of_folders_say_the_same() {
    let (model, folder) = (Model::parse(MODEL).unwrap(), tempfile::tempdir().unwrap());
    for (part, place) in ["channel=web", "channel=mail", "channel=%20"].iter().enumerate() {
        let folder = folder.path().join("all").join(place);
        std::fs::create_dir_all(&folder).unwrap();
        let rows: Vec<i64> = (0..300).map(|row| i64::try_from(part).unwrap() * 300 + row).collect();
        let at = |row: &i64| 1_770_000_000_000_000 + row * 1_000_003;
        let weight = |row: &i64| i32::try_from(*row).map(f64::from).unwrap() / 7.0;
        let who = |row: &i64| (row % 11 > 0).then(|| format!(" c{}", row % 7));
        let columns: Vec<(&str, ArrayRef)> = vec![
            ("contact", texts(rows.iter().map(who))),
            (
                "plan",
                texts(rows.iter().map(|row| Some(["gold ", "silver", ""][usize::try_from(*row).unwrap() % 3].into()))),
            ),
            ("at", Arc::new(TimestampMicrosecondArray::from_iter_values(rows.iter().map(at)).with_timezone("UTC"))),
            ("count", Arc::new(Int64Array::from_iter_values(rows.iter().map(|row| row % 6)))),
            ("weight", Arc::new(Float64Array::from_iter_values(rows.iter().map(weight)))),
            ("nobody", texts(rows.iter().map(|_| None))),
        ];
        write(&folder, "part.parquet", columns);
    }
    let say = |more: &str| {
        let text = format!(
            "[source.a]\nfile = 'all/'\n[source.a.activities]\ntype = {{ constant = 'visit' }}\noccurred_at = 'at'\n{more}"
        );
        let sources = Mapping::parse(&text).unwrap().sources(folder.path()).unwrap();
        let (scores, counts, told) = scored(&sources, &model, 2);
        (scores, counts, told.rejected, told.others)
    };
    let by_row = "contact = { columns = ['contact'] }\n";
    let all = say("'*' = '*'\n");
    // Every eleventh of 900 rows, from the first on, does not say whose it is.
    assert_eq!((&all.1, all.3.len()), (&Counts { used: 818, rejected: 82 }, 0));
    assert_eq!(all, say(&format!("'*' = '*'\n{by_row}")));
    let named = "plan = 'plan'\ncount = 'count'\nweight = 'weight'\nchannel = 'channel'\n";
    assert_eq!(all, say(&format!("contact = 'contact'\n{named}")));
    // What no row has is told once, and what folders say is there.
    let absent = say(&format!("contact = 'contact'\n{named}note = 'nobody'\n"));
    assert!(
        absent.3.len() == 1 && absent.3[0].ends_with("no row of source `a` has a value for `nobody`"),
        "{:?}",
        absent.3
    );
    assert_eq!(absent, say(&format!("{by_row}{named}note = 'nobody'\n")));
}
