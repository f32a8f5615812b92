"""Gates: what needs a write waits here while there is no API server, no quorum or no leader.

One object says whether work can be done now. Whoever has work gives it to `when_open`; it runs at once or, in the
order in which it came, when the gate opens. So nothing is written without quorum by construction, not by checks
that could be forgotten.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any, Protocol

__all__ = ["Action", "Log", "WriteGate"]

Action = Callable[[Any], None]


class Log(Protocol):
    """What writes go through before they count."""

    def write(self, fn: Action, arg: object) -> None:
        """Call `fn(arg)` when the write is committed."""


class WriteGate:
    """Runs work while open and keeps it, in order, while closed."""

    __slots__ = ("_early", "_log", "_waiting", "is_open")

    def __init__(self, is_open: bool = True) -> None:
        self.is_open = is_open
        self._waiting: deque[tuple[Action, Any]] = deque()
        self._log: Log | None = None
        self._early = 0  # of those that wait, how many were being written when the gate closed

    def write_through(self, log: Log) -> None:
        """Let everything from now on take the time that a log needs."""
        self._log = log

    def when_open(self, fn: Action, arg: Any = None) -> None:
        """Call `fn(arg)` now, or as soon as the gate opens."""
        if self.is_open:
            self._do(fn, arg)
        else:
            self._waiting.append((fn, arg))

    def _do(self, fn: Action, arg: Any) -> None:
        if self._log is None:
            fn(arg)
        else:
            self._log.write(self._committed, (fn, arg))

    def _committed(self, work: tuple[Action, Any]) -> None:
        if self.is_open:
            work[0](work[1])
        else:  # it came before those that wait
            self._waiting.insert(self._early, work)
            self._early += 1

    def open(self) -> None:
        """Open the gate and do what waited, as long as that does not close it again."""
        self.is_open = True
        while self._waiting and self.is_open:
            self._early = max(0, self._early - 1)
            self._do(*self._waiting.popleft())

    def close(self) -> None:
        """Close the gate: later work waits."""
        self.is_open = False

    def forget(self) -> None:
        """Drop what waits (whoever wanted it is gone)."""
        self._waiting.clear()
        self._early = 0
