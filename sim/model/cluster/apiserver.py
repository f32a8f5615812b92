"""The control plane's servers: which API servers answer, whether writes work, who leads: K1, K2, K9, K15, K16, A11.

A server is an API server, a datastore member (etcd) and a candidate for both leaderships, on one node. Everything that
needs a write waits at a gate of `ClusterState` until `ControlPlane` opens it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from sim.model.cluster.connections import Connections
from sim.model.cluster.datastore import Datastore
from sim.model.cluster.leadership import Leadership
from sim.model.cluster.monitor import Monitor
from sim.model.cluster.nodes import Node
from sim.model.cluster.state import ClusterState
from sim.plan.streams import Stream
from sim.spec.cluster import ControlPlane as Spec

__all__ = ["ControlPlane", "Server"]

How = Literal["refused", "eof"]

_START, _FIRST_PASS = 0, 1  # columns of a server's start, of a monitor's term


class Server:
    """One server of the control plane."""

    __slots__ = ("alive", "how", "name", "node", "restarting", "started_s", "starts", "stopped", "told", "writes")

    def __init__(self, name: str, node: Node) -> None:
        self.name, self.node = name, node
        self.stopped = False  # a fault holds its API server down
        self.restarting = False  # its process exited or has just been started, and is not up yet
        self.how: How = "refused"  # what clients of a stopped API server see
        self.started_s = float("-inf")
        self.starts = 0
        self.alive = True  # its API answers (watches stand even where the datastore takes no writes)
        self.writes = True  # and carries out writes
        self.told = (True, False)  # what its candidates for the leaderships last heard: able, dead


class ControlPlane:
    """All servers together; the `Servers` of the kubelets' connections."""

    def __init__(
        self, state: ClusterState, spec: Spec, stream: Callable[[str], Stream], links_agree: Callable[[str, str], bool]
    ) -> None:
        self._state, self.balancer, self._stream = state, spec.balancer, stream
        self.servers = {name: Server(name, state.nodes[name]) for name in spec.servers}
        self.store = Datastore(state, spec.datastore, spec.servers, stream)
        self._links_agree = links_agree
        self._links_whole = True  # no link has ever been at fault
        self._settling = False
        self._stopped_members: dict[str, None] = {}
        self._alive = list(self.servers)
        self._single = bool(state.timings["single_process_count"])
        self.controllers = Leadership(state, "controller", state.controller, spec.servers, stream)
        self.schedulers = Leadership(state, "scheduler", state.scheduler, spec.servers, stream)
        self.store.changed = self._changed
        self.controllers.exited = self.schedulers.exited = self._exited
        self._terms = 0
        self._connections: Connections | None = None

    def connect(self, connections: Connections, monitor: Monitor) -> None:
        """Wire what must hear of changes."""
        self._connections = connections
        self.controllers.lost = monitor.leader_lost
        self.controllers.won = lambda: monitor.new_leader(self._first_pass_s())

    def _first_pass_s(self) -> float:
        """Return the first pass of a new leader's monitor: once its caches are filled, within a second (assumption)."""
        self._terms += 1
        return self._state.clock.now + self._stream("monitor").uniform(self._terms, _FIRST_PASS)

    # ---- the `Servers` of the connections

    def alive(self) -> list[str]:
        """Return the servers whose API answers (watches stand even where the datastore takes no writes)."""
        return self._alive

    def started_s(self, server: str) -> float:
        """Return when a server was started last."""
        return self.servers[server].started_s

    def _look(self, server: Server) -> None:
        """Work out whether a server answers, and whether it writes."""
        runs = not (server.stopped or server.restarting) and server.node.host == "up"
        has_member = runs and self.store.is_up(server.name)
        # K9: its own member down is the API server down, unless nobody has a quorum and all just wait
        server.alive = has_member or (runs and not self.store.quorate)
        server.writes = has_member and self.store.takes_writes

    # ---- what happens to servers

    def node_changed(self, node: Node, died: bool) -> None:
        """Take note that the machine of a server went or came back; `died`: so did its processes."""
        server = self.servers.get(node.name)
        if server is None:
            return
        if node.host == "up" and died:
            self._start(server)
        elif died:
            server.starts += 1  # what was starting is dead as well
            server.restarting = False
        self._members()

    def links_changed(self) -> None:
        """Look again at which members can talk to each other."""
        if len(self.store.members) > 1:
            self._links_whole = False
            self._members()

    def _members(self) -> None:
        """Tell the datastore which members count: those that run, in the largest group that is connected."""
        running = [
            name
            for name in self.store.members
            if self.servers[name].node.host == "up" and name not in self._stopped_members
        ]
        group = running if self._links_whole else self._largest_group(running)
        self._settling = True  # one look at what follows, not one for each member
        for name in self.store.members:  # first who comes, then who goes: a swap is no loss of quorum
            if name in group:
                self.store.set_up(name, True)
        for name in self.store.members:
            if name not in group:
                self.store.set_up(name, False)
        self._settling = False
        self._changed()

    def _largest_group(self, running: list[str]) -> list[str]:
        best: list[str] = []
        for name in running:
            group = [other for other in running if other == name or self._links_agree(name, other)]
            if len(group) > len(best):
                best = group
        return best

    def stop_member(self, name: str) -> str:
        """Stop a datastore member, or the `leader`; return its name."""
        name = self.leader_or(name)
        self._stopped_members[name] = None
        self._members()
        return name

    def leader_or(self, name: str) -> str:
        """Return a member's name; `leader` is who leads now, or the first where nobody does."""
        return (self.store.leader or self.store.members[0]) if name == "leader" else name

    def start_member(self, name: str) -> None:
        """Start a datastore member again."""
        self._stopped_members.pop(name, None)
        self._members()

    def stop(self, name: str, how: How) -> None:
        """Stop an API server, or `all`."""
        for server in self.servers.values():
            if name in (server.name, "all"):
                server.stopped, server.how = True, how
        self._changed()

    def start(self, name: str) -> None:
        """Start an API server, or `all`; each answers a moment later."""
        for server in self.servers.values():
            if name in (server.name, "all") and server.stopped:
                server.stopped = False
                self._start(server)
        self._changed()

    def _start(self, server: Server, low: str = "apiserver_start_min_s", high: str = "apiserver_start_max_s") -> None:
        timings = self._state.timings
        server.restarting = True
        server.starts += 1
        u = self._stream(f"server/{server.name}").uniform(server.starts, _START)
        self._state.clock.after(
            timings[low] + (timings[high] - timings[low]) * u, self._started, (server, server.starts)
        )

    def _started(self, of: tuple[Server, int]) -> None:
        server, starts = of
        if server.starts == starts:
            server.restarting = False
            server.started_s = self._state.clock.now
            self._changed()

    def _exited(self, name: str) -> None:
        """A controller lost its lease and exited: in K3s the whole server process ends with it (K1, K2, K3)."""
        server = self.servers[name]
        if self._single and not server.restarting and not server.stopped and server.node.host == "up":
            server.how = "refused"
            self._state.clock.after(self._state.timings["server_restart_s"], self._again, server)
            server.restarting = True
            server.starts += 1
            self._changed()

    def _again(self, server: Server) -> None:
        if server.restarting and server.node.host == "up":
            self._start(server, "server_start_min_s", "server_start_max_s")

    # ---- what follows

    def _changed(self) -> None:
        """Tell everybody what changed: events, gates, leaders, connections."""
        if self._settling:
            return
        gone: list[Server] = []
        back: list[Server] = []
        for server in self.servers.values():
            was_alive = server.alive
            self._look(server)
            if server.alive != was_alive:
                (back if server.alive else gone).append(server)
        if gone or back:
            self._alive = [server.name for server in self.servers.values() if server.alive]
        for server in gone:
            self._state.event("api_down", "cluster", {"server": server.name})
        for server in back:
            self._state.event("api_up", "cluster", {"server": server.name})
        self._gates()
        if self._connections is not None:
            for server in gone:
                self._connections.server_lost(server.name, self._how(server))
            for server in back:
                self._connections.server_back(server.name)

    @staticmethod
    def _how(server: Server) -> Literal["refused", "eof", "silent"]:
        if server.node.host == "silent":
            return "silent"
        return server.how if server.stopped else "refused"

    def _gates(self) -> None:
        writable = any(server.writes for server in self.servers.values())
        if not writable:
            self._state.writes.close()
        for server in self.servers.values():
            able, dead = told = (server.writes, not server.node.powered)
            if told == server.told:
                continue
            server.told = told
            regime = server.how if server.stopped else "stall" if server.alive else "refused"
            self.controllers.set_able(server.name, able, dead, regime)
            self.schedulers.set_able(server.name, able, dead, regime)
        self._state.gauges.set("control_plane_up_share", "cluster", 1.0 if writable else 0.0)
        if writable and not self._state.writes.is_open:
            self._state.writes.open()
