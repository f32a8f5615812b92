"""A pod and the table of what may happen to it: rules P1–P3, P8–P11.

The states are those of the Pod *object* in the API; whether a container runs on the node is another matter
(`Pod.running`): on a node that was cut off the two differ, and that difference is the point.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import Enum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sim.model.cluster.endpoints import Endpoint
    from sim.model.cluster.nodes import Node
    from sim.model.cluster.workloads import Deployed

__all__ = ["NEXT", "Pod", "Signal", "State"]


class State(Enum):
    """Where a Pod object is in its life."""

    PENDING = "pending"  # no node yet
    STARTING = "starting"  # bound to a node, not ready
    READY = "ready"
    NOT_READY = "not ready"  # was ready before
    TERMINATING = "terminating"  # has a deletionTimestamp; the object waits for the kubelet's word (P2)
    GONE = "gone"

    __hash__ = object.__hash__  # Enum's own hashes the name, in Python: slow where `NEXT` is looked up


class Signal(Enum):
    """What moves a Pod object on."""

    BOUND = "bound"  # the scheduler chose a node
    PROBED = "probed"  # the readiness probe succeeded (P8, P11)
    UNREADY = "unready"  # the node controller (N6) or a restarted kubelet (P10) says not ready
    DELETED = "deleted"  # DELETE: eviction, scale down, a person
    CONFIRMED = "confirmed"  # the kubelet says that the containers have stopped (P2)
    FORCED = "forced"  # grace 0: object gone at once, containers may still run (P3)

    __hash__ = object.__hash__


NEXT: Mapping[State, Mapping[Signal, State]] = {
    State.PENDING: {Signal.BOUND: State.STARTING, Signal.DELETED: State.GONE, Signal.FORCED: State.GONE},
    State.STARTING: {
        Signal.PROBED: State.READY,
        Signal.UNREADY: State.STARTING,
        Signal.DELETED: State.TERMINATING,
        Signal.FORCED: State.GONE,
    },
    State.READY: {
        Signal.PROBED: State.READY,
        Signal.UNREADY: State.NOT_READY,
        Signal.DELETED: State.TERMINATING,
        Signal.FORCED: State.GONE,
    },
    State.NOT_READY: {
        Signal.PROBED: State.READY,
        Signal.UNREADY: State.NOT_READY,
        Signal.DELETED: State.TERMINATING,
        Signal.FORCED: State.GONE,
    },
    State.TERMINATING: {
        Signal.UNREADY: State.TERMINATING,
        Signal.PROBED: State.TERMINATING,
        Signal.DELETED: State.TERMINATING,
        Signal.CONFIRMED: State.GONE,
        Signal.FORCED: State.GONE,
    },
    State.GONE: dict.fromkeys(Signal, State.GONE),
}


class Pod:
    """One pod: its object's state in the API, and its container on the node."""

    __slots__ = (
        "attempts", "detail", "draw", "endpoint", "incarnation", "name", "node", "of", "reactions", "running",
        "serial", "state", "subject", "tried_s", "wanted",
    )  # fmt: skip

    def __init__(self, name: str, of: Deployed, serial: int, draw: Callable[[int], float]) -> None:
        self.name, self.of, self.serial = name, of, serial
        self.draw = draw  # the uniform for a column of its row
        self.subject = f"pod/{name}"  # what its events are about, and what they say of it
        self.detail: dict[str, Any] = {"node": None, "workload": of.name}
        self.state = State.PENDING
        self.node: Node | None = None
        self.endpoint: Endpoint | None = None
        self.running = False  # a container runs
        self.incarnation = 0  # of the container: raised when it dies, so that what was planned for it is void
        self.reactions = 0  # how many delays were drawn for it
        self.attempts = 0  # of the scheduler, in vain
        self.tried_s = 0.0
        self.wanted: str | None = None  # the one node it is for (a DaemonSet's pod)

    def signal(self, what: Signal) -> bool:
        """Move the object on and tell whether that changed its state."""
        before = self.state
        self.state = now = NEXT[before][what]
        if (now is State.READY) != (before is State.READY):
            self.of.turned(1 if now is State.READY else -1)
        return now is not before

    def bound(self, node: Node) -> None:
        """Take note of the node that the scheduler chose."""
        self.signal(Signal.BOUND)
        self.node = node
        self.detail = {"node": node.name, "workload": self.of.name}

    @property
    def ready(self) -> bool:
        """Whether the object is Ready and not terminating."""
        return self.state is State.READY

    @property
    def active(self) -> bool:
        """Whether the object counts as a replica (D1: not once it has a deletionTimestamp)."""
        return self.state is not State.TERMINATING and self.state is not State.GONE

    def __repr__(self) -> str:
        return f"<Pod {self.name} {self.state.value} on {self.node.name if self.node else 'no node'}>"
