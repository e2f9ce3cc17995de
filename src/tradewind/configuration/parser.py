"""`conf`: the value of an option, read in Airflow's order and through Airflow's methods.

For each option, the first of these that has it decides; a former name (2.x) of an option counts like its present one:

    1. AIRFLOW__SECTION__KEY, then AIRFLOW__SECTION__KEY_CMD and _SECRET for sensitive options
    2. airflow.cfg, then <key>_cmd and <key>_secret in it for sensitive options
    3. our default
    4. the caller's `fallback`
"""

from __future__ import annotations

import configparser
import importlib
import json
import os
import shlex
from collections.abc import Iterator, Mapping
from datetime import timedelta
from enum import Enum
from pathlib import Path
from typing import Any, Final, TypeVar, overload

from tradewind.configuration.config_file import read_config_file
from tradewind.configuration.errors import BadValue, BrokenConfigFile, ConfigError, OptionNotFound
from tradewind.configuration.generated import generator_of
from tradewind.configuration.home import config_path, find_home
from tradewind.configuration.options import OPTIONS, env_name, option
from tradewind.configuration.renames import FORMER_NAMES, Name, canonical

E = TypeVar("E", bound=Enum)

HIDDEN: Final = "< hidden >"
_UNSET: Final[Any] = object()
_TRUE: Final = frozenset({"t", "true", "1"})
_FALSE: Final = frozenset({"f", "false", "0"})
_SECRET_WORDS: Final = ("password", "passwd", "secret", "token", "private_key", "fernet", "credential")


