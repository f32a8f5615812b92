"""A node as the model keeps it: the machine, its kubelet, and its Node object in the API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

from sim.model.cluster.backoff import Backoff
from sim.model.cluster.gates import WriteGate
from sim.model.cluster.heartbeat import Heartbeats
from sim.plan.streams import Stream
from sim.spec import cluster as spec

if TYPE_CHECKING:
    from sim.model.cluster.pods import Pod

__all__ = ["Host", "Kubelet", "Node", "Regime"]

Host: TypeAlias = Literal["up", "silent", "refusing"]
Kubelet: TypeAlias = Literal["running", "killed", "stopped"]
# how a kubelet lost its API server, which decides how it comes back (L3, H7, H12, K15, K16)
Regime: TypeAlias = Literal["died", "killed", "stopped", "cut", "silent", "refused", "eof", "switched"]


class Node:
    """One node. `ready` and the taints are the API's word, `host`, `kubelet` and `beating` the truth."""

    __slots__ = (
        "beating", "beats", "connected", "cordoned", "draw", "draws", "exists", "falls", "host", "index", "kubelet",
        "link_term", "linked", "lost_s", "name", "node_watch", "noexecute", "noschedule", "orphans", "pod_watch",
        "pods", "powered", "queued", "raced", "ready", "regime", "seen_s", "server", "silent_s", "spec",
        "taint_term", "term", "watching", "zone",
    )  # fmt: skip

    def __init__(self, name: str, of: spec.Node, index: int, draws: Stream, timings: dict[str, float]) -> None:
        self.name, self.spec, self.index, self.zone, self.draws = name, of, index, of.zone, draws
        # the machine and its kubelet
        self.host: Host = "up"
        self.powered = True  # False: its processes died (without power, or killed)
        self.kubelet: Kubelet = "running"
        self.linked = True  # False: a fault refuses the kubelet's connections to the API
        self.server: str | None = None  # the API server that it is connected to
        self.connected = True
        self.regime: Regime | None = None  # how the connection was lost; kept until the pod watch is back
        self.lost_s = 0.0  # when
        self.link_term = 0  # raised whenever the connection comes or goes: voids what was planned
        self.falls = 0  # how often it was lost: the row of its draws
        self.draw = draws.row(0)  # the uniform for a column of the present fall
        self.node_watch, self.pod_watch = Backoff(timings), Backoff(timings)
        self.watching = WriteGate()  # open: the kubelet hears of pods and is heard
        self.orphans: list[Pod] = []  # containers whose Pod object is gone
        # its heartbeats as they reach the API
        self.beats = Heartbeats(timings)
        self.beating = True
        self.silent_s = 0.0
        self.term = 0  # raised whenever heartbeats stop or come back: voids a planned detection
        # its Node object
        self.exists = True
        self.ready = True
        self.cordoned = of.cordoned
        self.noschedule = False
        self.noexecute = False
        self.queued = False  # waits for its NoExecute taint
        self.raced = False  # lost its turn once (lab 2)
        self.seen_s = 0.0  # when the taint controller first saw NoExecute (N13)
        self.taint_term = 0  # raised when evictions are planned or cancelled
        self.pods: dict[str, Pod] = {}

    def fall(self) -> None:
        """Begin a new fall: the connection to the API is lost, and what follows has draws of its own."""
        self.falls += 1
        self.draw = self.draws.row(self.falls)

    @property
    def open_to_pods(self) -> bool:
        """Whether ordinary pods may be placed here."""
        return self.exists and self.ready and not (self.cordoned or self.noschedule or self.noexecute)

    def __repr__(self) -> str:
        return f"<Node {self.name} {'Ready' if self.ready else 'Unknown'}, host {self.host}, kubelet {self.kubelet}>"
