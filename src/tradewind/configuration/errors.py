"""What can be wrong with a configuration.

ConfigError
├── OptionNotFound     no such option, and no fallback
├── BadValue           the value is not of the type that was asked for
├── BrokenConfigFile   airflow.cfg cannot be read
└── HomeError          the home directory cannot be made or written
"""

from __future__ import annotations

from pathlib import Path

from tradewind.core.errors import TradewindError


class ConfigError(TradewindError):
    """Base of configuration errors."""


class OptionNotFound(ConfigError):
    """Nobody set the option, and it has no default."""


class BadValue(ConfigError):
    """The value of an option cannot be understood."""


class BrokenConfigFile(ConfigError):
    """airflow.cfg cannot be read. It is left as it is."""

    def __init__(self, path: Path, line: int | None, problem: str, fix: str) -> None:
        self.path = path
        self.line = line
        where = f"{path}, line {line}" if line else str(path)
        super().__init__(f"Cannot read {where}: {problem}\n  {fix}")


class HomeError(ConfigError):
    """The home directory cannot be used."""
