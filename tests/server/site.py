"""The web server in this process, over a store with a little of everything.

DAG `etl` (extract >> transform >> load): runs `first` (success), `second` (load failed, two tries of it) and `third`
(extract running). DAG `fan`: `pages` is mapped, its run `mapped` has `pages` at 0, 1, 2. DAG `quiet`: paused, no runs. File
`broken.py` cannot be imported; `etl.py` could be before and cannot any more.
"""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any, Final

import msgspec
from fastapi import Request
from fastapi.testclient import TestClient

from tests.services.conftest import HandClock
from tradewind.configuration import Configuration
from tradewind.core.changes import Changes
from tradewind.core.messages import ImportProblem
from tradewind.core.permissions import BUILT_IN_ROLES, DAG_PREFIX, Action, Grant, Resource
from tradewind.core.records import InstanceRecord, RunRecord, TryRecord, VariableRecord, XComRecord
from tradewind.core.spec import DagSpec, Expansion, LengthOf, TaskSpec
from tradewind.core.states import RunState, RunType, TaskState
from tradewind.server.access import Caller, as_user
from tradewind.server.app import make_app, server_of
from tradewind.server.listening import Certificate, Listen, bind
from tradewind.server.serve import url_of
from tradewind.services.connection_uri import make_connection
from tradewind.services.connections import add_connection
from tradewind.services.session import Services
from tradewind.services.variables import set_variable
from tradewind.store import ParsedFile, Store, open_store
from tradewind.timetables.interval import CronDataIntervalTimetable
from tradewind.timetables.registry import to_spec

NOW: Final = datetime(2025, 1, 10, 9, 0, tzinfo=timezone.utc)
PASSWORD: Final = "hunter2-of-the-warehouse"
"""In a connection of the store: must never be seen in an answer."""
ORDERS: Final = {"asset": {"name": "orders", "uri": "s3://lake/orders", "group": "asset"}}
ALIAS: Final = {"alias": {"name": "daily", "group": ""}}


def _only(dag_id: str) -> frozenset[Grant]:
    """An Op that sees no DAG but this one."""
    rest = {grant for grant in BUILT_IN_ROLES["Op"] if grant.resource != Resource.DAG.value}
    return frozenset(rest | {Grant(action, DAG_PREFIX + dag_id) for action in Action})


ROLES: Final = {
    **BUILT_IN_ROLES,
    "EtlOnly": _only("etl"),
    "FanOnly": _only("fan"),
    "Editor": frozenset({Grant(Action.READ, "Variables"), Grant(Action.EDIT, "Variables")}),
}
"""The built-in ones, Ops of one DAG, and one who changes variables and makes none."""


def authenticate(request: Request, services: Services) -> Caller | None:
    """`Authorization: Role Viewer` (or `Bearer Viewer`) is somebody with this role. Logging in has tests of its own."""
    scheme, _, role = request.headers.get("authorization", "").partition(" ")
    if scheme not in ("Role", "Bearer"):
        return None
    address = request.client.host if request.client else ""
    return Caller(as_user(services, role.lower(), address), role.lower(), (role,), ROLES[role], address)


class Site:
    """The server over one store."""

    def __init__(self, services: Services, clock: HandClock) -> None:
        self.services = services
        self.clock = clock
        self.app = make_app(services, authenticate)

    @property
    def store(self) -> Store:
        return self.services.store

    def share_file(self, dag_id: str, other: str) -> None:
        """Lets the file of `dag_id` define DAG `other`, too; its import error stays."""
        dags = [self.store.dags.get(each) for each in (dag_id, other)]
        specs = [dag.spec for dag in dags if dag is not None]
        problems = [
            ImportProblem(file=error.file, message=error.message, line=error.line)
            for error in self.store.import_errors.list(file=specs[0].fileloc)
        ]
        self.store.dags.forget_file(specs[1].fileloc, self.clock.now())
        moved = [msgspec.structs.replace(spec, fileloc=specs[0].fileloc) for spec in specs]
        self.store.dags.save_file(_file(specs[0].fileloc, *moved, problems=problems), self.clock.now())

    def client(self, role: str | None = "Admin") -> TestClient:
        """Somebody with this role; None: nobody."""
        headers = {} if role is None else {"Authorization": f"Role {role}"}
        return TestClient(self.app, base_url="http://localhost", headers=headers, follow_redirects=False)


