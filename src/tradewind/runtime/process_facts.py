"""What the operating system says about processes: who they are, whether they live, what they use.

A process is named by `(pid, start_ticks)`: pids are used again, a pair is not (until the next boot; see `boot_id`). Where
/proc is missing (macOS) the facts that need it come back empty and callers take the slower, more careful way.
"""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import sys
from typing import Final, NamedTuple

LINUX: Final = sys.platform.startswith("linux")
TICKS_PER_S: Final[int] = os.sysconf("SC_CLK_TCK") if LINUX else 100

_PR_SET_PDEATHSIG: Final = 1
_PR_SET_CHILD_SUBREAPER: Final = 36
_CGROUP_ROOT: Final = "/sys/fs/cgroup"


class Stat(NamedTuple):
    """The fields of /proc/PID/stat that matter here."""

    state: str
    ppid: int
    pgrp: int
    session: int
    cpu_ticks: int
    threads: int
    start_ticks: int

    @property
    def is_gone(self) -> bool:
        """Runs no code any more, and only waits to be asked how it ended.

        The state is the main thread's: while others run on (it called `pthread_exit`, or a kill has not reached all of
        them yet) the process shows as a zombie with more than one thread.
        """
        return self.state == "X" or (self.state == "Z" and self.threads <= 1)


def stat_of(pid: int, tid: int | None = None) -> Stat | None:
    """None when there is no such process (or no /proc)."""
    path = f"/proc/{pid}/stat" if tid is None else f"/proc/{pid}/task/{tid}/stat"
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        text = os.read(fd, 4096)
    except OSError:
        return None
    finally:
        os.close(fd)
    # The name stands in parentheses and may itself contain blanks and parentheses.
    fields = text[text.rfind(b")") + 2 :].split()
    return Stat(
        state=fields[0].decode(),
        ppid=int(fields[1]),
        pgrp=int(fields[2]),
        session=int(fields[3]),
        cpu_ticks=int(fields[11]) + int(fields[12]),
        threads=int(fields[17]),
        start_ticks=int(fields[19]),
    )


def start_ticks(pid: int) -> int:
    """When the process started, in ticks since boot; 0 when that cannot be known."""
    stat = stat_of(pid)
    return stat.start_ticks if stat else 0


def is_alive(pid: int, ticks: int) -> bool:
    """Whether this very process still runs. A zombie does not: it only waits to be asked how it ended (`Stat.is_gone`).

    `ticks` 0 means unknown: any process with that pid counts.
    """
    if not LINUX:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return False
        except PermissionError:
            pass
        return True
    stat = stat_of(pid)
    return stat is not None and not stat.is_gone and (not ticks or stat.start_ticks == ticks)


def open_pidfd(pid: int, ticks: int = 0) -> int | None:
    """A descriptor that becomes readable when the process ends. None without pidfds, or when it is gone already."""
    if not hasattr(os, "pidfd_open"):
        return None
    try:
        fd = os.pidfd_open(pid)
    except OSError:
        return None
    # Looked at after the descriptor was opened: what it refers to cannot change any more.
    if ticks and start_ticks(pid) != ticks:
        os.close(fd)
        return None
    return fd


def send_signal(pid: int, ticks: int, signum: int) -> bool:
    """Signal this very process, never another one that got its pid. False when it is gone."""
    if not is_alive(pid, ticks):
        return False
    fd = open_pidfd(pid, ticks)
    try:
        if fd is not None and hasattr(signal, "pidfd_send_signal"):
            signal.pidfd_send_signal(fd, signum)
        else:
            os.kill(pid, signum)
    except OSError:
        return False
    finally:
        if fd is not None:
            os.close(fd)
    return True


def members(sessions: set[int], marks: frozenset[str] = frozenset()) -> list[tuple[int, int, int]]:
    """(pid, start_ticks, session) of living processes of these sessions or process groups, and of those whose
    environment says `TRADEWIND_TRY_ID=<one of marks>`.

    Reads all of /proc (tens of microseconds for each process of the machine): for the rare cases only. Empty without /proc.
    """
    found: list[tuple[int, int, int]] = []
    if not LINUX:
        return found
    wanted = {f"TRADEWIND_TRY_ID={mark}".encode() for mark in marks}
    own = os.getpid()
    for name in os.listdir("/proc"):
        if not name.isdigit() or int(name) == own:
            continue
        pid = int(name)
        stat = stat_of(pid)
        if stat is None or stat.is_gone:
            continue
        if stat.session in sessions or stat.pgrp in sessions or (wanted and wanted & environment(pid)):
            found.append((pid, stat.start_ticks, stat.session))
    return found


def environment(pid: int) -> set[bytes]:
    """`NAME=value` items that the process was started with; empty when they cannot be read."""
    try:
        with open(f"/proc/{pid}/environ", "rb") as file:
            return set(file.read().split(b"\0"))
    except OSError:
        return set()


