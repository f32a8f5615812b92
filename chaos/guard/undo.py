"""What a guardian can take back by itself, as frozen values: the steps that a run leaves with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

__all__ = ["Enable", "Remove", "Run", "Undo"]


@dataclass(frozen=True, slots=True)
class Remove:
    """Remove one toxic of a proxy."""

    proxy: str
    toxic: str

    def wire(self) -> dict[str, Any]:
        """Return it as the guardian reads it."""
        return {"toxic": {"proxy": self.proxy, "name": self.toxic}}


@dataclass(frozen=True, slots=True)
class Enable:
    """Enable a proxy that was taken down."""

    proxy: str

    def wire(self) -> dict[str, Any]:
        """Return it as the guardian reads it."""
        return {"enable": self.proxy}


@dataclass(frozen=True, slots=True)
class Run:
    """Run a command of the guardian's own list (`start`, `join`) for a target: the request can only name it."""

    command: str
    target: str

    def wire(self) -> dict[str, Any]:
        """Return it as the guardian reads it."""
        return {"command": self.command, "target": self.target}


Undo = Remove | Enable | Run
