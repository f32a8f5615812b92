"""The lab's cgroups: the same folder in every hierarchy of the machine, be it one (version 2), many (1) or both."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from pathlib import Path

__all__ = ["hierarchies", "home", "kill", "make", "members", "remove"]

POLL_S = 0.01
CPUSET = ("cpuset.cpus", "cpuset.mems")


def hierarchies(mounts: str | None = None) -> tuple[Path, ...]:
    """Return where cgroup hierarchies are mounted. `mounts`: text in the form of /proc/self/mounts."""
    text = Path("/proc/self/mounts").read_text(encoding="utf-8") if mounts is None else mounts
    rows = [line.split() for line in text.splitlines()]
    return tuple(Path(row[1]) for row in rows if row[2] in {"cgroup", "cgroup2"})


def home(name: str) -> Path:
    """Return the folder in the hierarchy that holds our own processes: version 2 if there is one, else the first.

    Only one is needed: it tells which processes are the lab's. The kubelet puts those of pods into every hierarchy.
    """
    text = Path("/proc/self/mounts").read_text(encoding="utf-8")
    unified = [Path(line.split()[1]) for line in text.splitlines() if line.split()[2] == "cgroup2"]
    return [*unified, *hierarchies(text)][0] / name


def make(name: str, places: tuple[str, ...]) -> None:
    """Make the lab's folder in every hierarchy, and in it one for the pods of each place."""
    for root in hierarchies():
        for folder in (root / name, *(root / name / place for place in places)):
            folder.mkdir(exist_ok=True)
            _make_usable(folder)


def _make_usable(folder: Path) -> None:
    """Give a new folder what its pods will need.

    Version 1: a new cpuset has neither processors nor memory, and nothing can run in it. Version 2: a folder has the
    controllers that its parent passes on.
    """
    above = folder.parent
    if (above / "cgroup.subtree_control").exists():
        for controller in (above / "cgroup.controllers").read_text(encoding="ascii").split():
            (above / "cgroup.subtree_control").write_text(f"+{controller}", encoding="ascii")
    elif (folder / CPUSET[0]).exists():
        for file in CPUSET:
            (folder / file).write_text((above / file).read_text(encoding="ascii"), encoding="ascii")


def _folders(name: str) -> list[Path]:
    """Return every folder of a lab in every hierarchy, the deepest first."""
    found = []
    for root in hierarchies():
        for folder, _, _ in os.walk(root / name, topdown=False):
            found.append(Path(folder))
    return found


def members(name: str, below: str = "") -> list[int]:
    """Return the numbers of all processes in a lab's cgroups, or in the part `below` of them."""
    found: dict[int, None] = {}
    for folder in _folders(f"{name}/{below}" if below else name):
        with contextlib.suppress(OSError):  # a group goes as soon as its last process does
            found |= dict.fromkeys(map(int, (folder / "cgroup.procs").read_text(encoding="ascii").split()))
    return sorted(found)


def kill(name: str, below: str = "", limit_s: float = 10.0) -> list[int]:
    """Kill every process in a lab's cgroups (or a part of them) and return what is left after `limit_s`.

    Again and again, since a process may start another one between the look and the kill.
    """
    until_s = time.monotonic() + limit_s
    while (left := members(name, below)) and time.monotonic() < until_s:
        for pid in left:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(POLL_S)
    return left


def remove(name: str) -> None:
    """Remove the cgroups of a lab that are empty; the kernel needs a moment after a kill to let go of one."""
    for folder in _folders(name):
        with contextlib.suppress(OSError):
            folder.rmdir()
