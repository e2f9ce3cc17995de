"""The page itself: what Vite built, a policy for each answer, and the addresses of Airflow's own pages.

`index.html` is answered for every path that is no file, with the path under which this server is reached and a fresh nonce
put into it. Files below `assets/` have hashed names and never change; beside them lie compressed ones.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Final
from urllib.parse import quote, urlencode

from fastapi import FastAPI, Request
from fastapi.responses import FileResponse, HTMLResponse, RedirectResponse, Response

STATIC: Final = Path(__file__).parent / "static"
_BASE: Final = "__TRADEWIND_BASE__"
_NONCE: Final = "__TRADEWIND_NONCE__"
_POLICY: Final = (
    "default-src 'self'; script-src 'self' 'nonce-{nonce}'; style-src 'self' 'nonce-{nonce}'; img-src 'self' data:; "
    "object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'"
)
_HEADERS: Final = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
}
_TYPES: Final = {
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".json": "application/json",
    ".png": "image/png",
    ".ico": "image/x-icon",
    ".webmanifest": "application/manifest+json",
    ".wasm": "application/wasm",
    ".txt": "text/plain; charset=utf-8",
}
_YEAR: Final = "public, max-age=31536000, immutable"
_NOT_BUILT: Final = """<!doctype html><html lang="en"><meta charset="utf-8"><title>tradewind</title>
<h1>The pages are not built</h1>
<p>This checkout has no web UI yet. Build it: <code>make ui</code>, or install the wheel.
The REST API answers all the same: <a href="api/v2/openapi.json">api/v2/openapi.json</a>.</p></html>
"""


def add_pages(app: FastAPI, static: Path = STATIC) -> None:
    """Adds the pages to the application that answers whatever no API answers."""

    @app.api_route("/assets/{name:path}", methods=["GET", "HEAD"], include_in_schema=False)
    def asset(request: Request, name: str) -> Response:
        found = _file(static / "assets", name)
        return _served(request, found, _YEAR) if found is not None else Response(status_code=404)

    @app.api_route("/{path:path}", methods=["GET", "HEAD"], include_in_schema=False)
    def page(request: Request, path: str) -> Response:
        moved = moved_page(path, dict(request.query_params))
        if moved is not None:
            return RedirectResponse(f"{request.scope.get('root_path', '')}{moved}", 307)
        found = _file(static, path) if path and path != "index.html" else None
        if found is not None and found.suffix in _TYPES:
            return _served(request, found, "no-cache")
        return _index(request, static)


def _file(folder: Path, name: str) -> Path | None:
    """A file below `folder`; None for anything that is not there, or not there but elsewhere."""
    if "\0" in name:
        return None
    found = (folder / name).resolve()
    return found if found.is_file() and found.is_relative_to(folder.resolve()) else None


def _served(request: Request, file: Path, caching: str) -> Response:
    headers = {**_HEADERS, "Cache-Control": caching, "Vary": "Accept-Encoding"}
    accepted = request.headers.get("accept-encoding", "")
    kind = _TYPES.get(file.suffix, "application/octet-stream")
    for encoding, ending in (("br", ".br"), ("gzip", ".gz")):
        packed = file.with_name(file.name + ending)
        if encoding in accepted and packed.is_file():
            return FileResponse(packed, media_type=kind, headers={**headers, "Content-Encoding": encoding})
    return FileResponse(file, media_type=kind, headers=headers)


def _index(request: Request, static: Path) -> Response:
    nonce = secrets.token_urlsafe(16)
    headers = {**_HEADERS, "Cache-Control": "no-cache", "Content-Security-Policy": _POLICY.format(nonce=nonce)}
    try:
        text = (static / "index.html").read_text(encoding="utf-8")
    except FileNotFoundError:
        return HTMLResponse(_NOT_BUILT, headers=headers)
    base = quote(str(request.scope.get("root_path", "")).rstrip("/")) + "/"
    return HTMLResponse(text.replace(_BASE, base).replace(_NONCE, nonce), headers=headers)


# --- addresses of Airflow's pages ----------------------------------------------------------------------------------------

Query = dict[str, str]


def _dag(dag_id: str, **search: str | None) -> str:
    given = {name: value for name, value in search.items() if value}
    return f"/dags/{quote(dag_id, safe='')}{'?' + urlencode(given) if given else ''}"


def _task(dag_id: str, run_id: str, task_id: str, **search: str | None) -> str:
    given = {name: value for name, value in search.items() if value}
    path = f"/dags/{quote(dag_id, safe='')}/runs/{quote(run_id, safe='')}/tasks/{quote(task_id, safe='')}"
    return f"{path}{'?' + urlencode(given) if given else ''}"


_VIEWS: Final = {
    "grid": "grid",
    "graph": "graph",
    "calendar": "calendar",
    "gantt": "gantt",
    "code": "code",
    "details": "details",
    "duration": "charts",
    "task-duration": "charts",
    "tries": "charts",
    "landing-times": "charts",
    "audit_log": "events",
    "events": "events",
    "backfills": "backfills",
}
_LISTS: Final = {
    "home": "/dags",
    "dagrun/list": "/runs",
    "dag_runs": "/runs",
    "variable/list": "/variables",
    "connection/list": "/connections",
    "pool/list": "/pools",
    "log/list": "/audit",
    "events": "/audit",
    "job/list": "/status",
    "jobs": "/status",
    "config": "/configuration",
    "provider": "/providers",
    "plugin": "/plugins",
    "users/list": "/users",
    "roles/list": "/roles",
    "datasets": "/assets",
}
_BY_QUERY: Final[dict[str, Callable[[Query], str]]] = {
    "graph": lambda query: _dag(query["dag_id"], view="graph"),
    "tree": lambda query: _dag(query["dag_id"], view="grid"),
    "grid": lambda query: _dag(query["dag_id"], view="grid"),
    "gantt": lambda query: _dag(query["dag_id"], view="gantt"),
    "calendar": lambda query: _dag(query["dag_id"], view="calendar"),
    "code": lambda query: _dag(query["dag_id"], view="code"),
    "dag_details": lambda query: _dag(query["dag_id"], view="details"),
    "duration": lambda query: _dag(query["dag_id"], view="charts"),
    "tries": lambda query: _dag(query["dag_id"], view="charts"),
    "landing_times": lambda query: _dag(query["dag_id"], view="charts"),
}

_DAG_FILTER: Final = {"_flt_3_dag_id": "dag", "_flt_3_run_id": "run", "dag_id_pattern": "dag", "run_id_pattern": "run"}
_INSTANCE_FILTER: Final = {
    **_DAG_FILTER,
    "_flt_3_task_id": "task",
    "_flt_3_state": "state",
    "_flt_3_operator": "operator",
    "_flt_3_pool": "pool",
    "_flt_3_queue": "queue",
    "_flt_3_hostname": "host",
    "name_pattern": "task",
    "task_id_pattern": "task",
    "task_state": "state",
    "operator_name_pattern": "operator",
    "pool_name_pattern": "pool",
    "queue_name_pattern": "queue",
}
_XCOM_FILTER: Final = {
    **_DAG_FILTER, "_flt_3_task_id": "task", "_flt_3_key": "key", "task_id_pattern": "task", "key_pattern": "key",
}  # fmt: skip
_FILTERED: Final = {
    "taskinstance/list": ("/task-instances", _INSTANCE_FILTER),
    "task_instances": ("/task-instances", _INSTANCE_FILTER),
    "xcom/list": ("/xcoms", _XCOM_FILTER),
    "xcoms": ("/xcoms", _XCOM_FILTER),
}
"""Lists with filters: our page, and our names of the filters in their addresses."""


def _filtered(plain: str, query: Query) -> str | None:
    page, names = _FILTERED[plain]
    given = {names[name]: value for name, value in query.items() if name in names and value}
    if not given and page == f"/{plain}":
        return None  # One of ours already.
    return f"{page}{'?' + urlencode(given) if given else ''}"


def moved_page(path: str, query: Query) -> str | None:
    """Our address of a page of Airflow 2 or 3, as a path of this server; None for a path that is none of theirs."""
    parts = path.strip("/").split("/")
    plain = "/".join(parts)
    if plain in _LISTS:
        return _LISTS[plain]
    if plain in _FILTERED:
        return _filtered(plain, query)
    if plain in _BY_QUERY and query.get("dag_id"):
        return _BY_QUERY[plain](query)
    if plain in ("log", "task", "rendered-templates", "xcom") and query.get("dag_id") and query.get("task_id"):
        tab = {"log": "logs", "task": "details", "rendered-templates": "rendered", "xcom": "xcom"}[plain]
        run = query.get("dag_run_id") or query.get("run_id")
        if run:
            return _task(query["dag_id"], run, query["task_id"], tab=tab, map=_map_index(query.get("map_index")))
        return _dag(query["dag_id"], view="grid", task=query["task_id"])
    if len(parts) == 3 and parts[0] == "dags" and parts[2] in _VIEWS:
        run = query.get("dag_run_id")
        task = query.get("task_id")
        if run and task:
            return _dag(
                parts[1],
                view=_VIEWS[parts[2]],
                run=run,
                task=task,
                tab=query.get("tab"),
                map=_map_index(query.get("map_index")),
            )
        return _dag(parts[1], view=_VIEWS[parts[2]], run=run, task=task)
    if len(parts) == 3 and parts[0] == "dags" and parts[2] == "runs":
        return _dag(parts[1], view="runs")
    if len(parts) == 4 and parts[0] == "dags" and parts[2] == "tasks":
        return _dag(parts[1], view="grid", task=parts[3])
    if len(parts) == 8 and parts[0] == "dags" and parts[2] == "runs" and parts[4] == "tasks" and parts[6] == "mapped":
        return _task(parts[1], parts[3], parts[5], map=_map_index(parts[7]))
    return None


def _map_index(text: str | None) -> str | None:
    return text if text and text.lstrip("-").isdigit() and int(text) >= 0 else None