class Configuration:
    """The configuration of one home. Read at first use; `refresh` picks up a changed file."""

    def __init__(self, home: Path | None = None, environ: Mapping[str, str] = os.environ) -> None:
        self._wanted_home = home
        self._environ = environ
        self._file: configparser.ConfigParser | None = None
        self._signature: tuple[int, ...] | None = None
        self.error: type[ConfigError] = ConfigError
        """What a missing option or a bad value raises besides our own class; the SDK puts the class that DAG authors
        catch here (`AirflowConfigException`), which derives from ConfigError."""

    # --- where it comes from ------------------------------------------------------------------------------------------

    @property
    def home(self) -> Path:
        """The home in use: the one given, else `$AIRFLOW_HOME`, else ~/airflow."""
        return self._wanted_home or find_home(self._environ)

    @property
    def path(self) -> Path:
        """The file that is read; it need not exist."""
        return config_path(self.home, self._environ)

    def reload(self) -> None:
        """Forget what was read and set. Raises BrokenConfigFile at the next use when the file cannot be read."""
        self._file = None
        self._signature = None

    def refresh(self) -> bool:
        """Read the file again when it has changed; True when it had.

        Raises BrokenConfigFile when it cannot be read now, and goes on with what was read before.
        """
        if self._file is None:
            self._parser()
            return True
        signature = _signature(self.path)
        if signature == self._signature:
            return False
        self._signature = signature
        self._file = read_config_file(self.path)
        return True

    def read(self, path: str | Path) -> None:
        """Add the options of another file; they win over those read before."""
        self._parser().read_dict(_raw(read_config_file(Path(path))))

    def read_dict(self, values: Mapping[str, Mapping[str, Any]]) -> None:
        self._parser().read_dict(values)

    def _parser(self) -> configparser.ConfigParser:
        if self._file is None:
            self._signature = _signature(self.path)
            self._file = read_config_file(self.path)
        return self._file

    # --- reading ------------------------------------------------------------------------------------------------------

    @overload
    def get(self, section: str, key: str, *, fallback: str, **_: Any) -> str: ...
    @overload
    def get(self, section: str, key: str, *, fallback: None, **_: Any) -> str | None: ...
    @overload
    def get(self, section: str, key: str, **_: Any) -> str: ...

    def get(self, section: str, key: str, fallback: Any = _UNSET, **_: Any) -> Any:
        """The value as text. Raises OptionNotFound when nobody set it and neither a default nor a fallback exists."""
        value, _source = self._lookup(section, key)
        if value is not None:
            return value
        if fallback is not _UNSET:
            return fallback
        raise self._failure(
            OptionNotFound,
            f"No option [{section}] {key} is set, and it has no default. "
            f"Set it in {self.path} or as {env_name(section, key)}.",
        )

    def get_mandatory_value(self, section: str, key: str, **kwargs: Any) -> str:
        return str(self.get(section, key, **kwargs))

    def getboolean(self, section: str, key: str, fallback: Any = _UNSET, **_: Any) -> bool:
        """True for `true`, `t` and `1`, False for `false`, `f` and `0`, in any case; a comment behind it is cut off."""
        found = self.get(section, key, fallback=fallback)
        if isinstance(found, bool):
            return found
        word = str(found).split("#", 1)[0].strip().lower()
        if word in _TRUE:
            return True
        if word in _FALSE:
            return False
        raise self._bad(section, key, word, "True or False")

    def getint(self, section: str, key: str, fallback: Any = _UNSET, **_: Any) -> int:
        found = self.get(section, key, fallback=fallback)
        try:
            number = float(found)
            if number != int(number):
                raise ValueError
            return int(found) if isinstance(found, str) and found.strip().lstrip("+-").isdigit() else int(number)
        except (TypeError, ValueError, OverflowError):
            raise self._bad(section, key, found, "a whole number") from None

    def getfloat(self, section: str, key: str, fallback: Any = _UNSET, **_: Any) -> float:
        found = self.get(section, key, fallback=fallback)
        try:
            return float(found)
        except (TypeError, ValueError):
            raise self._bad(section, key, found, "a number") from None

    def getlist(self, section: str, key: str, fallback: Any = _UNSET, delimiter: str = ",", **_: Any) -> list[str]:
        found = self.get(section, key, fallback=fallback)
        if not isinstance(found, str):
            return [] if found is None else list(found)
        return [part.strip() for part in found.split(delimiter)] if found.strip() else []

    def get_mandatory_list_value(self, section: str, key: str, **kwargs: Any) -> list[str]:
        return self.getlist(section, key, **kwargs)

    def getjson(self, section: str, key: str, fallback: Any = None, **_: Any) -> Any:
        """The value read as JSON; the fallback when it is not set or empty."""
        found = self.get(section, key, fallback=None)
        if found is None or not found.strip():
            return fallback
        try:
            return json.loads(found)
        except ValueError as error:
            raise self._bad(section, key, found, f"JSON ({error})") from None

    def getenum(self, section: str, key: str, enum_class: type[E], fallback: Any = _UNSET, **_: Any) -> E:
        found = self.get(section, key, fallback=fallback)
        if isinstance(found, enum_class):
            return found
        if found not in enum_class.__members__:
            raise self._bad(section, key, found, "one of " + ", ".join(enum_class.__members__))
        return enum_class[found]

    def getenumlist(self, section: str, key: str, enum_class: type[E], delimiter: str = ",", **kwargs: Any) -> list[E]:
        names = self.getlist(section, key, delimiter=delimiter, **kwargs)
        unknown = [name for name in names if name not in enum_class.__members__]
        if unknown:
            raise self._bad(section, key, unknown[0], "one of " + ", ".join(enum_class.__members__))
        return [enum_class[name] for name in names]

    def gettimedelta(self, section: str, key: str, fallback: Any = None, **_: Any) -> timedelta | None:
        """The value, in seconds, as a timedelta; the fallback when it is not set or empty."""
        found = self.get(section, key, fallback=None)
        if found is None or not found.strip():
            return fallback  # type: ignore[no-any-return]
        return timedelta(seconds=self.getint(section, key))

    def getimport(self, section: str, key: str, **kwargs: Any) -> Any:
        """The object that the value names as `package.module.name`; None when the value is empty."""
        path = self.get(section, key, **kwargs)
        if not path:
            return None
        module, _, name = path.rpartition(".")
        try:
            return getattr(importlib.import_module(module), name)
        except (ImportError, AttributeError, ValueError) as error:
            raise self._bad(section, key, path, f"the path of something to import ({error})") from error

    def has_option(self, section: str, key: str) -> bool:
        return self._lookup(section, key)[0] is not None

    def is_set(self, section: str, key: str) -> bool:
        """True when somebody chose the option's value. For the options whose default depends on the dialect of a file.

        What the real Airflow wrote into the airflow.cfg that it generated was not chosen; see `generated`.
        """
        value, source = self._lookup(section, key)
        if source == "airflow.cfg" and value is not None:
            return generator_of(self._parser(), canonical(section, key), value) is None
        return source not in ("", "default")

    def source_of(self, section: str, key: str) -> str:
        """`env var`, `cmd`, `secret`, `airflow.cfg` or `default`; empty for an option without a value."""
        return self._lookup(section, key)[1]

    # --- listing ------------------------------------------------------------------------------------------------------

    def sections(self) -> list[str]:
        return list(dict.fromkeys(section for section, _ in self._names()))

    def has_section(self, section: str) -> bool:
        return section.lower() in self.sections()

    def getsection(self, section: str) -> dict[str, Any] | None:
        """All options of a section, numbers and booleans already converted; None when there is no such section."""
        found = {
            key: _converted(value)
            for place, key in self._names()
            if place == section.lower() and (value := self._lookup(place, key)[0]) is not None
        }
        return found or None

    def as_dict(
        self,
        display_source: bool = False,
        display_sensitive: bool = False,
        raw: bool = False,
        include_env: bool = True,
        include_cmds: bool = True,
        include_secret: bool = True,
    ) -> dict[str, dict[str, Any]]:
        """{section: {key: value}}, or {key: (value, source)}; secrets are hidden unless asked for."""
        dropped = {"env var"} if not include_env else set()
        dropped |= ({"cmd"} if not include_cmds else set()) | ({"secret"} if not include_secret else set())
        listed: dict[str, dict[str, Any]] = {}
        for section, key in self._names():
            value, source = self._lookup(section, key)
            if value is None or source in dropped:
                continue
            shown = value if display_sensitive or not self.is_sensitive(section, key) or not value else HIDDEN
            if raw:
                shown = shown.replace("%", "%%")
            listed.setdefault(section, {})[key] = (shown, source) if display_source else shown
        return listed

    @staticmethod
    def is_sensitive(section: str, key: str) -> bool:
        """True for options that listings hide: those we know to be secret, and unknown ones that sound like it."""
        known = option(section, key)
        return known.sensitive if known is not None else any(word in key.lower() for word in _SECRET_WORDS)

    def _names(self) -> list[Name]:
        """Every option that has a default or was set by anybody, by section in the order of the table."""
        names = dict.fromkeys(OPTIONS)
        for section in self._parser().sections():
            names |= dict.fromkeys(canonical(section, _plain(section, key)) for key in self._parser()[section])
        names |= dict.fromkeys(canonical(section, key) for section, key in self.environment_options())
        order = {section: index for index, section in enumerate(dict.fromkeys(section for section, _ in names))}
        return sorted(names, key=lambda name: order[name[0]])

    def environment_options(self) -> Iterator[Name]:
        """What `AIRFLOW__…` variables name, in lower case; `_cmd` and `_secret` of sensitive options are cut off."""
        dotted = {section.replace(".", "_"): section for section, _ in OPTIONS if "." in section}
        for variable in self._environ:
            parts = variable.split("__", 2)
            if len(parts) == 3 and parts[0] == "AIRFLOW" and parts[1] and parts[2]:
                section = dotted.get(parts[1].lower(), parts[1].lower())
                yield section, _plain(section, parts[2].lower())

    # --- changing, for tests and tools --------------------------------------------------------------------------------

    def set(self, section: str, key: str, value: Any) -> None:
        """Set an option for this process, as if airflow.cfg had it. The environment still wins."""
        section, key = canonical(section, key)
        parser = self._parser()
        if not parser.has_section(section):
            parser.add_section(section)
        parser.set(section, key, str(value).replace("%", "%%"))

    def remove_option(self, section: str, key: str, remove_default: bool = True) -> None:
        """Undo `set` and what airflow.cfg says, for this process."""
        for place, name in _all_names(section, key):
            if self._parser().has_section(place):
                self._parser().remove_option(place, name)

    # --- the lookup itself --------------------------------------------------------------------------------------------

    def _lookup(self, section: str, key: str) -> tuple[str | None, str]:
        names = _all_names(section, key)
        sensitive = self.is_sensitive(section, key)
        for place, name in names:
            found = self._from_environment(env_name(place, name), sensitive)
            if found is not None:
                return found
        for place, name in names:
            found = self._from_file(place, name, sensitive)
            if found is not None:
                return found
        known = OPTIONS.get(names[0])
        if known is not None and known.default is not None:
            default = known.default
            # The home is worked out from the environment each time, which costs more than all the rest.
            return default.replace("{AIRFLOW_HOME}", str(self.home)) if "{" in default else default, "default"
        return None, ""

    def _from_environment(self, variable: str, sensitive: bool) -> tuple[str, str] | None:
        if variable in self._environ:
            return _expanded(self._environ[variable]), "env var"
        if sensitive and f"{variable}_CMD" in self._environ:
            return self._output_of(self._environ[f"{variable}_CMD"]), "cmd"
        if sensitive and f"{variable}_SECRET" in self._environ:
            return self._secret(self._environ[f"{variable}_SECRET"]), "secret"
        return None

    def _from_file(self, section: str, key: str, sensitive: bool) -> tuple[str, str] | None:
        written = self._written(section, key)
        if written is not None:
            return _expanded(written), "airflow.cfg"
        if sensitive and (command := self._written(section, f"{key}_cmd")):
            return self._output_of(command), "cmd"
        if sensitive and (path := self._written(section, f"{key}_secret")):
            return self._secret(path), "secret"
        return None

    def _written(self, section: str, key: str) -> str | None:
        try:
            return self._parser().get(section, key, fallback=None)
        except configparser.InterpolationError as error:
            raise self._failure(
                BadValue,
                f"[{section}] {key} in {self.path} cannot be read: {error.message.splitlines()[0]}.\n"
                "  A percent sign starts an interpolation such as %(other_key)s; write %% for the sign itself.",
            ) from error

    def _output_of(self, command: str) -> str:
        import subprocess

        try:
            done = subprocess.run(shlex.split(command), capture_output=True, text=True, check=True)
        except (OSError, ValueError, subprocess.CalledProcessError) as error:
            code = f" (exit code {error.returncode})" if isinstance(error, subprocess.CalledProcessError) else ""
            # Neither the command's output nor its arguments are repeated: they may hold the secret.
            name = shlex.split(command)[0] if command.strip() else command
            raise self._failure(
                BadValue, f"The command {name!r} that should print the value of an option failed{code}. Run it by hand."
            ) from error
        return done.stdout.rstrip("\n")

    def _secret(self, path: str) -> str:
        backend = self.getimport("secrets", "backend")
        if backend is None:
            raise self._failure(
                BadValue,
                f"An option should come from the secret {path!r}, but no secrets backend is configured. "
                "Set [secrets] backend to the class of one.",
            )
        found = backend(**(self.getjson("secrets", "backend_kwargs") or {})).get_config(path)
        if found is None:
            raise self._failure(BadValue, f"The secrets backend {backend.__name__} has no value for {path!r}. Add it.")
        return str(found)

    def _bad(self, section: str, key: str, value: object, wanted: str) -> ConfigError:
        shown = HIDDEN if self.is_sensitive(section, key) else repr(value)
        source = self._lookup(section, key)[1]
        where = {"airflow.cfg": f" in {self.path}", "env var": " in the environment"}.get(source, "")
        return self._failure(BadValue, f"[{section}] {key} must be {wanted}, but it is {shown}{where}. Correct it.")

    def _failure(self, kind: type[ConfigError], text: str) -> ConfigError:
        return kind(text) if self.error is ConfigError else self.error(text)


