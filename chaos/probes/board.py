"""The latest reading of each probe, since when its verdict is what it is, and the journal's rows about it."""

from __future__ import annotations

from contextlib import AbstractContextManager
from threading import Lock
from typing import Any

from chaos.clock import RunClock
from chaos.observer.notes import Journalled
from chaos.probes.reading import Reading, unknown

__all__ = ["NOT_YET", "Board"]

NOT_YET = "no reading yet"


class Board:
    """Readings by probe, thread-safe. `stale_s`: how old each probe's last reading may become before it is unknown.

    Each reading is a sample (`probe` of `probe/NAME`), each change of verdict an event. `lock`: the recorder's.
    """

    def __init__(
        self,
        stale_s: dict[str, float],
        recorder: Journalled,
        clock: RunClock,
        lock: AbstractContextManager[Any] | None = None,
    ) -> None:
        began_s = clock.now()
        self._stale_s, self._recorder, self._clock = dict(stale_s), recorder, clock
        self._lock: AbstractContextManager[Any] = Lock() if lock is None else lock
        self._last = {name: unknown(NOT_YET, began_s) for name in stale_s}
        self._put_s = dict.fromkeys(stale_s, began_s)
        self._broken_since: dict[str, float] = {}
        self._known_s = dict.fromkeys(stale_s, began_s)
        self._open = True

    def put(self, name: str, reading: Reading) -> None:
        """Take a probe's reading and write it down; nothing once the board is closed."""
        with self._lock:
            if not self._open:
                return
            now_s = self._clock.now()
            if reading.verdict == "held":
                self._broken_since.pop(name, None)
            if reading.verdict == "broken":
                self._broken_since.setdefault(name, now_s)
            if reading.verdict != "unknown":
                self._known_s[name] = now_s
            before, self._last[name], self._put_s[name] = self._last[name], reading, now_s
            self._recorder.sample(now_s, "probe", f"probe/{name}", reading.value)
            if before.verdict != reading.verdict or before.why == NOT_YET:
                self._tell(now_s, name, reading)

    def readings(self) -> dict[str, Reading]:
        """Return each probe's reading as it stands now."""
        with self._lock:
            now_s = self._clock.now()
            return {name: self._now(name, now_s) for name in self._last}

    def broken_for(self, name: str) -> float:
        """Return for how many seconds a probe has been broken without a break; 0 unless it is broken now.

        Only a reading that held is a break: not knowing in between forgives nothing.
        """
        with self._lock:
            now_s = self._clock.now()
            is_broken = self._now(name, now_s).verdict == "broken"
            return now_s - self._broken_since[name] if is_broken else 0.0

    def unknown_for(self, name: str) -> float:
        """Return for how many seconds nothing has been known of a probe; 0 unless that is so now."""
        with self._lock:
            now_s = self._clock.now()
            return now_s - self._known_s[name] if self._now(name, now_s).verdict == "unknown" else 0.0

    def close(self) -> None:
        """Take nothing any more: who still waits for an answer writes into no finished journal."""
        with self._lock:
            self._open = False

    def _now(self, name: str, now_s: float) -> Reading:
        last, silent_s = self._last[name], now_s - self._put_s[name]
        if silent_s <= self._stale_s[name]:
            return last
        return unknown(f"no reading for {silent_s:.1f} s", last.at_s)

    def _tell(self, now_s: float, name: str, reading: Reading) -> None:
        detail: dict[str, Any] = {"why": reading.why} if reading.why else {"value": reading.value}
        self._recorder.event(now_s, f"probe_{reading.verdict}", f"probe/{name}", detail)
