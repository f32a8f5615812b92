"""What is on the machine beside a lab: another lab, a full disk, a name that is taken."""

from __future__ import annotations

import re
import socket
import subprocess
import tempfile
from pathlib import Path

import pytest
from lab_cluster import Cluster, machine, no_lab_here, wait_for, weatherglass

from chaos.lab import requirements
from chaos.lab.errors import LabError
from chaos.lab.parts import Lines
from chaos.lab.places import LAST_INDEX, places
from chaos.lab.record import Lab
from chaos.lab.shape import shape
from chaos.lab.up import up

pytestmark = pytest.mark.cluster


@pytest.fixture
def clean():
    """The machine must be at the end as it was at the beginning."""
    no_lab_here()
    before = machine()
    yield
    assert machine() == before


def test_two_labs_live_side_by_side(clean, state, tmp_path):
    """Each answers by itself; taking one down touches nothing of the other; a name is taken once on a machine."""
    one, two = Cluster("one", state), Cluster("two", state)
    for lab in (one, two):
        lab.run("up", "--nodes", "1", "--no-app")
    try:
        elsewhere = weatherglass("lab", "up", "--name", "one", state=tmp_path.parent, code=3)
        assert f"a lab 'one' is on this machine already, at {one.lab.folders.home}" in elsewhere.stderr
        assert [lab.ready("node-1") for lab in (one, two)] == ["True", "True"]
        one.run("down")
        assert {row["health"] for row in two.status().values()} == {"ok", "done"}
        assert two.ready("node-1") == "True"
    finally:
        for lab in (one, two):
            lab.run("down")


@pytest.fixture
def small_disk():
    """A disk of 64 MB."""
    disk = Path(tempfile.mkdtemp(prefix="wg"))  # a short path
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64m", "none", str(disk)], check=True)
    yield disk
    subprocess.run(["umount", str(disk)], check=True)
    disk.rmdir()


def test_a_small_disk_is_said_before_anything_is_made(clean, small_disk):
    """With how much is needed, how much there is, and what to do."""
    done = weatherglass("lab", "up", "--name", "small", state=small_disk, code=3)
    assert f"600 MB of disk at {small_disk}" in done.stderr
    assert "MB are free): free some, or set XDG_STATE_HOME to a folder with more room" in done.stderr
    assert list((small_disk / "weatherglass" / "labs").iterdir()) == []


def test_a_disk_that_fills_up_meanwhile_is_said_and_undone(clean, small_disk, monkeypatch):
    """Whatever it was that did not fit: the words say so, and nothing is left."""
    monkeypatch.setenv("XDG_STATE_HOME", str(small_disk))
    monkeypatch.setattr(requirements, "FREE_BYTES", 0)
    with pytest.raises((LabError, OSError), match=re.compile("no space left on device", re.IGNORECASE)):
        up(shape(name="full"), Lines())
    assert not Lab.named("full").exists


def test_simulated_nodes_are_run_without_rights(state):
    """Hundreds of nodes on a real control plane, no namespace, no cgroup; the link of all of them can be cut."""
    no_lab_here(engine="kwok")
    before, lab = machine(), Cluster("simulated", state)
    try:
        lab.run("up", "--engine", "kwok", "--nodes", "100", "--timings", "fast")
        assert {**machine(), "folders": []} == {**before, "folders": []}
        assert {lab.ready(f"node-{number}") for number in (1, 50, 100)} == {"True"}
        lab.proxy("kwok-server-1", enabled=False)
        wait_for(lambda: lab.ready("node-50") == "Unknown", 90, "a node is Unknown")
        lab.proxy("kwok-server-1", enabled=True)
        wait_for(lambda: lab.ready("node-50") == "True", 60, "it is Ready again")
    finally:
        lab.run("down")
    assert machine() == before


def test_a_port_in_use_is_said(state, monkeypatch):
    """By address, and nothing is left."""
    no_lab_here(engine="kwok")
    lab = Cluster("ports", state)
    monkeypatch.setattr("chaos.lab.register._free", lambda _: LAST_INDEX)
    monkeypatch.setenv("XDG_STATE_HOME", str(state))
    made = shape(name="ports", engine="kwok")
    with (
        socket.create_server(("127.0.0.1", int(places(made, LAST_INDEX).api.rpartition(":")[2]))),
        pytest.raises(LabError, match=r"in use on this machine: 127\.0\.0\.1:\d+; `ss -ltnp` shows by whom"),
    ):
        up(made, Lines())
    assert not lab.lab.exists


def _is_ready(lab):
    """Return whether the API says that the node is Ready; an API that does not answer says nothing."""
    try:
        return lab.ready("node-1") == "True"
    except LabError:
        return False


@pytest.mark.parametrize(("kind", "members"), [("single-sqlite", 0), ("three-servers", 3)])
def test_every_shape_comes_up_whole(clean, state, kind, members):
    """All components are well, and the datastore is what was asked for."""
    lab = Cluster("shaped", state)
    try:
        lab.run("up", "--shape", kind, "--nodes", "1", "--no-app")
        found = lab.status()
        assert {row["health"] for row in found.values()} == {"ok", "done"}
        assert sum(row["kind"] == "etcd" for row in found.values()) == members
        if members:
            lab.run("stop", "etcd-server-2", "--how", "kill")
            lab.run("stop", "kube-apiserver-server-2", "--how", "kill")
            wait_for(lambda: _is_ready(lab), 30, "the balancer leaves out the server that is gone")
    finally:
        lab.run("down")
