"""Something external that is called: no queue, its own service time, sometimes not there."""

from __future__ import annotations

from sim.model.clock import Clock
from sim.model.traffic.attempt import Attempt
from sim.model.traffic.draws import ERROR, SERVICE
from sim.plan.sampling import sampler
from sim.spec.cluster import External

__all__ = ["AWAY", "Outside"]

AWAY = 503  # what a call hears that finds it unavailable


class Outside:
    """Answers every request after its service time; a share of 1 − availability hears that it is not there."""

    __slots__ = ("_availability", "_clock", "_takes", "open", "reply_bytes", "request_bytes")
    watches = False
    retry_after_s = None

    def __init__(self, clock: Clock, external: External) -> None:
        self._clock, self._takes, self._availability = clock, sampler(external.takes), external.availability
        self.request_bytes = self.reply_bytes = 1000  # as a pod's own default
        self.open = True

    def arrive(self, attempt: Attempt) -> None:
        """Take a request."""
        if self._availability < 1.0 and attempt.uniform(ERROR) >= self._availability:
            self._answer(attempt, AWAY)
        else:
            self._clock.after(attempt.value(SERVICE, self._takes), self._served, attempt)

    def _served(self, attempt: Attempt) -> None:
        self._answer(attempt, 200)

    def _answer(self, attempt: Attempt, status: int) -> None:
        if attempt.connection is not None:
            attempt.connection.reply(attempt, status)
