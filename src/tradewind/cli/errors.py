"""From an error to what the user sees: one line or two on stderr, and an exit code.

0 done · 1 what was asked for cannot be done · 2 the command was not written correctly (click's own) · 130 Ctrl-C
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import click

from tradewind.core.errors import TradewindError

# Errors whose text is made for the user. Named, not imported: whoever raised one has loaded its module already.
EXIT_CODES: Final[tuple[tuple[str, str, int], ...]] = (
    ("tradewind.core.errors", "TradewindError", 1),
    ("tradewind.store.errors", "StoreError", 1),
)


def exit_code(error: BaseException) -> int | None:
    """The code for an error of the table; None for any other, which is a bug and keeps its traceback."""
    for module, name, code in EXIT_CODES:
        kind = getattr(sys.modules.get(module), name, None)
        if kind is not None and isinstance(error, kind):
            return code
    return None


@contextmanager
def reported(ctx: click.Context) -> Iterator[None]:
    """Turn the errors of the table into a message and an exit code. With `-v` the traceback is logged as well."""
    try:
        yield
    except (click.exceptions.Exit, click.ClickException, click.Abort):
        raise
    except Exception as error:
        code = exit_code(error)
        if code is None:
            raise
        logging.getLogger("tradewind").debug("the command failed", exc_info=error)
        click.echo(str(error), err=True)
        ctx.exit(code)


class Refused(TradewindError):
    """A command cannot go on; the text says why and what to do."""
