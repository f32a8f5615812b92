"""One call, driven by its policy in simulated time: the policy decides, this carries out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sim.model.traffic.attempt import Attempt
from sim.model.traffic.draws import POLICY, Block
from sim.policy.steps import Decisions, Reply, Step, Try, Wait

if TYPE_CHECKING:
    from sim.model.traffic.driver import Driver
    from sim.model.traffic.racing import Racing

__all__ = ["Call"]


class Call:
    """Row `number` of its population. `salt` is not 0 where a retry makes the same onward call once more.

    `context`: what its driver needs to know when it is over.
    """

    __slots__ = ("_decisions", "_driver", "_race", "_tries", "began_s", "block", "context", "number", "row", "salt")

    def __init__(self, driver: Driver, block: Block, number: int, salt: int, context: Any) -> None:
        self._driver, self.block, self.number, self.salt, self.context = driver, block, number, salt, context
        self.row = number - block.first
        self.began_s = driver.clock.now
        self._tries = 0
        self._race: Racing | None = None
        self._decisions: Decisions = driver.policy.call(self.began_s, self.draw, driver.shared)

    def draw(self, n: int) -> float:
        """Return the n-th uniform of this call: the policy's own."""
        return self.block.stream.uniform(self.number, POLICY + n + self.salt * POLICY)

    def begin(self) -> None:
        """Ask the policy for its first step."""
        self._go_on(None)

    def _go_on(self, reply: Reply | None) -> None:
        try:
            step = self._decisions.send(reply)  # type: ignore[arg-type]  # None starts a generator
        except StopIteration as end:
            self._driver.ended(self, end.value)
            return
        if type(step) is Try:
            self.attempt(step)
        else:
            self._other(step)

    def _other(self, step: Step) -> None:
        if isinstance(step, Wait):
            self._driver.clock.after(step.for_s, self._waited)
        elif isinstance(step, Try):
            self.attempt(step)
        else:
            from sim.model.traffic.racing import Racing  # noqa: PLC0415

            self._race = Racing(self, self._driver.clock, step)

    def _waited(self, _: object) -> None:
        self._go_on(Reply(self._driver.clock.now))

    def attempt(self, step: Try) -> Attempt:
        """Make one attempt."""
        driver = self._driver
        attempt = Attempt(self, driver.pool, self._salt(), driver.clock.now)
        self._tries += 1
        driver.pool.send(attempt, step.timeout_s)
        return attempt

    def _salt(self) -> int:
        return self._tries if not self.salt else self.salt
