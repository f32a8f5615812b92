"""Sending until it gets through: one mechanism for SYNs and for data, with at most one event under way.

Nothing happens at a send that is bound to fail. While the way is blocked nothing is scheduled at all; where it loses a
share, the sends are drawn ahead until one passes. When the way changes, the sends that are still to come are examined
anew; each has its own addressed draw, so looking twice gives the same answer.
"""

from __future__ import annotations

from sim.model.clock import Clock
from sim.model.network.tcp import Schedule
from sim.model.network.way import Way

__all__ = ["Resend"]


class Resend:
    """Something sent by a schedule over a way. A kind says what is blocked, what is lost, and what passing means."""

    __slots__ = ("_turn", "began_s", "clock", "schedule", "sent", "way")

    def __init__(self, clock: Clock, way: Way, schedule: Schedule) -> None:
        self.clock, self.way, self.schedule = clock, way, schedule
        self.began_s = clock.now
        self.sent = 0  # the send that is next, or under examination
        self._turn = 0

    def blocked(self) -> bool:
        """Tell whether every send fails as things are now."""
        return self.way.verdict in ("silent", "unreachable")

    def lost(self, send: int) -> bool:
        """Tell whether send number `send` is lost on a way that loses a share."""
        raise NotImplementedError

    def passed(self) -> None:
        """Go on: a send got through just now."""
        raise NotImplementedError

    def examine(self) -> None:
        """Look for the next send that passes, from now on."""
        self._turn += 1
        sent_s, now = self.schedule.sent_s, self.clock.now - self.began_s
        while self.sent < len(sent_s) and sent_s[self.sent] < now:
            self.sent += 1
        self.way.fresh().waiting[self] = None
        if self.blocked():
            return
        send = self.sent
        while self.way.loss and send < len(sent_s) and self.lost(send):
            send += 1
        if send == len(sent_s):
            return
        if sent_s[send] <= now:
            self._go(self._turn)
        else:
            self.clock.at(self.began_s + sent_s[send], self._go, self._turn)

    def _go(self, turn: int) -> None:
        if turn == self._turn:
            self.stop()
            self.passed()

    def stop(self) -> None:
        """Send no more."""
        self._turn += 1
        self.way.waiting.pop(self, None)
