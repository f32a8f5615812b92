"""Whether a fault was felt is told from calls alone, and only where every call must show it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from whole_world import scenario

from chaos.probes.meter import Rows
from chaos.runner.effects import LEAST, LOOK_S, Span, clients_on, unfelt, without_effect
from sim.record import CALL, OUTCOMES
from sim.spec import faults as spec
from sim.spec.scenario import Scenario

FAILED = next(number for number, name in enumerate(OUTCOMES) if name != "ok")
WAY = {"path": "caller->api"}
LATENCY = spec.Latency(path="caller->api", added=0.1, jitter=0.02)


def _calls(took_s: list[float], begins_s: float = 10.0, outcome: str = "ok") -> Rows:
    rows = np.zeros(len(took_s), CALL)
    rows["t_s"], rows["took_s"], rows["outcome"] = begins_s, took_s, OUTCOMES.index(outcome)
    return rows


@given(st.lists(st.floats(0.0, 1.0), max_size=3 * LEAST))
def test_a_latency_is_without_effect_if_each_of_enough_calls_was_faster_than_it_allows(took_s):
    """One slow call is an effect, whatever made it slow; the jitter counts for the fault."""
    silent = len(took_s) >= LEAST and max(took_s) < 0.08
    assert bool(unfelt(LATENCY, _calls(took_s), 10.0)) == silent


@pytest.mark.parametrize("fault", [spec.Refuse(**WAY), spec.Reset(**WAY), spec.Blackhole(**WAY)], ids=lambda f: f.kind)
def test_what_lets_no_call_through_is_without_effect_if_all_end_well(fault):
    """One that fails is an effect."""
    calls = _calls([0.01] * LEAST)
    assert unfelt(fault, calls, 10.0) == (
        "each call on its way had to fail; all 10 ended well, the slowest within 0.010 s"
    )
    calls["outcome"][3] = FAILED
    assert unfelt(fault, calls, 10.0) == ""


@pytest.mark.parametrize(
    "fault",
    [
        spec.Latency(**WAY, added=0.1, share=0.5),
        spec.Latency(**WAY, added=0.1, jitter=0.1),
        spec.Bandwidth(**WAY, rate=1e9),
        spec.SlowClose(**WAY, delay=1.0),
    ],
    ids=lambda fault: f"{fault.kind}",
)
def test_what_need_not_show_in_every_call_is_never_said_to_be_without_effect(fault):
    """A share, a jitter as large as the latency, what depends on sizes."""
    assert unfelt(fault, _calls([0.001] * 100), 10.0) == ""


def test_calls_that_began_before_the_fault_tell_nothing():
    """They may have had their answer on the way already."""
    assert unfelt(LATENCY, _calls([0.001] * 100, begins_s=9.99), 10.0) == ""


def _scenario() -> Scenario:
    caller: dict[str, Any] = {"from": "a", "to": "api", "arrivals": {"poisson": 5.0}}
    return scenario(
        workloads={"api": {"replicas": 2, "serves": {"takes": 0.005}}},
        services={"api": {"of": "api"}},
        clients={"caller": caller, "other": caller},
    )


def test_clients_on_the_way_are_those_whose_path_the_fault_names():
    """A link, or another client's path, is nobody's own way."""
    made = _scenario()
    assert clients_on(made, LATENCY) == ("caller",)
    assert clients_on(made, spec.Refuse(link="a--b")) == ()
    assert clients_on(made, spec.NodeLoss(node="a")) == ()


def test_of_a_long_fault_its_end_is_looked_at():
    """As far back as calls are kept; the client is named."""
    asked: list[tuple[str, float, float]] = []

    def calls(client: str, begin_s: float, end_s: float) -> Rows:
        asked.append((client, begin_s, end_s))
        return _calls([0.001] * LEAST, begins_s=begin_s)

    (why,) = without_effect(_scenario(), Span(LATENCY, 5.0, 100.0), calls)
    assert asked == [("caller", 100.0 - LOOK_S, 100.0)]
    assert why.startswith("client caller: each call on its way had to take 0.08 s at least; all 10 ended well")
