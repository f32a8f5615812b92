"""Whom a free worker takes first: the orders of a queue, each as something to push to and to take from."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import Protocol

from sim.model.traffic.attempt import Attempt
from sim.spec.workloads import Serves

__all__ = ["AdaptiveLifo", "ByPriority", "Fifo", "Lifo", "Line", "line_of"]


class Line(Protocol):
    """Those who wait. `take` must not be called on an empty one."""

    def push(self, attempt: Attempt) -> None:
        """Put the newest in."""

    def take(self) -> Attempt:
        """Remove and return the next to be served."""

    def remove(self, attempt: Attempt) -> None:
        """Remove one out of its turn."""

    def clear(self) -> None:
        """Forget everybody."""

    def __len__(self) -> int: ...

    def __iter__(self) -> Iterator[Attempt]: ...


class Fifo(deque[Attempt]):
    """The oldest first."""

    push = deque.append
    take = deque.popleft


class Lifo(deque[Attempt]):
    """The newest first: it is the likeliest to have a caller that still waits."""

    push = deque.append
    take = deque.pop


class AdaptiveLifo(deque[Attempt]):
    """The newest first while more than `over` wait, else the oldest."""

    push = deque.append

    def __init__(self, over: int) -> None:
        super().__init__()
        self._over = over

    def take(self) -> Attempt:
        """Remove and return the next to be served."""
        return self.pop() if len(self) > self._over else self.popleft()


class ByPriority:
    """One line for each priority, the highest first."""

    def __init__(self, serves: Serves) -> None:
        self._serves = serves
        self._lines: dict[int, Line] = {}

    def push(self, attempt: Attempt) -> None:
        """Put the newest in."""
        priority = attempt.call.priority
        line = self._lines.get(priority)
        if line is None:
            self._lines[priority] = line = _order(self._serves)
            self._lines = {key: self._lines[key] for key in sorted(self._lines, reverse=True)}
        line.push(attempt)

    def take(self) -> Attempt:
        """Remove and return the next to be served."""
        return next(line for line in self._lines.values() if len(line)).take()

    def remove(self, attempt: Attempt) -> None:
        """Remove one out of its turn."""
        self._lines[attempt.call.priority].remove(attempt)

    def clear(self) -> None:
        """Forget everybody."""
        self._lines.clear()

    def __len__(self) -> int:
        return sum(map(len, self._lines.values()))

    def __iter__(self) -> Iterator[Attempt]:
        for line in self._lines.values():
            yield from line


def _order(serves: Serves) -> Line:
    if serves.order == "fifo":
        return Fifo()
    return Lifo() if serves.order == "lifo" else AdaptiveLifo(serves.lifo_over)


def line_of(serves: Serves) -> Line:
    """Return the empty queue that a pod's `serves` asks for."""
    return ByPriority(serves) if serves.by_priority else _order(serves)
