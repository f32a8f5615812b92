"""What stands below the numbers."""

from __future__ import annotations

import io
from dataclasses import replace

from sim.analysis.answers import Cause, SummaryRow
from sim.analysis.tables import result_console
from sim.analysis.tables.notes import broken_by, collapse_lines

ROW = SummaryRow("s", "p0", "sim", "all", "client/c", "collapsed_share", "share", 0.2, 0.1, 0.3, 30)


def test_only_options_that_collapsed_are_said_to() -> None:
    """A share of collapsed runs above 0 is a sentence; phases other than the whole run are not repeated."""
    rows = [ROW, replace(ROW, value=0.0), replace(ROW, phase="after"), replace(ROW, metric="call_ok_share")]
    assert collapse_lines(rows) == ["Collapsed: p0: 20.0 % of 30 runs never came back (client/c)."]


def _lines(causes: list[Cause]) -> list[str]:
    file = io.StringIO()
    result_console(file).print(broken_by(causes))
    return [" ".join(line.split()) for line in file.getvalue().splitlines() if line.strip()][2:]


def test_the_main_cause_is_in_words_and_the_next_ones_are_shares() -> None:
    """The first cause has its sentence, two more their share and mechanism."""
    causes = [Cause("p0", "answers", "f", f"m{n}", 1.0, 0.4 / (n + 1), 1.0, f"cause {n}") for n in range(4)]
    assert _lines(causes) == ["answers p0 cause 0; then 20 % m1, 13 % m2"]


def test_options_of_which_the_same_is_to_be_said_share_a_line() -> None:
    """What would be repeated is said once, objective by objective."""
    same = Cause("p0", "answers", "f", "timeout", 1.0, 1.0, 1.0, "the cause")
    other = replace(same, option="p2", text="other")
    assert _lines([same, replace(same, objective="users"), replace(same, option="p1"), other]) == [
        "answers p0, p1 the cause",
        "p2 other",
        "users p0 the cause",
    ]
