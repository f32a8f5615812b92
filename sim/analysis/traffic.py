"""The calls of one run by subject and by periods, sorted once so that every cut is a slice."""

from __future__ import annotations

from functools import cached_property
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from sim.analysis.calls import OK, Rows, offered_s
from sim.analysis.replication import Floats
from sim.analysis.spans import Periods
from sim.record import Journal
from sim.record.run_info import RunInfo

__all__ = ["Traffic"]

Kind = TypeVar("Kind", bound=np.generic)


class Traffic:
    """A run's calls. Subjects: `client/NAME`, `service/NAME` (all who call it), `cluster` (all together)."""

    def __init__(self, journal: Journal) -> None:
        self._journal, self._info = journal, journal.info
        self._of: dict[str, Rows] = {}
        self._offered: dict[str, Floats] = {}
        self._answered: dict[str, Floats] = {}

    @property
    def clients(self) -> tuple[str, ...]:
        """Return the subjects that are clients."""
        return tuple(f"client/{name}" for name in self._info.clients)

    @property
    def subjects(self) -> tuple[str, ...]:
        """Return all subjects that have calls."""
        return (*self.clients, *(f"service/{name}" for name in self._info.services), "cluster")

    @cached_property
    def _calls(self) -> Rows:
        """All calls by start, warm-up included; of equal starts the one that ended first."""
        calls = self._journal.calls
        return calls[np.argsort(calls["t_s"], kind="stable")]

    def of(self, subject: str) -> Rows:
        """Return a subject's calls by start, warm-up included."""
        if subject not in self._of:
            self._of[subject] = _of(self._calls, self._info, subject)
        return self._of[subject]

    def within(self, subject: str, periods: Periods) -> Rows:
        """Return a subject's calls that started within the periods, by start."""
        calls = self.of(subject)
        return _joined(calls, np.ascontiguousarray(calls["t_s"]), periods)

    def offered_s(self, subject: str, periods: Periods) -> Floats:
        """Return the instants of a subject's attempts within the periods, sorted; exact where they were traced."""
        if subject not in self._offered:
            attempts = self._journal.attempts
            traced = len(attempts) and not subject.startswith("service/")  # an attempt's row names no service
            told = np.sort(_of(attempts, self._info, subject)["t_s"]) if traced else offered_s(self.of(subject))
            self._offered[subject] = told
        offered = self._offered[subject]
        return _joined(offered, offered, periods)

    def answered_s(self, subject: str, periods: Periods) -> Floats:
        """Return the instants within the periods at which good answers came, sorted."""
        if subject not in self._answered:
            good = self.of(subject)
            good = good[good["outcome"] == OK]
            self._answered[subject] = np.sort(good["t_s"] + good["took_s"])
        answered = self._answered[subject]
        return _joined(answered, answered, periods)


def _of(rows: Rows, info: RunInfo, subject: str) -> Rows:
    kind, _, name = subject.partition("/")
    names = {"client": info.clients, "service": info.services}.get(kind)
    if names is None:
        return rows
    return rows[rows[kind] == names.index(name)] if name in names else rows[:0]


def _slices(sorted_s: Floats, periods: Periods) -> list[slice]:
    edges = np.searchsorted(sorted_s, np.array(periods, float).reshape(-1, 2))
    return [slice(int(begin), max(int(begin), int(end))) for begin, end in edges]


def _joined(rows: NDArray[Kind], sorted_s: Floats, periods: Periods) -> NDArray[Kind]:
    pieces = [rows[piece] for piece in _slices(sorted_s, periods)]
    return pieces[0] if len(pieces) == 1 else np.concatenate([rows[:0], *pieces])
