"""The endpoint slice controller: a pod's readiness reaches its services' slices (E1–E3).

Part of the controller-manager: no leader, no change. Where a second change of one slice follows at once, the
controller sometimes finds its own cache behind and tries again a second later (lab 3: 3 of 43 nodes).
"""

from __future__ import annotations

from sim.model.cluster.endpoints import Endpoints
from sim.model.cluster.pods import Pod
from sim.model.cluster.state import ClusterState

__all__ = ["Slices"]

Change = tuple[str, Pod]

_BURST_S = 0.2  # changes of one slice within this are a burst, in which the cache may lag (lab 3)
_RETRY = 8  # column of a pod's row: whether its change is one that has to be retried


class Slices:
    """Carries pods' readiness into endpoints."""

    def __init__(self, state: ClusterState, endpoints: Endpoints) -> None:
        self._state, self._endpoints = state, endpoints
        self._changed_s: dict[str, float] = {}

    def changed(self, pod: Pod) -> None:
        """Tell the services of a pod that its readiness changed."""
        for service in pod.of.services:
            delay_s = pod.of.reaction_s(pod, self._state.reaction_s)
            self._state.clock.after(delay_s, self._sync, (service, pod))

    def _sync(self, change: Change) -> None:
        service, pod = change
        timings, now = self._state.timings, self._state.clock.now
        in_burst = now - self._changed_s.get(service, float("-inf")) < _BURST_S
        self._changed_s[service] = now
        if in_burst and pod.of.draw(pod, _RETRY) < timings["slice_retry_share"]:
            self._state.clock.after(timings["slice_retry_s"], self._write, change)
        else:
            self._write(change)

    def _write(self, change: Change) -> None:
        self._state.controller.when_open(self.put, change)

    def put(self, change: Change) -> None:
        """Write a pod's place in a slice."""
        service, pod = change
        kind = self._endpoints.put(service, pod)
        if kind is not None:
            self._state.event(kind, f"service/{service}", {"pod": pod.name})
            self._state.gauges.set("pods_ready", f"service/{service}", self._endpoints.ready_count(service))

    def no_longer_serves(self, pod: Pod) -> None:
        """Take a container that has gone out of the fallback to terminating endpoints (E7)."""
        for service in pod.of.services:
            self._endpoints.drop_leaving(service, pod)
