"""Which links the traffic between two places takes. Nodes do not forward unless a link says `via`."""

from __future__ import annotations

import networkx as nx

from sim.errors import RunError
from sim.spec import cluster as spec

__all__ = ["Routes", "link_name"]


def link_name(one: str, other: str) -> str:
    """Return the name of the link between two places, whichever is named first."""
    return f"{one}--{other}" if one <= other else f"{other}--{one}"


class Routes:
    """The static part of the network: who is connected to whom, and through whom."""

    def __init__(self, cluster: spec.Cluster, external: dict[str, spec.External]) -> None:
        self._external = external
        # a file that says nothing about links means one switch; one that names some means those
        self._default = cluster.links.get("default") if cluster.links else spec.Link()
        self._links: dict[str, spec.Link] = {}
        for name, link in cluster.links.items():
            if name != "default":
                one, _, other = name.partition("--")
                self._links[link_name(one, other)] = link
        self._refuse_loops()

    def _refuse_loops(self) -> None:
        """Raise RunError where links take each other's way in a circle."""
        takes = nx.DiGraph()
        for name, link in self._links.items():
            for end in name.split("--") if link.via is not None else ():
                if end != link.via:
                    takes.add_edge(name, link_name(end, str(link.via)))
        if not nx.is_directed_acyclic_graph(takes):
            circle = " → ".join(edge[0] for edge in nx.find_cycle(takes))
            raise RunError(f"cluster.links: {circle}: each takes the other's way; accepted: via without a circle")

    def link(self, one: str, other: str) -> spec.Link | None:
        """Return what the scenario says about the link between two neighbours, or None if there is none."""
        for outside, host in ((one, other), (other, one)):
            reached = self._external[outside].reached if outside in self._external else None
            if reached is not None and reached.via == host:
                return spec.Link(latency=reached.latency)
        return self._links.get(link_name(one, other), self._default)

    def path(self, src: str, dst: str) -> tuple[str, ...] | None:
        """Return the places from `src` to `dst`, both included, or None if there is no way."""
        if src == dst:
            return (src,)
        if src in self._external:
            return self._joined((src,), self._external[src].reached.via, dst)
        if dst in self._external:
            back = self.path(dst, src)
            return back and back[::-1]
        link = self._links.get(link_name(src, dst), self._default)
        if link is None:
            return None
        if link.via is None or link.via in (src, dst):
            return (src, dst)
        return self._joined(self.path(src, link.via), link.via, dst, shared=True)

    def _joined(
        self, before: tuple[str, ...] | None, turn: str, dst: str, *, shared: bool = False
    ) -> tuple[str, ...] | None:
        after = self.path(turn, dst)
        if before is None or after is None:
            return None
        return before + (after[1:] if shared else after)
