"""Requests over connections, in one thread: as fast as they are answered, or at moments of their own."""

import select
import time


def closed(links, requests):
    """Each connection sends its next request once the one before is answered. Seconds, and those of each request."""
    waiting, answered = iter(requests), []
    begin = time.perf_counter()
    under_way = 0
    for link, request in zip(links, waiting):
        link.send(request, time.perf_counter())
        under_way += 1
    while under_way:
        for link in select.select(links, [], [])[0]:
            if link.received():
                now = time.perf_counter()
                answered.append(now - link.sent)
                request = next(waiting, None)
                if request is None:
                    under_way -= 1
                else:
                    link.send(request, now)
    return time.perf_counter() - begin, answered


def opened(links, requests, rate):
    """Requests come at their moments, whether or not those before are answered. Each counts from the moment at which it
    was due: what waits for a connection waits as it would for a server."""
    idle, answered, at, begin = list(links), [], 0, time.perf_counter()
    while len(answered) < len(requests):
        now = time.perf_counter()
        while idle and at < len(requests) and begin + at / rate <= now:
            idle.pop().send(requests[at], begin + at / rate)
            at += 1
        until = max(0.0, begin + at / rate - now) if idle and at < len(requests) else None
        for link in select.select(links, [], [], until)[0]:
            if link.received():
                answered.append(time.perf_counter() - link.sent)
                idle.append(link)
    return time.perf_counter() - begin, answered


def quantile(numbers, part):
    return sorted(numbers)[min(len(numbers) - 1, int(part * len(numbers)))]
