"""Journals: read back, read part by part, read when broken off, and told apart by their hash."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from sim.errors import RunError
from sim.record import Journal


def test_a_read_journal_is_the_written_one(told, tmp_path):
    """Info, totals and names of endpoints come back, too."""
    written = told(10, tmp_path / "run")
    read = Journal.read(tmp_path / "run")
    assert (read.info, read.totals, read.complete) == (written.info, written.totals, True)
    assert read.info.endpoints == ["api-0"]


def test_parts_together_are_the_calls(told, tmp_path):
    """Reading part by part gives all rows in order, none twice."""
    told(70_000, tmp_path / "run")
    journal = Journal.read(tmp_path / "run")
    assert [len(part) for part in journal.call_parts()] == [65_536, 4_464]
    assert journal.calls["number"].tolist() == list(range(70_000))


@pytest.mark.parametrize("seed", ["0", "12345"])
def test_the_hash_does_not_depend_on_the_process(told, seed):
    """Another process with another PYTHONHASHSEED finds the same hash, whatever the order of a detail's keys."""
    program = (
        "from sim.record import Recorder, RunInfo\n"
        "info = RunInfo('small', '', 'base', 7, 'sim', 60.0, 5.0, ('web', 'batch'), ('api',))\n"
        "recorder = Recorder(info, trace=True)\n"
        "recorder.sample(-5.0, 'node_ready', 'node/a', 1.0)\n"
        "for n in range(3): recorder.call((n * 0.01, 0.25, n, n % 2, 0, 1, n % 3, n % 2))\n"
        "info.endpoints.append('api-0')\n"
        "recorder.attempt((0.0, float('nan'), 0.25, 0, 0, 0, -1, 0, 2))\n"
        "recorder.attempt((0.5, 0.001, 0.25, 1, 1, 0, 0, 1, 0))\n"
        "recorder.event(1.0, 'fault_begin', 'fault/cut', {'kind': 'blackhole', 'target': 'a--b'}, 1.0)\n"
        "print(recorder.finish().hash())"
    )
    run = subprocess.run(
        [sys.executable, "-c", program],
        env={"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(sys.path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stdout.strip() == told(3).hash()


def test_any_changed_value_changes_the_hash(told, info):
    """One call, one attempt, one event more: another hash."""
    hashes = {told(3).hash(), told(4).hash(), told(3, trace=False).hash()}
    assert len(hashes) == 3


def test_a_last_line_that_was_cut_is_left_out(told, tmp_path):
    """After a kill in the middle of a line, everything before it can be read."""
    told(1, tmp_path / "run")
    with (tmp_path / "run" / "events.jsonl").open("a") as file:
        file.write('[2.0, "node_unk')
    assert [event.kind for event in Journal.read(tmp_path / "run").events] == ["fault_begin"]


def test_a_line_that_is_no_json_is_an_error_with_its_place(told, tmp_path):
    """A journal that somebody has edited badly says where."""
    told(1, tmp_path / "run")
    (tmp_path / "run" / "events.jsonl").write_text("hello\n")
    with pytest.raises(RunError, match=r"events\.jsonl:1: is no line of JSON"):
        Journal.read(tmp_path / "run").events  # noqa: B018 (reading is the test)


def test_a_directory_without_a_run_is_an_error(tmp_path):
    """Reading what is no journal says so."""
    with pytest.raises(RunError, match="holds no journal"):
        Journal.read(tmp_path)


def test_a_newer_format_is_refused(told, tmp_path):
    """A journal of a later weatherglass is not guessed at."""
    told(1, tmp_path / "run")
    path = tmp_path / "run" / "run.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "format": 99}))
    with pytest.raises(RunError, match="format 99 is newer"):
        Journal.read(tmp_path / "run")


def test_an_older_journal_without_a_field_takes_its_default(told, tmp_path):
    """Fields that an older version did not know are filled in; ones that this one does not know are left."""
    told(1, tmp_path / "run")
    path = tmp_path / "run" / "run.json"
    values = {name: value for name, value in json.loads(path.read_text()).items() if name != "steady"}
    path.write_text(json.dumps({**values, "colour": "blue"}))
    assert Journal.read(tmp_path / "run").info.steady == {}


def test_an_older_part_without_a_column_is_filled_with_zero(told, tmp_path):
    """A column that an older version did not write reads as 0."""
    import polars as pl

    told(2, tmp_path / "run")
    part = tmp_path / "run" / "calls" / "part-00000.parquet"
    pl.read_parquet(part).drop("reason").write_parquet(part)
    assert Journal.read(tmp_path / "run").calls["reason"].tolist() == [0, 0]


def test_tables_carry_names(told):
    """In tables there are names where rows hold indices; a missing endpoint is null."""
    tables = told(2).to_polars()
    assert tables["calls"]["client"].to_list() == ["web", "batch"]
    assert tables["calls"]["outcome"].to_list() == ["ok", "failed"]
    assert tables["attempts"]["endpoint"].to_list() == [None, "api-0"]
    assert tables["events"]["detail"].to_list() == ['{"kind": "blackhole", "target": "a--b"}']
    assert tables["samples"].rows() == [(-5.0, "node_ready", "node/a", 1.0)]


def test_a_journal_says_what_it_is_in_one_line(told):
    """The representation names scenario, option, seed and size."""
    assert repr(told(1234)) == "<Journal of small/base seed 7: 1,234 calls>"
