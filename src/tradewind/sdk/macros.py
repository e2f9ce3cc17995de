"""What templates reach as `macros`."""

from __future__ import annotations

import json
import random as _random
import time
import uuid
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import dateutil
    import yaml

random = _random.random

__all__ = [
    "datetime",
    "datetime_diff_for_humans",
    "dateutil",
    "ds_add",
    "ds_format",
    "ds_format_locale",
    "json",
    "random",
    "time",
    "timedelta",
    "uuid",
    "yaml",
]


def __getattr__(name: str) -> Any:
    # Imported when a template asks for them.
    if name == "dateutil":
        import dateutil.parser
        import dateutil.relativedelta
        import dateutil.tz

        return dateutil
    if name == "yaml":
        import yaml

        return yaml
    raise AttributeError(f"There is no macro {name!r}; there are {', '.join(__all__)}.")


def ds_add(ds: str, days: int) -> str:
    """`ds` (YYYY-MM-DD) moved by days."""
    if not days:
        return str(ds)
    return (datetime.strptime(str(ds), "%Y-%m-%d") + timedelta(days)).strftime("%Y-%m-%d")


def ds_format(ds: str, input_format: str, output_format: str) -> str:
    """A date's text in another format of strftime."""
    return datetime.strptime(str(ds), input_format).strftime(output_format)


def ds_format_locale(ds: str, input_format: str, output_format: str, locale: Any = None) -> str:
    """A date's text in a format of Babel (`EEEE, dd MMM y`) and a language. Needs the package babel."""
    try:
        from babel.dates import format_datetime  # type: ignore[import-not-found,unused-ignore]
    except ImportError as error:
        raise ImportError("macros.ds_format_locale needs a package that is not installed: pip install babel") from error
    import locale as system

    language = locale or (system.getlocale(system.LC_TIME)[0] or "en_US")
    return str(format_datetime(datetime.strptime(str(ds), input_format), format=output_format, locale=language))


def datetime_diff_for_humans(dt: Any, since: Any = None) -> str:
    """`4 days before`, from `since` (now when left out) to `dt`."""
    import pendulum

    moment = pendulum.instance(dt)
    return str(moment.diff_for_humans() if since is None else moment.diff_for_humans(pendulum.instance(since)))
