//! Parquet says the same as the same table in CSV and JSON lines, and damaged files are told.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::builder::StringDictionaryBuilder;
use arrow_array::types::Int32Type;
use arrow_array::{
    ArrayRef, BooleanArray, Date32Array, Decimal128Array, Float64Array, Int32Array, RecordBatch, StringArray,
    StructArray, TimestampMicrosecondArray,
};
use arrow_schema::{DataType, Field, Fields};
use batch::mapping::{Mapping, Unread};
use batch::source::{self, Counts, Error, Kind, Reject, Source, Stop, Watcher};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;
use rules::day::{Day, Zone};
use rules::facts::Facts;
use rules::testing::Dice;
use rules::value::{Attributes, Value};

#[derive(Default)]
struct Watched(Vec<String>);

impl Watcher for Watched {
    fn read(&mut self, _: u64) {}

    fn rejected(&mut self, reject: Reject) -> Result<(), Stop> {
        self.0.push(format!("{reject} {}", reject.row));
        Ok(())
    }

    fn unread(&mut self, _: &Path, _: u64, unread: Unread) {
        panic!("{unread:?}");
    }

    fn note(&mut self, note: String) {
        panic!("{note}");
    }
}

fn load(kind: Kind, paths: &[PathBuf]) -> Result<(Facts, Counts, Vec<String>), Error> {
    let sources: Vec<_> = paths.iter().map(|path| Source::file(kind, path)).collect();
    let mut watched = Watched::default();
    let (facts, counts) = source::load(&sources, &Zone::get("Europe/Oslo").unwrap(), &mut watched)?;
    Ok((facts, counts, watched.0))
}

/// One activity; empty text is missing.
#[derive(Clone, Debug)]
struct Row {
    id: String,
    contact: String,
    /// Microseconds since 1970, in UTC.
    time: i64,
    value: Option<f64>,
    amount: Option<i128>,
    count: Option<i32>,
    member: Option<bool>,
    born: Option<i32>,
    code: String,
    plan: String,
}

impl Row {
    fn roll(dice: &mut Dice, number: usize) -> Self {
        let some = |dice: &mut Dice| dice.below(4) > 0;
        let below = |dice: &mut Dice, end: usize| i64::try_from(dice.below(end)).unwrap();
        let text =
            |dice: &mut Dice| ["007", "", "1,5", "say \"hi\"", "Åse\nB", "true", "9e3", "2026-01-01"][dice.below(8)];
        Self {
            id: format!("a{number}"),
            contact: format!("c{}", dice.below(9)),
            time: 1_700_000_000_000_000 + below(dice, 60_000_000) * 1_000_003,
            value: some(dice).then(|| f64::from(i32::try_from(dice.below(100_000)).unwrap() - 50_000) / 7.0),
            amount: some(dice).then(|| i128::from(below(dice, 1_000_000_000)) - 500_000_000),
            count: some(dice).then(|| i32::try_from(dice.below(2_000_000)).unwrap() - 1_000_000),
            member: some(dice).then(|| dice.below(2) == 1),
            born: some(dice).then(|| i32::try_from(dice.below(40_000)).unwrap() - 10_000),
            code: text(dice).to_owned(),
            plan: ["gold", "", "basic"][dice.below(3)].to_owned(),
        }
    }

