"""Whatever ends a run, and whenever: `chaos undo`, the runner itself or the guardians leave nothing of it."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from chaos_runs import ENDS_S, FAULTS, Ending, Runs, differences, links, scenario, standing
from lab_cluster import Cluster, wait_for

from chaos.check.lease import holder, lease_ref
from chaos.deeds.table import DEEDS
from chaos.guard import Guardian
from chaos.kube import Ref
from chaos.ledger.copy import LABEL

pytestmark = pytest.mark.cluster

BY_FAULT = {
    "nothing": "nothing",
    "add_toxics": "slow",
    "disable_proxy": "cut",
    "command": "stopped",
    "scale_workload": "fewer",
    "rollout_restart": "again",
    "delete_pods": "killed",
    "cordon": "drained",
    "evict_pods": "drained",
    "interpose": "proxied",
}
"""Which fault does a deed. (`delete_node_object`: tests/lab/test_deeds.py, since a lab has better ways.)"""
STATES = ("intended", "done", "undone")
STEPS = (("header", ""), *product(BY_FAULT, STATES))
WAYS = ("folder", "copy")
NOW = {"lease_s": 3}  # a dead run is known to be dead after 3 s instead of 15

OFTEN = {
    (("header", ""), "copy"),
    (("command", "done"), "copy"),
    (("scale_workload", "done"), "folder"),
}
"""What is tried at every change; everything else is tried by `make soak`."""


def _often(case: tuple[Any, Any]) -> Any:
    step, way = case
    return pytest.param(
        *case, marks=() if case in OFTEN else pytest.mark.soak, id=f"{'-'.join(filter(None, step))}-{way}"
    )


@pytest.fixture
def runs(steady: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Runs]:
    """Runs on the lab, which must be whole before.

    A proxy dials within its loop of accepting, without a limit of its own: a dial of a pod that has just gone keeps all
    callers of this link waiting until the kernel gives up, 127 s later. Sources: toxiproxy 2.12.0, proxy.go, `server`;
    Linux, tcp_syn_retries = 6.
    """
    monkeypatch.setenv("XDG_STATE_HOME", str(steady.state))
    made = Runs(steady, tmp_path)
    wait_for(lambda: steady.has_front("node-3"), 120, "the node that is drained has a pod")
    wait_for(made.answered, 150, "the client's way leads through")
    yield made
    if _ours(made):  # it failed; the next one shall not
        made.undo()
    made.hands.close()


def _of(deed: str) -> dict[str, Any]:
    """Return a scenario that does this deed, with a toxic and a proxy that is down beside it."""
    return scenario(tuple(dict.fromkeys(("slow", "cut", BY_FAULT.get(deed, "nothing")))))


def _kill(step: tuple[str, str], name: str = "SIGKILL") -> dict[str, Any]:
    return {"at": step, "signal": name}


def _ours(runs: Runs) -> list[str]:
    """Return our own objects: the lease, and each ledger's copy."""
    kube, home = runs.hands.kube, runs.binding.cluster.home
    copies = kube.list(Ref("ConfigMap", "", home).folder, labelSelector=LABEL)
    lease = kube.find(lease_ref(runs.binding).path)
    return [each["metadata"]["name"] for each in copies] + (["the lease"] if lease is not None else [])


def _died(ending: Ending) -> None:
    assert ending.code == -9, ending.out[:600] + ending.err[-600:]


def test_every_deed_has_its_steps() -> None:
    """A deed that is not killed here is named with its reason."""
    assert {deed.model_fields["deed"].default for deed in DEEDS} == {*BY_FAULT, "delete_node_object"}


