"""Traffic: clients and their policies, transports, the pods that serve, and the rows that are left of it."""

from __future__ import annotations

from sim.model.traffic.traffic import Traffic

__all__ = ["Traffic"]
