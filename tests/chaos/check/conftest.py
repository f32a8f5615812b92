"""One small staging cluster, a binding for it, and what checks a scenario against them."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from kube_api import KubeApi, kubeconfig, node, pod, running, workload

from chaos.binding import read_binding
from chaos.check import Checked, bound_plan, examine
from chaos.deeds import Hands
from chaos.faults import means

SCENARIO: dict[str, Any] = {
    "version": 1,
    "name": "test",
    "why": "a test",
    "run": {"duration": "3m", "warmup": "30s", "seed": 7},
    "cluster": {"preset": "k8s", "nodes": {"one": {}, "two": {}, "three": {}}},
    "workloads": {"api": {"replicas": 3, "spread": {"over": "nodes"}, "serves": {"takes": "5ms", "at_once": 4}}},
    "services": {"api": {"of": "api"}},
    "clients": {"caller": {"from": "one", "to": "api", "arrivals": {"poisson": "5/s"}}},
    "faults": {"kill": {"kind": "pod_kill", "workload": "api", "at": "30s"}},
    "steady": {"calls": {"of": "client/caller", "metric": "call_ok_share", "at_least": "99%"}},
}


@pytest.fixture
def api() -> KubeApi:
    """Three workers with a pod of the checkout each."""
    made = KubeApi()
    made.put(*(node(f"worker-{number}") for number in (1, 2, 3)), workload("checkout", 3))
    made.objects["/apis/apps/v1/namespaces/shop/deployments/checkout"]["spec"]["selector"] = {"matchLabels": {"a": "b"}}
    made.put(*(pod("checkout", number, f"worker-{number}") for number in (1, 2, 3)))
    made.put(*({"kind": "Namespace", "metadata": {"name": name}} for name in ("shop", "chaos")))
    made.put({"kind": "Service", "metadata": {"name": "checkout", "namespace": "shop"}, "spec": {}})
    return made


@pytest.fixture
def entry() -> Iterator[str]:
    """Somebody who listens, as the entry of the clients."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}/"


@pytest.fixture
def staging(tmp_path: Path, api: KubeApi, entry: str) -> Iterator[dict[str, Any]]:
    """The data of a binding for the cluster."""
    with running(api) as server:
        config = kubeconfig(tmp_path / "kubeconfig", server)
        yield {
            "version": 1,
            "cluster": {"kubeconfig": str(config), "context": "staging", "home": "chaos"},
            "nodes": {"one": {"name": "worker-1"}, "two": {"name": "worker-2"}, "three": {"name": "worker-3"}},
            "workloads": {"api": {"namespace": "shop", "name": "checkout"}},
            "services": {"api": {"namespace": "shop", "name": "checkout"}},
            "clients": {"caller": {"url": entry}},
            "allow": {"namespaces": ["shop", "chaos"], "nodes": ["worker-1", "worker-2", "worker-3"]},
        }


@pytest.fixture
def check(tmp_path: Path, staging: dict[str, Any]) -> Callable[..., Checked]:
    """Return what checks the scenario, with sections of scenario and binding replaced."""

    def checked(scenario: dict[str, Any] | None = None, means_of: Any = means, **binding: Any) -> Checked:
        source, bound = tmp_path / "scenario.yaml", tmp_path / "binding.yaml"
        source.write_text(yaml.safe_dump(SCENARIO | (scenario or {}), sort_keys=False))
        bound.write_text(yaml.safe_dump(staging | binding, sort_keys=False))
        file = read_binding(bound)
        plan = bound_plan(str(source), file)
        return examine(str(source), file, plan, Hands(file.binding), means_of)

    return checked
