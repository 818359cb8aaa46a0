//! Parquet in and out, and folders of files.

use std::sync::Arc;

use arrow_array::cast::AsArray as _;
use arrow_array::types::Decimal128Type;
use arrow_array::{Array, ArrayRef, Date32Array, Int64Array, RecordBatch, StringArray};
use arrow_schema::DataType;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use super::exports::scored;
use super::{Folder, SMALL_MODEL, fervor};

/// A file with these columns.
pub(super) fn parquet<const N: usize>(columns: [(&str, ArrayRef); N]) -> Vec<u8> {
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    let mut bytes = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    bytes
}

pub(super) fn texts(texts: &[&str]) -> ArrayRef {
    Arc::new(StringArray::from(texts.to_vec()))
}

/// The header and the rows of a file, a cell as CSV writes it.
fn read_back(path: &str) -> Vec<Vec<String>> {
    let file = std::fs::File::open(path).unwrap();
    let reader = ParquetRecordBatchReaderBuilder::try_new(file).unwrap();
    let names = reader.schema().fields().iter().map(|field| field.name().clone()).collect();
    let mut rows = vec![names];
    for batch in reader.build().unwrap() {
        let batch = batch.unwrap();
        let cell = |column: &ArrayRef, row| match column.data_type() {
            _ if column.is_null(row) => String::new(),
            DataType::Utf8 => column.as_string::<i32>().value(row).to_owned(),
            DataType::Decimal128(..) => column.as_primitive::<Decimal128Type>().value_as_string(row),
            other => panic!("{other}"),
        };
        rows.extend((0..batch.num_rows()).map(|row| batch.columns().iter().map(|column| cell(column, row)).collect()));
    }
    rows
}

#[test]
fn results_as_parquet_are_those_in_csv_with_types() {
    let (folder, again) = (Folder::new(), Folder::new());
    scored(&folder, &["--details"]);
    scored(&folder, &["--details", "--format", "parquet"]);
    scored(&again, &["--details", "--format", "parquet"]);
    for name in ["contacts", "accounts", "opportunities"] {
        let mut csv =
            csv::ReaderBuilder::new().has_headers(false).from_path(folder.path(&format!("out/{name}.csv"))).unwrap();
        let expected: Vec<Vec<String>> =
            csv.records().map(|row| row.unwrap().iter().map(str::to_owned).collect()).collect();
        let path = format!("out/{name}.parquet");
        assert_eq!(read_back(&folder.path(&path)), expected, "{name}");
        let bytes = |folder: &Folder| std::fs::read(folder.path(&path)).unwrap();
        assert_eq!(bytes(&folder), bytes(&again), "{name} differs from run to run");
    }
    // Points with one decimal, a band, a percentile with two.
    let file = std::fs::File::open(folder.path("out/contacts.parquet")).unwrap();
    let schema = ParquetRecordBatchReaderBuilder::try_new(file).unwrap().schema().clone();
    let kinds: Vec<_> = schema.fields().iter().take(4).map(|field| field.data_type().clone()).collect();
    let expected = [DataType::Utf8, DataType::Decimal128(16, 1), DataType::Utf8, DataType::Decimal128(17, 2)];
    assert_eq!(kinds, expected);
}

/// The rows of `out/contacts.csv`, and what was said.
fn points(folder: &Folder, model: &str, options: &[&str]) -> (Vec<String>, String) {
    let out = folder.path("out");
    let mut arguments = vec!["score", model, "--as-of", "2026-03-14", "--out", &out];
    arguments.extend(options);
    let ran = fervor(arguments);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let table = std::fs::read_to_string(folder.path("out/contacts.csv")).unwrap();
    let first_two = |line: &str| line.splitn(3, ',').take(2).collect::<Vec<_>>().join(",");
    (table.lines().skip(1).map(first_two).collect(), ran.err)
}

const PLAIN_MODEL: &str = "\
[score.s]
[rule.event]
score = \"s\"
activity = \"event\"
where = \"activity.year = 2026\"
points = 1
[rule.large]
score = \"s\"
activity = \"event\"
where = \"activity.size >= 10\"
points = 100
";