    /// Every cell as text, as other tools write it.
    fn texts(&self) -> [(&'static str, String); 11] {
        fn of<T: ToString>(value: Option<T>) -> String {
            value.map_or(String::new(), |value| value.to_string())
        }
        let cents =
            |cents: i128| format!("{}{}.{:02}", if cents < 0 { "-" } else { "" }, cents.abs() / 100, cents.abs() % 100);
        let born = |days: i32| Day::parse("1970-01-01").unwrap().plus_days(days).unwrap().to_string();
        [
            ("id", self.id.clone()),
            ("contact", self.contact.clone()),
            ("type", "event".into()),
            ("occurred_at", rules::day::Instant(self.time).to_string()),
            ("value", of(self.value)),
            ("amount", of(self.amount.map(cents))),
            ("count", of(self.count)),
            ("member", of(self.member)),
            ("item.born", of(self.born.map(born))),
            ("item.code", self.code.clone()),
            ("plan", self.plan.clone()),
        ]
    }
}

fn csv(rows: &[Row]) -> String {
    let quoted = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
    let header = rows[0].texts().map(|(name, _)| name).join(",");
    let lines = rows.iter().map(|row| row.texts().map(|(_, text)| quoted(&text)).join(","));
    std::iter::once(header).chain(lines).map(|line| line + "\n").collect()
}

fn json_lines(rows: &[Row]) -> String {
    let line = |row: &Row| {
        let mut object = serde_json::Map::new();
        for (name, text) in row.texts() {
            let typed = ["value", "amount", "count", "member"].contains(&name) && !text.is_empty();
            let value = if typed { serde_json::from_str(&text).unwrap() } else { serde_json::Value::from(text) };
            match name.split_once('.') {
                Some((outer, inner)) => {
                    let outer = object.entry(outer).or_insert_with(|| serde_json::json!({}));
                    outer[inner] = value;
                }
                None => drop(object.insert(name.to_owned(), value)),
            }
        }
        serde_json::Value::Object(object).to_string() + "\n"
    };
    rows.iter().map(line).collect()
}

fn batch(rows: &[Row]) -> RecordBatch {
    let texts =
        |of: fn(&Row) -> &str| Arc::new(rows.iter().map(|row| Some(of(row))).collect::<StringArray>()) as ArrayRef;
    let mut plans = StringDictionaryBuilder::<Int32Type>::new();
    rows.iter().for_each(|row| plans.append_value(&row.plan));
    let amounts: Decimal128Array = rows.iter().map(|row| row.amount).collect();
    let item = Fields::from(vec![Field::new("born", DataType::Date32, true), Field::new("code", DataType::Utf8, true)]);
    let born: ArrayRef = Arc::new(rows.iter().map(|row| row.born).collect::<Date32Array>());
    let items = StructArray::new(item, vec![born, texts(|row| &row.code)], None);
    let times = rows.iter().map(|row| row.time).collect::<Vec<_>>();
    RecordBatch::try_from_iter_with_nullable([
        ("id", texts(|row| &row.id), true),
        ("contact", texts(|row| &row.contact), true),
        ("type", texts(|_| "event"), true),
        ("occurred_at", Arc::new(TimestampMicrosecondArray::from(times).with_timezone("UTC")) as ArrayRef, true),
        ("value", Arc::new(rows.iter().map(|row| row.value).collect::<Float64Array>()) as ArrayRef, true),
        ("amount", Arc::new(amounts.with_precision_and_scale(12, 2).unwrap()) as ArrayRef, true),
        ("count", Arc::new(rows.iter().map(|row| row.count).collect::<Int32Array>()) as ArrayRef, true),
        ("member", Arc::new(rows.iter().map(|row| row.member).collect::<BooleanArray>()) as ArrayRef, true),
        ("item", Arc::new(items) as ArrayRef, true),
        ("plan", Arc::new(plans.finish()) as ArrayRef, true),
    ])
    .unwrap()
}

fn parquet(batch: &RecordBatch, compression: Compression) -> Vec<u8> {
    let properties = WriterProperties::builder()
        .set_compression(compression)
        .set_max_row_group_row_count(Some(700))
        .set_data_page_row_count_limit(100)
        .build();
    let mut bytes = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), Some(properties)).unwrap();
    writer.write(batch).unwrap();
    writer.close().unwrap();
    bytes
}

/// Facts with every value read as text, and numbers as numbers: CSV has no types.
fn plain(facts: &Facts) -> Vec<String> {
    let plain = |(name, value): (&Arc<str>, &Value)| match (value.number(), &**name) {
        (Ok(number), "value" | "amount" | "count") => format!("{name}={number}"),
        _ => format!("{name}={}", value.text()),
    };
    let all = |attributes: &Attributes| attributes.iter().map(plain).collect::<Vec<_>>().join(";");
    let people = facts.contacts.iter().flat_map(|(id, person)| person.activities.iter().map(move |one| (id, one)));
    people
        .map(|(id, one)| {
            let value = one.value.as_ref().map(|value| value.number().unwrap().to_string());
            format!("{id:?} {:?} {} {} {value:?} {}", one.id, one.kind, one.occurred_at, all(&one.properties))
        })
        .collect()
}

