"""`ClusterModel`: nodes and control plane of one run, tied together; what faults, repairs and traffic talk to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from sim.model.clock import Clock
from sim.model.cluster.apiserver import ControlPlane
from sim.model.cluster.beginning import Beginning
from sim.model.cluster.connections import Connections
from sim.model.cluster.disks import Disks
from sim.model.cluster.endpoints import Endpoints
from sim.model.cluster.evictions import Evictions
from sim.model.cluster.kubelets import Kubelets
from sim.model.cluster.lifecycle import Lifecycle
from sim.model.cluster.monitor import Monitor
from sim.model.cluster.node_monitor import Passes
from sim.model.cluster.nodes import Node, Regime
from sim.model.cluster.operations import Operations
from sim.model.cluster.operators import Operators
from sim.model.cluster.placement import Placement
from sim.model.cluster.podgc import PodGc
from sim.model.cluster.pods import Pod
from sim.model.cluster.ready_shares import ReadyShares
from sim.model.cluster.slices import Slices
from sim.model.cluster.state import ClusterState, Hooks, Journalled, Links
from sim.model.cluster.workloads import Deployed
from sim.plan.plan import Plan
from sim.presets.timings import timings as preset_timings
from sim.spec.cluster import ControlPlane as ControlPlaneSpec

__all__ = ["ClusterModel", "Phases"]

KubeletHow = Literal["killed", "stopped", "cut"]
NodeHow = Literal["cut", "power", "killed"]

_HOST: Mapping[NodeHow, Literal["silent", "refusing"]] = {"cut": "silent", "power": "silent", "killed": "refusing"}
_LOST: Mapping[NodeHow, Regime] = {"cut": "silent", "power": "died", "killed": "died"}


@dataclass(frozen=True, slots=True)
class Phases:
    """Given instead of drawn (run clock, ascending): passes of the monitor, last heartbeats of nodes that fall silent.

    `heartbeats`: node → (lease renewals, status heartbeats), used the first time that the node falls silent.
    """

    passes: tuple[float, ...] = ()
    heartbeats: Mapping[str, tuple[tuple[float, ...], tuple[float, ...]]] = field(default_factory=dict)


class ClusterModel:
    """The cluster of one run. Build it, `start()` it, then let the clock advance.

    Draws are addressed by entity: `node/NAME`, `workload/NAME` with the pod's serial as row, `server/NAME`,
    `member/NAME`, `leader/KIND/SERVER`, `monitor`. Ties between nodes are broken by a draw of the pod over the
    scenario's order, so renaming nodes (and their streams with them) changes nothing but names.
    """

    def __init__(
        self,
        clock: Clock,
        plan: Plan,
        recorder: Journalled,
        network: Links,
        hooks: Hooks,
        *,
        phases: Phases | None = None,
    ) -> None:
        scenario, spec = plan.scenario, plan.scenario.cluster
        self.timings = preset_timings(spec.preset) | dict(spec.timings)
        self._clock, self._plan, self._network = clock, plan, network
        self._phases = phases or Phases()
        state = self._state = ClusterState(clock, recorder, hooks, self.timings)
        for index, (name, node) in enumerate(spec.nodes.items()):
            state.nodes[name] = Node(name, node, index, plan.stream(f"node/{name}"), self.timings)
        for name, workload in scenario.workloads.items():
            services = tuple(service for service, of in scenario.services.items() if of.of == name)
            draws = plan.stream(f"workload/{name}")
            state.workloads[name] = Deployed(name, workload, services, draws, self.timings["toleration_s"])
        self._ready_shares = ReadyShares(state, scenario)
        self.nodes: Mapping[str, Node] = state.nodes
        self.pods: Mapping[str, Pod] = state.pods
        self.endpoints = Endpoints(clock, tuple(scenario.services), self.timings)
        self._slices = Slices(state, self.endpoints)
        self._kubelets = Kubelets(state, self._slices)
        self._placement = Placement(state, self._kubelets)
        self._lifecycle = Lifecycle(state, self._placement, self._kubelets, self._slices)
        self._evictions = Evictions(state, self._placement, self._lifecycle)
        self._wire(spec.control_plane or ControlPlaneSpec(servers=(next(iter(spec.nodes)),), datastore="sqlite"))
        self._beginning = Beginning(state, self._placement, self._lifecycle, self._kubelets, self.endpoints)
        self._operators = Operators(
            state, self._placement, self._lifecycle, self._kubelets, self._evictions, self._monitor, self._podgc
        )
        self._operators.machine_up = self._machine_up
        self.operations = Operations(state, self._lifecycle, Disks(clock, self._plane.store))

    def _wire(self, spec: ControlPlaneSpec) -> None:
        state, plan, draw = self._state, self._plan, self._plan.stream("monitor").uniform
        period_s = self.timings["monitor_period_s"]
        passes = Passes(self._clock.now - period_s * draw(0), period_s, self._phases.passes)
        self._monitor = Monitor(state, self._kubelets, self._evictions, passes)
        self._podgc = PodGc(state, self._lifecycle, self._clock.now - self.timings["podgc_period_s"] * draw(0, 1))
        self._plane = ControlPlane(state, spec, plan.stream, self._network.reachable)
        self._connections = Connections(state, self._kubelets, self._monitor, self._plane, self._network)
        self._connections.stopped = self._given_beats
        self._connections.heard = self.endpoints.heard
        self.endpoints.hears = self._proxy_hears
        self._plane.connect(self._connections, self._monitor)
        self._given = dict(self._phases.heartbeats)
        self._own_change = False
        self._detours = any(link.via is not None for link in plan.scenario.cluster.links.values())
        self._once: dict[str, list[Callable[[], object]]] = {}
        self.on_unknown(self._tell_once)
        for node in state.nodes.values():
            self._connections.attach(node)

    def _given_beats(self, node: Node) -> bool:
        beats = self._given.pop(node.name, None)
        if beats is not None:
            node.beats.leases, node.beats.statuses = list(beats[0]), list(beats[1])
        return beats is not None

    def _proxy_hears(self, name: str) -> bool:
        """Tell whether a node's kube-proxy hears from the API: not while its own way there is cut or just back."""
        node = self._state.nodes.get(name)
        return node is None or node.regime is None or node.regime in ("killed", "stopped")

    def start(self) -> None:
        """Write the gauges of the start and let containers run; from then on only changes cost anything."""
        self._beginning.begin()
        self._ready_shares.begin()
        self._network.watch(self._link_changed)

    # ---- links

    def _link_changed(self, name: str) -> None:
        """Look again at the connections that a changed link carries: those of its ends, or all where some go `via`."""
        if self._own_change or "->" in name:  # the path of a call is no link of the control plane's
            return
        nodes = self._state.nodes
        ends = [nodes[end] for end in name.split("--") if end in nodes]
        self._plane.links_changed()
        for node in nodes.values() if self._detours else ends:
            self._connections.check(node, "silent")

    def _set_host(self, node: str, host: Literal["up", "silent", "refusing"]) -> None:
        self._own_change = True  # what follows from it, the caller says
        self._network.set_host(node, host)
        self._own_change = False

    # ---- faults of nodes

    def stop_kubelet(self, node: str, how: KubeletHow) -> None:
        """Stop a node's heartbeats; its pods go on serving. `how` decides how it comes back."""
        it = self._state.nodes[node]
        if how == "cut":
            it.linked = False
        else:
            it.kubelet = how
        self._state.event("kubelet_stopped", f"node/{node}", {"how": how})
        self._connections.check(it, how)

    def start_kubelet(self, node: str, how: KubeletHow) -> None:
        """Undo `stop_kubelet`."""
        it = self._state.nodes[node]
        if how == "cut":
            it.linked = True
        else:
            it.kubelet = "running"
        self._state.event("kubelet_started", f"node/{node}", {"how": how})
        self._connections.check(it)

    def lose_node(self, node: str, how: NodeHow) -> None:
        """Lose a machine: `cut` (silence, pods live on inside), `power` (silence) or `killed` (refusals); pods die."""
        it = self._state.nodes[node]
        died = how != "cut"
        it.host, it.powered = _HOST[how], not died
        self._set_host(node, it.host)
        self._state.event("kubelet_stopped", f"node/{node}", {"how": how})
        self._connections.check(it, _LOST[how])
        if died:
            self._kubelets.lost(it, "killed" if how == "killed" else "silent")
        self._plane.node_changed(it, died)

    def return_node(self, node: str, how: NodeHow) -> None:
        """Undo `lose_node`; nothing happens if the machine has been replaced meanwhile."""
        it = self._state.nodes[node]
        if it.host == "up":
            return
        it.host, it.powered = "up", True
        self._set_host(node, "up")
        self._state.event("kubelet_started", f"node/{node}", {"how": how})
        self._plane.node_changed(it, how != "cut")
        self._connections.check(it)

    # ---- faults of the control plane

    def stop_member(self, member: str) -> str:
        """Stop a datastore member, by name or the `leader` of this moment; return its name."""
        return self._plane.stop_member(member)

    def leader_or(self, member: str) -> str:
        """Return a datastore member's name, `leader` being who leads now."""
        return self._plane.leader_or(member)

    def start_member(self, member: str) -> None:
        """Start a datastore member again."""
        self._plane.start_member(member)

    @property
    def servers(self) -> tuple[str, ...]:
        """Return the names of the control plane's servers."""
        return tuple(self._plane.servers)

    def stop_apiserver(self, server: str, how: Literal["refused", "eof"]) -> None:
        """Stop an API server, or `all`; its clients see refusals, or a proxy that accepts and closes (`eof`)."""
        self._plane.stop(server, how)

    def start_apiserver(self, server: str) -> None:
        """Start an API server, or `all`."""
        self._plane.start(server)

    # ---- people and machines that repair

    def cordon(self, node: str) -> None:
        """Let no new pods onto a node."""
        self._state.writes.when_open(self._operators.cordon, self._state.nodes[node])

    def uncordon(self, node: str) -> None:
        """Undo `cordon`."""
        self._state.writes.when_open(self._operators.uncordon, self._state.nodes[node])

    def remove_node(self, node: str) -> None:
        """Delete a Node object; its pods are force deleted 40–80 s later (N16)."""
        self._state.writes.when_open(self._operators.remove, self._state.nodes[node])

    def add_node(self, node: str) -> None:
        """Let a new machine join under a removed node's name: up at once, Ready when its kubelet has registered."""
        self._state.writes.when_open(self._operators.add, self._state.nodes[node])

    def force_delete(self, node: str) -> None:
        """Delete with grace 0 the pods that hang in Terminating on a node (P3)."""
        self._state.writes.when_open(self._operators.force_delete, self._state.nodes[node])

    def _machine_up(self, node: Node, was_up: bool) -> None:
        """Let a replaced machine be reachable, and its kubelet register."""
        if not was_up:
            self._set_host(node.name, "up")
            self._plane.node_changed(node, died=True)
        self._connections.check(node)

    # ---- who wants to know

    def on_unknown(self, fn: Callable[[str], None]) -> None:
        """Call `fn(node)` whenever a node turns Unknown."""
        self._monitor.on_unknown.append(fn)

    def on_ready(self, fn: Callable[[str], None]) -> None:
        """Call `fn(node)` whenever a node turns Ready again."""
        self._monitor.on_ready.append(fn)

    def once_unknown(self, node: str, fn: Callable[[], object]) -> None:
        """Call `fn()` when a node turns Unknown, or now if it is."""
        if self._state.nodes[node].ready:
            self._once.setdefault(node, []).append(fn)
        else:
            fn()

    def _tell_once(self, node: str) -> None:
        for fn in self._once.pop(node, ()):
            fn()

    def unhealthy_share(self) -> float:
        """Return the share of Node objects that are not Ready."""
        gauges = self._state.gauges
        return (gauges.nodes - gauges.ready) / gauges.nodes if gauges.nodes else 0.0
