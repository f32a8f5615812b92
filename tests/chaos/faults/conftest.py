"""A binding of an environment that nobody reaches, and a plan: enough to ask by what a fault would be raised there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from chaos.binding import Binding
from chaos.deeds import Hands
from chaos.faults import Scene
from sim.plan.plan import Plan
from sim.spec.scenario import Scenario

SCENARIO = {
    "version": 1,
    "name": "asked",
    "why": "test",
    "cluster": {"nodes": {"one": {"zone": "a"}, "two": {"zone": "a"}, "three": {"zone": "b"}}},
    "run": {"duration": 100.0, "warmup": 0.0},
    "workloads": {"api": {"replicas": 1, "place": "one", "serves": {"takes": 0.01}}},
    "services": {"api": {"of": "api"}},
}
COMMANDS = {verb: ["true", "{target}"] for verb in ("stop", "start", "cut", "join")}
LINKS = ("kubelet/w-1->apiserver", "kube-proxy/w-1->apiserver", "one--two", "caller->api", "etcd/s-1->s-2", "way")
BINDING: dict[str, Any] = {
    "version": 1,
    "cluster": {"kubeconfig": "/nowhere/kubeconfig", "context": "nowhere"},
    "nodes": {
        "one": {"name": "w-1", "kubelet": "kubelet/w-1->apiserver", "kube_proxy": "kube-proxy/w-1->apiserver"},
        "two": {"name": "w-2"},
        "three": {"name": "w-3"},
    },
    "services": {"api": {"namespace": "shop", "name": "checkout", "port": 80}},
    "clients": {"shopper": {"url": "http://127.0.0.1:1/", "link": "way"}},
    "servers": {
        "s-1": {"apiserver": "kube-apiserver-s-1", "member": "etcd-s-1", "links": ["kubelet/w-1->apiserver"]},
        "s-2": {"apiserver": "kube-apiserver-s-2", "member": "etcd-s-2"},
        "s-3": {"member": "etcd-s-3"},
    },
    "toxiproxies": {"edge": {"api": "http://127.0.0.1:1"}},
    "links": {link: {"toxiproxy": "edge", "proxy": f"proxy-{number}"} for number, link in enumerate(LINKS)},
    "commands": COMMANDS,
    "allow": {
        "namespaces": ["shop"],
        "nodes": ["w-1", "w-2", "w-3"],
        "links": list(LINKS),
        "components": ["kubelet-w-1", "kube-apiserver-s-1", "kube-apiserver-s-2", "etcd-s-1", "etcd-s-2", "etcd-s-3"],
        "interpose": ["api"],
    },
}


@pytest.fixture
def asked() -> Callable[..., Scene]:
    """Return what makes a scene of the binding with some of its sections replaced."""

    def scene(**changed: Any) -> Scene:
        plan = Plan(Scenario.model_validate(SCENARIO), "as-written", 7)
        return Scene(Hands(Binding.model_validate(BINDING | changed)), plan, "fault/f/0", run="r1")

    return scene
