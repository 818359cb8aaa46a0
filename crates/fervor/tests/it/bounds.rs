//! What the kernel may use, and what it may be told beforehand: none of it changes a score, and what is not
//! true is told.

use std::sync::Arc;

use arrow_array::{ArrayRef, Float64Array, Int64Array, StringArray, TimestampMicrosecondArray};

use super::parquet::{parquet, texts};
use super::{Folder, SMALL_MODEL, fervor};

const SHOP: [&str; 5] =
    ["examples/shop/model.toml", "--sources", "examples/shop/sources.toml", "--as-of", "1998-02-28"];

fn scores(folder: &Folder, arguments: &[&str]) -> (i32, String, Option<String>) {
    let out = folder.path("out");
    let ran = fervor(["score"].iter().chain(arguments).chain(&["--details", "--out", &out]));
    (ran.code, ran.err, std::fs::read_to_string(folder.path("out/contacts.csv")).ok())
}

#[test]
fn temporary_files_and_threads_change_nothing() {
    let (usual, spilling) = (Folder::new(), Folder::new());
    let temp = spilling.path("");
    let (code, err, expected) = scores(&usual, &SHOP);
    assert!(code == 0 && expected.is_some(), "{err}");
    for options in [["--memory", "0"], ["--memory", "100K"], ["--threads", "1"], ["--threads", "3"]] {
        let found = scores(&spilling, &[&SHOP[..], &options, &["--temp", &temp]].concat());
        assert_eq!((found.0, &found.2), (0, &expected), "{options:?} {}", found.1);
    }
    // Nothing is left of temporary files.
    let left: Vec<_> = std::fs::read_dir(&temp).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["out"]);
}

#[test]
#[cfg(unix)]
fn a_full_disk_is_told_and_nothing_is_written() {
    let folder = Folder::new();
    let (temp, out) = (folder.path(""), folder.path("out"));
    // No file may grow beyond some blocks; without the signal a write says so, as a full disk does.
    let line = format!(
        "trap '' XFSZ; ulimit -f 8; exec {} score {} --memory 0 --temp {temp} --out {out}",
        env!("CARGO_BIN_EXE_fervor"),
        SHOP.join(" ")
    );
    let done = std::process::Command::new("bash").args(["-c", &line]).current_dir(super::root()).output().unwrap();
    let said = String::from_utf8(done.stderr).unwrap();
    assert_eq!(done.status.code(), Some(1), "{said}");
    assert!(said.contains(&format!("temporary files in {temp}")) && said.contains("`--temp` names another"), "{said}");
    assert!(!std::path::Path::new(&out).exists());
}

#[test]
fn a_folder_for_temporary_files_that_is_not_there_is_told() {
    let folder = Folder::new();
    let nowhere = folder.path("nowhere");
    let (code, err, written) = scores(&folder, &[&SHOP[..], &["--memory", "0", "--temp", &nowhere]].concat());
    assert!(code == 1 && written.is_none() && err.contains("nowhere"), "{err}");
    let (code, err, _) = scores(&folder, &[&SHOP[..], &["--memory", "lots"]].concat());
    assert!(code == 2 && err.contains("500M or 8G"), "{err}");
}

#[test]
fn a_declaration_that_is_not_true_is_told() {
    let folder = Folder::new();
    let model = folder.with("model.toml", SMALL_MODEL);
    let rows = "contact,type,occurred_at\nada,event_attended,2026-03-14T10:00:00Z\nada,event_attended,2026-03-13\n";
    let activities = folder.with("a.csv", rows);
    let contacts = folder.with("c.csv", "id\nbob\n");
    let given = [&model, "--activities", &activities, "--contacts", &contacts, "--as-of", "2026-03-14"];
    for (declared, said) in [
        ("time-order", "an activity of 2026-03-13T00:00:00Z follows one of 2026-03-14T10:00:00Z"),
        ("all-contacts", "the contact `ada` is named by activities or opportunities but has no row of its own"),
    ] {
        let (code, err, written) = scores(&folder, &[&given[..], &["--declare", declared]].concat());
        assert!(code == 1 && err.contains(said) && err.contains("leave that declaration out"), "{err}");
        assert!(written.is_none());
    }
    let (code, err, _) = scores(&folder, &[&given[..], &["--declare", "unique-ids"]].concat());
    assert_eq!(code, 0, "{err}");
}

