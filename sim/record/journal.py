"""What happened in one run: four tables, read from memory or, part by part, from a directory."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from sim.errors import RunError
from sim.record.directory import read_events, read_parts, read_samples
from sim.record.growing import Rows
from sim.record.rows import ATTEMPT, CALL, REASONS, UNSENT, Event, Sample, call_columns
from sim.record.run_info import RunInfo

if TYPE_CHECKING:
    import polars as pl

__all__ = ["InDirectory", "InMemory", "Journal", "Kept"]

_UNSENT = REASONS.index(UNSENT)


class Kept(Protocol):
    """Where a journal's rows are."""

    def calls(self) -> Iterable[Rows]:
        """Yield the calls, part by part."""
        ...

    def attempts(self) -> Iterable[Rows]:
        """Yield the attempts, part by part; none unless they were traced."""
        ...

    def events(self) -> list[Event]:
        """Return the events in the order in which they happened."""
        ...

    def samples(self) -> list[Sample]:
        """Return the samples in the order in which they were taken."""
        ...


@dataclass(frozen=True, slots=True)
class InMemory:
    """Rows in arrays and lists."""

    all_calls: Rows
    all_attempts: Rows
    all_events: list[Event]
    all_samples: list[Sample]

    def calls(self) -> Iterable[Rows]:
        """Yield all calls at once."""
        return (self.all_calls,)

    def attempts(self) -> Iterable[Rows]:
        """Yield all attempts at once."""
        return (self.all_attempts,)

    def events(self) -> list[Event]:
        """Return the list itself."""
        return self.all_events

    def samples(self) -> list[Sample]:
        """Return the list itself."""
        return self.all_samples


@dataclass(frozen=True, slots=True)
class InDirectory:
    """Rows in the files of a directory. `columns`: of its calls."""

    folder: Path
    columns: np.dtype[Any] = CALL

    def calls(self) -> Iterator[Rows]:
        """Yield the parts on disk; one is in memory at a time."""
        return read_parts(self.folder / "calls", self.columns)

    def attempts(self) -> Iterator[Rows]:
        """Yield the parts on disk; one is in memory at a time."""
        return read_parts(self.folder / "attempts", ATTEMPT)

    def events(self) -> list[Event]:
        """Read all events."""
        return read_events(self.folder)

    def samples(self) -> list[Sample]:
        """Read all samples."""
        return read_samples(self.folder)


def _joined(parts: Iterable[Rows], dtype: np.dtype[Any]) -> Rows:
    found = list(parts)
    return found[0] if len(found) == 1 else np.concatenate([np.empty(0, dtype), *found])


class Journal:
    """One run. Tables are loaded when first asked for; `totals[subject][metric]` are the run's own end counters.

    `complete`: the run came to its end (a journal whose writer was killed has no totals).
    """

    def __init__(
        self, info: RunInfo, kept: Kept, totals: dict[str, dict[str, float]], *, complete: bool = True
    ) -> None:
        self.info, self.totals, self.complete = info, totals, complete
        self._kept = kept

    @classmethod
    def read(cls, folder: Path | str) -> Journal:
        """Return the journal in a directory, finished or not. Raises RunError if there is none, or a newer one."""
        folder = Path(folder)
        if not (folder / "run.json").is_file():
            raise RunError(f"{folder}: holds no journal (no run.json in it)")
        names, done = folder / "endpoints.json", folder / "done.json"
        endpoints = json.loads(names.read_text(encoding="utf-8")) if names.exists() else []
        info = RunInfo.from_json((folder / "run.json").read_text(encoding="utf-8"), endpoints)
        totals = json.loads(done.read_text(encoding="utf-8"))["totals"] if done.exists() else {}
        return cls(info, InDirectory(folder, call_columns(info.source)), totals, complete=done.exists())

    @cached_property
    def calls(self) -> Rows:
        """Return the finished calls (dtype CALL; of a real run REAL_CALL), in the order in which they ended.

        Calls that a real generator did not make are not among them (`unsent`): nobody is to be charged with them.
        """
        return _joined(self.call_parts(), call_columns(self.info.source))

    @cached_property
    def unsent(self) -> Rows:
        """Return the calls that a real generator should have made and did not; none of a simulated run."""
        if self.info.source != "real":
            return np.empty(0, CALL)
        return _joined((part[part["reason"] == _UNSENT] for part in self._kept.calls()), call_columns("real"))

    @cached_property
    def attempts(self) -> Rows:
        """Return the attempts (dtype ATTEMPT); empty unless the run was traced."""
        return _joined(self._kept.attempts(), ATTEMPT)

    @cached_property
    def events(self) -> list[Event]:
        """Return what happened, in order."""
        return self._kept.events()

    @cached_property
    def samples(self) -> list[Sample]:
        """Return how gauges changed, in order."""
        return self._kept.samples()

    def call_parts(self) -> Iterable[Rows]:
        """Yield `calls` part by part, so that a run larger than memory can be read."""
        if self.info.source != "real":
            return self._kept.calls()
        return (part[part["reason"] != _UNSENT] for part in self._kept.calls())

    def hash(self) -> str:
        """Return the canonical SHA-256 of the rows: equal for equal runs, in memory or on disk, in any process."""
        digest = sha256(json.dumps([self.info.clients, self.info.services, self.info.endpoints]).encode())
        for name, parts in (("calls", self._kept.calls()), ("attempts", self._kept.attempts())):
            digest.update(name.encode())
            for part in parts:
                digest.update(part.astype(part.dtype.newbyteorder("<"), copy=False).tobytes())
        for name, rows in (("events", self.events), ("samples", self.samples)):
            digest.update(name.encode())
            for row in rows:
                digest.update(json.dumps(row, sort_keys=True).encode() + b"\n")
        return digest.hexdigest()

    def to_polars(self) -> dict[str, pl.DataFrame]:
        """Return the tables `calls, attempts, events, samples` with names instead of indices."""
        from sim.record.frames import frames

        return frames(self)

    def __repr__(self) -> str:
        info = self.info
        state = "" if self.complete else ", unfinished"
        return f"<Journal of {info.scenario}/{info.option} seed {info.seed}: {len(self.calls):,} calls{state}>"
