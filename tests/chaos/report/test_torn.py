"""Reports come out of whatever a run left: killed, cut anywhere, a disk that was full for a while."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from junitparser import JUnitXml
from real_journal import calm, fault_events

from chaos.report import report_of, write_report
from chaos.report.story import read_story
from chaos.report.torn import whole_lines
from sim.errors import RunError


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return what a run leaves that is killed within its second fault."""
    events = fault_events("late", 50.0)[:2]
    return calm(outcome=None, events=events, faults={"cut": {}, "late": {}}).write(tmp_path_factory.mktemp("killed"))


@settings(max_examples=12, deadline=None)
@given(cut=st.floats(0.0, 1.0), name=st.sampled_from(["events.jsonl", "samples.jsonl", "ledger.jsonl"]))
def test_a_journal_that_is_cut_anywhere_still_gives_every_report(killed, cut, name):
    """Cut a file of the journal at any byte: JUnit, Markdown and rows are still written, and the run is unfinished."""
    with TemporaryDirectory() as scratch:
        folder = Path(shutil.copytree(killed, Path(scratch) / "run"))
        written = (folder / name).read_bytes()
        (folder / name).write_bytes(written[: int(cut * len(written))])
        paths = write_report(report_of(folder))
        suite = next(iter(JUnitXml.fromfile(str(paths[0]))))
        assert (suite.name, suite.tests) == ("x/patient", len(list(suite)))
        assert paths[1].read_text(encoding="utf-8").startswith("## x, option patient: unfinished\n")
        assert isinstance(json.loads(paths[2].read_text(encoding="utf-8")), list)


def test_torn_lines_in_the_middle_are_left_out_and_counted(tmp_path):
    """A disk that was full for a while leaves halves of lines: the others are read, and the report says how many."""
    folder = calm().write(tmp_path)
    path = folder / "events.jsonl"
    lines = path.read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join([*lines[:2], '[1.0, "probe_b', "[1]", "{}", *lines[2:]]) + "\n", encoding="utf-8")
    report = report_of(folder)
    assert (report.outcome, report.story.lost) == ("held", {"events.jsonl": 3})
    assert len(report.story.events) == len(lines)


def test_a_run_without_events_or_ledger_is_still_a_run(tmp_path):
    """A run that was killed at its very first step has a `run.json` and nothing else."""
    folder = calm(outcome=None).write(tmp_path)
    for name in ("events.jsonl", "samples.jsonl", "ledger.jsonl"):
        (folder / name).unlink()
    report = report_of(folder)
    assert (report.outcome, report.story.until_s, report.story.run) == ("unfinished", -5.0, "")
    assert [path.is_file() for path in write_report(report)] == [True] * 3


def test_an_old_journal_gives_its_reports(tmp_path):
    """What an older version did not write takes its default; a whole journal without a run's end is one that ran."""
    folder = calm(outcome=None).write(tmp_path)
    told = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    old = {name: value for name, value in told.items() if name not in ("steady", "versions", "started", "format")}
    (folder / "run.json").write_text(json.dumps(old), encoding="utf-8")
    (folder / "done.json").write_text(json.dumps({"totals": {}, "calls": 0}), encoding="utf-8")
    story = read_story(folder)
    assert (story.outcome, story.whole, story.utc(1.0)) == ("ran", True, "")
    assert [path.is_file() for path in write_report(report_of(folder))] == [True] * 3


def test_no_journal_is_an_error_that_names_the_folder(tmp_path):
    """A folder without a journal gives no report."""
    with pytest.raises(RunError, match="holds no journal"):
        report_of(tmp_path)


def test_moments_are_told_as_wall_time(tmp_path):
    """The plan begins after the warm-up: t = 65 s of a run that started at 12:00:00 with 5 s of it is 12:01:10."""
    assert read_story(calm().write(tmp_path)).utc(65.0) == "12:01:10 UTC"


def test_lines_that_are_not_there_are_none(tmp_path):
    """A file that was never begun has no lines and lost none."""
    assert whole_lines(tmp_path / "none") == ([], 0)
