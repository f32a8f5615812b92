"""What one policy does by itself: it is driven against a scripted server, without a clock, and drawn over time."""

from __future__ import annotations

from sim.rehearsal.drive import Rehearsed, Sent, rehearse
from sim.rehearsal.schedule import Schedule, Spread, schedule_of, tries_by_failure
from sim.rehearsal.scripts import INSTANT, SILENT_S, Script, instantly, silent

__all__ = [
    "INSTANT", "SILENT_S", "Rehearsed", "Schedule", "Script", "Sent", "Spread", "instantly", "rehearse", "schedule_of",
    "silent", "tries_by_failure",
]  # fmt: skip
