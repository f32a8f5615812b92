"""Whatever kills the lab's own process, and whenever: `down` leaves the machine as it was."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from lab_cluster import ROOT, Cluster, machine, no_lab_here, wait_for

pytestmark = pytest.mark.cluster


def _log(component: str) -> Callable[[Cluster], bool]:
    return lambda lab: lab.lab.folders.log(component).exists()


PHASES: dict[str, Callable[[Cluster], bool]] = {
    "folder": lambda lab: lab.lab.exists,
    "ledger": lambda lab: lab.lab.ledger.exists(),
    "network": lambda lab: any(Path("/run/netns").glob(f"wg.{lab.name}.*")),
    "mounts": lambda lab: (lab.lab.folders.run / "node-1.mounts").exists(),
    "first processes": _log("etcd-server-1"),
    "API server": _log("kube-apiserver-server-1"),
    "kubelets": _log("kubelet-node-2"),
    "pods": lambda lab: any((lab.lab.folders.run / "node-1" / "state").glob("*.v2.task/k8s.io/*/init.pid")),
}


@pytest.fixture
def crashing(state):
    """A lab that is made and killed; afterwards it is taken down, and the machine must be as it was."""
    no_lab_here()
    before = machine()
    made = Cluster("crash", state)
    yield made
    made.run("down")
    assert machine() == before


def _begin(lab: Cluster, *arguments: str) -> subprocess.Popen[bytes]:
    environ = {**os.environ, "XDG_STATE_HOME": str(lab.state), "PYTHONPATH": str(ROOT)}
    command = (sys.executable, "-m", "chaos", "lab", *arguments, "--name", lab.name)
    heeding = ("env", "--default-signal=INT", *command)  # a shell's background jobs ignore it, and so would their own
    return subprocess.Popen(heeding, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


@pytest.mark.parametrize("phase", PHASES)
def test_a_killed_up_is_taken_down(crashing, phase):
    """`kill -9` at any point of `up`, then `down`: nothing is left."""
    process = _begin(crashing, "up", "--nodes", "2")
    try:
        wait_for(lambda: PHASES[phase](crashing), 60, phase)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert crashing.lab.exists


def test_an_interrupted_up_undoes_itself(crashing):
    """Ctrl-C is an ending like any other: exit code 3, and nothing is left without a `down`."""
    before = machine()
    process = _begin(crashing, "up", "--nodes", "2")
    wait_for(lambda: PHASES["API server"](crashing), 60, "API server")
    process.send_signal(signal.SIGINT)
    assert process.wait(30) == 3
    assert not crashing.lab.exists
    assert {**machine(), "folders": []} == {**before, "folders": []}


def test_a_killed_down_is_done_again(crashing):
    """`kill -9` in the middle of `down`, then `down`."""
    crashing.run("up", "--nodes", "2", "--no-app")
    process = _begin(crashing, "down")
    wait_for(lambda: not Path(f"/run/netns/wg.{crashing.name}.edge").exists(), 30, "the network goes")
    process.send_signal(signal.SIGKILL)
    process.wait()


def test_a_component_that_cannot_start_is_named(crashing, tmp_path):
    """The end of its log is part of the message, and nothing of the lab is left."""
    for program in ("etcd", "etcdctl"):  # of this machine, so they are taken before the ones of the cache
        broken = tmp_path / program
        broken.write_text("#!/bin/sh\ncase $1 in *version) echo 3.6.16;; *) echo broken >&2; exit 1;; esac\n")
        broken.chmod(0o755)
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
        done = crashing.run("up", code=3)
    assert "etcd-server-1 ended by itself; the end of its log" in done.stderr
    assert done.stderr.endswith("  broken\n")
    assert not crashing.lab.exists
