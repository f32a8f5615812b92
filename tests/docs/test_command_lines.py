"""Every command line that a help text or a page shows: the parser takes it, and what it names is there."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import typer
from lab_sites import a_site
from typer.main import get_command

from chaos.cli import app
from chaos.lab.control import WAYS
from chaos.lab.plan import components
from chaos.lab.shape import shape
from chaos.lab.supervisor import SUPERVISOR
from chaos.lab.timings import timings
from sim.cli import FIRST_STEPS
from sim.policy import policy_preset
from sim.spec.load import load
from sim.suite import ADVERSITIES

ROOT = Path(__file__).parents[2]
PAGES = ("README.md", "CONTRIBUTING.md", *(f"docs/{path.name}" for path in sorted((ROOT / "docs").glob("*.md"))))
BINDINGS = sorted((ROOT / "scenarios" / "bindings").glob("*.yaml"))
OWN = ("my.yaml", "first.yaml", "staging.yaml", "my-staging.yaml")
"""Files that a reader writes; all other names are of things that ship."""
ROOT_COMMAND: Any = get_command(app)


class Shown(NamedTuple):
    """A command line, and where it is shown."""

    where: str
    text: str


def helps(command: Any, name: str) -> Iterator[tuple[str, str]]:
    """Yield the name and the help text of a command and of all below it."""
    yield name, f"{command.help}\n{command.epilog}"
    for below, each in getattr(command, "commands", {}).items():
        yield from helps(each, f"{name} {below}")


def lines(text: str) -> Iterator[str]:
    """Yield the command lines of a text: whole lines, those in backquotes, and those behind another command."""
    yield from re.findall(r"^(?:#? {2,})?(weatherglass .*)$", text, re.MULTILINE)
    yield from re.findall(r"`(weatherglass [^`]*)`", text)
    yield from re.findall(r"\$\((weatherglass [^)]*)\)", text)


def shown() -> Iterator[Shown]:
    """Yield all of them."""
    texts = [*helps(ROOT_COMMAND, "weatherglass"), ("its first steps", FIRST_STEPS)]
    texts += [(page, (ROOT / page).read_text(encoding="utf-8")) for page in PAGES]
    texts += [(path.name, path.read_text(encoding="utf-8")) for path in BINDINGS]
    yield from dict.fromkeys(Shown(where, line) for where, text in texts for line in lines(text))


SHOWN = tuple(shown())


def arguments(text: str) -> list[str]:
    """Return the arguments of a line: without what a shell does with it, and without the words that explain it.

    An explanation stands behind ` #` or four spaces; `…` stands for a scenario and its binding.
    """
    command = re.split(r" #| {4,}|[ \\]\||[;>]| 2>&1", text, maxsplit=1)[0]
    return shlex.split(command.replace("…", "node-lost --binding staging-example"))[1:]


def parsed(words: list[str]) -> dict[str, Any]:
    """Return what the parser makes of a line. A command that is only named needs no arguments. Raises its errors."""
    command = ROOT_COMMAND
    while words and words[0] in getattr(command, "commands", {}):
        command, words = command.commands[words[0]], words[1:]
    if not words or words == ["--version"]:
        return {}
    try:
        return dict(command.make_context("weatherglass", words).params)
    except typer.Exit:  # --help
        return {}


def is_there(folder: Path) -> Callable[[str], bool]:
    """Return whether a name is that of a shipped file, of a file of the repository, or of the reader's own."""
    return lambda name: name in OWN or (folder / f"{name}.yaml").is_file() or bool([*ROOT.glob(name)])


SCENARIOS, COMPONENTS = ROOT / "scenarios", {each.name: each for each in components(a_site()) if not each.is_task}
PLACES = (*a_site().shape.node_names, *a_site().shape.server_names)
RUN = re.compile(
    r"(weatherglass-runs/)?[a-z0-9-]+-\d{4}-\d\d-\d\dt\d\d-\d\d-\d\d-[0-9a-f]{4}"
)  # chaos/commands/chaos/run.py
KNOWN: dict[str, Callable[[str], bool]] = {
    "scenario": is_there(SCENARIOS),
    "scenarios": is_there(SCENARIOS),
    "binding": is_there(SCENARIOS / "bindings"),
    "policies": lambda name: all(map(policy_preset, name.split("+"))),  # raises for one that is none
    "adversities": lambda name: name in ADVERSITIES,
    "target": lambda name: name in COMPONENTS or name in PLACES,
    "component": lambda name: name in COMPONENTS or name == SUPERVISOR,
    "node": lambda name: name in PLACES,
    "how": lambda name: name in WAYS,
    "run": lambda name: RUN.fullmatch(name) is not None,
}


def unknown(said: dict[str, Any]) -> list[str]:
    """Return the names that nothing has. A word in capitals stands for any name."""
    given = {key: said[key] for key in KNOWN if said.get(key)}
    lists = {key: value if isinstance(value, list | tuple) else value.split(",") for key, value in given.items()}
    return [name for key, names in lists.items() for name in names if not name.isupper() and not KNOWN[key](name)]


@pytest.mark.parametrize("line", SHOWN, ids=lambda line: f"{line.where}: {line.text[:60]}")
def test_a_line_that_is_shown_is_taken_and_names_what_is_there(line: Shown) -> None:
    """No option has been renamed, no file moved, no scenario lost its option since it was written."""
    words = arguments(line.text)
    if words and words[0].isupper():  # `weatherglass COMMAND --help`
        return
    said = parsed(words)
    assert unknown(said) == []
    scenario = said.get("scenario")
    options = [*filter(None, (said.get("option"), *(said.get("options") or "").split(",")))]
    if options and scenario not in OWN:
        assert set(options) <= {*load(scenario).options}
    if "base" in said:
        shape(kind=said["kind"], nodes=said["nodes"], engine=said["engine"], envoy=said["envoy"])
        timings(said["base"], tuple(said["timing"] or ()))


def test_a_line_of_each_command_is_shown_by_its_own_help() -> None:
    """Whoever asks a command for help sees it used."""
    own = {line.where for line in SHOWN if " ".join(line.text.split()).startswith(line.where)}
    leaves = {name for name, _ in helps(ROOT_COMMAND, "weatherglass") if not _is_group(name)}
    assert leaves - own == set()


@pytest.mark.parametrize(("group", "page"), [("lab", "docs/lab.md"), ("chaos", "docs/staging.md")])
def test_every_command_of_the_real_side_is_on_its_page(group: str, page: str) -> None:
    """As a line that can be typed."""
    told = {" ".join(line.text.split()[:3]) for line in SHOWN if line.where == page}
    assert {f"weatherglass {group} {name}" for name in ROOT_COMMAND.commands[group].commands} <= told


def _is_group(name: str) -> bool:
    command = ROOT_COMMAND
    for word in name.split()[1:]:
        command = command.commands[word]
    return hasattr(command, "commands")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("weatherglass chaos run node-lost --binding nobody", ["nobody"]),
        ("weatherglass compare no-scenario", ["no-scenario"]),
        ("weatherglass lab stop node-9 --how hang", ["node-9", "hang"]),
    ],
)
def test_a_name_that_nothing_has_is_found(text: str, told: list[str]) -> None:
    """The law above can be broken."""
    assert unknown(parsed(arguments(text))) == told


def test_a_policy_that_nobody_has_is_found() -> None:
    """Whoever else shares its name in a sum."""
    with pytest.raises(KeyError, match="grpx"):
        unknown(parsed(arguments("weatherglass policies compare --policies none+grpx")))
