"""Fallbacks."""

from __future__ import annotations

import pytest
from scripted import End, run, waits

from sim.policy import Fallback, Layers, Once, Retry

REFUSED = End(0.1, "refused", wrote=False)


def test_what_is_ok_needs_no_fallback():
    """The answer is the answer."""
    assert run(Fallback(), [End(0.1)])[0] == ("ok", "ok", 1)


def test_a_hidden_failure_is_the_reason_of_an_ok():
    """Degraded: ok, with the failure behind it, after the time the fallback takes."""
    outcome, log = run(Fallback(takes=0.5), [REFUSED])
    assert (outcome, waits(log)) == (("ok", "refused", 1), [0.5])


def test_other_failures_are_not_hidden():
    """Only what is on the list; what may have been done stays unknown."""
    policy = Fallback(on=("refused",))
    assert run(policy, [End(0.1, "status", 503)])[0] == ("failed", "status", 1)
    assert run(policy, [End(0.1, "reset")])[0] == ("unknown", "reset", 1)


@pytest.mark.parametrize("outer", [Retry(attempts=3), Once(try_timeout=9.0)])
def test_a_fallback_further_in_is_seen_from_outside(outer):
    """An outer layer takes the made-up answer for ok; the outcome still tells what it hides."""
    policy = Layers(layers=(outer, Fallback(), Retry(attempts=2)))
    assert run(policy, [REFUSED])[0] == ("ok", "refused", 2)
    assert run(policy, [REFUSED, End(0.1)])[0] == ("ok", "ok", 2)
