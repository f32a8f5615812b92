"""A journal's directory: written as things happen, so that a kill loses at most one part of each table.

`run.json` first; `events.jsonl` and `samples.jsonl` appended, each event flushed; `calls/part-00000.parquet` and
`attempts/part-…` of 65,536 rows, renamed into place when whole; `done.json` last, with totals and counts.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from sim.errors import RunError
from sim.record.growing import Rows
from sim.record.rows import Event, Sample

__all__ = ["PART_ROWS", "Lines", "Parts", "read_events", "read_parts", "read_samples", "rehearse", "write_whole"]

PART_ROWS = 65_536


def write_whole(path: Path, text: str) -> None:
    """Write a file that is either there whole or not at all."""
    passing = path.with_name(path.name + ".tmp")
    passing.write_text(text, encoding="utf-8")
    passing.replace(path)


class Lines:
    """An append-only file of JSON lines."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("a", encoding="utf-8")

    def append(self, values: tuple[Any, ...]) -> None:
        """Write one line: a list, shorter than an object and in the order of the row's type."""
        self._file.write(json.dumps(values, sort_keys=True) + "\n")

    def flush(self) -> None:
        """Hand what was written to the operating system, so that a kill of this process cannot lose it."""
        self._file.flush()

    def close(self) -> None:
        """Flush and close."""
        self._file.close()

    def __del__(self) -> None:
        """Close the file of a run that was broken off: nobody finishes its recorder."""
        with contextlib.suppress(OSError):  # a full disk has been told to whoever wrote
            self._file.close()


class Parts:
    """A table as parquet parts of PART_ROWS rows."""

    def __init__(self, folder: Path, dtype: np.dtype[Any]) -> None:
        self._folder, self.dtype = folder, dtype
        self._part = np.empty(PART_ROWS, dtype)
        self._used = self._written = self.rows = 0

    def extend(self, rows: Rows) -> None:
        """Append at most a chunk of rows; write a part whenever one is full."""
        self.rows += len(rows)
        while len(rows):
            taken = rows[: PART_ROWS - self._used]
            self._part[self._used : self._used + len(taken)] = taken
            self._used += len(taken)
            rows = rows[len(taken) :]
            if self._used == PART_ROWS:
                self.flush()

    def flush(self) -> None:
        """Write what has come since the last part, if anything."""
        if not self._used:
            return
        self._folder.mkdir(exist_ok=True)
        path = self._folder / f"part-{self._written:05d}.parquet"
        passing = path.with_suffix(".tmp")
        passing.write_bytes(_encoded(self._part[: self._used]))
        os.replace(passing, path)
        self._written += 1
        self._used = 0


def rehearse(dtype: np.dtype[Any]) -> None:
    """Encode a part for nobody: what the first one costs beside the others (0.3 s, 40 MB) is paid when this is called.

    Who writes while real calls are under way would keep them waiting for it.
    """
    _encoded(np.zeros(PART_ROWS, dtype))


def _encoded(rows: Rows) -> memoryview:
    """Return rows as a parquet file; not written by polars, which words a full disk in an error of its own."""
    import polars as pl  # only who streams pays it

    held = io.BytesIO()
    frame = pl.DataFrame({name: np.ascontiguousarray(rows[name]) for name in rows.dtype.names or ()})
    frame.write_parquet(held, compression="zstd", statistics=False)
    return held.getbuffer()


def read_parts(folder: Path, dtype: np.dtype[Any]) -> Iterator[Rows]:
    """Yield a table part by part, in order. A column that an older version did not write is filled with 0."""
    for path in sorted(folder.glob("part-*.parquet")):
        import polars as pl

        frame = pl.read_parquet(path)
        rows = np.zeros(frame.height, dtype)
        for name in dtype.names or ():
            if name in frame.columns:
                rows[name] = frame[name].to_numpy()
        yield rows


def _read_lines(path: Path) -> Iterable[list[Any]]:
    if not path.exists():
        return
    with path.open(encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            if not line.endswith("\n"):
                return  # the writer was killed in the middle of its last line
            try:
                yield json.loads(line)
            except json.JSONDecodeError as error:
                raise RunError(f"{path}:{number}: is no line of JSON: {error}") from error


def read_events(folder: Path) -> list[Event]:
    """Return the events that were written so far."""
    return [Event(*values) for values in _read_lines(folder / "events.jsonl")]


def read_samples(folder: Path) -> list[Sample]:
    """Return the samples that were written so far."""
    return [Sample(*values) for values in _read_lines(folder / "samples.jsonl")]
