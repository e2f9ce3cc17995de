"""Fifty readers of the event stream and a steady rate of API requests: `python -m benchmarks.readers_load PORT DAG_ID`.

Answers the word `listening` when all readers are there, works until standard input is closed, and prints one line of JSON.
One thread and bare sockets: it runs on the processors that it loads.
"""

from __future__ import annotations

import base64
import heapq
import json
import os
import selectors
import socket
import sys
import time
from typing import Any, Final

from benchmarks.web import PASSWORD, USER, token_of

READERS: Final = 50
RATE: Final = 200.0
CONNECTIONS: Final = 16


class Reader:
    """Somebody who has a page open."""

    def __init__(self, port: int, token: str) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        ask = f"GET /ui/stream HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n\r\n"
        self.socket.sendall(ask.encode())
        self.socket.setblocking(False)
        self.events = 0
        self.is_listening = False

    def read(self) -> None:
        data = self.socket.recv(65536)
        if not data:
            raise RuntimeError("the event stream was closed")
        self.is_listening = True
        self.events += data.count(b"\nid: ") + data.startswith(b"id: ")


class Asker:
    """A connection of a program that asks again and again."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.due = 0.0
        self._expected = -1
        self._got = b""

    def ask(self, request: bytes, due: float) -> None:
        self.due = due
        self._expected, self._got = -1, b""
        self.socket.sendall(request)

    def read(self) -> bool:
        """Whether the answer is complete. Raises RuntimeError for any but 200."""
        self._got += self.socket.recv(1 << 20)
        if self._expected < 0:
            head, found, _ = self._got.partition(b"\r\n\r\n")
            if not found:
                return False
            if b" 200 " not in head[:16]:
                raise RuntimeError(f"the API answered {head[:100]!r}")
            length = head.lower().partition(b"content-length: ")[2].split(b"\r\n", 1)[0]
            self._expected = len(head) + 4 + int(length)
        return len(self._got) >= self._expected


def requests_of(dag_id: str, token: str) -> list[bytes]:
    """Half by name and password on v1, half by token on v2."""
    basic = "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
    bearer = f"Bearer {token}"
    asked = [
        (f"/api/v1/dags/{dag_id}", basic),
        (f"/api/v2/dags/{dag_id}/dagRuns?limit=5&order_by=-run_after", bearer),
        (f"/api/v1/dags/{dag_id}/dagRuns?limit=1", basic),
        (f"/api/v2/dags/{dag_id}", bearer),
    ]
    return [f"GET {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: {who}\r\n\r\n".encode() for path, who in asked]


def main(port: int, dag_id: str) -> dict[str, Any]:
    token = token_of(port)
    waiting = selectors.DefaultSelector()
    readers = [Reader(port, token) for _ in range(READERS)]
    askers = [Asker(port) for _ in range(CONNECTIONS)]
    for reader in readers:
        waiting.register(reader.socket, selectors.EVENT_READ, reader)
    for asker in askers:
        waiting.register(asker.socket, selectors.EVENT_READ, asker)
    waiting.register(sys.stdin, selectors.EVENT_READ, None)
    requests = requests_of(dag_id, token)
    free = list(askers)
    spent: list[float] = []
    told = False
    began = due = time.monotonic()
    late = 0
    while True:
        now = time.monotonic()
        while free and due <= now:
            late += now - due > 0.5
            free.pop().ask(requests[len(spent) % len(requests)], due)
            due += 1 / RATE
        for key, _ in waiting.select(max(0.0, min(due - now, 0.1)) if free else 0.1):
            if key.data is None:
                if not os.read(sys.stdin.fileno(), 1):
                    return summary(spent, time.monotonic() - began, sum(one.events for one in readers), late)
            elif isinstance(key.data, Reader):
                key.data.read()
            elif key.data.read():
                spent.append(time.monotonic() - key.data.due)
                free.append(key.data)
        if not told and all(one.is_listening for one in readers):
            told = True
            print("listening", flush=True)


def summary(spent: list[float], lasted_s: float, events: int, late: int) -> dict[str, Any]:
    worst = heapq.nlargest(max(1, len(spent) // 20), spent)
    return {
        "requests_per_s": round(len(spent) / lasted_s, 1),
        "request_p50_ms": round(sorted(spent)[len(spent) // 2] * 1000, 1) if spent else 0.0,
        "request_p95_ms": round(worst[-1] * 1000, 1) if spent else 0.0,
        "events": events,
        "late_requests": late,
    }


if __name__ == "__main__":
    print(json.dumps(main(int(sys.argv[1]), sys.argv[2])), flush=True)
