"""What an option buys is read against what it builds on, not against the first of the file."""

from __future__ import annotations

import math

import pytest

from sim.analysis.answers import Difference
from sim.analysis.steps import judged, steps_of
from sim.spec.probes import Probe

EXTENDS = {"base": (), "a": ("base",), "b": ("base",), "hidden": ("a",), "both": ("hidden", "b"), "alone": ()}


def test_an_option_steps_from_each_one_that_it_extends():
    """Both parents of an option are asked; who extends nothing steps from the first; the first from nobody."""
    made = ("base", "a", "b", "both", "alone")
    assert steps_of(EXTENDS, made) == (
        ("a", "base"),
        ("b", "base"),
        ("both", "a"),  # `hidden` was not made: its own parent stands in
        ("both", "b"),
        ("alone", "base"),
    )


def test_ancestors_that_join_again_are_asked_once():
    """Two ways up to the same ancestor are one step."""
    assert steps_of(EXTENDS, ("base", "both")) == (("both", "base"),)


def _difference(value: float, tie: bool = False) -> Difference:
    return Difference("o", "call_p99_s", "s", "a", "base", value, value - 1, value + 1, tie, 10)


@pytest.mark.parametrize(
    ("bound", "value", "tie", "word"),
    [
        ({"at_least": 0.5}, 3.0, False, "better"),
        ({"at_least": 0.5}, -3.0, False, "worse"),
        ({"at_most": 0.5}, 3.0, False, "worse"),
        ({"at_most": 0.5}, -3.0, False, "better"),
        ({"at_most": 0.5}, -0.1, True, "tie"),
        ({"at_most": 0.5}, math.nan, False, "tie"),
    ],
)
def test_better_is_what_the_objective_asks_for(bound, value, tie, word):
    """More is better under `at_least`, less under `at_most`; inside the noise, or unread, it is a tie."""
    assert judged(_difference(value, tie), Probe(of="cluster", metric="call_p99_s", **bound)) == word
