"""What happened: the rows of a run, the recorder that takes them, the journal that keeps them."""

from __future__ import annotations

from sim.record.journal import Journal
from sim.record.recorder import Recorder
from sim.record.rows import ATTEMPT, CALL, OUTCOMES, REAL_CALL, REASONS, UNSENT, Event, Sample
from sim.record.run_info import RunInfo

__all__ = [
    "ATTEMPT", "CALL", "OUTCOMES", "REAL_CALL", "REASONS", "UNSENT", "Event", "Journal", "Recorder", "RunInfo",
    "Sample",
]  # fmt: skip
