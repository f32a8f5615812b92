"""What people do to a cluster on purpose, which can hurt as much: scaling, restarts of a rollout, drained nodes."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from sim.quantities import Name
from sim.spec.base import Whole
from sim.spec.fault_base import FaultBase, NodeFault

__all__ = ["Cordon", "Drain", "RolloutRestart", "Scale", "ScaleToZero"]


class Scale(FaultBase):
    """A workload is scaled to `replicas`, and back at the fault's end."""

    kind: Literal["scale"] = "scale"
    workload: Name
    replicas: Annotated[Whole, Field(ge=0, le=100_000)]


class ScaleToZero(FaultBase):
    """A workload is scaled to no pods, and back at the fault's end."""

    kind: Literal["scale_to_zero"] = "scale_to_zero"
    workload: Name

    @property
    def replicas(self) -> int:
        """Return what it scales to, as `Scale` says it."""
        return 0


class RolloutRestart(FaultBase):
    """A workload's pods are replaced one wave after another, as `kubectl rollout restart` does; over with the deed."""

    kind: Literal["rollout_restart"] = "rollout_restart"
    workload: Name


class Cordon(NodeFault):
    """No new pod comes onto a node, until the fault's end."""

    kind: Literal["cordon"] = "cordon"


class Drain(NodeFault):
    """A node is cordoned and its pods evicted as their disruption budgets allow; uncordoned at the fault's end."""

    kind: Literal["drain"] = "drain"
