"""Recording: to memory or to a directory, the same rows."""

from __future__ import annotations

import json
import tracemalloc

import numpy as np
import pytest

from sim.errors import RunError
from sim.record import ATTEMPT, CALL, Event, Journal, Recorder, Sample


def test_rows_come_back_as_they_were_told(told):
    """What is told is what the journal holds, value for value and in order."""
    journal = told(3)
    calls = [(0.0, 0.25, 0, 0, 0, 1, 0, 0), (0.01, 0.25, 1, 1, 0, 1, 1, 1), (0.02, 0.25, 2, 0, 0, 1, 2, 0)]
    assert journal.calls.tolist() == np.array(calls, CALL).tolist()
    assert journal.attempts[1] == np.array((0.5, 0.001, 0.25, 1, 1, 0, 0, 1, 0), ATTEMPT)
    assert journal.events == [Event(1.0, "fault_begin", "fault/cut", {"target": "a--b", "kind": "blackhole"}, 1.0)]
    assert journal.samples == [Sample(-5.0, "node_ready", "node/a", 1.0)]
    assert journal.totals == {"client/web": {"started": 3.0}}


@pytest.mark.parametrize("rows", [0, 1, 8191, 8192, 8193, 70_000])
def test_memory_and_directory_hold_the_same_rows(told, tmp_path, rows):
    """Wherever a run is kept, around every chunk's and part's edge, its canonical hash is the same."""
    assert told(rows, tmp_path / "run").hash() == told(rows).hash() == Journal.read(tmp_path / "run").hash()


def test_a_recorded_call_takes_at_most_32_bytes(info):
    """Calls are kept at 30 bytes a row plus the room to grow into, and the growing does not hold them twice."""
    rows = 200_000
    tracemalloc.start()
    recorder = Recorder(info)
    take = recorder.call
    for number in range(rows):
        take((number * 0.1, 0.5, number, 0, 0, 1, 0, 0))
    journal = recorder.finish()
    kept, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(journal.calls) == rows
    assert kept / rows < 32
    assert peak / rows < 48  # the tuples of one chunk on top


def test_streaming_takes_the_same_memory_however_long_the_run(info, tmp_path):
    """With a directory, ten times the calls need no more memory: all but one part is on disk."""

    def peak(rows: int) -> int:
        recorder = Recorder(info, out=tmp_path / str(rows))
        take = recorder.call
        tracemalloc.start()
        for number in range(rows):
            take((number * 0.1, 0.5, number, 0, 0, 1, 0, 0))
        recorder.finish()
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    peak(70_000)  # polars is loaded with the first part
    assert peak(300_000) < 1.1 * peak(140_000)


@pytest.mark.soak
def test_ten_million_calls_stream_in_constant_memory(info, tmp_path):
    """Ten million calls stay under 128 MiB above the start, polars included."""
    import resource

    before_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    recorder = Recorder(info, out=tmp_path / "long")
    take = recorder.call
    for number in range(10_000_000):
        take((number * 0.1, 0.5, number, 0, 0, 1, 0, 0))
    recorder.finish()
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before_kib < 128 * 1024


def test_a_directory_with_a_journal_is_not_written_over(told, tmp_path):
    """A second run into the same directory is refused, and says where."""
    told(1, tmp_path / "run")
    with pytest.raises(RunError, match="run: holds a journal already"):
        told(1, tmp_path / "run")


def test_run_json_is_there_before_anything_happens(info, tmp_path):
    """The first thing on disk is which run it is."""
    Recorder(info, out=tmp_path / "run")
    written = json.loads((tmp_path / "run" / "run.json").read_text())
    assert (written["scenario"], written["seed"], written["option"]) == ("small", 7, "base")


def test_events_are_on_disk_as_they_happen(info, tmp_path):
    """An event can be read while the run still goes on: a kill loses none."""
    recorder = Recorder(info, out=tmp_path / "run")
    recorder.event(2.0, "node_unknown", "node/styx")
    unfinished = Journal.read(tmp_path / "run")
    assert unfinished.events == [Event(2.0, "node_unknown", "node/styx", {}, None)]
    assert not unfinished.complete


def test_what_comes_after_the_end_is_forgotten(info):
    """Undoing faults while the world is taken down did not happen in the run."""
    recorder = Recorder(info)
    journal = recorder.finish()
    recorder.event(61.0, "fault_end", "fault/cut")
    recorder.sample(61.0, "node_ready", "node/a", 1.0)
    assert (journal.events, journal.samples) == ([], [])
