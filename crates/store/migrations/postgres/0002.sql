-- Chosen attributes by value, of all that was said of a subject for any day: whom a condition may be true of.
CREATE TABLE attribute (
    name TEXT COLLATE "C" NOT NULL,
    value TEXT COLLATE "C" NOT NULL,
    subject BIGINT NOT NULL,
    PRIMARY KEY (name, value, subject)
);
CREATE INDEX attribute_subject ON attribute (subject);
