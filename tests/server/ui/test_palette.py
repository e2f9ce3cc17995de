from __future__ import annotations

from tests.server.ui.conftest import Site
from tests.services.conftest import a_task
from tradewind.core.permissions import Action, Grant
from tradewind.core.states import TaskState
from tradewind.server.ui import shapes
from tradewind.services.runs import trigger_run


def found(site: Site, q: str) -> list[tuple[str, str]]:
    return [(hit.kind, hit.label) for hit in site.shaped(shapes.PaletteHits, "/ui/palette", q=q).hits]


def test_dags_come_before_tasks_and_tasks_before_runs(site: Site) -> None:
    site.add_dag("load_sales", a_task("load"), a_task("check", "load"))
    site.begin(trigger_run(site.services, "load_sales", run_id="load_again"), load=TaskState.SUCCESS)
    assert found(site, "load") == [("dag", "load_sales"), ("task", "load"), ("run", "load_again")]


def test_names_that_begin_with_the_text_come_first_and_shorter_before_longer(site: Site) -> None:
    for name in ("daily_sales", "sales_by_region", "sales"):
        site.add_dag(name, a_task("extract"))
    assert found(site, "sales") == [("dag", "sales"), ("dag", "sales_by_region"), ("dag", "daily_sales")]


def test_korean_names_are_found_by_their_initial_consonants(site: Site) -> None:
    site.add_dag("매출_집계", a_task("추출"))
    site.add_dag("nightly", a_task("extract"))
    assert found(site, "ㅁㅊ") == [("dag", "매출_집계")]
    assert found(site, "ㅊㅊ") == [("task", "추출")]


def test_one_letter_finds_nothing(site: Site) -> None:
    site.add_dag("sales", a_task("extract"))
    assert found(site, " s ") == []


def test_what_may_not_be_seen_is_not_found(site: Site) -> None:
    site.add_dag("sales", a_task("load"))
    site.add_dag("salaries", a_task("load"))
    site.grants = frozenset({Grant(Action.READ, "DAG:sales"), Grant(Action.READ, "Website")})
    assert found(site, "sal") == [("dag", "sales")]
    assert found(site, "load") == [("task", "load")]
