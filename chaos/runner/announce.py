"""Events in the cluster: whoever looks at it sees an experiment begin, each of its faults, and its end.

They are told best effort, by a thread of their own: a silent API server keeps no fault and no undo waiting.
"""

from __future__ import annotations

from datetime import UTC, datetime
from queue import SimpleQueue
from threading import Thread
from time import monotonic
from typing import Any, Literal

from chaos.check.lease import lease_ref
from chaos.clock import wall_s
from chaos.deeds import Hands
from chaos.kube import KubeError, KubeSilent

__all__ = ["Announcer", "Reason"]

Reason = Literal["ExperimentBegins", "FaultBegins", "FaultEnds", "ExperimentEnds"]
MOST = 200  # assumption: a hundred faults are told; who raises more reads the journal, not the cluster's events
TELL_S = 2.0  # of one call: what the lease and the ledger's copy have


class Announcer:
    """Writes events about the run's lease, in the binding's home namespace; they expire as all events do."""

    def __init__(self, hands: Hands, run: str) -> None:
        self._hands, self._run, self._lease = hands, run, lease_ref(hands.binding)
        self._queue: SimpleQueue[dict[str, Any] | None] = SimpleQueue()
        self._count = 0
        self._until_s = float("inf")
        self._unheard = False  # the API server was silent to the last one
        self._thread = Thread(target=self._work, name="announces", daemon=True)
        self._thread.start()

    def tell(self, reason: Reason, words: str) -> None:
        """Have an event written soon, one of MOST. Never waits, never fails."""
        if self._count < MOST or reason == "ExperimentEnds":
            self._count += 1
            self._queue.put(self._event(reason, words))

    def close(self) -> None:
        """Write what is waiting, within the limit of one call; the rest is dropped, and all if nobody listens."""
        limit_s = 0.0 if self._unheard else TELL_S
        self._until_s = monotonic() + limit_s
        self._queue.put(None)
        self._thread.join(limit_s)

    def _work(self) -> None:
        while (event := self._queue.get()) is not None and monotonic() < self._until_s:
            try:
                self._hands.create(event, limit_s=TELL_S)
            except KubeError as error:
                self._unheard = isinstance(error, KubeSilent)
            else:
                self._unheard = False

    def _event(self, reason: Reason, words: str) -> dict[str, Any]:
        now = datetime.fromtimestamp(wall_s(), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        home = self._lease.namespace
        about = {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "name": self._lease.name, "namespace": home}
        return {
            "apiVersion": "v1",
            "kind": "Event",
            "metadata": {"name": f"weatherglass-{self._run}.{self._count}", "namespace": home},
            "involvedObject": about,
            "reason": reason,
            "message": f"{self._run}: {words}",
            "type": "Warning" if reason == "FaultBegins" else "Normal",
            "source": {"component": "weatherglass"},
            "firstTimestamp": now,
            "lastTimestamp": now,
            "count": 1,
        }
