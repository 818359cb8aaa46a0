-- Whoever and whatever facts are about. `parent` is with whom it was merged or joined, and `person` the one at the
-- end of that; among all of one person `turn` says who came earlier. All three are 0 for most.
CREATE TABLE subject (
    key INTEGER PRIMARY KEY AUTOINCREMENT,
    kind INTEGER NOT NULL,
    id TEXT NOT NULL,
    parent INTEGER NOT NULL,
    person INTEGER NOT NULL,
    turn INTEGER NOT NULL,
    record TEXT NOT NULL,
    next_day INTEGER,
    revision INTEGER NOT NULL DEFAULT 0,
    UNIQUE (kind, id)
);
CREATE INDEX subject_kind ON subject (kind, key);
CREATE INDEX subject_person ON subject (person) WHERE person <> 0;
CREATE INDEX subject_due ON subject (kind, next_day) WHERE next_day IS NOT NULL;

-- In the order of a contact's own, because they are read by contact.
CREATE TABLE activity (
    subject INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    occurred INTEGER NOT NULL,
    received INTEGER NOT NULL,
    origin INTEGER NOT NULL,
    type TEXT NOT NULL,
    source TEXT,
    id TEXT,
    rest TEXT,
    PRIMARY KEY (subject, seq)
) WITHOUT ROWID;
-- The next number of an activity; and under `change` what stands for the number of a transaction, which is another one
-- after a restore: what is written then comes after all that it brought.
CREATE TABLE counter (name TEXT PRIMARY KEY, next INTEGER NOT NULL) WITHOUT ROWID;
INSERT INTO counter VALUES ('activity', 1), ('change', 0);

-- What the facts of one subject name: of a contact its accounts, of an opportunity its contact and account.
CREATE TABLE link (
    subject INTEGER NOT NULL,
    named INTEGER NOT NULL,
    PRIMARY KEY (subject, named)
) WITHOUT ROWID;
CREATE INDEX link_named ON link (named, subject);

CREATE TABLE standing (
    subject INTEGER NOT NULL,
    version INTEGER NOT NULL,
    score INTEGER NOT NULL,
    kind INTEGER NOT NULL,
    points INTEGER,
    band TEXT,
    place TEXT,
    detail TEXT NOT NULL,
    PRIMARY KEY (subject, version, score)
) WITHOUT ROWID;
-- In the order of lists; with what it takes to count those who are ranked, and to find whose band is another.
CREATE INDEX standing_points ON standing (version, score, points, subject, place, band);

CREATE TABLE change (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    tx INTEGER NOT NULL,
    at INTEGER NOT NULL,
    day INTEGER NOT NULL,
    subject INTEGER NOT NULL,
    score TEXT NOT NULL,
    version INTEGER NOT NULL,
    points INTEGER,
    band TEXT,
    points_before INTEGER,
    band_before TEXT,
    cause TEXT NOT NULL
);
CREATE INDEX change_subject ON change (subject, seq);
CREATE INDEX change_band ON change (tx, seq) WHERE band IS NOT band_before;

-- Subjects that have to be looked at again.
CREATE TABLE mark (seq INTEGER PRIMARY KEY AUTOINCREMENT, subject INTEGER NOT NULL);
CREATE INDEX mark_subject ON mark (subject);

CREATE TABLE record (
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    at INTEGER NOT NULL,
    until INTEGER,
    document TEXT NOT NULL,
    PRIMARY KEY (kind, id)
) WITHOUT ROWID;
