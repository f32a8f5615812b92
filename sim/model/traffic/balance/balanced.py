"""A caller's pool that chooses a pod for each request: a pool for each pod, and a rule in front of them."""

from __future__ import annotations

from sim.model.clock import Clock
from sim.model.cluster.endpoints import Endpoint
from sim.model.network import Network
from sim.model.traffic.attempt import Attempt
from sim.model.traffic.balance.choosers import chooser
from sim.model.traffic.balance.ejection import Ejection
from sim.model.traffic.balance.host import Host
from sim.model.traffic.pool import Place, Pool
from sim.model.traffic.timers import Timers
from sim.spec.traffic import Transport
from sim.spec.workloads import Service

__all__ = ["Balanced"]


class Balanced(Pool):
    """What a sidecar of a mesh does for its caller; limits of the transport hold for each pod.

    Its list of pods is the node's own rules, late as they are: a mesh learns of pods from the same slices. Without any
    pod it fails as a pool does, at once.
    """

    def __init__(
        self,
        clock: Clock,
        network: Network,
        timers: Timers,
        place: Place,
        transport: Transport,
        service: Service,
    ) -> None:
        super().__init__(clock, network, timers, place, transport)
        self._transport = transport
        self._hosts: dict[Endpoint, Host] = {}
        self._ejection = None if service.ejects is None else Ejection(clock, service.ejects)
        self._chooser = chooser(service, self._host)

    def _host(self, endpoint: Endpoint) -> Host:
        host = self._hosts.get(endpoint)
        if host is None:
            only = (endpoint,)
            place = self.place._replace(endpoints=lambda: only)
            host = Host(self.clock, self._network, self.timers, place, self._transport)
            self._hosts[endpoint] = host.settle(endpoint, self._ejection)
        return host

    def send(self, attempt: Attempt, limit_s: float | None) -> None:
        """Make an attempt at the pod that the rule chooses."""
        among = self.place.endpoints()
        if self._ejection is not None:
            among = self._ejection.among(among)
        if not among or self._dead:
            super().send(attempt, limit_s)
        else:
            self._chooser.choose(attempt, among).send(attempt, limit_s)

    def die(self) -> None:
        """End with the caller's container: every connection is gone, its requests with it."""
        super().die()
        for host in self._hosts.values():
            host.die()
