"""Gates: what needs a write waits here while there is no API server, no quorum or no leader.

One object says whether work can be done now. Whoever has work gives it to `when_open`; it runs at once or, in the
order in which it came, when the gate opens. So nothing is written without quorum by construction, not by checks
that could be forgotten.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any

__all__ = ["Action", "WriteGate"]

Action = Callable[[Any], None]


class WriteGate:
    """Runs work while open and keeps it, in order, while closed."""

    __slots__ = ("_waiting", "is_open")

    def __init__(self, is_open: bool = True) -> None:
        self.is_open = is_open
        self._waiting: deque[tuple[Action, Any]] = deque()

    def when_open(self, fn: Action, arg: Any = None) -> None:
        """Call `fn(arg)` now, or as soon as the gate opens."""
        if self.is_open:
            fn(arg)
        else:
            self._waiting.append((fn, arg))

    def open(self) -> None:
        """Open the gate and do what waited, as long as that does not close it again."""
        self.is_open = True
        while self._waiting and self.is_open:
            fn, arg = self._waiting.popleft()
            fn(arg)

    def close(self) -> None:
        """Close the gate: later work waits."""
        self.is_open = False

    def forget(self) -> None:
        """Drop what waits (whoever wanted it is gone)."""
        self._waiting.clear()
