"""The composed way between two places: what a message or a SYN meets there now.

While somebody is on it, a way is worked out when something changes, never when it is used: `clean` is one flag to
look at. Whoever waits for a change (a stalled message, a dial) stands in `waiting`; whoever must hear of a closing
stands in `connections`. With neither, a change is only noted, and `fresh` works it out for the next who comes: a path
that flaps while nobody uses it costs nothing.
`plain` goes further: not only is there no fault, a message takes `fixed_s` and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from itertools import pairwise
from typing import Any, Literal, Protocol

from sim.model.network.effects import SHAPES, Applied, Delay, Shape
from sim.model.network.link import Link, Pipe
from sim.model.network.routes import link_name
from sim.model.network.streams import Limit, Slices
from sim.model.network.tcp import RTO_MIN_S, Schedule, data_schedule
from sim.plan.sampling import Sampler

__all__ = ["HostState", "Verdict", "Waiter", "Way"]

Verdict = Literal["open", "refused", "silent", "unreachable"]
HostState = Literal["up", "silent", "refusing"]


class Waiter(Protocol):
    """Something that can't go on before its way changes."""

    def examine(self) -> None:
        """Look at the way again."""


class Closable(Protocol):
    """A connection, as far as its way knows it. `server`: whatever answers at its far end."""

    server: Any

    def cut_off(self) -> None:
        """Close: the way did it."""

    def peer_gone(self, _: object = None) -> None:
        """Hear that the far end is closed."""


class Way:
    """From `src` to `dst`, as the traffic named `over` sees it. Latency is `fixed_s` plus a draw of each sampler.

    `loss` is the chance that one segment or SYN is lost. `mean_s` is the mean latency one way without faults.
    """

    __slots__ = (
        "_composer", "_old", "_turned", "clean", "close_after_s", "connections", "delays", "dst", "fixed_s", "hops",
        "keys", "limits", "loss", "mean_s", "path", "pipes", "plain", "resends", "reset_after_s", "samplers", "slices",
        "src", "verdict", "waiting",
    )  # fmt: skip

    def __init__(
        self,
        src: str,
        dst: str,
        over: str | None,
        path: tuple[str, ...] | None,
        hops: tuple[Link, ...],
        composer: Callable[[Way], None],
    ) -> None:
        self.src, self.dst, self.path, self.hops = src, dst, path, hops
        self._composer, self._old = composer, True
        self._turned = {} if path is None else {link_name(a, b): a > b for a, b in pairwise(path)}
        if src != dst:
            self._turned.setdefault(link_name(src, dst), src > dst)
        if over is not None:
            self._turned[over] = False
        self.keys = tuple(self._turned)
        self.mean_s = sum(hop.mean_s for hop in hops)
        self.fixed_s = sum(hop.latency.constant or 0.0 for hop in hops)
        self.samplers: tuple[Sampler, ...] = tuple(hop.latency for hop in hops if hop.latency.constant is None)
        self.resends: Schedule = data_schedule(max(RTO_MIN_S, 2 * self.mean_s))
        self.connections: dict[Closable, None] = {}
        self.waiting: dict[Waiter, None] = {}
        self.verdict: Verdict = "open"
        self.clean = self.plain = True
        self.loss = 0.0
        self.reset_after_s: float | None = None
        self.close_after_s = 0.0
        self.delays: tuple[list[Delay], list[Delay]] = ([], [])
        self.pipes: tuple[tuple[Pipe, ...], tuple[Pipe, ...]] = ((), ())
        self.slices: list[Slices] = []
        self.limits: list[Limit] = []

    def fresh(self) -> Way:
        """Return this way as it is now. Whoever held on to it, and has no connection on it, must ask."""
        if self._old:
            self._composer(self)
        return self

    def changed(self, *, closes: bool) -> None:
        """Hear that something on the way has changed; `closes`: open connections end with it."""
        self._old = True
        if self.connections or self.waiting:
            self._composer(self)
            if closes:
                self.close_connections()
            self.wake()

    def compose(self, effects: Iterable[Applied], hosts: Mapping[str, HostState]) -> None:
        """Work out what the way is like now. `effects`: those on any of `keys`; `hosts`: those that are not up."""
        shape = Shape()
        for hop in self.hops:
            shape.lets_through *= hop.lets_through
            if hop.pipes is not None:
                turned = self._turned[hop.name]
                shape.pipes[0].append(hop.pipes[turned])
                shape.pipes[1].append(hop.pipes[not turned])
        for applied in effects:
            SHAPES[type(applied.effect)](shape, applied, self._turned[applied.key])
        self._old = False
        self.verdict = self._verdict(shape, hosts)
        self.loss = 1.0 - shape.lets_through
        self.reset_after_s, self.delays = shape.reset_after_s, shape.delays
        self.pipes = (tuple(shape.pipes[0]), tuple(shape.pipes[1]))
        self.close_after_s, self.slices, self.limits = shape.close_after_s, shape.slices, shape.limits
        self.clean = self.verdict == "open" and not self.loss and self.reset_after_s is None and self.delays == ([], [])
        self.clean = self.clean and not self.slices and not self.limits
        self.plain = self.clean and not self.samplers and not any(self.pipes)

    def _verdict(self, shape: Shape, hosts: Mapping[str, HostState]) -> Verdict:
        if self.path is None or shape.unreachable:
            return "unreachable"
        inside = len(self.path) == 1  # a node talks to itself whatever becomes of its network
        if shape.silent or (not inside and any(hosts.get(place) == "silent" for place in self.path)):
            return "silent"
        if shape.refused or hosts.get(self.dst) == "refusing":
            return "refused"
        return "open"

    def wake(self) -> None:
        """Let everybody who waits look again."""
        for waiter in list(self.waiting):
            waiter.examine()

    def close_connections(self) -> None:
        """Close every connection that runs over this way."""
        for connection in list(self.connections):
            connection.cut_off()
