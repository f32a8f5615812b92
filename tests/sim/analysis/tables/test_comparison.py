"""Comparisons in a terminal, in a pipe, without colours."""

from __future__ import annotations

import io
from typing import Any

import pytest

from sim.analysis.tables import print_comparison, result_console


def _printed(comparison: Any) -> str:
    file = io.StringIO()
    print_comparison(comparison, result_console(file))
    return file.getvalue()


def test_a_pipe_gets_words_without_escape_codes_in_100_columns(made_comparison: Any) -> None:
    """Where there is no terminal there are no colours, and no line is longer than 100 columns."""
    text = _printed(made_comparison)
    assert "\x1b" not in text
    assert max(map(len, text.splitlines())) <= 100


def test_a_terminal_gets_colours_unless_it_refuses_them(made_comparison: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Colours are for terminals; NO_COLOR takes them away."""
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm-256color")
    assert "\x1b[1;31mbroken" in _printed(made_comparison)
    monkeypatch.setenv("NO_COLOR", "1")
    assert "31m" not in _printed(made_comparison)


def test_each_objective_has_a_line_for_each_option(made_comparison: Any) -> None:
    """Value, interval, verdict, n and the difference against the first option stand in one line."""
    lines = [" ".join(line.split()) for line in _printed(made_comparison).splitlines()]
    assert "p0-client 41.0 % 17.4 … 58.7 % broken 30 tie: +0.020 %p (-23.6 … +17.7)" in lines
    assert "p1-client 98.7 % 98.2 … 99.09 % broken 30 +57.7 %p (+57.2 … +58.1)" in lines
    assert "as-audited never never … never broken 30" in lines
    assert "p2-auto-recovery 99.910 % undecided 4.9s undecided 66.7 % broken" in lines


def test_ties_are_said_as_ties(made_comparison: Any) -> None:
    """A difference whose interval contains 0 begins with the word tie."""
    ties = [line for line in _printed(made_comparison).splitlines() if "tie: " in line]
    assert [line.split()[0] for line in ties] == ["p0-client"]


def test_all_that_it_rests_on_is_said(made_comparison: Any) -> None:
    """The best, the causes, what was left out, the assumptions and the number of replications are printed."""
    text = " ".join(_printed(made_comparison).split())
    for said in (
        "all is best, or within 0.10 % of the best, with 95 % confidence",
        "answers as-audited 71 % of failed calls ended in unreachable while fault route-flap was on, longest 3m20s",
        "p2-mesh: comes with the mesh",
        "attempts: The audit counts 1195+ failed attempts",
        "30 replications, as the scenario says",
    ):
        assert said in text


def test_a_stopped_comparison_says_how_much_it_has(made_comparison: Any) -> None:
    """After Ctrl-C the number of whole replications is said."""
    made_comparison.interrupted = True
    assert "Stopped early: 5 whole replications of each option are shown." in _printed(made_comparison)


def test_without_objectives_there_is_still_an_answer(made_comparison: Any) -> None:
    """A scenario without objectives gets a sentence instead of verdicts."""
    made_comparison.objectives, made_comparison.verdicts, made_comparison.causes = {}, (), ()
    assert "no objectives" in _printed(made_comparison)


def test_options_that_are_all_alike_are_one_line(made_comparison: Any) -> None:
    """Where an objective tells nothing apart there is no table of equal rows."""
    assert "  all options alike: 66.7 % (66.7 … 66.7 %), n = 30, broken\n" in _printed(made_comparison)
