"""The stream of one connection under faults: the bytes that limits have let pass, and an end that comes late."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from sim.model.network.streams import Limit

if TYPE_CHECKING:
    from sim.model.traffic.connection import Connection

__all__ = ["Farewell", "Passed"]


class Passed:
    """How many bytes each limit has let pass on one connection, by the limit's number and the direction.

    Source: toxiproxy 2.12.0 `toxics/limit_data.go`: the state is the connection's and the direction's own.
    """

    __slots__ = ("_bytes",)

    def __init__(self) -> None:
        self._bytes: dict[tuple[int, int], int] = {}

    def through(self, limits: Iterable[Limit], direction: int, size_bytes: int) -> tuple[int, bool]:
        """Return how much of a message passes all limits, and whether the connection closes behind it."""
        closes = False
        for limit in limits:
            key = (limit.number, direction)
            before = self._bytes.get(key, 0)
            size_bytes = min(size_bytes, limit.most_bytes - before)
            self._bytes[key] = before + size_bytes
            closes = closes or self._bytes[key] >= limit.most_bytes
        return size_bytes, closes


class Farewell:
    """The server's end of a connection is closed, and a slow close holds the news up; lifted, it lets them go.

    Source: toxiproxy 2.12.0 `toxics/slow_close.go`: an interrupted toxic hands on at once what it held.
    """

    __slots__ = ("_began_s", "_connection", "_turn")

    def __init__(self, connection: Connection) -> None:
        self._connection, self._began_s, self._turn = connection, connection.clock.now, 0
        connection.way.waiting[self] = None
        self.examine()

    def examine(self) -> None:
        """Look how long the way holds it now."""
        self._turn += 1
        clock, way = self._connection.clock, self._connection.way
        clock.at(max(clock.now, self._began_s + way.mean_s + way.close_after_s), self._heard, self._turn)

    def _heard(self, turn: int) -> None:
        if turn == self._turn:
            self._connection.way.waiting.pop(self, None)
            self._connection.lose(None)
