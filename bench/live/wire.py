"""Connections on which one request at a time is under way, and which cost the machine little: what is sent was put into
bytes before the clock started, and of what comes back only so much is read as tells whether it is complete and well."""

import json
import socket
import struct

from measure import Failed


class Link:
    """A connection. `sent` is the moment from which its request counts."""

    def __init__(self, host, port):
        self.socket = socket.create_connection((host, port), timeout=600)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.pending, self.sent = bytearray(), 0.0

    def fileno(self):
        return self.socket.fileno()

    def send(self, request, at):
        self.sent = at
        self.socket.sendall(request)

    def received(self):
        """Reads what is there; whether the answer is complete. A refusal is raised."""
        piece = self.socket.recv(1 << 18)
        if not piece:
            raise Failed("the server closed the connection: " + self.pending[-500:].decode(errors="replace"))
        self.pending += piece
        return self.complete()

    def ask(self, request):
        """Sends, waits, and returns the whole answer."""
        self.send(request, 0.0)
        answer = bytearray()
        while True:
            piece = self.socket.recv(1 << 18)
            if not piece:
                raise Failed("the server closed the connection: " + self.pending[-500:].decode(errors="replace"))
            answer += piece
            self.pending += piece
            if self.complete():
                return bytes(answer)

    def close(self):
        self.socket.close()


class Http(Link):
    """HTTP/1.1 with keep-alive."""

    def complete(self):
        end = self.pending.find(b"\r\n\r\n")
        if end < 0:
            return False
        head = self.pending[:end].decode("latin-1").lower().split("\r\n")
        fields = dict(line.split(":", 1) for line in head[1:])
        length, status = int(fields.get("content-length", 0)), int(head[0].split()[1])
        if len(self.pending) < end + 4 + length:
            return False
        body = self.pending[end + 4:end + 4 + length].decode(errors="replace")
        del self.pending[:end + 4 + length]
        if not 200 <= status < 300:
            raise Failed(f"the server answered {status}: {body[:500]}")
        return True

    @staticmethod
    def request(method, path, key, body=None):
        is_text = isinstance(body, str)
        data = b"" if body is None else (body if is_text else json.dumps(body, separators=(",", ":"))).encode()
        kind = "application/toml" if is_text else "application/json"
        head = f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {key}\r\n"
        return f"{head}Content-Type: {kind}\r\nContent-Length: {len(data)}\r\n\r\n".encode() + data


class Sql(Link):
    """The protocol of PostgreSQL, version 3, as far as trusted clients need it. Values are texts."""

    def __init__(self, host, port, user, database):
        super().__init__(host, port)
        options = b"".join(part.encode() + b"\0" for part in ["user", user, "database", database]) + b"\0"
        self.ask(struct.pack("!ii", 8 + len(options), 196608) + options)

    def complete(self):
        at, wrong = 0, None
        while at + 5 <= len(self.pending):
            kind, length = self.pending[at], int.from_bytes(self.pending[at + 1:at + 5], "big")
            if at + 1 + length > len(self.pending):
                break
            if kind == ord("E"):
                wrong = self.pending[at + 5:at + 1 + length].replace(b"\0", b" ").decode(errors="replace")
            at += 1 + length
            if kind == ord("Z"):
                del self.pending[:at]
                if wrong:
                    raise Failed(f"PostgreSQL: {wrong}")
                return True
        return False

    def query(self, text):
        """Rows of texts."""
        answer, at, rows = self.ask(message(b"Q", text.encode() + b"\0")), 0, []
        while at < len(answer):
            kind, length = answer[at], int.from_bytes(answer[at + 1:at + 5], "big")
            if kind == ord("D"):
                rows.append(row(answer[at + 5:at + 1 + length]))
            at += 1 + length
        return rows

    def prepare(self, name, text):
        self.ask(message(b"P", name.encode() + b"\0" + text.encode() + b"\0\0\0") + SYNC)

    @staticmethod
    def execute(name, values):
        """What runs a prepared statement. Several may go together before one SYNC: that is a transaction."""
        data = [b"\0", name.encode(), b"\0\0\0", struct.pack("!h", len(values))]
        for value in values:
            known = None if value is None else value.encode()
            data += [struct.pack("!i", -1)] if known is None else [struct.pack("!i", len(known)), known]
        return message(b"B", b"".join(data) + b"\0\0") + message(b"E", b"\0\0\0\0\0")


def message(kind, data):
    return kind + struct.pack("!i", 4 + len(data)) + data


SYNC = message(b"S", b"")


def row(data):
    at, cells = 2, []
    for _ in range(int.from_bytes(data[:2], "big")):
        length = int.from_bytes(data[at:at + 4], "big", signed=True)
        cells.append(None if length < 0 else data[at + 4:at + 4 + length].decode())
        at += 4 + max(length, 0)
    return cells
