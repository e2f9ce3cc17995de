"""What a task costs by itself: forty tasks that do next to nothing, one after the other."""

from __future__ import annotations

from benchmarks import chain
from benchmarks.bench import Bench, Row


def measure(bench: Bench) -> Row:
    return chain.row(
        bench,
        what="chain of 40 × fibo(10), trigger to the run's end",
        bar="≤ 0.25 s",
        length=40,
        n=10,
        limit_s=0.25,
        limit_ratio=None,
    )
