"""What people see while a run goes on: lines where there is no terminal, a view where there is one."""

from __future__ import annotations

import io
import os
import pty
import re
from contextlib import suppress
from dataclasses import replace

import pytest
from rich.console import Console

from chaos.binding import RealProbe
from chaos.probes import Reading
from chaos.report.drawn import Asked, asked_of, drawn
from chaos.report.live import live
from chaos.report.progress import ClientNow, FaultNow, Progress
from sim.spec.probes import Probe

HELD, BROKEN = Reading(0.995, "held", 80.0), Reading(0.5, "broken", 81.0)
SILENT = Reading(float("nan"), "unknown", 70.0, "127.0.0.1:9090: no whole answer within 2s")
NOW = Progress(
    "audit", "p1", "running", 83.24, 300.0,
    {"success": HELD, "own": SILENT},
    (FaultNow("flap", "flap", "on", 71.0, 90.0), FaultNow("lost", "node_loss", "waiting", 0.0, 150.0)),
    (ClientNow("a", 48.2, 41.0, "dial_timeout"),),
)  # fmt: skip
ASKED = asked_of(
    {"success": Probe(of="client/a", metric="call_ok_share", at_least=0.99)},
    {"own": RealProbe(query="sum(\n  up)", at_most=3.5), "smoke": RealProbe(command=("./smoke.sh", "--all"))},
)
UTC = re.compile(r"\d\d:\d\d:\d\d UTC")


def lines(*moments: Progress) -> list[str]:
    """Return what is said of some moments where there is no terminal, with the wall time left out."""
    file = io.StringIO()
    with live(ASKED, file) as show:
        for each in moments:
            show(each)
    said = file.getvalue().splitlines()
    assert all(UTC.match(line) for line in said)
    return [UTC.sub("", line).strip() for line in said]


def test_what_a_probe_asks_stands_in_words():
    """Metric, subject and bound of a scenario's probe; query and bound, or the command, of the binding's."""
    assert dict(ASKED) == {
        "success": Asked("call_ok_share of client/a", "≥ 99 %", "share"),
        "own": Asked("sum( up)", "≤ 3.5", "count"),
        "smoke": Asked("command ./smoke.sh", "exit code 0", "count"),
    }


def test_where_there_is_no_terminal_each_phase_and_step_is_a_line():
    """A phase, a fault's step, a verdict that changed, a reason to stop: one line each, with run seconds."""
    later = replace(NOW, t_s=90.5, probes={"success": BROKEN, "own": SILENT}, stopping="SIGINT:\na person")
    undone = replace(later, t_s=91.0, phase="undoing", faults=(FaultNow("flap", "flap", "undone", 91.0),))
    assert lines(replace(NOW, phase="baseline", t_s=-5.0, faults=()), NOW, later, undone) == [
        "t=-5.0s audit/p1: baseline: the steady state has to hold until t = 0, in 5s",
        "t=83.2s audit/p1: running until t = 5m",
        "t=83.2s fault flap (flap): on",
        "t=90.5s steady state success: broken",
        "t=90.5s stopping: SIGINT: a person",
        "t=91.0s audit/p1: undoing",
        "t=91.0s fault flap (flap): undone",
    ]


def test_silence_while_nothing_changes():
    """The same moment a hundred times says what it says once."""
    assert lines(*[NOW] * 100) == lines(NOW)


def test_a_fault_that_comes_again_is_told_again():
    """A step that began at another moment is a new step."""
    again = replace(NOW, faults=(FaultNow("flap", "flap", "on", 95.0),))
    assert [line for line in lines(NOW, again) if "fault" in line] == ["t=83.2s fault flap (flap): on"] * 2


@pytest.mark.parametrize("width", [80, 100, 160])
def test_the_view_cuts_no_number(width):
    """In 80 columns and more every probe's value, bound, age and verdict, and every client's rates are whole."""
    console = Console(width=width, file=io.StringIO(), highlight=False, markup=False, emoji=False)
    with console.capture() as shown:
        console.print(drawn(NOW, ASKED))
    text = shown.get()
    for part in (
        "audit/p1", "running", "t = 83.2 s of 5m", "success", "≥ 99 %", "99.50 %", "3.2 s", "held", "13.2 s", "unknown",
        "no whole answer within 2s", "flap", "on", "12 s", "in 7 s", "node_loss", "waiting", "in 67 s",
        "48.2/s", "41/s", "dial_timeout",
    ):  # fmt: skip
        assert part in text
    assert UTC.search(text)


def test_the_view_says_why_it_stops():
    """A reason to stop stands above the tables."""
    console = Console(width=100, file=io.StringIO())
    with console.capture() as shown:
        console.print(drawn(replace(NOW, stopping="the lease is gone"), ASKED))
    assert "stopping: the lease is gone" in shown.get().partition("Steady state")[0]


def shown_on_a_terminal(moment: Progress) -> str:
    """Return what a terminal gets of one moment."""
    other, ours = pty.openpty()
    with os.fdopen(ours, "w", encoding="utf-8") as file, live(ASKED, file) as show:
        show(moment)
    told = b""
    with suppress(OSError):  # the end of what a closed terminal was told
        while part := os.read(other, 65536):
            told += part
    os.close(other)
    return told.decode("utf-8")


@pytest.mark.parametrize(("no_color", "coloured"), [("", True), ("1", False)])
def test_colours_only_on_a_terminal_and_without_no_color(monkeypatch, no_color, coloured):
    """A terminal gets the view, in colour unless NO_COLOR is set."""
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("NO_COLOR", no_color)
    told = shown_on_a_terminal(NOW)
    assert "Steady state" in told
    assert bool(re.search(r"\x1b\[[0-9;]*3[0-9]m", told)) == coloured


def test_nothing_is_ever_shown_on_standard_output(capsys):
    """What is shown goes to standard error: standard output is for `--json`."""
    with live(ASKED) as show:
        show(NOW)
    told = capsys.readouterr()
    assert told.out == ""
    assert "running until" in told.err
