"""Undoing what is owed: every entry, in reverse, whatever the others do; those that wait for the API server again."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from time import monotonic, sleep
from typing import NamedTuple

from chaos.deeds import Deed, Hands, UndoFailed
from chaos.kube import KubeError, KubeRefused, KubeSilent
from chaos.ledger.entry import Entry
from sim.errors import HarnessError

__all__ = ["Undone", "undo_all", "undo_order"]

AGAIN_S = 30.0  # assumption: an API server that was killed answers within 10 s of its start (docs/lab.md)
PAUSE_S = 1.0
SIGN_OF_LIFE_S = 1.0  # for the API server's `/version`: it takes milliseconds

Told = Callable[["Undone"], None]


class Undone(NamedTuple):
    """How the undo of one entry went: `how` in words, or what `failed`, and when (monotonic) and how long."""

    entry: Entry
    title: str
    how: str
    failed: UndoFailed | None
    took_s: float


def undo_order(entries: Iterable[Entry]) -> list[Entry]:
    """Return what is owed in the order of undoing: processes are revived first, then the rest, each last one first.

    A toxic that is removed while the process behind it is frozen can hang toxiproxy. Source: Shopify/toxiproxy 2.12.0
    as measured (docs/faults.md).
    """
    backwards = sorted(entries, key=lambda entry: -entry.number)
    return sorted(backwards, key=lambda entry: entry.deed.get("deed") != "command")


def undo_all(entries: Iterable[Entry], hands: Hands, told: Told, patient: Callable[[], bool]) -> list[Undone]:
    """Undo every entry; return those that are left. `told` hears of each that is undone, at last of each that is not.

    What failed is tried again for AGAIN_S as long as `patient()`: the API server may be coming back. While it gives no
    sign of life it is waited for once a round, not once an entry; what does not need it is undone all the same.
    """
    until_s = monotonic() + AGAIN_S
    left, silent = undo_order(entries), ""
    while True:
        failed, silent = _round(left, hands, told, silent)
        if not failed or not patient() or monotonic() + PAUSE_S > until_s:
            break
        left = [outcome.entry for outcome in failed]
        sleep(PAUSE_S)
    for outcome in failed:
        told(outcome)
    return failed


def _round(left: Iterable[Entry], hands: Hands, told: Told, silent: str) -> tuple[list[Undone], str]:
    """Try each once; return what failed, and what was said if the API server is silent (as in the round before)."""
    failed: list[Undone] = []
    if silent and _gives_sign_of_life(hands):
        silent = ""
    for entry in left:
        outcome = _undone(entry, hands, silent)
        if outcome.failed is None:
            told(outcome)
            continue
        failed.append(outcome)
        if not silent and isinstance(outcome.failed.__cause__, KubeSilent) and not _gives_sign_of_life(hands):
            silent = f"the API server does not answer: {outcome.failed.why}"
    return failed, silent


def _gives_sign_of_life(hands: Hands) -> bool:
    """Return whether the API server answers anything: one object's call may hang alone, behind a webhook."""
    try:
        hands.kube.within(SIGN_OF_LIFE_S).get("/version")
    except KubeError as error:
        return isinstance(error, KubeRefused)
    return True


def _undone(entry: Entry, hands: Hands, silent: str) -> Undone:
    """Undo one; if the API server is `silent`, only what does not need it."""
    began_s = monotonic()
    title, deed, how = entry.deed.get("deed", "?"), None, ""
    failed: UndoFailed | None = None
    try:
        deed = entry.read()
        title = deed.title()
        if silent and deed.needs():
            failed = UndoFailed(title, silent, _by_hand(deed, hands))
        else:
            how = deed.undo(hands)
    except UndoFailed as error:
        failed = error
    except HarnessError as error:
        failed = UndoFailed(title, str(error), _by_hand(deed, hands))
    except Exception as error:
        failed = UndoFailed(title, f"a bug of weatherglass: {error!r}", _by_hand(deed, hands))
    return Undone(entry, title, how, failed, monotonic() - began_s)


def _by_hand(deed: Deed | None, hands: Hands) -> tuple[str, ...]:
    try:
        return deed.by_hand(hands) if deed is not None else ()
    except HarnessError:
        return ()
