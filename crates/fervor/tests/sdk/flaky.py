"""A bad connection to a good server: a proxy on loopback that fails the first requests of every client and path.
  python flaky.py --to 127.0.0.1:8080 [--listen 127.0.0.1:0] [--fail 1] [--status 503] [--retry-after 1] [--drop 1]

Of every client (its user agent) and path the first `--fail` requests are answered with `--status` and never reach the
server. The next `--drop` reach it, and their answer is thrown away with the connection, so that the client sends again
what was stored already: a true duplicate. The rest passes. Standard output tells the address, then a line of JSON for
each request: what was done, the status of the server if it was asked, the path, the client, and seconds since the first.
"""

import argparse
import collections
import http.client
import http.server
import json
import socket
import struct
import threading
import time

# They belong to one connection, not to the message.
OWN = {"connection", "keep-alive", "transfer-encoding", "host", "content-length"}


class Flaky(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    given = None
    lock = threading.Lock()
    seen = collections.Counter()
    begin = None

    def turn(self):
        """Which of its client's requests for its path this is, from 0."""
        key = (self.headers["User-Agent"], self.path)
        with self.lock:
            Flaky.begin = Flaky.begin or time.monotonic()
            self.seen[key] += 1
            return self.seen[key] - 1

    def tell(self, done, status=None):
        line = {"done": done, "status": status, "path": self.path, "client": self.headers["User-Agent"],
                "at": round(time.monotonic() - self.begin, 3)}
        with self.lock:
            print(json.dumps(line), flush=True)

    def answered(self, status, headers, body):
        self.send_response_only(status)
        for name, value in headers:
            if name.lower() not in OWN:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def forwarded(self, body):
        server = http.client.HTTPConnection(self.given.to, timeout=60)
        try:
            headers = {name: value for name, value in self.headers.items() if name.lower() not in OWN}
            server.request(self.command, self.path, body, headers)
            answer = server.getresponse()
            return answer.status, answer.getheaders(), answer.read()
        finally:
            server.close()

    def handle_any(self):
        turn, body = self.turn(), self.rfile.read(int(self.headers["Content-Length"] or 0))
        if turn < self.given.fail:
            problem = {"code": "unavailable", "message": "try again", "status": self.given.status}
            after = [("Retry-After", str(self.given.retry_after))] if self.given.retry_after is not None else []
            self.answered(self.given.status, [("Content-Type", "application/json"), *after], json.dumps(problem).encode())
            return self.tell("failed")
        status, headers, said = self.forwarded(body)
        if turn < self.given.fail + self.given.drop:
            # The connection is reset, as it is when a machine in between goes away.
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.close_connection = True
            return self.tell("dropped", status)
        self.answered(status, headers, said)
        self.tell("passed", status)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = handle_any

    def log_message(self, *_):
        """Standard output tells it already."""


class Server(http.server.ThreadingHTTPServer):
    def shutdown_request(self, request):
        """No polite end: what was set on the socket decides how it ends."""
        self.close_request(request)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--to", required=True, help="the server's HOST:PORT")
    parser.add_argument("--listen", default="127.0.0.1:0")
    parser.add_argument("--fail", type=int, default=0, help="so many first requests fail")
    parser.add_argument("--status", type=int, default=503)
    parser.add_argument("--retry-after", type=int, help="seconds")
    parser.add_argument("--drop", type=int, default=0, help="the answers to so many next ones are lost")
    Flaky.given = parser.parse_args()
    host, port = Flaky.given.listen.rsplit(":", 1)
    server = Server((host, int(port)), Flaky)
    print(f"{host}:{server.server_port}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
