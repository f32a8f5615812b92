"""One attempt, and what its end means for the call."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import Annotated, Literal

from pydantic import Field

from sim.policy.part import Part
from sim.policy.steps import Decisions, Draw, Outcome, Result, Try
from sim.quantities import Seconds, show_duration

__all__ = ["MAYBE_DONE", "Once"]

MAYBE_DONE: frozenset[Result] = frozenset(("timeout", "reset", "cut", "stale"))
"""Ends that leave open whether the request was carried out, if a byte of it had been written. A status is an answer."""


class Once(Part):
    """No retry: what the first attempt brings is what the caller gets."""

    kind: Literal["none"] = "none"
    try_timeout: Annotated[Seconds, Field(gt=0)] | None = None

    @cached_property
    def whole_try(self) -> Try:
        """The one step of every call, built once: making it per call would cost a third of the call."""
        return Try(self.try_timeout)

    @property
    def timers_s(self) -> tuple[float, ...]:
        """How long the timers are that calls start again and again, and mostly stop again."""
        return () if self.try_timeout is None else (self.try_timeout,)

    def problem(self) -> None:
        """Return None: one attempt always ends."""

    def new_shared(self) -> None:
        """Return None: nothing outlives a call."""

    def words(self) -> Iterator[str]:
        """Yield what it does, in words."""
        yield "one attempt"
        if self.try_timeout is not None:
            yield f"{show_duration(self.try_timeout)} long at most"

    def call(self, now_s: float, draw: Draw, shared: object) -> Decisions:  # noqa: ARG002  (as every policy)
        """Decide one call: one try."""
        reply = yield self.whole_try
        result = reply.result
        if result == "ok":
            return _OK
        maybe = reply.wrote and result in MAYBE_DONE
        return Outcome("unknown" if maybe else "failed", result, 1)


_OK = Outcome("ok", "ok", 1)
