"""The only clock of the real world: seconds since the plan began, and what the wall says.

Everything that is measured or waited for uses `RunClock` (monotonic); the wall is asked for dates that others wrote.
"""

from __future__ import annotations

from datetime import UTC, datetime
from time import monotonic, time

__all__ = ["RunClock", "started_text", "wall_s", "wall_text"]


class RunClock:
    """Seconds since the plan began, from −`warmup_s` at the moment when it is made; never steps back."""

    __slots__ = ("_origin_s",)

    def __init__(self, warmup_s: float = 0.0) -> None:
        self._origin_s = monotonic() + warmup_s

    def start_again(self, warmup_s: float) -> None:
        """Let the warm-up begin now: for who had to prepare something, before anybody else reads the clock."""
        self._origin_s = monotonic() + warmup_s

    def now(self) -> float:
        """Return the time of the run, in seconds."""
        return monotonic() - self._origin_s


def wall_s() -> float:
    """Return the seconds since 1970: for comparing with a date that a server sent."""
    return time()


def started_text() -> str:
    """Return the wall time as a journal notes it: UTC, ISO 8601, to the second."""
    return datetime.fromtimestamp(wall_s(), UTC).isoformat(timespec="seconds")


def wall_text() -> str:
    """Return the wall time for people who watch: `12:03:44 UTC`."""
    return f"{datetime.fromtimestamp(wall_s(), UTC):%H:%M:%S} UTC"
