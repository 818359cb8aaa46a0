//! Broken files and rows: a clear error or a counted reject; never a panic, never half an output.

use rules::testing::Dice;

use super::{Folder, Ran, SMALL_MODEL, fervor};

const GOOD: &str = "id,contact,type,occurred_at,value\n1,ada,event,2026-01-05T10:00:00Z,3\n2,bob,event,2026-01-06,4\n";

/// Scores one file of activities into a folder.
fn score(folder: &Folder, file: &str, more: &[&str]) -> Ran {
    let model = folder.with("model.toml", SMALL_MODEL);
    let out = folder.path("out");
    let mut arguments = vec!["score", &model, "--activities", file, "--as-of", "2026-03-14", "--out", &out];
    arguments.extend(more);
    fervor(arguments)
}

#[test]
fn a_file_that_cannot_be_used_is_named_with_a_way_out() {
    let folder = Folder::new();
    let cases: &[(&str, &[u8], &str, &str)] = &[
        ("empty.csv", b"", "is empty", "id,contact,type"),
        ("blank.csv", b"  \n\n", "is empty", "header"),
        ("other.csv", b"id,contact_id,type,occurred_at\n1,a,b,2026-01-01\n", "no column `contact`", "contact_id"),
        (
            "semi.csv",
            b"id;contact;type;occurred_at\n1;a;b;2026-01-01\n",
            "no column",
            "\";\"; describe it in a mapping",
        ),
        ("twice.csv", b"id,contact,type,type,occurred_at\n", "two columns named `type`", "rename"),
        ("gzip.csv", b"\x1f\x8b\x08\x00\x00", "reading stopped", "copy it again"),
        ("zstd.csv", b"\x28\xb5\x2f\xfd\x00", "reading stopped", "zstd.csv"),
        ("book.csv", b"PK\x03\x04rest", "Excel", "CSV"),
        ("wide.csv", b"\xff\xfei\x00d\x00", "no column `contact`, `type`", "found id"),
        ("binary.csv", b"\x00\x01\x02\x03", "binary", "UTF-8"),
        ("latin.csv", b"id,contact,type,occurred_at,caf\xe9\n", "header that is not UTF-8", "sources guess"),
        ("list.ndjson", b"[{\"contact\": \"ada\"}]", "JSON array", "one JSON object a line"),
        ("data.parquet", b"PAR1....", "Parquet", "copy it again"),
        ("short.parquet", b"PA", "is not Parquet, as its name says", "copied to the end"),
        (
            "packed.csv",
            b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\x0bp\x0c2\x04\x00\xa5\x08BB\x04\x00\x00\x00",
            "packed once more",
            "unpack it",
        ),
        ("secret.parquet", b"PARE....PARE", "encrypted", "without encryption"),
    ];
    for (name, content, problem, help) in cases {
        let ran = score(&folder, &folder.with(name, content), &[]);
        assert_eq!(ran.code, 1, "{name}: {}", ran.err);
        for expected in [name, problem, help] {
            assert!(ran.err.contains(expected), "{name}: expected {expected:?} in: {}", ran.err);
        }
        assert!(!std::path::Path::new(&folder.path("out")).exists(), "{name}: an output was begun");
    }
    let ran = score(&folder, &folder.path("emtpy.csv"), &[]);
    assert!(
        ran.err.contains("no such file") && ran.err.contains("did you mean") && ran.err.contains("empty.csv"),
        "{}",
        ran.err
    );
    std::fs::create_dir(folder.path("none")).unwrap();
    let ran = score(&folder, &folder.path("none"), &[]);
    assert!(ran.err.contains("none: is a folder without files"), "{}", ran.err);
}

#[test]
fn an_unusable_file_is_told_before_any_work() {
    let folder = Folder::new();
    let good = folder.with("good.csv", "id,contact,type,occurred_at\nx,ada,event,never\n");
    let rejects = folder.path("rejects.csv");
    let ran = score(&folder, &good, &["--activities", &folder.path("missing.csv"), "--rejects", &rejects]);
    assert!(ran.err.contains("missing.csv: there is no such file"), "{}", ran.err);
    assert!(!ran.err.contains("never"), "the good file was read first: {}", ran.err);
}

