"""Every fault that a lab can do is raised on it and undone, and the cluster is whole again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from lab_cluster import Cluster, wait_for
from pydantic import TypeAdapter

from chaos.binding import Binding, read_binding
from chaos.deeds import Deed, Hands, deed_from
from chaos.faults import MEANS, Means, Scene, Unsupported, means
from chaos.faults.pods import is_ready, movable
from sim.plan.plan import Plan
from sim.spec.faults import Fault
from sim.spec.scenario import Scenario

pytestmark = pytest.mark.cluster

SCENARIO: dict[str, Any] = {
    "version": 1,
    "name": "on-the-lab",
    "why": "test",
    "cluster": {"nodes": {f"node-{number}": {"zone": zone} for number, zone in ((1, "a"), (2, "b"), (3, "a"))}},
    "run": {"duration": 100.0, "warmup": 0.0},
    "workloads": {"stock": {"replicas": 3, "serves": {"takes": 0.01}}},
    "services": {"stock": {"of": "stock"}},
}
WAY = {"path": "client->front"}
FLAP = {"up": "5s", "down": "1s", "kinds": {"gone": {"fault": {"kind": "refuse"}}}}
FAULTS: dict[str, dict[str, Any]] = {
    "noop": {},
    "latency": WAY | {"added": "50ms", "jitter": "10ms"},
    "bandwidth": WAY | {"rate": "1Mbit/s"},
    "blackhole": WAY,
    "refuse": WAY,
    "reset": WAY | {"after": "10ms"},
    "slow_close": WAY | {"delay": "1s"},
    "slicer": WAY | {"average_size": "1KiB", "size_variation": "16B", "delay": "1ms"},
    "limit_data": WAY | {"bytes": "1KiB"},
    "flap": WAY | FLAP,
    "kubelet_stop": {"node": "node-2", "how": "stopped"},
    "node_loss": {"node": "node-2", "how": "cut"},
    "zone_loss": {"zone": "b", "how": "killed"},
    "pod_kill": {"workload": "stock"},
    "scale": {"workload": "stock", "replicas": 1},
    "scale_to_zero": {"workload": "stock"},
    "rollout_restart": {"workload": "stock"},
    "cordon": {"node": "node-2"},
    "drain": {"node": "node-2"},
    "member_loss": {"member": "leader"},
    "apiserver_loss": {"server": "all", "how": "refused"},
    "dns_failure": {},
}
"""Each fault that a lab can do, with one set of values. (`partition`: no proxy stands between its nodes.)"""


@pytest.fixture
def binding(steady: Cluster, monkeypatch: pytest.MonkeyPatch) -> Binding:
    """The lab's own binding."""
    monkeypatch.setenv("XDG_STATE_HOME", str(steady.state))  # where its commands look for the lab
    return read_binding(steady.lab.folders.binding).binding


@pytest.fixture
def hands(binding: Binding) -> Iterator[Hands]:
    """Hands on the lab."""
    made = Hands(binding, limit_s=20.0)
    yield made
    made.close()


def _scene(hands: Hands, seed: int = 7) -> Scene:
    return Scene(hands, Plan(Scenario.model_validate(SCENARIO), "as-written", seed), "fault/f/0", run="test")


def _fault(kind: str, **values: Any) -> Any:
    return TypeAdapter(Fault).validate_python({"kind": kind, "at": 0.0, **values}, context={"file": True})


def _means(scene: Scene, kind: str, **values: Any) -> Means:
    found = means(scene, _fault(kind, **values))
    assert isinstance(found, Means), found
    return found


def test_no_fault_is_forgotten_here() -> None:
    """What is not raised below is what a lab can't do, or what needs no deed."""
    unsupported = {"loss", "unreachable", "partition", "slow_disk", "clock_skew", "service_slow"}
    kinds = {fault.model_fields["kind"].default for fault in MEANS}
    assert kinds == {*FAULTS, *unsupported, "overload"}


