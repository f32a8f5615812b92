"""What a guardian says about itself, as a frozen value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from chaos.guard.undo import Enable, Remove, Run, Undo

__all__ = ["GuardState", "Phase", "parse_state"]

Phase = Literal["idle", "armed", "undoing", "undone", "left"]
"""`undone`: the deadline passed and everything was taken back; `left`: not everything, it goes on trying."""


@dataclass(frozen=True, slots=True)
class GuardState:
    """A guardian as it was asked: the run it holds (empty: none), for how long, what it would take back.

    `toxiproxy`: `well`, `hung` (no answer), `gone` (nobody there), `ill`, empty before the first look; `age_s` ago.
    `restarts_by`: how it restarts toxiproxy; empty: not at all. `log`: (UTC time, what was done), the newest last.
    """

    run: str
    phase: Phase
    remaining_s: float
    within_s: float
    undo: tuple[Undo, ...]
    log: tuple[tuple[str, str], ...]
    toxiproxy: str
    toxiproxy_detail: str
    age_s: float
    max_within_s: float
    commands: tuple[str, ...]
    restarts_by: str


def parse_state(data: Mapping[str, Any]) -> GuardState:
    """Return a state from a guardian's JSON. Raises KeyError or TypeError for something else."""
    health = data["toxiproxy"]
    return GuardState(
        run=data["run"],
        phase=data["phase"],
        remaining_s=data["remaining_s"],
        within_s=data["within_s"],
        undo=tuple(_undo(each) for each in data["undo"]),
        log=tuple((line["at"], line["said"]) for line in data["log"]),
        toxiproxy=health["health"],
        toxiproxy_detail=health["detail"],
        age_s=health["age_s"],
        max_within_s=data["max_within_s"],
        commands=tuple(data["commands"]),
        restarts_by=data["restarts_by"],
    )


def _undo(data: Mapping[str, Any]) -> Undo:
    if "toxic" in data:
        return Remove(data["toxic"]["proxy"], data["toxic"]["name"])
    return Enable(data["enable"]) if "enable" in data else Run(data["command"], data["target"])
