"""DuckDB: two reads of the activities, each aggregated as it streams; everything in integers.

Points are ten-thousandths, values cents, scores tenths; days are their number since 1970-01-01 (20513
is 2026-03-01), since a cast to a date asks the calendar of the session. Rows that cannot matter are
filtered in the scan: deliveries (passive, no rule), what scanners did, and pages older than their
windows. What breaks a silence of 60 days is younger than any of these, and so is always read.
"""

import duckdb
from common import arguments

GIVEN = arguments()
FACTS = GIVEN.facts
DB = duckdb.connect(config={"threads": GIVEN.threads, "memory_limit": f"{GIVEN.memory}MiB"})
DB.execute("SET preserve_insertion_order = false")
DB.execute(f"SET temp_directory = '{GIVEN.out / 'spill'}'")

# What one activity of constant points contributes at each age, rounded once: 730 rows.
DB.execute(f"""
CREATE TEMP TABLE ages AS
SELECT (20513 - age)::INTEGER AS day,
  (opened * 5000 + 500000000) // 1000000000 AS opened,
  (clicked * 20000 + 500000000) // 1000000000 AS clicked,
  (login * 10000 + 500000000) // 1000000000 AS login,
  (forum * 30000 + 500000000) // 1000000000 AS forum,
  (registered * 50000 + 500000000) // 1000000000 AS registered,
  (in_person * 200000 + 500000000) // 1000000000 AS in_person,
  (online * 80000 + 500000000) // 1000000000 AS online,
  (survey * 60000 + 500000000) // 1000000000 AS survey,
  purchase, last_gift
FROM '{FACTS}/factors.parquet'
""")

# Types with a limit by day or week, by contact and day. A limit of one is a flag, others are counts.
DB.execute(f"""
CREATE TEMP TABLE days AS
SELECT contact, (epoch_us(occurred_at) // 86400000000)::INTEGER AS day,
  bit_or(CASE type
    WHEN 'email_opened' THEN 1
    WHEN 'login' THEN 2
    WHEN 'event_attended' THEN
      CASE format WHEN 'in_person' THEN 36 WHEN 'online' THEN 40 WHEN 'hybrid' THEN 40 ELSE 32 END
    WHEN 'page_viewed' THEN CASE WHEN starts_with(campaign, 'join-') THEN 16 ELSE 0 END
    ELSE 0 END::UTINYINT) AS flags,
  count(CASE WHEN type = 'email_clicked' AND source = 'newsletter' THEN 1 END)::INTEGER AS clicks,
  count(CASE WHEN type = 'page_viewed' THEN 1 END)::INTEGER AS pages,
  count(CASE WHEN type = 'forum_posted' THEN 1 END)::INTEGER AS posts
FROM '{FACTS}/activities.parquet'
WHERE source <> 'scanner' AND occurred_at < TIMESTAMPTZ '2026-03-02 00:00:00+00'
  AND (type IN ('email_opened', 'email_clicked', 'login', 'forum_posted', 'event_attended')
    OR type = 'page_viewed' AND (occurred_at >= TIMESTAMPTZ '2025-12-02 00:00:00+00'
      OR starts_with(campaign, 'join-') AND occurred_at >= TIMESTAMPTZ '2025-09-03 00:00:00+00'))
GROUP BY ALL
""")

# Types without a limit need no days.
DB.execute(f"""
CREATE TEMP TABLE singles AS
SELECT contact, max(day) AS last_day,
  sum(CASE WHEN type = 'event_registered' THEN registered END)::BIGINT AS registered,
  max(CASE WHEN type = 'survey_answered' THEN survey END) AS survey,
  count(CASE WHEN type = 'course_completed' AND day > 20513 - 730 THEN 1 END) AS courses,
  sum(CASE WHEN type = 'purchase' THEN (least(cents * 10, 500000) * purchase + 500000000) // 1000000000 END)::BIGINT
    AS purchase,
  sum(CASE WHEN type = 'donation' AND day > 20513 - 365 THEN cents END)::BIGINT AS gifts,
  arg_max((least(cents * 5, 250000) * last_gift + 500000000) // 1000000000, occurred_at)
    FILTER (type = 'donation' AND cents IS NOT NULL) AS last_gift
FROM (
  SELECT contact, type, occurred_at, (epoch_us(occurred_at) // 86400000000)::INTEGER AS day, (value * 100)::BIGINT AS cents
  FROM '{FACTS}/activities.parquet'
  WHERE source <> 'scanner' AND occurred_at < TIMESTAMPTZ '2026-03-02 00:00:00+00'
    AND type IN ('event_registered', 'survey_answered', 'course_completed', 'purchase', 'donation')
) JOIN ages USING (day)
GROUP BY contact
""")

# Of a week the first three posts count: how many of each day's, from the sums up to it. 1970-01-01 was a
# Thursday, so that weeks begin on Monday three days later.
DB.execute("""
CREATE TEMP TABLE forum AS
SELECT contact, sum((least(upto, 3) - least(upto - posts, 3)) * forum)::BIGINT AS forum
FROM (
  SELECT contact, day, posts,
    sum(posts) OVER (PARTITION BY contact, (day + 3) // 7 ORDER BY day) AS upto
  FROM days WHERE posts > 0
) JOIN ages USING (day)
GROUP BY contact
""")

