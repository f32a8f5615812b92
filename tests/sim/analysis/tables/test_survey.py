"""A survey as tables."""

from __future__ import annotations

import io

import made_survey
import pytest

from sim.analysis.measures import MEASURES, row_of
from sim.analysis.tables import print_survey, result_console
from sim.analysis.tables.survey import cell_text, summary_lines


def printed(survey):
    """Return what is printed."""
    out = io.StringIO()
    print_survey(survey, result_console(out))
    return out.getvalue()


def test_every_adversity_has_its_table_and_every_policy_its_line():
    """Nothing is wider than 100 columns, and the words of a policy stand before its numbers."""
    text = printed(made_survey.survey())
    assert max(map(len, text.splitlines())) <= 100
    for name in ("calm: Why calm?", "storm: Why storm?", "does what budget does", "Ranks by success"):
        assert name in text
    (plain,) = [line for line in text.splitlines() if line.startswith(" plain") and "never" in line]
    assert " ".join(plain.split()) == "plain 20.1 % ±0.06 40ms 3s 6s 3.00 30.0 % 9.0× never 10/10 3"


def test_the_summary_says_where_each_is_best_and_worst_and_never_came_back():
    """In words, and no score."""
    assert summary_lines(made_survey.survey()) == [
        "none: best or tied in 2 of 2, never worst; runs that never came back: none.",
        "plain: best or tied in 1 of 2, worst or tied in storm; runs that never came back: storm.",
        "budget: best or tied in 2 of 2, never worst; runs that never came back: none.",
    ]


def test_a_stopped_survey_says_what_is_missing():
    """How many whole replications there are, and which adversities have none."""
    text = " ".join(printed(made_survey.survey(interrupted=True)).split())
    assert "Stopped early: at least 10 whole replications of each; not one of never-made." in text


@pytest.mark.parametrize(
    ("metric", "shown"),
    [
        ("call_ok_share", "90.1 % ±0.06"),
        ("call_p99_s", "1s"),
        ("attempts_per_call", "1.00"),
        ("offered_peak_per_s", "3.0×"),
        ("collapsed_share", "0/10"),
        ("wasted_work_share", "10.0 %"),
    ],
)
def test_each_measure_fits_into_a_narrow_cell(metric, shown):
    """Success carries half its interval, peaks are multiples of the nominal load, lost runs are counted."""
    survey = made_survey.survey()
    measure = next(m for m in MEASURES if m.metric == metric)
    row = row_of(survey["storm"].rows, "none", measure, made_survey.CALLERS)
    assert cell_text(row, measure, survey.nominal_per_s(survey["storm"])) == shown


def test_no_reading_is_a_dash():
    """Neither a zero nor an empty cell."""
    assert cell_text(None, MEASURES[0], 1.0) == "–"


def test_the_busiest_second_of_rare_calls_is_a_rate():
    """A call every four minutes has a busiest second of one; 240 times the average would say nothing."""
    survey = made_survey.survey()
    peak = next(m for m in MEASURES if m.metric == "offered_peak_per_s")
    row = row_of(survey["storm"].rows, "none", peak, made_survey.CALLERS)
    assert cell_text(row, peak, 1 / 240) == "25/s"
