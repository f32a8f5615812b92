"""Probes that only a real environment has: a query of its Prometheus, a command's exit code."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from sim.quantities import Seconds
from sim.spec.base import Real, Value

__all__ = ["RealProbe"]


class RealProbe(Value):
    """Either `query` (PromQL that yields one number) with a bound, or `command` (a list) that must exit with 0."""

    query: str | None = None
    command: Annotated[tuple[str, ...], Field(min_length=1)] | None = None
    at_least: Real | None = None
    at_most: Real | None = None
    every: Annotated[Seconds, Field(ge=1)] = 5.0
    limit: Annotated[Seconds, Field(gt=0)] = 2.0

    @model_validator(mode="after")
    def _one_of(self) -> RealProbe:
        if (self.query is None) == (self.command is None):
            raise ValueError("give query or command")
        bounds = (self.at_least is not None) + (self.at_most is not None)
        if bounds != (self.query is not None):
            raise ValueError("a query needs at_least or at_most, a command takes neither: it must exit with 0")
        return self
