"""Where callers are, and the pools they get there."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Protocol

from sim.model.clock import Clock
from sim.model.cluster.endpoints import Endpoint
from sim.model.network import Network
from sim.model.traffic.balance import Balanced
from sim.model.traffic.outside import Outside
from sim.model.traffic.pool import Place, Pool
from sim.model.traffic.timers import Timers
from sim.policy.once import Once
from sim.policy.steps import Policy
from sim.spec.scenario import Scenario
from sim.spec.traffic import Transport

__all__ = ["Places", "Tables"]


class Tables(Protocol):
    """Each node's rules: service → endpoints to draw from."""

    def table(self, node: str) -> dict[str, tuple[Endpoint, ...]]:
        """Return the rules of a node, the same dict each time."""
        ...


class Places:
    """Knows the scenario's names: nodes, external places, services, transports, policies."""

    def __init__(self, clock: Clock, scenario: Scenario, network: Network, endpoints: Tables) -> None:
        self._clock, self._scenario, self._network, self._endpoints = clock, scenario, network, endpoints
        self._timers = Timers(clock)
        self._outside = {name: _outside(clock, name, scenario) for name in scenario.external}

    def policy(self, name: str) -> Policy:
        """Return a policy of the scenario; a client that names none tries once."""
        policies = self._scenario.policies
        return Once() if name == "none" and name not in policies else policies[name]

    def pool(self, where: str, to: str, over: str, transport: str, policy: Policy) -> Pool:
        """Return a pool of a caller at a node or external place, for a service or something external."""
        transports = self._scenario.transports
        settings = Transport() if transport == "go-net-http" and transport not in transports else transports[transport]
        for limit_s in getattr(policy, "timers_s", ()):
            self._timers.keep(limit_s)
        node = self._scenario.cluster.nodes.get(where)
        kernel = "linux-6.5" if node is None else node.kernel
        place = Place(where, kernel, to, over, self.endpoints_at(where, to))
        service = self._scenario.services.get(to)
        if service is not None and service.balance != "per-connection":
            return Balanced(self._clock, self._network, self._timers, place, settings, service)
        return Pool(self._clock, self._network, self._timers, place, settings)

    def endpoints_at(self, where: str, to: str) -> Callable[[], tuple[Endpoint, ...]]:
        """Return what gives the endpoints that a new connection at `where` may draw, at each moment."""
        if to in self._outside:
            return partial(_only, self._outside[to])
        external = self._scenario.external.get(where)
        table = self._endpoints.table(where if external is None else external.reached.via)
        return partial(_ruled, table, to)


def _only(endpoints: tuple[Endpoint, ...]) -> tuple[Endpoint, ...]:
    return endpoints


def _ruled(table: dict[str, tuple[Endpoint, ...]], service: str) -> tuple[Endpoint, ...]:
    return table.get(service, ())


def _outside(clock: Clock, name: str, scenario: Scenario) -> tuple[Endpoint, ...]:
    endpoint = Endpoint(name, name, "", 0)
    endpoint.server = Outside(clock, scenario.external[name])
    return (endpoint,)
