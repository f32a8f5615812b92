"""Each run checks itself: what was counted must add up, or its numbers are not to be trusted.

The identities hold exactly for a right model, whatever the load: calls are conserved at clients and at services; the
area under the number in system is the sum of the times spent there (Little's law as an identity of one sample path:
Stidham, Operations Research 22, 1974); nobody works more than there are workers; every finished call left a row.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from sim.errors import SelfCheckFailed
from sim.record import Journal

__all__ = ["check"]

_ROUNDING = 1e-6  # relative; sums of 10⁷ doubles of mixed size are good to about 1e-9
Totals = Mapping[str, float]


def check(journal: Journal) -> None:
    """Raise SelfCheckFailed, naming every identity that does not hold and its numbers."""
    rows = _rows(journal)
    found: list[str] = []
    for subject, totals in journal.totals.items():
        kind, _, name = subject.partition("/")
        if kind == "client":
            found += _client(subject, totals, rows[journal.info.clients.index(name)])
        elif kind == "service":
            found += _service(subject, totals)
    if found:
        info = journal.info
        run = f"{info.scenario}, option {info.option}, seed {info.seed}"
        raise SelfCheckFailed(f"{run}: the run contradicts itself (a bug of ours):\n" + "\n".join(found))


def _rows(journal: Journal) -> NDArray[np.int64]:
    """Count each client's rows, part by part: a run may be larger than memory."""
    counts = np.zeros(len(journal.info.clients), np.int64)
    for part in journal.call_parts():
        counts += np.bincount(part["client"], minlength=len(counts))
    return counts


def _client(subject: str, totals: Totals, rows: int) -> Iterator[str]:
    started, finished, in_flight = (totals[name] for name in ("started", "finished", "in_flight"))
    if started != finished + in_flight:
        yield f"{subject}: {started:g} calls started, but {finished:g} finished and {in_flight:g} in flight"
    if finished != rows:
        yield f"{subject}: {finished:g} calls finished, but {rows} rows written"
    if in_flight < 0:
        yield f"{subject}: {in_flight:g} calls in flight"


def _service(subject: str, totals: Totals) -> Iterator[str]:
    arrived, ends = totals["arrived"], ("finished", "rejected", "dropped", "lost", "in_system")
    if arrived != math.fsum(totals.get(name, 0.0) for name in ends):  # a journal of version 0.1 counts no dropped ones
        parts = ", ".join(f"{totals.get(name, 0.0):g} {name}" for name in ends)
        yield f"{subject}: {arrived:g} requests arrived, but {parts}"
    area_s, sojourn_s = totals["area_in_system_s"], totals["sum_sojourn_s"]
    if not math.isclose(area_s, sojourn_s, rel_tol=_ROUNDING, abs_tol=_ROUNDING):
        yield f"{subject}: Little's law: {area_s:g} s under the number in system, {sojourn_s:g} s of sojourns"
    busy_s, capacity_s = totals["busy_s"], totals["capacity_s"]
    if busy_s > capacity_s * (1 + _ROUNDING) + _ROUNDING:
        yield f"{subject}: {busy_s:g} s of work, but workers were there for {capacity_s:g} s"
    if not 0 <= totals["wasted_s"] <= busy_s * (1 + _ROUNDING) + _ROUNDING:
        yield f"{subject}: {totals['wasted_s']:g} s of {busy_s:g} s of work wasted"
