"""Probes: readings with a bound, taken on their own clocks through the whole of a run."""

from __future__ import annotations

from chaos.probes.meter import Counts, Meter
from chaos.probes.probes import Probes, Sources
from chaos.probes.reading import Reading, Verdict

__all__ = ["Counts", "Meter", "Probes", "Reading", "Sources", "Verdict"]
