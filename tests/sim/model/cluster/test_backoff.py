"""Clients that come back: back-off steps added up, not simulated."""

from __future__ import annotations

from statistics import mean

from hypothesis import given
from hypothesis import strategies as st

from sim.model.cluster.backoff import Backoff, lease_retry_s, residual_s
from sim.plan.streams import Stream
from sim.presets.timings import timings

K8S = timings("k8s")


def test_steps_double_up_to_their_cap() -> None:
    """L3: 0.8·(1 + U), 1.6·(1 + U) … 30·(1 + U)."""
    watch = Backoff(K8S)
    assert [watch.step_s(0.0) for _ in range(8)] == [0.8, 1.6, 3.2, 6.4, 12.8, 25.6, 30.0, 30.0]


def test_the_first_attempt_after_the_outage_counts() -> None:
    """With every draw 0 attempts come at 0.8, 2.4, 5.6, 12 … s after the loss."""
    assert Backoff(K8S).back_s(100.0, 103.0, lambda _: 0.0, 0) == 105.6


def test_a_flapping_link_keeps_its_clients_at_the_cap() -> None:
    """The step is remembered unless two minutes pass without one (L3)."""
    watch = Backoff(K8S)
    watch.back_s(0.0, 100.0, lambda _: 0.5, 0)
    assert watch.back_s(200.0, 201.0, lambda _: 0.5, 0) == 245.0
    assert watch.back_s(1000.0, 1001.0, lambda _: 0.5, 0) == 1001.2


def test_after_a_long_outage_the_rest_of_a_step_is_23_s_in_the_mean() -> None:
    """H12: the residual of U(30, 60): 0–60 s, mean 23.3; the shortcut for long outages draws it at once."""
    waits = [Backoff(K8S).back_s(0.0, 5000.0, Stream(seed, "w").uniform, 0) - 5000.0 for seed in range(4000)]
    assert 0.0 <= min(waits) <= max(waits) <= 60.0
    assert abs(mean(waits) - 23.3) < 1.0
    plain = [Backoff(K8S).back_s(0.0, 500.0, Stream(seed, "w").uniform, 0) - 500.0 for seed in range(4000)]
    assert abs(mean(plain) - mean(waits)) < 1.2


@given(st.floats(0.001, 0.999))
def test_a_residual_is_within_its_interval(u: float) -> None:
    """The rest of a pause is never longer than the pause."""
    assert 0.0 <= residual_s(u, 30.0, 60.0) <= 60.0


@given(outage_s=st.floats(0.1, 1e6), due_s=st.floats(0, 10))
def test_a_lease_is_renewed_within_seven_seconds(outage_s: float, due_s: float) -> None:
    """H3: when due if that is later, else at most one capped pause after the API answers."""
    at_s = lease_retry_s(due_s, outage_s, 0.2, 7.0)
    assert at_s == due_s if due_s >= outage_s else outage_s <= at_s <= outage_s + 7.0


def test_lease_retries_come_at_doubling_pauses() -> None:
    """Due at 0: tried again at 0.2, 0.6, 1.4, 3.0, 6.2, 12.6, then each 7 s."""
    found = [round(lease_retry_s(0.0, up_s, 0.2, 7.0), 9) for up_s in (0.1, 0.3, 1.0, 2.0, 5.0, 7.0, 13.0, 20.0)]
    assert found == [0.2, 0.6, 1.4, 3.0, 6.2, 12.6, 19.6, 26.6]
