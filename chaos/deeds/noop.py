"""Nothing: the deed of a `noop` fault. It goes through the ledger like any other, and so tries it."""

from __future__ import annotations

from typing import Any, Literal

from chaos.binding import Touch
from chaos.deeds.base import Deed
from chaos.deeds.hands import Hands

__all__ = ["Nothing"]


class Nothing(Deed):
    """Change nothing."""

    deed: Literal["nothing"] = "nothing"

    def title(self) -> str:
        """Say that nothing is done."""
        return "nothing"

    def touches(self) -> tuple[Touch, ...]:
        """Touch nothing."""
        return ()

    def do(self, hands: Hands) -> dict[str, Any]:
        """Do nothing."""
        return {}

    def undo(self, hands: Hands) -> str:
        """Undo nothing."""
        return "nothing was done"

    def ends_alone(self) -> str:
        """There is nothing to end."""
        return "nothing to end"

    def by_hand(self, hands: Hands) -> tuple[str, ...]:
        """There is nothing to do."""
        return ()
