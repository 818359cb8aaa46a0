"""Sends one visitor's story with a real SDK, as its users would:
  python send.py segment-python|analytics-python|rudder-python HOST WRITE_KEY [--duplicates] [--gzip]
Ends with 0 once everything was delivered. What is sent, and to whom it belongs, is told in README.md."""

import argparse
import datetime
import importlib
import json
import logging
import sys
import time

MODULES = {
    "segment-python": "segment.analytics.client",
    "analytics-python": "analytics.client",
    "rudder-python": "rudderstack.analytics.client",
}


def story(client, sdk):
    """Calls, none of which waits."""
    user, visitor = f"{sdk}-1", f"{sdk}-anon-1"
    page = {"name": "Pricing", "properties": {"url": "https://association.example/pricing"}}
    yield client.page(anonymous_id=visitor, **page)
    yield client.track(anonymous_id=visitor, event="Link Clicked", properties={"campaign": "join-01"})
    yield client.identify(user, {"email": f"{sdk}@example.org", "plan": "gold"}, anonymous_id=visitor)
    attended = datetime.datetime(2026, 5, 1, 10, tzinfo=datetime.timezone.utc)
    yield client.track(user, "Event Attended", {"name": "AGM", "value": 20}, timestamp=attended)
    yield client.track(user, "Order Completed", {"revenue": "49.90"})
    yield client.group(user, f"{sdk}-acme", {"name": "ACME"})
    yield client.page(user, **page)
    yield client.screen(user, name="Home")
    yield client.alias(f"{sdk}-old-1", user)


def duplicates(client, sdk):
    """One message twice in a batch, and once more by itself."""
    attended = datetime.datetime(2026, 5, 1, 10, tzinfo=datetime.timezone.utc)
    for at in range(3):
        if at == 2:
            client.flush()
        yield client.track(f"{sdk}-1", "Badge Earned", message_id=f"{sdk}-badge", timestamp=attended)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("sdk", choices=MODULES)
    parser.add_argument("host")
    parser.add_argument("write_key")
    parser.add_argument("--duplicates", action="store_true")
    parser.add_argument("--gzip", action="store_true", help="on also where the SDK leaves it off by itself")
    given = parser.parse_args()
    logging.basicConfig(stream=sys.stderr)
    failures = []
    options = {"gzip": True} if given.gzip else {}
    client = importlib.import_module(MODULES[given.sdk]).Client(
        given.write_key, host=given.host, on_error=lambda error, batch: failures.append((error, len(batch))), **options)
    begin = time.monotonic()
    calls = list(story(client, given.sdk))
    if given.duplicates:
        calls += duplicates(client, given.sdk)
    client.flush()
    client.join()
    print(json.dumps({"sdk": given.sdk, "sent": len(calls), "seconds": round(time.monotonic() - begin, 3)}))
    for error, count in failures:
        print(f"not delivered: {count} of {len(calls)}: {error!r}", file=sys.stderr)
    return 1 if failures or not all(queued for queued, _ in calls) else 0


if __name__ == "__main__":
    sys.exit(main())
