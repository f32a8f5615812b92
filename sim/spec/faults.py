"""The fault vocabulary: frozen values with `kind`, target and strength. What each does stands in `docs/faults.md`.

A fault begins at `at` and lasts `for`; without `for` it lasts until its entry under `repair` ends it, or to the end
of the run. With `every` it comes again and again: `every` is the time from its end to its next beginning, the first
one counted from the plan's start.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from sim.quantities import BitsPerS, Name, Rate, Seconds, Share
from sim.spec.base import Real, Value, Whole
from sim.spec.distributions import Distribution
from sim.spec.fault_base import FaultBase, LinkFault, NodeFault
from sim.spec.operations import Cordon, Drain, RolloutRestart, Scale, ScaleToZero
from sim.spec.partial_faults import ClockSkew, DnsFailure, SlowDisk
from sim.spec.stream_faults import LimitData, Slicer, SlowClose
from sim.spec.targets import how_many

__all__ = [
    "FAULT_KINDS",
    "INSTANT",
    "ApiserverLoss",
    "Bandwidth",
    "Blackhole",
    "ClockSkew",
    "Cordon",
    "DnsFailure",
    "Drain",
    "Fault",
    "FaultBase",
    "Flap",
    "FlapFault",
    "FlapKind",
    "KubeletStop",
    "Latency",
    "LimitData",
    "LinkFault",
    "Loss",
    "MemberLoss",
    "NodeFault",
    "NodeLoss",
    "Noop",
    "Overload",
    "Partition",
    "PodKill",
    "Refuse",
    "Reset",
    "RolloutRestart",
    "Scale",
    "ScaleToZero",
    "ServiceSlow",
    "Slicer",
    "SlowClose",
    "SlowDisk",
    "Unreachable",
    "ZoneLoss",
]


class Noop(FaultBase):
    """Nothing: the healthy fault, to try rights and timing."""

    kind: Literal["noop"] = "noop"


class Latency(LinkFault):
    """Each message later by `added` ± uniform `jitter`, order kept; the connect is untouched."""

    kind: Literal["latency"] = "latency"
    added: Seconds
    jitter: Seconds = 0.0
    share: Share = 1.0  # of connections and directions
    direction: Literal["both", "there", "back"] = "both"


class Bandwidth(LinkFault):
    """Messages take size/rate longer, one after another."""

    kind: Literal["bandwidth"] = "bandwidth"
    rate: BitsPerS


class Blackhole(LinkFault):
    """Messages and SYNs vanish; at its end held connections close."""

    kind: Literal["blackhole"] = "blackhole"


class Loss(LinkFault):
    """Each segment or SYN is dropped with the chance `share`; TCP sends it again after its RTO."""

    kind: Literal["loss"] = "loss"
    share: Share


class Refuse(LinkFault):
    """Connects are refused at once; open connections close."""

    kind: Literal["refuse"] = "refuse"


class Unreachable(LinkFault):
    """Connects fail at once (no route); established connections stall until the route is back."""

    kind: Literal["unreachable"] = "unreachable"


class Reset(LinkFault):
    """Connections die `after` their first request byte."""

    kind: Literal["reset"] = "reset"
    after: Seconds = 0.0


FlapFault = Annotated[
    Noop | Latency | Bandwidth | Blackhole | Loss | Refuse | Unreachable | Reset | SlowClose | Slicer | LimitData,
    Field(discriminator="kind"),
]


class FlapKind(Value):
    """One thing that a flap does while down: another link fault, without target and times."""

    weight: Annotated[Real, Field(gt=0)] = 1.0
    lasts: Distribution | None = None  # None: the whole down phase
    fault: FlapFault


class Flap(LinkFault):
    """Alternation: `up` healthy, `down` with one of `kinds`, drawn by weight for each down phase.

    `order: cycle` goes through the kinds in their order instead, each for its `lasts`, and `down` is their sum.
    """

    kind: Literal["flap"] = "flap"
    up: Distribution
    down: Distribution | None = None
    kinds: Annotated[dict[Name, FlapKind], Field(min_length=1)]
    order: Literal["draw", "cycle"] = "draw"

    def built(self) -> dict[str, Noop | LinkFault]:
        """Return what each kind does to the flap's targets, in the order of the file."""
        return {name: kind.fault for name, kind in self.kinds.items()}

    @model_validator(mode="after")
    def _down_ends(self) -> Flap:
        endless = [name for name, kind in self.kinds.items() if kind.lasts is None]
        if self.order == "cycle" and self.down is not None:
            raise ValueError("with order: cycle the down phase is the sum of its kinds; give each lasts, and no down")
        if endless and self.down is None:
            raise ValueError(f"nobody says how long a down phase lasts; give down, or lasts for {', '.join(endless)}")
        return self


