-- The scores follow the facts by themselves. One of the two triggers is switched on for a run (drive.py does it).
\set ON_ERROR_STOP on

-- By row: once for each activity.
CREATE FUNCTION activity_of_one() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM contact WHERE id = NEW.contact) THEN
    PERFORM known(ARRAY[NEW.contact]);
  END IF;
  PERFORM rescore(ARRAY[NEW.contact]);
  RETURN NULL;
END $$;
CREATE TRIGGER by_row AFTER INSERT ON activity FOR EACH ROW EXECUTE FUNCTION activity_of_one();

-- By statement: once for all contacts that one statement touched.
CREATE FUNCTION activity_of_some() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE who text[] := ARRAY(SELECT DISTINCT contact FROM added);
BEGIN
  IF cardinality(who) > 0 THEN
    PERFORM known(who);
    PERFORM rescore(who);
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER by_statement AFTER INSERT ON activity REFERENCING NEW TABLE AS added
  FOR EACH STATEMENT EXECUTE FUNCTION activity_of_some();

ALTER TABLE activity DISABLE TRIGGER by_row;
ALTER TABLE activity DISABLE TRIGGER by_statement;
