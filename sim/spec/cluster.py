"""The cluster: nodes, the links between them, the control plane."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, StringConstraints, WithJsonSchema

from sim.quantities import BitsPerS, Bytes, Cpu, Name, Share, parse_duration_s, parse_share
from sim.spec.base import Flag, Real, Value, Whole
from sim.spec.distributions import Constant, Distribution

__all__ = ["Cluster", "ControlPlane", "External", "Kernel", "Link", "Node", "Reached"]


def _timing(value: Any) -> Any:
    if isinstance(value, str):
        return parse_share(value) if value.strip().endswith("%") else parse_duration_s(value)
    return value


_FORM = WithJsonSchema({"description": "a duration, a share or a count", "type": ["string", "number"]})
Timing = Annotated[Real, BeforeValidator(_timing), _FORM]
"""A duration, a share or a count; which of them, the timing's name says."""

Kernel = Literal["linux-6.5", "linux-classic"]  # the two SYN schedules: from 6.5 on, and before


# Kubernetes, "Labels and Selectors", syntax: an optional DNS prefix of 253 characters, and names of 63
_WORD = r"[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?"
LabelKey = Annotated[str, StringConstraints(pattern=rf"^([a-z0-9]([-a-z0-9.]{{0,251}}[a-z0-9])?/)?{_WORD}$")]
LabelText = Annotated[str, StringConstraints(pattern=rf"^({_WORD})?$")]


class Node(Value):
    """A machine. Sizes are what pods can request (allocatable)."""

    cpu: Cpu = 4.0
    memory: Bytes = 16 * 2**30
    gpu: Annotated[Whole, Field(ge=0)] = 0
    zone: Name = "zone"
    kernel: Kernel = "linux-6.5"
    cost_per_hour: Annotated[Real, Field(ge=0)] = 1.0  # relative: one worker of 4 vCPU = 1.00
    cordoned: Flag = False
    labels: dict[LabelKey, LabelText] = {}  # what faults choose nodes by, as the real ones have them


class Link(Value):
    """A way between two nodes, same both ways. `via`: traffic takes the links to and from that node instead."""

    latency: Distribution = Constant(value=0.0002)  # one way; assumption: two machines on one switch
    bandwidth: BitsPerS | None = None  # None: transmission takes no time
    loss: Share = 0.0  # of each segment or SYN
    via: Name | None = None


class ControlPlane(Value):
    """Where the API servers run and what they write to."""

    servers: Annotated[tuple[Name, ...], Field(min_length=1)]
    datastore: Literal["sqlite", "etcd"] = "etcd"
    balancer: Literal["none", "agent", "haproxy", "keepalived"] = "agent"  # how nodes find another server


class Cluster(Value):
    """Nodes, links and control plane; `preset` names the timings, `timings` overrides any of them."""

    preset: str = "k8s"
    control_plane: ControlPlane | None = None  # None: the first node alone
    nodes: Annotated[dict[Name, Node], Field(min_length=1)]
    links: dict[str, Link] = {"default": Link()}  # `a--b`, or `default` for every other pair
    timings: dict[str, Timing] = {}  # `grace: 40s`; loaded: by the preset's own names, `grace_s`


class Reached(Value):
    """How something outside is reached: through which node, how far away."""

    via: Name
    latency: Distribution = Constant(value=0.01)


class External(Value):
    """Something outside the cluster that clients call from, or services call."""

    reached: Reached
    takes: Distribution = Constant(value=0.0)  # its own service time; it has no queue
    availability: Share = 1.0
