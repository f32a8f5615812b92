"""Studies: which runs are made, in how many processes, and when to stop."""

from __future__ import annotations

import math
import sys
import textwrap

import pytest

from sim.analysis.precision import FEWEST
from sim.errors import HarnessError, RunError
from sim.spec.load import load
from sim.study import compare, compare_each, simulate, simulate_many

SCENARIO = """
version: 1
name: made
why: Which option fails less?
run: {duration: 100s, replications: 4, seed: 5}
cluster: {nodes: {a: {}}}
workloads: {api: {serves: {takes: 10ms}}}
services: {api: {of: api}}
clients: {web: {from: a, to: api, arrivals: {poisson: 1/s}}}
objectives: {answers: {of: client/web, metric: call_ok_share, at_least: 99%}}
options:
  bad: {why: Fails often.}
  good: {why: Fails rarely.}
  mesh: {not_modelled: comes later}
"""

RUNNER = """
import numpy as np
from sim.record import Recorder, RunInfo

FAILING = {"bad": 0.2, "good": 0.002, "as-written": 0.0}

def run(scenario, option, seed, *, trace=False, out=None, started=""):
    if option == "good" and seed == STOP_AT:
        raise KeyboardInterrupt
    recorder = Recorder(RunInfo.of(scenario, option, seed, started=started), trace=trace, out=out)
    draws = np.random.default_rng(seed)
    for number, draw in enumerate(draws.random(400).tolist()):
        failed = draw < FAILING[option]
        recorder.call((number / 4, 0.1, number, 0, 0, 1, int(failed), int(failed)))
    recorder.total("client/web", "started", 400.0)
    recorder.total("client/web", "finished", 400.0 if option != "as-written" else 399.0)
    recorder.total("client/web", "in_flight", 0.0)
    return recorder.finish()
"""


@pytest.fixture
def document(tmp_path):
    """Return a document with two options that can be run and one that cannot."""
    path = tmp_path / "made.yaml"
    path.write_text(SCENARIO)
    return load(path)


@pytest.fixture
def runner(tmp_path, monkeypatch):
    """Return a function that gives the name of a stand-in for the simulator, stopped by Ctrl-C at a seed."""
    monkeypatch.syspath_prepend(str(tmp_path))

    def named(stop_at: int | None = None) -> str:
        name = f"runner_{stop_at}"
        (tmp_path / f"{name}.py").write_text(f"STOP_AT = {stop_at}\n" + textwrap.dedent(RUNNER))
        return f"{name}:run"

    yield named
    for name in [name for name in sys.modules if name.startswith("runner_")]:
        del sys.modules[name]


def _values(result) -> dict[tuple[str, int], float]:
    return {
        (option.option, replication.seed): replication.readings["objectives.answers"].value
        for option in result.results
        for replication in option.replications
    }


def test_options_meet_the_same_seeds(document, runner):
    """As many replications as the scenario says, from its seed on, of every option that can be run."""
    comparison = compare(document, processes=1, runner=runner())
    assert [(result.option, result.seeds) for result in comparison.results] == [
        ("bad", (5, 6, 7, 8)),
        ("good", (5, 6, 7, 8)),
    ]
    assert comparison.not_modelled == {"mesh": "comes later"}
    assert comparison.note == "4 replications of each option"
    assert [verdict.verdict for verdict in comparison.verdicts] == ["broken", "undecided"]


def test_serial_and_parallel_are_the_same(document, runner):
    """How many processes work changes nothing in the answers."""
    serial, parallel = (compare(document, replications=6, processes=n, runner=runner()) for n in (1, 2))
    assert _values(serial) == _values(parallel)
    assert serial.rows == parallel.rows


def test_progress_counts_to_the_end(document, runner):
    """Each finished run is told, with the number of all."""
    told = []
    compare(document, replications=3, processes=1, progress=lambda *now: told.append(now), runner=runner())
    assert told == [(n, 6) for n in range(1, 7)]


def test_ctrl_c_keeps_whole_pairs(document, runner):
    """Stopped while `good` was at seed 7: both options keep seeds 5 and 6, and the result says so."""
    comparison = compare(document, processes=1, runner=runner(stop_at=7))
    assert [result.seeds for result in comparison.results] == [(5, 6), (5, 6)]
    assert comparison.interrupted


def test_stopped_before_anything_was_done_is_an_error(document, runner):
    """Without one whole pair there is nothing to show."""
    with pytest.raises(RunError, match="stopped before the first replication was done"):
        compare(document, processes=1, runner=runner(stop_at=5))


def test_a_run_that_contradicts_itself_fails_the_study(document, runner):
    """No number of such a run is shown, from a worker process or from this one."""
    document = load(_without_options(document))
    for processes in (1, 2):
        with pytest.raises(HarnessError, match="399 finished"):
            compare(document, processes=processes, runner=runner())


def _without_options(document) -> str:
    from pathlib import Path

    path = Path(document.file).with_name("bare.yaml")
    path.write_text(SCENARIO.partition("options:")[0])
    return str(path)