#[test]
fn three_ways_of_writing_a_table_give_the_same_facts() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let packed = [
        Compression::UNCOMPRESSED,
        Compression::SNAPPY,
        Compression::GZIP(Default::default()),
        Compression::LZ4_RAW,
        Compression::ZSTD(ZstdLevel::default()),
    ];
    for (seed, compression) in (0..).zip(packed) {
        let mut dice = Dice::new(seed);
        let rows: Vec<_> = (0..2500).map(|number| Row::roll(&mut dice, number)).collect();
        std::fs::write(at("t.csv"), csv(&rows)).unwrap();
        std::fs::write(at("t.ndjson"), json_lines(&rows)).unwrap();
        std::fs::write(at("t.parquet"), parquet(&batch(&rows), compression)).unwrap();
        let read = |name| {
            let (facts, counts, rejects) = load(Kind::Activities, &[at(name)]).unwrap();
            assert_eq!((counts.used, rejects.len()), (2500, 0), "{name} {rejects:?}");
            plain(&facts)
        };
        let (csv, json, parquet) = (read("t.csv"), read("t.ndjson"), read("t.parquet"));
        for ((csv, json), parquet) in csv.iter().zip(&json).zip(&parquet) {
            assert_eq!(csv, json);
            assert_eq!(csv, parquet);
        }
        assert_eq!((csv.len(), parquet.len()), (2500, 2500));
    }
}

#[test]
fn damaged_files_are_told_and_nothing_panics() {
    let folder = tempfile::tempdir().unwrap();
    let mut dice = Dice::new(7);
    let rows: Vec<_> = (0..900).map(|number| Row::roll(&mut dice, number)).collect();
    let packed = [Compression::UNCOMPRESSED, Compression::SNAPPY, Compression::ZSTD(ZstdLevel::default())];
    let whole = packed.map(|compression| parquet(&batch(&rows), compression));
    let mut refused = 0;
    for number in 0..450 {
        let mut bytes = whole[number % 3].clone();
        let footer = bytes.len()
            - 8
            - usize::try_from(u32::from_le_bytes(bytes[bytes.len() - 8..][..4].try_into().unwrap())).unwrap();
        match number / 3 % 5 {
            0 => bytes.truncate(4 + dice.below(bytes.len() - 4)),
            1 => (0..8).for_each(|_| bytes[footer..].flip(&mut dice)),
            2 => bytes[footer..].flip(&mut dice),
            3 => bytes[4..footer].flip(&mut dice),
            _ => (0..40).for_each(|_| bytes[4..footer].flip(&mut dice)),
        }
        let path = folder.path().join(format!("damaged-{number}.parquet"));
        std::fs::write(&path, bytes).unwrap();
        if let Err(error) = load(Kind::Activities, std::slice::from_ref(&path)) {
            refused += 1;
            let told = error.to_string();
            assert!(told.starts_with(&path.display().to_string()), "{told}");
            assert!(error.help.is_some(), "{told}");
        }
        std::fs::remove_file(path).unwrap();
    }
    // A flipped byte of a value without a checksum is a value like any other.
    assert!(refused > 200, "only {refused} of 450 were noticed");
}

trait Flip {
    fn flip(&mut self, dice: &mut Dice);
}

impl Flip for [u8] {
    fn flip(&mut self, dice: &mut Dice) {
        self[dice.below(self.len())] ^= 1 << dice.below(8);
    }
}

