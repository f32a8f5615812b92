"""A scenario as one real environment plays it: an option, and over it what the binding changes.

Three simulated days become three real minutes by saying so: Kubernetes' own timers do not scale. A binding speaks the
language of options, about the run's length and the faults only: the world itself is what it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path as FilePath
from typing import Any

from sim.errors import Problem, ScenarioError
from sim.spec.changes import read_changes
from sim.spec.drafts import Drafts, is_field
from sim.spec.load import load_text
from sim.spec.options import OptionTable
from sim.spec.patch import Change, apply
from sim.spec.place import Draft, Path, Tree, show
from sim.spec.scenario import BASE, Scenario
from sim.spec.source import read
from sim.spec.wording import quote
from sim.spec.yaml_core import parse

__all__ = ["Changes", "load_bound"]

_VERBS = ("set", "add", "remove")  # no section of a scenario is called so: they tell whose line a path is
_ACCEPTED = "accepted: run.duration, run.warmup, and what is under faults"


def _no_line(_: Path) -> int | None:
    return None


@dataclass(frozen=True, slots=True)
class Changes:
    """What a binding changes. Paths as text with dots: `faults.gone.for`; values as plain data, as they were read.

    `file`: what errors call the binding. `line(path)`: the line of `("set", "faults.gone.for")`, or of the nearest
    thing around it; None where there is none (`sim.spec.place.Tree.line`).
    """

    file: str
    set: Mapping[str, Any] = field(default_factory=dict)
    add: Mapping[str, Any] = field(default_factory=dict)
    remove: tuple[str, ...] = ()
    line: Callable[[Path], int | None] = _no_line


def load_bound(source: str | FilePath, option: str, changes: Changes) -> Scenario:
    """Return the scenario of an option with the binding's changes made, checked as strictly as any option.

    A repair goes with the fault that the binding removes. Raises ScenarioError: with the problems of the scenario's own
    file if it is not right by itself; else each one names the binding, its line and path.
    """
    text = read(source)
    load_text(text).option(option)
    tree = parse(text.text, text.file)
    draft = _draft(tree, option)
    wrong = _Wrong(changes, tree)
    faults = _names(draft, "faults")
    for change in read_changes(_entry(changes), (), _refusal, wrong.at, what="binding"):
        wrong.unless_made(change, apply(draft, change, is_field, strict=True))
    _drop_repairs(draft, faults)
    wrong.stop()  # what follows from a change that could not be made would only confuse
    scenario = Drafts(text.folder).scenario(draft, lambda path, message: wrong.at(draft.origin(path), message))
    wrong.stop()
    assert scenario is not None
    return scenario


def _draft(tree: Tree, option: str) -> Draft:
    if option == BASE:
        return Draft({key: value for key, value in tree.data.items() if key != "options"})
    return OptionTable(tree.data, is_field, _said_already).draft(option, _said_already)


def _said_already(_: Path, __: str) -> None:
    """Drop what is wrong with an option: loading has raised it."""


def _entry(changes: Changes) -> dict[str, Any]:
    return {"set": changes.set, "add": changes.add, "remove": changes.remove}


def _refusal(path: Path) -> str | None:
    if path[0] == "faults" or path in (("run", "duration"), ("run", "warmup")):
        return None
    return f"{quote('.'.join(map(str, path)))} cannot be changed by a binding; {_ACCEPTED}"


def _names(draft: Draft, section: str) -> tuple[str, ...]:
    found = draft.data.get(section)
    return tuple(found) if isinstance(found, dict) else ()


def _drop_repairs(draft: Draft, faults: tuple[str, ...]) -> None:
    """Let the repair of a removed fault go too: a binding could not remove it, and nobody is left to be repaired."""
    gone = [name for name in faults if name not in _names(draft, "faults")]
    if any(name in gone for name in _names(draft, "repair")):
        repairs = draft.data["repair"]
        draft.data = {**draft.data, "repair": {name: repairs[name] for name in repairs if name not in gone}}


class _Wrong:
    """Collects what is wrong, each thing once, in the words and lines of the binding."""

    def __init__(self, changes: Changes, tree: Tree) -> None:
        self._changes, self._tree = changes, tree
        self._found: dict[Problem, None] = {}

    def unless_made(self, change: Change, problem: str | None) -> None:
        """Take note of a change that cannot be made."""
        if problem is not None:
            self.at(change.origin, problem)

    def at(self, origin: Path, message: str) -> None:
        """Take note of something at a place of the binding, or at one of the scenario's file.

        The scenario is right without the binding. So what is wrong in its file now, the changes have made wrong.
        """
        if origin[:1] and origin[0] in _VERBS:
            place = origin
        else:
            line = self._tree.line(origin)
            where = self._tree.file if line is None else f"{self._tree.file}:{line}"
            place, message = self._whole(), f"with these changes {show(origin)} ({where}) is wrong: {message}"
        self._found[Problem(self._changes.file, self._changes.line(place), show(place), message)] = None

    def _whole(self) -> Path:
        """Return the place of the only change, or else of the first of its list."""
        places = [*self._places()]
        return places[0] if len(places) == 1 else places[0][:1]

    def _places(self) -> Iterator[Path]:
        yield from (("set", text) for text in self._changes.set)
        yield from (("add", text) for text in self._changes.add)
        yield from (("remove", index) for index, _ in enumerate(self._changes.remove))

    def stop(self) -> None:
        """Raise what was found."""
        if self._found:
            raise ScenarioError(tuple(sorted(self._found, key=lambda problem: problem.line or 0)))
