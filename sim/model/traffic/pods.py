"""The servers of all pods: opened and closed with their containers, slowed by faults, added up at the end."""

from __future__ import annotations

from collections.abc import Callable

from sim.model.clock import Clock
from sim.model.cluster.endpoints import Endpoint
from sim.model.network import Network
from sim.model.traffic.caller import Caller, Onward
from sim.model.traffic.places import Places
from sim.model.traffic.server import Server
from sim.model.traffic.serving.careful import CarefulServer
from sim.plan.sampling import Sampler, sampler
from sim.spec.scenario import Scenario

__all__ = ["SUMS", "Pods"]

SUMS = (
    "arrived", "finished", "rejected", "dropped", "lost", "in_system", "area_in_system_s", "sum_sojourn_s", "busy_s",
    "capacity_s", "wasted_s",
)  # fmt: skip
"""What each server counts, and a service's totals are made of."""


class Pods:
    """Every pod whose container runs."""

    def __init__(self, clock: Clock, scenario: Scenario, network: Network, places: Places) -> None:
        self._clock, self._scenario, self._network, self._places = clock, scenario, network, places
        self._running: dict[str, dict[str, Endpoint]] = {name: {} for name in scenario.workloads}
        self._slow: dict[str, float] = {}  # workloads all of whose pods are slow, later ones too
        self._past: dict[str, dict[str, float]] = {name: dict.fromkeys(SUMS, 0.0) for name in scenario.workloads}
        self._samplers: dict[str, Sampler] = {}

    def running(self, workload: str) -> tuple[Endpoint, ...]:
        """Return the pods of a workload whose container runs, the oldest first."""
        return tuple(self._running[workload].values())

    def open(self, endpoint: Endpoint) -> None:
        """Let a pod serve: its container has started."""
        workload = endpoint.workload
        self._running[workload][endpoint.pod] = endpoint
        serves = self._scenario.workloads[workload].serves
        if serves is None:
            return
        takes = self._samplers.get(workload)
        if takes is None:
            takes = self._samplers[workload] = sampler(serves.takes)
        kind = Server if serves.plain else CarefulServer
        server = kind(self._clock, serves, takes, self._onward(endpoint))
        server.set_factor(self._slow.get(workload, 1.0))
        endpoint.server = server

    def _onward(self, endpoint: Endpoint) -> dict[str, Onward]:
        """Return what a pod calls in its turn, for each service in front of it."""
        found = {}
        for name, service in self._scenario.services.items():
            if service.of == endpoint.workload and service.calls:
                found[name] = Onward(tuple(self._callers(name, endpoint.node)))
        return found

    def _callers(self, service: str, node: str) -> list[Caller]:
        callers = []
        for entry, call in enumerate(self._scenario.services[service].calls):
            policy = self._places.policy(call.policy)
            pool = self._places.pool(node, call.to, f"{service}->{call.to}", call.transport, policy)
            shared = policy.new_shared()  # one breaker and one budget for all calls of an entry
            for time in range(call.times):
                draws = f"{service}->{call.to}/{entry}/{time}"
                callers.append(Caller(self._clock, policy, pool, shared, draws, call.share))
        return callers

    def close(self, endpoint: Endpoint, how: str) -> None:
        """End a pod's container. Clients hear of it at once unless it fell `silent`."""
        self._running[endpoint.workload].pop(endpoint.pod, None)
        server: Server | None = endpoint.server
        if server is None:
            return
        endpoint.server = None
        server.close()
        server.hang_up()
        self._add(endpoint.workload, server)
        if how != "silent" and server.arrived:
            for way in self._network.ways():
                for connection in list(way.connections) if way.dst == endpoint.node else ():
                    if connection.server is server:
                        connection.peer_gone()

    def _add(self, workload: str, server: Server) -> None:
        past = self._past[workload]
        for name in SUMS:
            past[name] += getattr(server, name)

    def slow(self, workload: str, factor: float, count: int | None) -> None:
        """Let pods of a workload (the `count` oldest, or all, new ones too) work `factor` times as long; 0 hangs."""
        if count is None:
            self._slow[workload] = factor
        for endpoint in self.running(workload)[:count]:
            if endpoint.server is not None:
                endpoint.server.set_factor(factor)

    def totals(self, put: Callable[[str, str, float], None]) -> None:
        """Write each service's sums: those of the pods behind it. Call once, at the end."""
        serving = [name for name, workload in self._scenario.workloads.items() if workload.serves is not None]
        for workload in serving:
            for endpoint in self._running[workload].values():
                if endpoint.server is not None:
                    endpoint.server.settle()
                    self._add(workload, endpoint.server)
        for name, service in self._scenario.services.items():
            for metric, value in self._past[service.of].items():
                put(f"service/{name}", metric, value)
