"""One call, driven by its policy in real time: the policy decides, this carries out.

The other arm of `sim.model.traffic.call`. The two stay two: alike in shape, different in colour; `tests/conformance`
holds them to the same decisions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chaos.client.overlap import Overlap
from chaos.transport import Attempt
from sim.plan.addresses import call_draw
from sim.policy.steps import PASSED, Decisions, Hedge, Reply, Try

if TYPE_CHECKING:
    from chaos.client.client import Client

__all__ = ["Call"]

_FOREVER = float("inf")


class Call:
    """Number `number` of its client. `planned_s`: when it should begin; `sent_s`: when it did."""

    __slots__ = ("_client", "_decisions", "_overlap", "_tries", "number", "planned_s", "sent_s")

    def __init__(self, client: Client, number: int, planned_s: float, now_s: float) -> None:
        self._client, self.number, self.planned_s, self.sent_s = client, number, planned_s, now_s
        self._tries = 0
        self._overlap: Overlap | None = None
        self._decisions: Decisions = client.policy.call(now_s, call_draw(client.stream, number), client.shared)

    def go_on(self, reply: Reply | None, now_s: float) -> None:
        """Tell the policy how its last step ended (None: it is the first), and carry out the next."""
        try:
            step = self._decisions.send(reply)  # type: ignore[arg-type]  # None starts a generator
        except StopIteration as end:
            if self._overlap is not None:
                self._overlap.give_up()
            self._client.ended(self, end.value, now_s)
            return
        if type(step) is Try and self._overlap is None:  # `_send`, in place: the hot path
            pool, tries = self._client.pool, self._tries
            self._tries = tries + 1
            pool.send(Attempt(self, pool, tries, now_s), step.timeout_s)
        elif isinstance(step, Try):
            self._send(step.timeout_s, now_s)
        elif isinstance(step, Hedge):
            self._hedge(step, now_s)
        elif self._overlap is not None:
            self._overlap.listen(step.for_s)
        elif step.for_s < _FOREVER:
            self._client.pool.timers.start(step.for_s, self.passed, None)

    def _send(self, timeout_s: float | None, now_s: float) -> None:
        pool = self._client.pool
        attempt = Attempt(self, pool, self._tries, now_s)
        self._tries += 1
        if self._overlap is not None:
            self._overlap.under_way[attempt] = None
        pool.send(attempt, timeout_s)

    def _hedge(self, step: Hedge, now_s: float) -> None:
        if self._overlap is None:
            self._overlap = Overlap(self, self._client.pool)
        self._overlap.listen(step.patience_s)
        self._send(step.timeout_s, now_s)

    def passed(self, _: object) -> None:
        """Let the policy hear that only time has passed."""
        now_s = self._client.pool.clock.now()
        self.go_on(Reply(now_s, attempt=PASSED), now_s)

    def answered(self, attempt: Attempt, reply: Reply, now_s: float) -> None:
        """Hear how an attempt ended, now."""
        if self._client.trace:
            self._client.traced(self, attempt, reply)
        if self._overlap is not None:
            self._overlap.ended(attempt)
        self.go_on(reply, now_s)

    def cancelled(self, attempt: Attempt, reply: Reply) -> None:
        """Hear that an attempt was given up because the call is over; only a trace wants to know."""
        if self._client.trace:
            self._client.traced(self, attempt, reply)

    def goes_on_as(self, attempt: Attempt, fresh: Attempt) -> None:
        """Hear that an attempt sends its request again: its place among those under way is the fresh one's."""
        if self._overlap is not None:
            self._overlap.goes_on_as(attempt, fresh)

    def break_off(self) -> None:
        """End with the run: the policy hears nothing more, and releases what it holds."""
        self._decisions.close()
        if self._overlap is not None:
            self._overlap.give_up()
