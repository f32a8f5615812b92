"""How a run ended, apart from what its objectives say: each way is its own, and only `ran` can become exit code 0."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from chaos.ledger import Undone
from chaos.report import EXIT_CODES

__all__ = ["Ended", "Outcome", "Stopped"]

Outcome = Literal[
    "ran", "broken", "baseline-not-met", "not-injected", "target-gone", "no-effect", "aborted", "undo-failed", "bug"
]


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
        """Return the exit code, before the objectives are asked: of `ran` they decide."""
        return 0 if self.outcome == "ran" else EXIT_CODES[self.outcome]
