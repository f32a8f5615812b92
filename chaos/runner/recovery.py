"""After a crash: find what is owed, on this disk or in the cluster, and undo it from wherever there is access."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

from chaos.clock import started_text
from chaos.deeds import Hands
from chaos.deeds.objects import kubectl
from chaos.guard import Guardian, GuardianError
from chaos.kube import KubeError, Ref
from chaos.ledger import ClusterCopy, Entry, Header, Undone, append_line, copies, copy_name, read_ledger, undo_all
from chaos.runner.living import refuse_living, release
from sim.errors import UsageError

__all__ = ["LEDGER", "Found", "Odd", "Owed", "abandoned", "find_owed", "recover"]

LEDGER = "ledger.jsonl"


@dataclass(frozen=True, slots=True)
class Owed:
    """What one run left. `path`: its ledger on this disk, if found there; `unread`: why its copy could not be read."""

    header: Header
    entries: dict[int, Entry]
    path: Path | None = None
    unread: str = ""

    @property
    def open(self) -> tuple[Entry, ...]:
        """Return what may still be in force, in the order of its doing."""
        return tuple(entry for _, entry in sorted(self.entries.items()) if entry.is_open)


class Odd(NamedTuple):
    """A copy in the cluster that cannot be read: nobody knows what it owes. `by_hand`: how a person deals with it."""

    name: str
    why: str
    by_hand: tuple[str, ...]


class Found(NamedTuple):
    """What there is to undo: the runs that can be read, and the copies that cannot."""

    runs: tuple[Owed, ...]
    odd: tuple[Odd, ...] = ()


def find_owed(hands: Hands, given: str | None) -> Found:
    """Return the runs to undo: that of a folder, the run of that name in the cluster, or all that the cluster knows.

    Raises UsageError if `given` is neither, or the folder is of another cluster's run; KubeError if only the cluster
    could tell and it does not answer.
    """
    path = _ledger_path(given)
    if path is not None:
        return Found((_on_disk(hands, path),))
    read, unread = copies(hands)
    if given is None:
        odd = tuple(_odd(hands, name, why) for name, why in unread.items())
        return Found(tuple(Owed(header, entries) for header, entries in read.values()), odd)
    if given in read:
        return Found((Owed(*read[given]),))
    if (name := copy_name(given)) in unread:
        return Found((), (_odd(hands, name, unread[name]),))
    known = ", ".join((*read, *unread)) or "none"
    raise UsageError(f"{given!r} is no folder of a run, and no run that the cluster knows; it knows: {known}")


def _odd(hands: Hands, name: str, why: str) -> Odd:
    copy = Ref("ConfigMap", name, hands.binding.cluster.home)
    by_folder = "weatherglass chaos undo FOLDER --binding FILE  # where that run's own ledger is: the copy goes with it"
    removed = kubectl(hands, f"delete {copy.kubectl}") + "  # once nothing of what it says is left"
    return Odd(name, why, (by_folder, kubectl(hands, f"get {copy.kubectl} -o yaml"), removed))


def _ledger_path(given: str | None) -> Path | None:
    if given is None:
        return None
    path = Path(given)
    return path / LEDGER if (path / LEDGER).is_file() else path if path.is_file() else None


def _on_disk(hands: Hands, path: Path) -> Owed:
    with path.open(encoding="utf-8", errors="replace") as file:
        header, entries = read_ledger(file, str(path))
    try:
        read, unread = copies(hands)
    except KubeError as error:
        return Owed(header, entries, path, str(error))
    copy, odd = read.get(header.run), unread.get(copy_name(header.run), "")
    if copy is None and not odd and header.server not in ("", hands.kube.server):
        made = f"{path}: run {header.run} was made on {header.server} (--binding {header.binding})"
        raise UsageError(f"{made}; {hands.kube.server} knows nothing of it; accepted: a binding to that run's cluster")
    for number, entry in copy[1].items() if copy is not None else ():
        entries.setdefault(number, entry)  # the disk was full, the cluster was not
    return Owed(header, entries, path, odd)


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

    Guardians that hold it are freed, but for those that have been left something to undo: they do so at their deadline.
    Raises RunError if it is alive, KubeError.
    """
    refuse_living(hands)
    if run := release(hands):
        _disarm(hands, run, only_idle=True)
    return run


def _append(path: Path, undone: Undone) -> None:
    if undone.failed is None:
        entry = replace(undone.entry, state="undone", at=started_text(), detail={"how": undone.how})
    else:
        entry = replace(undone.entry, state="failed", at=started_text(), detail={"why": undone.failed.why})
    with contextlib.suppress(OSError):
        append_line(path, entry.line())


def _disarm(hands: Hands, run: str, *, only_idle: bool = False) -> None:
    for guardian in map(Guardian, hands.binding.guardians):
        with contextlib.suppress(GuardianError):  # it holds another run, or has done its work
            if not (only_idle and guardian.state().undo):
                guardian.disarm(run)
