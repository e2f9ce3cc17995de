"""What all lists and edits of Airflow's two APIs have in common, as FastAPI dependencies and plain functions.

    page: PageOfV2, orderings: Annotated[Orderings, Depends(order_by_v2(KEYS, default="key"))],
    started: Annotated[Span[datetime], Depends(span("start_date"))],
    key: Annotated[Pattern, Depends(pattern("variable_key_pattern", "variable_key_prefix_pattern"))]

v1 gives at most `[api] maximum_page_limit` rows, 100 when not asked for a number; v2 50.
"""

from __future__ import annotations

import base64
import inspect
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import datetime, timezone
from typing import Annotated, Any, Final, NamedTuple, cast

from fastapi import Depends, Query, Request, Response
from pydantic import AfterValidator, AwareDatetime, BaseModel
from pydantic.json_schema import SkipJsonSchema

from tradewind.core.lists import Ordering, Page, Pattern, Span
from tradewind.server.access import CallerOf
from tradewind.server.errors import NotAcceptable
from tradewind.services.errors import Invalid

ANY: Final = "~"
"""In the place of a dag_id or run id: all of them."""
MOST_ORDERINGS: Final = 10
LARGEST: Final = 2**63 - 1
"""Of a number that the database is asked for."""
JSON: Final = "application/json"
PLAIN: Final = "text/plain"

Orderings = tuple[Ordering, ...]
_Parameter = tuple[str, Any, str, Any]
_ABSENT: Final[Any] = cast(Any, SkipJsonSchema)[None]
"""None as the default of what may be left out, and nothing that a caller can send."""


# --- pages -------------------------------------------------------------------------------------------------------------


def page_v1(
    caller: CallerOf,
    limit: Annotated[int, Query(ge=-LARGEST, le=LARGEST, description="Most rows to give.")] = 100,
    offset: Annotated[int, Query(ge=0, le=LARGEST, description="Rows to leave out at the start.")] = 0,
) -> Page:
    """Airflow 2: 0 asks for the default of the configuration, a negative limit is refused."""
    if limit < 0:
        raise Invalid(f"limit must not be negative, and is {limit}. Leave it out, or give a number of rows.")
    conf = caller.services.conf
    wanted = limit or conf.getint("api", "fallback_page_limit")
    return Page(min(wanted, conf.getint("api", "maximum_page_limit")), offset)


def page_v2(
    caller: CallerOf,
    limit: Annotated[int, Query(ge=0, le=LARGEST, description="Most rows to give.")] = 50,
    offset: Annotated[int, Query(ge=0, le=LARGEST, description="Rows to leave out at the start.")] = 0,
) -> Page:
    return Page(min(limit, caller.services.conf.getint("api", "maximum_page_limit")), offset)


PageOfV1 = Annotated[Page, Depends(page_v1)]
PageOfV2 = Annotated[Page, Depends(page_v2)]


class Cursor(NamedTuple):
    """A page asked for by a cursor: the one that an answer named as its next or previous."""

    page: Page
    is_asked: bool
    """False: a page by limit and offset; its answer has a total and no cursors."""

    def answer(self, total: int) -> dict[str, Any]:
        """`total_entries`, or `next_cursor` and `previous_cursor`."""
        limit, offset = self.page
        if not self.is_asked:
            return {"total_entries": total}
        return {
            "next_cursor": _cursor(offset + limit) if limit and offset + limit < total else None,
            "previous_cursor": _cursor(max(offset - limit, 0)) if offset else None,
        }


def _cursor(offset: int) -> str:
    return base64.urlsafe_b64encode(f"after {offset}".encode()).decode()


def cursor_v2(
    page: Annotated[Page, Depends(page_v2)],
    cursor: Annotated[
        str | SkipJsonSchema[None],
        Query(description="Of an answer's next_cursor or previous_cursor; empty for the first page."),
    ] = None,
) -> Cursor:
    """Raises Invalid for what is no cursor."""
    if cursor is None:
        return Cursor(page, False)
    if not cursor:
        return Cursor(Page(page.limit), True)
    try:
        word, _, number = base64.urlsafe_b64decode(cursor.encode()).decode().partition(" ")
        offset = int(number)
    except ValueError:
        word, offset = "", 0
    if word != "after" or not 0 <= offset <= LARGEST:
        raise Invalid("This is no cursor. Take next_cursor or previous_cursor of an answer, or an empty text to begin.")
    return Cursor(Page(page.limit, offset), True)


CursorOfV2 = Annotated[Cursor, Depends(cursor_v2)]


# --- order -------------------------------------------------------------------------------------------------------------


def orderings(wanted: Iterable[str], allowed: Mapping[str, str] | Collection[str]) -> Orderings:
    """`-end_date` as an `Ordering`. `allowed`: the API's names, and the list's own where they differ. Raises Invalid."""
    own = allowed if isinstance(allowed, Mapping) else {name: name for name in allowed}
    found: dict[str, Ordering] = {}
    for text in wanted:
        name = text.lstrip("-")
        if name not in own:
            raise Invalid(
                f"Ordering with '{name}' is disallowed or the attribute does not exist on the model. "
                f"There are: {', '.join(sorted(own))}."
            )
        found.setdefault(own[name], Ordering(own[name], text.startswith("-")))
    return tuple(found.values())


def order_by_v1(allowed: Mapping[str, str] | Collection[str], default: str) -> Callable[..., Orderings]:
    """Airflow 2 takes one name."""

    def ordering(order_by: str) -> Orderings:
        return orderings([order_by], allowed)

    names = ", ".join(sorted(allowed))
    return _taking(ordering, [("order_by", str, f"A field, with `-` for falling order. One of: {names}.", default)])


