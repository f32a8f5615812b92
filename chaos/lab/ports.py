"""The ports of the lab. Every place is a network namespace of its own, so the usual numbers never clash."""

from __future__ import annotations

from typing import Final

__all__ = [
    "API",
    "CONTROLLER_MANAGER",
    "DNS",
    "DNS_HEALTH",
    "DNS_READY",
    "ENVOY",
    "ENVOY_ADMIN",
    "ETCD_CLIENT",
    "ETCD_METRICS",
    "ETCD_PEER",
    "GUARDIAN",
    "KUBELET",
    "KUBELET_HEALTH",
    "KUBE_PROXY_HEALTH",
    "KUBE_PROXY_METRICS",
    "KWOK",
    "LINKS",
    "PEER_LINKS",
    "SCHEDULER",
    "SERVICE_LINKS",
    "TOXIPROXY",
]

API: Final = 6443
ETCD_CLIENT: Final = 2379
ETCD_PEER: Final = 2380
ETCD_METRICS: Final = 2381
KUBELET: Final = 10250
KUBELET_HEALTH: Final = 10248
KUBE_PROXY_HEALTH: Final = 10256
KUBE_PROXY_METRICS: Final = 10249
CONTROLLER_MANAGER: Final = 10257
SCHEDULER: Final = 10259
KWOK: Final = 10247
DNS: Final = 53
DNS_HEALTH: Final = 8080
DNS_READY: Final = 8181
TOXIPROXY: Final = 8474  # the API of a place's first toxiproxy; the next one has the next number
GUARDIAN: Final = 50  # above the API of its toxiproxy, where nothing can be cut; else it listens on a Unix socket
LINKS: Final = 16443  # a place's proxies in front of an API server or a datastore, counted up from here
PEER_LINKS: Final = 12380  # in front of the peer port of the member with this number added
ENVOY_ADMIN: Final = 9901
ENVOY: Final = 18101  # Envoy's listeners in front of services, counted up from here
SERVICE_LINKS: Final = 18001  # the edge's proxies in front of services, counted up from here
