"""DataFusion: two reads of the activities, each aggregated as it streams; everything in integers.

Points are ten-thousandths, values cents, scores tenths, days their number since 1970-01-01. The rows
that cannot matter are filtered in the scan, as for the other engines. DataFusion groups quickest by
few narrow columns, so that days are numbers and flags share one.
"""

from common import arguments
from datafusion import RuntimeEnvBuilder, SessionConfig, SessionContext

GIVEN = arguments()
AS_OF = 20_513  # 2026-03-01
CONFIG = (
    SessionConfig()
    .with_target_partitions(GIVEN.threads)
    .set("datafusion.execution.parquet.pushdown_filters", "true")
    .set("datafusion.execution.parquet.reorder_filters", "true")
)
RUNTIME = RuntimeEnvBuilder().with_disk_manager_os().with_fair_spill_pool(GIVEN.memory << 20)
DF = SessionContext(CONFIG, RUNTIME)
for NAME in ["activities", "contacts", "accounts", "factors"]:
    DF.register_parquet(NAME, GIVEN.facts / f"{NAME}.parquet")


def table(name, query):
    """Computed once and kept in memory."""
    DF.sql(f"CREATE TABLE {name} AS {query}").collect()


# What one activity of constant points contributes at each age, rounded once.
table("ages", f"""
SELECT CAST({AS_OF} - age AS INT) AS day,
  (opened * 5000 + 500000000) / 1000000000 AS opened,
  (clicked * 20000 + 500000000) / 1000000000 AS clicked,
  (login * 10000 + 500000000) / 1000000000 AS login,
  (forum * 30000 + 500000000) / 1000000000 AS forum,
  (registered * 50000 + 500000000) / 1000000000 AS registered,
  (in_person * 200000 + 500000000) / 1000000000 AS in_person,
  (online * 80000 + 500000000) / 1000000000 AS online,
  (survey * 60000 + 500000000) / 1000000000 AS survey,
  purchase, last_gift
FROM factors
""")

DAY = "arrow_cast(arrow_cast(occurred_at, 'Date32'), 'Int32')"

# Types with a limit by day or week, by contact and day. A limit of one is a flag, others are counts.
table("days", f"""
SELECT contact, {DAY} AS day,
  bit_or(CASE type
    WHEN 'email_opened' THEN 1
    WHEN 'login' THEN 2
    WHEN 'event_attended' THEN
      CASE format WHEN 'in_person' THEN 36 WHEN 'online' THEN 40 WHEN 'hybrid' THEN 40 ELSE 32 END
    WHEN 'page_viewed' THEN CASE WHEN starts_with(campaign, 'join-') THEN 16 ELSE 0 END
    ELSE 0 END) AS flags,
  sum(CASE WHEN type = 'email_clicked' AND source = 'newsletter' THEN 1 ELSE 0 END) AS clicks,
  sum(CASE WHEN type = 'page_viewed' THEN 1 ELSE 0 END) AS pages,
  sum(CASE WHEN type = 'forum_posted' THEN 1 ELSE 0 END) AS posts
FROM activities
WHERE source <> 'scanner' AND occurred_at < '2026-03-02T00:00:00Z'
  AND (type IN ('email_opened', 'email_clicked', 'login', 'forum_posted', 'event_attended')
    OR type = 'page_viewed' AND (occurred_at >= '2025-12-02T00:00:00Z'
      OR starts_with(campaign, 'join-') AND occurred_at >= '2025-09-03T00:00:00Z'))
GROUP BY contact, {DAY}
""")

# Types without a limit need no days.
table("singles", f"""
SELECT contact, max(s.day) AS last_day,
  sum(CASE WHEN type = 'event_registered' THEN registered END) AS registered,
  max(CASE WHEN type = 'survey_answered' THEN survey END) AS survey,
  sum(CASE WHEN type = 'course_completed' AND s.day > {AS_OF} - 730 THEN 1 ELSE 0 END) AS courses,
  sum(CASE WHEN type = 'purchase' THEN (least(cents * 10, 500000) * purchase + 500000000) / 1000000000 END) AS purchase,
  sum(CASE WHEN type = 'donation' AND s.day > {AS_OF} - 365 THEN cents END) AS gifts,
  last_value((least(cents * 5, 250000) * last_gift + 500000000) / 1000000000 ORDER BY occurred_at)
    FILTER (WHERE type = 'donation' AND cents IS NOT NULL) AS last_gift
FROM (
  SELECT contact, type, occurred_at, {DAY} AS day, CAST(value * 100 AS BIGINT) AS cents
  FROM activities
  WHERE source <> 'scanner' AND occurred_at < '2026-03-02T00:00:00Z'
    AND type IN ('event_registered', 'survey_answered', 'course_completed', 'purchase', 'donation')
) s JOIN ages ON ages.day = s.day
GROUP BY contact
""")

# Of a week the first three posts count: how many of each day's, from the sums up to it. 1970-01-01 was
# a Thursday, so that weeks begin on Monday three days later.
table("forum", """
SELECT contact, sum((least(upto, 3) - least(upto - posts, 3)) * forum) AS forum
FROM (
  SELECT contact, day, posts, sum(posts) OVER (PARTITION BY contact, (day + 3) / 7 ORDER BY day) AS upto
  FROM days WHERE posts > 0
) s JOIN ages ON ages.day = s.day
GROUP BY contact
""")