def a_site(folder: Path, environ: dict[str, str] | None = None) -> Site:
    """`environ` sets options, as `AIRFLOW__API__EXPOSE_CONFIG`. Close its store."""
    clock = HandClock(NOW)
    store = open_store(f"sqlite:///{folder}/airflow.db", create=True)
    store.schema.migrate()
    services = Services(store=store, conf=Configuration(folder, environ or {}), who="cli:tester", clock=clock)
    _seed(services)
    return Site(services, clock)


@contextmanager
def serving(site: Site, certificate: Certificate | None = None) -> Iterator[str]:
    """The site on a port of this machine, for programs outside of this process; its address."""
    server = server_of(site.app, certificate)
    listening = bind(Listen("127.0.0.1", 0), lambda port: "")
    thread = threading.Thread(target=lambda: asyncio.run(server.serve(sockets=[listening])))
    thread.start()
    try:
        # The socket listens already: whoever connects is served as soon as the server is up.
        yield url_of("127.0.0.1", listening.getsockname()[1], certificate)
    finally:
        server.should_exit = True
        thread.join()
        listening.close()


def _seed(services: Services) -> None:
    store = services.store
    etl = _dag("etl", TaskSpec(task_id="extract", operator="PythonOperator"),
               _after("transform", "extract", outlets=(ORDERS, ALIAS)),
               _after("load", "transform", retries=1), tags=("nightly", "warehouse"), description="The warehouse",
               doc_md="# etl")  # fmt: skip
    fan = _dag(
        "fan",
        TaskSpec(task_id="list_pages", operator="PythonOperator"),
        _after("pages", "list_pages", expansion=Expansion(inputs=(("page", LengthOf("list_pages")),))),
        tags=("web",),
        owners=("anna", "ben"),
    )
    quiet = _dag("quiet", TaskSpec(task_id="only", operator="EmptyOperator", inline=True))
    for spec in (etl, fan, quiet):
        store.dags.save_file(_file(spec.fileloc, spec), NOW, paused_by_default=spec is quiet)
    broken = ImportProblem(file="/home/me/dags/broken.py", message="NameError: name 'dga' is not defined", line=3)
    store.dags.save_file(_file(broken.file, problems=[broken]), NOW)
    relapsed = ImportProblem(file=etl.fileloc, message="SyntaxError: '(' was never closed", line=7)
    store.dags.save_file(_file(etl.fileloc, etl, problems=[relapsed]), NOW)
    _runs_of_etl(store)
    _run_of_fan(store)
    store.jobs.heartbeat("engine-1", "engine", "here", 4711, "running", NOW)
    set_variable(services, "greeting", "hello", description="What to say")
    set_variable(services, "limits", {"rows": 10})
    set_variable(services, "api_token", "s3cret-token-value")
    add_connection(
        services,
        make_connection(
            "warehouse",
            conn_type="postgres",
            host="db.example.com",
            login="etl",
            password=PASSWORD,
            port=5432,
            schema="dwh",
            extra={"sslmode": "require", "api_key": "k-12345-secret"},
        ),
    )
    add_connection(services, make_connection("site", conn_type="http", host="example.com"))


def _dag(dag_id: str, *tasks: TaskSpec, **values: Any) -> DagSpec:
    return DagSpec(
        dag_id=dag_id,
        fileloc=f"/home/me/dags/{dag_id}.py",
        tasks=tasks,
        roots=tuple(task.task_id for task in tasks),
        timetable=to_spec(CronDataIntervalTimetable("0 6 * * *", timezone="UTC")),
        start_date=datetime(2025, 1, 1, tzinfo=timezone.utc),
        **{"owners": ("airflow",), **values},
    )


def _after(task_id: str, *upstream: str, **values: Any) -> TaskSpec:
    return TaskSpec(task_id=task_id, operator="PythonOperator", upstream=upstream, **values)


def _file(file: str, *dags: DagSpec, problems: list[ImportProblem] | None = None) -> ParsedFile:
    found = problems or []
    source = f"# {file}\n" + "\n".join(f"# {dag.dag_id}" for dag in dags) + f"\n# {len(found)} problems\n"
    return ParsedFile(
        file=file,
        relative=Path(file).name,
        source=source,
        source_digest=f"digest of {source!r}",
        dags=list(dags),
        problems=found,
    )


