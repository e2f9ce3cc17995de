"""Assets (datasets in Airflow 2): names of data that tasks produce and DAGs wait for, and conditions of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from tradewind.sdk.exceptions import InvalidArgument

MAX_LENGTH = 1500


def normal_uri(uri: str) -> str:
    """The one spelling of a URI: scheme in lower case, no login, no fragment, sorted query, no slash at the end."""
    if "://" not in uri and ":" not in uri:
        return uri
    from urllib.parse import parse_qsl, urlencode, urlsplit

    parts = urlsplit(uri)
    scheme = parts.scheme.lower()
    if not scheme:
        return uri
    if scheme == "airflow":
        raise InvalidArgument(f"Asset {uri!r}: the scheme airflow:// is kept for Airflow itself.")
    if scheme.startswith("x-"):
        return uri
    netloc = parts.netloc.rpartition("@")[2]
    query = urlencode(sorted(parse_qsl(parts.query)))
    return parts._replace(scheme=scheme, netloc=netloc, path=parts.path.rstrip("/"), query=query, fragment="").geturl()


def _check(text: Any, what: str) -> str:
    if not isinstance(text, str):
        raise InvalidArgument(f"{what} must be text, not {type(text).__name__}.")
    if not text or text.isspace():
        raise InvalidArgument(f"{what} cannot be empty.")
    if len(text) > MAX_LENGTH:
        raise InvalidArgument(f"{what} has {len(text)} characters; at most {MAX_LENGTH} are allowed.")
    return text


class BaseAsset:
    """Something a DAG can be scheduled on: an asset, a reference to one, or a condition."""

    def __or__(self, other: Any) -> AssetAny:
        if not isinstance(other, BaseAsset):
            return NotImplemented
        return AssetAny(self, other)

    def __and__(self, other: Any) -> AssetAll:
        if not isinstance(other, BaseAsset):
            return NotImplemented
        return AssetAll(self, other)

    def as_expression(self) -> Any:
        """The condition as plain JSON: `{"all": […]}`, `{"any": […]}`, and assets as `{"name", "uri"}`."""
        raise NotImplementedError

    def iter_assets(self) -> Iterator[Asset]:
        yield from ()

    def iter_asset_aliases(self) -> Iterator[AssetAlias]:
        yield from ()


class AssetWatcher:
    """An event trigger that reports changes of an asset from outside."""

    def __init__(self, name: str, trigger: Any) -> None:
        self.name = name
        self.trigger = trigger


class AssetAccessControl:
    def __init__(self, producer_teams: Any = (), consumer_teams: Any = None, allow_global: bool = True) -> None:
        self.producer_teams = list(producer_teams)
        self.consumer_teams = consumer_teams
        self.allow_global = allow_global


class Asset(BaseAsset):
    """Data with a name and an address; either of them stands for the other when it is left out."""

    asset_type = "asset"

    def __init__(
        self,
        name: str | None = None,
        uri: Any = None,
        extra: Mapping[str, Any] | None = None,
        *,
        group: str | None = None,
        watchers: list[AssetWatcher] | None = None,
        access_control: AssetAccessControl | None = None,
    ) -> None:
        if isinstance(uri, Mapping):
            # Airflow 2: Dataset("uri", {"extra": …}).
            uri, extra = None, uri
        if name is None and uri is None:
            raise InvalidArgument(f"{type(self).__name__} needs a name or a uri.")
        address = str(uri) if uri is not None else None
        self.name = _check(name if name is not None else address, f"{type(self).__name__} name")
        self.uri = normal_uri(_check(address if address is not None else name, f"{type(self).__name__} uri"))
        self.group = group or self.asset_type
        self.extra: dict[str, Any] = dict(extra or {})
        self.watchers = list(watchers or ())
        self.access_control = access_control

    def __fspath__(self) -> str:
        return self.uri

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Asset) and (self.name, self.uri) == (other.name, other.uri)

    def __hash__(self) -> int:
        return hash((self.name, self.uri))

    def __repr__(self) -> str:
        return (
            f"{type(self).__name__}(name={self.name!r}, uri={self.uri!r}, group={self.group!r}, extra={self.extra!r})"
        )

    @property
    def normalized_uri(self) -> str | None:
        return self.uri

    def as_expression(self) -> Any:
        return {"asset": {"name": self.name, "uri": self.uri, "group": self.group}}

    def iter_assets(self) -> Iterator[Asset]:
        yield self

    @staticmethod
    def ref(*, name: str = "", uri: str = "") -> AssetRef:
        """A reference to an asset that another file defines."""
        return AssetNameRef(name) if name else AssetUriRef(uri)


class Dataset(Asset):
    """Airflow 2's asset: `Dataset(uri, extra)`."""

    asset_type = "dataset"

    def __init__(self, uri: Any = None, extra: Mapping[str, Any] | None = None, **kwargs: Any) -> None:
        super().__init__(kwargs.pop("name", None), uri, extra, **kwargs)
        if not self.uri.isascii():
            raise InvalidArgument(
                f"Dataset uri {self.uri!r} may only have ASCII characters: percent-encode the others."
            )

    def __repr__(self) -> str:
        return f"Dataset(uri={self.uri!r}, extra={self.extra or None!r})"


