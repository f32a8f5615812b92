"""YAML to plain data with a line for every path, strictly: what YAML 1.2's core schema says, and nothing twice.

PyYAML's own loader reads YAML 1.1 (`no` is false, `1:30` is 90) and lets a repeated key win silently. Its parser's
events are read here instead: the depth and the size of what aliases would unfold to are known before anything is built,
and no step recurses. Source of the scalar rules: YAML 1.2.2, section 10.3.2.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Any

import yaml

from sim.errors import Problem, ScenarioError
from sim.spec.place import Path, Tree, show
from sim.spec.wording import quote

__all__ = ["parse"]

MOST_PROBLEMS = 500
MOST_NODES = 200_000  # a file of 1 MiB has fewer, unless its aliases unfold to more
DEEPEST = 40  # the language itself needs about ten levels

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # a PyYAML without libyaml is slower, not different
_CORE = "tag:yaml.org,2002:"
_NULL = ("", "~", "null", "Null", "NULL")
_BOOL = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_INT = re.compile(r"[-+]?[0-9]+")
_OCTAL, _HEX = re.compile(r"0o[0-7]+"), re.compile(r"0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")


class _ScalarError(ValueError):
    """A scalar that the language does not take; its text says what is accepted."""


def _number(text: str) -> Any:
    if _NOT_FINITE.fullmatch(text):
        raise _ScalarError(f"{quote(text)} is not finite; accepted: a finite number")
    if len(text) > 400:  # more digits than any double has; int() refuses beyond 4,300 of them
        raise _ScalarError(f"{quote(text)} is too long for a number; accepted: at most 400 characters")
    if _INT.fullmatch(text):
        return int(text)
    if _OCTAL.fullmatch(text) or _HEX.fullmatch(text):
        return int(text, 0)
    number = float(text)
    if not math.isfinite(number):
        raise _ScalarError(f"{quote(text)} is too large; accepted: a finite number")
    return number


def _plain(text: str) -> Any:
    if text in _NULL:
        return None
    if text in _BOOL:
        return _BOOL[text]
    if text[0] in "+-.0123456789" and any(
        pattern.fullmatch(text) for pattern in (_INT, _FLOAT, _OCTAL, _HEX, _NOT_FINITE)
    ):
        return _number(text)
    return text


def _scalar(event: yaml.ScalarEvent) -> Any:
    if event.tag is None:
        return _plain(event.value) if event.implicit[0] else event.value
    if event.tag in {"!", f"{_CORE}str"}:
        return event.value
    value = _plain(event.value)
    wanted = {f"{_CORE}int": int, f"{_CORE}float": float, f"{_CORE}bool": bool, f"{_CORE}null": type(None)}
    if event.tag not in wanted or type(value) is not wanted[event.tag]:
        raise _ScalarError(f"the tag {quote(event.tag)} is not understood here; accepted: plain values without tags")
    return value


@dataclass(slots=True)
class _Open:
    """A map or list whose end has not come yet."""

    value: Any
    path: Path
    began: int  # nodes counted when it began
    anchor: str | None
    key: str | None = None
    skip: bool = False  # the key is a repeated one: its value is read and dropped

    def next_path(self) -> Path:
        if isinstance(self.value, list):
            return (*self.path, len(self.value))
        return self.path if self.key is None else (*self.path, self.key)

    def put(self, value: Any) -> None:
        if isinstance(self.value, list):
            self.value.append(value)
        elif self.key is not None:
            if not self.skip:
                self.value[self.key] = value
            self.key, self.skip = None, False


class _Builder:
    """Builds data, lines and problems from events, one at a time."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.lines: dict[Path, int] = {}
        self.problems: list[Problem] = []
        self.stack: list[_Open] = []
        self.anchors: dict[str, tuple[Any, int]] = {}  # value, and how many nodes it unfolds to
        self.nodes = 0
        self.root: Any = None
        self.documents = 0

    def stop(self, line: int, path: Path, message: str) -> ScenarioError:
        return ScenarioError((*self.problems, Problem(self.file, line, show(path), message)))

    def _note(self, line: int, path: Path, message: str) -> None:
        if len(self.problems) >= MOST_PROBLEMS:
            raise self.stop(line, path, f"more than {MOST_PROBLEMS} problems before this line; the file is not read on")
        self.problems.append(Problem(self.file, line, show(path), message))

    def take(self, event: yaml.Event) -> None:
        line = event.start_mark.line + 1  # type: ignore[union-attr]  # events of a parser have marks
        if isinstance(event, yaml.DocumentStartEvent):
            self.documents += 1
            if self.documents > 1:
                raise self.stop(line, (), "a second document begins; accepted: one scenario a file")
        elif isinstance(event, yaml.ScalarEvent):
            self._count(1, line)
            self._take_scalar(event, line)
        elif isinstance(event, yaml.MappingStartEvent | yaml.SequenceStartEvent):
            self._count(1, line)
            self._begin(event, line)
        elif isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
            done = self.stack.pop()
            self._keep(done.anchor, done.value, self.nodes - done.began)
            self._put(done.value)
        elif isinstance(event, yaml.AliasEvent):
            self._alias(event, line)

    def _path(self) -> Path:
        return self.stack[-1].next_path() if self.stack else ()

    def _count(self, nodes: int, line: int) -> None:
        self.nodes += nodes
        if self.nodes > MOST_NODES:
            raise self.stop(line, self._path(), f"the file unfolds to more than {MOST_NODES:,} values")

    def _keep(self, anchor: str | None, value: Any, size: int) -> None:
        if anchor is not None:
            self.anchors[anchor] = (value, size)

    def _put(self, value: Any) -> None:
        if self.stack:
            self.stack[-1].put(value)
        else:
            self.root = value

    def _expects_key(self) -> bool:
        return bool(self.stack) and isinstance(self.stack[-1].value, dict) and self.stack[-1].key is None

    def _take_scalar(self, event: yaml.ScalarEvent, line: int) -> None:
        if self._expects_key():
            self._key(event.value, line)
            return
        path = self._path()
        self.lines.setdefault(path, line)
        try:
            value = _scalar(event)
        except _ScalarError as refused:
            self._note(line, path, str(refused))
            value = event.value
        self._keep(event.anchor, value, 1)
        self._put(value)

    def _key(self, key: str, line: int) -> None:
        top = self.stack[-1]
        path = (*top.path, key)
        top.key, top.skip = key, key in top.value
        if key == "<<":
            message = "merge keys are not part of YAML 1.2; accepted: like: NAME, which copies a sibling"
            self._note(line, path, message)
            top.skip = True
        elif top.skip:
            first = self.lines.get(path)
            message = f"{quote(key)} stands here a second time (first in line {first}); accepted: each name once"
            self._note(line, path, message)
        else:
            self.lines[path] = line

    def _begin(self, event: yaml.MappingStartEvent | yaml.SequenceStartEvent, line: int) -> None:
        if self._expects_key():
            raise self.stop(line, self._path(), "a map or list stands where a name belongs; accepted: text as a name")
        if len(self.stack) >= DEEPEST:
            raise self.stop(line, self._path(), f"more than {DEEPEST} levels of nesting")
        path = self._path()
        self.lines.setdefault(path, line)
        value: Any = {} if isinstance(event, yaml.MappingStartEvent) else []
        self.stack.append(_Open(value, path, self.nodes - 1, event.anchor))

    def _alias(self, event: yaml.AliasEvent, line: int) -> None:
        if event.anchor not in self.anchors:
            message = f"*{event.anchor} points to nothing that is complete before it"
            raise self.stop(line, self._path(), message)
        value, size = self.anchors[event.anchor]
        if self._expects_key():
            raise self.stop(line, self._path(), "an alias stands where a name belongs; accepted: text as a name")
        self._count(size, line)
        self.lines.setdefault(self._path(), line)
        self._put(value)


def _read_events(text: str, builder: _Builder) -> None:
    loader = _Loader(text)
    try:
        while (event := loader.get_event()) is not None:
            builder.take(event)
    finally:
        loader.dispose()


SCENARIO = "a scenario, a map that begins with version: 1 (weatherglass init makes one)"


def parse(text: str, file: str, accepted: str = SCENARIO) -> Tree:
    """Return the text as data with lines. `accepted`: what the file should have been, for who gave no map.

    Raises ScenarioError for what is no YAML, or more than the language takes.
    """
    builder = _Builder(file)
    try:
        _read_events(text, builder)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        what = " ".join(str(part) for part in (error.context, error.problem) if part)
        raise builder.stop(mark.line + 1 if mark else 1, (), f"this is not YAML: {what}") from None
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise builder.stop(line, (), f"this is not YAML: {error.reason}") from None
    if not isinstance(builder.root, dict):
        given = "the file is empty" if builder.root is None else f"{quote(builder.root)} is no map"
        raise builder.stop(1, (), f"{given}; accepted: {accepted}")
    if builder.problems:
        raise ScenarioError(tuple(builder.problems))
    return Tree(file, builder.root, builder.lines)
