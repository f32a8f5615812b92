"""One client's connections to one target: kept, limited, dialled as its transport says.

The other arm of `sim.model.traffic.pool`: the same decisions in the same order, on sockets. Everything happens in
callbacks of one loop; a coroutine runs only while a connection is dialled.
"""

from __future__ import annotations

import asyncio
import math
from collections import deque
from collections.abc import Callable

from chaos.clock import RunClock
from chaos.transport.attempt import Attempt
from chaos.transport.connection import Connection
from chaos.transport.dial import Dialler
from chaos.transport.failures import dial_failure
from chaos.transport.target import Target
from chaos.transport.timers import Timers
from sim.policy.steps import Result
from sim.spec.traffic import Transport

__all__ = ["Pool"]

Fatal = Callable[[BaseException], None]


class Pool:
    """The connections to one target. `fatal` hears what ends the whole run: this machine's own shortage, or a bug.

    `notes`: the texts of dials that failed for a reason that a kind does not tell (names, certificates), counted.
    """

    def __init__(
        self, loop: asyncio.AbstractEventLoop, clock: RunClock, target: Target, transport: Transport, fatal: Fatal
    ) -> None:
        self.clock = clock
        self.timers = Timers(loop, clock)
        self.sends_bodies = target.body_bytes > 0
        self.request = target.request(keep_alive=transport.keep_alive)
        self.answer_max_bytes = target.answer_max_bytes
        self.notes: dict[str, int] = {}
        self._loop, self._fatal = loop, fatal
        self.dialler = Dialler(clock, target, transport.dial_timeout, transport.tls_timeout)
        self._keep_alive, self._retry_stale = transport.keep_alive, transport.retry_stale
        self._total_timeout_s, self._read_timeout_s = _limit(transport.total_timeout), transport.read_timeout
        self._idle_timeout_s = _limit(transport.idle_timeout)
        self._idle_max = min(_limit(transport.idle_max), _limit(transport.idle_per_host_max))
        self._open_max = _limit(transport.per_host_max)
        self._idle: list[Connection] = []  # oldest first; the youngest is used first
        self._waiting: deque[Attempt] = deque()
        self._open = 0  # dialling, in use and idle
        self._connections: dict[Connection, None] = {}
        self._dials: dict[asyncio.Task[None], None] = {}
        self._sweep: asyncio.TimerHandle | None = None
        self._dead = False
        self.timers.keep(transport.total_timeout)
        self.timers.keep(transport.read_timeout)

    @property
    def open_count(self) -> int:
        """How many connections there are: dialled, in use and idle."""
        return self._open

    def send(self, attempt: Attempt, limit_s: float | None) -> None:
        """Make an attempt, within `limit_s` and the transport's own total limit; its caller hears of it later."""
        total_s = self._total_timeout_s
        if limit_s is not None and limit_s < total_s:
            total_s = limit_s
        if total_s < math.inf:
            line = self.timers.lines.get(total_s)
            attempt.due_s = attempt.began_s + total_s
            if line is not None:
                line.add(attempt)
            else:
                attempt.timer = self.timers.start(total_s, _give_up, attempt)
        idle = self._idle
        while idle:
            connection = idle.pop()
            if connection.idle_since_s + self._idle_timeout_s > attempt.began_s:
                attempt.reused = True
                if self._read_timeout_s is None:
                    connection.request(attempt, attempt.began_s)
                else:
                    self._request(connection, attempt, attempt.began_s)
                return
            self._close(connection)
        self._dial_or_wait(attempt)

    def _request(self, connection: Connection, attempt: Attempt, now_s: float) -> None:
        if self._read_timeout_s is not None:
            attempt.read_timer = self.timers.start(self._read_timeout_s, self._silent, attempt)
        connection.request(attempt, now_s)

    def _silent(self, attempt: Attempt) -> None:
        """Give up if the whole time passed in silence; else wait for what is left of it."""
        connection, limit_s = attempt.connection, self._read_timeout_s
        if connection is None or limit_s is None:
            return
        left_s = connection.heard_s + limit_s - self.clock.now()
        if left_s <= 0:
            attempt.ring()
        else:
            attempt.read_timer = self.timers.start(left_s, self._silent, attempt)

    def _dial_or_wait(self, attempt: Attempt) -> None:
        if self._open < self._open_max:
            self._open += 1
            self._dial(attempt)
        else:
            self._waiting.append(attempt)

    def _dial(self, attempt: Attempt) -> None:
        task = self._loop.create_task(self._dialled(attempt))
        attempt.dial = task
        self._dials[task] = None
        task.add_done_callback(self._dial_over)

    async def _dialled(self, attempt: Attempt) -> None:
        try:
            connection, attempt.connect_s, address = await self.dialler.dial(self._make)
        except OSError as error:
            attempt.dial = None
            self._dial_failed(attempt, self._failure(error))
            return
        attempt.dial, attempt.address = None, str(address)
        if attempt.settled or not connection.open:
            connection.close()
            self._dial_failed(attempt, "reset")  # gone again before it could be used
        else:
            self._connections[connection] = None
            self._request(connection, attempt, self.clock.now())

    def _make(self) -> Connection:
        return Connection(self)

    def _failure(self, error: OSError) -> Result:
        result = dial_failure(error)
        if result in ("unreachable", "reset"):
            text = f"{type(error).__name__}: {error}"
            if text in self.notes or len(self.notes) < _NOTES_MAX:
                self.notes[text] = self.notes.get(text, 0) + 1
        return result

    def _dial_over(self, task: asyncio.Task[None]) -> None:
        del self._dials[task]
        if not task.cancelled() and (error := task.exception()) is not None:
            self._fatal(error)

    def _dial_failed(self, attempt: Attempt, result: Result) -> None:
        if attempt.settled:
            return
        self._gone()
        if attempt.second:
            result = "stale"  # its first request may have been carried out: "certainly not done" would be a lie
        attempt.end(self.clock.now(), result)

    def release(self, connection: Connection, keeps: bool, now_s: float) -> None:
        """Take back a connection whose answer is in; `keeps`: the server lets it be used again."""
        if not keeps or not self._keep_alive or self._dead:
            self._close(connection)
        elif self._waiting and (attempt := self._next_waiting()) is not None:
            attempt.reused = True
            self._request(connection, attempt, now_s)
        elif len(self._idle) < self._idle_max:
            connection.idle_since_s = now_s
            self._idle.append(connection)
            if self._sweep is None and self._idle_timeout_s < math.inf:
                self._sweep = self._loop.call_later(self._idle_timeout_s, self._sweep_idle)
        else:
            self._close(connection)

    def _sweep_idle(self) -> None:
        """Close what has been idle for too long."""
        self._sweep = None
        idle, since_s = self._idle, self.clock.now() - self._idle_timeout_s
        while idle and idle[0].idle_since_s <= since_s:
            self._close(idle.pop(0))
        if idle and not self._dead:
            self._sweep = self._loop.call_later(idle[0].idle_since_s - since_s, self._sweep_idle)

    def _next_waiting(self) -> Attempt | None:
        while self._waiting:
            attempt = self._waiting.popleft()
            if not attempt.settled:
                return attempt
        return None

    def _close(self, connection: Connection) -> None:
        connection.close()
        self._connections.pop(connection, None)
        self._gone()

    def _gone(self) -> None:
        """One connection less: whoever waits may dial."""
        self._open -= 1
        if self._waiting and not self._dead and (attempt := self._next_waiting()) is not None:
            self._open += 1
            self._dial(attempt)

    def lost(self, connection: Connection, attempt: Attempt | None, result: Result) -> None:
        """Hear that a connection died; `attempt` is the one that was on it."""
        if attempt is None:
            if connection in self._idle:
                self._idle.remove(connection)
                self._connections.pop(connection, None)
                self._gone()
            return  # else: it died while it was set up, and its dial will see that
        self._connections.pop(connection, None)
        self._gone()
        if result == "stale" and self._retry_stale and not attempt.second:
            self._dial_or_wait(attempt.again())
        else:
            attempt.end(self.clock.now(), result)

    def abandoned(self, attempt: Attempt) -> None:
        """Close what an attempt used that was given up: with HTTP/1.1 nothing else stops an answer."""
        if attempt.connection is not None:
            self._close(attempt.connection)
        elif attempt.dial is not None:
            attempt.dial.cancel()
            self._gone()

    async def close(self) -> None:
        """Close every connection and wait until the dials under way have ended. Attempts under way hear nothing."""
        self._dead = True
        self.timers.close()
        if self._sweep is not None:
            self._sweep.cancel()
        for connection in list(self._connections):
            connection.close()
        dials = list(self._dials)
        for task in dials:
            task.cancel()
        await asyncio.gather(*dials, return_exceptions=True)


_NOTES_MAX = 20  # different texts that are kept


def _limit(limit: float | None) -> float:
    return math.inf if limit is None else limit


def _give_up(attempt: Attempt) -> None:
    attempt.ring()
