"""After a crash: find what is owed, on this disk or in the cluster, and undo it from wherever there is access."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from chaos.clock import started_text
from chaos.deeds import Hands
from chaos.guard import Guardian, GuardianError
from chaos.kube import KubeError
from chaos.ledger import ClusterCopy, Entry, Header, Undone, append_line, copies, read_ledger, undo_all
from chaos.runner.living import refuse_living, release
from sim.errors import UsageError

__all__ = ["LEDGER", "Owed", "abandoned", "find_owed", "recover"]

LEDGER = "ledger.jsonl"


@dataclass(frozen=True, slots=True)
class Owed:
    """What one run left. `path`: its ledger on this disk, if it was found there; `unread`: why a source was not."""

    header: Header
    entries: dict[int, Entry]
    path: Path | None = None
    unread: str = ""

    @property
    def open(self) -> tuple[Entry, ...]:
        """Return what may still be in force, in the order of its doing."""
        return tuple(entry for _, entry in sorted(self.entries.items()) if entry.is_open)


def find_owed(hands: Hands, given: str | None) -> list[Owed]:
    """Return the runs to undo: that of a folder, the run of that name in the cluster, or all that the cluster knows.

    Raises UsageError if `given` is neither, or the folder is of another cluster's run; KubeError if only the cluster
    could tell and it does not answer.
    """
    path = _ledger_path(given)
    if path is not None:
        return [_on_disk(hands, path)]
    found = copies(hands)
    if given is None:
        return [Owed(header, entries) for header, entries in found.values()]
    if given not in found:
        known = ", ".join(found) or "none"
        raise UsageError(f"{given!r} is no folder of a run, and no run that the cluster knows; it knows: {known}")
    return [Owed(*found[given])]


def _ledger_path(given: str | None) -> Path | None:
    if given is None:
        return None
    path = Path(given)
    return path / LEDGER if (path / LEDGER).is_file() else path if path.is_file() else None


def _on_disk(hands: Hands, path: Path) -> Owed:
    with path.open(encoding="utf-8", errors="replace") as file:
        header, entries = read_ledger(file, str(path))
    try:
        copy = copies(hands).get(header.run)
    except KubeError as error:
        return Owed(header, entries, path, str(error))
    if copy is None and header.server not in ("", hands.kube.server):
        made = f"{path}: run {header.run} was made on {header.server} (--binding {header.binding})"
        raise UsageError(f"{made}; {hands.kube.server} knows nothing of it; accepted: a binding to that run's cluster")
    for number, entry in copy[1].items() if copy is not None else ():
        entries.setdefault(number, entry)  # the disk was full, the cluster was not
    return Owed(header, entries, path)


def recover(hands: Hands, owed: Owed, told: Callable[[Undone], None], patient: Callable[[], bool]) -> list[Undone]:
    """Undo what a run left and return what is still left; its copy in the cluster, and its lease, go when nothing is.

    Raises RunError if that run is still alive.
    """
    refuse_living(hands, owed.header.run)

    def note(undone: Undone) -> None:
        if owed.path is not None:
            _append(owed.path, undone)
        with contextlib.suppress(OSError):  # nobody reads it any more: no reason to stop half-way
            told(undone)

    left = undo_all(owed.open, hands, note, patient)
    if not left:
        with contextlib.suppress(KubeError):
            ClusterCopy(hands, owed.header.run).remove()
            release(hands, owed.header.run)
        _disarm(hands, owed.header.run)
    return left


def abandoned(hands: Hands) -> str:
    """Remove the lease of a run that died before it owed anything; return which, or nothing.

    Raises RunError if it is alive, KubeError.
    """
    refuse_living(hands)
    return release(hands)


def _append(path: Path, undone: Undone) -> None:
    if undone.failed is None:
        entry = replace(undone.entry, state="undone", at=started_text(), detail={"how": undone.how})
    else:
        entry = replace(undone.entry, state="failed", at=started_text(), detail={"why": undone.failed.why})
    with contextlib.suppress(OSError):
        append_line(path, entry.line())


def _disarm(hands: Hands, run: str) -> None:
    for url in hands.binding.guardians:
        with contextlib.suppress(GuardianError):  # it holds another run, or has done its work
            Guardian(url).disarm(run)
