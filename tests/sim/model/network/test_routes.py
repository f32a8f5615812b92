"""Which links the traffic takes."""

from __future__ import annotations

from typing import Any

import pytest

from sim.errors import RunError
from sim.model.network.routes import Routes, link_name
from sim.spec.cluster import Cluster, External


def routes(links: dict[str, Any], external: dict[str, Any] | None = None) -> Routes:
    """Return the routes between three nodes."""
    nodes: dict[str, Any] = {name: {} for name in "abc"}
    outside = {name: External.model_validate(value) for name, value in (external or {}).items()}
    return Routes(Cluster.model_validate({"nodes": nodes, "links": links}), outside)


def test_a_link_has_one_name() -> None:
    """A link is the same link, whichever end is named first."""
    assert link_name("b", "a") == link_name("a", "b") == "a--b"


def test_nodes_do_not_forward() -> None:
    """Two nodes without a link between them have no way, though a third has links to both."""
    assert routes({"a--b": {}, "b--c": {}}).path("a", "c") is None


def test_via_takes_the_links_to_and_from_that_node() -> None:
    """`via` replaces a link by two others, in both directions."""
    found = routes({"c--a": {"via": "b"}, "default": {}})
    assert (found.path("a", "c"), found.path("c", "a")) == (("a", "b", "c"), ("c", "b", "a"))


def test_default_connects_every_pair() -> None:
    """With a default link each pair has a link of its own; a node reaches itself without one."""
    found = routes({"default": {}})
    assert (found.path("a", "c"), found.path("a", "a")) == (("a", "c"), ("a",))


def test_without_a_word_about_links_all_are_on_one_switch() -> None:
    """A cluster whose file names no link connects every pair."""
    assert routes({}).path("a", "c") == ("a", "c")


def test_default_via_goes_through_one_hub() -> None:
    """A default link via a hub sends everything through it, except the hub's own traffic."""
    found = routes({"default": {"via": "b"}})
    assert (found.path("a", "c"), found.path("a", "b")) == (("a", "b", "c"), ("a", "b"))


def test_outside_lies_behind_its_node() -> None:
    """Something external is reached over the node that it names, and reaches the others over it too."""
    found = routes({"default": {}}, {"db": {"reached": {"via": "b"}}, "user": {"reached": {"via": "a"}}})
    assert found.path("a", "db") == ("a", "b", "db")
    assert found.path("db", "b") == ("db", "b")
    assert found.path("user", "db") == ("user", "a", "b", "db")


def test_via_in_a_circle_is_an_error() -> None:
    """Links that take each other's way are refused, with their names."""
    with pytest.raises(RunError, match=r"a--b.*accepted: via without a circle"):
        routes({"a--b": {"via": "c"}, "a--c": {"via": "b"}, "b--c": {}})
