"""Files of tries: a path counts only when the store names it and it lies in the logs folder."""

from __future__ import annotations

import os

from tradewind.services.session import Services


def log_file(services: Services, log_path: str) -> str | None:
    """The real path of a try's log; None when it does not lie in [logging] base_log_folder.

    `log_path` comes from the row of a try, but a run id with `..` in it, or a symbolic link, could still lead elsewhere.
    """
    if not log_path:
        return None
    folder = os.path.realpath(services.conf.get("logging", "base_log_folder"))
    path = os.path.realpath(log_path)
    return path if path.startswith(folder + os.sep) else None
