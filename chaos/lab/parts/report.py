"""What is told while parts are brought: to a progress bar, a terminal, or a test."""

from __future__ import annotations

import sys
from typing import Protocol

__all__ = ["Lines", "Report"]


class Report(Protocol):
    """Who is told. Called often (once per compiled package): a display thins it out itself."""

    def step(self, part: str, text: str) -> None:
        """Hear what is being done for `part` now."""

    def done(self, part: str, seconds: float) -> None:
        """Hear that `part` is there, after `seconds` of work on it."""


class Lines:
    """A report as lines on standard error, one per kind of step: the first words of a text are its kind."""

    def __init__(self) -> None:
        self._last = ("", "")

    def step(self, part: str, text: str) -> None:
        """Write the step, unless it only counts on from the last one."""
        kind = (part, text.split(" ", 1)[0])
        if kind != self._last:
            print(f"{part}: {text}", file=sys.stderr, flush=True)
        self._last = kind

    def done(self, part: str, seconds: float) -> None:
        """Write how long it took."""
        print(f"{part}: there after {seconds:.1f} s", file=sys.stderr, flush=True)