#[test]
fn bad_rows_are_counted_reported_and_written() {
    let folder = Folder::new();
    let rows = b"id,contact,type,occurred_at\n\
        1,ada,event,2026-01-05\n\
        2,ada,event\n\
        3,,event,2026-01-05\n\
        4,ada,,2026-01-05\n\
        5,ada,event,05.01.2026\n\
        6,ada,event,2026-02-30\n\
        7,ad\xff,event,2026-01-05\n\
        8,\"ada\nb\",event,\n";
    let file = folder.with("rows.csv", rows);
    let rejects = folder.path("rejects.csv");
    let ran = score(&folder, &file, &["--rejects", &rejects]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(ran.err.contains("7 rows could not be used, 1 were"), "{}", ran.err);
    assert!(ran.err.contains("rows.csv:3: expected 4 fields as in the header, found 3"), "{}", ran.err);
    let written = std::fs::read_to_string(&rejects).unwrap();
    let mut reader = csv::Reader::from_reader(written.as_bytes());
    let records: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    let lines: Vec<&str> = records.iter().map(|record| &record[1]).collect();
    assert_eq!(lines, ["3", "4", "5", "6", "7", "8", "9"]);
    let reasons: Vec<&str> = records.iter().map(|record| &record[2]).collect();
    for (reason, expected) in reasons.iter().zip([
        "4 fields",
        "`contact` is missing",
        "`type` is missing",
        "05.01.2026",
        "2026-02-30",
        "`contact` is not UTF-8",
        "`occurred_at` is missing",
    ]) {
        assert!(reason.contains(expected), "{reason}");
    }
    let raw: Vec<&str> = records.iter().map(|record| &record[3]).collect();
    assert_eq!(raw[0], "2,ada,event");
    assert_eq!(raw[3], "5,ada,event,05.01.2026");
    assert_eq!(raw[6], "8,\"ada\nb\",event,");
    let scores = std::fs::read_to_string(folder.path("out/contacts.csv")).unwrap();
    assert_eq!(scores.lines().count(), 2, "{scores}");
}

#[test]
fn strict_stops_at_the_first_bad_row() {
    let folder = Folder::new();
    let file = folder.with("rows.csv", "id,contact,type,occurred_at\n1,ada,event,soon\n");
    let ran = score(&folder, &file, &["--strict"]);
    assert_eq!(ran.code, 1);
    assert!(ran.err.contains("rows.csv: line 2: `occurred_at` is \"soon\""), "{}", ran.err);
    assert!(!std::path::Path::new(&folder.path("out")).exists());
}

#[test]
fn contradicting_rows_are_told_and_order_does_not_matter() {
    let folder = Folder::new();
    let model =
        folder.with("model.toml", "[score.s]\n[rule.r]\nscore = \"s\"\nwhen = \"contact.plan = 'gold'\"\npoints = 5\n");
    let one = folder.with("one.csv", "id,plan\nada,gold\nada,basic\nada,gold\n");
    let other = folder.with("other.csv", "id,plan\nada,basic\nada,gold\nada,gold\n");
    let mut written = Vec::new();
    for file in [one, other] {
        let ran = fervor(["score", &model, "--contacts", &file, "--as-of", "2026-03-14", "--out", &folder.path("out")]);
        assert!(
            ran.err.contains("one.csv:3: an earlier row has the same")
                || ran.err.contains("other.csv:3: an earlier row has the same"),
            "{}",
            ran.err
        );
        written.push(std::fs::read_to_string(folder.path("out/contacts.csv")).unwrap());
    }
    assert_eq!(written[0], written[1]);
}

#[test]
fn json_lines_keep_their_types_and_bad_lines_are_told() {
    let folder = Folder::new();
    let model = folder.with(
        "model.toml",
        "[score.s]\ndecimals = 1\n[rule.r]\nscore = \"s\"\nactivity = \"buy\"\nwhere = \"activity.item.kind = 'book'\"\npoints = 1\nmultiply_by = \"value\"\n",
    );
    let lines = "{\"id\": 7, \"contact\": 42, \"type\": \"buy\", \"occurred_at\": \"2026-01-05T00:00:00Z\", \"value\": 2.50, \"item\": {\"kind\": \"book\"}}\n\
        {\"contact\": 42\n\
        [1, 2]\n\
        {\"contact\": 42, \"type\": \"buy\"}\n\
        \n";
    let file = folder.with("rows.ndjson", lines);
    let ran = fervor([
        "score",
        &model,
        "--activities",
        &file,
        "--as-of",
        "2026-01-05",
        "--out",
        &folder.path("out"),
        "--format",
        "ndjson",
    ]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    for expected in
        ["rows.ndjson:2: not JSON", "rows.ndjson:3: not a JSON object", "rows.ndjson:4: `occurred_at` is missing"]
    {
        assert!(ran.err.contains(expected), "{}", ran.err);
    }
    let written = std::fs::read_to_string(folder.path("out/contacts.ndjson")).unwrap();
    assert_eq!(written, "{\"contact\":\"42\",\"s\":2.5,\"s_band\":null,\"s_percentile\":50.00}\n");
}

/// Damages a good file at random: bytes cut, doubled, exchanged.
fn damaged(dice: &mut Dice, good: &str) -> Vec<u8> {
    const SCRAPS: &[&[u8]] =
        &[b"\"", b",", b"\n", b"\0", b"\xff", b"'", b"9999999999", b"{", b"\r", b";", b"2026-13-01", b"\"\"\""];
    let mut bytes = good.as_bytes().to_vec();
    for _ in 0..1 + dice.below(5) {
        let at = dice.below(bytes.len() + 1);
        match dice.below(4) {
            0 if at < bytes.len() => drop(bytes.remove(at)),
            1 if at > 40 => bytes.truncate(at),
            2 => {
                let piece: Vec<u8> = bytes[at..].iter().take(9).copied().collect();
                drop(bytes.splice(at..at, piece).collect::<Vec<_>>());
            }
            _ => drop(bytes.splice(at..at, SCRAPS[dice.below(SCRAPS.len())].iter().copied()).collect::<Vec<_>>()),
        }
    }
    bytes
}

#[test]
fn two_hundred_damaged_files_are_used_or_refused() {
    let folder = Folder::new();
    let json = "{\"id\":\"1\",\"contact\":\"ada\",\"type\":\"event\",\"occurred_at\":\"2026-01-05\",\"value\":3,\"a\":{\"b\":[1,{}]}}\n";
    // Some rows are left whole by most damage.
    let (csv, json) = (format!("{GOOD}{}", "3,ada,event,2026-01-07,5\n".repeat(4)), json.repeat(5));
    let (mut refused, mut rejected) = (0, 0);
    for seed in 0..240 {
        let dice = &mut Dice::new(seed);
        let (name, good) = if dice.one_in(2) { ("rows.csv", &csv) } else { ("rows.ndjson", &json) };
        let file = folder.with(name, damaged(dice, good));
        let ran = score(&folder, &file, &[]);
        assert!(ran.code == 0 || ran.code == 1, "seed {seed}: exit code {}\n{}", ran.code, ran.err);
        assert!(!ran.err.contains("panicked"), "seed {seed}: {}", ran.err);
        if ran.code == 1 {
            refused += 1;
            assert!(ran.err.contains(name), "seed {seed}: {}", ran.err);
            assert!(ran.err.lines().any(|line| line.starts_with("error: ")), "seed {seed}: {}", ran.err);
        } else if ran.err.contains("could not be used") {
            rejected += 1;
            assert!(ran.err.contains(&format!("{name}:")), "seed {seed}: {}", ran.err);
        }
        let partial = std::fs::read_dir(folder.path("out")).into_iter().flatten().flatten();
        assert!(partial.into_iter().all(|entry| !entry.file_name().to_string_lossy().contains("partial")));
    }
    assert!(refused > 20 && rejected > 100, "the damage is too gentle: {refused} refused, {rejected} with rejects");
}

#[test]
fn a_number_beyond_the_range_names_contact_and_rule() {
    let folder = Folder::new();
    let model = folder.with(
        "model.toml",
        "[score.s]\n[rule.big]\nscore = \"s\"\nactivity = \"buy\"\npoints = 1000\nmultiply_by = \"value\"\n",
    );
    for value in ["900000000000000", "1e300", "99999999999999999999"] {
        let file =
            folder.with("rows.csv", format!("id,contact,type,occurred_at,value\n1,ada,buy,2026-01-05,{value}\n"));
        let ran =
            fervor(["score", &model, "--activities", &file, "--as-of", "2026-03-14", "--out", &folder.path("out")]);
        assert_eq!(ran.code, 1);
        assert!(ran.err.contains("contact `ada`") && ran.err.contains("rule `big`"), "{}", ran.err);
        assert!(!std::path::Path::new(&folder.path("out")).exists());
    }
}

#[test]
fn nothing_that_is_read_is_ever_overwritten() {
    let folder = Folder::new();
    let model = folder.with("model.toml", SMALL_MODEL);
    let rows = "id,plan\nada,gold\nada,basic\n";
    let contacts = folder.with("contacts.csv", rows);
    let here = folder.path("");
    let score = |more: &[&str]| {
        let arguments = ["score", &model, "--contacts", &contacts, "--as-of", "2026-03-14"];
        fervor(arguments.iter().chain(more))
    };
    let ran = score(&["--rejects", &model]);
    assert!(ran.code == 2 && ran.err.contains("named twice"), "{}", ran.err);
    let ran = score(&["--rejects", &contacts]);
    assert!(ran.code == 2 && ran.err.contains("named twice"), "{}", ran.err);
    let ran = score(&["--out", &here]);
    assert!(ran.code == 2 && ran.err.contains("would be overwritten"), "{}", ran.err);
    // Another name for the same file is replaced, not written into.
    let link = folder.path("link.csv");
    std::fs::hard_link(&contacts, &link).unwrap();
    assert_eq!(score(&["--rejects", &link]).code, 0);
    assert!(std::fs::read_to_string(&link).unwrap().starts_with("file,line,reason,row\n"));
    assert_eq!(std::fs::read_to_string(&contacts).unwrap(), rows);
    assert_eq!(std::fs::read_to_string(&model).unwrap(), SMALL_MODEL);
}

#[test]
fn text_from_files_cannot_disturb_a_terminal() {
    let folder = Folder::new();
    let file = folder.with(
        "rows.csv",
        "id,contact,type,occurred_at\n1,ada,event,\u{1b}[2Jnever\n2,\u{1b}]0;x\u{7},event,2026-01-05\n",
    );
    let model = folder.with("model.toml", SMALL_MODEL);
    let ran = fervor(["score", &model, "--activities", &file, "--as-of", "2026-03-14"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(ran.err.contains("[2Jnever") && ran.out.contains("]0;x"));
    assert!(!(ran.err + &ran.out).contains(['\u{1b}', '\u{7}']));
}
