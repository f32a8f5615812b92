"""When a fault begins and for how long: the same instants in the simulated and in the real world."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sim.plan.sampling import sampler

if TYPE_CHECKING:
    from sim.plan.plan import Plan

__all__ = ["Occurrence", "occurrence"]

_BEGINS, _LASTS = range(2)  # columns of the stream `fault/NAME`: what each uniform decides (row = occurrence)


@dataclass(frozen=True, slots=True)
class Occurrence:
    """The time that one occurrence of a fault takes, in seconds on the plan's clock (0 = end of the warm-up).

    `for_s` is None where nothing in the plan ends it: a repair does, or the end of the run.
    """

    fault: str
    number: int  # from 0
    begins_s: float
    for_s: float | None

    @property
    def case(self) -> str:
        """The name of this occurrence, from which its own streams are named: `fault/route-flap/0`."""
        return f"fault/{self.fault}/{self.number}"


def occurrence(plan: Plan, name: str, number: int, after_s: float = 0.0) -> Occurrence:
    """Return occurrence number `number` of a fault of the plan.

    With `every` it counts from `after_s`, the end of the one before (the first from 0). With `at`, or neither, there is
    only number 0. What other faults do, and how many there are, changes nothing here.
    """
    fault, draws = plan.faults[name], plan.stream(f"fault/{name}")
    assert number == 0 or fault.every is not None, f"{name} comes only once"
    pause, lasts = fault.at or fault.every, fault.for_
    begins_s = after_s if number else 0.0
    if pause is not None:
        begins_s += sampler(pause).one(draws.uniform(number, _BEGINS))
    for_s = sampler(lasts).one(draws.uniform(number, _LASTS)) if lasts is not None else None
    return Occurrence(name, number, begins_s, for_s)
