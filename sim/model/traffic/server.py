"""One pod's workers and the queue in front of them.

Workers take calls first come, first served. Work is never cancelled: a caller that gave up is served all the same, and
that is counted as wasted, since it is what lets a retry storm outlive its cause. `serving.careful` has the servers that
do otherwise.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from sim.model.clock import Clock
from sim.model.traffic.attempt import Attempt
from sim.model.traffic.draws import ERROR, SERVICE
from sim.plan.sampling import Sampler
from sim.spec.workloads import Serves

if TYPE_CHECKING:
    from sim.model.traffic.caller import Onward

__all__ = ["BAD", "FULL", "OVER", "Server"]

FULL = 503  # the queue's limit is reached
BAD = 500  # the share of answers that are errors
OVER = float("nan")  # `due_s` of an attempt whose own work is done
_HUNG = float("inf")  # `due_s` of an attempt whose server hangs


class Server:
    """Serves attempts until it is closed. `onward`: what it calls in its turn, by the service that it was called as.

    `factor` stretches service times; 0 hangs: what is in service stays there, and goes on where it was afterwards.
    """

    __slots__ = (
        "_at_once", "_column", "_errors", "_last_s", "_onward", "_opened_s", "_queue", "_queue_max", "_running",
        "_takes", "area_in_system_s", "arrived", "busy_s", "capacity_s", "clock", "factor", "finished", "in_system",
        "lost", "open", "rejected", "reply_bytes", "request_bytes", "sum_sojourn_s", "wasted_s",
    )  # fmt: skip

    cancels = False  # whether it gives up what it does for a caller that has gone
    watches = False  # whether it wants to hear of callers that close their connection: `left`
    dropped = 0  # calls that waited, or were in service, and were given up here
    retry_after_s: float | None = None  # sent with a rejection

    def __init__(self, clock: Clock, serves: Serves, takes: Sampler, onward: dict[str, Onward] | None = None) -> None:
        self.clock, self._takes, self._onward = clock, takes, onward
        self._column = (SERVICE, takes)
        self._at_once, self._queue_max, self._errors = serves.at_once, serves.queue, serves.errors
        self.request_bytes, self.reply_bytes = serves.request, serves.reply
        self._queue: deque[Attempt] = deque()
        self._running: dict[Attempt, None] = {}
        self.open = True
        self.factor = 1.0
        self.arrived = self.finished = self.rejected = self.lost = self.in_system = 0
        self.area_in_system_s = self.sum_sojourn_s = self.busy_s = self.wasted_s = self.capacity_s = 0.0
        self._opened_s = self._last_s = clock.now

    def arrive(self, attempt: Attempt) -> None:
        """Take a request, or answer at once that there is no room."""
        # the hot path of this module: `_now` and not `.now`, sums kept in place, draws read from their block; a call
        # less is 0.1 µs of the ten that a whole call takes
        now = self.clock._now
        attempt.arrived_s = now
        if not self.open:
            if attempt.connection is not None:
                attempt.connection.peer_gone()  # the host answers with RST
            return
        self.arrived += 1
        free = len(self._running) < self._at_once
        if not free and self._queue_max is not None and len(self._queue) >= self._queue_max:
            self.rejected += 1
            if attempt.connection is not None:
                attempt.connection.reply(attempt, FULL)
            return
        self.area_in_system_s += self.in_system * (now - self._last_s)
        self._last_s = now
        self.in_system += 1
        if free:
            self._start(attempt, now)
        else:
            self._queue.append(attempt)

    def _start(self, attempt: Attempt, now: float) -> None:
        self._running[attempt] = None
        attempt.started_s = now
        call = attempt.call
        takes_s = attempt.value(SERVICE, self._takes) if attempt.salt else call.block.column(*self._column)[call.row]
        if self.factor == 1.0:
            attempt.due_s = now + takes_s
            self.clock.after(takes_s, self._worked, attempt)
        else:
            self._work(attempt, takes_s)

    def _work(self, attempt: Attempt, left_s: float) -> None:
        if self.factor:
            for_s = left_s * self.factor
            attempt.due_s = self.clock._now + for_s
            self.clock.after(for_s, self._worked, attempt)
        else:
            attempt.due_s, attempt.left_s = _HUNG, left_s

    def set_factor(self, factor: float) -> None:
        """Work at another speed from now on: what is left of the calls in service is stretched too."""
        old, now = self.factor, self.clock.now
        self.factor = factor
        for attempt in list(self._running):
            due_s = attempt.due_s
            if due_s == _HUNG:
                self._work(attempt, attempt.left_s)
            elif due_s >= now:  # else it waits for what it calls
                self._work(attempt, (due_s - now) / old)

    def _worked(self, attempt: Attempt) -> None:
        if attempt.due_s != self.clock._now or attempt not in self._running:
            return  # its speed has changed, or it died
        attempt.due_s = OVER
        if self._errors and attempt.uniform(ERROR) < self._errors:
            self.release(attempt, BAD)
        elif self._onward and (onward := self._onward.get(attempt.pool.place.to)) is not None:
            onward.go(attempt, self)
        else:
            self.release(attempt, 200)

    def release(self, attempt: Attempt, status: int) -> None:
        """Free the worker that held an attempt, and answer it."""
        if attempt not in self._running:
            return  # it died with the server
        now = self.clock._now
        self.area_in_system_s += self.in_system * (now - self._last_s)
        self._last_s = now
        self.in_system -= 1
        self.finished += 1
        self.sum_sojourn_s += now - attempt.arrived_s
        held_s = now - attempt.started_s
        self.busy_s += held_s
        if attempt.settled:
            self.wasted_s += held_s
        del self._running[attempt]
        if self._queue:
            self._start(self._queue.popleft(), now)
        if attempt.connection is not None:
            attempt.connection.reply(attempt, status)

    def close(self) -> None:
        """Die: what is in service or waits is lost."""
        self.settle()
        self.open = False
        self.lost = self.in_system
        self.in_system = 0
        self._queue.clear()
        self._running.clear()

    def hang_up(self) -> None:
        """Close what the pod itself had open to others."""
        for onward in (self._onward or {}).values():
            onward.die()

    def settle(self) -> None:
        """Bring the sums up to now: those still here count with the time they have spent."""
        if not self.open:
            return
        now = self.clock.now
        self.area_in_system_s += self.in_system * (now - self._last_s)
        self._last_s = now
        for attempt in self._queue:
            self.sum_sojourn_s += now - attempt.arrived_s
        for attempt in self._running:
            self.sum_sojourn_s += now - attempt.arrived_s
            self.busy_s += now - attempt.started_s
        self.capacity_s = self._at_once * (now - self._opened_s)
