"""Whether the peers are right. Activities come in at random, by several connections at once, some of them twice, some of
contacts that nobody knew, most of days long gone; then everyone's score by triggers is that of the batch benchmark's SQL
over all that is stored, which was compared with five engines. That SQL knows one date; on others, with `--fervor`, what
a load and a midnight compute is compared with `fervor score`."""

import csv
import datetime
import pathlib
import subprocess

from engines import Cluster, Peer
from facts import LAST, Facts
from loops import closed
from measure import Failed
from run import say

HERE = pathlib.Path(__file__).resolve().parent
# The batch benchmark's names for the same tables.
VIEWS = """
CREATE VIEW activities AS SELECT occurred_at, type, source, properties ->> 'format' AS format, contact,
  properties ->> 'campaign' AS campaign, value FROM activity;
CREATE VIEW contacts AS SELECT id, account, member_type, status, country, member_since FROM contact;
CREATE VIEW accounts AS SELECT * FROM account;
CREATE TABLE factors (age integer, opened bigint, clicked bigint, login bigint, forum bigint, registered bigint,
  in_person bigint, online bigint, survey bigint, purchase bigint, last_gift bigint);
"""
CONTACTS = """
SELECT s.contact, s.points * 0.1, s.band, e.hundredths * 0.01, fit, fit_band, f.hundredths * 0.01
FROM score_current s JOIN contact c ON c.id = s.contact
JOIN ranking e ON e.score = 'engagement' AND e.points = s.points AND e.cohort IS NOT DISTINCT FROM c.member_type
JOIN ranking f ON f.score = 'fit' AND f.points = s.fit ORDER BY 1
"""
ACCOUNTS = "SELECT account, points * 0.1, band, hundredths * 0.01 FROM account_score ORDER BY 1"


def coming(facts):
    """Groups of every size, with an id again every so often. Half of it happens on three days, so that limits are met."""
    activities = list(facts.coming(7, 6_000, today=False))
    for at, activity in enumerate(activities):
        if at % 2 == 0:
            activity.moment = f"{LAST - datetime.timedelta(days=[1, 2, 36][at % 3])}T{activity.moment[11:]}"
        if at % 50 == 0:
            activity.contact = f"new-{at % 400}"
    groups, at = [], 0
    while at < len(activities):
        size = [1, 100, 3, 30][len(groups) % 4]
        groups.append(activities[at:at + size] + activities[max(0, at - 40):max(0, at - 38)])
        at += size
    return groups


def check(given):
    facts = Facts(given.generator, given.dir, 20_000, 1_000, LAST)
    groups, well = coming(facts), True
    with Cluster(given.dir) as cluster:
        cluster.loaded(facts)
        for kind in Peer.KINDS:
            peer = Peer(kind, cluster)
            peer.start()
            links = peer.links(4)
            closed(links, [peer.request(group) for group in groups])
            [link.close() for link in links]
            well &= compared(cluster, facts, kind)
            peer.stop()
    if given.fervor:
        well &= all([on(given, datetime.date.fromisoformat(date)) for date in ["2026-05-31", "2028-02-29"]])
    say("all are equal" if well else "not all are equal")
    return well


def compared(cluster, facts, kind):
    """Against the batch benchmark's SQL, row by row."""
    link = cluster.connect(kind)
    link.query("SELECT refresh()")
    found = {"contacts": link.query(CONTACTS), "accounts": link.query(ACCOUNTS)}
    changes = link.query("SELECT count(*) FROM score_change WHERE was IS NOT NULL")[0][0]
    lost = link.query("SELECT count(*) FROM score_current s WHERE points <> (SELECT points FROM score_change c"
                      " WHERE c.contact = s.contact ORDER BY at DESC LIMIT 1)")[0][0]
    stored = link.query("SELECT count(*) FROM activity")[0][0]
    link.close()
    cluster.script(kind, VIEWS)
    with open(facts.made / "factors.csv") as file:
        cluster.script(kind, "COPY factors FROM STDIN (FORMAT csv, HEADER)", file)
    script = (HERE.parent / "peers" / "postgres_batch.sql").read_text()
    work = facts.folder / "batch.sql"
    for table in found:
        script = script.replace(f"\\o {table}_out.csv", f"\\o {facts.folder}/{table}_out.csv")
    work.write_text(script)
    cluster.script(kind, work)
    well = lost == "0"
    for table, rows in found.items():
        well &= same(f"{kind}: {table}", facts.folder / f"{table}_out.csv", rows)
    say(f"{kind}: {stored} activities stored, {changes} changes noted, {lost} of them not as the scores are")
    return well


def same(title, path, rows):
    """Whether a file holds these rows."""
    with open(path, newline="") as file:
        expected = list(csv.reader(file))[1:]
    if not expected:
        raise Failed(f"{path} holds nothing to compare with")
    wrong = [(want, have) for want, have in zip(expected, rows) if want != have]
    equal = not wrong and len(expected) == len(rows)
    say(f"{title}: {len(rows):,} {'equal' if equal else f'differ: {len(expected):,} expected, the first {wrong[:1]}'}")
    return equal


def on(given, date):
    """A load on another date, and a midnight, beside `fervor score`."""
    facts = Facts(given.generator, given.dir, 20_000, 1_000, date)
    # Loaded as of the day before; then that day ends.
    facts.as_of -= datetime.timedelta(days=1)
    with Cluster(given.dir) as cluster:
        cluster.loaded(facts)
        cluster.script("loaded", f"SELECT begin_day(DATE '{date}')")
        cluster.script("loaded", "CALL rescore_all()")
        link = cluster.connect("loaded")
        link.query("SELECT refresh()")
        found = {"contacts": link.query(CONTACTS), "accounts": link.query(ACCOUNTS)}
        link.close()
    out = facts.folder / "out"
    files = ["--contacts", facts.path("contact"), "--accounts", facts.path("account"), "--activities", facts.flat()]
    subprocess.run([given.fervor, "score", HERE.parent / "model.toml", *files, "--as-of", str(date), "--out", out],
                   check=True, capture_output=True)
    return all([same(f"{date}: {table}", out / f"{table}.csv", rows) for table, rows in found.items()])
