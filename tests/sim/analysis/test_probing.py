"""What probes read in one run."""

from __future__ import annotations

import math

import pytest

from sim.analysis.probing import read, read_steady
from sim.analysis.replication import Reading
from sim.analysis.view import View
from sim.record import Sample
from sim.spec.probes import Probe

CALLS = [(t, 0.5, "failed" if 40 <= t < 46 else "ok") for t in range(100)]


def _read(journal, **probe):
    return read(View(journal), Probe.model_validate({"of": "client/web", **probe}))


def test_a_share_is_an_average_over_calls(made):
    """Six failing calls of a hundred."""
    assert _read(made(CALLS), metric="call_ok_share", at_least=0.95) == Reading(0.94, True, (94.0, 100.0))


def test_every_asks_for_the_worst_window(made):
    """Windows count from `from`; the worst one decides."""
    reading = _read(made(CALLS), metric="call_ok_share", at_least=0.5, every=10.0)
    assert (reading.value, reading.broken) == (0.4, True)
    shifted = _read(made(CALLS), metric="call_ok_share", at_least=0.5, every=6.0, **{"from": 40.0})
    assert (shifted.value, shifted.broken) == (0.0, True)


@pytest.mark.parametrize(
    ("window", "value"), [({"from": 46.0}, 1.0), ({"until": 40.0}, 1.0), ({"from": 44.0}, 54 / 56)]
)
def test_from_and_until_cut(made, window, value):
    """What lies outside does not count."""
    assert _read(made(CALLS), metric="call_ok_share", at_least=0.999, **window).value == pytest.approx(value)


def test_a_window_without_calls_says_nothing(made):
    """A window in which nobody called is neither good nor bad."""
    sparse = [(5, 0.5, "ok"), (95, 0.5, "ok")]
    assert _read(made(sparse), metric="call_ok_share", at_least=1.0, every=10.0) == Reading(1.0, False)
    assert math.isnan(_read(made(sparse), metric="call_ok_share", at_least=1.0, **{"from": 10.0, "until": 90.0}).value)


def test_a_count_must_keep_its_bound_at_every_moment(made):
    """Eight pods in Terminating for one second break `at_most: 0`."""
    samples = [Sample(t, "pods_terminating", "cluster", v) for t, v in ((0.0, 0.0), (50.0, 8.0), (51.0, 0.0))]
    journal = made(samples=samples)
    probe = {"of": "cluster", "metric": "pods_terminating", "at_most": 0}
    assert _read(journal, **probe) == Reading(8.0, True)
    assert _read(journal, **probe, **{"from": 51.0}) == Reading(0.0, False)


def test_a_share_of_time_is_an_average(made):
    """Out for a tenth of the run."""
    samples = [Sample(t, "control_plane_up_share", "cluster", v) for t, v in ((0.0, 1.0), (50.0, 0.0), (60.0, 1.0))]
    reading = _read(made(samples=samples), of="cluster", metric="control_plane_up_share", at_least=0.95)
    assert (reading.value, reading.broken) == (pytest.approx(0.9), True)


def test_not_recovered_counts_as_broken(made, fault):
    """Infinity breaks every bound."""
    calls = [(t, 0.1, "ok" if t < 10 else "failed") for t in range(100)]
    assert _read(made(calls, fault(10.0, 20.0)), metric="recovery_s", at_most=1e6) == Reading(math.inf, True)


def test_times_are_of_all_calls(made):
    """A failed call's time counts, too: it is how long somebody waited."""
    calls = [(1, 0.1, "ok"), (2, 30.0, "failed")]
    assert _read(made(calls), metric="call_p99_s", at_most=5.0) == Reading(30.0, True)
    assert _read(made(calls), metric="call_mean_s", at_most=20.0).value == pytest.approx(15.05)


def test_totals_are_of_the_whole_run(made):
    """Work done for callers that had gone, over all work; the price of the nodes."""
    totals = {"service/api": {"wasted_s": 2.0, "busy_s": 8.0}, "cluster": {"cost_per_hour": 3.5}}
    journal = made(totals=totals)
    assert _read(journal, of="service/api", metric="wasted_work_share", at_most=0.5) == Reading(0.25, False, (2.0, 8.0))
    assert _read(journal, of="cluster", metric="cost_per_hour", at_most=3.0) == Reading(3.5, True)


def test_the_steady_state_is_read_before_the_first_fault(made, fault):
    """What breaks while a fault is on was not the steady state's fault."""
    journal = made([(5, 1, "ok"), (15, 1, "failed")], fault(10.0, 20.0))
    probe = Probe(of="client/web", metric="call_ok_share", at_least=0.99)
    assert read_steady(View(journal), probe).value == 1.0


READY = [
    Sample(-10.0, "pods_ready", "service/api", 4.0), Sample(20.0, "pods_ready", "service/api", 1.0),
    Sample(40.0, "pods_ready", "service/api", 4.0), Sample(-10.0, "pods_ready_share", "service/api", 1.0),
    Sample(20.0, "pods_ready_share", "service/api", 0.25), Sample(40.0, "pods_ready_share", "service/api", 1.0),
    Sample(-10.0, "pods_ready_share", "cluster", 0.9), Sample(-10.0, "workloads_available_share", "cluster", 0.5),
]  # fmt: skip


@pytest.mark.parametrize(
    ("probe", "value"),
    [
        ({"of": "service/api", "metric": "endpoints_ready", "at_least": 2}, 1.0),
        ({"of": "service/api", "metric": "endpoints_ready", "at_most": 3}, 4.0),
        ({"of": "service/api", "metric": "endpoints_ready", "at_least": 2, "from": 40.0}, 4.0),
        ({"of": "service/api", "metric": "pods_ready_share", "at_least": 0.5}, 0.85),
        ({"of": "service/api", "metric": "pods_ready_share", "at_least": 0.5, "every": 20.0}, 0.25),
        ({"of": "cluster", "metric": "pods_ready_share", "at_least": 0.5}, 0.9),
        ({"of": "cluster", "metric": "workloads_available_share", "at_least": 0.5}, 0.5),
    ],
)
def test_facts_of_kubernetes(made, probe, value):
    """Shares are averages over time; a count keeps its bound at every moment, so its extreme is read."""
    assert _read(made(samples=READY), **probe).value == pytest.approx(value)
