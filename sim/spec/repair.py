"""Who ends a fault, and when: detection, then repair. Keyed by the fault's name."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Discriminator, Field, Tag

from sim.quantities import Name, Seconds, Share
from sim.spec.base import Flag, Value, Whole
from sim.spec.distributions import Constant, Distribution, _from_file, _tag

__all__ = ["Alert", "Cordon", "Crew", "Noticed", "Repair", "Replacement", "Watchdog"]


class Alert(Value):
    """An alert on the node's condition: `for` after Unknown, then routing to a person, then that person's response."""

    kind: Literal["alert"] = "alert"
    for_: Annotated[Seconds, Field(alias="for")] = 900.0  # kubernetes-mixin KubeNodeNotReady: 15m
    scrape: Seconds = 30.0  # U(0, scrape) + U(0, evaluation); kube-prometheus: 30 s each
    evaluation: Seconds = 30.0
    routing: Distribution = Constant(value=35.0)  # Alertmanager group_wait 30 s + delivery 5 s
    response: Distribution = Constant(value=0.0)


def _noticed(value: Any) -> Any:
    if isinstance(value, dict) and value.get("kind") == "alert":
        return value
    return _from_file(value)


def _noticed_tag(value: Any) -> str | None:
    return "alert" if _tag(value) == "alert" else "distribution"


Noticed = Annotated[
    Annotated[Alert, Tag("alert")] | Annotated[Distribution, Tag("distribution")],
    Discriminator(_noticed_tag),
    BeforeValidator(_noticed),
]


class Watchdog(Value):
    """A machine that restarts what stopped: notices `after`, needs `restarts_in`, `works` in a share of cases."""

    after: Distribution
    restarts_in: Distribution
    works: Share = 1.0


class Replacement(Value):
    """A machine that replaces the node: Unknown for `after`, Node object deleted, a new one ready `takes` later."""

    after: Distribution = Constant(value=300.0)  # Cluster API MachineHealthCheck quick start: 300 s
    takes: Distribution = Constant(value=120.0)  # assumption: VM, boot, join: median 120 s
    stops_above: Share = 0.4  # not while more than this share of the nodes is unhealthy


class Cordon(Value):
    """Cordon the node `after` it was found sick, so that nothing new lands there."""

    after: Distribution = Constant(value=30.0)


class Repair(Value):
    """What ends one fault. Without `noticed` nobody does (but a watchdog or a replacement may)."""

    noticed: Noticed | None = None
    fixed: Distribution = Constant(value=0.0)
    force_delete: Flag = False  # the person also force deletes the pods stuck in Terminating, on arrival
    force_delete_after: Distribution = Constant(value=120.0)  # assumption: 2 min after somebody looks
    crew: Name | None = None  # waits for a free one of that crew, first come first served
    watchdog: Watchdog | None = None
    replacement: Replacement | None = None
    cordon: Cordon | None = None


class Crew(Value):
    """People (or robots) who repair one thing at a time each."""

    size: Annotated[Whole, Field(ge=1)] = 1
