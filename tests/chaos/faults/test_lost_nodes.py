"""A node is lost by the truest way that is there and allowed, and the others say what they lack."""

from __future__ import annotations

import pytest

from chaos.deeds.command import Command
from chaos.deeds.down import DisableProxy
from chaos.faults import Means, means
from sim.spec import faults as spec

KILL = ("--how", "kill")
LINKS = (DisableProxy(link="kubelet/w-1->apiserver"), DisableProxy(link="kube-proxy/w-1->apiserver"))
CUT = (Command(verb="cut", back="join", target="w-1", kind="node"),)
STOP = (Command(verb="stop", back="start", target="w-1", kind="node", more=KILL),)
BEST = {
    "cut": (spec.NodeLoss(at=0.0, node=("one",), how="cut"), {}, CUT, False),
    "power": (spec.NodeLoss(at=0.0, node=("one",), how="power"), {}, CUT, True),
    "killed": (spec.NodeLoss(at=0.0, node=("one",), how="killed"), {}, STOP, False),
    "by its links": (spec.NodeLoss(at=0.0, node=("one",), how="cut"), {"commands": {}}, LINKS, True),
    "kubelet killed": (
        spec.KubeletStop(at=0.0, node=("one",), how="killed"),
        {},
        (Command(verb="stop", back="start", target="kubelet-w-1", more=KILL),),
        False,
    ),
    "kubelet frozen": (
        spec.KubeletStop(at=0.0, node=("one",), how="stopped"),
        {},
        (Command(verb="stop", back="start", target="kubelet-w-1", more=("--how", "freeze")),),
        False,
    ),
    "kubelet cut": (spec.KubeletStop(at=0.0, node=("one",), how="cut"), {}, LINKS[:1], False),
    "kubelet by its link": (
        spec.KubeletStop(at=0.0, node=("one",), how="killed"),
        {"commands": {}},
        LINKS[:1],
        True,
    ),
}


@pytest.mark.parametrize("case", BEST)
def test_the_truest_way_is_taken(case, asked):
    """And where it is not the thing itself, the difference is said."""
    fault, changed, deeds, differs = BEST[case]
    found = means(asked(**changed), fault)
    assert isinstance(found, Means)
    assert found.deeds == deeds
    assert found.nodes == ("w-1",)
    assert bool(found.difference) == differs


def test_a_zone_is_all_of_its_nodes(asked):
    """Each by its real name."""
    found = means(asked(), spec.ZoneLoss(at=0.0, zone="a", how="killed"))
    assert isinstance(found, Means)
    assert found.nodes == ("w-1", "w-2")


def test_a_node_that_is_not_allowed_can_not_be_lost(asked):
    """Every way tells what it would need."""
    found = means(asked(allow={}), spec.NodeLoss(at=0.0, node=("one",), how="killed"))
    assert not isinstance(found, Means)
    for needed in ("commands stop and start", "commands cut and join", "allow.links", "allow.nodes"):
        assert needed in found.why
