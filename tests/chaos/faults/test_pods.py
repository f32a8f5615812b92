"""Whom `pod_kill` draws from: living pods that the workload itself made."""

from __future__ import annotations

from pathlib import Path

from kube_api import KubeApi, kubeconfig, pod, running

from chaos.binding import Binding
from chaos.deeds import Hands
from chaos.faults.pods import pods_of
from chaos.kube import Ref

SELECTOR = {"spec": {"selector": {"matchLabels": {"app": "front"}}}}


def test_only_living_pods_of_the_workload_are_drawn_from(tmp_path: Path):
    """Evicted pods stay in the API, a canary has the same labels, and nobody makes a bare pod anew."""
    evicted, leaving, bare = pod("front", 2, "n1"), pod("front", 3, "n1"), pod("front", 4, "n1")
    evicted["status"]["phase"] = "Failed"
    leaving["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z"
    del bare["metadata"]["ownerReferences"]
    api = KubeApi()
    api.put(pod("front", 1, "n1"), pod("front", 0, "n1"), evicted, leaving, bare, pod("front-canary", 0, "n1"))
    with running(api) as server:
        cluster = {"kubeconfig": str(kubeconfig(tmp_path / "kubeconfig", server)), "context": "staging"}
        hands = Hands(Binding.model_validate({"version": 1, "cluster": cluster, "allow": {"namespaces": ["shop"]}}))
        found = pods_of(hands, Ref("Deployment", "front", "shop"), SELECTOR)
    assert [each["metadata"]["name"] for each in found] == ["front-abc-0", "front-abc-1"]
