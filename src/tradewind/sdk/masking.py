"""Secrets that a task has learned, and their replacement by `***` in whatever it writes.

User code and the SDK register values with `mask_secret`; the runtime's log writer and everybody who hands out values
uses `redact`. Sinks are told of every new value, so that the host can mask what the process prints as well.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any
from urllib.parse import quote, quote_plus

from tradewind.configuration import conf

MASK = "***"
MIN_LENGTH = 5
"""Shorter values are not masked: they would hide half the log and reveal themselves by it."""

_SENSITIVE = (
    "access_token",
    "api_key",
    "apikey",
    "auth",
    "authorization",
    "passphrase",
    "passwd",
    "password",
    "private_key",
    "proxies",
    "secret",
    "service_account",
    "token",
    "keyfile_dict",
    "connection_string",
    "access_key",
    "aws_secret",
)

Sink = Callable[[list[str]], None]


def sensitive_words() -> frozenset[str]:
    """Parts of names whose values are hidden: the built-in ones and `[core] sensitive_var_conn_names`."""
    configured = str(conf.get("core", "sensitive_var_conn_names", fallback="") or "")
    return frozenset(_SENSITIVE) | {word.strip().lower() for word in configured.split(",") if word.strip()}


_settled: frozenset[str] | None = None


def settle() -> None:
    """For a process whose forks ask for nothing else: look the words up once, here."""
    global _settled
    try:
        _settled = _words_in_use()
    except Exception:
        # A value that cannot be read is for the task to complain of that needs it.
        _settled = None


def _words_in_use() -> frozenset[str]:
    hides = conf.getboolean("core", "hide_sensitive_var_conn_fields", fallback=True)
    return sensitive_words() if hides else frozenset()


def should_hide_value_for_key(name: Any) -> bool:
    """Whether the value of something called `name` is a secret (`db_password`, `API_KEY` …)."""
    if not isinstance(name, str):
        return False
    lowered = name.strip().lower()
    return any(word in lowered for word in (_words_in_use() if _settled is None else _settled))


class Masker:
    """A set of secret values, and the pattern that finds them."""

    def __init__(self) -> None:
        self._values: set[str] = set()
        self._pattern: re.Pattern[str] | None = None
        self._sinks: list[Sink] = []

    @property
    def values(self) -> list[str]:
        return sorted(self._values)

    def add_sink(self, sink: Sink) -> None:
        """`sink` is called with the values known now and with every new batch."""
        self._sinks.append(sink)
        if self._values:
            sink(self.values)

    def remove_sink(self, sink: Sink) -> None:
        self._sinks.remove(sink)

    def add(self, values: Iterable[str]) -> None:
        """Hide these from now on, also in the forms they take in URLs and `repr`."""
        fresh: set[str] = set()
        for value in values:
            if len(value) < MIN_LENGTH:
                continue
            # A log line never holds a line break, so the lines of a multi-line key are hidden one by one as well.
            for part in {value, *(line for line in value.splitlines() if len(line) >= MIN_LENGTH)}:
                fresh |= {part, quote(part, safe=""), quote_plus(part), repr(part)[1:-1]}
        fresh -= self._values
        if not fresh:
            return
        self._values |= fresh
        # The longest first: a secret that contains another one is replaced as a whole.
        self._pattern = re.compile("|".join(map(re.escape, sorted(self._values, key=len, reverse=True))))
        for sink in self._sinks:
            sink(sorted(fresh))

    def redact_text(self, text: str) -> str:
        return self._pattern.sub(MASK, text) if self._pattern is not None else text

    def redact(self, value: Any, name: str | None = None, *, depth: int = 8) -> Any:
        """`value` with secrets replaced, in nested lists and mappings as well; by key names, too. Makes a copy."""
        if name is not None and should_hide_value_for_key(name) and value not in (None, ""):
            return MASK if not isinstance(value, (dict, list, tuple, set)) else self._redact_all(value, depth)
        if depth <= 0:
            return value
        if isinstance(value, str):
            return self.redact_text(value)
        # The common types first: whether something is a Mapping is a question for the registry of an abstract class.
        if value is None or isinstance(value, (int, float)):
            return value
        if isinstance(value, (list, tuple, set, frozenset)):
            items = [self.redact(item, depth=depth - 1) for item in value]
            return items if not isinstance(value, tuple) else tuple(items)
        if isinstance(value, (dict, Mapping)):
            return {
                key: self.redact(item, key if isinstance(key, str) else None, depth=depth - 1)
                for key, item in value.items()
            }
        return value

    def _redact_all(self, value: Any, depth: int) -> Any:
        if depth <= 0 or isinstance(value, (str, int, float)):
            return MASK
        if isinstance(value, Mapping):
            return {key: self._redact_all(item, depth - 1) for key, item in value.items()}
        if isinstance(value, (list, tuple, set, frozenset)):
            return [self._redact_all(item, depth - 1) for item in value]
        return value if value is None else MASK


MASKER = Masker()
"""The masker of this process."""


def mask_secret(secret: Any, name: str | None = None) -> None:
    """Hide `secret` from everything this task writes from now on.

    Text is hidden as it is. In a mapping, the values are hidden whose keys look secret; with `name` looking secret, or
    with no name at all, everything in it.
    """
    found: list[str] = []
    _collect(secret, name, hide=name is None or should_hide_value_for_key(name), found=found)
    MASKER.add(found)


def _collect(value: Any, name: str | None, *, hide: bool, found: list[str]) -> None:
    if isinstance(value, str):
        if hide and value:
            found.append(value)
    elif isinstance(value, Mapping):
        for key, item in value.items():
            _collect(
                item, str(key), hide=should_hide_value_for_key(str(key)) or (hide and name is not None), found=found
            )
    elif isinstance(value, (list, tuple, set, frozenset)):
        for item in value:
            _collect(item, name, hide=hide, found=found)


def redact(value: Any, name: str | None = None, max_depth: int | None = None) -> Any:
    """`value` as it may be shown."""
    return MASKER.redact(value, name, depth=max_depth or 8)
