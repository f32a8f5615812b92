"""Clients in real time: one policy, driven as in the simulator, and an open-loop load generator on top of it."""

from __future__ import annotations

from chaos.client.lag import lag_quantile_s
from chaos.client.load import Load, run_load
from chaos.client.loop import run
from chaos.client.plan import LoadClient, LoadPlan

__all__ = ["Load", "LoadClient", "LoadPlan", "lag_quantile_s", "run", "run_load"]
