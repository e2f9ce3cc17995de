from __future__ import annotations

import pytest

from tests.server.ui.conftest import Site
from tests.services.conftest import a_task
from tradewind.core.permissions import Action, Grant
from tradewind.core.states import TaskState
from tradewind.server.ui import shapes
from tradewind.services.runs import trigger_run


def listed(site: Site, **query: object) -> list[str]:
    return [dag.dag_id for dag in site.shaped(shapes.DagList, "/ui/dags", **query).dags]


def test_a_row_tells_the_newest_runs_and_what_may_be_done(site: Site) -> None:
    site.add_dag("nightly", a_task("extract"), a_task("load", "extract"), tags=("etl",))
    first = trigger_run(site.services, "nightly")
    site.begin(first, extract=TaskState.SUCCESS, load=TaskState.FAILED)
    site.clock.advance(minutes=5)
    second = trigger_run(site.services, "nightly")
    site.begin(second, extract=TaskState.RUNNING)
    page = site.shaped(shapes.DagList, "/ui/dags")
    [row] = page.dags
    assert [run.state for run in row.runs] == ["failed", "running"]
    assert row.run_counts == {"running": 1}
    assert row.task_counts == {"running": 1, "none": 1}
    assert row.success_rate == 0
    assert {action.name for action in row.actions} >= {"pause", "trigger", "clear", "delete"}
    [delete] = [action for action in row.actions if action.name == "delete"]
    assert delete.denied is not None and "1 of its runs" in delete.denied
    assert row.schedule.raw == "0 6 * * *"
    assert row.schedule.words == {"en": "At 06:00", "ko": "매일 06:00"}
    assert {facet.value: facet.count for facet in page.states}["running"] == 1
    assert page.tags == [shapes.Facet(value="etl", count=1)]


def test_failed_tasks_of_the_newest_run_are_named(site: Site) -> None:
    site.add_dag("nightly", a_task("extract"), a_task("load", "extract"))
    site.begin(trigger_run(site.services, "nightly"), extract=TaskState.SUCCESS, load=TaskState.FAILED)
    [row] = site.shaped(shapes.DagList, "/ui/dags").dags
    assert row.failed_tasks == ["load"]
    assert listed(site, state="failed") == ["nightly"]
    assert listed(site, state="running") == []


def test_filters(site: Site) -> None:
    site.add_dag("orders", tags=("etl", "daily"))
    site.add_dag("scores", tags=("ml",), paused=True)
    site.add_dag("한글_dag", description="주문을 모은다")
    assert listed(site) == ["orders", "scores", "한글_dag"]
    assert listed(site, tag=["etl", "ml"]) == ["orders", "scores"]
    assert listed(site, paused=True) == ["scores"]
    assert listed(site, search="주문") == ["한글_dag"]
    assert listed(site, search="ETL ord") == ["orders"]
    assert listed(site, state="paused") == ["scores"]
    assert listed(site, owner="nobody") == []


@pytest.mark.parametrize("order_by", ["dag_id", "next_run", "last_run", "median_duration"])
@pytest.mark.parametrize("descending", [False, True])
def test_pages_hold_each_dag_once_also_when_one_comes_in_between(site: Site, order_by: str, descending: bool) -> None:
    for number in range(7):
        site.add_dag(f"dag_{number}")
        if number % 2:
            site.begin(trigger_run(site.services, f"dag_{number}"), extract=TaskState.SUCCESS, load=TaskState.SUCCESS)
            site.clock.advance(minutes=1)
    query = {"order_by": order_by, "descending": descending, "limit": 3}
    first = site.shaped(shapes.DagList, "/ui/dags", **query)
    site.add_dag("dag_00" if not descending else "dag_9")
    rest = site.shaped(shapes.DagList, "/ui/dags", cursor=first.next_cursor, **query | {"limit": 50})
    seen = [dag.dag_id for dag in (*first.dags, *rest.dags)]
    assert len(seen) == len(set(seen))
    assert set(seen) >= {f"dag_{number}" for number in range(7)}
    assert rest.next_cursor is None


def test_somebody_with_one_dag_sees_that_one_and_counts_only_it(site: Site) -> None:
    site.add_dag("mine", tags=("a",))
    site.add_dag("theirs", tags=("b",))
    site.grants = frozenset({Grant(Action.READ, "DAG:mine")})
    page = site.shaped(shapes.DagList, "/ui/dags")
    assert [dag.dag_id for dag in page.dags] == ["mine"]
    assert page.total == 1
    assert [facet.value for facet in page.tags] == ["a"]
    assert page.dags[0].actions == []
    assert site.client.get("/ui/dags/theirs").status_code == 403


def test_pausing_many_needs_the_right_for_each(site: Site) -> None:
    site.add_dag("mine")
    site.add_dag("theirs")
    site.grants = frozenset({Grant(Action.EDIT, "DAG:mine"), Grant(Action.READ, "DAGs")})
    refused = site.client.patch("/ui/dags", json={"dag_ids": ["mine", "theirs"], "is_paused": True})
    assert refused.status_code == 403
    assert site.services.store.dags.get("mine").is_paused is False  # type: ignore[union-attr]
    done = site.client.patch("/ui/dags", json={"dag_ids": ["mine"], "is_paused": True})
    assert done.json() == {"changed": 1}


def test_a_cursor_of_somebody_else_is_refused_with_a_sentence(site: Site) -> None:
    answer = site.client.get("/ui/dags", params={"cursor": "!!!"})
    assert answer.status_code == 400
    assert "cursor" in answer.json()["detail"]


def test_what_switching_on_will_create(site: Site) -> None:
    site.add_dag("nightly", paused=True)
    preview = site.shaped(shapes.UnpausePreview, "/ui/dags/nightly/unpause-preview")
    assert preview.creates_now == 9
    assert preview.first[0].logical_date is not None and preview.first[0].logical_date.day == 1
    assert preview.next is not None and preview.next.run_after > site.clock.now()


def test_a_dags_page_tells_the_state_of_its_newest_run(site: Site) -> None:
    site.add_dag("nightly", a_task("extract"))
    assert site.shaped(shapes.DagPage, "/ui/dags/nightly").newest_state is None
    site.begin(trigger_run(site.services, "nightly"), extract=TaskState.SUCCESS)
    site.clock.advance(minutes=5)
    site.begin(trigger_run(site.services, "nightly"), extract=TaskState.FAILED)
    assert site.shaped(shapes.DagPage, "/ui/dags/nightly").newest_state == "failed"
