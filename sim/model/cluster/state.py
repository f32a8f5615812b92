"""What all parts of the control plane share: clock, journal, timings, objects, gates and gauges."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, Protocol

from sim.model.clock import Clock
from sim.model.cluster.endpoints import Endpoint
from sim.model.cluster.gates import WriteGate
from sim.model.cluster.nodes import Node
from sim.model.cluster.pods import Pod
from sim.model.cluster.workloads import Deployed

__all__ = ["ClusterState", "Gauges", "Hooks", "Journalled", "Links"]


class Journalled(Protocol):
    """Where events and samples go (`sim.record.Recorder`)."""

    def event(
        self, t_s: float, kind: str, subject: str, detail: dict[str, Any] | None = None, planned_s: float | None = None
    ) -> None:
        """Write an event."""

    def sample(self, t_s: float, metric: str, subject: str, value: float) -> None:
        """Write a gauge's new value."""


class Links(Protocol):
    """What the cluster needs of the network."""

    def reachable(self, src: str, dst: str) -> bool:
        """Tell whether a connection could be made."""
        ...

    def set_host(self, node: str, state: Literal["up", "silent", "refusing"]) -> None:
        """Let a node's addresses answer (`up`), refuse or be silent."""

    def watch(self, fn: Callable[[str], None]) -> None:
        """Call `fn(name)` after each change of a link's state."""


class Hooks(Protocol):
    """What the traffic wing wants to hear."""

    def container_started(self, endpoint: Endpoint) -> None:
        """A pod's container runs."""

    def container_stopped(self, endpoint: Endpoint, how: str) -> None:
        """A pod's container is gone: `stopped` in order, `killed` (connects are refused) or `silent`."""


class Gauges:
    """Counters that write a sample when they change."""

    __slots__ = ("_capacity", "_clock", "_sample", "_values", "all_cpu", "nodes", "ready", "ready_cpu")

    def __init__(self, clock: Clock, recorder: Journalled) -> None:
        self._clock, self._sample = clock, recorder.sample
        self._values: dict[tuple[str, str], float] = {}
        self.nodes = self.ready = 0
        self.all_cpu = self.ready_cpu = 0.0

    def set(self, metric: str, subject: str, value: float) -> None:
        """Note a gauge's value; a sample is written if it is new."""
        key = (metric, subject)
        if self._values.get(key) != value:
            self._values[key] = value
            self._sample(self._clock.now, metric, subject, value)

    def add(self, metric: str, by: int) -> None:
        """Change a counter of the cluster."""
        self.set(metric, "cluster", self._values.get((metric, "cluster"), 0.0) + by)

    def node_counts(self, by_nodes: int, by_ready: int, cpu: float) -> None:
        """Account for a node that comes (`by_nodes` +1), goes (−1), turns Ready (`by_ready` +1) or not (−1)."""
        self.nodes += by_nodes
        self.all_cpu += by_nodes * cpu
        self.ready += by_ready
        self.ready_cpu = self.ready_cpu + by_ready * cpu if self.ready else 0.0
        self.shares()

    def shares(self) -> None:
        """Write the shares of nodes and of their cpu that are Ready."""
        self.set("node_ready_share", "cluster", self.ready / self.nodes if self.nodes else 0.0)
        share = 1.0 if self.ready == self.nodes else self.ready_cpu / self.all_cpu if self.all_cpu else 0.0
        self.set("capacity_ready_share", "cluster", share)


class ClusterState:
    """The objects of the API and those who may write them."""

    def __init__(self, clock: Clock, recorder: Journalled, hooks: Hooks, timings: dict[str, float]) -> None:
        self.clock, self.recorder, self.hooks, self.timings = clock, recorder, hooks, timings
        self.nodes: dict[str, Node] = {}
        self.pods: dict[str, Pod] = {}
        self.workloads: dict[str, Deployed] = {}
        self.gauges = Gauges(clock, recorder)
        self.writes = WriteGate()  # an API server answers and its datastore takes writes
        self.controller = WriteGate()  # and a controller-manager leads
        self.scheduler = WriteGate()  # and a scheduler leads
        self.reaction_s = timings["reaction_mean_s"]

    def event(self, kind: str, subject: str, detail: dict[str, Any] | None = None) -> None:
        """Write an event of now."""
        self.recorder.event(self.clock.now, kind, subject, detail)

    def pod_event(self, kind: str, pod: Pod) -> None:
        """Write an event about a pod."""
        self.recorder.event(self.clock.now, kind, pod.subject, pod.detail)
