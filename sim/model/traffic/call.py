"""One call, driven by its policy in simulated time: the policy decides, this carries out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sim.model.traffic.attempt import Attempt
from sim.model.traffic.draws import POLICY, STRIDE, TRIES, Block
from sim.model.traffic.overlap import Overlap
from sim.policy.steps import PASSED, Decisions, Hedge, Reply, Try
from sim.policy.within import cut_to

if TYPE_CHECKING:
    from sim.model.traffic.driver import Driver

__all__ = ["Call"]


class Call:
    """Row `number` of its population. `salt` is not 0 where a retry makes the same onward call once more.

    `context`: what its driver needs to know when it is over. `plain`: nobody but the policy hears of its attempts.
    """

    __slots__ = ("_decisions", "_driver", "_overlap", "_tries", "began_s", "block", "context", "number", "plain", "row",
                 "salt")  # fmt: skip

    def __init__(self, driver: Driver, block: Block, number: int, salt: int, context: Any) -> None:
        self._driver, self.block, self.number, self.salt, self.context = driver, block, number, salt, context
        self.row = number - block.first
        self.began_s = driver.clock._now
        self._tries = 0
        self.plain = not driver.trace
        self._overlap: Overlap | None = None
        self._decisions: Decisions = driver.policy.call(self.began_s, self.draw, driver.shared)

    def draw(self, n: int) -> float:
        """Return the n-th uniform of this call: the policy's own."""
        return self.block.stream.uniform(self.number, POLICY + (self.salt * TRIES + n) * STRIDE)

    def go_on(self, reply: Reply | None) -> None:
        """Tell the policy how its last step ended (None: it is the first), and carry out the next."""
        try:
            step = self._decisions.send(reply)  # type: ignore[arg-type]  # None starts a generator
        except StopIteration as end:
            if self._overlap is not None:
                self._overlap.give_up()
            self._driver.ended(self, end.value)
            return
        if isinstance(step, Try):
            driver, tries = self._driver, self._tries  # `attempt`, in place: the hot path
            self._tries = tries + 1
            attempt = Attempt(self, driver.pool, self.salt * TRIES + tries, driver.clock._now)
            if self._overlap is not None:
                self._overlap.under_way[attempt] = None
            driver.pool.send(attempt, step.timeout_s)
        elif isinstance(step, Hedge):
            driver, tries = self._driver, self._tries
            self._tries = tries + 1
            attempt = Attempt(self, driver.pool, self.salt * TRIES + tries, driver.clock._now)
            if self._overlap is None:  # as long as it is alone, its patience is all it needs
                attempt.patience = driver.pool.timers.start(step.patience_s, self._silent, attempt)
            else:
                self._overlap.under_way[attempt] = None
                self._overlap.listen(step.patience_s)
            driver.pool.send(attempt, step.timeout_s)
        elif self._overlap is not None:
            self._overlap.listen(step.for_s)
        else:
            self._driver.clock.after(step.for_s, self._waited)

    def cancellable(self) -> None:
        """Keep track of what is under way, so that all of it can be given up; before the first step."""
        self.plain = False
        self._overlap = Overlap(self, self._driver.pool.timers)

    def give_up(self) -> None:
        """End now: nobody wants the answer. Only a call that is `cancellable` can."""
        self._decisions.close()
        if self._overlap is not None:
            self._overlap.give_up()

    def end_by(self, at_s: float) -> None:
        """Be over by then, whatever the policy says; before the first step."""
        self._decisions = cut_to(self._decisions, self.began_s, at_s - self.began_s)

    @property
    def now_s(self) -> float:
        """The time now."""
        return self._driver.clock._now

    @property
    def priority(self) -> int:
        """How important the client is that is behind this call: the higher, the more."""
        return self._driver.priority_of(self)

    def _waited(self, _: object) -> None:
        self.go_on(Reply(self._driver.clock._now, attempt=PASSED))

    def _silent(self, attempt: Attempt) -> None:
        """Hear that the only attempt has not ended in time: from now on there may be several."""
        self.cancellable()
        assert self._overlap is not None
        attempt.patience = None  # it has done its work
        self._overlap.under_way[attempt] = None
        self.go_on(Reply(self._driver.clock._now, attempt=PASSED))

    def goes_on_as(self, attempt: Attempt, fresh: Attempt) -> None:
        """Hear that an attempt sends its request again: its place among those under way is the fresh one's."""
        if self._overlap is not None:
            self._overlap.goes_on_as(attempt, fresh)

    def answered(self, attempt: Attempt, reply: Reply) -> None:
        """Hear how an attempt ended, where somebody else hears of it too: a trace, or others under way."""
        if self._driver.trace:
            self._driver.traced(self, attempt, reply)
        if self._overlap is not None:
            self._overlap.ended(attempt)
        self.go_on(reply)

    def cancelled(self, attempt: Attempt, reply: Reply) -> None:
        """Hear that an attempt was given up because its call is over; only a trace wants to know."""
        if self._driver.trace:
            self._driver.traced(self, attempt, reply)
