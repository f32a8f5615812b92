"""How a fault is raised in a real environment: the deeds that it is made of, or why it cannot be done there.

The same function answers before a run (`check`: what would be touched) and at the moment of injection (pods and leaders
change). A new fault is a new function and one line in `table.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from chaos.deeds import Deed, Hands
from sim.plan.plan import Plan
from sim.plan.streams import Stream
from sim.spec.unsupported import Unsupported

__all__ = ["Gone", "Means", "MeansOf", "Scene", "Unsupported"]


@dataclass(frozen=True, slots=True)
class Means:
    """By what a fault is raised. `deeds` in order; undone in reverse. `difference`: to what the simulator means.

    `before`: deeds that have to stand before the run's baseline and until its end, each once however many faults name
    it: a proxy that is put in front of a service takes seconds, and traffic through it must be the steady state.
    Of a flap the deeds are those of all its kinds, for whoever asks what would be touched: it is never raised at once.
    """

    how: str
    deeds: tuple[Deed, ...]
    difference: str = ""
    before: tuple[Deed, ...] = ()
    nodes: tuple[str, ...] = ()  # real names of the nodes that are lost, cut off or drained: for the blast radius
    pods: dict[str, int] = field(default_factory=dict)  # workload of the scenario → pods that it may lose at once
    takes_api: bool = False  # the API server is meant to be away while it lasts


class Gone(Unsupported):
    """Unsupported because what the fault is aimed at is not there: in the middle of a run, that it has vanished."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Scene:
    """Where a fault is raised. `case`: this occurrence (`fault/route-flap/0`), from which its choices are drawn.

    `run`: by which everything that is made carries our name; a check, which makes nothing, has none.
    """

    hands: Hands
    plan: Plan
    case: str
    run: str = "check"

    @property
    def mark(self) -> str:
        """The beginning of the names of toxics: ours, this run's, this occurrence's."""
        return f"wg-{self.run}.{self.case.removeprefix('fault/').replace('/', '.')}"

    def stream(self, what: str) -> Stream:
        """Return the stream of a choice of this occurrence, the same for the same seed."""
        return self.plan.stream(f"{self.case}/{what}")


MeansOf: TypeAlias = Callable[[Scene, Any], Means | Unsupported]
