-- Chosen attributes by value, of all that was said of a subject for any day: whom a condition may be true of.
CREATE TABLE attribute (
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    subject INTEGER NOT NULL,
    PRIMARY KEY (name, value, subject)
) WITHOUT ROWID;
CREATE INDEX attribute_subject ON attribute (subject);
