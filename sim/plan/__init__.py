"""What will be done, when and to whom: named random streams, sampling by inversion, arrivals, occurrences, targets."""

from __future__ import annotations

from sim.plan.arrivals import open_arrivals
from sim.plan.asked import Need, asked
from sim.plan.flaps import Phase, phases
from sim.plan.plan import Plan, replication_seed
from sim.plan.sampling import Sampler, sampler
from sim.plan.streams import Stream
from sim.plan.targets import chosen, nodes_hit
from sim.plan.timeline import Occurrence, occurrence

__all__ = [
    "Need", "Occurrence", "Phase", "Plan", "Sampler", "Stream", "asked", "chosen", "nodes_hit", "occurrence",
    "open_arrivals", "phases", "replication_seed", "sampler",
]  # fmt: skip
