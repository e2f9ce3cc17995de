"""Every recorded DAG, played through the core alone in several orders: the outcome is one that real Airflow accepts."""

from __future__ import annotations

import random

import pytest

from tests.core.conformance_dags import Planned, differences, load
from tests.core.world import World, name

SPECS, EXPECTED = load()
ORDERS = 6
PLAYABLE = sorted(dag_id for dag_id, expected in EXPECTED.items() if "parse_error" not in expected)


@pytest.mark.parametrize("dag_id", PLAYABLE)
def test_a_recorded_dag_ends_as_in_airflow(dag_id):
    planned, expected = Planned(SPECS[dag_id]), EXPECTED[dag_id]
    for seed in range(ORDERS):
        world = World(planned.spec)
        # Every third order also loses the engine's memory now and then.
        reloads = 0.15 if seed % 3 == 2 else 0.0
        world.play(planned.outcome, random.Random(seed), reload_chance=reloads)
        assert differences(expected, world.run_state.value, world.states) == [], f"order {seed}"
        if len(expected["accept"]) == 1:
            tries = {name(instance): instance.try_number for instance in world.view.instances.values()}
            assert {key: tries.get(key) for key, count in expected["tries"].items() if count} == {
                key: count for key, count in expected["tries"].items() if count
            }
