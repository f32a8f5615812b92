"""The same scenario and seed give the same rows, value for value: twice, elsewhere, by hand or by a study."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sim.record import Journal
from sim.run import simulate
from sim.spec.load import load
from sim.spec.scenario import Scenario
from sim.study import compare

CASES = [("k3s-audit", "p1", 7200.0), ("node-lost", "fast-timings", 240.0), ("lose-one-server", "three-servers", 3e7)]
SCRIPT = """
import ast, sys
from sim.run import simulate
from sim.spec.load import load
for name, option, duration in ast.literal_eval(sys.argv[1]):
    of = load(name).option(option)
    of = of.model_copy(update={"run": of.run.model_copy(update={"duration": duration})})
    print(simulate(of, option, 5).hash())
"""


def cut(name: str, option: str, duration: float) -> Scenario:
    """Return an option of a shipped scenario, shortened."""
    of = load(name).option(option)
    return of.model_copy(update={"run": of.run.model_copy(update={"duration": duration})})


@pytest.fixture(scope="module", params=CASES, ids=lambda case: case[0])
def case(request: pytest.FixtureRequest) -> tuple[tuple[str, str, float], Journal]:
    """Run one case here, once."""
    name, option, duration = request.param
    return request.param, simulate(cut(name, option, duration), option, 5)


def test_twice_in_one_process(case: Any) -> None:
    """A second run beside the first one has the same hash; nothing is shared between runs."""
    (name, option, duration), journal = case
    assert simulate(cut(name, option, duration), option, 5).hash() == journal.hash()
    assert simulate(cut(name, option, duration), option, 6).hash() != journal.hash()


@pytest.mark.parametrize("hashseed", ["0", "4711"])
def test_in_another_process(hashseed: str) -> None:
    """Another process, with other hashes of strings, has the same rows."""
    made = subprocess.run(
        [sys.executable, "-c", SCRIPT, repr(CASES)],
        env=os.environ | {"PYTHONHASHSEED": hashseed, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert made.stdout.split() == [simulate(cut(*case), case[1], 5).hash() for case in CASES]


def test_on_disk_or_in_memory(case: Any, tmp_path: Path) -> None:
    """A journal that was streamed to a directory has the hash of the one held in memory."""
    (name, option, duration), journal = case
    simulate(cut(name, option, duration), option, 5, out=tmp_path / "run")
    assert Journal.read(tmp_path / "run").hash() == journal.hash()


SMALL = """
version: 1
name: small
why: A node is lost; does one more try help?
run: {duration: 90s, warmup: 5s, replications: 3, seed: 5}
cluster: {preset: lab-fast, nodes: {a: {}, b: {}, c: {}}}
workloads: {api: {replicas: 4, spread: {over: nodes}, serves: {takes: {exponential: {mean: 50ms}}, at_once: 99}}}
services: {api: {of: api}}
transports: {fresh: {like: go-net-http, keep_alive: false}}
clients:
  first: {from: a, to: api, arrivals: {poisson: 4/s}, transport: fresh, policy: none}
  other: {from: b, to: api, arrivals: {poisson: 4/s}, transport: fresh}
faults: {power: {kind: node_loss, node: c, at: 20s, for: 40s}}
objectives: {answers: {of: client/first, metric: call_ok_share, at_least: 99%}}
policies: {twice: {kind: retry, attempts: 3, try_timeout: 1s, backoff: none}}
options:
  once: {}
  again: {set: {clients.first.policy: twice}}
"""


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write a small scenario to a file."""
    path = tmp_path_factory.mktemp("scenario") / "small.yaml"
    path.write_text(SMALL, encoding="utf-8")
    return path


def test_serial_or_parallel(small: Path, tmp_path: Path) -> None:
    """A comparison by one process or by two has the same journals and the same answers."""
    document = load(small)
    one = compare(document, processes=1, out=tmp_path / "one")
    two = compare(document, processes=2, out=tmp_path / "two")
    assert one.answers() == two.answers()
    folders = sorted(path.parent.relative_to(tmp_path / "one") for path in (tmp_path / "one").rglob("run.json"))
    assert len(folders) == 6
    for folder in folders:
        by_hand = simulate(document.option(folder.parts[0]), folder.parts[0], int(folder.parts[1].split("-")[1]))
        assert Journal.read(tmp_path / "one" / folder).hash() == by_hand.hash()
        assert Journal.read(tmp_path / "two" / folder).hash() == by_hand.hash()


def test_what_an_option_does_not_touch_is_the_same(small: Path) -> None:
    """One client's policy changes its own rows; faults, control plane and, where nobody queues, others' rows stay."""
    document = load(small)
    for seed in range(3):
        once, again = (simulate(document.option(option), option, seed) for option in ("once", "again"))
        assert once.events == again.events
        assert once.samples == again.samples
        mine, others = ([journal.calls[journal.calls["client"] == k] for journal in (once, again)] for k in (0, 1))
        assert mine[0].tolist() != mine[1].tolist()
        starts = [np.sort(rows, order="number")["t_s"][:200] for rows in mine]
        assert starts[0].tolist() == starts[1].tolist()
        assert len(others[0]) > 300
        assert np.sort(others[0], order="number").tolist() == np.sort(others[1], order="number").tolist()
