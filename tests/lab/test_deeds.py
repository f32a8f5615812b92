"""Deeds on a real cluster: done they are seen, undone every object is as before, whoever died in between."""

from __future__ import annotations

import time
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest
from lab_cluster import Cluster, wait_for

from chaos.binding import read_binding
from chaos.deeds import Deed, DeedFailed, Hands, NoEffect, TargetGone, UndoFailed
from chaos.deeds.cordon import Cordon
from chaos.deeds.evict import EvictPods
from chaos.deeds.front import link_of
from chaos.deeds.interpose import Interpose
from chaos.deeds.node_object import DeleteNodeObject
from chaos.deeds.pods import DeletePods, PodNamed
from chaos.deeds.rollout import RolloutRestart
from chaos.deeds.scale import ScaleWorkload
from chaos.deeds.swap import swap
from chaos.deeds.toxics import AddToxics
from chaos.guard import Guardian
from chaos.kube import Ref
from chaos.toxiproxy import Toxic
from chaos.toxiproxy.toxics import Latency

pytestmark = pytest.mark.cluster

OF_THE_SERVER = ("resourceVersion", "generation", "managedFields")
KINDS = ("Service", "ConfigMap", "Deployment", "ReplicaSet", "Pod", "EndpointSlice")
FRONT = Interpose(service="front", namespace="shop", name="front", run="test")
SCALED = ScaleWorkload(namespace="shop", name="stock", replicas=1)
SLOW_S = 0.4


@pytest.fixture
def hands(steady: Cluster, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hands]:
    """Hands on the lab, as its own binding has it."""
    monkeypatch.setenv("XDG_STATE_HOME", str(steady.state))  # where the binding's commands look for the lab
    made = Hands(read_binding(steady.lab.folders.binding).binding, limit_s=20.0)
    yield made
    made.close()


def _kept(thing: dict[str, Any]) -> dict[str, Any]:
    metadata = {key: value for key, value in thing["metadata"].items() if key not in OF_THE_SERVER}
    return {key: value for key, value in thing.items() if key != "status"} | {"metadata": metadata}


def _objects(hands: Hands, *, pods: bool = True) -> dict[str, Any]:
    """Return what stands in the cluster, but for what the API server and the controllers write of themselves."""
    found: dict[str, Any] = {}
    for node in hands.kube.list(Ref("Node", "").folder):
        taints = {"spec": {key: value for key, value in node["spec"].items() if key != "taints"}}
        found[f"node {node['metadata']['name']}"] = _kept(node) | taints
    for kind in KINDS:
        for each in hands.kube.list(Ref(kind, "", "shop").folder):
            name = f"{kind} {each['metadata']['name']}"
            if kind in ("Pod", "EndpointSlice"):  # their statuses are all that is of interest, and are never the same
                found |= {name: True} if pods else {}
            else:
                found[name] = _kept(each)
    return found


@pytest.mark.parametrize("deed", [SCALED, Cordon(node="node-2"), FRONT], ids=lambda deed: deed.deed)
def test_undone_every_object_is_as_before(deed: Deed, hands: Hands) -> None:
    """Objects are byte-equal but for what the server counts; undone twice is undone once."""
    pods = deed is not SCALED  # who loses a pod gets one with another name
    before = _objects(hands, pods=pods)
    ready = deed.prepared(hands)
    ready.do(hands)
    assert _objects(hands, pods=pods) != before
    ready.undo(hands)
    assert _objects(hands, pods=pods) == before
    ready.undo(hands)
    assert _objects(hands, pods=pods) == before


@pytest.mark.parametrize("steps", ["nothing", "made", "swapped"])
def test_a_half_made_proxy_is_undone(steps: str, hands: Hands) -> None:
    """A runner that was killed while it put a proxy before a service knew only what was there before: enough."""
    before = _objects(hands)
    ready = FRONT.prepared(hands)
    if steps != "nothing":
        ready._make(hands)
    if steps == "swapped":
        assert ready.spec is not None
        swap(hands, ready.front, ready.uid, ready.spec)
    ready.undo(hands)
    assert _objects(hands) == before


