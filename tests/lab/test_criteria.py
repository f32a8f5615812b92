"""The criteria of issue 8 that a run as a whole has to keep, each by the words of the criterion.

Those that other tests show are named in docs/reliability.md.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from chaos_mishaps import APISERVER, FEWER, SLOW, TOXIPROXY, bound, events, mishap, runs_on, thaw, told
from chaos_runs import Runs, standing
from lab_cluster import Cluster, wait_for
from real_toxiproxy import RealToxiproxy, Upstream, hang

from chaos.kube import Ref

pytestmark = pytest.mark.cluster

RESTART = 'touch "$0" && for _ in $(seq 400); do test -e "$0" || exit 0; sleep 0.05; done; exit 1'
TEMPORARY = Ref("Deployment", "temporary", "shop")
OK_SHARE = {"of": "client/client", "metric": "call_ok_share", "at_least": "1%"}


@pytest.fixture
def runs(steady: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Runs]:
    """Runs on the lab, which must be whole before."""
    yield from runs_on(steady, tmp_path, monkeypatch)


def _nothing() -> None:
    """Let the run be."""


def test_a_baseline_that_does_not_hold(runs: Runs) -> None:
    """Its own outcome, exit code 3, and nothing was touched: no deed, and every object and toxic as before."""
    before = standing(runs.hands)
    many = {"of": "service/front", "metric": "endpoints_ready", "at_least": 99}
    what = told({"slow": SLOW, "fewer": FEWER}, steady={"endpoints": many})
    found = mishap(runs, what, None, _nothing)
    assert (found.ending.code, found.outcome) == (3, "baseline-not-met"), found
    (stopped,) = events(runs, "stopped")
    assert "endpoints: broken 3" in stopped["why"]
    assert runs.ledger() == []
    assert standing(runs.hands) == before


def test_a_target_that_vanished(runs: Runs) -> None:
    """Deleted between check and injection: its own outcome, and what was looked for and where is said."""
    before = standing(runs.hands)
    runs.hands.create(_temporary())
    bound(runs, workloads={"temporary": {"namespace": "shop"}})
    workload = {"replicas": 2, "serves": {"takes": "5ms", "at_once": 8}}
    what = told({"fewer": FEWER | {"workload": "temporary", "replicas": 1, "at": "4s"}}, 8.0)
    what["workloads"] |= {"temporary": workload}
    try:
        found = mishap(runs, what, None, partial(runs.hands.delete, TEMPORARY))
    finally:
        if runs.hands.kube.find(TEMPORARY.path) is not None:
            runs.hands.delete(TEMPORARY)
    assert (found.ending.code, found.outcome) == (3, "target-gone"), found
    (gone,) = events(runs, "target_gone")
    assert "nothing found of deployment temporary in namespace shop" in gone["why"]
    assert runs.ledger() == []
    assert runs.settled(before) == {}


def _temporary() -> dict[str, Any]:
    """Return a deployment whose pods run nowhere."""
    labels = {"app": TEMPORARY.name}
    pod = {"nodeSelector": {"nowhere": "at-all"}, "containers": [{"name": "idle", "image": "nowhere.invalid/idle"}]}
    template = {"metadata": {"labels": labels}, "spec": pod}
    return {
        "apiVersion": "apps/v1",
        "kind": TEMPORARY.kind,
        "metadata": {"name": TEMPORARY.name, "namespace": TEMPORARY.namespace},
        "spec": {"replicas": 2, "selector": {"matchLabels": labels}, "template": template},
    }


def test_a_fault_that_was_accepted_but_shows_no_effect(runs: Runs) -> None:
    """A client whose calls do not run through the link that the binding says: our own calls tell."""
    before = standing(runs.hands)
    elsewhere = runs.binding.clients["bootstrapper"].url
    bound(runs, clients={"client": {"url": elsewhere}, "other": {"like": "bootstrapper"}})
    found = mishap(runs, told({"slow": SLOW | {"added": "900ms"}}), None, _nothing)
    assert (found.ending.code, found.outcome) == (3, "no-effect"), found
    (note,) = events(runs, "no_effect")
    assert note["why"].startswith("client client: each call on its way had to take 0.9 s at least; all ")
    assert runs.settled(before) == {}


def test_a_toxiproxy_that_dies_and_restarts_in_the_middle(runs: Runs, steady: Cluster) -> None:
    """Its state is gone, so the fault was in force only until then: `no-effect`, though its undo is a success."""
    before = standing(runs.hands)
    kill = partial(os.kill, steady.status()[TOXIPROXY]["pid"], signal.SIGKILL)
    found = mishap(runs, told({"slow": SLOW | {"for": "5s"}}, 7.0), ("add_toxics", "done"), kill)
    assert (found.ending.code, found.outcome) == (3, "no-effect"), found
    (note,) = events(runs, "no_effect")
    assert "client-to-front has no toxic" in note["why"]
    assert events(runs, "undo_failed") == []
    assert runs.ledger()[-1] == ("add_toxics", "undone")
    assert runs.settled(before) == {}


@pytest.fixture
def hanging(tmp_path: Path) -> Iterator[RealToxiproxy]:
    """A toxiproxy of this test, with something to download behind it; the file `restart` is the wish to restart it."""
    upstream = Upstream()
    real = RealToxiproxy(tmp_path, upstream.address)
    real.start()
    over, wish = threading.Event(), tmp_path / "restart"

    def restarts() -> None:
        while not over.wait(0.01):
            if wish.exists():
                real.restart()
                wish.unlink()

    watching = threading.Thread(target=restarts)
    watching.start()
    yield real
    over.set()
    watching.join()
    real.kill()
    upstream.close()


def test_the_hang_of_toxiproxys_api_is_survived(runs: Runs, hanging: RealToxiproxy) -> None:
    """Slow readers die in the middle of a fault, and the API answers no more: undone by a restart, exit 0."""
    restart = ["sh", "-c", RESTART, str(runs.folder / "restart")]
    link = "node-1--node-2"
    bound(
        runs,
        toxiproxies={"mine": {"api": hanging.url, "restart": restart}},
        links={link: {"toxiproxy": "mine", "proxy": "link"}},
        allow={"links": [*runs.binding.allow.links, link]},
    )

    def hang_it() -> None:
        with hang(hanging):
            pass

    slow = {"kind": "latency", "link": link, "added": "1ms", "at": "500ms", "for": "12s"}
    found = mishap(runs, told({"slow": slow}, 14.0), ("add_toxics", "done"), hang_it)
    assert (found.ending.code, found.outcome) == (0, "ran"), found
    assert ["restarted toxiproxy" in each["how"] for each in events(runs, "undone")] == [True]
    assert hanging.starts == 2


@pytest.mark.soak  # `make test` has such a loss in test_two_arms.py
def test_planned_api_server_loss_is_an_ordinary_scenario(runs: Runs) -> None:
    """Probes of the cluster go unknown, other faults go in, a missed copy of the ledger is said, objectives decide."""
    before = standing(runs.hands)
    nodes = {f"node-{number}": {} for number in (1, 2, 3)} | {"server-1": {"zone": "control"}}
    away = {"kind": "apiserver_loss", "server": "server-1", "at": "1s", "for": "14s"}
    what = told(
        {"away": away, "slow": SLOW | {"at": "6s"}},
        18.0,
        cluster={"nodes": nodes, "control_plane": {"servers": ["server-1"]}},
        steady={"calls": OK_SHARE, "nodes": {"of": "cluster", "metric": "node_ready_share", "at_least": "30%"}},
    )
    found = mishap(runs, what, None, _nothing)
    assert (found.ending.code, found.outcome) == (0, "ran"), found
    assert len(events(runs, "probe_unknown")) >= 1
    assert len(events(runs, "ledger_copy_missed")) >= 1
    assert list(dict.fromkeys(each["case"] for each in events(runs, "injected"))) == ["fault/away/0", "fault/slow/0"]
    assert runs.settled(before) == {}


@pytest.mark.soak
def test_no_fault_is_raised_while_the_api_server_is_silent_unplanned(runs: Runs, steady: Cluster) -> None:
    """The ledger's copy cannot be written, so the deed is not done: `not-injected`, and nothing is left."""
    before = standing(runs.hands)
    freeze = partial(os.kill, steady.status()[APISERVER]["pid"], signal.SIGSTOP)
    what = told({"first": SLOW | {"for": "1s"}, "slow": SLOW | {"at": "8s"}}, 12.0)
    found = mishap(runs, what, ("add_toxics", "undone"), freeze)
    assert (found.ending.code, found.outcome) == (3, "not-injected"), found
    (note,) = events(runs, "not_injected")
    assert "the ledger's copy cannot be written" in note["why"]
    assert [each["case"] for each in events(runs, "injected")] == ["fault/first/0"]
    thaw(steady, APISERVER)
    assert runs.undo().code == 0
    assert runs.settled(before) == {}


@pytest.mark.soak
def test_ten_repetitions_give_the_same_verdict(
    runs: Runs, steady: Cluster, record_property: Callable[[str, object], None]
) -> None:
    """One seed, one scenario with faults of a link, of pods and of a workload: ten runs, one outcome."""
    kill = {"kind": "pod_kill", "workload": "cart", "at": "2s"}
    verdicts = []
    for number in range(10):
        runs.out = runs.folder / f"run-{number}"
        wait_for(steady.serving, 120, "the sample application serves")
        found = mishap(runs, told({"slow": SLOW, "fewer": FEWER, "kill": kill}), None, _nothing)
        verdicts.append((found.ending.code, found.outcome))
    record_property("verdicts", verdicts)
    assert verdicts == [(0, "ran")] * 10
