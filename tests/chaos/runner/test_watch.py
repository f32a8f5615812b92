"""What ends a run early, each reason by itself."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from chaos.binding import StopWhen
from chaos.probes import Reading
from chaos.runner.watch import Watch

WHEN = StopWhen(broken_for=10.0, unknown_for=20.0, api_silent_for=5.0, budget_spent=0.5)


class _Probes:
    def __init__(self, broken_s: float = 0.0, unknown_s: float = 0.0) -> None:
        self._broken_s, self._unknown_s = broken_s, unknown_s

    def readings(self) -> dict[str, Reading]:
        return {"calls": Reading(0.5, "broken", 0.0)}

    def broken_for(self, name: str) -> float:
        return self._broken_s

    def unknown_for(self, name: str) -> float:
        return self._unknown_s


def _seen(when=WHEN, *, broken_s=0.0, unknown_s=0.0, away_s=0.0, spent=0.0, lost="", meant=False):
    told = []
    stop = SimpleNamespace(now=lambda outcome, why: told.append((outcome, why)))
    Watch(
        when,
        stop,
        SimpleNamespace(lost=lost),
        _Probes(broken_s, unknown_s),
        lambda: away_s,
        budgets=lambda: {"answers": spent},
        api_is_meant_to_be_away=lambda: meant,
    ).look()
    return told


@pytest.mark.parametrize(
    ("seen", "outcome", "word"),
    [
        ({"broken_s": 10.1}, "broken", "calls has been broken for 10.1 s"),
        ({"unknown_s": 20.5}, "aborted", "calls has had no reading"),
        ({"away_s": 5.1}, "aborted", "the API server has not answered"),
        ({"spent": 0.6}, "broken", "60% of the run's error budget"),
        ({"lost": "somebody deleted the lease"}, "aborted", "somebody deleted the lease"),
    ],
)
def test_each_reason_stops_by_itself(seen, outcome, word):
    """With its own outcome, and in words that say what was seen."""
    ((found, why),) = _seen(**seen)
    assert found == outcome
    assert word in why


def test_what_is_within_its_bound_stops_nothing():
    """At the bound itself neither."""
    assert _seen(broken_s=10.0, unknown_s=20.0, away_s=5.0, spent=0.5) == []


def test_an_api_server_that_is_meant_to_be_away_stops_nothing():
    """Its loss is an ordinary scenario: nothing is known of the cluster meanwhile, and that is as planned."""
    assert _seen(away_s=3600.0, unknown_s=3600.0, meant=True) == []


def test_a_steady_state_that_is_meant_to_break_stops_nothing():
    """`broken_for: null` says so; the other reasons stay."""
    when = WHEN.model_copy(update={"broken_for": None})
    assert _seen(when, broken_s=3600.0) == []
    assert len(_seen(when, broken_s=3600.0, away_s=6.0)) == 1
