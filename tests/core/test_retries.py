"""When a failed try is made again. The numbers of dialect 3 are what Airflow 3.3.2 answers for the same instance."""

from __future__ import annotations

import pytest

from tests.core.world import START, task
from tradewind.core.retries import LONGEST_DELAY_S, can_retry, retry_delay_s


@pytest.mark.parametrize(
    ("delay_s", "multiplier", "longest_s", "try_number", "dated", "dialect", "expected_s"),
    [
        (300, 0, None, 1, True, 3, 300),
        (300, 2.0, None, 1, True, 3, 521),
        (300, 2.0, None, 2, True, 3, 817),
        (300, 2.0, None, 3, True, 3, 1518),
        (300, 2.0, 600, 3, True, 3, 600),
        (0, 2.0, None, 1, True, 3, 1),
        (0.4, 3.0, None, 2, False, 3, 2),
        (300, 2.0, None, 12, True, 3, LONGEST_DELAY_S),
        (300, 2.0, None, 2000, True, 3, LONGEST_DELAY_S),
        (60, 1.0, None, 4, True, 3, 60),
        (60, 1.5, None, 3, True, 3, 243),
        # Airflow 2 counts the coming try in the jitter: the base is the same, the moment is not.
        (300, 2.0, None, 1, True, 2, 517),
        (300, 2.0, None, 2, True, 2, 918),
        (300, 2.0, None, 2000, True, 2, LONGEST_DELAY_S),
        # Without back-off the longest delay has no say, as in Airflow.
        (300, 0, 60, 1, True, 3, 300),
    ],
)
def test_the_delay_grows_and_is_capped(delay_s, multiplier, longest_s, try_number, dated, dialect, expected_s):
    spec = task("t", retry_delay_s=delay_s, retry_multiplier=multiplier, max_retry_delay_s=longest_s)
    date = START if dated else None
    found = retry_delay_s(spec, dag_id="d", logical_date=date, try_number=try_number, dialect=dialect)
    assert found == expected_s


def test_the_jitter_lies_between_once_and_twice_the_base():
    spec = task("t", retry_delay_s=100, retry_multiplier=2)
    for try_number in range(1, 8):
        base = 100 * 2 ** (try_number - 1)
        found = retry_delay_s(spec, dag_id="d", logical_date=START, try_number=try_number)
        assert base <= found < 2 * base


@pytest.mark.parametrize(
    ("retries", "try_number", "max_tries", "expected"),
    [(0, 1, 0, False), (1, 1, 1, True), (1, 2, 1, False), (2, 2, 2, True), (0, 2, 2, False), (1, 3, 3, True)],
)
def test_a_try_is_made_again_while_retries_are_left(retries, try_number, max_tries, expected):
    assert can_retry(task("t", retries=retries), try_number, max_tries) is expected
