"""A command of the environment on one target: stop a process and start it, cut a network and join it."""

from __future__ import annotations

import shlex
from typing import Any, Literal

from chaos.binding import Touch
from chaos.deeds.base import Deed, DeedFailed, GuardianOrder, UndoFailed
from chaos.deeds.hands import CommandFailed, Hands
from chaos.guard import Run

__all__ = ["Command"]


class Command(Deed):
    """Run `verb` of the binding's `commands` on `target`; undone by running `back`. `kind`: a component or a node."""

    deed: Literal["command"] = "command"
    verb: str
    back: str
    target: str
    kind: Literal["component", "node"] = "component"
    more: tuple[str, ...] = ()  # further words, such as --how kill

    def title(self) -> str:
        """Say which command runs on what."""
        return " ".join((self.verb, self.target, *self.more))

    def touches(self) -> tuple[Touch, ...]:
        """Touch the component, or the node."""
        return (Touch(self.kind, self.target),)

    def do(self, hands: Hands) -> dict[str, Any]:
        """Run the command; it answers when it is done."""
        try:
            hands.command(self.verb, Touch(self.kind, self.target), self.more)
        except CommandFailed as error:
            raise DeedFailed(str(error)) from error
        return {}  # what it printed may be long, or a secret: it goes into no ledger

    def undo(self, hands: Hands) -> str:
        """Run the command back."""
        try:
            hands.command(self.back, Touch(self.kind, self.target))
        except CommandFailed as error:
            raise UndoFailed(self.title(), str(error), self.by_hand(hands)) from error
        return f"{self.back} {self.target}"

    def guardian(self, hands: Hands) -> GuardianOrder | None:
        """Have the environment's guardian run the command back."""
        url = hands.binding.command_guardian
        return GuardianOrder(url, (Run(self.back, self.target),)) if url else None

    def by_hand(self, hands: Hands) -> tuple[str, ...]:
        """Return the command."""
        return (shlex.join(hands.command_line(self.back, self.target)),)
