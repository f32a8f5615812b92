"""Where observers write: one at a time, each message at one instant, a gauge only when it changes."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from threading import RLock
from typing import Any, ParamSpec, Protocol

from chaos.clock import RunClock

__all__ = ["Journalled", "Notes"]

P = ParamSpec("P")


class Journalled(Protocol):
    """Where events and samples go: a `sim.record.Recorder`."""

    def event(
        self, t_s: float, kind: str, subject: str, detail: dict[str, Any] | None = None, planned_s: float | None = None
    ) -> None:
        """Write an event."""

    def sample(self, t_s: float, metric: str, subject: str, value: float) -> None:
        """Write a gauge's new value."""


class Notes:
    """Writes for many threads. `lock`: the recorder's, where others write to it too; what is read here is under it.

    Within one `take` every row has the same instant: that of the message's receipt.
    """

    def __init__(self, recorder: Journalled, clock: RunClock, lock: AbstractContextManager[bool] | None = None) -> None:
        self._recorder, self._clock = recorder, clock
        self.lock: AbstractContextManager[Any] = RLock() if lock is None else lock
        self._values: dict[tuple[str, str], float] = {}
        self._open = True
        self.now_s = clock.now()

    def take(self, told: Callable[P, None], *args: P.args, **kwargs: P.kwargs) -> None:
        """Let `told` write what a message says; nothing once the notes are closed."""
        with self.lock:
            if self._open:
                self.now_s = self._clock.now()
                told(*args, **kwargs)

    def close(self) -> None:
        """Take nothing any more: a thread that is still waiting for its answer writes into no finished journal."""
        with self.lock:
            self._open = False

    def event(self, kind: str, subject: str, detail: dict[str, Any] | None = None) -> None:
        """Write an event of this message."""
        self._recorder.event(self.now_s, kind, subject, detail)

    def gauge(self, metric: str, subject: str, value: float) -> None:
        """Note a gauge's value; a sample is written if it is new."""
        if self._values.get((metric, subject)) != value:
            self._values[metric, subject] = value
            self._recorder.sample(self.now_s, metric, subject, value)