@pytest.mark.soak  # `make test` raises them through the runner: test_two_arms.py
@pytest.mark.parametrize("kind", FAULTS)
def test_a_fault_is_raised_and_undone(kind: str, steady: Cluster, hands: Hands) -> None:
    """All of its deeds, from the ledger's words, in reverse: then nodes are Ready, pods serve, proxies are healthy."""
    found = _means(_scene(hands), kind, **FAULTS[kind])
    done: list[Deed] = []
    try:
        for deed in found.deeds:
            done.append(deed_from(deed.prepared(hands).model_dump(mode="json")))
            done[-1].do(hands)
    finally:
        for deed in reversed(done):
            deed.undo(hands)
    wait_for(lambda: all(steady.ready(f"node-{i}") == "True" for i in (1, 2, 3)), 150, "all nodes are Ready")
    wait_for(steady.serving, 120, "the sample application serves")
    for link in hands.binding.links:
        server, name = hands.toxiproxy(link)
        state = server.proxy(name)
        assert (state.enabled, state.toxics) == (True, ())
    assert not any(steady.node(f"node-{i}")["spec"].get("unschedulable") for i in (1, 2, 3))


def _pods(found: Means) -> list[str]:
    return [pod["name"] for deed in found.deeds for pod in deed.model_dump().get("pods", ())]


def test_pods_are_chosen_by_the_plans_seed(hands: Hands) -> None:
    """The same seed has the same pods, and over seeds each of them is hit."""
    scenes = [_scene(hands, seed) for seed in range(12)]
    chosen = [_pods(_means(scene, "pod_kill", workload="stock")) for scene in (*scenes, *scenes)]
    assert chosen[:12] == chosen[12:]
    assert {name for names in chosen for name in names} == set(
        _pods(_means(scenes[0], "pod_kill", workload="stock", share=1.0))
    )


def test_the_last_ready_replica_is_spared(binding: Binding) -> None:
    """Unless the limits say otherwise: then all may go."""
    careful = binding.limits.model_copy(update={"last_replica": False})
    with_limits = Hands(binding.model_copy(update={"limits": careful}), limit_s=20.0)
    everybody = _pods(_means(_scene(Hands(binding)), "pod_kill", workload="stock", share=1.0))
    spared = _pods(_means(_scene(with_limits), "pod_kill", workload="stock", share=1.0))
    assert len(spared) == len(everybody) - 1
    alone = means(_scene(with_limits), _fault("pod_kill", workload="label-studio"))
    assert isinstance(alone, Unsupported)
    assert "last ready" in alone.why


def test_a_drained_node_is_left_by_what_may_be_moved(steady: Cluster, hands: Hands) -> None:
    """Its pods of the allowed namespaces go, each replaced elsewhere; afterwards it takes pods again."""
    found = _means(_scene(hands), "drain", node="node-1")
    done = []
    try:
        for deed in found.deeds:
            done.append(deed.prepared(hands))
            done[-1].do(hands)
        wait_for(lambda: not movable(hands, "node-1"), 60, "the node is empty")
    finally:
        for deed in reversed(done):
            deed.undo(hands)
    assert sum(found.pods.values()) == len(_pods(found))
    wait_for(steady.serving, 120, "the pods run elsewhere")


def test_without_commands_and_links_pods_are_deleted_instead(binding: Binding, steady: Cluster) -> None:
    """The difference is said; and where its pods are not allowed either, nor is its object deleted."""
    node = str(steady.pods()[0]["spec"]["nodeName"])  # earlier tests may have emptied any other
    poor = binding.model_copy(update={"commands": {}, "allow": binding.allow.model_copy(update={"links": ()})})
    hands = Hands(poor, limit_s=20.0)
    found = _means(_scene(hands), "node_loss", node=node)
    assert [deed.deed for deed in found.deeds] == ["cordon", "delete_pods"]
    assert "nothing has to be detected" in found.difference
    poorer = poor.model_copy(update={"allow": poor.allow.model_copy(update={"namespaces": ()})})
    refused = means(_scene(Hands(poorer, limit_s=20.0)), _fault("node_loss", node=node))
    assert isinstance(refused, Unsupported)
    assert "shop" in refused.why


def test_a_workload_that_is_not_there_is_said(hands: Hands) -> None:
    """With everything that was looked for."""
    found = means(_scene(hands), _fault("scale_to_zero", workload="nobody"))
    assert isinstance(found, Unsupported)
    assert "deployment nobody in namespace shop" in found.why


def test_what_is_chosen_is_ready_and_not_ours(hands: Hands) -> None:
    """A pod that is on its way out, or that belongs to an experiment, is never among them."""
    pods = movable(hands, "node-2")
    assert pods == [pod for pod in pods if "deletionTimestamp" not in pod["metadata"]]
    assert all(is_ready(pod) for pod in pods)
