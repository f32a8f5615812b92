"""One repetition: a steady lab, a random but seeded wait, the fault, what follows, the undo, what follows."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from threading import Event, RLock, Thread
from typing import Any

from benchmarks.timelines.faults import Fault, etcd_leader
from benchmarks.timelines.watched import Heartbeats, Writes, datastore_leaders
from chaos.clock import RunClock, started_text
from chaos.kube.api import Kube, KubeError
from chaos.lab import app
from chaos.lab.record import Lab
from chaos.observer import Names, Observer, Workload
from chaos.observer.following import Following
from chaos.observer.notes import Notes
from sim.record import Recorder, RunInfo
from sim.record.run_info import running_versions

__all__ = ["NotSteady", "record", "settle"]

CALM_S = (5.0, 10.0)  # before each fault, seeded: longer than a monitor pass, so that phases spread
SERVED_S = (1.0, 4.0)  # from what ends a fault to its undo, seeded
SEEN_LIMIT_S = {"fast": 60.0, "three": 60.0, "default": 120.0}  # assumption: detection takes 25 s (55 s) at most
BACK_LIMIT_S = 180.0  # docs/reality.md: stuck pods go at most 112 s after an undo
CALM_LOAD, CALM_LIMIT_S = 8.0, 120.0  # above a load of 10 a pod starts slower (docs/reality.md)
DELETE_AFTER_S = 20.0  # into a fault that is held, a pod of each node is deleted: how long until it is stopped


class NotSteady(Exception):
    """The lab did not come back to a steady state; it has to be made anew."""


def names(lab: Lab) -> Names:
    """Return the lab's objects under their own names."""
    nodes = {node: node for node in lab.site().shape.node_names}
    workloads = {Workload(each.namespace, each.name): each.name for each in app.SERVICES}
    return Names(nodes, workloads, {(each.namespace, each.name): each.name for each in app.SERVICES})


def api_of(lab: Lab) -> Kube:
    """Return the lab's API through its kubeconfig."""
    path = lab.site().folders.kubeconfig
    return Kube.of(path, json.loads(path.read_text(encoding="utf-8"))["current-context"])


@dataclass
class Watched:
    """A lab under observation: what `record` reads and writes."""

    lab: Lab
    target: str
    clock: RunClock = field(default_factory=RunClock)
    stop: Event = field(default_factory=Event)
    rows: list[tuple[Any, ...]] = field(default_factory=list)
    samples: list[tuple[Any, ...]] = field(default_factory=list)

    def event(
        self, t_s: float, kind: str, subject: str, detail: dict[str, Any] | None = None, planned_s: float | None = None
    ) -> None:
        self.rows.append((round(t_s, 6), kind, subject, detail or {}, planned_s))

    def sample(self, t_s: float, metric: str, subject: str, value: float) -> None:
        self.samples.append((round(t_s, 6), metric, subject, value))

    def seen(self, kind: str, subject: str = "", after_s: float = 0.0) -> bool:
        """Return whether an event was seen since an instant."""
        return any(row[0] > after_s and row[1] == kind and row[2].startswith(subject) for row in list(self.rows))


def wait_for(what: Callable[[], bool], limit_s: float) -> bool:
    """Return whether something came true within its limit."""
    until_s = time.monotonic() + limit_s
    while time.monotonic() < until_s:
        if what():
            return True
        time.sleep(0.1)
    return False


def is_whole(observer: Observer, lab: Lab) -> bool:
    """Return whether every node is Ready, every workload has its replicas, and no pod is on its way out."""
    facts = observer.facts()
    found = (facts.nodes_ready, facts.workloads_available_share, facts.pods_terminating, facts.control_plane_up_share)
    return [each.value for each in found] == [lab.site().shape.nodes, 1.0, 0, 1.0]


def settle(lab: Lab, target: str) -> None:
    """Wait until the lab is steady with a pod of each spread workload on each node. Raises NotSteady."""
    api = api_of(lab)
    with Observer(api, names(lab), Watched(lab, target), RunClock()) as observer:
        if not wait_for(lambda: is_whole(observer, lab) and not _tainted(api), BACK_LIMIT_S):
            raise NotSteady(f"{lab.name}: not steady after {BACK_LIMIT_S:g} s: {observer.facts()}")
        for service in _crowded(api, lab):
            for pod in _pods(api, service):
                api.delete(f"/api/v1/namespaces/{app.SHOP}/pods/{pod['metadata']['name']}")
        time.sleep(1.0)
        if not wait_for(lambda: is_whole(observer, lab), BACK_LIMIT_S):
            raise NotSteady(f"{lab.name}: the moved pods do not serve")


def _tainted(api: Kube) -> bool:
    return any(node["spec"].get("taints") for node in api.list("/api/v1/nodes"))


def _pods(api: Kube, service: str) -> list[dict[str, Any]]:
    return api.list(f"/api/v1/namespaces/{app.SHOP}/pods", labelSelector=f"app={service}")


def _crowded(api: Kube, lab: Lab) -> list[str]:
    """Return the services whose pods are not on every node: after an eviction they stay where they were sent."""
    shop = [each.name for each in app.SERVICES if each.namespace == app.SHOP]
    nodes = {*lab.site().shape.node_names}
    return [name for name in shop if {pod["spec"].get("nodeName") for pod in _pods(api, name)} < nodes]


