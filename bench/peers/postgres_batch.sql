-- PostgreSQL: two parallel scans, hashed by contact and day and by contact, then joins of contacts.
-- Points are ten-thousandths, values cents, scores tenths. Rows that cannot matter are filtered in the
-- scan, as for the other engines. What is added up has 32 bits, since sums of 64 would be numeric.
\set ON_ERROR_STOP on
SET timezone = 'UTC';
DROP TABLE IF EXISTS ages, days, singles, forum, folded, scored, companies;

-- What one activity of constant points contributes at each age, rounded once.
CREATE UNLOGGED TABLE ages AS
SELECT DATE '2026-03-01' - age AS day,
  ((opened * 5000 + 500000000) / 1000000000)::integer AS opened,
  ((clicked * 20000 + 500000000) / 1000000000)::integer AS clicked,
  ((login * 10000 + 500000000) / 1000000000)::integer AS login,
  ((forum * 30000 + 500000000) / 1000000000)::integer AS forum,
  ((registered * 50000 + 500000000) / 1000000000)::integer AS registered,
  ((in_person * 200000 + 500000000) / 1000000000)::integer AS in_person,
  ((online * 80000 + 500000000) / 1000000000)::integer AS online,
  ((survey * 60000 + 500000000) / 1000000000)::integer AS survey,
  purchase, last_gift
FROM factors;
ANALYZE ages;

-- Types with a limit by day or week. A limit of one is a flag, others are counts.
CREATE UNLOGGED TABLE days AS
SELECT contact, occurred_at::date AS day,
  bit_or(CASE type
    WHEN 'email_opened' THEN 1
    WHEN 'login' THEN 2
    WHEN 'event_attended' THEN
      CASE format WHEN 'in_person' THEN 36 WHEN 'online' THEN 40 WHEN 'hybrid' THEN 40 ELSE 32 END
    WHEN 'page_viewed' THEN CASE WHEN starts_with(campaign, 'join-') THEN 16 ELSE 0 END
    ELSE 0 END) AS flags,
  (count(*) FILTER (WHERE type = 'email_clicked' AND source = 'newsletter'))::integer AS clicks,
  (count(*) FILTER (WHERE type = 'page_viewed'))::integer AS pages,
  (count(*) FILTER (WHERE type = 'forum_posted'))::integer AS posts
FROM activities
WHERE source <> 'scanner' AND occurred_at < '2026-03-02'
  AND (type IN ('email_opened', 'email_clicked', 'login', 'forum_posted', 'event_attended')
    OR type = 'page_viewed' AND (occurred_at >= '2025-12-02'
      OR starts_with(campaign, 'join-') AND occurred_at >= '2025-09-03'))
GROUP BY 1, 2;
ANALYZE days;

-- Types without a limit need no days. The latest gift is the greatest pair of moment and points.
CREATE UNLOGGED TABLE singles AS
SELECT contact, max(day) AS last_day,
  sum(registered) FILTER (WHERE type = 'event_registered') AS registered,
  max(survey) FILTER (WHERE type = 'survey_answered') AS survey,
  count(*) FILTER (WHERE type = 'course_completed' AND day > '2024-03-01') AS courses,
  sum(((least(cents * 10, 500000) * purchase + 500000000) / 1000000000)::integer) FILTER (WHERE type = 'purchase')
    AS purchase,
  sum(cents) FILTER (WHERE type = 'donation' AND day > '2025-03-01') AS gifts,
  (max(ARRAY[(extract(epoch FROM occurred_at) * 1000000)::bigint,
    (least(cents * 5, 250000) * last_gift + 500000000) / 1000000000]) FILTER (WHERE type = 'donation'))[2] AS last_gift
FROM (
  SELECT contact, type, occurred_at, occurred_at::date AS day, (value * 100)::integer AS cents
  FROM activities
  WHERE source <> 'scanner' AND occurred_at < '2026-03-02'
    AND type IN ('event_registered', 'survey_answered', 'course_completed', 'purchase', 'donation')
) s JOIN ages USING (day)
GROUP BY contact;
ANALYZE singles;

-- Of a week the first three posts count: how many of each day's, from the sums up to it.
CREATE UNLOGGED TABLE forum AS
SELECT contact, sum((least(upto, 3) - least(upto - posts, 3)) * forum) AS forum
FROM (
  SELECT contact, day, posts,
    sum(posts) OVER (PARTITION BY contact, (day - DATE '2024-01-01') / 7 ORDER BY day)::integer AS upto
  FROM days WHERE posts > 0
) s JOIN ages USING (day)
GROUP BY contact;
ANALYZE forum;

CREATE UNLOGGED TABLE folded AS
SELECT contact, max(day) AS last_day,
  least(sum(CASE WHEN flags & 1 > 0 THEN opened ELSE 0 END), 150000) AS opened,
  least(sum(least(clicks, 2) * clicked), 400000) AS clicked,
  least(sum(CASE WHEN day > '2025-12-01' THEN least(pages, 5) ELSE 0 END) * 2500, 250000) AS page,
  least(count(*) FILTER (WHERE flags & 16 > 0) * 30000, 300000) AS join_page,
  least(sum(CASE WHEN flags & 2 > 0 THEN login ELSE 0 END), 200000) AS login,
  least(sum(CASE WHEN flags & 4 > 0 THEN in_person ELSE 0 END), 1200000) AS in_person,
  least(sum(CASE WHEN flags & 8 > 0 THEN online ELSE 0 END), 600000) AS online,
  CASE WHEN bit_or(flags) & 32 > 0 THEN 100000 END AS first_event
