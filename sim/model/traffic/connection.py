"""An established connection: one request at a time goes there, its answer comes back.

On a clean way a message is one event. Otherwise it is sent by TCP's schedule until it gets through, later by what the
faults add. A message that is under way when a fault begins still arrives.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sim.model.network import Resend, Way
from sim.model.network.tcp import MSS_BYTES
from sim.model.traffic.attempt import Attempt
from sim.model.traffic.draws import FAULTS, LATENCY_BACK, LATENCY_THERE, RESEND_BACK, RESEND_THERE, STRIDE
from sim.model.traffic.streams import Farewell, Passed
from sim.policy.steps import Result

if TYPE_CHECKING:
    from sim.model.cluster.endpoints import Endpoint
    from sim.model.traffic.pool import Pool

__all__ = ["Connection"]

THERE, BACK = 0, 1
_LATER = (429, 503)  # what may carry Retry-After (RFC 9110 10.2.3, RFC 6585 4)


class Connection:
    """Between a pool and one server. It keeps its endpoint for life, whatever the node's rules say later (E9).

    `open` is what the client knows: a peer that died in silence leaves an open connection behind.
    """

    __slots__ = (
        "_born", "_passed", "_stalled", "attempt", "clock", "endpoint", "idle_since_s", "open", "pool", "server", "way",
    )  # fmt: skip

    def __init__(self, pool: Pool, way: Way, endpoint: Endpoint, born: Attempt) -> None:
        self.pool, self.way, self.endpoint, self.clock = pool, way, endpoint, pool.clock
        self.server: Any = endpoint.server
        self._born = (born.call.block.stream, born.call.number, born.salt)  # its draws' address: who dialled
        self._stalled: _Message | None = None
        self._passed: Passed | None = None  # what limits of data have counted
        self.attempt: Attempt | None = None
        self.idle_since_s = 0.0
        self.open = True
        way.connections[self] = None

    def request(self, attempt: Attempt) -> None:
        """Send an attempt's request."""
        self.attempt, attempt.connection, attempt.wrote = attempt, self, True
        way = self.way
        if way.plain:
            self.clock.after(way.fixed_s, self.server.arrive, attempt)
            return
        if way.reset_after_s is not None:
            self.clock.after(way.reset_after_s, self.lose)
        self._send(attempt, THERE)

    def reply(self, attempt: Attempt, status: int) -> None:
        """Send the server's answer back, if the caller still listens."""
        if attempt.settled or not self.open:
            return
        attempt.status = status
        way = self.way
        if way.plain:
            self.clock.after(way.fixed_s, self._arrived, attempt)
        else:
            self._send(attempt, BACK)

    def _send(self, attempt: Attempt, direction: int) -> None:
        way = self.way
        if way.clean:
            self._fly(attempt, direction)
        else:
            self._stalled = _Message(self, attempt, direction)
            self._stalled.examine()

    def _fly(self, attempt: Attempt, direction: int) -> None:
        """Let a message that got onto the wire arrive."""
        way, now = self.way, self.clock.now
        delay_s, first = way.fixed_s, LATENCY_BACK if direction else LATENCY_THERE
        for column, sampler in enumerate(way.samplers, first):
            delay_s += attempt.value(column, sampler)
        sent_s, size_bytes = now, self._size_bytes(direction)
        limited = self._limited(direction, size_bytes) if way.limits else None
        passed_bytes = size_bytes if limited is None else limited[0]
        for pipe in way.pipes[direction]:
            sent_s = pipe.through_s(sent_s, passed_bytes)
        for slicer in way.slices:
            delay_s += slicer.added_s(passed_bytes, attempt.uniform(FAULTS + 4 * slicer.number + direction))
        for fault in way.delays[direction]:
            column = FAULTS + 4 * fault.number + direction
            if fault.share >= 1.0 or self._uniform(column) < fault.share:
                jitter_s = fault.jitter_s and fault.jitter_s * (2.0 * attempt.uniform(column + 2) - 1.0)
                delay_s += max(0.0, fault.added_s + jitter_s)
        arrives = self._arrived if direction else self.server.arrive
        arrives_in_s = sent_s - now + delay_s
        if passed_bytes == size_bytes:
            self.clock.after(arrives_in_s, arrives, attempt)
        if limited is not None and limited[1]:
            broken = direction == BACK and 0 < passed_bytes < size_bytes
            self.clock.after(arrives_in_s, self._break_off if broken else self.lose)

    def _limited(self, direction: int, size_bytes: int) -> tuple[int, bool]:
        if self._passed is None:
            self._passed = Passed()
        return self._passed.through(self.way.limits, direction, size_bytes)

    def _uniform(self, column: int) -> float:
        """Return a number that this connection draws once, whoever uses it."""
        stream, number, salt = self._born
        return stream.uniform(number, column + salt * STRIDE)

    def _size_bytes(self, direction: int) -> int:
        size: int = self.server.reply_bytes if direction else self.server.request_bytes
        return size

    def _arrived(self, attempt: Attempt) -> None:
        if attempt.settled or not self.open:
            return
        self.attempt = None
        self.pool.release(self, attempt.status)
        if attempt.status == 200:
            attempt.end(self.clock._now, "ok")
        else:
            wish_s = self.server.retry_after_s if attempt.status in _LATER else None
            attempt.end(self.clock._now, "status", attempt.status, wish_s)

    def cut_off(self) -> None:
        """Close, as the way demands: a proxy on it was disabled, or gave up what it held."""
        self.lose(None)

    def peer_gone(self, _: object = None) -> None:
        """Tell the client that the server's end is closed, if the way lets that through."""
        if self.open and self.way.verdict not in ("silent", "unreachable"):
            if self.way.close_after_s:
                Farewell(self)
            else:
                self.clock.after(self.way.mean_s, self.lose)

    def lose(self, _: object) -> None:
        """Take note, at the client, that the connection is dead; a request on it has failed."""
        self._end("stale" if self.attempt is not None and self.attempt.reused else "reset")

    def _break_off(self, _: object) -> None:
        self._end("cut")

    def time_out(self, _: object) -> None:
        """Give up as TCP does when a segment was sent 16 times."""
        self._end("timeout")

    def _end(self, result: Result) -> None:
        if not self.open:
            return
        attempt = self.attempt
        self.close()
        self.pool.lost(self, attempt, result)

    def close(self) -> None:
        """Close at the client's end. A server that looks hears of it, if the way lets that through now."""
        attempt = self.attempt
        self.open = False
        self.attempt = None
        if attempt is not None and self.server.watches and self.way.verdict == "open":
            self.clock.after(self.way.mean_s + self.way.close_after_s, self.server.left, attempt)
        self.way.connections.pop(self, None)
        if self._stalled is not None:
            self._stalled.stop()
            self._stalled = None


class _Message(Resend):
    """A request or a reply on a way that is not clean."""

    __slots__ = ("_attempt", "_connection", "_direction", "_segments")

    def __init__(self, connection: Connection, attempt: Attempt, direction: int) -> None:
        super().__init__(connection.clock, connection.way, connection.way.resends)
        self._connection, self._attempt, self._direction = connection, attempt, direction
        self._segments = max(1, -(-connection._size_bytes(direction) // MSS_BYTES))

    def examine(self) -> None:
        first = self.sent == 0
        super().examine()
        if first and self in self.way.waiting:  # it did not get through at once, so it may never
            self.clock.at(self.began_s + self.schedule.gives_up_s, self._give_up)

    def lost(self, send: int) -> bool:
        # a round fails while any of its segments does: what is sent is sent together
        passes = (1.0 - self.way.loss) ** self._segments
        column = RESEND_BACK if self._direction else RESEND_THERE
        return self._attempt.uniform(column + send) >= passes

    def passed(self) -> None:
        self._connection._stalled = None
        self._connection._fly(self._attempt, self._direction)

    def _give_up(self, _: object) -> None:
        if self._connection._stalled is self:
            self._connection.time_out(None)
