"""A server that is more than workers and a queue: it slows down, turns away, passes over and stops.

Who is turned away at the door counts as `rejected`; who waited, or was in service, and is given up then, as `dropped`.
A queue looks at callers that have gone only when a worker comes to them, unless the server `cancels`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.model.clock import Clock
from sim.model.traffic.attempt import Attempt
from sim.model.traffic.draws import ERROR, SERVICE
from sim.model.traffic.server import BAD, OVER, Server
from sim.model.traffic.serving.codel import law_of
from sim.model.traffic.serving.entrance import Entrance
from sim.model.traffic.serving.lines import line_of
from sim.model.traffic.serving.tiers import Tiers
from sim.model.traffic.serving.warmth import Warmth
from sim.plan.sampling import Sampler
from sim.spec.serving import Slows
from sim.spec.workloads import Serves

if TYPE_CHECKING:
    from sim.model.traffic.caller import Onward

__all__ = ["CarefulServer"]

_WAITS = float("-inf")  # `due_s` of an attempt that waits
_EXPIRED = 504  # to a caller whose deadline is over: it has mostly gone


class CarefulServer(Server):
    """Serves as `serves` says. With nothing said it does what the plain one does, row for row, at a higher cost.

    A caller that closes its connection is heard of one way later. With HTTP/1.1, as with HTTP/2 and gRPC, a server's
    handler is told (Go `net/http`: the request's context is cancelled); most go on all the same, hence `cancels`.
    What a call in service has called in its turn is given up with it, down the whole tree if all of them cancel.
    """

    __slots__ = (
        "_cache", "_codel", "_drops", "_entrance", "_gone", "_line", "_rejects_with", "_slows", "_tiers",
        "_waits_most_s", "cancels", "dropped", "retry_after_s", "watches",
    )  # fmt: skip

    def __init__(self, clock: Clock, serves: Serves, takes: Sampler, onward: dict[str, Onward] | None = None) -> None:
        super().__init__(clock, serves, takes, onward)
        shed = serves.shed
        self._line = line_of(serves)
        self._slows = serves.slows or Slows()
        self._cache = None if serves.cache is None else Warmth(serves.cache, clock.now)
        self._waits_most_s = float("inf") if shed.waited is None else shed.waited
        self._codel = None if shed.codel is None else law_of(shed.codel)
        self._tiers = None if shed.tiers is None else Tiers(shed.tiers, clock.now)
        self._entrance = None if shed.limit is None else Entrance(shed.limit)
        self._drops, self.cancels = serves.drops, serves.cancels
        self._rejects_with, self.retry_after_s = serves.rejects_with, serves.retry_after
        self._gone: dict[Attempt, None] = {}  # those who wait, and whose caller does not
        self.watches = serves.cancels or "abandoned" in serves.drops
        self.dropped = 0

    def arrive(self, attempt: Attempt) -> None:
        """Take a request, or answer at once that it is turned away."""
        now, connection = self.clock._now, attempt.connection
        attempt.arrived_s = now
        if not self.open:
            if connection is not None:
                connection.peer_gone()  # the host answers with RST
            return
        self.arrived += 1
        if not self._lets_in(attempt, now):
            self.rejected += 1
            self._answer(attempt, self._rejects_with)
            return
        self._tally(now, 1)
        if len(self._running) < self._at_once:
            if self._codel is not None:
                self._codel.sheds(now, 0.0, 0)
            self._start(attempt, now)
        else:
            attempt.due_s = _WAITS
            self._line.push(attempt)
        if self.watches and connection is not None and not connection.open:
            self.left(attempt)  # its caller closed while it was on its way: that comes right behind it

    def _lets_in(self, attempt: Attempt, now: float) -> bool:
        free = self._at_once - len(self._running)
        if self._tiers is not None and not self._tiers.lets_in(attempt, now, self._line, free, self.in_system):
            return False
        if not free and self._queue_max is not None and len(self._line) >= self._queue_max:
            return False
        return self._entrance is None or self._entrance.lets_in(attempt, now)

    def _tally(self, now: float, more: int) -> None:
        self.area_in_system_s += self.in_system * (now - self._last_s)
        self._last_s = now
        self.in_system += more

    def _answer(self, attempt: Attempt, status: int) -> None:
        if attempt.connection is not None:
            attempt.connection.reply(attempt, status)

    def _start(self, attempt: Attempt, now: float) -> None:
        self._running[attempt] = None
        attempt.started_s = now
        slows = self._slows
        takes_s = attempt.value(SERVICE, self._takes)
        takes_s += slows.per_call * len(self._running) + slows.per_waiting * len(self._line)
        if self._cache is not None:
            takes_s += self._cache.looked_up_s(attempt, now)
        self._work(attempt, takes_s)

    def _worked(self, attempt: Attempt) -> None:
        cache = self._cache
        if cache is None or not cache.shields or not cache.hit(attempt):
            super()._worked(attempt)
        elif attempt.due_s == self.clock._now and attempt in self._running:
            attempt.due_s = OVER
            self.release(attempt, BAD if self._errors and attempt.uniform(ERROR) < self._errors else 200)

    def release(self, attempt: Attempt, status: int) -> None:
        """Free the worker that held an attempt, and answer it."""
        if attempt not in self._running:
            return  # it died with the server
        self._ended(attempt, done=status == 200)
        super().release(attempt, status)
        self._next()

    def _ended(self, attempt: Attempt, done: bool) -> None:
        if self._cache is not None:
            self._cache.ended(attempt, done)
        if self._entrance is not None:
            self._entrance.ended(attempt, self.clock._now, done and not attempt.settled)

    def _next(self) -> None:
        """Let free workers look for calls that are worth their time."""
        now, line = self.clock._now, self._line
        while len(line) and len(self._running) < self._at_once:
            attempt = line.take()
            if attempt in self._gone:
                del self._gone[attempt]
                self._drop(attempt, now)
            elif "expired" in self._drops and attempt.deadline_s <= now:
                self._drop(attempt, now)
                self._answer(attempt, _EXPIRED)
            elif self._waited_too_long(attempt, now):
                self._drop(attempt, now)
                self._answer(attempt, self._rejects_with)
            else:
                self._start(attempt, now)

    def _waited_too_long(self, attempt: Attempt, now: float) -> bool:
        waited_s = now - attempt.arrived_s
        if waited_s > self._waits_most_s:
            return True
        return self._codel is not None and self._codel.sheds(now, waited_s, len(self._line))

    def _drop(self, attempt: Attempt, now: float) -> None:
        self._tally(now, -1)
        self.dropped += 1
        self.sum_sojourn_s += now - attempt.arrived_s
        attempt.due_s = OVER
        self._ended(attempt, done=False)

    def left(self, attempt: Attempt) -> None:
        """Hear that a caller has closed its connection while its request was on its way or here."""
        if not self.open:
            return
        if attempt in self._running:
            if self.cancels:
                self._stop(attempt)
        elif getattr(attempt, "due_s", OVER) == _WAITS:  # else it has not come yet, or was done before
            if self.cancels:
                self._line.remove(attempt)
                self._drop(attempt, self.clock._now)
            else:
                self._gone[attempt] = None

    def _stop(self, attempt: Attempt) -> None:
        now = self.clock._now
        held_s = now - attempt.started_s
        self.busy_s += held_s
        self.wasted_s += held_s
        del self._running[attempt]
        self._drop(attempt, now)
        for onward in (self._onward or {}).values():
            onward.give_up(attempt)
        self._next()

    def close(self) -> None:
        """Die: what is in service or waits is lost."""
        super().close()
        self._line.clear()
        self._gone.clear()

    def settle(self) -> None:
        """Bring the sums up to now: those still here count with the time they have spent."""
        super().settle()
        if self.open:
            now = self.clock._now
            self.sum_sojourn_s += sum(now - attempt.arrived_s for attempt in self._line)
