"""How many threads numerical libraries use: one in every DAG host, the task's share in its own process.

An OpenMP pool that exists when a process forks makes the child hang (libgomp; LightGBM #4751, XGBoost #7044). With the pins
a host has none, and the child may still raise the number for itself afterwards.
"""

from __future__ import annotations

import ctypes
import os
import re
import sys
from collections.abc import Callable, Mapping, MutableMapping
from typing import Any, Final

PINNED: Final = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")
REMEMBERED: Final = "TRADEWIND_TASK_"

_LIBRARY: Final = re.compile(r"(libgomp|libomp|libiomp|openblas)[^/]*\.(so|dylib)")
_SETTERS: Final = (
    "omp_set_num_threads",
    "openblas_set_num_threads",
    "openblas_set_num_threads64_",
    "scipy_openblas_set_num_threads",
    "scipy_openblas_set_num_threads64_",
)

SetThreads = Callable[[int], Any]


def pinned(environ: Mapping[str, str]) -> dict[str, str]:
    """The environment for a zygote: pinned, the user's own values kept for his tasks. Pinning twice changes nothing."""
    result = dict(environ)
    for name in PINNED:
        if name in environ and REMEMBERED + name not in environ and not _is_pinned(environ):
            result[REMEMBERED + name] = environ[name]
        result[name] = "1"
    result["TRADEWIND_PINNED"] = "1"
    return result


def restore(environ: MutableMapping[str, str], share: int, cpus: int) -> int:
    """Undo the pins for a task in `environ`; answers the number of threads it should use.

    The user's own values win. Otherwise the task gets `share` threads; a share that is all of the `cpus` is every library's
    own default and is left unsaid.
    """
    if not _is_pinned(environ):
        return _number(environ.get("OMP_NUM_THREADS")) or share
    environ.pop("TRADEWIND_PINNED", None)
    threads = share
    for name in PINNED:
        own = environ.pop(REMEMBERED + name, None)
        if own is not None:
            environ[name] = own
            if name == "OMP_NUM_THREADS":
                threads = _number(own) or share
        elif share < cpus:
            environ[name] = str(share)
        else:
            environ.pop(name, None)
    return threads


def loaded_setters() -> list[SetThreads]:
    """What sets the number of threads of the libraries this process has loaded. Empty when there are none."""
    found: list[SetThreads] = []
    for path in _loaded_libraries():
        try:
            # Only a handle to what is loaded already: nothing is loaded by this.
            library = ctypes.CDLL(path, mode=getattr(os, "RTLD_NOLOAD", 0) | os.RTLD_NOW)
        except OSError:
            continue
        for name in _SETTERS:
            setter = getattr(library, name, None)
            if setter is not None:
                setter.argtypes = [ctypes.c_int]
                setter.restype = None
                found.append(setter)
    return found


def _loaded_libraries() -> list[str]:
    try:
        with open("/proc/self/maps") as file:
            paths = {line[line.index("/") :].rstrip("\n") for line in file if "/" in line}
    except OSError:
        return []
    return sorted(path for path in paths if _LIBRARY.search(path))


def reseed_numpy() -> None:
    """Give the process random numbers of its own, unless the user's file seeded NumPy itself.

    Every fork inherits the state of `numpy.random`; without this all tries of a file would draw the same numbers. (The
    `random` module does it by itself.)
    """
    module: Any = sys.modules.get("numpy.random")
    state = getattr(getattr(module, "mtrand", None), "_rand", None)
    generator = getattr(state, "_bit_generator", None)
    # A seed given to `numpy.random.seed` leaves no seed sequence behind.
    if getattr(generator, "_seed_seq", None) is not None:
        module.seed()


def _is_pinned(environ: Mapping[str, str]) -> bool:
    return environ.get("TRADEWIND_PINNED") == "1"


def _number(text: str | None) -> int | None:
    """`OMP_NUM_THREADS` may be a list, one number for each level of nesting."""
    first = (text or "").split(",")[0].strip()
    return int(first) if first.isdigit() and int(first) else None
