"""Further calls to a service, beyond those of its clients: one try each, and nobody waits for the answer."""

from __future__ import annotations

from sim.model.clock import Clock
from sim.model.traffic.attempt import Attempt
from sim.model.traffic.call import Call
from sim.model.traffic.draws import ENDPOINT, Draws
from sim.model.traffic.driver import Driver
from sim.model.traffic.pool import Pool
from sim.plan.arrivals import open_arrivals
from sim.plan.streams import Stream
from sim.policy.once import Once
from sim.policy.steps import Outcome
from sim.spec.traffic import Poisson

__all__ = ["Overload"]


class Overload(Driver):
    """A Poisson stream of requests that reach the endpoints of a service at once, until stopped.

    They meet no network: an overload is load on the pods, wherever it comes from. Their work is not called wasted.
    """

    def __init__(self, clock: Clock, pool: Pool, draws: Draws, arrivals: Stream, rate_per_s: float) -> None:
        super().__init__(clock, Once(), pool, None)
        self._draws, self._block = draws, draws.block(0)
        self._blocks = open_arrivals(Poisson(poisson=rate_per_s), arrivals, clock.now, float("inf"))
        self._number = 0
        self._at_s: list[float] = []
        self._stopped = False
        self._next()

    def _next(self) -> None:
        if not self._at_s:
            self._at_s = next(self._blocks)[::-1]
        self.clock.at(self._at_s.pop(), self._arrival)

    def _arrival(self, _: object) -> None:
        if self._stopped:
            return
        number = self._number
        self._number += 1
        self._next()
        if number - self._block.first >= self._block.rows:
            self._block = self._draws.block(number)
        attempt = Attempt(Call(self, self._block, number, 0, None), self.pool, 0, self.clock.now)
        endpoints = self.pool.place.endpoints()
        if endpoints:
            server = endpoints[int(attempt.uniform(ENDPOINT) * len(endpoints))].server
            if server is not None:
                server.arrive(attempt)

    def ended(self, call: Call, outcome: Outcome) -> None:
        """Do nothing: nobody waits."""

    def stop(self) -> None:
        """Send no more; what was sent is worked off."""
        self._stopped = True
