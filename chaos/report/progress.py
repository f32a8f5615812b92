"""What a run shows while it goes on: plain values, made by the runner, drawn by whoever watches."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from chaos.probes import Reading

__all__ = ["ClientNow", "FaultNow", "FaultPhase", "Phase", "Progress"]

Phase = Literal["preparing", "baseline", "running", "undoing", "done"]
FaultPhase = Literal["waiting", "injecting", "on", "undoing", "undone", "failed", "skipped"]


@dataclass(frozen=True, slots=True)
class FaultNow:
    """One fault: where it stands, and when that began (run seconds)."""

    name: str
    what: str
    phase: FaultPhase
    since_s: float
    next_s: float | None = None


@dataclass(frozen=True, slots=True)
class ClientNow:
    """One client over the last seconds: calls planned and answered well per second, and how the last failure was."""

    name: str
    offered_per_s: float
    goodput_per_s: float
    last_failure: str = ""


@dataclass(frozen=True, slots=True)
class Progress:
    """One moment of a run."""

    scenario: str
    option: str
    phase: Phase
    t_s: float
    end_s: float
    probes: dict[str, Reading] = field(default_factory=dict)
    faults: tuple[FaultNow, ...] = ()
    clients: tuple[ClientNow, ...] = ()
    stopping: str = ""  # why it ends early