def order_by_v2(allowed: Mapping[str, str] | Collection[str], default: str) -> Callable[..., Orderings]:
    """Airflow 3 takes several names, the first counts most."""

    def ordering(order_by: list[str]) -> Orderings:
        if len(order_by) > MOST_ORDERINGS:
            raise Invalid(
                f"Ordering with more than {MOST_ORDERINGS} parameters is not allowed. Provided: {len(order_by)}"
            )
        return orderings(order_by, allowed)

    names = ", ".join(sorted(allowed))
    description = f"Fields, the first counts most, with `-` for falling order. Of: {names}."
    return _taking(ordering, [("order_by", list[str], description, [default])])


# --- filters -----------------------------------------------------------------------------------------------------------


def _utc(at: datetime) -> datetime:
    try:
        return at.astimezone(timezone.utc)
    except OverflowError as error:
        raise ValueError("the time is out of range") from error


Moment = Annotated[AwareDatetime, AfterValidator(_utc)]
"""A point in time with its zone, as UTC."""

Number = Annotated[int, Query(ge=-(2**31), le=2**31 - 1)]
"""To compare with a column of 32 bits."""


def span(name: str, kind: Any = Moment, ends: Collection[str] = ("gte", "gt", "lte", "lt")) -> Callable[..., Span[Any]]:
    """Parameters `<name>_gte`, … as a `Span`."""

    def between(**bounds: Any) -> Span[Any]:
        return Span(**{bound.removeprefix(f"{name}_"): value for bound, value in bounds.items()})

    optional = kind | _ABSENT
    return _taking(between, [(f"{name}_{end}", optional, f"{name} {_WORDS[end]} this.", None) for end in ends])


_WORDS: Final = {"gte": "at or after", "gt": "after", "lte": "at or before", "lt": "before"}


def pattern(anywhere: str, prefix: str | None = None) -> Callable[..., tuple[Pattern, ...]]:
    """Parameters `*_pattern` and `*_prefix_pattern` as what a text must match, all of it."""

    def matching(**texts: str | None) -> tuple[Pattern, ...]:
        found = [Pattern.anywhere(texts[anywhere])]
        if prefix is not None:
            found.append(Pattern.start(texts[prefix]))
        return tuple(one for one in found if not one.is_open)

    optional = str | _ABSENT
    parameters: list[_Parameter] = [
        (anywhere, optional, "Anywhere in the text, in any case; `%` and `_` as in SQL's LIKE, `|` for or.", None)
    ]
    if prefix is not None:
        parameters.append((prefix, optional, "The start of the text, literally; `|` for or.", None))
    return _taking(matching, parameters)


def _taking(function: Callable[..., Any], parameters: Iterable[_Parameter]) -> Callable[..., Any]:
    """`function` with query parameters (name, type, description, default), for FastAPI to read."""
    function.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [
            inspect.Parameter(
                name,
                inspect.Parameter.KEYWORD_ONLY,
                default=default,
                annotation=Annotated[kind, Query(description=description)],
            )
            for name, kind, description, default in parameters
        ]
    )
    return function


def or_any(value: str) -> str | None:
    """None for `~`: all of them."""
    return None if value == ANY else value


def listed(values: list[str] | None) -> list[str]:
    """A list of texts that was given as `a=1&a=2`, as v2 does, or as `a=1,2`, as v1 does."""
    return [part for value in values or [] for part in value.split(",") if part]


# --- edits -------------------------------------------------------------------------------------------------------------

UpdateMask = Annotated[
    list[str] | SkipJsonSchema[None],
    Query(description="The fields to change; without it, all that the body has."),
]


def changes(body: BaseModel, mask: list[str] | None, allowed: Collection[str]) -> dict[str, Any]:
    """The fields of `body` to change, by their names in Python.

    `mask` has the API's names; without one, all fields count that the body gives. Raises Invalid for a name of the mask
    that is not in `allowed` (the API's names).
    """
    names = {(field.alias or name): name for name, field in type(body).model_fields.items()}
    given = body.model_dump(exclude_unset=True)
    wanted = listed(mask)
    if not wanted:
        return {names[name]: given[names[name]] for name in allowed if names.get(name) in given}
    for name in wanted:
        if name not in allowed or name not in names:
            raise Invalid(f"'{name}' is unknown or cannot be updated. There are: {', '.join(sorted(allowed))}.")
    values = body.model_dump()
    return {names[name]: values[names[name]] for name in wanted}


# --- negotiation -------------------------------------------------------------------------------------------------------


def accepted(request: Request, *offered: str) -> str:
    """The media type to answer with: the first of `offered` that the Accept header rates highest. Raises NotAcceptable."""
    header = request.headers.get("accept", "")
    if not header.strip():
        return offered[0]
    best, chosen = 0.0, ""
    for kind in offered:
        quality = _quality(header, kind)
        if quality > best:
            best, chosen = quality, kind
    if not chosen:
        raise NotAcceptable(f"Accept: {header} leaves nothing to answer with. There are: {', '.join(offered)}.")
    return chosen


def _quality(header: str, kind: str) -> float:
    """Of the range that fits `kind` best (RFC 9110, 12.5.1); 0 when none does."""
    closest, quality = -1, 0.0
    for part in header.split(","):
        name, *parameters = (piece.strip() for piece in part.split(";"))
        closeness = {kind: 2, kind.partition("/")[0] + "/*": 1, "*/*": 0}.get(name.lower(), -1)
        if closeness > closest:
            closest, quality = closeness, _q(parameters)
    return quality


def _q(parameters: Iterable[str]) -> float:
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "q":
            try:
                return float(value)
            except ValueError:
                return 1.0
    return 1.0


def no_content() -> Response:
    return Response(status_code=204)
