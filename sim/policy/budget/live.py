"""A live budget: the moments of a call at which shared retry state must be told."""

from __future__ import annotations

from typing import Any

from sim.policy.steps import Reply

__all__ = ["SLACK", "LiveBudget"]

SLACK = 1e-9
"""Ten times 0.1 earned must buy what costs 1."""


class LiveBudget:
    """One client's budget; a kind overrides the moments that it cares about.

    Each try ends in exactly one of `succeeded`, `try_failed`, `answered` and `abandoned`; each granted retry is
    `retry_sent` at most once, and `retry_ended` once.
    """

    __slots__ = ()

    def started(self, at_s: float, /) -> None:
        """A call begins, and with it its first try."""

    def try_failed(self) -> None:
        """A try failed in a way that the policy retries; told before attempts are counted (gRPC)."""

    def answered(self, at_s: float, /) -> None:
        """A try was not ok and is not one to be made again, whatever the budget."""

    def abandoned(self) -> None:
        """A try that was counted was never sent, or was given up with its call."""

    def spend(self, reply: Reply, /) -> float | None:
        """Return what a retry after `reply` has cost, or None: not granted, and nothing taken."""
        raise NotImplementedError

    def retry_sent(self) -> None:
        """A granted retry's pause is over; the try begins."""

    def retry_ended(self) -> None:
        """A granted retry is over, or was never sent."""

    def succeeded(self, last_cost: float, at_s: float = 0.0, /) -> None:
        """A try, and its call, was ok; `last_cost` is what its last retry cost, 0 if there was none."""

    def ended(self) -> None:
        """A call is over, however it ended."""

    def snapshot(self) -> dict[str, Any]:
        """Return the state as plain values."""
        return {name: getattr(self, name) for kind in type(self).__mro__ for name in getattr(kind, "__slots__", ())}
