//! Real exports that were once read wrongly without a word: what is proposed for them, what is asked
//! and doubted, and what becomes of their rows.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::{Path, PathBuf};

use batch::mapping::{Mapping, Unread};
use batch::source::{self, Reject, Stop, Watcher};
use rules::day::Zone;

/// All that is told while files are read.
#[derive(Default)]
struct Told(Vec<String>);

impl Watcher for Told {
    fn read(&mut self, _: u64) {}

    fn rejected(&mut self, reject: Reject) -> Result<(), Stop> {
        self.0.push(format!("{}: {}", reject.line, reject.reason));
        Ok(())
    }

    fn unread(&mut self, _: &Path, line: u64, unread: Unread) {
        self.0.push(format!("{line}: {} is {}, not {}", unread.column, unread.text, unread.expected));
    }

    fn note(&mut self, note: String) {
        self.0.push(note);
    }
}

fn saved(folder: &Path, name: &str, content: &[u8]) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, content).unwrap();
    path
}

/// Reads a file by a mapping: how many rows were used, and all that is told.
fn read(name: &str, content: &[u8], mapping: &str) -> (u64, Vec<String>) {
    let folder = tempfile::tempdir().unwrap();
    saved(folder.path(), name, content);
    let mapping = Mapping::parse(mapping).unwrap_or_else(|found| panic!("{found:?}: {mapping}"));
    let mut told = Told::default();
    let sources = mapping.sources(folder.path()).unwrap();
    let (_, counts) = source::load(&sources, &Zone::utc(), &mut told).unwrap();
    let home = format!("{}/", folder.path().display());
    (counts.used, told.0.iter().map(|told| told.replace(&home, "")).collect())
}

#[test]
fn nothing_is_lost_or_misread_without_being_told() {
    // The file, its content, the mapping below `file`, how many rows are used, and what is told.
    #[rustfmt::skip]
    let cases: &[(&str, &[u8], &str, u64, &[&str])] = &[
        ("a.jsonl", b"{\"u\":1,\"i\":[{\"k\":1},{\"k\":2}]}\n{\"u\":2,\"i\":[]}\n{\"u\":3}\n",
            "rows = 'i'\n[source.a.contacts]\nid = 'k'", 2, &["2: no rows stand at `i`", "3: no rows stand at `i`"]),
        ("a.json", br#"{"data":{"a.b":[{"id":1},{"id":2}]}}"#,
            "rows = 'data.a.b'\n[source.a.contacts]\nid = 'id'", 2, &[]),
        ("a.json", br#"{"data":[{"id":1}]}"#,
            "rows = 'body.items'\n[source.a.contacts]\nid = 'id'", 0,
            &["1: no rows stand at `body.items`"]),
        ("a.jsonl", b"{\"id\":1,\"amount\":3}\n{\"id\":2}\n",
            "[source.a.opportunities]\nid = 'id'\namount = 'amout'", 2,
            &["a.jsonl: no row of source `a` has a value for `amout` (did you mean `amount`?)"]),
        ("a.csv", b"id,sum\n1,\"1250,00\"\n2,12.5\n",
            "[source.a.opportunities]\nid = 'id'\namount = 'sum'", 2, &["2: sum is 1250,00, not a number"]),
        ("a.csv", b"id,Joined\n1,04/03/2024\n2,2024-03-04\n",
            "[source.a.contacts]\nid = 'id'\ncreated_at = 'Joined'", 2,
            &["2: Joined is 04/03/2024, not a date such as 2026-03-14"]),
        ("a.csv", b"id,name\n1,Ann\nid,name\n2,Bob\n",
            "[source.a.contacts]\nid = 'id'", 2, &["3: the header stands here once more"]),
        ("a.csv", b"id,name\n1,Ann\n",
            "columns = ['id', 'name']\n[source.a.contacts]\nid = 'id'", 1, &["1: the header stands here once more"]),
        ("a.csv", b"id,name\n1,Ann,\n2,Bob,x\n",
            "[source.a.contacts]\nid = 'id'", 1, &["3: expected 2 fields as in the header, found 3"]),
        ("a.csv", b"id,name\n1,\x82\xa0\n2,\x82\n",
            "encoding = 'shift_jis'\n[source.a.contacts]\nid = 'id'", 1, &["3: `name` is not Shift_JIS"]),
        ("a.csv", "\u{feff}\u{200b}id,name\n1,Ann\n".as_bytes(), "[source.a.contacts]\nid = 'id'", 1, &[]),
        ("a[1].csv", b"id\n1\n", "[source.a.contacts]\nid = 'id'", 1, &[]),
        ("a.csv", "id,since\n1,10\u{43b}\u{435}\u{442}\n".as_bytes(),
            "[source.a.contacts]\nid = 'id'\nsince = { column = 'since', dates = 'dmy' }", 1,
            &["2: since is 10\u{43b}\u{435}\u{442}, not a date in the order day, month, year"]),
        ("a.csv", b"id,sum\n1,125000\n2,x\n",
            "[source.a.opportunities]\nid = 'id'\namount = { column = 'sum', divide = 100 }", 2,
            &["3: sum is x, not a number"]),
    ];
    for (name, content, mapping, used, told) in cases {
        let mapping = format!("[source.a]\nfile = '{name}'\n{}\n", mapping);
        let (found_used, found) = read(name, content, &mapping);
        assert_eq!(
            (found_used, found.iter().map(String::as_str).collect::<Vec<_>>()),
            (*used, told.to_vec()),
            "{mapping}"
        );
    }
}

#[test]
fn a_file_that_is_named_twice_is_read_once() {
    let mapping = "[source.a]\nfile = ['a.csv', './a.csv', '*.csv']\n[source.a.contacts]\nid = 'id'\n";
    assert_eq!(read("a.csv", b"id\n1\n2\n", mapping), (2, vec![]));
}
