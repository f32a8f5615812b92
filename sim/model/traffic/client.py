"""A client: its arrivals, its calls, and the rows they leave."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from sim.model.clock import Clock
from sim.model.traffic.attempt import Attempt
from sim.model.traffic.call import Call
from sim.model.traffic.draws import THINK, Block, Draws
from sim.model.traffic.driver import Driver
from sim.model.traffic.pool import Pool
from sim.plan.sampling import sampler
from sim.policy.steps import Outcome, Policy, Reply
from sim.record.rows import OUTCOMES, REASONS
from sim.spec.traffic import Closed

__all__ = ["Client", "ClosedLoop", "OpenLoop", "Tracer"]

_OUTCOME = {name: code for code, name in enumerate(OUTCOMES)}
_REASON = {name: code for code, name in enumerate(REASONS)}
Take = Callable[[tuple[Any, ...]], None]


class Tracer:
    """Writes attempts. `endpoints` is the journal's list of names; a row holds an index into it."""

    def __init__(self, take: Take, endpoints: list[str]) -> None:
        self._take, self._endpoints = take, endpoints
        self._index: dict[str, int] = {}

    def attempt(self, client: int, call: Call, attempt: Attempt, reply: Reply) -> None:
        """Write one attempt."""
        pod = attempt.endpoint.pod if attempt.endpoint is not None else None
        if attempt.connection is not None:
            pod = attempt.connection.endpoint.pod
        self._take((
            attempt.began_s, attempt.connect_s, reply.took_s, call.number, client, attempt.salt,
            -1 if pod is None else self._number(pod), int(reply.reused), _REASON[reply.result],
        ))  # fmt: skip

    def _number(self, pod: str) -> int:
        if pod not in self._index:
            self._index[pod] = len(self._endpoints)
            self._endpoints.append(pod)
        return self._index[pod]


class Client(Driver):
    """Makes calls and writes their rows. `runs`: whether it is there to call; if not, its calls are not made."""

    def __init__(
        self, clock: Clock, policy: Policy, pool: Pool, draws: Draws, take: Take, numbers: tuple[int, int]
    ) -> None:
        super().__init__(clock, policy, pool, policy.new_shared())
        self.runs = True
        self.started = self.finished = 0
        self.tracer: Tracer | None = None
        self._draws, self._take = draws, take
        self._client, self._service = numbers
        self._block: Block = draws.block(0)

    def leave(self) -> None:
        """Stop calling: the pod that the client lived in is gone, its connections with it."""
        self.runs = False
        self.pool.die()

    def settle(self, pool: Pool) -> None:
        """Call from a new place."""
        self.runs, self.pool = True, pool

    def call(self, number: int, context: Any = None) -> None:
        """Start call number `number`."""
        block = self._block
        if not 0 <= number - block.first < block.rows:
            block = self._block = self._draws.block(number)
        self.started += 1
        Call(self, block, number, 0, context).go_on(None)

    def ended(self, call: Call, outcome: Outcome) -> None:
        """Write the row of a finished call."""
        self.finished += 1
        began_s = call.began_s
        self._take((
            began_s, self.clock._now - began_s, call.number, self._client, self._service,
            outcome.attempts, _OUTCOME[outcome.outcome], _REASON[outcome.reason],
        ))  # fmt: skip

    def traced(self, call: Call, attempt: Attempt, reply: Reply) -> None:
        """Write the row of a finished attempt."""
        if self.tracer is not None:
            self.tracer.attempt(self._client, call, attempt, reply)


class OpenLoop:
    """Calls when it is time, whether or not the earlier ones are answered."""

    def __init__(self, client: Client, instants: Iterator[list[float]]) -> None:
        self._client, self._blocks = client, instants
        self._at_s: list[float] = []
        self._index = 0
        self._number = 0

    def start(self) -> None:
        """Wait for the first arrival."""
        self._next()

    def _next(self) -> None:
        try:
            at_s = self._at_s[self._index]
        except IndexError:
            self._at_s, self._index = next(self._blocks, []), 0
            if not self._at_s:
                return
            at_s = self._at_s[0]
        self._index += 1
        self._client.clock.at(at_s, self._arrival)

    def _arrival(self, _: object) -> None:
        number = self._number
        self._number += 1
        self._next()
        if self._client.runs:
            self._client.call(number)


class ClosedLoop(Client):
    """Workers that think, call, and think again. The n-th call of worker w of W has the number n·W + w."""

    workers: int

    def loop(self, closed: Closed, starts_s: float, stops_s: float) -> None:
        """Let the workers begin at `starts_s`, each with a thought; none begins a call at or after `stops_s`."""
        self.workers, self._stops_s = closed.closed.workers, stops_s
        self._thinks = sampler(closed.closed.think)
        for worker in range(self.workers):
            self.clock.at(starts_s, self._think, worker)

    def _think(self, number: int) -> None:
        pause_s = self._thinks.one(self._draws.stream.uniform(number, THINK))
        self.clock.after(pause_s, self._thought, number)

    def _thought(self, number: int) -> None:
        if self.clock.now >= self._stops_s:
            return
        if self.runs:
            self.call(number)
        else:
            self._think(number + self.workers)

    def ended(self, call: Call, outcome: Outcome) -> None:
        """Write the row and think."""
        super().ended(call, outcome)
        self._think(call.number + self.workers)
