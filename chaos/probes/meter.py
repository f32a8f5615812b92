"""The calls of the last while, by the moment at which they ended: what call probes are read from during a run.

A call counts when it ends, not when it starts as in `sim.analysis`: of calls that wait for half a minute and then fail,
none would stand in the last half minute by its start. So the meter is as late as the calls are long, and a subject
none of whose calls ends has no reading. Over the same calls both read the same numbers: the functions are the same.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from struct import Struct
from threading import Lock
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from chaos.clock import RunClock
from sim.record import CALL, OUTCOMES, REAL_CALL, REASONS, UNSENT

__all__ = ["Counts", "Meter", "Rows"]

Rows = NDArray[np.void]
Take = Callable[[tuple[Any, ...]], None]

BATCH = 512
"""Rows packed at once, so that the load's thread never waits for more than about 0.1 ms. Source: measured, 0.15 µs a
row in benchmarks of `sim.record.growing`, whose packing this is."""
PART = 16_384  # rows looked at in one step of the interpreter: in about 1 ms, for the same reason
ROUNDING_S = 1e-6  # ends come in order but for the rounding of a sum
_OK, _UNSENT = OUTCOMES.index("ok"), REASONS.index(UNSENT)
_PACK = Struct("=" + "".join(REAL_CALL[name].char for name in REAL_CALL.names or ())).pack
_KEPT = list(CALL.names or ())


class Counts(NamedTuple):
    """How many calls of a subject have ended, and how many of them well."""

    ok: int
    ended: int


class Meter:
    """Keeps the calls that ended within the last `longest_s` seconds, 38 bytes each, and counts those of the whole run.

    `clients`, `services`: the names behind a row's indices. `tap` stands before a recorder: one more call and one
    `append` for each finished call. Everything else may be asked from any thread.
    """

    def __init__(self, clients: Sequence[str], services: Sequence[str], clock: RunClock, longest_s: float) -> None:
        self.began_s = clock.now()
        self._names = {"client": tuple(clients), "service": tuple(services)}
        self._clock, self._longest_s = clock, longest_s
        self._new: deque[tuple[Any, ...]] = deque()
        self._lock = Lock()
        self._rows, self._ended_s = np.empty(0, CALL), np.empty(0)
        self._first = self._end = 0
        self._counts = np.zeros((len(clients), len(services), 2), np.int64)

    def tap(self, take: Take) -> Take:
        """Return what takes a call's row for the meter and then hands it to `take`."""
        keep = self._new.append

        def call(row: tuple[Any, ...]) -> None:
            keep(row)
            take(row)

        return call

    def window(self, subject: str, begin_s: float, end_s: float) -> Rows:
        """Return a subject's calls that ended in [begin_s, end_s), in the order in which they ended.

        Subjects as in `sim.analysis`: `client/NAME`, `service/NAME`, `cluster`. Calls that were not made are none.
        """
        with self._lock:
            self._drain()
            first = self._first + int(np.searchsorted(self._ended_s[self._first : self._end], begin_s - ROUNDING_S))
            parts = [slice(at, min(at + PART, self._end)) for at in range(first, self._end, PART)]
            return np.concatenate([np.empty(0, CALL), *(self._chosen(part, subject, begin_s, end_s) for part in parts)])

    def _chosen(self, part: slice, subject: str, begin_s: float, end_s: float) -> Rows:
        ended_s, rows = self._ended_s[part], self._rows[part]
        return rows[(ended_s >= begin_s) & (ended_s < end_s) & self._is_of(rows, subject)]

    def counts(self, subject: str) -> Counts:
        """Return the counts of a subject's calls that were planned at t ≥ 0 and have ended: for its error budget."""
        with self._lock:
            self._drain()
            kind, _, name = subject.partition("/")
            counts = self._counts
            if kind in self._names:
                index = self._index(kind, name)
                counts = counts.take([index] if index is not None else [], axis=0 if kind == "client" else 1)
            ok, ended = counts.reshape(-1, 2).sum(axis=0).tolist()
            return Counts(ok, ended)

    def drain(self) -> None:
        """Take over what has come: often, so that it is never much at once."""
        with self._lock:
            self._drain()

    def _index(self, kind: str, name: str) -> int | None:
        names = self._names[kind]
        return names.index(name) if name in names else None

    def _is_of(self, rows: Rows, subject: str) -> NDArray[np.bool_]:
        kind, _, name = subject.partition("/")
        if kind not in self._names:
            return np.ones(len(rows), bool)
        index = self._index(kind, name)
        return np.zeros(len(rows), bool) if index is None else rows[kind] == index

    def _drain(self) -> None:
        new = self._new
        for _ in range(-(-len(new) // BATCH)):
            batch = [new.popleft() for _ in range(min(BATCH, len(new)))]
            self._take(np.frombuffer(b"".join([_PACK(*row) for row in batch]), REAL_CALL))
        self._forget(self._clock.now() - self._longest_s)

    def _take(self, real: Rows) -> None:
        real = real[real["reason"] != _UNSENT]
        self._make_room(len(real))
        into = slice(self._end, self._end + len(real))
        for name in _KEPT:
            self._rows[name][into] = real[name]
        self._ended_s[into] = real["t_s"] + real["took_s"]
        self._end += len(real)
        planned = real[real["t_s"] >= 0.0]
        np.add.at(self._counts[..., 1], (planned["client"], planned["service"]), 1)
        good = planned[planned["outcome"] == _OK]
        np.add.at(self._counts[..., 0], (good["client"], good["service"]), 1)

    def _make_room(self, count: int) -> None:
        """Move what is held to the front, into arrays twice its size, whenever the end is reached."""
        if self._end + count <= len(self._rows):
            return
        held = slice(self._first, self._end)
        room = max(2 * (self._end - self._first + count), 2 * BATCH)
        rows, ended_s = np.empty(room, CALL), np.empty(room)
        self._end -= self._first
        rows[: self._end], ended_s[: self._end] = self._rows[held], self._ended_s[held]
        self._rows, self._ended_s, self._first = rows, ended_s, 0

    def _forget(self, before_s: float) -> None:
        """Drop calls from the front: rows come in the order in which their calls ended, up to rounding."""
        ended_s = self._ended_s[self._first : self._end]
        self._first += int(np.searchsorted(ended_s, before_s))
