"""ClickHouse, in process (chdb): two reads of the activities, each aggregated as it streams; integers.

Points are ten-thousandths, values cents, scores tenths. Types, sources, campaigns and formats are read
as LowCardinality, so that they are compared once for each different text, and missing ones as ''. The
rows that cannot matter are filtered in the scan, as for the other engines.
"""

import chdb
from common import arguments

GIVEN = arguments()
DB = chdb.connect(":memory:")
DB.query(f"SET max_threads = {GIVEN.threads}")
DB.query(f"SET max_memory_usage = {GIVEN.memory << 20}")
DB.query("SET session_timezone = 'UTC'")

FILES = {
    "activities": "contact String, type LowCardinality(String), occurred_at DateTime64(6, 'UTC'),"
    " source LowCardinality(String), value Decimal(9, 2), campaign LowCardinality(String), format LowCardinality(String)",
    "contacts": "id String, account String, member_type LowCardinality(String), status LowCardinality(String),"
    " country LowCardinality(String), member_since Nullable(Date32)",
    "accounts": "id String, industry LowCardinality(String)",
}


def file(name):
    shape = f", '{FILES[name].replace(chr(39), chr(39) * 2)}'" if name in FILES else ""
    return f"file('{(GIVEN.facts / name).resolve()}.parquet', 'Parquet'{shape})"


def table(name, query):
    """Computed once and kept in memory."""
    DB.query(f"CREATE TABLE {name} ENGINE = Memory AS {query}")


# What one activity of constant points contributes at each age, rounded once.
table("ages", f"""
SELECT toDate('2026-03-01') - assumeNotNull(age) AS day,
  intDiv(assumeNotNull(opened) * 5000 + 500000000, 1000000000) AS p_opened,
  intDiv(assumeNotNull(clicked) * 20000 + 500000000, 1000000000) AS p_clicked,
  intDiv(assumeNotNull(login) * 10000 + 500000000, 1000000000) AS p_login,
  intDiv(assumeNotNull(forum) * 30000 + 500000000, 1000000000) AS p_forum,
  intDiv(assumeNotNull(registered) * 50000 + 500000000, 1000000000) AS p_registered,
  intDiv(assumeNotNull(in_person) * 200000 + 500000000, 1000000000) AS p_in_person,
  intDiv(assumeNotNull(online) * 80000 + 500000000, 1000000000) AS p_online,
  intDiv(assumeNotNull(survey) * 60000 + 500000000, 1000000000) AS p_survey,
  assumeNotNull(purchase) AS f_purchase, assumeNotNull(last_gift) AS f_last_gift
FROM {file('factors')}
""")

# Types with a limit by day or week, by contact and day. A limit of one is a flag, others are counts.
table("days", f"""
SELECT contact, toDate(occurred_at) AS day,
  groupBitOr(multiIf(
    type = 'email_opened', 1,
    type = 'login', 2,
    type = 'event_attended', multiIf(format = 'in_person', 36, format IN ('online', 'hybrid'), 40, 32),
    type = 'page_viewed' AND startsWith(campaign, 'join-'), 16,
    0)::UInt8) AS flags,
  toUInt32(countIf(type = 'email_clicked' AND source = 'newsletter')) AS clicks,
  toUInt32(countIf(type = 'page_viewed')) AS pages,
  toUInt32(countIf(type = 'forum_posted')) AS posts
FROM {file('activities')}
WHERE source <> 'scanner' AND occurred_at < toDateTime64('2026-03-02 00:00:00', 6, 'UTC')
  AND (type IN ('email_opened', 'email_clicked', 'login', 'forum_posted', 'event_attended')
    OR type = 'page_viewed' AND (occurred_at >= toDateTime64('2025-12-02 00:00:00', 6, 'UTC')
      OR startsWith(campaign, 'join-') AND occurred_at >= toDateTime64('2025-09-03 00:00:00', 6, 'UTC')))
GROUP BY contact, day
""")

# Types without a limit need no days. A donation always has a value; a type without one reads 0.
table("singles", f"""
SELECT contact, max(day) AS last_single,
  sumIf(p_registered, type = 'event_registered') AS registered,
  maxIf(p_survey, type = 'survey_answered') AS survey,
  countIf(type = 'course_completed' AND day > toDate('2024-03-01')) AS courses,
  sumIf(intDiv(least(cents * 10, 500000) * f_purchase + 500000000, 1000000000), type = 'purchase') AS purchase,
  sumIf(cents, type = 'donation' AND day > toDate('2025-03-01')) AS gifts,
  argMaxIf(intDiv(least(cents * 5, 250000) * f_last_gift + 500000000, 1000000000), occurred_at, type = 'donation')
    AS last_gift
FROM (
  SELECT contact, type, occurred_at, toDate(occurred_at) AS day, toInt64(value * 100) AS cents
  FROM {file('activities')}
  WHERE source <> 'scanner' AND occurred_at < toDateTime64('2026-03-02 00:00:00', 6, 'UTC')
    AND type IN ('event_registered', 'survey_answered', 'course_completed', 'purchase', 'donation')
) s JOIN ages USING (day)
GROUP BY contact
""")

