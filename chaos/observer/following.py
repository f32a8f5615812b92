"""Follows one resource of the API: lists it, watches it, lists again when the watch is too old or the server was away.

A watch is asked for WATCH_S only and then resumed where it ended: each clean end confirms that nothing was missed. A
connection that died without a word is found by its read limit.
"""

from __future__ import annotations

from collections.abc import Mapping
from threading import Event
from typing import Any, Protocol

from chaos.kube.api import GONE, Kube, KubeRefused, KubeSilent
from chaos.observer.notes import Notes

__all__ = ["WATCH_S", "Following", "View"]

WATCH_S = 5.0  # assumption: short enough that facts are confirmed often, and 0.2 requests a second for each resource
BACKOFF_FIRST_S = 0.1
BACKOFF_CAP_S = 1.0  # the brief's bound: an API server that is back is seen within a second

WORDS = 160  # of an error: its address and cause stand at its beginning

Obj = Mapping[str, Any]


class View(Protocol):
    """Who is told of objects, under the notes' lock."""

    def put(self, obj: Obj, *, at_start: bool) -> None:
        """Take an object as it is now; `at_start`: it was there before anybody looked."""

    def drop(self, obj: Obj) -> None:
        """Take note that an object is gone."""

    def listed(self, path: str) -> None:
        """Take note that all objects at a path are known."""


class Following:
    """One resource at one path. `confirmed_s`: when the cluster last said that this is all there is; −∞: never."""

    def __init__(self, api: Kube, path: str, view: View, notes: Notes, **query: str) -> None:
        self.path, self._query = path, query
        self._api, self._view, self._notes = api, view, notes
        self._known: dict[str, Obj] = {}
        self._version: str | None = None
        self._begun = False
        self._blind = False
        self.confirmed_s = float("-inf")

    def run(self, stop: Event) -> None:
        """Follow until `stop` is set; every wait in it is limited."""
        backoff_s = BACKOFF_FIRST_S
        while not stop.is_set():
            try:
                self._round(stop)
                backoff_s = BACKOFF_FIRST_S
            except (KubeRefused, KubeSilent) as error:
                self._failed(error)
                stop.wait(backoff_s)
                backoff_s = min(2 * backoff_s, BACKOFF_CAP_S)

    def _round(self, stop: Event) -> None:
        """List if need be, and watch once."""
        if self._version is None:
            found = self._api.get(self.path, **self._query)
            self._version = str(found["metadata"]["resourceVersion"])
            self._notes.take(self._replace, found.get("items") or [])
        for change in self._api.watch(self.path, self._version, WATCH_S, allowWatchBookmarks="true", **self._query):
            if stop.is_set():
                return
            if change["type"] == "ERROR":
                raise _ended(self.path, change["object"])
            self._version = str(change["object"]["metadata"]["resourceVersion"])
            self._notes.take(self._change, change["type"], change["object"])
        self._notes.take(self._confirm)

    def _failed(self, error: KubeRefused | KubeSilent) -> None:
        if isinstance(error, KubeRefused):
            self._version = None  # 410, or anything else that a fresh list settles
            if error.status == GONE:
                return
        if not self._blind:
            self._blind = True
            self._notes.take(
                self._notes.event, "observer_blind", "cluster", {"to": self.path, "why": str(error)[:WORDS]}
            )

    def _confirm(self) -> None:
        self.confirmed_s = self._notes.now_s
        if self._blind:
            self._blind = False
            self._notes.event("observer_sees", "cluster", {"to": self.path})

    def _replace(self, objects: list[Obj]) -> None:
        self._confirm()
        now = {str(obj["metadata"]["uid"]): obj for obj in objects}
        for uid, obj in list(self._known.items()):
            if uid not in now:
                self._view.drop(obj)
        for obj in objects:
            self._view.put(obj, at_start=not self._begun)
        self._known, self._begun = now, True
        self._view.listed(self.path)

    def _change(self, kind: str, obj: Obj) -> None:
        self._confirm()
        uid = str(obj["metadata"].get("uid"))
        if kind == "DELETED":
            self._known.pop(uid, None)
            self._view.drop(obj)
        elif kind in {"ADDED", "MODIFIED"}:  # else a bookmark: nothing but a newer version
            self._known[uid] = obj
            self._view.put(obj, at_start=False)


def _ended(path: str, status: Obj) -> KubeRefused:
    """Return what the server ended a watch with, mostly 410: its version is too old, list again.

    Source: kubernetes.io, Kubernetes API Concepts, "410 Gone responses".
    """
    code, reason = int(status.get("code", 0)), str(status.get("reason", ""))
    return KubeRefused(f"watch {path}", code, reason, str(status.get("message", "")))
