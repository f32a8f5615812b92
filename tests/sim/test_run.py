from __future__ import annotations

import gc
from pathlib import Path
from typing import Any

import pytest
from whole_world import scenario

from sim.errors import RunError
from sim.record import Journal
from sim.run import simulate

WORLD: dict[str, Any] = {
    "workloads": {"api": {"replicas": 2, "serves": {"takes": {"exponential": {"mean": 0.1}}}}},
    "services": {"api": {"of": "api"}},
    "transports": {"wire": {}},
    "policies": {"twice": {"kind": "retry", "attempts": 2, "backoff": "none"}},
    "clients": {
        "caller": {"from": "a", "to": "api", "arrivals": {"poisson": 5}, "transport": "wire", "policy": "twice"}
    },
    "faults": {"lost": {"kind": "node_loss", "node": "b", "at": 10}},
}


def test_a_run_is_a_function_of_scenario_and_seed() -> None:
    """Same scenario and seed: the same rows, value for value; another seed: others."""
    of = scenario(**WORLD)
    assert simulate(of, "x", 3).hash() == simulate(of, "x", 3).hash() != simulate(of, "x", 4).hash()


def test_the_name_of_an_option_changes_nothing() -> None:
    """Options meet the same arrivals and faults: what they are called draws nothing."""
    of = scenario(**WORLD)
    assert simulate(of, "one", 3).hash() == simulate(of, "other", 3).hash()


def test_tracing_changes_nothing_else() -> None:
    """A traced run has the same calls, events and samples, and an attempt for each that its calls count."""
    plain, traced = simulate(scenario(**WORLD), "x", 3), simulate(scenario(**WORLD), "x", 3, trace=True)
    assert traced.calls.tolist() == plain.calls.tolist()
    assert (traced.events, traced.samples) == (plain.events, plain.samples)
    assert len(plain.attempts) == 0
    finished = {int(number) for number in traced.calls["number"]}
    assert sum(int(a["number"]) in finished for a in traced.attempts) == int(traced.calls["attempts"].sum())


def test_a_journal_on_disk_is_the_one_in_memory(tmp_path: Path) -> None:
    """Streamed to a directory and read back it has the same hash, and taking the world down adds nothing to it."""
    kept = simulate(scenario(**WORLD), "x", 3, trace=True)
    streamed = simulate(scenario(**WORLD), "x", 3, trace=True, out=tmp_path / "run")
    gc.collect()
    assert kept.hash() == streamed.hash() == Journal.read(tmp_path / "run").hash()
    assert Journal.read(tmp_path / "run").totals == kept.totals


def test_a_journal_is_never_written_over(tmp_path: Path) -> None:
    """A directory that holds a journal is refused."""
    simulate(scenario(1.0), "x", 1, out=tmp_path)
    with pytest.raises(RunError, match="holds a journal already"):
        simulate(scenario(1.0), "x", 1, out=tmp_path)


def test_a_run_says_what_it_is() -> None:
    """The journal names scenario, option, seed and the wall time that its caller gave."""
    info = simulate(scenario(5.0, 2.0), "x", 3, started="then").info
    assert (info.scenario, info.option, info.seed, info.started) == ("whole", "x", 3, "then")
    assert (info.duration_s, info.warmup_s, info.source) == (5.0, 2.0, "sim")