def record(lab: Lab, name: str, fault: Fault, number: int, folder: Path) -> None:
    """Do a fault and write its journal into `folder`, whole or not at all. Raises NotSteady if the lab is spoilt."""
    node = lab.site().shape.node_names[number % lab.site().shape.nodes]
    wait_for(lambda: os.getloadavg()[0] < CALM_LOAD, CALM_LIMIT_S)  # the load at the fault is recorded anyway
    settle(lab, node)
    draw = Random(f"{name}/{number}")  # noqa: S311  (spreads phases; nothing is kept secret by it)
    target = {"node": node, "control": "server-1", "leader": ""}[fault.aims_at] or etcd_leader(lab)
    watched, lock = Watched(lab, target), RLock()
    with Observer(api_of(lab), names(lab), watched, watched.clock, lock=lock) as observer:
        threads = _beside(watched, fault, lock)
        if not observer.whole(10.0):
            raise NotSteady(f"{lab.name}: its API did not tell everything within 10 s")
        time.sleep(draw.uniform(*CALM_S))
        try:
            _play(watched, observer, fault, name, draw)
        finally:
            watched.stop.set()
            for thread in threads:
                thread.join(2.0)
    _write(watched, fault, name, number, folder)


def _beside(watched: Watched, fault: Fault, lock: Any) -> list[Thread]:
    notes, api = Notes(watched, watched.clock, lock), api_of(watched.lab)
    work = []
    if fault.aims_at == "node":
        leases = "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases"
        for metric, path in (("lease_gap_s", leases), ("status_gap_s", "/api/v1/nodes")):
            work.append(Following(api, path, Heartbeats(notes, watched.target, metric), notes).run)
    else:
        work.append(Writes(api, notes).run)
    threads = [Thread(target=run, args=(watched.stop,), daemon=True) for run in work]
    for thread in threads:
        thread.start()
    return threads


def _play(watched: Watched, observer: Observer, fault: Fault, name: str, draw: Random) -> None:
    lab, target, clock = watched.lab, watched.target, watched.clock
    told = {"kind": fault.kind, "target": target, "how": name}
    planned_s = clock.now()
    fault.do(lab, target)
    begun_s = clock.now()
    watched.event(begun_s, "fault_begin", f"fault/{name}", {**told, "load1": os.getloadavg()[0]}, planned_s)
    _last(watched, observer, fault, begun_s)
    time.sleep(draw.uniform(*SERVED_S) if fault.ends != "held" else 0.0)
    planned_s = clock.now()
    fault.undo(lab, target)  # it returns when what was started answers; the fault ended with the call
    watched.event(planned_s, "fault_end", f"fault/{name}", {**told, "call_s": clock.now() - planned_s}, planned_s)
    if fault.aims_at != "node":
        _delete_pods(watched)
    wait_for(lambda: is_whole(observer, lab) and _settled(watched, fault, planned_s), BACK_LIMIT_S)
    time.sleep(6.0)  # the taint goes with the monitor's next pass
    if fault.aims_at == "leader":
        watched.event(begun_s, "leader_lost", "cluster", {"who": target})
        for t_s, detail in datastore_leaders(lab, clock, begun_s):
            watched.event(t_s, "leader_elected", "cluster", detail)


def _last(watched: Watched, observer: Observer, fault: Fault, begun_s: float) -> None:
    """Wait until the fault may be undone."""
    if fault.ends == "held":
        time.sleep(DELETE_AFTER_S if fault.kind == "latency" else 0.0)
        if fault.kind == "latency":
            _delete_pods(watched)
        time.sleep(max(0.0, begun_s + fault.hold_s - watched.clock.now()))
        return
    limit_s, node = SEEN_LIMIT_S[fault.lab], f"node/{watched.target}"
    wait_for(lambda: watched.seen("node_unknown", node, begun_s), limit_s)
    if fault.ends == "replaced":
        wait_for(lambda: watched.seen("pod_deleting", "pod/", begun_s) and _served(observer), 30.0)
        time.sleep(max(0.0, begun_s + fault.hold_s - watched.clock.now()))


def _served(observer: Observer) -> bool:
    """Return whether every workload has its replicas elsewhere; those of the lost node are still Terminating."""
    return observer.facts().workloads_available_share.value == 1.0


def _settled(watched: Watched, fault: Fault, undone_s: float) -> bool:
    """Return whether what was away is back: the node in the API's eyes, writes, leaders."""
    if fault.aims_at == "node":
        return not watched.seen("node_unknown") or watched.seen("node_ready", after_s=undone_s)
    lost = [row[3].get("controller") for row in watched.rows if row[1] == "leader_lost"]
    led = [row[3].get("controller") for row in watched.rows if row[1] == "leader_elected"]
    return len(led) >= len(lost) and watched.clock.now() - undone_s > 20.0


def _delete_pods(watched: Watched) -> None:
    """Delete one pod of each node (of `stock`, which nobody outside calls) as soon as it can be done."""
    api = api_of(watched.lab)

    def deleted() -> bool:
        try:
            for pod in _pods(api, "stock"):
                api.delete(f"/api/v1/namespaces/{app.SHOP}/pods/{pod['metadata']['name']}")
        except KubeError:
            return False
        return True

    wait_for(deleted, 30.0)


def _write(watched: Watched, fault: Fault, name: str, number: int, folder: Path) -> None:
    shape = watched.lab.site().shape
    info = RunInfo(
        scenario="lab",
        why="A fault done to a lab by hand",
        option=name,
        seed=number,
        source="real",
        duration_s=round(watched.clock.now(), 3),
        warmup_s=0.0,
        clients=(),
        services=tuple(each.name for each in app.SERVICES),
        scenario_as_run={"fault": fault.kind, "shape": shape.kind, "nodes": shape.nodes, "timings": fault.lab},
        versions=running_versions(),
        started=started_text(),
    )
    partial = folder.with_name(folder.name + ".partial")
    recorder = Recorder(info, out=partial)
    for row in sorted(watched.rows, key=lambda row: row[0]):
        recorder.event(*row)
    for sample in watched.samples:
        recorder.sample(*sample)
    recorder.finish()
    partial.rename(folder)
