"""Time limits in real time: one line per duration that comes again and again, a timer of the loop for the others.

A loop's heap cannot forget a cancelled timer at once, and arming one for each of 30,000 calls a second costs more than
the rest of the call. Limits of one duration expire in the order in which they were started: a deque and one armed
timer of the loop are enough (as `sim.model.clock.TimerLine`).
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Any, Protocol

from chaos.clock import RunClock

__all__ = ["Limited", "Timer", "TimerLine", "Timers"]

Action = Callable[[Any], object]
_FEW = 1024  # that a line may hold, settled or not


class Limited(Protocol):
    """What stands in a line: rings at `due_s` unless it is `settled` by then."""

    due_s: float
    settled: bool

    def ring(self) -> None:
        """Hear that the time is over."""
        ...


class Timer:
    """A started timer: `fn(arg)` is called at `due_s` unless it was cancelled."""

    __slots__ = ("_handle", "arg", "due_s", "fn", "settled")

    def __init__(self, due_s: float, fn: Action, arg: Any) -> None:
        self.due_s, self.fn, self.arg = due_s, fn, arg
        self.settled = False
        self._handle: asyncio.TimerHandle | None = None

    def cancel(self) -> None:
        """Silence the timer."""
        self.settled, self.arg = True, None
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None

    def ring(self) -> None:
        """Call what was asked for, once, unless the timer was cancelled."""
        if not self.settled:
            self.settled = True
            self.fn(self.arg)

    def arm(self, timers: Timers) -> None:
        """Let the loop ring at `due_s`."""
        self._handle = timers.loop.call_later(self.due_s - timers.clock.now(), self._rung, timers)

    def _rung(self, timers: Timers) -> None:
        if timers.closed:
            return
        if timers.clock.now() < self.due_s:
            self.arm(timers)  # uvloop rounds to the nearest millisecond: never ring early
        else:
            self._handle = None
            self.ring()


class TimerLine:
    """All limits of one duration, in the order in which they were started, which is that of their ends."""

    __slots__ = ("_armed", "_clock", "_line", "_loop", "_most", "for_s")

    def __init__(self, loop: asyncio.AbstractEventLoop, clock: RunClock, for_s: float) -> None:
        self._loop, self._clock, self.for_s = loop, clock, for_s
        self._line: deque[Limited] = deque()
        self._armed: asyncio.TimerHandle | None = None
        self._most = _FEW

    def add(self, limited: Limited) -> None:
        """Let something ring at its `due_s`: the line's duration from now."""
        line = self._line
        while line and line[0].settled:
            line.popleft()
        line.append(limited)
        if self._armed is None:
            self._arm(limited.due_s)
        if len(line) >= self._most:
            self._compact()

    def _compact(self) -> None:
        """Forget what is settled: behind one that hangs for 15 s there may be half a million that are not needed."""
        self._line = deque(limited for limited in self._line if not limited.settled)
        self._most = max(_FEW, 2 * len(self._line))

    def _arm(self, due_s: float) -> None:
        self._armed = self._loop.call_later(due_s - self._clock.now(), self._ring)

    def _ring(self) -> None:
        line, now_s, due = self._line, self._clock.now(), list[Limited]()
        self._armed = None
        while line and (line[0].settled or line[0].due_s <= now_s):
            due.append(line.popleft())
        if line:
            self._arm(line[0].due_s)
        for limited in due:
            if not limited.settled:
                limited.ring()

    def close(self) -> None:
        """Forget all."""
        self._line.clear()
        if self._armed is not None:
            self._armed.cancel()
            self._armed = None


class Timers:
    """The lines of the durations that are known beforehand, by duration. Once `closed`, none of its timers rings."""

    __slots__ = ("clock", "closed", "lines", "loop")

    def __init__(self, loop: asyncio.AbstractEventLoop, clock: RunClock) -> None:
        self.loop, self.clock, self.closed = loop, clock, False
        self.lines: dict[float, TimerLine] = {}

    def keep(self, for_s: float | None) -> None:
        """Make a line for a duration that will be asked for often."""
        if for_s is not None and for_s not in self.lines:
            self.lines[for_s] = TimerLine(self.loop, self.clock, for_s)

    def start(self, for_s: float, fn: Action, arg: Any) -> Timer:
        """Call `fn(arg)` when `for_s` seconds have passed, never before, unless the timer is cancelled."""
        timer = Timer(self.clock.now() + for_s, fn, arg)
        line = self.lines.get(for_s)
        if line is not None:
            line.add(timer)
        else:
            timer.arm(self)
        return timer

    def close(self) -> None:
        """Silence every timer."""
        self.closed = True
        for line in self.lines.values():
            line.close()
