"""SmoothOperator: a joke that Airflow ships, and that files therefore may contain."""

from __future__ import annotations

from typing import Any

from tradewind.sdk.operator import BaseOperator


class SmoothOperator(BaseOperator):
    """Logs where the song can be heard."""

    ui_color = "#e8f7e4"
    yt_link: str = "https://www.youtube.com/watch?v=4TYv2PhG89A"

    def execute(self, context: Any) -> None:
        self.log.info("Sade, Smooth Operator: %s", self.yt_link)