#[test]
fn a_mapping_declares_too() {
    let folder = Folder::new();
    let model = folder.with("model.toml", SMALL_MODEL);
    folder.with("a.csv", "contact,type,occurred_at\nada,event_attended,2026-03-14\nada,event_attended,2026-03-13\n");
    let mapping = |declare: &str| {
        folder.with(
            "sources.toml",
            format!("[source.a]\nfile = 'a.csv'\ndeclare = {declare}\n[source.a.activities]\n'*' = '*'\n"),
        )
    };
    let run = |mapping: &str| scores(&folder, &[&model, "--sources", mapping, "--as-of", "2026-03-14"]);
    let (code, err, _) = run(&mapping("['unique_ids', 'time_order']"));
    assert!(code == 1 && err.contains("not in the order of their times"), "{err}");
    let (code, err, _) = run(&mapping("'sorted'"));
    assert!(code == 2 && err.contains("`sorted` cannot be declared") && err.contains("time_order"), "{err}");
    let (code, err, _) = run(&mapping("'unique_ids'"));
    assert_eq!(code, 0, "{err}");
}

/// Activities of three groups of rows, of 2024, 2025 and 2026; and another time of all, under a name of its own.
fn of_three_years(folder: &Folder, [contact, time, other_time]: [&str; 3]) -> String {
    let micros = |year: i64| (year - 1970) * 31_556_952_000_000;
    let days = (0..900).map(|row: i64| micros(2024 + row / 300) + (row % 300) * 3_600_000_000);
    let contacts: ArrayRef = Arc::new(StringArray::from_iter_values((0..900).map(|row| format!("c{}", row % 7))));
    let times: ArrayRef = Arc::new(TimestampMicrosecondArray::from_iter_values(days).with_timezone("UTC"));
    let types: ArrayRef = Arc::new(StringArray::from_iter_values((0..900).map(|_| "buy")));
    let others = TimestampMicrosecondArray::from(vec![micros(2020); 900]).with_timezone("UTC");
    let columns = [(contact, contacts), ("type", types), (time, times), (other_time, Arc::new(others) as ArrayRef)];
    let batch = arrow_array::RecordBatch::try_from_iter(columns).unwrap();
    let mut bytes = Vec::new();
    let properties = parquet::file::properties::WriterProperties::builder();
    let properties = properties.set_max_row_group_row_count(Some(300)).build();
    let mut writer = parquet::arrow::ArrowWriter::try_new(&mut bytes, batch.schema(), Some(properties)).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    folder.with("a.parquet", &bytes)
}

#[test]
fn groups_of_rows_that_are_too_old_are_passed_over_and_still_counted() {
    let folder = Folder::new();
    let activities = of_three_years(&folder, ["contact", "occurred_at", "loaded_at"]);
    let contacts = folder.with("c.csv", "id\nc0\nc1\nc2\nc3\nc4\nc5\nc6\nc7\n");
    let rule = |more: &str| format!("[score.s]\n[rule.r]\nscore = \"s\"\nactivity = \"buy\"\npoints = 1\n{more}\n");
    for (more, read) in [
        ("window = \"90 days\"", 300),
        ("window = \"12 months\"\nlimit = { times = 5, per = \"year\" }", 600),
        ("window = \"90 days\"\nlimit = { times = 5, per = \"ever\" }", 900),
    ] {
        let model = folder.with("model.toml", rule(more));
        let given = ["score", &model, "--contacts", &contacts, "--activities", &activities, "--as-of", "2026-01-31"];
        let plain = fervor(given);
        let declared = fervor(given.iter().chain(&["--declare", "unique-ids,all-contacts,time-order"]));
        assert_eq!((declared.code, &declared.out), (0, &plain.out), "{}", declared.err);
        assert!(plain.out.contains("900 activities"), "{}", plain.out);
        // What is passed over is not decoded: damage there is not met.
        let mut bytes = std::fs::read(&activities).unwrap();
        bytes[4..400].fill(0xff);
        let damaged = folder.with("damaged.parquet", &bytes);
        let given = ["score", &model, "--contacts", &contacts, "--activities", &damaged, "--as-of", "2026-01-31"];
        let declared = fervor(given.iter().chain(&["--declare", "unique-ids,all-contacts,time-order"]));
        assert_eq!(declared.code == 0, read < 900, "{more} {}", declared.err);
    }
}