# Of a week the first three posts count: the days of each week in order, as far as three go.
table("forum", """
SELECT contact, sum((least(toInt64(upto), 3) - least(toInt64(upto) - posts, 3)) * p_forum) AS forum
FROM (
  SELECT contact, day, posts, sum(posts) OVER (PARTITION BY contact, toMonday(day) ORDER BY day) AS upto
  FROM days WHERE posts > 0
) s JOIN ages USING (day)
GROUP BY contact
""")

table("folded", """
SELECT contact, max(day) AS last_day,
  least(sumIf(p_opened, bitAnd(flags, 1) > 0), 150000) AS opened,
  least(sum(least(clicks, 2) * p_clicked), 400000) AS clicked,
  least(sumIf(least(pages, 5), day > toDate('2025-12-01')) * 2500, 250000) AS page,
  least(countIf(bitAnd(flags, 16) > 0) * 30000, 300000) AS join_page,
  least(sumIf(p_login, bitAnd(flags, 2) > 0), 200000) AS login,
  least(sumIf(p_in_person, bitAnd(flags, 4) > 0), 1200000) AS in_person,
  least(sumIf(p_online, bitAnd(flags, 8) > 0), 600000) AS online,
  if(bitAnd(groupBitOr(flags), 32) > 0, 100000, 0) AS first_event
FROM days JOIN ages USING (day)
GROUP BY contact
""")

# What has no row on the right of a left join reads 0 and 1970-01-01.
table("scored", f"""
SELECT c.id AS contact, c.account AS account, member_type, status,
  intDiv(greatest(0, least(5000000,
    least(toInt64(opened + clicked + page + join_page + login + forum), 1200000)
    + least(toInt64(least(registered, 400000) + in_person + online + first_event + survey)
      + multiIf(courses >= 6, 200000, courses >= 3, 120000, courses >= 1, 50000, 0), 2000000)
    + least(toInt64(least(purchase, 1500000) + last_gift)
      + multiIf(gifts >= 100000, 500000, gifts >= 25000, 250000, gifts >= 5000, 100000, 0), 2500000)
    + greatest(-200000, least(200000,
      least(20000 * greatest(ifNull(age('year', member_since, toDate32('2026-03-01')), 0), 0), 200000)
      - if(greatest(last_day, last_single) > toDate('2025-12-31'), 0, 150000)))
  )) + 500, 1000)::Int64 AS engagement,
  toInt32(multiIf(status = 'member' AND country IN ('NO', 'SE', 'DK', 'FI', 'IS'), 20,
    status = 'member', 12, status = 'prospect', 5, 0)
  + if(industry IN ('health', 'education', 'research'), 10, 0)) AS fit
FROM {file('contacts')} c
LEFT JOIN folded ON folded.contact = c.id
LEFT JOIN singles ON singles.contact = c.id
LEFT JOIN forum ON forum.contact = c.id
LEFT JOIN {file('accounts')} a ON a.id = c.account
""")


def ranks(name, source, points, cohort):
    """Percentiles in hundredths for each different score: there are few, however many people."""
    table(name, f"""
    SELECT cohort, points, toInt64(intDiv((2 * upto - ties) * 10000 + n, 2 * n)) AS hundredths
    FROM (
      SELECT cohort, points, ties, sum(ties) OVER (PARTITION BY cohort ORDER BY points) AS upto,
        sum(ties) OVER (PARTITION BY cohort) AS n
      FROM (SELECT {cohort} AS cohort, {points} AS points, toInt64(count()) AS ties FROM {source} GROUP BY ALL)
    )
    """)


def write(name, query):
    path = (GIVEN.out / f"{name}.parquet").resolve()
    path.unlink(missing_ok=True)
    DB.query(f"INSERT INTO FUNCTION file('{path}', 'Parquet') {query}"
             " SETTINGS output_format_parquet_compression_method = 'zstd'")


ranks("engagement_ranks", "scored", "engagement", "member_type")
ranks("fit_ranks", "scored", "fit", "''")
write("contacts", """
SELECT contact, toDecimal64(engagement, 1) / 10 AS engagement,
  multiIf(scored.engagement >= 3000, 'Top', scored.engagement >= 1500, 'High', scored.engagement >= 750, 'Medium',
    scored.engagement >= 250, 'Low', 'Dormant') AS engagement_band,
  toDecimal64(e.hundredths, 2) / 100 AS engagement_percentile,
  fit, if(fit >= 20, 'Good', 'Poor') AS fit_band, toDecimal64(f.hundredths, 2) / 100 AS fit_percentile
FROM scored
JOIN engagement_ranks e ON e.points = scored.engagement AND e.cohort = scored.member_type
JOIN fit_ranks f ON f.points = scored.fit
ORDER BY contact
""")

table("companies", f"""
SELECT a.id AS account, if(n > 0, intDiv(intDiv(total * 2000 + n, 2 * greatest(n, 1)) + 500, 1000), 0) AS company
FROM {file('accounts')} a LEFT JOIN (
  SELECT account, sum(engagement) AS total, toInt64(count()) AS n FROM scored WHERE status = 'member' GROUP BY account
) s ON s.account = a.id
""")
ranks("company_ranks", "companies", "company", "''")
write("accounts", """
SELECT account, toDecimal64(c.company, 1) / 10 AS company,
  multiIf(c.company >= 1000, 'Strong', c.company >= 400, 'Active', 'Quiet') AS company_band,
  toDecimal64(hundredths, 2) / 100 AS company_percentile
FROM companies c JOIN company_ranks ON points = c.company
ORDER BY account
""")
DB.close()
