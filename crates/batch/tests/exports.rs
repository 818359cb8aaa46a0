//! Real exports that were once read wrongly without a word: what is proposed for them, what is asked
//! and doubted, and what becomes of their rows.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::{Path, PathBuf};

use batch::guess::{Proposal, guess};
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
    type Case = (&'static str, &'static [u8], &'static str, u64, &'static [&'static str]);
    #[rustfmt::skip]
    let cases: &[Case] = &[
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

fn proposed(files: &[(&str, &str)]) -> Proposal {
    let folder = tempfile::tempdir().unwrap();
    let paths: Vec<_> = files.iter().map(|(name, content)| saved(folder.path(), name, content.as_bytes())).collect();
    let shown = |path: &Path| path.file_name().unwrap().to_string_lossy().into_owned();
    guess(&paths, None, None, shown, &mut |_| {}).unwrap_or_else(|error| panic!("{files:?}: {error}"))
}

/// An export, what its proposal has to say, and what must be asked or doubted: nothing more, nothing less.
struct Case {
    name: &'static str,
    content: &'static str,
    proposed: &'static [&'static str],
    told: &'static [&'static str],
}

const fn case(
    name: &'static str,
    content: &'static str,
    proposed: &'static [&'static str],
    told: &'static [&'static str],
) -> Case {
    Case { name, content, proposed, told }
}

fn check(cases: &[Case]) {
    for Case { name, content, proposed: lines, told } in cases {
        let found = proposed(&[(name, content)]);
        let text = &found.text;
        for line in *lines {
            assert!(text.lines().any(|own| own.starts_with(line)), "{name}: expected {line:?} in\n{text}");
        }
        let said: Vec<_> = found.questions.iter().chain(&found.doubts).collect();
        for told in *told {
            assert!(said.iter().any(|said| said.contains(told)), "{name}: expected {told:?} in {said:#?}\n{text}");
        }
        assert_eq!(said.len(), told.len(), "{name}: {said:#?}\n{text}");
        let parsed = Mapping::parse(text);
        assert_eq!(parsed.is_ok(), found.questions.is_empty(), "{name}: {parsed:?}\n{text}");
    }
}

const ONE_TYPE: &str = "all rows are of one type";
const KIND: &str = "these seem to be";

