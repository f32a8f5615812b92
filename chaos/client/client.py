"""A client in real time: its calls, how many may be in flight, and the rows they leave."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from chaos.client.call import Call
from chaos.client.lag import Lag
from chaos.transport import Attempt, Pool
from sim.plan.streams import Stream
from sim.policy.steps import Outcome, Policy, Reply
from sim.record import OUTCOMES, REASONS, UNSENT

__all__ = ["Client"]

_OUTCOME = {name: code for code, name in enumerate(OUTCOMES)}
_REASON = {name: code for code, name in enumerate(REASONS)}
_NOT_SENT = float("nan")
Take = Callable[[tuple[Any, ...]], None]


class Client:
    """Makes calls as long as fewer than `in_flight_max` are under way; the others are written down as not made.

    `numbers`: the indices of client and service in the journal. `ended_call` hears of each finished call, and when.
    """

    trace = False

    def __init__(
        self, policy: Policy, pool: Pool, stream: Stream, take: Take, numbers: tuple[int, int], in_flight_max: int
    ) -> None:
        self.policy, self.pool, self.stream, self.shared = policy, pool, stream, policy.new_shared()
        self.started = self.finished = self.unsent = 0
        self.lag: Lag | None = None
        self.ended_call: Callable[[int, float], object] | None = None
        self.tracer: Callable[[int, Call, Attempt, Reply], object] | None = None
        self._take, self._numbers, self._in_flight_max = take, numbers, in_flight_max
        self._in_flight: dict[Call, None] = {}

    def call(self, number: int, planned_s: float) -> float:
        """Start call number `number`, or note that it is not made; return the time."""
        return self.call_at(number, planned_s, self.pool.clock.now())

    def call_at(self, number: int, planned_s: float, now_s: float) -> float:
        """Do the same for somebody who knows what time it is."""
        if self.lag is not None:
            self.lag.note(planned_s, now_s)
        if len(self._in_flight) >= self._in_flight_max:
            self.unsent += 1
            row = (planned_s, 0.0, number, *self._numbers, 0, _OUTCOME["failed"], _REASON[UNSENT])
            self._take((*row, planned_s, _NOT_SENT))
            return now_s
        self.started += 1
        call = Call(self, number, planned_s, now_s)
        self._in_flight[call] = None
        call.go_on(None, now_s)
        return now_s

    def ended(self, call: Call, outcome: Outcome, now_s: float) -> None:
        """Write the row of a finished call. Its time counts from the planned moment: waiting for us is waiting."""
        self.finished += 1
        del self._in_flight[call]
        planned_s = call.planned_s
        client, service = self._numbers
        self._take((
            planned_s, now_s - planned_s, call.number, client, service,
            outcome.attempts, _OUTCOME[outcome.outcome], _REASON[outcome.reason], planned_s, call.sent_s,
        ))  # fmt: skip
        if self.ended_call is not None:
            self.ended_call(call.number, now_s)

    def traced(self, call: Call, attempt: Attempt, reply: Reply) -> None:
        """Tell the tracer of a finished attempt."""
        if self.tracer is not None:
            self.tracer(self._numbers[0], call, attempt, reply)

    def break_off(self) -> None:
        """Give up every call in flight: they leave no row, as at the end of a simulated run."""
        self.ended_call = None
        for call in list(self._in_flight):
            call.break_off()

    @property
    def in_flight(self) -> int:
        """How many calls are under way, or were when the run ended."""
        return len(self._in_flight)
