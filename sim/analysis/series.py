"""Counts over equal bins of time, and the latency histogram: what pictures are drawn from."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.analysis.calls import OK, UNKNOWN, Rows
from sim.analysis.replication import LATENCY_EDGES_S, Floats, Series

__all__ = ["BINS", "edges_s", "latency_counts", "series_of"]

BINS = 240  # a picture 1,200 pixels wide shows no more


def edges_s(duration_s: float) -> Floats:
    """Return the edges of BINS equal bins over the run."""
    return np.linspace(0.0, duration_s, BINS + 1)


def series_of(calls: Rows, attempts_s: Floats, answered_s: Floats, edges: Floats) -> Series:
    """Return counts per bin: calls by their start and outcome, attempts and good answers by their own instants."""
    place = np.clip(np.searchsorted(edges, calls["t_s"], side="right") - 1, 0, BINS - 1)
    outcome = calls["outcome"]

    def count(chosen: NDArray[np.bool_]) -> Floats:
        return np.bincount(place[chosen], minlength=BINS).astype(float)

    ok, unknown = count(outcome == OK), count(outcome == UNKNOWN)
    failed = count((outcome != OK) & (outcome != UNKNOWN))
    attempts, answered = (np.histogram(instants, edges)[0].astype(float) for instants in (attempts_s, answered_s))
    offered = ok + failed + unknown
    return Series(offered=offered, ok=ok, failed=failed, unknown=unknown, attempts=attempts, answered=answered)


def latency_counts(calls: Rows) -> NDArray[np.int64]:
    """Return counts of the good calls' times over LATENCY_EDGES_S; what lies outside counts in the outermost bins."""
    took = np.clip(calls["took_s"][calls["outcome"] == OK], LATENCY_EDGES_S[0], LATENCY_EDGES_S[-1])
    return np.histogram(took, LATENCY_EDGES_S)[0].astype(np.int64)
