"""The summary on a terminal names everything that is wrong, and ends with what to type."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

from real_journal import calm, fault_events

from chaos.report.judged import report_of
from chaos.report.terminal import print_report
from sim.analysis.tables import result_console


def text(folder: Path, **changed: Any) -> str:
    """Return the summary of a calm run with changes, as a pipe gets it."""
    file = io.StringIO()
    print_report(report_of(calm(**changed).write(folder)), result_console(file))
    return file.getvalue()


def test_a_run_that_held(tmp_path):
    """Verdict first, then tables of objectives, steady state and faults, then the command that repeats it."""
    told = text(tmp_path)
    assert told.startswith("x, option patient: held\n")
    rows = [line.split() for line in told.splitlines()]
    assert ["served", "call_ok_share", "of", "client/a", "≥", "90", "%", "100", "%", "held"] in rows
    assert ["cut", "latency", "10.000", "10.020", "15.010", "15.020", "20", "ms"] in rows
    assert told.rstrip().endswith("again: weatherglass chaos run x --binding lab.yaml --option patient --seed 7")


def test_what_is_left_and_how_to_undo_it_is_said(tmp_path):
    """After a kill within a fault: the deed, and the whole command on one line however long the folder's name is."""
    told = text(tmp_path, outcome=None, events=fault_events("late", 50.0)[:2], faults={"cut": {}, "late": {}})
    assert "fault late: not undone: latency on link late: nothing says that it was undone" in " ".join(told.split())
    assert f"  weatherglass chaos undo {tmp_path} --binding lab.yaml\n" in told


def test_a_fault_that_never_began_has_a_row(tmp_path):
    """A fault that the run did not come to stands in the table with no instant."""
    told = text(tmp_path, outcome="aborted", why="SIGINT", end_s=20.0, faults={"cut": {}, "later": {"kind": "reset"}})
    assert ["later", "reset", *"–" * 5] in [line.split() for line in told.splitlines()]
