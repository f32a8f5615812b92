"""All probes of a run, each in a thread of its own and on its own clock, so that none waits for another."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from threading import Event, Thread
from time import monotonic
from types import TracebackType
from typing import Any, Protocol

from chaos.binding.model import Prometheus
from chaos.binding.probes import RealProbe
from chaos.clock import RunClock
from chaos.observer.notes import Journalled
from chaos.probes.board import Board
from chaos.probes.calls import CALL_METRICS, CallProbe
from chaos.probes.cluster import FactsNow, FactsProbe
from chaos.probes.command import CommandProbe
from chaos.probes.meter import Meter
from chaos.probes.query import QueryProbe
from chaos.probes.reading import Reading, unknown
from sim.analysis.view import DEFAULT_TARGET
from sim.errors import UsageError
from sim.quantities import show_duration
from sim.spec.probes import Probe

__all__ = ["EVERY_S", "STOP_S", "Probes", "Sources", "Within"]

EVERY_S = 1.0  # assumption: how often what costs nothing (our own calls, the observer's facts) is read
DRAIN_S = 0.1  # how often the meter takes over what the load has left
STOP_S = 1.0
GRACE_S = 1.0  # assumption: how late a reading may be, beyond its period and its limit, on a busy machine


class Source(Protocol):
    """Where one probe's readings come from. One that waits for others also has `abort()`."""

    def read(self, now_s: float) -> Reading:
        """Return the reading at `now_s`."""


@dataclass(frozen=True, slots=True)
class Sources:
    """What probes are read from: our own calls, the observer's facts, the environment's Prometheus."""

    meter: Meter
    facts: FactsNow | None = None
    prometheus: Prometheus | None = None


class Within:
    """A probe that counts only in [`from`, `until`): what lies outside neither breaks it nor is missing."""

    def __init__(self, probe: Probe, source: Source) -> None:
        self._from_s = float("-inf") if probe.from_ is None else probe.from_
        self._until_s = float("inf") if probe.until is None else probe.until
        self._source = source

    def read(self, now_s: float) -> Reading:
        """Return the source's reading, or one that holds and says since when nobody asks."""
        if self._from_s <= now_s < self._until_s:
            return self._source.read(now_s)
        when = f"before {show_duration(self._from_s)}" if now_s < self._from_s else "any more"
        return Reading(float("nan"), "held", now_s, f"not asked {when}")


@dataclass(frozen=True, slots=True)
class _Clocked:
    """A source, how often it is read, and how long a reading may take."""

    source: Source
    every_s: float
    limit_s: float = 0.0


class Probes:
    """Reads every probe from `start` to `stop`; a context manager of both.

    `steady`: of the scenario; `real`: of the binding, which says more of its own environment, so no name may be in
    both (UsageError). `lock`: the recorder's, where others write to it too. `readings`, `broken_for` and `unknown_for`
    are the board's. `failed`: what ended a thread that should have gone on (a full disk, a bug of ours), else None.
    """

    def __init__(
        self,
        steady: Mapping[str, Probe],
        real: Mapping[str, RealProbe],
        sources: Sources,
        recorder: Journalled,
        clock: RunClock,
        *,
        objectives: Mapping[str, Probe] | None = None,
        lock: AbstractContextManager[Any] | None = None,
    ) -> None:
        twice = ", ".join(name for name in real if name in steady)
        if twice:
            raise UsageError(f"steady: {twice}: in the scenario and in the binding; accepted: two names")
        allowed = {
            p.of: 1.0 - p.at_least for p in (objectives or {}).values() if p.metric == "call_ok_share" and p.at_least
        }
        self._clock, self._meter = clock, sources.meter
        self._probes = {name: _Clocked(_steady(p, sources, allowed), EVERY_S) for name, p in steady.items()}
        self._probes |= {name: _Clocked(_real(p, sources), p.every, p.limit) for name, p in real.items()}
        stale_s = {name: each.every_s + each.limit_s + GRACE_S for name, each in self._probes.items()}
        self._board = Board(stale_s, recorder, clock, lock)
        self.readings, self.broken_for = self._board.readings, self._board.broken_for
        self.unknown_for = self._board.unknown_for
        self.failed: BaseException | None = None
        self._stop = Event()
        self._threads: list[Thread] = []

    def start(self) -> Probes:
        """Begin to read."""
        work: dict[str, Callable[[], None]] = {"meter": self._drain}
        work |= {f"probe-{name}": partial(self._run, name, each) for name, each in self._probes.items()}
        self._threads = [Thread(target=self._kept, args=(each,), name=name, daemon=True) for name, each in work.items()]
        for thread in self._threads:
            thread.start()
        return self

    def stop(self) -> None:
        """End within STOP_S: what waits for an answer is broken off; who cannot be woken writes nothing more."""
        self._stop.set()
        self._board.close()
        for each in self._probes.values():
            if isinstance(each.source, CommandProbe | QueryProbe):
                each.source.abort()
        until_s = monotonic() + STOP_S
        for thread in self._threads:
            thread.join(max(0.0, until_s - monotonic()))

    def __enter__(self) -> Probes:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _kept(self, work: Callable[[], None]) -> None:
        try:
            work()
        except BaseException as error:  # it is the runner's to raise: in this thread nobody would hear of it
            self.failed = self.failed or error

    def _run(self, name: str, each: _Clocked) -> None:
        """Read at whole periods from the start; a reading that takes longer than its period skips some."""
        due_s = self._clock.now()
        while not self._stop.is_set():
            self._board.put(name, each.source.read(self._clock.now()))
            late_s = self._clock.now() - due_s
            due_s += each.every_s * (late_s // each.every_s + 1)
            self._stop.wait(max(0.0, due_s - self._clock.now()))

    def _drain(self) -> None:
        while not self._stop.wait(DRAIN_S):
            self._meter.drain()


class _Unreadable:
    """A probe that nothing here can read."""

    def __init__(self, why: str) -> None:
        self._why = why

    def read(self, now_s: float) -> Reading:
        return unknown(self._why, now_s)


def _steady(probe: Probe, sources: Sources, allowed: Mapping[str, float]) -> Source:
    if probe.metric in CALL_METRICS:
        return Within(probe, CallProbe(probe, sources.meter, allowed.get(probe.of, 1.0 - DEFAULT_TARGET)))
    if sources.facts is None:
        return _Unreadable("nobody observes the cluster")
    return Within(probe, FactsProbe(probe, sources.facts))


def _real(probe: RealProbe, sources: Sources) -> Source:
    if probe.command is not None:
        return CommandProbe(probe.command, probe.limit)
    if sources.prometheus is None:
        return _Unreadable("the binding names no prometheus")
    return QueryProbe(probe, sources.prometheus)
