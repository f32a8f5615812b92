from __future__ import annotations

from dataclasses import asdict

import pytest

from chaos.lab.shape import Shape, shape
from chaos.lab.timings import FAST
from sim.errors import UsageError


def test_a_shape_names_its_machines():
    """Servers and nodes are numbered from 1."""
    made = shape(kind="three-servers", nodes=2)
    assert (made.server_names, made.node_names) == (("server-1", "server-2", "server-3"), ("node-1", "node-2"))


def test_nodes_go_round_the_zones():
    """Zones get nodes in turn, so that they differ by at most one node."""
    made = shape(nodes=5, zones=("a", "b"))
    assert [made.zone_of(node) for node in made.node_names] == ["a", "b", "a", "b", "a"]


def test_a_shape_survives_json():
    """What was written into the record is the same shape again."""
    made = shape(name="x", kind="single-sqlite", zones=("a",), timings=FAST, app=False)
    assert Shape.from_dict(asdict(made)) == made


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"name": "My Lab"}, "--name: 'My Lab' does not fit"),
        ({"name": "../x"}, "--name: '../x' does not fit"),
        ({"name": "a" * 21}, "up to 20"),
        ({"kind": "ha"}, "accepted: single-etcd, single-sqlite, three-servers"),
        ({"engine": "docker"}, "accepted: kubelet, kwok"),
        ({"nodes": 0}, "accepted: 1 to 20"),
        ({"nodes": 1001, "engine": "kwok"}, "accepted: 1 to 1000"),
        ({"zones": ("a", "a")}, "different names"),
        ({"envoy": True, "app": False}, "accepted: --app with --engine kubelet"),
        ({"engine": "kwok", "kind": "three-servers"}, "accepted with it: --shape single-etcd, single-sqlite"),
    ],
)
def test_what_does_not_fit_is_refused(asked, told):
    """A wrong shape is said with what is accepted."""
    with pytest.raises(UsageError) as refused:
        shape(**asked)
    assert told in str(refused.value)
