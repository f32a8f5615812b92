"""The ledger of one run: a file that is on the disk before the deed is done, and a copy in the cluster."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from threading import RLock
from time import monotonic
from typing import Any

from chaos.clock import started_text
from chaos.deeds import Deed, DeedFailed
from chaos.kube import KubeError, KubeSilent
from chaos.ledger.copy import ClusterCopy
from chaos.ledger.entry import Entry, Header
from sim.errors import RunError

__all__ = ["Ledger", "append_line"]

REST_S = 10.0  # assumption: an API server that has just been silent is not asked again for what may be missing


class Ledger:
    """Written by several threads. `copy_may_fail()`: whether the cluster is meant to be out of reach right now.

    `missed(why)` hears when a deed is done though the copy does not tell of it.
    """

    def __init__(self, path: Path, header: Header, copy: ClusterCopy | None = None) -> None:
        self.path, self.header, self._copy = path, header, copy
        self.copy_may_fail: Callable[[], bool] = lambda: False
        self.missed: Callable[[str], None] = lambda _: None
        self._rests_until_s = 0.0
        self._entries: dict[int, Entry] = {}
        self._lock = RLock()
        try:
            path.touch(exist_ok=False)
            self._write(header.line())
            _sync_folder(path.parent)
        except OSError as error:
            raise RunError(f"{path}: the ledger cannot be written ({error}); nothing was done") from error

    def intend(self, case: str, deed: Deed) -> int:
        """Write down a deed that is about to be done; return its number. Raises DeedFailed: then do not do it."""
        with self._lock:
            entry = Entry(len(self._entries), case, deed.model_dump(mode="json"), "intended", started_text())
            try:
                self._write(entry.line())
            except OSError as error:
                raise DeedFailed(f"{deed.title()}: not done, the ledger cannot be written: {error}") from error
            self._entries[entry.number] = entry
            self._copy_intent(deed)
            return entry.number

    def done(self, number: int, detail: dict[str, Any]) -> None:
        """Note that a deed is in force."""
        self._note(number, "done", detail)

    def undone(self, number: int, how: str) -> None:
        """Note that a deed is undone, and read back so."""
        self._note(number, "undone", {"how": how})
        self._copy_best()

    def failed(self, number: int, why: str) -> None:
        """Note that the undo of a deed failed; it stays owed."""
        self._note(number, "failed", {"why": why})

    def owed(self, case: str | None = None) -> tuple[Entry, ...]:
        """Return the entries that may still be in force, in the order of their doing; of one occurrence, or all."""
        with self._lock:
            return tuple(e for e in self._entries.values() if e.is_open and case in (None, e.case))

    def close(self) -> None:
        """Remove the copy in the cluster if nothing is owed any more."""
        with self._lock:
            if self._copy is not None and not self.owed():
                with contextlib.suppress(KubeError):
                    self._copy.remove()

    def _note(self, number: int, state: Any, detail: dict[str, Any]) -> None:
        with self._lock:
            entry = replace(self._entries[number], state=state, at=started_text(), detail=detail)
            self._entries[number] = entry
            with contextlib.suppress(OSError):  # a full disk: the entry stays open there, and undo is idempotent
                self._write(entry.line())

    def _write(self, line: str) -> None:
        append_line(self.path, line)

    def _copy_intent(self, deed: Deed) -> None:
        may_fail = self.copy_may_fail()
        if may_fail and self._rests():
            self.missed(f"{deed.title()}: the API server is meant to be away, and was silent just now")
            return
        try:
            self._copy_all()
        except KubeError as error:
            if not may_fail:
                raise DeedFailed(f"{deed.title()}: not done, the ledger's copy cannot be written: {error}") from error
            self.missed(f"{deed.title()}: {error}")

    def _copy_best(self) -> None:
        if not self._rests():
            with contextlib.suppress(KubeError):  # what is undone and still listed there is undone twice, no more
                self._copy_all()

    def _rests(self) -> bool:
        return monotonic() < self._rests_until_s

    def _copy_all(self) -> None:
        if self._copy is None:
            return
        try:
            self._copy.write(self.header, self.owed())
        except KubeSilent:
            self._rests_until_s = monotonic() + REST_S
            raise


def append_line(path: Path, line: str) -> None:
    """Append a line to a ledger; it is on the disk when this returns. Raises OSError.

    What an earlier write has left half done (a kill, a full disk) stays a line of its own, which nobody can read.
    """
    with path.open("a+b") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(size - 1, 0))
        torn = file.read(1) not in (b"", b"\n")
        file.write(b"\n" * torn + f"{line}\n".encode())
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    """Make a new file's name durable, where folders can be synced (Windows cannot)."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
