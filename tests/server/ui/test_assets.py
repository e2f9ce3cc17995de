from __future__ import annotations

from tests.server.ui.conftest import Site
from tests.services.conftest import a_task
from tradewind.core.permissions import Action, Grant
from tradewind.core.spec import TimetableSpec
from tradewind.server.ui import shapes

RAW = {"asset": {"name": "raw", "uri": "s3://lake/raw", "group": "asset"}}
CLEAN = {"asset": {"name": "clean", "uri": "s3://lake/clean", "group": "asset"}}


def on(*assets: object) -> TimetableSpec:
    return TimetableSpec(kind="assets", data={"assets": {"all": list(assets)}})


def a_lineage(site: Site) -> None:
    """`fetch` makes raw, which schedules `tidy`, which makes clean; `report` reads both and is scheduled on clean."""
    site.add_dag("fetch", a_task("get", outlets=(RAW,)))
    site.add_dag("tidy", a_task("wash", outlets=(CLEAN,)), timetable=on(RAW))
    site.add_dag("report", a_task("draw", inlets=(RAW,)), timetable=on(CLEAN))


def test_an_asset_names_who_makes_it_who_uses_it_and_whom_it_schedules(site: Site) -> None:
    a_lineage(site)
    clean, raw = site.shaped(shapes.AssetList, "/ui/assets").assets
    assert (raw.name, raw.consumers, raw.scheduled) == ("raw", ["report", "tidy"], ["tidy"])
    assert raw.producers == [shapes.InstanceOwner(dag_id="fetch", task_id="get")]
    assert (clean.name, clean.consumers, clean.scheduled) == ("clean", ["report"], ["report"])


def test_dags_that_may_not_be_read_are_not_named(site: Site) -> None:
    a_lineage(site)
    site.grants = frozenset({Grant(Action.READ, "Assets"), Grant(Action.READ, "DAG:fetch")})
    [raw] = site.shaped(shapes.AssetList, "/ui/assets").assets
    assert (raw.consumers, raw.scheduled) == ([], [])
