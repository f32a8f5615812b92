"""One experiment per cluster at a time, and a switch for everybody: a Lease whose deletion stops the run."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime
from threading import Event, Thread
from typing import Any

from chaos.check.lease import LEASE, holder, kill_switch, lease_ref
from chaos.clock import wall_s
from chaos.deeds import Hands
from chaos.kube import KubeError, KubeRefused, KubeSilent
from sim.errors import RunError

__all__ = ["LASTS_S", "Lease", "identity"]

LASTS_S = 15  # source: what Kubernetes' own controllers use (client-go leaderelection, LeaseDuration 15 s)
RENEW_S = 2.0  # assumption: how soon a deleted lease is noticed; a write each 2 s is nothing to an API server
ANSWER_S = 2.0  # of one call of the renewals and of giving back: a silent API server may not hold up the end of a run
CONFLICT = 409


def identity(run: str, by: str) -> str:
    """Return how the lease names who holds it: the run, and on whose behalf."""
    return f"{run} by {by}"


def _now() -> str:
    return datetime.fromtimestamp(wall_s(), UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


class Lease:
    """The lease of one run. After `take` it is renewed by a thread of its own until `give_back`.

    `lost`: why the run has to stop, once somebody deleted or took it. `silent_since`: None, or when (monotonic, by
    `clock`) the API server stopped answering.
    """

    def __init__(self, hands: Hands, run: str, by: str) -> None:
        self._hands, self._ref, self._run, self._by = hands, lease_ref(hands.binding), run, by
        self._uid = ""
        self._is_unsure = False  # whether it may have been made though nobody said so
        self._over = Event()
        self._thread = Thread(target=self._renew, name="lease", daemon=True)
        self.lost = ""

    def take(self) -> None:
        """Take the lease, and begin to renew it. Raises RunError that says who holds it; KubeError."""
        try:
            made = self._hands.create(self._manifest())
        except KubeRefused as error:
            if error.status != CONFLICT:
                raise
            raise RunError(self._taken()) from error
        except KubeSilent:
            self._is_unsure = True
            raise
        self._uid = made["metadata"]["uid"]
        self._thread.start()

    def _taken(self) -> str:
        held = holder(self._hands.kube, self._hands.binding)
        who = "somebody" if held is None else f"{held.by}, since {held.since}"
        return (
            f"another experiment is under way in this cluster, or died in it: {who}\n"
            f"  if it lives, it stops and undoes everything by: {kill_switch(self._hands.binding)}\n"
            "  if it is dead: weatherglass chaos undo"
        )

    def give_back(self) -> None:
        """End renewing, and delete the lease if it is still ours; also one that was made without our hearing of it."""
        self._over.set()
        if self._uid:
            self._thread.join(2 * ANSWER_S)
        with contextlib.suppress(KubeError):  # gone, taken, or out of reach: then it runs out by itself
            if uid := self._uid or self._unheard_of():
                self._hands.delete(self._ref, uid, limit_s=ANSWER_S)

    def _unheard_of(self) -> str:
        """Return the UID of the lease that was made for us though the answer got lost; nothing if there is none."""
        found = self._hands.kube.within(ANSWER_S).find(self._ref.path) if self._is_unsure else None
        if found is None or (found.get("spec") or {}).get("holderIdentity") != identity(self._run, self._by):
            return ""
        return str(found["metadata"]["uid"])

    def _manifest(self) -> dict[str, Any]:
        now = _now()
        return {
            "apiVersion": "coordination.k8s.io/v1",
            "kind": "Lease",
            "metadata": {
                "name": LEASE,
                "namespace": self._ref.namespace,
            },
            "spec": {
                "holderIdentity": identity(self._run, self._by),
                "leaseDurationSeconds": LASTS_S,
                "acquireTime": now,
                "renewTime": now,
            },
        }

    def _renew(self) -> None:
        while not self._over.wait(RENEW_S):
            try:
                found = self._hands.kube.within(ANSWER_S).find(self._ref.path)
                if found is None or found["metadata"]["uid"] != self._uid:
                    self.lost = f"somebody deleted the lease {LEASE} in namespace {self._ref.namespace}"
                    return
                holder = found["spec"].get("holderIdentity") or "somebody without a name"
                if holder != identity(self._run, self._by):
                    self.lost = f"{holder} took the lease {LEASE}"
                    return
                self._hands.patch(self._ref, {"spec": {"renewTime": _now()}}, limit_s=ANSWER_S)
            except KubeError:
                continue  # how long the API server may be silent, the run decides
