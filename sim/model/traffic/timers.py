"""Time limits: one line per duration that comes again and again, a plain entry of the clock for the others."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sim.model.clock import Clock, Timer, TimerLine

__all__ = ["Timers"]


class Timers:
    """The registry of `lines`, by duration: those known beforehand. What is left of a deadline never comes twice."""

    __slots__ = ("_clock", "lines")

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.lines: dict[float, TimerLine] = {}

    def keep(self, for_s: float | None) -> None:
        """Make a line for a duration that will be asked for often."""
        if for_s is not None:
            self.lines.setdefault(for_s, TimerLine(self._clock, for_s))

    def start(self, for_s: float, fn: Callable[[Any], None], arg: Any) -> Timer:
        """Call `fn(arg)` after `for_s` seconds unless the timer is cancelled."""
        line = self.lines.get(for_s)
        if line is not None:
            return line.start(fn, arg)
        timer = Timer(self._clock.now + for_s, fn, arg)
        self._clock.after(for_s, _ring, timer)
        return timer


def _ring(timer: Timer) -> None:
    if timer.fn is not None:
        timer.fn(timer.arg)
