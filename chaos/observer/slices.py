"""EndpointSlices: which pods a service sends new connections to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chaos.observer.names import Names
from chaos.observer.notes import Notes

__all__ = ["Slices"]

Obj = Mapping[str, Any]
SERVICE = "kubernetes.io/service-name"  # the label that names a slice's service


class Slices:
    """What the slices of all named services say together. Its methods are called under the notes' lock."""

    def __init__(self, notes: Notes, names: Names) -> None:
        self._notes, self._names = notes, names
        self._slices: dict[str, tuple[str, frozenset[str]]] = {}  # uid → service, its ready endpoints
        self._ready: dict[str, frozenset[str]] = {}

    def ready_count(self, service: str) -> int:
        """Return how many endpoints of an abstract service are ready."""
        return len(self._ready.get(service, ()))

    def put(self, obj: Obj, *, at_start: bool) -> None:
        """Take a slice as it is now."""
        service = self._service(obj)
        if service is not None:
            self._slices[str(obj["metadata"]["uid"])] = service, _ready(obj)
            self._sync(service, at_start=at_start)

    def drop(self, obj: Obj) -> None:
        """Take note that a slice is deleted."""
        found = self._slices.pop(str(obj["metadata"]["uid"]), None)
        if found is not None:
            self._sync(found[0], at_start=False)

    def listed(self, path: str) -> None:
        """Write the gauges of the services of a namespace: of those without a slice too."""
        for (namespace, _), service in self._names.services.items():
            if f"/namespaces/{namespace}/" not in path:
                continue
            self._notes.gauge("pods_ready", f"service/{service}", self.ready_count(service))

    def _service(self, obj: Obj) -> str | None:
        metadata = obj["metadata"]
        return self._names.services.get((metadata["namespace"], metadata.get("labels", {}).get(SERVICE, "")))

    def _sync(self, service: str, *, at_start: bool) -> None:
        before = self._ready.get(service, frozenset())
        now = frozenset[str]().union(*(ready for of, ready in self._slices.values() if of == service))
        self._ready[service] = now
        if not at_start:
            for kind, pods in (("endpoint_withdrawn", before - now), ("endpoint_ready", now - before)):
                for pod in sorted(pods):
                    self._notes.event(kind, f"service/{service}", {"pod": pod})
        self._notes.gauge("pods_ready", f"service/{service}", len(now))


def _ready(obj: Obj) -> frozenset[str]:
    """Return the ready endpoints of a slice, by their pods (by address where there is no pod).

    A condition that is not said counts as ready. Source: kubernetes 1.34.4, api/discovery/v1/types.go,
    EndpointConditions.Ready.
    """
    return frozenset(
        str(each.get("targetRef", {}).get("name") or each["addresses"][0])
        for each in obj.get("endpoints") or ()
        if each.get("conditions", {}).get("ready", True)
    )
