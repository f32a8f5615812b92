from __future__ import annotations

from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import yaml
from good_binding import good_binding
from hypothesis import given, settings
from hypothesis import strategies as st

from chaos.binding import Binding, read_binding
from sim.errors import ScenarioError

JUNK = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-5, 70000),
    st.floats(allow_nan=True),
    st.text(max_size=8),
    st.sampled_from(
        ["30", "-1s", "200%", "ftp://h", "http://u:p@h", "A B", "25:00-26:00", "worker-1", "api", "1e999s"]
    ),
    st.lists(st.text(max_size=3), max_size=2),
    st.dictionaries(st.text(max_size=3), st.integers(), max_size=2),
)


def _written(folder: Path, data: Any) -> Path:
    path = folder / "binding.yaml"
    path.write_text(yaml.safe_dump(data, sort_keys=False, allow_unicode=True), encoding="utf-8")
    return path


def _places(data: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every path into the data, those of maps and lists too."""
    inner = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    return [found for key, value in inner for found in ((*at, key), *_places(value, (*at, key)))]


def _refused(path: Path) -> ScenarioError | None:
    try:
        read_binding(path)
    except ScenarioError as error:
        return error
    return None


def test_a_good_binding_is_read(tmp_path):
    """Every section stands in it, and the value is what the file says."""
    found = read_binding(_written(tmp_path, good_binding()))
    assert found.binding == Binding.model_validate(good_binding(), context={"file": True})
    assert found.line(("allow", "nodes")) is not None


@given(data=st.data())
@settings(max_examples=400)
def test_a_mutated_binding_is_read_or_refused_with_file_and_place(tmp_path_factory, data):
    """Whatever one thing is replaced, removed or added: never anything but a ScenarioError, which says where."""
    made = deepcopy(good_binding())
    where = data.draw(st.sampled_from(_places(made)))
    *way, last = where
    holder: Any = made
    for key in way:
        holder = holder[key]
    how = data.draw(st.sampled_from(["replace", "remove", "add"]))
    if how == "replace":
        holder[last] = data.draw(JUNK)
    elif how == "remove":
        del holder[last]
    elif isinstance(holder, dict):
        holder[data.draw(st.text(min_size=1, max_size=6))] = data.draw(JUNK)
    else:
        holder.append(data.draw(JUNK))
    folder = tmp_path_factory.mktemp("binding")
    path = _written(folder, made)
    error = _refused(path)
    if error is not None:
        assert {problem.file for problem in error.problems} == {str(path)}
        assert all(problem.path or problem.line for problem in error.problems)


@given(text=st.one_of(st.text(max_size=60), st.binary(max_size=60)), cut=st.integers(0, 400))
@settings(max_examples=150)
def test_any_bytes_are_refused_with_the_files_name(tmp_path_factory, text, cut):
    """A file that is cut, that is no YAML, that is no text."""
    folder = tmp_path_factory.mktemp("binding")
    raw = text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")
    whole = yaml.safe_dump(good_binding()).encode()
    path = folder / "binding.yaml"
    path.write_bytes(whole[:cut] + raw)
    error = _refused(path)
    assert error is not None
    assert {problem.file for problem in error.problems} == {str(path)}


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"version": ...}, "version: is missing"),
        ({"version": 2}, "version: '2' is no choice here; known: 1"),
        ({"cluster": ...}, "cluster: is missing"),
        ({"cluster": {"kubeconfig": "k"}}, "cluster.context: is missing"),
        ({"nods": {}}, "nods: 'nods' is no field here; did you mean nodes?"),
        ({"links": {"l": {"toxiproxy": "none", "proxy": "p"}}}, "links.l.toxiproxy: 'none' is no toxiproxy"),
        ({"clients": {"c": {"url": "ftp://x"}}}, "clients.c.url: 'ftp://x' is not accepted; accepted: a URL"),
        ({"clients": {"c": {"url": "http://u:secret@x"}}}, "without a password"),
        ({"nodes": {"a": {"name": "w"}, "b": {"name": "w"}}}, "nodes.b: is the same node as 'a'"),
        ({"nodes": {"a": {"kubelet": "x"}}}, "nodes.a.kubelet: 'x' is no link of this binding"),
        ({"servers": {"a": {"links": ["x"]}}}, "servers.a.links: 'x' is no link"),
        ({"allow": {"links": ["x"]}}, "allow.links[0]: 'x' is no link"),
        ({"prometheus": ...}, "steady: has a query, and nobody says where Prometheus is"),
        ({"steady": {"s": {}}}, "steady.s: give query or command"),
        ({"limits": {"hours": "8-9"}}, "limits.hours: '8-9' is not accepted; accepted: hours in UTC"),
        ({"limits": {"duration": 30}}, "limits.duration: '30' has no unit"),
        ({"extends": "nobody"}, "nobody"),
        ({"extends": "lab"}, "extends: 'lab' is not accepted"),
    ],
)
def test_what_is_wrong_is_named_with_its_place(tmp_path, changed, told):
    """Where, what was given, what is accepted."""
    error = _refused(_written(tmp_path, good_binding(**changed)))
    assert error is not None
    assert told in str(error)


def test_every_problem_is_told_at_once(tmp_path):
    """In the order of the file."""
    error = _refused(_written(tmp_path, good_binding(nodes={"a": {"x": 1}}, limits={"nodes": -1}, foo=1)))
    assert error is not None
    assert [problem.path for problem in error.problems] == ["nodes.a.x", "limits.nodes", "foo"]


@pytest.mark.parametrize(("text", "given"), [("", "the file is empty"), ("- 1", "is no map")])
def test_what_is_no_map_is_told_what_a_binding_is(tmp_path, text, given):
    """A binding, not a scenario."""
    path = tmp_path / "binding.yaml"
    path.write_text(text)
    with pytest.raises(ScenarioError, match=f"{given}; accepted: a binding, a map that begins with version: 1"):
        read_binding(path)


def test_a_binding_that_is_not_there_says_what_ships(tmp_path):
    """The names of the shipped ones are part of the message."""
    error = _refused(tmp_path / "none.yaml")
    assert error is not None
    assert "lab-node-lost" in str(error)
    assert "staging-example" in str(error)
    assert "did you mean lab-flap? accepted:" in str(_refused(Path("lab-flip")))


def test_extending_joins_maps_and_replaces_the_rest(tmp_path):
    """Entry by entry, at every depth; a list is replaced whole."""
    base = tmp_path / "base.yaml"
    base.write_text(yaml.safe_dump(good_binding()), encoding="utf-8")
    path = tmp_path / "over.yaml"
    over = {"extends": "base.yaml", "limits": {"nodes": 2}, "allow": {"nodes": ["worker-1"]}, "clients": {}}
    path.write_text(yaml.safe_dump(over), encoding="utf-8")
    found = read_binding(path).binding
    assert found.limits.nodes == 2
    assert found.limits.hours == "00:00-24:00"
    assert found.allow.nodes == ("worker-1",)
    assert found.allow.namespaces == ("shop", "chaos")
    assert list(found.clients) == ["caller"]


def test_shipped_bindings_are_found_by_name():
    """The example can be read as it is; those of a lab need one."""
    assert read_binding("staging-example").binding.name == "staging-example"
    with pytest.raises(ScenarioError, match="accepted: lab, or the path of a binding"):
        read_binding("lab-flap")
