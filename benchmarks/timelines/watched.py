"""What is recorded beside the observer: each heartbeat of the node, writes that fail, who leads the datastore."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import datetime
from threading import Event
from typing import Any

from chaos.clock import RunClock, wall_s
from chaos.kube.api import Kube, KubeError, KubeRefused
from chaos.lab.record import Lab
from chaos.observer.notes import Notes

__all__ = ["Heartbeats", "Writes", "datastore_leaders"]

Obj = Mapping[str, Any]
WRITE_EVERY_S, WRITE_LIMIT_S = 0.1, 1.0
CONFIG_MAP = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "weatherglass-writes"}}
PLACE = "/api/v1/namespaces/default/configmaps"


class Heartbeats:
    """A view of one node's lease, or of its Node object: a sample of the gap before each heartbeat."""

    def __init__(self, notes: Notes, node: str, metric: str) -> None:
        self._notes, self._node, self._metric = notes, node, metric
        self._last: tuple[str, float] | None = None

    def put(self, obj: Obj, *, at_start: bool) -> None:  # noqa: ARG002  (a heartbeat is one at any time)
        said = _heartbeat(obj) if obj["metadata"]["name"] == self._node else ""
        if not said or (self._last is not None and self._last[0] == said):
            return
        if self._last is not None:
            gap_s = self._notes.now_s - self._last[1]
            self._notes.gauge(self._metric, f"node/{self._node}", round(gap_s, 4))
        self._last = said, self._notes.now_s

    def drop(self, obj: Obj) -> None:
        """A node that is gone has no heartbeats."""

    def listed(self, path: str) -> None:
        """Nothing to add."""


def _heartbeat(obj: Obj) -> str:
    if "conditions" in obj.get("status", {}):
        beats = [str(each.get("lastHeartbeatTime")) for each in obj["status"]["conditions"]]
        return max(beats) if beats else ""
    return str(obj.get("spec", {}).get("renewTime", ""))


class Writes:
    """A small write each WRITE_EVERY_S, and an event whenever writes begin to fail or to work."""

    def __init__(self, api: Kube, notes: Notes) -> None:
        self._api, self._notes = api.within(WRITE_LIMIT_S), notes
        self._works: bool | None = None

    def run(self, stop: Event) -> None:
        number = 0
        while not stop.is_set():
            number += 1
            self._notes.take(self._told, self._write(number))
            stop.wait(WRITE_EVERY_S)

    def _write(self, number: int) -> str:
        try:
            self._api.patch(f"{PLACE}/weatherglass-writes", {"data": {"number": str(number)}})
        except KubeRefused as error:
            return self._create() if error.status == 404 else str(error)
        except KubeError as error:
            return str(error)
        return ""

    def _create(self) -> str:
        try:
            self._api.create(PLACE, CONFIG_MAP)
        except KubeError as error:
            return str(error)
        return ""

    def _told(self, why: str) -> None:
        if self._works is not None and self._works == bool(why):
            self._notes.event("writes_fail" if why else "writes_work", "cluster", {"why": why[:160]} if why else {})
        self._works = not why


BECAME = re.compile(r"became leader at term (\d+)")


def datastore_leaders(lab: Lab, clock: RunClock, since_s: float) -> list[tuple[float, dict[str, Any]]]:
    """Return when the datastore got a leader since an instant of the run: (t_s, the event's detail), in order.

    From the members' logs, which carry the wall's time (etcd-io/raft 3.6, raft.go, becomeLeader). Its followers say
    that they lost a leader only when they stand for election themselves: too late to tell when it was lost.
    """
    zero_s = wall_s() - clock.now()
    found = []
    for server in lab.site().shape.server_names:
        for line in lab.site().folders.log(f"etcd-{server}").read_text(encoding="utf-8").splitlines():
            match = BECAME.search(line)
            if match and (t_s := _stamp_s(line) - zero_s) >= since_s:
                found.append((round(t_s, 6), {"who": server, "term": int(match[1])}))
    return sorted(found, key=lambda row: row[0])


def _stamp_s(line: str) -> float:
    """Return the seconds since 1970 of a line of etcd's log."""
    return datetime.fromisoformat(json.loads(line)["ts"].replace("Z", "+00:00")).timestamp()
