"""BaseNotifier: a callback that tells somebody, with templates in what it says."""

from __future__ import annotations

import inspect
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

from tradewind.sdk.context import context_merge
from tradewind.sdk.logging_mixin import LoggingMixin
from tradewind.sdk.template import Templater

if TYPE_CHECKING:
    import jinja2

    from tradewind.sdk.dag import DAG


class BaseNotifier(LoggingMixin, Templater):
    """Give an instance as a callback. Subclasses define `notify(context)`, or only `async_notify(context)`."""

    template_fields: Collection[str] = ()
    template_ext: Collection[str] = ()  # type: ignore[assignment]

    def __init__(self, **kwargs: Any) -> None:
        super().__init__()
        self.resolve_template_files()

    def notify(self, context: Any) -> None:
        """Tell them. Template fields are rendered."""
        if type(self).async_notify is not BaseNotifier.async_notify:
            import asyncio

            asyncio.run(self.async_notify(context))
            return
        raise NotImplementedError(f"{type(self).__name__} does not notify anybody: define notify(self, context).")

    async def async_notify(self, context: Any) -> None:
        """The same, for callbacks that run in an event loop."""
        raise NotImplementedError(f"{type(self).__name__} has no async_notify(self, context).")

    def _update_context(self, context: Mapping[str, Any]) -> Mapping[str, Any]:
        own = [(name, getattr(self, name)) for name in self.template_fields]
        context_merge(context, own)
        return context

    def render_template_fields(self, context: Mapping[str, Any], jinja_env: jinja2.Environment | None = None) -> None:
        """Render the template fields in place, in the environment of the context's DAG."""
        dag: DAG | None = context.get("dag")
        self._render_fields(self, self.template_fields, context, jinja_env or self.get_template_env(dag), set())

    def __call__(self, *args: Any) -> None:
        """Called with the context; a DAG of Airflow 2 calls SLA callbacks with more."""
        context = args[0] if len(args) == 1 else {"dag": args[0], "task_list": args[1], "slas": args[3]}
        if isinstance(context, Mapping):
            self._update_context(context)
            self.render_template_fields(context)
        notify: Any = self.notify
        result = notify(context)
        if inspect.iscoroutine(result):
            result.close()
            raise TypeError(f"{type(self).__name__}.notify is a coroutine: name it async_notify.")
