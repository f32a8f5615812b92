"""From a file to values: every error at once, each with file, line, path, what was given and what is accepted."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path as FilePath

from sim.errors import Problem, ScenarioError
from sim.spec.drafts import Drafts, is_field
from sim.spec.findings import Findings
from sim.spec.options import OptionTable
from sim.spec.place import Draft, Tree
from sim.spec.scenario import BASE, Scenario
from sim.spec.source import Source, read
from sim.spec.wording import unknown
from sim.spec.yaml_core import parse

__all__ = ["Document", "load", "load_text"]


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


class _Loader:
    def __init__(self, text: Source, tree: Tree) -> None:
        self._tree = tree
        self._findings, self._drafts = Findings(tree), Drafts(text.folder)

    def document(self) -> Document:
        data = self._tree.data
        base_draft = Draft(dict(data))
        table = OptionTable(data, is_field, self._findings.reporter(BASE, base_draft))
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
        return self._drafts.scenario(draft, self._findings.reporter(option, draft))