class Partition(FaultBase):
    """Every link between two groups of nodes is a blackhole; nodes that are not listed stay with everybody."""

    kind: Literal["partition"] = "partition"
    groups: Annotated[tuple[tuple[Name, ...], ...], Field(min_length=2)]


class KubeletStop(NodeFault):
    """The lease stops; pods go on serving. `how` decides the return: `killed` and started again, `stopped`
    (SIGSTOP/SIGCONT), or `cut` (its link to the API server refused).
    """

    kind: Literal["kubelet_stop"] = "kubelet_stop"
    how: Literal["killed", "stopped", "cut"] = "killed"


class NodeLoss(NodeFault):
    """The lease stops and the node's pods fall silent. `how`: `cut` (its network: silence, pods live on inside),
    `power` (silence, pods die) or `killed` (its processes: connects are refused, pods die).
    """

    kind: Literal["node_loss"] = "node_loss"
    how: Literal["cut", "power", "killed"] = "power"


class ZoneLoss(FaultBase):
    """Every node of a zone is lost at once."""

    kind: Literal["zone_loss"] = "zone_loss"
    zone: Name
    how: Literal["cut", "power", "killed"] = "power"


class PodKill(FaultBase):
    """Pods of a workload are deleted, `count` or a `share` of them; the workload makes new ones."""

    kind: Literal["pod_kill"] = "pod_kill"
    workload: Name
    count: Annotated[Whole, Field(ge=1)] = 1
    share: Annotated[Share, Field(gt=0)] | None = None  # of those that it has at that moment, rounded up

    @model_validator(mode="after")
    def _count_or_share(self) -> PodKill:
        if self.share is not None and "count" in self.model_fields_set:
            raise ValueError("give count or share, not both")
        return self

    def how_many(self, pods: int) -> int:
        """Return how many of so many pods are killed, at most all of them."""
        return how_many(self.count if self.share is None else self.share, pods)


class MemberLoss(FaultBase):
    """A datastore member leaves: a server's name, or whoever is `leader` at that moment."""

    kind: Literal["member_loss"] = "member_loss"
    member: Name


class ApiserverLoss(FaultBase):
    """An API server dies; `server: all` takes every one. `how`: clients see a refusal, or a proxy that closes (eof)."""

    kind: Literal["apiserver_loss"] = "apiserver_loss"
    server: Name
    how: Literal["refused", "eof"] = "refused"


class ServiceSlow(FaultBase):
    """Pods of a workload work slower by a factor (a brown-out), or stop working (`factor: 0` = hang)."""

    kind: Literal["service_slow"] = "service_slow"
    workload: Name
    factor: Annotated[Real, Field(ge=0)]
    count: Annotated[Whole, Field(ge=1)] | None = None  # None: all pods


class Overload(FaultBase):
    """Further calls to a service, beyond those of its clients: Poisson, one try each, nobody waits for the answer."""

    kind: Literal["overload"] = "overload"
    service: Name
    rate: Rate


Fault = Annotated[
    Noop
    | Latency
    | Bandwidth
    | Blackhole
    | Loss
    | Refuse
    | Unreachable
    | Reset
    | SlowClose
    | Slicer
    | LimitData
    | Flap
    | Partition
    | KubeletStop
    | NodeLoss
    | ZoneLoss
    | PodKill
    | Scale
    | ScaleToZero
    | RolloutRestart
    | Cordon
    | Drain
    | MemberLoss
    | ApiserverLoss
    | SlowDisk
    | DnsFailure
    | ClockSkew
    | ServiceSlow
    | Overload,
    Field(discriminator="kind"),
]

FAULT_KINDS: tuple[str, ...] = (
    "noop", "latency", "bandwidth", "blackhole", "loss", "refuse", "unreachable", "reset", "slow_close",
    "slicer", "limit_data", "flap", "partition", "kubelet_stop", "node_loss", "zone_loss", "pod_kill", "scale",
    "scale_to_zero", "rollout_restart", "cordon", "drain", "member_loss", "apiserver_loss", "slow_disk", "dns_failure",
    "clock_skew", "service_slow", "overload",
)  # fmt: skip

INSTANT: tuple[type[FaultBase], ...] = (PodKill, RolloutRestart)
"""Faults that are over with the deed: what follows from it takes its own time, and `for` has no meaning."""
