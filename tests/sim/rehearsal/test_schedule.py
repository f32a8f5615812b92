"""Schedules: what many calls have in common, and how they are shown."""

from __future__ import annotations

import pytest

from sim.policy import Once, Retry, policy_preset
from sim.rehearsal import INSTANT, Spread, instantly, schedule_of, silent, tries_by_failure
from sim.rehearsal.figure import schedule_figure
from sim.rehearsal.terminal import MOST_LINES, WIDE, bars, range_text

AWS = policy_preset("aws-standard").policy


def test_a_fixed_pause_has_no_spread():
    """Every call is the same, and as long."""
    found = schedule_of(Retry(attempts=3, backoff=1.0), instantly("status 503"), calls=10)
    assert [planned.begins for planned in found.tries] == [
        Spread(at_s, pytest.approx(at_s), at_s) for at_s in (0.0, 1.001, 2.002)
    ]
    assert [planned.calls for planned in found.tries] == [10, 10, 10]
    assert found.ends.mean_s == pytest.approx(2.003)
    assert (found.outcomes, found.endless) == ({"status": 10}, 0)


def test_full_jitter_lies_between_nothing_and_the_backoff():
    """Of 50 ms, then of 100 ms; on average half of it (4 standard errors of 1,000 draws: 1.8 and 3.7 ms)."""
    first, second = (planned.pause for planned in schedule_of(AWS, instantly("status 503")).tries[1:])
    assert 0.0 <= first.least_s < 0.002
    assert 0.048 < first.most_s <= 0.05
    assert first.mean_s == pytest.approx(0.025, abs=0.0018)
    assert second.mean_s == pytest.approx(0.05, abs=0.0037)


def test_the_same_policy_has_the_same_schedule():
    """Draws are addressed."""
    assert schedule_of(AWS, silent(), calls=50) == schedule_of(AWS, silent(), calls=50)


def test_what_is_tried_again_shows_in_the_number_of_tries():
    """A policy that retries one status only makes one try of everything else."""
    only = Retry(attempts=4, retry_on=("status",), retry_status=(503,))
    assert tries_by_failure(only) == {name: 4 if name == "status 503" else 1 for name in INSTANT}
    assert set(tries_by_failure(Once()).values()) == {1}


def test_the_picture_has_a_line_a_try_and_a_scale():
    """Blocks where a try is on average, shade where it may begin, times in words; nothing is wider than the rest."""
    lines = [line.plain for line in bars(schedule_of(AWS, instantly("status 503"), calls=200))]
    assert [line[:5] for line in lines] == ["try 1", "try 2", "try 3", "     "]
    assert [line[9 : 9 + WIDE].count("█") for line in lines] == [1, 1, 1, 0]
    assert "░" not in lines[0]
    assert lines[2][9 : 9 + WIDE].count("░") > lines[1][9 : 9 + WIDE].count("░") > 10
    assert max(map(len, lines)) <= 100


def test_of_endless_tries_the_first_are_shown():
    """And the scale is theirs."""
    lines = bars(schedule_of(Retry(attempts="unlimited", backoff=1.0), instantly("reset"), calls=3))
    assert len(lines) == MOST_LINES + 1
    assert lines[-1].plain.endswith("11.01s")


@pytest.mark.parametrize(
    ("spread", "said"),
    [
        (Spread(1.0, 1.0, 1.0), "1s"),
        (Spread(0.0, 0.025, 0.05), "25ms (0s … 50ms)"),
        (Spread(-0.5, -0.5, -0.5), "-500ms"),
        (Spread(10.0, 10.025, 10.05), "10.03s (10s … 10.05s)"),
        (Spread(4000.0, 4000.4, 4000.8), "1h7m (1h7m … 1h7m)"),
    ],
)
def test_a_spread_is_one_number_where_all_agree(spread, said):
    """Else its mean, and from where to where; below nothing the try before was still under way."""
    assert range_text(spread) == said


def test_the_figure_has_a_panel_a_server():
    """With one bar a try, and the range of its beginning as a line."""
    schedules = {"at once": schedule_of(AWS, instantly("status 503"), 20), "silent": schedule_of(AWS, silent(), 20)}
    figure = schedule_figure("aws-standard", schedules)
    assert [axes.get_title(loc="left") for axes in figure.axes] == ["at once", "silent"]
    assert [(len(axes.patches), len(axes.lines)) for axes in figure.axes] == [(3, 3), (3, 3)]