/// Three files whose columns drifted: the size was a number, then text, and once nobody asked.
fn partitioned(folder: &Folder) {
    let days = |days: &[i32]| Arc::new(Date32Array::from(days.to_vec())) as ArrayRef;
    for name in ["year=2025/month=12", "year=2026/month=01", "year=2026/month=02"] {
        std::fs::create_dir_all(folder.path(&format!("data/{name}"))).unwrap();
    }
    let sizes: ArrayRef = Arc::new(Int64Array::from(vec![12, 3]));
    // 2025-12-31 is day 20453.
    let columns = [
        ("contact", texts(&["ada", "bob"])),
        ("type", texts(&["event", "event"])),
        ("occurred_at", days(&[20_453; 2])),
        ("size", sizes),
    ];
    folder.with("data/year=2025/month=12/part-0.parquet", parquet(columns));
    let columns = [
        ("contact", texts(&["ada"])),
        ("type", texts(&["event"])),
        ("occurred_at", texts(&["2026-01-05"])),
        ("size", texts(&["10"])),
    ];
    folder.with("data/year=2026/month=01/part-0.parquet", parquet(columns));
    folder.with("data/year=2026/month=02/rows.csv", "contact,type,occurred_at\nbob,event,2026-02-02\n");
    folder.with("data/year=2026/_SUCCESS", "");
    folder.with("data/year=2026/.part-0.crc", "\0");
}

#[test]
fn a_folder_is_all_files_in_it_and_its_folders_are_columns() {
    let folder = Folder::new();
    let model = folder.with("model.toml", PLAIN_MODEL);
    partitioned(&folder);
    // ada: 12 in 2025 and 10 in 2026 are large, the latter in 2026; bob: one in 2026.
    let expected = ["ada,201", "bob,1"];
    for place in ["data", "data/*/*/*", "data/year=*", "data/**/*[tv]"] {
        let (rows, said) = points(&folder, &model, &["--activities", &folder.path(place)]);
        assert_eq!(
            (rows.as_slice(), said.contains("warning")),
            (expected.map(String::from).as_slice(), false),
            "{place}: {said}"
        );
    }
    let (rows, _) = points(&folder, &model, &["--activities", &folder.path("data/year=2026/")]);
    assert_eq!(rows, ["ada,101", "bob,1"]);

    let mapping = "[source.all]\nfile = \"data/\"\n[source.all.activities]\ncontact = \"contact\"\ntype = \"type\"\n\
        occurred_at = \"occurred_at\"\nyear = \"year\"\nsize = \"size\"\n";
    let sources = folder.with("sources.toml", mapping);
    assert_eq!(points(&folder, &model, &["--sources", &sources]).0, expected);
}

#[test]
fn a_file_without_a_needed_column_is_named() {
    let folder = Folder::new();
    let model = folder.with("model.toml", SMALL_MODEL);
    partitioned(&folder);
    folder.with(
        "data/year=2026/month=02/part-1.parquet",
        parquet([("contact", texts(&["ada"])), ("kind", texts(&["x"]))]),
    );
    let ran = fervor(["score", &model, "--activities", &folder.path("data"), "--out", &folder.path("out")]);
    assert_eq!(ran.code, 1);
    let expected = "month=02/part-1.parquet: has no column `type`, `occurred_at`, which activities need";
    assert!(ran.err.contains(expected), "{}", ran.err);
    assert!(!std::path::Path::new(&folder.path("out")).exists(), "an output was begun");

    let overlapping = [
        "score",
        &model,
        "--activities",
        &folder.path("data/year=2026/month=01"),
        "--activities",
        &folder.path("data/*/*/*0.parquet"),
    ];
    let ran = fervor(overlapping);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("part-0.parquet is named twice"), "{}", ran.err);
}

#[test]
fn a_mapping_is_guessed_from_parquet() {
    let folder = Folder::new();
    let columns =
        [("E-mail", texts(&["Ada@x.example", "bob@x.example"])), ("Joined", texts(&["2024-01-05", "2025-02-06"]))];
    let file = folder.with("people.parquet", parquet(columns));
    let mapping = folder.path("sources.toml");
    let ran = fervor(["sources", "guess", &file, "--as", "contacts", "--out", &mapping]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let ran = fervor(["sources", "preview", &mapping]);
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    assert!(ran.out.contains("2 contacts"), "{}", ran.out);
}

#[test]
fn every_command_reads_parquet() {
    let folder = Folder::new();
    let model = folder.with("model.toml", SMALL_MODEL);
    let columns = [("contact", texts(&["ada"])), ("type", texts(&["event"])), ("occurred_at", texts(&["2026-03-14"]))];
    let file = folder.with("a.parquet", parquet(columns));
    for command in [
        &["score", &model][..],
        &["explain", &model, "--contact", "ada"],
        &["forecast", &model],
        &["what-if", &model, &model],
    ] {
        let ran = fervor(command.iter().copied().chain(["--activities", &file, "--as-of", "2026-03-14"]));
        assert_eq!(ran.code, 0, "{command:?}: {}", ran.err);
    }
}
