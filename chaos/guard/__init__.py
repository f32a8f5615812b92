"""Guardians: the dead man's switch beside each toxiproxy, as the runner arms, renews and disarms it."""

from __future__ import annotations

from chaos.guard.client import Guardian
from chaos.guard.errors import DeadlinePassed, GuardianError, GuardianHeld, GuardianRefused, GuardianSilent
from chaos.guard.renewer import Renewer
from chaos.guard.state import GuardState, parse_state
from chaos.guard.undo import Enable, Remove, Run, Undo

__all__ = [
    "DeadlinePassed",
    "Enable",
    "GuardState",
    "Guardian",
    "GuardianError",
    "GuardianHeld",
    "GuardianRefused",
    "GuardianSilent",
    "Remove",
    "Renewer",
    "Run",
    "Undo",
    "parse_state",
]
