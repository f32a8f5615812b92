"""The faults that are recorded: on which lab, how they are done and undone, and how long they last."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from chaos.lab import control
from chaos.lab.record import Lab

__all__ = ["FAULTS", "LABS", "Ends", "Fault", "etcd_leader", "proxied"]

LABS: dict[str, tuple[str, ...]] = {
    "fast": ("--timings", "fast"),
    "three": ("--timings", "fast", "--shape", "three-servers", "--nodes", "2"),
    "default": (),
}
"""The labs that the faults are done to, with the arguments of `lab up`."""

Act = Callable[[Lab, str], None]
Ends = Literal["replaced", "seen", "held"]  # when the node's pods are served elsewhere; at Unknown; after `hold_s`


@dataclass(frozen=True, slots=True)
class Fault:
    """One kind of fault. `kind`: its name in scenarios; `hold_s`: least length; `twin`: its name in `lab_coverage`."""

    kind: str
    lab: str
    do: Act
    undo: Act
    ends: Ends
    hold_s: float
    aims_at: Literal["node", "control", "leader"] = "node"
    twin: str = ""


def _nothing(component: str, _: str) -> None:
    """Hear of a component that is started."""


def _stop(prefix: str, how: str) -> Act:
    return lambda lab, target: void(control.stop_target(lab, prefix + target, how))


def _start(prefix: str) -> Act:
    return lambda lab, target: void(control.start_target(lab, prefix + target, _nothing))


def void(_: object) -> None:
    """Drop what an act returns."""


def proxied(lab: Lab, proxy: str, method: str, path: str = "", **body: Any) -> None:
    """Change a proxy of the lab through its toxiproxy's API."""
    (group,) = [group for group in lab.site().groups if any(link.proxy == proxy for link in group.links)]
    url = f"http://{group.api}/proxies/{proxy}{path}"
    asked = urllib.request.Request(url, data=json.dumps(body).encode() if body else None, method=method)
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(asked, timeout=5) as answer:
        answer.read()


def _switch(enabled: bool) -> Act:
    return lambda lab, target: proxied(lab, f"kubelet-{target}", "POST", enabled=enabled)


def _slow(proxy: str, latency_s: float) -> Act:
    attributes = {"latency": round(latency_s * 1000)}
    return lambda lab, target: proxied(
        lab, proxy.format(target), "POST", "/toxics", name="slow", type="latency", attributes=attributes
    )


def _quick(proxy: str) -> Act:
    return lambda lab, target: proxied(lab, proxy.format(target), "DELETE", "/toxics/slow")


def etcd_leader(lab: Lab) -> str:
    """Return the server whose etcd became leader in the latest term, as the members' logs say.

    The words are those of etcd-io/raft 3.6, raft.go, becomeLeader.
    """
    found = [
        (int(line.rpartition("became leader at term ")[2].split('"')[0]), server)
        for server in lab.site().shape.server_names
        for line in lab.site().folders.log(f"etcd-{server}").read_text(encoding="utf-8").splitlines()
        if "became leader at term " in line
    ]
    return max(found)[1]


KUBELET_LINK, DATASTORE_LINK = "kubelet-{}", "apiserver-{}"


def _latency(proxy: str, latency_s: float, aims_at: Literal["node", "control"]) -> Fault:
    return Fault("latency", "fast", _slow(proxy, latency_s), _quick(proxy), "held", 60.0, aims_at)


FAULTS: dict[str, Fault] = {
    "link": Fault("kubelet_stop", "fast", _switch(False), _switch(True), "replaced", 20, twin="link"),
    "kubelet-kill": Fault(
        "kubelet_stop", "fast", _stop("kubelet-", "kill"), _start("kubelet-"), "replaced", 20, twin="kubelet-kill"
    ),
    "kubelet-freeze": Fault(
        "kubelet_stop", "fast", _stop("kubelet-", "freeze"), _start("kubelet-"), "replaced", 20, twin="kubelet-stop"
    ),
    "node-cut": Fault("node_loss", "fast", control.cut, control.join, "replaced", 20, twin="node-cut"),
    "node-kill": Fault("node_loss", "fast", _stop("", "kill"), _start(""), "replaced", 20, twin="node-kill"),
    "kubelet-latency-200ms": _latency(KUBELET_LINK, 0.2, "node"),
    "kubelet-latency-1s": _latency(KUBELET_LINK, 1.0, "node"),
    "kubelet-latency-3s": _latency(KUBELET_LINK, 3.0, "node"),
    "datastore-latency-100ms": _latency(DATASTORE_LINK, 0.1, "control"),
    "datastore-latency-1s": _latency(DATASTORE_LINK, 1.0, "control"),
    "api-kill": Fault(
        "apiserver_loss", "fast", _stop("kube-apiserver-", "kill"), _start("kube-apiserver-"), "held", 60, "control"
    ),
    "etcd-leader-kill": Fault("member_loss", "three", _stop("etcd-", "kill"), _start("etcd-"), "held", 20, "leader"),
    "default-link": Fault("kubelet_stop", "default", _switch(False), _switch(True), "seen", 0, twin="link"),
    "default-kubelet-kill": Fault(
        "kubelet_stop", "default", _stop("kubelet-", "kill"), _start("kubelet-"), "seen", 0, twin="kubelet-kill"
    ),
}
"""All faults, by the name of their folder, in the order in which they are recorded."""
