-- The facts and the scores of the model in ../model.toml as a database keeps them by itself. UTC throughout.
-- Points are ten-thousandths, values cents, scores tenths, factors billionths, as in ../peers/postgres_batch.sql.
\set ON_ERROR_STOP on
\set QUIET on
SET client_min_messages = warning;

CREATE TYPE kind AS ENUM ('email_delivered', 'email_opened', 'email_clicked', 'page_viewed', 'login', 'forum_posted',
  'event_registered', 'event_attended', 'survey_answered', 'course_completed', 'purchase', 'donation');

CREATE TABLE account (id text PRIMARY KEY, industry text);
CREATE TABLE contact (
  id text PRIMARY KEY, account text, member_type text, status text, country text, member_since date);

-- One index serves both: it refuses duplicates, and finds what belongs to a contact. Nothing refers to `contact` by a
-- foreign key, which would cost a look and a lock for each row.
CREATE TABLE activity (
  occurred_at timestamp NOT NULL, type kind NOT NULL, contact text NOT NULL, source text NOT NULL, id text NOT NULL,
  value numeric(9, 2) CHECK (value >= 0), properties jsonb, PRIMARY KEY (contact, source, id));

-- Half of each page stays free, so that an update finds room beside the row and touches no index.
CREATE TABLE score_current (
  contact text PRIMARY KEY, points integer NOT NULL, band text NOT NULL, categories jsonb NOT NULL,
  fit integer NOT NULL, fit_band text NOT NULL) WITH (fillfactor = 50);
CREATE TABLE score_change (
  contact text NOT NULL, at timestamptz NOT NULL DEFAULT clock_timestamp(), was integer, points integer NOT NULL,
  was_band text, band text NOT NULL);

-- What `refresh()` keeps: a percentile for each different score of a cohort, and the scores of accounts.
CREATE TABLE ranking (score text, cohort text, points integer, hundredths integer NOT NULL);
CREATE TABLE account_score (
  account text PRIMARY KEY, points integer NOT NULL, band text NOT NULL, hundredths integer) WITH (fillfactor = 50);

-- The date by which everything is scored, and what one activity of each day gives on that date, rounded once.
CREATE TABLE clock (as_of date NOT NULL);
CREATE TABLE day (
  day date PRIMARY KEY, opened integer NOT NULL, clicked integer NOT NULL, page integer NOT NULL, join_page integer NOT NULL,
  login integer NOT NULL, forum integer NOT NULL, registered integer NOT NULL, in_person integer NOT NULL,
  online integer NOT NULL, survey integer NOT NULL, course integer NOT NULL, purchase bigint NOT NULL,
  gift integer NOT NULL, last_gift bigint NOT NULL);

CREATE FUNCTION half_life(age integer, days integer) RETURNS numeric LANGUAGE sql IMMUTABLE AS
  $$ SELECT round(power(2::numeric, -age::numeric / days), 9) $$;
CREATE FUNCTION fade_out(age integer, days integer) RETURNS numeric LANGUAGE sql IMMUTABLE AS
  $$ SELECT round(greatest(0, 1 - age::numeric / days), 9) $$;
-- A quarter less for each three months that are over.
CREATE FUNCTION step_down(day date, as_of date) RETURNS numeric LANGUAGE sql IMMUTABLE AS
  $$ SELECT 1 - 0.25 * count(*) FROM generate_series(3, 12, 3) m WHERE day + make_interval(months => m) <= as_of $$;

-- What happens at midnight, before all are scored anew. Ten years are enough for these facts.
CREATE FUNCTION begin_day(today date) RETURNS void LANGUAGE sql AS $$
  DELETE FROM clock;
  INSERT INTO clock VALUES (today);
  DELETE FROM day;
  INSERT INTO day
  SELECT today - age, round(half_life(age, 30) * 5000), round(half_life(age, 45) * 20000),
    CASE WHEN age < 90 THEN 2500 ELSE 0 END, CASE WHEN age < 180 THEN 30000 ELSE 0 END,
    round(fade_out(age, 60) * 10000), round(half_life(age, 60) * 30000), round(half_life(age, 90) * 50000),
    round(step_down(today - age, today) * 200000), round(fade_out(age, 364) * 80000), round(half_life(age, 120) * 60000),
    CASE WHEN today - age > today - interval '24 months' THEN 1 ELSE 0 END, half_life(age, 180) * 1000000000,
    CASE WHEN today - age > today - interval '12 months' THEN 1 ELSE 0 END, half_life(age, 365) * 1000000000
  FROM generate_series(0, 3660) age;
  ANALYZE day;
$$;

CREATE FUNCTION band(points integer) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE WHEN points >= 3000 THEN 'Top' WHEN points >= 1500 THEN 'High' WHEN points >= 750 THEN 'Medium'
    WHEN points >= 250 THEN 'Low' ELSE 'Dormant' END
$$;

