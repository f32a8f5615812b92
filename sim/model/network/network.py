"""The network: links, hosts, the faults on them, and the ways that they add up to."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise

from sim.model.clock import Clock
from sim.model.network.effects import CLOSES_AT_BEGIN, CLOSES_AT_END, Applied
from sim.model.network.link import Link
from sim.model.network.routes import Routes, link_name
from sim.model.network.way import HostState, Way
from sim.plan.plan import Plan
from sim.plan.sampling import Sampler, sampler
from sim.spec import faults as spec

__all__ = ["Network"]


class Network:
    """Every way of one run. Names are nodes and external places."""

    def __init__(self, clock: Clock, plan: Plan) -> None:
        scenario = plan.scenario
        self._clock = clock
        self._routes = Routes(scenario.cluster, scenario.external)
        self._links: dict[str, Link] = {}
        self._samplers: dict[str, Sampler] = {}
        self._ways: dict[tuple[str, str, str | None], Way] = {}
        self._by_key: dict[str, list[Way]] = {}
        self._by_host: dict[str, list[Way]] = {}
        self._effects: dict[str, list[Applied]] = {}
        self._hosts: dict[str, HostState] = {}
        self._watchers: list[Callable[[str], object]] = []
        self._count = 0

    def way(self, src: str, dst: str, over: str | None = None) -> Way:
        """Return the way between two places; `over` (`client->service`) lets faults of that path apply."""
        way = self._ways.get((src, dst, over))
        if way is None:
            way = self._ways[src, dst, over] = self._made(src, dst, over)
        return way.fresh()

    def ways(self) -> Iterator[Way]:
        """Yield every way that was asked for so far, in that order."""
        yield from self._ways.values()

    def reachable(self, src: str, dst: str) -> bool:
        """Tell whether a message gets from `src` to `dst` now and would be taken there."""
        return self.way(src, dst).verdict == "open"

    def watch(self, fn: Callable[[str], object]) -> None:
        """Call `fn(name)` after each change, with the name of the link, path or host that changed."""
        self._watchers.append(fn)

    def apply(self, target: str, effect: spec.LinkFault) -> Applied:
        """Put a fault on `a--b` or `client->service`; the handle is for `lift`."""
        key, flipped = _key(target)
        self._count += 1
        applied = Applied(self._count, key, flipped, effect)
        self._effects.setdefault(key, []).append(applied)
        self._changed(key, self._by_key.get(key, ()), closes=isinstance(effect, CLOSES_AT_BEGIN))
        return applied

    def lift(self, handle: Applied) -> None:
        """Take a fault away."""
        self._effects[handle.key].remove(handle)
        closes = isinstance(handle.effect, CLOSES_AT_END)
        self._changed(handle.key, self._by_key.get(handle.key, ()), closes=closes)

    def set_host(self, node: str, state: HostState) -> None:
        """Say how a host answers: `up`, `silent` (nothing comes back), `refusing` (alive, but nobody listens)."""
        if state == "up":
            self._hosts.pop(node, None)
        else:
            self._hosts[node] = state
        self._changed(node, self._by_host.get(node, ()), closes=False)

    def host(self, node: str) -> HostState:
        """Return how a host answers now."""
        return self._hosts.get(node, "up")

    def _changed(self, name: str, ways: list[Way] | tuple[()], *, closes: bool) -> None:
        for way in ways:
            way.changed(closes=closes)
        for fn in self._watchers:
            fn(name)

    def _compose(self, way: Way) -> None:
        way.compose((applied for key in way.keys for applied in self._effects.get(key, ())), self._hosts)

    def _made(self, src: str, dst: str, over: str | None) -> Way:
        path = self._routes.path(src, dst)
        hops = () if path is None else tuple(self._link(a, b) for a, b in pairwise(path))
        way = Way(src, dst, over, path, hops, self._compose)
        for key in way.keys:
            self._by_key.setdefault(key, []).append(way)
        for place in path or ():
            self._by_host.setdefault(place, []).append(way)
        return way

    def _link(self, one: str, other: str) -> Link:
        name = link_name(one, other)
        link = self._links.get(name)
        if link is None:
            said = self._routes.link(one, other)
            assert said is not None  # a path has links
            alike = said.latency.model_dump_json()  # links of one latency share a sampler, and so its blocks of draws
            if alike not in self._samplers:
                self._samplers[alike] = sampler(said.latency)
            latency = self._samplers[alike]
            link = self._links[name] = Link(name, latency, said.latency.mean_s(), said.loss, said.bandwidth)
        return link


def _key(target: str) -> tuple[str, bool]:
    """Return what ways call a target, and whether the target names its ends the other way round."""
    if "->" in target:
        return target, False
    one, _, other = target.partition("--")
    name = link_name(one, other)
    return name, name != target
