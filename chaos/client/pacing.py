"""When a real client calls: at the planned instants whatever the replies do, or in a closed loop."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

from chaos.client.client import Client
from chaos.clock import RunClock
from sim.plan.addresses import THINK
from sim.plan.sampling import sampler
from sim.spec.traffic import ClosedShape

__all__ = ["ClosedLoop", "OpenLoop"]

TURN = 8
"""Calls sent before the loop may read answers again. A generator that is behind and sends all that is due at once finds
no connection idle, dials, and is later still: with turns of 64 it collapsed at 5,000/s where turns of 8 catch up."""
SPIN_S = 0.0015
"""What is left of a wait when spinning begins: a timer of the loop is off by up to a millisecond and a half.
Source: docs/performance.md."""


class OpenLoop:
    """Calls when it is time, whether or not the earlier ones are answered. `calls_max`: no more than so many.

    `spin`: look at the clock instead of sleeping through the last SPIN_S: costs a core, saves a millisecond of lag.
    """

    def __init__(
        self, client: Client, instants: Iterator[list[float]], clock: RunClock, calls_max: int, spin: bool = False
    ) -> None:
        self._client, self._blocks, self._clock, self._calls_max = client, instants, clock, calls_max
        self._loop = asyncio.get_running_loop()
        self._spins_s = SPIN_S if spin else 0.0
        self._at_s: list[float] = []
        self._index = self._number = 0
        self._handle: asyncio.Handle | None = None

    def start(self) -> None:
        """Wait for the first arrival."""
        self._turn()

    def stop(self) -> None:
        """Send nothing more."""
        self._blocks = iter(())
        self._at_s = []
        if self._handle is not None:
            self._handle.cancel()

    def _turn(self) -> None:
        self._handle = None
        now_s = self._clock.now()
        for _ in range(TURN):
            at_s = self._next_s()
            if at_s is None:
                return
            if at_s > now_s:
                self._sleep(at_s - now_s)
                return
            self._index += 1
            self._number += 1
            now_s = self._client.call(self._number - 1, at_s)
        self._handle = self._loop.call_soon(self._turn)

    def _next_s(self) -> float | None:
        if self._number >= self._calls_max:
            return None
        if self._index == len(self._at_s):
            self._at_s, self._index = next(self._blocks, []), 0
        return self._at_s[self._index] if self._at_s else None

    def _sleep(self, for_s: float) -> None:
        # a loop that wakes us too early (uvloop rounds to the nearest millisecond) is asked again: never send early
        if for_s > self._spins_s:
            self._handle = self._loop.call_later(for_s - self._spins_s, self._turn)
        else:
            self._handle = self._loop.call_soon(self._turn)


class ClosedLoop:
    """Workers that think, call, and think again. The n-th call of worker w of W has the number n·W + w."""

    def __init__(self, client: Client, closed: ClosedShape, stops_s: float, calls_max: int) -> None:
        self._client, self._workers, self._stops_s, self._calls_max = client, closed.workers, stops_s, calls_max
        self._thinks = sampler(closed.think)
        self._loop = asyncio.get_running_loop()
        self._calling = False
        self._timers = client.pool.timers
        self._timers.keep(self._thinks.constant)
        client.ended_call = self._think

    def start(self) -> None:
        """Let the workers begin, each with a thought."""
        now_s = self._client.pool.clock.now()
        for worker in range(self._workers):
            self._think(worker - self._workers, now_s)

    def stop(self) -> None:
        """Let no worker call again."""
        self._stops_s = float("-inf")

    def _think(self, before: int, now_s: float) -> None:
        """Let the worker whose last call was number `before` think, then call."""
        number = before + self._workers
        if number >= self._calls_max:
            return
        pause_s = self._thinks.constant
        if pause_s is None:
            pause_s = self._thinks.one(self._client.stream.uniform(number, THINK))
        if pause_s > 0.0:
            self._timers.start(pause_s, self._thought, (number, now_s + pause_s))
        elif self._calling:  # a call that was refused as it began: let the loop do something else in between
            self._loop.call_soon(self._thought, (number, now_s))
        elif now_s < self._stops_s:
            self._calling = True
            self._client.call_at(number, now_s, now_s)
            self._calling = False

    def _thought(self, thought: tuple[int, float]) -> None:
        number, planned_s = thought
        if planned_s < self._stops_s:
            self._client.call(number, planned_s)
