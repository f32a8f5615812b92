"""kubelet: one a node, through its link to the API server."""

from __future__ import annotations

import json

from chaos.lab import ports
from chaos.lab.component import Component, Http
from chaos.lab.components.containerd import socket
from chaos.lab.kubeconfig import kubeconfig
from chaos.lab.links import link
from chaos.lab.places import Place
from chaos.lab.site import Site

__all__ = ["kubelet"]


def kubelet(site: Site, place: Place) -> Component:
    """Return the kubelet of a node. It starts when containerd answers: without a socket it would end at once."""
    name = f"kubelet-{place.name}"
    folder, server = site.folders.config(name), link(site.groups, name).listen
    config, access = str(folder / "config.json"), str(folder / "kubeconfig")
    zone = site.shape.zone_of(place.name)
    flags = {
        "config": config,
        "kubeconfig": access,
        "root-dir": str(site.folders.kubelet(place.name)),
        "cert-dir": str(folder / "certificates"),
        "hostname-override": place.name,
        "node-ip": place.address,
    } | ({"node-labels": f"topology.kubernetes.io/zone={zone}"} if zone else {})
    return Component(
        name=name,
        kind="kubelet",
        place=place.name,
        argv=(site.program("kubelet"), *(f"--{flag}={value}" for flag, value in flags.items())),
        files={
            config: json.dumps(_configuration(site, place), indent=1),
            access: kubeconfig(place.name, server, site.certificate("ca.crt"), site.tokens[place.name]),
        },
        after=(f"containerd-{place.name}", f"toxiproxy-{place.name}", site.api_component),
        ready=Http(f"http://{place.at(ports.KUBELET_HEALTH)}/healthz"),
    )


def _configuration(site: Site, place: Place) -> dict[str, object]:
    """Return the KubeletConfiguration (kubelet.config.k8s.io/v1beta1, Kubernetes 1.34)."""
    timings, folder = site.shape.timings, site.folders.kubelet(place.name)
    return {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "address": place.address,
        "port": ports.KUBELET,
        "healthzBindAddress": place.address,
        "healthzPort": ports.KUBELET_HEALTH,
        "authentication": {
            "anonymous": {"enabled": False},
            "webhook": {"enabled": False},
            "x509": {"clientCAFile": site.certificate("ca.crt")},
        },
        "authorization": {"mode": "AlwaysAllow"},  # only the API server has a certificate of this authority
        "containerRuntimeEndpoint": f"unix://{socket(site, place)}",
        "cgroupDriver": "cgroupfs",
        "cgroupRoot": f"/{site.cgroup}/{place.name}",
        "enforceNodeAllocatable": [],
        "failSwapOn": False,
        "localStorageCapacityIsolation": False,
        # the nodes share this machine's disk and memory: what is short here would evict everywhere
        "evictionHard": dict.fromkeys(
            ("memory.available", "nodefs.available", "nodefs.inodesFree", "imagefs.available", "imagefs.inodesFree"),
            "0%",
        ),
        "imageGCHighThresholdPercent": 100,
        "imageGCLowThresholdPercent": 99,
        "resolvConf": "",
        "clusterDNS": [site.places.dns_address],
        "clusterDomain": "cluster.local",
        "podLogsDir": str(site.folders.home / "pods" / place.name),
        "volumePluginDir": str(folder / "volume-plugins"),
        "nodeStatusUpdateFrequency": f"{timings.status_s}s",
        "nodeStatusReportFrequency": f"{timings.status_report_s}s",
        "nodeLeaseDurationSeconds": int(timings.lease_s),
    }
