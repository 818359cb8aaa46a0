//! Mappings from outside: other systems' exports give the same facts as files converted by hand.

use super::{Folder, Ran, fervor, root};

const MODEL: &str = "\
[score.engagement]
bands = { Low = 0, High = 51 }
decimals = 2
[rule.any]
score = \"engagement\"
activity = \"*\"
points = 1
multiply_by = \"value\"
[rule.each]
score = \"engagement\"
activity = \"*\"
points = 1
half_life = \"60 days\"
[rule.gold]
score = \"engagement\"
when = \"contact.plan = 'gold'\"
points = 5
[rule.years]
score = \"engagement\"
since = \"contact.joined\"
every = \"1 year\"
points = 2
";

/// What everyone scores, with the result of every rule, as CSV.
fn scored(folder: &Folder, options: &[&str]) -> String {
    let model = folder.with("model.toml", MODEL);
    let out = folder.path("out");
    let mut arguments = vec!["score", &model, "--as-of", "2026-03-14", "--out", &out, "--details"];
    arguments.extend(options);
    let ran = fervor(arguments);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(!ran.err.contains("warning") && !ran.err.contains("note"), "{}", ran.err);
    std::fs::read_to_string(std::path::Path::new(&out).join("contacts.csv")).unwrap()
}

const CANONICAL_CONTACTS: &str = "id,account,plan,joined\nada,acme,gold,2023-05-01\nbob,,basic,2025-01-31\n";
const CANONICAL_ACTIVITIES: &str = "contact,type,occurred_at,value\n\
    ada,event_attended,2026-03-01T09:30:00+01:00,20\n\
    ada,order,2026-02-03,1234.5\n\
    bob,event_missed,2026-03-01T23:30:00+01:00,\n";

#[test]
fn a_mapped_export_scores_as_one_converted_by_hand() {
    let folder = Folder::new();
    let contacts = folder.with("canonical-contacts.csv", CANONICAL_CONTACTS);
    let activities = folder.with("canonical-activities.csv", CANONICAL_ACTIVITIES);
    let by_hand = scored(&folder, &["--contacts", &contacts, "--activities", &activities]);

    // Everything that a mapping can do: Latin-1, semicolons, lines above the header, names of its own,
    // renamed values, a decimal comma, the order of dates, a zone, placeholders, capital letters.
    let members = "Mitglieder\n\nNr;Firma;Tarif;Seit;Größe\nADA;Acme;Gold ;01.05.2023;1\nBOB;-;Basis;31.01.2025;2\n";
    let latin: Vec<u8> = members.chars().map(|letter| u8::try_from(u32::from(letter)).unwrap()).collect();
    folder.with("members.csv", latin);
    folder.with("visits-1.csv", "who|what|when|worth\nADA|Attended|3/1/2026 9:30 AM|20\n");
    folder.with("visits-2.csv", "who|what|when|worth\nBOB|No show|3/1/2026 11:30 PM|n/a\nBOB|Invited|3/1/2026|5\n");
    folder.with("orders.json", r#"{"data": [{"by": {"id": "ADA"}, "at": 1770076800, "total": "1.234,50 €"}]}"#);
    let mapping = folder.with(
        "sources.toml",
        r#"
[source.members]
file = "members.csv"
encoding = "latin-1"
delimiter = ";"
skip = 2
empty = ["-"]
[source.members.contacts]
id = { column = "Nr", lowercase = true }
account = { column = "Firma", lowercase = true }
plan = { column = "Tarif", values = { Gold = "gold" }, otherwise = "basic" }
joined = { column = "Seit", dates = "dmy" }

[source.visits]
file = "visits-*.csv"
delimiter = "|"
timezone = "Europe/Oslo"
empty = ["n/a"]
[source.visits.activities]
contact = { column = "who", lowercase = true }
type = { column = "what", values = { Attended = "event_attended", "No show" = "event_missed" }, otherwise = "", or_skip = true }
occurred_at = { column = "when", dates = "mdy" }
value = "worth"

[source.orders]
file = "orders.json"
rows = "data"
[source.orders.activities]
contact = { column = "by.id", lowercase = true }
type = { constant = "order" }
occurred_at = { column = "at", dates = "unix" }
value = { column = "total", decimal = "," }
"#,
    );
    assert_eq!(scored(&folder, &["--sources", &mapping]), by_hand);
    // What a mapping gives and what lies in canonical columns go together.
    let half = folder.with(
        "half.toml",
        "[source.c]\nfile = 'canonical-contacts.csv'\n[source.c.contacts]\nid = 'id'\naccount = 'account'\n\"*\" = \"*\"\n",
    );
    assert_eq!(scored(&folder, &["--sources", &half, "--activities", &activities]), by_hand);
}

#[test]
fn one_file_feeds_several_kinds_of_facts() {
    let folder = Folder::new();
    let contacts = folder.with("contacts.csv", "id,account,plan,joined\nada,acme,gold,2023-05-01\nbob,,,\n");
    let rows =
        "contact,type,occurred_at,value\nada,order,2026-01-05,3\nada,webinar,2026-01-07,\nbob,order,2026-02-05,4\n";
    let activities = folder.with("activities.csv", rows);
    let by_hand = scored(&folder, &["--contacts", &contacts, "--activities", &activities]);

    let wide = "who,firm,tier,since,ordered,worth,webinar\n\
        ada,acme,gold,2023-05-01,2026-01-05,3,2026-01-07\n\
        bob,,,,2026-02-05,4,\n";
    folder.with("wide.csv", wide);
    let mapping = r#"
[source.wide]
file = "wide.csv"
[source.wide.contacts]
id = "who"
account = "firm"
plan = "tier"
joined = "since"
[[source.wide.activities]]
contact = "who"
type = { constant = "order" }
occurred_at = "ordered"
value = "worth"
[[source.wide.activities]]
contact = "who"
type = { constant = "webinar" }
occurred_at = { column = "webinar", or_skip = true }
"#;
    let mapping = folder.with("sources.toml", mapping);
    assert_eq!(scored(&folder, &["--sources", &mapping]), by_hand);
}

#[test]
fn packed_files_and_utf_16_are_read_without_a_mapping() {
    let folder = Folder::new();
    let plain = folder.with("a.csv", CANONICAL_ACTIVITIES);
    let by_hand = scored(&folder, &["--activities", &plain]);
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut gzip, CANONICAL_ACTIVITIES.as_bytes()).unwrap();
    let wide = format!("\u{feff}{CANONICAL_ACTIVITIES}").encode_utf16().flat_map(u16::to_le_bytes).collect();
    let zstd = zstd::encode_all(CANONICAL_ACTIVITIES.as_bytes(), 1).unwrap();
    let files: [(&str, Vec<u8>); 3] = [("a.csv.gz", gzip.finish().unwrap()), ("b.csv", wide), ("c.zst", zstd)];
    for (name, content) in files {
        let file = folder.with(name, content);
        assert_eq!(scored(&folder, &["--activities", &file]), by_hand, "{name}");
    }
}

