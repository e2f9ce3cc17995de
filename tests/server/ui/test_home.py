from __future__ import annotations

from tests.server.ui.conftest import Site
from tests.services.conftest import a_task
from tradewind.core.states import TaskState
from tradewind.server.ui import shapes
from tradewind.services.runs import trigger_run


def test_a_late_run_comes_with_values_and_no_sentence(site: Site) -> None:
    """The page says it, in the reader's language."""
    site.add_dag("nightly", a_task("extract"))
    for _ in range(5):
        site.clock.advance(minutes=1)
        site.begin(trigger_run(site.services, "nightly"), extract=TaskState.SUCCESS)
    site.clock.advance(minutes=1)
    site.begin(trigger_run(site.services, "nightly"), extract=TaskState.RUNNING)
    site.clock.advance(minutes=5)
    [late] = site.shaped(shapes.HomePage, "/ui/home").late
    assert (late.kind, late.usual_s) == ("running_long", 0)


def test_parts_of_the_scheduler_say_that_they_are(site: Site) -> None:
    parts = {part.name: part.within for part in site.shaped(shapes.HealthPage, "/ui/health").parts}
    assert parts["triggerer"] == "scheduler"
    assert parts["scheduler"] is None
    assert parts["database"] is None