def _all_names(section: str, key: str) -> tuple[Name, ...]:
    """The present name of the option first, then its former ones."""
    kept = canonical(section, key)
    return (kept, *FORMER_NAMES.get(kept, ()))


def _plain(section: str, key: str) -> str:
    """`fernet_key` for `fernet_key_cmd` and `fernet_key_secret`, when that is a sensitive option."""
    for suffix in ("_cmd", "_secret"):
        if key.endswith(suffix):
            known = option(section, key.removesuffix(suffix))
            if known is not None and known.sensitive:
                return key.removesuffix(suffix)
    return key


def _expanded(value: str) -> str:
    """`~` and `$VARIABLES` replaced, also those that a variable brings in."""
    for _ in range(10):
        further = os.path.expanduser(os.path.expandvars(value))
        if further == value:
            break
        value = further
    return value


def _converted(value: str) -> Any:
    if value.lower() in ("true", "false"):
        return value.lower() == "true"
    for kind in (int, float):
        try:
            return kind(value)
        except ValueError:
            continue
    return value


def _signature(path: Path) -> tuple[int, ...] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


def _raw(parser: configparser.ConfigParser) -> dict[str, dict[str, str]]:
    return {section: dict(parser.items(section, raw=True)) for section in parser.sections()}


conf: Final = Configuration()
"""The configuration of this process."""

__all__ = ["HIDDEN", "BrokenConfigFile", "Configuration", "conf"]
