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


def test_options_that_collapsed_alike_are_one_sentence() -> None:
    """Subjects of one option are joined, and then options of which the same is to be said."""
    rows = [replace(ROW, option=option, subject=of) for option in ("p0", "p1") for of in ("client/c", "cluster")]
    other = replace(ROW, option="p2", value=1.0)
    assert collapse_lines([*rows, other]) == [
        "Collapsed: p0, p1: 20.0 % of 30 runs never came back (client/c, cluster).",
        "Collapsed: p2: 100 % of 30 runs never came back (client/c).",
    ]


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


def test_lesser_causes_are_told_apart_by_mechanism_or_by_fault() -> None:
    """Shares of one mechanism are added; that of the first cause is named by its fault; nothing rounds to 0 %."""
    first = Cause("p0", "answers", "f", "timeout", 1.0, 0.5, 1.0, "the cause")
    rest = [
        replace(first, fault="f + g", share=0.2), replace(first, fault="", share=0.1),
        replace(first, fault="f", mechanism="reset", share=0.08),
        replace(first, fault="g", mechanism="reset", share=0.1), replace(first, fault="h", share=0.004),
    ]  # fmt: skip
    assert _lines([first, *rest]) == ["answers p0 the cause; then 20 % the same during f and g, 18 % reset"]
    assert _lines([first, rest[-1]]) == ["answers p0 the cause"]
