"""`ClusterModel`: nodes and control plane of one run, tied together; what faults, repairs and traffic talk to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from sim.model.clock import Clock
from sim.model.cluster.apiserver import ControlPlane
from sim.model.cluster.connections import Connections
from sim.model.cluster.endpoints import Endpoints
from sim.model.cluster.evictions import Evictions
from sim.model.cluster.kubelets import Kubelets
from sim.model.cluster.lifecycle import Lifecycle
from sim.model.cluster.monitor import Monitor
from sim.model.cluster.node_monitor import Passes
from sim.model.cluster.nodes import Node, Regime
from sim.model.cluster.placement import Placement
from sim.model.cluster.podgc import PodGc
from sim.model.cluster.pods import Pod, Signal, State
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
        self.nodes: Mapping[str, Node] = state.nodes
        self.pods: Mapping[str, Pod] = state.pods
        self.endpoints = Endpoints(clock, tuple(scenario.services), self.timings)
        self._slices = Slices(state, self.endpoints)
        self._kubelets = Kubelets(state, self._slices)
        self._placement = Placement(state, self._kubelets)
        self._lifecycle = Lifecycle(state, self._placement, self._kubelets, self._slices)
        self._evictions = Evictions(state, self._placement, self._lifecycle)
        self._wire(spec.control_plane or ControlPlaneSpec(servers=(next(iter(spec.nodes)),), datastore="sqlite"))
        self._place_all()

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

    # ---- the start

    def _place_all(self) -> None:
        """Place every pod at once, all Ready, as a cluster that has long been running."""
        waiting: list[Pod] = []
        for deployed in self._state.workloads.values():
            waiting += self._initial(deployed)
        placed = True
        while waiting and placed:  # a workload may want to be near one that comes later in the file
            left = [pod for pod in waiting if not self._place(pod)]
            waiting, placed = left, len(left) < len(waiting)
        self._unplaced = waiting

    def _initial(self, deployed: Deployed) -> list[Pod]:
        kind, name = deployed.spec.kind, deployed.name
        if kind != "daemon":
            return [self._lifecycle.create(deployed) for _ in range(deployed.desired)]
        pods = []
        for node in self._state.nodes if deployed.desired else ():
            pod = self._lifecycle.create(deployed, f"{name}-{node}")
            pod.wanted = node
            pods.append(pod)
        return pods

    def _place(self, pod: Pod) -> bool:
        row = self._placement.choose(pod)
        if row is None:
            return False
        self._placement.bind(pod, self._placement.nodes[row])
        pod.signal(Signal.PROBED)
        return True

    def start(self) -> None:
        """Write the gauges of the start and let containers run; from then on only changes cost anything."""
        state, gauges = self._state, self._state.gauges
        for node in state.nodes.values():
            gauges.nodes, gauges.ready = gauges.nodes + 1, gauges.ready + 1
            gauges.all_cpu, gauges.ready_cpu = gauges.all_cpu + node.spec.cpu, gauges.ready_cpu + node.spec.cpu
            gauges.set("node_ready", f"node/{node.name}", 1.0)
        gauges.shares()
        gauges.set("control_plane_up_share", "cluster", 1.0)
        gauges.set("pods_terminating", "cluster", 0.0)
        gauges.set("pods_pending", "cluster", 0.0)
        for pod in state.pods.values():
            if pod.node is not None:
                self._kubelets.run(pod)
                state.pod_event("pod_ready", pod)
                for service in pod.of.services:
                    self.endpoints.put(service, pod)
        for service in self._plan.scenario.services:
            gauges.set("pods_ready", f"service/{service}", self.endpoints.ready_count(service))
        self.endpoints.settle()
        for pod in self._unplaced:
            self._placement.schedule(pod)
        self._network.watch(self._link_changed)

    # ---- links

    def _link_changed(self, name: str) -> None:
        """Look again at the connections that a changed link carries (`a--b`, a node, or anything else: all)."""
        ends = [self._state.nodes[end] for end in name.split("--") if end in self._state.nodes]
        if "->" in name:
            return  # the path of a call is no link of the control plane's
        self._plane.links_changed()
        for node in ends or self._state.nodes.values():
            self._connections.check(node, "silent")

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
        self._network.set_host(node, it.host)
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
        self._network.set_host(node, "up")
        self._state.event("kubelet_started", f"node/{node}", {"how": how})
        self._plane.node_changed(it, how != "cut")
        self._connections.check(it)

    # ---- faults of pods

    def kill_pods(self, workload: str, count: int) -> None:
        """Delete `count` pods of a workload, which ones is drawn; the workload makes new ones."""
        self._state.writes.when_open(self._kill, (self._state.workloads[workload], count))

    def _kill(self, of: tuple[Deployed, int]) -> None:
        deployed, count = of
        active = [pod for pod in deployed.pods.values() if pod.active]
        for k in range(min(count, len(active))):
            u = deployed.draws.uniform(deployed.serial, 4 + k)
            self._lifecycle.delete(active.pop(int(u * len(active))))

    def scale(self, workload: str, replicas: int) -> None:
        """Change how many pods a workload should have."""
        self._state.writes.when_open(self._scale, (self._state.workloads[workload], replicas))

    def _scale(self, of: tuple[Deployed, int]) -> None:
        deployed, replicas = of
        deployed.desired = replicas
        self._lifecycle.reconcile(deployed)

    # ---- faults of the control plane

    def stop_member(self, member: str) -> str:
        """Stop a datastore member, by name or the `leader` of this moment; return its name."""
        return self._plane.stop_member(member)

    def start_member(self, member: str) -> None:
        """Start a datastore member again."""
        self._plane.start_member(member)

    def stop_apiserver(self, server: str, how: Literal["refused", "eof"]) -> None:
        """Stop an API server, or `all`; its clients see refusals, or a proxy that accepts and closes (`eof`)."""
        self._plane.stop(server, how)

    def start_apiserver(self, server: str) -> None:
        """Start an API server, or `all`."""
        self._plane.start(server)

    # ---- people and machines that repair

    def cordon(self, node: str) -> None:
        """Let no new pods onto a node."""
        self._state.writes.when_open(self._set_cordon, (self._state.nodes[node], True))

    def uncordon(self, node: str) -> None:
        """Undo `cordon`."""
        self._state.writes.when_open(self._set_cordon, (self._state.nodes[node], False))

    def _set_cordon(self, of: tuple[Node, bool]) -> None:
        node, cordoned = of
        if node.cordoned != cordoned:
            node.cordoned = cordoned
            self._state.event("node_cordoned" if cordoned else "node_uncordoned", f"node/{node.name}")
            self._placement.node_changed(node)

    def remove_node(self, node: str) -> None:
        """Delete a Node object; its pods are force deleted 40–80 s later (N16)."""
        self._state.writes.when_open(self._remove, self._state.nodes[node])

    def _remove(self, node: Node) -> None:
        if not node.exists:
            return
        node.exists = False
        node.term += 1
        self._monitor.heard(node)
        self._state.event("node_removed", f"node/{node.name}")
        self._evictions.removed(node)
        self._state.gauges.node_counts(-1, -1 if node.ready else 0, node.spec.cpu)
        node.ready = False
        self._state.gauges.set("node_ready", f"node/{node.name}", 0.0)
        self._placement.node_changed(node)
        self._podgc.node_removed(list(node.pods.values()))

    def add_node(self, node: str) -> None:
        """Let a new machine join under a removed node's name: up at once, Ready when its kubelet has registered."""
        self._state.writes.when_open(self._add, self._state.nodes[node])

    def _add(self, node: Node) -> None:
        if node.exists:
            return
        if node.connected or node.powered:
            self._kubelets.lost(node, "killed")  # the machine that is replaced goes with what still runs on it
        was_up = node.host == "up"
        node.exists, node.cordoned, node.beating, node.connected = True, False, False, False
        node.host, node.powered, node.kubelet, node.linked, node.regime = "up", True, "running", True, "died"
        node.lost_s = self._clock.now
        node.watching.close()
        node.link_term += 1
        self._state.event("node_added", f"node/{node.name}")
        self._evictions.added(node)
        self._state.gauges.node_counts(1, 0, node.spec.cpu)
        if not was_up:
            self._network.set_host(node.name, "up")
            self._plane.node_changed(node, died=True)
        self._connections.check(node)
        for deployed in self._state.workloads.values():
            if deployed.spec.kind == "daemon":
                self._lifecycle.reconcile(deployed)

    def force_delete(self, node: str) -> None:
        """Delete with grace 0 the pods that hang in Terminating on a node (P3)."""
        self._state.writes.when_open(self._force_delete, self._state.nodes[node])

    def _force_delete(self, node: Node) -> None:
        stuck = [pod for pod in node.pods.values() if pod.state is State.TERMINATING]
        for pod in stuck:
            self._lifecycle.force(pod)
        if stuck:
            self._state.event("force_deleted", f"node/{node.name}", {"pods": len(stuck)})

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
        return 1.0 - gauges.ready / gauges.nodes if gauges.nodes else 0.0

    def where_runs(self, workload: str) -> tuple[str, ...]:
        """Return the nodes on which containers of a workload run now, oldest pod first."""
        pods = self._state.workloads[workload].pods.values()
        return tuple(pod.node.name for pod in pods if pod.running and pod.node is not None)
