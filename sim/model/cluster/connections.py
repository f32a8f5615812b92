"""Each kubelet's connection to an API server: how it is lost, how another server is found, how it comes back.

Heartbeats flow while the connection stands; nothing is simulated for them. Loss and return are events of the node.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from sim.model.cluster.kubelets import Kubelets
from sim.model.cluster.monitor import Monitor
from sim.model.cluster.nodes import Node, Regime
from sim.model.cluster.returns import comes_back
from sim.model.cluster.state import ClusterState, Links

__all__ = ["Connections", "Servers"]

Term = tuple[Node, int]  # a node and the term of its connection for which something was planned

_PICK, _SWITCH = 90, 91  # columns of a node's fall
_WORST: tuple[Regime, ...] = ("died", "killed", "stopped", "silent", "refused", "cut", "eof", "switched")


class Servers(Protocol):
    """What connections need of the API servers."""

    @property
    def balancer(self) -> str:
        """Return how nodes find another server."""
        ...

    def alive(self) -> list[str]:
        """Return the servers that answer."""
        ...

    def started_s(self, server: str) -> float:
        """Return when a server was started last."""
        ...


class Connections:
    """Watches over every kubelet's way to the API."""

    def __init__(
        self, state: ClusterState, kubelets: Kubelets, monitor: Monitor, servers: Servers, links: Links
    ) -> None:
        self._state, self._kubelets, self._monitor, self._servers, self._links = (
            state,
            kubelets,
            monitor,
            servers,
            links,
        )
        self.heard: Callable[[str], None] = _nothing  # told when a node hears from the API again
        self.stopped: Callable[[Node], bool] = self._draw_beats  # fills in a node's last heartbeats

    def attach(self, node: Node) -> None:
        """Connect a node at the start of the run: to itself if it is a server, else to one that its stream draws."""
        alive = self._servers.alive()
        if node.name in alive or not alive:
            node.server = node.name if alive else None
        elif self._servers.balancer in ("none", "keepalived"):
            node.server = alive[0]
        else:
            node.server = alive[int(node.draw(_PICK) * len(alive))]

    def check(self, node: Node, how: Regime = "silent") -> None:
        """Bring the connection in line with what is up. `how`: how it was lost, if it is lost now."""
        stands = self._stands(node)
        if stands and not node.connected:
            self._restore(node)
        elif not stands and node.connected:
            self._lose(node, how)
        elif not stands:
            self._worse(node, how)

    def _stands(self, node: Node) -> bool:
        return (
            node.kubelet == "running"
            and node.host == "up"
            and node.linked
            and node.server is not None
            and node.server in self._servers.alive()
            and (node.server == node.name or self._links.reachable(node.name, node.server))
        )

    # ---- loss

    def _lose(self, node: Node, how: Regime) -> None:
        now = self._state.clock.now
        node.connected = False
        node.link_term += 1
        node.lost_s = now
        node.fall()
        node.watching.close()
        self._worse(node, how)
        if node.beating:
            node.beating = False
            node.term += 1
            node.silent_s = now
            if not self.stopped(node):
                node.beats.stop(now, node.draw)
            self._monitor.silent(node)
        self._look_for_another(node)

    def _worse(self, node: Node, how: Regime) -> None:
        """Remember the worst that has happened since the pod watch last stood: it decides what has to be redone."""
        if node.regime is None or _WORST.index(how) < _WORST.index(node.regime):
            node.regime = how

    @staticmethod
    def _draw_beats(_: Node) -> bool:
        return False

    # ---- another server

    def _look_for_another(self, node: Node) -> None:
        """Plan the change to another server, if the node is well and its balancer finds one (K11–K16, B1–B5)."""
        if not (node.kubelet == "running" and node.host == "up" and node.linked):
            return
        others = [server for server in self._servers.alive() if server != node.server]
        delay_s = self._switch_s(node)
        if others and delay_s is not None:
            self._state.clock.after(delay_s, self._switch, (node, node.link_term))

    def _switch_s(self, node: Node) -> float | None:
        timings, u = self._state.timings, node.draw(_SWITCH)
        quick = node.regime in ("refused", "eof")
        match self._servers.balancer:
            case "agent":
                low, high = (0.0, timings["agent_switch_s"]) if quick else _range(timings, "agent_silent")
            case "haproxy":
                low, high = _range(timings, "haproxy_refused")
                if not quick:  # the flow through the balancer is as silent as the server until H7 closes it
                    low, high = low + timings["dead_connection_s"], high + timings["dead_connection_s"]
            case "keepalived":
                low, high = (0.0, timings["keepalived_refused_s"]) if quick else _range(timings, "keepalived_silent")
            case _:
                return None
        return low + (high - low) * u

    def _switch(self, term: Term) -> None:
        node, link_term = term
        if node.link_term != link_term or node.connected:
            return
        self.choose(node, "switched")

    def choose(self, node: Node, how: Regime) -> None:
        """Connect a node that has no server to one that answers and that it can reach."""
        there = [s for s in self._servers.alive() if s == node.name or self._links.reachable(node.name, s)]
        if not there:
            return
        node.server = there[int(node.draw(_PICK) * len(there))]
        if how == "switched" and node.regime in ("refused", "eof", "silent"):
            node.regime = "switched"
        self.check(node)

    def server_lost(self, server: str, how: Regime) -> None:
        """Tell the nodes of a server that it no longer answers."""
        for node in self._state.nodes.values():
            if node.server == server and node.connected:
                self.check(node, how)

    def server_back(self, server: str) -> None:
        """Tell the nodes that wait for a server that one answers."""
        alive = self._servers.alive()
        for node in self._state.nodes.values():
            if node.connected:
                continue
            if node.server == server or self._servers.balancer == "none":
                self.check(node)
            elif node.server not in alive:
                self._look_for_another(node)

    # ---- return

    def _restore(self, node: Node) -> None:
        now = self._state.clock.now
        node.connected = True
        node.link_term += 1
        assert node.server is not None
        restarted = self._servers.started_s(node.server) > node.lost_s
        back = comes_back(node, now, restarted, self._state.timings)
        term = (node, node.link_term)
        self._state.clock.at(back.lease_s, self._lease, term)
        self._state.clock.at(back.ready_s, self._status, term)
        self._state.clock.at(back.pods_s, self._pods, term)

    def _lease(self, term: Term) -> None:
        if term[0].link_term == term[1]:
            self._state.writes.when_open(self._renewed, term)

    def _renewed(self, term: Term) -> None:
        node, link_term = term
        if node.link_term == link_term and node.exists and not node.beating:
            self._beat(node)
            self._state.event("lease_renewed", f"node/{node.name}")

    def _beat(self, node: Node) -> None:
        node.beating = True
        node.term += 1
        node.beats.resume(self._state.clock.now)
        self._monitor.heard(node)

    def _status(self, term: Term) -> None:
        if term[0].link_term == term[1]:
            self._state.writes.when_open(self._reported, term)

    def _reported(self, term: Term) -> None:
        node, link_term = term
        if node.link_term != link_term or not node.exists:
            return
        if not node.beating:
            self._renewed(term)
        if not node.ready:
            self._monitor.ready(node)

    def _pods(self, term: Term) -> None:
        node, link_term = term
        if node.link_term != link_term or node.regime is None:
            return
        regime, node.regime = node.regime, None
        self._kubelets.back(node, regime)
        self.heard(node.name)


def _range(timings: dict[str, float], name: str) -> tuple[float, float]:
    return timings[f"{name}_min_s"], timings[f"{name}_max_s"]


def _nothing(_: str) -> None:
    return None
