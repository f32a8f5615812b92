"""From a journal to a replication."""

from __future__ import annotations

import math
import pickle
from dataclasses import replace

import pytest

from sim.analysis.reduce import reduce
from sim.analysis.replication import Blame, Outage, Reading
from sim.record import Event, Sample

NODE = [Sample(-10.0, "node_ready", "node/styx", 1.0), Sample(-10.0, "pods_ready", "service/api", 2.0)]


def test_calls_are_cut_into_phases(made, fault):
    """A call counts where it starts; what starts in the warm-up doesn't count."""
    calls = [(-5, 1, "failed"), (5, 1, "ok"), (10, 1, "failed"), (19, 5, "ok"), (20, 1, "ok")]
    values = reduce(made(calls, fault(10.0, 20.0))).values
    shares = {key[0]: value for key, value in values.items() if key[1:] == ("client/web", "call_ok_share")}
    assert shares == {"all": 0.75, "before": 1.0, "fault:cut": 0.5, "after": 1.0}


def test_subjects_are_clients_services_and_all(made):
    """The same calls, of one client, of all who call the service, of all together."""
    calls = [(5, 1, "ok", "ok", 1, 0), (6, 1, "failed", "reset", 1, 1)]
    values = reduce(made(calls)).values
    shares = {key[1]: value for key, value in values.items() if key[0] == "all" and key[2] == "call_ok_share"}
    assert shares == {"client/web": 1.0, "client/batch": 0.0, "service/api": 0.5, "cluster": 0.5}


def test_counts_are_kept_for_pooling(made):
    """A share comes with its count and total."""
    replication = reduce(made([(5, 1, "ok"), (6, 1, "unknown"), (7, 1, "ok")]))
    assert replication.ratios["all", "client/web", "call_ok_share"] == (2.0, 3.0)
    assert replication.ratios["all", "client/web", "call_unknown_share"] == (1.0, 3.0)


def test_goodput_counts_answers_when_they_come(made):
    """An answer after the run's end is no row; one that comes within it counts though its call began in the warm-up."""
    replication = reduce(made([(-1, 2, "ok"), (5, 1, "ok")]))
    assert replication.values["all", "client/web", "goodput_per_s"] == 2 / 100


def test_the_order_in_which_calls_ended_does_not_matter(made):
    """Rows come as calls end; everything is judged by their starts."""
    calls = [(5, 50, "ok"), (6, 1, "failed"), (30, 1, "ok"), (7, 3, "failed")]
    one, other = reduce(made(calls)), reduce(made(sorted(calls)))
    assert (one.values, one.readings, one.blames) == (other.values, other.readings, other.blames)


def test_the_error_budget_is_spent_by_failing_calls(made):
    """One failing call of two hundred against 99 %: half the budget."""
    calls = [(t / 4, 0.1, "failed" if t == 9 else "ok") for t in range(200)]
    assert reduce(made(calls)).values["all", "client/web", "budget_spent_share"] == pytest.approx(0.5)


def test_what_the_cluster_did_is_read_from_gauges(made, fault):
    """Averages over time for shares, the highest value for pods in Terminating, pod-seconds for what was missing."""
    samples = [
        *NODE,
        Sample(20.0, "node_ready", "node/styx", 0.0),
        Sample(70.0, "node_ready", "node/styx", 1.0),
        Sample(30.0, "pods_ready", "service/api", 1.0),
        Sample(50.0, "pods_ready", "service/api", 3.0),
        Sample(-10.0, "pods_terminating", "cluster", 0.0),
        Sample(60.0, "pods_terminating", "cluster", 8.0),
    ]
    values = reduce(made(samples=samples, events=fault(10.0, 80.0))).values
    assert values["all", "node/styx", "node_ready_share"] == 0.5
    assert values["all", "cluster", "pods_terminating"] == 8.0
    assert values["after", "cluster", "pods_terminating"] == 8.0
    assert values["before", "cluster", "pods_terminating"] == 0.0
    assert values["all", "service/api", "pod_unavailable_s"] == 20.0


def test_delays_are_read_by_subject(made, fault):
    """Of one node and of the cluster; missing where nothing happened."""
    events = [
        *fault(10.0, 80.0, "lost", "node_loss", "styx"),
        Event(58.0, "node_unknown", "node/styx", {}),
        Event(60.0, "noticed", "fault/lost", {"by": "alert"}),
    ]
    values = reduce(made(events=events, samples=NODE)).values
    assert values["all", "node/styx", "node_unknown_s"] == values["all", "cluster", "node_unknown_s"] == 48.0
    assert values["fault:lost", "cluster", "noticed_s"] == 50.0
    assert ("all", "cluster", "failover_s") not in values


