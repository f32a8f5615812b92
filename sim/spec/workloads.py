"""What runs in the cluster and what it offers: workloads (pods), services, their call graph."""

from __future__ import annotations

from functools import cached_property
from typing import Annotated, Literal

from pydantic import Field, model_validator

from sim.policy import PolicyRef
from sim.quantities import Bytes, Cpu, Name, Seconds, Share
from sim.spec.base import Flag, Names, Value, Whole
from sim.spec.disruption import Pdb
from sim.spec.distributions import Constant, Distribution
from sim.spec.serving import Cache, Drops, Order, Shed, Slows

__all__ = ["Call", "Ejects", "Readiness", "Serves", "Service", "Spread", "Tolerations", "Workload"]


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
    """What one pod can do at once, how long it takes, what slows it down and how it defends itself.

    Left alone, it serves first come, first served, and goes on with the work of callers that have given up.
    """

    takes: Distribution
    at_once: Annotated[Whole, Field(ge=1)] = 1
    queue: Annotated[Whole, Field(ge=0)] | None = None  # waiting calls; None = no limit; beyond it: turned away at once
    request: Bytes = 1000
    reply: Bytes = 1000
    errors: Share = 0.0  # share of answers with status 500
    order: Order = "fifo"
    lifo_over: Annotated[Whole, Field(ge=0)] = 10  # of adaptive-lifo; assumption: HHVM leaves the number to its user
    by_priority: Flag = False  # a free worker takes the highest priority first, `order` holds within one
    slows: Slows | None = None
    cache: Cache | None = None
    shed: Shed = Shed()
    drops: Drops = ()
    cancels: Flag = False  # stops at once what it does for a caller that closed the connection, as who looks can
    rejects_with: Literal[429, 503] = 503  # the status of who is turned away
    retry_after: Seconds | None = None  # sent along with it

    @cached_property
    def plain(self) -> bool:
        """Whether it is no more than workers and a queue with a limit: nothing beyond `errors` is said."""
        return not self.model_fields_set - _PLAIN


_PLAIN = {"takes", "at_once", "queue", "request", "reply", "errors"}


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
    pdb: Pdb | None = None  # what evictions must leave alone
    serves: Serves | None = None


class Call(Value):
    """A call that a service makes for each call it gets, after its own work, holding its worker meanwhile."""

    to: Name  # a service or something external
    policy: PolicyRef = "none"
    transport: str = "go-net-http"
    share: Share = 1.0  # of the calls it gets
    times: Annotated[Whole, Field(ge=1)] = 1


class Ejects(Value):
    """Outlier ejection: a pod that fails `failures` requests of one caller in a row gets none for a while.

    The n-th time it rests for n · `rests`, at most `rests_most`; a pass that finds it in service takes one off its n.
    Passes come `every`, and end rests. Never more than `at_most` of the pods rest at once: with fewer than ten pods
    nobody does by the default, unless `always_one`. With less than half of the pods in service all get requests.
    Defaults: Envoy 1.40 `outlier_detection` (10 % holds for the first one too since 1.31, `always_eject_one_host`).
    """

    failures: Annotated[Whole, Field(ge=1)] = 5
    every: Annotated[Seconds, Field(gt=0)] = 10.0
    rests: Annotated[Seconds, Field(gt=0)] = 30.0
    rests_most: Annotated[Seconds, Field(gt=0)] = 300.0
    at_most: Share = 0.1
    always_one: Flag = False


class Service(Value):
    """A ClusterIP: a name in front of the ready pods of a workload.

    `balance`: kube-proxy draws a pod for each connection; the others choose one for each request, as the proxy of a
    mesh beside the caller does. `least-request` draws `choices` pods, one by one out of all, and takes the one with
    the fewest requests of this caller under way, the first drawn of equals (Envoy 1.40, `LeastRequestLoadBalancer`).
    `round-robin` begins with a pod of its own for each caller (Envoy alike).
    """

    of: Name
    port: Annotated[Whole, Field(ge=1, le=65535)] = 80
    calls: tuple[Call, ...] = ()
    balance: Literal["per-connection", "random", "round-robin", "least-request"] = "per-connection"
    choices: Annotated[Whole, Field(ge=1, le=8)] = 2
    ejects: Ejects | None = None  # only where `balance` chooses for each request

    @model_validator(mode="after")
    def _ejects_from_a_choice(self) -> Service:
        if self.ejects is not None and self.balance == "per-connection":
            raise ValueError("`ejects` goes with balance: random, round-robin or least-request: kube-proxy ejects none")
        return self
