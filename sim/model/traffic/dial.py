"""Setting up a connection on a way that is not clean: SYNs by the kernel's schedule, then TLS, each with its limit."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from sim.model.network import SYN_SCHEDULES, Resend, Way
from sim.model.traffic.attempt import Attempt
from sim.model.traffic.draws import RESEND_THERE, SYN

if TYPE_CHECKING:
    from sim.model.traffic.pool import Pool

__all__ = ["Dial"]


class Dial(Resend):
    """One connection being set up for one attempt. A SYN counts if it leaves strictly before the dial's limit.

    A SYN and its answer are lost together, with the way's share: the server repeats its SYN-ACK by itself, so the
    chance of a dial is 1 − p^n with n SYNs (kubernetes.md W3).
    """

    __slots__ = ("_attempt", "_ends_s", "_handshakes", "_pool", "_rtt_s")

    def __init__(self, pool: Pool, attempt: Attempt, way: Way, rtt_s: float) -> None:
        schedule = SYN_SCHEDULES[pool.kernel]
        super().__init__(pool.clock, way, schedule)
        self._pool, self._attempt, self._rtt_s = pool, attempt, rtt_s
        self._handshakes = -1  # −1: SYNs; then the TLS round trips that are left
        self._ends_s = self._limit(min(pool.dial_timeout_s, schedule.gives_up_s))

    def _limit(self, for_s: float) -> float:
        ends_s = self.clock.now + for_s
        if ends_s < math.inf:
            self.clock.at(ends_s, self._expire, ends_s)
        return ends_s

    def blocked(self) -> bool:
        """Tell whether no SYN is answered: the way is blocked, or nobody has the endpoint's address any more (E8)."""
        endpoint = self._attempt.endpoint
        nobody = endpoint is None or endpoint.server is None
        return super().blocked() or (nobody and self.way.verdict != "refused")

    def lost(self, send: int) -> bool:
        """Tell whether a SYN or its answer is lost."""
        column = SYN if self._handshakes < 0 else RESEND_THERE
        return self._attempt.uniform(column + send) < self.way.loss

    def passed(self) -> None:
        """Wait for the answer, if it can still come in time."""
        if self.clock.now >= self._ends_s or self.clock.now + self._rtt_s > self._ends_s:
            return  # too late: the limit ends it
        self.clock.after(self._rtt_s, self._refused if self.way.verdict == "refused" else self._answered)

    def _refused(self, _: object) -> None:
        if self._attempt.settled:
            return
        self._over()
        self._pool.dial_failed(self._attempt, "refused")

    def _answered(self, _: object) -> None:
        if self._attempt.settled:
            return
        if self._handshakes < 0:
            self._attempt.connect_s = self.clock.now - self._attempt.began_s
            self._handshakes = self._pool.tls_rtts
            self._ends_s = self._limit(self._pool.tls_timeout_s) if self._handshakes else math.inf
        else:
            self._handshakes -= 1
        if not self._handshakes:
            self._over()
            self._pool.connected(self._attempt)
            return
        self.began_s, self.sent, self.schedule = self.clock.now, 0, self.way.resends
        self.examine()

    def _expire(self, ends_s: float) -> None:
        if ends_s == self._ends_s and not self._attempt.settled:
            self._over()
            self._pool.dial_failed(self._attempt, "dial_timeout")

    def _over(self) -> None:
        self.stop()
        self._ends_s = math.nan
        self._attempt.dial = None
