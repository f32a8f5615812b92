"""kube-controller-manager and kube-scheduler: one of each a server, through their links to that server's API server."""

from __future__ import annotations

from chaos.lab import ports
from chaos.lab.component import Component, Http, Restart
from chaos.lab.kubeconfig import kubeconfig
from chaos.lab.links import link
from chaos.lab.places import Place
from chaos.lab.site import Site

__all__ = ["controller_manager", "scheduler"]

RESTART = Restart(
    2.0
)  # they exit when they lose their lease. Source: docs/reality.md, the measured cluster's supervisor


def controller_manager(site: Site, place: Place) -> Component:
    """Return the controller-manager of a server. It logs each pass of its node monitor, which decides detections.

    Nodes get no pod range from it: each has its own, written into its network configuration.
    """
    timings = site.shape.timings
    flags = {
        "service-account-private-key-file": site.certificate("service-accounts.key"),
        "root-ca-file": site.certificate("ca.crt"),
        "use-service-account-credentials": "true",
        "cluster-name": site.cgroup,
        "node-monitor-period": f"{timings.monitor_period_s}s",
        "node-monitor-grace-period": f"{timings.grace_s}s",
        "vmodule": "node_lifecycle_controller=3",
        "flex-volume-plugin-dir": str(site.folders.config("kube-controller-manager") / "volume-plugins"),
    }
    return _controller(site, place, "controller-manager", ports.CONTROLLER_MANAGER, flags)


def scheduler(site: Site, place: Place) -> Component:
    """Return the scheduler of a server."""
    return _controller(site, place, "scheduler", ports.SCHEDULER, {})


def _controller(site: Site, place: Place, role: str, port: int, own_flags: dict[str, str]) -> Component:
    kind = f"kube-{role}"
    name, timings = f"{kind}-{place.name}", site.shape.timings
    config = str(site.folders.config(name) / "kubeconfig")
    server = link(site.groups, f"{role}-{place.name}").listen
    flags = {
        "kubeconfig": config,
        "authentication-kubeconfig": config,
        "authorization-kubeconfig": config,
        "bind-address": place.address,
        "secure-port": str(place.port(port)),
        "leader-elect-lease-duration": f"{timings.leader_lease_s}s",
        "leader-elect-renew-deadline": f"{timings.leader_deadline_s}s",
        "leader-elect-retry-period": f"{timings.leader_retry_s}s",
        **own_flags,
    }
    return Component(
        name=name,
        kind=kind,
        place=place.name,
        argv=(site.program(kind), *(f"--{flag}={value}" for flag, value in flags.items())),
        files={config: kubeconfig(role, server, site.certificate("ca.crt"), site.tokens[role])},
        after=(f"kube-apiserver-{place.name}", f"toxiproxy-controllers-{place.name}"),
        ready=Http(f"https://{place.at(port)}/healthz"),
        restart=RESTART,
    )