class Model(Asset):
    """An asset that is a model."""

    asset_type = "model"


class AssetRef(BaseAsset):
    field = ""

    def __init__(self, value: str) -> None:
        setattr(self, self.field, _check(value, f"{type(self).__name__} {self.field}"))

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and vars(self) == vars(other)

    def __hash__(self) -> int:
        return hash((type(self), getattr(self, self.field)))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({getattr(self, self.field)!r})"

    def as_expression(self) -> Any:
        return {"asset_ref": {self.field: getattr(self, self.field)}}


class AssetNameRef(AssetRef):
    field = "name"


class AssetUriRef(AssetRef):
    field = "uri"


class AssetAlias(BaseAsset):
    """A name that tasks attach assets to while they run."""

    def __init__(self, name: str, *, group: str = "asset") -> None:
        self.name = _check(name, "AssetAlias name")
        self.group = group

    def __eq__(self, other: object) -> bool:
        return isinstance(other, AssetAlias) and self.name == other.name

    def __hash__(self) -> int:
        return hash(("alias", self.name))

    def __repr__(self) -> str:
        return f"AssetAlias(name={self.name!r}, group={self.group!r})"

    def as_expression(self) -> Any:
        return {"alias": {"name": self.name, "group": self.group}}

    def iter_asset_aliases(self) -> Iterator[AssetAlias]:
        yield self


DatasetAlias = AssetAlias


class AssetBooleanCondition(BaseAsset):
    """Several assets or conditions, combined."""

    word = ""
    agg_func: Callable[..., bool]

    def __init__(self, *objects: Any) -> None:
        for one in objects:
            if not isinstance(one, BaseAsset):
                raise InvalidArgument(
                    f"{type(self).__name__} takes assets and conditions of assets, not {type(one).__name__} ({one!r})."
                )
        self.objects: list[BaseAsset] = []
        for one in objects:
            # a | b | c is one condition of three.
            self.objects.extend(one.objects if type(one) is type(self) else [one])

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self.objects == getattr(other, "objects", None)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(map(repr, self.objects))})"

    def as_expression(self) -> Any:
        return {self.word: [one.as_expression() for one in self.objects]}

    def iter_assets(self) -> Iterator[Asset]:
        for one in self.objects:
            yield from one.iter_assets()

    def iter_asset_aliases(self) -> Iterator[AssetAlias]:
        for one in self.objects:
            yield from one.iter_asset_aliases()


class AssetAny(AssetBooleanCondition):
    """True when one of them was updated."""

    word = "any"
    agg_func = any


class AssetAll(AssetBooleanCondition):
    """True when all of them were updated."""

    word = "all"
    agg_func = all


DatasetAny = AssetAny
DatasetAll = AssetAll


class Metadata:
    """Yielded or set by a task: extra information about the asset that it updated."""

    def __init__(self, asset: Any, extra: dict[str, Any] | None = None, alias: Any = None) -> None:
        self.asset = asset
        self.extra = extra or {}
        self.alias = alias

    @property
    def uri(self) -> str:
        return str(getattr(self.asset, "uri", self.asset))


def schedule_condition(schedule: Any, dag_id: str) -> Any:
    """A list of assets as one condition that all were updated; every other schedule as it is."""
    if isinstance(schedule, (list, tuple, set, frozenset)):
        members = list(schedule)
        if not members or not all(isinstance(member, BaseAsset) for member in members):
            raise InvalidArgument(
                f"DAG {dag_id!r}: schedule takes a cron string, a timedelta, a timetable, an asset or a list of assets; "
                f"this list is {members!r}."
            )
        return AssetAll(*members)
    return schedule


def outlet_expression(value: Any) -> Any:
    """An inlet or outlet as plain JSON."""
    if isinstance(value, BaseAsset):
        return value.as_expression()
    return {"other": f"{type(value).__module__}.{type(value).__qualname__}", "text": str(value)}
