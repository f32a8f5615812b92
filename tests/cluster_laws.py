"""What each fault of the cluster does, in both worlds: laws, and the scenarios that show them.

Several faults share one scenario, far enough apart: `until_s` is where the look at a fault ends. What two watches of
the API tell comes in either order, so a chain of events stays within one kind of object, or crosses over where seconds
lie between. A fault's end is written when its undo was read back: for real, what follows may be told before it.
"""

from __future__ import annotations

from typing import Any, NamedTuple, TypeAlias

__all__ = [
    "EITHER",
    "LAWS",
    "NODES",
    "ONLY_REAL",
    "ONLY_SIMULATED",
    "REPLICAS",
    "SERVICES",
    "Chain",
    "Law",
    "duration_s",
    "told",
]

Chain: TypeAlias = tuple[tuple[str, str], ...]  # kind and whose (a workload, a service, a node), one after another

NODES = {"node-1": "a", "node-2": "b", "node-3": "a"}  # and their zones, as the tests' lab has them
SERVICES = ("front", "cart", "stock")
REPLICAS = 3
SILENT_S = 30.0  # longer than grace, monitor period and toleration of `lab-fast` together (12, 5 and 5 s)


class Law(NamedTuple):
    """What a fault does, in both worlds.

    `go`: how many pods of each workload are told to go, or the node whose pods are; `nodes`: whose objects change;
    `lowest`: endpoints that stay ready, where it is not all but those that go; `api`: the control plane is down;
    `silent_s`: for how long nobody on the node can stop a pod, so that those that were told to go stay.
    """

    scene: str
    fault: dict[str, Any]
    until_s: float
    chains: tuple[Chain, ...]
    go: dict[str, int] | str = {}
    nodes: frozenset[str] = frozenset()
    lowest: dict[str, int] | None = None
    api: bool = False
    silent_s: float = 0.0


def _chain(text: str) -> Chain:
    """Return the steps of `kind whose > kind whose`."""
    kinds = (step.split() for step in text.split(" > "))
    return tuple((kind, whose) for kind, whose in kinds)


def _replaced(workload: str, times: int = 1) -> tuple[Chain, ...]:
    """Pods go, and others come in their place."""

    def steps(count: int, *kinds: str) -> Chain:
        return tuple((kind, workload) for kind in kinds for _ in range(count))

    return (
        steps(times, "pod_deleting", "pod_created", "pod_ready"),
        steps(times, "endpoint_withdrawn", "endpoint_ready"),
        steps(1, "pod_deleting", "pod_created", "pod_scheduled", "pod_started", "pod_ready"),
        steps(1, "pod_deleting", "pod_stopped", "pod_gone"),
    )


def _lost(name: str, node: str) -> tuple[Chain, ...]:
    """A node is noticed as lost, its pods are told to go and come elsewhere; it comes back, and they are gone."""
    noticed, back = f"fault_begin {name} > node_unknown {node}", f"node_ready {node} > taint_gone {node}"
    chains = [
        f"{noticed} > {each} {node} > {back}" for each in ("taint_noschedule", "taint_noexecute", "lease_renewed")
    ]
    chains.append(f"{noticed} > fault_end {name}")
    chains.append(f"taint_noexecute {node} > taint_gone {node} > taint_gone {node}")
    for each in SERVICES:
        chains.append(f"pod_not_ready {each} > pod_deleting {each} > pod_created {each} > pod_ready {each}")
        chains.append(f"pod_deleting {each} > pod_gone {each}")
        chains.append(f"endpoint_withdrawn {each} > endpoint_ready {each}")
    return tuple(map(_chain, chains))


def _wave(number: int) -> str:
    return "pod_created front > pod_ready front > pod_deleting front" + (f" > {_wave(number - 1)}" if number else "")


def _loss(scene: str, name: str, whom: str, at_s: float, **said: Any) -> Law:
    """Return the law of a fault that silences one node for half a minute; by a minute and a half it is as before."""
    fault = {"at": f"{at_s:g}s", "for": f"{SILENT_S:g}s"} | said
    return Law(scene, fault, at_s + 90.0, _lost(name, whom), go=whom, nodes=frozenset({whom}), silent_s=SILENT_S)


