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


def test_the_main_causes_are_named_and_the_lesser_ones_counted() -> None:
    """Two causes of an option's objective are in words, the rest is a number."""
    causes = [Cause("p0", "answers", "f", "timeout", 1.0, 0.1, 1.0, f"cause {number}") for number in range(4)]
    file = io.StringIO()
    result_console(file).print(broken_by(causes))
    assert "cause 0; cause 1; and 2 lesser causes" in file.getvalue()