def _took_s(url: str) -> float:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    began_s = time.monotonic()
    with opener.open(url, timeout=20) as answer:
        assert answer.status == 200
        answer.read()
    return time.monotonic() - began_s


def test_calls_go_through_the_proxy_that_was_put_before_the_service(steady: Cluster, hands: Hands) -> None:
    """A toxic in it is felt by who calls the service, and no more once it is gone; its guardian acts by itself."""
    ready = FRONT.prepared(hands)
    slow = Toxic(name="wg-test.slow", stream="downstream", effect=Latency(latency_s=SLOW_S))
    try:
        ready.do(hands)
        added = AddToxics(link=link_of("front"), namespace="shop", toxics=(slow,)).prepared(hands)
        order = added.guardian(hands)
        assert order is not None
        guardian = Guardian(order.url)
        guardian.arm("test", 30.0, order.undo)
        added.do(hands)
        assert _took_s(steady.entry("client->front")) >= SLOW_S
        added.undo(hands)
        added.do(hands)
        guardian.arm("test", 1.0)  # and nobody renews it
        wait_for(lambda: guardian.state().phase == "undone", 60, "the guardian has acted")
        assert added.prepared(hands).before == added.before
        added.undo(hands)
    finally:
        ready.undo(hands)
    assert "gone" in added.undo(hands)


def test_a_service_is_put_behind_one_proxy_at_a_time(hands: Hands) -> None:
    """A second run is told who holds it, and nothing of the first is touched by its undo."""
    first = FRONT.prepared(hands)
    first._make(hands)
    try:
        second = FRONT.model_copy(update={"run": "other", "uid": first.uid, "spec": first.spec})
        with pytest.raises(DeedFailed, match="of run test"):
            second.prepared(hands)
        second.undo(hands)
        assert hands.kube.find(first.front.objects[2].path) is not None
    finally:
        first.undo(hands)


def test_what_others_have_done_meanwhile_stays(hands: Hands) -> None:
    """Who scales a workload while a fault is on has the last word; a workload of the same name is another one."""
    temporary = Ref("Deployment", "temporary", "shop")
    made = hands.create(_idle(temporary))
    try:
        ready = ScaleWorkload(namespace="shop", name="temporary", replicas=1).prepared(hands)
        ready.do(hands)
        hands.patch(temporary, {"spec": {"replicas": 2}}, sub="/scale")
        assert "somebody else" in ready.undo(hands)
        assert hands.kube.get(temporary.path)["spec"]["replicas"] == 2
        with pytest.raises(NoEffect):
            ScaleWorkload(namespace="shop", name="temporary", replicas=2).prepared(hands).do(hands)
        hands.delete(temporary, made["metadata"]["uid"])
        wait_for(lambda: hands.kube.find(temporary.path) is None, 60, "it is gone")
        assert "gone" in ready.undo(hands)
        with pytest.raises(TargetGone):
            ready.prepared(hands)
        hands.create(_idle(temporary))
        hands.patch(temporary, {"spec": {"replicas": 1}}, sub="/scale")
        assert "gone" in ready.undo(hands)
        assert hands.kube.get(temporary.path)["spec"]["replicas"] == 1
    finally:
        hands.delete(temporary)


def _idle(ref: Ref) -> dict[str, Any]:
    labels = {"app": ref.name}
    pod = {"nodeSelector": {"nowhere": "at-all"}, "containers": [{"name": "idle", "image": "nowhere.invalid/idle"}]}
    return {
        "apiVersion": "apps/v1",
        "kind": ref.kind,
        "metadata": {"name": ref.name, "namespace": ref.namespace},
        "spec": {
            "replicas": 0,
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": pod},
        },
    }


