"""Pages of lists, the same on both databases."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.store.rows import NOW, a_dag, a_file, a_run, an_event, stored
from tradewind.core.changes import Changes
from tradewind.core.lists import Ordering, Page, Pattern, Span
from tradewind.core.records import ConnectionRecord, PoolRecord
from tradewind.store import AlreadyExists, Store
from tradewind.store.audit import AuditFilter

ALL = Page(100)


@pytest.fixture
def filled(store: Store) -> Store:
    for key, description in (("alpha", "z"), ("Beta", None), ("b_ta", "a"), ("s3://x", "m"), ("50%", "k")):
        store.variables.set(key, "v", description)
    return store


def keys(store: Store, *patterns: Pattern, page: Page = ALL, order: str = "") -> list[str]:
    orderings = [Ordering(name.lstrip("-"), name.startswith("-")) for name in order.split()]
    return [record.key for record in store.variables.page(page, orderings, patterns).items]


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        (Pattern.anywhere("ETA"), {"Beta"}),
        (Pattern.anywhere("b_ta"), {"Beta", "b_ta"}),
        (Pattern.anywhere("a%a|s3"), {"alpha", "s3://x"}),
        (Pattern.anywhere("~"), {"alpha", "Beta", "b_ta", "s3://x", "50%"}),
        (Pattern.anywhere("\\"), set()),
        (Pattern.start("b"), {"b_ta"}),
        (Pattern.start("s3://"), {"s3://x"}),
        (Pattern.start("50%"), {"50%"}),
        (Pattern.start("%"), {"alpha", "Beta", "b_ta", "s3://x", "50%"}),
    ],
)
def test_a_pattern_matches_the_same_everywhere(filled: Store, pattern: Pattern, found: set[str]) -> None:
    assert set(keys(filled, pattern)) == found
    assert {key for key in keys(filled) if pattern.matches(key)} == found


def test_all_patterns_must_match(filled: Store) -> None:
    assert keys(filled, Pattern.anywhere("ta"), Pattern.start("B")) == ["Beta"]


def test_a_page_is_part_of_the_order_and_the_total_is_of_all(filled: Store) -> None:
    everything = keys(filled, order="-description")
    assert everything[-1] == "Beta", "no description comes last in falling order"
    assert keys(filled, order="description")[0] == "Beta"
    assert keys(filled, page=Page(2, 1), order="-description") == everything[1:3]
    found = filled.variables.page(Page(0))
    assert (found.items, found.total) == ([], 5)
    assert filled.variables.page(Page(10, 99)).total == 5


def test_what_is_added_twice_is_refused(store: Store) -> None:
    store.variables.add("k", "v", outbox=[an_event("variable"), an_event("audit")])
    with pytest.raises(AlreadyExists):
        store.variables.add("k", "w", outbox=an_event("variable"))
    store.pools.add(PoolRecord(name="p", slots=1))
    with pytest.raises(AlreadyExists):
        store.pools.add(PoolRecord(name="p", slots=2))
    assert [row.kind for row in store.outbox.since(0)] == ["variable", "audit"]


def test_a_variable_is_changed_by_what_is_given(store: Store) -> None:
    store.variables.set("k", "v", "d")
    assert store.variables.update("k", {"description": None})
    assert store.variables.update("k", {"value": "w"})
    assert store.variables.update("k", {})
    assert not store.variables.update("none", {"value": "w"}, outbox=an_event("variable"))
    found = store.variables.get("k")
    assert found is not None and (found.value, found.description) == ("w", None)
    assert store.outbox.since(0) == []


def test_a_pool_is_renamed_unless_the_name_is_taken(store: Store) -> None:
    store.pools.set(PoolRecord(name="gpu", slots=1))
    store.pools.rename("gpu", PoolRecord(name="cards", slots=2))
    with pytest.raises(AlreadyExists):
        store.pools.rename("cards", PoolRecord(name="default_pool", slots=2))
    assert [(pool.name, pool.slots) for pool in store.pools.page(ALL, [Ordering("slots")]).items] == [
        ("cards", 2),
        ("default_pool", 128),
    ]


def test_connections_are_paged_with_their_secrets_readable(store: Store) -> None:
    for name, port in (("b", 2), ("a", None), ("c", 1)):
        store.connections.add(ConnectionRecord(conn_id=name, conn_type="http", port=port, password="hush"))
    found = store.connections.page(Page(2), [Ordering("port", descending=True)], [Pattern.anywhere("a|b")])
    assert [record.conn_id for record in found.items] == ["b", "a"] and found.items[0].password == "hush"


def test_import_errors_are_limited_to_files_that_may_be_read(store: Store) -> None:
    store.dags.save_file(a_file(a_dag("mine"), a_dag("yours"), file="/d/both.py", problems=[("bad", None)]), NOW)
    store.dags.save_file(a_file(a_dag("theirs"), file="/d/theirs.py", problems=[("bad", None)]), NOW)
    store.dags.save_file(a_file(file="/d/none.py", problems=[("bad", None)]), NOW)

    def files(readable: set[str] | None) -> list[str]:
        page = store.import_errors.page(ALL, [Ordering("file")], readable=readable)
        assert page.total == len(page.items)
        return [error.file for error in page.items]

    assert files(None) == ["/d/both.py", "/d/none.py", "/d/theirs.py"]
    assert files({"mine"}) == ["/d/both.py", "/d/none.py"]
    assert files(set()) == ["/d/none.py"]
    assert store.import_errors.dags_of(["/d/both.py", "/d/none.py"]) == {"/d/both.py": {"mine", "yours"}}
    error = store.import_errors.page(ALL, file="/d/theirs.py").items[0]
    assert store.import_errors.get(error.id) == error
    assert store.import_errors.get(error.id + 100) is None


def test_the_audit_log_is_found_among_other_changes(store: Store) -> None:
    run = stored(store, a_run("nightly", logical_date=NOW), "load")
    entries = [
        an_event("audit", why="dag.pause", dag_id="nightly", who="api:anna"),
        an_event("run", why="queued", dag_id="nightly"),
        an_event(
            "audit", why="task.clear", dag_id="nightly", run_key=run.run_key, who="cli:an_a", at=NOW + timedelta(1)
        ),
        an_event("audit", why="variable.set", who="api:ben"),
    ]
    assert store.edit(Changes(outbox=entries)) is None

    def events(order: str = "seq", **wanted: object) -> list[str]:
        found = store.audit.page(ALL, [Ordering(order)], AuditFilter(**wanted))  # type: ignore[arg-type]
        assert found.total == len(found.items)
        return [entry.record.why for entry in found.items]

    assert events() == ["dag.pause", "task.clear", "variable.set"]
    assert events("why") == ["dag.pause", "task.clear", "variable.set"]
    assert events(user="anna") == ["dag.pause"]
    assert events(user="an_a") == ["task.clear"]
    assert events(equal={"dag_id": "nightly"}, excluded=["dag.pause"]) == ["task.clear"]
    assert events(included=["variable.set", "dag.pause"], readable={"other"}) == ["variable.set"]
    assert events(patterns={"why": [Pattern.anywhere("PAUSE|set")]}) == ["dag.pause", "variable.set"]
    assert events(at=Span(gt=NOW)) == ["task.clear"]
    cleared = store.audit.page(ALL, [Ordering("logical_date", descending=True)], AuditFilter()).items[0]
    assert (cleared.record.why, cleared.logical_date) == ("task.clear", NOW)
    assert store.audit.get(cleared.record.seq) == cleared
    assert store.audit.get(cleared.record.seq, readable={"other"}) is None
    assert store.audit.get(cleared.record.seq - 1) is None, "a run is no entry of the audit log"
