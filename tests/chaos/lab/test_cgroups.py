from __future__ import annotations

import os
import uuid
from pathlib import Path

import pytest

from chaos.lab import cgroups
from chaos.lab.process import launch, wait_until_gone

MOUNTS = """\
tmpfs /sys/fs/cgroup tmpfs rw 0 0
cgroup /sys/fs/cgroup/cpu,cpuacct cgroup rw,cpu,cpuacct 0 0
cgroup2 /sys/fs/cgroup/unified cgroup2 rw 0 0
"""
WRITABLE = (
    any(os.access(root, os.W_OK) for root in cgroups.hierarchies()) if Path("/proc/self/mounts").exists() else False
)
needs_cgroups = pytest.mark.skipif(not WRITABLE or os.geteuid() != 0, reason="needs root and writable cgroups")


def test_hierarchies_of_both_versions_are_found():
    """One folder a hierarchy, in the order of the mounts."""
    assert cgroups.hierarchies(MOUNTS) == (Path("/sys/fs/cgroup/cpu,cpuacct"), Path("/sys/fs/cgroup/unified"))


@pytest.fixture
def group():
    """A lab's cgroups with one node, that go afterwards."""
    name = f"weatherglass.test-{uuid.uuid4().hex[:8]}"
    cgroups.make(name, ("node-1",))
    yield name
    cgroups.kill(name)
    cgroups.remove(name)


@needs_cgroups
def test_what_is_started_in_a_cgroup_is_found_and_killed_with_its_children(group, tmp_path):
    """A child that outlives its parent is still in the cgroup."""
    home = cgroups.home(group) / "x"
    home.mkdir()
    script = ("/bin/sh", "-c", "sleep 60 & sleep 60 & exec true")
    parent = launch(script, env={"PATH": "/usr/bin:/bin"}, log=tmp_path / "log", cgroup=home)
    assert wait_until_gone(parent, 5.0)
    assert len(cgroups.members(group)) == len(cgroups.members(group, "x")) == 2
    assert cgroups.members(group, "node-1") == []
    assert cgroups.kill(group, "x") == []
    assert cgroups.members(group) == []


@needs_cgroups
def test_removed_cgroups_are_gone_from_every_hierarchy(group):
    """What is removed is not found again; removing it twice changes nothing."""
    assert all((root / group / "node-1").is_dir() for root in cgroups.hierarchies())
    for _ in range(2):
        cgroups.remove(group)
        assert not any((root / group).exists() for root in cgroups.hierarchies())


@needs_cgroups
def test_a_cgroup_with_a_process_cannot_be_removed(group, tmp_path):
    """It stays, with what is above it; everything else goes."""
    home = cgroups.home(group) / "x"
    home.mkdir()
    launch(("/bin/sleep", "60"), env={}, log=tmp_path / "log", cgroup=home)
    while not cgroups.members(group):  # the shell in front of it has not entered yet
        pass
    cgroups.remove(group)
    assert [home.exists(), any((root / group / "node-1").exists() for root in cgroups.hierarchies())] == [True, False]
