"""One call, driven by its policy in simulated time: the policy decides, this carries out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sim.model.traffic.attempt import Attempt
from sim.model.traffic.draws import POLICY, STRIDE, TRIES, Block
from sim.model.traffic.racing import Racing
from sim.policy.steps import Decisions, Reply, Try, Wait

if TYPE_CHECKING:
    from sim.model.traffic.driver import Driver

__all__ = ["Call"]


class Call:
    """Row `number` of its population. `salt` is not 0 where a retry makes the same onward call once more.

    `context`: what its driver needs to know when it is over. `plain`: nobody but the policy hears of its attempts.
    """

    __slots__ = ("_decisions", "_driver", "_races", "_tries", "began_s", "block", "context", "number", "plain", "row",
                 "salt")  # fmt: skip

    def __init__(self, driver: Driver, block: Block, number: int, salt: int, context: Any) -> None:
        self._driver, self.block, self.number, self.salt, self.context = driver, block, number, salt, context
        self.row = number - block.first
        self.began_s = driver.clock._now
        self._tries = 0
        self.plain = not driver.trace
        self._races: dict[Attempt, Racing] | None = None
        self._decisions: Decisions = driver.policy.call(self.began_s, self.draw, driver.shared)

    def draw(self, n: int) -> float:
        """Return the n-th uniform of this call: the policy's own."""
        return self.block.stream.uniform(self.number, POLICY + (self.salt * TRIES + n) * STRIDE)

    def go_on(self, reply: Reply | None) -> None:
        """Tell the policy how its last step ended (None: it is the first), and carry out the next."""
        try:
            step = self._decisions.send(reply)  # type: ignore[arg-type]  # None starts a generator
        except StopIteration as end:
            self._driver.ended(self, end.value)
            return
        if isinstance(step, Try):
            driver, tries = self._driver, self._tries  # `attempt`, in place: the hot path
            self._tries = tries + 1
            driver.pool.send(Attempt(self, driver.pool, self.salt * TRIES + tries, driver.clock._now), step.timeout_s)
        elif isinstance(step, Wait):
            self._driver.clock.after(step.for_s, self._waited)
        else:
            self.plain = False
            self._races = {} if self._races is None else self._races
            Racing(self, self._driver.clock, step, self._races).start(0)

    def _waited(self, _: object) -> None:
        self.go_on(Reply(self._driver.clock.now))

    def attempt(self, step: Try) -> Attempt:
        """Make one attempt."""
        driver = self._driver
        attempt = Attempt(self, driver.pool, self.salt * TRIES + self._tries, driver.clock._now)
        self._tries += 1
        driver.pool.send(attempt, step.timeout_s)
        return attempt

    def goes_on_as(self, attempt: Attempt, fresh: Attempt) -> None:
        """Hear that an attempt sends its request again: its place in a race is the fresh one's."""
        if self._races is not None and attempt in self._races:
            self._races[fresh] = self._races.pop(attempt)

    def answered(self, attempt: Attempt, reply: Reply) -> None:
        """Hear how an attempt ended, where somebody else hears of it too: a trace, or a race."""
        if self._driver.trace:
            self._driver.traced(self, attempt, reply)
        race = self._races.pop(attempt, None) if self._races is not None else None
        answer = reply if race is None else race.answered(reply)
        if answer is not None:
            self.go_on(answer)
