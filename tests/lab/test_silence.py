"""Whoever falls silent, from the start or in the middle of a fault: a run ends in its planned time + 30 s, undone.

`frozen` is a process that is stopped (SIGSTOP): the kernel still takes connections for it, and nobody answers.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest
from chaos_mishaps import APISERVER, BOUND_S, FEWER, SLOW, TOXIPROXY, bound, events, mishap, runs_on, thaw, told
from chaos_runs import Runs, standing
from lab_cluster import Cluster
from silent_peer import falling_silent, kubeconfig_to, silent_peer

pytestmark = pytest.mark.cluster

Note = Callable[[str, object], None]


@pytest.fixture
def runs(steady: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Runs]:
    """Runs on the lab, which must be whole before."""
    yield from runs_on(steady, tmp_path, monkeypatch)


@pytest.fixture
def freeze(steady: Cluster) -> Callable[[str], None]:
    """What freezes a component of the lab at once: `lab stop --how freeze` does the same, but takes its time."""
    pids = {name: row["pid"] for name, row in steady.status().items()}
    return lambda component: os.kill(pids[component], signal.SIGSTOP)


@contextmanager
def _silent_from_the_start(who: str, runs: Runs) -> Iterator[None]:
    with silent_peer() as address:
        if who == "API server":
            theirs = runs.binding.cluster
            config = kubeconfig_to(address, Path(theirs.kubeconfig), runs.folder / "kubeconfig")
            bound(runs, cluster={"kubeconfig": str(config)})
        elif who == "toxiproxy":
            bound(runs, toxiproxies={TOXIPROXY: {"api": f"http://{address}"}})
        else:
            probe = {"query": "up", "at_least": 1, "every": "1s"}
            bound(runs, prometheus={"url": f"http://{address}"}, steady={"up": probe})
        yield


@pytest.mark.parametrize(
    ("who", "code", "word"),
    [
        ("API server", 3, "GET /version: no answer from the API server"),
        ("toxiproxy", 2, "no answer within"),
        ("Prometheus", 3, "up: unknown"),
    ],
)
def test_silent_from_the_start(who: str, code: int, word: str, runs: Runs) -> None:
    """Nothing is touched, and it is said who does not answer."""
    before, began_s = standing(runs.hands), time.monotonic()
    with _silent_from_the_start(who, runs), runs.run(told({"slow": SLOW}), {}) as process:
        ending = runs.ended(process)
    said = " ".join((ending.out + ending.err).split())  # tables break lines
    assert (ending.code, word in said) == (code, True), said
    assert time.monotonic() - began_s < 7.5 + BOUND_S
    assert runs.ledger() == []
    assert standing(runs.hands) == before


@pytest.mark.soak
def test_an_api_server_that_freezes_in_the_middle_of_a_toxic(
    runs: Runs, steady: Cluster, freeze: Callable[[str], None], record_property: Note
) -> None:
    """The toxic goes at its instant, the objectives decide; what only the API server could remove, `undo` removes."""
    before = standing(runs.hands)
    found = mishap(runs, told({"slow": SLOW}), ("add_toxics", "done"), partial(freeze, APISERVER))
    record_property("late_s", found.late_s)
    assert (found.ending.code, found.outcome) == (0, "ran"), found
    assert found.late_s < BOUND_S
    assert runs.ledger()[-1] == ("add_toxics", "undone")
    thaw(steady, APISERVER)
    undone = runs.undo()
    assert undone.code == 0, undone.err
    assert runs.settled(before) == {}


@pytest.mark.soak
def test_an_api_server_that_is_silent_for_longer_than_allowed_stops_the_run(
    runs: Runs, freeze: Callable[[str], None]
) -> None:
    """Where no fault takes it: `stop.api_silent_for`, exit code 3, the toxic is gone."""
    bound(runs, stop={"broken_for": None, "unknown_for": None, "api_silent_for": "3s"})
    what = told({"slow": SLOW | {"for": "50s"}}, 60.0)
    found = mishap(runs, what, ("add_toxics", "done"), partial(freeze, APISERVER))
    assert (found.ending.code, found.outcome) == (3, "aborted"), found
    assert ["the API server has not answered for" in each["why"] for each in events(runs, "stopped")] == [True]
    assert found.late_s < 0
    assert runs.ledger()[-1] == ("add_toxics", "undone")


def test_what_only_the_api_server_can_undo_is_told_when_it_stays_silent(
    runs: Runs, steady: Cluster, freeze: Callable[[str], None], record_property: Note
) -> None:
    """Exit code 4 with the exact command, the rest undone; and `undo` once it is back ends with 0."""
    before = standing(runs.hands)
    what = told({"fewer": FEWER, "slow": SLOW | {"at": "400ms"}})
    found = mishap(runs, what, ("scale_workload", "done"), partial(freeze, APISERVER))
    record_property("late_s", found.late_s)
    assert (found.ending.code, found.outcome) == (4, "undo-failed"), found
    (left,) = events(runs, "undo_failed")[-1:]
    assert ["scale -n shop deployment/stock --replicas 3" in line for line in left["by_hand"]] == [True]
    assert found.late_s < BOUND_S
    assert (("add_toxics", "undone") in runs.ledger(), ("scale_workload", "undone") in runs.ledger()) == (True, False)
    thaw(steady, APISERVER)
    undone = runs.undo(str(runs.out))
    assert undone.code == 0, undone.err
    assert runs.settled(before) == {}


@pytest.mark.soak
def test_an_api_server_that_comes_back_while_it_is_waited_for_is_no_failure(
    runs: Runs, steady: Cluster, freeze: Callable[[str], None]
) -> None:
    """An undo waits within its bound: thawed in that time, the run ends as if nothing had been."""
    before = standing(runs.hands)

    def freeze_for_a_while() -> None:
        freeze(APISERVER)
        time.sleep(3.5)  # the fault is over by then
        thaw(steady, APISERVER)

    found = mishap(runs, told({"fewer": FEWER}), ("scale_workload", "done"), freeze_for_a_while)
    assert (found.ending.code, found.outcome) == (0, "ran"), found
    assert runs.settled(before) == {}


def test_a_toxiproxy_that_freezes_in_the_middle_is_restarted(
    runs: Runs, freeze: Callable[[str], None], record_property: Note
) -> None:
    """Nobody can remove the toxic, so the last resort does; the run is what its objectives say."""
    before = standing(runs.hands)
    found = mishap(runs, told({"slow": SLOW}), ("add_toxics", "done"), partial(freeze, TOXIPROXY))
    record_property("late_s", found.late_s)
    assert (found.ending.code, found.outcome) == (0, "ran"), found
    assert found.late_s < BOUND_S
    assert ["restarted toxiproxy" in each["how"] for each in events(runs, "undone")] == [True]
    assert runs.settled(before) == {}


@pytest.mark.parametrize(
    ("allowed", "code", "outcome"), [pytest.param(None, 0, "ran", marks=pytest.mark.soak), ("3s", 3, "aborted")]
)
def test_a_prometheus_that_falls_silent(allowed: str | None, code: int, outcome: str, runs: Runs) -> None:
    """Its probe is unknown from then on: a reason to stop only after what `stop.unknown_for` says."""
    with falling_silent() as prometheus:
        probe = {"query": "up", "at_least": 1, "every": "1s", "limit": "1s"}
        stop = {"broken_for": None, "unknown_for": allowed}
        bound(runs, prometheus={"url": prometheus.url}, steady={"up": probe}, stop=stop)
        what = told({"slow": SLOW | {"for": "8s"}}, 10.0)
        found = mishap(runs, what, ("add_toxics", "done"), prometheus.silent.set)
    assert (found.ending.code, found.outcome) == (code, outcome), found
    assert found.late_s < BOUND_S
    assert runs.ledger()[-1] == ("add_toxics", "undone")
