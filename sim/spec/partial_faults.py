"""Faults that not every world can do: where one can't, its table says `unsupported`, and why."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from sim.quantities import Name, Seconds
from sim.spec.fault_base import FaultBase, NodeFault

__all__ = ["ClockSkew", "DnsFailure", "SlowDisk"]


class SlowDisk(FaultBase):
    """Each write to the disk of a datastore member takes `added` longer: a server's name, or who is `leader` then."""

    kind: Literal["slow_disk"] = "slow_disk"
    member: Name
    added: Annotated[Seconds, Field(gt=0)]


class DnsFailure(FaultBase):
    """The cluster's DNS answers nothing."""

    kind: Literal["dns_failure"] = "dns_failure"


class ClockSkew(NodeFault):
    """A node's clock is wrong: `by` so much, `behind` the true time or `ahead` of it."""

    kind: Literal["clock_skew"] = "clock_skew"
    by: Annotated[Seconds, Field(gt=0)]
    direction: Literal["behind", "ahead"] = "behind"
