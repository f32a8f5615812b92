"""One change of an option, and how it is made: copies along the path, so that nothing else sees it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from sim.spec.place import Draft, Path, dig, show
from sim.spec.wording import did_you_mean, listed, quote

__all__ = ["REMOVED", "Change", "apply", "covers", "value_at"]


class _Removed:
    """What stands at a path that was removed."""


REMOVED: Final = _Removed()


@dataclass(frozen=True, slots=True)
class Change:
    """A value for a path. `origin` is where in the file the change itself stands."""

    verb: str
    path: Path
    value: Any
    origin: Path


def covers(outer: Path, inner: Path) -> bool:
    """Tell whether `inner` is `outer` or lies inside it."""
    return inner[: len(outer)] == outer


def value_at(change: Change, path: Path) -> Any:
    """Return what a change says of a path inside its own (REMOVED if it leaves nothing there)."""
    if change.value is REMOVED:
        return REMOVED
    try:
        return dig(change.value, path[len(change.path) :])
    except KeyError:
        return REMOVED


def _names(holder: Any) -> tuple[str, ...]:
    return tuple(holder) if isinstance(holder, dict) else tuple(str(i) for i in range(len(holder)))


def _not_there(path: Path, length: int, holder: Any, verb: str) -> str:
    """Say that the part number `length` of a path does not exist in `holder`."""
    given, around = str(path[length]), show(path[:length]) or "the file"
    hint = "; to make it, use add:" if verb == "set" and length == len(path) - 1 else ""
    if not isinstance(holder, dict | list):
        return f"there is no {quote(given)} in {around}, which is {quote(holder)}{hint}"
    names = _names(holder)
    return f"there is no {quote(given)} in {around};{did_you_mean(given, names)} known: {listed(names)}{hint}"


def _has(holder: Any, part: str | int) -> bool:
    return part in holder if isinstance(holder, dict) else isinstance(holder, list) and _index_in(holder, part)


def _index_in(holder: list[Any], part: str | int) -> bool:
    return isinstance(part, int) and part < len(holder)


def _key(holder: Any, part: str | int) -> str | int:
    """A map's names are text, also those made of digits."""
    return str(part) if isinstance(holder, dict) else part


def _walk(draft: Draft, change: Change, is_field: Callable[[Path], bool]) -> tuple[Any, str | None]:
    """Return a private copy of what holds the change's last part, or what is wrong with the way there."""
    holder: Any = draft.data
    for length, raw in enumerate(change.path[:-1]):
        part = _key(holder, raw)
        makes = change.verb == "add" and isinstance(holder, dict) and is_field(change.path[: length + 1])
        if not _has(holder, part) and not makes:
            return None, _not_there(change.path, length, holder, change.verb)
        inner = holder[part] if _has(holder, part) else {}
        inner = dict(inner) if isinstance(inner, dict) else list(inner) if isinstance(inner, list) else inner
        holder[part] = inner
        holder = inner
    return holder, None


def apply(draft: Draft, change: Change, is_field: Callable[[Path], bool], *, strict: bool = False) -> str | None:
    """Make a change; return what is wrong with it, or None.

    `is_field(path)` tells whether a path is a field of the language: `add` may make those on the way (a section that
    the file leaves out), but no entries with free names. `strict`: `set` and `remove` want the path to exist, `add`
    wants it not to. Inherited changes are not strict: each was checked where it was written.
    """
    holder, problem = _walk(draft, change, is_field)
    if problem is not None:
        return problem if strict or change.verb != "remove" else None
    part = _key(holder, change.path[-1])
    exists = _has(holder, part)
    if not isinstance(holder, dict | list) or (isinstance(holder, list) and not exists):
        return _not_there(change.path, len(change.path) - 1, holder, change.verb)
    if strict and change.verb == "add" and exists:
        return f"{show(change.path)} is there already ({quote(dig(holder, (part,)))}); to replace it, use set:"
    if strict and change.verb != "add" and not exists:
        return _not_there(change.path, len(change.path) - 1, holder, change.verb)
    _put(draft, holder, part, change)
    return None


def _put(draft: Draft, holder: Any, part: str | int, change: Change) -> None:
    place = (*change.path[:-1], part)
    for path in [path for path in draft.origins if covers(place, path)]:
        del draft.origins[path]
    if change.value is not REMOVED:
        holder[part] = change.value
        draft.origins[place] = change.origin
    elif isinstance(holder, dict):
        holder.pop(part, None)
    else:
        del holder[part]
