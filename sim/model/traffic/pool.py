"""One caller's connections to one service: kept, limited, dialled as its transport says.

kube-proxy draws one endpoint for each *connection*, uniformly from the node's rules (E6); a service without endpoints
refuses at once (E8). A pool belongs to the place where its caller runs and dies with it.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from sim.model.clock import Clock
from sim.model.network import Network, Way
from sim.model.traffic.attempt import IMMEDIATE_ERROR_S, Attempt
from sim.model.traffic.connection import Connection
from sim.model.traffic.dial import Dial
from sim.model.traffic.draws import CONNECT, ENDPOINT
from sim.model.traffic.timers import Timers
from sim.policy.steps import Result
from sim.spec.traffic import Transport

if TYPE_CHECKING:
    from sim.model.cluster.endpoints import Endpoint

__all__ = ["Place", "Pool"]

HOPS = 16  # columns of one direction of a connect


class Place(NamedTuple):
    """Where a caller runs, and whom it calls as what. `name` is a node or external; `over` is `client->service`."""

    name: str
    kernel: str
    to: str
    over: str
    endpoints: Callable[[], tuple[Endpoint, ...]]


class Pool:
    """The connections from one place to one service."""

    def __init__(self, clock: Clock, network: Network, timers: Timers, place: Place, transport: Transport) -> None:
        self.clock, self._network, self.timers, self.place = clock, network, timers, place
        self.kernel = place.kernel
        self.keep_alive, self._retry_stale = transport.keep_alive, transport.retry_stale
        self.propagates_deadline = transport.propagates_deadline
        self.dial_timeout_s = _limit(transport.dial_timeout)
        self.tls_timeout_s, self.tls_rtts = _limit(transport.tls_timeout), transport.tls_rtts if transport.tls else 0
        self.total_timeout_s, self._read_timeout_s = _limit(transport.total_timeout), transport.read_timeout
        self._idle_timeout_s = _limit(transport.idle_timeout)
        self._idle_max = min(_limit(transport.idle_max), _limit(transport.idle_per_host_max))
        self._open_max = _limit(transport.per_host_max)
        self._idle: list[Connection] = []
        self._waiting: deque[Attempt] = deque()
        self._open = 0  # dialling, in use and idle
        self._ways: dict[str, Way] = {}
        self._dead = False
        self._lines = timers.lines
        timers.keep(transport.total_timeout)
        timers.keep(transport.read_timeout)

    def send(self, attempt: Attempt, limit_s: float | None) -> None:
        """Make an attempt, within `limit_s` and the transport's own total limit; its call gets the reply later."""
        total_s = self.total_timeout_s
        if limit_s is not None and limit_s < total_s:
            total_s = limit_s
        if total_s < math.inf:
            line = self._lines.get(total_s)
            if line is not None:
                attempt.timer = line.start(_abandon, attempt)
            else:
                attempt.timer = self.timers.start(total_s, _abandon, attempt)
        idle = self._idle
        while idle:
            connection = idle.pop()
            if connection.idle_since_s + self._idle_timeout_s > self.clock._now:
                attempt.reused = True
                if self._read_timeout_s is None:
                    connection.request(attempt)
                else:
                    self._request(connection, attempt)
                return
            self._close(connection)
        self._dial_or_wait(attempt)

    def _request(self, connection: Connection, attempt: Attempt) -> None:
        connection.request(attempt)
        if self._read_timeout_s is not None:
            attempt.read_timer = self.timers.start(self._read_timeout_s, _abandon, attempt)

    def _dial_or_wait(self, attempt: Attempt) -> None:
        if self._open < self._open_max:
            self._open += 1
            self._dial(attempt)
        else:
            self._waiting.append(attempt)

    def _dial(self, attempt: Attempt) -> None:
        attempt.dialling = True
        endpoints = self.place.endpoints()
        if self._dead or not endpoints:
            self._fail_at_once(attempt, "unreachable" if self._dead else "refused")
            return
        choice = self._drawn(attempt, ENDPOINT) if len(endpoints) > 1 else 0.0
        endpoint = attempt.endpoint = endpoints[int(choice * len(endpoints))]
        way = self._ways.get(endpoint.node)
        if way is None:
            way = self._ways[endpoint.node] = self._network.way(self.place.name, endpoint.node, self.place.over)
        way.fresh()
        rtt_s = self._rtt_s(attempt, way)
        if way.verdict == "unreachable":
            self._fail_at_once(attempt, "unreachable")
        elif way.verdict == "open" and not way.loss and endpoint.server is not None and rtt_s < self.dial_timeout_s:
            attempt.connect_s = rtt_s
            self.clock.after(rtt_s * (1 + self.tls_rtts), self.connected, attempt)
        else:
            attempt.dial = Dial(self, attempt, way, rtt_s)
            attempt.dial.examine()

    def _drawn(self, attempt: Attempt, purpose: int) -> float:
        # where every call dials, the block pays; where connections are kept, one number is cheaper than 512
        if self.keep_alive or attempt.salt:
            return attempt.uniform(purpose)
        return attempt.call.block.column(purpose, None)[attempt.call.row]

    def _rtt_s(self, attempt: Attempt, way: Way) -> float:
        rtt_s = 2 * way.fixed_s
        for hop, sampler in enumerate(way.samplers):
            for column in (CONNECT + hop, CONNECT + HOPS + hop):
                if self.keep_alive:
                    rtt_s += sampler.one(attempt.uniform(column))
                else:
                    rtt_s += attempt.value(column, sampler)
        return rtt_s

    def _fail_at_once(self, attempt: Attempt, result: Result) -> None:
        self.clock.after(IMMEDIATE_ERROR_S, self._refuse if result == "refused" else self._no_route, attempt)

    def _refuse(self, attempt: Attempt) -> None:
        self.dial_failed(attempt, "refused")

    def _no_route(self, attempt: Attempt) -> None:
        self.dial_failed(attempt, "unreachable")

    def dial_failed(self, attempt: Attempt, result: Result) -> None:
        """Hear that no connection came about."""
        if attempt.settled:
            return
        attempt.dialling = False
        self._gone()
        if attempt.second:
            result = "stale"  # its first request may have been carried out: "certainly not done" would be a lie
        attempt.end(self.clock.now, result)

    def connected(self, attempt: Attempt) -> None:
        """Hear that a connection stands; use it."""
        if attempt.settled:
            return
        endpoint = attempt.endpoint
        assert endpoint is not None
        if endpoint.server is None or self._dead:  # one end died while the handshake was under way
            self.dial_failed(attempt, "reset")
            return
        attempt.dialling = False
        self._request(Connection(self, self._ways[endpoint.node].fresh(), endpoint, attempt), attempt)

    def release(self, connection: Connection, status: int) -> None:  # noqa: ARG002  (who ejects pods looks at it)
        """Take back a connection whose answer is in."""
        if not self.keep_alive or self._dead:
            self._close(connection)
        elif self._waiting and (attempt := self._next_waiting()) is not None:
            attempt.reused = True
            self._request(connection, attempt)
        elif len(self._idle) < self._idle_max:
            connection.idle_since_s = self.clock._now
            self._idle.append(connection)
        else:
            self._close(connection)

    def _next_waiting(self) -> Attempt | None:
        while self._waiting:
            attempt = self._waiting.popleft()
            if not attempt.settled:
                return attempt
        return None

    def _close(self, connection: Connection) -> None:
        connection.close()
        self._gone()

    def _gone(self) -> None:
        """One connection less: whoever waits may dial."""
        self._open -= 1
        if self._waiting and (attempt := self._next_waiting()) is not None:
            self._open += 1
            self._dial(attempt)

    def lost(self, connection: Connection, attempt: Attempt | None, result: Result) -> None:
        """Hear that a connection died; `attempt` is the one that was on it."""
        if attempt is None:
            if connection in self._idle:
                self._idle.remove(connection)
            self._gone()
            return
        self._gone()
        if result == "stale" and self._retry_stale and not attempt.second:
            self._dial_or_wait(attempt.again())
        else:
            self.ended_badly(attempt, result)

    def ended_badly(self, attempt: Attempt, result: Result) -> None:
        """End an attempt whose connection died."""
        attempt.end(self.clock.now, result)

    def abandoned(self, attempt: Attempt) -> None:
        """Close what an attempt used that was given up: with HTTP/1.1 nothing else stops an answer."""
        if attempt.connection is not None:
            self._close(attempt.connection)
        elif attempt.dialling:
            if attempt.dial is not None:
                attempt.dial.stop()
            self._gone()

    def die(self) -> None:
        """End with the caller's container: every connection is gone, its requests with it."""
        self._dead = True
        for way in self._ways.values():
            for connection in list(way.connections):
                if getattr(connection, "pool", None) is self:
                    connection.cut_off()


def _limit(limit: float | None) -> float:
    return math.inf if limit is None else limit


def _abandon(attempt: Attempt) -> None:
    attempt.abandon()
