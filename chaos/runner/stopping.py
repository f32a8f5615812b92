"""The one stop of a run: set once, from any thread, with an outcome and a reason; everybody waits on it."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from threading import Lock

from chaos.clock import RunClock
from chaos.runner.outcome import Outcome, Stopped

__all__ = ["Stop"]


class Stop:
    """Made in the running loop. The first call of `now` counts; a second signal makes it impatient."""

    def __init__(self, clock: RunClock) -> None:
        self._clock, self._loop = clock, asyncio.get_running_loop()
        self._event, self._lock = asyncio.Event(), Lock()
        self.outcome: Outcome = "ran"
        self.why = ""
        self.at_s = float("inf")  # when the first reason came, on the run's clock
        self.is_patient = True

    @property
    def is_set(self) -> bool:
        """Whether the run is to end."""
        return bool(self.why)

    def now(self, outcome: Outcome, why: str) -> None:
        """End the run. Thread-safe; the first reason stays."""
        with self._lock:
            if not self.why:
                self.outcome, self.why, self.at_s = outcome, why, self._clock.now()
        self._loop.call_soon_threadsafe(self._event.set)

    def over(self) -> None:
        """Let everybody who still waits go: the plan's time is over, which is no reason of its own."""
        self._event.set()

    def signal(self, name: str) -> None:
        """Take a signal: the first one stops the run, the second one ends all waiting (what is undone is undone)."""
        if self.is_set:
            self.is_patient = False
        self.now("aborted", f"{name}: a person or a machine stopped it")

    async def until(self, at_s: float) -> None:
        """Wait until a moment of the run. Raises Stopped if the run is to end before."""
        left_s = at_s - self._clock.now()
        if not self._event.is_set() and left_s > 0:
            try:
                async with asyncio.timeout(left_s):
                    await self._event.wait()
            except TimeoutError:
                return
        if self._event.is_set():
            raise Stopped

    async def lasts_until(self, at_s: float) -> None:
        """Wait until something is over: at its moment, or with the plan's time, whichever timer fires first.

        Raises Stopped only if the run is to end for a reason: who looks back on what is over does so in either case.
        """
        with suppress(Stopped):
            await self.until(at_s)
        if self.is_set:
            raise Stopped

    async def wait(self) -> None:
        """Wait until the run is to end."""
        await self._event.wait()
