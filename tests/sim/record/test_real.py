"""Journals of real runs: two columns more, and calls that were never made are kept apart."""

from __future__ import annotations

import math
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sim.record import CALL, REASONS, UNSENT, Journal, Recorder, RunInfo

NEVER = float("nan")


@pytest.fixture(params=["memory", "disk"])
def told(request: pytest.FixtureRequest, info: RunInfo, tmp_path: Path) -> Any:
    """Return the journal of a real run with three calls, of which one was not made."""
    out = tmp_path / "run" if request.param == "disk" else None
    recorder = Recorder(replace(info, source="real"), out=out)
    for number, sent_s in enumerate((0.0, NEVER, 2.5)):
        reason = REASONS.index(UNSENT if math.isnan(sent_s) else "ok")
        recorder.call((float(number), 0.5, number, 0, 0, 1, 0, reason, float(number), sent_s))
    written = recorder.finish()
    return Journal.read(out) if out is not None else written


def test_what_was_not_made_is_nobodys_failure(told: Journal):
    """`calls` and `call_parts` hold the calls that were made, `unsent` the others; the hash is over both."""
    assert told.calls["number"].tolist() == [0, 2]
    assert [row for part in told.call_parts() for row in part["number"]] == [0, 2]
    assert told.unsent["number"].tolist() == [1]
    assert told.calls["sent_s"].tolist() == [0.0, 2.5]
    frame = told.to_polars()["calls"]
    assert (frame["planned_s"].to_list(), frame["reason"].to_list()) == ([0.0, 2.0], ["ok", "ok"])


def test_simulated_journals_have_no_unsent_calls(told: Any, info: RunInfo):
    """The simulator makes every call: its rows stay as they were, thirty bytes each."""
    recorder = Recorder(info)
    recorder.call((0.0, 0.5, 0, 0, 0, 1, 0, 0))
    journal = recorder.finish()
    assert (journal.calls.dtype, len(journal.unsent), journal.hash() != told.hash()) == (CALL, 0, True)


@pytest.mark.parametrize("source", ["real", "sim"])
def test_nothing_is_loaded_while_real_calls_are_under_way(info: RunInfo, source: str, tmp_path: Path):
    """What writing takes is there before the first call; a simulated run, which keeps nobody waiting, loads late."""
    made = repr(replace(info, source=source))  # type: ignore[arg-type]
    script = f"""if True:
        import sys
        from pathlib import Path
        from sim.record import Recorder, RunInfo
        recorder = Recorder({made}, out=Path({str(tmp_path / "run")!r}))
        print("polars" in sys.modules)
    """
    done = subprocess.run((sys.executable, "-c", script), capture_output=True, text=True, check=True)
    assert done.stdout.strip() == str(source == "real")
