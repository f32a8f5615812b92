"""Two faults that hold one thing at once are refused: the first one's end would lift the second."""

from __future__ import annotations

import pytest

from chaos.check.overlap import APART_S, overlapping
from chaos.check.planned import PlannedDeed, PlannedFault
from chaos.deeds.command import Command
from chaos.deeds.down import DisableProxy
from chaos.deeds.interpose import Interpose
from chaos.deeds.scale import ScaleWorkload
from chaos.deeds.toxics import AddToxics
from chaos.toxiproxy.toxics import Noop, Toxic
from sim.plan import Occurrence, Plan
from sim.spec.load import load

STOP = Command(verb="stop", back="start", target="kubelet-node-1")
DOWN = DisableProxy(link="a->b")
SLOW = AddToxics(link="a->b", toxics=(Toxic(name="n", stream="upstream", effect=Noop()),))
SCALE = ScaleWorkload(namespace="shop", name="front", replicas=0)


def _found(one, other, apart_s):
    plan = Plan(load("node-lost").base, "as-written", 1)
    fault, faults = plan.faults["power"], []
    for name, deed, begins_s in (("one", one, 0.0), ("other", other, apart_s)):
        times = (Occurrence("power", 0, begins_s, 10.0),)
        faults.append(PlannedFault(name, fault, times, deeds=(PlannedDeed(deed, ""),)))
    return list(overlapping(plan, faults))


@pytest.mark.parametrize("deed", [STOP, DOWN, SCALE])
def test_one_thing_held_twice_at_once_is_refused(deed):
    """A process, a proxy, a workload: each by name."""
    (refusal,) = _found(deed, deed, 5.0)
    assert refusal.where == "faults.one and faults.other"


@pytest.mark.parametrize("deed", [STOP, DOWN, SCALE])
def test_one_after_the_other_is_well(deed):
    """A fault that is prepared after the other's undo finds everything as it was; right after it, it may not."""
    assert _found(deed, deed, 10.0 + APART_S) == []
    (refusal,) = _found(deed, deed, 10.0)
    assert "3 s between them" in refusal.accepted


def test_toxics_add_up():
    """Two delays on one proxy are the sum of both, as in the simulator."""
    assert _found(SLOW, SLOW, 5.0) == []


def test_a_refusal_and_toxics_do_not_meet_on_one_proxy():
    """The end of either puts the proxy's switch back, and with it what the other did."""
    assert len(_found(SLOW, DOWN, 5.0)) == len(_found(DOWN, SLOW, 5.0)) == 1


def test_two_faults_behind_one_proxied_service_are_well():
    """The service is put behind its proxy once, for both."""
    front = Interpose(service="front", namespace="shop", name="weatherglass-front", run="run-1")
    assert _found(front, front, 5.0) == _found(front, SCALE, 5.0) == []


def test_different_things_do_not_meet():
    """Two faults at once, of different targets, are an experiment like any other."""
    assert _found(STOP, SCALE, 0.0) == []
