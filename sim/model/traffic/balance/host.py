"""The connections from one caller to one pod, and what the balancer in front of them knows about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.model.traffic.attempt import Attempt
from sim.model.traffic.connection import Connection
from sim.model.traffic.pool import Pool
from sim.policy.steps import Result

if TYPE_CHECKING:
    from sim.model.cluster.endpoints import Endpoint
    from sim.model.traffic.balance.ejection import Ejection

__all__ = ["Host"]


class Host(Pool):
    """A pool with one endpoint. `under_way`: requests that were sent there and have not ended.

    An answer of 5xx is a failure, as are a connection that dies, one that does not come about, and a time-out; a
    request that is given up because another one was faster says nothing (Envoy, `outlier_detection`, local errors
    counted as 5xx, its default).
    """

    def settle(self, endpoint: Endpoint, ejection: Ejection | None) -> Host:
        """Begin, for this endpoint."""
        self.endpoint, self._ejection = endpoint, ejection
        self.under_way = 0
        return self

    def send(self, attempt: Attempt, limit_s: float | None) -> None:
        """Make an attempt here."""
        self.under_way += 1
        attempt.pool = self
        super().send(attempt, limit_s)

    def release(self, connection: Connection, status: int) -> None:
        """Take back a connection whose answer is in."""
        self._over(failed=status >= 500)
        super().release(connection, status)

    def dial_failed(self, attempt: Attempt, result: Result) -> None:
        """Hear that no connection came about."""
        if not attempt.settled:
            self._over(failed=True)
        super().dial_failed(attempt, result)

    def ended_badly(self, attempt: Attempt, result: Result) -> None:
        """End an attempt whose connection died."""
        self._over(failed=True)
        super().ended_badly(attempt, result)

    def abandoned(self, attempt: Attempt) -> None:
        """Close what an attempt used that was given up."""
        now = self.clock.now
        late = [timer for timer in (attempt.timer, attempt.read_timer) if timer is not None and timer.due_s <= now]
        if late:
            self._over(failed=True)
        else:
            self.under_way -= 1
        super().abandoned(attempt)

    def _over(self, failed: bool) -> None:
        self.under_way -= 1
        if self._ejection is not None:
            self._ejection.told(self.endpoint, failed)
