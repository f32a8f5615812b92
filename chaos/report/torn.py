"""A real run's journal as it was left: finished, broken off, on a disk that was full in between."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sim.record import Event, Sample
from sim.record.journal import InDirectory

__all__ = ["Torn", "whole_lines"]


def whole_lines(path: Path) -> tuple[list[Any], int]:
    """Return the lines of a file that are whole JSON, and how many are not; ([], 0) without a file.

    A writer that is killed leaves half a line at the end, one whose disk was full for a while leaves it in the middle.
    """
    if not path.is_file():
        return [], 0
    told, lost = [], 0
    for line in path.read_bytes().splitlines():
        try:
            told.append(json.loads(line))
        except ValueError:
            lost += 1
    return told, lost


@dataclass(frozen=True, slots=True)
class Torn(InDirectory):
    """The tables in a directory without what is torn. `lost`: lines that could not be read, by file."""

    lost: dict[str, int] = field(default_factory=dict)

    def events(self) -> list[Event]:
        """Return the whole events."""
        return [Event(*values) for values in self._rows("events.jsonl", Event)]

    def samples(self) -> list[Sample]:
        """Return the whole samples."""
        return [Sample(*values) for values in self._rows("samples.jsonl", Sample)]

    def _rows(self, name: str, row: type[Event] | type[Sample]) -> list[list[Any]]:
        told, lost = whole_lines(self.folder / name)
        most = len(row._fields)
        least = most - len(row._field_defaults)
        fitting = [values for values in told if isinstance(values, list) and least <= len(values) <= most]
        self.lost[name] = lost + len(told) - len(fitting)
        return fitting
