"""What runs in the cluster and what it offers: workloads (pods), services, their call graph."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from sim.policy import PolicyRef
from sim.quantities import Bytes, Cpu, Name, Seconds, Share
from sim.spec.base import Flag, Names, Value, Whole
from sim.spec.distributions import Constant, Distribution

__all__ = ["Call", "Readiness", "Serves", "Service", "Spread", "Tolerations", "Workload"]


class Spread(Value):
    """Keep replicas apart. `hard`: a pod that would break `max_skew` stays Pending; else it is a preference."""

    over: Literal["nodes", "zones"] = "nodes"
    hard: Flag = False
    max_skew: Annotated[Whole, Field(ge=1)] = 1


class Tolerations(Value):
    """How long a pod stays on a node that the control plane lost; None = for ever (as DaemonSet pods)."""

    unreachable: Seconds | None = 300.0
    not_ready: Seconds | None = 300.0


class Readiness(Value):
    """The readiness probe: a pod counts as ready after its first success."""

    period: Annotated[Seconds, Field(gt=0)] = 10.0
    failures: Annotated[Whole, Field(ge=1)] = 3


class Serves(Value):
    """What one pod can do at once and how long it takes."""

    takes: Distribution
    at_once: Annotated[Whole, Field(ge=1)] = 1
    queue: Annotated[Whole, Field(ge=0)] | None = None  # waiting calls; None = no limit; beyond it: status 503 at once
    request: Bytes = 1000
    reply: Bytes = 1000
    errors: Share = 0.0  # share of answers with status 500


class Workload(Value):
    """A set of equal pods."""

    replicas: Annotated[Whole, Field(ge=0, le=100_000)] = 1
    kind: Literal["deployment", "stateful", "daemon"] = "deployment"
    cpu: Cpu = 0.1
    memory: Bytes = 128 * 2**20
    gpu: Annotated[Whole, Field(ge=0)] = 0
    place: Names | None = None  # only on these nodes (node affinity)
    near: Name | None = None  # on a node that runs a pod of that workload (pod affinity)
    apart_from: Name | None = None  # not on a node that runs a pod of that workload (pod anti-affinity)
    spread: Spread | None = None
    tolerations: Tolerations = Tolerations()
    starts_in: Distribution = Constant(value=1.5)  # scheduled to running, image present; lab: 0.9–3.6 s
    stops_in: Distribution = Constant(value=1.0)  # SIGTERM to gone; lab: about 1 s
    readiness: Readiness | None = None  # None: ready when running
    serves: Serves | None = None


class Call(Value):
    """A call that a service makes for each call it gets, after its own work, holding its worker meanwhile."""

    to: Name  # a service or something external
    policy: PolicyRef = "none"
    transport: str = "go-net-http"
    share: Share = 1.0  # of the calls it gets
    times: Annotated[Whole, Field(ge=1)] = 1


class Service(Value):
    """A ClusterIP: a name in front of the ready pods of a workload."""

    of: Name
    port: Annotated[Whole, Field(ge=1, le=65535)] = 80
    calls: tuple[Call, ...] = ()
