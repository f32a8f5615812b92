"""Two clocks beside each line."""

from __future__ import annotations

import pytest

from sim.analysis.explain.story import Line, Story, run_clock, since


@pytest.mark.parametrize(
    ("t_s", "clock"),
    [
        (0.0, "00:00:00.000"),
        (47.6, "00:00:47.600"),
        (-60.0, "-00:01:00.000"),
        (183600.0, "2d 03:00:00.000"),
        (-1e-9, "00:00:00.000"),
    ],
)
def test_the_run_s_clock_counts_hours_and_days(t_s: float, clock: str) -> None:
    """An instant is hours, minutes, seconds and thousandths, with days in front where there are any."""
    assert run_clock(t_s) == clock


@pytest.mark.parametrize(
    ("delta_s", "text"),
    [
        (0.0, "+0.000 s"),
        (47.6, "+47.6 s"),
        (350.0, "+5m50s"),
        (9000.0, "+2h30m"),
        (260000.0, "+3d00h"),
        (-2.5, "-2.500 s"),
    ],
)
def test_the_story_s_clock_gets_coarser_with_time(delta_s: float, text: str) -> None:
    """Close to its beginning a story counts thousandths, days later hours."""
    assert since(delta_s) == text


def test_a_story_is_aligned_and_ends_with_its_rules() -> None:
    """Both clocks are aligned to the right; notes and rules follow."""
    story = Story("title", 10.0, (Line(10.0, "one"), Line(130.5, "two", ("Q6",))), ("note",))
    assert story.render().splitlines() == [
        "title",
        "",
        "  00:00:10.000  +0.000 s  one",
        "  00:02:10.500    +2m00s  two  [Q6]",
        "",
        "note",
        "",
        "Rules:",
        "  Q6   a majority of members must be up; without it nothing is written (etcd)",
    ]
