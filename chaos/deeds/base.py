"""What every deed can say and do.

A deed is a frozen value: it can be printed before, written into the ledger, read back on another machine, undone there.
Its life: `prepared` (look at what is there, and keep it), `do` (change it, and read the change back), `undo` (put back
what was there: every way in turn, read back). `undo` is idempotent, and a target that is gone is a success of it.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Any, NamedTuple

from chaos.guard import Undo
from sim.errors import HarnessError
from sim.spec.base import Value

if TYPE_CHECKING:
    from chaos.binding import Touch
    from chaos.deeds.hands import Hands

__all__ = ["Deed", "DeedFailed", "GuardianOrder", "NoEffect", "Right", "TargetGone", "UndoFailed"]


class DeedFailed(HarnessError):
    """A deed was not done, or not wholly. What was done of it is undone by its entry in the ledger."""


class TargetGone(DeedFailed):
    """What a deed was aimed at is not there (any more): says what was looked for, where, and what was found instead."""


class NoEffect(DeedFailed):
    """A deed was accepted and reads back well, but what it should have done cannot be seen."""


class UndoFailed(HarnessError):
    """Something could not be undone. `by_hand`: the exact commands that remove what is left."""

    exit_code = 4

    def __init__(self, what: str, why: str, by_hand: tuple[str, ...] = ()) -> None:
        super().__init__(what, why, by_hand)
        self.what, self.why, self.by_hand = what, why, by_hand

    def __str__(self) -> str:
        return "\n".join((f"{self.what} could not be undone: {self.why}", *(f"  {line}" for line in self.by_hand)))


class Right(NamedTuple):
    """A permission, as RBAC has it. `namespace` '' = cluster-wide; `name` '' = any."""

    verb: str
    group: str
    resource: str
    namespace: str = ""
    name: str = ""

    def __str__(self) -> str:
        of = f"{self.resource}.{self.group}" if self.group else self.resource
        where = f" in namespace {self.namespace}" if self.namespace else ""
        return f"{self.verb} {of}{f' {self.name}' if self.name else ''}{where}"


class GuardianOrder(NamedTuple):
    """What a guardian is told to do when its deadline passes. `url`: who; `undo`: the steps, last one first."""

    url: str
    undo: tuple[Undo, ...]


class Deed(Value):
    """One reversible change. Subclasses add `deed: Literal[NAME]`, their fields, and what was there `before`."""

    @abstractmethod
    def title(self) -> str:
        """Return the deed in one line, as plans and reports show it."""

    @abstractmethod
    def touches(self) -> tuple[Touch, ...]:
        """Return everything that it changes, as the allow-list names it."""

    def needs(self) -> tuple[Right, ...]:
        """Return the permissions for doing and undoing it."""
        return ()

    def prepared(self, hands: Hands) -> Deed:
        """Return the deed with what is there now; change nothing. Raises TargetGone, DeedFailed."""
        return self

    @abstractmethod
    def do(self, hands: Hands) -> dict[str, Any]:
        """Change it and read the change back; return details for the journal. Raises DeedFailed."""

    @abstractmethod
    def undo(self, hands: Hands) -> str:
        """Put back what was there and read it back; return how, in words. Raises UndoFailed."""

    def lapsed(self, hands: Hands) -> str:
        """Return why it is in force no more though nobody undid it; nothing if it is, or if nobody can tell."""
        return ""

    def guardian(self, hands: Hands) -> GuardianOrder | None:
        """Return what undoes it without us; None where nothing can (`ends_alone` says what happens instead)."""
        return None

    def ends_alone(self) -> str:
        """Return how it ends if we die and no guardian watches: what `check` prints."""
        return "by `weatherglass chaos undo`"

    @abstractmethod
    def by_hand(self, hands: Hands) -> tuple[str, ...]:
        """Return the exact commands by which a person undoes it."""
