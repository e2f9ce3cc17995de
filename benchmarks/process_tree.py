"""The processes that belong to one home, and what they use. Linux only: read from /proc."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import Final

_TICKS: Final = os.sysconf("SC_CLK_TCK")


def members(home: Path, leader: int | None = None) -> list[int]:
    """Pids of all processes of a home, wherever they hang in the tree.

    They were started with this AIRFLOW_HOME; or they belong to the session of `leader`, or descend from one that does: a
    process that gives itself a title writes over the place where the system shows what it was started with.
    """
    mark = f"AIRFLOW_HOME={home}".encode()
    parents: dict[int, int] = {}
    found: set[int] = set()
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        pid = int(entry.name)
        try:
            fields = (entry / "stat").read_bytes().rpartition(b")")[2].split()
            parents[pid] = int(fields[1])
            if int(fields[3]) == leader or mark in (entry / "environ").read_bytes().split(b"\0"):
                found.add(pid)
        except OSError:
            continue
    while more := {pid for pid, parent in parents.items() if parent in found} - found:
        found |= more
    return sorted(found)


def pss_mb(pids: list[int]) -> float:
    """Proportional set size of all of them, in MB (10^6): memory that several share counts once in all."""
    kilobytes = 0
    for pid in pids:
        try:
            lines = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines()
        except OSError:
            continue
        kilobytes += next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)
    return kilobytes * 1024 / 1e6


def cpu_s(pids: list[int]) -> float:
    """Seconds of processor time that they and the children they waited for have used."""
    ticks = 0
    for pid in pids:
        try:
            # After the name, which may hold anything, the fields are those of proc(5), from state on.
            fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
        except OSError:
            continue
        ticks += sum(int(field) for field in fields[11:15])
    return ticks / _TICKS


def end_all(home: Path, leader: int | None = None, grace_s: float = 20.0) -> None:
    """SIGTERM for what belongs to `home` (see `members`), then SIGKILL for what is left after `grace_s`."""
    for number, patience_s in ((signal.SIGTERM, grace_s), (signal.SIGKILL, 5.0)):
        for pid in members(home, leader):
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                continue
        end = time.monotonic() + patience_s
        while members(home, leader):
            if time.monotonic() > end:
                break
            time.sleep(0.05)
        else:
            return