#[test]
#[rustfmt::skip]
fn rows_of_json_are_objects_or_stand_in_one_list() {
    check(&[
        case("a.jsonl", "{\"user_id\":1,\"event\":\"a\",\"date\":\"2024-01-01\",\"i\":[{\"x\":1},{\"x\":2}]}\n{\"user_id\":1,\"event\":\"b\",\"date\":\"2024-01-02\",\"i\":[]}\n",
            &["contact = \"user_id\"", "i = \"i\""], &[]),
        case("members.json", r#"{"next":null,"data":[{"member_id":1},{"member_id":2}]}"#, &["rows = \"data\"", "id = \"member_id\""], &[]),
        case("members.json", r#"{"page":1,"data":[{"member_id":1},{"member_id":2}]}"#, &["rows = \"data\""],
            &["each element of the list at `data` becomes a row"]),
        case("members.json", r#"{"data":{"a.b":[{"member_id":1}]}}"#, &["rows = \"data.a.b\""], &[]),
        case("members.json", r#"{"data":[{"member_id":1},{"member_id":2}],"links":[{"x":1}]}"#, &["rows = \"?\""],
            &["lists stand at `data` (2) and `links` (1)"]),
        case("members.txt", r#"[{"member_id":1},{"member_id":2}]"#, &["id = \"member_id\""], &[]),
        case("events.jsonl", "{\"attributes\":{\"user_id\":1,\"type\":\"a\"},\"createdAt\":{\"$date\":\"2024-03-04T14:05:00Z\"}}\n{\"attributes\":{\"user_id\":1,\"type\":\"a\"},\"createdAt\":{\"$date\":\"2024-03-05T14:05:00Z\"}}\n",
            &["contact = \"attributes.user_id\"", "type = \"attributes.type\"", "occurred_at = \"createdAt.$date\""], &[]),
    ]);
}

#[test]
#[rustfmt::skip]
fn codes_stay_codes_and_numbers_are_no_dates() {
    check(&[
        case("members.csv", "member_id,course,invoice,level,grade,phone,org_no\n1,MAT101,INV-1001,VIP 1,1-,+47 223 344 555,912 345 678\n2,PHY101,INV-1002,STD 2,2-,+47 923 344 555,987 654 321\n",
            &["course = \"course\"", "invoice = \"invoice\"", "level = \"level\"", "grade = \"grade\"", "phone = \"phone\"", "org_no = \"org_no\""], &[]),
        case("customers.csv", "customer_id,lifetime_value,update_count,created_by,time_on_page_ms\n1,31000,45000,500123456,35000\n2,45000,30000,500123457,36000\n",
            &["lifetime_value = \"lifetime_value\"", "update_count = \"update_count\"", "created_by = \"created_by\"", "time_on_page_ms = \"time_on_page_ms\""], &[]),
        case("log.csv", "User ID,Action,When,Time\n17,a,2024-03-04,35000\n17,b,2024-03-05,36000\n", &["occurred_at = \"When\""],
            &["`Time` is taken as a number of days as spreadsheets count them: 35000 is 1995-10-28"]),
        case("log.csv", "user_id,action,ts\n17,a,1709561100.000100\n17,b,1709561200.000200\n", &["occurred_at = { column = \"ts\", dates = \"unix\" }"],
            &["`ts` is taken as a number of seconds since 1970"]),
        case("log.csv", "user_id,action,ts\n17,a,1709561100000000\n17,b,1709561200000000\n", &["occurred_at = { column = \"ts\", dates = \"unix_us\" }"],
            &["`ts` is taken as a number of microseconds since 1970"]),
        case("members.csv", "member_id,section\n1,1.1.20\n2,13.2.45\n", &["section = { column = \"section\", dates = \"dmy\" }"],
            &["`section` reads as dates: take `dates` away if these are versions"]),
        case("events.csv", "user_id,event,date,amount\n17,buy,2024-03-04,\"1.250,-\"\n17,buy,2024-03-05,\"12,-\"\n", &["amount = \"amount\""],
            &["`amount` looks like a number, but \"1.250,-\" cannot be read"]),
    ]);
}

#[test]
#[rustfmt::skip]
fn contacts_are_who_did_it() {
    let mut staff = String::from("Email,Member,Type,Date\n");
    (1..=24).for_each(|row| staff.push_str(&format!("m{}@x.org,staff{},call,2024-03-{row:02}\n", row % 9, row % 2)));
    check(&[
        case("events.csv", "Recipient,Event type,Created,Subject\na@x.org,OPEN,2024-03-04,Hello\na@x.org,CLICK,2024-03-05,Hello\n", &["contact = \"Recipient\""], &[]),
        case("tasks.csv", "Task ID,Who ID,Subject,ActivityDate,Type\nT1,003A,Call,2024-03-14,Call\nT2,003A,Call,2024-03-15,Call\n", &["contact = \"Who ID\"", "id = \"Task ID\""], &[]),
        case("tasks.csv", "Email,Member,Event,Date\na@x.org,Yes,Gala,2024-03-04\na@x.org,No,AGM,2024-03-05\n", &["contact = \"Email\"", "type = \"Event\""], &[]),
        case("staff.csv", staff.leak(), &["contact = \"Email\""], &[]),
        case("list.csv", "Email,Customer,Created,City\na@x.org,Yes,2024-03-04,Oslo\nb@x.org,No,2024-03-05,Bergen\n", &["[source.list.contacts]", "id = \"Email\""],
            &["`lowercase = true` if"]),
        case("web.csv", "Visitor ID,Event,Timestamp,User\nv1,a,2024-03-04,\nv1,b,2024-03-05,\nv2,b,2024-03-05,u9\n", &["contact = \"Visitor ID\""], &[]),
        case("web.csv", "Member ID,Event,Timestamp\nv1,a,2024-03-04\nv1,b,2024-03-05\n,b,2024-03-05\n", &["contact = \"Member ID\""],
            &["`Member ID` is empty in 1 of 3 rows, which give no facts"]),
        case("calls.csv", "User,Contact Name,Activity Type,Date\nstaff1,Ann Lee,Call,2024-03-04\nstaff2,Ann Lee,Call,2024-03-05\n", &["contact = \"Contact Name\""],
            &["`Contact Name` has names, not ids"]),
        case("calls.csv", "User,Email,Type,Date\nstaff1,a@x.org,Call,2024-03-04\nstaff1,b@x.org,Call,2024-03-05\n", &["contact = \"User\""],
            &["is `User` who did it, or who wrote it down? `Email` may be the contact too"]),
    ]);
}

#[test]
#[rustfmt::skip]
fn what_happened_is_told_from_who_there_is() {
    check(&[
        case("orders.csv", "Order ID,Email,Order Date,Total\n1001,a@x.org,2024-03-04,50.00\n1002,b@x.org,2024-03-05,60.00\n",
            &["[source.orders.activities]", "id = \"Order ID\"", "value = \"Total\"", "type = { constant = \"order\" }"], &[ONE_TYPE]),
        case("stripe_payments.csv", "id,Created date (UTC),Amount,Customer ID\nch_1,2024-03-04 14:05:00,5.00,cus_A\nch_2,2024-03-05 14:05:00,5.00,cus_B\n",
            &["[source.stripe_payments.activities]", "timezone = \"UTC\"", "contact = \"Customer ID\"", "id = \"id\""], &[ONE_TYPE]),
        case("export.csv", "Member ID,Date,Session\n1,2024-03-04,AGM\n2,2024-03-04,AGM\n", &["[source.export.activities]"], &[KIND, ONE_TYPE]),
        case("leads.csv", "id,email,stage,total\n1,a@x,new,5\n2,b@x,old,6\n", &["[source.leads.contacts]", "id = \"id\""], &[KIND]),
        case("deals.csv", "Deal ID,Stage,Amount\n1,won,5\n2,lost,6\n", &["[source.deals.opportunities]", "amount = \"Amount\""], &[]),
        case("donations.csv", "Donor ID,Name,Date,Amount\n17,Ann Lee,2024-03-04,50\n18,Bob Day,2024-03-05,60\n17,Ann Lee,2024-03-06,70\n",
            &["type = { constant = \"donation\" }", "name = \"Name\""], &["unless a column says what happened: type = \"Name\""]),
        case("tickets.csv", "Email,Event,Date,Quantity\na@x,Gala,2024-03-04,2\na@x,AGM,2024-03-05,1\n", &["value = \"Quantity\""],
            &["`Quantity` counts pieces"]),
        case("tickets.csv", "Email,Event,Date,Quantity,Total Paid\na@x,Gala,2024-03-04,2,50\na@x,AGM,2024-03-05,1,25\n", &["value = \"Total Paid\"", "quantity = \"Quantity\""], &[]),
        case("charges.jsonl", "{\"id\":\"ch_1\",\"amount\":125000,\"date\":\"2024-03-04\",\"currency\":\"eur\",\"customer\":\"A\"}\n{\"id\":\"ch_2\",\"amount\":2500,\"date\":\"2024-03-04\",\"currency\":\"eur\",\"customer\":\"A\"}\n",
            &["value = \"amount\""], &["`amount` seems to count cents: then add divide = 100", ONE_TYPE]),
        case("visits.csv", "Member ID,Type,Date,Time\n17,visit,2024-03-04,14:05\n17,visit,2024-03-05,9:00 PM\n",
            &["occurred_at = { columns = [\"Date\", \"Time\"], join = \" \", dates = \"ymd\" }"], &[]),
    ]);
}

#[test]
#[rustfmt::skip]
fn what_cannot_be_read_is_doubted() {
    let mut iso = String::from("member_id,type,date\n");
    (1..=26).for_each(|day| iso.push_str(&format!("17,login,2024-03-{day:02}\n")));
    iso.push_str("17,login,2024-03-27 10:00 BST\n");
    let mut grouped = String::from("member_id,points\n");
    (1..=60).for_each(|id| grouped.push_str(&format!("{id},\"{id},000\"\n")));
    grouped.push_str("61,\"1,5\"\n");
    check(&[
        case("events.csv", iso.leak(), &["occurred_at = \"date\""], &["one value of `date` is no such date: \"2024-03-27 10:00 BST\""]),
        case("members.csv", grouped.leak(), &["points = { column = \"points\", decimal = \",\" }"], &["`points` is known by few values only, such as 1,5"]),
        case("members.csv", "Member ID,Joined\n17,04/03/2024\n18,25/03/2024\n19,unknown\n", &["joined = \"Joined\""],
            &["`Joined` looks like a time, but \"unknown\" cannot be read"]),
        case("events.csv", "contact,type,date\n17,a,2024-03-04 10:00 BST\n17,a,2024-03-05 10:00 BST\n", &["occurred_at = \"?\""],
            &["which column is `occurred_at`", "`date` looks like a time, but \"2024-03-04 10:00 BST\" cannot be read"]),
        case("events.csv", "contact,type,date\n17,a,2024-03-04 10:00 PST\n17,a,2024-03-05 10:00 +0000 UTC\n", &["occurred_at = { column = \"date\", dates = \"ymd\" }"], &[]),
        case("members.csv", "member_id,Cadastro\n1,04/03/2024 14h05\n2,25/03/2024 10h00\n", &["cadastro = \"Cadastro\""],
            &["`Cadastro` looks like a time, but \"04/03/2024 14h05\" cannot be read"]),
        case("visits.csv", "Member ID,Type,Date,Time,TimeZone\n17,visit,2024-03-04,14:05,PDT\n17,visit,2024-03-05,15:05,PDT\n", &[],
            &["`TimeZone` says where times are at home, such as PDT"]),
        case("members.csv", "member_id,name\n1,J\u{c3}\u{b6}rg\n2,Ann\n", &["name = \"name\""], &["which was decoded wrongly before"]),
    ]);
}

#[test]
#[rustfmt::skip]
fn what_stands_around_a_table_is_told() {
    check(&[
        case("members.csv", "member_id,name,\n1,Ann,500\n2,Bob,600\n", &["id = \"member_id\""], &["column 3 (\"500\") has no name and is left out"]),
        case("members.csv", "member_id,name,\n1,Ann,\n2,Bob,\n", &["id = \"member_id\""], &[]),
        case("members.csv", "Spring,2024\nmember_id,name,plan\n1,Ann,gold\n2,Bob,gold\n3,Cy,gold\n", &["skip = 1"],
            &["line 1 is passed over and has several cells (\"Spring\", \"2024\")"]),
        case("members.csv", "member_id,name,plan\n1,Ann,gold,\n2,Bob,gold,\n", &["id = \"member_id\""], &[]),
        case("members.csv", "member_id,name,plan,\n1,Ann,gold\n2,Bob,gold\n", &["skip = 1", "columns = [\"member_id\", \"name\", \"plan\"]", "id = \"member_id\""], &[]),
        case("members.csv", "member_id,name\n1,Ann,5\n2,Bob,6\n", &["columns = [\"member_id\", \"name\", \"column_3\"]"], &["the header has 2 names, most rows have 3 cells"]),
        case("members.csv", "member_id,name\n1,Ann\n2,Bob\nmember_id,name\n3,Cy\n", &["id = \"member_id\""], &["1 of 4 rows cannot be used: line 4: the header stands here once more"]),
        case("members.csv", "member_id,name,plan\n1,Ann,a1\n2,Bob,a2\n\norder,contact,stage\nx,y,z\n", &["id = \"member_id\""], &["line 5 (\"order\", \"contact\", \"stage\") looks like the header of another table"]),
        case("members.csv", "Donor ID,Gifts\n1,5\n2,6\nTOTAL,11\n", &["id = \"Donor ID\""], &["`Donor ID` is \"TOTAL\" in a row"]),
        case("members.csv", "\"id,name,email\"\n\"1,Ann,a@x\"\n\"2,Bob,b@x\"\n", &[], &["each line stands in quotes as a whole"]),
        case("members.csv", "id^name\n1^Ann\n2^Bob\n", &[], &["perhaps delimiter = \"^\"?", "which column is `id`"]),
        case("members.csv", "member_id,\"line\nbreak\",?,*\n1,\"1,234\",a,b\n2,\"2,345\",a,b\n",
            &["line_break = { column = \"line\\u000Abreak\", decimal = \"?\" }", "\"?\" = { column = \"?\" }", "asterisk = \"*\""], &["is 1,234 in `line break` a thousand"]),
    ]);
}

#[test]
fn files_are_joined_by_the_ids_that_they_share() {
    let by_id = ("events.csv", "user_id,event,timestamp\n17,a,2024-03-04\n18,a,2024-03-05\n17,b,2024-03-05\n");
    let by_mail = ("opens.csv", "email,event,date\na@x,open,2024-03-04\na@x,open,2024-03-05\n");
    let of_others = ("visits.csv", "user_id,event,date\nz1,open,2024-03-04\nz1,open,2024-03-05\n");
    let users = ("users.csv", "id,email,name\n17,a@x,Ann\n18,b@x,Bob\n19,c@x,Cy\n");
    let found = |files: &[(&str, &str)], line: &str, doubt: Option<&str>| {
        let Proposal { text, doubts, .. } = proposed(files);
        assert!(text.contains(line), "expected {line} in {text}");
        let told = doubts.iter().find(|told| told.contains("found in"));
        assert_eq!(told.is_some(), doubt.is_some(), "{doubts:?}");
        assert!(told.is_none_or(|told| told.contains(doubt.unwrap())), "{doubts:?}");
    };
    found(&[users, by_id], "\nid = \"id\"", None);
    found(&[users, by_mail], "\nid = \"email\"", None);
    found(&[users, of_others], "\nid = \"id\"", Some("none of the contacts in `user_id` is found in `id` of users"));
    let twice = proposed(&[users, users]);
    assert!(twice.text.contains("file = \"users.csv\""), "{}", twice.text);
    let other_quotes = proposed(&[("a.csv", "id;name\n1;'x;y'\n2;z\n"), ("b.csv", "id;name\n3;\"x;y\"\n4;z\n")]);
    assert!(other_quotes.text.contains("[source.b]"), "{}", other_quotes.text);
}
