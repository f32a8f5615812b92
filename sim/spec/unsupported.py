"""A fault that a world cannot do: its row in that world's table says why, and that is said before a run."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Unsupported", "unsupported"]


@dataclass(frozen=True, slots=True)
class Unsupported:
    """What stands in a world's table where the fault's meaning would. `why`: in words, without a full stop."""

    why: str


def unsupported(why: str) -> Unsupported:
    """Return a table's row for a fault that its world cannot do."""
    return Unsupported(why)