DB.execute("""
CREATE TEMP TABLE folded AS
SELECT contact, max(day) AS last_day,
  least(sum(CASE WHEN flags & 1 > 0 THEN opened ELSE 0 END), 150000) AS opened,
  least(sum(least(clicks, 2) * clicked), 400000) AS clicked,
  least(sum(CASE WHEN day > 20513 - 90 THEN least(pages, 5) ELSE 0 END) * 2500, 250000) AS page,
  least(count(CASE WHEN flags & 16 > 0 THEN 1 END) * 30000, 300000) AS join_page,
  least(sum(CASE WHEN flags & 2 > 0 THEN login ELSE 0 END), 200000) AS login,
  least(sum(CASE WHEN flags & 4 > 0 THEN in_person ELSE 0 END), 1200000) AS in_person,
  least(sum(CASE WHEN flags & 8 > 0 THEN online ELSE 0 END), 600000) AS online,
  CASE WHEN bit_or(flags) & 32 > 0 THEN 100000 END AS first_event
FROM days JOIN ages USING (day)
GROUP BY contact
""")

DB.execute(f"""
CREATE TEMP TABLE scored AS
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
      coalesce(least(20000 * greatest(date_sub('year', member_since, DATE '2026-03-01'), 0), 200000), 0)
      - CASE WHEN greatest(folded.last_day, singles.last_day) > 20513 - 60 THEN 0 ELSE 150000 END))
  )) + 500) // 1000)::INTEGER AS engagement,
  (CASE WHEN status = 'member' AND country IN ('NO', 'SE', 'DK', 'FI', 'IS') THEN 20
    WHEN status = 'member' THEN 12 WHEN status = 'prospect' THEN 5 ELSE 0 END
  + CASE WHEN industry IN ('health', 'education', 'research') THEN 10 ELSE 0 END)::INTEGER AS fit
FROM '{FACTS}/contacts.parquet' c
LEFT JOIN folded ON folded.contact = c.id
LEFT JOIN singles ON singles.contact = c.id
LEFT JOIN forum ON forum.contact = c.id
LEFT JOIN '{FACTS}/accounts.parquet' a ON a.id = c.account
""")


def ranks(name, table, points, cohort):
    """Percentiles in hundredths for each different score: there are few, however many people."""
    DB.execute(f"""
    CREATE TEMP TABLE {name} AS
    SELECT cohort, points, ((2 * upto - ties) * 10000 + n) // (2 * n) AS hundredths
    FROM (
      SELECT cohort, points, ties, sum(ties) OVER (PARTITION BY cohort ORDER BY points)::BIGINT AS upto,
        sum(ties) OVER (PARTITION BY cohort)::BIGINT AS n
      FROM (SELECT {cohort} AS cohort, {points} AS points, count(*) AS ties FROM {table} GROUP BY ALL)
    )
    """)


ranks("engagement_ranks", "scored", "engagement", "member_type")
ranks("fit_ranks", "scored", "fit", "0")

DB.execute(f"""
COPY (
  SELECT contact, engagement * 0.1::DECIMAL(2, 1) AS engagement,
    CASE WHEN engagement >= 3000 THEN 'Top' WHEN engagement >= 1500 THEN 'High' WHEN engagement >= 750 THEN 'Medium'
      WHEN engagement >= 250 THEN 'Low' ELSE 'Dormant' END AS engagement_band,
    e.hundredths * 0.01::DECIMAL(3, 2) AS engagement_percentile,
    fit, CASE WHEN fit >= 20 THEN 'Good' ELSE 'Poor' END AS fit_band,
    f.hundredths * 0.01::DECIMAL(3, 2) AS fit_percentile
  FROM scored
  JOIN engagement_ranks e ON e.points = engagement AND e.cohort IS NOT DISTINCT FROM member_type
  JOIN fit_ranks f ON f.points = fit
  ORDER BY contact
) TO '{GIVEN.out}/contacts.parquet' (COMPRESSION zstd)
""")

DB.execute(f"""
CREATE TEMP TABLE companies AS
SELECT id AS account, coalesce(((total * 2000 + n) // (2 * n) + 500) // 1000, 0)::INTEGER AS company
FROM '{FACTS}/accounts.parquet'
LEFT JOIN (
  SELECT account, sum(engagement)::BIGINT AS total, count(*) AS n
  FROM scored WHERE status = 'member' GROUP BY account
) s ON s.account = id
""")
ranks("company_ranks", "companies", "company", "0")
DB.execute(f"""
COPY (
  SELECT account, company * 0.1::DECIMAL(2, 1) AS company,
    CASE WHEN company >= 1000 THEN 'Strong' WHEN company >= 400 THEN 'Active' ELSE 'Quiet' END AS company_band,
    hundredths * 0.01::DECIMAL(3, 2) AS company_percentile
  FROM companies JOIN company_ranks ON points = company
  ORDER BY account
) TO '{GIVEN.out}/accounts.parquet' (COMPRESSION zstd)
""")
