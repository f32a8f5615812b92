"""Which pod gets a request: one small rule each."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from sim.model.cluster.endpoints import Endpoint
from sim.model.traffic.attempt import Attempt
from sim.model.traffic.balance.host import Host
from sim.model.traffic.draws import CHOICE, ENDPOINT
from sim.spec.workloads import Service

__all__ = ["Chooser", "HostOf", "LeastRequest", "RandomChoice", "RoundRobin", "chooser"]

HostOf: TypeAlias = Callable[[Endpoint], Host]
Among: TypeAlias = tuple[Endpoint, ...]


class Chooser:
    """The base of all rules. `host_of` gives the balancer's own side of a pod."""

    def __init__(self, host_of: HostOf) -> None:
        self._host_of = host_of

    def choose(self, attempt: Attempt, among: Among) -> Host:
        """Return where an attempt goes; there is at least one endpoint."""
        raise NotImplementedError


class RandomChoice(Chooser):
    """Each with the same chance."""

    def choose(self, attempt: Attempt, among: Among) -> Host:
        """Return where an attempt goes."""
        return self._host_of(among[int(attempt.uniform(ENDPOINT) * len(among))])


class RoundRobin(Chooser):
    """One after the other, beginning anywhere: where the first attempt's draw says."""

    _turn: int | None = None

    def choose(self, attempt: Attempt, among: Among) -> Host:
        """Return where an attempt goes."""
        turn = int(attempt.uniform(ENDPOINT) * len(among)) if self._turn is None else self._turn + 1
        self._turn = turn % len(among)
        return self._host_of(among[self._turn])


class LeastRequest(Chooser):
    """The least busy of a few that are drawn with replacement; of equals the first drawn.

    Source: Envoy 1.40 `LeastRequestLoadBalancer::unweightedHostPickNChoices`; Mitzenmacher, "The power of two choices
    in randomized load balancing", IEEE TPDS 12(10), 2001.
    """

    def __init__(self, host_of: HostOf, choices: int) -> None:
        super().__init__(host_of)
        self._further = tuple(range(CHOICE, CHOICE + choices - 1))

    def choose(self, attempt: Attempt, among: Among) -> Host:
        """Return where an attempt goes."""
        host_of, count = self._host_of, len(among)
        best = host_of(among[int(attempt.uniform(ENDPOINT) * count)])
        for column in self._further:
            other = host_of(among[int(attempt.uniform(column) * count)])
            if other.under_way < best.under_way:
                best = other
        return best


def chooser(service: Service, host_of: HostOf) -> Chooser:
    """Return the rule of a service that balances each request."""
    if service.balance == "least-request":
        return LeastRequest(host_of, service.choices)
    return (RoundRobin if service.balance == "round-robin" else RandomChoice)(host_of)
