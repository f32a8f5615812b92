"""Faults of a connection's byte stream, as toxiproxy 2.12.0 does them (`toxics/`), in both directions of the way."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from sim.quantities import Bytes, Seconds
from sim.spec.fault_base import LinkFault

__all__ = ["LimitData", "Slicer", "SlowClose"]


class SlowClose(LinkFault):
    """The end of a connection is heard `delay` later. Source: toxiproxy 2.12.0 `toxics/slow_close.go`."""

    kind: Literal["slow_close"] = "slow_close"
    delay: Seconds


class Slicer(LinkFault):
    """Messages come in pieces of about `average_size`, each `delay` after the one before.

    Source: toxiproxy 2.12.0 `toxics/slicer.go`. Its server dies of an `average_size` of 0 and of a `size_variation`
    that is larger (Shopify/toxiproxy#541), so both are refused here.
    """

    kind: Literal["slicer"] = "slicer"
    average_size: Annotated[Bytes, Field(ge=1)]
    size_variation: Bytes = 0
    delay: Seconds = 0.0

    @model_validator(mode="after")
    def _pieces_have_a_size(self) -> Slicer:
        if self.size_variation >= self.average_size:
            message = f"size_variation {self.size_variation} is not below average_size {self.average_size}"
            raise ValueError(f"{message}; accepted: a smaller one")
        return self


class LimitData(LinkFault):
    """A connection closes when `bytes` have passed in one direction, counted from the fault's beginning.

    Source: toxiproxy 2.12.0 `toxics/limit_data.go`: each connection and direction has a count of its own; what would
    go beyond it is cut off, and a message that ends exactly there still arrives whole.
    """

    kind: Literal["limit_data"] = "limit_data"
    bytes: Bytes
