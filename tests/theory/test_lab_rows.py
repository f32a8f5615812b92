"""Given the phases of a measured fault, the simulated control plane does what the real one did."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sim.model.cluster import Phases
from sim.model.cluster.node_monitor import detect

ROWS = json.loads((Path(__file__).parents[1] / "data" / "lab-timelines.json").read_text(encoding="utf-8"))["rows"]
REPLAYED = [row for row in ROWS if "rule_replay" in row]
NAMES = [f"{row['fault']}-{row['cluster']}-{row['repetition']}-{k}" for k, row in enumerate(REPLAYED)]
GRACE_S = 12.0  # all of them had the fast timings
LAB = {
    "cluster": {
        "preset": "lab-fast",
        "timings": {"taint_race_share": 0.0},
        "control_plane": {"servers": ["control"], "datastore": "etcd"},
        "nodes": {"n1": {}, "n2": {}, "n3": {}, "control": {"cordoned": True}},
    },
    "workloads": {
        "web": {"replicas": 6, "readiness": {"period": 2}, "starts_in": {"uniform": {"low": 0.8, "high": 5.6}}}
    },
    "services": {"web": {"of": "web"}},
}
STOPS = {"link": "cut", "kubelet-kill": "killed", "kubelet-stop": "stopped"}
LOSSES = {"node-cut": "cut", "node-kill": "killed"}


def test_there_are_35_rows_to_reproduce_five_of_them_with_n4() -> None:
    """Every measured row that holds its phases is tried, the five in which N4 struck among them."""
    assert len(REPLAYED) == 35
    assert sum(row["rule_replay"]["old_lease_taken_as_news"] for row in REPLAYED) == 5


@pytest.mark.parametrize("row", REPLAYED, ids=NAMES)
def test_the_rules_name_the_pass_that_set_unknown(row: dict[str, Any]) -> None:
    """From the last heartbeats and the passes alone follow the probe, the pass that acts, and N4."""
    found = detect(row["lease_before"], row["status_before"], row["monitor_passes"], GRACE_S)
    assert found is not None
    assert found._asdict() == row["rule_replay"]


@pytest.mark.parametrize("row", REPLAYED, ids=NAMES)
def test_the_simulated_cluster_turns_the_node_unknown_at_the_measured_pass(
    row: dict[str, Any], cluster_world: Callable[..., Any]
) -> None:
    """The whole model, given a row's phases, acts at that pass; taint, deletion, replacement, endpoints follow it."""
    phases = Phases(tuple(row["monitor_passes"]), {"n3": (tuple(row["lease_before"]), tuple(row["status_before"]))})
    world = cluster_world(LAB, seed=7, start_s=-100.0, phases=phases)
    world.clock.advance(-1e-9)
    if row["fault"] in STOPS:
        world.at(0.0, world.cluster.stop_kubelet, "n3", STOPS[row["fault"]])
    else:
        world.at(0.0, world.cluster.lose_node, "n3", LOSSES[row["fault"]])
    world.clock.advance(60.0)
    unknown = row["rule_replay"]["unknown_pass"]
    assert world.times("node_unknown") == [unknown]
    assert 0.0 <= row["times"]["node_unknown"] - unknown <= 0.15  # the API showed it 13 ms later in the median
    (taint,) = world.times("taint_noexecute")
    assert 0.0 <= taint - unknown <= 1.0  # measured: 0.05–0.87
    assert all(5.0 <= t - taint <= 5.5 for t in world.times("pod_deleting"))  # measured: 5.03–5.43
    assert all(t - unknown <= 1.3 for t in world.times("endpoint_withdrawn"))  # measured: 0.05–1.14
    created, ready = world.times("pod_created"), world.times("endpoint_ready")
    assert len(created) == len(ready) == 2
    assert all(0.7 <= b - a <= 6.5 for a, b in zip(created, ready, strict=True))  # measured: 0.7–6.0


@pytest.mark.parametrize(
    ("leases", "statuses", "passes", "grace_s", "expected"),
    [
        ([0.0], [0.0], [1, 6, 11, 16, 21], 12.0, (1, 16, False)),
        ([0.0], [0.0, 3.0], [1, 6, 11, 16, 21, 26], 12.0, (11, 26, True)),  # status alone, then N4
        ([0.0, 2.5], [0.0, 3.0], [1, 6, 11, 16, 21], 12.0, (6, 21, False)),  # with a renewal in the same window: no N4
        (
            [0.0],
            [0.0],
            [1, 6, 11, 16, 21, 26, 31, 36, 41, 46, 51],
            50.0,
            (1, 51, False),
        ),  # the pass at exactly G counts
        ([0.0], [0.0], [1, 6, 11], 12.0, None),  # nobody looked late enough
        ([], [0.0], [1, 6, 11, 16], 12.0, (1, 16, False)),  # a node without leases
        ([0.0], [], [1, 6.01, 11.02, 16.04], 12.0, (1, 16.04, False)),  # passes drift
    ],
)
def test_edges_of_the_rules(
    leases: list[float], statuses: list[float], passes: list[float], grace_s: float, expected: Any
) -> None:
    """The limit counts, N4 needs a window with a status and no renewal, and too few passes find nothing."""
    found = detect(leases, statuses, passes, grace_s)
    assert found == expected
