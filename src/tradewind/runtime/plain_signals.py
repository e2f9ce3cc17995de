"""`signal.signal` and `pthread_sigmask` without the enums that the module `signal` puts around their values.

For the way from a fork to a task's work: every enum member that is looked at there is the copy of a page, and making one out
of a handler raises an exception each time.
"""

from __future__ import annotations

import _signal  # type: ignore[import-not-found]
import signal
from collections.abc import Callable, Iterable
from typing import Any, Final

set_handler: Final[Callable[[int, Any], Any]] = _signal.signal
"""`signal.signal`; the default handler is `DEFAULT`."""
change_mask: Final[Callable[[int, Iterable[int]], Any]] = _signal.pthread_sigmask
"""`signal.pthread_sigmask`; how: `BLOCK` or `UNBLOCK`."""

BLOCK: Final = int(signal.SIG_BLOCK)
UNBLOCK: Final = int(signal.SIG_UNBLOCK)
DEFAULT: Final = int(signal.SIG_DFL)
TERM: Final = int(signal.SIGTERM)
ALARM: Final = int(signal.SIGALRM)
