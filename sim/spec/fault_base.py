"""What faults have in common: when they begin and end; and which ways, or which nodes, they are on."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from sim.spec.base import Value
from sim.spec.distributions import Distribution
from sim.spec.targets import Among, NodeChoice, Pick

__all__ = ["FaultBase", "LinkFault", "NodeFault"]


class FaultBase(Value):
    """When a fault begins and ends. `at`/`for` may be distributions."""

    at: Distribution | None = None
    for_: Annotated[Distribution | None, Field(alias="for")] = None
    every: Distribution | None = None

    @model_validator(mode="after")
    def _once_or_again(self) -> FaultBase:
        if self.at is not None and self.every is not None:
            raise ValueError("give at (once) or every (again and again), not both")
        return self


class LinkFault(FaultBase):
    """A fault of a way. One target: `link` (of nodes, `a--b`), `path` (of calls, `client->service`) or `paths`."""

    link: str | None = None
    path: str | None = None
    paths: tuple[str, ...] = ()

    def targets(self) -> tuple[str, ...]:
        """Return the targeted links and paths."""
        return tuple(t for t in (self.link, self.path) if t is not None) + self.paths


class NodeFault(FaultBase):
    """A fault of nodes: `node` says which may be hit, `pick` how many of them: of names all, of a choice one.

    The plan settles the choice, once for the run: its faults (`sim.plan.Plan.faults`) hold names alone.
    """

    node: Among
    pick: Pick | None = None

    @property
    def nodes(self) -> tuple[str, ...]:
        """The nodes that are hit. Only of a fault whose choice is made."""
        assert not isinstance(self.node, NodeChoice), "a plan's faults are asked, not the scenario's"
        assert self.pick is None, "a plan's faults are asked, not the scenario's"
        return self.node
