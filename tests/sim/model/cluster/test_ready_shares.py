"""Ready of wanted."""

from __future__ import annotations

from typing import Any

import pytest
from whole_world import Run, mean_of, scenario

from sim.record import Journal

SERVES = {"takes": 0.1, "at_once": 9}
WORKLOADS = {
    "api": {"replicas": 4, "starts_in": 5.0, "stops_in": 0.0, "serves": SERVES},
    "idle": {"replicas": 1, "starts_in": 5.0},
}
READ = {
    "api": {"of": "service/api", "metric": "pods_ready_share", "at_least": 0.5},
    "pods": {"of": "cluster", "metric": "pods_ready_share", "at_least": 0.5},
    "whole": {"of": "cluster", "metric": "workloads_available_share", "at_least": 0.5},
}
GAUGES = (
    ("pods_ready_share", "service/api"),
    ("pods_ready_share", "cluster"),
    ("workloads_available_share", "cluster"),
)


def run(faults: dict[str, Any], duration: float = 100.0, **parts: Any) -> Journal:
    """Return a run in which all of the shares are read."""
    nodes = {"nodes": {"a": {}, "b": {}, "c": {}}, "links": {"default": {"latency": 0.0}}}
    whole = {"workloads": WORKLOADS, "services": {"api": {"of": "api"}}, "objectives": READ, "cluster": nodes}
    return Run(scenario(duration, faults=faults, **whole | parts)).finish()


def held(journal: Journal, metric: str, subject: str) -> list[float]:
    """Return the values of a gauge, one after another, without repetitions."""
    return [sample.value for sample in journal.samples if (sample.metric, sample.subject) == (metric, subject)]


def test_what_nobody_reads_is_not_written() -> None:
    """A scenario without such probes has no such rows, so that its journal is what it always was."""
    kill = {"kill": {"kind": "pod_kill", "workload": "api", "at": 10}}
    assert [held(run(kill, objectives={}), *gauge) for gauge in GAUGES] == [[], [], []]
    only = run(kill, objectives={"pods": READ["pods"]})
    assert [bool(held(only, *gauge)) for gauge in GAUGES] == [False, True, False]


def test_a_quiet_cluster_has_everything() -> None:
    """All of them 1 from the start, and no further sample."""
    assert [held(run({}), *gauge) for gauge in GAUGES] == [[1.0], [1.0], [1.0]]


def test_a_killed_pod_is_missed_until_its_successor_is_ready() -> None:
    """One of four, of five in all, and one workload of two that lacks a pod."""
    journal = run({"kill": {"kind": "pod_kill", "workload": "api", "at": 10}})
    assert [held(journal, *gauge) for gauge in GAUGES] == [[1.0, 0.75, 1.0], [1.0, 0.8, 1.0], [1.0, 0.5, 1.0]]


def test_who_wants_no_pods_lacks_none() -> None:
    """Scaled to zero it has all that it wants at once; scaled back it has none of four until they are ready."""
    journal = run({"off": {"kind": "scale_to_zero", "workload": "api", "at": 10, "for": 30}})
    service, cluster, whole = (held(journal, *gauge) for gauge in GAUGES)
    assert service == [1.0, 0.0, 0.25, 0.5, 0.75, 1.0]
    assert cluster == [1.0, 0.2, 0.4, 0.6, 0.8, 1.0]
    assert whole == [1.0, 0.5, 1.0]


def test_a_daemon_wants_a_pod_on_each_node() -> None:
    """A lost node's pod is missed once the control plane has found the node Unknown."""
    workloads = {"api": {"kind": "daemon", "serves": SERVES}}
    journal = run({"gone": {"kind": "node_loss", "node": "b", "at": 10}}, 200.0, workloads=workloads)
    assert held(journal, "pods_ready_share", "service/api") == [1.0, pytest.approx(2 / 3)]


@pytest.mark.parametrize("share", [0.25, 0.5, 1.0])
def test_the_mean_is_what_arithmetic_says(share: float) -> None:
    """Every 20 s a share s of the pods goes for their start of 5 s: the mean misses s·5/20, but for reaction times."""
    kill = {"kill": {"kind": "pod_kill", "workload": "api", "share": share, "every": 20}}
    journal = run(kill, 2_000.0)
    missed = 1.0 - mean_of(journal, "pods_ready_share", "service/api")
    assert missed == pytest.approx(share * 5.0 / 20.0, rel=0.05)
    ready = mean_of(journal, "pods_ready", "service/api")
    assert 4 * (1 - missed) == pytest.approx(ready, rel=0.01)  # the endpoints follow at once
