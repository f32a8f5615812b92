"""Options: checked patches over the base. `set:` (path must exist), `add:` (must not), `remove:`; `extends:` inherits.

The own changes of every ancestor are made once, parents before children, left to right. Where two that inherit nothing
from each other give one path different values, the option that joins them must say which.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from itertools import combinations
from typing import Any, Final

from sim.spec.changes import read_changes
from sim.spec.patch import REMOVED, Change, apply, covers, value_at
from sim.spec.place import Draft, Path, show
from sim.spec.wording import quote, unknown

__all__ = ["OptionTable"]

Report = Callable[[Path, str], None]

MOST_OPTIONS = 200  # a table that a person still reads has ten

_NOT_HERE: Final = {
    "options": "an option changes the world, not the options",
    "version": "the version of the language is the file's",
    "name": "the name is the file's",
    "run.seed": "all options are run with the same seeds, so that a difference is the option's",
    "run.replications": "all options are run equally often",
}


_WHOLE_RUN = "it holds the seed and the replications, which all options share; accepted: run.duration, run.warmup"


@dataclass(frozen=True, slots=True)
class _Own:
    """What one option says itself."""

    name: str
    extends: tuple[str, ...]
    changes: tuple[Change, ...]
    modelled: bool = True


class OptionTable:
    """The options of one file, read from its raw data; `report(path, message)` is told of everything that is wrong."""

    def __init__(self, raw: dict[str, Any], is_field: Callable[[Path], bool], report: Report) -> None:
        self._base = {key: value for key, value in raw.items() if key != "options"}
        self._is_field = is_field
        self._report = report
        options = raw.get("options")
        entries = options if isinstance(options, dict) else {}
        if len(entries) > MOST_OPTIONS:
            report(("options",), f"has {len(entries)} options; accepted: at most {MOST_OPTIONS}")
        self._own = {name: self._read(name, entry) for name, entry in list(entries.items())[:MOST_OPTIONS]}
        self._check_parents()
        self._orders = self._ordered()

    @property
    def names(self) -> tuple[str, ...]:
        """The options in the order of the file."""
        return tuple(self._own)

    def extends(self, name: str) -> tuple[str, ...]:
        """Return the options whose changes `name` inherits, parents before children."""
        return self._orders[name][:-1]

    def draft(self, name: str, report: Report) -> Draft:
        """Return the document with the option's changes, and tell of every change that cannot be made."""
        order = self._orders[name]
        draft = Draft(dict(self._base))
        for ancestor in order[:-1]:
            for change in self._own[ancestor].changes:
                apply(draft, change, self._is_field)
        for change in self._own[name].changes:
            problem = apply(draft, change, self._is_field, strict=not self._given(change, order[:-1]))
            if problem is not None:
                report(change.origin, problem)
        self._check_agreement(name, order)
        return draft

    def _given(self, change: Change, ancestors: tuple[str, ...]) -> bool:
        """Tell whether `change` settles what several ancestors say of the very same path."""
        return sum(change.path == c.path for a in ancestors for c in self._own[a].changes) > 1

    def _read(self, name: str, entry: Any) -> _Own:
        where: Path = ("options", name)
        if not isinstance(entry, dict):
            return _Own(name, (), ())
        extends = entry.get("extends")
        parents = tuple(p for p in extends if isinstance(p, str)) if isinstance(extends, list) else ()
        changes = read_changes(entry, where, self._refused, self._report)
        return _Own(name, parents, changes, entry.get("not_modelled") is None)

    def _refused(self, path: Path) -> str | None:
        """Say why an option cannot change a path, or None."""
        if path == ("run",):
            return f"'run' cannot be changed by an option: {_WHOLE_RUN}"
        for prefix, why in _NOT_HERE.items():
            if covers(tuple(prefix.split(".")), path):
                return f"{quote('.'.join(str(part) for part in path))} cannot be changed by an option: {why}"
        return None

    def _ordered(self) -> dict[str, tuple[str, ...]]:
        """Return each option's ancestors and itself, once, parents before children, left to right.

        Where `extends` leads in a circle (which is reported) every option stands alone.
        """
        graph = {name: [p for p in own.extends if p in self._own] for name, own in self._own.items()}
        try:
            names = tuple(TopologicalSorter(graph).static_order())
        except CycleError as error:
            circle = error.args[1][::-1]  # graphlib names it from parent to child
            self._report(("options", circle[0], "extends"), f"leads back to itself: {' → '.join(circle)}")
            return {name: (name,) for name in self._own}
        orders: dict[str, tuple[str, ...]] = {}
        for name in names:
            inherited = dict.fromkeys(ancestor for parent in graph[name] for ancestor in orders[parent])
            orders[name] = (*inherited, name)
        return orders

    def _check_parents(self) -> None:
        for name, own in self._own.items():
            for index, parent in enumerate(own.extends):
                if parent not in self._own:
                    others = [other for other in self._own if other != name]
                    self._report(("options", name, "extends", index), unknown(parent, "option", others))
                elif own.modelled and not self._own[parent].modelled:
                    message = f"{parent} is not modelled, so this option cannot be run either"
                    self._report(
                        ("options", name, "extends"), f"{message}; accepted: not_modelled here too, or without it"
                    )

    def _check_agreement(self, name: str, order: tuple[str, ...]) -> None:
        if len(self._own[name].extends) < 2:
            return  # what a single parent joins was checked there
        for one, other in combinations(order[:-1], 2):
            if one in self._orders[other] or other in self._orders[one]:
                continue
            joins = [option for option in order if one in self._orders[option] and other in self._orders[option]]
            for mine in self._own[one].changes:
                for theirs in self._own[other].changes:
                    path = _disputed(mine, theirs)
                    if path is not None and not self._settled(path, one, other, order, joins):
                        self._report(
                            ("options", name, "extends"),
                            f"{one} and {other} give {show(path)} different values "
                            f"({_said(mine, path)} and {_said(theirs, path)}); accepted: set it in {name} itself",
                        )

    def _settled(self, path: Path, one: str, other: str, order: tuple[str, ...], joins: list[str]) -> bool:
        """Tell whether a dispute is over: one that inherits both decides, or a child of each side has replaced it."""
        if any(covers(change.path, path) for option in joins for change in self._own[option].changes):
            return True
        return any(self._replaced(path, side, order, joins) for side in (one, other))

    def _replaced(self, path: Path, side: str, order: tuple[str, ...], joins: list[str]) -> bool:
        heirs = [option for option in order if option != side and option not in joins and side in self._orders[option]]
        return any(covers(change.path, path) for heir in heirs for change in self._own[heir].changes)


def _disputed(mine: Change, theirs: Change) -> Path | None:
    """Return the longer path of two changes that touch the same place and differ there."""
    if not (covers(mine.path, theirs.path) or covers(theirs.path, mine.path)):
        return None
    path = max(mine.path, theirs.path, key=len)
    return path if value_at(mine, path) != value_at(theirs, path) else None


def _said(change: Change, path: Path) -> str:
    value = value_at(change, path)
    return "removed" if value is REMOVED else quote(value)
