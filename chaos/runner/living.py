"""Whether the run that holds the lease is alive: its renewals are watched, since no two machines' clocks agree."""

from __future__ import annotations

import contextlib
from time import monotonic, sleep

from chaos.check.lease import Holder, holder, kill_switch, lease_ref
from chaos.deeds import Hands
from chaos.kube import KubeError
from sim.errors import RunError

__all__ = ["refuse_living", "release"]

WATCH_S = 6.0  # three renewals of a living run (chaos.runner.lease, RENEW_S)
PAUSE_S = 0.25


def refuse_living(hands: Hands, run: str = "") -> None:
    """Raise RunError if the run that has the lease (only if it is `run`, where one is given) is alive.

    A living one is seen at its next renewal, within 2 s. One that is dead is watched for as long as its lease lasts
    (15 s), or for WATCH_S if the lease looks old already: so a wall that jumped makes no living run a dead one, and no
    dead one lives on. Where the API server does not answer nobody can tell, and undoing twice does no harm.
    """
    with contextlib.suppress(KubeError):
        held = _held(hands, run)
        if held is not None and _renews(hands, held):
            raise RunError(
                f"run {_run_of(held)} is still alive ({held.by}, since {held.since}): it stops and undoes everything "
                f"itself, by\n  {kill_switch(hands.binding)}"
            )


def release(hands: Hands, run: str = "") -> str:
    """Delete the lease of a run that is dead; return which run had it, or nothing. Raises KubeError."""
    held = _held(hands, run)
    if held is None:
        return ""
    hands.delete(lease_ref(hands.binding), held.uid)
    return _run_of(held)


def _held(hands: Hands, run: str) -> Holder | None:
    held = holder(hands.kube, hands.binding)
    return held if held is not None and run in ("", _run_of(held)) else None


def _run_of(held: Holder) -> str:
    return held.by.split()[0]


def _renews(hands: Hands, held: Holder) -> bool:
    """Return whether the lease changes while it is watched; one that goes meanwhile belonged to a run that ended."""
    path, until_s = lease_ref(hands.binding).path, monotonic() + min(held.lasts_s, WATCH_S if held.is_over else 1e9)
    while monotonic() < until_s:
        sleep(PAUSE_S)
        now = hands.kube.find(path)
        if now is None or now["metadata"]["uid"] != held.uid:
            return False
        if now["metadata"]["resourceVersion"] != held.version:
            return True
    return False
