"""What a flap does one after another: a plain sequence, the same in the simulated and in the real world."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count

from sim.plan.sampling import Sampler, sampler
from sim.plan.streams import Stream
from sim.spec.faults import Flap, LinkFault, Noop

__all__ = ["Phase", "phases"]

_UP, _KIND, _DOWN = range(3)  # columns of a flap's stream; a cycle's kinds draw their lengths from _DOWN onwards


@dataclass(frozen=True, slots=True)
class Phase:
    """One stretch of a flap. While it is up, `kind` and `effect` are None; a `noop` is a kind without an effect."""

    kind: str | None
    effect: Noop | LinkFault | None
    lasts_s: float


def phases(fault: Flap, draws: Stream) -> Iterator[Phase]:
    """Yield the phases of one occurrence, up first, without end: the fault's own end cuts the last one short.

    `draws`: the plan's stream `CASE/flap` (`Occurrence.case`). Row = number of the up phase, from 1, so that no phase's
    numbers depend on how long another took.
    """
    up_s, steps = sampler(fault.up), _Steps(fault)
    for row in count(1):
        yield Phase(None, None, up_s.one(draws.uniform(row, _UP)))
        for step, index in enumerate(steps.order(draws, row)):
            kind, effect, lasts_s = steps.kinds[index]
            yield Phase(kind, effect, lasts_s.one(draws.uniform(row, _DOWN + step)))


class _Steps:
    """The kinds of a flap, each with its length, and which of them a down phase goes through."""

    def __init__(self, fault: Flap) -> None:
        self.kinds: list[tuple[str, Noop | LinkFault, Sampler]] = []
        for name, effect in fault.built().items():
            lasts = fault.kinds[name].lasts or fault.down
            assert lasts is not None  # the model of the language has checked it
            self.kinds.append((name, effect, sampler(lasts)))
        self._cycles = fault.order == "cycle"
        self._weights = [kind.weight for kind in fault.kinds.values()]

    def order(self, draws: Stream, row: int) -> Sequence[int]:
        """Return the indices of the kinds of one down phase: all of a cycle, or the one that is drawn."""
        if self._cycles:
            return range(len(self.kinds))
        left = draws.uniform(row, _KIND) * sum(self._weights)
        for index, weight in enumerate(self._weights):
            left -= weight
            if left < 0:
                return (index,)
        return (len(self._weights) - 1,)
