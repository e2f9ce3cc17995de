"""The root of the errors that a user can act on.

    TradewindError
    ├── configuration.errors.ConfigError      an option, airflow.cfg or the home
    └── services.errors.ServiceError          what a user asked for cannot be done

The text is complete: what happened, to what, and what to do next. Ids are attributes as well.
"""

from __future__ import annotations


class TradewindError(Exception):
    """Base of all errors whose text is written for the user."""
