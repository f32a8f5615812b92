"""What will be done and when: named random streams, sampling by inversion, arrivals."""

from __future__ import annotations

from sim.plan.arrivals import open_arrivals
from sim.plan.plan import Plan, replication_seed
from sim.plan.sampling import Sampler, sampler
from sim.plan.streams import Stream

__all__ = ["Plan", "Sampler", "Stream", "open_arrivals", "replication_seed", "sampler"]
