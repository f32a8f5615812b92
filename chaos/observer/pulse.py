"""Whether the control plane is up: one small read each second, which it can only answer with its datastore's quorum."""

from __future__ import annotations

from threading import Event

from chaos.kube.api import Kube, KubeRefused, KubeSilent
from chaos.observer.notes import Notes

__all__ = ["EVERY_S", "LIMIT_S", "Pulse"]

EVERY_S = 1.0
LIMIT_S = 2.0  # assumption: a read that takes longer is of no use to a controller; etcd answers within 0.1 s
SERVER_ERROR = 500


class Pulse:
    """Asks, and tells of changes. A refusal (403, 404) is an answer: the control plane is up.

    A single object is read through the datastore's quorum. Source: kubernetes 1.34.4,
    staging/src/k8s.io/apiserver/pkg/storage/cacher/delegator.go, CacheDelegator.Get: an empty resource version goes to
    the storage.
    """

    def __init__(self, api: Kube, path: str, notes: Notes) -> None:
        self._api, self._path, self._notes = api.within(LIMIT_S), path, notes
        self.up: bool | None = None  # None: not asked yet
        self.asked_s = float("-inf")

    def beat(self, every_s: float, stop: Event) -> None:
        """Ask until `stop` is set."""
        while not stop.is_set():
            self.ask()
            stop.wait(every_s)

    def ask(self) -> None:
        """Ask once."""
        why = ""
        try:
            self._api.get(self._path)
        except KubeRefused as error:
            why = str(error) if error.status >= SERVER_ERROR else ""
        except KubeSilent as error:
            why = str(error)
        self._notes.take(self._told, why)

    def _told(self, why: str) -> None:
        is_up = not why
        if self.up is not None and is_up != self.up:
            self._notes.event("api_up" if is_up else "api_down", "cluster", {} if is_up else {"why": why})
        elif self.up is None and not is_up:
            self._notes.event("api_down", "cluster", {"why": why})
        self.up, self.asked_s = is_up, self._notes.now_s
        self._notes.gauge("control_plane_up_share", "cluster", float(is_up))
