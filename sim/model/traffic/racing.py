"""Hedged attempts: several at a time, the first good answer wins, the losers are not cancelled."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.model.clock import Clock
from sim.policy.steps import Race, Reply

if TYPE_CHECKING:
    from sim.model.traffic.attempt import Attempt
    from sim.model.traffic.call import Call

__all__ = ["Racing"]


class Racing:
    """One race of a call: starts the tries one after another until there is an answer."""

    __slots__ = ("_call", "_clock", "_next", "_over", "_race", "_runners", "_running")

    def __init__(self, call: Call, clock: Clock, race: Race, runners: dict[Attempt, Racing]) -> None:
        self._call, self._clock, self._race, self._runners = call, clock, race, runners
        self._next = self._running = 0
        self._over = False

    def start(self, turn: int) -> None:
        """Start try number `turn`, unless the race is over or that try has begun."""
        if self._over or turn != self._next:
            return
        step = self._race.tries[turn]
        self._next += 1
        self._running += 1
        if self._next < len(self._race.tries):
            self._clock.after(self._race.after_s, self.start, self._next)
        self._runners[self._call.attempt(step)] = self

    def answered(self, reply: Reply) -> Reply | None:
        """Take note of one attempt's end; return the race's own reply when it decides it: a good one, or the last."""
        self._running -= 1
        if self._over:
            return None
        if reply.result != "ok" and (self._running or self._next < len(self._race.tries)):
            if not self._running:
                self.start(self._next)  # nothing is under way: no reason to wait for the next one's turn
            return None
        self._over = True
        return reply
