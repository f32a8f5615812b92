"""kwok: plays every node of a lab at once, through one link to the API server."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from chaos.lab import ports
from chaos.lab.component import Component, Http, Restart
from chaos.lab.kubeconfig import kubeconfig
from chaos.lab.links import link
from chaos.lab.site import Site

__all__ = ["kwok", "simulated_nodes"]

RESTART = Restart(2.0)  # assumption: as the controllers
STAGES = Path(__file__).with_name("kwok-stages.yaml")


def kwok(site: Site) -> Component:
    """Return the process that plays the nodes: their leases, their heartbeats, the states of their pods."""
    (server,) = site.places.servers
    folder = site.folders.config("kwok")
    config, stages = str(folder / "kubeconfig"), str(folder / "stages.yaml")
    report_ms = round(site.shape.timings.status_report_s * 1000)
    flags = {
        "kubeconfig": config,
        "config": stages,
        "manage-all-nodes": "true",
        "server-address": server.at(ports.KWOK),
        "node-lease-duration-seconds": str(int(site.shape.timings.lease_s)),
        "cidr": "10.0.0.1/16",  # addresses of pods that nobody can reach
    }
    api = link(site.groups, f"kwok-{server.name}").listen
    access = kubeconfig("kwok", api, site.certificate("ca.crt"), site.tokens["kwok"])
    return Component(
        name="kwok",
        kind="kwok",
        place=server.name,
        argv=(site.program("kwok"), *(f"--{flag}={value}" for flag, value in flags.items())),
        files={config: access, stages: STAGES.read_text(encoding="utf-8").replace("@REPORT_MS@", str(report_ms))},
        after=(site.api_component, "toxiproxy-kwok"),
        ready=Http(f"http://{server.at(ports.KWOK)}/healthz"),
        restart=RESTART,
    )


def simulated_nodes(site: Site) -> tuple[dict[str, Any], ...]:
    """Return the manifests of the nodes: 32 cores and 256 GiB each, as kwok's own examples have it."""
    room = {"cpu": "32", "memory": "256Gi", "pods": "110"}
    return tuple(
        {
            "apiVersion": "v1",
            "kind": "Node",
            "metadata": {"name": name, "labels": _labels(name, site.shape.zone_of(name))},
            "status": {"allocatable": room, "capacity": room},
        }
        for name in site.shape.node_names
    )


def _labels(name: str, zone: str | None) -> dict[str, str]:
    hostname = {"kubernetes.io/hostname": name, "kubernetes.io/os": "linux", "type": "kwok"}
    return hostname | ({"topology.kubernetes.io/zone": zone} if zone else {})