-- Scores these contacts from all their activities, and notes whose points changed. Whoever else works on one of them has
-- ended before the activities are read: a statement sees what was committed before it began. Locks are taken in one
-- order. The plan is made once for a session; a loop over an index of `day` beats a hash of it for so few rows.
CREATE FUNCTION rescore(who text[]) RETURNS void LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended(name, 0)) FROM (SELECT DISTINCT unnest(who) AS name ORDER BY 1) s;
  WITH act AS MATERIALIZED (
    SELECT contact, type, source, occurred_at, occurred_at::date AS day, (value * 100)::integer AS cents, properties
    FROM activity
    WHERE contact = ANY (who) AND type <> 'email_delivered' AND source <> 'scanner'
      AND occurred_at < (SELECT as_of + 1 FROM clock)
  ), days AS MATERIALIZED (
    -- Flags: 1 opened, 2 logged in, 4 in person, 8 online, 16 a page of the campaign, 32 any event, 64 a survey.
    SELECT contact, day,
      bit_or(CASE type
        WHEN 'email_opened' THEN 1
        WHEN 'login' THEN 2
        WHEN 'event_attended' THEN
          CASE properties ->> 'format' WHEN 'in_person' THEN 36 WHEN 'online' THEN 40 WHEN 'hybrid' THEN 40 ELSE 32 END
        WHEN 'page_viewed' THEN CASE WHEN starts_with(properties ->> 'campaign', 'join-') THEN 16 ELSE 0 END
        WHEN 'survey_answered' THEN 64
        ELSE 0 END) AS flags,
      (count(*) FILTER (WHERE type = 'email_clicked' AND source = 'newsletter'))::integer AS clicks,
      (count(*) FILTER (WHERE type = 'page_viewed'))::integer AS pages,
      (count(*) FILTER (WHERE type = 'forum_posted'))::integer AS posts,
      (count(*) FILTER (WHERE type = 'event_registered'))::integer AS registered,
      (count(*) FILTER (WHERE type = 'course_completed'))::integer AS courses,
      (sum(cents) FILTER (WHERE type = 'donation'))::integer AS gifts
    FROM act GROUP BY contact, day
  ), money AS (
    -- The latest gift is the greatest pair of moment and points.
    SELECT contact,
      sum(((least(cents * 10, 500000) * d.purchase + 500000000) / 1000000000)::integer) FILTER (WHERE type = 'purchase')
        AS purchase,
      (max(ARRAY[(extract(epoch FROM occurred_at) * 1000000)::bigint,
        (least(cents * 5, 250000) * d.last_gift + 500000000) / 1000000000]) FILTER (WHERE type = 'donation'))[2] AS last_gift
    FROM act JOIN day d USING (day) WHERE type IN ('purchase', 'donation') AND cents IS NOT NULL GROUP BY contact
  ), forum AS (
    -- Of a week the first three posts count: how many of each day's, from the sums up to it.
    SELECT contact, sum((least(upto, 3) - least(upto - posts, 3)) * d.forum) AS forum
    FROM (
      SELECT contact, day, posts,
        sum(posts) OVER (PARTITION BY contact, (day - DATE '2001-01-01') / 7 ORDER BY day)::integer AS upto
      FROM days WHERE posts > 0
    ) s JOIN day d USING (day) GROUP BY contact
  ), folded AS (
    SELECT contact, max(day) AS last_day,
      least(sum((flags & 1) * d.opened), 150000) + least(sum(least(clicks, 2) * d.clicked), 400000)
        + least(sum(least(pages, 5) * d.page), 250000) + least(sum((flags >> 4 & 1) * d.join_page), 300000)
        + least(sum((flags >> 1 & 1) * d.login), 200000) AS interaction,
      least(sum(s.registered * d.registered), 400000) + least(sum((flags >> 2 & 1) * d.in_person), 1200000)
        + least(sum((flags >> 3 & 1) * d.online), 600000) + (bit_or(flags) >> 5 & 1) * 100000
        + max((flags >> 6 & 1) * d.survey) AS participation,
      sum(courses * d.course) AS courses, sum(gifts * d.gift) AS gifts
    FROM days s JOIN day d USING (day) GROUP BY contact
  ), parts AS (
    SELECT w.id AS contact,
      least(coalesce(interaction, 0) + coalesce(forum, 0), 1200000)::integer AS interaction,
      least(coalesce(participation, 0)
        + CASE WHEN courses >= 6 THEN 200000 WHEN courses >= 3 THEN 120000 WHEN courses >= 1 THEN 50000 ELSE 0 END,
        2000000)::integer AS participation,
      least(least(coalesce(purchase, 0), 1500000) + coalesce(last_gift, 0)
        + CASE WHEN gifts >= 100000 THEN 500000 WHEN gifts >= 25000 THEN 250000 WHEN gifts >= 5000 THEN 100000 ELSE 0 END,
        2500000)::integer AS commitment,
      greatest(-200000, least(200000,
        coalesce(least(20000 * greatest(extract(year FROM age(as_of, member_since))::integer, 0), 200000), 0)
        - CASE WHEN last_day > as_of - 60 THEN 0 ELSE 150000 END)) AS loyalty,
      CASE WHEN status = 'member' AND country IN ('NO', 'SE', 'DK', 'FI', 'IS') THEN 20
        WHEN status = 'member' THEN 12 WHEN status = 'prospect' THEN 5 ELSE 0 END
        + CASE WHEN industry IN ('health', 'education', 'research') THEN 10 ELSE 0 END AS fit
    FROM clock, (SELECT DISTINCT unnest(who) AS id) w
    LEFT JOIN contact c ON c.id = w.id LEFT JOIN account a ON a.id = c.account
    LEFT JOIN folded ON folded.contact = w.id LEFT JOIN forum ON forum.contact = w.id LEFT JOIN money ON money.contact = w.id
  ), scored AS (
    SELECT *, (greatest(0, least(5000000, interaction + participation + commitment + loyalty)) + 500) / 1000 AS points
    FROM parts
  ), was AS (
    SELECT contact, points, band FROM score_current WHERE contact = ANY (who)
  ), written AS (
    INSERT INTO score_current AS s
    SELECT contact, points, band(points), jsonb_build_object('interaction', interaction, 'participation', participation,
      'commitment', commitment, 'loyalty', loyalty), fit, CASE WHEN fit >= 20 THEN 'Good' ELSE 'Poor' END
    FROM scored
    ON CONFLICT (contact) DO UPDATE SET points = excluded.points, band = excluded.band, categories = excluded.categories,
      fit = excluded.fit, fit_band = excluded.fit_band
    WHERE (s.points, s.categories, s.fit) IS DISTINCT FROM (excluded.points, excluded.categories, excluded.fit)
    RETURNING s.contact, s.points, s.band
  )
  INSERT INTO score_change (contact, was, points, was_band, band)
  SELECT written.contact, was.points, written.points, was.band, written.band
  FROM written LEFT JOIN was USING (contact) WHERE was.points IS DISTINCT FROM written.points;