/// Runs a command on a mapping in a folder with `orders.csv`.
fn with_mapping(folder: &Folder, mapping: &str, command: &[&str]) -> Ran {
    folder.with("orders.csv", "who,when,sum\nada,03/04/2024,3\nada,soon,4\n,05/06/2024,x\n");
    let model = folder.with("model.toml", MODEL);
    let mapping = folder.with("sources.toml", mapping);
    let arguments = command.iter().map(|argument| match *argument {
        "MODEL" => model.as_str(),
        "MAPPING" => mapping.as_str(),
        other => other,
    });
    let mut ran = fervor(arguments.collect::<Vec<_>>());
    let home = folder.path("");
    (ran.out, ran.err) = (ran.out.replace(&home, ""), ran.err.replace(&home, ""));
    ran
}

const ORDERS: &str = "\
[source.orders]
file = \"orders.csv\"
[source.orders.activities]
contact = \"who\"
type = { constant = \"order\" }
occurred_at = { column = \"when\", dates = \"dmy\" }
value = { column = \"sum\", decimal = \".\" }
";

#[test]
fn a_preview_shows_facts_and_all_that_is_left_behind() {
    let folder = Folder::new();
    let ran = with_mapping(&folder, ORDERS, &["sources", "preview", "MAPPING"]);
    let expected = "\
sources.toml: 1 file, 1 row used

orders: 1 activity
  contact   type    occurred_at   value
  ada       order   2024-04-03    3

2 rows cannot be used:
 orders.csv:3: `when` is \"soon\": not a date in the order day, month, year
 orders.csv:4: `who` as `contact` is missing
note: orders.csv:4: `sum` is \"x\", not a number; it stays as it is written
";
    assert_eq!((ran.out.as_str(), ran.code), (expected, 0), "{}", ran.err);
    let ran = with_mapping(&folder, ORDERS, &["score", "MODEL", "--sources", "MAPPING", "--as-of", "2024-06-01"]);
    assert!(
        ran.err.contains("2 rows could not be used, 1 were") && ran.err.contains("note: orders.csv:4"),
        "{}",
        ran.err
    );
}

#[test]
fn a_mapping_that_cannot_be_used_says_what_and_where() {
    let folder = Folder::new();
    let cases: &[(&str, &str, i32, &[&str])] = &[
        (
            "who",
            "whom",
            1,
            &["has no column `whom`, which source `orders` of the mapping names", "did you mean `who`?"],
        ),
        ("orders.csv", "order.csv", 1, &["order.csv: there is no such file", "did you mean", "orders.csv"]),
        ("orders.csv", "x-*.csv", 1, &["x-*.csv: fits no file", "source `orders` expects files there"]),
        (
            "\"dmy\"",
            "\"?\"",
            2,
            &["leaves a question open: is 03/04/2024 in March (mdy) or in April (dmy)?", "sources.toml:6:42"],
        ),
        ("file =", "skip = 9000\nfile =", 1, &["there is no line where the header is expected: is `skip` right?"]),
        (
            "file =",
            "delimiter = \";\"\nfile =",
            1,
            &["this file seems to separate columns by \",\": is `delimiter` right?"],
        ),
        ("\"dmy\"", "\"dmy\", join = \"-\"", 2, &["`join` beside `column`", "has no effect"]),
        ("\".\"", "\".\", divide = 60", 2, &["`divide` in `value`", "expects 10, 100, 1000"]),
        (
            "{ constant = \"order\" }",
            "{ constant = \"order\", lowercase = true }",
            2,
            &["`lowercase` beside `constant`"],
        ),
        ("file =", "rows = \"?\"\nfile =", 2, &["leaves a question open: where do the rows stand?"]),
        ("\"who\"", "\"?\"", 2, &["leaves a question open: which column is it?"]),
        ("decimal", "decimals", 2, &["unknown key `decimals`", "did you mean `decimal`?"]),
        ("[source.orders]\n", "[source.orders\n", 2, &["not valid TOML"]),
        ("contact = \"who\"\n", "", 2, &["[source.orders.activities] needs `contact`"]),
    ];
    for (old, new, code, said) in cases {
        for command in [&["sources", "preview", "MAPPING"][..], &["score", "MODEL", "--sources", "MAPPING"]] {
            let ran = with_mapping(&folder, &ORDERS.replacen(old, new, 1), command);
            assert_eq!(ran.code, *code, "{new}: {}", ran.err);
            assert!(said.iter().all(|said| ran.err.contains(said)), "{new}: expected {said:?} in {}", ran.err);
        }
    }
}

#[test]
fn results_never_replace_what_a_mapping_reads() {
    let folder = Folder::new();
    folder.with("contacts.csv", "who,when,sum\nada,03/04/2024,3\n");
    let home = folder.path("");
    let mapping = ORDERS.replace("orders.csv", "contacts.csv");
    let ran = with_mapping(&folder, &mapping, &["score", "MODEL", "--sources", "MAPPING", "--out", &home]);
    assert!(ran.code == 2 && ran.err.contains("contacts.csv is read by this command"), "{}", ran.err);
}

#[test]
fn a_proposal_is_written_once_and_names_files_from_its_folder() {
    let folder = Folder::new();
    let export = folder.with("orders.csv", "Member ID,Order Date,Total\nada,2024-04-03,3\nada,2024-04-13,3\n");
    let mapping = folder.path("sources.toml");
    let ran = fervor(["sources", "guess", &export, "--out", &mapping]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(
        ran.err.contains("all rows are of one type") && ran.err.contains("next: fervor sources preview"),
        "{}",
        ran.err
    );
    let text = std::fs::read_to_string(&mapping).unwrap();
    assert!(text.contains("file = \"orders.csv\"\n") && text.contains("= { constant = \"order\" }"), "{text}");
    let ran = fervor(["sources", "preview", &mapping]);
    assert!(ran.code == 0 && ran.out.contains("orders: 2 activities"), "{}{}", ran.out, ran.err);
    let ran = fervor(["sources", "guess", &export, "--out", &folder.path("nowhere/sources.toml")]);
    assert!(ran.code == 1 && ran.err.contains("there is no folder"), "{}", ran.err);
    let ran = fervor(["sources", "guess", &export, "--out", &mapping]);
    assert!(ran.code == 1 && ran.err.contains("exists already"), "{}", ran.err);
}

#[test]
fn the_raw_files_of_the_example_score_as_the_converted_ones() {
    // The example's files under the names that its source gave them.
    let folder = Folder::new();
    let example = root().join("examples/open-source");
    let read = |name: &str| std::fs::read_to_string(example.join(name)).unwrap();
    let raw = |text: String, header: &str| format!("{header}\n{}", text.split_once('\n').unwrap().1);
    folder
        .with("a.csv", raw(read("activities.csv"), "activity_id,contact_id,company_domain,occurred_at,type,files,bot"));
    folder.with("c.csv", raw(read("contacts.csv"), "contact_id,first_seen,company_domain,joined,bot"));
    let mapping = folder.with(
        "sources.toml",
        "[source.c]\nfile = 'c.csv'\n[source.c.contacts]\nid = 'contact_id'\nvalid_from = 'first_seen'\n\
         account = 'company_domain'\n'*' = '*'\n[source.a]\nfile = 'a.csv'\n[source.a.activities]\nid = 'activity_id'\n\
         contact = 'contact_id'\naccount = 'company_domain'\n'*' = '*'\n",
    );
    let model = example.join("model.toml").display().to_string();
    let score = |options: &[&str], out: &str| {
        let out = folder.path(out);
        let mut arguments = vec!["score", &model, "--as-of", "2026-08-01", "--details", "--out", &out];
        arguments.extend(options);
        let ran = fervor(arguments);
        assert_eq!(ran.code, 0, "{}", ran.err);
        ["contacts.csv", "accounts.csv"].map(|name| std::fs::read_to_string(format!("{out}/{name}")).unwrap())
    };
    let path = |name: &str| example.join(name).display().to_string();
    let by_hand = score(&["--contacts", &path("contacts.csv"), "--activities", &path("activities.csv")], "one");
    assert_eq!(score(&["--sources", &mapping], "two"), by_hand);
}
