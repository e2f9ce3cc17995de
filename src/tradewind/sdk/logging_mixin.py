"""`self.log` for operators, hooks and user classes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import logging


def remove_escape_codes(text: str) -> str:
    """`text` without terminal colours."""
    return re.sub(r"\x1b[^m]*m", "", text)


def _logger(name: str) -> logging.Logger:
    # Imported when something is logged: files that only define tasks do not need it.
    import logging

    return logging.getLogger(name)


class LoggingMixin:
    """Gives `self.log`, a logger named after the class (or `_logger_name`)."""

    _log: logging.Logger | None = None
    _log_config_logger_name: str | None = None
    _logger_name: str | None = None

    def __init__(self, context: Any = None) -> None:
        if context is not None and hasattr(context, "log"):
            self._log = context.log

    @classmethod
    def _name_of_logger(cls) -> str:
        return f"{cls.__module__}.{cls.__qualname__}"

    @property
    def log(self) -> logging.Logger:
        if self._log is None:
            name = self._logger_name or self._name_of_logger()
            prefix = self._log_config_logger_name
            self._log = _logger(f"{prefix}.{name}" if prefix else name)
        return self._log

    @classmethod
    def logger(cls) -> logging.Logger:
        return _logger(cls._logger_name or cls._name_of_logger())