#[test]
fn a_mapping_passes_over_groups_by_the_columns_that_it_names() {
    let folder = Folder::new();
    // The column `occurred_at` is another time, long ago.
    let activities = of_three_years(&folder, ["who", "happened", "occurred_at"]);
    let contacts = folder.with("c.csv", "id\nc0\nc1\nc2\nc3\nc4\nc5\nc6\nc7\n");
    let rule = "[score.s]\n[rule.r]\nscore = \"s\"\nactivity = \"buy\"\npoints = 1\nwindow = \"90 days\"\n";
    let model = folder.with("model.toml", rule);
    let run = |declared: &str, empty: &str| {
        let mapping = format!(
            "[source.a]\nfile = 'a.parquet'\n{declared}{empty}[source.a.activities]\n\
             contact = 'who'\ntype = {{ constant = 'buy' }}\noccurred_at = 'happened'\n"
        );
        let sources = folder.with("sources.toml", mapping);
        fervor(["score", &model, "--contacts", &contacts, "--sources", &sources, "--as-of", "2026-01-31"])
    };
    let declared = "declare = ['unique_ids', 'all_contacts', 'time_order']\n";
    let (plain, passed) = (run("", ""), run(declared, ""));
    assert_eq!((passed.code, &passed.out), (0, &plain.out), "{}", passed.err);
    assert!(plain.out.contains("900 activities"), "{}", plain.out);
    let mut bytes = std::fs::read(&activities).unwrap();
    bytes[4..400].fill(0xff);
    folder.with("a.parquet", &bytes);
    assert_eq!(run(declared, "").code, 0);
    // What stands for nothing may be in any group.
    assert_eq!((run("", "").code, run(declared, "empty = ['-']\n").code), (1, 1));
}

#[test]
fn files_whose_columns_differ_are_one_table() {
    let folder = Folder::new();
    let model = folder.with(
        "model.toml",
        "[score.s]\ndecimals = 2\n[rule.r]\nscore = \"s\"\nactivity = \"buy\"\npoints = 1\nmultiply_by = \"value\"\n\
         [rule.web]\nscore = \"s\"\nactivity = \"buy\"\nwhere = \"activity.source = 'web'\"\npoints = 100\n",
    );
    let ids: ArrayRef = Arc::new(Int64Array::from(vec![7, 8]));
    let amounts: ArrayRef = Arc::new(Float64Array::from(vec![1.25, 2.5]));
    let (days, buy) = (texts(&["2026-03-13", "2026-03-14"]), texts(&["buy", "buy"]));
    let one = [("contact", ids), ("type", buy.clone()), ("occurred_at", days.clone()), ("value", amounts)];
    let one = folder.with("1.parquet", parquet(one));
    let other = [
        ("value", texts(&["10", "many"])),
        ("source", texts(&["web", "app"])),
        ("occurred_at", days),
        ("type", buy),
        ("contact", texts(&["7", "9"])),
    ];
    let other = folder.with("2.parquet", parquet(other));
    let given = [&model, "--activities", &one, "--activities", &other, "--as-of", "2026-03-14"];
    let (code, err, found) = scores(&folder, &given);
    assert_eq!(code, 0, "{err}");
    let found = found.unwrap();
    let points: Vec<_> = found.lines().skip(1).map(|line| line.splitn(3, ',').take(2).collect::<Vec<_>>()).collect();
    // 7: 1.25 + 10 + 100; 8: 2.5; 9: \"many\" is no number.
    assert_eq!(points, [["7", "111.25"], ["8", "2.50"], ["9", "0.00"]]);
    let reference = scores(&folder, &[&given[..], &["--engine", "reference"]].concat());
    assert_eq!(reference.2, Some(found));
}

