"""Journals as polars tables, with names where the rows hold indices."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from sim.record.rows import OUTCOMES, REASONS, Event, Sample

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sim.record.journal import Journal

__all__ = ["frames"]


def _named(indices: NDArray[Any], names: Sequence[str]) -> pl.Series:
    return pl.Series([*names, None], dtype=pl.String).gather(np.where(indices < 0, len(names), indices))


def _calls(journal: Journal) -> pl.DataFrame:
    rows, info = journal.calls, journal.info
    names = {"client": info.clients, "service": info.services, "outcome": OUTCOMES, "reason": REASONS}
    return _frame(rows, names)


def _attempts(journal: Journal) -> pl.DataFrame:
    names = {"client": journal.info.clients, "endpoint": journal.info.endpoints, "result": REASONS}
    return _frame(journal.attempts, names).with_columns(pl.col("reused").cast(pl.Boolean))


def _frame(rows: NDArray[np.void], names: Mapping[str, Sequence[str]]) -> pl.DataFrame:
    columns = {name: np.ascontiguousarray(rows[name]) for name in rows.dtype.names or ()}
    return pl.DataFrame(
        {name: _named(values, names[name]) if name in names else values for name, values in columns.items()}
    )


def _events(events: list[Event]) -> pl.DataFrame:
    schema = {"t_s": pl.Float64, "kind": pl.String, "subject": pl.String, "detail": pl.String, "planned_s": pl.Float64}
    told = [(e.t_s, e.kind, e.subject, json.dumps(e.detail, sort_keys=True), e.planned_s) for e in events]
    return pl.DataFrame(told, schema=schema, orient="row")


def _samples(samples: list[Sample]) -> pl.DataFrame:
    schema = {"t_s": pl.Float64, "metric": pl.String, "subject": pl.String, "value": pl.Float64}
    return pl.DataFrame(samples, schema=schema, orient="row")


def frames(journal: Journal) -> dict[str, pl.DataFrame]:
    """Return the tables of a journal: one row per finished call, attempt, event (detail as JSON) and sample."""
    return {
        "calls": _calls(journal),
        "attempts": _attempts(journal),
        "events": _events(journal.events),
        "samples": _samples(journal.samples),
    }
