"""Airflow's import names over tradewind. The table is `tradewind.sdk.airflow_names`; nothing here has behaviour."""

from __future__ import annotations

import sys

from tradewind.sdk.airflow_imports import AirflowModule, all_folders, install
from tradewind.sdk.airflow_names import SERVED_VERSION

# Installed provider packages live in `airflow/providers` of site-packages, whatever folder this file is in.
__path__ = all_folders(__path__)
__version__ = SERVED_VERSION

install()
sys.modules[__name__].__class__ = AirflowModule