def test_deleted_pods_are_those_and_no_others(steady: Cluster, hands: Hands) -> None:
    """A pod is deleted by its UID; deleted again it is a target that is gone; its workload makes another."""
    victim = PodNamed.of(hands.kube.list("/api/v1/namespaces/shop/pods", labelSelector="app=stock")[0])
    stale = victim.model_copy(update={"uid": "00000000-0000-0000-0000-000000000000"})
    with pytest.raises(TargetGone):
        DeletePods(pods=(stale,)).do(hands)
    assert not victim.is_on_its_way_out(hands)
    deed = DeletePods(pods=(victim, stale))
    assert deed.do(hands) == {"deleted": [victim.name], "gone_before": [stale.name]}
    wait_for(steady.serving, 60, "the workload is whole again")
    with pytest.raises(TargetGone):
        deed.do(hands)
    deed.undo(hands)


def test_an_eviction_that_a_budget_forbids_says_who_forbids_it(hands: Hands) -> None:
    """Nothing is evicted against a disruption budget; the words are the API server's, with the budget's name."""
    pods = hands.kube.list("/api/v1/namespaces/shop/pods", labelSelector="app=cart")
    budget = {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": {"name": "hold-cart", "namespace": "shop"},
        "spec": {"maxUnavailable": 0, "selector": {"matchLabels": {"app": "cart"}}},
    }
    hands.create(budget)
    try:
        wait_for(lambda: "disruptionsAllowed" in hands.kube.get(Ref.of(budget).path).get("status", {}), 60, "it counts")
        node = pods[0]["spec"]["nodeName"]
        deed = EvictPods(node=node, pods=(PodNamed.of(pods[0]),), limit_s=0.0)
        with pytest.raises(NoEffect, match="hold-cart"):
            deed.do(hands)
        assert not PodNamed.of(pods[0]).is_on_its_way_out(hands)
    finally:
        hands.delete(Ref.of(budget))
    assert deed.do(hands) == {"evicted": [pods[0]["metadata"]["name"]]}


def test_a_rollout_restart_makes_every_pod_a_new_one(steady: Cluster, hands: Hands) -> None:
    """The workload becomes another generation, and in the end none of its pods is one from before."""
    before = {pod["metadata"]["uid"] for pod in steady.pods("shop") if pod["metadata"]["labels"]["app"] == "stock"}
    ready = RolloutRestart(namespace="shop", name="stock").prepared(hands)
    ready.do(hands)
    ready.undo(hands)

    def all_new() -> bool:
        now = {pod["metadata"]["uid"] for pod in steady.pods("shop") if pod["metadata"]["labels"]["app"] == "stock"}
        return not now & before

    wait_for(all_new, 120, "all pods are new")


def test_a_deleted_node_object_is_made_again(hands: Hands, steady: Cluster) -> None:
    """Labels and addresses are as before, at once, and the node is Ready; the object is a new one."""
    ready = DeleteNodeObject(node="node-3").prepared(hands)
    assert ready.before is not None
    ready.do(hands)
    ready.undo(hands)
    ready.undo(hands)
    now = hands.kube.get(ready.ref.path)
    assert now["metadata"]["uid"] != ready.before["metadata"]["uid"]
    assert now["metadata"]["labels"] == ready.before["metadata"]["labels"]
    assert now["status"]["addresses"] == ready.before["status"]["addresses"]
    wait_for(lambda: steady.ready("node-3") == "True", 120, "the node is Ready")


def test_what_is_not_allowed_is_not_touched(hands: Hands) -> None:
    """Deeds on a namespace, a node or a service that the allow-list does not name change nothing."""
    none = type(hands.binding.allow)()
    tied = Hands(hands.binding.model_copy(update={"allow": none}))
    before = _objects(hands)
    pod = PodNamed.of(hands.kube.list("/api/v1/namespaces/shop/pods")[0])
    deeds: tuple[Deed, ...] = (
        SCALED,
        Cordon(node="node-2"),
        FRONT,
        DeletePods(pods=(pod,)),
        EvictPods(node="node-2", pods=(pod,)),
        RolloutRestart(namespace="shop", name="stock"),
        DeleteNodeObject(node="node-2"),
    )
    for deed in deeds:
        with pytest.raises(DeedFailed, match="not allowed"):
            deed.prepared(hands).do(tied)
    ready = FRONT.prepared(hands)
    with pytest.raises(UndoFailed, match="not allowed"):
        ready.undo(tied)
    assert _objects(hands) == before
