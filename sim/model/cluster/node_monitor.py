"""The node monitor's decision, replayed: rules N1–N5 with the quirk N4.

The monitor passes over all nodes every `monitor_period_s`. At a pass it takes note of news: a status heartbeat it
has not seen, or a lease renewed *later* than the one it saved. The probe time is the **controller's** time at the
first pass that sees news (N3). At a pass later than probe + grace the node becomes Unknown (N2).
N4: news by status alone drops the saved lease, so that the next pass takes the old lease for news once more.
Convention: a pass exactly at probe + grace counts, T = m·⌈G/m⌉ + U(0, m) − U(0, r): a real pass takes a moment and so
comes slightly late (in the lab the probe's age at detection was 50.01–50.06 s at a grace of 50 s).
Source: `pkg/controller/nodelifecycle/node_lifecycle_controller.go` `tryUpdateNodeHealth`, Kubernetes 1.34.4.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from math import ceil
from typing import NamedTuple

__all__ = ["LATE_S", "Detection", "Passes", "detect"]

LATE_S = 1e-3  # a pass this much short of the limit counts: what a pass takes at least, and more than a float's error


class Detection(NamedTuple):
    """Which pass saw the last news, which set Unknown, and whether N4 made the first one late."""

    probe_pass: float
    unknown_pass: float
    old_lease_taken_as_news: bool


def detect(
    leases: Sequence[float], statuses: Sequence[float], passes: Sequence[float], grace_s: float
) -> Detection | None:
    """Return the pass that sets Unknown, or None if none of `passes` does.

    All times on one clock, each sequence ascending: the last renewals and status heartbeats of the node as the API
    server got them, and the passes of the monitor; a node first seen gets the first pass for its probe (N5, N19).
    """
    probe, by_old_lease = 0.0, False
    lease: float | None = None  # the latest at a pass, and what was saved of it
    status: float | None = None
    saved_lease: float | None = None
    saved_status: float | None = None
    first = True
    last_beat_s = max(*leases[-1:], *statuses[-1:], float("-inf"), float("-inf"))
    leases_seen = statuses_seen = 0
    for now in passes:
        while leases_seen < len(leases) and leases[leases_seen] <= now:
            lease = leases[leases_seen]
            leases_seen += 1
        while statuses_seen < len(statuses) and statuses[statuses_seen] <= now:
            status = statuses[statuses_seen]
            statuses_seen += 1
        if first:
            first, probe, saved_lease, saved_status = False, now, lease, status
            continue
        status_news = status is not None and status != saved_status
        lease_news = lease is not None and (saved_lease is None or lease > saved_lease)
        if status_news or lease_news:
            by_old_lease = not status_news and saved_lease is None and lease is not None and lease <= probe
            probe = now
            saved_status = status
            saved_lease = lease if lease_news else None
        elif now >= last_beat_s:
            break  # no more news: the first pass at or after the limit acts
        elif now >= probe + grace_s - LATE_S:
            return Detection(probe, now, by_old_lease)
    index = bisect_left(passes, probe + grace_s - LATE_S)
    return None if first or index == len(passes) else Detection(probe, passes[index], by_old_lease)


class Passes:
    """The passes of one term of the monitor: a lattice `start_s + k·period_s`, or listed ones and then the lattice."""

    __slots__ = ("first_s", "listed", "period_s", "start_s")

    def __init__(self, start_s: float, period_s: float, listed: Sequence[float] = ()) -> None:
        self.listed = list(listed)
        self.start_s = self.listed[-1] if listed else start_s
        self.first_s = self.listed[0] if listed else start_s
        self.period_s = period_s

    def next_s(self, at_s: float) -> float:
        """Return the first pass at or after `at_s`."""
        if self.listed and at_s <= self.listed[-1]:
            return self.listed[bisect_left(self.listed, at_s)]
        return self.start_s + self.period_s * self._step(at_s)

    def between(self, from_s: float, to_s: float) -> list[float]:
        """Return the passes from the first at or after `from_s` to the first at or after `to_s`."""
        listed = [instant for instant in self.listed if instant >= from_s]
        if listed and listed[-1] >= to_s:
            return listed[: bisect_left(listed, to_s) + 1]
        first = max(bool(self.listed), self._step(from_s))
        return listed + [self.start_s + self.period_s * k for k in range(first, max(first, self._step(to_s)) + 1)]

    def _step(self, at_s: float) -> int:
        return max(0, ceil((at_s - self.start_s) / self.period_s))
