"""One run in a notebook."""

from __future__ import annotations

from pathlib import Path

import pytest

from sim.analysis.run_result import RunResult
from sim.errors import RunError
from sim.record import Journal


def test_a_result_is_the_journal_itself(made_journal: Journal) -> None:
    """Nothing is copied and nothing is added: the rows have the same hash."""
    result = RunResult.of(made_journal)
    assert result.hash() == made_journal.hash()
    assert result.calls is made_journal.calls
    assert repr(result) == repr(made_journal)


def test_a_saved_result_is_read_back_as_it_was(made_journal: Journal, tmp_path: Path) -> None:
    """Calls, attempts, events, samples and totals are all there; an old journal is never written over."""
    made_journal.totals["client/users"] = {"started": 2.0}
    folder = RunResult.of(made_journal).save(tmp_path / "run")
    read = Journal.read(folder)
    assert (read.hash(), read.totals, read.complete) == (made_journal.hash(), made_journal.totals, True)
    with pytest.raises(RunError, match="holds a journal already"):
        RunResult.of(made_journal).save(folder)


def test_a_result_shows_draws_and_explains_itself(made_journal: Journal) -> None:
    """Tables for a cell, a timeline, a story; frames of polars and pandas with the same shape."""
    result = RunResult.of(made_journal)
    assert result._repr_html_().startswith("<div><div><b>node-lost, option as-written</b>")
    assert len(result.plot().axes) == 2
    assert result.explain("node/styx").startswith("node styx, option as-written, seed 7")
    shapes = {name: table.shape for name, table in result.to_polars().items()}
    assert {name: table.shape for name, table in result.to_pandas().items()} == shapes
