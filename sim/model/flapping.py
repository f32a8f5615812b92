"""A flap: a way that is up, then down in one of several manners, then up again (`sim.plan.flaps` says how)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sim.plan.flaps import phases
from sim.spec.faults import Flap, LinkFault

if TYPE_CHECKING:
    from sim.model.faults import Stage

__all__ = ["Flapping"]


class Flapping:
    """The alternation of one flap: up, down with one kind or a cycle of kinds, up again, until stopped."""

    def __init__(self, stage: Stage, fault: Flap) -> None:
        self.world, self.targets = stage.world, fault.targets()
        self.phases = phases(fault, self.world.plan.stream(f"{stage.case}/flap"))
        self.handles: list[Any] = []
        self.stopped = False

    def begin(self) -> None:
        """Begin with the first phase, which is up."""
        self._next(None)

    def _next(self, _: object) -> None:
        self._lift()
        if self.stopped:
            return
        phase = next(self.phases)
        if isinstance(phase.effect, LinkFault):  # up, or a noop: there is nothing to apply
            self.handles = [self.world.network.apply(target, phase.effect) for target in self.targets]
        self.world.clock.after(phase.lasts_s, self._next, None)

    def _lift(self) -> None:
        for handle in reversed(self.handles):
            self.world.network.lift(handle)
        self.handles = []

    def stop(self) -> None:
        """End the alternation, healthy."""
        self.stopped = True
        self._lift()
