"""Changing an option in airflow.cfg for a user: the line alone changes, comments and everything else stay."""

from __future__ import annotations

import os
import re
import tempfile

from tradewind.services.errors import Invalid
from tradewind.services.session import Services


def set_option(services: Services, section: str, name: str, value: str) -> None:
    """Write `name = value` below `[section]`. The file is replaced whole, so that a reader sees the old or the new one.

    Raises Invalid when the environment decides, or the file cannot be written.
    """
    conf = services.conf
    if conf.source_of(section, name) in ("env var", "env cmd"):
        raise Invalid(
            f"[{section}] {name} is set by the environment, which wins over airflow.cfg. Change AIRFLOW__{section.upper()}__"
            f"{name.upper()} and restart."
        )
    path = conf.path
    before = conf.get(section, name, fallback="")
    try:
        text = path.read_text() if path.exists() else ""
        with tempfile.NamedTemporaryFile("w", dir=path.parent, prefix=f".{path.name}-", delete=False) as draft:
            draft.write(changed(text, section, name, value))
            draft.flush()
            os.fsync(draft.fileno())
        if path.exists():
            os.chmod(draft.name, path.stat().st_mode & 0o777)
        os.replace(draft.name, path)
    except OSError as error:
        raise Invalid(f"{path} cannot be written: {error.strerror}. Change [{section}] {name} there by hand.") from None
    conf.refresh()
    entry = services.audit("config.set", before={name: before}, after={name: value})
    services.store.outbox.append(entry)
    services.ring()


def changed(text: str, section: str, name: str, value: str) -> str:
    """`text` of a configuration file with the option set; a section or option that is missing is added."""
    lines = text.splitlines(keepends=True)
    start = next((at for at, line in enumerate(lines) if line.strip().lower() == f"[{section.lower()}]"), None)
    if start is None:
        gap = "" if not text or text.endswith("\n\n") else "\n" if text.endswith("\n") else "\n\n"
        return f"{text}{gap}[{section}]\n{name} = {value}\n"
    end = next((at for at in range(start + 1, len(lines)) if lines[at].lstrip().startswith("[")), len(lines))
    pattern = re.compile(rf"^\s*{re.escape(name)}\s*[=:]", re.IGNORECASE)
    for at in range(start + 1, end):
        if pattern.match(lines[at]):
            # A value over several lines goes with its first.
            after = at + 1
            while after < end and lines[after][:1] in (" ", "\t") and lines[after].strip():
                after += 1
            lines[at:after] = [f"{name} = {value}\n"]
            return "".join(lines)
    lines.insert(start + 1, f"{name} = {value}\n")
    return "".join(lines)
