"""How much an experiment may break, and what stops it: on by default, widened only by saying so."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from chaos.binding.texts import Hours
from sim.quantities import Seconds, Share
from sim.spec.base import Flag, Value, Whole

__all__ = ["Limits", "StopWhen"]


class Limits(Value):
    """The blast radius. Assumptions, all of them: small enough for a first experiment on a small staging cluster.

    `nodes`: how many at once, and `nodes_share` of all nodes; `replicas_share`: of one workload's pods at once, the
    last ready one never; `duration`: of the whole run with its warm-up; `hours`: UTC, such as `08:00-18:00`.
    """

    nodes: Annotated[Whole, Field(ge=0)] = 1
    nodes_share: Share = 0.5
    replicas_share: Share = 0.5
    last_replica: Flag = False
    control_plane: Flag = False
    duration: Annotated[Seconds, Field(gt=0)] = 1800.0
    fault: Annotated[Seconds, Field(gt=0)] = 600.0
    hours: Hours | None = None
    foreign_toxics: Flag = False
    production: Flag = False


class StopWhen(Value):
    """What ends an experiment early, with everything undone.

    `broken_for`: a steady probe is out of its bound for that long without a break while faults are on; None: never,
    for experiments that are made to break it. `unknown_for`: no reading for that long. `api_silent_for`: the API
    server does not answer for that long and no fault is meant to take it. `budget_spent`: share of the error budget
    of an objective on `call_ok_share` that this run may use up. assumption: what a person at the screen would wait.
    """

    broken_for: Annotated[Seconds, Field(gt=0)] | None = 30.0
    unknown_for: Annotated[Seconds, Field(gt=0)] | None = 60.0
    api_silent_for: Annotated[Seconds, Field(gt=0)] = 30.0
    budget_spent: Annotated[float, Field(gt=0)] | None = None
