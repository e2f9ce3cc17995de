"""What parsing a DAG file changes."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import sqlalchemy as sa

from tests.store.rows import NOW, a_dag, a_file, a_run, days, stored
from tradewind.store import Store, open_store

LATER = NOW + days(1)


def test_a_new_dag_has_a_first_version(store: Store) -> None:
    result = store.dags.save_file(a_file(a_dag()), NOW)
    assert (result.new, result.changed) == (["nightly"], [])
    dag = store.dags.get("nightly")
    assert dag is not None
    assert (dag.version_number, dag.spec, dag.created_at, dag.relative_fileloc) == (1, a_dag(), NOW, "nightly.py")
    assert store.dags.files() == {"/dags/nightly.py": "digest of v1"}
    assert store.dags.source("digest of v1") == "v1"
    version = store.dags.version(dag.version_id)
    assert version is not None
    assert version.spec == a_dag()
    assert [event.new for event in store.outbox.since(0, kinds=["dag"])] == ["new"]


@pytest.mark.parametrize(
    ("said", "default", "paused"),
    [(None, True, True), (None, False, False), (True, False, True), (False, True, False)],
)
def test_a_new_dag_is_paused_as_it_says_or_by_default(
    store: Store, said: bool | None, default: bool, paused: bool
) -> None:
    dag = a_dag(is_paused_upon_creation=said)
    store.dags.save_file(a_file(dag), NOW, paused_by_default=default)
    store.dags.save_file(a_file(dag), NOW, paused_by_default=not default)
    found = store.dags.get("nightly")
    assert found is not None
    assert found.is_paused is paused


def test_the_same_file_again_changes_nothing(store: Store) -> None:
    store.dags.save_file(a_file(a_dag()), NOW)
    before = store.outbox.last_seq()
    result = store.dags.save_file(a_file(a_dag()), LATER)
    assert (result.new, result.changed, result.redated, result.vanished) == ([], [], [], [])
    assert store.outbox.last_seq() == before
    found = store.dags.get("nightly")
    assert found is not None
    assert (found.version_number, found.last_parsed_at) == (1, LATER)


@pytest.mark.parametrize("what", ["structure", "source"])
def test_a_real_change_makes_a_version_and_runs_stay_on_theirs(store: Store, what: str) -> None:
    store.dags.save_file(a_file(a_dag()), NOW)
    first = store.dags.get("nightly")
    assert first is not None
    run = stored(store, a_run(version_id=first.version_id))
    changed = a_file(a_dag("nightly", "load", "clean")) if what == "structure" else a_file(a_dag(), source="v2")
    assert store.dags.save_file(changed, LATER).changed == ["nightly"]
    now = store.dags.get("nightly")
    assert now is not None
    assert now.version_number == 2
    assert [version.number for version in store.dags.versions("nightly")] == [1, 2]
    kept = store.runs.by_key(run.run_key)
    assert kept is not None
    old = store.dags.version(kept.version_id)
    assert old is not None
    assert old.spec == first.spec


def test_a_start_date_that_moves_with_every_parse_makes_no_version(store: Store) -> None:
    store.dags.save_file(a_file(a_dag(start_date=NOW)), NOW)
    result = store.dags.save_file(a_file(a_dag(start_date=LATER)), LATER)
    assert (result.changed, result.redated) == ([], ["nightly"])
    found = store.dags.get("nightly")
    assert found is not None
    assert (found.version_number, found.spec.start_date) == (1, LATER)


def test_a_dag_that_left_its_file_is_stale_and_comes_back(store: Store) -> None:
    store.dags.save_file(a_file(a_dag(), a_dag("hourly")), NOW)
    assert store.dags.save_file(a_file(a_dag()), NOW).vanished == ["hourly"]
    assert [dag.dag_id for dag in store.dags.list()] == ["nightly"]
    assert [dag.dag_id for dag in store.dags.list(include_stale=True)] == ["hourly", "nightly"]
    assert store.dags.save_file(a_file(a_dag(), a_dag("hourly")), NOW).changed == ["hourly"]
    found = store.dags.get("hourly")
    assert found is not None
    assert (found.is_stale, found.version_number) == (False, 1)


def test_a_file_that_is_gone_takes_its_dags_and_errors_along(store: Store) -> None:
    store.dags.save_file(a_file(a_dag(), problems=[("bad cron", "other")]), NOW)
    assert store.dags.forget_file("/dags/nightly.py", LATER).vanished == ["nightly"]
    assert store.dags.list() == []
    assert store.import_errors.list() == []
    assert store.dags.files() == {}
    assert store.dags.forget_file("/dags/nightly.py", LATER).vanished == []


def test_a_file_that_cannot_be_imported_keeps_its_dags_beside_the_error(store: Store) -> None:
    store.dags.save_file(a_file(a_dag()), NOW)
    broken = a_file(source="v2", problems=[("SyntaxError", None)])
    assert store.dags.save_file(broken, NOW).vanished == []
    found = store.dags.get("nightly")
    assert found is not None
    assert (found.is_stale, found.has_import_error) == (False, True)
    assert [error.message for error in store.import_errors.list()] == ["SyntaxError"]
    store.dags.save_file(a_file(a_dag(), source="v3"), NOW)
    found = store.dags.get("nightly")
    assert found is not None
    assert not found.has_import_error


def test_a_dag_with_an_error_of_its_own_is_kept_and_its_neighbours_have_none(store: Store) -> None:
    store.dags.save_file(a_file(a_dag(), a_dag("hourly")), NOW)
    store.dags.save_file(a_file(a_dag(), source="v2", problems=[("bad cron", "hourly")]), NOW)
    assert {dag.dag_id: dag.has_import_error for dag in store.dags.list()} == {"hourly": True, "nightly": False}


def test_import_errors_that_stay_the_same_keep_their_time_and_tell_nobody(store: Store) -> None:
    store.dags.save_file(a_file(problems=[("SyntaxError", None)]), NOW)
    before = store.outbox.last_seq()
    store.dags.save_file(a_file(problems=[("SyntaxError", None)]), LATER)
    assert [error.at for error in store.import_errors.list()] == [NOW]
    assert store.outbox.last_seq() == before


def test_a_dag_id_of_another_file_is_an_error_that_names_both(store: Store) -> None:
    store.dags.save_file(a_file(a_dag(), file="/dags/one.py"), NOW)
    result = store.dags.save_file(a_file(a_dag(), a_dag("fine"), file="/dags/two.py"), NOW)
    assert result.new == ["fine"]
    (error,) = store.import_errors.list()
    assert (error.file, error.dag_id) == ("/dags/two.py", "nightly")
    assert "/dags/one.py" in error.message
    assert "/dags/two.py" in error.message
    found = store.dags.get("nightly")
    assert found is not None
    assert found.fileloc == "/dags/one.py"


@pytest.mark.parametrize("how", ["forgotten", "no longer there"])
def test_a_dag_that_moves_to_another_file_is_taken_when_that_is_parsed_again(store: Store, how: str) -> None:
    store.dags.save_file(a_file(a_dag(), file="/dags/one.py"), NOW)
    store.dags.save_file(a_file(a_dag(), file="/dags/two.py"), NOW)
    if how == "forgotten":
        result = store.dags.forget_file("/dags/one.py", NOW)
    else:
        result = store.dags.save_file(a_file(file="/dags/one.py", source="empty"), NOW)
    assert (result.vanished, result.reparse) == (["nightly"], ["/dags/two.py"])
    assert store.dags.save_file(a_file(a_dag(), file="/dags/two.py"), NOW).changed == ["nightly"]
    assert store.import_errors.list() == []
    found = store.dags.get("nightly")
    assert found is not None
    assert found.fileloc == "/dags/two.py"


def test_a_dag_id_twice_in_one_file_is_an_error(store: Store) -> None:
    store.dags.save_file(a_file(a_dag(), a_dag("nightly", "other")), NOW)
    (error,) = store.import_errors.list()
    assert "defined twice" in error.message
    found = store.dags.get("nightly")
    assert found is not None
    assert found.spec.tasks[0].task_id == "load"


def test_pausing_tells_what_changed(store: Store) -> None:
    store.dags.save_file(a_file(a_dag(), a_dag("hourly")), NOW)
    assert store.dags.set_paused(["nightly", "nope"], False, "cli:root", NOW) == ["nightly"]
    assert store.dags.set_paused(["nightly"], False, "cli:root", NOW) == []
    assert [dag.dag_id for dag in store.dags.list(paused=True)] == ["hourly"]
    event = store.outbox.since(0)[-1]
    assert (event.dag_id, event.old, event.new, event.who) == ("nightly", "paused", "active", "cli:root")


def test_a_deleted_dag_takes_its_runs_and_versions(store: Store) -> None:
    store.dags.save_file(a_file(a_dag()), NOW)
    for _ in range(45):
        stored(store, a_run("nightly"), "load")
    stored(store, a_run("other"))
    assert store.dags.delete("nightly") == 47
    assert store.dags.get("nightly") is None
    assert store.runs.count() == 1
    assert store.dags.delete("nightly") == 0
    assert store.dags.save_file(a_file(a_dag()), NOW).new == ["nightly"]


# --- several files at once ---------------------------------------------------------------------------------------------


def _everything(store: Store) -> object:
    """What the store says of files and DAGs, without ids that are made anew each time."""
    dags = [
        (dag.dag_id, dag.fileloc, dag.is_stale, dag.version_number, dag.is_paused, dag.has_import_error, dag.spec)
        for dag in store.dags.list(include_stale=True)
    ]
    errors = [(error.file, error.dag_id, error.message) for error in store.import_errors.list()]
    events = [(e.kind, e.dag_id, e.old, e.new, e.why) for e in store.outbox.since(0)]
    return dags, errors, events, store.dags.files()


BEFORE = [
    a_file(a_dag(), a_dag("gone"), a_dag("moves"), file="/dags/one.py"),
    a_file(a_dag("stays"), file="/dags/two.py"),
    a_file(a_dag("broken"), file="/dags/three.py"),
]
AFTER = [
    # New version of one, one vanished, one moves on to a file that comes later and was refused before.
    a_file(a_dag("moves"), a_dag("fresh"), file="/dags/early.py", source="early"),
    a_file(a_dag("nightly", "load", "clean"), file="/dags/one.py", source="v2"),
    a_file(a_dag("moves"), a_dag("gone"), a_dag("taken"), file="/dags/four.py", source="v4"),
    a_file(a_dag("taken"), a_dag("taken", "other"), a_dag("own"), file="/dags/five.py", source="v4"),
    a_file(a_dag("stays", start_date=LATER), file="/dags/two.py"),
    a_file(file="/dags/three.py", source="v2", problems=[("SyntaxError", None)]),
    a_file(a_dag("fine"), file="/dags/six.py", problems=[("bad cron", "other")]),
]


def test_files_saved_together_change_what_they_change_one_after_the_other(opened: Callable[..., Store]) -> None:
    store = opened()
    store.dags.save_files(BEFORE, NOW)
    store.dags.save_file(AFTER[0], NOW)
    result = store.dags.save_files(AFTER, LATER)
    together = _everything(store)

    alone = open_store("sqlite://", create=True)
    alone.schema.migrate()
    for parsed in [*BEFORE, AFTER[0]]:
        alone.dags.save_file(parsed, NOW)
    results = [alone.dags.save_file(parsed, LATER) for parsed in AFTER]
    assert together == _everything(alone)
    alone.close()

    assert result.new == [dag_id for one in results for dag_id in one.new] == ["taken", "own", "fine"]
    assert result.changed == [dag_id for one in results for dag_id in one.changed] == ["nightly", "moves", "gone"]
    assert result.redated == [dag_id for one in results for dag_id in one.redated] == ["stays"]
    assert result.vanished == [dag_id for one in results for dag_id in one.vanished] == ["gone", "moves"]
    assert result.reparse == [path for one in results for path in one.reparse] == ["/dags/early.py"]


def test_the_number_of_statements_does_not_grow_with_the_number_of_files(store: Store) -> None:
    sent: list[str] = []
    writers = store._database._writers
    sa.event.listen(writers, "before_cursor_execute", lambda _c, _cursor, text, *_: sent.append(text))

    def statements(first: int, count: int) -> int:
        sent.clear()
        files = [a_file(a_dag(f"dag_{n}"), file=f"/dags/{n}.py", source=f"v{n}") for n in range(first, first + count)]
        store.dags.save_files(files, NOW)
        assert store.dags.get(f"dag_{first + count - 1}") is not None
        return len(sent)

    assert statements(0, 2) == statements(100, 60)