END $$;

-- Whoever does something exists from then on.
CREATE FUNCTION known(who text[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO contact (id) SELECT unnest(who) EXCEPT SELECT id FROM contact WHERE id = ANY (who) ON CONFLICT DO NOTHING;
END $$;

-- Everyone, a thousand at a time, which gives back their locks: after a load, and at midnight.
CREATE PROCEDURE rescore_all() LANGUAGE plpgsql AS $$
DECLARE who text[];
BEGIN
  FOR who IN
    SELECT array_agg(id) FROM (SELECT id, row_number() OVER (ORDER BY id) / 1000 AS part FROM contact) s GROUP BY part
  LOOP
    PERFORM rescore(who);
    COMMIT;
  END LOOP;
END $$;

-- What many contacts decide together: percentiles and accounts, renewed every few seconds by a job.
CREATE FUNCTION refresh() RETURNS void LANGUAGE sql AS $$
  DELETE FROM ranking;
  INSERT INTO ranking
  SELECT 'engagement', member_type, points, ((2 * upto - ties) * 10000 + n) / (2 * n)
  FROM (
    SELECT member_type, points, count(*) AS ties, (sum(count(*)) OVER (PARTITION BY member_type ORDER BY points))::bigint AS upto,
      (sum(count(*)) OVER (PARTITION BY member_type))::bigint AS n
    FROM score_current s JOIN contact c ON c.id = s.contact GROUP BY 1, 2
  ) s;
  INSERT INTO ranking
  SELECT 'fit', NULL, fit, ((2 * upto - ties) * 10000 + n) / (2 * n)
  FROM (
    SELECT fit, count(*) AS ties, (sum(count(*)) OVER (ORDER BY fit))::bigint AS upto, (sum(count(*)) OVER ())::bigint AS n
    FROM score_current GROUP BY 1
  ) s;
  WITH mean AS (
    SELECT id, coalesce(((total * 2000 + n) / (2 * n) + 500) / 1000, 0)::integer AS points
    FROM account LEFT JOIN (
      SELECT account, sum(points) AS total, count(*) AS n
      FROM score_current s JOIN contact c ON c.id = s.contact WHERE status = 'member' AND account IS NOT NULL GROUP BY account
    ) s ON s.account = id
  ), ranked AS (
    SELECT points, ((2 * upto - ties) * 10000 + n) / (2 * n) AS hundredths
    FROM (
      SELECT points, count(*) AS ties, (sum(count(*)) OVER (ORDER BY points))::bigint AS upto,
        (sum(count(*)) OVER ())::bigint AS n
      FROM mean GROUP BY 1
    ) s
  )
  INSERT INTO account_score AS s
  SELECT id, points, CASE WHEN points >= 1000 THEN 'Strong' WHEN points >= 400 THEN 'Active' ELSE 'Quiet' END, hundredths
  FROM mean JOIN ranked USING (points)
  ON CONFLICT (account) DO UPDATE SET points = excluded.points, band = excluded.band, hundredths = excluded.hundredths
  WHERE (s.points, s.hundredths) IS DISTINCT FROM (excluded.points, excluded.hundredths);
$$;
