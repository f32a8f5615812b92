"""Keeps guardians quiet while the runner lives: renews every one of them, whatever the event loop does meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

from chaos.guard.client import LIMIT_S, Guardian
from chaos.guard.errors import GuardianError, GuardianSilent

__all__ = ["RENEWALS", "Renewer"]

RENEWALS = 3
"""How often in the time of one deadline. assumption: two may be lost, and the third still comes in time."""

LOST = RENEWALS - 1
"""How many renewals in a row may be lost before the runner hears of it: with the next one the deadline may pass."""


class Renewer:
    """Renews the run at all guardians every `within_s` / RENEWALS; daemon threads, so that a dead runner is dead.

    One thread a guardian: a silent one keeps no other waiting. `failed(guardian, error)` is called once, from its
    thread, for the first that refuses, or that is silent LOST times in a row: one lost renewal is what RENEWALS are
    for. Renewing goes on after it, so that the runner has time to undo in order.
    """

    def __init__(
        self,
        guardians: Sequence[Guardian],
        run: str,
        within_s: float,
        failed: Callable[[Guardian, GuardianError], None],
    ) -> None:
        self._run, self._every_s, self._failed = run, within_s / RENEWALS, failed
        self._stopped, self._once = threading.Event(), threading.Lock()
        self._threads = [
            threading.Thread(target=self._work, args=(guardian,), name=f"renews {guardian.url}", daemon=True)
            for guardian in guardians
        ]

    def start(self) -> None:
        """Begin; the first renewal comes a period later, since arming was one."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """End it, and wait until no renewal is under way: after this nothing is renewed any more."""
        self._stopped.set()
        for thread in self._threads:
            thread.join(2 * LIMIT_S)

    def _work(self, guardian: Guardian) -> None:
        lost = 0
        while not self._stopped.wait(self._every_s):
            try:
                guardian.renew(self._run)
                lost = 0
            except GuardianError as error:
                lost += 1
                if lost >= LOST or not isinstance(error, GuardianSilent):
                    self._tell(guardian, error)

    def _tell(self, guardian: Guardian, error: GuardianError) -> None:
        # never released: whoever gets it is the first, and the last
        if not self._stopped.is_set() and self._once.acquire(blocking=False):
            self._failed(guardian, error)
