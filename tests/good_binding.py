"""A binding that is right, as plain data: what tests change one thing of."""

from __future__ import annotations

from typing import Any

__all__ = ["good_binding"]


def good_binding(**changed: Any) -> dict[str, Any]:
    """Return the data of a binding file in which every section stands, with some sections replaced."""
    data: dict[str, Any] = {
        "version": 1,
        "name": "staging",
        "why": "a test",
        "cluster": {"kubeconfig": "/nowhere/kubeconfig", "context": "staging", "home": "chaos"},
        "nodes": {
            "one": {"name": "worker-1", "address": "10.0.0.1", "kubelet": "kubelet->api", "zone": "a"},
            "two": {"name": "worker-2", "network": ["caller->api"]},
            "three": {"name": "worker-3"},
        },
        "workloads": {"api": {"namespace": "shop", "name": "checkout", "kind": "Deployment"}},
        "services": {"api": {"namespace": "shop", "name": "checkout", "port": 80}},
        "clients": {"caller": {"url": "http://127.0.0.1:1/", "host": "shop", "link": "caller->api"}},
        "servers": {"a": {"apiserver": "kube-apiserver", "member": "etcd", "links": ["kubelet->api"]}},
        "toxiproxies": {
            "edge": {"api": "http://127.0.0.1:1", "restart": ["true"], "guardian": "unix:/nowhere/guardian.sock"}
        },
        "links": {
            "caller->api": {"toxiproxy": "edge", "proxy": "checkout"},
            "kubelet->api": {"toxiproxy": "edge", "proxy": "kubelet"},
        },
        "entries": {"caller->api": "http://127.0.0.1:1/"},
        "commands": {"stop": ["true", "{target}"], "start": ["true", "{target}"]},
        "command_guardian": "http://127.0.0.1:1",
        "images": {"toxiproxy": "toxiproxy:1", "guardian": "guardian:1", "pull": "Never"},
        "prometheus": {"url": "https://prometheus.example.org", "token_file": "/nowhere/token"},
        "steady": {"errors": {"query": "up", "at_least": 1}, "smoke": {"command": ["true"], "every": "10s"}},
        "allow": {
            "namespaces": ["shop", "chaos"],
            "nodes": ["worker-3"],
            "links": ["caller->api"],
            "components": ["etcd"],
            "interpose": ["api"],
        },
        "limits": {"nodes": 1, "nodes_share": "50%", "duration": "30m", "hours": "00:00-24:00"},
        "stop": {"broken_for": "30s", "unknown_for": None},
        "set": {"run.duration": "3m", "faults.power.for": "60s"},
    }
    return {key: value for key, value in (data | changed).items() if value is not ...}