def threads_of(pid: int) -> list[tuple[int, str]]:
    """(thread id, name) of every thread; empty without /proc."""
    found: list[tuple[int, str]] = []
    try:
        for tid in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{tid}/comm", "rb") as file:
                found.append((int(tid), file.read().rstrip(b"\n").decode("utf-8", "replace")))
    except OSError:
        pass
    return found


def has_children(pid: int) -> bool:
    """Whether any living process names `pid` as its parent. Reads all of /proc where the kernel keeps no list."""
    try:
        with open(f"/proc/{pid}/task/{pid}/children", "rb") as file:
            if file.read().strip():
                return True
        # Children of other threads stand in those threads' lists.
        for tid, _ in threads_of(pid):
            with open(f"/proc/{pid}/task/{tid}/children", "rb") as file:
                if file.read().strip():
                    return True
        return False
    except OSError:
        return any(stat.ppid == pid for stat in _all_stats())


def own_children() -> list[int]:
    """Pids of this process's children, zombies included; empty where that cannot be read."""
    own = os.getpid()
    try:
        with open(f"/proc/self/task/{own}/children", "rb") as file:
            return [int(pid) for pid in file.read().split()]
    except OSError:
        return []


def _all_stats() -> list[Stat]:
    if not LINUX:
        return []
    return [stat for name in os.listdir("/proc") if name.isdigit() and (stat := stat_of(int(name))) is not None]


def rss_kb(pid: int | None = None) -> int:
    """Memory in use now. For another process, or without /proc: 0 (own: the peak)."""
    try:
        with open(f"/proc/{pid or 'self'}/statm", "rb") as file:
            return int(file.read().split()[1]) * resource.getpagesize() // 1024
    except OSError:
        if pid is not None:
            return 0
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak if LINUX else peak // 1024


def boot_id() -> str:
    """Changes with every boot: pids and ticks from before mean nothing. Empty without /proc."""
    try:
        with open("/proc/sys/kernel/random/boot_id") as file:
            return file.read().strip()
    except OSError:
        return ""


def available_cpus() -> int:
    """CPUs that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0)) or 1
    return os.cpu_count() or 1


def signal_name(signum: int) -> str:
    try:
        return signal.Signals(signum).name
    except ValueError:
        return f"signal {signum}"


# --- out of memory -----------------------------------------------------------------------------------------------------


class OomCounter:
    """Says whether the kernel killed something for want of memory since it was asked last.

    Looks at our own control group and at the whole machine: a task may have been moved to a group of its own.
    """

    def __init__(self) -> None:
        self._paths = _oom_counters()
        self._last = self._read()

    def has_risen(self) -> bool:
        """Compare with the last call."""
        before, self._last = self._last, self._read()
        return self._last > before

    def _read(self) -> int:
        return sum(_oom_kills(path) or 0 for path in self._paths)


def _oom_kills(path: str) -> int | None:
    """The count in a file of `name number` lines; None when it has none."""
    try:
        with open(path, "rb") as file:
            for line in file:
                if line.startswith(b"oom_kill "):
                    return int(line.split()[1])
    except (OSError, ValueError):
        pass
    return None


def _oom_counters() -> list[str]:
    """The files that count: of the innermost control group that has one, and of the machine."""
    groups: list[str] = []
    try:
        with open("/proc/self/cgroup") as file:
            for line in file:
                _, controllers, path = line.rstrip("\n").split(":", 2)
                # Inside a container the group may be mounted as the root.
                if not controllers:
                    groups += [f"{_CGROUP_ROOT}{path}/memory.events", f"{_CGROUP_ROOT}/memory.events"]
                elif "memory" in controllers.split(","):
                    groups += [
                        f"{_CGROUP_ROOT}/memory{path}/memory.oom_control",
                        f"{_CGROUP_ROOT}/memory/memory.oom_control",
                    ]
    except (OSError, ValueError):
        pass
    counting = [path for path in groups if _oom_kills(path) is not None]
    return [*counting[:1], *(path for path in ["/proc/vmstat"] if _oom_kills(path) is not None)]


# --- ties between processes --------------------------------------------------------------------------------------------


def _prctl(option: int, value: int) -> bool:
    return _libc_prctl is not None and _libc_prctl(option, value, 0, 0, 0) == 0


# Looked up once, in the zygote: every host and task inherits it.
_libc_prctl = ctypes.CDLL(None, use_errno=True).prctl if LINUX else None


def die_with_parent(parent: int) -> None:
    """Be killed when the parent dies; exits at once when it has died already. Does nothing where that is not offered."""
    if _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL) and os.getppid() != parent:
        os.kill(os.getpid(), signal.SIGKILL)


def adopt_orphans() -> bool:
    """Become the parent of what descendants leave behind, so that it can be found and ended. False: not offered here."""
    return _prctl(_PR_SET_CHILD_SUBREAPER, 1)
