"""Programs of others, each in an environment of its own: Airflow's clients, and airflowctl.

They are installed from `requirements/<name>.txt` when a test first wants them, and kept under `.venv-clients/`.
"""

from __future__ import annotations

import fcntl
import hashlib
import subprocess
import sys
from pathlib import Path
from typing import Final

_ROOT: Final = Path(__file__).parent.parent
_KEPT: Final = _ROOT / ".venv-clients"


def python_with(name: str) -> Path:
    """The interpreter of the environment with `requirements/<name>.txt`."""
    pinned = _ROOT / "requirements" / f"{name}.txt"
    digest = hashlib.sha256(pinned.read_bytes() + sys.version.encode()).hexdigest()[:12]
    folder = _KEPT / f"{name}-{digest}"
    done = folder / ".installed"
    _KEPT.mkdir(exist_ok=True)
    # Several test processes may want it at the same time.
    with (_KEPT / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not done.exists():
            subprocess.run([sys.executable, "-m", "venv", "--clear", str(folder)], check=True)
            install = ["pip", "install", "-qqq", "--require-hashes", "--requirement", str(pinned)]
            subprocess.run([str(folder / "bin/python"), "-m", *install], check=True)
            done.touch()
    return folder / "bin/python"
