"""The world's clock: a `simpy.Environment` whose heap also holds bare callbacks.

A process and an `AnyOf` per attempt cost four times the callbacks they end in, so what is hot (messages, service,
timers) uses `after`/`at`, while what is rare and sequential (a repair crew, a rollout, a fault's timeline) stays a
SimPy process on the same heap. Entries are ordered by (time, priority, sequence), SimPy's own rule: same-time
entries run in the order in which they were made, so runs reproduce.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator
from heapq import heappop, heappush
from typing import Any

import simpy
from simpy.events import NORMAL

__all__ = ["Clock", "Timer", "TimerLine"]

Action = Callable[[Any], object]


class Clock(simpy.Environment):
    """Simulated time. `now` is in seconds since the plan began; warm-up has now < 0."""

    def __init__(self, initial_time: float = 0.0) -> None:
        super().__init__(initial_time)
        self._alive: dict[simpy.Process, None] = {}

    def live(self, generator: Generator[simpy.Event, Any, None]) -> simpy.Process:
        """Start a process that lives until it returns.

        A SimPy process that waits for an event of its own is garbage: only the two of them know each other. Collecting
        it would close its generator, and so undo the fault that it holds, at a moment that the collector chooses.
        """
        process = simpy.Process(self, generator)
        self._alive[process] = None
        if process.callbacks is not None:
            process.callbacks.append(self._alive.pop)
        return process

    def after(self, delay_s: float, fn: Action, arg: Any = None) -> None:
        """Call `fn(arg)` once, `delay_s` from now. It can't be cancelled: `fn` checks whether it still matters."""
        heappush(self._queue, (self._now + delay_s, NORMAL, next(self._eid), fn, arg))  # type: ignore[misc]

    def at(self, at_s: float, fn: Action, arg: Any = None) -> None:
        """Call `fn(arg)` once at `at_s`, or now if that has passed."""
        heappush(self._queue, (max(at_s, self._now), NORMAL, next(self._eid), fn, arg))  # type: ignore[misc]

    def until(self, at_s: float) -> simpy.Event:
        """Return an event that a process can wait for: exactly `at_s`, or now if that has passed."""
        event = self.event()
        self.at(at_s, event.succeed)
        return event

    def advance(self, until_s: float) -> None:
        """Run everything up to and including `until_s`; the clock then stands at `until_s`."""
        queue: list[Any] = self._queue
        while queue and queue[0][0] <= until_s:
            entry = heappop(queue)
            self._now = entry[0]
            if len(entry) == 5:
                entry[3](entry[4])
            else:
                self._fire(entry[3])
        self._now = until_s

    @staticmethod
    def _fire(event: Any) -> None:
        # what simpy.Environment.step does with a popped event
        callbacks, event.callbacks = event.callbacks, None
        for callback in callbacks:
            callback(event)
        if not event._ok and not hasattr(event, "_defused"):
            raise event._value


class Timer:
    """A started timer of a `TimerLine`; set `fn` to None (or call `cancel`) to silence it."""

    __slots__ = ("arg", "due_s", "fn")

    def __init__(self, due_s: float, fn: Action | None, arg: Any) -> None:
        self.due_s, self.fn, self.arg = due_s, fn, arg

    def cancel(self) -> None:
        """Silence the timer. Its entry leaves the line when its turn comes, for free."""
        self.fn = None
        self.arg = None


class TimerLine:
    """All timers of one duration: a FIFO with one heap entry for its first live one.

    A heap can't forget a cancelled entry; with 30 s time-outs at 480 calls/s it would drag 14,400 dead ones along.
    Timers of equal duration expire in the order in which they were started, so a deque is enough.
    """

    __slots__ = ("_armed", "_clock", "_line", "for_s")

    def __init__(self, clock: Clock, for_s: float) -> None:
        self._clock, self.for_s = clock, for_s
        self._line: deque[Timer] = deque()
        self._armed = False

    def start(self, fn: Action, arg: Any = None) -> Timer:
        """Start a timer that calls `fn(arg)` after the line's duration unless it is cancelled."""
        timer = Timer(self._clock._now + self.for_s, fn, arg)
        self._line.append(timer)
        if not self._armed:
            self._armed = True
            self._clock.at(timer.due_s, self._ring)
        return timer

    def _ring(self, _: object) -> None:
        line, now = self._line, self._clock._now
        while line:
            first = line[0]
            if first.fn is not None:
                if first.due_s > now:
                    self._clock.at(first.due_s, self._ring)
                    return
                fn, arg = first.fn, first.arg
                first.cancel()
                line.popleft()
                fn(arg)
            else:
                line.popleft()
        self._armed = False
