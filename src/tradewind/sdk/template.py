"""Rendering of template fields with Jinja: nested values, template files, and values resolved at run time.

jinja2 is imported when the first environment is made, so a DAG file does not pay for it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from tradewind.sdk.exceptions import AirflowException
from tradewind.sdk.resolvable import LiteralValue, ResolveMixin, literal

if TYPE_CHECKING:
    import jinja2

    from tradewind.sdk.dag import DAG

__all__ = ["LiteralValue", "Templater", "literal", "template_environment"]

_LINE_BREAK = re.compile(r"\r\n|\r|\n")


def _environment_classes() -> tuple[type[jinja2.Environment], type[jinja2.Environment]]:
    """The sandboxed environment and the native one. Made once."""
    global _classes
    if _classes is not None:
        return _classes
    import jinja2.ext
    import jinja2.nativetypes
    import jinja2.runtime
    import jinja2.sandbox
    from jinja2.utils import missing

    class LazyContext(jinja2.runtime.Context):
        """Looks up in the task's context what is not among the values that were ready."""

        def resolve_or_missing(self, key: str) -> Any:
            value = super().resolve_or_missing(key)
            if value is missing:
                lazy = self.parent.get(_LAZY)
                if lazy is not None and key in lazy:
                    return lazy[key]
            return value

    class TaskEnvironment(jinja2.sandbox.SandboxedEnvironment):
        context_class = LazyContext

        def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
            """`_private` names may be read, as in Airflow; Python's own (`__class__` …) may not."""
            return not jinja2.sandbox.is_internal_attribute(obj, attr)

    class NativeTaskEnvironment(jinja2.nativetypes.NativeEnvironment):
        context_class = LazyContext

    _classes = TaskEnvironment, NativeTaskEnvironment
    return _classes


_LAZY = "__tradewind_context__"
_classes: tuple[type[jinja2.Environment], type[jinja2.Environment]] | None = None


def template_environment(
    *,
    searchpath: Sequence[str] = (),
    native: bool = False,
    undefined: Any = None,
    options: Mapping[str, Any] | None = None,
    macros: Mapping[str, Any] | None = None,
    filters: Mapping[str, Any] | None = None,
) -> jinja2.Environment:
    """A new environment: undefined names raise, `do` is known, and so are the filters `ds`, `ts_nodash` ….

    `options` (a DAG's `jinja_environment_kwargs`) win over all of that.
    """
    import jinja2

    chosen: dict[str, Any] = {
        "loader": jinja2.FileSystemLoader([str(path) for path in searchpath]),
        "undefined": undefined or jinja2.StrictUndefined,
        "extensions": ["jinja2.ext.do"],
        "cache_size": 0,
    }
    chosen.update(options or {})
    sandboxed, native_class = _environment_classes()
    environment = (native_class if native else sandboxed)(**chosen)
    environment.filters.update(FILTERS)
    environment.globals.update(macros or {})
    environment.filters.update(filters or {})
    return environment


def _date_filter(pattern: str) -> Any:
    def apply(value: Any) -> str | None:
        return None if value is None else str(value.strftime(pattern))

    return apply


FILTERS: dict[str, Any] = {
    "ds": _date_filter("%Y-%m-%d"),
    "ds_nodash": _date_filter("%Y%m%d"),
    "ts": lambda value: None if value is None else value.isoformat(),
    "ts_nodash": _date_filter("%Y%m%dT%H%M%S"),
    "ts_nodash_with_tz": lambda value: None if value is None else value.isoformat().replace("-", "").replace(":", ""),
}


