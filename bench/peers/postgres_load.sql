-- What PostgreSQL holds before the query: types as enums (compared as integers), no log, no indexes,
-- since everything is read. `activities.csv` and the others lie in the folder where psql runs.
\set ON_ERROR_STOP on
SET timezone = 'UTC';
CREATE TYPE kind AS ENUM ('email_delivered', 'email_opened', 'email_clicked', 'page_viewed', 'login', 'forum_posted',
  'event_registered', 'event_attended', 'survey_answered', 'course_completed', 'purchase', 'donation');
CREATE TYPE origin AS ENUM ('newsletter', 'website', 'crm', 'scanner');
CREATE TYPE format AS ENUM ('in_person', 'online', 'hybrid');
-- Wide columns first, so that nothing is padded.
CREATE UNLOGGED TABLE activities (
  occurred_at timestamp NOT NULL, type kind NOT NULL, source origin NOT NULL, format format,
  contact text NOT NULL, campaign text, value numeric(9, 2));
CREATE UNLOGGED TABLE contacts (
  id text NOT NULL, account text, member_type text, status text, country text, member_since date);
CREATE UNLOGGED TABLE accounts (id text NOT NULL, industry text);
CREATE UNLOGGED TABLE factors (
  age integer, opened bigint, clicked bigint, login bigint, forum bigint, registered bigint, in_person bigint,
  online bigint, survey bigint, purchase bigint, last_gift bigint);
\copy activities FROM 'activities.csv' (FORMAT csv, HEADER)
\copy contacts FROM 'contacts.csv' (FORMAT csv, HEADER)
\copy accounts FROM 'accounts.csv' (FORMAT csv, HEADER)
\copy factors FROM 'factors.csv' (FORMAT csv, HEADER)
VACUUM ANALYZE;