_API = "fault_begin {0} > api_down cluster > fault_end {0}", "api_down cluster > api_up cluster"
LAWS: dict[str, Law] = {
    "drained": Law(
        "pods",
        {"kind": "drain", "node": "node-3", "at": "1s", "for": "8s"},
        20.0,
        (
            _chain("fault_begin drained > node_cordoned node-3 > node_uncordoned node-3"),
            *(chain for each in SERVICES for chain in _replaced(each)),
        ),
        go="node-3",
        nodes=frozenset({"node-3"}),
    ),
    "killed": Law(
        "pods", {"kind": "pod_kill", "workload": "stock", "at": "22s"}, 50.0, _replaced("stock"), go={"stock": 1}
    ),
    "fewer": Law(
        "pods",
        {"kind": "scale", "workload": "cart", "replicas": 1, "at": "22s", "for": "6s"},
        50.0,
        _replaced("cart", 2),
        go={"cart": 2},
    ),
    "again": Law(
        "pods",
        {"kind": "rollout_restart", "workload": "front", "at": "22s"},
        50.0,
        (_chain("fault_begin again > fault_end again"), _chain(_wave(2))),
        go={"front": 3},
        lowest={"front": 2},  # a new pod is ready before an old one goes, but its slice may be a second late (E1)
    ),
    "none": Law(
        "pods",
        {"kind": "scale_to_zero", "workload": "stock", "at": "51s", "for": "5s"},
        75.0,
        _replaced("stock", 3),
        go={"stock": 3},
    ),
    "closed": Law(
        "pods",
        {"kind": "cordon", "node": "node-1", "at": "51s", "for": "3s"},
        75.0,
        (_chain("fault_begin closed > node_cordoned node-1 > node_uncordoned node-1"),),
        nodes=frozenset({"node-1"}),
    ),
    "lost": _loss("machines", "lost", "node-2", 1.0, kind="node_loss", node="node-2", how="killed")._replace(
        until_s=50.0
    ),
    "api": Law(
        "machines",
        {"kind": "apiserver_loss", "server": "all", "how": "refused", "at": "50s", "for": "4s"},
        70.0,
        tuple(_chain(each.format("api")) for each in _API),
        api=True,
    ),
    "member": Law(
        "machines",
        {"kind": "member_loss", "member": "leader", "at": "70s", "for": "8s"},
        92.0,
        (_chain("fault_begin member > fault_end member"),),
        api=True,
    ),
    "stopped": _loss("kubelets", "stopped", "node-3", 1.0, kind="kubelet_stop", node="node-3", how="stopped"),
    "dead": _loss("kubelets", "dead", "node-2", 92.0, kind="kubelet_stop", node="node-2", how="killed"),
    "cut": _loss("kubelets", "cut", "node-3", 183.0, kind="kubelet_stop", node="node-3", how="cut"),
    "silent": _loss("zones", "silent", "node-3", 1.0, kind="node_loss", node="node-3", how="cut"),
    "zone": _loss("zones", "zone", "node-2", 92.0, kind="zone_loss", zone="b", how="killed"),
    "closing": Law(
        "zones",
        {"kind": "apiserver_loss", "server": "all", "how": "eof", "at": "184s", "for": "4s"},
        210.0,
        tuple(_chain(each.format("closing")) for each in _API),
        api=True,
    ),
}

ONLY_SIMULATED = {
    "kubelet_stopped", "kubelet_started", "pod_evicted", "rollout_begun", "rollout_over", "quorum_lost",
    "quorum_restored",
}  # fmt: skip
ONLY_REAL = {
    "kill_switch", "baseline", "injected", "undone", "verified", "run_end", "observer_blind", "observer_sees",
}  # fmt: skip
EITHER = {"leader_lost", "leader_elected"}
"""Kinds of events that one world alone tells, and those that depend on how long an outage of the real one lasts."""


def duration_s(scene: str) -> float:
    """Return how long a scene lasts: until the look at its last fault ends."""
    return max(law.until_s for law in LAWS.values() if law.scene == scene)


def told(scene: str) -> dict[str, Any]:
    """Return a scene's scenario, as both arms get it."""
    ours = {name: law for name, law in LAWS.items() if law.scene == scene}
    serves = {"readiness": {"period": "2s"}, "serves": {"takes": "5ms"}}
    return {
        "version": 1,
        "name": "two-arms",
        "why": "test",
        "run": {"duration": f"{duration_s(scene):g}s", "warmup": "3s", "seed": 3},
        "cluster": {
            "preset": "lab-fast",
            "nodes": {name: {"zone": zone} for name, zone in NODES.items()},
            "control_plane": {"servers": ["node-1"], "datastore": "etcd"},
        },
        "workloads": dict.fromkeys(SERVICES, serves | {"replicas": REPLICAS, "spread": {"over": "nodes"}}),
        "services": {name: {"of": name} for name in SERVICES},
        "faults": {name: law.fault for name, law in ours.items()},
    }
