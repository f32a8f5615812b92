"""From a file to values: every error at once, each with file, line, path, what was given and what is accepted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path as FilePath
from typing import Any, TypeAlias

from pydantic import ValidationError

from sim.errors import Problem, ScenarioError
from sim.spec.asked import unanswerable
from sim.spec.coherence import impossible
from sim.spec.like import copy_siblings
from sim.spec.messages import worded
from sim.spec.named import PRESET_SECTIONS, fill_in, presets
from sim.spec.options import OptionTable
from sim.spec.place import Draft, Path, Tree, show
from sim.spec.references import unresolved
from sim.spec.scenario import BASE, Scenario
from sim.spec.shape import fields_at
from sim.spec.source import Source, read
from sim.spec.stacked import spell_out
from sim.spec.timings import named_timings
from sim.spec.traces import TraceReader
from sim.spec.wording import unknown
from sim.spec.yaml_core import parse

__all__ = ["Document", "load", "load_text"]


Report: TypeAlias = Callable[[Path, str], None]


@dataclass(frozen=True, slots=True, repr=False)
class Document:
    """A file that was read and found right.

    `base`: the scenario as written, with the options that it declares. `options`: the names that can be run, in the
    order of the file; `as-written` if it declares none. `not_modelled`: options that are only listed, and why.
    """

    file: str
    base: Scenario
    options: tuple[str, ...]
    not_modelled: dict[str, str]
    scenarios: dict[str, Scenario]

    def option(self, name: str) -> Scenario:
        """Return the scenario of an option (`as-written`: the base), every name in it resolved.

        Raises ScenarioError for a name that the file does not have.
        """
        if name not in self.scenarios:
            raise ScenarioError((Problem(self.file, None, "options", unknown(name, "option", self.scenarios)),))
        return self.scenarios[name]

    def __repr__(self) -> str:
        return f"<Document {self.base.name}: {', '.join(self.options)}>"


MOST_PROBLEMS = 500  # nobody reads more, and a broken file must not take a minute to refuse


class _Findings:
    """Collects what is wrong, once: an error that many options inherit stands in one place of the file."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self._found: dict[tuple[Path, str], list[str]] = {}

    def reporter(self, option: str, draft: Draft) -> Report:
        """Return a function that takes findings about a draft, paths as in the draft."""

        def report(path: Path, message: str) -> None:
            key = (draft.origin(path), message)
            if not self.full or key in self._found:
                self._found.setdefault(key, []).append(option)

        return report

    @property
    def full(self) -> bool:
        """Whether there are so many problems that no further one is kept."""
        return len(self._found) >= MOST_PROBLEMS

    def problems(self) -> tuple[Problem, ...]:
        """Return every problem, in the order of the file."""
        found = [self._problem(path, message, options) for (path, message), options in self._found.items()]
        found.sort(key=lambda problem: problem.line or 0)
        if self.full:
            message = f"has {MOST_PROBLEMS} problems or more; the others are told when these are gone"
            found.append(Problem(self._tree.file, None, "", message))
        return tuple(found)

    def _problem(self, path: Path, message: str, options: list[str]) -> Problem:
        names = list(dict.fromkeys(options))
        where = path[1] if path[:1] == ("options",) and len(path) > 1 else None
        if BASE not in names and where not in names:
            message += f" (with option {', '.join(names)})"
        return Problem(self._tree.file, self._tree.line(path), show(path), message)


def load(source: str | FilePath) -> Document:
    """Return the document of a scenario: a path, `-` for standard input, or the name of one that ships.

    Raises ScenarioError with every problem of the base and of all its options.
    """
    return load_text(read(source))


def load_text(text: Source) -> Document:
    """Return the document of a text that is at hand already; else as `load`."""
    tree = parse(text.text, text.file)
    _check_version(tree)
    return _Loader(text, tree).document()


def _check_version(tree: Tree) -> None:
    """Refuse other versions first: all further errors would be beside the point."""
    if "version" not in tree.data:
        message = "is missing; accepted: version: 1, the first line of every scenario"
    elif tree.data["version"] == 1 and not isinstance(tree.data["version"], bool):
        return
    else:
        message = (
            f"'{tree.data['version']}' is not known to this weatherglass; accepted: 1 "
            "(a newer file needs a newer weatherglass: pip install --upgrade weatherglass)"
        )
    raise ScenarioError((Problem(tree.file, tree.line(("version",)), "version", message),))


def _is_field(path: Path) -> bool:
    known = fields_at(Scenario, path[:-1])
    return known is not None and path[-1] in known


class _Loader:
    def __init__(self, text: Source, tree: Tree) -> None:
        self._text, self._tree = text, tree
        self._findings = _Findings(tree)
        self._traces = TraceReader(text.folder)
        self._presets = {section: presets(section) for section in PRESET_SECTIONS}

    def document(self) -> Document:
        data = self._tree.data
        base_draft = Draft(dict(data))
        table = OptionTable(data, _is_field, self._findings.reporter(BASE, base_draft))
        base = self._scenario(BASE, base_draft)
        drafted = {name: self._drafted(table, name) for name in table.names if not self._findings.full}
        if problems := self._findings.problems():
            raise ScenarioError(problems)
        assert base is not None
        bare = base.model_copy(update={"options": {}})
        scenarios = {BASE: bare, **{name: scenario for name, scenario in drafted.items() if scenario is not None}}
        options = base.options
        skipped = {name: option.not_modelled for name, option in options.items() if option.not_modelled is not None}
        runnable = tuple(name for name in options if name not in skipped)
        return Document(self._tree.file, base, runnable if options else (BASE,), skipped, scenarios)

    def _drafted(self, table: OptionTable, name: str) -> Scenario | None:
        return self._scenario(name, table.draft(name, self._findings.reporter(name, Draft({}))))

    def _scenario(self, option: str, draft: Draft) -> Scenario | None:
        report = self._findings.reporter(option, draft)
        copy_siblings(draft, self._presets, report)
        data = spell_out(fill_in(draft.data, report), self._presets["policies"], report)
        try:
            scenario = Scenario.model_validate(data, context={"file": True})
        except ValidationError as error:
            for item in error.errors(include_url=False)[:MOST_PROBLEMS]:
                report(*worded(item, data, Scenario))
            return None
        return self._checked(scenario, data, report)

    def _checked(self, scenario: Scenario, data: dict[str, Any], report: Report) -> Scenario:
        """Return the scenario with its files read and its names resolved; tell of whatever does not fit together."""
        scenario, untimely = named_timings(scenario, data["cluster"].get("timings", {}))
        scenario, unread = self._traces.filled(scenario)
        for check in (unresolved, impossible, unanswerable):
            untimely += check(scenario)
        for path, message in (*untimely, *unread):
            report(path, message)
        return scenario
