from __future__ import annotations

from typing import Any

import pytest
import yaml
from good_binding import good_binding

from chaos.binding import Binding, BoundNode, read_binding
from sim.errors import ScenarioError


def _extended(folder, **said: Any) -> Binding:
    (folder / "base.yaml").write_text(yaml.safe_dump(good_binding(), sort_keys=False), encoding="utf-8")
    path = folder / "over.yaml"
    path.write_text(yaml.safe_dump({"extends": "base.yaml", **said}), encoding="utf-8")
    return read_binding(path).binding


def test_a_node_takes_another_ones_place_under_its_own_name(tmp_path):
    """Its links and its real name are those of the entry it is like, which goes: a real node has one name."""
    nodes = _extended(tmp_path, nodes={"styx": {"like": "one"}}).nodes
    assert nodes["styx"] == BoundNode(name="worker-1", address="10.0.0.1", kubelet="kubelet->api", zone="a")
    assert list(nodes) == ["two", "three", "styx"]


def test_what_the_entry_says_itself_counts(tmp_path):
    """`like` fills in the rest."""
    clients = _extended(tmp_path, clients={"shop": {"like": "caller", "host": "other"}}).clients
    assert clients["shop"] == clients["caller"].model_copy(update={"host": "other"})


def test_an_entry_without_a_real_name_is_called_as_the_binding_calls_it(tmp_path):
    """So `like` keeps that name."""
    said = {"x": {"namespace": "shop"}, "shop": {"like": "x"}}
    assert _extended(tmp_path, services=said).services["shop"].name == "x"


@pytest.mark.parametrize("like", ["nobody", "styx", "tethys", 7, ["one"]])
def test_like_names_an_entry_that_says_itself_what_it_is(tmp_path, like):
    """Not one that is like another, not itself, nobody who is not there."""
    with pytest.raises(ScenarioError, match=r"nodes\.styx\.like: .* known: one, two, three"):
        _extended(tmp_path, nodes={"styx": {"like": like}, "tethys": {"like": "one"}})


def test_like_in_another_section_is_an_unknown_field(tmp_path):
    """Only what a scenario has names for can be like something."""
    with pytest.raises(ScenarioError, match=r"toxiproxies\.x\.like"):
        _extended(tmp_path, toxiproxies={"x": {"like": "edge", "api": "http://h:1"}})
