"""Measures tradewind from outside, as a user drives it, beside bare fork and wait and beside a real Airflow.

    python -m benchmarks [NAME …] [--airflow PATH] [--json FILE] [--rounds N] [--folder DIR]

One module for each benchmark; `ROWS` in `__main__` lists them. Ratios count: absolute times drift with the machine.
"""
