"""Polars: lazy plans on the streaming engine, two reads of the activities, integers throughout.

Points are ten-thousandths, values cents, scores tenths. Each read is a streaming aggregation; what
comes after works on contacts and is small.
"""

import os

from common import arguments

GIVEN = arguments()
os.environ["POLARS_MAX_THREADS"] = str(GIVEN.threads)

import polars as pl  # noqa: E402  (the number of threads is read when it is loaded)
from polars import col, lit  # noqa: E402

AS_OF = pl.date(2026, 3, 1)
MIDNIGHT = pl.datetime(2026, 3, 2, time_unit="us", time_zone="UTC")


def contribution(points, factor):
    """Points times a factor of time, rounded once; nothing here is negative."""
    return (points * factor + 500_000_000) // 1_000_000_000


def of(*kinds):
    return col("type").is_in(kinds) if len(kinds) > 1 else col("type") == kinds[0]


POINTS = {
    "opened": 5_000, "clicked": 20_000, "login": 10_000, "forum": 30_000,
    "registered": 50_000, "in_person": 200_000, "online": 80_000, "survey": 60_000,
}
AGES = pl.read_parquet(GIVEN.facts / "factors.parquet").select(
    day=AS_OF - pl.duration(days="age"),
    **{f"p_{rule}": contribution(lit(points), col(rule)) for rule, points in POINTS.items()},
    f_purchase="purchase", f_last_gift="last_gift",
).lazy()

ACTIVITIES = pl.scan_parquet(GIVEN.facts / "activities.parquet").filter(
    col("source") != "scanner", col("occurred_at") < MIDNIGHT
)
DAY = col("occurred_at").dt.date().alias("day")
JOIN = col("campaign").str.starts_with("join-").fill_null(False)
PAGE = of("page_viewed")

# By contact and day: a limit of one is whether, others are how many.
DAYS = (
    ACTIVITIES.filter(
        of("email_opened", "email_clicked", "login", "forum_posted", "event_attended")
        | (PAGE & ((DAY >= pl.date(2025, 12, 2)) | (JOIN & (DAY >= pl.date(2025, 9, 3)))))
    )
    .select(
        "contact", DAY,
        opened=of("email_opened"),
        login=of("login"),
        in_person=of("event_attended") & (col("format") == "in_person").fill_null(False),
        online=of("event_attended") & col("format").is_in(["online", "hybrid"]).fill_null(False),
        attended=of("event_attended"),
        join_page=PAGE & JOIN,
        clicks=(of("email_clicked") & (col("source") == "newsletter")).cast(pl.Int32),
        pages=PAGE.cast(pl.Int32),
        posts=of("forum_posted").cast(pl.Int32),
    )
    .group_by("contact", "day")
    .agg(
        col("opened", "login", "in_person", "online", "attended", "join_page").max(),
        col("clicks", "pages", "posts").sum(),
    )
    .collect(engine="streaming")
    .lazy()
)


def capped(points, cap):
    return points.sum().clip(0, cap)


FOLDED = (
    DAYS.join(AGES, on="day")
    .select(
        "contact", "day", "attended",
        opened=col("opened") * col("p_opened"),
        clicked=col("clicks").clip(0, 2) * col("p_clicked"),
        page=pl.when(col("day") > pl.date(2025, 12, 1)).then(col("pages").clip(0, 5).cast(pl.Int64) * 2_500).otherwise(0),
        join_page=col("join_page").cast(pl.Int64) * 30_000,
        login=col("login") * col("p_login"),
        in_person=col("in_person") * col("p_in_person"),
        online=col("online") * col("p_online"),
    )
    .group_by("contact")
    .agg(
        col("day").max().alias("last_day"),
        capped(col("opened"), 150_000),
        capped(col("clicked"), 400_000),
        capped(col("page"), 250_000),
        capped(col("join_page"), 300_000),
        capped(col("login"), 200_000),
        capped(col("in_person"), 1_200_000),
        capped(col("online"), 600_000),
        first_event=col("attended").max().cast(pl.Int64) * 100_000,
    )
)

# Of a week the first three posts count: how many of each day's, from the sums up to it.
UPTO = col("posts").cum_sum().over("contact", col("day").dt.truncate("1w"), order_by="day")
FORUM = (
    DAYS.filter(col("posts") > 0)
    .select("contact", "day", "posts", upto=UPTO)
    .join(AGES, on="day")
    .select("contact", forum=(col("upto").clip(0, 3) - (col("upto") - col("posts")).clip(0, 3)) * col("p_forum"))
    .group_by("contact")
    .agg(col("forum").sum())
)

# Types without a limit need no days.
CENTS = (col("value") * 100).cast(pl.Int64)
SINGLES = (
    ACTIVITIES.filter(of("event_registered", "survey_answered", "course_completed", "purchase", "donation"))
    .select("contact", "type", "occurred_at", DAY, cents=CENTS)
    .join(AGES, on="day")
    .select(
        "contact", "day",
        registered=pl.when(of("event_registered")).then(col("p_registered")).otherwise(0),
        survey=pl.when(of("survey_answered")).then(col("p_survey")).otherwise(0),
        courses=of("course_completed") & (col("day") > pl.date(2024, 3, 1)),
        purchase=pl.when(of("purchase"))
        .then(contribution((col("cents") * 10).clip(0, 500_000), col("f_purchase"))).otherwise(0),
        gifts=pl.when(of("donation") & (col("day") > pl.date(2025, 3, 1))).then(col("cents")).otherwise(0),
        moment=pl.when(of("donation") & col("cents").is_not_null()).then(col("occurred_at")),
        last_gift=contribution((col("cents") * 5).clip(0, 250_000), col("f_last_gift")),
    )
    .group_by("contact")
    .agg(
        col("day").max().alias("last_single"),
        col("registered").sum().clip(0, 400_000),
        col("survey").max(),
        col("courses").sum(),
        capped(col("purchase"), 1_500_000),
        col("gifts").sum(),
        col("last_gift").filter(col("moment").is_not_null()).max_by(col("moment").filter(col("moment").is_not_null())),
    )
    .collect(engine="streaming")
    .lazy()
)


