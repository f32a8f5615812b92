"""The calls that a service makes for each call it gets: one after another, its worker waiting for each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from sim.model.clock import Clock
from sim.model.traffic.attempt import Attempt
from sim.model.traffic.call import Call
from sim.model.traffic.draws import ONWARD
from sim.model.traffic.driver import Driver
from sim.model.traffic.pool import Pool
from sim.policy.steps import Outcome, Policy

if TYPE_CHECKING:
    from sim.model.traffic.server import Server

__all__ = ["Caller", "Onward"]

_FOREVER = float("inf")
FAILED, UNKNOWN = 502, 504  # what the service answers if a call of its own failed, or was not answered


class _Job(NamedTuple):
    """An attempt in service, and how far along the calls it is."""

    attempt: Attempt
    server: Server
    step: int


class Caller(Driver):
    """One pod's side of one entry of its service's `calls`. `name` tells its draws from those of other entries."""

    def __init__(self, clock: Clock, policy: Policy, pool: Pool, shared: Any, name: str, share: float) -> None:
        super().__init__(clock, policy, pool, shared)
        self.name, self.share = name, share
        self.onward: Onward

    def call_for(self, job: _Job) -> None:
        """Call on behalf of an attempt: its row of this caller's own draws."""
        caused_by, attempt = job.attempt.call, job.attempt
        call = Call(self, caused_by.block.child(self.name), caused_by.number, attempt.salt, job)
        if attempt.deadline_s < _FOREVER:
            call.end_by(attempt.deadline_s)  # gRPC: a child call inherits the smaller of its own and what is left
        if job.server.cancels:
            call.cancellable()
            self.onward.under_way[attempt] = call
        call.go_on(None)

    def priority_of(self, call: Call) -> int:
        """Return the priority of the call that caused this one."""
        job: _Job = call.context
        return job.attempt.call.priority

    def ended(self, call: Call, outcome: Outcome) -> None:
        """Go on with the next call, or answer."""
        job: _Job = call.context
        self.onward.under_way.pop(job.attempt, None)
        if outcome.outcome == "ok":
            self.onward.go(job.attempt, job.server, job.step + 1)
        else:
            job.server.release(job.attempt, UNKNOWN if outcome.outcome == "unknown" else FAILED)


class Onward:
    """All calls of one service, as one pod makes them; the first that is not ok ends the work."""

    __slots__ = ("_callers", "under_way")

    def __init__(self, callers: tuple[Caller, ...]) -> None:
        self._callers = callers
        self.under_way: dict[Attempt, Call] = {}  # of a server that cancels: for whom → what can be given up
        for caller in callers:
            caller.onward = self

    def go(self, attempt: Attempt, server: Server, step: int = 0) -> None:
        """Make the calls from number `step` on, then let the server answer."""
        for number in range(step, len(self._callers)):
            caller = self._callers[number]
            if caller.share >= 1.0 or attempt.uniform(ONWARD + number % 16) < caller.share:
                caller.call_for(_Job(attempt, server, number))
                return
        server.release(attempt, 200)

    def give_up(self, attempt: Attempt) -> None:
        """End the call that is made for an attempt, if there is one: its own caller has gone."""
        call = self.under_way.pop(attempt, None)
        if call is not None:
            call.give_up()

    def die(self) -> None:
        """End with the pod: its connections are gone."""
        for caller in self._callers:
            caller.pool.die()
