"""Which run a journal tells of."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from sim.record import RunInfo
from sim.spec.load import load


def test_info_of_a_scenario_names_what_rows_refer_to():
    """Clients and services stand in the order of the file; probes as they can be read again."""
    document = load("node-lost")
    option = document.options[0]
    info = RunInfo.of(document.option(option), option, 3, started="2026-01-01T00:00:00+00:00")
    assert (info.option, info.seed, info.source) == (option, 3, "sim")
    assert info.clients == tuple(document.base.clients)
    assert info.services == tuple(document.base.services)
    assert list(info.objectives) == list(document.base.objectives)


def test_the_scenario_hash_is_of_what_runs():
    """Options have other hashes; another seed of one option has the same."""
    document = load("node-lost")
    first, second = document.options[:2]
    one = RunInfo.of(document.option(first), first, 1).scenario_hash
    assert RunInfo.of(document.option(first), first, 2).scenario_hash == one
    assert RunInfo.of(document.option(second), second, 1).scenario_hash != one


@given(st.text(max_size=20), st.integers(0, 2**63 - 1), st.floats(0, 1e9))
def test_json_gives_the_info_back(why, seed, duration_s):
    """Whatever it says, info survives its file."""
    info = RunInfo("s", why, "o", seed, "sim", duration_s, 0.0, ("a",), (), {"x": {"of": "a"}}, started="now")
    assert RunInfo.from_json(info.to_json(), ["pod"]) == replace(info, endpoints=["pod"])
