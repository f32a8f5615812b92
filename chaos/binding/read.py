"""From a file to a binding: every error at once, each with file, line, path, what was given and what is accepted."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from chaos.binding.like import copied
from chaos.binding.model import Binding
from sim.errors import Problem, ScenarioError
from sim.spec.messages import worded
from sim.spec.place import Path as Place
from sim.spec.place import Tree, show
from sim.spec.scenario import Scenario
from sim.spec.source import shipped_folder
from sim.spec.wording import did_you_mean, listed, quote
from sim.spec.yaml_core import parse

__all__ = ["BoundFile", "is_binding", "read_binding"]

MOST_BYTES = 2**20
BINDING = "a binding, a map that begins with version: 1 (scenarios/bindings/staging-example.yaml is a commented one)"
LAB = "lab"  # `extends: lab`: the binding that a lab wrote for itself; the command says which lab

LabFile = Callable[[], Path]


@dataclass(frozen=True, slots=True, repr=False)
class BoundFile:
    """A binding that was read and found right, with the file's own text for the errors that come later."""

    file: str
    binding: Binding
    tree: Tree

    def line(self, path: Place) -> int | None:
        """Return the line on which a path of the file stands."""
        return self.tree.line(path)


def read_binding(source: str | Path, lab: LabFile | None = None) -> BoundFile:
    """Return a binding: a path, or the name of one that ships (`scenarios/bindings`), such as `lab-flap`.

    `extends: lab` takes everything that the lab's own binding says and the file does not, entry by entry of each map;
    `lab` finds that file. `like: NAME` in an entry takes all that the entry NAME of the same map says.
    Raises ScenarioError with every problem; nothing has been touched by then.
    """
    tree = _tree(_found(str(source)))
    data = dict(tree.data)
    if "extends" in data:
        data = _joined(_extended(tree, lab), {key: value for key, value in data.items() if key != "extends"})
    data, unlike = copied(data, tree.data)
    if unlike:
        raise _wrong(tree, unlike)
    try:
        binding = Binding.model_validate(data, context={"file": True})
    except ValidationError as error:
        found = [worded(item, data, Binding) for item in error.errors(include_url=False)]
        raise _wrong(tree, found) from None
    if problems := list(_dangling(binding)):
        raise _wrong(tree, problems)
    return BoundFile(tree.file, binding, tree)


def is_binding(source: str | Path) -> bool:
    """Return whether a file is rather a binding than a scenario: by the sections that only one of the two has.

    False for what cannot be read, and for a file with neither, whose errors are then told as a scenario's.
    """
    try:
        sections = _tree(_found(str(source))).data
    except ScenarioError:
        return False
    bindings = {"extends", *Binding.model_fields} - Scenario.model_fields.keys()
    scenarios = Scenario.model_fields.keys() - Binding.model_fields.keys()
    return sum(name in bindings for name in sections) > sum(name in scenarios for name in sections)


def _wrong(tree: Tree, found: list[tuple[Place, str]]) -> ScenarioError:
    problems = [Problem(tree.file, tree.line(path), show(path), message) for path, message in dict.fromkeys(found)]
    return ScenarioError(tuple(sorted(problems, key=lambda problem: problem.line or 0)))


def _found(source: str) -> Path:
    path, shipped = Path(source), shipped_folder() / "bindings" / f"{source}.yaml"
    if path.is_file() or not shipped.is_file():
        return path
    return shipped


def _tree(path: Path) -> Tree:
    try:
        raw = path.read_bytes()
    except (OSError, ValueError) as error:
        known = sorted(each.stem for each in (shipped_folder() / "bindings").glob("*.yaml"))
        meant = did_you_mean(str(path), known)
        message = f"cannot be read ({error});{meant} accepted: a binding file, or a shipped name: {listed(known)}"
        raise ScenarioError((Problem(str(path), None, "", message),)) from None
    if len(raw) > MOST_BYTES:
        raise ScenarioError((Problem(str(path), None, "", "is larger than 1 MiB; accepted: a binding file"),))
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        message = f"byte {raw[error.start]:#04x} is no UTF-8 text; accepted: a YAML file in UTF-8"
        raise ScenarioError((Problem(str(path), line, "", message),)) from None
    return parse(text, str(path), BINDING)


def _extended(tree: Tree, lab: LabFile | None) -> dict[str, Any]:
    given = tree.data["extends"]
    if given == LAB and lab is not None:
        return _tree(lab()).data
    if isinstance(given, str) and given != LAB:
        base = _tree(Path(tree.file).parent / given)
        if "extends" not in base.data:
            return base.data
        raise _wrong(tree, [(("extends",), f"{quote(given)} extends a third file; accepted: one that extends nothing")])
    raise _wrong(tree, [(("extends",), f"{quote(given)} is not accepted; accepted: lab, or the path of a binding")])


def _joined(base: Any, over: Any) -> Any:
    """Maps are joined entry by entry; everything else is replaced."""
    if not isinstance(base, dict) or not isinstance(over, dict):
        return over
    return base | {key: _joined(base[key], value) if key in base else value for key, value in over.items()}


def _dangling(binding: Binding) -> Iterator[tuple[Place, str]]:
    for name, proxied in binding.links.items():
        if proxied.toxiproxy not in binding.toxiproxies:
            yield ("links", name, "toxiproxy"), _no(proxied.toxiproxy, "toxiproxy", binding.toxiproxies)
    for place, link in _links(binding):
        if link not in binding.links:
            yield place, _no(link, "link", binding.links)
    if any(probe.query is not None for probe in binding.steady.values()) and binding.prometheus is None:
        yield ("steady",), "has a query, and nobody says where Prometheus is; give prometheus: {url: …}"
    for node, twice in _same_nodes(binding):
        yield ("nodes", node), f"is the same node as {quote(twice)}; accepted: one name for one node"


def _links(binding: Binding) -> Iterator[tuple[Place, str]]:
    """Yield every place that names a link."""
    for name, node in binding.nodes.items():
        for field, links in (
            ("kubelet", (node.kubelet,)),
            ("kube_proxy", (node.kube_proxy,)),
            ("network", node.network),
        ):
            yield from ((("nodes", name, field), link) for link in links if link is not None)
    for name, client in binding.clients.items():
        if client.link is not None:
            yield ("clients", name, "link"), client.link
    for name, server in binding.servers.items():
        yield from ((("servers", name, "links"), link) for link in server.links)
    yield from ((("allow", "links", index), link) for index, link in enumerate(binding.allow.links))


def _no(given: str, what: str, known: Any) -> str:
    return f"{quote(given)} is no {what} of this binding; accepted: {listed(list(known)) or 'nothing, there is none'}"


def _same_nodes(binding: Binding) -> Iterator[tuple[str, str]]:
    seen: dict[str, str] = {}
    for name in binding.nodes:
        real = binding.node(name)
        if real in seen:
            yield name, seen[real]
        seen.setdefault(real, name)
