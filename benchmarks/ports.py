"""Ports on the loopback address, and what answers there."""

from __future__ import annotations

import http.client
import json
import socket
from typing import Any


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def request(
    port: int, method: str, path: str, *, body: object = None, token: str = "", timeout_s: float = 30.0
) -> tuple[int, Any]:
    """Status and decoded JSON (None when the answer is not JSON). Raises OSError when nobody answers."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout_s)
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
    try:
        connection.request(method, path, None if body is None else json.dumps(body), headers)
        response = connection.getresponse()
        text = response.read()
    except http.client.HTTPException as error:
        raise OSError(str(error)) from error
    finally:
        connection.close()
    try:
        return response.status, json.loads(text)
    except ValueError:
        return response.status, None


def health(port: int, path: str) -> bool:
    """Whether the health page at `path` says that the scheduler is healthy."""
    try:
        status, page = request(port, "GET", path, timeout_s=2)
    except OSError:
        return False
    return status == 200 and isinstance(page, dict) and (page.get("scheduler") or {}).get("status") == "healthy"
