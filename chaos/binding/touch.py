"""What a deed touches, as the allow-list names it."""

from __future__ import annotations

from typing import Literal, NamedTuple

from sim.errors import HarnessError

__all__ = ["TargetRefused", "Touch"]


class Touch(NamedTuple):
    """One thing that is changed. `name`: a namespace, a real node name, a link, a component, or a bound service."""

    kind: Literal["namespace", "node", "link", "component", "interpose"]
    name: str

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


class TargetRefused(HarnessError):
    """Something that the binding's allow-list does not name was about to be touched. Nothing was done to it."""

    exit_code = 2
