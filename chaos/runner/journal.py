"""The journal of a real run: written by many threads, and still whole when the disk is full."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from threading import RLock
from typing import Any

from sim.record import Journal, Recorder, RunInfo

__all__ = ["SharedRecorder"]


class SharedRecorder(Recorder):
    """A recorder whose events and samples may come from any thread; calls come from the load's loop alone.

    `full(words)` is told once when the journal cannot be written; what comes after that is lost, the run is not.
    """

    def __init__(self, info: RunInfo, out: Path, full: Callable[[str], None], trace: bool = False) -> None:
        super().__init__(info, trace=trace, out=out)
        self.lock = RLock()
        self._full, self._is_full = full, False

    def event(
        self,
        t_s: float,
        kind: str,
        subject: str,
        detail: dict[str, Any] | None = None,
        planned_s: float | None = None,
    ) -> None:
        """Note that something happened."""
        with self.lock:
            try:
                super().event(t_s, kind, subject, detail, planned_s)
            except OSError as error:
                self._tell(error)

    def sample(self, t_s: float, metric: str, subject: str, value: float) -> None:
        """Note that a gauge has changed."""
        with self.lock:
            try:
                super().sample(t_s, metric, subject, value)
            except OSError as error:
                self._tell(error)

    def finish(self) -> Journal | None:  # type: ignore[override]
        """Return the journal, or None if it could not be finished."""
        with self.lock:
            try:
                return super().finish()
            except OSError as error:
                self._tell(error)
                return None

    def _tell(self, error: OSError) -> None:
        if not self._is_full:
            self._is_full = True
            self._full(f"the journal cannot be written: {error}")
