"""Causes of what gauges read."""

from __future__ import annotations

from sim.analysis.causes import causes_of
from sim.analysis.reduce import reduce
from sim.analysis.verdicts import verdict_of
from sim.record import Sample
from sim.spec.probes import Probe


def _causes(made, events, samples, **probe):
    objective = Probe.model_validate(probe)
    replications = [
        reduce(made(events=events, samples=samples, objectives={"it": probe}, seed=seed)) for seed in (1, 2)
    ]
    return causes_of(verdict_of("base", "it", objective, replications), objective, replications)


def test_lost_capacity_names_the_nodes(made, fault):
    """A share of nodes is broken by those that were not Ready, the longest away first."""
    samples = [
        Sample(t_s, "node_ready", f"node/{name}", value)
        for t_s, name, value in ((0.0, "a", 1.0), (0.0, "b", 1.0), (20.0, "a", 0.0), (30.0, "b", 0.0), (35.0, "b", 1.0))
    ]
    share = [Sample(0.0, "node_ready_share", "cluster", 1.0), Sample(20.0, "node_ready_share", "cluster", 0.5)]
    found = _causes(
        made, fault(10.0, None), [*samples, *share], of="cluster", metric="node_ready_share", at_least=0.999
    )
    assert [(cause.fault, cause.mechanism, cause.longest_s) for cause in found] == [
        ("cut", "node/a node_ready", 80.0),
        ("cut", "node/b node_ready", 5.0),
    ]
    assert [cause.text for cause in found] == [
        "94 % of it: node/a was not Ready for up to 1m20s at a time, beginning while cut was on, in every run",
        "6 % of it: node/b was not Ready for up to 5s at a time, beginning while cut was on, in every run",
    ]


def test_what_no_gauge_and_no_call_tells_is_said_in_words(made, fault):
    """A fault that nobody noticed in time: no mechanism to add up, but a sentence."""
    (cause,) = _causes(made, fault(10.0, None), [], of="cluster", metric="noticed_s", at_most=60.0)
    assert (cause.fault, cause.mechanism) == ("cut", "noticed_s")
    assert cause.text == "never in 2 of 2 runs; broken in 2 of 2 runs: nobody noticed earlier"


def test_what_was_kept_has_no_cause(made, fault):
    """Nothing is explained that did not happen."""
    samples = [Sample(0.0, "pods_terminating", "cluster", 0.0)]
    assert _causes(made, fault(10.0, 20.0), samples, of="cluster", metric="pods_terminating", at_most=0) == []
