"""How a run ended, apart from what its objectives say: each way is its own, and only `ran` can become exit code 0."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from chaos.ledger import Undone

__all__ = ["EXIT_CODES", "Ended", "Outcome", "Stopped"]

Outcome = Literal[
    "ran", "broken", "baseline-not-met", "not-injected", "target-gone", "no-effect", "aborted", "undo-failed", "bug"
]

EXIT_CODES: dict[Outcome, int] = {
    "ran": 0,  # then the objectives decide: 0 or 1
    "broken": 1,  # the steady state was broken for longer than allowed: stopped, undone
    "baseline-not-met": 3,
    "not-injected": 3,
    "target-gone": 3,
    "no-effect": 3,
    "aborted": 3,
    "undo-failed": 4,
    "bug": 70,
}


class Stopped(Exception):
    """Raised within a run's tasks when it is to end early; its outcome and reason are the run's."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How a run ended. `why` is empty for `ran`; `left` is what could not be undone."""

    outcome: Outcome
    why: str
    folder: Path
    run: str
    left: tuple[Undone, ...] = ()

    @property
    def exit_code(self) -> int:
        """Return the exit code, before the objectives are asked."""
        return EXIT_CODES[self.outcome]