@pytest.mark.parametrize(("step", "way"), [_often(case) for case in product(STEPS, WAYS)])
def test_killed_at_a_step_and_undone(step: tuple[str, str], way: str, runs: Runs) -> None:
    """`kill -9` after any line of the ledger, then `undo` from the folder or the cluster's copy: all is as before."""
    before = standing(runs.hands)
    with runs.run(_of(step[0]), NOW | {"acts": [_kill(step)]}) as process:
        _died(runs.ended(process))
    if way == "copy":
        shutil.rmtree(runs.out)
    undone = runs.undo(*([str(runs.out)] if way == "folder" else []))
    assert undone.code == 0, undone.err
    assert _ours(runs) == []
    assert differences(links(before), links(standing(runs.hands))) == {}
    assert runs.settled(before) == {}


def _one_line(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.soak
def test_an_undo_that_is_killed_is_done_again(runs: Runs) -> None:
    """`undo` writes down what it has undone, and undoes the rest when it is called again."""
    before = standing(runs.hands)
    with runs.run(_of("scale_workload"), NOW | {"acts": [_kill(("scale_workload", "done"))]}) as process:
        _died(runs.ended(process))
    _died(runs.undo(str(runs.out), how={"acts": [_kill(("*", "undone"))]}))
    undone = runs.undo(str(runs.out))
    assert undone.code == 0, undone.err
    assert len([line for line in undone.err.splitlines() if line.startswith("  undone")]) == 2  # of three
    assert _ours(runs) == []
    assert runs.settled(before) == {}


SIGNALS = ("SIGINT", "SIGTERM")
SIGNALLED_OFTEN = {
    ("SIGTERM", ("header", "")),
    ("SIGINT", ("command", "done")),
}


def _signalled_often(case: tuple[str, Any]) -> Any:
    name = f"{case[0]}-{'-'.join(filter(None, case[1]))}"
    return pytest.param(*case, marks=() if case in SIGNALLED_OFTEN else pytest.mark.soak, id=name)


@pytest.mark.parametrize(("name", "step"), [_signalled_often(case) for case in product(SIGNALS, STEPS)])
def test_a_signal_at_a_step_undoes_everything(name: str, step: tuple[str, str], runs: Runs) -> None:
    """Ctrl-C and `kill` after any line of the ledger: the runner undoes all of it, reports, and ends with 3."""
    before = standing(runs.hands)
    with runs.run(_of(step[0]), {"acts": [_kill(step, name)]}) as process:
        ending = runs.ended(process)
    _stopped_well(ending, runs, name)
    assert differences(links(before), links(standing(runs.hands))) == {}
    assert runs.settled(before) == {}


def test_a_second_signal_ends_the_waiting_and_still_undoes(runs: Runs) -> None:
    """A person who presses Ctrl-C again while things are undone gets no less."""
    before = standing(runs.hands)
    acts = [_kill(("scale_workload", "done"), "SIGINT"), _kill(("*", "undone"), "SIGINT")]
    with runs.run(_of("scale_workload"), {"acts": acts}) as process:
        _stopped_well(runs.ended(process), runs, "SIGINT")
    assert runs.settled(before) == {}


def _stopped_well(ending: Ending, runs: Runs, name: str) -> None:
    assert ending.code == 3, ending.out[:600] + ending.err[-600:]
    assert "Traceback" not in ending.err
    assert f"{name}: a person or a machine stopped it" in _one_line(ending.out + ending.err)
    assert set(dict(runs.ledger()).values()) <= {"undone"}
    assert {"ledger.jsonl", "junit.xml", "summary.md"} <= {path.name for path in runs.out.iterdir()}
    assert _ours(runs) == []


def test_the_second_of_two_runs_is_refused_and_a_deleted_lease_ends_the_first(runs: Runs) -> None:
    """The second says who has the cluster and touches nothing; the first stops within seconds, all undone."""
    before = standing(runs.hands)
    with runs.run(scenario(("slow",), 60.0, **{"for": "50s"}), {}) as first:
        runs.wait_for("add_toxics", "done")
        during = standing(runs.hands)
        with runs.run(_of("scale_workload"), {}, runs.folder / "second") as second:
            refused = runs.ended(second)
        assert (refused.code, "has it since" in _one_line(refused.out + refused.err)) == (2, True)
        assert not (runs.folder / "second").exists()
        assert _without_copies(standing(runs.hands)) == _without_copies(during)
        runs.hands.delete(lease_ref(runs.binding))
        ending = runs.ended(first)
    assert (ending.code, "somebody deleted the lease" in _one_line(ending.out + ending.err)) == (3, True)
    assert dict(runs.ledger()) == {"add_toxics": "undone"}
    assert _ours(runs) == []
    assert runs.settled(before) == {}


def _without_copies(things: dict[str, Any]) -> dict[str, Any]:
    return {name: each for name, each in things.items() if "weatherglass-" not in name}


@pytest.mark.soak
def test_of_two_that_start_at_once_one_runs(runs: Runs) -> None:
    """The lease is made once: whoever does not make it is refused with what it says."""
    before = standing(runs.hands)
    with runs.run(_of("nothing"), {}) as one, runs.run(_of("nothing"), {}, runs.folder / "other") as other:
        endings = sorted((runs.ended(one), runs.ended(other)))
    assert endings[0].code == 0
    assert endings[1].code in (2, 3), endings[1].err
    assert _ours(runs) == []
    assert runs.settled(before) == {}


WITHIN_S = 6.0
STEP_S = (
    4.0  # a guardian's call of toxiproxy, and one to read back, of 2 s at most each: workloads/guardian/toxiproxy.go
)
COMMAND_S = 30.0  # and a command that it runs: workloads/guardian/config.go
TICK_S = 0.05  # how late it may see its deadline: workloads/guardian/keeper.go
BOUND_S = WITHIN_S + TICK_S + 2 * STEP_S  # the latency fault is two toxics of one proxy


@pytest.mark.parametrize("api", ["up", pytest.param("down", marks=pytest.mark.soak)])
@pytest.mark.parametrize("number", [0, *(pytest.param(number, marks=pytest.mark.soak) for number in range(1, 10))])
def test_faults_end_without_their_runner(number: int, api: str, runs: Runs, record_property: Any) -> None:
    """`kill -9` and nobody undoes: toxics, proxies and a stopped kubelet are mended within the guardians' bound."""
    before, cluster = standing(runs.hands), runs.cluster
    long = scenario(("slow", "cut", "stopped"), 60.0, **{"for": "50s"})
    with runs.run(long, NOW | {"within_s": WITHIN_S}) as process:
        for deed in ("add_toxics", "disable_proxy", "command"):
            runs.wait_for(deed, "done")
        broken = differences(links(before), links(standing(runs.hands)))
        if api == "down":
            cluster.run("stop", "kube-apiserver-server-1", "--how", "kill")
        process.kill()
        killed_s = time.monotonic()
        wait_for(lambda: not differences(links(before), runs.proxies()), BOUND_S, "all proxies are healthy")
        links_s = time.monotonic() - killed_s
        wait_for(lambda: _is_idle(runs), WITHIN_S + COMMAND_S, "the guardians have nothing left to undo")
        all_s = time.monotonic() - killed_s
        if api == "down":
            cluster.run("start", "kube-apiserver-server-1")
    record_property("links_healthy_after_s", round(links_s, 2))
    record_property("kubelet_started_after_s", round(all_s, 2))
    record_property("deadline_s", WITHIN_S)
    assert len(broken) == 2  # they were in force
    assert links_s <= BOUND_S
    assert cluster.status()["kubelet-node-2"]["health"] == "ok"
    undone = runs.undo()
    assert undone.code == 0, undone.err
    assert runs.settled(before) == {}


def _is_idle(runs: Runs) -> bool:
    phases = [Guardian(url).state().phase for url in runs.binding.guardians]
    return all(phase in ("idle", "undone") for phase in phases)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A folder on a disk of 256 KiB."""
    folder = tmp_path / "small"
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "none", folder], check=True)
    yield folder
    subprocess.run(["umount", folder], check=True)


@pytest.mark.parametrize(
    "step",
    [
        pytest.param(("add_toxics", "intended"), id="add_toxics-intended"),
        pytest.param(("scale_workload", "done"), id="scale_workload-done", marks=pytest.mark.soak),
    ],
)
def test_a_full_disk_ends_a_run_and_all_is_undone(step: tuple[str, str], small_disk: Path, runs: Runs) -> None:
    """What cannot be written down is not done; what was done is undone from memory, and the cluster's copy goes."""
    before, out = standing(runs.hands), small_disk / "run"
    long = scenario(("slow", "cut", "fewer"), 30.0, **{"for": "25s"})
    with runs.run(long, {"acts": [{"at": step, "fill": str(small_disk / "filler")}]}, out) as process:
        ending = runs.ended(process)
    assert (ending.code, "Traceback" in ending.err) == (3, False), ending.err
    assert "No space left on device" in ending.out + ending.err
    assert _ours(runs) == []
    assert differences(links(before), links(standing(runs.hands))) == {}
    (small_disk / "filler").unlink()
    undone = runs.undo(str(out))
    assert undone.code == 0, undone.err
    assert runs.settled(before) == {}


@pytest.mark.parametrize("by_s", [-3600, pytest.param(3600, marks=pytest.mark.soak)])
def test_a_wall_that_jumps_makes_nobody_dead_or_alive(by_s: int, runs: Runs) -> None:
    """While it lives `undo` refuses, by its renewals; once it is killed `undo` waits for as long as the lease lasts."""
    before = standing(runs.hands)
    long = scenario(("slow",), 90.0, **{"for": "80s"})
    jump = {"at": ("add_toxics", "intended"), "jump_s": by_s}
    with runs.run(long, NOW | {"acts": [jump]}) as process:
        runs.wait_for("add_toxics", "done")
        wait_for(lambda: abs(_age_s(runs)) > 1800, ENDS_S, "the lease is renewed by the other wall")
        refused = runs.undo(str(runs.out))
        assert (refused.code, "is still alive" in refused.err) == (3, True), refused.err
        assert process.poll() is None
        process.kill()
        undone = runs.undo(str(runs.out))
    assert undone.code == 0, undone.err
    assert _ours(runs) == []
    assert runs.settled(before) == {}


def _age_s(runs: Runs) -> float:
    held = holder(runs.hands.kube, runs.binding)
    assert held is not None
    return held.age_s


@pytest.mark.soak
def test_a_wall_that_jumps_changes_no_run(runs: Runs) -> None:
    """Everything else goes by the monotonic clock: the run ends as planned, its faults as long as planned."""
    before = standing(runs.hands)
    with runs.run(_of("command"), {"acts": [{"at": ("add_toxics", "intended"), "jump_s": 3600}]}) as process:
        ending = runs.ended(process)
    assert ending.code == 0, ending.err
    assert dict(runs.ledger()) == dict.fromkeys(("command", "add_toxics", "disable_proxy"), "undone")
    assert _ours(runs) == []
    assert runs.settled(before) == {}


@pytest.mark.soak
def test_everything_at_once_is_killed_and_undone(runs: Runs) -> None:
    """All faults but the proxied service are on; and the next run is refused until `undo`, whose words it shows."""
    before = standing(runs.hands)
    together = scenario(tuple(name for name in FAULTS if name != "proxied"))
    with runs.run(together, NOW | {"acts": [_kill(("command", "done"))]}) as process:
        _died(runs.ended(process))
    with runs.run(together, NOW, runs.folder / "next") as process:
        refused = runs.ended(process)
    assert refused.code == 2
    assert all("weatherglass chaos undo" in each or "delete lease" in each for each in runs.refusals())
    assert not (runs.folder / "next").exists()
    undone = runs.undo(str(runs.out))
    assert undone.code == 0, undone.err
    assert _ours(runs) == []
    assert dict(runs.ledger()) == dict.fromkeys({*BY_FAULT} - {"interpose"}, "undone")
    assert runs.settled(before) == {}
