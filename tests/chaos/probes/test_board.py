"""The board knows each probe's last reading, how long it has been so, and forgets what is too old."""

from __future__ import annotations

from typing import Any

import pytest

from chaos.probes.board import Board
from chaos.probes.reading import known, unknown
from sim.record import Journal, Recorder, RunInfo

INFO = RunInfo("x", "y", "o", 1, "real", 100.0, 0.0, (), ())


class Told:
    """A board on a clock that is set, and the recorder behind it."""

    def __init__(self, stale_s: float = 10.0) -> None:
        self.now_s = 0.0
        self.recorder = Recorder(INFO)
        clock: Any = self
        self.board = Board({"p": stale_s}, self.recorder, clock)

    def now(self) -> float:
        return self.now_s

    def put(self, at_s: float, verdict: str) -> None:
        self.now_s = at_s
        reading = unknown("silent", at_s) if verdict == "unknown" else known(0.5, at_s, holds=verdict == "held")
        self.board.put("p", reading)

    def journal(self) -> Journal:
        return self.recorder.finish()


def test_before_its_first_reading_a_probe_is_unknown():
    """Nothing is held until something was read."""
    told = Told()
    told.now_s = 1.0
    assert told.board.readings()["p"].verdict == "unknown"
    assert (told.board.broken_for("p"), told.board.unknown_for("p")) == (0.0, 1.0)


def test_only_a_reading_that_held_is_a_break():
    """Broken, unknown, broken again: broken since the first; after a reading that held, since the next one."""
    told = Told()
    told.put(1.0, "broken")
    told.put(2.0, "unknown")
    assert told.board.broken_for("p") == 0.0
    told.put(4.0, "broken")
    assert told.board.broken_for("p") == 3.0
    told.put(5.0, "held")
    told.put(7.0, "broken")
    told.now_s = 9.0
    assert told.board.broken_for("p") == 2.0


def test_a_reading_that_is_not_renewed_becomes_unknown():
    """However good the last reading was: once it is older than the probe's own bound, nothing is known."""
    told = Told(stale_s=10.0)
    told.put(1.0, "held")
    told.now_s = 11.0
    assert told.board.readings()["p"].verdict == "held"
    told.now_s = 11.5
    found = told.board.readings()["p"]
    assert (found.verdict, found.why, found.age_s(11.5)) == ("unknown", "no reading for 10.5 s", 10.5)
    assert told.board.unknown_for("p") == 10.5


def test_every_reading_is_a_sample_and_every_change_an_event():
    """Five readings leave five samples, and an event where the verdict became another."""
    told = Told()
    for at_s, verdict in enumerate(["held", "held", "broken", "unknown", "held"]):
        told.put(float(at_s), verdict)
    journal = told.journal()
    assert [(s.t_s, s.metric, s.subject) for s in journal.samples] == [(float(t), "probe", "probe/p") for t in range(5)]
    assert [(e.t_s, e.kind, e.subject, e.detail) for e in journal.events] == [
        (0.0, "probe_held", "probe/p", {"value": 0.5}),
        (2.0, "probe_broken", "probe/p", {"value": 0.5}),
        (3.0, "probe_unknown", "probe/p", {"why": "silent"}),
        (4.0, "probe_held", "probe/p", {"value": 0.5}),
    ]


def test_a_first_reading_that_is_unknown_is_told():
    """That a probe never got an answer stands in the journal, with the reason."""
    told = Told()
    told.put(1.0, "unknown")
    assert [(e.kind, e.detail) for e in told.journal().events] == [("probe_unknown", {"why": "silent"})]


@pytest.mark.parametrize("verdict", ["held", "broken", "unknown"])
def test_a_closed_board_takes_nothing(verdict):
    """Who was still waiting for an answer writes into no finished journal."""
    told = Told()
    told.board.close()
    told.put(1.0, verdict)
    journal = told.journal()
    assert (journal.events, journal.samples) == ([], [])
