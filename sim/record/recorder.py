"""What the world tells while it runs: to memory, or to a directory in constant memory."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from sim.errors import RunError
from sim.record.directory import Lines, Parts, rehearse, write_whole
from sim.record.growing import GrowingTable, Rows, chunked
from sim.record.journal import InDirectory, InMemory, Journal
from sim.record.rows import ATTEMPT, Event, Sample, call_columns
from sim.record.run_info import RunInfo

__all__ = ["Recorder"]

Take = Callable[[tuple[Any, ...]], None]
Totals = dict[str, dict[str, float]]
# a named tuple made from a tuple costs a third of one made from arguments
_event, _sample = partial(tuple.__new__, Event), partial(tuple.__new__, Sample)


class _Keeper(Protocol):
    def calls(self, rows: Rows) -> None: ...

    def attempts(self, rows: Rows) -> None: ...

    def event(self, event: Event) -> None: ...

    def sample(self, sample: Sample) -> None: ...

    def finish(self, info: RunInfo, totals: Totals) -> Journal: ...


class Recorder:
    """Takes the rows of one run. `call` and `attempt` take tuples in the order of their columns; bind them once.

    The columns of a call are CALL's, or REAL_CALL's if `info.source` is `real`; those of an attempt are ATTEMPT's.

    `trace`: whether attempts are wanted (look at `.trace` before making the tuple). `out`: a new directory to stream
    the journal to; else it is kept in memory, 30 bytes a call. Raises RunError if `out` holds a journal already.
    """

    def __init__(self, info: RunInfo, trace: bool = False, out: Path | None = None) -> None:
        self.info, self.trace = info, trace
        columns = call_columns(info.source)
        self._keeper: _Keeper = _Memory(columns) if out is None else _Directory(out, info, columns)
        self._keep_event, self._keep_sample = self._keeper.event, self._keeper.sample
        self._totals: Totals = {}
        self.call: Take
        self.attempt: Take
        self.call, self._flush_calls = chunked(columns, self._keeper.calls)
        self.attempt, self._flush_attempts = chunked(ATTEMPT, self._keeper.attempts)

    def event(
        self,
        t_s: float,
        kind: str,
        subject: str,
        detail: dict[str, Any] | None = None,
        planned_s: float | None = None,
    ) -> None:
        """Note that something happened to a subject (`node/styx`, `fault/route-flap`, `cluster`)."""
        self._keep_event(_event((t_s, kind, subject, detail or {}, planned_s)))

    def sample(self, t_s: float, metric: str, subject: str, value: float) -> None:
        """Note that a gauge has changed."""
        self._keep_sample(_sample((t_s, metric, subject, value)))

    def total(self, subject: str, metric: str, value: float) -> None:
        """Note a counter of the whole run, warm-up included, once it is over."""
        self._totals.setdefault(subject, {})[metric] = value

    def finish(self) -> Journal:
        """Return the journal of the run; what the recorder is told after that is forgotten.

        (When a world is taken down, the faults that it still holds are undone: that did not happen in the run.)
        """
        self._flush_calls()
        self._flush_attempts()
        keeper, self._keeper = self._keeper, _Closed()
        self._keep_event, self._keep_sample = self._keeper.event, self._keeper.sample
        return keeper.finish(self.info, self._totals)


class _Closed:
    """Keeps nothing."""

    def calls(self, rows: Rows) -> None:
        pass

    def attempts(self, rows: Rows) -> None:
        pass

    def event(self, event: Event) -> None:
        pass

    def sample(self, sample: Sample) -> None:
        pass

    def finish(self, info: RunInfo, totals: Totals) -> Journal:
        raise AssertionError(f"{info.scenario}: finished twice, now with totals of {len(totals)} subjects")


class _Memory:
    """Keeps everything."""

    def __init__(self, columns: np.dtype[Any]) -> None:
        self._calls, self._attempts = GrowingTable(columns), GrowingTable(ATTEMPT)
        self._events: list[Event] = []
        self._samples: list[Sample] = []
        self.event, self.sample = self._events.append, self._samples.append

    def calls(self, rows: Rows) -> None:
        self._calls.extend(rows)

    def attempts(self, rows: Rows) -> None:
        self._attempts.extend(rows)

    def finish(self, info: RunInfo, totals: Totals) -> Journal:
        kept = InMemory(self._calls.finished(), self._attempts.finished(), self._events, self._samples)
        return Journal(info, kept, totals)


class _Directory:
    """Writes as it goes, and keeps no more than one part of each table."""

    def __init__(self, folder: Path, info: RunInfo, columns: np.dtype[Any]) -> None:
        if (folder / "run.json").exists():
            raise RunError(f"{folder}: holds a journal already; give a new directory, or remove this one")
        folder.mkdir(parents=True, exist_ok=True)
        write_whole(folder / "run.json", info.to_json())
        self._folder, self._info = folder, info
        self._events, self._samples = Lines(folder / "events.jsonl"), Lines(folder / "samples.jsonl")
        self._calls = Parts(folder / "calls", columns)
        if info.source == "real":
            rehearse(columns)
        self._attempts: Parts | None = None  # most runs trace none: its 3 MB come with the first

    def calls(self, rows: Rows) -> None:
        self._calls.extend(rows)

    def sample(self, sample: Sample) -> None:
        self._samples.append(sample)

    def event(self, event: Event) -> None:
        self._events.append(event)
        self._events.flush()
        self._samples.flush()

    def attempts(self, rows: Rows) -> None:
        if self._attempts is None:
            self._attempts = Parts(self._folder / "attempts", ATTEMPT)
        self._attempts.extend(rows)
        write_whole(self._folder / "endpoints.json", json.dumps(self._info.endpoints))

    def finish(self, info: RunInfo, totals: Totals) -> Journal:
        self._calls.flush()
        if self._attempts is not None:
            self._attempts.flush()
        self._events.close()
        self._samples.close()
        write_whole(
            self._folder / "done.json", json.dumps({"totals": totals, "calls": self._calls.rows}, sort_keys=True)
        )
        return Journal(info, InDirectory(self._folder, self._calls.dtype), totals)
