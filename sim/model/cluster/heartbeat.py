"""A kubelet's heartbeats as numbers, never as events: rules H2, H4 and H5.

A lease is renewed every `period·(1 + U(0, jitter))` seconds, counted from the end of the last renewal, and a status
is reported likewise. While nothing changes nobody needs to know when; when a node falls silent, the moments of its
last heartbeats are drawn from the stationary process: the last one lies a *length-biased* age back (Ross, "Stochastic
Processes": long intervals are hit more often), the ones before at plain intervals.
"""

from __future__ import annotations

from collections.abc import Callable
from math import sqrt

__all__ = ["Draw", "Heartbeats", "age_s", "beats_before", "beats_since"]

Draw = Callable[[int], float]  # the n-th uniform of this occasion

_LEASES = 3  # renewals drawn: the first pass after the oldest starts the replay
_STATUSES = 16  # column of the first status' draw


def age_s(u: float, period_s: float, jitter_share: float) -> float:
    """Return the age of the last heartbeat at a random moment, by inversion of `u`.

    Intervals X are uniform on [period, period·(1 + jitter)]; the age has density P(X > a)/E[X].
    """
    width = period_s * jitter_share
    mean = period_s + width / 2
    mass = u * mean
    if mass <= period_s or width == 0.0:
        return mass
    # beyond the period: mass = period + y − y²/(2·width) with y = age − period
    return period_s + width - sqrt(max(0.0, width * width - 2.0 * width * (mass - period_s)))


def beats_before(at_s: float, period_s: float, jitter_share: float, count: int, draw: Draw, first: int) -> list[float]:
    """Return the last `count` heartbeats before `at_s`, oldest first, from draws `first`, `first + 1`, …"""
    beat = at_s - age_s(draw(first), period_s, jitter_share)
    beats = [beat]
    for k in range(1, count):
        beat -= period_s * (1.0 + jitter_share * draw(first + k))
        beats.append(beat)
    beats.reverse()
    return beats


def beats_since(
    since_s: float, at_s: float, period_s: float, jitter_share: float, draw: Draw, first: int
) -> list[float]:
    """Return all heartbeats after one at `since_s` and up to `at_s`, oldest first."""
    beats: list[float] = []
    beat = since_s + period_s * (1.0 + jitter_share * draw(first))
    while beat <= at_s:
        beats.append(beat)
        beat += period_s * (1.0 + jitter_share * draw(first + len(beats)))
    return beats


class Heartbeats:
    """The heartbeats of one node that decide its detection; drawn when it falls silent."""

    __slots__ = ("jitter_share", "lease_s", "leases", "since_s", "status_s", "statuses")

    def __init__(self, timings: dict[str, float]) -> None:
        self.lease_s, self.status_s = timings["lease_renew_s"], timings["status_report_s"]
        self.jitter_share = timings["heartbeat_jitter_share"]
        self.leases: list[float] = []
        self.statuses: list[float] = []
        self.since_s: float | None = None  # of this uninterrupted run; None: it has always run

    def resume(self, at_s: float) -> None:
        """Begin a new run with a renewal and a status at `at_s`."""
        self.since_s = at_s

    def stop(self, at_s: float, draw: Draw) -> None:
        """Draw the last heartbeats of the run that ends at `at_s`: at least one renewal, and what lies after it.

        Nothing before is needed: a pass that sees a renewal forgets what came earlier.
        """
        self.leases = self._last(at_s, self.lease_s, _LEASES, draw, 0)
        reach_s = at_s - self.leases[0]
        self.statuses = self._last(at_s, self.status_s, 2 + int(reach_s / self.status_s), draw, _STATUSES)

    def _last(self, at_s: float, period_s: float, count: int, draw: Draw, first: int) -> list[float]:
        since_s = self.since_s
        if since_s is not None and at_s - since_s < count * period_s:
            return [since_s, *beats_since(since_s, at_s, period_s, self.jitter_share, draw, first)]
        return beats_before(at_s, period_s, self.jitter_share, count, draw, first)
