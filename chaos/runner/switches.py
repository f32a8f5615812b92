"""The dead man's switches of a run: every guardian that a deed needs, armed before the deed, renewed until the end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import suppress
from threading import Lock

from chaos.deeds import DeedFailed, GuardianOrder
from chaos.guard import Guardian, GuardianError, Renewer, Undo

__all__ = ["WITHIN_S", "Switches"]

WITHIN_S = 15.0
"""How long a fault may outlive its runner where a guardian watches. assumption: three renewals of 5 s fit into it, and
a person who sees his terminal die waits about that long before he does something."""


class Switches:
    """Arms guardians and keeps them quiet. `failed(words)` hears of the first that is silent or has acted."""

    def __init__(
        self, run: str, urls: Iterable[str], failed: Callable[[str], None], within_s: float = WITHIN_S
    ) -> None:
        self._run, self._within_s, self._failed = run, within_s, failed
        self._guardians = {url: Guardian(url) for url in dict.fromkeys(urls)}
        self._ordered: dict[str, Counter[Undo]] = {url: Counter() for url in self._guardians}  # by how many deeds
        self._lock = Lock()
        self._renewers: list[Renewer] = []

    def start(self) -> None:
        """Arm every guardian of the plan, with nothing to do yet. Raises GuardianError: then inject nothing."""
        armed: list[Guardian] = []
        try:
            for guardian in self._guardians.values():
                guardian.arm(self._run, self._within_s)
                armed.append(guardian)
        except GuardianError:
            self._disarm(armed)
            raise
        self._renew(*self._guardians.values())

    def order(self, order: GuardianOrder) -> None:
        """Leave the undo of a deed with its guardian, before the deed. Raises DeedFailed: then it must not be done."""
        with self._lock:
            known = self._ordered.setdefault(order.url, Counter())
            new = tuple(step for step in order.undo if not known[step])
            guardian = self._guardians.get(order.url) or Guardian(order.url)
            try:
                if new:
                    guardian.arm(self._run, self._within_s, new)
            except GuardianError as error:
                raise DeedFailed(f"not done, its guardian does not take the order: {error}") from error
            known.update(order.undo)
            if order.url not in self._guardians:  # it came with what was put into the cluster
                self._guardians[order.url] = guardian
                self._renew(guardian)

    def undone(self, orders: Iterable[GuardianOrder]) -> None:
        """Take back the orders of deeds that are undone, so that a guardian's list holds only what is in force.

        A guardian that does not answer, or is too old for it, keeps them: to undo twice does no harm.
        """
        with self._lock:
            for order in orders:
                known = self._ordered[order.url]
                known.subtract(order.undo)
                gone = tuple(step for step in order.undo if not known[step])
                for step in gone:
                    del known[step]
                if gone:
                    with suppress(GuardianError):
                        self._guardians[order.url].forget(self._run, gone)

    def stop(self, *, all_undone: bool) -> None:
        """End renewing. If everything is undone, disarm; else the guardians have their turn at the deadline."""
        for renewer in self._renewers:
            renewer.stop()
        if all_undone:
            self._disarm(self._guardians.values())

    def _renew(self, *guardians: Guardian) -> None:
        renewer = Renewer(guardians, self._run, self._within_s, self._tell)
        self._renewers.append(renewer)
        renewer.start()

    def _disarm(self, guardians: Iterable[Guardian]) -> None:
        for guardian in guardians:
            try:
                guardian.disarm(self._run)
            except GuardianError:
                continue  # its deadline passes, and it finds nothing to undo

    def _tell(self, guardian: Guardian, error: GuardianError) -> None:
        self._failed(f"guardian {guardian.url}: {error}")