def _runs_of_etl(store: Store) -> None:
    dag = store.dags.get("etl")
    assert dag is not None
    done, failed, running = TaskState.SUCCESS, TaskState.FAILED, TaskState.RUNNING
    plan = [
        ("first", 3, RunState.SUCCESS, {"extract": done, "transform": done, "load": done}),
        ("second", 2, RunState.FAILED, {"extract": done, "transform": done, "load": failed}),
        ("third", 1, RunState.RUNNING, {"extract": running, "transform": TaskState.NONE, "load": TaskState.NONE}),
    ]
    for number, (run_id, days_ago, state, states) in enumerate(plan, 1):
        start = NOW - timedelta(days=days_ago)
        run = RunRecord(
            run_key=number,
            dag_id="etl",
            run_id=run_id,
            run_type=RunType.MANUAL if run_id == "third" else RunType.SCHEDULED,
            state=state,
            version_id=dag.version_id,
            run_after=start,
            logical_date=start - timedelta(days=1),
            data_interval_start=start - timedelta(days=1),
            data_interval_end=start,
            queued_at=start,
            start_date=start,
            end_date=start + timedelta(minutes=5) if state.is_final else None,
            conf='{"region": "eu"}' if run_id == "third" else "{}",
            triggered_by="cli" if run_id == "third" else "timetable",
            triggering_user="tester" if run_id == "third" else None,
            expanded=True,
        )
        instances = []
        tries = []
        for task_id, task_state in states.items():
            made = [] if task_state is TaskState.NONE else [TaskState.FAILED] * (task_state is failed) + [task_state]
            tries += [
                TryRecord(
                    try_id=f"{run_id}-{task_id}-{count}",
                    run_key=number,
                    task_id=task_id,
                    try_number=count,
                    state=each,
                    version_id=dag.version_id,
                    queued_at=start,
                    start_date=start,
                    end_date=None if each is running else start + timedelta(minutes=1),
                    hostname="here",
                    pid=4000 + count,
                    unixname="me",
                    error="ValueError: no rows" if each is failed else "",
                )
                for count, each in enumerate(made, 1)
            ]
            instances.append(
                InstanceRecord(
                    run_key=number,
                    task_id=task_id,
                    state=task_state,
                    try_number=len(made),
                    max_tries=1 if task_id == "load" else 0,
                    try_id=tries[-1].try_id if made else None,
                    operator="PythonOperator",
                    queued_at=start if made else None,
                    start_date=start if made else None,
                    end_date=start + timedelta(minutes=1) if task_state.is_final else None,
                    duration_s=60.0 if task_state.is_final else None,
                    hostname="here" if made else "",
                    unixname="me" if made else "",
                )
            )
        rows = XComRecord(
            run_key=number, task_id="extract", key="return_value", value=json.dumps({"rows": number}), created_at=start
        )
        changes = Changes(
            new_runs=[run], new_instances=instances, new_tries=tries,
            xcoms=[rows] if states["extract"] is done else [],
        )  # fmt: skip
        assert store.edit(changes) is None


def _run_of_fan(store: Store) -> None:
    dag = store.dags.get("fan")
    assert dag is not None
    run = RunRecord(
        run_key=4,
        dag_id="fan",
        run_id="mapped",
        run_type=RunType.MANUAL,
        state=RunState.RUNNING,
        version_id=dag.version_id,
        run_after=NOW,
        logical_date=NOW,
        queued_at=NOW,
        start_date=NOW,
        expanded=True,
    )
    one = InstanceRecord(
        run_key=4, task_id="list_pages", state=TaskState.SUCCESS, try_number=1, operator="PythonOperator"
    )
    states = [TaskState.SUCCESS, TaskState.QUEUED, TaskState.SCHEDULED]
    pages = [
        msgspec.structs.replace(one, task_id="pages", map_index=index, state=state)
        for index, state in enumerate(states)
    ]
    listing = XComRecord(run_key=4, task_id="list_pages", key="return_value", value='["a", "b", "c"]', length=3)
    assert store.edit(Changes(new_runs=[run], new_instances=[one, *pages], xcoms=[listing])) is None


def variable(site: Site, key: str) -> VariableRecord:
    found = site.store.variables.get(key)
    assert found is not None
    return found
