"""What a user asked for and cannot have.

ServiceError
├── Unknown        no such DAG, run, task …, with the nearest name there is
├── Invalid        a value cannot be used
├── NotAllowed     the configuration forbids it to everybody
├── Busy           it is in use now
└── Contended      the rows changed under us again and again
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from tradewind.core.errors import TradewindError


class ServiceError(TradewindError):
    """Base of the services' errors."""


class Unknown(ServiceError):
    """There is no `what` named `name`."""

    def __init__(self, what: str, name: str, known: Iterable[str] = (), where: str = "", hint: str = "") -> None:
        self.what = what
        self.name = name
        close = difflib.get_close_matches(name, list(known), n=1, cutoff=0.6)
        advice = f"Did you mean '{close[0]}'?" if close else hint or "Check the spelling, or list what there is."
        super().__init__(f"There is no {what} '{name}'{f' in {where}' if where else ''}. {advice}")


class Invalid(ServiceError):
    """A value that the user gave cannot be used; the text says which and why."""


class NotAllowed(ServiceError):
    """The configuration forbids it to everybody; the text says which option."""


class Busy(ServiceError):
    """Something that is running stands in the way."""


class Contended(ServiceError):
    """The engine kept changing the same rows; nothing was written."""

    def __init__(self, what: str) -> None:
        super().__init__(
            f"{what} changed while it was being edited, several times in a row. Nothing was written; try again."
        )