#[test]
fn a_mapping_reads_the_columns_that_it_names() {
    let folder = tempfile::tempdir().unwrap();
    let mut dice = Dice::new(3);
    let rows: Vec<_> = (0..50).map(|number| Row::roll(&mut dice, number)).collect();
    std::fs::write(folder.path().join("orders.parquet"), parquet(&batch(&rows), Compression::SNAPPY)).unwrap();
    let mapping = "[source.o]\nfile = \"orders.parquet\"\n[source.o.activities]\ncontact = \"contact\"\n\
        type = { constant = \"bought\" }\noccurred_at = \"occurred_at\"\nborn = \"item.born\"\n";
    let sources = Mapping::parse(mapping).unwrap().sources(folder.path()).unwrap();
    let (facts, counts) = source::load(&sources, &Zone::utc(), &mut Watched::default()).unwrap();
    assert_eq!(counts.used, 50);
    let all = facts.contacts.values().flat_map(|person| &person.activities);
    let born = all.filter(|activity| activity.properties.keys().map(|name| &**name).eq(["born"])).count();
    assert_eq!(born, rows.iter().filter(|row| row.born.is_some()).count());

    let slip = mapping.replace("item.born", "item.bron");
    let sources = Mapping::parse(&slip).unwrap().sources(folder.path()).unwrap();
    let error = source::load(&sources, &Zone::utc(), &mut Watched::default()).unwrap_err();
    assert!(error.to_string().contains("has no column `item.bron`"), "{error}");
    assert_eq!(error.help.as_deref(), Some("did you mean `item.born`?"));
}

#[test]
fn rows_that_cannot_be_used_are_told_by_their_number() {
    let folder = tempfile::tempdir().unwrap();
    let ids: ArrayRef = Arc::new(StringArray::from(vec![Some("ada"), None, Some("bob")]));
    let notes: ArrayRef = Arc::new(arrow_array::BinaryArray::from(vec![&b"fine"[..], b"fine", b"caf\xe9"]));
    let batch = RecordBatch::try_from_iter_with_nullable([("id", ids, true), ("note", notes, true)]).unwrap();
    let path = folder.path().join("people.parquet");
    std::fs::write(&path, parquet(&batch, Compression::SNAPPY)).unwrap();
    let (_, counts, rejects) = load(Kind::Contacts, std::slice::from_ref(&path)).unwrap();
    assert_eq!(counts, Counts { used: 1, rejected: 2 });
    let path = path.display();
    assert_eq!(rejects[0], format!("{path}:2: `id` is missing {{\"note\":\"fine\"}}"));
    assert_eq!(rejects[1], format!("{path}:3: `note` is not UTF-8 {{\"id\":\"bob\",\"note\":\"?\"}}"));
}

#[test]
fn uuids_and_old_times_are_what_they_mean() {
    use parquet::data_type::{ByteArray, FixedLenByteArray, FixedLenByteArrayType, Int96, Int96Type};
    use parquet::file::writer::SerializedFileWriter;
    let schema = "message m { required fixed_len_byte_array(16) id (UUID); required int96 created_at; }";
    let schema = Arc::new(parquet::schema::parser::parse_message_type(schema).unwrap());
    let mut bytes = Vec::new();
    let mut writer = SerializedFileWriter::new(&mut bytes, schema, Arc::default()).unwrap();
    let mut group = writer.next_row_group().unwrap();
    let mut column = group.next_column().unwrap().unwrap();
    let id = FixedLenByteArray::from(ByteArray::from((0..16).collect::<Vec<u8>>()));
    column.typed::<FixedLenByteArrayType>().write_batch(&[id], None, None).unwrap();
    column.close().unwrap();
    // The Julian day of 1970-01-01 is 2440588; a day later, and half an hour.
    let mut time = Int96::new();
    let nanos: u64 = 30 * 60 * 1_000_000_000;
    time.set_data(u32::try_from(nanos & 0xffff_ffff).unwrap(), u32::try_from(nanos >> 32).unwrap(), 2_440_589);
    let mut column = group.next_column().unwrap().unwrap();
    column.typed::<Int96Type>().write_batch(&[time], None, None).unwrap();
    column.close().unwrap();
    group.close().unwrap();
    writer.close().unwrap();

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("old.parquet");
    std::fs::write(&path, bytes).unwrap();
    let (facts, ..) = load(Kind::Contacts, &[path]).unwrap();
    let (id, person) = facts.contacts.iter().next().unwrap();
    assert_eq!(id.to_string(), "00010203-0405-0607-0809-0a0b0c0d0e0f");
    let row = person.history.on(Day::parse("2026-03-14").unwrap()).unwrap();
    assert_eq!(row.attributes["created_at"], Value::from("1970-01-02T00:30:00Z"));
}
