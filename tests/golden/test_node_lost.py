"""One node lost and back again, as a person would tell it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

TOLD = {  # kind → words
    "kubelet_stopped": "its kubelet falls silent",
    "kubelet_started": "what silenced it is over",
    "node_unknown": "the node monitor's pass finds it: Ready becomes Unknown",
    "taint_noschedule": "tainted unreachable:NoSchedule",
    "taint_noexecute": "tainted unreachable:NoExecute",
    "taint_gone": "taint taken off",
    "pod_not_ready": "written not ready",
    "endpoint_withdrawn": "endpoint withdrawn",
    "endpoint_ready": "endpoint added",
    "pod_deleting": "evicted: gets its deletionTimestamp",
    "pod_created": "created, a replacement",
    "pod_scheduled": "scheduled",
    "pod_started": "its container runs",
    "pod_ready": "ready",
    "pod_stopped": "its container has stopped",
    "pod_gone": "object gone",
    "lease_renewed": "lease renewed for the first time again",
    "node_ready": "Ready",
}


def trace(world: Any) -> str:
    """Render the events of a run: seconds since the fault, who, what, where."""
    lines = []
    for t, kind, subject, detail in world.events:
        about = {k: v for k, v in detail.items() if k != "workload" and v is not None}
        if kind == "node_unknown":
            about = {"probed": f"{about['probe_s']:.3f}", "old lease taken as news": "yes" if about["n4"] else "no"}
        told = ", ".join(f"{k} {v}" for k, v in about.items())
        lines.append(f"{t:9.3f}  {subject:<14} {TOLD[kind]}" + (f" ({told})" if told else ""))
    return "\n".join(lines) + "\n"


def lose_and_return(build: Callable[..., Any], preset: str, undo_s: float, how: str) -> str:
    """Lose node c at t = 0 by `how` and undo it; the rest of the cluster has been up for long."""
    spec = {
        "cluster": {"preset": preset, "nodes": {"a": {}, "b": {}, "c": {}}},
        "workloads": {"web": {"replicas": 6, "readiness": {"period": 2}}},
        "services": {"web": {"of": "web"}},
    }
    world = build(spec, seed=4, start_s=-600.0)
    world.clock.advance(-1e-9)
    world.events.clear()
    if how == "power":
        world.at(0.0, world.cluster.lose_node, "c", "power")
        world.at(undo_s, world.cluster.return_node, "c", "power")
    else:
        world.at(0.0, world.cluster.stop_kubelet, "c", how)
        world.at(undo_s, world.cluster.start_kubelet, "c", how)
    world.clock.advance(undo_s + 200.0)
    title = f"{preset}: node c, {how} at 0 s, undone at {undo_s:g} s. Seconds, subject, what happens.\n\n"
    return title + trace(world)


@pytest.mark.parametrize(
    ("preset", "undo_s", "how"),
    [("k8s", 420.0, "power"), ("lab-fast", 30.0, "cut"), ("lab-fast", 30.0, "killed"), ("k8s", 60.0, "stopped")],
)
def test_a_lost_node(
    preset: str, undo_s: float, how: str, golden: Callable[[str, str], None], cluster_world: Callable[..., Any]
) -> None:
    """Lease expires → Unknown → taint → eviction → replacement → ready → endpoints → return, in this order and time."""
    golden(f"node-lost-{preset}-{how}", lose_and_return(cluster_world, preset, undo_s, how))
