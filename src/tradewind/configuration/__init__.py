"""What the user configured: `airflow.cfg`, `AIRFLOW__SECTION__KEY`, and the home directory.

Imports nothing of tradewind but `core`, and nothing heavy, because everything else asks it.
"""

from tradewind.configuration.errors import ConfigError
from tradewind.configuration.parser import Configuration, conf

__all__ = ["ConfigError", "Configuration", "conf"]
