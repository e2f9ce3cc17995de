"""The home directory: `$AIRFLOW_HOME`, else `~/airflow`. It holds airflow.cfg, the database, dags/, logs/ and plugins/.

A home comes into being at the first command that needs one. Making it is safe to repeat, to do twice at the same time
and to kill at any point: airflow.cfg appears complete or not at all, and one that exists is never written to.
"""

from __future__ import annotations

import base64
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

from tradewind.configuration.errors import HomeError

CONFIG_FILE = "airflow.cfg"

_TEMPLATE = """\
# Settings of this home, {home}
#
# Every option of Airflow 2.x and 3.x may stand here, or in the environment as AIRFLOW__SECTION__KEY, which wins.
#   airflow config list       all options and their values
#   airflow config lint       options here that are unknown or have no effect

[core]
# Folder that is searched for DAG files.
# dags_folder = {home}/dags

# Set to False to hide the example DAGs.
load_examples = True

# Whether a new DAG waits for somebody to un-pause it.
dags_are_paused_at_creation = True

# Tasks that may run at the same time in all.
# parallelism = 32

# Defaults for DAG files that do not tell which Airflow they were written for: 2 or 3.
# dialect = 2

# Encrypts passwords and variables in the database. Keep it: without it they cannot be read any more.
fernet_key = {fernet_key}

[database]
# For PostgreSQL: postgresql://user:password@host/name
# sql_alchemy_conn = sqlite:///{home}/airflow.db

[logging]
# base_log_folder = {home}/logs
# logging_level = INFO

[api]
# host = 0.0.0.0
# port = 8080
"""


def find_home(environ: Mapping[str, str] = os.environ) -> Path:
    """The absolute path of the home in use; it need not exist. `~` and `$VARIABLES` in `AIRFLOW_HOME` are expanded."""
    written = environ.get("AIRFLOW_HOME") or "~/airflow"
    return Path(os.path.abspath(os.path.expanduser(os.path.expandvars(written))))


def config_path(home: Path, environ: Mapping[str, str] = os.environ) -> Path:
    """Where the configuration of `home` is read from: `$AIRFLOW_CONFIG`, else its airflow.cfg."""
    written = environ.get("AIRFLOW_CONFIG")
    if not written:
        return home / CONFIG_FILE
    return Path(os.path.abspath(os.path.expanduser(os.path.expandvars(written))))


def prepare_home(home: Path, environ: Mapping[str, str] = os.environ) -> bool:
    """Make `home` and its airflow.cfg when they are missing. True when airflow.cfg was made by this call.

    Raises HomeError when that is not possible. An existing airflow.cfg, ours or the real Airflow's, stays as it is.
    """
    path = config_path(home, environ)
    try:
        home.mkdir(parents=True, exist_ok=True)
        if path.exists():
            return False
        path.parent.mkdir(parents=True, exist_ok=True)
        return _create(path, config_text(home))
    except OSError as error:
        raise HomeError(
            f"Cannot make {path}: {error.strerror or error}.\n"
            f"  Make {home} writable for this user, or set AIRFLOW_HOME to another directory."
        ) from error


def require_writable(home: Path) -> None:
    """Raises HomeError when files cannot be made in `home`: the database and logs could not be written either."""
    try:
        with tempfile.TemporaryFile(dir=home):
            pass
    except OSError as error:
        raise HomeError(
            f"Cannot write to the home {home}: {error.strerror or error}.\n"
            "  Make it writable for this user, or set AIRFLOW_HOME to another directory. Nothing was changed."
        ) from error


def config_text(home: Path) -> str:
    """The text of a new airflow.cfg, with keys of its own."""
    # A percent sign starts an interpolation in this file.
    shown = str(home).replace("%", "%%")
    return _TEMPLATE.format(home=shown, fernet_key=new_fernet_key())


def new_fernet_key() -> str:
    """32 random bytes in the form that Fernet wants: URL-safe base64."""
    return base64.urlsafe_b64encode(os.urandom(32)).decode("ascii")


def home_hint(home: Path, cwd: Path, environ: Mapping[str, str] = os.environ) -> str | None:
    """One sentence for a user who probably meant another home than the one in use, or None.

    The tutorial's `export AIRFLOW_HOME = pwd` is an error of the shell that leaves the default home in place.
    """
    if environ.get("AIRFLOW_HOME", "").strip() in ("pwd", "$(pwd)", "`pwd`"):
        return (
            f"AIRFLOW_HOME is the word {environ['AIRFLOW_HOME']!r}, so the home in use is {home}. "
            'For the current directory: export AIRFLOW_HOME="$(pwd)"'
        )
    if cwd == home or home in cwd.parents or environ.get("AIRFLOW_CONFIG"):
        return None
    found = next((name for name in (CONFIG_FILE, "dags") if (cwd / name).exists()), None)
    if found is None:
        return None
    what = "airflow.cfg" if found == CONFIG_FILE else "a dags folder"
    return f'This directory holds {what}, but the home in use is {home}. To use this one: export AIRFLOW_HOME="$(pwd)"'


def _create(path: Path, text: str) -> bool:
    """Put `text` at `path` in one step unless something is there; False when somebody else was faster. Mode 600."""
    handle, written = tempfile.mkstemp(prefix=".airflow.cfg.", dir=path.parent)  # mkstemp makes it with mode 600
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        try:
            # A link, unlike a rename, fails when the name is taken: of two processes that start at once, one wins.
            os.link(written, path)
        except FileExistsError:
            return False
        except OSError:
            # A file system without hard links. The window between the look and the rename is accepted there.
            if path.exists():
                return False
            os.rename(written, path)
            return True
        return True
    finally:
        if os.path.exists(written):
            os.unlink(written)
