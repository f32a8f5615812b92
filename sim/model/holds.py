"""Things that several faults hold down at once: each comes back with the last of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sim.spec.faults import ServiceSlow

__all__ = ["Holds", "Scaled", "Slowed"]

Undo = Callable[[], object]


class Holds:
    """Counts who holds a thing down. What the first did is undone, its way, when the last lets go."""

    def __init__(self) -> None:
        self._held: dict[tuple[str, str], tuple[int, Undo]] = {}

    @contextmanager
    def hold(self, kind: str, name: str, down: Callable[[], object], up: Undo) -> Iterator[None]:
        """Call `down` for the first holder of (kind, name), and after the last the `up` that the first had given."""
        key = (kind, name)
        holders, undo = self._held.get(key, (0, up))
        self._held[key] = (holders + 1, undo)
        if not holders:
            down()
        try:
            yield
        finally:
            holders, undo = self._held.pop(key)
            if holders > 1:
                self._held[key] = (holders - 1, undo)
            else:
                undo()


class Scaled:
    """How many pods faults want of each workload. Where two scale the same one, the later one counts while it lasts."""

    def __init__(self, scale: Callable[[str, int], None], written: Callable[[str], int]) -> None:
        self._scale, self._written = scale, written
        self._held: dict[str, list[tuple[object, int]]] = {}

    @contextmanager
    def hold(self, workload: str, replicas: int) -> Iterator[None]:
        """Scale a workload, and afterwards to what the other faults still say, or the scenario."""
        held, mine = self._held.setdefault(workload, []), (object(), replicas)
        before = self._wanted(workload)
        held.append(mine)
        self._settle(workload, before)
        try:
            yield
        finally:
            before = self._wanted(workload)
            held.remove(mine)
            self._settle(workload, before)

    def _wanted(self, workload: str) -> int:
        held = self._held[workload]
        return held[-1][1] if held else self._written(workload)

    def _settle(self, workload: str, before: int) -> None:
        if self._wanted(workload) != before:
            self._scale(workload, self._wanted(workload))


class Slowed:
    """The slow pods of each workload. Where two faults slow the same pods, the later one counts while it lasts."""

    def __init__(self, slow: Callable[[str, float, int | None], None]) -> None:
        self._slow = slow
        self._held: dict[str, list[ServiceSlow]] = {}

    @contextmanager
    def hold(self, fault: ServiceSlow) -> Iterator[None]:
        """Slow the pods, and afterwards let them be as slow as the other faults still say."""
        held = self._held.setdefault(fault.workload, [])
        held.append(fault)
        self._slow(fault.workload, fault.factor, fault.count)
        try:
            yield
        finally:
            held.pop(next(k for k, other in enumerate(held) if other is fault))
            self._slow(fault.workload, 1.0, None)
            for other in held:
                self._slow(other.workload, other.factor, other.count)
