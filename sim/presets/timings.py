"""Timings of control planes as named facts: `timings("k8s")["grace_s"]` is 50.0.

The numbers stand in `timings.yaml`, each with its source and a mark that says how sure it is. A preset holds every
name, so that a reader never needs a default of its own.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from sim.presets import preset_entries

__all__ = ["Fact", "facts", "presets", "timings"]


class Fact(NamedTuple):
    """One number: its value (unit in the name: `_s`, `_share`, `_count`), where it is from, how sure it is."""

    value: float
    source: str
    mark: str


def presets() -> tuple[str, ...]:
    """Return the names of the presets, in the order of the file."""
    return tuple(preset_entries("timings"))


@lru_cache(maxsize=32)
def _facts(preset: str) -> dict[str, Fact]:
    entry = preset_entries("timings")[preset]
    inherited = dict(_facts(entry["like"])) if "like" in entry else {}
    own = {name: Fact(float(value), str(source), str(mark)) for name, (value, source, mark) in entry["values"].items()}
    return inherited | own


def facts(preset: str) -> dict[str, Fact]:
    """Return every number of a preset with its source. Raises KeyError for a name that is no preset."""
    return dict(_facts(preset))


def timings(preset: str) -> dict[str, float]:
    """Return every number of a preset by its name. Raises KeyError for a name that is no preset."""
    return {name: fact.value for name, fact in _facts(preset).items()}