def test_a_precision_decides_how_many(document, runner):
    """Wide enough is reached at the first look; the note says so and intervals are at that look's level."""
    comparison = compare(document, precision="call_ok_share=10%", processes=1, runner=runner())
    assert len(comparison.results[0].replications) == FEWEST
    assert comparison.level == pytest.approx(1 - 0.05 * 6 / math.pi**2)
    assert comparison.note == "10 replications of each option gave ± 0.1 of call_ok_share"


def test_a_finer_precision_takes_more(document, runner):
    """The interval that is reached is as narrow as was asked for, for every option."""
    comparison = compare(document, precision="call_ok_share=1%", processes=1, runner=runner())
    assert len(comparison.results[0].replications) > FEWEST
    widths = [(v.ci_high - v.ci_low) / 2 for v in comparison.verdicts]
    assert max(widths) <= 0.01


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"options": ("mesh",)}, "mesh is listed, but cannot be run: comes later"),
        ({"options": ()}, "none was named; accepted: bad, good"),
        ({"replications": 3, "precision": "call_ok_share=1%"}, "accepted: one of them"),
        ({"options": ("goof",)}, "good"),
    ],
)
def test_what_cannot_be_compared_is_refused(document, arguments, words):
    """Before anything is run, with what is accepted."""
    with pytest.raises(HarnessError) as refused:
        compare(document, **arguments)
    assert refused.value.exit_code == 2
    assert words in str(refused.value)


def test_one_option_is_simulated_from_a_seed(document, runner, tmp_path):
    """The first option by default; journals are kept where they were asked for."""
    simulation = simulate_many(document, replications=2, seed=11, out=tmp_path / "runs", processes=1, runner=runner())
    assert (simulation.result.option, simulation.result.seeds) == ("bad", (11, 12))
    assert sorted(path.name for path in (tmp_path / "runs" / "bad").iterdir()) == ["seed-11", "seed-12"]


@pytest.mark.parametrize("option", ["mesh", "goof"])
def test_an_option_that_cannot_be_simulated_is_refused(document, option):
    """Listed only, or unknown: bad input, before anything is run."""
    with pytest.raises(HarnessError) as refused:
        simulate_many(document, option)
    assert refused.value.exit_code == 2


def test_one_run_needs_no_more_than_a_name(document):
    """A document, a path or a scenario; option and seed are the first and the scenario's unless given."""
    run = simulate(document)
    assert (run.info.option, run.info.seed) == ("bad", 5)
    assert run.hash() == simulate(document.file).hash() == simulate(document.option("bad"), "bad").hash()
    assert simulate(document, "good", 6).info.seed == 6


def test_an_option_that_cannot_be_run_is_refused(document):
    """As in a comparison: what is only listed is no option to run."""
    with pytest.raises(HarnessError, match="mesh is listed, but cannot be run"):
        simulate(document, "mesh")


def test_a_comparison_takes_a_path_and_one_option(document):
    """What a notebook has at hand is enough."""
    comparison = compare(document.file, "good", 2, processes=1, runner="sim.run:simulate")
    assert [result.option for result in comparison.results] == ["good"]


def test_documents_are_compared_together_each_by_itself(document, runner, tmp_path):
    """One comparison a document, in their order, with the same seeds and the same answers as alone."""
    other = tmp_path / "other.yaml"
    other.write_text(SCENARIO.replace("name: made", "name: other").replace("seed: 5", "seed: 50"))
    told = []
    made, second = compare_each(
        [document, load(other)], 2, processes=1, progress=lambda *now: told.append(now), runner=runner()
    )
    assert [(c.scenario, [r.seeds for r in c.results]) for c in (made, second)] == [
        ("made", [(5, 6), (5, 6)]),
        ("other", [(5, 6), (5, 6)]),
    ]
    assert made.rows == compare(document, replications=2, processes=1, runner=runner()).rows
    assert told == [(n, 8) for n in range(1, 9)]


def test_a_document_without_a_whole_replication_is_left_out(document, runner, tmp_path):
    """Stopped while the second one was at its first seed: the first stays, and says that it was stopped."""
    other = tmp_path / "other.yaml"
    other.write_text(SCENARIO.replace("name: made", "name: other"))
    documents = [document, load(other)]
    found = compare_each(documents, processes=1, runner=_stopped_in_the_second(tmp_path))
    assert [(c.scenario, c.interrupted, c.results[0].seeds) for c in found] == [("made", True, (5,))]
    with pytest.raises(RunError, match="stopped before the first replication"):
        compare_each(documents, processes=1, runner=runner(stop_at=5))


def _stopped_in_the_second(folder) -> str:
    """Return the name of a stand-in for the simulator that Ctrl-C stops in the document `other`."""
    text = textwrap.dedent(RUNNER).replace('option == "good" and seed == STOP_AT', 'scenario.name == "other"')
    (folder / "runner_second.py").write_text(text)
    return "runner_second:run"
