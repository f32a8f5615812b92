"""`like: NAME`: an entry copied from its sibling, but for what it says itself. Resolved after an option's patch."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from sim.spec.place import Draft, Path
from sim.spec.wording import quote, unknown

__all__ = ["COLLECTIONS", "copy_siblings"]

Report = Callable[[Path, str], None]

COLLECTIONS: tuple[Path, ...] = (
    ("cluster", "nodes"), ("cluster", "links"), ("external",), ("workloads",), ("services",), ("clients",),
    ("transports",), ("policies",), ("faults",), ("crews",), ("repair",), ("steady",), ("objectives",),
)  # fmt: skip


def _collections(data: dict[str, Any]) -> Iterator[tuple[Path, dict[str | int, Any], dict[str, Any]]]:
    """Yield (path, the map that holds it, the collection) for every collection that the document has."""
    for path in COLLECTIONS:
        holder: Any = data
        for part in path[:-1]:
            holder = holder.get(part) if isinstance(holder, dict) else None
        if isinstance(holder, dict) and isinstance(holder.get(path[-1]), dict):
            yield path, holder, holder[path[-1]]


def copy_siblings(draft: Draft, presets: Mapping[str, Mapping[str, Any]], report: Report) -> None:
    """Replace every `like` in a draft. `presets`: for a collection by name, further entries that can be copied."""
    draft.data = dict(draft.data)
    if isinstance(draft.data.get("cluster"), dict):
        draft.data["cluster"] = dict(draft.data["cluster"])
    for path, holder, collection in list(_collections(draft.data)):
        if not any(isinstance(entry, dict) and "like" in entry for entry in collection.values()):
            continue
        copier = _Copier(draft, path, collection, presets.get(str(path[-1]), {}), report)
        holder[path[-1]] = {name: copier.entry(name) for name in collection}


class _Copier:
    def __init__(
        self, draft: Draft, path: Path, entries: dict[str, Any], presets: Mapping[str, Any], report: Report
    ) -> None:
        self.draft, self.path, self.entries, self.presets, self.report = draft, path, entries, presets, report
        self.done: dict[str, Any] = {}

    def entry(self, name: str) -> Any:
        """Return an entry with all that it inherits."""
        chain, last = {name: None}, name
        while last not in self.done and (sibling := self._sibling(last, chain)) is not None:
            chain[sibling], last = None, sibling
        for one in reversed(chain):  # from the far end, where nothing is inherited any more; no chain is too long
            if one not in self.done:
                self.done[one] = self._merged(one)
        return self.done[name]

    def _sibling(self, name: str, chain: dict[str, None]) -> str | None:
        """Return the entry that `name`, the last one of a chain, copies, if it is another of this collection."""
        own = self.entries[name]
        sibling = own.get("like") if isinstance(own, dict) else None
        if not isinstance(sibling, str) or sibling not in self.entries:
            return None
        if sibling not in chain:
            return sibling
        circle = [*chain]
        words = " → ".join((*circle[circle.index(sibling) :], sibling))
        self.report((*self.path, name, "like"), f"{quote(sibling)} leads back here: {words}")
        self.done[name] = {key: value for key, value in own.items() if key != "like"}
        return None

    def _merged(self, name: str) -> Any:
        own = self.entries[name]
        if not isinstance(own, dict) or "like" not in own:
            return own
        rest = {key: value for key, value in own.items() if key != "like"}
        return {**self._inherited(name, own["like"], rest), **rest}

    def _inherited(self, name: str, sibling: Any, own: dict[str, Any]) -> dict[str, Any]:
        if isinstance(sibling, str) and sibling in self.entries:
            base = self.done[sibling]
            if not isinstance(base, dict):
                return {}  # the validator says that it is no map
            self._remember(name, sibling, [key for key in base if key not in own])
            return dict(base)
        if isinstance(sibling, str) and sibling in self.presets:
            return dict(self.presets[sibling])
        others = [other for other in (*self.entries, *self.presets) if other != name]
        self.report((*self.path, name, "like"), unknown(sibling, f"entry of {self.path[-1]}", others))
        return {}

    def _remember(self, name: str, sibling: str, keys: list[str]) -> None:
        """Note where the copied fields really stand, so that an error in them names that line, once."""
        for key in keys:
            self.draft.origins[(*self.path, name, key)] = self.draft.origin((*self.path, sibling, key))
