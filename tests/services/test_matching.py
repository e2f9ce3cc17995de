from __future__ import annotations

import pytest

from tradewind.services.views.matching import fits


@pytest.mark.parametrize(
    ("name", "typed", "expected"),
    [
        ("etl_daily", "daily", True),
        ("ETL_Daily", "etl", True),
        ("etl_daily", "edl", False),
        ("한글 처리", "ㅎㄱ", True),
        ("일별 매출 집계", "ㅁㅊ", True),
        ("일별 매출 집계", "ㅁㅈ", False),
        ("한국 매출", "하", True),
        ("한국 매출", "한구", True),
        ("허가 매출", "하", False),
        ("하나", "한", False),
        ("까치", "ㄱㅊ", False),
        ("까치", "ㄲㅊ", True),
        ("매출_etl", "ㅊ_e", True),
        ("", "ㅎㄱ", False),
        ("한", "ㅎㄱ", False),
    ],
)
def test_what_is_typed_is_found_in_a_name(name: str, typed: str, expected: bool) -> None:
    assert fits(name, typed) is expected