table("folded", f"""
SELECT contact, max(days.day) AS last_day,
  least(sum(CASE WHEN flags & 1 > 0 THEN opened ELSE 0 END), 150000) AS opened,
  least(sum(least(clicks, 2) * clicked), 400000) AS clicked,
  least(sum(CASE WHEN days.day > {AS_OF} - 90 THEN least(pages, 5) ELSE 0 END) * 2500, 250000) AS page,
  least(sum(CASE WHEN flags & 16 > 0 THEN 30000 ELSE 0 END), 300000) AS join_page,
  least(sum(CASE WHEN flags & 2 > 0 THEN login ELSE 0 END), 200000) AS login,
  least(sum(CASE WHEN flags & 4 > 0 THEN in_person ELSE 0 END), 1200000) AS in_person,
  least(sum(CASE WHEN flags & 8 > 0 THEN online ELSE 0 END), 600000) AS online,
  CASE WHEN bit_or(flags) & 32 > 0 THEN 100000 END AS first_event
FROM days JOIN ages ON ages.day = days.day
GROUP BY contact
""")

table("scored", f"""
SELECT c.id AS contact, c.account, member_type, status,
  (greatest(0, least(5000000,
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
      coalesce(least(20000 * greatest(years, 0), 200000), 0)
      - CASE WHEN greatest(coalesce(folded.last_day, 0), coalesce(singles.last_day, 0)) > {AS_OF} - 60
        THEN 0 ELSE 150000 END))
  )) + 500) / 1000 AS engagement,
  CASE WHEN status = 'member' AND country IN ('NO', 'SE', 'DK', 'FI', 'IS') THEN 20
    WHEN status = 'member' THEN 12 WHEN status = 'prospect' THEN 5 ELSE 0 END
  + CASE WHEN industry IN ('health', 'education', 'research') THEN 10 ELSE 0 END AS fit
FROM (
  SELECT *, CAST(2026 - date_part('year', member_since)
    - CASE WHEN date_part('month', member_since) * 100 + date_part('day', member_since) > 301 THEN 1 ELSE 0 END
    AS BIGINT) AS years
  FROM contacts
) c
LEFT JOIN folded ON folded.contact = c.id
LEFT JOIN singles ON singles.contact = c.id
LEFT JOIN forum ON forum.contact = c.id
LEFT JOIN accounts a ON a.id = c.account
""")


def ranks(name, source, points, cohort):
    """Percentiles in hundredths for each different score: there are few, however many people."""
    table(name, f"""
    SELECT cohort, points, CAST(((2 * upto - ties) * 10000 + n) / (2 * n) AS BIGINT) AS hundredths
    FROM (
      SELECT cohort, points, ties, sum(ties) OVER (PARTITION BY cohort ORDER BY points) AS upto,
        sum(ties) OVER (PARTITION BY cohort) AS n
      FROM (
        SELECT coalesce({cohort}, '') AS cohort, {points} AS points, count(*) AS ties FROM {source} GROUP BY 1, 2
      )
    )
    """)


def decimal(number, decimals):
    return f"arrow_cast({number} * arrow_cast('0.{'1':0>{decimals}}', 'Decimal128(3, {decimals})'), 'Decimal128(18, {decimals})')"


def write(name, query):
    DF.sql(f"COPY ({query}) TO '{GIVEN.out / name}.parquet' STORED AS PARQUET OPTIONS ('compression' 'zstd(1)')").collect()


ranks("engagement_ranks", "scored", "engagement", "member_type")
ranks("fit_ranks", "scored", "fit", "''")
write("contacts", f"""
SELECT contact, {decimal('engagement', 1)} AS engagement,
  CASE WHEN engagement >= 3000 THEN 'Top' WHEN engagement >= 1500 THEN 'High' WHEN engagement >= 750 THEN 'Medium'
    WHEN engagement >= 250 THEN 'Low' ELSE 'Dormant' END AS engagement_band,
  {decimal('e.hundredths', 2)} AS engagement_percentile,
  fit, CASE WHEN fit >= 20 THEN 'Good' ELSE 'Poor' END AS fit_band,
  {decimal('f.hundredths', 2)} AS fit_percentile
FROM scored
JOIN engagement_ranks e ON e.points = engagement AND e.cohort = coalesce(member_type, '')
JOIN fit_ranks f ON f.points = fit
ORDER BY contact
""")

table("companies", """
SELECT id AS account, coalesce(((total * 2000 + n) / (2 * n) + 500) / 1000, 0) AS company
FROM accounts LEFT JOIN (
  SELECT account, sum(engagement) AS total, count(*) AS n FROM scored WHERE status = 'member' GROUP BY account
) s ON s.account = id
""")
ranks("company_ranks", "companies", "company", "''")
write("accounts", f"""
SELECT account, {decimal('company', 1)} AS company,
  CASE WHEN company >= 1000 THEN 'Strong' WHEN company >= 400 THEN 'Active' ELSE 'Quiet' END AS company_band,
  {decimal('hundredths', 2)} AS company_percentile
FROM companies JOIN company_ranks ON points = company
ORDER BY account
""")
