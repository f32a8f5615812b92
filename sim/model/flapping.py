"""A flap: a way that is up, then down in one of several manners, then up again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sim.plan.sampling import sampler
from sim.spec.faults import Flap, LinkFault

if TYPE_CHECKING:
    from sim.model.faults import Stage

__all__ = ["Flapping"]


class Flapping:
    """The alternation of one flap: up, down with one kind or a cycle of kinds, up again, until stopped."""

    def __init__(self, stage: Stage, fault: Flap) -> None:
        self.world, self.targets = stage.world, fault.targets()
        self.draws = self.world.plan.stream(f"{stage.case}/flap")
        self.kinds = list(fault.built().items())
        self.order = fault.order
        self.up_s = sampler(fault.up)
        self.down_s = sampler(fault.down) if fault.down is not None else None
        self.lasts = {k: sampler(v.lasts) for k, v in fault.kinds.items() if v.lasts is not None}
        self.weights = [fault.kinds[kind].weight for kind, _ in self.kinds]
        self.phase = 0
        self.handles: list[Any] = []
        self.stopped = False

    def up(self, _: object) -> None:
        """Heal, and go down after the up time."""
        self._lift()
        if not self.stopped:
            self.phase += 1
            self.world.clock.after(self.up_s.one(self.draws.uniform(self.phase, 0)), self._down, 0)

    def _down(self, step: int) -> None:
        self._lift()
        if self.stopped:
            return
        kind, effect = self.kinds[step if self.order == "cycle" else self._drawn()]
        if isinstance(effect, LinkFault):  # a noop has nothing to apply
            self.handles = [self.world.network.apply(target, effect) for target in self.targets]
        more = self.order == "cycle" and step + 1 < len(self.kinds)
        self.world.clock.after(self._lasts_s(kind, step), self._down if more else self.up, step + 1)

    def _drawn(self) -> int:
        left = self.draws.uniform(self.phase, 1) * sum(self.weights)
        for index, weight in enumerate(self.weights):
            left -= weight
            if left < 0:
                return index
        return len(self.weights) - 1

    def _lasts_s(self, kind: str, step: int) -> float:
        lasts = self.lasts.get(kind) or self.down_s
        assert lasts is not None  # the loader has checked it
        return lasts.one(self.draws.uniform(self.phase, 2 + step))

    def _lift(self) -> None:
        for handle in reversed(self.handles):
            self.world.network.lift(handle)
        self.handles = []

    def stop(self) -> None:
        """End the alternation, healthy."""
        self.stopped = True
        self._lift()
