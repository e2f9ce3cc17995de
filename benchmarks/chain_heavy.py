"""What is left of the machine for the work: ten tasks that compute, one after the other."""

from __future__ import annotations

from benchmarks import chain
from benchmarks.bench import Bench, Row


def measure(bench: Bench) -> Row:
    return chain.row(
        bench,
        what="chain of 10 × fibo(33), trigger to the run's end",
        bar="≤ 1.05 × fork+wait",
        length=10,
        n=33,
        limit_s=None,
        limit_ratio=1.05,
    )
