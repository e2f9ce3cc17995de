"""The outbox: every change, once, in order."""

from __future__ import annotations

import threading
from collections.abc import Callable

from tests.store.rows import a_run, an_event, stored
from tradewind.core.changes import Changes
from tradewind.store import Store
from tradewind.store.outbox import write_outbox


def test_changes_are_read_on_from_the_last_number(store: Store) -> None:
    store.edit(Changes(outbox=[an_event(why=str(number)) for number in range(5)]))
    first = store.outbox.since(0, limit=2)
    rest = store.outbox.since(first[-1].seq)
    assert [event.why for event in first + rest] == ["0", "1", "2", "3", "4"]
    assert rest[-1].seq == store.outbox.last_seq()
    assert store.outbox.since(rest[-1].seq) == []


def test_kinds_are_filtered_however_rare_they_are(store: Store) -> None:
    store.edit(Changes(outbox=[an_event("pool" if number % 10 == 0 else "task") for number in range(30)]))
    assert len(store.outbox.since(0, kinds=["pool"], limit=4)) == 3
    assert len(store.outbox.since(0, kinds=["pool"], limit=2)) == 2
    assert store.outbox.since(0, kinds=["dag"]) == []


def test_the_history_is_that_of_a_run_a_task_or_an_instance(store: Store) -> None:
    run = stored(store, a_run())
    events = [an_event(run_key=run.run_key, task_id=task, map_index=index) for task in "ab" for index in (0, 1)]
    store.edit(Changes(outbox=[*events, an_event("run", run_key=run.run_key), an_event()]))
    assert len(store.outbox.history(run.run_key)) == 5
    assert len(store.outbox.history(run.run_key, "a")) == 2
    assert [event.map_index for event in store.outbox.history(run.run_key, "a", 1)] == [1]
    assert len(store.outbox.history(run.run_key, limit=1)) == 1


def test_a_change_that_was_rolled_back_leaves_no_hole_that_stops_a_reader(store: Store) -> None:
    run = stored(store, a_run())
    store.edit(Changes(outbox=[an_event(why="before")]))
    taken = Changes(new_runs=[a_run(run.dag_id, run.run_id)], outbox=[an_event(why="never")])
    assert store.edit(taken) is not None
    try:
        with store._database.write() as connection:
            write_outbox(connection, [an_event(why="never")])
            raise KeyError
    except KeyError:
        pass
    store.edit(Changes(outbox=[an_event(why="after")]))
    assert [event.why for event in store.outbox.since(0)] == ["before", "after"]


def test_a_lower_number_that_is_committed_later_is_not_missed(opened: Callable[..., Store], backend: str) -> None:
    if backend == "sqlite":
        # One writer at a time: numbers and commits have the same order.
        return
    slow, fast, reader = opened(), opened(), opened()
    numbered, go_on = threading.Event(), threading.Event()

    def write_slowly() -> None:
        with slow._database.write() as connection:
            write_outbox(connection, [an_event(why="slow")])
            numbered.set()
            go_on.wait(10)

    thread = threading.Thread(target=write_slowly)
    thread.start()
    assert numbered.wait(10)
    fast.edit(Changes(outbox=[an_event(why="fast")]))
    timer = threading.Timer(0.05, go_on.set)
    timer.start()
    seen = reader.outbox.since(0)
    thread.join()
    seen += reader.outbox.since(seen[-1].seq if seen else 0)
    assert [event.why for event in seen] == ["slow", "fast"]


def test_readers_beside_many_writers_see_every_change_once(opened: Callable[..., Store]) -> None:
    done = threading.Event()
    seen: list[str] = []

    def write(name: str, store: Store) -> None:
        for number in range(40):
            store.edit(Changes(outbox=[an_event(why=f"{name}{number}"), an_event(why=f"{name}{number}'")]))

    def read(store: Store) -> None:
        last = 0
        while True:
            ending = done.is_set()
            events = store.outbox.since(last)
            seen.extend(event.why for event in events)
            last = events[-1].seq if events else last
            if ending and not events:
                return

    writers = [threading.Thread(target=write, args=(name, opened())) for name in "abc"]
    reader = threading.Thread(target=read, args=(opened(),))
    for thread in (*writers, reader):
        thread.start()
    for thread in writers:
        thread.join()
    done.set()
    reader.join()
    assert len(seen) == len(set(seen)) == 240
