"""A port of a pod on this machine's loopback, through a real API server and a real kubelet."""

from __future__ import annotations

import json

import pytest
import requests
from lab_cluster import Cluster

from chaos.kube import Kube, Ref, Tunnel

pytestmark = pytest.mark.cluster

CALLS = 300  # of two threads on one TLS connection, 2 in 100 were lost


def test_no_connection_through_a_tunnel_is_lost(steady: Cluster) -> None:
    """Each call is a connection of its own, and each is answered."""
    path = steady.lab.site().folders.kubeconfig
    kube = Kube.of(path, json.loads(path.read_text(encoding="utf-8"))["current-context"])
    pods = kube.list("/api/v1/namespaces/shop/pods", labelSelector="app=stock")
    pod = Ref("Pod", pods[0]["metadata"]["name"], "shop")
    tunnel = Tunnel(kube, lambda: pod, 8080)
    try:
        found = [requests.get(f"http://{tunnel.address}/", timeout=(1, 10)).status_code for _ in range(CALLS)]
    finally:
        tunnel.close()
    assert found == [200] * CALLS
