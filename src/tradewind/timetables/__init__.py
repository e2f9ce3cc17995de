"""When a DAG runs: one class for each kind of schedule. Pure: the time comes with the question."""