FROM days JOIN ages USING (day)
GROUP BY contact;
ANALYZE folded;

CREATE UNLOGGED TABLE scored AS
SELECT c.id AS contact, c.account, member_type, status,
  ((greatest(0, least(5000000,
    least(coalesce(opened, 0) + coalesce(clicked, 0) + coalesce(page, 0) + coalesce(join_page, 0)
      + coalesce(login, 0) + coalesce(forum, 0), 1200000)
    + least(least(coalesce(registered, 0), 400000) + coalesce(in_person, 0) + coalesce(online, 0)
      + coalesce(first_event, 0) + coalesce(survey, 0)
      + CASE WHEN courses >= 6 THEN 200000 WHEN courses >= 3 THEN 120000 WHEN courses >= 1 THEN 50000 ELSE 0 END,
      2000000)
    + least(least(coalesce(purchase, 0), 1500000) + coalesce(last_gift, 0)
      + CASE WHEN gifts >= 100000 THEN 500000 WHEN gifts >= 25000 THEN 250000 WHEN gifts >= 5000 THEN 100000 ELSE 0 END,
      2500000)
    + greatest(-200000, least(200000,
      coalesce(least(20000 * greatest(extract(year FROM age(DATE '2026-03-01', member_since))::bigint, 0), 200000), 0)
      - CASE WHEN greatest(folded.last_day, singles.last_day) > '2025-12-31' THEN 0 ELSE 150000 END))
  )) + 500) / 1000)::integer AS engagement,
  CASE WHEN status = 'member' AND country IN ('NO', 'SE', 'DK', 'FI', 'IS') THEN 20
    WHEN status = 'member' THEN 12 WHEN status = 'prospect' THEN 5 ELSE 0 END
  + CASE WHEN industry IN ('health', 'education', 'research') THEN 10 ELSE 0 END AS fit
FROM contacts c
LEFT JOIN folded ON folded.contact = c.id
LEFT JOIN singles ON singles.contact = c.id
LEFT JOIN forum ON forum.contact = c.id
LEFT JOIN accounts a ON a.id = c.account;
ANALYZE scored;

CREATE UNLOGGED TABLE companies AS
SELECT id AS account, coalesce(((total * 2000 + n) / (2 * n) + 500) / 1000, 0)::integer AS company
FROM accounts LEFT JOIN (
  SELECT account, sum(engagement) AS total, count(*) AS n FROM scored WHERE status = 'member' GROUP BY account
) s ON s.account = id;
ANALYZE companies;

-- Percentiles for each different score: there are few, however many people.
\o contacts_out.csv
COPY (
  WITH e AS (
    SELECT member_type AS cohort, engagement AS points, ((2 * upto - ties) * 10000 + n)::bigint / (2 * n) AS hundredths
    FROM (
      SELECT member_type, engagement, count(*) AS ties,
        (sum(count(*)) OVER (PARTITION BY member_type ORDER BY engagement))::bigint AS upto,
        (sum(count(*)) OVER (PARTITION BY member_type))::bigint AS n
      FROM scored GROUP BY 1, 2
    ) s
  ), f AS (
    SELECT fit, ((2 * upto - ties) * 10000 + n) / (2 * n) AS hundredths
    FROM (
      SELECT fit, count(*) AS ties, (sum(count(*)) OVER (ORDER BY fit))::bigint AS upto,
        (sum(count(*)) OVER ())::bigint AS n
      FROM scored GROUP BY 1
    ) s
  )
  SELECT contact, engagement * 0.1 AS engagement,
    CASE WHEN engagement >= 3000 THEN 'Top' WHEN engagement >= 1500 THEN 'High' WHEN engagement >= 750 THEN 'Medium'
      WHEN engagement >= 250 THEN 'Low' ELSE 'Dormant' END AS engagement_band,
    e.hundredths * 0.01 AS engagement_percentile,
    fit, CASE WHEN fit >= 20 THEN 'Good' ELSE 'Poor' END AS fit_band, f.hundredths * 0.01 AS fit_percentile
  -- A hash needs plain equality: a missing type is its own cohort.
  FROM scored JOIN e ON points = engagement AND coalesce(cohort, '') = coalesce(member_type, '')
    JOIN f USING (fit)
  ORDER BY contact
) TO STDOUT (FORMAT csv, HEADER);

\o accounts_out.csv
COPY (
  WITH r AS (
    SELECT company, ((2 * upto - ties) * 10000 + n) / (2 * n) AS hundredths
    FROM (
      SELECT company, count(*) AS ties, (sum(count(*)) OVER (ORDER BY company))::bigint AS upto,
        (sum(count(*)) OVER ())::bigint AS n
      FROM companies GROUP BY 1
    ) s
  )
  SELECT account, company * 0.1 AS company,
    CASE WHEN company >= 1000 THEN 'Strong' WHEN company >= 400 THEN 'Active' ELSE 'Quiet' END AS company_band,
    hundredths * 0.01 AS company_percentile
  FROM companies JOIN r USING (company)
  ORDER BY account
) TO STDOUT (FORMAT csv, HEADER);
\o
