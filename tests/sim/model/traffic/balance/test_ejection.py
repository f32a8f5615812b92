"""Who rests, when, and for how long."""

from __future__ import annotations

import pytest

from sim.model.clock import Clock
from sim.model.cluster.endpoints import Endpoint
from sim.model.traffic.balance.ejection import Ejection
from sim.spec.workloads import Ejects

TEN = tuple(Endpoint(f"api-{n}", "b", "api", n) for n in range(10))


def ejection(clock: Clock, **ejects: float) -> Ejection:
    """Return the view of a caller that knows ten pods."""
    view = Ejection(clock, Ejects.model_validate(ejects))
    assert view.among(TEN) == TEN
    return view


def fail(view: Ejection, pod: int, times: int) -> None:
    """Let a pod fail some requests in a row."""
    for _ in range(times):
        view.told(TEN[pod], failed=True)


def test_only_failures_in_a_row_count() -> None:
    """Four, an answer, four: in service; the fifth in a row ends it."""
    view = ejection(Clock())
    fail(view, 3, 4)
    view.told(TEN[3], failed=False)
    fail(view, 3, 4)
    assert view.among(TEN) == TEN
    fail(view, 3, 1)
    assert view.among(TEN) == TEN[:3] + TEN[4:]


def test_no_more_than_a_tenth_rests() -> None:
    """Of ten pods one: a second that fails stays in service until the first is back."""
    view = ejection(Clock())
    fail(view, 0, 5)
    fail(view, 1, 50)
    assert view.among(TEN) == TEN[1:]


@pytest.mark.parametrize(("times", "back_s"), [(1, 30.0), (2, 90.0), (3, 180.0)])
def test_each_time_is_longer_by_one(times: int, back_s: float) -> None:
    """Out again as soon as it is back: rests of 30, 60, 90 s, each up to a pass of the 10 s lattice."""
    clock = Clock()
    view = ejection(clock)
    for time in range(times):
        fail(view, 0, 5)
        back = (30.0, 90.0, 180.0)[time]
        clock.advance(back - 1e-6)
        assert view.among(TEN) == TEN[1:]
        clock.advance(back)
        assert view.among(TEN) == TEN
    assert clock.now == back_s


def test_passes_in_service_forgive() -> None:
    """Two passes (20 s) in service after a first rest, and the next rest is the first again."""
    clock = Clock()
    view = ejection(clock)
    fail(view, 0, 5)
    clock.advance(50.0)
    assert view.among(TEN) == TEN
    fail(view, 0, 5)
    clock.advance(80.0)
    assert view.among(TEN) == TEN


def test_rests_have_a_longest() -> None:
    """`rests_most` bounds them, but for the base itself."""
    clock = Clock()
    view = ejection(clock, rests_most=40.0)
    fail(view, 0, 5)
    clock.advance(30.0)
    assert view.among(TEN) == TEN
    fail(view, 0, 5)
    clock.advance(70.0)
    assert view.among(TEN) == TEN


def test_with_most_pods_out_all_are_asked() -> None:
    """Fewer than half in service: an ejection that leaves nobody to ask is none (Envoy's panic threshold)."""
    view = ejection(Clock(), at_most=1.0)
    for pod in range(5):
        fail(view, pod, 5)
    assert view.among(TEN) == TEN[5:]
    fail(view, 5, 5)
    assert view.among(TEN) == TEN


def test_who_is_no_endpoint_any_more_is_forgotten() -> None:
    """A pod that leaves the list takes its record along: its place among those that rest is free again."""
    view = ejection(Clock())
    fail(view, 0, 5)
    assert view.among(TEN[1:]) == TEN[1:]
    assert view.among(TEN) == TEN