def steps(number, *reached):
    """The points of the highest step that is reached."""
    result = lit(0)
    for threshold, points in reached:
        result = pl.when(number >= threshold).then(points).otherwise(result)
    return result


def known(name):
    return col(name).fill_null(0)


SINCE = col("member_since")
BEFORE_THE_DAY = (SINCE.dt.month().cast(pl.Int32) * 100 + SINCE.dt.day()) > 301
YEARS = ((2026 - SINCE.dt.year() - BEFORE_THE_DAY.cast(pl.Int32)).clip(0).cast(pl.Int64) * 20_000).clip(0, 200_000)
LAST = pl.max_horizontal("last_day", "last_single")
MEMBER = (col("status") == "member").fill_null(False)
INTERACTION = pl.sum_horizontal("opened", "clicked", "page", "join_page", "login", "forum").clip(0, 1_200_000)
PARTICIPATION = pl.sum_horizontal(
    "registered", "in_person", "online", "first_event", "survey",
    steps(known("courses"), (1, 50_000), (3, 120_000), (6, 200_000)),
).clip(0, 2_000_000)
COMMITMENT = pl.sum_horizontal(
    "purchase", "last_gift", steps(known("gifts"), (5_000, 100_000), (25_000, 250_000), (100_000, 500_000))
).clip(0, 2_500_000)
LOYALTY = (
    YEARS.fill_null(0) - pl.when(LAST > pl.date(2025, 12, 31)).then(0).otherwise(150_000)
).clip(-200_000, 200_000)

SCORED = (
    pl.scan_parquet(GIVEN.facts / "contacts.parquet")
    .rename({"id": "contact"})
    .join(FOLDED, on="contact", how="left")
    .join(SINGLES, on="contact", how="left")
    .join(FORUM, on="contact", how="left")
    .join(pl.scan_parquet(GIVEN.facts / "accounts.parquet").rename({"id": "account"}), on="account", how="left")
    .select(
        "contact", "account", "member_type", "status",
        engagement=((INTERACTION + PARTICIPATION + COMMITMENT + LOYALTY).clip(0, 5_000_000) + 500) // 1_000,
        fit=pl.when(MEMBER & col("country").is_in(["NO", "SE", "DK", "FI", "IS"]).fill_null(False)).then(20)
        .when(MEMBER).then(12).when(col("status") == "prospect").then(5).otherwise(0)
        + pl.when(col("industry").is_in(["health", "education", "research"])).then(10).otherwise(0),
    )
    .collect(engine="streaming")
)


def with_percentile(table, points, cohort=None):
    """Ranks of each different score in hundredths: there are few, however many people."""
    by = [cohort] if cohort else []
    ranks = table.lazy().group_by(*by, points).agg(ties=pl.len().cast(pl.Int64)).sort(*by, points, nulls_last=True)
    upto, n = col("ties").cum_sum(), col("ties").sum()
    if cohort:
        upto, n = upto.over(cohort), n.over(cohort)
    ranks = ranks.select(
        *by, points,
        (((2 * upto - col("ties")) * 10_000 + n) // (2 * n)).alias(f"{points}_percentile"),
    )
    return table.lazy().join(ranks, on=[*by, points], how="left", nulls_equal=True).collect()


def decimal(name, decimals):
    return (col(name).cast(pl.Decimal(18, decimals)) * lit(1).cast(pl.Decimal(18, 0))
            / lit(10**decimals).cast(pl.Decimal(18, 0))).cast(pl.Decimal(18, decimals)).alias(name)


def band(points, lowest, *reached):
    result = lit(lowest)
    for threshold, name in reached:
        result = pl.when(col(points) >= threshold).then(lit(name)).otherwise(result)
    return result.alias(f"{points}_band")


RANKED = with_percentile(with_percentile(SCORED, "engagement", "member_type"), "fit")
RANKED.lazy().sort("contact").select(
    "contact",
    decimal("engagement", 1),
    band("engagement", "Dormant", (250, "Low"), (750, "Medium"), (1_500, "High"), (3_000, "Top")),
    decimal("engagement_percentile", 2),
    "fit", band("fit", "Poor", (20, "Good")), decimal("fit_percentile", 2),
).sink_parquet(GIVEN.out / "contacts.parquet", compression="zstd")

PEOPLE = SCORED.lazy().filter(MEMBER).group_by("account").agg(total=col("engagement").sum(), n=pl.len().cast(pl.Int64))
MEAN = (col("total") * 2_000 + col("n")) // (2 * col("n"))
COMPANIES = (
    pl.scan_parquet(GIVEN.facts / "accounts.parquet")
    .select(account="id")
    .join(PEOPLE, on="account", how="left")
    .select("account", company=((MEAN + 500) // 1_000).fill_null(0))
    .collect()
)
with_percentile(COMPANIES, "company").lazy().sort("account").select(
    "account", decimal("company", 1),
    band("company", "Quiet", (400, "Active"), (1_000, "Strong")), decimal("company_percentile", 2),
).sink_parquet(GIVEN.out / "accounts.parquet", compression="zstd")
