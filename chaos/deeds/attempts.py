"""How deeds try: what passes by itself is tried again, within a bound; what goes wrong is the deed's failure."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from chaos.deeds.base import Deed, DeedFailed, UndoFailed
from chaos.deeds.hands import Hands
from chaos.kube import KubeError, KubeRefused
from sim.errors import HarnessError

__all__ = ["doing", "tried", "undoing", "until"]

UNDO_S = 5.0
"""How long one undo tries by itself; whoever undoes comes again (chaos.ledger.undo). assumption: an election of etcd,
or the way to another API server behind a balancer, takes no longer."""
PAUSE_S = 0.25  # assumption: a quarter of the second that a person would not notice
PASSING = (409, 429, 500, 502, 503, 504)
"""Answers that another try may change: a conflict, too many requests, an API server that has no datastore just now.

Source: kubernetes apimachinery 0.34.4, pkg/apis/meta/v1/types.go, StatusReason.
"""

T = TypeVar("T")


def tried(act: Callable[[], T], limit_s: float = UNDO_S) -> T:
    """Return what `act` returns; while the API server is silent, or its answer may pass, try again for `limit_s`."""
    until_s = time.monotonic() + limit_s
    while True:
        try:
            return act()
        except KubeError as error:
            if time.monotonic() >= until_s or not _passes(error):
                raise
        time.sleep(PAUSE_S)


def _passes(error: KubeError) -> bool:
    return not isinstance(error, KubeRefused) or error.status in PASSING


def until(what: Callable[[], T], limit_s: float, pause_s: float = 0.1) -> T:
    """Return the first answer that is true, or the last one, after `limit_s` at the latest."""
    until_s = time.monotonic() + limit_s
    while not (answer := what()) and time.monotonic() < until_s:
        time.sleep(pause_s)
    return answer


@contextmanager
def doing(deed: Deed) -> Iterator[None]:
    """Turn what goes wrong in doing a deed into its DeedFailed."""
    try:
        yield
    except DeedFailed:
        raise
    except HarnessError as error:
        raise DeedFailed(f"{deed.title()}: {error}") from error


@contextmanager
def undoing(deed: Deed, hands: Hands) -> Iterator[None]:
    """Turn what goes wrong in undoing a deed into its UndoFailed, with the commands for a person."""
    try:
        yield
    except UndoFailed:
        raise
    except HarnessError as error:
        raise UndoFailed(deed.title(), str(error), deed.by_hand(hands)) from error
