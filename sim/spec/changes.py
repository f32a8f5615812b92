"""What `set:`, `add:` and `remove:` say, read from plain data: the changes of an option, or of a binding."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import combinations
from typing import Any, TypeAlias

from sim.spec.patch import REMOVED, Change, covers
from sim.spec.place import Path, show

__all__ = ["Refusal", "Report", "read_changes"]

Report: TypeAlias = Callable[[Path, str], None]
Refusal: TypeAlias = Callable[[Path], str | None]


def read_changes(
    entry: Mapping[str, Any], where: Path, refusal: Refusal, report: Report, *, what: str = "option"
) -> tuple[Change, ...]:
    """Return the changes of an entry that stands at `where`; whatever has no form of a change is left out.

    `refusal(path)` says why a path cannot be changed here, or None; `report(place, message)` is told of that, and of
    changes of one entry that touch the same place. `what` the entry is, for its words.
    """
    changes = []
    for change in _changes(entry, where):
        if (why := refusal(change.path)) is not None:
            report(change.origin, why)
        else:
            changes.append(change)
    for one, other in combinations(changes, 2):
        if covers(one.path, other.path) or covers(other.path, one.path):
            inner = max(one, other, key=lambda change: len(change.path))
            outer = other if inner is one else one
            report(inner.origin, f"the same {what} also changes {show(outer.path)}; accepted: one of the two")
    return tuple(changes)


def _changes(entry: Mapping[str, Any], where: Path) -> Iterator[Change]:
    for verb in ("set", "add"):
        given = entry.get(verb)
        for text, value in given.items() if isinstance(given, Mapping) else ():
            yield Change(verb, _path(text), value, (*where, verb, text))
    removed = entry.get("remove")
    for index, text in enumerate(removed if isinstance(removed, list | tuple) else ()):
        if isinstance(text, str):
            yield Change("remove", _path(text), REMOVED, (*where, "remove", index))


def _path(text: str) -> Path:
    return tuple(int(part) if part.isdecimal() else part for part in text.split("."))