class Templater:
    """An object with template fields."""

    template_fields: Collection[str] = ()
    """Names of the attributes that are rendered before the task runs."""
    template_ext: Sequence[str] = ()
    """A string that ends like one of these is the name of a template file."""

    def get_template_env(self, dag: DAG | None = None) -> jinja2.Environment:
        return dag.get_template_env() if dag is not None else template_environment()

    def prepare_template(self) -> None:
        """For subclasses: change template fields after the names of files were replaced by their content."""

    def resolve_template_files(self) -> None:
        """Replace template fields that name a template file by its content."""
        if self.template_ext:
            for field in self.template_fields:
                value = getattr(self, field, None)
                if isinstance(value, str) and value.endswith(tuple(self.template_ext)):
                    setattr(self, field, self._source_of(value))
                elif isinstance(value, list) and any(
                    isinstance(item, str) and item.endswith(tuple(self.template_ext)) for item in value
                ):
                    setattr(
                        self,
                        field,
                        [
                            self._source_of(item)
                            if isinstance(item, str) and item.endswith(tuple(self.template_ext))
                            else item
                            for item in value
                        ],
                    )
        self.prepare_template()

    def _source_of(self, name: str) -> str:
        """Content of a template file, or the name itself when there is no such file: it fails when it is rendered."""
        import jinja2

        environment = self.get_template_env()
        try:
            assert environment.loader is not None
            return environment.loader.get_source(environment, name)[0]
        except jinja2.TemplateNotFound:
            return name

    def render_template(
        self,
        content: Any,
        context: Mapping[str, Any],
        jinja_env: jinja2.Environment | None = None,
        seen_oids: set[int] | None = None,
    ) -> Any:
        """`content` with every string in it rendered; containers are copied, other objects changed in place."""
        environment = jinja_env or self.get_template_env()
        return self._render(content, context, environment, seen_oids if seen_oids is not None else set())

    def _render(self, value: Any, context: Mapping[str, Any], environment: jinja2.Environment, seen: set[int]) -> Any:
        if value is None or isinstance(value, (int, float, bytes)) or id(value) in seen:
            return value
        if isinstance(value, str):
            return self._render_text(value, context, environment)
        if isinstance(value, ResolveMixin):
            return value.resolve(context)
        if isinstance(value, tuple):
            items = [self._render(item, context, environment, seen) for item in value]
            return type(value)(*items) if hasattr(value, "_fields") else tuple(items)
        if isinstance(value, list):
            return [self._render(item, context, environment, seen) for item in value]
        if isinstance(value, dict):
            return {key: self._render(item, context, environment, seen) for key, item in value.items()}
        if isinstance(value, set):
            return {self._render(item, context, environment, seen) for item in value}
        resolve = getattr(value, "resolve", None)
        if callable(resolve) and not isinstance(value, (os.PathLike, type)):
            return resolve(context)
        seen.add(id(value))
        fields = None if isinstance(value, type) else getattr(value, "template_fields", None)
        if isinstance(fields, (list, tuple, set, frozenset)):
            self._render_fields(value, fields, context, environment, seen)
        return value

    def _render_fields(
        self,
        parent: Any,
        fields: Iterable[str],
        context: Mapping[str, Any],
        environment: jinja2.Environment,
        seen: set[int],
    ) -> None:
        for field in fields:
            try:
                value = getattr(parent, field)
            except AttributeError:
                raise AttributeError(
                    f"{type(parent).__name__} names {field!r} among its template_fields and has no such attribute: "
                    "set it in __init__, or take it off the list."
                ) from None
            # Only plain emptiness: a data frame has no truth value.
            if value is None or (isinstance(value, (str, list, tuple, dict, set)) and not value):
                continue
            try:
                if callable(value) and not isinstance(value, (ResolveMixin, type)):
                    rendered = value(context=context, jinja_env=environment)
                else:
                    rendered = self._render(value, context, environment, seen)
            except Exception as error:
                _tell_field(error, parent, field)
                raise
            setattr(parent, field, rendered)

    def _render_text(self, text: str, context: Mapping[str, Any], environment: jinja2.Environment) -> Any:
        native = not hasattr(environment, "intercepted_binops")
        if self.template_ext and text.endswith(tuple(self.template_ext)):
            template = environment.get_template(text)
        else:
            if not native and _is_plain(text, environment):
                return _as_jinja_would(text, environment)
            template = environment.from_string(text)
        known = getattr(context, "known", None)
        if known is None:
            return template.render(context)
        return template.render({**known(), _LAZY: context})


def _is_plain(text: str, environment: jinja2.Environment) -> bool:
    """True when Jinja would find nothing to do in `text`."""
    return (
        environment.variable_start_string not in text
        and environment.block_start_string not in text
        and environment.comment_start_string not in text
        and environment.line_statement_prefix is None
        and environment.line_comment_prefix is None
    )


def _as_jinja_would(text: str, environment: jinja2.Environment) -> str:
    lines = _LINE_BREAK.split(text)
    if not environment.keep_trailing_newline and not lines[-1]:
        del lines[-1]
    return environment.newline_sequence.join(lines)


def _tell_field(error: Exception, parent: Any, field: str) -> None:
    """Say in the traceback which field it was; the error keeps its own type and text."""
    note = f"while rendering template field {field!r} of {getattr(parent, 'task_id', type(parent).__name__)!r}"
    if hasattr(error, "add_note"):
        error.add_note(note)
    elif isinstance(error, AirflowException):
        error.args = (*error.args, note)