#[test]
fn rows_of_a_contact_that_contradict_one_another_are_told_in_parquet_too() {
    let folder = Folder::new();
    let model =
        folder.with("model.toml", "[score.s]\n[rule.r]\nscore = \"s\"\nwhen = \"contact.plan = 'gold'\"\npoints = 1\n");
    let columns = [("id", texts(&["ada", "ada", "bob"])), ("plan", texts(&["gold", "basic", "gold"]))];
    let contacts = folder.with("c.parquet", parquet(columns));
    let given = [&model, "--contacts", &contacts, "--as-of", "2026-03-14"];
    let (kernel, reference) =
        (scores(&folder, &given), scores(&folder, &[&given[..], &["--engine", "reference"]].concat()));
    assert_eq!((kernel.0, &kernel.2), (0, &reference.2));
    assert!(kernel.1.contains("c.parquet:2: an earlier row has the same `id`"), "{}", kernel.1);
    assert_eq!(kernel.1.matches("could not be used").count(), 1, "{}", kernel.1);
}

#[test]
fn what_folders_say_and_blanks_mean_the_same_by_column() {
    let folder = Folder::new();
    let model = folder.with(
        "model.toml",
        "[score.s]\n[rule.web]\nscore = \"s\"\nactivity = \"buy\"\nwhere = \"activity.source = 'web'\"\npoints = 1\n\
         [score.firm]\nof = \"account\"\n[rule.firm]\nscore = \"firm\"\nrollup = \"s\"\ntake = \"sum\"\n",
    );
    std::fs::create_dir_all(folder.path("events/source=web")).unwrap();
    let sources: ArrayRef = Arc::new(StringArray::from(vec![None, Some("app")]));
    let ids = [("contact", texts(&["ada", "bob"])), ("type", texts(&["buy", "buy"]))];
    let rest = [("occurred_at", texts(&["2026-03-14", "2026-03-14"])), ("source", sources)];
    let [contact, kind] = ids;
    let [time, source] = rest;
    folder.with("events/source=web/1.parquet", parquet([contact, kind, time, source]));
    let contacts = parquet([("id", texts(&["ada", "bob", "cyd"])), ("account", texts(&[" acme ", " ", ""]))]);
    let contacts = folder.with("c.parquet", contacts);
    let events = folder.path("events");
    let given = [&model, "--activities", &events, "--contacts", &contacts, "--as-of", "2026-03-14"];
    let kernel = scores(&folder, &given);
    let accounts = std::fs::read_to_string(folder.path("out/accounts.csv")).unwrap();
    assert_eq!(accounts.lines().skip(1).map(|line| line.split(',').next().unwrap()).collect::<Vec<_>>(), ["acme"]);
    assert!(kernel.2.as_ref().unwrap().contains("\nada,1,") && kernel.2.as_ref().unwrap().contains("\nbob,0,"));
    let reference = scores(&folder, &[&given[..], &["--engine", "reference"]].concat());
    assert_eq!((kernel.0, kernel.2), (0, reference.2));
    assert_eq!(std::fs::read_to_string(folder.path("out/accounts.csv")).unwrap(), accounts);
}

#[test]
fn which_of_two_rows_of_a_contact_counts_is_told_by_all_columns() {
    let folder = Folder::new();
    let rule = "[score.s]\n[rule.r]\nscore = \"s\"\nwhen = \"contact.plan = 'gold'\"\npoints = 1\n";
    let model = folder.with("model.toml", rule);
    std::fs::create_dir_all(folder.path("members/region=eu")).unwrap();
    // By `a` the first one counts, by `plan` alone it would be the second.
    let columns = [("id", texts(&["ada", "ada"])), ("a", texts(&["1", "2"])), ("plan", texts(&["gold", "basic"]))];
    folder.with("members/region=eu/1.parquet", parquet(columns));
    let members = folder.path("members");
    let given = [&model, "--contacts", &members, "--as-of", "2026-03-14"];
    let kernel = scores(&folder, &given);
    assert!(kernel.0 == 0 && kernel.2.as_ref().unwrap().contains("\nada,1,"), "{kernel:?}");
}