def test_a_run_that_never_came_back_has_collapsed(made, fault):
    """Failing to the end is a collapse, good again is none, whether or not the fault was to blame."""
    lasting = [(t, 0.1, "ok" if t < 10 else "failed") for t in range(100)]
    passing = [(t, 0.1, "failed" if 10 <= t < 20 else "ok") for t in range(100)]
    for calls, collapsed, recovery_s in ((lasting, 1.0, math.inf), (passing, 0.0, 0.0)):
        values = reduce(made(calls, fault(10.0, 20.0))).values
        assert values["all", "client/web", "collapsed_share"] == collapsed
        assert values["all", "client/web", "recovery_s"] == recovery_s


def test_recovery_is_read_fault_by_fault(made, fault):
    """Of all faults the slowest, and of each its own."""
    bad = {*range(10, 23), *range(60, 62)}
    calls = [(t, 0.1, "failed" if t in bad else "ok") for t in range(150)]
    events = [*fault(10.0, 20.0), *fault(60.0, 62.0, "blip")]
    values = reduce(made(calls, events, duration_s=150.0)).values
    recoveries = {key[0]: value for key, value in values.items() if key[1:] == ("client/web", "recovery_s")}
    assert recoveries == {"all": 2.0, "fault:cut": 2.0, "fault:blip": 0.0}


def test_failing_calls_are_blamed(made, fault):
    """By reason and by the faults that were on when they started, with the longest unbroken stretch."""
    calls = [
        (5, 1, "ok"),
        (11, 3, "unknown", "timeout"),
        (12, 1, "failed", "unreachable"),
        (15, 2, "unknown", "timeout"),
        (18, 1, "ok"),
        (25, 1, "failed", "unreachable"),
    ]
    assert reduce(made(calls, fault(10.0, 20.0))).blames["answers"] == (
        Blame("client/web", "timeout", ("cut",), 2, 11.0, 15.0, 6.0),
        Blame("client/web", "unreachable", ("cut",), 1, 12.0, 12.0, 6.0),
        Blame("client/web", "unreachable", (), 1, 25.0, 25.0, 1.0),
    )


def test_outages_are_added_up_by_fault(made, fault):
    """Stretches out of order, how often, how long, how much."""
    samples = [*NODE, *(Sample(t, "node_ready", "node/styx", v) for t, v in ((12.0, 0.0), (15.0, 1.0), (40.0, 0.0)))]
    outages = reduce(made(samples=samples, events=fault(10.0, 20.0))).outages
    assert outages == (
        Outage("node_ready", "node/styx", ("cut",), 1, 3.0, 3.0, 3.0, 1.0),
        Outage("node_ready", "node/styx", (), 1, 60.0, 60.0, 60.0, 1.0),
    )


def test_series_and_latencies_hold_every_call(made):
    """Each call stands once in its bin, each good one once in the histogram."""
    replication = reduce(made([(0, 0.001, "ok"), (50, 1e6, "ok"), (99.9, 1, "failed"), (99, 0.9, "unknown", "cut", 3)]))
    series = replication.series["client/web"]
    sums = [float(x.sum()) for x in (series.offered, series.ok, series.failed, series.unknown, series.attempts)]
    assert sums == [4.0, 2.0, 1.0, 1.0, 6.0]
    assert replication.latency["client/web"].sum() == 2


def test_goodput_stands_where_the_answer_came_and_the_call_where_it_began(made):
    """A good answer counts in the bin of its end; one that comes after the run, and a failed call, count nowhere."""
    series = reduce(made([(0.1, 50.0, "ok"), (1, 1e6, "ok"), (2, 10, "failed")])).series["client/web"]
    assert (series.ok.nonzero()[0].tolist(), series.answered.nonzero()[0].tolist()) == ([0, 2], [120])


def test_a_replication_is_small_and_survives_pickling(made):
    """What a worker sends home holds no call: a hundred times the calls, nearly the same size."""
    few, many = (reduce(made([(t * 100 / n, 0.1, "ok") for t in range(n)])) for n in (100, 10_000))
    assert len(pickle.dumps(many)) < 1.1 * len(pickle.dumps(few))
    back = pickle.loads(pickle.dumps(few))  # noqa: S301 (our own bytes)
    assert (back.values, back.readings) == (few.values, few.readings)


def test_a_run_without_anything_can_be_reduced(made):
    """No call, no event, no sample: readings say nothing, and nothing is broken."""
    replication = reduce(made())
    reading = replication.readings["objectives.answers"]
    assert math.isnan(reading.value)
    assert replace(reading, value=0.0) == Reading(0.0, broken=False)
    assert replication.blames == {"answers": ()}
